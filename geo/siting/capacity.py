"""
Seats: a station serves no more people than it has room for.

    maximise  Σ f_ij   subject to   Σ_j f_ij ≤ w_i,   Σ_i f_ij ≤ K_j y_j,   Σ c_j y_j ≤ B,   f ≥ 0

(capacitated maximal covering, Pirkul and Schilling 1991, people divisible among stations). No reduction holds here and
the relaxation is weak, so this is for hundreds of sites and a few thousand rows: larger questions are refused rather
than answered badly. The aggregated rows Σ f ≤ K y with HiGHS's presolve are what works; the tighter f ≤ min(w, K) y
made it fail.

The bound has a certificate. For any 0 <= u <= 1, whoever is served counts u at home and 1 - u at the station, so no
choice serves more than the sum of w u, plus what each opened station's room is worth when filled with those who count
most there, plus the most that others' rooms come to within the budget, sites being divisible. HiGHS gives a first u
(prices of the people in the relaxed program) and subgradient steps better ones; any would do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting.certificate import fingerprint_of
from geo.siting.covering import USUAL, Effort, Status, in_building_order
from geo.siting.exact import INFINITE, Outcome, Program, chosen_in, solve_program
from geo.siting.problem import CENTS, Question, SitingInputError
from geo.types import Floats, Longs

MOST_PAIRS = 150_000
"""Pairs of a site and a row up to which capacities are tried."""


PRICE_PARTS = 1 << 20
"""Prices of people are proven in parts of this size."""
STEPS = 60
"""Subgradient steps on the prices."""


@dataclass(frozen=True, eq=False)
class CapacityCertificate:
    """
    What proves that no choice serves more than `bound` people: u (int64[rows], in 2⁻²⁰) of a person of every row.
    `fingerprint` names the lists and the demand it belongs to.
    """

    u: Longs
    bound: float
    fingerprint: str


@dataclass(frozen=True, eq=False)
class CapacityAnswer:
    """
    Sites for a question with capacities: `served` people find room, `upper` bounds what any choice serves. `load` is
    float64[sites], who goes where in a best assignment. `proof` is "certificate" where `certificate` alone proves
    `upper` (see `check_capacity`), "branch and bound" where HiGHS has to be trusted for the rest.
    """

    chosen: Longs
    served: float
    upper: float
    load: Floats
    status: Status
    seconds: float
    proof: str
    certificate: CapacityCertificate

    @property
    def gap(self) -> float:
        """How many more could find room, at most, as a share of those who do."""
        return (self.upper - self.served) / self.served if self.served > 0 else float(self.upper > 0)


def solve_capacity(question: Question, capacity: ArrayLike, effort: Effort = USUAL) -> CapacityAnswer:
    """
    The sites with room for most people; `capacity` is people per site, standing ones included.

    Raises
    ------
    SitingInputError
        A capacity is negative or missing, or the question is too large for an honest answer.
    """
    began = time.perf_counter()
    lists = question.lists
    room = np.ascontiguousarray(capacity, np.float64)
    if len(room) != lists.site_count or not (np.isfinite(room) & (room >= 0)).all():
        raise SitingInputError(f"Every one of the {lists.site_count} sites needs a capacity of zero or more people.")
    if len(lists.site_row) > MOST_PAIRS:
        raise SitingInputError(
            f"With capacities {MOST_PAIRS:,} pairs of a place and a site can be answered, not {len(lists.site_row):,}: "
            "ask for one district, or for fewer candidates."
        )
    program = _program(question, room)
    outcome = solve_program(program, seconds=effort.seconds, presolve=True, absolute_gap=0.5)
    sites = np.union1d(chosen_in(outcome, lists.site_count), question.opened).astype(np.int64)
    flow = _assign(question, room, sites, effort)
    served = -flow.bound if flow.x is None else float(flow.x[lists.site_count :].sum())
    load = np.zeros(lists.site_count)
    if flow.x is not None:
        total = np.concatenate(([0.0], np.cumsum(flow.x[lists.site_count :])))
        load = total[lists.site_start[1:]] - total[lists.site_start[:-1]]
    certificate = _certified(question, room, program, served, effort)
    upper, proof = min(outcome.bound, float(question.people.sum())), "branch and bound"
    if certificate.bound <= upper + 1e-6:
        upper, proof = certificate.bound, "certificate"
    own = np.setdiff1d(sites, question.opened)
    answer = CapacityAnswer(
        chosen=np.concatenate(
            [np.setdiff1d(question.opened, question.sites.standing), in_building_order(question, own)]
        ),
        served=served,
        upper=max(upper, served),
        load=load,
        status=Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof=proof,
        certificate=certificate,
    )
    if answer.upper - served < 1.0 - 1e-6:
        return replace(answer, status=Status.PROVED)
    return replace(answer, status=Status.WITHIN) if answer.gap <= effort.target else answer


def _certified(
    question: Question, room: Floats, program: Program, served: float, effort: Effort
) -> CapacityCertificate:
    """The best prices of some subgradient steps from those of the relaxed program, rounded and checked."""
    relaxed = solve_program(program, seconds=effort.seconds, relaxed=True)
    rows = question.lists.row_count
    u = np.clip(np.abs(relaxed.row_price[:rows]), 0.0, 1.0) if len(relaxed.row_price) else np.zeros(rows)
    best, least, length = u, np.inf, 1.0
    for _ in range(STEPS):
        bound, wanted = _priced(question, room, u)
        if bound < least - 1e-9:
            best, least = u, bound
        else:
            length *= 0.8
        slope = question.people - wanted
        squares = float(slope @ slope)
        if least - served < 0.5 or squares == 0.0 or effort.cancelled():
            break
        u = np.clip(u - length * (bound - served) / squares * slope, 0.0, 1.0)
    whole = np.rint(best * PRICE_PARTS).astype(np.int64)
    draft = CapacityCertificate(whole, 0.0, fingerprint_of(question))
    return replace(draft, bound=check_capacity(draft, question, room))


def _priced(question: Question, room: Floats, u: Floats) -> tuple[float, Floats]:
    """The bound some prices give, and how many of every row the stations would take at these prices, float64[rows]."""
    lists = question.lists
    site = np.repeat(np.arange(lists.site_count), np.diff(lists.site_start))
    order = np.lexsort((u[lists.site_row], site))
    row = lists.site_row[order]
    before = np.concatenate(([0.0], np.cumsum(question.people[row])))
    filled = before[:-1] - before[lists.site_start[site]]
    taken = np.clip(room[site] - filled, 0.0, question.people[row])
    taken[u[row] >= 1.0] = 0.0
    worth = np.bincount(site, taken * (1.0 - u[row]), lists.site_count)
    share = np.zeros(lists.site_count)
    share[question.opened] = 1.0
    left = question.left_to_spend
    may = question.choosable[question.sites.cost[question.choosable] <= left]
    for one in may[np.argsort(-worth[may] / question.sites.cost[may], kind="stable")].tolist():
        share[one] = min(1.0, left / float(question.sites.cost[one]))
        left -= share[one] * float(question.sites.cost[one])
        if left <= 0.0:
            break
    wanted = np.bincount(row, taken * share[site], lists.row_count).astype(np.float64)
    return float(question.people @ u) + float(worth @ share), wanted


def check_capacity(certificate: CapacityCertificate, question: Question, capacity: ArrayLike) -> float:
    """
    The most people any choice serves, found anew in whole numbers from the raw lists alone.

    Any certificate gives a valid bound. Whole rooms and whole people make whole answers, so that is rounded down.
    """
    room = np.ascontiguousarray(capacity, np.float64)
    people = np.rint(question.people * GRAINS_PER_PERSON).astype(np.int64).tolist()
    u = np.clip(certificate.u, 0, PRICE_PARTS).tolist()
    budget = round(question.left_to_spend * CENTS)
    cost = np.rint(question.sites.cost * CENTS).astype(np.int64).tolist()
    total = sum(whole * price for whole, price in zip(people, u, strict=True))
    total += sum(worth for _, worth in _worths(question, room, people, u, question.opened))
    affordable = np.array([site for site in question.choosable.tolist() if cost[site] <= budget], np.int64)
    ranked = sorted(_worths(question, room, people, u, affordable), key=lambda one: Fraction(-one[1], cost[one[0]]))
    for site, worth in ranked:
        # the site that the budget pays for in part is counted in that part, rounded up
        total += worth if cost[site] <= budget else -(-worth * budget // cost[site])
        budget -= min(budget, cost[site])
    reached = question.lists.counts(np.concatenate([question.opened, affordable])) > 0
    most = sum(whole for whole, near in zip(people, reached.tolist(), strict=True) if near)
    bound = min(most, -(-total // PRICE_PARTS)) / GRAINS_PER_PERSON
    return float(np.floor(bound)) if question.people_are_whole and (room == np.rint(room)).all() else bound


def _worths(
    question: Question, room: Floats, people: list[int], u: list[int], sites: Longs
) -> Iterator[tuple[int, int]]:
    """What every site's room is worth when those who count most there fill it, in grains and parts of a price."""
    for site in sites.tolist():
        left, worth = int(np.ceil(room[site] * GRAINS_PER_PERSON)), 0
        for row in sorted(question.lists.rows_of(site).tolist(), key=u.__getitem__):
            taken = min(left, people[row])
            worth += taken * (PRICE_PARTS - u[row])
            left -= taken
        yield site, worth


def _assign(question: Question, room: Floats, sites: Longs, effort: Effort) -> Outcome:
    """The most people the sites can serve: a flow, found anew."""
    program = _program(question, room)
    closed = np.ones(question.lists.site_count, np.bool_)
    closed[sites] = False
    program.upper[: question.lists.site_count][closed] = 0.0
    # opened sites are paid for already, so the budget does not bind the flow
    program.high[-1] = np.array([INFINITE])
    return solve_program(program, seconds=effort.seconds, relaxed=True)


def _program(question: Question, room: Floats) -> Program:
    """Columns: sites, then the flow of every pair in the order of the lists."""
    lists = question.lists
    m, pairs = lists.site_count, len(lists.site_row)
    people = question.people
    opened = np.zeros(m, np.bool_)
    opened[question.opened] = True
    may = opened.copy()
    may[question.choosable] = True
    program = Program(
        gain=np.concatenate([np.zeros(m), np.ones(pairs)]),
        upper=np.concatenate([may.astype(np.float64), people[lists.site_row]]),
        integer=np.concatenate([np.ones(m, np.bool_), np.zeros(pairs, np.bool_)]),
    )
    by_row = np.argsort(lists.site_row, kind="stable").astype(np.int32)
    program.add_rows(lists.row_start, m + by_row, np.ones(pairs), np.full(lists.row_count, -INFINITE), people)
    start = lists.site_start + np.arange(m + 1)
    index, value = np.empty(pairs + m, np.int32), np.ones(pairs + m)
    last = start[1:] - 1
    index[last], value[last] = np.arange(m), -room
    others = np.ones(pairs + m, np.bool_)
    others[last] = False
    index[others] = m + np.arange(pairs)
    program.add_rows(start, index, value, np.full(m, -INFINITE), np.zeros(m))
    cost = np.where(opened, 0.0, question.sites.cost)
    program.add_row(np.arange(m), cost, -INFINITE, question.left_to_spend)
    return program
