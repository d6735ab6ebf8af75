"""
Cover lists from a street network, by the travel time that coverage uses.

Coverage counts the share of every cell's streets within the limit (`geo.coverage.field`), and a share is no yes or no.
But a *part* of a street is: what several facilities reach is the union of what each reaches, to the metre, because a
field is the least of its facilities' times. So streets are cut wherever the reach of some site begins or ends, every
part is a row with the people who live along it, and a choice of sites covers exactly what the coverage field with these
sites counts. Rows seen by the same sites are merged before anything is solved, so that the cuts cost little.

The cuts grow with the number of sites. For tens of thousands of candidates (street nodes where no host is known)
`lists_of_points` judges given points instead, such as the centres of cells; an answer for these is recounted at the
same points, and along the streets it is another figure, which the caller has to show as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.siting import kernels
from geo.siting.cover import CoverLists
from geo.siting.problem import SitingInputError
from geo.streets.search import Targets, node_reach_lists, reach_lists
from geo.types import Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph
    from geo.streets.snap import Snaps

MOST_PAIRS = 200_000_000
"""The most pairs of a site and a row: 2.4 GB with times, both ways."""


class OffNetworkSiteError(SitingInputError):
    """A site has no permitted street near, so that nobody could reach it."""

    def __init__(self, sites: Longs) -> None:
        named = ", ".join(str(site) for site in sites[:5].tolist())
        super().__init__(
            f"{len(sites)} sites are off the street network (site {named}): correct their positions or leave them out."
        )
        self.sites = sites


@dataclass(frozen=True, eq=False)
class StreetRows:
    """
    Parts of streets as rows of demand, and who reaches which.

    Row `i` is a part of cell `cell[i]` (a position in the grid): edge `edge[i]` from fraction `start[i]` to `end[i]`,
    or the cell's centre where the cell has no street (`edge` -1). Rows keep the order of the streets in memory, so that
    neighbours are near one another. `lists` has no times: a part is within the limit or not.
    """

    lists: CoverLists
    people: Floats
    cell: Ints
    edge: Ints
    start: Floats
    end: Floats


def street_rows(
    graph: StreetGraph,
    grid: CellGrid,
    people: Floats,
    sites: Snaps,
    limit_ds: int,
    *,
    overhead_ds: int = 0,
    most_pairs: int = MOST_PAIRS,
) -> StreetRows:
    """
    Cut the inhabited streets at the limits of all sites, and list which site reaches which part.

    `people` are those of each cell of the grid who can be covered: none where the cell lies outside the city or off
    the network. `sites` are candidates and stations alike; `overhead_ds` is that of `Targets.join`.

    Raises
    ------
    OffNetworkSiteError
        A site has no permitted street within the snapping limit.
    SitingInputError
        Nobody lives in the grid, or there are more than `most_pairs` pairs.
    """
    _require_on_network(sites)
    if not (np.asarray(people) > 0).any():
        raise SitingInputError("There is no demand: nobody lives in the cells. Import a demand source first.")
    targets = Targets.join(graph, sites, overhead_ds)
    spans = _spans(graph, targets, sites, limit_ds, overhead_ds)
    inhabited = np.flatnonzero((people > 0)[grid.piece_cell] & (grid.piece_to > grid.piece_from))
    per_m = people / np.where(grid.street_m > 0, grid.street_m, 1.0)
    piece_people = np.where(grid.street_m > 0, per_m, 0.0)[grid.piece_cell] * grid.piece_m
    pieces = tuple(
        np.ascontiguousarray(column[inhabited])
        for column in (grid.piece_edge, grid.piece_from, grid.piece_to, piece_people)
    )
    nothing = np.empty(0, np.int32), *(np.empty(0) for _ in range(3)), np.empty(0, np.int64), np.empty(0, np.int32)
    rows, pairs = kernels.cut_rows(pieces, spans, GRAINS_PER_PERSON, *nothing)
    if pairs > most_pairs:
        raise SitingInputError(
            f"{pairs:,} pairs of a site and a part of a street lie within the limit, more than {most_pairs:,}; "
            "ask for fewer candidates or less time."
        )
    piece, site = np.empty(rows, np.int32), np.empty(pairs, np.int32)
    start, end, whom = (np.empty(rows) for _ in range(3))
    row_start = np.empty(rows + 1, np.int64)
    kernels.cut_rows(pieces, spans, GRAINS_PER_PERSON, piece, start, end, whom, row_start, site)
    own = inhabited[piece]

    # people where there is no street stand at the centre of their cell
    centres = np.flatnonzero((grid.street_m <= 0) & (people > 0)).astype(np.int32)
    at_centre = reach_lists(graph, targets, grid.centre.take(centres), limit_ds, most_pairs=most_pairs)
    order = np.argsort(at_centre.point, kind="stable")
    sizes = np.bincount(at_centre.point, minlength=len(centres))
    row_start = np.concatenate([row_start, row_start[-1] + np.cumsum(sizes)]).astype(np.int64)
    row_site = np.concatenate([site, at_centre.facility[order]]).astype(np.int32)
    site_start, site_row = np.empty(len(sites) + 1, np.int64), np.empty(len(row_site), np.int32)
    kernels.transpose((row_start, row_site), site_start, site_row)
    nowhere = np.zeros(len(centres))
    return StreetRows(
        lists=CoverLists.of(site_start, site_row, len(row_start) - 1),
        people=np.concatenate([whom, np.rint(people[centres] * GRAINS_PER_PERSON) / GRAINS_PER_PERSON]),
        cell=np.concatenate([grid.piece_cell[own], centres]).astype(np.int32),
        edge=np.concatenate([grid.piece_edge[own], np.full(len(centres), -1)]).astype(np.int32),
        start=np.concatenate([start, nowhere]),
        end=np.concatenate([end, nowhere]),
    )


def lists_of_points(
    graph: StreetGraph,
    points: Snaps,
    sites: Snaps,
    limit_ds: int,
    *,
    overhead_ds: int = 0,
    most_pairs: int = MOST_PAIRS,
) -> CoverLists:
    """
    Which site is reached from which point within the limit, with the times; `geo.streets.search.point_times` agrees.

    Raises
    ------
    OffNetworkSiteError
        A site has no permitted street within the snapping limit.
    geo.streets.search.TooManyPairsError
        There are more than `most_pairs` pairs.
    """
    _require_on_network(sites)
    targets = Targets.join(graph, sites, overhead_ds)
    found = reach_lists(graph, targets, points, limit_ds, most_pairs=most_pairs)
    return CoverLists.of(found.start, found.point, len(points), found.time_ds)


def _require_on_network(sites: Snaps) -> None:
    lost = np.flatnonzero(sites.edge < 0)
    if lost.size:
        raise OffNetworkSiteError(lost)


def _spans(
    graph: StreetGraph, targets: Targets, sites: Snaps, limit_ds: int, overhead_ds: int
) -> tuple[Longs, Ints, Floats, Floats]:
    """What every site reaches of every edge, by edge: start of every edge, site, from, to."""
    edges = graph.edges
    reached = node_reach_lists(graph, targets, limit_ds, most_pairs=MOST_PAIRS)
    number = np.arange(graph.edge_count, dtype=np.int32)
    no_loop = np.flatnonzero(edges.head != edges.tail)
    node = np.concatenate([edges.tail, np.asarray(edges.head)[no_loop]])
    at_edge = np.concatenate([number, number[no_loop]])
    order = np.argsort(node, kind="stable")
    at_start = np.searchsorted(node[order], np.arange(graph.node_count + 1)).astype(np.int64)
    asked = (
        (edges.tail, edges.head, edges.forward_ds, edges.backward_ds),
        (at_start, at_edge[order]),
        (reached.start, reached.point, reached.time_ds),
        (sites.edge, sites.fraction, (sites.access_ds + np.int32(overhead_ds)).astype(np.int32)),
        limit_ds,
    )
    none, nowhere = np.empty(0, np.int32), np.empty(0)
    count = kernels.spans_of_sites(*asked, none, none, nowhere, nowhere)
    site, edge = np.empty(count, np.int32), np.empty(count, np.int32)
    low, high = np.empty(count), np.empty(count)
    kernels.spans_of_sites(*asked, site, edge, low, high)
    order = np.argsort(edge, kind="stable")
    starts = np.searchsorted(edge[order], np.arange(graph.edge_count + 1)).astype(np.int64)
    return starts, site[order], low[order], high[order]
