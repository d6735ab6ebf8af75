"""
What a meeting asks of an answer: what does each site bring, what could stand in for it, who is still left out and why.

Everything is counted on the raw lists; nothing here needs the solver, and only "lacks" needs its certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting import kernels
from geo.siting.certificate import Certificate
from geo.siting.cover import CoverLists, reached_rows
from geo.siting.problem import CENTS, Question
from geo.types import Bytes, Floats, Ints, Longs

CLOSE_TO_BEST = 0.01
"""An alternative may lose this share of what all chosen sites gain."""
MOST_ALTERNATIVES = 10


class Why(IntEnum):
    """Why a row is covered or is not."""

    COVERED_BEFORE = 0
    COVERED_NOW = 1
    NO_SITE_NEAR = 2
    ONLY_FORBIDDEN = 3
    TOO_DEAR = 4
    NOT_WORTH_IT = 5


@dataclass(frozen=True, eq=False)
class SiteReport:
    """
    One chosen site. `within` people are in its list and covered by nothing that stands; of these nobody else covers
    `sole`, and `shared` others of the chosen cover too. `marginal` is what it gained in building order, `per_cost` that
    by cost. `alternatives` could stand in for it, losing `alternative_loss` people each.
    """

    site: int
    within: float
    sole: float
    shared: float
    marginal: float
    per_cost: float
    alternatives: Longs
    alternative_loss: Floats


@dataclass(frozen=True, eq=False)
class Explanation:
    """
    `sites` in building order; `overlap[a, b]` people whom chosen a and chosen b both cover (the diagonal: all of a's).
    `sole_before` and `sole_after` are the people whom each standing station alone covered and covers.
    """

    sites: list[SiteReport]
    overlap: Floats
    sole_before: Floats
    sole_after: Floats


def explain(question: Question, chosen: Longs) -> Explanation:
    """Report on every chosen site (in building order) and on the stations that stand."""
    lists, people, cost = question.lists, question.people, question.sites.cost
    standing = question.sites.standing
    before = lists.counts(standing)
    count = before + lists.counts(chosen)
    whom = np.where(before > 0, 0.0, people)
    gained = float(whom[count > 0].sum())
    runs = lists.runs()
    may = np.zeros(lists.site_count, np.bool_)
    may[question.choosable] = True
    may[chosen] = False

    reports: list[SiteReport] = []
    seen = before > 0
    for site in chosen.tolist():
        rows = lists.rows_of(site)
        own = rows[count[rows] == 1]
        marginal = float(people[rows[~seen[rows]]].sum())
        seen[rows] = True
        sole, within = float(people[own].sum()), float(whom[rows].sum())
        missing = np.where(count == 0, people, 0.0)
        missing[own] = people[own]
        instead = np.empty(lists.site_count)
        kernels.sum_by_site(runs, missing, instead)
        able = may & (cost <= cost[site]) & (sole - instead <= CLOSE_TO_BEST * gained)
        best = np.flatnonzero(able)
        best = best[np.lexsort((best, -instead[best]))][:MOST_ALTERNATIVES]
        per_cost = marginal / float(cost[site]) if cost[site] > 0 else np.inf
        reports.append(SiteReport(site, within, sole, within - sole, marginal, per_cost, best, sole - instead[best]))
    return Explanation(
        sites=reports,
        overlap=overlap_people(lists, people, chosen),
        sole_before=_sole(lists, people, standing, before),
        sole_after=_sole(lists, people, standing, count),
    )


def overlap_people(lists: CoverLists, people: Floats, sites: Longs) -> Floats:
    """People whom both of two sites cover, float64[sites, sites]."""
    shared = np.zeros((len(sites), len(sites)))
    for a, site in enumerate(sites.tolist()):
        inside = np.zeros(lists.row_count)
        inside[lists.rows_of(site)] = people[lists.rows_of(site)]
        for b in range(a, len(sites)):
            shared[a, b] = shared[b, a] = float(inside[lists.rows_of(int(sites[b]))].sum())
    return shared


def _sole(lists: CoverLists, people: Floats, sites: Longs, count: Ints) -> Floats:
    once = np.where(count == 1, people, 0.0)
    return np.array([float(once[lists.rows_of(site)].sum()) for site in sites.tolist()])


def lacks_people(question: Question, certificate: Certificate, gained: float) -> tuple[Floats, float]:
    """
    How many people more every site would need in its list to be worth a place, float64[sites]; 0 or less: it may be.

    Its price (the best score per cost, times its cost) less its score. The second number is the slack of the dual: what
    it allows beyond `gained`, without the cap by all people. No choice better than `gained` holds a site that lacks
    more than the slack.
    """
    lists, cost, may = question.lists, question.sites.cost, question.choosable
    u = np.zeros(lists.row_count)
    u[certificate.row] = certificate.u_grains / GRAINS_PER_PERSON
    score = np.empty(lists.site_count)
    kernels.sum_by_site(lists.runs(), u, score)
    price = float((score[may] / cost[may]).max(initial=0.0))
    winnable = reached_rows(lists, may) & ~reached_rows(lists, question.opened)
    allowed = float((question.people - u)[winnable].sum()) + question.left_to_spend * price
    return price * cost - score, allowed - gained


def why_outside(question: Question, chosen: Longs) -> tuple[Bytes, dict[Why, float]]:
    """Why every row is covered or not (a `Why` per row), and the people by reason."""
    lists = question.lists
    spare = round(question.left_to_spend * CENTS)
    choosable = question.choosable
    affordable = choosable[np.rint(question.sites.cost[choosable] * CENTS) <= spare]
    why = np.full(lists.row_count, Why.NO_SITE_NEAR, np.uint8)
    for reason, sites in (
        (Why.ONLY_FORBIDDEN, question.sites.forbidden),
        (Why.TOO_DEAR, choosable),
        (Why.NOT_WORTH_IT, affordable),
        (Why.COVERED_NOW, chosen),
        (Why.COVERED_BEFORE, question.sites.standing),
    ):
        why[reached_rows(lists, sites)] = reason
    people = np.bincount(why, question.people, len(Why))
    return why, {reason: float(people[reason]) for reason in Why}


@dataclass(frozen=True, eq=False)
class AddressReport:
    """
    One site asked about: `gain` people it adds to what stands, by label too; `already` are covered anyway; `rank` among
    the candidates by gain (1 is the best) and by gain per cost; `with_chosen` what it adds when an answer is built.
    """

    site: int
    gain: float
    gain_by_label: Floats
    already: float
    rank: int
    rank_per_cost: int
    candidates: int
    with_chosen: float


def check_address(question: Question, site: int, chosen: Longs | None = None) -> AddressReport:
    """What one site would add, and where that places it among the candidates."""
    lists, people, cost = question.lists, question.people, question.sites.cost
    covered = reached_rows(lists, question.opened)
    missing = np.where(covered, 0.0, people)
    gains = np.empty(lists.site_count)
    kernels.sum_by_site(lists.runs(), missing, gains)
    rows = lists.rows_of(site)
    label = np.zeros(lists.row_count, np.int32) if question.label is None else question.label
    others = np.union1d(question.choosable, [site])
    per_cost = gains / np.maximum(cost, 1.0 / CENTS)
    beyond = missing if chosen is None else np.where(reached_rows(lists, chosen), 0.0, missing)
    return AddressReport(
        site=site,
        gain=float(missing[rows].sum()),
        gain_by_label=np.bincount(label[rows], missing[rows], int(label.max(initial=0)) + 1).astype(np.float64),
        already=float(people[rows[covered[rows]]].sum()),
        rank=1 + int((gains[others] > gains[site]).sum()),
        rank_per_cost=1 + int((per_cost[others] > per_cost[site]).sum()),
        candidates=len(others),
        with_chosen=float(beyond[rows].sum()),
    )
