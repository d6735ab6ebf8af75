"""
What proves a bound: numbers anybody can check on the raw lists, in whole numbers, trusting no solver.

For any 0 <= u <= people, a choice of sites covers at most the sum of people - u over the rows that can be reached, plus
what its sites score, where a site scores the sum of u over its rows: it leaves people - u uncounted at most once a row.
With a budget, no choice scores more than budget times the best score per cost. That sum is the bound, whatever produced
u (Church and ReVelle 1974 for the model; Galvão and ReVelle 1996 for the Lagrangean).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting.problem import CENTS
from geo.types import Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.siting.problem import Question

PAIRS_AT_ONCE = 8_000_000
"""Pairs summed at a time while a certificate is checked, some 200 MB."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """
    A bound on what any choice covers *beyond what is opened anyway*, and the numbers that prove it.

    `row` and `u_grains` hold u where it is not zero, in grains (2⁻²⁰ person). `bound` is in people. `fingerprint` names
    the lists and the demand it belongs to.
    """

    row: Longs
    u_grains: Longs
    bound: float
    fingerprint: str


def certify(question: Question, u: Floats) -> Certificate:
    """Round a dual down to whole grains and write the certificate of what it proves; `u` is float64[rows], people."""
    whom = _grains(question.people)
    u_grains = np.clip(np.floor(u * GRAINS_PER_PERSON), 0, whom).astype(np.int64)
    row = np.flatnonzero(u_grains)
    fingerprint = fingerprint_of(question)
    draft = Certificate(row, u_grains[row], 0.0, fingerprint)
    return Certificate(row, u_grains[row], check_certificate(draft, question), fingerprint)


def fingerprint_of(question: Question) -> str:
    """SHA-256 of lists, demand and costs: what a stored certificate is a certificate of."""
    digest = hashlib.sha256(question.lists.fingerprint.encode())
    for column in (question.people, question.sites.cost):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def check_certificate(certificate: Certificate, question: Question) -> float:
    """
    The bound a certificate proves (in people), found anew in whole numbers from the raw lists alone.

    No solver, no reduction, no fraction takes part. A certificate of other lists still gives a valid bound for these.
    """
    whom = _grains(question.people)
    for site in question.opened.tolist():
        whom[question.lists.rows_of(site)] = 0  # who is covered anyway is not to be won
    u = np.zeros(len(whom), np.int64)
    u[certificate.row] = certificate.u_grains
    u = np.clip(u, 0, whom)

    budget = round(question.left_to_spend * CENTS)
    cost = np.rint(question.sites.cost * CENTS).astype(np.int64)
    choosable = np.zeros(len(cost), np.bool_)
    choosable[question.choosable] = True
    choosable &= cost <= budget
    score = np.zeros(len(cost), np.int64)
    reached = np.zeros(len(whom), np.bool_)
    for pair_row, pair_site in _pairs_of(question, np.flatnonzero(whom)):
        np.add.at(score, pair_site, u[pair_row])
        reached[pair_row[choosable[pair_site]]] = True
    prices = np.unique(cost[choosable]).tolist()
    best = [budget * int(score[choosable & (cost == price)].max()) // price for price in prices]
    bound = min(int(whom[reached].sum()), int((whom - u)[reached].sum()) + max(best, default=0))
    people = bound / GRAINS_PER_PERSON
    return float(np.floor(people)) if question.people_are_whole else people


def _grains(people: Floats) -> Longs:
    return np.rint(people * GRAINS_PER_PERSON).astype(np.int64)


def _pairs_of(question: Question, rows: Longs) -> Iterator[tuple[Longs, Ints]]:
    """The row and the site of every pair of some rows, a manageable number of pairs at a time."""
    start, row_site = question.lists.rows
    ends = np.cumsum(start[rows + 1] - start[rows])
    first = 0
    while first < len(rows):
        done = int(ends[first - 1]) if first else 0
        after = max(first + 1, int(np.searchsorted(ends, done + PAIRS_AT_ONCE, side="right")))
        some = rows[first:after]
        size = start[some + 1] - start[some]
        begin = np.repeat(start[some] - np.concatenate(([0], np.cumsum(size)[:-1])), size)
        yield np.repeat(some, size), row_site[begin + np.arange(int(size.sum()))]
        first = after
