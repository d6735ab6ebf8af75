"""
How the gain grows with the number of sites: p = 1 … n at once, with a bound for every p and the knee.

One dual bounds every p: the sum of people - u plus the p largest scores. So a few of them, made at some p, give the
whole upper curve, and building orders of the answers found there give the lower one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from geo.siting import covering, kernels
from geo.siting.certificate import Certificate
from geo.siting.covering import USUAL, Effort
from geo.siting.problem import Question, SitingInputError
from geo.types import Floats, Longs

BLOCKS = 6
"""Blocks of work at every p that is worked at."""


@dataclass(frozen=True, eq=False)
class GainCurve:
    """
    People newly covered by p = 1 … n sites: `gained` were found, no p sites gain more than `upper`, float64[n] each.

    `order` opens, one after another, the sites that gain most each; `gained_in_order` is what they come to. The curves
    are concave; `knee` is the p behind which a site gains less than on average, by most.
    """

    gained: Floats
    upper: Floats
    order: Longs
    gained_in_order: Floats
    knee: int
    seconds: float

    @property
    def gap(self) -> Floats:
        """How much more could be gained, as a share, for every p."""
        return np.where(self.gained > 0, (self.upper - self.gained) / np.maximum(self.gained, 1e-9), 0.0)


def gain_curve(question: Question, most: int, effort: Effort = USUAL, *, dual: Certificate | None = None) -> GainCurve:
    """
    The curve for p = 1 … `most` sites, each costing one; `dual` is a certificate over the same rows to begin with.

    Raises
    ------
    SitingInputError
        Sites have costs, or `most` is not positive.
    """
    began = time.perf_counter()
    if not (question.sites.cost[question.choosable] == 1).all() or most < 1:
        raise SitingInputError("A gain curve counts sites: give no costs, and ask for one site or more.")
    forced = float(question.sites.cost[question.sites.forced].sum())
    most = min(most, len(question.choosable))
    work = covering.begin_work(question.with_budget(forced + most), effort, dual=dual)
    small = work.small
    everyone = float(small.people.sum())
    gained, upper = np.zeros(most), np.full(most, everyone)
    if work.score.any():
        _lower(upper, work.u, work.score, everyone)
    order, in_order = _greedy_order(work, most)
    _raise(gained, in_order)
    for p in _anchors(most):
        if time.perf_counter() - began > effort.seconds or small.lists.site_count == 0:
            break
        covering.restart(work, float(p), order[:p])
        for _ in range(BLOCKS):
            covering.advance(work)
            _lower(upper, work.u, work.score, everyone)
            if work.upper - work.lower < 0.002 * work.lower:
                break
        _raise(gained, _values_in_order(work, most))
    upper = np.maximum(np.minimum(upper, everyone), gained)
    return GainCurve(
        gained=gained,
        upper=upper,
        order=small.site[order],
        gained_in_order=in_order,
        knee=_knee(gained),
        seconds=time.perf_counter() - began,
    )


def _anchors(most: int) -> list[int]:
    """Numbers of sites worked at: each half as many again as the one before."""
    anchors = [most]
    while anchors[-1] > 1:
        anchors.append(min(anchors[-1] - 1, int(anchors[-1] / 1.5)))
    return anchors[::-1]


def _greedy_order(work: covering.Work, most: int) -> tuple[Longs, Floats]:
    lists = work.lists
    count = np.zeros(lists.row_count, np.int32)
    chosen, gained = np.empty(lists.site_count, np.int32), np.empty(lists.site_count)
    taken = kernels.greedy(lists.sites, work.small.people, work.small.cost, float(most), 0.0, count, chosen, gained)
    total = np.cumsum(gained[:taken])
    last = float(total[-1]) if taken else 0.0
    return chosen[:taken].astype(np.int64), np.concatenate([total, np.full(most - taken, last)])


def _values_in_order(work: covering.Work, most: int) -> Floats:
    """What the best answer's sites come to, opened one after another by gain, and others greedily after them."""
    order = list(work.best)
    missing = work.small.people.copy()
    values: list[float] = []
    total = 0.0
    while order:
        gains = [float(missing[work.lists.rows_of(site)].sum()) for site in order]
        best = int(np.argmax(gains))
        total += gains[best]
        missing[work.lists.rows_of(order.pop(best))] = 0.0
        values.append(total)
    values = values[:most]
    return np.concatenate([values, np.full(most - len(values), values[-1] if values else 0.0)])


def _raise(gained: Floats, values: Floats) -> None:
    np.maximum(gained, values, out=gained)


def _lower(upper: Floats, u: Floats, score: Floats, everyone: float) -> None:
    """Take the bounds of one dual for every p."""
    best = np.cumsum(np.sort(score)[::-1])[: len(upper)]
    best = np.concatenate([best, np.full(len(upper) - len(best), best[-1] if len(best) else 0.0)])
    np.minimum(upper, everyone - float(u.sum()) + best, out=upper)


def _knee(gained: Floats) -> int:
    """The p farthest above the straight line from the origin to the end (Satopää and others 2011)."""
    share = np.arange(1, len(gained) + 1) / len(gained)
    return int(np.argmax(gained / max(float(gained[-1]), 1e-9) - share)) + 1
