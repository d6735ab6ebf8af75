"""
What would change if stations opened, moved, closed or kept other hours: answered from a snapshot nobody writes to.

The field of travel times is changed around those stations only and the cells there are judged anew; the answer equals
asking the whole question again of a city in which the changes were made.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.cells import cells_to_texts
from geo.coverage.areas import LEVELS, area_of_points
from geo.coverage.changes import CellLinks, changed_cells, recovered
from geo.coverage.field import STATE_CODES, CellCoverage, cell_coverage
from geo.coverage.ground import Ground
from geo.coverage.question import DS_PER_MINUTE, Question
from geo.coverage.summary import Tally
from geo.places.hours import OpeningHours, Timetable, parse_hours
from geo.services.changes import Add, Change, ChangeHours, ChangesError, Close, Move, WhatIf
from geo.services.coverage import METHOD, eligible_stations, ground_of
from geo.store.facility_store import FacilityNotFoundError
from geo.streets.incremental import add_facility, copy_of, rejoined, remove_facility
from geo.streets.search import Field, Targets, field
from geo.types import UNREACHED, Bools, Cells, Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.snapshot.model import ModeLayer, Snapshot

STANDINGS_KEPT = 4
"""For how many questions per snapshot the state before any change is kept in memory."""


NOTICES = {
    "off_network": (
        "附近没有可通行的街道，任何人都到不了这里",
        "no permitted street within the snapping limit, so nobody can get there",
    ),
    "not_counted": (
        "该站点不符合所问条件，此项变更不影响结果",
        "the station does not count in this question, so this changes nothing",
    ),
    "not_of_type": (
        "新增站点的类型不在所问类型之内，此项变更不影响结果",
        "the new station is of a type that the question does not count, so this changes nothing",
    ),
    "hours_not_asked": (
        "所问不涉及开放时间，此项变更不影响结果",
        "the question names no hour of the week, so hours change nothing",
    ),
    "closed_then": ("在所问时段不开放", "it is closed at the hour asked"),
    "hours_unclear": (
        "在所问时段是否开放不能确定，不计入",
        "whether it is open at the hour asked is unclear: not counted",
    ),
}
"""What a change may be told about, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What must be said about change number `place` (from 0): a code of `NOTICES`."""

    place: int
    code: str


@dataclass(frozen=True, slots=True)
class WhatIfAnswer:
    """
    A city before and after some changes.

    `changed` are the positions (in grid order) of the cells that are not what they were, `cells` their names;
    `coverage_before` and `coverage` are of the whole grid. `gained` and `lost` people are counted apart: moving a
    station does both. `people_change` is by changed cell. The table `districts` has code, name, people,
    covered_before, covered, change, share_before, share, stations_before, stations.
    """

    asked: WhatIf
    snapshot_id: str
    input_hash: str
    before: Tally
    after: Tally
    gained: float
    lost: float
    districts: pd.DataFrame
    streets: pd.DataFrame
    changed: Longs
    cells: Cells
    people_change: Floats
    coverage_before: CellCoverage
    coverage: CellCoverage
    notices: tuple[Notice, ...]


@dataclass(frozen=True, eq=False)
class Standing:
    """A question answered for the city as it stands, ready for changes. Nobody writes to it."""

    question: Question
    layer: ModeLayer
    ground: Ground
    links: CellLinks
    eligible: Bools
    field: Field
    coverage: CellCoverage
    fates: NDArray[np.float64]
    tally: Tally
    districts: pd.DataFrame
    streets: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Changes in the terms of a field.

    `numbers` are the facilities the changes are about, in their order. `targets`, `eligible` and `station_areas` are of
    the city afterwards, where a new station's number follows those of the snapshot. `gone` are to be taken out of the
    field, `come` to be let in (one that moves is both), `edges` those they stood or will stand on.
    """

    numbers: Longs
    targets: Targets
    eligible: Bools
    station_areas: Ints
    gone: Longs
    come: Longs
    edges: Ints
    notices: tuple[Notice, ...]


@dataclass(frozen=True, eq=False)
class Tried:
    """
    Changes carried out on a copy of a city: the plan, the field of travel times afterwards (one's own), and every cell.
    """

    asked: WhatIf
    standing: Standing
    plan: Plan
    live: Field
    coverage: CellCoverage


def answer(snapshot: Snapshot, asked: WhatIf) -> WhatIfAnswer:
    """
    Answer a what-if: the city before and after, by district, and the cells that change.

    Raises
    ------
    ChangesError, FacilityNotFoundError
        A change has hours that cannot be read, or names a station that is not there.
    ModeNotInSnapshotError, NoDemandError
        As `geo.services.coverage.answer` does.
    """
    return summed_up(snapshot, tried(snapshot, asked))


def tried(snapshot: Snapshot, asked: WhatIf) -> Tried:
    """Carry out changes on a copy of the city; raises as `answer` does."""
    standing = standing_of(snapshot, asked.question)
    plan = planned(snapshot, standing, asked.changes)
    live, coverage = changed_city(standing, plan)
    return Tried(asked, standing, plan, live, coverage)


def summed_up(snapshot: Snapshot, after: Tried) -> WhatIfAnswer:
    """What changes carried out mean for people, districts and cells."""
    asked, standing, plan, coverage = after.asked, after.standing, after.plan, after.coverage
    ground = replace(standing.ground, station_areas=plan.station_areas)
    fates = ground.fates(coverage.share)
    whole, districts, streets = ground.tables(fates, plan.eligible)
    change = fates[:, 0] - standing.fates[:, 0]
    changed = changed_cells(standing.coverage, coverage)
    return WhatIfAnswer(
        asked=asked,
        snapshot_id=snapshot.id,
        input_hash=input_hash(snapshot, asked),
        before=standing.tally,
        after=whole,
        gained=float(change[change > 0].sum()),
        lost=float(-change[change < 0].sum()),
        districts=_side_by_side(standing.districts, districts),
        streets=_side_by_side(standing.streets, streets),
        changed=changed,
        cells=standing.layer.grid.cells[changed],
        people_change=ground.by_cell(change)[changed],
        coverage_before=standing.coverage,
        coverage=coverage,
        notices=plan.notices,
    )


_standings: weakref.WeakKeyDictionary[Snapshot, dict[str, Standing]] = weakref.WeakKeyDictionary()
"""What was asked last of every snapshot in memory, before any change. Values are complete and never written to."""
_links: weakref.WeakKeyDictionary[ModeLayer, CellLinks] = weakref.WeakKeyDictionary()
_keeping = threading.Lock()


def standing_of(snapshot: Snapshot, question: Question) -> Standing:
    """The question answered for the city as it stands; the last few are kept, since changes are tried one by one."""
    key = question.canonical()
    with _keeping:
        known = _standings.setdefault(snapshot, {}).get(key)
    if known is not None:
        return known
    fresh = _stand(snapshot, question)
    with _keeping:
        kept = _standings.setdefault(snapshot, {})
        kept[key] = fresh
        for oldest in list(kept)[:-STANDINGS_KEPT]:
            del kept[oldest]
    return fresh


def _stand(snapshot: Snapshot, question: Question) -> Standing:
    layer = snapshot.layer(question.mode)
    ground = ground_of(snapshot, question.mode, question.demand)
    eligible = eligible_stations(snapshot, question)
    # not cut off at the limit, as in the answer that it must equal
    travel = field(layer.graph, layer.targets, eligible)
    coverage = cell_coverage(
        layer.grid,
        layer.graph,
        layer.targets,
        travel,
        question.limit_ds,
        eligible=eligible,
        outside_area=ground.outside,
    )
    fates = ground.fates(coverage.share)
    return Standing(
        question, layer, ground, _links_of(layer), eligible, travel, coverage, fates, *ground.tables(fates, eligible)
    )


def _links_of(layer: ModeLayer) -> CellLinks:
    links = _links.get(layer)
    if links is None:
        links = _links[layer] = CellLinks.of_grid(layer.graph, layer.grid)
    return links


def planned(snapshot: Snapshot, standing: Standing, changes: Sequence[Change]) -> Plan:
    """
    Put changes in the terms of a field.

    Raises
    ------
    ChangesError, FacilityNotFoundError
        As `answer` does.
    """
    layer, question = standing.layer, standing.question
    numbers = _numbers(snapshot, changes)
    count = max(len(snapshot.facilities), int(numbers.max()) + 1)
    placed = [place for place, change in enumerate(changes) if isinstance(change, Add | Move)]
    lon, lat = (np.array([getattr(changes[place], name) for place in placed]) for name in ("lon", "lat"))
    snaps = layer.index.snap(lon, lat)
    overhead_ds = layer.graph.mode.arrival_overhead_ds
    targets = rejoined(layer.graph, layer.targets, numbers[placed].astype(np.int32), snaps, overhead_ds)

    passing = _padded(eligible_stations(snapshot, replace(question, at=None)), count, True)
    passing[[n for n, change in zip(numbers.tolist(), changes, strict=True) if isinstance(change, Close)]] = False
    wrong_type = {place for place, change in enumerate(changes) if not _is_of_type_asked(question, change)}
    passing[numbers[sorted(wrong_type)]] = False
    opening = _opening(snapshot, question, numbers, changes, count)
    before, eligible = _padded(standing.eligible, count, False), passing & (opening == 1)
    moved = np.zeros(count, np.bool_)
    moved[numbers[placed]] = True
    gone, come = np.flatnonzero(before & (moved | ~eligible)), np.flatnonzero(eligible & (moved | ~before))
    left = layer.targets.edge_edge[np.isin(layer.targets.edge_facility, gone)]
    joined = targets.edge_edge[np.isin(targets.edge_facility, come)]
    off_network = {place for place, edge in zip(placed, snaps.edge.tolist(), strict=True) if edge < 0}
    return Plan(
        numbers=numbers,
        targets=targets,
        eligible=eligible,
        station_areas=_station_areas(snapshot, standing.ground, numbers[placed], lon, lat, count),
        gone=gone,
        come=come,
        edges=np.concatenate([left, joined]),
        notices=tuple(_notices(question, numbers, changes, off_network, wrong_type, before, eligible, opening)),
    )


def changed_city(standing: Standing, plan: Plan) -> tuple[Field, CellCoverage]:
    """The field after the changes (one's own), and every cell, judged anew where they can have reached."""
    layer = standing.layer
    live, remaining = copy_of(standing.field), standing.eligible.copy()
    touched = [np.empty(0, np.int32)]
    for number in plan.gone.tolist():
        remaining[number] = False
        touched.append(remove_facility(layer.graph, layer.targets, live, number, remaining).node)
    touched += [add_facility(layer.graph, plan.targets, live, number).node for number in plan.come.tolist()]
    coverage = recovered(
        layer.grid,
        standing.links,
        standing.coverage,
        standing.links.cells_around(layer.grid, np.unique(np.concatenate(touched)), plan.edges),
        layer.graph,
        plan.targets,
        live,
        standing.question.limit_ds,
        eligible=plan.eligible,
        outside_area=standing.ground.outside,
    )
    return live, coverage


def describe(answered: WhatIfAnswer) -> dict[str, Any]:
    """The answer as plain data, as the wire has it: everything but the cells."""
    moved = answered.streets["change"] != 0
    return {
        "parameters": answered.asked.question.as_dict(),
        "changes": [change.as_dict() for change in answered.asked.changes],
        "snapshot": answered.snapshot_id,
        "method": METHOD,
        "input_hash": answered.input_hash,
        "people": {
            "before": answered.before.as_dict(),
            "after": answered.after.as_dict(),
            "change": answered.after.covered - answered.before.covered,
            "gained": answered.gained,
            "lost": answered.lost,
        },
        "districts": answered.districts.to_dict("records"),
        "streets_changed": answered.streets[moved].to_dict("records"),
        "cells_changed": len(answered.changed),
        "notices": [
            {"change": notice.place, "code": notice.code, "zh": NOTICES[notice.code][0], "en": NOTICES[notice.code][1]}
            for notice in answered.notices
        ],
    }


def cell_columns(answered: WhatIfAnswer) -> dict[str, list[Any]]:
    """The changed cells as columns of plain values; minutes are None where no station can be reached."""
    rows, before, after = answered.changed, answered.coverage_before, answered.coverage
    return {
        "h3": cells_to_texts(answered.cells),
        "minutes_before": _minutes(before.time_ds[rows]),
        "minutes": _minutes(after.time_ds[rows]),
        "share_before": before.share[rows].tolist(),
        "share": after.share[rows].tolist(),
        "people_change": answered.people_change.tolist(),
        "state": [STATE_CODES[state] for state in after.state[rows].tolist()],
    }


def _minutes(time_ds: Ints) -> list[float | None]:
    return [None if one == UNREACHED else one / DS_PER_MINUTE for one in time_ds.tolist()]


def _numbers(snapshot: Snapshot, changes: Sequence[Change]) -> Longs:
    """The facility number each change is about; new ones follow those of the snapshot."""
    following = iter(range(len(snapshot.facilities), len(snapshot.facilities) + len(changes)))
    numbers = []
    for change in changes:
        if isinstance(change, Add):
            numbers.append(next(following))
        elif change.facility_id in snapshot.position_of_id:
            numbers.append(snapshot.position_of_id[change.facility_id])
        else:
            raise FacilityNotFoundError(change.facility_id)
    return np.array(numbers, np.int64)


def _is_of_type_asked(question: Question, change: Change) -> bool:
    """Whether a new station is of a type that the question counts; every other change keeps the type it finds."""
    if not isinstance(change, Add) or change.facility_type is None or not question.types:
        return True
    return change.facility_type in question.types


def _opening(
    snapshot: Snapshot, question: Question, numbers: Longs, changes: Sequence[Change], count: int
) -> NDArray[np.int8]:
    """Whether each facility is open at the hour asked after the changes: 1, 0, or -1 for unknown; 1 if none is."""
    hours = {place: _hours(place, text) for place, text in _hours_given(changes).items()}
    opening = np.ones(count, np.int8)
    if question.slot is None:
        return opening
    opening[: len(snapshot.facilities)] = snapshot.timetable.open_mask_slot(question.slot)
    if hours:
        opening[numbers[list(hours)]] = Timetable.from_hours(list(hours.values())).open_mask_slot(question.slot)
    return opening


def _hours_given(changes: Sequence[Change]) -> dict[int, str]:
    """The hours that changes bring, by the number of the change."""
    texts = {place: change.hours for place, change in enumerate(changes) if isinstance(change, Add | ChangeHours)}
    return {place: text for place, text in texts.items() if text is not None}


def _hours(place: int, text: str) -> OpeningHours:
    read = parse_hours(text)
    if not read.rules:
        raise ChangesError(place, f"the hours `{text[:80]}` cannot be read; write them as `Mo-Fr 09:00-17:00`.")
    return read


def _station_areas(snapshot: Snapshot, ground: Ground, numbers: Longs, lon: Floats, lat: Floats, count: int) -> Ints:
    """The areas that hold each station after some have come or moved, one column per level."""
    areas = np.full((count, len(LEVELS)), -1, ground.station_areas.dtype)
    areas[: len(ground.station_areas)] = ground.station_areas
    areas[numbers] = np.stack([area_of_points(lon, lat, snapshot.areas, level) for level in LEVELS], axis=1)
    return areas


def _notices(
    question: Question,
    numbers: Longs,
    changes: Sequence[Change],
    off_network: set[int],
    wrong_type: set[int],
    before: Bools,
    eligible: Bools,
    opening: NDArray[np.int8],
) -> list[Notice]:
    """What must be said about single changes."""
    notices = [Notice(place, "off_network") for place in off_network]
    notices += [Notice(place, "not_of_type") for place in wrong_type]
    with_hours = _hours_given(changes)
    for place, (number, change) in enumerate(zip(numbers.tolist(), changes, strict=True)):
        if place in with_hours and question.slot is None:
            notices.append(Notice(place, "hours_not_asked"))
        elif place in with_hours and opening[number] != 1:
            notices.append(Notice(place, "closed_then" if opening[number] == 0 else "hours_unclear"))
        elif not isinstance(change, Add) and not before[number] and not eligible[number]:
            notices.append(Notice(place, "not_counted"))
    return sorted(notices, key=lambda notice: notice.place)


def _side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """A table of areas before and after; both have the same rows, because nobody moves house."""
    names = [name for name in ("code", "name", "district_code", "district", "people") if name in after]
    return after[names].assign(
        covered_before=before["covered"].to_numpy(),
        covered=after["covered"],
        change=after["covered"] - before["covered"].to_numpy(),
        share_before=before["share"].to_numpy(),
        share=after["share"],
        stations_before=before["stations"].to_numpy(),
        stations=after["stations"],
    )


def _padded(column: Bools, count: int, value: bool) -> Bools:
    """A column of one's own, longer by new facilities."""
    padded = np.full(count, value, np.bool_)
    padded[: len(column)] = column
    return padded


def input_hash(snapshot: Snapshot, asked: WhatIf) -> str:
    """SHA-256 of everything the answer depends on: the changes, the state of the city, the method."""
    return hashlib.sha256("\n".join((METHOD, snapshot.state_hash, asked.canonical())).encode()).hexdigest()
