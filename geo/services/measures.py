"""
How well a city is served, in figures: choice, minutes, room, inequality, and what depends on every single station.

Coverage says who is inside the circle; the measures say how good it is to be there, and how fairly that is shared out.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.cells import NO_CELL, cells_to_points, positions_in
from geo.coverage.access import (
    DECAY_METHODS,
    Choice,
    Decay,
    Supply,
    TravelTimes,
    choice,
    floating_catchments,
    people_in_reach,
    supply_of,
    travel_times,
)
from geo.coverage.areas import LEVELS, NO_AREA, area_of_cells, has_level, outside_study_area
from geo.coverage.demand import RESIDENTIAL_STREETS
from geo.coverage.equity import (
    SpreadBand,
    Theil,
    gini,
    lorenz,
    road_class_supply,
    score,
    spread_band,
    stations_alone,
    theil,
)
from geo.coverage.field import CellCoverage, cell_coverage
from geo.coverage.ground import Ground, Settled
from geo.coverage.land import BuiltUp
from geo.coverage.measure_tables import COUNTS, QUANTILES, Counted, MeasureTables
from geo.coverage.question import DS_PER_MINUTE, Question
from geo.coverage.summary import CURVE_MINUTES, Tally, places_among, tally
from geo.errors import InputError
from geo.services.coverage import eligible_stations, ground_of, lay_ground
from geo.streets.graph import HIGHWAYS
from geo.streets.search import field, reach_lists
from geo.types import Bools, Cells, Floats, Longs

if TYPE_CHECKING:
    from geo.places.hours import OpeningRule
    from geo.snapshot.model import DemandLayer, ModeLayer, Snapshot

METHOD = "measures, version 1"

LONGEST_MINUTES = 60.0
"""The longest limit that is measured: beyond an hour every station is in everybody's reach, and pairs grow without
end."""

WEEK_MIN = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Room:
    """
    Places per person in every inhabited cell, and what every station has to do with it.

    `cell` are positions in the grid, `cells` their ids; `people` and `access` stand beside them. `reach` counts the
    people with the station within the limit of their cell's centre, `demand` the same weighted by distance.
    """

    cell: Longs
    cells: Cells
    people: Floats
    access: Floats
    reach: Floats
    demand: Floats

    def by_cell(self, count: int, nobody: float = 0.0) -> Floats:
        """Access of every cell of a grid of `count`, `nobody` where nobody lives."""
        access = np.full(count, nobody)
        access[self.cell] = self.access
        return access


class MeasuredMinutesError(InputError):
    """A time limit that coverage knows and the measures do not."""

    def __init__(self, minutes: float) -> None:
        super().__init__(f"Measures are taken up to {LONGEST_MINUTES:g} minutes; {minutes:g} is more.")


class WeightsError(InputError):
    """Weights of demand layers that cannot be used."""


@dataclass(frozen=True, slots=True)
class StreetLengths:
    """Streets of the study area, and of them those people live along, in kilometres: all and within the limit."""

    km: float
    covered_km: float
    residential_km: float
    residential_covered_km: float

    def as_dict(self) -> dict[str, Any]:
        """The lengths with their shares."""
        return {
            **asdict(self),
            "share": self.covered_km / self.km if self.km else 0.0,
            "residential_share": self.residential_covered_km / self.residential_km if self.residential_km else 0.0,
        }


@dataclass(frozen=True, slots=True)
class Measures:
    """
    Every measure of one question on one snapshot.

    `people` are those of coverage, by fate; `by_count` of the covered ones how many can choose from one, two, three or
    more stations. The frames are those of coverage with more columns; `facilities` has a row for every station that
    counts, those first that most people depend on alone. `times` has one row, the city; `choice`
    and `room` are by cell of the grid.
    """

    question: Question
    snapshot_id: str
    input_hash: str
    decay: Decay
    weights: dict[str, float]
    sources: list[dict[str, Any]]
    people: Tally
    by_count: dict[str, int]
    times: TravelTimes
    streets_km: StreetLengths
    built_up: BuiltUp
    supply: Supply
    choice: Choice
    room: Room
    theil_by_street: Theil
    theil_by_district: Theil
    road_classes: pd.DataFrame
    layers: dict[str, Tally]
    band: SpreadBand | None
    open_24h: dict[str, int]
    targets: list[dict[str, Any]]
    districts: pd.DataFrame
    streets: pd.DataFrame
    facilities: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """The measures as plain data, as the wire has them; what cannot be said is None."""
        everybody = self.people.total - self.people.outside_area
        return {
            "parameters": self.question.as_dict() | {"decay": self.decay.value, "weights": self.weights},
            "snapshot": self.snapshot_id,
            "method": METHOD,
            "input_hash": self.input_hash,
            "estimate": any(source["estimate"] for source in self.sources),
            "demand": self.sources,
            "people": self.people.as_dict(),
            "by_count": self.by_count,
            "minutes": _minutes(self.times),
            "curve": _curve(self.times, everybody),
            "street_length": self.streets_km.as_dict(),
            "built_up": self.built_up.as_dict(),
            "capacity": self.supply.as_dict(),
            "access": self._access(),
            "road_classes": _records(self.road_classes),
            "layers": [{"layer": code} | one.as_dict() for code, one in self.layers.items()],
            "band": None if self.band is None else asdict(self.band),
            "open_24h": self.open_24h,
            "targets": self.targets,
            "districts": _records(self.districts),
            "streets": _records(self.streets),
            "facilities": {str(name): _plain(column) for name, column in self.facilities.items()},
        }

    def _access(self) -> dict[str, Any]:
        people, access = self.room.people, self.room.access
        everybody = float(people.sum())
        return {
            "method": DECAY_METHODS[self.decay],
            "unit": f"{self.supply.unit} per 1,000 people",
            "mean": 1000 * float((access * people).sum()) / everybody if everybody else 0.0,
            "without": float(people[access == 0].sum()),
            "gini": gini(access, people),
            "lorenz": lorenz(access, people).tolist(),
            "theil_by_street": self.theil_by_street.as_dict(),
            "theil_by_district": self.theil_by_district.as_dict(),
        }


def measures(
    snapshot: Snapshot,
    question: Question,
    *,
    decay: Decay = Decay.STEP,
    weights: Mapping[str, float] | None = None,
) -> Measures:
    """
    Measure how well a city is served, from a snapshot alone.

    `weights` (demand layer to weight) put several layers together, each person counting as much as the layer weighs;
    the question's own layer is then left aside.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        The snapshot has no streets for the mode, or no people of a layer asked for.
    MeasuredMinutesError, WeightsError, TooManyPairsError
        The limit is too long, weights cannot be used, or more places and stations are in reach than can be counted.
    """
    if question.minutes > LONGEST_MINUTES:
        raise MeasuredMinutesError(question.minutes)
    layer, ground = snapshot.layer(question.mode), _ground(snapshot, question, weights)
    eligible, counted = eligible_stations(snapshot, question), Counted.of(ground)
    limit_ds, parent = question.limit_ds, ground.street_rows.parent
    joined = layer.grid, layer.graph, layer.targets

    # coverage, as it is answered by itself
    travel = field(layer.graph, layer.targets, eligible)
    covered = cell_coverage(*joined, travel, limit_ds, eligible=eligible, outside_area=ground.outside)
    fates = ground.fates(covered.share)
    tables = MeasureTables(ground, counted, fates, *ground.tables(fates, eligible))

    # choice and minutes along the streets, room between cells and stations
    chosen, covered_piece_m = choice(*joined, layer.labels, counted.by_cell, limit_ds, eligible)
    by_count = tables.counts(chosen)
    groups = counted.cell, counted.row, counted.people
    times = travel_times(*joined, travel, covered.time_ds, *groups, counted.rows, eligible=eligible)
    supply = _supply(snapshot, eligible)
    room = _room(layer, counted, supply, limit_ds, eligible, decay)
    access = room.by_cell(len(layer.grid))

    open_24h = _open_24h(snapshot, eligible)
    streets_km = _street_lengths(layer, ground, covered_piece_m)
    weighed = dict(weights or {question.demand: 1.0})
    return Measures(
        question=question,
        snapshot_id=snapshot.id,
        input_hash=_input_hash(snapshot, question, decay, weighed),
        decay=decay,
        weights=weighed,
        sources=[_source(snapshot.demand_layer(code)) for code in weighed],
        people=tables.whole,
        by_count=dict(zip(COUNTS, by_count.sum(axis=0).tolist(), strict=True)),
        times=times.grouped(np.zeros(counted.rows, dtype=np.int64), 1),
        streets_km=streets_km,
        built_up=_built_up(snapshot, layer, ground, covered.share, streets_km),
        supply=supply,
        choice=chosen,
        room=room,
        theil_by_street=theil(access[counted.cell], counted.people, counted.row, counted.rows),
        theil_by_district=theil(access[counted.cell], counted.people, parent[counted.row], tables.above),
        road_classes=_road_classes(layer, ground, counted, eligible),
        layers={code: _tally(snapshot, question.mode, code, covered) for code in snapshot.demand},
        band=None if weights else _band(snapshot, question, layer, ground, fates, covered.share),
        open_24h=open_24h,
        targets=score(_scored(tables.whole, open_24h)),
        districts=tables.districts_with(by_count, times, access),
        streets=tables.streets_with(by_count, times, access),
        facilities=_facilities(snapshot, eligible, supply, chosen, room),
    )


def _input_hash(snapshot: Snapshot, question: Question, decay: Decay, weights: Mapping[str, float]) -> str:
    """SHA-256 of everything the measures depend on: the question, the state of the city, the method."""
    weighed = ",".join(f"{code}:{weight!r}" for code, weight in sorted(weights.items()))
    parts = (METHOD, snapshot.state_hash, question.canonical(), decay.value, weighed)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# --------------------------------------------------------------------------------------------------------------- people
def _ground(snapshot: Snapshot, question: Question, weights: Mapping[str, float] | None) -> Ground:
    """The ground of the question's layer, or of several layers put together by weight."""
    if not weights:
        return ground_of(snapshot, question.mode, question.demand)
    bad = [code for code, weight in weights.items() if not 0 <= weight <= 1e6]
    if bad or not any(weights.values()):
        raise WeightsError(
            f"The weights of demand layers must be numbers from 0 to a million, one of them above 0; "
            f"look at {', '.join(bad) or 'all of them'}."
        )
    for code in weights:
        snapshot.demand_layer(code)
    # on the cells of the finest grid, where every layer has been laid already
    finest = max(snapshot.modes.values(), key=lambda layer: (layer.grid.resolution, layer.mode))
    people = np.zeros(len(finest.grid))
    for code, weight in weights.items():
        people += weight * np.asarray(finest.people[code])
    return lay_ground(
        snapshot, snapshot.layer(question.mode), Settled.of_grid(finest.grid.cells, people, finest.area_of_cell)
    )


def _source(layer: DemandLayer) -> dict[str, Any]:
    """Where a layer's people come from, as coverage says it."""
    return {
        "layer": layer.code,
        "method": layer.method,
        "source": layer.source,
        "as_of": layer.as_of,
        "estimate": layer.is_estimate,
    }


def _tally(snapshot: Snapshot, mode: str, demand: str, covered: CellCoverage) -> Tally:
    """What the same circle means to the people of a layer."""
    return tally(ground_of(snapshot, mode, demand).fates(covered.share))


def _band(
    snapshot: Snapshot,
    question: Question,
    layer: ModeLayer,
    ground: Ground,
    fates: NDArray[np.float64],
    share: Floats,
) -> SpreadBand | None:
    """How far the covered share depends on how a census was spread; None where people were counted by cell."""
    demand = snapshot.demand_layer(question.demand)
    if not demand.is_estimate:
        return None
    parent, cell_district, count = _district_of_cells(ground)
    inside = parent >= 0
    sums = [
        np.bincount(parent[inside], weights=column[inside], minlength=count).astype(np.float64)
        for column in (fates[:, 0], fates[:, :3].sum(axis=1))
    ]
    grid = layer.grid
    lived_along = np.array([name in RESIDENTIAL_STREETS for name in HIGHWAYS])[layer.graph.edges.highway]
    residential_m = np.where(lived_along[grid.piece_edge], grid.piece_m, 0.0)
    weights = {
        "by length of residential streets": np.bincount(
            grid.piece_cell, weights=residential_m, minlength=len(grid)
        ).astype(np.float64),
        "by length of all streets": np.asarray(grid.street_m),
        "evenly over cells with a street": np.where(grid.street_m > 0, grid.area_km2, 0.0),
    }
    if layer.land is not None:
        at, on_grid = positions_in(grid.cells, layer.land.cells), np.zeros(len(grid))
        on_grid[at[at != NO_CELL]] = layer.land.residential_km2[at != NO_CELL]
        weights["by land mapped as residential"] = on_grid
    return spread_band(sums[0], sums[1], cell_district, share, weights, as_imported=demand.method)


def _district_of_cells(ground: Ground) -> tuple[Longs, Longs, int]:
    """District-table row of every group and of every cell, -1 for outside, and how many there are."""
    if has_level(ground.areas, "district"):
        group = places_among(ground.areas, "district", ground.group_district)
        cell = places_among(ground.areas, "district", ground.district)
        return group, cell, int((ground.areas["level"] == "district").sum())
    return np.where(ground.group_outside, -1, 0).astype(np.int64), np.where(ground.outside, -1, 0).astype(np.int64), 1


# ------------------------------------------------------------------------------------------------------------- stations
def _room(layer: ModeLayer, counted: Counted, supply: Supply, limit_ds: int, eligible: Bools, decay: Decay) -> Room:
    inhabited = np.flatnonzero(counted.by_cell > 0)
    people, centres = counted.by_cell[inhabited], layer.grid.centre.take(inhabited.astype(np.int32))
    reach = reach_lists(layer.graph, layer.targets, centres, limit_ds, eligible)
    found = floating_catchments(reach, people, supply.places, decay)
    cells = layer.grid.cells[inhabited]
    return Room(inhabited, cells, people, found.access, people_in_reach(reach, people), found.demand)


def _facilities(snapshot: Snapshot, eligible: Bools, supply: Supply, chosen: Choice, room: Room) -> pd.DataFrame:
    """One row for every station that counts: who depends on it alone, who can reach it, how many share a place."""
    order = stations_alone(snapshot.facility_ids, chosen.people_alone, eligible)
    places = supply.places[order]
    crowd = np.where(places > 0, room.demand[order] / np.where(places > 0, places, 1.0), np.nan)
    return pd.DataFrame(
        {
            "id": np.array(snapshot.facility_ids, dtype=np.int64)[order],
            "name": snapshot.facilities["name"].to_numpy(dtype=object)[order],
            "people_alone": chosen.people_alone[order].round(1),
            "people_in_reach": room.reach[order].round(1),
            "places": places,
            "people_per_place": crowd.round(2),
        }
    )


# ------------------------------------------------------------------------------------------------- streets and stations
def _street_lengths(layer: ModeLayer, ground: Ground, covered_piece_m: Floats) -> StreetLengths:
    grid = layer.grid
    inside = ~ground.outside[grid.piece_cell]
    lived_along = np.array([name in RESIDENTIAL_STREETS for name in HIGHWAYS])
    residential = inside & lived_along[layer.graph.edges.highway[grid.piece_edge]]
    all_m, covered_m = np.asarray(grid.piece_m), covered_piece_m
    return StreetLengths(
        km=float(all_m[inside].sum()) / 1000,
        covered_km=float(covered_m[inside].sum()) / 1000,
        residential_km=float(all_m[residential].sum()) / 1000,
        residential_covered_km=float(covered_m[residential].sum()) / 1000,
    )


def _built_up(snapshot: Snapshot, layer: ModeLayer, ground: Ground, share: Floats, streets: StreetLengths) -> BuiltUp:
    """Built-up land within the limit; where none is mapped, the share of streets in its place."""
    if layer.land is None:
        return BuiltUp.of_streets(streets.covered_km / streets.km if streets.km else 0.0)
    beyond = _land_outside.setdefault(snapshot, {})
    if layer.mode not in beyond:
        cells = layer.land.cells
        lon, lat = cells_to_points(cells)
        areas = {level: area_of_cells(cells, lon, lat, snapshot.areas, level) for level in LEVELS}
        beyond[layer.mode] = outside_study_area(snapshot.areas, areas, len(cells))
    return BuiltUp.of_land(layer.land, layer.grid, share, ground.outside, beyond[layer.mode])


def _road_classes(layer: ModeLayer, ground: Ground, counted: Counted, eligible: Bools) -> pd.DataFrame:
    grid, targets = layer.grid, layer.targets
    inside = ~ground.outside[grid.piece_cell]
    per_m = np.where(grid.street_m > 0, counted.by_cell / np.where(grid.street_m > 0, grid.street_m, 1.0), 0.0)
    highway = layer.graph.edges.highway
    in_city = np.ones(len(eligible), dtype=np.bool_)
    if len(ground.areas):
        in_city = (ground.station_areas != NO_AREA).any(axis=1)
    stands = (eligible & in_city)[targets.edge_facility]
    return road_class_supply(
        highway[grid.piece_edge[inside]],
        np.asarray(grid.piece_m)[inside],
        (per_m[grid.piece_cell] * grid.piece_m)[inside],
        highway[targets.edge_edge[stands]],
    )


def _supply(snapshot: Snapshot, eligible: Bools) -> Supply:
    facilities = snapshot.facilities
    return supply_of(
        _numbers(facilities, "seats"),
        _numbers(facilities, "capacity_people"),
        facilities["facility_class"].to_numpy(dtype=object),
        eligible,
    )


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    """A column as floats, NaN for what is missing; all missing where there is no such column."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


_land_outside: weakref.WeakKeyDictionary[Snapshot, dict[str, Bools]] = weakref.WeakKeyDictionary()
"""Of every snapshot and mode, which cells with built-up land are outside the study area."""

_round_the_clock: weakref.WeakKeyDictionary[Snapshot, NDArray[np.int8]] = weakref.WeakKeyDictionary()


def _open_24h(snapshot: Snapshot, eligible: Bools) -> dict[str, int]:
    """Of the stations that count, those open round the clock in an ordinary week, and those nobody knows of."""
    if snapshot not in _round_the_clock:
        _round_the_clock[snapshot] = round_the_clock(snapshot)
    of_eligible = _round_the_clock[snapshot][eligible]
    return {
        "stations": len(of_eligible),
        "open_24h": int((of_eligible == 1).sum()),
        "unknown": int((of_eligible < 0).sum()),
    }


def round_the_clock(snapshot: Snapshot) -> NDArray[np.int8]:
    """Whether each station is open every minute of an ordinary week: 1, 0, or -1 where its hours are not known."""
    timetable = snapshot.timetable
    known: dict[tuple[OpeningRule, ...], int] = {}
    for place, rules in enumerate(timetable.rules):
        if rules not in known:
            week = timetable.week_intervals(place)
            known[rules] = -1 if week is None else int(week == [[0, WEEK_MIN]])
    return np.array([known[rules] for rules in timetable.rules], dtype=np.int8)


def _scored(people: Tally, open_24h: dict[str, int]) -> dict[str, float]:
    part = open_24h["open_24h"] / open_24h["stations"] if open_24h["stations"] else 0.0
    return {"covered": people.share, "open_24h": part}


# ------------------------------------------------------------------------------------------------------------- the wire
def _minutes(times: TravelTimes) -> dict[str, float | None]:
    figures = {"mean_minutes": times.mean_min[0]}
    figures |= {name: times.quantile_min(part)[0] for name, part in QUANTILES.items()}
    return {name: None if np.isnan(value) else float(value) for name, value in figures.items()}


def _curve(times: TravelTimes, everybody: int) -> list[dict[str, float]]:
    within = [float(times.within(minutes * DS_PER_MINUTE)[0]) for minutes in CURVE_MINUTES]
    return [
        {"minutes": minutes, "covered": round(people), "share": people / everybody if everybody else 0.0}
        for minutes, people in zip(CURVE_MINUTES, within, strict=True)
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as plain data, NaN as None."""
    columns = {str(name): _plain(column) for name, column in frame.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    return [None if isinstance(value, float) and np.isnan(value) else value for value in column.tolist()]
