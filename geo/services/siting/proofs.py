"""
What proves the bound of a siting answer, whatever the task: numbers to store, and how anybody finds the bound again.

Nothing here solves anything. A proof is checked in whole numbers on the raw lists by the solver's own checks, which
trust no solver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.siting import backup, capacity, equity, median, smallest
from geo.siting.certificate import Certificate, check_certificate, fingerprint_of
from geo.siting.cover import reached_rows
from geo.types import Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.siting.center import CenterAnswer
    from geo.siting.problem import Question


@dataclass(frozen=True, eq=False)
class Proof:
    """
    Numbers that prove a bound, and how anybody finds it again: `claims` is the bound, `again` counts it from raw lists.

    `numbers` are what has to be stored; `question` is what they speak of, so that it names lists and people.
    """

    claims: float
    numbers: dict[str, Longs]
    question: Question
    again: Callable[[], float]
    is_upper: bool = True

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the lists, the demand and the costs."""
        return fingerprint_of(self.question)

    @property
    def digest(self) -> str:
        """SHA-256 of everything in it: the numbers, the bound, and what it is a proof of."""
        digest = hashlib.sha256(self.fingerprint.encode())
        for name, column in sorted(self.numbers.items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(column).astype("<i8").tobytes())
        digest.update(repr(self.claims).encode())
        return digest.hexdigest()

    def holds(self) -> bool:
        """Whether a pass over the raw lists finds the bound again."""
        found, slack = self.again(), 1e-6 * max(1.0, abs(self.claims))
        return found <= self.claims + slack if self.is_upper else found >= self.claims - slack


def write_proof(path: Path, proof: Proof) -> None:
    """
    Write everything that a few lines of whole numbers need to find the bound again, as an .npz archive.

    Raw cover lists (with times, where the task has them), people, costs, who is opened anyway and who may be chosen,
    what is left of the budget, and the numbers of the proof.
    """
    question = proof.question
    columns: dict[str, Any] = {
        "site_start": question.lists.site_start,
        "site_row": question.lists.site_row,
        "people": question.people,
        "cost": question.sites.cost,
        "opened": question.opened,
        "choosable": question.choosable,
        "bound": proof.claims,
        "fingerprint": proof.fingerprint,
        **proof.numbers,
    }
    if question.budget is not None:
        columns["budget_left"] = question.left_to_spend
    if question.lists.time_ds is not None:
        columns["time_ds"] = question.lists.time_ds
    np.savez_compressed(path, allow_pickle=False, **columns)


def of_cover(certificate: Certificate | None, question: Question) -> Proof | None:
    """The certificate of a covering question; None where there is none."""
    if certificate is None:
        return None
    own = certificate
    return Proof(
        own.bound,
        {"u_row": own.row, "u_grains": own.u_grains},
        question,
        lambda: check_certificate(own, question),
    )


def of_floors(proven: equity.FloorsCertificate, question: Question, floors: Floats) -> Proof:
    """The certificate of an answer that keeps floors (shares by label)."""
    return Proof(
        proven.bound,
        {"extra": proven.extra, "u_row": proven.cover.row, "u_grains": proven.cover.u_grains},
        question,
        lambda: equity.check_floors(proven, question, floors),
    )


def of_backup(answer: backup.BackupAnswer, question: Question) -> Proof:
    """The certificate of an answer that counts a second station; where it is not enough, its own weaker bound."""
    own = answer.certificate
    return Proof(
        own.bound,
        {"u_row": own.row, "u_grains": own.u_grains},
        question,
        lambda: backup.check_backup(own, question, answer.beta),
    )


def of_capacity(answer: capacity.CapacityAnswer, question: Question, room: Floats) -> Proof:
    """The certificate of an answer with `room` for so many people at every site."""
    own = answer.certificate
    return Proof(own.bound, {"u": own.u}, question, lambda: capacity.check_capacity(own, question, room))


def of_smallest(fewest: smallest.SmallestAnswer, question: Question) -> Proof | None:
    """That everybody takes so many sites: a price for every row."""
    prices = fewest.prices
    if prices is None:
        return None
    forced = float(question.sites.cost[question.sites.forced].sum())
    return Proof(
        fewest.lower - forced,
        {"prices": prices},
        question,
        lambda: smallest.check_smallest(prices, question),
        is_upper=False,
    )


def of_median(answer: median.MedianAnswer, question: Question, far: Floats) -> Proof:
    """That no choice has less way in all: prices for every part of the choices; `far` is what a row costs unserved."""
    numbers: dict[str, Longs] = {}
    for number, branch in enumerate(answer.branches):
        numbers[f"prices_{number}"] = branch.u
        numbers[f"path_{number}"] = np.array(branch.path, np.int64).ravel()
    return Proof(
        answer.lower, numbers, question, lambda: median.check_branches(answer.branches, question, far), is_upper=False
    )


def of_center(answer: CenterAnswer, question: Question) -> Proof | None:
    """That one step less takes more sites than there are: the prices of a set cover at that step."""
    prices = answer.prices
    assert question.lists.time_ds is not None
    times: Ints = np.unique(question.lists.time_ds)
    shorter = times[times < answer.lower_ds]
    if prices is None or not shorter.size:
        return None
    served = (question.people > 0) & reached_rows(question.lists, np.concatenate([question.choosable, question.opened]))
    step = replace(
        question, lists=question.lists.within(int(shorter[-1])), people=np.where(served, 1.0, 0.0), budget=None
    )
    return Proof(
        question.left_to_spend + 1.0,
        {"prices": prices},
        step,
        lambda: smallest.check_smallest(prices, step),
        is_upper=False,
    )
