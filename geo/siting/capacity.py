"""
Seats: a station serves no more people than it has room for.

    maximise  Σ f_ij   subject to   Σ_j f_ij ≤ w_i,   Σ_i f_ij ≤ K_j y_j,   Σ c_j y_j ≤ B,   f ≥ 0

(capacitated maximal covering, Pirkul and Schilling 1991, people divisible among stations). No reduction holds here and
the relaxation is weak, so this is for hundreds of sites and a few thousand rows: larger questions are refused rather
than answered badly. The aggregated rows Σ f ≤ K y with HiGHS's presolve are what works; the tighter f ≤ min(w, K) y
made it fail.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geo.siting.covering import USUAL, Effort, Status, in_building_order
from geo.siting.exact import INFINITE, Outcome, Program, chosen_in, solve_program
from geo.siting.problem import Question, SitingInputError
from geo.types import Floats, Longs

MOST_PAIRS = 150_000
"""Pairs of a site and a row up to which capacities are tried."""


@dataclass(frozen=True, eq=False)
class CapacityAnswer:
    """
    Sites for a question with capacities: `served` people find room, `upper` bounds what any choice serves. `load` is
    float64[sites], who goes where in a best assignment.
    """

    chosen: Longs
    served: float
    upper: float
    load: Floats
    status: Status
    seconds: float
    proof: str = "branch and bound"

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
    upper = min(max(outcome.bound, served), float(question.people.sum()))
    own = np.setdiff1d(sites, question.opened)
    return CapacityAnswer(
        chosen=np.concatenate(
            [np.setdiff1d(question.opened, question.sites.standing), in_building_order(question, own)]
        ),
        served=served,
        upper=upper,
        load=load,
        status=Status.PROVED if upper - served < 1.0 - 1e-6 else Status.STOPPED,
        seconds=time.perf_counter() - began,
    )


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
