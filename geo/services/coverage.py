"""Who is inside the circle: one question about a city answered from memory, and stored as a run if asked to."""

from __future__ import annotations

import hashlib
import weakref
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Engine

from geo.cells import cells_to_outline, cells_to_points
from geo.coverage.areas import LEVELS, area_of_cells
from geo.coverage.field import STATE_CODES, CellCoverage, cell_coverage
from geo.coverage.gaps import Gap, GapList, find_gaps
from geo.coverage.ground import Ground, Settled
from geo.coverage.question import DS_PER_MINUTE, Question
from geo.coverage.summary import CURVE_MINUTES, Tally, tally
from geo.progress import Progress, silent
from geo.services.run_inputs import made_with
from geo.snapshot.masks import FacilityFilter
from geo.store import city_store, run_store
from geo.streets.search import Field, field
from geo.types import UNREACHED, Bools, Cells, Floats

if TYPE_CHECKING:
    from geo.snapshot.model import DemandLayer, ModeLayer, Snapshot

METHOD = "share of street length, version 1"
"""How people are counted; part of every run's input, so that another method is never taken for another city."""

GAPS_SHOWN = 100
"""How many gaps an answer lists; a stored run keeps all."""

GAP_COLUMNS = (
    *("stable_id", "rank", "people", "cells", "district", "street"),
    *("nearest_facility_id", "nearest_ds", "suggested_geom", "geom"),
)


@dataclass(frozen=True, slots=True)
class UnknownEffect:
    """
    What it would change if everything nobody checked were there.

    Stations of unknown hours or with amenities nobody looked at are not counted; counting them would cover `covered`
    people. The truth lies between.
    """

    stations: int
    unknown_hours: int
    unknown_amenities: int
    covered: int
    share: float


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """
    One question answered for a whole city.

    `cells` is sorted; `coverage`, `people` and `covered_people` stand beside it. The frames are those of
    `district_table` and `street_table`; `districts` is empty where no districts are mapped. `eligible` marks the
    stations that counted, in snapshot order.
    """

    question: Question
    snapshot_id: str
    input_hash: str
    cells: Cells
    coverage: CellCoverage
    people: Floats
    covered_people: Floats
    tally: Tally
    districts: pd.DataFrame
    streets: pd.DataFrame
    gaps: GapList
    eligible: Bools
    unknown: UnknownEffect | None

    @property
    def result_hash(self) -> str:
        """
        SHA-256 over every cell of the answer: equal for equal answers, to the bit.

        Tables and gaps follow from the cells, so that an answer with fewer gaps listed is the same answer.
        """
        digest = hashlib.sha256()
        columns = (self.cells, self.coverage.time_ds, self.coverage.facility, self.coverage.share, self.coverage.state)
        for column in (*columns, self.people, self.covered_people):
            digest.update(np.ascontiguousarray(column).astype(column.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class CoverageRun:
    """A stored answer: its number, and what went in and came out as hashes."""

    run_id: int
    input_hash: str
    result_hash: str
    document: dict[str, Any]


def answer(snapshot: Snapshot, question: Question, *, gap_limit: int | None = GAPS_SHOWN) -> CoverageAnswer:
    """
    Answer a coverage question from a snapshot: no database, no file, nothing but arrays.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        The snapshot has no streets for the mode, or no people of the layer asked for.
    """
    layer, ground = _place(snapshot, question)
    eligible = eligible_stations(snapshot, question)
    coverage = _judge(layer, ground, question, eligible)
    fates = ground.fates(coverage.share)
    whole, districts, streets = ground.tables(fates, eligible)
    gaps = find_gaps(
        layer.grid,
        coverage,
        ground.by_cell(fates[:, 1]),
        borders=ground.borders,
        district=ground.district,
        street=ground.street,
        limit=gap_limit,
    )
    return CoverageAnswer(
        question=question,
        snapshot_id=snapshot.id,
        input_hash=input_hash(snapshot, question),
        cells=layer.grid.cells,
        coverage=coverage,
        people=ground.people,
        covered_people=ground.by_cell(fates[:, 0]),
        tally=whole,
        districts=districts,
        streets=streets,
        gaps=gaps,
        eligible=eligible,
        unknown=_unknown_effect(snapshot, layer, ground, question, eligible),
    )


def eligible_stations(snapshot: Snapshot, question: Question, *, unknown_counts: bool = False) -> Bools:
    """
    Which stations count for a question, in snapshot order.

    An amenity nobody checked and hours nobody knows do not count, unless `unknown_counts`.
    """
    wanted = FacilityFilter(
        types=frozenset(question.types),
        classes=frozenset(question.classes),
        networks=frozenset(question.networks),
        amenities=frozenset() if unknown_counts else frozenset(question.amenities),
        entry=frozenset(question.entry),
        groups=frozenset(question.groups),
    )
    passing = snapshot.masks.eligible(wanted).copy()
    if unknown_counts:
        for amenity in question.amenities:
            passing &= _may_have(snapshot, amenity)
    if question.slot is not None:
        opening = snapshot.timetable.open_mask_slot(question.slot)
        passing &= (opening != 0) if unknown_counts else (opening == 1)
    return passing


def input_hash(snapshot: Snapshot, question: Question) -> str:
    """SHA-256 of everything an answer depends on: the question, the state of the city, the method."""
    parts = (METHOD, snapshot.state_hash, question.canonical())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def minutes_curve(snapshot: Snapshot, question: Question) -> list[dict[str, float]]:
    """People covered, and their share of the study area's, at every limit from 0 to 60 minutes."""
    layer, ground = _place(snapshot, question)
    eligible = eligible_stations(snapshot, question)
    travel = field(layer.graph, layer.targets, eligible)
    curve = []
    for minutes in CURVE_MINUTES:
        coverage = _at_limit(layer, ground, travel, minutes * DS_PER_MINUTE, eligible)
        fates = ground.fates(coverage.share)
        covered, people = float(fates[:, 0].sum()), float(fates[:, :3].sum())
        curve.append({"minutes": minutes, "covered": round(covered), "share": covered / people if people else 0.0})
    return curve


def run_coverage(engine: Engine, snapshot: Snapshot, question: Question, *, progress: Progress = silent) -> CoverageRun:
    """
    Answer a question and store the answer as a run: parameters, snapshot, hashes, tables, cells and gaps.

    The same question on the same state of the city has the same hashes, whenever it is asked.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        As `answer` does.
    """
    progress("measuring travel times")
    answered = answer(snapshot, question, gap_limit=None)
    document = describe(snapshot, answered, gap_limit=GAPS_SHOWN)
    progress("drawing the minutes curve")
    document["curve"] = minutes_curve(snapshot, question)
    progress("writing the run")
    with engine.begin() as connection:
        document["made_with"] = made_with(connection, snapshot)
        run_id = run_store.add_run(
            connection,
            city_store.city_by_slug(connection, snapshot.city.slug).city_id,
            snapshot_id=snapshot.id,
            parameters=question.as_dict(),
            input_hash=answered.input_hash,
            result_hash=answered.result_hash,
            summary=document,
        )
        run_store.add_cells(connection, run_id, cell_frame(answered))
        run_store.add_gaps(connection, run_id, gap_frame(snapshot, answered))
    return CoverageRun(run_id, answered.input_hash, answered.result_hash, document)


def cell_frame(answered: CoverageAnswer) -> pd.DataFrame:
    """The cells as a frame: h3 (uint64), minutes_ds (NA for unreached), share, people, covered_people, state."""
    time_ds = pd.array(answered.coverage.time_ds, dtype="Int32")
    time_ds[answered.coverage.time_ds == UNREACHED] = pd.NA
    return pd.DataFrame(
        {
            "h3": answered.cells,
            "minutes_ds": time_ds,
            "share": answered.coverage.share,
            "people": answered.people,
            "covered_people": answered.covered_people,
            "state": np.array(STATE_CODES, dtype=object)[answered.coverage.state],
        }
    )


def gap_frame(snapshot: Snapshot, answered: CoverageAnswer) -> gpd.GeoDataFrame:
    """The answer's gaps with names, suggested points and outlines (WGS-84), by rank."""
    ground = _place(snapshot, answered.question)[1]
    ids = snapshot.facility_ids
    rows = [
        {
            "stable_id": gap.stable_id,
            "rank": gap.rank,
            "people": gap.people,
            "cells": len(gap.members),
            "district": ground.area_name(gap.district) or None,
            "street": ground.area_name(gap.street) or None,
            "nearest_facility_id": None if gap.nearest < 0 else ids[gap.nearest],
            "nearest_ds": None if gap.nearest < 0 else gap.time_ds,
            "suggested_geom": None if gap.suggested is None else shapely.Point(*gap.suggested),
            "geom": cells_to_outline(answered.cells[gap.members]),
        }
        for gap in answered.gaps.listed
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=GAP_COLUMNS, dtype=object), geometry="geom", crs="EPSG:4326")


def describe(snapshot: Snapshot, answered: CoverageAnswer, *, gap_limit: int | None = None) -> dict[str, Any]:
    """The answer as plain data, as the wire and a stored run's summary have it: everything but the cells."""
    question = answered.question
    demand = snapshot.demand_layer(question.demand)
    ground = _place(snapshot, question)[1]
    return {
        "parameters": question.as_dict(),
        "snapshot": snapshot.id,
        "method": METHOD,
        "input_hash": answered.input_hash,
        "people": answered.tally.as_dict(),
        "stations": int(answered.eligible.sum()),
        "unknown": None if answered.unknown is None else asdict(answered.unknown),
        "districts": answered.districts.to_dict("records"),
        "streets": answered.streets.to_dict("records"),
        "gaps": [_gap_record(snapshot, ground, gap) for gap in answered.gaps.listed[:gap_limit]],
        "gaps_in_all": {"count": answered.gaps.count, "people": answered.gaps.people},
        "estimate": demand.is_estimate,
        "demand": {"layer": demand.code, "method": demand.method, "source": demand.source, "as_of": demand.as_of},
        "sources": [demand.source, snapshot.street_network_name],
    }


def _gap_record(snapshot: Snapshot, ground: Ground, gap: Gap) -> dict[str, Any]:
    nearest = None
    if gap.nearest >= 0:
        nearest = {
            "id": snapshot.facility_ids[gap.nearest],
            "name": snapshot.facilities["name"].iloc[gap.nearest],
            "minutes": gap.time_ds / DS_PER_MINUTE,
        }
    return {
        "id": gap.stable_id,
        "rank": gap.rank,
        "people": gap.people,
        "cells": len(gap.members),
        "district": ground.area_name(gap.district),
        "street": ground.area_name(gap.street),
        "nearest": nearest,
        "suggested": None if gap.suggested is None else [gap.suggested.lon, gap.suggested.lat],
        "bbox": list(gap.box),
    }


_grounds: weakref.WeakKeyDictionary[Snapshot, dict[tuple[str, str], Ground]] = weakref.WeakKeyDictionary()
"""The grounds laid for every snapshot in memory; they go when their snapshot goes."""


def ground_of(snapshot: Snapshot, mode: str, demand: str) -> Ground:
    """
    The people of a demand layer on the grid of a mode, laid once per snapshot.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        The snapshot has no streets for the mode, or no people of the layer asked for.
    """
    layer, people = snapshot.layer(mode), snapshot.demand_layer(demand)
    grounds = _grounds.setdefault(snapshot, {})
    if (mode, demand) not in grounds:
        grounds[mode, demand] = lay_ground(snapshot, layer, _settled(snapshot, people))
    return grounds[mode, demand]


def lay_ground(snapshot: Snapshot, layer: ModeLayer, settled: Settled) -> Ground:
    """Put people who live somewhere on the grid of a mode."""
    return Ground.lay(
        snapshot.city.name, layer.grid, settled, snapshot.areas, layer.area_of_cell, snapshot.lon, snapshot.lat
    )


def _place(snapshot: Snapshot, question: Question) -> tuple[ModeLayer, Ground]:
    return snapshot.layer(question.mode), ground_of(snapshot, question.mode, question.demand)


def _settled(snapshot: Snapshot, demand: DemandLayer) -> Settled:
    """Where a layer's people live: in the cells of the finest grid, or in the layer's own where those are finer."""
    finest = max(snapshot.modes.values(), key=lambda layer: (layer.grid.resolution, layer.mode))
    if demand.resolution <= finest.grid.resolution:
        return Settled.of_grid(finest.grid.cells, finest.people[demand.code], finest.area_of_cell)
    lon, lat = cells_to_points(demand.cells)
    areas = {level: area_of_cells(demand.cells, lon, lat, snapshot.areas, level) for level in LEVELS}
    return Settled.of_grid(demand.cells, demand.people, areas)


def _judge(layer: ModeLayer, ground: Ground, question: Question, eligible: Bools) -> CellCoverage:
    # not cut off at the limit: minutes beyond it colour the map and say how far the nearest station of a gap is
    travel = field(layer.graph, layer.targets, eligible)
    return _at_limit(layer, ground, travel, question.limit_ds, eligible)


def _at_limit(layer: ModeLayer, ground: Ground, travel: Field, limit_ds: int, eligible: Bools) -> CellCoverage:
    return cell_coverage(
        layer.grid, layer.graph, layer.targets, travel, limit_ds, eligible=eligible, outside_area=ground.outside
    )


def _unknown_effect(
    snapshot: Snapshot, layer: ModeLayer, ground: Ground, question: Question, eligible: Bools
) -> UnknownEffect | None:
    """What the stations would add that fail only for what nobody knows; None where there are none."""
    generous = eligible_stations(snapshot, question, unknown_counts=True)
    doubtful = generous & ~eligible
    if not doubtful.any():
        return None
    whole = tally(ground.fates(_judge(layer, ground, question, generous).share))
    lacking = np.zeros(len(doubtful), dtype=np.bool_)
    for amenity in question.amenities:
        lacking |= ~_has(snapshot, amenity)
    hours_unknown = np.zeros(len(doubtful), dtype=np.bool_)
    if question.slot is not None:
        hours_unknown = snapshot.timetable.open_mask_slot(question.slot) < 0
    return UnknownEffect(
        stations=int(doubtful.sum()),
        unknown_hours=int((doubtful & hours_unknown).sum()),
        unknown_amenities=int((doubtful & lacking).sum()),
        covered=whole.covered,
        share=whole.share,
    )


def _has(snapshot: Snapshot, amenity: str) -> Bools:
    """Stations where an amenity can be used."""
    none = np.zeros(len(snapshot.facilities), dtype=np.bool_)
    return snapshot.masks.available.get(amenity, none)


def _may_have(snapshot: Snapshot, amenity: str) -> Bools:
    """Stations where an amenity can be used or nobody has looked."""
    nobody = np.zeros(len(snapshot.facilities), dtype=np.bool_)
    return np.asarray(_has(snapshot, amenity) | ~snapshot.masks.known.get(amenity, nobody), dtype=np.bool_)
