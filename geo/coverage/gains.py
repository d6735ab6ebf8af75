"""People of a grid's cells along the streets, as `geo.streets.gains` asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.streets.gains import Crowd
from geo.types import Floats

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph


def crowd_on(grid: CellGrid, graph: StreetGraph, people: Floats) -> Crowd:
    """
    Spread the people of every cell evenly over its streets; those of a cell without streets stand at its centre.

    As `cell_coverage` judges them. `people` are those of each cell who can be counted as covered: none where the cell
    lies outside the city or off the network.
    """
    has_street = grid.street_m > 0
    per_m = np.where(has_street, people, 0.0) / np.where(has_street, grid.street_m, 1.0)
    at_centre = np.flatnonzero(~has_street & (people > 0)).astype(np.int32)
    return Crowd.along(
        graph,
        (grid.piece_edge, grid.piece_from, grid.piece_to),
        per_m[grid.piece_cell] * grid.piece_m,
        grid.centre.take(at_centre),
        people[at_centre],
    )
