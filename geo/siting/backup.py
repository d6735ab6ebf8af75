"""
A second station when the first is full or shut: being covered twice is worth something.

    maximise  Σ w_i z_i + β Σ w_i v_i   subject to   z_i + v_i ≤ stations standing that cover i + Σ_{j covers i} y_j

with z, v in [0, 1] (Hogan and ReVelle 1986, BACOP2, with the weight β of the second coverer). The value of a row is
concave in the number of its coverers, so no constraint has to say that z comes before v. Stations that stand count:
rows are labelled by whether one covers them already, and left out where two do. A site may be dropped only if two
others contain it: domination by one loses optima here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from geo.siting.covering import USUAL, Effort, Status, add_budget, in_building_order, solve_cover
from geo.siting.exact import INFINITE, Program, chosen_in, solve_program
from geo.siting.problem import Question, SitingInputError
from geo.siting.reduce import Reduced, reduce
from geo.types import Floats, Longs


@dataclass(frozen=True, eq=False)
class BackupAnswer:
    """
    Sites for covering twice. `value` is people covered at least once plus β times those covered at least twice; no
    choice is worth more than `upper`.
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

    @property
    def gap(self) -> float:
        """How much more a best choice could be worth, as a share of the value."""
        return (self.upper - self.value) / self.value if self.value > 0 else float(self.upper > 0)


def solve_backup(question: Question, beta: float, effort: Effort = USUAL) -> BackupAnswer:
    """
    The sites worth most when a second coverer is worth `beta` (0 to 1) of a first.

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
    begin = solve_cover(question, replace(effort, blocks=min(effort.blocks, 20), seconds=effort.seconds / 4))
    anyway = np.setdiff1d(question.opened, question.sites.standing)
    best = np.setdiff1d(begin.chosen, question.opened)
    program = _program(small, question.left_to_spend, beta)
    outcome = solve_program(program, seconds=effort.seconds, absolute_gap=0.99)
    found = small.site[chosen_in(outcome, small.lists.site_count)]
    if _value(question, found, beta) > _value(question, best, beta):
        best = found
    value = _value(question, best, beta)
    bound = _value(question, anyway, beta) + min(outcome.bound, float(program.gain.sum()))
    count = question.lists.counts(np.union1d(question.opened, best))
    answer = BackupAnswer(
        chosen=np.concatenate([anyway, in_building_order(question, best)]),
        value=value,
        upper=max(value, bound),
        covered_once=float(question.people[count >= 1].sum()),
        covered_twice=float(question.people[count >= 2].sum()),
        beta=beta,
        status=Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof="branch and bound",
    )
    if bound - value < 1.0 - 1e-6:
        return replace(answer, status=Status.PROVED, upper=value if outcome.is_optimal else answer.upper)
    return replace(answer, status=Status.WITHIN) if answer.gap <= effort.target else answer


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
