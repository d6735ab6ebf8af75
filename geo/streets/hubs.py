"""
Times from hubs to every facility, so that a filter nobody asked before is answered as quickly as any.

The nodes of a graph, in their order, are cut into quarters of equal size; every way out of a quarter leads through a
*hub*. From any point the nearest facilities that pass a filter are therefore found by a search of one quarter at most:
where it meets a hub, it reads the times to all facilities instead of going on. Exact for every filter, however rare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.streets import hub_kernels
from geo.streets.graph import LONGEST_DS, Arcs, StreetGraph
from geo.streets.search import HubTimes, Targets, seeds_by_facility
from geo.types import Ints, Longs

QUARTER_BITS = 9
"""The least quarters have 2**9 nodes: searching one takes some twenty microseconds."""
LARGEST_TABLE = 2**27
"""Bytes of a table beyond which quarters become larger, and hubs fewer; some 40,000 hubs for a thousand facilities."""


@dataclass(frozen=True)
class HubLinks:
    """
    The streets as hubs see them: which hubs come next on the quickest ways, and the times there.

    `row` is the row of every node among the hubs, -1 for all others. `pair` is int32[links, 2], hub and time (in
    deciseconds); those of hub `h` are `pair[start[h]:start[h + 1]]`. Nothing of it depends on facilities.
    """

    row: Ints
    start: Longs
    pair: NDArray[np.int32]


def quarter_bits_for(graph: StreetGraph, facilities: int) -> int:
    """The size of quarters, 2**bits nodes, with which the table for so many facilities is not too large."""
    bits = QUARTER_BITS
    while 4 * len(hubs_of(graph, bits)) * facilities > LARGEST_TABLE:
        bits += 1
    return bits


def hubs_of(graph: StreetGraph, quarter_bits: int) -> Ints:
    """
    The nodes that are hubs if quarters have 2**bits nodes, ascending.

    Of an arc between two quarters the end in the first one is a hub: then no arc between them is left without.
    """
    tail = np.repeat(np.arange(graph.node_count, dtype=np.int32), np.diff(graph.forward.indptr))
    head = graph.forward.head
    leaves = tail >> quarter_bits != head >> quarter_bits
    is_hub = np.zeros(graph.node_count, np.bool_)
    is_hub[np.minimum(tail[leaves], head[leaves])] = True
    return np.flatnonzero(is_hub).astype(np.int32)


def link_hubs(graph: StreetGraph, quarter_bits: int = QUARTER_BITS) -> HubLinks:
    """Link the hubs of a graph: some seconds for half a million nodes, once for as long as the streets stay."""
    hubs = hubs_of(graph, quarter_bits)
    row = np.full(graph.node_count, -1, np.int32)
    row[hubs] = np.arange(len(hubs), dtype=np.int32)
    start, pair = hub_kernels.link_hubs(_arcs(graph.forward), row, hubs)
    return HubLinks(row, start, pair)


def hub_times(graph: StreetGraph, targets: Targets, links: HubLinks) -> HubTimes:
    """The times from all hubs to all facilities joined to a graph."""
    hubs = np.flatnonzero(links.row >= 0)
    time_ds = np.full((len(hubs), targets.count), LONGEST_DS + 1, np.int32)
    hub_kernels.enter_facilities(_arcs(graph.reverse), links.row, seeds_by_facility(targets), time_ds)
    across, along = (
        np.argsort(graph.node_lon[hubs] + sign * graph.node_lat[hubs], kind="stable").astype(np.int32)
        for sign in (1, -1)
    )
    orders = np.stack([across, across[::-1], along, along[::-1]])
    hub_kernels.settle_table(links.start, links.pair, orders, time_ds)
    return HubTimes(links.row, time_ds)


def _arcs(arcs: Arcs) -> tuple[Ints, NDArray[np.int32]]:
    return arcs.indptr, arcs.packed
