"""
A second station when the first is full or shut: being covered twice is worth something.

    maximise  Σ w_i z_i + β Σ w_i v_i   subject to   z_i + v_i ≤ stations standing that cover i + Σ_{j covers i} y_j

with z, v in [0, 1] (Hogan and ReVelle 1986, BACOP2, with the weight β of the second coverer). The value of a row is
concave in the number of its coverers, so no constraint has to say that z comes before v. Stations that stand count:
rows are labelled by whether one covers them already, and left out where two do. A site may be dropped only if two
others contain it: domination by one loses optima here.

The bound has a certificate. For any 0 <= u <= w a row is worth, whatever is chosen, at most u times its new coverers
plus what is left: max(0, w - u) + max(0, β w - u) where none stands, w + max(0, β w - u) where one does. So no choice
is worth more than the sum of what is left, plus the budget times the most any site scores per cost, a site scoring the
sum of u over its rows. HiGHS gives the u (the prices of the rows in the relaxed program), but any would do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting import kernels
from geo.siting.certificate import fingerprint_of
from geo.siting.covering import USUAL, Effort, Status, add_budget, in_building_order, solve_cover
from geo.siting.exact import INFINITE, Program, chosen_in, solve_program
from geo.siting.problem import CENTS, Question, SitingInputError
from geo.siting.reduce import Reduced, reduce
from geo.types import Floats, Longs

SECOND_PARTS = 1_000_000
"""What a second coverer is worth is proven in parts of this size, rounded up."""


@dataclass(frozen=True, eq=False)
class BackupCertificate:
    """
    What proves that no choice is worth more than `bound` (people, what stands included): u in grains (2⁻²⁰ person) of
    the rows where it is not zero. `fingerprint` names the lists and the demand it belongs to.
    """

    row: Longs
    u_grains: Longs
    bound: float
    fingerprint: str


@dataclass(frozen=True, eq=False)
class BackupAnswer:
    """
    Sites for covering twice. `value` is people covered at least once plus β times those covered at least twice; no
    choice is worth more than `upper`. `proof` is "certificate" where `certificate` alone proves that (see
    `check_backup`), "branch and bound" where HiGHS has to be trusted for the rest.
    """

    chosen: Longs
    value: float
    upper: float
    covered_once: float
    covered_twice: float
    beta: float
    status: Status
    seconds: float
    proof: str
    certificate: BackupCertificate

    @property
    def gap(self) -> float:
        """How much more a best choice could be worth, as a share of the value."""
        return (self.upper - self.value) / self.value if self.value > 0 else float(self.upper > 0)


def solve_backup(
    question: Question, beta: float, effort: Effort = USUAL, *, start: Longs | None = None
) -> BackupAnswer:
    """
    The sites worth most when a second coverer is worth `beta` (0 to 1) of a first; `start` is a choice to begin from.

    Raises
    ------
    SitingInputError
        `beta` is out of range.
    """
    began = time.perf_counter()
    if not 0 <= beta <= 1:
        raise SitingInputError(f"A second station is worth 0 to 1 of a first, not {beta:g}.")
    standing = question.lists.counts(question.opened)
    rows = np.flatnonzero((standing < 2) & (question.people > 0))
    small = reduce(
        question.lists,
        question.people,
        question.sites.cost,
        rows=rows,
        sites=question.choosable,
        label=np.minimum(standing, 2).astype(np.int32),
        witnesses=2,
    )
    plain = solve_cover(
        question, replace(effort, blocks=min(effort.blocks, 20), seconds=effort.seconds / 4), start=start
    )
    best = np.setdiff1d(plain.chosen, question.opened)
    program = _program(small, question.left_to_spend, beta)
    certificate = _certified(question, small, program, beta, effort)
    proven, proof, is_best = certificate.bound, "certificate", False
    if proven - _value(question, best, beta) > max(1e-6, effort.target * plain.covered):
        outcome = solve_program(program, seconds=effort.seconds, absolute_gap=0.99)
        found = small.site[chosen_in(outcome, small.lists.site_count)]
        if _value(question, found, beta) > _value(question, best, beta):
            best = found
        anyway = np.setdiff1d(question.opened, question.sites.standing)
        bound = _value(question, anyway, beta) + min(outcome.bound, float(program.gain.sum()))
        if bound < proven - 1e-6:
            proven, proof, is_best = bound, "branch and bound", outcome.is_optimal
    value = _value(question, best, beta)
    count = question.lists.counts(np.union1d(question.opened, best))
    opened_anew = np.setdiff1d(question.opened, question.sites.standing)
    answer = BackupAnswer(
        chosen=np.concatenate([opened_anew, in_building_order(question, best)]),
        value=value,
        upper=max(value, proven),
        covered_once=float(question.people[count >= 1].sum()),
        covered_twice=float(question.people[count >= 2].sum()),
        beta=beta,
        status=Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof=proof,
        certificate=certificate,
    )
    if proven - value < 1.0 - 1e-6:
        return replace(answer, status=Status.PROVED, upper=value if is_best else answer.upper)
    return replace(answer, status=Status.WITHIN) if answer.gap <= effort.target else answer


def _certified(question: Question, small: Reduced, program: Program, beta: float, effort: Effort) -> BackupCertificate:
    """The certificate of the relaxed program's prices, levelled so that it holds for dropped sites too."""
    lists = small.lists
    most = np.where(small.label == 0, small.people, beta * small.people)
    u = np.zeros(lists.row_count)
    if lists.site_count:
        outcome = solve_program(program, seconds=effort.seconds, relaxed=True)
        if len(outcome.row_price):
            u = np.clip(np.abs(outcome.row_price[: lists.row_count]), 0.0, most)
        score = np.empty(lists.site_count)
        kernels.sum_by_site(lists.runs(), u, score)
        _, price = kernels.knapsack(score, small.cost, question.left_to_spend)
        kernels.level(lists.sites, lists.rows, most, small.cost, price, u)
    u_grains = np.floor(small.lift(u, question.people) * GRAINS_PER_PERSON).astype(np.int64)
    row = np.flatnonzero(u_grains > 0)
    draft = BackupCertificate(row, u_grains[row], 0.0, fingerprint_of(question))
    return replace(draft, bound=check_backup(draft, question, beta))


def check_backup(certificate: BackupCertificate, question: Question, beta: float) -> float:
    """
    What no choice is worth more than (people), found anew in whole numbers from the raw lists alone.

    Any certificate gives a valid bound. Rows that one site at most may still cover are not counted twice.
    """
    lists = question.lists
    once = np.rint(question.people * GRAINS_PER_PERSON).astype(np.int64)
    parts = int(np.ceil(beta * SECOND_PARTS - 1e-6))
    twice = -(-once * parts // SECOND_PARTS)
    u = np.zeros(len(once), np.int64)
    u[certificate.row] = np.maximum(certificate.u_grains, 0)

    budget = round(question.left_to_spend * CENTS)
    cost = np.rint(question.sites.cost * CENTS).astype(np.int64)
    sites = question.choosable[cost[question.choosable] <= budget]
    stands, may_come = lists.counts(question.opened), lists.counts(sites)
    # what is not to be won has no price: rows covered twice already, and rows no site will ever reach
    u = np.where((stands >= 2) | (may_come == 0), 0, np.minimum(u, np.where(stands == 0, once, twice)))
    first = np.where(stands > 0, once, np.where(may_come > 0, once - u, 0))
    second = np.where(stands > 1, twice, np.where(stands + may_come > 1, np.maximum(twice - u, 0), 0))
    score = np.concatenate(([0], np.cumsum(u[lists.site_row])))
    score = score[lists.site_start[1:]] - score[lists.site_start[:-1]]
    best = max(
        (int(score[sites[cost[sites] == one]].max()) * budget // one for one in set(cost[sites].tolist())), default=0
    )
    return (int(first.sum()) + int(second.sum()) + best) / GRAINS_PER_PERSON


def _value(question: Question, chosen: Longs, beta: float) -> float:
    count = question.lists.counts(np.union1d(question.opened, chosen))
    people = question.people
    return float(people[count >= 1].sum()) + beta * float(people[count >= 2].sum())


def _program(small: Reduced, budget: float, beta: float) -> Program:
    """Columns: sites, first coverings (of rows without any), second coverings."""
    lists = small.lists
    m, n = lists.site_count, lists.row_count
    is_new = small.label == 0
    gain: Floats = np.concatenate([np.zeros(m), np.where(is_new, small.people, 0.0), beta * small.people])
    program = Program(
        gain=gain,
        upper=np.concatenate([np.ones(m), is_new.astype(np.float64), np.ones(n)]),
        integer=np.concatenate([np.ones(m, np.bool_), np.zeros(2 * n, np.bool_)]),
    )
    sizes = np.diff(lists.row_start)
    start = np.concatenate(([0], np.cumsum(sizes + 2)))
    index, value = np.empty(start[-1], np.int32), np.full(start[-1], -1.0)
    first, second = start[1:] - 2, start[1:] - 1
    index[first], index[second] = m + np.arange(n), m + n + np.arange(n)
    value[first] = value[second] = 1.0
    others = np.ones(start[-1], np.bool_)
    others[first] = others[second] = False
    index[others] = lists.row_site
    program.add_rows(start, index, value, np.full(n, -INFINITE), np.zeros(n))
    add_budget(program, small.cost, budget)
    return program
