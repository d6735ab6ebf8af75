"""
Gaps: patches of neighbouring cells whose people are out of reach, ranked by how many they are.

A patch never crosses a street's (镇街) border, because someone must be responsible for it, and a patch larger than a
station could serve is divided along the parents of its cells, so that every gap on the list is a place to act on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.cells import parents, resolutions
from geo.types import UNREACHED, Bools, Box, Cells, Floats, Ints, Longs, LonLat

if TYPE_CHECKING:
    from geo.coverage.field import CellCoverage
    from geo.coverage.grid import CellGrid

COVERED_ENOUGH_SHARE = 0.5
"""A cell with more than this share of its streets within reach is not part of a gap; what is left of it still counts
among the people outside."""

LEAST_PEOPLE = 1.0
"""A patch with fewer people than this is not worth a line."""

DIVIDE_STEPS = 3
"""Patches are divided along cells this many resolutions coarser: 343 cells, 5 km² at resolution 10."""

DIVIDE_ABOVE_CELLS = 7**DIVIDE_STEPS // 2
"""Patches of more cells than this are divided."""


CANDIDATES = 32
"""How many cells of a patch are tried for its suggested point."""


@dataclass(frozen=True, slots=True)
class Gap:
    """
    A patch of neighbouring cells whose people are out of reach.

    `people` are those outside, not all who live there. `members` are positions in the grid. `district` and `street`
    are rows of the areas, -1 for none. `suggested` is a point on a street, the one with the least way to the patch's
    people; `nearest` and `time_ds` are the nearest facility from there (-1 and `UNREACHED` where none can be
    reached).
    """

    stable_id: str
    rank: int
    people: float
    members: Longs
    district: int
    street: int
    suggested: LonLat | None
    nearest: int
    time_ds: int
    box: Box


@dataclass(frozen=True, slots=True)
class GapList:
    """The gaps of a city, those with most people first; `count` and `people` are of all, `listed` may be fewer."""

    listed: list[Gap]
    count: int
    people: float


def find_gaps(
    grid: CellGrid,
    coverage: CellCoverage,
    left_out: Floats,
    *,
    borders: Borders,
    district: Ints,
    street: Ints,
    limit: int | None = None,
) -> GapList:
    """
    List the gaps of a city, those with most people first, and no more than `limit`.

    Parameters
    ----------
    left_out
        People outside the limit in every cell of the grid.
    borders
        Which cells of the grid touch within one area.
    district, street
        Area row of every cell, -1 for none.
    """
    uncovered = (left_out > 0) & (coverage.share <= COVERED_ENOUGH_SHARE)
    members = np.flatnonzero(uncovered)
    patch = patches(borders, uncovered)[members]
    people_of_patch = np.bincount(patch, weights=left_out[members]) if len(patch) else np.zeros(0)
    by_patch = np.argsort(patch, kind="stable")
    bounds = np.searchsorted(patch[by_patch], np.arange(len(people_of_patch) + 1))
    ids = np.flatnonzero(people_of_patch >= LEAST_PEOPLE)
    # ties in people go to the patch with the smallest cell, so that the order never depends on chance
    ranked = ids[np.lexsort((ids, -people_of_patch[ids]))][:limit]
    listed = [
        _describe(grid, coverage, left_out, members[by_patch[bounds[one] : bounds[one + 1]]], rank, district, street)
        for rank, one in enumerate(ranked.tolist(), 1)
    ]
    return GapList(listed, len(ids), float(people_of_patch[ids].sum()))


@dataclass(frozen=True, slots=True)
class Borders:
    """
    Which cells of a grid touch within one area, each pair once: `inner` within one parent cell, `outer` across parents.

    Rows are (larger position, smaller position). They do not depend on a question, so they are drawn once per grid.
    """

    inner: Longs
    outer: Longs

    @classmethod
    def of_grid(cls, cells: Cells, around: Ints, district: Ints, street: Ints) -> Borders:
        """Draw the borders of sorted cells; `around` as in `CellGrid`, `district` and `street` their areas."""
        smaller, side = np.nonzero(around > np.arange(len(cells))[:, None])
        larger = np.asarray(around)[smaller, side].astype(np.int64)
        together = (district[larger] == district[smaller]) & (street[larger] == street[smaller])
        larger, smaller = larger[together], smaller[together]
        coarser = max(int(resolutions(cells[:1]).max(initial=0)) - DIVIDE_STEPS, 0)
        above = parents(cells, coarser)
        same_parent = above[larger] == above[smaller]
        pairs = np.stack([larger, smaller], axis=1)
        return cls(pairs[same_parent], pairs[~same_parent])


def patches(borders: Borders, chosen: Bools) -> Longs:
    """
    Number the patches of chosen cells that touch one another within one area; -1 for cells not chosen.

    Patches are numbered by their smallest cell. A patch of more than `DIVIDE_ABOVE_CELLS` is divided along the
    parents of its cells.
    """
    divided = unite(np.arange(len(chosen)), borders.inner, chosen)
    label = unite(divided, borders.outer, chosen)
    too_large = np.bincount(label, minlength=len(chosen))[label] > DIVIDE_ABOVE_CELLS
    label = np.where(too_large, divided, label)
    is_smallest = chosen & (label == np.arange(len(chosen)))
    number_of_smallest = np.cumsum(is_smallest) - 1
    return np.where(chosen, number_of_smallest[label], -1)


def unite(label: Longs, pairs: Longs, chosen: Bools) -> Longs:
    """
    Label every cell with the smallest position it hangs together with, by pairs of which both are chosen.

    `label` says what hangs together already: each cell's label is its group's smallest position. In every round the
    root of one end is hung below the smaller root of the other, and all cells follow to their new root; pairs that
    have met drop out, so that the rounds shrink quickly however winding the patch.
    """
    both = chosen[pairs[:, 0]] & chosen[pairs[:, 1]]
    one, other = pairs[both, 0], pairs[both, 1]
    label = label.copy()
    while True:
        root, other_root = label[one], label[other]
        apart = root != other_root
        if not apart.any():
            return label
        one, other = one[apart], other[apart]
        label[np.maximum(root, other_root)[apart]] = np.minimum(root, other_root)[apart]
        follow = label[label]
        while not np.array_equal(follow, label):
            label, follow = follow, follow[follow]


def gap_id(cells: Cells) -> str:
    """Name of a patch, made from its cells: the same cells have the same name in every run."""
    digest = hashlib.sha256(np.sort(cells).astype(">u8").tobytes()).hexdigest()
    return f"g{digest[:12]}"


def _describe(
    grid: CellGrid, coverage: CellCoverage, left_out: Floats, members: Longs, rank: int, district: Ints, street: Ints
) -> Gap:
    lon, lat = grid.lon[members], grid.lat[members]
    place = _best_place(grid, members, left_out[members])
    reached = place is not None and int(coverage.time_ds[place]) != UNREACHED
    return Gap(
        stable_id=gap_id(grid.cells[members]),
        rank=rank,
        people=float(left_out[members].sum()),
        members=members,
        district=int(district[members[0]]),
        street=int(street[members[0]]),
        suggested=None if place is None else LonLat(float(grid.centre.lon[place]), float(grid.centre.lat[place])),
        nearest=int(coverage.facility[place]) if place is not None and reached else -1,
        time_ds=int(coverage.time_ds[place]) if place is not None and reached else UNREACHED,
        box=Box(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())),
    )


def _best_place(grid: CellGrid, members: Longs, people: Floats) -> int | None:
    """
    The cell on a street with the least summed distance to the patch's people: their median, not their middle.

    Looked for among the `CANDIDATES` cells nearest to the middle: the median of a patch the size of a station's reach
    is there, and looking at all costs the square of its cells.
    """
    on_street = members[grid.centre.edge[members] >= 0]
    if on_street.size == 0:
        return None
    squeeze = np.cos(np.radians(grid.lat[members[0]]))
    x, y = grid.lon[members] * squeeze, grid.lat[members]
    street_x, street_y = grid.centre.lon[on_street] * squeeze, grid.centre.lat[on_street]
    weight = people / people.sum()
    from_middle = np.hypot(street_x - weight @ x, street_y - weight @ y)
    near = np.sort(np.argsort(from_middle, kind="stable")[:CANDIDATES])
    away = np.hypot(street_x[near][:, None] - x[None, :], street_y[near][:, None] - y[None, :])
    return int(on_street[near[np.argmin(away @ weight)]])
