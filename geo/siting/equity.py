"""
No district left behind: floors on the share of people covered in every district, their price, and the highest floor.

    maximise  Σ w_i z_i   subject to   z_i ≤ Σ_{j covers i} y_j,   Σ c_j y_j ≤ B,
                                       Σ_{i in D} w_i z_i ≥ f_D W_D − (people of D who are covered anyway)

Maximal covering with minimum service levels (Church and ReVelle 1974 with the mandatory closeness of their section 4,
by district instead of by distance). Rows are labelled by district, so that equal rows merge within one only.

Floors have a certificate too. For any weights m_D >= 0, whoever keeps the floors covers at most

    max Σ (1 + m_D) w_i z_i  -  Σ m_D (f_D W_D - people of D covered anyway)

and the first part is maximal covering with other people, which a plain certificate bounds. HiGHS gives the weights (the
prices of the floors in the relaxed program), but any would do, so nothing it says has to be believed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting.certificate import Certificate, check_certificate
from geo.siting.cover import reached_rows
from geo.siting.covering import (
    USUAL,
    CoverAnswer,
    Effort,
    Status,
    add_budget,
    cover_program,
    in_building_order,
    solve_cover,
)
from geo.siting.exact import INFINITE, Outcome, Program, chosen_in, solve_program
from geo.siting.problem import OutOfReachError, Question, SitingInputError
from geo.siting.reduce import Reduced, reduce
from geo.types import Floats, Ints, Longs

WEIGHT_PARTS = 1024
"""Weights of districts are whole numbers of this part."""


@dataclass(frozen=True, eq=False)
class FloorsCertificate:
    """
    What a person of every label counts beyond one (int64[labels], in 1/1024), and a certificate for people so weighted.

    `bound` is what any choice that keeps the floors covers, stations that stand included.
    """

    extra: Longs
    cover: Certificate
    bound: float


@dataclass(frozen=True, eq=False)
class EquityAnswer:
    """
    Sites that keep the floors, and what the floors cost.

    `share` (0 to 1) is covered in every label, float64[labels], NaN where nobody lives. `upper` bounds what any choice
    that keeps the floors covers. `without_floors` covers the most people if nobody asks for floors; `price` of the
    floors are the people they lose against it, between `price` and `price_at_most` since both answers have a gap.
    """

    chosen: Longs
    covered: float
    upper: float
    share: Floats
    floors: Floats
    without_floors: CoverAnswer
    status: Status
    seconds: float
    proof: str
    certificate: Certificate | None
    """Of the answer without floors, which bounds this one too."""
    floors_certificate: FloorsCertificate | None = None
    """Proves `upper` where `proof` is "floors certificate"."""

    @property
    def price(self) -> float:
        """People lost to the floors: those the best answer without covers beyond this one."""
        return max(0.0, self.without_floors.covered - self.covered)

    @property
    def price_at_most(self) -> float:
        """The most the floors can have cost, were the answer without floors as good as its bound."""
        return max(0.0, self.without_floors.upper - self.covered)


def solve_with_floors(
    question: Question,
    floors: Floats | float,
    effort: Effort = USUAL,
    *,
    start: Longs | None = None,
    dual: Certificate | None = None,
) -> EquityAnswer:
    """
    The most people covered while every label keeps its floor (share of its people, 0 to 1; one for all or one each).

    `start` and `dual` are taken over by the answer without floors, as `covering.solve_cover` does.

    Raises
    ------
    SitingInputError
        The rows have no labels, or a floor is no share.
    OutOfReachError
        A floor cannot be kept: by any sites at all, or with this budget. Says which and how many people it lacks.
    """
    began = time.perf_counter()
    label, least = _checked_floors(question, floors)
    total, base, reachable = _by_label(question, label, len(least))
    lacks = least * total - reachable
    if (lacks > 1e-6).any():
        worst = int(np.argmax(lacks))
        raise OutOfReachError(
            f"The floor of {least[worst]:.0%} in {question.name_of(worst)}",
            float(lacks[worst]),
            "Even every candidate together does not reach it: lower the floor or add candidates there.",
        )
    plain = solve_cover(question, effort, start=start, dual=dual)
    wanted = least * total - base
    if (_covered_by_label(question, label, plain.chosen, len(least)) >= least * total - 1e-6).all():
        return _answer(question, label, least, plain.chosen, plain.upper, plain, began, plain.proof)
    small = _reduced(question, label)
    program = _program(small, question.left_to_spend)
    floor_row = _add_floors(program, small, wanted)
    outcome = solve_program(program, seconds=effort.seconds, absolute_gap=0.99)
    if outcome.x is None:
        _explain_failure(question, small, wanted, effort, outcome)
    chosen = np.union1d(small.site[chosen_in(outcome, small.lists.site_count)], _opened_anew(question))
    anyway = float(question.people[reached_rows(question.lists, question.opened)].sum())
    proven = min(plain.upper, anyway + outcome.bound + 1e-6)
    proof = plain.proof if proven == plain.upper else "branch and bound"
    certificate = _certified(question, least, program, floor_row, effort)
    if certificate is not None and certificate.bound <= proven + 1e-3:
        proven, proof = min(proven, certificate.bound), "floors certificate"
    answer = _answer(question, label, least, chosen, proven, plain, began, proof)
    return replace(answer, floors_certificate=certificate)


def _certified(
    question: Question, floors: Floats, program: Program, floor_row: dict[int, int], effort: Effort
) -> FloorsCertificate | None:
    """Weigh every label by the price of its floor, and certify the covering of people so weighted."""
    outcome = solve_program(program, seconds=effort.seconds, relaxed=True)
    if not len(outcome.row_price):
        return None
    extra = np.zeros(len(floors), np.int64)
    for one, row in floor_row.items():
        extra[one] = min(round(abs(float(outcome.row_price[row])) * WEIGHT_PARTS), 1000 * WEIGHT_PARTS)
    # a bound is wanted, not the best answer: some blocks are enough
    answer = solve_cover(_weighted(question, extra), replace(effort, blocks=min(effort.blocks, 20)))
    if answer.certificate is None:
        return None
    draft = FloorsCertificate(extra, answer.certificate, 0.0)
    return replace(draft, bound=check_floors(draft, question, floors))


def check_floors(certificate: FloorsCertificate, question: Question, floors: Floats) -> float:
    """
    The most people any choice that keeps the floors covers, found anew in whole numbers from the raw lists.

    `floors` are shares by label. Any certificate gives a valid bound.
    """
    assert question.label is not None
    extra = np.maximum(certificate.extra, 0)
    anyway = reached_rows(question.lists, question.opened)
    base = np.zeros(len(extra), np.int64)
    total = np.zeros(len(extra), np.int64)
    grains = np.rint(question.people * GRAINS_PER_PERSON).astype(np.int64)
    np.add.at(total, question.label, grains)
    np.add.at(base, question.label[anyway], grains[anyway])
    # a floor is rounded down, which asks for less and never lowers the bound; Python's whole numbers do not overflow
    needs = [int(floor * whole) - own for floor, whole, own in zip(floors, total.tolist(), base.tolist(), strict=True)]
    back = sum(weight * need for weight, need in zip(extra.tolist(), needs, strict=True))
    gained = check_certificate(certificate.cover, _weighted(question, extra))
    bound = float(base.sum()) / GRAINS_PER_PERSON + gained - back / (WEIGHT_PARTS * GRAINS_PER_PERSON)
    return float(np.floor(bound + 1e-6)) if question.people_are_whole else bound


def _weighted(question: Question, extra: Longs) -> Question:
    """The question with people weighted by label, rounded up to whole grains."""
    assert question.label is not None
    factor = 1.0 + extra[question.label] / WEIGHT_PARTS
    return replace(question, people=np.ceil(question.people * factor * GRAINS_PER_PERSON) / GRAINS_PER_PERSON)


def highest_floor(question: Question, effort: Effort = USUAL) -> tuple[float, EquityAnswer]:
    """
    The highest floor that all labels can keep at once (as equal as possible), and the most people covered with it.

    Labels of which no site can reach anybody are left out of the comparison, or the answer would always be none.
    """
    label, none = _checked_floors(question, 0.0)
    total, base, reachable = _by_label(question, label, len(none))
    compared = (total > 0) & (reachable > 0)
    small = _reduced(question, label)
    program = _program(small, question.left_to_spend)
    level = len(program.gain)
    # one more column: the level itself, worth more than the people
    program.gain = np.concatenate([np.zeros(level), [1.0]])
    program.upper = np.concatenate([program.upper, [1.0]])
    program.integer = np.concatenate([program.integer, [False]])
    rows = small.lists.site_count + np.arange(small.lists.row_count)
    for one in np.flatnonzero(compared).tolist():
        own = small.label == one
        index = np.concatenate([rows[own], [level]])
        value = np.concatenate([small.people[own] / total[one], [-1.0]])
        program.add_row(index, value, -float(base[one]) / float(total[one]), INFINITE)
    outcome = solve_program(program, seconds=effort.seconds, absolute_gap=1e-4)
    if outcome.x is None:
        raise OutOfReachError("Any common floor", 0.0, "Give it more seconds.")
    found = small.site[chosen_in(outcome, small.lists.site_count)]
    share = _covered_by_label(question, label, found, len(none))[compared] / total[compared]
    floor = float(share.min(initial=1.0))
    floors = np.where(compared, np.floor(floor * 1e6) / 1e6, 0.0)
    return floor, solve_with_floors(question, floors, effort)


def price_of_equity(question: Question, floors: Floats, effort: Effort = USUAL) -> list[EquityAnswer | None]:
    """What every one of some common floors costs; None where it cannot be kept."""
    answers: list[EquityAnswer | None] = []
    for floor in np.asarray(floors, np.float64).tolist():
        try:
            answers.append(solve_with_floors(question, floor, effort))
        except OutOfReachError:
            answers.append(None)
    return answers


def _checked_floors(question: Question, floors: Floats | float) -> tuple[Ints, Floats]:
    if question.label is None:
        raise SitingInputError("Floors need rows labelled by district or street; give the question labels.")
    count = max(int(question.label.max(initial=-1)) + 1, len(question.label_names))
    least = np.broadcast_to(np.asarray(floors, np.float64), (count,)).copy()
    if not ((least >= 0) & (least <= 1)).all():
        raise SitingInputError("A floor is a share of the people of a district: give numbers from 0 to 1.")
    return question.label, least


def _by_label(question: Question, label: Ints, count: int) -> tuple[Floats, Floats, Floats]:
    """People of every label: all, covered anyway, and within reach of any site."""
    anyway = reached_rows(question.lists, question.opened)
    ever = anyway | reached_rows(question.lists, question.choosable)
    columns = (question.people, np.where(anyway, question.people, 0.0), np.where(ever, question.people, 0.0))
    total, base, reachable = (np.bincount(label, column, count).astype(np.float64) for column in columns)
    return total, base, reachable


def _covered_by_label(question: Question, label: Ints, chosen: Longs, count: int) -> Floats:
    reached = reached_rows(question.lists, np.concatenate([question.opened, chosen]))
    return np.bincount(label, np.where(reached, question.people, 0.0), count).astype(np.float64)


def _reduced(question: Question, label: Ints) -> Reduced:
    missing = ~reached_rows(question.lists, question.opened) & (question.people > 0)
    return reduce(
        question.lists,
        question.people,
        question.sites.cost,
        rows=np.flatnonzero(missing),
        sites=question.choosable,
        label=label,
    )


def _program(small: Reduced, budget: float) -> Program:
    program = cover_program(small.lists, small.people, np.arange(small.lists.row_count))
    add_budget(program, small.cost, budget)
    return program


def _add_floors(program: Program, small: Reduced, wanted: Floats) -> dict[int, int]:
    """Add a row for every floor that does not keep itself; returns these rows by label."""
    rows = small.lists.site_count + np.arange(small.lists.row_count)
    added: dict[int, int] = {}
    for one in np.flatnonzero(wanted > 0).tolist():
        own = small.label == one
        added[one] = program.add_row(rows[own], small.people[own], float(wanted[one]) - 1e-7, INFINITE)
    return added


def _explain_failure(question: Question, small: Reduced, wanted: Floats, effort: Effort, outcome: Outcome) -> None:
    """Find the sites that come nearest to all floors, and say which floor is missed by how much."""
    if not outcome.is_infeasible:
        raise OutOfReachError("The floors within the time given", 0.0, "Give it more seconds.")
    program = _program(small, question.left_to_spend)
    first = len(program.gain)
    needing = np.flatnonzero(wanted > 0)
    program.gain = np.concatenate([np.zeros(first), -np.ones(len(needing))])
    program.upper = np.concatenate([program.upper, np.full(len(needing), INFINITE)])
    program.integer = np.concatenate([program.integer, np.zeros(len(needing), np.bool_)])
    rows = small.lists.site_count + np.arange(small.lists.row_count)
    for at, one in enumerate(needing.tolist()):
        own = small.label == one
        index = np.concatenate([rows[own], [first + at]])
        program.add_row(index, np.append(small.people[own], 1.0), float(wanted[one]), INFINITE)
    nearest = solve_program(program, seconds=effort.seconds)
    missing = nearest.x[first:] if nearest.x is not None else wanted[needing]
    worst = int(np.argmax(missing))
    raise OutOfReachError(
        f"The floor in {question.name_of(int(needing[worst]))}, with the other floors and a budget of "
        f"{question.budget:g},",
        float(missing[worst]),
        f"All floors together lack {float(missing.sum()):,.0f} people at least: lower them or raise the budget.",
    )


def _opened_anew(question: Question) -> Longs:
    return np.setdiff1d(question.opened, question.sites.standing)


def _answer(
    question: Question,
    label: Ints,
    floors: Floats,
    chosen: Longs,
    upper: float,
    plain: CoverAnswer,
    began: float,
    proof: str,
) -> EquityAnswer:
    total = np.bincount(label, question.people, len(floors))
    by_label = _covered_by_label(question, label, chosen, len(floors))
    covered = float(by_label.sum())
    first = _opened_anew(question)
    ordered = np.concatenate([first, in_building_order(question, np.setdiff1d(chosen, first))])
    answer = EquityAnswer(
        chosen=ordered,
        covered=covered,
        upper=max(upper, covered),
        share=np.divide(by_label, total, out=np.full(len(floors), np.nan), where=total > 0),
        floors=floors,
        without_floors=plain,
        status=Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof=proof,
        certificate=plain.certificate,
    )
    return replace(answer, status=Status.PROVED, upper=covered) if answer.upper - covered < 1.0 - 1e-6 else answer
