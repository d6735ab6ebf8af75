"""
Compiled loops that change a field of travel times in place: one facility more, one facility fewer.

Beside `kernels.py` and by its rules (bare arrays, written-out signatures, keys of time and facility), in a file of its
own because a stored kernel is compiled anew whenever its file changes.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

UNREACHED = np.int32(2**31 - 1)
NOTHING = np.int64(2**63 - 1)
"""The key of "no facility", as in `kernels.py`."""
LABEL_BITS = np.int64(0xFFFFFFFF)
NOBODY = np.int32(-1)
"""The facility of a node that reaches none."""

_i32 = types.Array(types.int32, 1, "C", readonly=True)
_flags = types.Array(types.boolean, 1, "C", readonly=True)
_pairs = types.Array(types.int32, 2, "C", readonly=True)
_i32_out = types.Array(types.int32, 1, "C")
_i64_out = types.Array(types.int64, 1, "C")
_GRAPH = types.Tuple((_i32, _pairs))
"""indptr, packed arcs"""
_JOINED = types.Tuple((_i32, _i32, _i32))
"""start of every node's seeds, time, facility"""
_SEEDS = types.Tuple((_i32, _i32))
"""node, time"""
_LOG = types.Tuple((_i32_out, _i64_out))
"""nodes and the keys they had"""


@njit(inline="always")
def _key(time_ds, facility):
    return (np.int64(time_ds) << 32) | (np.int64(facility) & LABEL_BITS)


@njit(types.int64(_i64_out, types.int64), cache=True, nogil=True)
def _take_least(heap, size):
    """Take the least entry off a heap of `size` entries."""
    least = heap[0]
    moved = heap[size - 1]
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


@njit(_LOG(_i32_out, _i64_out, types.int64), cache=True, nogil=True)
def _room_for_one(node, was, count):
    """The columns of a log themselves, or copies of twice their size if they are full."""
    if count < node.size:
        return node, was
    more_nodes, more_keys = np.empty(2 * count, np.int32), np.empty(2 * count, np.int64)
    more_nodes[:count], more_keys[:count] = node, was
    return more_nodes, more_keys


@njit(_LOG(_GRAPH, _SEEDS, types.int32, types.int64, _i32_out, _i32_out), cache=True, nogil=True)
def add_to_field(arcs, seeds, newcomer, cutoff_ds, time_ds, facility):
    """
    Let one facility more into a field in which it has no node, over arcs that point away from the facilities.

    Only nodes for which it is the least key are visited. Returns them, each once, with the keys they had.
    """
    indptr, packed = arcs
    seed_node, seed_ds = seeds
    limit = ((cutoff_ds + 1) << 32) - 1
    node, was = np.empty(256, np.int32), np.empty(256, np.int64)
    count = 0
    heap = np.empty(256, np.int64)
    size = 0
    for i in range(seed_node.size):
        v = seed_node[i]
        key = _key(seed_ds[i], newcomer)
        old = _key(time_ds[v], facility[v])
        if key < old and key <= limit:
            if facility[v] != newcomer:
                node, was = _room_for_one(node, was, count)
                node[count], was[count] = v, old
                count += 1
            time_ds[v], facility[v] = seed_ds[i], newcomer
            heap = _put(heap, size, _key(seed_ds[i], v))
            size += 1

    while size > 0:
        entry = _take_least(heap, size)
        size -= 1
        u = np.int32(entry & LABEL_BITS)
        now = entry >> 32
        if now != time_ds[u]:
            continue
        for a in range(indptr[u], indptr[u + 1]):
            v = packed[a, 0]
            then = now + packed[a, 1]
            key = (then << 32) | np.int64(newcomer)
            old = _key(time_ds[v], facility[v])
            if key < old and key <= limit:
                if facility[v] != newcomer:
                    node, was = _room_for_one(node, was, count)
                    node[count], was[count] = v, old
                    count += 1
                time_ds[v], facility[v] = then, newcomer
                heap = _put(heap, size, (then << 32) | np.int64(v))
                size += 1
    return node[:count], was[:count]


@njit(_LOG(_GRAPH, _GRAPH, _i32, _JOINED, _flags, types.int32, types.int64, _i32_out, _i32_out), cache=True, nogil=True)
def remove_from_field(arcs_back, arcs_ahead, seed_node, joined, eligible, leaver, cutoff_ds, time_ds, facility):
    """
    Take a facility out of a field. Returns the nodes it had, each once, with the keys they had.

    A facility's nodes hang together through one another down to its seeds (`seed_node`), because the way of the least
    key from any of them leads through them only. They are emptied, take what the nodes around them and the seeds of
    other eligible facilities offer, and hand it on among themselves; nobody else's key can change. `arcs_back` point
    away from the facilities, `arcs_ahead` towards them.
    """
    indptr, packed = arcs_back
    indptr_ahead, packed_ahead = arcs_ahead
    seed_start, seed_ds, seed_facility = joined
    limit = ((cutoff_ds + 1) << 32) - 1
    node, was = np.empty(256, np.int32), np.empty(256, np.int64)
    count = 0
    for i in range(seed_node.size):
        v = seed_node[i]
        if facility[v] == leaver:
            node, was = _room_for_one(node, was, count)
            node[count], was[count] = v, _key(time_ds[v], leaver)
            count += 1
            time_ds[v], facility[v] = UNREACHED, NOBODY
    followed = 0
    while followed < count:
        u = node[followed]
        followed += 1
        for a in range(indptr[u], indptr[u + 1]):
            v = packed[a, 0]
            if facility[v] == leaver:
                node, was = _room_for_one(node, was, count)
                node[count], was[count] = v, _key(time_ds[v], leaver)
                count += 1
                time_ds[v], facility[v] = UNREACHED, NOBODY

    heap = np.empty(256, np.int64)
    size = 0
    for i in range(count):
        v = node[i]
        best = NOTHING
        for s in range(seed_start[v], seed_start[v + 1]):
            if seed_facility[s] != leaver and (not eligible.size or eligible[seed_facility[s]]):
                best = min(best, _key(seed_ds[s], seed_facility[s]))
        for a in range(indptr_ahead[v], indptr_ahead[v + 1]):
            w = packed_ahead[a, 0]
            if facility[w] >= 0:
                best = min(best, _key(time_ds[w], facility[w]) + (np.int64(packed_ahead[a, 1]) << 32))
        if best <= limit:
            time_ds[v], facility[v] = best >> 32, best & LABEL_BITS
            heap = _put(heap, size, (best >> 32 << 32) | np.int64(v))
            size += 1

    while size > 0:
        entry = _take_least(heap, size)
        size -= 1
        u = np.int32(entry & LABEL_BITS)
        if entry >> 32 != time_ds[u]:
            continue
        base = _key(time_ds[u], facility[u])
        for a in range(indptr[u], indptr[u + 1]):
            v = packed[a, 0]
            key = base + (np.int64(packed[a, 1]) << 32)
            if key < _key(time_ds[v], facility[v]) and key <= limit:
                time_ds[v], facility[v] = key >> 32, key & LABEL_BITS
                heap = _put(heap, size, (key >> 32 << 32) | np.int64(v))
                size += 1
    return node[:count], was[:count]
