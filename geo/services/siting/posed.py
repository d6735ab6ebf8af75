"""A siting question in the terms of the solver: sites with roles and costs, rows with people, hours and floors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.coverage.areas import NO_AREA
from geo.places.hours import Slot, Timetable, parse_hours
from geo.services import coverage
from geo.services.siting.candidates import open_then
from geo.services.siting.lists import MOST_PAIRS, Prepared
from geo.services.siting.question import Extension, Siting, SitingQuestionError, UnknownCandidateError
from geo.siting import hours, problem
from geo.types import Bools, Floats, Ints

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot


@dataclass(frozen=True, eq=False)
class Posed:
    """
    What the solver is asked. Sites are the candidates, then the longer hours (`extend`), then the stations.

    `question` is what is solved. `covering` says who is within the service circle; it is the same unless ways are
    timed. `lists` names what answers may be handed on to.
    """

    question: problem.Question
    covering: problem.Question
    prepared: Prepared
    extend: tuple[Extension, ...]
    lists: str

    @property
    def candidates(self) -> int:
        """How many sites are candidates; they come first."""
        return len(self.prepared.candidates)

    @property
    def first_station(self) -> int:
        """The site number of the first station."""
        return self.candidates + len(self.extend)

    @property
    def people(self) -> Floats:
        """People by row, weighted."""
        return self.question.people

    def position(self, site: int) -> int:
        """The position in the snapshot of a site that is a station."""
        return int(self.prepared.stations[site - self.first_station])


def pose(snapshot: Snapshot, asked: Siting, prepared: Prepared) -> Posed:
    """
    The question over cover lists.

    Raises
    ------
    UnknownCandidateError, SitingQuestionError, FacilityNotFoundError, geo.siting.problem.SitingInputError
        As `geo.services.siting.planning.plan` does.
    """
    candidates, stations = prepared.candidates, prepared.stations
    first = len(candidates) + len(asked.extend)
    closable = first + prepared.rows_of_stations(snapshot, asked.may_close)
    cost = np.ones(first + len(stations))
    if asked.is_priced:
        cost[: len(candidates)] = [asked.default_cost if one.cost is None else one.cost for one in candidates]
        cost[closable] = asked.keep_cost or 1.0
    cost[len(candidates) : first] = [one.cost for one in asked.extend]
    forced, forbidden = (_numbers(prepared, keys) for keys in (asked.force, asked.forbid))
    sites = problem.Sites.of(
        len(cost),
        cost=cost,
        standing=np.setdiff1d(first + np.arange(len(stations)), closable),
        closable=closable,
        forced=forced,
        forbidden=forbidden,
    )
    _require_enough(asked, sites, first, len(closable))
    people: Floats = prepared.weighted(asked)
    lists = prepared.lists
    if asked.hours_asked:
        lists, people = _by_hour(snapshot, asked, prepared, people)
    budget = None if asked.choose is None else float(asked.choose + len(closable))
    question = problem.Question.of(
        lists, people, sites=sites, budget=asked.budget if budget is None else budget, **_labels(asked, prepared)
    )
    covering = question
    if asked.is_timed:
        covering = replace(question, lists=lists.within(asked.question.limit_ds))
    return Posed(question, covering, prepared, asked.extend, _lists_name(asked, prepared))


def _lists_name(asked: Siting, prepared: Prepared) -> str:
    """What makes sites and rows the same: the lists, the hours, the longer hours on offer."""
    longer = [[one.station, one.hours] for one in asked.extend]
    return prepared.name + json.dumps([[one.at for one in asked.hours_asked], longer], ensure_ascii=False)


def _require_enough(asked: Siting, sites: problem.Sites, first: int, closable: int) -> None:
    there_are = int(sites.free[:first].sum()) + len(sites.forced) - len(asked.extend)
    if asked.choose is not None and asked.choose > there_are and not asked.extend:
        raise problem.TooFewCandidatesError(asked.choose, there_are)


def _numbers(prepared: Prepared, keys: tuple[str, ...]) -> list[int]:
    number = {one.key: place for place, one in enumerate(prepared.candidates)}
    for key in keys:
        if key not in number:
            raise UnknownCandidateError(key, prepared.gathered.left_out_keys.get(key))
    return [number[key] for key in dict.fromkeys(keys)]


# ── hours ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_hour(snapshot: Snapshot, asked: Siting, prepared: Prepared, people: Floats) -> tuple[Any, Floats]:
    """Lists and people over pairs of a row and an hour."""
    at = [one.at for one in asked.hours_asked]
    count, stations = len(prepared.candidates), prepared.stations
    is_open = open_at(at, prepared)
    standing_open = np.stack(
        [coverage.eligible_stations(snapshot, replace(asked.question, at=one))[stations] for one in at], axis=1
    )
    rows = prepared.rows_of_stations(snapshot, tuple(one.station for one in asked.extend))
    longer = _longer(asked.extend, at, standing_open[rows])
    ways = hours.Ways(
        site=np.concatenate([np.arange(count), count + rows]),
        is_open=np.concatenate([is_open, longer]),
        cost=np.ones(count + len(asked.extend)),
    )
    sizes = np.diff(prepared.lists.site_start)
    open_hours = np.concatenate([is_open.sum(axis=1), standing_open.sum(axis=1)])
    pairs = int((sizes * open_hours).sum()) + int((sizes[count + rows] * longer.sum(axis=1)).sum())
    if pairs > MOST_PAIRS:
        raise SitingQuestionError(
            f"{pairs:,} combinations of a site, a part of a street and an hour are more than {MOST_PAIRS:,}; ask "
            "about fewer hours, fewer candidates or less time.",
            f"站点、街段与时段的组合有 {pairs:,} 个，超过 {MOST_PAIRS:,} 个；请减少时段或候选点，或缩短时间。",
        )
    spread = hours.question_of_hours(
        prepared.lists,
        people[:, None] * np.array([one.weight for one in asked.hours_asked]),
        ways,
        standing=count + np.arange(len(stations)),
        standing_open=standing_open,
        budget=0.0,
    )
    return spread.lists, spread.people


def open_at(at: Sequence[str], prepared: Prepared) -> Bools:
    """Hours at which each candidate is open, bool[candidates, hours]; where one is not known, all are taken as open."""
    known = open_then(at, prepared.candidates)
    unclear: Bools = np.any(known < 0, axis=1, keepdims=True)
    return np.asarray((known == 1) | unclear, np.bool_)


def _longer(extend: tuple[Extension, ...], at: list[str], now: Bools) -> Bools:
    """
    Hours that each extension adds, bool[extensions, hours].

    Raises
    ------
    SitingQuestionError
        Hours cannot be read, add nothing, or close a station when it is open now; two of one station contain neither
        the other, so that both together would be a third.
    """
    if not extend:
        return np.zeros((0, len(at)), np.bool_)
    read = [parse_hours(one.hours) for one in extend]
    table = Timetable.from_hours(read)
    then = np.stack([table.open_mask_slot(Slot.parse(one)) for one in at], axis=1)
    for one, parsed, opens, already in zip(extend, read, then, now, strict=True):
        if not parsed.rules or (opens < 0).any():
            raise SitingQuestionError(
                f"The longer hours `{one.hours[:80]}` of station {one.station} do not say when it is open; write them "
                "like 08:00-22:00.",
                f"站点 {one.station} 的延长时间“{one.hours[:80]}”读不懂；请写成 08:00-22:00 这样。",
                station=one.station,
            )
        if (already & (opens == 0)).any():
            raise SitingQuestionError(
                f"Station {one.station} would be closed at an hour asked at which it is open now; hours can be made "
                "longer only: write the whole week.",
                f"站点 {one.station} 在所问的某个时段现在开放，按新时间却关闭；只能延长：请写出完整的开放时间。",
                station=one.station,
            )
        if not (~already & (opens == 1)).any():
            raise SitingQuestionError(
                f"The longer hours of station {one.station} add nothing at the hours asked; leave them out.",
                f"站点 {one.station} 的延长时间在所问时段里没有增加开放；请去掉。",
                station=one.station,
            )
    added = np.asarray((then == 1) & ~now, np.bool_)
    _require_nested(extend, added)
    return added


def _require_nested(extend: tuple[Extension, ...], added: Bools) -> None:
    for number, one in enumerate(extend):
        for other in range(number):
            if extend[other].station != one.station:
                continue
            both = added[number] & added[other]
            if not ((both == added[number]).all() or (both == added[other]).all()):
                raise SitingQuestionError(
                    f"Two longer hours of station {one.station} contain neither the other; write the longer one so "
                    "that it holds the shorter.",
                    f"站点 {one.station} 的两种延长时间互不包含；请让较长的包含较短的。",
                    station=one.station,
                )


# ── floors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _level(asked: Siting) -> str | None:
    if asked.floor is not None and asked.street_floor is not None:
        raise SitingQuestionError(
            "Ask either for a floor in every district or for one in every street.",
            "请在“各区底线”和“各街道底线”中只选一种。",
        )
    return "district" if asked.floor is not None else "street" if asked.street_floor is not None else None


def _area_of_cell(prepared: Prepared, level: str) -> Ints:
    ground = prepared.standing.ground
    return ground.district if level == "district" else ground.street


def _labels(asked: Siting, prepared: Prepared) -> dict[str, Any]:
    """The area of every row, and their names; the last label is for rows in none."""
    level = _level(asked)
    if level is None:
        return {}
    area = _area_of_cell(prepared, level)[prepared.cell]
    there = np.unique(area[area != NO_AREA])
    if not there.size:
        zh = "区" if level == "district" else "街道"
        raise SitingQuestionError(
            f"The city has no areas of the level {level}, so none can have a floor; import its areas first.",
            f"还没有导入{zh}的边界，无法设底线；请先导入区划。",
        )
    label = np.where(area == NO_AREA, len(there), np.searchsorted(there, area)).astype(np.int64)
    names = (*(prepared.standing.ground.area_name(int(row)) for row in there), "-")
    return {"label": label, "label_names": names}


def floors_of(asked: Siting, posed: Posed) -> Floats | None:
    """
    The floor of every label as a share of those whom a street reaches; None where none is asked.

    A planner means the share of everybody in the area, as tables show it, so that people off the network raise it.
    """
    level, floor = _level(asked), asked.floor if asked.street_floor is None else asked.street_floor
    if level is None or floor is None:
        return None
    question, ground = posed.question, posed.prepared.standing.ground
    label = question.label
    assert label is not None
    area = _area_of_cell(posed.prepared, level)
    rows = area[posed.prepared.cell]
    lost = ground.group_off_network & ~ground.group_outside
    off = np.bincount(np.maximum(area[ground.group_cell[lost]], 0), ground.group_people[lost], len(ground.areas) + 1)
    floors = np.zeros(len(question.label_names))
    for number, name in enumerate(question.label_names[:-1]):
        own = label == number
        reachable = float(question.people[own].sum())
        everybody = reachable + float(off[rows[own][0]]) if own.any() else 0.0
        wanted = floor * everybody
        if wanted > reachable + 1e-6:
            raise problem.OutOfReachError(
                f"The floor of {floor:.0%} in {name}",
                wanted - reachable,
                "So many people live where no street leads: lower the floor.",
            )
        floors[number] = min(1.0, wanted / reachable) if reachable else 0.0
    return floors
