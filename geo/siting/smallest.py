"""
How few sites reach everybody, or a share of the people.

    minimise  Σ c_j y_j    subject to   Σ_{j covers i} y_j ≥ 1 for every row that any site reaches

(location set covering, Toregas and others 1971), and with a target X, Σ w_i z_i ≥ X and z_i ≤ Σ y_j (partial covering,
Daskin and Owen 1999). Whom no site reaches is counted and told apart: the whole problem is never "infeasible" for them.

Bounds come with numbers that prove them: for the whole problem a price u of every row, no choice being cheaper than the
sum of u over the most that a site earns per cost; for a target the certificate of the maximal covering problem with one
site less, whose bound stays below the target.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from geo.siting import kernels
from geo.siting.certificate import Certificate
from geo.siting.cover import CoverLists, reached_rows
from geo.siting.covering import USUAL, Effort, Status, cover_program, in_building_order, solve_cover, unreachable_people
from geo.siting.exact import INFINITE, Program, chosen_in, solve_program
from geo.siting.problem import CENTS, OutOfReachError, Question
from geo.siting.reduce import Reduced, reduce
from geo.types import Bools, Floats, Longs

PRICE_SCALE = 1_000_000
"""Prices of rows are proven in millionths."""
CLOSING_PAIRS = 200_000
"""Pairs up to which branch and bound closes what bisection leaves open."""


@dataclass(frozen=True, eq=False)
class SmallestAnswer:
    """
    A cheapest set of sites found, and what none can go below.

    `cost` is that of `chosen` (their number where each costs one), `lower` what every set that reaches the target costs
    at least. `covered` people are reached with what stands, `target` had to be; `unreachable` no site reaches.
    `proof` is "certificate" where `prices` (whole problem; int64[rows], see `check_smallest`) or `certificate` (target)
    prove `lower` alone, "branch and bound" where HiGHS has to be trusted.
    """

    chosen: Longs
    cost: float
    lower: float
    covered: float
    target: float
    unreachable: float
    status: Status
    seconds: float
    proof: str
    prices: Longs | None = None
    certificate: Certificate | None = None


def smallest_cover(question: Question, effort: Effort = USUAL) -> SmallestAnswer:
    """The fewest (or cheapest) sites that reach everybody whom any site reaches."""
    began = time.perf_counter()
    needed = ~reached_rows(question.lists, question.opened) & (question.people > 0)
    small = _reduced_for_all(question, needed)
    chosen, bound, prices = _cover_all(small, effort.seconds)
    sites = small.site[chosen]
    lifted = np.zeros(len(question.people), np.int64)
    first = _first_raw_row(small)
    lifted[first[first >= 0]] = prices[first >= 0]
    forced = float(question.sites.cost[question.sites.forced].sum())
    cost = float(question.sites.cost[sites].sum())
    proven = check_smallest(lifted, question)
    lower = min(cost, max(proven, _up_to_step(bound, small.cost)))
    everyone = float(question.people.sum())
    without = unreachable_people(question)
    return SmallestAnswer(
        chosen=np.concatenate([question.sites.forced, in_building_order(question, sites)]),
        cost=forced + cost,
        lower=forced + lower,
        covered=everyone - without,
        target=everyone - without,
        unreachable=without,
        status=Status.PROVED if cost - lower < 1e-9 else Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof="certificate" if proven >= lower - 1e-9 else "branch and bound",
        prices=lifted,
    )


def check_smallest(prices: Longs, question: Question) -> float:
    """
    What every set of sites that reaches all reachable rows costs at least, in whole numbers from the raw lists.

    A set pays for every row it must reach: the sum of prices is at most its cost times the most any site earns per
    cost.
    """
    lists = question.lists
    prices = np.where(reached_rows(lists, question.opened) | (question.people <= 0), 0, np.maximum(prices, 0))
    earned = np.concatenate(([0], np.cumsum(prices[lists.site_row])))
    earned = earned[lists.site_start[1:]] - earned[lists.site_start[:-1]]
    choosable = question.choosable
    prices[~reached_rows(lists, choosable)] = 0
    cost = np.rint(question.sites.cost * CENTS).astype(np.int64)
    total = int(prices.sum())
    if total == 0:
        return 0.0
    best = max(
        ((int(earned[choosable[cost[choosable] == one]].max()), one) for one in np.unique(cost[choosable]).tolist()),
        key=lambda pair: pair[0] / pair[1],
    )
    step = math.gcd(*np.unique(cost[choosable]).tolist())
    return float(-(-total * best[1] // (best[0] * step)) * step / CENTS)


def _up_to_step(bound: float, cost: Floats) -> float:
    """The least cost not below a bound that whole numbers of sites can have."""
    if len(cost) == 0:
        return 0.0
    step = math.gcd(*np.rint(cost * CENTS).astype(np.int64).tolist()) / CENTS
    return math.ceil(bound / step - 1e-6) * step


def _reduced_for_all(question: Question, needed: Bools) -> Reduced:
    return reduce(
        question.lists,
        question.people,
        question.sites.cost,
        rows=np.flatnonzero(needed),
        sites=question.choosable,
    )


def _first_raw_row(small: Reduced) -> Longs:
    """A raw row for every merged row."""
    first = np.full(small.lists.row_count, -1, np.int64)
    rows = np.flatnonzero(small.row >= 0)[::-1]
    first[small.row[rows]] = rows
    return first


def _cover_all(small: Reduced, seconds: float) -> tuple[Longs, float, Longs]:
    """
    Cheapest sites for all rows, what HiGHS proves of their cost, and prices of the rows (in millionths).

    Rows whose sites include another row's are covered with it and leave first.
    """
    lists = small.lists
    if lists.row_count == 0 or lists.site_count == 0:
        return np.zeros(0, np.int64), 0.0, np.zeros(lists.row_count, np.int64)
    implied = np.zeros(lists.row_count, np.bool_)
    kernels.find_implied(lists.rows, lists.sites, 200 * len(lists.row_site), implied)
    rows = np.flatnonzero(~implied)
    number = np.full(lists.row_count, -1, np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    core = lists.part(np.arange(lists.site_count), number, len(rows))
    program = set_cover_program(core, small.cost)
    relaxed = solve_program(program, seconds=seconds, relaxed=True)
    prices = np.zeros(lists.row_count, np.int64)
    if len(relaxed.row_price):
        prices[rows] = np.floor(np.maximum(-relaxed.row_price, 0.0) * PRICE_SCALE).astype(np.int64)
    begin = np.zeros(lists.site_count)
    greedy = greedy_cover(core, small.cost)
    begin[greedy] = 1.0
    outcome = solve_program(program, seconds=seconds, start=begin, presolve=True)
    chosen = chosen_in(outcome, lists.site_count)
    if len(chosen) == 0 or not reached_rows(core, chosen).all():
        chosen = greedy
    if small.cost[greedy].sum() < small.cost[chosen].sum():
        chosen = greedy
    return chosen, max(-outcome.bound, -relaxed.bound), prices


def set_cover_program(lists: CoverLists, cost: Floats) -> Program:
    """Every row of the lists covered at least once, as cheaply as possible."""
    program = Program(-cost, np.ones(lists.site_count), np.ones(lists.site_count, np.bool_))
    ones = np.ones(lists.row_count)
    program.add_rows(
        lists.row_start, lists.row_site, np.ones(len(lists.row_site)), ones, np.full(lists.row_count, INFINITE)
    )
    return program


def greedy_cover(lists: CoverLists, cost: Floats) -> Longs:
    """Sites that reach all rows, each taken for reaching most new ones per cost (Chvátal 1979)."""
    count = np.zeros(lists.row_count, np.int32)
    chosen, gained = np.empty(lists.site_count, np.int32), np.empty(lists.site_count)
    everything = float(cost.sum()) + 1.0
    taken = kernels.greedy(lists.sites, np.ones(lists.row_count), cost, everything, 1.0, count, chosen, gained)
    return np.sort(chosen[:taken]).astype(np.int64)


def smallest_for(question: Question, target_people: float, effort: Effort = USUAL) -> SmallestAnswer:
    """
    The fewest (or cheapest) sites with which `target_people` are covered, what stands included.

    Raises
    ------
    OutOfReachError
        All sites together reach fewer.
    """
    began = time.perf_counter()
    everyone, without = float(question.people.sum()), unreachable_people(question)
    if target_people > everyone - without + 1e-6:
        raise OutOfReachError(
            f"A target of {target_people:,.0f} covered people",
            target_people - (everyone - without),
            "Lower the target, add candidates or allow more minutes.",
        )
    forced = float(question.sites.cost[question.sites.forced].sum())
    missing = ~reached_rows(question.lists, question.opened)
    left = target_people - float(question.people[~missing].sum())
    if left <= 0:
        return _answer(question, np.zeros(0, np.int64), 0.0, target_people, began, "certificate", None)
    counts = bool((question.sites.cost[question.choosable] == 1).all())
    low, high, certificate = _by_bisection(question, target_people, effort) if counts else (0.0, None, None)
    proof = "certificate"
    if high is None or low < float(question.sites.cost[high].sum()):
        sites, bound = _close(question, left, missing, effort, high)
        if bound > low + 1e-9:
            low, proof = bound, "branch and bound"
        high = sites if high is None or question.sites.cost[sites].sum() < question.sites.cost[high].sum() else high
    cost = float(question.sites.cost[high].sum())
    return _answer(question, high, forced + min(low, cost), target_people, began, proof, certificate)


def _by_bisection(question: Question, target: float, effort: Effort) -> tuple[float, Longs | None, Certificate | None]:
    """
    Read the covering curve sideways: most sites proven too few and one more, fewest found enough, and the proof.

    Every step is a maximal covering problem; its bound, not its answer, says what is too few.
    """
    most = len(question.choosable)
    forced = float(question.sites.cost[question.sites.forced].sum())
    too_few, enough, sites, certificate = 0, most, None, None
    step = Effort(seconds=effort.seconds / 8, target=0.0005, blocks=12, seed=effort.seed, cancelled=effort.cancelled)
    trial = min(most, 1)
    growing = True
    while too_few + 1 < enough or sites is None:
        answer = solve_cover(question.with_budget(forced + trial), step)
        reached = answer.covered >= target - 1e-6
        if reached:
            enough = trial
            sites = np.setdiff1d(answer.chosen, question.opened)
            growing = False
        else:
            if answer.proof == "certificate" and answer.upper < target - 1e-6:
                too_few, certificate = max(too_few, trial), answer.certificate
            elif trial == most:
                break
            else:
                # neither: the gap between too few and enough is what bisection cannot close
                lowest = _first_open(question, target, too_few, trial, step)
                too_few, certificate = (lowest[0], lowest[1] or certificate)
                if growing:
                    trial = min(most, 2 * trial)
                    continue
                break
        trial = min(most, 2 * trial) if growing else (too_few + enough) // 2
        if trial in (too_few, enough) and sites is not None:
            break
    return float(too_few + 1), sites, certificate


def _first_open(
    question: Question, target: float, too_few: int, trial: int, step: Effort
) -> tuple[int, Certificate | None]:
    """The most sites below `trial` that are proven too few."""
    forced = float(question.sites.cost[question.sites.forced].sum())
    proof = None
    while too_few + 1 < trial:
        middle = (too_few + trial) // 2
        answer = solve_cover(question.with_budget(forced + middle), step)
        if answer.proof == "certificate" and answer.upper < target - 1e-6:
            too_few, proof = middle, answer.certificate
        else:
            trial = middle
    return too_few, proof


def _close(question: Question, left: float, missing: Bools, effort: Effort, known: Longs | None) -> tuple[Longs, float]:
    """Branch and bound on the reduced question: sites, and what HiGHS proves of their cost."""
    rows = np.flatnonzero(missing & (question.people > 0))
    small = reduce(question.lists, question.people, question.sites.cost, rows=rows, sites=question.choosable)
    lists = small.lists
    if len(lists.site_row) > CLOSING_PAIRS and known is not None:
        return known, 0.0
    program = cover_program(lists, small.people, np.arange(lists.row_count))
    program.gain = np.concatenate([-small.cost, np.zeros(lists.row_count)])
    columns = lists.site_count + np.arange(lists.row_count)
    program.add_row(columns, small.people, left - 1e-7, INFINITE)
    outcome = solve_program(program, seconds=effort.seconds)
    chosen = small.site[chosen_in(outcome, lists.site_count)]
    if known is not None and (len(chosen) == 0 or question.sites.cost[chosen].sum() > question.sites.cost[known].sum()):
        chosen = known
    if len(chosen) == 0:
        chosen = small.site
    return chosen, _up_to_step(-outcome.bound, small.cost)


def _answer(
    question: Question,
    sites: Longs,
    lower: float,
    target: float,
    began: float,
    proof: str,
    certificate: Certificate | None,
) -> SmallestAnswer:
    forced = question.sites.forced
    chosen = np.concatenate([forced, in_building_order(question, sites)])
    reached = reached_rows(question.lists, np.concatenate([question.opened, sites]))
    cost = float(question.sites.cost[chosen].sum())
    lower = max(lower, float(question.sites.cost[forced].sum()))
    return SmallestAnswer(
        chosen=chosen,
        cost=cost,
        lower=min(lower, cost),
        covered=float(question.people[reached].sum()),
        target=target,
        unreachable=unreachable_people(question),
        status=Status.PROVED if cost - lower < 1e-9 else Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof=proof,
        certificate=certificate,
    )
