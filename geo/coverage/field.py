"""From a field of travel times to cells: minutes at the centre, the share of streets within reach, and a state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.streets.search import covered_length_m, point_times
from geo.types import UNREACHED, Bools, Bytes, Floats, Ints

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph
    from geo.streets.search import Field, Targets

WHOLE_SHARE = 1 - 1e-9
"""Share of a cell's streets from which on all of it counts as within reach; less is the rounding of sums."""


class CellState(IntEnum):
    """How a cell stands to the limit asked for; the names in lower case are the codes on the wire."""

    COVERED = 0
    PARTLY = 1
    OUTSIDE = 2
    OFF_NETWORK = 3
    OUTSIDE_AREA = 4

    @property
    def code(self) -> str:
        """The code of the state in the database and on the wire."""
        return self.name.lower()


STATE_CODES = tuple(state.code for state in CellState)

STATE_REASONS: dict[CellState, tuple[str, str]] = {
    CellState.COVERED: ("所有街道都在时限内", "every street is within the limit"),
    CellState.PARTLY: ("部分街道在时限内", "some of its streets are within the limit"),
    CellState.OUTSIDE: ("没有街道在时限内", "no street is within the limit"),
    CellState.OFF_NETWORK: (
        "附近没有可通行的街道，无法计算时间",
        "no permitted street within the snapping limit, so there is no travel time",
    ),
    CellState.OUTSIDE_AREA: ("在城市行政区划之外", "outside the administrative areas of the city"),
}
"""Why a cell is in its state, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class CellCoverage:
    """
    What one question means for every cell of a grid, in grid order.

    `time_ds` is the travel time (in deciseconds) from the cell's centre to the nearest eligible facility, `UNREACHED`
    for none; it is for colours and lists. `share` (0 to 1) of the cell's streets is within the limit; it is for sums.
    """

    time_ds: Ints
    facility: Ints
    share: Floats
    state: Bytes


def cell_coverage(
    grid: CellGrid,
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limit_ds: int,
    *,
    eligible: Bools | None = None,
    outside_area: Bools | None = None,
) -> CellCoverage:
    """
    Judge every cell of a grid by a field of travel times.

    The share is exact along partial edges. A cell without streets where people are counted nevertheless is judged by
    its centre: all of it or none, and off the network where no permitted street is within the snapping limit.
    """
    time_ds, facility = point_times(graph, targets, field, grid.centre, eligible)
    share = street_share(grid, graph, targets, field, limit_ds, eligible=eligible)
    share = np.where(grid.street_m > 0, share, (time_ds <= limit_ds).astype(np.float64))
    return CellCoverage(time_ds, facility, share, cell_states(share, grid.off_network, outside_area))


def street_share(
    grid: CellGrid,
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limit_ds: int,
    *,
    eligible: Bools | None = None,
) -> Floats:
    """Share (0 to 1) of every cell's street length from which the limit is kept; 0 for a cell without streets."""
    covered_m = covered_length_m(
        graph, targets, field, limit_ds, grid.piece_edge, grid.piece_from, grid.piece_to, eligible
    )
    return share_of_streets(grid, covered_m)


def share_of_streets(grid: CellGrid, covered_m: Floats) -> Floats:
    """Share (0 to 1) of every cell's street length, from the metres that count of each of its pieces."""
    by_cell = np.bincount(grid.piece_cell, weights=covered_m, minlength=len(grid))
    share = by_cell / np.where(grid.street_m > 0, grid.street_m, 1.0)
    return np.where(share >= WHOLE_SHARE, 1.0, share)


def cell_states(share: Floats, off_network: Bools, outside_area: Bools | None) -> Bytes:
    """State of every cell; being outside the study area goes before being off the network."""
    state = np.where(share >= 1.0, CellState.COVERED, np.where(share > 0.0, CellState.PARTLY, CellState.OUTSIDE))
    state = np.where(off_network, CellState.OFF_NETWORK, state)
    if outside_area is not None:
        state = np.where(outside_area, CellState.OUTSIDE_AREA, state)
    return state.astype(np.uint8)


def people_by_fate(people: Floats, share: Floats, off_network: Bools, outside_area: Bools) -> NDArray[np.float64]:
    """
    What becomes of groups of people: covered, outside, off the network, outside the area, float64[n, 4].

    `share` of each group's streets is within the limit. Each row sums to the group; being outside the study area goes
    before being off the network.
    """
    counted = ~(off_network | outside_area)
    covered = np.where(counted, people * share, 0.0)
    fates = np.empty((len(people), 4))
    fates[:, 0] = covered
    fates[:, 1] = np.where(counted, people - covered, 0.0)
    fates[:, 2] = np.where(off_network & ~outside_area, people, 0.0)
    fates[:, 3] = np.where(outside_area, people, 0.0)
    return fates


def minutes_of(time_ds: Ints) -> Floats:
    """Travel times in minutes, NaN for what cannot be reached."""
    return np.where(time_ds == UNREACHED, np.nan, time_ds / 600.0)
