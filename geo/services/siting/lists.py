"""
Who is reached from where: the cover lists that siting questions are asked of, made once for many of them.

Making them is most of the work. A meeting forbids a place, forces another, weighs riders twice: all of that is another
question over the same lists, so the last few are kept with their snapshot. What weights and roles change is no part of
the lists.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geo.coverage.areas import LEVELS, area_of_points
from geo.progress import Progress, silent
from geo.services import coverage
from geo.services.siting.candidates import Candidate, Gathered, gather
from geo.services.siting.question import CancelledError, Siting, SitingQuestionError
from geo.services.what_if import Standing, standing_of
from geo.siting import reach
from geo.siting.cover import CoverLists
from geo.store.facility_store import FacilityNotFoundError
from geo.streets.snap import Snaps
from geo.types import Bools, Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.coverage.ground import Ground
    from geo.coverage.question import Question
    from geo.snapshot.model import Snapshot

MOST_PAIRS = 120_000_000
"""Pairs of a site and a part of a street that one question may hold: some 1.5 GB."""
PREPARED_KEPT = 2


class EmptyDemandError(SitingQuestionError):
    """Nobody lives where a street leads."""

    def __init__(self, layers: list[str]) -> None:
        named = ", ".join(layers)
        super().__init__(
            f"There is no demand: {named} counts nobody whom a street reaches inside the city. Import a demand source, "
            "or choose another layer.",
            f"没有需求：图层 {named} 在城市范围内没有街道能到达的人。请导入需求数据，或换一个图层。",
            layers=layers,
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """
    Cover lists of a question: sites are the candidates, then the stations that may count (`stations`, positions in the
    snapshot, ascending).

    Row `i` holds the part `share[i]` of the people of cell `cell[i]` of the mode's grid. `people` are those of each row
    and demand layer, `lost` those of each layer who live where no street leads. `name` says which lists these are, to
    whom kept answers belong.
    """

    gathered: Gathered
    standing: Standing
    stations: Longs
    lists: CoverLists
    cell: Ints
    people: dict[str, Floats]
    lost: dict[str, float]
    name: str

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The places that may be chosen, by site number."""
        return self.gathered.usable

    def weighted(self, asked: Siting) -> Floats:
        """People of every row, those of each layer times its weight."""
        whom = np.zeros(self.lists.row_count)
        for code, weight in asked.weights:
            whom += weight * self.people[code]
        return whom

    def off_network(self, asked: Siting) -> float:
        """People inside the city who live where no street leads, those of each layer times its weight."""
        return sum(weight * self.lost[code] for code, weight in asked.weights)

    def rows_of_stations(self, snapshot: Snapshot, ids: tuple[int, ...]) -> Longs:
        """
        Places in `stations` of some facilities.

        Raises
        ------
        FacilityNotFoundError, SitingQuestionError
            There is no such facility, or it does not count in this question.
        """
        place = {int(position): number for number, position in enumerate(self.stations)}
        found = []
        for facility_id in ids:
            position = snapshot.position_of_id.get(facility_id)
            if position is None:
                raise FacilityNotFoundError(facility_id)
            if position not in place:
                raise SitingQuestionError(
                    f"Facility {facility_id} does not count in this question, so changing it changes nothing; leave "
                    "it out.",
                    f"站点 {facility_id} 不符合所问条件，改变它不影响结果；请去掉。",
                    station=facility_id,
                )
            found.append(place[position])
        return np.array(found, np.int64)


class UnknownAreaError(SitingQuestionError):
    """No district and no street is called like this."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no district and no street `{name[:80]}`; give its name or its code.",
            f"没有名称或代码为“{name[:80]}”的区或街道。",
            parameter="area",
        )


def area_named(snapshot: Snapshot, name: str) -> tuple[str, int]:
    """The level and the row of the area of a name or code, districts before streets; raises UnknownAreaError."""
    areas = snapshot.areas
    for level in LEVELS:
        own = (areas["level"] == level) & ((areas["name"] == name) | (areas["code"] == name))
        rows = np.flatnonzero(own.to_numpy())
        if rows.size:
            return level, int(rows[0])
    raise UnknownAreaError(name)


def in_area(ground: Ground, area: tuple[str, int] | None) -> Bools:
    """Which groups of people live in an area; all where none is asked for."""
    if area is None:
        return np.ones(len(ground.group_people), np.bool_)
    level, row = area
    of_group = ground.group_district if level == "district" else ground.street[ground.group_cell]
    return np.asarray(of_group == row, np.bool_)


_prepared: weakref.WeakKeyDictionary[Snapshot, dict[str, Prepared]] = weakref.WeakKeyDictionary()
_keeping = threading.Lock()


def prepare(
    snapshot: Snapshot,
    asked: Siting,
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prepared:
    """
    Candidates of a question and whom they and the stations reach; the last ones made are kept.

    Raises
    ------
    NoCandidatesError
        Nothing is left to choose from.
    CancelledError
        It was told to stop meanwhile.
    geo.siting.problem.SitingInputError
        There is no demand, or there are more pairs than one question may hold.
    """
    name = lists_name(asked)
    with _keeping:
        known = _prepared.setdefault(snapshot, {}).pop(name, None)
        if known is not None:
            _prepared[snapshot][name] = known
            return known
    fresh = _prepare(snapshot, asked, name, progress, cancelled)
    with _keeping:
        kept = _prepared.setdefault(snapshot, {})
        kept[name] = fresh
        for oldest in list(kept)[:-PREPARED_KEPT]:
            del kept[oldest]
    # lists that are made are kept even so: whoever stops a question often asks one like it
    heed(cancelled)
    return fresh


def lists_name(asked: Siting) -> str:
    """What the lists of a question depend on, as one text; questions with the same text share them."""
    parts = [
        asked.question.as_dict() | {"demand": ""},
        [code for code, _ in asked.weights],
        [one.at for one in asked.slots],
        sorted({one.station for one in asked.extend}),
        asked.wish.as_dict(),
        asked.default_cost if asked.is_priced else None,
        asked.is_priced,
        asked.farthest_ds if asked.is_timed else None,
        asked.area,
    ]
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def _prepare(
    snapshot: Snapshot, asked: Siting, name: str, progress: Progress, cancelled: Callable[[], bool]
) -> Prepared:
    progress("candidates")
    standing = standing_of(snapshot, asked.first_question)
    layer = standing.layer
    codes = [code for code, _ in asked.weights]
    grounds = {code: coverage.ground_of(snapshot, asked.question.mode, code) for code in codes}
    area = None if asked.area is None else area_named(snapshot, asked.area)

    def outside(lon: Floats, lat: Floats) -> Bools:
        level, row = area or ("", 0)
        return np.asarray(area_of_points(lon, lat, snapshot.areas, level) != row, np.bool_)

    gathered = gather(
        snapshot,
        asked.question,
        asked.wish,
        np.sum([_without_station(grounds[code], standing, area) for code in codes], axis=0),
        default_cost=asked.default_cost,
        priced=asked.is_priced,
        hours=tuple(one.at for one in asked.slots),
        outside_area=None if area is None else outside,
    )
    heed(cancelled)
    eligible = np.flatnonzero(stations_that_may_count(snapshot, asked))
    snaps = layer.index.snap(snapshot.lon[eligible], snapshot.lat[eligible])
    joined = np.flatnonzero(snaps.edge >= 0).astype(np.int32)
    sites = _one_after_another(gathered.snaps, snaps.take(joined))
    overhead_ds = layer.graph.mode.arrival_overhead_ds
    of_layer = {code: _counted(ground, area) for code, ground in grounds.items()}
    whom = np.sum(list(of_layer.values()), axis=0)
    if not whom.any():
        raise EmptyDemandError(codes)
    progress("reach", 0, len(sites))
    if asked.is_timed:
        cell = np.flatnonzero((whom > 0) & (layer.grid.centre.edge >= 0)).astype(np.int32)
        points = layer.grid.centre.take(cell)
        lists = reach.lists_of_points(
            layer.graph, points, sites, asked.farthest_ds, overhead_ds=overhead_ds, most_pairs=MOST_PAIRS
        )
        share = np.ones(len(cell))
    else:
        rows = reach.street_rows(
            layer.graph,
            layer.grid,
            whom,
            sites,
            asked.question.limit_ds,
            overhead_ds=overhead_ds,
            most_pairs=MOST_PAIRS,
        )
        lists, cell, share = rows.lists, rows.cell, rows.people / whom[rows.cell]
    people = {code: column[cell] * share for code, column in of_layer.items()}
    lost = {code: _off_network(ground, area) for code, ground in grounds.items()}
    return Prepared(gathered, standing, eligible[joined], lists, cell, people, lost, name)


def _counted(ground: Ground, area: tuple[str, int] | None) -> Floats:
    """People of every cell of a grid who can be covered: those inside the city whom a street reaches."""
    counted = ~(ground.group_outside | ground.group_off_network) & in_area(ground, area)
    return ground.by_cell(np.where(counted, ground.group_people, 0.0))


def _off_network(ground: Ground, area: tuple[str, int] | None) -> float:
    lost = ground.group_off_network & ~ground.group_outside & in_area(ground, area)
    return float(ground.group_people[lost].sum())


def _without_station(ground: Ground, standing: Standing, area: tuple[str, int] | None) -> Floats:
    """People of every cell whom no station reaches."""
    return ground.by_cell(np.where(in_area(ground, area), ground.fates(standing.coverage.share)[:, 1], 0.0))


def stations_that_may_count(snapshot: Snapshot, asked: Siting) -> Bools:
    """Stations that count at some hour asked, and those that could stay open longer."""
    asking: list[Question] = [replace(asked.question, at=one.at) for one in asked.slots] or [asked.question]
    counts = np.any([coverage.eligible_stations(snapshot, one) for one in asking], axis=0)
    always = coverage.eligible_stations(snapshot, replace(asked.question, at=None))
    for one in asked.extend:
        position = snapshot.position_of_id.get(one.station)
        if position is None:
            raise FacilityNotFoundError(one.station)
        counts[position] = always[position]
    return np.asarray(counts, np.bool_)


def _one_after_another(first: Snaps, second: Snaps) -> Snaps:
    columns = zip(vars(first).values(), vars(second).values(), strict=True)
    return Snaps(*(np.concatenate(pair) for pair in columns))


def heed(cancelled: Callable[[], bool]) -> None:
    """Stop where one is told to; raises CancelledError."""
    if cancelled():
        raise CancelledError
