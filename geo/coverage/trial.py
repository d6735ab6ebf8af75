"""
What one station more would bring, place after place: the people within reach of it and of no other so far.

People covered are a sum over pieces of street, each with people per metre, so that a place costs the streets it
changes. `geo.services.what_if` gives the whole answer with tables; this is for trying thousands of places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.coverage.changes import CellLinks
from geo.streets.incremental import add_newcomer, undo
from geo.streets.search import Field, Targets, covered_length_m, field, point_times
from geo.types import Bools, Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph
    from geo.streets.snap import Snaps


@dataclass(frozen=True, eq=False)
class Trials:
    """
    A city in which places for one station more are tried, one at a time: make one for every thread.

    `standing` are the stations that count and `live` their field within the limit, which every trial changes and puts
    back. `people_per_m` and `covered_m` are columns of the grid's pieces; `centre_people` counts those who live where
    there is no street and are judged by their cell's centre, `centre_in` says who of them is within reach.
    """

    graph: StreetGraph
    grid: CellGrid
    links: CellLinks
    standing: Targets
    live: Field
    limit_ds: int
    overhead_ds: int
    people_per_m: Floats
    covered_m: Floats
    centre_people: Floats
    centre_in: Bools

    @classmethod
    def within(
        cls,
        graph: StreetGraph,
        grid: CellGrid,
        links: CellLinks,
        targets: Targets,
        limit_ds: int,
        people: Floats,
        *,
        eligible: Bools | None = None,
        overhead_ds: int = 0,
    ) -> Trials:
        """
        Prepare trials within a limit.

        `people` are those of each cell who can be counted as covered: none where the cell lies outside the city or off
        the network. `overhead_ds` is what arriving at a new station costs, as in `Targets.join`.
        """
        travel = field(graph, targets, eligible, limit_ds)
        pieces = grid.piece_edge, grid.piece_from, grid.piece_to
        has_street = grid.street_m > 0
        per_m = np.where(has_street, people, 0.0) / np.where(has_street, grid.street_m, 1.0)
        return cls(
            graph=graph,
            grid=grid,
            links=links,
            standing=_only(targets, eligible),
            live=travel,
            limit_ds=limit_ds,
            overhead_ds=overhead_ds,
            people_per_m=per_m[grid.piece_cell],
            covered_m=covered_length_m(graph, targets, travel, limit_ds, *pieces, eligible),
            centre_people=np.where(has_street, 0.0, people),
            centre_in=point_times(graph, targets, travel, grid.centre, eligible)[0] <= limit_ds,
        )

    def gain(self, place: Snaps) -> float:
        """People whom a station at a place (the first row of `place`) would bring within the limit."""
        if len(place) == 0 or place.edge[0] < 0:
            return 0.0
        number = self.standing.count
        change = add_newcomer(self.graph, self.live, number, place, self.overhead_ds, self.limit_ds)
        try:
            return self._gain_around(change.node, _with(self.standing, place, self.overhead_ds))
        finally:
            undo(self.live, change)

    def _gain_around(self, nodes: Ints, targets: Targets) -> float:
        """What has changed along the edges of some nodes and along the newcomer's own."""
        edges = self.links.edges_around(nodes, targets.edge_edge[targets.edge_facility == targets.count - 1])
        pieces, _ = self.links.pieces_of_edge.join(edges)
        columns = self.grid.piece_edge[pieces], self.grid.piece_from[pieces], self.grid.piece_to[pieces]
        covered_m = covered_length_m(self.graph, targets, self.live, self.limit_ds, *columns)
        along = float((covered_m - self.covered_m[pieces]) @ self.people_per_m[pieces])
        return along + self._gain_of_centres(edges, targets)

    def _gain_of_centres(self, edges: Longs, targets: Targets) -> float:
        cells, _ = self.links.centres_of_edge.join(edges)
        cells = cells[(self.centre_people[cells] > 0) & ~self.centre_in[cells]]
        if cells.size == 0:
            return 0.0
        points = self.grid.centre.take(cells.astype(np.int32))
        reached = point_times(self.graph, targets, self.live, points)[0] <= self.limit_ds
        return float(self.centre_people[cells[reached]].sum())


def _only(targets: Targets, eligible: Bools | None) -> Targets:
    """The facilities that count, for what is read along edges; seeds are left as they are."""
    if eligible is None:
        return targets
    stays = eligible[targets.edge_facility]
    return replace(
        targets,
        edge_edge=targets.edge_edge[stays],
        edge_fraction=targets.edge_fraction[stays],
        edge_extra_ds=targets.edge_extra_ds[stays],
        edge_facility=targets.edge_facility[stays],
    )


def _with(targets: Targets, place: Snaps, overhead_ds: int) -> Targets:
    """The facilities with one more, for what is read along edges."""
    at = int(np.searchsorted(targets.edge_edge, place.edge[0], side="right"))

    def inserted(column: NDArray[Any], value: float) -> NDArray[Any]:
        return np.concatenate([column[:at], np.array([value], column.dtype), column[at:]])

    return replace(
        targets,
        count=targets.count + 1,
        edge_edge=inserted(targets.edge_edge, place.edge[0]),
        edge_fraction=inserted(targets.edge_fraction, place.fraction[0]),
        edge_extra_ds=inserted(targets.edge_extra_ds, place.access_ds[0] + overhead_ds),
        edge_facility=inserted(targets.edge_facility, targets.count),
        most_on_one_edge=targets.most_on_one_edge + 1,
    )
