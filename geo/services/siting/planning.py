"""
Where the next stations should go: one question over a snapshot, answered with a bound on the best possible.

Streets, demand and stations are those of the coverage service, so that what is promised here is what coverage counts:
every answer is counted again by the ordinary what-if, and holds the figures of that count. What may be asked is in
`question`, cover lists are made in `lists`, roles and hours are put in `posed`, and `tasks`
hands each task to its solver.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from geo.coverage.question import Question
from geo.places.hours import parse_hours
from geo.progress import Progress, silent
from geo.services import what_if
from geo.services.changes import Add, Change, ChangeHours, Close, WhatIf
from geo.services.siting.candidates import open_then
from geo.services.siting.lists import Prepared, area_named, in_area, prepare
from geo.services.siting.posed import Posed, pose
from geo.services.siting.question import MOST_SITES, Siting, SitingQuestionError, Start
from geo.services.siting.refusals import in_chinese
from geo.services.siting.tasks import Found, SoFar, solve
from geo.services.what_if import WhatIfAnswer
from geo.siting import covering, curve, explain, problem

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

METHOD = "maximal covering on parts of streets, version 2"

BLOCKS = 120
"""Blocks of work after which the search ends, so that one seed gives one answer however quick the machine."""
WHAT_IF_TARGET = 0.0035
"""A gap that is good enough for a question that begins from the answer before: asked while people look on."""
LONGEST_CURVE = 150
CURVE_SECONDS = 5.0

MOST_BUILT = 10_000
"""The most stations an answer opens or changes, so that it can be counted again."""

STEPS: Final = {
    "candidates": ("正在查找候选点", "Finding candidates"),
    "reach": ("正在计算每个候选点能到达谁", "Working out whom every candidate reaches"),
    "choosing": ("正在选择站点", "Choosing sites"),
    "explaining": ("正在整理理由", "Putting the reasons together"),
    "curve": ("正在画站数与覆盖人数的曲线", "Drawing how the gain grows with the number of sites"),
    "counting": ("正在按覆盖口径复核人数", "Counting again as coverage does"),
    "ranking": ("正在与其他候选点比较", "Ranking it among the candidates"),
}
"""The steps of the work, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Built(WhatIf):
    """An answer as a what-if; it may open as many stations as it takes to reach everybody."""

    most: ClassVar[int] = MOST_BUILT


@dataclass(frozen=True, slots=True)
class Recount:
    """
    People covered before and after, as the coverage service counts one layer at one hour, to the fraction.

    Where an area is asked for, they are those who live in it.
    """

    demand: str
    at: str | None
    weight: float
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class SitingPlan:
    """
    An answer with its reasons. `recount` is what the coverage service says of the first hour and layer, None where
    nothing changes; `recounts` of all of them. `before` and `covered` people are counted on the rows.
    """

    asked: Siting
    snapshot_id: str
    input_hash: str
    prepared: Prepared
    posed: Posed
    found: Found
    before: float
    covered: float
    reasons: explain.Explanation
    outside: dict[explain.Why, float]
    curve: curve.GainCurve | None
    changes: tuple[Change, ...]
    recount: WhatIfAnswer | None
    recounts: tuple[Recount, ...]
    seconds: float

    @property
    def gained(self) -> float:
        """People newly covered, those lost to closed stations taken off."""
        return self.covered - self.before

    @property
    def start(self) -> Start:
        """What another question over the same lists may begin from."""
        chosen = np.concatenate([self.found.kept, self.found.longer, self.found.chosen])
        return Start(self.input_hash, self.posed.lists, chosen, self.found.handed_on)


def plan(
    snapshot: Snapshot,
    asked: Siting,
    *,
    progress: Progress = silent,
    show: Callable[[SoFar], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SitingPlan:
    """
    Answer a siting question; `show` is told of every better answer on the way.

    A cancelled question gives the best found so far.

    Raises
    ------
    NoCandidatesError, UnknownCandidateError, geo.siting.problem.SitingInputError
        The question cannot be answered: which constraint fails, and by how much. Its `zh` says it in Chinese.
    CancelledError
        It was cancelled before there was an answer.
    FacilityNotFoundError, ModeNotInSnapshotError, NoDemandError
        As the coverage service does.
    """
    try:
        return _plan(snapshot, asked, progress, show, cancelled)
    except problem.SitingInputError as error:
        error.zh = error.zh or in_chinese(error, asked)
        raise


def _plan(
    snapshot: Snapshot,
    asked: Siting,
    progress: Progress,
    show: Callable[[SoFar], None],
    cancelled: Callable[[], bool],
) -> SitingPlan:
    began = time.perf_counter()
    prepared = prepare(snapshot, asked, progress=progress, cancelled=cancelled)
    posed = pose(snapshot, asked, prepared)
    progress("choosing")
    begins_anew = asked.start is None or asked.start.lists != posed.lists
    target = asked.target if begins_anew else max(asked.target, WHAT_IF_TARGET)
    effort = covering.Effort(seconds=asked.seconds, target=target, blocks=BLOCKS, seed=asked.seed, cancelled=cancelled)
    lists, people = posed.covering.lists, posed.covering.people
    roles = posed.question.sites
    before = float(people[lists.counts(np.concatenate([roles.standing, roles.closable])) > 0].sum())
    found = solve(posed, asked, effort, before, show)
    progress("explaining")
    told = np.concatenate([found.kept, found.longer, found.chosen])
    spent = float(roles.cost[told].sum())
    explained = posed.covering if posed.covering.budget is not None else posed.covering.with_budget(spent)
    changes = _changes(snapshot, asked, posed, found)
    reasons, outside = explain.explain(explained, told), explain.why_outside(explained, told)[1]
    drawn = _curve(asked, posed, effort, found, progress)
    progress("counting")
    recount, recounts = _recounted(snapshot, asked, changes)
    return SitingPlan(
        asked=asked,
        snapshot_id=snapshot.id,
        input_hash=input_hash(snapshot, asked),
        prepared=prepared,
        posed=posed,
        found=found,
        before=before,
        covered=float(people[lists.counts(np.concatenate([roles.standing, told])) > 0].sum()),
        reasons=reasons,
        outside=outside,
        curve=drawn,
        changes=changes,
        recount=recount,
        recounts=recounts,
        seconds=time.perf_counter() - began,
    )


def gain_curve(
    snapshot: Snapshot,
    asked: Siting,
    most: int,
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Prepared, curve.GainCurve]:
    """How the gain grows with 1 … `most` sites; raises as `plan` does."""
    if not 1 <= most <= MOST_SITES:
        raise SitingQuestionError(
            f"A curve of {most} sites is out of range; give 1 to {MOST_SITES}.",
            f"曲线的站数 {most} 超出范围；请给 1 到 {MOST_SITES}。",
        )
    asked = Siting(
        asked.question,
        asked.wish,
        choose=1,
        area=asked.area,
        layers=asked.layers,
        seed=asked.seed,
        seconds=asked.seconds,
    )
    prepared = prepare(snapshot, asked, progress=progress, cancelled=cancelled)
    posed = pose(snapshot, asked, prepared)
    progress("curve")
    effort = covering.Effort(seconds=asked.seconds, blocks=BLOCKS, seed=asked.seed, cancelled=cancelled)
    return prepared, curve.gain_curve(posed.question, most, effort)


def _curve(
    asked: Siting, posed: Posed, effort: covering.Effort, found: Found, progress: Progress
) -> curve.GainCurve | None:
    """The gain of 1 … n sites, where every site costs the same and the task counts people within reach."""
    counts = asked.task in ("most", "share", "all", "backup") and not asked.is_priced and not asked.may_close
    if not asked.with_curve or not counts or asked.extend or effort.cancelled():
        return None
    progress("curve")
    most = min(LONGEST_CURVE, max(10, 2 * len(found.chosen)))
    effort = replace(effort, seconds=min(effort.seconds, CURVE_SECONDS))
    return curve.gain_curve(posed.question, most, effort, dual=found.handed_on)


def _changes(snapshot: Snapshot, asked: Siting, posed: Posed, found: Found) -> tuple[Change, ...]:
    """The answer as changes of a what-if: chosen places open, stations stay open longer, others close."""
    if len(found.chosen) + len(found.closed) + len(found.longer) > MOST_BUILT:
        count, least = len(found.chosen), int(np.ceil(found.bound))
        raise SitingQuestionError(
            f"It takes {count:,} new stations (fewer than {least:,} do not), more than the {MOST_BUILT:,} that can be "
            "counted again; ask for a smaller share or more minutes.",
            f"需要新建 {count:,} 个站，超过可复核的 {MOST_BUILT:,} 个（少于 {least:,} 个肯定不够）；"
            "请降低覆盖率目标或放宽时间。",
            sites=count,
            at_least=least,
        )
    new = [posed.prepared.candidates[site] for site in found.chosen.tolist()]
    if asked.slots:
        # hours that are uncertain at one of the hours asked were counted as open at all of them
        at = [one.at for one in asked.slots]
        states = np.asarray((open_then(at, new) >= 0).all(axis=1), np.bool_) if new else np.zeros(0, np.bool_)
    else:
        states = open_then((asked.question.at,), new)[:, 0] == 1
    adds = [
        Add(one.lon, one.lat, one.name, one.hours if known and parse_hours(one.hours or "").rules else None)
        for one, known in zip(new, states.tolist(), strict=True)
    ]
    longer = [posed.extend[site - posed.candidates] for site in found.longer.tolist()]
    gone = [snapshot.facility_ids[posed.position(site)] for site in found.closed.tolist()]
    return (*adds, *(ChangeHours(one.station, one.hours) for one in longer), *(Close(one) for one in gone))


def _recounted(
    snapshot: Snapshot, asked: Siting, changes: tuple[Change, ...]
) -> tuple[WhatIfAnswer | None, tuple[Recount, ...]]:
    """What the coverage service counts before and after: the first hour and layer in full, all of them as figures."""
    if not changes:
        return None, ()
    first = what_if.tried(snapshot, Built(asked.first_question, changes))
    area = None if asked.area is None else area_named(snapshot, asked.area)
    recounts = []
    hours: list[tuple[str | None, float]] = [(one.at, one.weight) for one in asked.slots]
    for at, hour_weight in hours or [(asked.question.at, 1.0)]:
        for code, weight in asked.weights:
            question: Question = replace(asked.question, at=at, demand=code)
            same = question == asked.first_question
            after = first if same else what_if.tried(snapshot, Built(question, changes))
            ground = after.standing.ground
            own = in_area(ground, area)
            recounts.append(
                Recount(
                    code,
                    at,
                    weight * hour_weight,
                    float(after.standing.fates[own, 0].sum()),
                    float(ground.fates(after.coverage.share)[own, 0].sum()),
                )
            )
    return what_if.summed_up(snapshot, first), tuple(recounts)


def input_hash(snapshot: Snapshot, asked: Siting) -> str:
    """SHA-256 of everything the answer depends on: the question, the state of the city, the method."""
    return hashlib.sha256("\n".join((METHOD, snapshot.state_hash, asked.canonical())).encode()).hexdigest()
