"""
Longer hours or a new door, out of one budget.

Rows become pairs of a place and an hour slot, with the people there at that hour; a *way* is a site with the slots it
would be open and what that costs: a new station with its hours, or a standing one staying open longer. With hours that
contain one another nobody gains from two ways at one place, so maximal covering with costs answers the question as it
is (formulation and reductions of `covering` and `reduce`); what stands covers its own slots already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.siting import kernels
from geo.siting.cover import CoverLists
from geo.siting.problem import Question, Sites, SitingInputError, checked_people
from geo.types import Bools, Floats, Ints, Longs


@dataclass(frozen=True, eq=False)
class Ways:
    """
    Ways to spend money on hours: way `k` opens site `site[k]` during `is_open[k]` (bool[ways, slots]) for `cost[k]`.

    A way at a standing site adds hours to those it has.
    """

    site: Longs
    is_open: NDArray[np.bool_]
    cost: Floats


def question_of_hours(
    lists: CoverLists,
    people: NDArray[np.float64],
    ways: Ways,
    *,
    standing: Longs,
    standing_open: NDArray[np.bool_],
    budget: float,
    label_names: tuple[str, ...] = (),
) -> Question:
    """
    A covering question over places and hour slots.

    `people` is float64[rows, slots], who is there at what hour; `standing_open` is bool[standing, slots]. In the
    answer, site `k` is way `k`, and sites from `len(ways.site)` on are the standing stations with their present hours.
    Labels of the rows are the slots.

    Raises
    ------
    SitingInputError
        Shapes do not fit one another, or what `Sites.of` and `Question.of` refuse.
    """
    rows, slots = people.shape
    if rows != lists.row_count or ways.is_open.shape != (len(ways.site), slots):
        raise SitingInputError(
            f"People of {rows} rows and {slots} slots do not fit {lists.row_count} rows of the lists and ways of "
            f"{ways.is_open.shape[-1]} slots."
        )
    if standing_open.shape != (len(standing), slots):
        raise SitingInputError(f"Give the hours of all {len(standing)} standing stations over {slots} slots.")
    site = np.concatenate([ways.site, np.asarray(standing, np.int64)])
    is_open = np.concatenate([ways.is_open, standing_open])
    spread = _over_slots(lists, site, is_open)
    cost = np.concatenate([ways.cost, np.zeros(len(standing))])
    sites = Sites.of(len(site), cost=cost, standing=len(ways.site) + np.arange(len(standing)))
    return Question.of(
        spread,
        checked_people(people.ravel(), rows * slots),
        sites=sites,
        budget=budget,
        label=np.tile(np.arange(slots, dtype=np.int32), rows),
        label_names=label_names,
    )


def over_layers(layers: list[tuple[Floats, float]], names: tuple[str, ...]) -> tuple[Floats, Ints, tuple[str, ...]]:
    """
    Several demand layers over the same rows, each with a weight: people, labels and names for lists `stacked` as often.

    Rows of layer `l` are numbered from `l` times the number of rows on.
    """
    people = np.concatenate([column * weight for column, weight in layers])
    label = np.repeat(np.arange(len(layers), dtype=np.int32), [len(column) for column, _ in layers])
    return people, label, names


def stacked(lists: CoverLists, times: int) -> CoverLists:
    """The same lists over several copies of the rows, one copy for each demand layer."""
    sizes = np.diff(lists.site_start)
    start = np.concatenate(([0], np.cumsum(sizes * times)))
    row = np.empty(start[-1], np.int32)
    for copy in range(times):
        at = np.repeat(start[:-1] + copy * sizes - lists.site_start[:-1], sizes) + np.arange(len(lists.site_row))
        row[at] = lists.site_row + copy * lists.row_count
    return CoverLists.of(start, row, lists.row_count * times)


def _over_slots(lists: CoverLists, site: Longs, is_open: NDArray[np.bool_]) -> CoverLists:
    """Lists of ways over pairs of a row and a slot, numbered row by row."""
    slots = is_open.shape[1]
    start = np.empty(len(site) + 1, np.int64)
    everyone = np.arange(lists.row_count, dtype=np.int32)
    kernels.count_kept(lists.sites, site, everyone, start)
    row = np.empty(start[-1], np.int32)
    kernels.keep(lists.sites, site, everyone, start, row)
    way = np.repeat(np.arange(len(site)), np.diff(start))
    open_then: Bools = is_open[way]
    number = row.astype(np.int64)[:, None] * slots + np.arange(slots)
    sizes = open_then.sum(axis=1)
    own = np.concatenate(([0], np.cumsum(sizes)))[start]
    return CoverLists.of(own, number[open_then], lists.row_count * slots)
