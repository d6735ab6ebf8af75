"""Small random siting questions, and what is best in them by trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from geo.siting.cover import CoverLists
from geo.siting.problem import Question, Sites


class Instance:
    """Places and people on a square; a site covers what is near. Some sites stand, are forced or forbidden."""

    def __init__(self, seed, *, costs=False, roles=True, fractions=False):
        random = self.random = np.random.default_rng(seed)
        rows, sites = int(random.integers(6, 40)), int(random.integers(3, 9))
        where, places = random.random((rows, 2)), random.random((sites, 2))
        apart = np.hypot(*(places[:, None] - where[None]).transpose(2, 0, 1))
        self.time_ds = np.rint(apart * 1000).astype(np.int32)
        self.covers = apart <= random.uniform(0.15, 0.5)
        self.people = random.integers(0, 60, rows).astype(float)
        self.people[0] = 7.0
        if fractions:
            self.people = self.people / 8
        self.label = random.integers(0, 3, rows).astype(np.int32)
        self.cost = random.integers(1, 6, sites) / 2 if costs else np.ones(sites)
        shuffled = random.permutation(sites)
        self.standing = np.sort(shuffled[: int(roles and random.integers(0, 2))])
        self.forced = np.sort(shuffled[1 : 1 + int(roles and random.integers(0, 2))])
        self.forbidden = np.sort(shuffled[2 : 2 + int(roles and random.integers(0, 2))])
        self.free = np.setdiff1d(np.arange(sites), np.concatenate([self.standing, self.forced, self.forbidden]))
        most = float(self.cost.sum()) if costs else len(self.free) + len(self.forced)
        self.budget = float(np.clip(random.integers(1, 5), self.cost[self.forced].sum(), most))

    @property
    def lists(self):
        site, row = np.nonzero(self.covers)
        start = np.concatenate(([0], np.cumsum(self.covers.sum(axis=1))))
        return CoverLists.of(start, row, len(self.people), self.time_ds[site, row])

    @property
    def all_pairs(self):
        sites, rows = self.time_ds.shape
        return CoverLists.of(np.arange(sites + 1) * rows, np.tile(np.arange(rows), sites), rows, self.time_ds.ravel())

    @property
    def sites(self):
        return Sites.of(
            len(self.cost), cost=self.cost, standing=self.standing, forced=self.forced, forbidden=self.forbidden
        )

    def question(self, *, lists=None, budget=True):
        return Question.of(
            self.lists if lists is None else lists,
            self.people,
            sites=self.sites,
            budget=self.budget if budget else None,
            label=self.label,
        )

    def choices(self, *, within_budget=True) -> Iterator[np.ndarray]:
        """Every set of sites that may count together."""
        for size in range(len(self.free) + 1):
            for some in itertools.combinations(self.free.tolist(), size):
                paid = np.concatenate([self.forced, some]).astype(int)
                if not within_budget or self.cost[paid].sum() <= self.budget + 1e-9:
                    yield np.concatenate([self.standing, paid]).astype(int)

    def count(self, sites):
        return self.covers[sites].sum(axis=0)

    def covered(self, sites):
        return float(self.people[self.count(sites) > 0].sum())
