"""Each task handed to its solver, and every answer brought to one form: sites, value, bound, and what proves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geo.coverage.question import DS_PER_MINUTE
from geo.services.siting.posed import Posed, floors_of
from geo.services.siting.proofs import (
    Proof,
    of_backup,
    of_capacity,
    of_center,
    of_cover,
    of_floors,
    of_median,
    of_smallest,
)
from geo.services.siting.question import CancelledError, Siting, Start
from geo.siting import backup, capacity, center, covering, equity, median, problem, smallest
from geo.siting.certificate import Certificate
from geo.siting.cover import reached_rows
from geo.types import Floats, Longs

DS_PER_MIN: float = float(DS_PER_MINUTE)


@dataclass(frozen=True, slots=True)
class SoFar:
    """
    The best answer found while the work goes on: people gained, and what no choice gains more than.

    Where ways are made shorter, `minutes` is the mean way, and nobody is counted as gained.
    """

    sites: int
    gained: float | None
    at_most: float | None
    gap: float
    seconds: float
    minutes: float | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """
    What a solver found, whatever the task: `chosen` are new sites in building order, `longer` hours that are worth it,
    `kept` and `closed` stations that may close (site numbers).

    `value` is what is made large or small, in the unit of `of`; no choice goes beyond `bound`. `handed_on` are prices
    that another question over the same lists may begin from.
    """

    chosen: Longs
    longer: Longs
    kept: Longs
    closed: Longs
    of: str
    value: float
    bound: float
    gap: float
    status: covering.Status
    proof: str
    certificate: Proof | None
    handed_on: Certificate | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    measure: dict[str, Any] | None = None


Show = Callable[[SoFar], None]


def solve(posed: Posed, asked: Siting, effort: covering.Effort, before: float, show: Show) -> Found:
    """
    Answer a posed question; `before` people are covered by what stands today.

    Raises
    ------
    geo.siting.problem.SitingInputError
        No choice keeps to the question: which constraint fails, and by how much.
    CancelledError
        It was stopped before there was an answer.
    """
    work = {
        "most": _most,
        "share": _share_of_people,
        "all": _everybody,
        "backup": _backup,
        "median": _median,
        "center": _center,
        "capacity": _capacity,
    }[asked.task]
    if effort.cancelled():
        raise CancelledError
    return work(posed, asked, effort, before, show)


def _most(posed: Posed, asked: Siting, effort: covering.Effort, before: float, show: Show) -> Found:
    floors = floors_of(asked, posed)
    if floors is not None:
        return _with_floors(posed, asked, effort, before, floors)
    start = _begins_from(posed, asked)
    last = None
    for last in covering.improving_cover(
        posed.question,
        effort,
        start=None if start is None else start.chosen,
        dual=None if start is None else start.certificate,
    ):
        gained, at_most = last.covered - before, last.upper - before
        show(SoFar(len(last.chosen), gained, at_most, _part(at_most - gained, gained), last.seconds))
    if last is None:
        raise CancelledError
    value, bound = last.covered - before, last.upper - before
    return _found(
        posed,
        last.chosen,
        of="people_gained",
        value=value,
        bound=bound,
        gap=_part(bound - value, value),
        status=last.status,
        proof=last.proof,
        certificate=of_cover(last.certificate, posed.question),
        handed_on=last.certificate,
        extra={
            "spent": last.spent,
            "unreachable": last.unreachable,
            "reduced_to": list(last.reduced_to),
            "began_from": None if start is None else start.input_hash,
        },
    )


def _begins_from(posed: Posed, asked: Siting) -> Start | None:
    """The answer to begin from, where it is one over the same lists."""
    return asked.start if asked.start is not None and asked.start.lists == posed.lists else None


def _with_floors(posed: Posed, asked: Siting, effort: covering.Effort, before: float, floors: Floats) -> Found:
    question, start = posed.question, _begins_from(posed, asked)
    fair = equity.solve_with_floors(
        question,
        floors,
        effort,
        start=None if start is None else start.chosen,
        dual=None if start is None else start.certificate,
    )
    certificate = of_cover(fair.certificate, question)
    if fair.floors_certificate is not None and fair.proof == "floors certificate":
        certificate = of_floors(fair.floors_certificate, question, floors)
    value, bound = fair.covered - before, fair.upper - before
    return _found(
        posed,
        fair.chosen,
        of="people_gained",
        value=value,
        bound=bound,
        gap=_part(bound - value, value),
        status=fair.status,
        proof=fair.proof,
        certificate=certificate,
        extra={
            "price": fair.price,
            "price_at_most": fair.price_at_most,
            "began_from": None if start is None else start.input_hash,
        },
    )


def _share_of_people(posed: Posed, asked: Siting, effort: covering.Effort, _before: float, _show: Show) -> Found:
    """The fewest sites for a share of all people, those off the network included."""
    everybody = posed.question.people.sum() + posed.prepared.off_network(asked)
    wanted = (asked.share or 0.0) * float(everybody)
    fewest = smallest.smallest_for(posed.question, wanted, effort)
    # what is proved is that one site less does not do
    fewer = posed.question.with_budget(max(0.0, fewest.lower - 1))
    certificate = of_cover(fewest.certificate if fewest.proof == "certificate" else None, fewer)
    extra = {"wanted": wanted, "share": asked.share}
    return _fewest(posed, fewest, certificate, extra)


def _everybody(posed: Posed, _asked: Siting, effort: covering.Effort, _before: float, _show: Show) -> Found:
    fewest = smallest.smallest_cover(posed.question, effort)
    certificate = of_smallest(fewest, posed.question) if fewest.proof == "certificate" else None
    return _fewest(posed, fewest, certificate, {})


def _fewest(posed: Posed, fewest: smallest.SmallestAnswer, certificate: Proof | None, extra: dict[str, Any]) -> Found:
    return _found(
        posed,
        fewest.chosen,
        of="sites",
        value=fewest.cost,
        bound=fewest.lower,
        gap=_part(fewest.cost - fewest.lower, fewest.cost),
        status=fewest.status,
        proof=fewest.proof,
        certificate=certificate,
        extra={**extra, "unreachable": fewest.unreachable},
    )


def _backup(posed: Posed, asked: Siting, effort: covering.Effort, _before: float, _show: Show) -> Found:
    start = _begins_from(posed, asked)
    twice = backup.solve_backup(posed.question, asked.second, effort, start=None if start is None else start.chosen)
    return _found(
        posed,
        twice.chosen,
        of="value",
        value=twice.value,
        bound=twice.upper,
        gap=twice.gap,
        status=twice.status,
        proof=twice.proof,
        certificate=of_backup(twice, posed.question),
        extra={
            "covered_once": twice.covered_once,
            "covered_twice": twice.covered_twice,
            "second": twice.beta,
            "began_from": None if start is None else start.input_hash,
        },
    )


def _median(posed: Posed, asked: Siting, effort: covering.Effort, _before: float, show: Show) -> Found:
    question, beyond_ds = posed.question, asked.farthest_ds
    people = float(question.people.sum())
    last = None
    for last in median.improving_median(question, beyond_ds, effort):
        show(SoFar(len(last.chosen), None, None, last.gap, last.seconds, last.mean_ds / DS_PER_MIN))
    if last is None:
        raise CancelledError
    answer = last
    ways_before = ways_ds(question, _today(posed), beyond_ds)
    ways = ways_ds(question, np.concatenate([question.sites.standing, answer.chosen]), beyond_ds)
    return _found(
        posed,
        answer.chosen,
        of="mean_minutes",
        value=answer.mean_ds / DS_PER_MIN,
        bound=answer.lower / people / DS_PER_MIN,
        gap=answer.gap,
        status=answer.status,
        proof="certificate",
        certificate=of_median(answer, question, question.people * beyond_ds),
        measure={
            "mean_minutes_before": float(question.people @ ways_before) / people / DS_PER_MIN,
            "mean_minutes": float(question.people @ ways) / people / DS_PER_MIN,
            "at_most_minutes": beyond_ds / DS_PER_MIN,
            "people_beyond_before": float(question.people[ways_before >= beyond_ds].sum()),
            "people_beyond": float(question.people[ways >= beyond_ds].sum()),
        },
    )


def _center(posed: Posed, asked: Siting, effort: covering.Effort, _before: float, _show: Show) -> Found:
    question, beyond_ds = posed.question, asked.farthest_ds
    answer = center.solve_center(question, effort)
    counted = question.people > 0
    may_be_reached = counted & reached_rows(question.lists, np.concatenate([question.choosable, question.opened]))
    before = ways_ds(question, _today(posed), beyond_ds)[may_be_reached]
    return _found(
        posed,
        answer.chosen,
        of="farthest_minutes",
        value=answer.radius_ds / DS_PER_MIN,
        bound=answer.lower_ds / DS_PER_MIN,
        gap=_part(answer.radius_ds - answer.lower_ds, answer.radius_ds),
        status=answer.status,
        proof=answer.proof,
        certificate=of_center(answer, question),
        measure={
            "farthest_minutes_before": float(before.max(initial=0)) / DS_PER_MIN,
            "was_beyond": bool((before >= beyond_ds).any()),
            "farthest_minutes": answer.radius_ds / DS_PER_MIN,
            "unreachable": answer.unreachable,
        },
    )


def _capacity(posed: Posed, asked: Siting, effort: covering.Effort, _before: float, _show: Show) -> Found:
    question, room = posed.question, room_of(posed, asked)
    answer = capacity.solve_capacity(question, room, effort)
    everyone = np.arange(question.lists.site_count)
    none_new = replace(
        question,
        sites=problem.Sites.of(len(everyone), standing=_today(posed), forbidden=np.setdiff1d(everyone, _today(posed))),
        budget=0.0,
    )
    before = capacity.solve_capacity(none_new, room, effort)
    opened = np.concatenate([question.sites.standing, answer.chosen])
    return _found(
        posed,
        answer.chosen,
        of="people_served",
        value=answer.served,
        bound=answer.upper,
        gap=answer.gap,
        status=answer.status,
        proof=answer.proof,
        certificate=of_capacity(answer, question, room),
        extra={"load": answer.load},
        measure={
            "served_before": before.served,
            "served": answer.served,
            "room": float(room[opened].sum()),
        },
    )


def room_of(posed: Posed, asked: Siting) -> Floats:
    """How many people every site can serve: what a list states of its seats, else what the question says."""
    stated = [one.capacity for one in posed.prepared.candidates]
    usual = asked.capacity or 0.0
    new = [usual if seats is None else seats * asked.per_seat for seats in stated]
    standing = usual if asked.standing_capacity is None else asked.standing_capacity
    return np.concatenate([new, np.full(len(posed.prepared.stations), standing)])


def ways_ds(question: problem.Question, sites: Longs, beyond_ds: int) -> Floats:
    """How long the way of every row to the nearest of some sites is, in deciseconds; `beyond_ds` where none is near."""
    assert question.lists.time_ds is not None
    start, row = question.lists.sites
    ways = np.full(question.lists.row_count, float(beyond_ds))
    for site in sites.tolist():
        part = slice(start[site], start[site + 1])
        ways[row[part]] = np.minimum(ways[row[part]], question.lists.time_ds[part])
    return ways


def _today(posed: Posed) -> Longs:
    """Sites that stand today, those that may close included."""
    return np.concatenate([posed.question.sites.standing, posed.question.sites.closable])


def _part(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float(part > 1e-9)


def _found(
    posed: Posed,
    chosen: Longs,
    *,
    of: str,
    value: float,
    bound: float,
    gap: float,
    status: covering.Status,
    proof: str,
    certificate: Proof | None,
    handed_on: Certificate | None = None,
    extra: dict[str, Any] | None = None,
    measure: dict[str, Any] | None = None,
) -> Found:
    """An answer in the one form; new sites are told from longer hours, and from stations that may close."""
    is_kept = np.isin(chosen, posed.question.sites.closable)
    is_longer = (chosen >= posed.candidates) & (chosen < posed.first_station)
    return Found(
        chosen=chosen[~is_kept & ~is_longer],
        longer=_longest(posed, chosen[is_longer]),
        kept=chosen[is_kept],
        closed=np.setdiff1d(posed.question.sites.closable, chosen),
        of=of,
        value=value,
        bound=bound,
        gap=max(0.0, gap),
        status=status,
        proof=proof,
        certificate=certificate,
        handed_on=handed_on,
        extra=extra or {},
        measure=measure,
    )


def _longest(posed: Posed, longer: Longs) -> Longs:
    """Of several longer hours of one station the longest, which holds the others."""
    best: dict[int, int] = {}
    for site in longer.tolist():
        station = posed.extend[site - posed.candidates].station
        size = len(posed.question.lists.rows_of(site))
        if station not in best or size > len(posed.question.lists.rows_of(best[station])):
            best[station] = site
    return np.array([site for site in longer.tolist() if site in best.values()], np.int64)
