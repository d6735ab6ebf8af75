"""
Maximal covering: with p sites, or with a budget, as many people as possible within the limit.

    maximise  Σ w_i z_i    subject to   z_i ≤ Σ_{j covers i} y_j,   Σ c_j y_j ≤ B,   y ∈ {0, 1},  0 ≤ z ≤ 1

(Church and ReVelle 1974; with costs, Khuller, Moss and Naor 1999.) Stations that stand are not variables: who they
cover is left out and counted apart. The bound holds under any further constraint.

The work goes: reduce; lazy greedy; then in turn a block of primal-dual steps on the relaxation, which lowers the bound
and says where to search, and a block of local search, which raises the answer; in the end branch and bound on what the
bound has not fixed, where that is small. Every block is a chance to show the answer so far, or to stop.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting import kernels
from geo.siting.certificate import Certificate, certify
from geo.siting.cover import CoverLists, Runs, reached_rows
from geo.siting.exact import INFINITE, Program, chosen_in, solve_program
from geo.siting.problem import Question
from geo.siting.reduce import Reduced, reduce
from geo.types import Floats, Ints, Longs

SMALL_PAIRS = 60_000
"""Pairs of a site and a row up to which branch and bound is worth a try."""
REDUCE_PAIRS = 12_000_000
"""Pairs above which sites are not compared with one another: so many are left only where few outdo another."""
MOST_NEAR = 2_000
"""The largest neighbourhood of a site in the local search."""
MOST_PATIENCE = 20
"""How many times longer a block of local search becomes in the end."""
ITERATIONS = 160
"""Primal-dual steps of a block."""
WARMTH, COLDNESS = 0.5, 0.01
"""Temperatures (in mean gains of a site) between which a block of local search cools down."""


class Status(Enum):
    """How an answer stands to the best possible."""

    PROVED = "proved"
    WITHIN = "within"
    STOPPED = "stopped"


@dataclass(frozen=True, eq=False)
class CoverAnswer:
    """
    Sites for a covering question, and how far they can be from the best.

    `chosen` are those opened beyond what stands, forced ones first, then in building order: each gains most given those
    before it. `before` people are covered by what stands (the closable being shut), `covered` with the chosen too;
    no choice covers more than `upper`. `gap` and `gap_of_total` are shares (0 to 1) of the newly and of all covered.
    `unreachable` people lie in no candidate's and no station's list. `proof` is "certificate" where the certificate
    alone proves `upper`, "branch and bound" where HiGHS has to be trusted for the rest.
    """

    chosen: Longs
    before: float
    covered: float
    upper: float
    status: Status
    seconds: float
    certificate: Certificate | None
    proof: str
    unreachable: float
    spent: float
    seed: int
    reduced_to: tuple[int, int, int]
    """Rows, sites and pairs left after the reductions."""

    @property
    def gained(self) -> float:
        """People newly covered."""
        return self.covered - self.before

    @property
    def gap(self) -> float:
        """How much more of the newly covered a best choice could have, at most: 0.01 is one per cent."""
        missing = self.upper - self.covered
        return missing / self.gained if self.gained > 0 else float(missing > 0)

    @property
    def gap_of_total(self) -> float:
        """The same of all who are covered: smaller, and flattering."""
        return (self.upper - self.covered) / self.covered if self.covered > 0 else float(self.upper > 0)


@dataclass(frozen=True)
class Effort:
    """
    How long to work: until the gap is `target` or less, `seconds` have passed, `blocks` are done, or someone cancels.

    The same question, seed and number of blocks give the same answer; seconds depend on the machine.
    """

    seconds: float = 10.0
    target: float = 0.0
    blocks: int = 100_000
    seed: int = 1
    cancelled: Callable[[], bool] = lambda: False


USUAL = Effort()
"""Ten seconds, or until it is proved."""


@dataclass(eq=False)
class Work:
    """The state of a search on a reduced question. People are those not covered before."""

    small: Reduced
    runs: Runs
    budget: float
    effort: Effort
    best: Ints
    lower: float
    upper: float
    u: Floats
    y: Floats
    score: Floats
    point: Floats
    """The dual the primal-dual steps stand at; `u` is the best so far."""
    omega: float = 0.0
    guide: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    block: int = 0
    dull: int = 0
    exact_bound: float = float("inf")
    exact_tried: bool = False

    @property
    def lists(self) -> CoverLists:
        """The reduced lists."""
        return self.small.lists

    def value(self, sites: Ints) -> float:
        """People whom some of the sites covers."""
        return float(self.small.people[reached_rows(self.lists, sites)].sum())


def solve_cover(
    question: Question, effort: Effort = USUAL, *, start: Longs | None = None, dual: Certificate | None = None
) -> CoverAnswer:
    """
    The best sites found, with their bound and its certificate.

    `start` is a choice to begin from; the answer is never worse. `dual` is the certificate of a question much like this
    one (a site forbidden, a station closed), whose prices are most of the work for this one too.
    """
    began = time.perf_counter()
    work = begin_work(question, effort, start=start, dual=dual)
    while not _is_done(work, began) and _improve(work, began):
        pass
    return _answer(question, work, began, certificate=certify(question, _lifted(question, work)))


def improving_cover(
    question: Question, effort: Effort = USUAL, *, start: Longs | None = None, dual: Certificate | None = None
) -> Iterator[CoverAnswer]:
    """
    Answers that get better, the first after greedy and a little search; the last one carries the certificate.

    Stop iterating to cancel; what came last stands.
    """
    began = time.perf_counter()
    work = begin_work(question, effort, start=start, dual=dual)
    while True:
        yield _answer(question, work, began, certificate=None)
        if _is_done(work, began) or not _improve(work, began):
            break
    yield _answer(question, work, began, certificate=certify(question, _lifted(question, work)))


def begin_work(
    question: Question, effort: Effort, *, start: Longs | None = None, dual: Certificate | None = None
) -> Work:
    """Reduce a question, and bring it to a first answer and a first bound."""
    work = _begin(question, _reduce(question), effort, start)
    if dual is not None and work.lists.site_count and float(work.small.cost.sum()) > work.budget:
        _lower_from_certificate(work, question, dual)
    return work


def restart(work: Work, budget: float, sites: Longs) -> None:
    """Go on with another budget from some sites of the reduced question, the dual and the reduction staying."""
    work.budget, work.lower, work.upper = budget, 0.0, float(work.small.people.sum())
    work.best = np.zeros(0, np.int32)
    work.omega, work.block, work.dull = 0.0, 0, 0
    work.y[:] = 0.0
    _take_if_better(work, _complete(work, sites.astype(np.int32), 0.0))
    if float(work.small.cost.sum()) > budget:
        _lower_from_choice(work)


def advance(work: Work) -> None:
    """One block: lower the bound, then raise the answer."""
    work.block += 1
    if float(work.small.cost.sum()) > work.budget:
        _lower_block(work)
        # the longer it takes, the slower it cools: short blocks find much at once, long ones find the rest; a question
        # that ends within a dozen blocks waits for its bound, and is not kept waiting by the search
        patience = 1 + work.block // 3 + max(0, work.block - 12) ** 2 // 2
        _search(work, rounds=(40 + len(work.runs[1]) // 1500) * min(patience, MOST_PATIENCE))


def _reduce(question: Question) -> Reduced:
    """The question without who is covered anyway and without who cannot be, made small."""
    lists, choosable = question.lists, question.choosable
    missing = ~reached_rows(lists, question.opened) & (question.people > 0)
    pairs = int(np.diff(lists.row_start)[missing].sum())
    affordable = choosable[question.sites.cost[choosable] <= question.left_to_spend]
    witnesses = 1 if pairs <= REDUCE_PAIRS else 0
    return reduce(
        lists,
        question.people,
        question.sites.cost,
        rows=np.flatnonzero(missing),
        sites=affordable,
        witnesses=witnesses,
    )


def _begin(question: Question, small: Reduced, effort: Effort, start: Longs | None) -> Work:
    """Greedy both by gain and by gain per cost, what was handed in, and a first dual."""
    m = small.lists.site_count
    budget = question.left_to_spend
    work = Work(
        small=small,
        runs=small.lists.runs(),
        budget=budget,
        effort=effort,
        best=np.zeros(0, np.int32),
        lower=0.0,
        upper=float(small.people.sum()),
        u=np.zeros(small.lists.row_count),
        y=np.zeros(m),
        score=np.zeros(m),
        point=np.zeros(small.lists.row_count),
    )
    if m == 0:
        return work
    for power in (0.0, 1.0) if (small.cost != small.cost[0]).any() else (0.0,):
        _take_if_better(work, _complete(work, np.zeros(0, np.int32), power))
    if start is not None:
        # a dropped site is stood in for by the one that outdoes it
        place = np.full(question.lists.site_count, -1, np.int64)
        place[small.site] = np.arange(m)
        here = [place[_stand_in(small, int(site))] for site in start]
        kept = np.unique([site for site in here if site >= 0]).astype(np.int32)
        if float(small.cost[kept].sum()) <= budget + 1e-9:
            _take_if_better(work, _complete(work, kept, 0.0))
    _search(work, rounds=60)
    if float(small.cost.sum()) > budget:
        _lower_from_choice(work)
    return work


def _stand_in(small: Reduced, site: int) -> int:
    while small.outdone_by[site] >= 0:
        site = int(small.outdone_by[site])
    return site


def _complete(work: Work, begun: Ints, power: float) -> Ints:
    """Spend what is left of the budget greedily."""
    lists, small = work.lists, work.small
    count = lists.counts(begun)
    left = work.budget - float(small.cost[begun].sum())
    chosen, gained = np.empty(lists.site_count, np.int32), np.empty(lists.site_count)
    taken = kernels.greedy(lists.sites, small.people, small.cost, left, power, count, chosen, gained)
    return np.concatenate([begun, chosen[:taken]]).astype(np.int32)


def _take_if_better(work: Work, sites: Ints) -> None:
    value = work.value(sites)
    if value > work.lower or len(work.best) == 0:
        work.best, work.lower = sites, value


def _search(work: Work, rounds: int) -> None:
    """A block of local search from the best so far."""
    small = work.small
    if len(work.best) == 0 or len(work.best) == work.lists.site_count:
        return
    found = np.empty(work.lists.site_count, np.int32)
    size = kernels.improve(
        work.runs,
        work.lists.sites,
        work.lists.rows,
        small.people,
        small.cost,
        work.budget,
        work.best,
        0,
        work.guide,
        rounds,
        (work.effort.seed * 100_003 + work.block) % 2**31,
        WARMTH,
        COLDNESS,
        MOST_NEAR,
        found,
    )
    _take_if_better(work, _complete(work, found[:size].copy(), 0.0))


def _lower_from_choice(work: Work) -> None:
    """
    A first dual from the choice so far: rows without cover count in full, rows covered twice not at all, rows covered
    once so that all chosen sites score alike per cost.
    """
    small, lists = work.small, work.lists
    count = lists.counts(work.best)
    sole = np.where(count == 1, small.people, 0.0)
    own = np.zeros(lists.site_count)
    kernels.sum_by_site(work.runs, sole, own)
    rate = own[work.best] / small.cost[work.best]
    least = float(rate[rate > 0].min(initial=np.inf))
    u = np.where(count == 0, small.people, 0.0)
    for site, now in zip(work.best.tolist(), rate.tolist(), strict=True):
        if now > 0:
            rows = lists.rows_of(site)
            rows = rows[count[rows] == 1]
            u[rows] = small.people[rows] * min(1.0, least / now)
    work.u, work.point = u, u.copy()
    work.y[work.best] = 1.0
    _take_bound(work, u)


def _lower_from_certificate(work: Work, question: Question, certificate: Certificate) -> None:
    """A dual of another question over as many rows, if it bounds this one better than the first dual does."""
    small = work.small
    prices = np.zeros(question.lists.row_count)
    known = certificate.row < len(prices)
    prices[certificate.row[known]] = certificate.u_grains[known] / GRAINS_PER_PERSON
    kept = small.row >= 0
    merged = np.bincount(small.row[kept], prices[kept], small.lists.row_count).astype(np.float64)
    u = np.minimum(merged, small.people)
    before = work.upper
    if _take_bound(work, u) < before:
        work.point = u.copy()


def _take_bound(work: Work, u: Floats) -> float:
    """Take a dual if its bound over all sites is better; returns that bound."""
    small = work.small
    score = np.empty(work.lists.site_count)
    kernels.sum_by_site(work.runs, u, score)
    most, _ = kernels.knapsack(score, small.cost, work.budget)
    bound = float(small.people.sum()) - float(u.sum()) + float(most)
    if bound < work.upper or not work.score.any():
        work.u, work.score = u, score
    work.upper = min(work.upper, bound)
    return bound


def _improve(work: Work, began: float) -> bool:
    """One block, and branch and bound when it is time for it. Returns whether another block could help."""
    lists = work.lists
    before = work.lower, work.upper
    advance(work)
    still = (work.upper - before[1], work.lower - before[0]) == (0.0, 0.0)
    work.dull = work.dull + 1 if still or before[1] - work.upper < 1e-5 * work.lower else 0
    wants_exact = len(lists.site_row) <= SMALL_PAIRS and (work.dull >= 1 or work.block >= 4)
    if not work.exact_tried and (wants_exact or (work.dull >= 3 and work.block >= 8)) and not _met(work):
        _finish(work, began)
    return work.dull < 40 and not work.exact_bound < np.inf


def _lower_block(work: Work) -> None:
    """Primal-dual steps from where the last block stopped; what sites are worth in the end guides the search."""
    small, lists = work.small, work.lists
    degree = np.diff(lists.row_start).astype(np.int32)
    found = np.empty(lists.row_count)
    _, _, work.omega = kernels.lower_the_bound(
        work.runs,
        degree,
        small.people,
        small.cost,
        work.budget,
        ITERATIONS,
        work.lower,
        work.omega,
        work.point,
        work.y,
        found,
    )
    _take_bound(work, found)
    order = np.argsort(-work.y, kind="stable")[: max(200, 30 * len(work.best))]
    work.guide = order[work.y[order] > 0.01].astype(np.int32)


def _finish(work: Work, began: float) -> None:
    """Branch and bound on the sites that a better choice could still use, if these are few."""
    work.exact_tried = True
    left = work.effort.seconds - (time.perf_counter() - began)
    stays = _not_ruled_out(work)
    small = work.lists.part(stays, np.arange(work.lists.row_count, dtype=np.int32), work.lists.row_count)
    if len(small.site_row) > SMALL_PAIRS or left <= 0:
        work.exact_tried = len(work.lists.site_row) <= SMALL_PAIRS
        return
    seen = np.flatnonzero(np.diff(small.row_start) > 0)
    program = cover_program(small, work.small.people, seen)
    add_budget(program, work.small.cost[stays], work.budget)
    place = np.full(work.lists.site_count, -1, np.int64)
    place[stays] = np.arange(len(stays))
    begin = np.zeros(len(program.gain))
    here = place[work.best]
    begin[here[here >= 0]] = 1.0
    begin[len(stays) :] = reached_rows(small, here[here >= 0])[seen]
    outcome = solve_program(program, seconds=left, start=begin, absolute_gap=0.99)
    chosen = stays[chosen_in(outcome, len(stays))].astype(np.int32)
    if float(work.small.cost[chosen].sum()) <= work.budget + 1e-9:
        _take_if_better(work, chosen)
    if outcome.is_optimal or outcome.bound < work.upper:
        # sites ruled out are in no better choice, so the bound of the rest is the bound of all
        work.exact_bound = max(outcome.bound, work.lower)


def _not_ruled_out(work: Work) -> Longs:
    """
    Sites that some choice better than the one at hand could use.

    Opening a site that scores s per cost below the price lowers the bound of *this* dual by what it lacks; the bound of
    another dual must not be used here, nor the cap by all people.
    """
    small = work.small
    most, price = kernels.knapsack(work.score, small.cost, work.budget)
    bound = float(small.people.sum() - work.u.sum()) + most
    lacks = small.cost * price - work.score
    return np.flatnonzero(bound - np.maximum(lacks, 0.0) >= work.lower + 1.0 - 1e-6)


def cover_program(lists: CoverLists, people: Floats, rows: Longs) -> Program:
    """Maximal covering without a limit on sites: columns are the sites, then the rows asked for."""
    m, n = lists.site_count, len(rows)
    sizes = np.diff(lists.row_start)[rows]
    start = np.concatenate(([0], np.cumsum(sizes + 1)))
    index, value = np.empty(start[-1], np.int32), np.full(start[-1], -1.0)
    last = start[1:] - 1
    index[last], value[last] = m + np.arange(n), 1.0
    others = np.ones(start[-1], np.bool_)
    others[last] = False
    wanted = np.zeros(lists.row_count, np.bool_)
    wanted[rows] = True
    index[others] = lists.row_site[np.repeat(wanted, np.diff(lists.row_start))]
    program = Program(
        gain=np.concatenate([np.zeros(m), people[rows]]),
        upper=np.ones(m + n),
        integer=np.concatenate([np.ones(m, np.bool_), np.zeros(n, np.bool_)]),
    )
    program.add_rows(start, index, value, np.full(n, -INFINITE), np.zeros(n))
    return program


def add_budget(program: Program, cost: Floats, budget: float) -> None:
    """Let the sites (the first columns) cost no more than a budget."""
    program.add_row(np.arange(len(cost)), cost, -INFINITE, budget)


def _met(work: Work) -> bool:
    """Whether no choice covers one person more."""
    return min(work.upper, work.exact_bound) - work.lower < 1.0 - 1e-6


def _is_done(work: Work, began: float) -> bool:
    effort = work.effort
    gap = min(work.upper, work.exact_bound) - work.lower
    return (
        _met(work)
        or gap <= effort.target * work.lower
        or work.block >= effort.blocks
        or time.perf_counter() - began > effort.seconds
        or effort.cancelled()
    )


def _lifted(question: Question, work: Work) -> Floats:
    """The dual of the reduced question, levelled so that it holds for dropped sites too, on raw rows."""
    small = work.small
    if len(work.best) == 0 or float(small.cost.sum()) <= work.budget:
        return np.zeros(question.lists.row_count)
    u = work.u.copy()
    _, price = kernels.knapsack(work.score, small.cost, work.budget)
    kernels.level(small.lists.sites, small.lists.rows, small.people, small.cost, price, u)
    return small.lift(u, question.people)


def _answer(question: Question, work: Work, began: float, certificate: Certificate | None) -> CoverAnswer:
    """Count anew on the raw lists what the sites at hand cover, and say how that stands to the bound."""
    lists, whom, sites = question.lists, question.people, question.sites
    standing = reached_rows(lists, sites.standing)
    before = float(whom[standing].sum())
    opened = np.setdiff1d(question.opened, sites.standing)
    own = in_building_order(question, work.small.site[work.best])
    chosen = np.concatenate([np.intersect1d(opened, sites.forced), np.setdiff1d(opened, sites.forced), own])
    covered = float(whom[standing | reached_rows(lists, chosen)].sum())
    base = covered - work.lower
    bound = work.upper if certificate is None else certificate.bound
    proof = "certificate"
    if question.people_are_whole:
        bound = float(np.floor(bound + 1e-6))
    if work.exact_bound < bound - 1e-6:
        bound, proof = work.exact_bound, "branch and bound"
    if bound - work.lower < 1.0 - 1e-6 and question.people_are_whole:
        bound = work.lower
    upper = max(covered, base + bound)
    answer = CoverAnswer(
        chosen=chosen,
        before=before,
        covered=covered,
        upper=upper,
        status=Status.STOPPED,
        seconds=time.perf_counter() - began,
        certificate=certificate,
        proof=proof,
        unreachable=unreachable_people(question),
        spent=float(sites.cost[chosen].sum()),
        seed=work.effort.seed,
        reduced_to=(work.lists.row_count, work.lists.site_count, len(work.lists.site_row)),
    )
    if upper - covered < 1.0 - 1e-6:
        return replace(answer, status=Status.PROVED)
    if answer.gap <= work.effort.target:
        return replace(answer, status=Status.WITHIN)
    return answer


def unreachable_people(question: Question) -> float:
    """People whom neither a station nor any site that may be opened covers."""
    degree = np.diff(question.lists.row_start)
    return float(question.people[degree == question.lists.counts(question.sites.forbidden)].sum())


def in_building_order(question: Question, sites: Longs) -> Longs:
    """Sites in the order in which each gains most beyond those before it and what is opened anyway."""
    missing = np.where(reached_rows(question.lists, question.opened), 0.0, question.people)
    # gains only shrink: an old one that still leads after being counted again is the best
    heap = [(-float(missing[question.lists.rows_of(site)].sum()), site, 0) for site in sites.tolist()]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        _, site, counted_after = heapq.heappop(heap)
        rows = question.lists.rows_of(site)
        if counted_after == len(order):
            missing[rows] = 0.0
            order.append(site)
        else:
            heapq.heappush(heap, (-float(missing[rows].sum()), site, len(order)))
    return np.array(order, np.int64)
