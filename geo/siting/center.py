"""
The p-centre: nobody very far.

    minimise  max over rows of the time to the nearest open site,   p sites open beside those that stand

(Hakimi 1964.) Exact: bisection over the distinct times in the lists, each step deciding whether p sites reach every row
within a time, which is a set cover (Minieka 1970). Rows in nobody's list cannot be served and are counted apart.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from geo.siting.cover import CoverLists, reached_rows
from geo.siting.covering import USUAL, Effort, Status
from geo.siting.problem import OutOfReachError, Question, SitingInputError
from geo.siting.smallest import SmallestAnswer, smallest_cover
from geo.types import Longs


@dataclass(frozen=True, eq=False)
class CenterAnswer:
    """
    Sites for a p-centre: everybody who can be served is within `radius_ds`, and no choice does with less than
    `lower_ds`. `prices` prove it where `proof` is "certificate": they show that one step less takes more than p sites.
    """

    chosen: Longs
    radius_ds: int
    lower_ds: int
    unreachable: float
    status: Status
    seconds: float
    proof: str
    prices: Longs | None


def solve_center(question: Question, effort: Effort = USUAL) -> CenterAnswer:
    """
    The sites that bring the longest way down as far as it goes.

    Raises
    ------
    SitingInputError
        The lists have no times, or sites have costs.
    OutOfReachError
        Even at the longest time in the lists more sites are needed.
    """
    began = time.perf_counter()
    if question.lists.time_ds is None:
        raise SitingInputError("A p-centre needs cover lists with travel times; build them with times.")
    if not (question.sites.cost == 1).all():
        raise SitingInputError("A p-centre chooses a number of sites; leave costs out.")
    counted = question.people > 0
    served = counted & ~_without_site(question)
    times = np.unique(question.lists.time_ds)
    left = question.left_to_spend
    low, high = 0, len(times) - 1
    best, proof = _cover_within(question, served, int(times[high]), effort), None
    if best.cost - _forced_cost(question) > left + 1e-9:
        raise OutOfReachError(
            f"Reaching everybody within {times[high] / 600:g} minutes with {left:g} sites",
            best.lower - _forced_cost(question) - left,
            "Allow more sites or build the lists with a longer limit.",
        )
    undecided = high
    while low < high:
        middle = (low + high) // 2
        answer = _cover_within(question, served, int(times[middle]), effort)
        if answer.cost - _forced_cost(question) <= left + 1e-9:
            high, best = middle, answer
            undecided = min(undecided, high)
        else:
            low = middle + 1
            if answer.lower - _forced_cost(question) > left + 1e-9:
                proof = answer
            else:
                undecided = min(undecided, middle)
    lower = int(times[high if undecided >= high else undecided])
    return CenterAnswer(
        chosen=best.chosen,
        radius_ds=int(times[high]),
        lower_ds=lower,
        unreachable=float(question.people[counted & ~served].sum()),
        status=Status.PROVED if lower == times[high] else Status.STOPPED,
        seconds=time.perf_counter() - began,
        proof="certificate" if high == 0 or proof is None else proof.proof,
        prices=None if proof is None else proof.prices,
    )


def _forced_cost(question: Question) -> float:
    return float(question.sites.cost[question.sites.forced].sum())


def _without_site(question: Question) -> np.ndarray:
    everyone = np.concatenate([question.choosable, question.opened])
    return ~reached_rows(question.lists, everyone)


def _cover_within(question: Question, served: np.ndarray, limit_ds: int, effort: Effort) -> SmallestAnswer:
    """The fewest sites that reach all rows that can be served within a time; impossible rows make it endless."""
    near: CoverLists = question.lists.within(limit_ds)
    people = np.where(served, 1.0, 0.0)
    asked = Question(near, people, question.sites, None)
    out_of_reach = served & ~reached_rows(near, np.concatenate([question.choosable, question.opened]))
    if out_of_reach.any():
        endless = float(len(question.people) + len(question.sites.cost) + 1)
        return SmallestAnswer(question.choosable, endless, endless, 0.0, 0.0, 0.0, Status.PROVED, 0.0, "certificate")
    return smallest_cover(asked, effort)
