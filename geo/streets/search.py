"""
Travel time: from everywhere to the nearest facility, from one point to its nearest facilities, and the street length
within a limit.

Every function takes the graph, the facilities joined to it (`Targets`), and which of them are eligible; an answer is
the least pair (time, facility number), so that it is unique and equals a brute-force shortest path over every eligible
facility. Times are integer deciseconds and point *towards* the facility. All loops live in `kernels.py`;
those that change a field already there live in `change_kernels.py` and are called from `incremental.py`, those that
make the table of hubs in `hub_kernels.py` and are called from `hubs.py`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from geo.streets import kernels
from geo.streets.graph import LONGEST_DS, Arcs, StreetGraph
from geo.streets.snap import Snaps
from geo.types import UNREACHED, Bools, Floats, Ints, Longs

MOST_LABELS = 62
"""The largest number of labels a node can keep: one bit each in a 64-bit word."""
EVERYONE: Bools = np.empty(0, np.bool_)
"""The mask of eligible facilities that lets every facility pass."""
BUCKETS = 16
"""Of a search for a field: seven minutes. Arcs that take longer are put off once for every such circle."""
FIRST_PLACES = 4096
"""Nodes that may wait in one bucket of a search for a field, before room for more is made."""
MOST_PAIRS = 30_000_000
"""The most pairs of a facility and a point that `reach_lists` hands out: 240 MB."""


@dataclass(frozen=True)
class Targets:
    """
    Facilities joined to a graph; facility `f` is row `f` of the snaps they were joined from.

    `seed_*` are the permitted ends of every facility's edge with the time from that node to the facility, sorted by
    node; `seed_start[v]:seed_start[v + 1]` are those of node `v`. `edge_*` list the facilities by the edge they stand
    on, for trips that never leave it. Facilities off the network are in neither.
    """

    count: int
    seed_start: Ints
    seed_node: Ints
    seed_ds: Ints
    seed_facility: Ints
    edge_edge: Ints
    edge_fraction: Floats
    edge_extra_ds: Ints
    edge_facility: Ints
    most_on_one_edge: int

    @classmethod
    def join(cls, graph: StreetGraph, snaps: Snaps, overhead_ds: int = 0) -> Targets:
        """
        Join facilities to a graph.

        `overhead_ds` is what arriving costs beside the way itself: parking, reaching the door. The access leg from the
        street to the door is in the snaps.
        """
        if not 0 <= overhead_ds <= LONGEST_DS:
            raise InputError(f"An arrival overhead of {overhead_ds} deciseconds is out of range.")
        extra_ds = (snaps.access_ds + np.int32(overhead_ds)).astype(np.int32)
        node, time_ds, facility = (np.empty(2 * len(snaps), np.int32) for _ in range(3))
        joined = kernels.make_seeds(_edges(graph), (snaps.edge, snaps.fraction, extra_ds), node, time_ds, facility)
        order = np.lexsort((facility[:joined], node[:joined]))
        start = np.searchsorted(node[order], np.arange(graph.node_count + 1)).astype(np.int32)

        standing = np.flatnonzero(snaps.edge >= 0).astype(np.int32)
        standing = standing[np.argsort(snaps.edge[standing], kind="stable")]
        edge = snaps.edge[standing]
        return cls(
            count=len(snaps),
            seed_start=start,
            seed_node=node[order],
            seed_ds=time_ds[order],
            seed_facility=facility[order],
            edge_edge=edge,
            edge_fraction=snaps.fraction[standing],
            edge_extra_ds=extra_ds[standing],
            edge_facility=standing,
            most_on_one_edge=int(np.unique(edge, return_counts=True)[1].max(initial=0)),
        )


@dataclass(frozen=True)
class Field:
    """
    Time from every node to its nearest eligible facility and which one that is; `UNREACHED` and -1 where there is none.
    """

    time_ds: Ints
    facility: Ints


@dataclass(frozen=True)
class Labels:
    """
    The `k` nearest facilities of every node, ascending by (time, facility): int32[n, k] each, filled with `UNREACHED`
    and -1.
    """

    time_ds: NDArray[np.int32]
    facility: NDArray[np.int32]


@dataclass(frozen=True)
class HubTimes:
    """
    Time (in deciseconds) from every hub to every facility, int32[hubs, facilities], more than `LONGEST_DS` where there
    is no way. `row` is the row of every node among the hubs, -1 for all others. `hubs.py` makes it and says why.
    """

    row: Ints
    time_ds: NDArray[np.int32]


NO_HUBS = HubTimes(np.empty(0, np.int32), np.empty((0, 0), np.int32))
"""What a search without hubs gets."""


def field(graph: StreetGraph, targets: Targets, eligible: Bools | None = None, cutoff_ds: int | None = None) -> Field:
    """Time from every node to the nearest eligible facility, at most `cutoff_ds`."""
    result = Field(np.empty(graph.node_count, np.int32), np.empty(graph.node_count, np.int32))
    seeds = targets.seed_node, targets.seed_ds, targets.seed_facility
    asked = _arcs(graph.reverse), seeds, _mask(eligible, targets), _cutoff(cutoff_ds)
    state, room, filled = _field_room(graph.node_count)
    while not kernels.search_field(*asked, state, room, room.view(np.int32), filled, result.time_ds, result.facility):
        state, room, filled = _field_room(graph.node_count, 2 * room.shape[1])
    return result


def k_labels(
    graph: StreetGraph, targets: Targets, k: int, eligible: Bools | None = None, cutoff_ds: int | None = None
) -> Labels:
    """The `k` nearest eligible facilities of every node, each facility once, none farther than `cutoff_ds`."""
    if not 1 <= k <= MOST_LABELS:
        raise InputError(f"A node can keep 1 to {MOST_LABELS} labels, not {k}.")
    labels = Labels(np.empty((graph.node_count, k), np.int32), np.empty((graph.node_count, k), np.int32))
    kernels.search_labels(
        _arcs(graph.reverse),
        (targets.seed_node, targets.seed_ds, targets.seed_facility),
        _mask(eligible, targets),
        _cutoff(cutoff_ds),
        _bucket_count(graph.reverse, targets),
        np.empty((graph.node_count, k), np.int64),
        labels.time_ds,
        labels.facility,
    )
    return labels


def point_times(
    graph: StreetGraph, targets: Targets, field: Field, points: Snaps, eligible: Bools | None = None
) -> tuple[Ints, Ints]:
    """
    Time from points to their nearest facility, and which one that is.

    Access leg, both ends of the edge and facilities on the same edge are counted. `field` must have been searched with
    the same `eligible`. Exact up to the field's cut-off; what lies beyond may still be reached along the point's own
    edge.
    """
    time_ds, facility = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
    kernels.read_points(
        _edges(graph),
        _on_edge(targets),
        field.time_ds,
        field.facility,
        (points.edge, points.fraction, points.access_ds),
        _mask(eligible, targets),
        time_ds,
        facility,
    )
    return time_ds, facility


def nearest(
    graph: StreetGraph,
    targets: Targets,
    labels: Labels | None,
    point: Snaps,
    limit: int,
    eligible: Bools | None = None,
    cutoff_ds: int | None = None,
    *,
    hubs: HubTimes = NO_HUBS,
) -> tuple[Ints, Ints]:
    """
    The nearest eligible facilities of one point (the first row of `point`), ascending: facility numbers and times.

    Read off the labels of the nodes around, as many as the proof takes, and off the hubs where a filter lets few pass;
    without labels, by a search from the point. Exact in each way; shorter than `limit` only if no more facilities are
    eligible, reachable and within `cutoff_ds`. `labels` must have been searched with at least these facilities
    eligible, `hubs` are those of the same targets.
    """
    if limit < 1 or len(point) == 0 or point.edge[0] < 0:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    best = np.empty(min(limit, max(targets.count, 1)), np.int64)
    place = (point.edge[0], point.fraction[0], int(point.access_ds[0]), _mask(eligible, targets), _cutoff(cutoff_ds))
    ways = (_arcs(graph.forward), _edges(graph), _on_edge(targets))
    room = _workspace(graph.node_count)
    if labels is None:
        found = kernels.nearest_by_search(*ways, _joined(targets), *place, *room, best)
    else:
        read = (labels.time_ds, labels.facility)
        of_hubs = (hubs.row, hubs.time_ds)
        found = kernels.nearest_by_labels(*ways, read, of_hubs, _joined(targets), *place, *room, best)
    keys = best[:found]
    return (keys & kernels.LABEL_BITS).astype(np.int32), (keys >> 32).astype(np.int32)


def nearest_of_many(
    graph: StreetGraph,
    targets: Targets,
    labels: Labels,
    points: Snaps,
    limit: int,
    eligible: Bools | None = None,
    cutoff_ds: int | None = None,
    *,
    hubs: HubTimes = NO_HUBS,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """
    The nearest eligible facilities of many points: facility numbers and times, int32[p, limit], -1 and `UNREACHED`
    where there are no more. Row by row what `nearest` gives for the point.
    """
    width = min(limit, max(targets.count, 1))
    best, found = np.empty((len(points), width), np.int64), np.empty(len(points), np.int32)
    kernels.nearest_of_many_by_labels(
        _arcs(graph.forward),
        _edges(graph),
        _on_edge(targets),
        (labels.time_ds, labels.facility),
        (hubs.row, hubs.time_ds),
        _joined(targets),
        (points.edge, points.fraction, points.access_ds),
        _mask(eligible, targets),
        _cutoff(cutoff_ds),
        *_workspace(graph.node_count),
        best,
        found,
    )
    beyond = np.arange(width) >= found[:, None]
    facility = np.where(beyond, -1, best & kernels.LABEL_BITS).astype(np.int32)
    return facility, np.where(beyond, UNREACHED, best >> 32).astype(np.int32)


def times_to(
    graph: StreetGraph,
    targets: Targets,
    labels: Labels | None,
    point: Snaps,
    facilities: Ints,
    cutoff_ds: int | None = None,
) -> Ints:
    """
    Time from one point (the first row of `point`) to each of some facilities, `UNREACHED` where there is no way in
    time.
    """
    eligible = np.zeros(targets.count, np.bool_)
    eligible[facilities] = True
    found, time_ds = nearest(graph, targets, labels, point, int(eligible.sum()), eligible, cutoff_ds)
    by_facility = np.full(targets.count, UNREACHED, np.int32)
    by_facility[found] = time_ds
    return by_facility[facilities]


def covered_length_m(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    limit_ds: int,
    pieces_edge: Ints,
    pieces_from: Floats,
    pieces_to: Floats,
    eligible: Bools | None = None,
) -> Floats:
    """
    Metres of every piece of street from which some eligible facility is reached within `limit_ds`.

    A piece is a part of an edge, given as fractions of its length with `pieces_from <= pieces_to`. Exact along the
    edge: pieces that share an edge add up to the whole edge's figure. `field` must have been searched with the same
    `eligible` and a cut-off of at least `limit_ds`. Quickest when the pieces of an edge follow one another.
    """
    covered_m = np.empty(len(pieces_edge))
    kernels.cover_pieces(
        _edges(graph),
        graph.edges.length_m,
        _on_edge(targets),
        field.time_ds,
        _mask(eligible, targets),
        min(limit_ds, LONGEST_DS),
        targets.most_on_one_edge,
        pieces_edge,
        pieces_from,
        pieces_to,
        covered_m,
    )
    return covered_m


@dataclass(frozen=True)
class ReachLists:
    """
    Which points reach which facility within a limit: those of facility `f` are `point[start[f]:start[f + 1]]`, in no
    particular order, with their times beside them.
    """

    limit_ds: int
    start: Longs
    point: Ints
    time_ds: Ints

    @property
    def facility(self) -> Ints:
        """The facility of every pair."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))


class TooManyPairsError(InputError):
    """Facilities and points within reach of one another are more than anybody can use."""

    def __init__(self, most: int) -> None:
        super().__init__(f"More than {most:,} pairs of a place and a facility lie within the limit; ask for less time.")


def reach_lists(
    graph: StreetGraph,
    targets: Targets,
    points: Snaps,
    limit_ds: int,
    eligible: Bools | None = None,
    *,
    most_pairs: int = MOST_PAIRS,
) -> ReachLists:
    """
    Every pair of an eligible facility and a point that reaches it within `limit_ds`, with the time.

    One bounded search from each facility against the direction of travel, exact like `point_times`.

    Raises
    ------
    TooManyPairsError
        There are more than `most_pairs`.
    """
    ends = _ends(graph, points), _by_edge(points)
    return _reach(graph, targets, ends, len(points), limit_ds, eligible, most_pairs)


def node_reach_lists(
    graph: StreetGraph,
    targets: Targets,
    limit_ds: int,
    eligible: Bools | None = None,
    *,
    most_pairs: int = MOST_PAIRS,
) -> ReachLists:
    """
    Every pair of an eligible facility and a node that reaches it within `limit_ds`: `point` is the node.

    For each facility what `field` would say if it were the only one.

    Raises
    ------
    TooManyPairsError
        There are more than `most_pairs`.
    """
    everyone = np.arange(graph.node_count + 1, dtype=np.int32)
    by_node = everyone, np.zeros(graph.node_count, np.int32), everyone[:-1]
    nobody = np.empty(0, np.int32)
    ends = by_node, (nobody, nobody, np.empty(0), nobody)
    return _reach(graph, targets, ends, graph.node_count, limit_ds, eligible, most_pairs)


def _reach(
    graph: StreetGraph,
    targets: Targets,
    ends: tuple[tuple[Ints, Ints, Ints], tuple[Ints, Ints, Floats, Ints]],
    point_count: int,
    limit_ds: int,
    eligible: Bools | None,
    most_pairs: int,
) -> ReachLists:
    """One bounded search from each facility to points filed by node and by edge."""
    start = np.empty(targets.count + 1, np.int64)
    state = np.full((graph.node_count, 2), kernels.NOTHING, np.int64)
    links = state.view(np.int32)
    links[:, 3] = kernels.IDLE
    point, time_ds = kernels.search_reach(
        _arcs(graph.reverse),
        _edges(graph),
        seeds_by_facility(targets),
        _places_by_facility(targets),
        _mask(eligible, targets),
        *ends,
        min(limit_ds, LONGEST_DS),
        most_pairs,
        state,
        links,
        np.full(point_count, UNREACHED, np.int32),
        start,
    )
    if start[-1] > most_pairs:
        raise TooManyPairsError(most_pairs)
    return ReachLists(limit_ds, start, point[: start[-1]], time_ds[: start[-1]])


def facilities_within_m(
    graph: StreetGraph,
    targets: Targets,
    labels: Labels,
    limit_ds: int,
    pieces_edge: Ints,
    pieces_from: Floats,
    pieces_to: Floats,
    weight_per_m: Floats,
    eligible: Bools | None = None,
) -> tuple[NDArray[np.float64], Floats]:
    """
    Metres of every piece of street from which at least 1, 2, … k facilities are reached within `limit_ds`, and for
    every facility the weight of the street from which it is the only one.

    float64[pieces, k] and float64[facilities]. Pieces are as in `covered_length_m`, whose figure the first column is.
    `labels` must have been searched with the same `eligible` and a cut-off of at least `limit_ds`; k is their number.
    """
    within_m = np.empty((len(pieces_edge), labels.time_ds.shape[1]))
    alone = np.zeros(targets.count)
    kernels.count_along_pieces(
        _edges(graph),
        graph.edges.length_m,
        _on_edge(targets),
        labels.time_ds,
        labels.facility,
        _mask(eligible, targets),
        min(limit_ds, LONGEST_DS),
        targets.most_on_one_edge,
        (pieces_edge, pieces_from, pieces_to, weight_per_m),
        within_m,
        alone,
    )
    return within_m, alone


def time_histogram(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    pieces: tuple[Ints, Floats, Floats, Ints],
    shares: tuple[Longs, Ints, Floats],
    *,
    rows: int,
    bins: int,
    bin_ds: float,
    eligible: Bools | None = None,
) -> tuple[NDArray[np.float64], Floats]:
    """
    Weight along streets by travel time to the nearest facility, for rows such as districts; exact along edges.

    Parameters
    ----------
    pieces
        Edge, start, end (fractions) and cell of every piece of street.
    shares
        Who counts in which cell: where each cell's entries begin, their rows, their weights per metre of street.
    rows, bins, bin_ds
        Shape of the histogram and width of a bin (in deciseconds).

    Returns
    -------
    float64[rows, bins + 3]: column 0 holds times of zero, column b the times in (b - 1, b] bins, then what takes longer
    than `bins` bins, then what reaches nothing. And the sum over each row of weight times deciseconds.
    """
    histogram, time_sum = np.zeros((rows, bins + 3)), np.zeros(rows)
    kernels.spread_along_pieces(
        _edges(graph),
        graph.edges.length_m,
        _on_edge(targets),
        field.time_ds,
        _mask(eligible, targets),
        targets.most_on_one_edge,
        pieces,
        shares,
        float(bin_ds),
        histogram,
        time_sum,
    )
    return histogram, time_sum


@dataclass(frozen=True)
class Stretches:
    """Parts of edges, from fraction `start` to fraction `end` of their length, by edge and along it."""

    edge: Ints
    start: Floats
    end: Floats


def reached_stretches(
    graph: StreetGraph, targets: Targets, field: Field, limit_ds: int, eligible: Bools | None = None
) -> Stretches:
    """
    The stretches of street from which some eligible facility is reached within `limit_ds`, exact along partial edges.

    Disjoint; their lengths add up to what `covered_length_m` counts. `field` must have been searched with the same
    `eligible` and a cut-off of at least `limit_ds`.
    """
    place = (
        *(_edges(graph), _on_edge(targets), field.time_ds, _mask(eligible, targets)),
        *(min(limit_ds, LONGEST_DS), targets.most_on_one_edge),
    )
    none = np.empty(0)
    count = kernels.reached_stretches(*place, np.empty(0, np.int32), none, none)
    stretches = Stretches(np.empty(count, np.int32), np.empty(count), np.empty(count))
    kernels.reached_stretches(*place, stretches.edge, stretches.start, stretches.end)
    return stretches


LatticeFrame: TypeAlias = tuple[float, float, float, float, float, int, int]
"""West, south, metres per degree east and north, step in metres, rows and columns of blocks."""


@dataclass(frozen=True)
class Ground:
    """
    What every node of a lattice owes to its nearest street: the square of the distance, and the time to a facility.

    Nodes without a street near have an endless distance and time. `is_near` marks the edges that come near the lattice.
    """

    nearest_m2: NDArray[np.float32]
    time_ds: NDArray[np.float32]
    is_near: Bools


def lattice_times(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    reach_m: float,
    frame: LatticeFrame,
    block_of: Ints,
    node_count: int,
    eligible: Bools | None = None,
) -> Ground:
    """
    Time from every node of a lattice to the nearest facility, by the nearest street within `reach_m`.

    As `EdgeIndex.snap` and `point_times` would have it. `block_of` says which blocks of the lattice have memory.
    """
    drawing = (graph.shape_lon, graph.shape_lat, graph.shape_m, graph.edges.shape_start, graph.edges.length_m)
    nearest_m2, edge = np.full(node_count, np.inf, np.float32), np.full(node_count, -1, np.int32)
    fraction, time_ds = np.empty(node_count, np.float32), np.empty(node_count, np.float32)
    is_near = np.zeros(graph.edge_count, np.bool_)
    kernels.paint_streets(drawing, reach_m, frame, block_of, nearest_m2, edge, fraction, is_near)
    kernels.read_nodes(
        *(_edges(graph), _on_edge(targets), field.time_ds, _mask(eligible, targets)),
        *(graph.mode.off_street_speed_ms, nearest_m2, edge, fraction, time_ds),
    )
    return Ground(nearest_m2, time_ds, is_near)


def seeds_by_facility(targets: Targets) -> tuple[Ints, Ints, Ints]:
    """Where searches towards every facility begin: start of each facility's seeds, their nodes, their times."""
    order = np.argsort(targets.seed_facility, kind="stable")
    start = np.searchsorted(targets.seed_facility[order], np.arange(targets.count + 1)).astype(np.int32)
    return start, targets.seed_node[order], targets.seed_ds[order]


def warm_up() -> None:
    """
    Make sure that every kernel is compiled, so that no user waits for it.

    Importing this module has done that: the kernels have written-out signatures and are stored beside the source (or,
    where that is not writable, in the user's cache folder), about ten seconds once and half a second ever after. An
    installer calls this by name.
    """
    # these kernels stand in files of their own, which nothing here needs
    for name in ("change_kernels", "hub_kernels"):
        import_module(f"geo.streets.{name}")


_rooms = threading.local()


def _field_room(node_count: int, places: int = FIRST_PLACES) -> tuple[Longs, NDArray[np.int64], Longs]:
    """
    Room for a field search: keys of nodes, who waits in every bucket, and how many.

    One per thread and size: new pages from the system would cost a tenth of the search. It grows to at least `places`
    in a bucket, and stays so.
    """
    rooms: dict[int, tuple[Longs, NDArray[np.int64], Longs]] = _rooms.__dict__.setdefault("fields", {})
    if node_count not in rooms or rooms[node_count][1].shape[1] < places:
        state, filled = np.empty(node_count, np.int64), np.empty(BUCKETS, np.int64)
        rooms[node_count] = state, np.empty((BUCKETS, places, 2), np.int64), filled
    return rooms[node_count]


def _workspace(node_count: int) -> tuple[Ints, Ints]:
    """
    Room for a search from a point: times that are all `UNREACHED` between searches, and a list of the nodes to put
    back.

    One per thread and size, because clearing half a million times for a search that touches a hundred would cost more
    than the search.
    """
    rooms: dict[int, tuple[Ints, Ints]] = _rooms.__dict__.setdefault("by_size", {})
    if node_count not in rooms:
        rooms[node_count] = (np.full(node_count, UNREACHED, np.int32), np.empty(node_count, np.int32))
    return rooms[node_count]


def _arcs(arcs: Arcs) -> tuple[Ints, NDArray[np.int32]]:
    return arcs.indptr, arcs.packed


def _edges(graph: StreetGraph) -> tuple[Ints, Ints, Ints, Ints]:
    edges = graph.edges
    return edges.tail, edges.head, edges.forward_ds, edges.backward_ds


def _on_edge(targets: Targets) -> tuple[Ints, Floats, Ints, Ints]:
    return targets.edge_edge, targets.edge_fraction, targets.edge_extra_ds, targets.edge_facility


def _joined(targets: Targets) -> tuple[Ints, Ints, Ints]:
    return targets.seed_start, targets.seed_ds, targets.seed_facility


def _places_by_facility(targets: Targets) -> tuple[Ints, Floats, Ints]:
    """Every facility's edge, fraction and extra time."""
    edge, extra_ds = np.full(targets.count, -1, np.int32), np.zeros(targets.count, np.int32)
    fraction = np.zeros(targets.count)
    edge[targets.edge_facility] = targets.edge_edge
    fraction[targets.edge_facility] = targets.edge_fraction
    extra_ds[targets.edge_facility] = targets.edge_extra_ds
    return edge, fraction, extra_ds


def _ends(graph: StreetGraph, points: Snaps) -> tuple[Ints, Ints, Ints]:
    """Points by the nodes they leave by: start of every node, time to the node, point."""
    node, time_ds, point = (np.empty(2 * len(points), np.int32) for _ in range(3))
    count = kernels.make_ends(_edges(graph), (points.edge, points.fraction, points.access_ds), node, time_ds, point)
    order = np.argsort(node[:count], kind="stable")
    start = np.searchsorted(node[order], np.arange(graph.node_count + 1)).astype(np.int32)
    return start, time_ds[order], point[order]


def _by_edge(points: Snaps) -> tuple[Ints, Ints, Floats, Ints]:
    """Points on the network by their edge: edge (ascending), point, fraction, access time."""
    order = np.argsort(points.edge, kind="stable").astype(np.int32)
    order = order[points.edge[order] >= 0]
    return points.edge[order], order, points.fraction[order], points.access_ds[order]


def _mask(eligible: Bools | None, targets: Targets) -> Bools:
    """The mask as the kernels take it; an empty one lets everyone pass."""
    if eligible is None:
        return EVERYONE
    if len(eligible) != targets.count:
        raise InputError(f"The filter has {len(eligible)} rows for {targets.count} facilities.")
    # an empty mask would let everyone pass, and with no facility at all there is nobody to keep out
    return eligible


def _cutoff(cutoff_ds: int | None) -> int:
    return LONGEST_DS if cutoff_ds is None else min(int(cutoff_ds), LONGEST_DS)


def _bucket_count(arcs: Arcs, targets: Targets) -> int:
    """Buckets of a search for labels: a power of two, and the earliest and the latest waiting time never share one."""
    span_ds = max(arcs.longest_ds, int(targets.seed_ds.max(initial=0)))
    needed = (span_ds >> kernels.LABEL_BUCKET_SHIFT) + 2
    return 1 << (needed - 1).bit_length()
