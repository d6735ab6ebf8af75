"""
The p-median: short ways on average.

    minimise  Σ_i w_i min over open j of d_ij,   p sites open beside those that stand

(Hakimi 1964; ReVelle and Swain 1970.) Times come from the cover lists: `d_ij` is the time beside the pair, and whoever
is in no open site's list counts `beyond_ds`, which must be no less than any time in the lists. So a city needs lists to
a far limit only, and small instances may list all pairs.

The answer comes from a greedy start and iterated best swaps; the bound from a Lagrangean that lets every row be served
by any number of sites at a price u, raised by subgradient steps. Any u proves a bound, in whole numbers. Where the best
u is not enough, the choices are split in parts by sites that are open or shut, and every part has prices of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from geo.siting import kernels
from geo.siting.branches import Branch, BranchTree, is_every_choice
from geo.siting.cover import CoverLists
from geo.siting.covering import USUAL, Effort, Status
from geo.siting.problem import Question, SitingInputError
from geo.types import Floats, Ints, Longs

ROUNDS = 40
"""Rounds of a block of local search."""
SCALE = 1024
"""Person-deciseconds are proven in parts of this size."""
STEPS = 300
"""Subgradient steps of a block."""
ENOUGH_RAISED = 1e-4
"""A block that raises the bound by a smaller share is the last before choices are split."""
SPLITS = 12
"""Parts split in a block."""


@dataclass(frozen=True, eq=False)
class MedianAnswer:
    """
    Sites for a p-median. `cost` is the sum of people times deciseconds to the nearest open site, never below `lower`
    for any choice. `branches` prove `lower`, each by prices in 1/1024 person-deciseconds: see `check_branches`. `u`
    (int64[rows]) are the prices of all choices together, which prove `lower` alone where there is one branch only: see
    `check_median`.
    """

    chosen: Longs
    cost: float
    lower: float
    mean_ds: float
    status: Status
    seconds: float
    u: Longs
    seed: int
    branches: tuple[Branch, ...] = ()

    @property
    def gap(self) -> float:
        """How far above the best the cost can be, at most, as a share of it."""
        return (self.cost - self.lower) / self.lower if self.lower > 0 else float(self.cost > self.lower)


def solve_median(question: Question, beyond_ds: int, effort: Effort = USUAL) -> MedianAnswer:
    """
    The best sites found for a p-median, and a bound that `check_median` proves.

    Raises
    ------
    SitingInputError
        The lists have no times or `beyond_ds` is less than one of them; sites have costs (a p-median chooses a number).
    """
    *_, last = improving_median(question, beyond_ds, effort)
    return last


def improving_median(question: Question, beyond_ds: int, effort: Effort = USUAL) -> Iterator[MedianAnswer]:
    """Answers that get better, until the effort is spent."""
    began = time.perf_counter()
    instance = _Instance.of(question, beyond_ds)
    sites, cost = instance.greedy()
    u, lower = instance.first_prices(sites), 0.0
    best_u, prices = u.copy(), u.copy()
    tree = BranchTree(instance.ways, instance.far, instance.role, instance.choose)
    block, dull = 0, 0
    while True:
        before = cost, lower
        begins = [sites] if block == 0 else [sites, instance.cheapest(prices)]
        for begin in begins[::-1]:
            found, own = instance.improve(begin, ROUNDS, effort.seed * 100_003 + block)
            if own < cost - 1e-9:
                sites, cost = found, own
        if not tree.parts:
            bound = kernels.raise_median_bound(
                instance.ways,
                instance.far,
                instance.role,
                instance.free,
                instance.choose,
                STEPS,
                cost,
                max(0.1, 0.7**block),
                u,
                best_u,
            )
            if bound > lower:
                lower, prices = bound, best_u.copy()
            u = prices.copy()
            if lower < before[1] * (1.0 + ENOUGH_RAISED):
                tree.begin(lower, prices)
        else:
            for _ in range(SPLITS):
                if cost - tree.lower < 1e-6 * cost or not tree.split(sites, cost, instance.worth):
                    break
            lower = tree.lower
        block += 1
        dull = dull + 1 if (cost, lower) == before else 0
        answer = instance.answer(sites, prices, tree, began, effort)
        yield answer
        if (
            answer.status is not Status.STOPPED
            or block >= effort.blocks
            or dull >= 30
            or answer.seconds > effort.seconds
            or effort.cancelled()
        ):
            return


@dataclass(frozen=True, eq=False)
class _Instance:
    """A p-median as the kernels take it: weighted times by row, sorted; what a row costs unserved; roles of sites."""

    question: Question
    lists: CoverLists
    people: Floats
    ways: tuple[Longs, Ints, Floats]
    far: Floats
    role: Ints
    opened_sites: Ints
    choose: int
    free: int

    @classmethod
    def of(cls, question: Question, beyond_ds: int) -> _Instance:
        lists = question.lists
        if lists.time_ds is None:
            raise SitingInputError("A p-median needs cover lists with travel times; build them with times.")
        longest = int(lists.time_ds.max(initial=0))
        if beyond_ds < longest:
            raise SitingInputError(
                f"Whoever is out of reach counts {beyond_ds} deciseconds, but the lists go to {longest}; give no less."
            )
        if not (question.sites.cost == 1).all():
            raise SitingInputError("A p-median chooses a number of sites; leave costs out.")
        role = np.where(question.sites.free, 0, -1).astype(np.int32)
        opened = question.opened.astype(np.int32)
        role[opened] = 1
        start, row = lists.sites
        site = np.repeat(np.arange(lists.site_count, dtype=np.int32), np.diff(start))
        cost = question.people[row] * lists.time_ds
        order = np.lexsort((site, cost, row))
        ways = lists.row_start, site[order], cost[order]
        free = int((role == 0).sum())
        choose = min(round(question.left_to_spend), free)
        return cls(question, lists, question.people, ways, question.people * beyond_ds, role, opened, choose, free)

    def greedy(self) -> tuple[Ints, float]:
        """Open the site that saves most, again and again."""
        start, row = self.lists.sites
        assert self.lists.time_ds is not None
        now = self.far.copy()
        cost = self.people[row] * self.lists.time_ds
        sites: list[int] = self.opened_sites.tolist()
        for site in sites:
            part = slice(start[site], start[site + 1])
            now[row[part]] = np.minimum(now[row[part]], cost[part])
        may = self.role == 0
        for _ in range(self.choose):
            total = np.concatenate(([0.0], np.cumsum(np.maximum(now[row] - cost, 0.0))))
            saved = np.where(may, total[start[1:]] - total[start[:-1]], -1.0)
            site = int(np.argmax(saved))
            may[site] = False
            sites.append(site)
            part = slice(start[site], start[site + 1])
            now[row[part]] = np.minimum(now[row[part]], cost[part])
        return np.array(sites, np.int32), float(now.sum())

    def improve(self, begin: Ints, rounds: int, seed: int) -> tuple[Ints, float]:
        """A block of local search."""
        found = np.empty(len(begin), np.int32)
        fixed = len(self.opened_sites)
        lists = self.lists.sites
        places = self.ways, lists, self.far, self.role
        cost = kernels.improve_median(*places, begin, fixed, rounds, seed % 2**31, 0.002, found)
        return found, float(cost)

    def cheapest(self, prices: Floats) -> Ints:
        """The sites the relaxation opens at some prices: near the best where the bound is."""
        worth = np.where(self.role == 0, self.worth(prices), np.inf)
        return np.concatenate([self.opened_sites, np.argsort(worth, kind="stable")[: self.choose]]).astype(np.int32)

    def worth(self, prices: Floats) -> Floats:
        """What opening a site takes off the bound at some prices: 0 or less."""
        start, row = self.lists.sites
        assert self.lists.time_ds is not None
        total = np.concatenate(([0.0], np.cumsum(np.minimum(self.people[row] * self.lists.time_ds - prices[row], 0.0))))
        return total[start[1:]] - total[start[:-1]]

    def first_prices(self, sites: Ints) -> Floats:
        """What every row pays for its way now: a first dual."""
        return np.minimum(self._ways_from(sites) * 1.2, self.far)

    def _ways_from(self, sites: Ints) -> Floats:
        start, row = self.lists.sites
        assert self.lists.time_ds is not None
        now = self.far.copy()
        for site in sites.tolist():
            part = slice(start[site], start[site + 1])
            now[row[part]] = np.minimum(now[row[part]], self.people[row[part]] * self.lists.time_ds[part])
        return now

    def answer(self, sites: Ints, prices: Floats, tree: BranchTree, began: float, effort: Effort) -> MedianAnswer:
        """Count the cost anew, round the prices down, and take the bound the whole numbers prove."""
        cost = float(self._ways_from(sites).sum())
        u = np.floor(prices * SCALE).astype(np.int64)
        parts = [(path, own) for _, _, path, own in tree.parts] or [((), prices)]
        branches = tuple(Branch(path, np.floor(own * SCALE).astype(np.int64)) for path, own in parts)
        lower = min(check_branches(branches, self.question, self.far), cost)
        whole = bool((self.far == np.rint(self.far)).all() and (self.people == np.rint(self.people)).all())
        chosen = np.setdiff1d(sites, self.question.sites.standing).astype(np.int64)
        people = float(self.people.sum())
        answer = MedianAnswer(
            chosen, cost, lower, cost / people, Status.STOPPED, time.perf_counter() - began, u, effort.seed, branches
        )
        if cost - lower < (1.0 - 1e-9 if whole else 1e-6 * cost):
            return replace(answer, status=Status.PROVED, lower=cost)
        return replace(answer, status=Status.WITHIN) if answer.gap <= effort.target else answer


def check_branches(branches: tuple[Branch, ...], question: Question, far: Floats) -> float:
    """
    The bound that parts of all choices prove together: the least of theirs, if no choice is left out, else 0.

    A part asks for sites to be open or shut; one that opens more than may be opened holds no choice.
    """
    if not is_every_choice([branch.path for branch in branches]):
        return 0.0
    return min(_bound_of(branch, question, far) for branch in branches)


def check_median(u: Longs, question: Question, far: Floats) -> float:
    """
    The bound some prices prove, in whole numbers from the raw lists: person-deciseconds no choice goes below.

    For any u up to `far`: the sum of u, plus for opened sites and the p least of the others the sum over their rows of
    min(0, way - u). `u` is in 1/1024 person-deciseconds, and so is everything counted here.
    """
    return _bound_of(Branch((), u), question, far)


def _bound_of(branch: Branch, question: Question, far: Floats) -> float:
    lists = question.lists
    assert lists.time_ds is not None
    u = np.clip(branch.u, 0, np.floor(far * SCALE).astype(np.int64))
    start, row = lists.sites
    grains = np.rint(question.people * 2**20).astype(np.int64)
    # times are whole, people whole grains: a way rounded down never raises the bound
    way = (grains[row] * lists.time_ds.astype(np.int64)) >> 10
    total = np.concatenate(([0], np.cumsum(np.minimum(way - u[row], 0))))
    worth = total[start[1:]] - total[start[:-1]]
    opened = np.array([site for site, is_open in branch.path if is_open], np.int64)
    left = round(question.left_to_spend) - len(opened)
    free = np.setdiff1d(question.choosable, [site for site, _ in branch.path])
    if left < 0:
        return float("inf")
    least = np.sort(worth[free])[:left]
    bound = int(u.sum()) + int(worth[question.opened].sum()) + int(worth[opened].sum()) + int(least.sum())
    lower = bound / SCALE
    whole = question.people_are_whole and bool((far == np.rint(far)).all())
    return float(np.ceil(lower)) if whole else lower
