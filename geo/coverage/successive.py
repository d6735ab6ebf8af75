"""
Many sets of stations one after another: what is within reach of each, for little more than what differs between them.

The hours of a week know a few dozen sets of open stations, and neighbouring hours differ in some of them only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.coverage.field import share_of_streets
from geo.streets.search import Field, Targets, covered_length_m, field, point_times
from geo.types import UNREACHED, Bools, Floats, Longs

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph


def shares_of_sets(
    grid: CellGrid,
    graph: StreetGraph,
    targets: Targets,
    limit_ds: int,
    sets: NDArray[np.bool_],
    wanted: Bools,
) -> Iterator[tuple[int, Floats]]:
    """
    Share (0 to 1) of every cell's streets within the limit, for each of many sets of eligible facilities.

    `sets` has a row per set and a column per facility, `wanted` marks the cells whose share is asked for; the others
    have 0. Yields the row of a set with its shares, to the bit those of `cell_coverage`, in an order of its own: like
    sets follow one another, so that only the streets between them are measured anew.
    """
    edges, centres = graph.edges, np.flatnonzero(wanted & (grid.street_m <= 0))
    points = grid.centre.take(centres.astype(np.int32))
    wanted_piece = wanted[grid.piece_cell]
    covered_m = np.zeros(len(grid.piece_edge))
    before_ds, before = np.full(graph.node_count, UNREACHED, np.int32), np.zeros(targets.count, np.bool_)
    for row in by_likeness(sets):
        eligible = sets[row]
        # nothing beyond the limit is asked for, so that nothing beyond it is searched
        travel = field(graph, targets, eligible, limit_ds)

        moved = travel.time_ds != before_ds
        changed = moved[edges.tail] | moved[edges.head]
        changed[targets.edge_edge[(eligible != before)[targets.edge_facility]]] = True
        pieces = np.flatnonzero(changed[grid.piece_edge] & wanted_piece)
        covered_m[pieces] = _covered_m(grid, graph, targets, travel, limit_ds, pieces, eligible)
        before_ds, before = travel.time_ds, eligible

        share = share_of_streets(grid, covered_m)
        share[centres] = point_times(graph, targets, travel, points, eligible)[0] <= limit_ds
        yield row, share


def by_likeness(sets: NDArray[np.bool_]) -> list[int]:
    """Rows in an order in which each is the most like the one before, the fullest first; ties go to the first."""
    if not len(sets):
        return []
    # packed, a thousand facilities are compared in a microsecond, and no matrix library wakes its threads
    packed = np.packbits(sets, axis=1)
    left = np.ones(len(sets), np.bool_)
    order = [int(sets.sum(axis=1).argmax())]
    left[order[0]] = False
    while left.any():
        differing = np.bitwise_count(packed ^ packed[order[-1]]).sum(axis=1, dtype=np.float64)
        order.append(int(np.where(left, differing, np.inf).argmin()))
        left[order[-1]] = False
    return order


def _covered_m(
    grid: CellGrid,
    graph: StreetGraph,
    targets: Targets,
    travel: Field,
    limit_ds: int,
    pieces: Longs,
    eligible: Bools,
) -> Floats:
    """Metres within the limit of some pieces of a grid."""
    some = grid.piece_edge[pieces], grid.piece_from[pieces], grid.piece_to[pieces]
    return covered_length_m(graph, targets, travel, limit_ds, *some, eligible)
