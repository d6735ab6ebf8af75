"""
Branching for the p-median, where the relaxation's own optimum lies too far below the answer.

"Is site j open?" splits all choices in two, and so on: a bound of every part proves the least of them for all. The site
asked about is one of the answer at hand, which the relaxation opens in part: either reply costs it something. The part
with the lowest bound is split next (best first; Land and Doig 1960), from the prices it has.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from geo.siting import kernels
from geo.types import Floats, Ints, Longs

STEPS = 80
"""Subgradient steps for one part."""
LENGTH = 0.3
"""How long the first of these steps are: a part begins near its best prices."""

Path = tuple[tuple[int, bool], ...]
"""Replies that lead to a part: a site, and whether it is open."""


@dataclass(frozen=True, eq=False)
class Branch:
    """A part of all choices: the replies that lead to it, and prices (int64[rows]) that prove its bound."""

    path: Path
    u: Longs


def is_every_choice(paths: list[Path]) -> bool:
    """Whether parts leave no choice out: at every question both replies are there, and nothing is asked out of turn."""
    if len(paths) == 1 and not paths[0]:
        return True
    if not paths or any(not path for path in paths) or len({path[0][0] for path in paths}) != 1:
        return False
    return all(is_every_choice([path[1:] for path in paths if path[0][1] is reply]) for reply in (True, False))


@dataclass(eq=False)
class BranchTree:
    """
    The parts not yet split, lowest bound first: (bound, number, path, prices).

    `ways`, `far`, `role` and `choose` are those of the question, as the kernels take them.
    """

    ways: tuple[Longs, Ints, Floats]
    far: Floats
    role: Ints
    choose: int
    parts: list[tuple[float, int, Path, Floats]] = field(default_factory=list)
    made: int = 0

    @property
    def lower(self) -> float:
        """What no choice goes below."""
        return self.parts[0][0]

    def begin(self, lower: float, prices: Floats) -> None:
        """One part, which is everything."""
        self.parts = [(lower, 0, (), prices.copy())]

    def split(self, sites: Ints, cost: float, worth_of: Callable[[Floats], Floats]) -> bool:
        """
        Split the part with the lowest bound by a site of the answer, else by the site that is worth most there.

        `cost` is that of the answer; `worth_of` gives what every site takes off the bound at some prices. Returns
        whether there was anything to split.
        """
        bound, _, path, prices = self.parts[0]
        told = {site for site, _ in path}
        worth = np.where(self.role == 0, worth_of(prices), np.inf)
        worth[list(told)] = np.inf
        own = [int(site) for site in sites if worth[site] < np.inf]
        if not (worth < np.inf).any() or bound >= cost:
            return False
        heapq.heappop(self.parts)
        site = min(own, key=lambda one: (worth[one], one)) if own else int(np.argmin(worth))
        for reply in (True, False):
            self._add((*path, (site, reply)), bound, prices, cost)
        return True

    def _add(self, path: Path, bound: float, prices: Floats, cost: float) -> None:
        role = self.role.copy()
        for site, is_open in path:
            role[site] = 1 if is_open else -1
        left, free = self.choose - sum(is_open for _, is_open in path), int((role == 0).sum())
        if left < 0:
            # more is open than may be: the part is empty
            self._keep(path, max(bound, cost), prices)
            return
        u, best = prices.copy(), prices.copy()
        found = kernels.raise_median_bound(self.ways, self.far, role, free, left, STEPS, cost, LENGTH, u, best)
        self._keep(path, max(bound, float(found)), best)

    def _keep(self, path: Path, bound: float, prices: Floats) -> None:
        self.made += 1
        heapq.heappush(self.parts, (bound, self.made, path, prices))
