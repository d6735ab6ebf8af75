"""
What sites would gain: how many more people would reach a facility in time if one site more were one.

Counted along the streets, exact along partial edges, as coverage is: the gain of a site is what the city's figure would
rise by if that site alone were added and everything computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from geo.streets import kernels
from geo.streets.graph import LONGEST_DS, StreetGraph
from geo.streets.search import EVERYONE, Field, Targets
from geo.streets.snap import Snaps
from geo.types import Bools, Floats, Ints, Longs

FIRST_ROOM = 4096
"""Nodes that may wait in a search from one site, before room for more is made."""
Residence: TypeAlias = tuple[
    Ints, NDArray[np.int32], Floats, Longs, Floats, Floats, Floats, Longs, tuple[Ints, Floats, Ints], Floats
]
"""A crowd as the kernels take it."""


@dataclass(frozen=True)
class Crowd:
    """
    People along the streets of one graph, filed by edge; made once for a demand layer and asked again and again.

    They live evenly along pieces of street, or at points that have a way to the street of their own. `people` is how
    many there are.
    """

    filed: Residence
    people: float

    @classmethod
    def along(
        cls,
        graph: StreetGraph,
        pieces: tuple[Ints, Floats, Floats],
        piece_people: Floats,
        points: Snaps | None = None,
        point_people: Floats | None = None,
    ) -> Crowd:
        """
        File people by the edges of a graph; those at points off the network are left out, for no site can gain them.

        `pieces` are edge, start and end (fractions) of pieces of street that do not overlap, in any order.
        """
        edge, start, end = pieces
        living = np.flatnonzero((piece_people > 0) & (end > start))
        living = living[np.argsort(edge[living], kind="stable")]
        edge, start, end, people = edge[living], start[living], end[living], piece_people[living]
        edge_people = np.bincount(edge, weights=people, minlength=graph.edge_count).astype(np.float64)
        piece_start = _starts(edge, graph.edge_count)

        joined = np.empty(0, np.int64) if points is None else np.flatnonzero(points.edge >= 0)
        at, at_people = (np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32)), np.empty(0)
        if points is not None and point_people is not None:
            joined = joined[np.argsort(points.edge[joined], kind="stable")]
            at = points.edge[joined], points.fraction[joined], points.access_ds[joined]
            at_people = point_people[joined].astype(np.float64)
        point_start = _starts(at[0], graph.edge_count)

        loops = int((graph.edges.tail == graph.edges.head).sum())
        ends_start = np.empty(graph.node_count + 1, np.int32)
        ends = np.empty((2 * graph.edge_count - loops, 4), np.int32)
        kernels.file_edge_ends(_edges(graph), point_start, ends_start, ends)
        along = (piece_start, start, end, people / (end - start))
        filed = (ends_start, ends, edge_people, *along, point_start, at, at_people)
        return cls(filed, float(people.sum() + at_people.sum()))


def gains(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limit_ds: int,
    crowd: Crowd,
    sites: Snaps,
    *,
    overhead_ds: int = 0,
    eligible: Bools | None = None,
) -> Floats:
    """
    People who would be new within `limit_ds` if a site were a facility, for each of many sites by itself.

    `field` must have been searched with the same `eligible` and a cut-off of at least `limit_ds`. `overhead_ds` is that
    of `Targets.join`. A site off the network gains nobody.
    """
    if not 0 <= overhead_ds <= LONGEST_DS:
        raise InputError(f"An overhead of {overhead_ds} deciseconds is out of range.")
    place = _left(graph, targets, field, limit_ds, crowd, eligible)
    joined = _edges(graph), _on_edge(targets), EVERYONE if eligible is None else eligible

    known = np.repeat(np.minimum(field.time_ds, np.int32(limit_ds + 1))[:, None], 2, axis=1)
    where = sites.edge, sites.fraction, (sites.access_ds + np.int32(overhead_ds)).astype(np.int32)
    # neighbours after one another find their streets in the processor's cache
    order = np.argsort(graph.edges.tail[sites.edge], kind="stable")
    gained = np.empty(len(sites))
    done, room = 0, FIRST_ROOM
    while done < len(sites):
        done = kernels.gain_of_each(*joined, *place, where, order, done, room, known, gained)
        room *= 2
    return gained


def people_covered(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limit_ds: int,
    crowd: Crowd,
    eligible: Bools | None = None,
) -> float:
    """
    People who reach an eligible facility within `limit_ds`, exact along partial edges.

    The sum over all cells of people times share, without the cells. `field` is as for `gains`.
    """
    *_, left, point_left = _left(graph, targets, field, limit_ds, crowd, eligible)
    return crowd.people - float(left[:, 1].sum() + point_left.sum())


def _left(
    graph: StreetGraph, targets: Targets, field: Field, limit_ds: int, crowd: Crowd, eligible: Bools | None
) -> tuple[int, int, Residence, NDArray[np.float64], Floats]:
    """Who reaches no facility in time, by edge and by point, behind what else the kernels ask for."""
    if not 0 <= limit_ds <= LONGEST_DS:
        raise InputError(f"A limit of {limit_ds} deciseconds is out of range.")
    if eligible is not None and len(eligible) != targets.count:
        raise InputError(f"The filter has {len(eligible)} rows for {targets.count} facilities.")
    left, point_left = np.empty((graph.edge_count, 2)), np.empty(len(crowd.filed[-1]))
    place = (limit_ds, targets.most_on_one_edge, crowd.filed, left, point_left)
    kernels.people_left(
        _edges(graph),
        _on_edge(targets),
        field.time_ds,
        EVERYONE if eligible is None else eligible,
        *place,
    )
    return place


def _starts(edge: Ints, edge_count: int) -> Longs:
    """Where the rows of every edge begin in a column sorted by edge."""
    return np.searchsorted(edge, np.arange(edge_count + 1)).astype(np.int64)


def _edges(graph: StreetGraph) -> tuple[Ints, Ints, Ints, Ints]:
    edges = graph.edges
    return edges.tail, edges.head, edges.forward_ds, edges.backward_ds


def _on_edge(targets: Targets) -> tuple[Ints, Floats, Ints, Ints]:
    return targets.edge_edge, targets.edge_fraction, targets.edge_extra_ds, targets.edge_facility
