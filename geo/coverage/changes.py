"""
Which cells a change of the street field can reach, and those cells judged anew: what a station more or fewer costs is
its own surroundings, not the city.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geo.coverage.field import CellCoverage, cell_coverage
from geo.types import Bools, Ints, Longs

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph
    from geo.streets.search import Field, Targets


@dataclass(frozen=True, slots=True)
class Lists:
    """Many short lists in one column: list i is `values[start[i]:start[i + 1]]`."""

    start: Longs
    values: Longs

    @classmethod
    def of(cls, owner: Ints, count: int) -> Lists:
        """For each of `count` owners, the places in `owner` that name it, ascending; -1 names nobody."""
        order = np.argsort(owner, kind="stable")
        return cls(np.searchsorted(owner[order], np.arange(count + 1)).astype(np.int64), order.astype(np.int64))

    def join(self, rows: Longs) -> tuple[Longs, Longs]:
        """The lists of some rows one after another, and for every value the place in `rows` it came from."""
        length = self.start[rows + 1] - self.start[rows]
        whose = np.repeat(np.arange(len(rows)), length)
        before = np.cumsum(length) - length
        return self.values[np.arange(len(whose)) + (self.start[rows] - before)[whose]], whose


@dataclass(frozen=True, slots=True)
class CellLinks:
    """
    What hangs together between the nodes of a street network and the cells of a grid over it.

    Edges by node, pieces of street by edge and by cell, and the cells whose centre joins an edge. Made once per grid.
    """

    edges_of_node: Lists
    pieces_of_edge: Lists
    pieces_of_cell: Lists
    centres_of_edge: Lists

    @classmethod
    def of_grid(cls, graph: StreetGraph, grid: CellGrid) -> CellLinks:
        """Draw the links of a grid."""
        ends = np.concatenate([graph.edges.tail, graph.edges.head])
        at_node = Lists.of(ends, graph.node_count)
        return cls(
            edges_of_node=Lists(at_node.start, at_node.values % graph.edge_count),
            pieces_of_edge=Lists.of(grid.piece_edge, graph.edge_count),
            pieces_of_cell=Lists.of(grid.piece_cell, len(grid)),
            centres_of_edge=Lists.of(grid.centre.edge, graph.edge_count),
        )

    def edges_around(self, nodes: Ints, edges: Ints) -> Longs:
        """The edges (ascending, each once) that end at some nodes, and some others."""
        leading_there, _ = self.edges_of_node.join(nodes.astype(np.int64))
        return np.unique(np.concatenate([leading_there, edges.astype(np.int64)]))

    def cells_around(self, grid: CellGrid, nodes: Ints, edges: Ints) -> Longs:
        """
        The cells (ascending) that can look different when the field has changed at some nodes and facilities have come
        to or gone from some edges: those with a piece of a touched edge, or whose centre joins one.
        """
        touched = self.edges_around(nodes, edges)
        pieces, _ = self.pieces_of_edge.join(touched)
        centres, _ = self.centres_of_edge.join(touched)
        return np.unique(np.concatenate([grid.piece_cell[pieces].astype(np.int64), centres]))

    def part_of(self, grid: CellGrid, cells: Longs) -> CellGrid:
        """A grid of some cells of another with all their pieces in the same order; neighbours are not kept."""
        pieces, whose = self.pieces_of_cell.join(cells)
        return replace(
            grid,
            cells=grid.cells[cells],
            lon=grid.lon[cells],
            lat=grid.lat[cells],
            area_km2=grid.area_km2[cells],
            street_m=grid.street_m[cells],
            around=np.full((len(cells), 6), -1, np.int32),
            centre=grid.centre.take(cells.astype(np.int32)),
            piece_cell=whose.astype(np.int32),
            piece_edge=grid.piece_edge[pieces],
            piece_from=grid.piece_from[pieces],
            piece_to=grid.piece_to[pieces],
            piece_m=grid.piece_m[pieces],
        )


def recovered(
    grid: CellGrid,
    links: CellLinks,
    before: CellCoverage,
    cells: Longs,
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limit_ds: int,
    *,
    eligible: Bools | None = None,
    outside_area: Bools,
) -> CellCoverage:
    """
    Judge some cells anew and take the others over: to the bit what `cell_coverage` says of the whole grid, as long as
    `cells` holds all that can have changed.
    """
    anew = cell_coverage(
        links.part_of(grid, cells),
        graph,
        targets,
        field,
        limit_ds,
        eligible=eligible,
        outside_area=outside_area[cells],
    )
    columns = {}
    for name in CellCoverage.__dataclass_fields__:
        columns[name] = getattr(before, name).copy()
        columns[name][cells] = getattr(anew, name)
    return CellCoverage(**columns)


def changed_cells(before: CellCoverage, after: CellCoverage) -> Longs:
    """The cells (ascending) whose minutes, nearest facility, share or state are no longer the same."""
    differs = np.zeros(len(before.share), np.bool_)
    for name in CellCoverage.__dataclass_fields__:
        differs |= getattr(before, name) != getattr(after, name)
    return np.flatnonzero(differs)
