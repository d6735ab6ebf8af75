"""
Compiled loops that make the table of times from hubs to facilities; `hubs.py` says what hubs are.

Beside `kernels.py` and by its rules, in a file of its own because a stored kernel is compiled anew whenever its file
changes, and not when one it has borrowed from another file does.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

LONGEST_DS = np.int64(2**30 - 1)
"""As in `graph.py`: twice it, and the mark of a way through another hub, still fit in 31 bits."""
UNSEEN = np.int64(2**62)
"""Time of a node that a search has not come to."""
LOW_BITS = np.int64(0xFFFFFFFF)

_i32 = types.Array(types.int32, 1, "C", readonly=True)
_i64 = types.Array(types.int64, 1, "C", readonly=True)
_pairs = types.Array(types.int32, 2, "C", readonly=True)
_i32_out = types.Array(types.int32, 1, "C")
_i64_out = types.Array(types.int64, 1, "C")
_pairs_out = types.Array(types.int32, 2, "C")
_GRAPH = types.Tuple((_i32, _pairs))
"""indptr, packed arcs"""
_SEEDS = types.Tuple((_i32, _i32, _i32))
"""start of every facility's seeds, node, time"""
_LINKS = types.Tuple((_i64_out, _pairs_out))
"""start of every hub's links; the other hub and the time"""


@njit(types.int64(_i64_out, types.int64), cache=True, nogil=True)
def _take_least(heap, size):
    """Take the least entry off a heap of `size` entries."""
    least, moved = heap[0], heap[size - 1]
    size -= 1
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= moved:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = moved
    return least


@njit(_i64_out(_i64_out, types.int64, types.int64), cache=True, nogil=True)
def _put(heap, size, entry):
    """Add an entry to a heap of `size` entries, which moves to more room when it is full. Returns the heap."""
    if size == heap.size:
        larger = np.empty(2 * size, np.int64)
        larger[:size] = heap
        heap = larger
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] <= entry:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = entry
    return heap


@njit(_LINKS(_GRAPH, _i32, _i32), cache=True, nogil=True)
def link_hubs(arcs, row, hubs):
    """
    Which hubs come next on the quickest ways from every hub, and the time there.

    `row` is the row of every node among `hubs`, -1 for a node that is no hub. Every quickest way between hubs is a
    chain of links: a link is kept unless a way through another hub is quicker. So a search knows twice the time of
    every node, plus one if the way led through a hub, and ends when only such ways are left. Of ways equally quick the
    one without a hub counts: were it dropped, two hubs at no distance from one another could each leave a link to the
    other, and neither would keep it.
    """
    indptr, packed = arcs
    limit = 2 * LONGEST_DS + 1
    known = np.full(row.size, UNSEEN, np.int64)
    touched = np.empty(row.size, np.int32)
    heap = np.empty(4096, np.int64)
    start = np.zeros(hubs.size + 1, np.int64)
    links = np.empty((16 * hubs.size + 16, 2), np.int32)
    count = 0
    for hub in range(hubs.size):
        known[hubs[hub]] = 0
        touched[0] = hubs[hub]
        heap[0] = hubs[hub]
        marks = size = straight = 1
        while straight > 0:
            entry = _take_least(heap, size)
            size -= 1
            u, now = entry & LOW_BITS, entry >> 32
            if now != known[u]:
                continue
            through = now & 1
            if through == 0:
                straight -= 1
                if row[u] >= 0 and row[u] != hub:
                    if count == links.shape[0]:
                        more = np.empty((2 * count, 2), np.int32)
                        more[:count] = links
                        links = more
                    links[count, 0], links[count, 1] = row[u], now >> 1
                    count += 1
                    through = 1
            base = (now & ~1) | through
            for a in range(indptr[u], indptr[u + 1]):
                v = packed[a, 0]
                then = base + 2 * np.int64(packed[a, 1])
                before = known[v]
                if then < before and then <= limit:
                    if before == UNSEEN:
                        touched[marks] = v
                        marks += 1
                    elif before & 1 == 0:
                        straight -= 1
                    straight += 1 - (then & 1)
                    known[v] = then
                    heap = _put(heap, size, (then << 32) | np.int64(v))
                    size += 1
        for m in range(marks):
            known[touched[m]] = UNSEEN
        start[hub + 1] = count
    return start, links[:count]


@njit(types.void(_GRAPH, _i32, _SEEDS, _pairs_out), cache=True, nogil=True)
def enter_facilities(arcs, row, seeds, time_ds):
    """
    Write the time from every hub to the facilities it reaches without another hub, over arcs that point away from the
    facilities.
    """
    indptr, packed = arcs
    seed_start, seed_node, seed_ds = seeds
    known = np.full(row.size, UNSEEN, np.int64)
    touched = np.empty(row.size, np.int32)
    heap = np.empty(4096, np.int64)
    for f in range(seed_start.size - 1):
        marks = size = 0
        for s in range(seed_start[f], seed_start[f + 1]):
            v = seed_node[s]
            if seed_ds[s] < known[v] and seed_ds[s] <= LONGEST_DS:
                if known[v] == UNSEEN:
                    touched[marks] = v
                    marks += 1
                known[v] = seed_ds[s]
                heap = _put(heap, size, (np.int64(seed_ds[s]) << 32) | np.int64(v))
                size += 1
        while size > 0:
            entry = _take_least(heap, size)
            size -= 1
            u, now = entry & LOW_BITS, entry >> 32
            if now != known[u]:
                continue
            if row[u] >= 0:
                time_ds[row[u], f] = now
                continue
            for a in range(indptr[u], indptr[u + 1]):
                v, then = packed[a, 0], now + packed[a, 1]
                if then < known[v] and then <= LONGEST_DS:
                    if known[v] == UNSEEN:
                        touched[marks] = v
                        marks += 1
                    known[v] = then
                    heap = _put(heap, size, (then << 32) | np.int64(v))
                    size += 1
        for m in range(marks):
            known[touched[m]] = UNSEEN


@njit(types.int64(_i64, _pairs, _pairs, _pairs_out), cache=True, nogil=True)
def settle_table(start, links, orders, time_ds):
    """
    Lower the times of every hub to the least over its links, until nothing is left to lower. Returns how many sweeps.

    The hubs are swept along each of some `orders` (rows), back and forth: times travel the length of the city in one
    sweep along their direction. A hub looks at another only if that has changed since. All facilities are done at once,
    eight in an instruction, which makes a link to 784 of them cost less than twice what one of them costs in a queue.
    Times beyond `LONGEST_DS` stay at `LONGEST_DS` + 1, and no sum passes 31 bits.
    """
    hubs, facilities = time_ds.shape
    changed, looked = np.ones(hubs, np.int64), np.zeros(hubs, np.int64)
    clock = np.int64(1)
    sweeps = 0
    while True:
        is_settled = True
        for i in range(hubs):
            u = orders[sweeps % orders.shape[0], i]
            since = looked[u]
            clock += 1
            looked[u] = clock
            lowered = np.int32(0)
            for a in range(start[u], start[u + 1]):
                v, link_ds = links[a, 0], links[a, 1]
                if changed[v] > since:
                    for f in range(facilities):
                        before = time_ds[u, f]
                        then = min(before, np.int32(time_ds[v, f] + link_ds))
                        lowered |= np.int32(before - then)
                        time_ds[u, f] = then
            if lowered != 0:
                changed[u] = clock
                is_settled = False
        sweeps += 1
        if is_settled:
            return sweeps
