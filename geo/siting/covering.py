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
from geo.siting.cover import CoverLists, Runs, part_of_runs, reached_rows
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
SHORT_BLOCKS = 6
"""Blocks whose local search warms up and cools down within the block; after them it does so over many."""
FAR = 0.01
"""With a larger gap than this a start and a dual handed in lead nowhere: the work begins as if there were none."""
FIRST_CYCLE, CYCLE_ROUNDS = 8, 4
"""Blocks of the first long cooling, each next one being twice as long, and how many times longer their searches are."""
WARMTH, HEAT, COLDNESS = 0.5, 2.0, 0.01
"""Temperatures (in mean gains of a site): where short and long coolings begin, and where both end."""
ITERATIONS, MOST_ITERATIONS = 160, 640
"""Primal-dual steps of a block over all sites, and over few of them."""
FEWEST_ACTIVE, ACTIVE_PART = 1_500, 8
"""So many sites, or one in so many, those that score most, take part in primal-dual steps after the first block."""
STALLED, SELDOM = 6, 8
"""After so many blocks without a lower bound, only one block in so many tries to lower it."""
LITTLE_ROOM = 0.05
"""The same where the bound is so near the relaxation's optimum, as a part of the whole gap."""
MOST_DULL = 64
"""Blocks without any progress after which a search ends."""


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
    relaxed: float
    """People whom sites opened in part would cover: no prices of rows prove an `upper` below this."""

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
    relaxed: float = 0.0
    """People whom the best fractions of sites found cover."""
    guide: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    at: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    """Where the local search stands; `best` is the best so far."""
    kept: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    """The start handed in, where the search does not begin at it; given as the answer until there is a better one."""
    active: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    """Sites in the primal-dual steps, none while all are."""
    block: int = 0
    dull: int = 0
    stalled: int = 0
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

    `start` is a choice to begin from, of this question or of one much like it: sites that may not be chosen now are
    passed over, and where the others cost too much those that lose least leave. The answer is never worse than what is
    left of it. `dual` is the certificate of such a question over the same rows (a site forbidden or forced, a station
    closed, other people), whose prices are most of the work for this one too. With both, an answer that is within the
    target at once is given at once.
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
    small = _reduce(question)
    work = _begin(question, small, effort, start)
    if work.lists.site_count == 0:
        return work
    has_choice = float(small.cost.sum()) > work.budget
    if dual is not None and has_choice:
        _lower_from_certificate(work, question, dual)
    if _is_within(work):
        return work
    if start is not None and work.upper - work.lower > FAR * work.lower:
        kept, known = work.best, work.u
        work = _begin(question, small, effort, None)
        work.kept = kept
    else:
        known = None
    _search(work, rounds=60)
    if has_choice:
        _lower_from_choice(work)
        if known is not None:
            _take_bound(work, known)
    return work


def restart(work: Work, budget: float, sites: Longs) -> None:
    """Go on with another budget from some sites of the reduced question, the dual and the reduction staying."""
    work.budget, work.lower, work.upper = budget, 0.0, float(work.small.people.sum())
    work.best = work.at = np.zeros(0, np.int32)
    work.kept, work.active = np.zeros(0, np.int32), np.zeros(0, np.int64)
    work.omega, work.relaxed, work.block, work.dull, work.stalled = 0.0, 0.0, 0, 0, 0
    work.y[:] = 0.0
    _take_if_better(work, _complete(work, sites.astype(np.int32), 0.0))
    if float(work.small.cost.sum()) > budget:
        # the prices at hand bound every budget
        _take_bound(work, work.u)
        _lower_from_choice(work)


def advance(work: Work) -> None:
    """One block: lower the bound, then raise the answer where that is still wanted."""
    work.block += 1
    if float(work.small.cost.sum()) <= work.budget:
        return
    # what is left between the bound and the relaxation's optimum is all that more steps can win
    has_room = work.upper - work.relaxed > LITTLE_ROOM * (work.upper - work.lower)
    if (work.stalled < STALLED and has_room) or work.block % SELDOM == 0:
        before = work.upper
        _lower_block(work)
        work.stalled = work.stalled + 1 if before - work.upper < 1e-5 * work.lower else 0
    if _is_within(work):
        return
    rounds = 40 + len(work.runs[1]) // 1500
    if work.block <= SHORT_BLOCKS:
        # a question that ends within these waits for its bound, and is not kept waiting by the search
        _search(work, rounds=rounds * (1 + work.block // 3))
    else:
        _search_long(work, rounds * CYCLE_ROUNDS)


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
        known = [int(site) for site in start if 0 <= site < question.lists.site_count]
        here = [place[_stand_in(small, site)] for site in known]
        kept = np.unique([site for site in here if site >= 0]).astype(np.int32)
        _take_if_better(work, _complete(work, _affordable(work, kept), 0.0))
    return work


def _affordable(work: Work, sites: Ints) -> Ints:
    """Sites without those that lose least per cost, until the budget pays for them."""
    lists, small = work.lists, work.small
    count = lists.counts(sites)
    kept = sites.tolist()
    over = float(small.cost[sites].sum()) - work.budget
    while over > 1e-9:
        lost = [float(small.people[rows[count[rows] == 1]].sum()) for rows in map(lists.rows_of, kept)]
        gone = kept.pop(int(np.argmin(np.array(lost) / small.cost[kept])))
        count[lists.rows_of(gone)] -= 1
        over -= float(small.cost[gone])
    return np.array(kept, np.int32)


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
    """A block of local search from the best so far, that cools down within the block."""
    if _is_movable(work):
        _improve_from(work, work.best, rounds, WARMTH, COLDNESS)


def _search_long(work: Work, rounds: int) -> None:
    """
    A block of a cooling that takes many blocks and goes on where the last one stood; each cooling is twice as long as
    the one before, since slow ones find what several quick ones do not.
    """
    if not _is_movable(work):
        return
    since, length = work.block - SHORT_BLOCKS - 1, FIRST_CYCLE
    while since >= length:
        since -= length
        length *= 2
    cooled = COLDNESS / HEAT
    first, last = HEAT * cooled ** (since / length), HEAT * cooled ** ((since + 1) / length)
    _improve_from(work, work.best if since == 0 else work.at, rounds, first, last)


def _is_movable(work: Work) -> bool:
    return 0 < len(work.best) < work.lists.site_count


def _improve_from(work: Work, begin: Ints, rounds: int, warmth: float, coldness: float) -> None:
    """Search from some sites between two temperatures, and take what is better."""
    small = work.small
    found, last = np.empty((2, work.lists.site_count), np.int32)
    size, last_size = kernels.improve(
        work.runs,
        work.lists.sites,
        work.lists.rows,
        small.people,
        small.cost,
        work.budget,
        begin,
        0,
        work.guide,
        rounds,
        (work.effort.seed * 100_003 + work.block) % 2**31,
        warmth,
        coldness,
        MOST_NEAR,
        found,
        last,
    )
    work.at = last[:last_size].copy()
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
    _begin_from(work, u)


def _lower_from_certificate(work: Work, question: Question, certificate: Certificate) -> None:
    """A dual of another question over as many rows, if it bounds this one better than the first dual does."""
    small = work.small
    prices = np.zeros(question.lists.row_count)
    known = certificate.row < len(prices)
    prices[certificate.row[known]] = certificate.u_grains[known] / GRAINS_PER_PERSON
    kept = small.row >= 0
    merged = np.bincount(small.row[kept], prices[kept], small.lists.row_count).astype(np.float64)
    _begin_from(work, np.minimum(merged, small.people))


def _begin_from(work: Work, u: Floats) -> None:
    """Let the primal-dual steps begin at a dual, if it bounds better than what is known, and at the answer."""
    before = work.upper
    if _take_bound(work, u)[0] < before or not work.point.any():
        work.point = u.copy()
    work.y[:] = 0.0
    work.y[work.best] = 1.0


def _take_bound(work: Work, u: Floats) -> tuple[float, Floats]:
    """Take a dual if its bound over all sites is better; returns that bound and what the sites score."""
    small = work.small
    score = np.empty(work.lists.site_count)
    kernels.sum_by_site(work.runs, u, score)
    most, _ = kernels.knapsack(score, small.cost, work.budget)
    bound = float(small.people.sum()) - float(u.sum()) + float(most)
    if bound < work.upper or not work.score.any():
        work.u, work.score = u, score
    work.upper = min(work.upper, bound)
    return bound, score


def _improve(work: Work, began: float) -> bool:
    """One block, and branch and bound when it is time for it. Returns whether another block could help."""
    lists = work.lists
    before = work.lower, work.upper
    advance(work)
    is_dull = work.lower == before[0] and before[1] - work.upper < 1e-5 * work.lower
    work.dull = work.dull + 1 if is_dull else 0
    wants_exact = len(lists.site_row) <= SMALL_PAIRS and (work.dull >= 1 or work.block >= 4)
    if not work.exact_tried and (wants_exact or (work.dull >= 3 and work.block >= 8)) and not _met(work):
        _finish(work, began)
    return work.dull < MOST_DULL and not work.exact_bound < np.inf


def _lower_block(work: Work) -> None:
    """Primal-dual steps from where the last block stopped; what sites are worth in the end guides the search."""
    small, lists = work.small, work.lists
    active = _active(work)
    part = len(active) / lists.site_count
    everybody = part == 1.0
    covers = np.diff(lists.row_start).astype(np.int32) if everybody else lists.counts(active)
    found, y = np.empty(lists.row_count), work.y[active]
    _, relaxed, work.omega = kernels.lower_the_bound(
        work.runs if everybody else part_of_runs(work.runs, active),
        covers,
        small.people,
        small.cost[active],
        work.budget,
        round(min(MOST_ITERATIONS, max(ITERATIONS, ITERATIONS / part))),
        work.lower,
        # what holds for few sites is a little less for all
        work.lower * (1.0 + work.effort.target * (1.0 if everybody else 0.5)),
        work.omega,
        work.point,
        y,
        found,
    )
    work.y[:] = 0.0
    work.y[active] = y
    work.relaxed = max(work.relaxed, float(relaxed))
    _, score = _take_bound(work, found)
    _let_in(work, score)
    order = np.argsort(-work.y, kind="stable")[: max(200, 30 * len(work.best))]
    work.guide = order[work.y[order] > 0.01].astype(np.int32)


def _active(work: Work) -> Longs:
    """
    Sites that take part in the next primal-dual steps: all in the first block, then those that score most per cost, the
    answer's, and whatever outdid them since. The bound is taken over all sites afterwards, so none can be missed.
    """
    count = work.lists.site_count
    most = max(FEWEST_ACTIVE, count // ACTIVE_PART)
    if most >= count or work.block == 1:
        return np.arange(count)
    if len(work.active) == 0:
        work.active = np.argsort(-work.score / work.small.cost, kind="stable")[:most]
    work.active = np.union1d(np.union1d(work.active, work.best), np.flatnonzero(work.y))
    return work.active


def _let_in(work: Work, score: Floats) -> None:
    """Let sites take part that score above the price of the last prices of rows, the best of them first."""
    if len(work.active) == 0:
        return
    rate = score / work.small.cost
    _, price = kernels.knapsack(score[work.active], work.small.cost[work.active], work.budget)
    rate[work.active] = 0.0
    above = np.flatnonzero(rate > price)
    best = above[np.argsort(-rate[above], kind="stable")[:FEWEST_ACTIVE]]
    work.active = np.union1d(work.active, best)


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


def _is_within(work: Work) -> bool:
    """Whether the gap is what was asked for."""
    return _met(work) or min(work.upper, work.exact_bound) - work.lower <= work.effort.target * work.lower


def _is_done(work: Work, began: float) -> bool:
    effort = work.effort
    return (
        _is_within(work)
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
    best, lower = work.best, work.lower
    if len(work.kept) and work.value(work.kept) > lower:
        best, lower = work.kept, work.value(work.kept)
    own = in_building_order(question, work.small.site[best])
    chosen = np.concatenate([np.intersect1d(opened, sites.forced), np.setdiff1d(opened, sites.forced), own])
    covered = float(whom[standing | reached_rows(lists, chosen)].sum())
    base = covered - lower
    bound = work.upper if certificate is None else certificate.bound
    proof = "certificate"
    if question.people_are_whole:
        bound = float(np.floor(bound + 1e-6))
    if work.exact_bound < bound - 1e-6:
        bound, proof = work.exact_bound, "branch and bound"
    if bound - lower < 1.0 - 1e-6 and question.people_are_whole:
        bound = lower
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
        relaxed=min(upper, max(covered, base + work.relaxed)),
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
