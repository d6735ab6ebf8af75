"""
Compiled loops over the street arrays. Those that change a field in place are in `change_kernels.py`; no other module
holds any.

Everything here works on bare arrays of contiguous int32, int64 and float64; `search.py` and `snap.py` give them names.
Signatures are written out, so that one machine-code version serves arrays in memory and arrays mapped read-only from
disk, and so that all compiling happens when this module is first imported and never while somebody waits for an answer.

Times are int32 deciseconds. A time and the facility it belongs to travel as one int64 *key*, the time in the upper
half: comparing keys compares times first and facility numbers second, and adding a shifted weight moves the time only.
This makes every tie come out the same, whatever the order of the work.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types

from geo.streets.prefetch import prefetch

UNREACHED = np.int32(2**31 - 1)
NOTHING = np.int64(2**63 - 1)
"""The key of "no facility": reads as the time `UNREACHED` and the facility -1."""
LABEL_BITS = np.int64(0xFFFFFFFF)

BUCKET_SHIFT = 8
"""Buckets of the queue are 2**8 deciseconds wide: wide enough to skip few, narrow enough to settle most nodes once."""
AHEAD = 16
"""Entries between the one at work and the one whose arcs are fetched: less is too late, more is forgotten again."""
LABEL_BUCKET_SHIFT = 11
"""
As `BUCKET_SHIFT`, of the search for labels: 205 seconds. A node hands on at once all labels that fall in one bucket,
and in narrow ones that is one at a time; what it corrects in wide ones costs less than coming by so often.
"""
MOST_READ = 16
"""Nodes whose labels a search with hubs reads; each costs as much as a node of the search itself."""
IDLE = np.int32(-2)
"""Link of a node that is in no bucket. Links of -3 and below name the bucket whose first node this is."""

_i32 = types.Array(types.int32, 1, "C", readonly=True)
_i64 = types.Array(types.int64, 1, "C", readonly=True)
_f64 = types.Array(types.float64, 1, "C", readonly=True)
_flags = types.Array(types.boolean, 1, "C", readonly=True)
_pairs = types.Array(types.int32, 2, "C", readonly=True)
_i32_out = types.Array(types.int32, 1, "C")
_i64_out = types.Array(types.int64, 1, "C")
_f64_out = types.Array(types.float64, 1, "C")
_pairs_out = types.Array(types.int32, 2, "C")
_keys_out = types.Array(types.int64, 2, "C")
_table_out = types.Array(types.float64, 2, "C")
_rows_out = types.Array(types.int64, 3, "C")
_cells_out = types.Array(types.int32, 3, "C")


def _tuple(*parts: types.Type) -> types.Type:
    return types.Tuple(parts)


_GRAPH = _tuple(_i32, _pairs)
"""indptr, packed arcs"""
_EDGES = _tuple(_i32, _i32, _i32, _i32)
"""tail, head, forward_ds, backward_ds"""
_SEEDS = _tuple(_i32, _i32, _i32)
"""node, time, facility"""
_JOINED = _tuple(_i32, _i32, _i32)
"""start of every node's seeds, time, facility"""
_ON_EDGE = _tuple(_i32, _f64, _i32, _i32)
"""edge (ascending), fraction, extra time, facility"""
_HUBS = _tuple(_i32, _pairs)
"""row of every node among the hubs (or nothing at all), time from every hub to every facility"""
_POINTS = _tuple(_i32, _f64, _i32)
"""edge, fraction, access time"""
_GRID = _tuple(types.float64, types.float64, types.float64, types.float64, types.int64, types.int64)
"""west, south, cell width and height in degrees, columns, rows"""


# --------------------------------------------------------------------------------------------------------- bucket queue
@njit(inline="always")
def _unlink(links, bucket_first, v):
    """Take a node out of its bucket."""
    before, after = links[v, 3], links[v, 2]
    if before <= -3:
        bucket_first[-(before + 3)] = after
    else:
        links[before, 2] = after
    if after >= 0:
        links[after, 3] = before


@njit(inline="always")
def _link(links, bucket_first, v, bucket):
    """Put a node at the front of a bucket."""
    first = bucket_first[bucket]
    links[v, 2] = first
    links[v, 3] = -(bucket + 3)
    if first >= 0:
        links[first, 3] = v
    bucket_first[bucket] = v


@njit(
    types.boolean(_GRAPH, _SEEDS, _flags, types.int64, _i64_out, _rows_out, _cells_out, _i64_out, _i32_out, _i32_out),
    cache=True,
    nogil=True,
)
def search_field(arcs, seeds, eligible, cutoff_ds, state, room, nodes, filled, time_ds, facility):
    """
    Least key from every node to any eligible facility, over arcs that point away from the facilities.

    `state` (int64[n]) holds a node's key. Who waits stands in a circle of buckets, one for each of the eras of time to
    come: `room` is int64[buckets, places, 2] and `nodes` the same memory as int32[buckets, places, 4], an entry being a
    key and then a node; `filled` counts the entries of every bucket, and there is a power of two of them. Who belongs
    to an era beyond the circle waits in its last bucket and is put off from there. Inside a bucket nodes are settled in
    any order and corrected when a lesser key arrives, which keeps the result exact; an entry whose node has got a
    lesser key since is passed over. Of whoever waits behind the one at work, node, arcs and the arcs' ends are fetched
    ahead of time: that halves the time.

    Returns whether every bucket had places enough. If not, ask again with more: nothing else is said.
    """
    indptr, packed = arcs
    seed_node, seed_ds, seed_facility = seeds
    buckets, places, _ = room.shape
    mask = buckets - 1
    limit = ((cutoff_ds + 1) << 32) - 1
    state[:] = NOTHING
    filled[:] = 0
    era, last = np.int64(0), np.int64(mask)
    waiting = 0

    for i in range(seed_node.size):
        if eligible.size and not eligible[seed_facility[i]]:
            continue
        key = (np.int64(seed_ds[i]) << 32) | np.int64(seed_facility[i])
        v = seed_node[i]
        if key < state[v] and key <= limit:
            state[v] = key
            into = min(key >> (32 + BUCKET_SHIFT), last) & mask
            at = filled[into]
            if at == places:
                return False
            room[into, at, 0], nodes[into, at, 2] = key, v
            filled[into] = at + 1
            waiting += 1

    while waiting > 0:
        bucket = era & mask
        done = 0
        while done < filled[bucket]:
            # who comes in meanwhile is met by the next round
            there = filled[bucket]
            waiting -= there - done
            for i in range(done, there):
                if i + 2 * AHEAD < there:
                    # unsigned places spare a check for negative ones
                    far = np.uint32(nodes[bucket, i + 2 * AHEAD, 2])
                    prefetch(indptr, far)
                    prefetch(state, far)
                    prefetch(packed, indptr[np.uint32(nodes[bucket, i + AHEAD, 2])])
                    near = np.uint32(nodes[bucket, i + AHEAD // 2, 2])
                    for a in range(indptr[near], indptr[near + 1]):
                        prefetch(state, np.uint32(packed[np.uint64(a), 0]))
                u, base = np.uint32(nodes[bucket, i, 2]), room[bucket, i, 0]
                if base != state[u]:
                    continue
                first, end = indptr[u], indptr[u + 1]
                if base >> (32 + BUCKET_SHIFT) != era:
                    into = min(base >> (32 + BUCKET_SHIFT), last) & mask
                    at = filled[into]
                    if at == places:
                        return False
                    room[into, at, 0], nodes[into, at, 2] = base, u
                    filled[into] = at + 1
                    waiting += 1
                    end = first
                for a in range(first, end):
                    w = np.uint32(packed[np.uint64(a), 0])
                    key = base + (np.int64(packed[np.uint64(a), 1]) << 32)
                    if key < state[w] and key <= limit:
                        state[w] = key
                        into = min(key >> (32 + BUCKET_SHIFT), last) & mask
                        at = filled[into]
                        if at == places:
                            return False
                        room[into, at, 0], nodes[into, at, 2] = key, w
                        filled[into] = at + 1
                        waiting += 1
            done = there
        filled[bucket] = 0
        era += 1
        last += 1

    for v in range(state.size):
        time_ds[v] = np.int32(state[v] >> 32)
        facility[v] = np.int32(state[v] & LABEL_BITS)
    return True


# ------------------------------------------------------------------------------------------------------------- k labels
@njit(inline="always")
def _insert_label(keys, pending, v, key, k):
    """
    Keep a key among the `k` least of a node if it belongs there, each facility once. Returns its place, or -1.

    `pending[v]` has bit `j` set while label `j` has not been handed on; the bits move with the labels.
    """
    if key >= keys[v, k - 1]:
        return -1
    label = key & LABEL_BITS
    place = 0
    while keys[v, place] < key:
        if keys[v, place] & LABEL_BITS == label:
            return -1
        place += 1
    if keys[v, place] == key:
        return -1
    gone = place
    while gone < k - 1 and keys[v, gone] != NOTHING and keys[v, gone] & LABEL_BITS != label:
        gone += 1
    for j in range(gone, place, -1):
        keys[v, j] = keys[v, j - 1]
    keys[v, place] = key
    bits = pending[v]
    below = bits & ((np.int64(1) << place) - 1)
    moved = bits & ((np.int64(1) << gone) - 1) & ~((np.int64(1) << place) - 1)
    above = bits & ~((np.int64(2) << gone) - 1)
    pending[v] = below | (moved << 1) | above | (np.int64(1) << place)
    return place


@njit(inline="always")
def _first_bit(bits):
    """Position of the lowest set bit of a number that has one."""
    place = 0
    while not (bits >> place) & 1:
        place += 1
    return place


@njit(
    types.void(_GRAPH, _SEEDS, _flags, types.int64, types.int64, _keys_out, _pairs_out, _pairs_out),
    cache=True,
    nogil=True,
)
def search_labels(arcs, seeds, eligible, cutoff_ds, buckets, keys, time_ds, facility):
    """
    The `k` least keys of distinct facilities from every node, ascending.

    A node waits in the bucket of its earliest label that was not handed on yet, and hands on at once all that fall in
    that bucket. Right because a facility among the `k` nearest of a node is among the `k` nearest of the next node on
    the way, ties included.
    """
    indptr, packed = arcs
    seed_node, seed_ds, seed_facility = seeds
    n, k = keys.shape
    mask = buckets - 1
    bucket_first = np.full(buckets, -1, np.int32)
    links = np.empty((n, 4), np.int32)
    pending = np.zeros(n, np.int64)
    batch = np.empty(k, np.int64)
    for v in range(n):
        links[v, 3] = IDLE
        for j in range(k):
            keys[v, j] = NOTHING
    limit = ((cutoff_ds + 1) << 32) - 1
    waiting = 0

    for i in range(seed_node.size):
        if eligible.size and not eligible[seed_facility[i]]:
            continue
        key = (np.int64(seed_ds[i]) << 32) | np.int64(seed_facility[i])
        v = seed_node[i]
        if key > limit:
            continue
        place = _insert_label(keys, pending, v, key, k)
        if place >= 0 and place == _first_bit(pending[v]):
            if links[v, 3] != IDLE:
                _unlink(links, bucket_first, v)
                waiting -= 1
            _link(links, bucket_first, v, (key >> (32 + LABEL_BUCKET_SHIFT)) & mask)
            waiting += 1

    bucket = 0
    while waiting > 0:
        u = bucket_first[bucket]
        if u < 0:
            bucket = (bucket + 1) & mask
            continue
        _unlink(links, bucket_first, u)
        links[u, 3] = IDLE
        waiting -= 1

        # take what falls in this bucket, leave the rest waiting
        bits = pending[u]
        place = _first_bit(bits)
        era = keys[u, place] >> (32 + LABEL_BUCKET_SHIFT)
        count = 0
        while bits and keys[u, place] >> (32 + LABEL_BUCKET_SHIFT) == era:
            batch[count] = keys[u, place]
            count += 1
            bits &= bits - 1
            if bits:
                place = _first_bit(bits)
        pending[u] = bits
        if bits:
            _link(links, bucket_first, u, (keys[u, place] >> (32 + LABEL_BUCKET_SHIFT)) & mask)
            waiting += 1

        # the helpers are written out, as in the search above
        for a in range(indptr[u], indptr[u + 1]):
            v = packed[a, 0]
            weight = np.int64(packed[a, 1]) << 32
            last = keys[v, k - 1]
            for b in range(count):
                key = batch[b] + weight
                if key > limit or key >= last:
                    break
                label = key & LABEL_BITS
                place = 0
                while keys[v, place] < key and keys[v, place] & LABEL_BITS != label:
                    place += 1
                if keys[v, place] <= key:
                    continue
                gone = place
                while gone < k - 1 and keys[v, gone] != NOTHING and keys[v, gone] & LABEL_BITS != label:
                    gone += 1
                for j in range(gone, place, -1):
                    keys[v, j] = keys[v, j - 1]
                keys[v, place] = key
                last = keys[v, k - 1]
                bits = pending[v]
                up_to = (np.int64(1) << place) - 1
                moved = bits & ((np.int64(1) << gone) - 1) & ~up_to
                pending[v] = (bits & up_to) | (moved << 1) | (bits & ~((np.int64(2) << gone) - 1)) | (up_to + 1)
                if bits & up_to:
                    continue
                before = links[v, 3]
                if before != IDLE:
                    after = links[v, 2]
                    if before <= -3:
                        bucket_first[-(before + 3)] = after
                    else:
                        links[before, 2] = after
                    if after >= 0:
                        links[after, 3] = before
                    waiting -= 1
                into = (key >> (32 + LABEL_BUCKET_SHIFT)) & mask
                first = bucket_first[into]
                links[v, 2] = first
                links[v, 3] = -(into + 3)
                if first >= 0:
                    links[first, 3] = v
                bucket_first[into] = v
                waiting += 1

    for v in range(n):
        for j in range(k):
            time_ds[v, j] = np.int32(keys[v, j] >> 32)
            facility[v, j] = np.int32(keys[v, j] & LABEL_BITS)


# --------------------------------------------------------------------------------------------------- positions on edges
@njit(inline="always")
def _along_ds(edge_ds, fraction):
    """Time from the tail of an edge to a position on it, so that both parts of the edge add up to the whole."""
    return np.int64(np.rint(edge_ds * fraction))


@njit(inline="always")
def _leave(edges, e, fraction):
    """
    Times from a position to the tail and to the head of its edge, -1 where the street does not lead there.

    A position at an end of an edge *is* that node, whatever the direction of the edge.
    """
    _, _, forward, backward = edges
    to_tail = _along_ds(backward[e], fraction) if backward[e] >= 0 else (0 if fraction == 0.0 else -1)
    to_head = forward[e] - _along_ds(forward[e], fraction) if forward[e] >= 0 else (0 if fraction == 1.0 else -1)
    return to_tail, to_head


@njit(inline="always")
def _arrive(edges, e, fraction):
    """Times from the tail and from the head of an edge to a position on it, -1 where the street does not lead there."""
    _, _, forward, backward = edges
    from_tail = _along_ds(forward[e], fraction) if forward[e] >= 0 else (0 if fraction == 0.0 else -1)
    from_head = backward[e] - _along_ds(backward[e], fraction) if backward[e] >= 0 else (0 if fraction == 1.0 else -1)
    return from_tail, from_head


@njit(inline="always")
def _direct_ds(edges, e, start, end):
    """Time from one position to another along the same edge, -1 if the street does not lead there."""
    _, _, forward, backward = edges
    if end == start:
        return 0
    if end > start:
        return _along_ds(forward[e], end) - _along_ds(forward[e], start) if forward[e] >= 0 else -1
    return _along_ds(backward[e], start) - _along_ds(backward[e], end) if backward[e] >= 0 else -1


@njit(inline="always")
def _first_on_edge(on_edge, e):
    """Where the facilities of an edge begin in the list that is sorted by edge."""
    low, high = 0, on_edge.size
    while low < high:
        middle = (low + high) >> 1
        if on_edge[middle] < e:
            low = middle + 1
        else:
            high = middle
    return low


@njit(types.int64(_EDGES, _POINTS, _i32_out, _i32_out, _i32_out), cache=True, nogil=True)
def make_seeds(edges, points, node, time_ds, facility):
    """Write where searches towards facilities begin: both permitted ends of every facility's edge. Returns how many."""
    tail, head, _, _ = edges
    edge, fraction, extra_ds = points
    count = 0
    for f in range(edge.size):
        e = edge[f]
        if e < 0:
            continue
        from_tail, from_head = _arrive(edges, e, fraction[f])
        if from_tail >= 0:
            node[count], time_ds[count], facility[count] = tail[e], from_tail + extra_ds[f], f
            count += 1
        if from_head >= 0:
            node[count], time_ds[count], facility[count] = head[e], from_head + extra_ds[f], f
            count += 1
    return count


@njit(types.void(_EDGES, _ON_EDGE, _i32, _i32, _POINTS, _flags, _i32_out, _i32_out), cache=True, nogil=True)
def read_points(edges, on_edge, field_ds, field_facility, points, eligible, time_ds, facility):
    """Least key of every point: by the tail of its edge, by the head, or straight to a facility on the same edge."""
    tail, head, _, _ = edges
    at_edge, at_fraction, at_extra, at_facility = on_edge
    edge, fraction, access_ds = points
    for i in range(edge.size):
        e = edge[i]
        best = NOTHING
        if e >= 0:
            to_tail, to_head = _leave(edges, e, fraction[i])
            if to_tail >= 0 and field_facility[tail[e]] >= 0:
                best = ((np.int64(field_ds[tail[e]]) + to_tail) << 32) | np.int64(field_facility[tail[e]])
            if to_head >= 0 and field_facility[head[e]] >= 0:
                best = min(best, ((np.int64(field_ds[head[e]]) + to_head) << 32) | np.int64(field_facility[head[e]]))
            j = _first_on_edge(at_edge, e)
            while j < at_edge.size and at_edge[j] == e:
                if not eligible.size or eligible[at_facility[j]]:
                    direct = _direct_ds(edges, e, fraction[i], at_fraction[j])
                    if direct >= 0:
                        best = min(best, ((direct + np.int64(at_extra[j])) << 32) | np.int64(at_facility[j]))
                j += 1
            if best != NOTHING:
                best += np.int64(access_ds[i]) << 32
        time_ds[i] = np.int32(best >> 32)
        facility[i] = np.int32(best & LABEL_BITS)


# ------------------------------------------------------------------------------------------------- nearest from a point
@njit(inline="always")
def _offer(best, count, key):
    """
    Keep a key among the least of distinct facilities in `best`. Returns how many are kept.
    """
    limit = best.size
    if count == limit and key >= best[limit - 1]:
        return count
    label = key & LABEL_BITS
    place = 0
    while place < count and best[place] < key:
        if best[place] & LABEL_BITS == label:
            return count
        place += 1
    gone = place
    while gone < count and best[gone] & LABEL_BITS != label:
        gone += 1
    if gone == limit:
        gone = limit - 1
    for j in range(gone, place, -1):
        best[j] = best[j - 1]
    best[place] = key
    return max(count, gone + 1)


@njit(inline="always")
def _offer_on_edge(edges, on_edge, e, fraction, access_ds, eligible, limit, best, count):
    """Offer the facilities on the point's own edge."""
    at_edge, at_fraction, at_extra, at_facility = on_edge
    j = _first_on_edge(at_edge, e)
    while j < at_edge.size and at_edge[j] == e:
        if not eligible.size or eligible[at_facility[j]]:
            direct = _direct_ds(edges, e, fraction, at_fraction[j])
            if direct >= 0:
                key = ((direct + np.int64(at_extra[j]) + access_ds) << 32) | np.int64(at_facility[j])
                if key <= limit:
                    count = _offer(best, count, key)
        j += 1
    return count


@njit(inline="always")
def _sift_up(heap, i, key):
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key


@njit(inline="always")
def _sift_down(heap, size, key):
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = key


@njit(inline="always")
def _push(heap, size, key):
    """Add a key to a heap that grows when it is full. Returns the heap."""
    if size == heap.size:
        larger = np.empty(2 * size, np.int64)
        larger[:size] = heap
        heap = larger
    _sift_up(heap, size, key)
    return heap


@njit(
    types.int64(
        _GRAPH,
        _EDGES,
        _ON_EDGE,
        _JOINED,
        types.int32,
        types.float64,
        types.int64,
        _flags,
        types.int64,
        _i32_out,
        _i32_out,
        _i64_out,
    ),
    cache=True,
    nogil=True,
)
def nearest_by_search(
    arcs, edges, on_edge, joined, e, fraction, access_ds, eligible, cutoff_ds, reached_ds, touched, best
):
    """
    The nearest eligible facilities of a point, by a search in the direction of travel that ends as soon as nothing
    nearer can come.

    `joined` lists the seeds by node (start of every node, time, facility). `reached_ds` is all `UNREACHED` before and
    after; `touched` has room for every node. Returns how many were written to `best`.
    """
    indptr, packed = arcs
    tail, head, _, _ = edges
    seed_start, seed_ds, seed_facility = joined
    limit = ((cutoff_ds + 1) << 32) - 1
    count = _offer_on_edge(edges, on_edge, e, fraction, access_ds, eligible, limit, best, 0)
    heap = np.empty(1024, np.int64)
    size = 0
    marks = 0
    to_tail, to_head = _leave(edges, e, fraction)
    for side in range(2):
        to_node = to_tail if side == 0 else to_head
        if to_node < 0 or access_ds + to_node > cutoff_ds:
            continue
        v = tail[e] if side == 0 else head[e]
        if reached_ds[v] == UNREACHED:
            touched[marks] = v
            marks += 1
        if access_ds + to_node < reached_ds[v]:
            reached_ds[v] = access_ds + to_node
            heap = _push(heap, size, (np.int64(access_ds + to_node) << 32) | np.int64(v))
            size += 1

    while size > 0:
        entry = heap[0]
        size -= 1
        _sift_down(heap, size, heap[size])
        u = np.int32(entry & LABEL_BITS)
        now = entry >> 32
        if now > reached_ds[u]:
            continue
        if count == best.size and now > best[count - 1] >> 32:
            break
        for s in range(seed_start[u], seed_start[u + 1]):
            if not eligible.size or eligible[seed_facility[s]]:
                key = ((now + np.int64(seed_ds[s])) << 32) | np.int64(seed_facility[s])
                if key <= limit:
                    count = _offer(best, count, key)
        for a in range(indptr[u], indptr[u + 1]):
            v = packed[a, 0]
            then = now + packed[a, 1]
            if then < reached_ds[v] and then <= cutoff_ds:
                if count == best.size and then > best[count - 1] >> 32:
                    continue
                if reached_ds[v] == UNREACHED:
                    touched[marks] = v
                    marks += 1
                reached_ds[v] = then
                heap = _push(heap, size, (then << 32) | np.int64(v))
                size += 1

    for i in range(marks):
        reached_ds[touched[i]] = UNREACHED
    return count


@njit(inline="always")
def _passing(eligible, facilities):
    """Numbers of the facilities that pass a filter; an empty one lets all pass."""
    numbers = np.empty(facilities, np.int32)
    count = 0
    for f in range(facilities):
        if not eligible.size or eligible[f]:
            numbers[count] = f
            count += 1
    return numbers[:count]


@njit(
    types.int64(
        _GRAPH,
        _EDGES,
        _ON_EDGE,
        _tuple(_pairs, _pairs),
        _HUBS,
        _JOINED,
        types.int32,
        types.float64,
        types.int64,
        _flags,
        types.int64,
        _i32_out,
        _i32_out,
        _i64_out,
    ),
    cache=True,
    nogil=True,
)
def nearest_by_labels(
    arcs, edges, on_edge, labels, hubs, joined, e, fraction, access_ds, eligible, cutoff_ds, reached_ds, touched, best
):
    """
    The nearest eligible facilities of a point, read off the labels of as few nodes as the proof takes.

    A facility that a node's labels have dropped lies beyond the last of them, so the search goes on past a node (to the
    facilities joined to it and along its arcs) only while that last label could still come before the worst facility
    found. Mostly both ends of the point's edge are enough; a filter that few pass makes it look further, but never past
    a hub, whose times to all facilities are known. Room and result are as in `nearest_by_search`.
    """
    indptr, packed = arcs
    tail, head, _, _ = edges
    label_ds, label_facility = labels
    hub_row, hub_ds = hubs
    seed_start, seed_ds, seed_facility = joined
    k = label_ds.shape[1]
    passing = np.empty(0, np.int32)
    limit = ((cutoff_ds + 1) << 32) - 1
    count = _offer_on_edge(edges, on_edge, e, fraction, access_ds, eligible, limit, best, 0)
    worst = best[count - 1] if count == best.size else limit
    heap = np.empty(64, np.int64)
    size = 0
    marks = read = 0
    to_tail, to_head = _leave(edges, e, fraction)
    for side in range(2):
        to_node = to_tail if side == 0 else to_head
        if to_node < 0 or access_ds + to_node > cutoff_ds:
            continue
        v = tail[e] if side == 0 else head[e]
        if reached_ds[v] == UNREACHED:
            touched[marks] = v
            marks += 1
        if access_ds + to_node < reached_ds[v]:
            reached_ds[v] = access_ds + to_node
            heap = _push(heap, size, (np.int64(access_ds + to_node) << 32) | np.int64(v))
            size += 1

    while size > 0:
        entry = heap[0]
        size -= 1
        _sift_down(heap, size, heap[size])
        u = np.int32(entry & LABEL_BITS)
        now = entry >> 32
        if now > reached_ds[u]:
            continue
        if now > worst >> 32:
            break
        beyond = False
        # labels that prove nothing at the first nodes hardly do so at the next, and the hubs are near
        if read < MOST_READ or not hub_row.size:
            read += 1
            for j in range(k):
                f = label_facility[u, j]
                key = ((now + np.int64(label_ds[u, j])) << 32) | np.int64(f)
                if f < 0 or key >= worst:
                    beyond = True
                    break
                if not eligible.size or eligible[f]:
                    count = _offer(best, count, key)
                    if count == best.size:
                        worst = best[count - 1]
        if beyond:
            continue
        if hub_row.size and hub_row[u] >= 0:
            if passing.size == 0:
                passing = _passing(eligible, hub_ds.shape[1])
            for i in range(passing.size):
                f = passing[i]
                key = ((now + np.int64(hub_ds[hub_row[u], f])) << 32) | np.int64(f)
                if key < worst:
                    count = _offer(best, count, key)
                    if count == best.size:
                        worst = best[count - 1]
            continue
        for s in range(seed_start[u], seed_start[u + 1]):
            key = ((now + np.int64(seed_ds[s])) << 32) | np.int64(seed_facility[s])
            if key < worst and (not eligible.size or eligible[seed_facility[s]]):
                count = _offer(best, count, key)
                if count == best.size:
                    worst = best[count - 1]
        for a in range(indptr[u], indptr[u + 1]):
            v = packed[a, 0]
            then = now + packed[a, 1]
            if then < reached_ds[v] and then <= worst >> 32:
                if reached_ds[v] == UNREACHED:
                    touched[marks] = v
                    marks += 1
                reached_ds[v] = then
                heap = _push(heap, size, (then << 32) | np.int64(v))
                size += 1

    for i in range(marks):
        reached_ds[touched[i]] = UNREACHED
    return count


@njit(
    types.void(
        _GRAPH,
        _EDGES,
        _ON_EDGE,
        _tuple(_pairs, _pairs),
        _HUBS,
        _JOINED,
        _POINTS,
        _flags,
        types.int64,
        _i32_out,
        _i32_out,
        _keys_out,
        _i32_out,
    ),
    cache=True,
    nogil=True,
)
def nearest_of_many_by_labels(
    arcs, edges, on_edge, labels, hubs, joined, points, eligible, cutoff_ds, reached_ds, touched, best, found
):
    """What `nearest_by_labels` does, for every point `p`: its keys into `best[p]`, their number into `found[p]`."""
    edge, fraction, access_ds = points
    for p in range(edge.size):
        found[p] = 0
        if edge[p] >= 0:
            found[p] = nearest_by_labels(
                arcs,
                edges,
                on_edge,
                labels,
                hubs,
                joined,
                edge[p],
                fraction[p],
                np.int64(access_ds[p]),
                eligible,
                cutoff_ds,
                reached_ds,
                touched,
                best[p],
            )


# ------------------------------------------------------------------------------------------------ covered street length
@njit(inline="always")
def _reach(limit_ds, spent_ds, edge_ds):
    """Which part of an edge (0 to 1) can be travelled in the time that is left, -1 for none."""
    left = limit_ds - spent_ds
    if left < 0:
        return -1.0
    return 1.0 if left >= edge_ds else left / edge_ds


@njit(inline="always")
def _keep_span(spans, count, start, end):
    """Insert a span into a list that stays sorted by start."""
    j = count
    while j > 0 and spans[j - 1, 0] > start:
        spans[j, 0], spans[j, 1] = spans[j - 1, 0], spans[j - 1, 1]
        j -= 1
    spans[j, 0], spans[j, 1] = start, end
    return count + 1


@njit(inline="always")
def _covered_spans(edges, on_edge, field_ds, eligible, limit_ds, e, j, spans):
    """
    Write the spans of an edge from which some facility is reached in time, sorted by start; they may overlap.

    `j` is where the facilities of the edge begin, if there are any.
    """
    tail, head, forward, backward = edges
    at_edge, at_fraction, at_extra, at_facility = on_edge
    count = 0
    if backward[e] >= 0 and field_ds[tail[e]] != UNREACHED:
        reach = _reach(limit_ds, field_ds[tail[e]], backward[e])
        if reach >= 0:
            count = _keep_span(spans, count, 0.0, reach)
    if forward[e] >= 0 and field_ds[head[e]] != UNREACHED:
        reach = _reach(limit_ds, field_ds[head[e]], forward[e])
        if reach >= 0:
            count = _keep_span(spans, count, 1.0 - reach, 1.0)
    while j < at_edge.size and at_edge[j] == e:
        if not eligible.size or eligible[at_facility[j]]:
            here = at_fraction[j]
            before = _reach(limit_ds, at_extra[j], forward[e]) if forward[e] >= 0 else -1.0
            after = _reach(limit_ds, at_extra[j], backward[e]) if backward[e] >= 0 else -1.0
            if before >= 0 or after >= 0:
                count = _keep_span(spans, count, max(0.0, here - max(before, 0.0)), min(1.0, here + max(after, 0.0)))
        j += 1
    return count


@njit(
    types.void(_EDGES, _f64, _ON_EDGE, _i32, _flags, types.int64, types.int64, _i32, _f64, _f64, _f64_out),
    cache=True,
    nogil=True,
)
def cover_pieces(
    edges, length_m, on_edge, field_ds, eligible, limit_ds, crowd, piece_edge, piece_from, piece_to, covered_m
):
    """
    Metres of every piece of street from which some eligible facility is reached within the limit.

    `crowd` is the largest number of facilities on one edge. The spans of an edge are found once for pieces that follow
    one another.
    """
    tail, head, forward, backward = edges
    at_edge = on_edge[0]
    spans = np.empty((crowd + 2, 2), np.float64)
    current = np.int32(-1)
    count = j = 0
    whole = False
    for i in range(piece_edge.size):
        e = piece_edge[i]
        if e != current:
            if e < current:
                j = _first_on_edge(at_edge, e)
            while j < at_edge.size and at_edge[j] < e:
                j += 1
            current = e
            # most edges lie within reach as a whole or not at all
            occupied = j < at_edge.size and at_edge[j] == e
            left_tail, left_head = limit_ds - field_ds[tail[e]], limit_ds - field_ds[head[e]]
            whole = (0 <= backward[e] <= left_tail) or (0 <= forward[e] <= left_head)
            count = 0
            if not whole and (occupied or left_tail >= 0 or left_head >= 0):
                count = _covered_spans(edges, on_edge, field_ds, eligible, limit_ds, e, j, spans)
        covered = piece_to[i] - piece_from[i] if whole else 0.0
        reached = piece_from[i]
        for s in range(count):
            start = max(spans[s, 0], reached)
            end = min(spans[s, 1], piece_to[i])
            if end > start:
                covered += end - start
                reached = end
        covered_m[i] = covered * length_m[e]


# ----------------------------------------------------------------------------------------------------------- components
@njit(types.int64(_GRAPH, _i32_out), cache=True, nogil=True)
def strong_components(arcs, component):
    """
    Number the strongly connected components: nodes that can reach one another. Returns how many there are.

    Tarjan's algorithm with a stack of its own, for a city is deeper than Python's.
    """
    indptr, packed = arcs
    n = indptr.size - 1
    order = np.full(n, -1, np.int32)
    low = np.empty(n, np.int32)
    next_arc = np.empty(n, np.int32)
    path = np.empty(n, np.int32)
    open_nodes = np.empty(n, np.int32)
    component[:] = -1
    visited = opened = found = 0
    for root in range(n):
        if order[root] >= 0:
            continue
        depth = 0
        path[0] = root
        order[root] = low[root] = visited
        visited += 1
        next_arc[root] = indptr[root]
        open_nodes[opened] = root
        opened += 1
        while depth >= 0:
            u = path[depth]
            if next_arc[u] < indptr[u + 1]:
                v = packed[next_arc[u], 0]
                next_arc[u] += 1
                if order[v] < 0:
                    depth += 1
                    path[depth] = v
                    order[v] = low[v] = visited
                    visited += 1
                    next_arc[v] = indptr[v]
                    open_nodes[opened] = v
                    opened += 1
                elif component[v] < 0:
                    low[u] = min(low[u], order[v])
                continue
            if low[u] == order[u]:
                while True:
                    opened -= 1
                    v = open_nodes[opened]
                    component[v] = found
                    if v == u:
                        break
                found += 1
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[u])
    return found


# ----------------------------------------------------------------------------------------------------- grid of segments
@njit(inline="always")
def _column(grid, lon):
    return np.int64(np.floor((lon - grid[0]) / grid[2]))


@njit(inline="always")
def _row(grid, lat):
    return np.int64(np.floor((lat - grid[1]) / grid[3]))


@njit(inline="always")
def _misses(x0, y0, x1, y1, west, south, east, north):
    """Whether a segment whose box meets a cell passes beside it: all four corners lie strictly on one side."""
    dx, dy = x1 - x0, y1 - y0
    a = dx * (south - y0) - dy * (west - x0)
    b = dx * (south - y0) - dy * (east - x0)
    c = dx * (north - y0) - dy * (west - x0)
    d = dx * (north - y0) - dy * (east - x0)
    return (a > 0 and b > 0 and c > 0 and d > 0) or (a < 0 and b < 0 and c < 0 and d < 0)


@njit(types.void(_f64, _f64, _i32, _GRID, _i64_out, _i32_out), cache=True, nogil=True)
def file_segments_pass(shape_lon, shape_lat, segment_edge, grid, cell_start, cell_segment):
    """
    File segments under the cells they may touch: counts them if `cell_segment` is empty, else writes them behind
    `cell_start`.

    A segment is numbered by its first vertex. A straight line hardly ever leaves the squares of its own box that it is
    tested against; a rounding error at a corner costs nothing, because a search looks at whole rings of squares.
    """
    west, south, width, height, columns, rows = grid
    for s in range(segment_edge.size - 1):
        if segment_edge[s] != segment_edge[s + 1]:
            continue
        x0, y0, x1, y1 = shape_lon[s], shape_lat[s], shape_lon[s + 1], shape_lat[s + 1]
        left = max(0, min(_column(grid, x0), _column(grid, x1)))
        right = min(columns - 1, max(_column(grid, x0), _column(grid, x1)))
        low = max(0, min(_row(grid, y0), _row(grid, y1)))
        high = min(rows - 1, max(_row(grid, y0), _row(grid, y1)))
        narrow = left == right or low == high
        for r in range(low, high + 1):
            for c in range(left, right + 1):
                if not narrow and _misses(
                    x0,
                    y0,
                    x1,
                    y1,
                    west + c * width,
                    south + r * height,
                    west + (c + 1) * width,
                    south + (r + 1) * height,
                ):
                    continue
                cell = r * columns + c
                if cell_segment.size:
                    cell_segment[cell_start[cell]] = s
                cell_start[cell] += 1


_SHAPE = _tuple(_f64, _f64, _f64, _i32, _f64)
"""lon, lat, metres from the tail, edge of every vertex; length of every edge"""
_SNAPPED = _tuple(_i32_out, _f64_out, _f64_out, _f64_out, _f64_out)
"""edge, fraction, distance, lon, lat"""


@njit(inline="always")
def _metres_per_degree(lat):
    """Metres per degree of longitude and latitude on the WGS-84 ellipsoid."""
    sine = np.sin(np.radians(lat))
    w2 = 1.0 - 0.0066943799901413165 * sine * sine
    across = 6378137.0 / np.sqrt(w2)
    along = across * (1.0 - 0.0066943799901413165) / w2
    return np.radians(across * np.cos(np.radians(lat))), np.radians(along)


@njit(types.void(_f64, _f64, types.float64, _SHAPE, _tuple(_i64, _i32), _GRID, _SNAPPED), cache=True, nogil=True)
def snap_points(point_lon, point_lat, limit_m, shape, cells, grid, out):
    """
    Join every point to its nearest segment within the limit.

    Distances are taken in the plane that touches the ellipsoid at the point, right to a millimetre over some hundred
    metres. Squares are searched in rings until no farther ring can hold anything nearer. Of segments equally near, the
    first edge is taken.
    """
    shape_lon, shape_lat, shape_m, segment_edge, length_m = shape
    cell_start, cell_segment = cells
    _, _, width, height, columns, rows = grid
    out_edge, out_fraction, out_distance_m, out_lon, out_lat = out
    for i in range(point_lon.size):
        lon, lat = point_lon[i], point_lat[i]
        out_edge[i], out_fraction[i], out_distance_m[i], out_lon[i], out_lat[i] = -1, 0.0, np.inf, lon, lat
        if not (abs(lon) <= 180.0 and abs(lat) < 89.0):
            continue
        east_m, north_m = _metres_per_degree(lat)
        ring_m = min(width * east_m, height * north_m)
        c0, r0 = _column(grid, lon), _row(grid, lat)
        best_m2 = limit_m * limit_m
        best_edge = np.int32(-1)
        ring = max(0, -c0, c0 - columns + 1, -r0, r0 - rows + 1)
        while ring <= max(c0, columns - 1 - c0, r0, rows - 1 - r0):
            # everything in ring j is at least j - 1 whole squares away
            nearest_m = (ring - 1) * ring_m
            if nearest_m > 0 and nearest_m * nearest_m > best_m2:
                break
            for r in range(max(0, r0 - ring), min(rows - 1, r0 + ring) + 1):
                # the first and the last row of a ring are whole, the rows between have its two ends only
                step = 1 if r == r0 - ring or r == r0 + ring else 2 * ring
                for c in range(c0 - ring, c0 + ring + 1, step):
                    if 0 <= c < columns:
                        cell = r * columns + c
                        for at in range(cell_start[cell], cell_start[cell + 1]):
                            s = cell_segment[at]
                            x0, y0 = (shape_lon[s] - lon) * east_m, (shape_lat[s] - lat) * north_m
                            x1, y1 = (shape_lon[s + 1] - lon) * east_m, (shape_lat[s + 1] - lat) * north_m
                            dx, dy = x1 - x0, y1 - y0
                            square = dx * dx + dy * dy
                            t = -(x0 * dx + y0 * dy) / square if square > 0 else 0.0
                            if t <= 0:
                                t, x, y = 0.0, x0, y0
                            elif t >= 1:
                                t, x, y = 1.0, x1, y1
                            else:
                                x, y = x0 + t * dx, y0 + t * dy
                            m2 = x * x + y * y
                            e = segment_edge[s]
                            if m2 < best_m2 or (m2 == best_m2 and (best_edge < 0 or e < best_edge)):
                                best_m2, best_edge = m2, e
                                along_m = shape_m[s] + t * (shape_m[s + 1] - shape_m[s])
                                out_edge[i] = e
                                out_fraction[i] = min(1.0, along_m / length_m[e]) if length_m[e] > 0 else 0.0
                                out_distance_m[i] = np.sqrt(m2)
                                out_lon[i] = shape_lon[s] + t * (shape_lon[s + 1] - shape_lon[s])
                                out_lat[i] = shape_lat[s] + t * (shape_lat[s + 1] - shape_lat[s])
            ring += 1


@njit(types.void(_f64, _f64, _f64, _f64, _i64, _i32, _f64, _f64_out, _f64_out), cache=True, nogil=True)
def place_on_edges(shape_lon, shape_lat, shape_m, length_m, shape_start, edge, fraction, lon, lat):
    """Longitude and latitude of positions along edges, straight between the vertices of the drawing."""
    for i in range(edge.size):
        e = edge[i]
        along_m = min(max(fraction[i], 0.0), 1.0) * length_m[e]
        low, high = shape_start[e], shape_start[e + 1] - 2
        while low < high:
            middle = (low + high + 1) >> 1
            if shape_m[middle] <= along_m:
                low = middle
            else:
                high = middle - 1
        span = shape_m[low + 1] - shape_m[low]
        t = min(1.0, (along_m - shape_m[low]) / span) if span > 0 else 0.0
        lon[i] = shape_lon[low] + t * (shape_lon[low + 1] - shape_lon[low])
        lat[i] = shape_lat[low] + t * (shape_lat[low + 1] - shape_lat[low])


# --------------------------------------------------------------------------------------------------------- reach lists
@njit(types.int64(_EDGES, _POINTS, _i32_out, _i32_out, _i32_out), cache=True, nogil=True)
def make_ends(edges, points, node, time_ds, point):
    """Write where trips from points meet their first node, at the permitted ends of their edge. Returns how many."""
    tail, head, _, _ = edges
    edge, fraction, access_ds = points
    count = 0
    for p in range(edge.size):
        e = edge[p]
        if e < 0:
            continue
        to_tail, to_head = _leave(edges, e, fraction[p])
        if to_tail >= 0:
            node[count], time_ds[count], point[count] = tail[e], to_tail + access_ds[p], p
            count += 1
        if to_head >= 0:
            node[count], time_ds[count], point[count] = head[e], to_head + access_ds[p], p
            count += 1
    return count


@njit(inline="always")
def _room_for_one(column, count):
    """The column itself, or a copy of twice its size if it is full."""
    if count < column.size:
        return column
    larger = np.empty(2 * column.size, np.int32)
    larger[:count] = column
    return larger


@njit(
    _tuple(_i32_out, _i32_out)(
        _GRAPH,
        _EDGES,
        _tuple(_i32, _i32, _i32),
        _tuple(_i32, _f64, _i32),
        _flags,
        _tuple(_i32, _i32, _i32),
        _tuple(_i32, _i32, _f64, _i32),
        types.int64,
        types.int64,
        _keys_out,
        _pairs_out,
        _i32_out,
        _i64_out,
    ),
    cache=True,
    nogil=True,
)
def search_reach(
    arcs, edges, seeds, standing, eligible, ends, points_on_edge, limit_ds, most, state, links, best_ds, list_start
):
    """
    For every eligible facility, the points that reach it within the limit and how long they take.

    `seeds` are those of all facilities by facility (start of every facility, node, time), `standing` their edge,
    fraction and extra time. `ends` are the points by node (start of every node, time, point), `points_on_edge` the
    points by edge (edge, ascending; point, fraction, access time). `state` and `links` are as in `search_field`, with
    nothing known and nobody waiting, `best_ds` all `UNREACHED`; all three are left as they were found. Stops after
    `most` pairs. Writes where every facility's list begins; returns points and times, full to the last start.
    """
    indptr, packed = arcs
    seed_start, seed_node, seed_ds = seeds
    at_edge, at_fraction, at_extra = standing
    end_start, end_ds, end_point = ends
    on_edge, on_point, on_fraction, on_access = points_on_edge
    buckets = (limit_ds >> BUCKET_SHIFT) + 1
    bucket_first = np.full(buckets, -1, np.int32)
    touched = np.empty(1024, np.int32)
    point = np.empty(1024, np.int32)
    time_ds = np.empty(1024, np.int32)
    filled = 0
    for f in range(at_edge.size):
        list_start[f] = filled
        if at_edge[f] < 0 or (eligible.size and not eligible[f]) or filled > most:
            continue

        marks = 0
        waiting = 0
        for s in range(seed_start[f], seed_start[f + 1]):
            v, then = seed_node[s], np.int64(seed_ds[s])
            if then <= limit_ds and then < state[v, 0]:
                if state[v, 0] == NOTHING:
                    touched = _room_for_one(touched, marks)
                    touched[marks] = v
                    marks += 1
                if links[v, 3] != IDLE:
                    _unlink(links, bucket_first, v)
                    waiting -= 1
                state[v, 0] = then
                _link(links, bucket_first, v, then >> BUCKET_SHIFT)
                waiting += 1

        bucket = 0
        while waiting > 0:
            u = bucket_first[bucket]
            if u < 0:
                bucket += 1
                continue
            _unlink(links, bucket_first, u)
            links[u, 3] = IDLE
            waiting -= 1
            now = state[u, 0]
            for a in range(indptr[u], indptr[u + 1]):
                v = packed[a, 0]
                then = now + packed[a, 1]
                if then <= limit_ds and then < state[v, 0]:
                    if state[v, 0] == NOTHING:
                        touched = _room_for_one(touched, marks)
                        touched[marks] = v
                        marks += 1
                    if links[v, 3] != IDLE:
                        _unlink(links, bucket_first, v)
                        waiting -= 1
                    state[v, 0] = then
                    _link(links, bucket_first, v, then >> BUCKET_SHIFT)
                    waiting += 1

        # from nodes to the points that leave by them, and straight along the facility's own edge
        for i in range(marks):
            v = touched[i]
            now = state[v, 0]
            state[v, 0] = NOTHING
            for j in range(end_start[v], end_start[v + 1]):
                then = now + end_ds[j]
                p = end_point[j]
                if then <= limit_ds and then < best_ds[p]:
                    if best_ds[p] == UNREACHED:
                        point = _room_for_one(point, filled)
                        time_ds = _room_for_one(time_ds, filled)
                        point[filled] = p
                        filled += 1
                    best_ds[p] = then
        j = _first_on_edge(on_edge, at_edge[f])
        while j < on_edge.size and on_edge[j] == at_edge[f]:
            direct = _direct_ds(edges, at_edge[f], on_fraction[j], at_fraction[f])
            then = direct + np.int64(at_extra[f]) + on_access[j]
            p = on_point[j]
            if direct >= 0 and then <= limit_ds and then < best_ds[p]:
                if best_ds[p] == UNREACHED:
                    point = _room_for_one(point, filled)
                    time_ds = _room_for_one(time_ds, filled)
                    point[filled] = p
                    filled += 1
                best_ds[p] = then
            j += 1
        for i in range(list_start[f], filled):
            time_ds[i] = best_ds[point[i]]
            best_ds[point[i]] = UNREACHED
    list_start[at_edge.size] = filled
    return point, time_ds


# ------------------------------------------------------------------------------------- how many facilities, how long
@njit(inline="always")
def _keep_own_span(spans, whose, count, start, end, facility):
    """Add a span of an edge to those of its facility; spans of one facility that meet become one."""
    j = 0
    while j < count:
        if whose[j] == facility and spans[j, 0] <= end and start <= spans[j, 1]:
            start, end = min(start, spans[j, 0]), max(end, spans[j, 1])
            count -= 1
            spans[j, 0], spans[j, 1], whose[j] = spans[count, 0], spans[count, 1], whose[count]
            j = 0
        else:
            j += 1
    spans[count, 0], spans[count, 1], whose[count] = start, end, facility
    return count + 1


@njit(inline="always")
def _spans_by_facility(edges, on_edge, label_ds, label_facility, eligible, limit_ds, e, spans, whose):
    """Write from which spans of an edge each of its labelled or adjacent facilities is reached in time."""
    tail, head, forward, backward = edges
    at_edge, at_fraction, at_extra, at_facility = on_edge
    count = 0
    for k in range(label_ds.shape[1]):
        if backward[e] >= 0 and label_facility[tail[e], k] >= 0:
            reach = _reach(limit_ds, label_ds[tail[e], k], backward[e])
            if reach >= 0:
                count = _keep_own_span(spans, whose, count, 0.0, reach, label_facility[tail[e], k])
        if forward[e] >= 0 and label_facility[head[e], k] >= 0:
            reach = _reach(limit_ds, label_ds[head[e], k], forward[e])
            if reach >= 0:
                count = _keep_own_span(spans, whose, count, 1.0 - reach, 1.0, label_facility[head[e], k])
    j = _first_on_edge(at_edge, e)
    while j < at_edge.size and at_edge[j] == e:
        if not eligible.size or eligible[at_facility[j]]:
            here = at_fraction[j]
            before = _reach(limit_ds, at_extra[j], forward[e]) if forward[e] >= 0 else -1.0
            after = _reach(limit_ds, at_extra[j], backward[e]) if backward[e] >= 0 else -1.0
            if before >= 0 or after >= 0:
                start, end = max(0.0, here - max(before, 0.0)), min(1.0, here + max(after, 0.0))
                count = _keep_own_span(spans, whose, count, start, end, at_facility[j])
        j += 1
    return count


@njit(
    types.void(
        _EDGES,
        _f64,
        _ON_EDGE,
        _pairs,
        _pairs,
        _flags,
        types.int64,
        types.int64,
        _tuple(_i32, _f64, _f64, _f64),
        _table_out,
        _f64_out,
    ),
    cache=True,
    nogil=True,
)
def count_along_pieces(
    edges, length_m, on_edge, label_ds, label_facility, eligible, limit_ds, crowd, pieces, within_m, alone
):
    """
    Metres of every piece of street from which at least 1, 2, … k facilities are reached within the limit.

    `pieces` are edge, start, end and weight per metre. `alone` of every facility gains the weight of what reaches it
    and no other. k is the number of labels a node has: a facility that a node has dropped is one too many to count.
    """
    piece_edge, piece_from, piece_to, weight = pieces
    k = label_ds.shape[1]
    most = 2 * k + crowd
    spans = np.empty((most, 2), np.float64)
    whose = np.empty(most, np.int32)
    cuts = np.empty(2 * most + 2, np.float64)
    depth = np.empty(2 * most + 2, np.int64)
    sole = np.empty(2 * most + 2, np.int32)
    current = np.int32(-1)
    steps = 0
    for i in range(piece_edge.size):
        e = piece_edge[i]
        if e != current:
            current = e
            count = _spans_by_facility(edges, on_edge, label_ds, label_facility, eligible, limit_ds, e, spans, whose)
            # the ends of all spans, ascending, cut the edge into stretches of one depth
            steps = 0
            for j in range(2 * count):
                cut = spans[j >> 1, j & 1]
                place = steps
                while place > 0 and cuts[place - 1] > cut:
                    cuts[place] = cuts[place - 1]
                    place -= 1
                cuts[place] = cut
                steps += 1
            for j in range(steps - 1):
                depth[j] = 0
                middle = 0.5 * (cuts[j] + cuts[j + 1])
                for s in range(count):
                    if spans[s, 0] <= middle <= spans[s, 1]:
                        depth[j] += 1
                        sole[j] = whose[s]
        for d in range(k):
            within_m[i, d] = 0.0
        for j in range(steps - 1):
            metres = (min(cuts[j + 1], piece_to[i]) - max(cuts[j], piece_from[i])) * length_m[e]
            if metres > 0:
                for d in range(min(depth[j], k)):
                    within_m[i, d] += metres
                if depth[j] == 1:
                    alone[sole[j]] += metres * weight[i]


_FAR = 1e18
"""A time (in deciseconds) later than any; as a float, so that it can be added to and compared."""


@njit(inline="always")
def _slopes(edges, on_edge, field_ds, eligible, e, stops, from_start, from_end):
    """
    Cut an edge at its facilities: positions, and for every stretch the time from its start by going back or around and
    from its end by going on. Returns how many positions there are, one more than stretches.
    """
    tail, head, forward, backward = edges
    at_edge, at_fraction, at_extra, at_facility = on_edge
    stops[0] = 0.0
    from_start[0] = np.float64(field_ds[tail[e]]) if backward[e] >= 0 and field_ds[tail[e]] != UNREACHED else _FAR
    count = 1
    j = _first_on_edge(at_edge, e)
    while j < at_edge.size and at_edge[j] == e:
        if not eligible.size or eligible[at_facility[j]]:
            place = count
            while place > 1 and stops[place - 1] > at_fraction[j]:
                stops[place], from_start[place] = stops[place - 1], from_start[place - 1]
                place -= 1
            stops[place], from_start[place] = at_fraction[j], np.float64(at_extra[j])
            count += 1
        j += 1
    stops[count] = 1.0
    from_end[count - 1] = np.float64(field_ds[head[e]]) if forward[e] >= 0 and field_ds[head[e]] != UNREACHED else _FAR
    for s in range(count - 2, -1, -1):
        door = from_start[s + 1] if forward[e] >= 0 else _FAR
        from_end[s] = min(door, from_end[s + 1] + (stops[s + 2] - stops[s + 1]) * max(forward[e], 0))
    for s in range(1, count):
        door = from_start[s] if backward[e] >= 0 else _FAR
        from_start[s] = min(door, from_start[s - 1] + (stops[s] - stops[s - 1]) * max(backward[e], 0))
    return count + 1


@njit(inline="always")
def _spread(histogram, time_sum, row, mass, first_ds, last_ds, bin_ds):
    """Add a mass spread evenly over a span of times to a row of a histogram."""
    low, high = min(first_ds, last_ds), max(first_ds, last_ds)
    beyond = histogram.shape[1] - 2
    time_sum[row] += mass * 0.5 * (low + high)
    b = min(np.int64(np.ceil(low / bin_ds)), beyond)
    if high - low < 1e-9 or b == beyond or high <= b * bin_ds:
        histogram[row, b] += mass
        return
    per_ds = mass / (high - low)
    reached = low
    while b < beyond and b * bin_ds < high:
        histogram[row, b] += per_ds * (b * bin_ds - reached)
        reached = b * bin_ds
        b += 1
    histogram[row, b] += per_ds * (high - reached)


@njit(
    types.void(
        _EDGES,
        _f64,
        _ON_EDGE,
        _i32,
        _flags,
        types.int64,
        _tuple(_i32, _f64, _f64, _i32),
        _tuple(_i64, _i32, _f64),
        types.float64,
        _table_out,
        _f64_out,
    ),
    cache=True,
    nogil=True,
)
def spread_along_pieces(
    edges, length_m, on_edge, field_ds, eligible, crowd, pieces, shares, bin_ds, histogram, time_sum
):
    """
    Add up by travel time who lives along pieces of street, exactly along partial edges.

    `pieces` are edge, start, end and cell; `shares` say who counts where: those of cell `c` are
    `start[c]:start[c + 1]`, each with a row and a weight per metre. Column `b` of `histogram` gains the weight of times
    in (b - 1, b] times `bin_ds`, the last but one what takes longer than all, the last what reaches nothing.
    `time_sum` gains weight times deciseconds for what reaches something.
    """
    piece_edge, piece_from, piece_to, piece_cell = pieces
    share_start, share_row, share_weight = shares
    _, _, forward, backward = edges
    stops = np.empty(crowd + 2, np.float64)
    from_start = np.empty(crowd + 2, np.float64)
    from_end = np.empty(crowd + 2, np.float64)
    current = np.int32(-1)
    count = 0
    for i in range(piece_edge.size):
        e, c = piece_edge[i], piece_cell[i]
        if share_start[c] == share_start[c + 1]:
            continue
        if e != current:
            current = e
            count = _slopes(edges, on_edge, field_ds, eligible, e, stops, from_start, from_end)
        rise, fall = np.float64(max(backward[e], 0)), np.float64(max(forward[e], 0))
        for s in range(count - 1):
            start, end = max(stops[s], piece_from[i]), min(stops[s + 1], piece_to[i])
            if end <= start:
                continue
            if from_start[s] >= _FAR and from_end[s] >= _FAR:
                for r in range(share_start[c], share_start[c + 1]):
                    histogram[share_row[r], histogram.shape[1] - 1] += share_weight[r] * (end - start) * length_m[e]
                continue

            # times rise from the start and fall towards the end; they change over where both are equal
            turn = stops[s + 1] if from_end[s] >= _FAR else stops[s]
            if from_start[s] < _FAR and from_end[s] < _FAR:
                turn = stops[s + 1]
                if rise + fall > 0:
                    gap = from_end[s] + (stops[s + 1] - stops[s]) * fall - from_start[s]
                    turn = stops[s] + gap / (rise + fall)
                elif from_end[s] < from_start[s]:
                    turn = stops[s]
            turn = min(max(turn, start), end)
            for r in range(share_start[c], share_start[c + 1]):
                row, per_edge = share_row[r], share_weight[r] * length_m[e]
                if turn > start:
                    first_ds = from_start[s] + (start - stops[s]) * rise
                    last_ds = from_start[s] + (turn - stops[s]) * rise
                    _spread(histogram, time_sum, row, per_edge * (turn - start), first_ds, last_ds, bin_ds)
                if end > turn:
                    first_ds = from_end[s] + (stops[s + 1] - turn) * fall
                    last_ds = from_end[s] + (stops[s + 1] - end) * fall
                    _spread(histogram, time_sum, row, per_edge * (end - turn), first_ds, last_ds, bin_ds)


# ------------------------------------------------------------------------------------------------ outlines of the reach
@njit(
    types.int64(_EDGES, _ON_EDGE, _i32, _flags, types.int64, types.int64, _i32_out, _f64_out, _f64_out),
    cache=True,
    nogil=True,
)
def reached_stretches(edges, on_edge, field_ds, eligible, limit_ds, crowd, edge, start, end):
    """
    Stretches of street from which some facility is reached within the limit, in the order of edge and of position.

    Spans that touch are one stretch. Counts them if `edge` is empty, else writes them. Returns how many there are.
    """
    tail, head, _, _ = edges
    at_edge = on_edge[0]
    spans = np.empty((crowd + 2, 2), np.float64)
    found = 0
    j = 0
    for e in range(tail.size):
        while j < at_edge.size and at_edge[j] < e:
            j += 1
        occupied = j < at_edge.size and at_edge[j] == e
        if not occupied and field_ds[tail[e]] > limit_ds and field_ds[head[e]] > limit_ds:
            continue
        count = _covered_spans(edges, on_edge, field_ds, eligible, limit_ds, e, j, spans)
        i = 0
        while i < count:
            low, high = spans[i, 0], spans[i, 1]
            i += 1
            while i < count and spans[i, 0] <= high:
                high = max(high, spans[i, 1])
                i += 1
            if edge.size:
                edge[found], start[found], end[found] = e, low, high
            found += 1
    return found


BLOCK_BITS = 4
"""A block of the lattice has 2**4 nodes along each side; only blocks near a reached street have memory."""
BLOCK = 1 << BLOCK_BITS
IN_BLOCK = BLOCK - 1
OWN_PIECES = 5
"""A line leaves the squares around it within so many pieces, unless it turns back."""

_DRAWING = _tuple(_f64, _f64, _f64, _i64, _f64)
"""lon, lat, metres from the tail of every vertex; first vertex and length of every edge"""
_STRETCHES = _tuple(_i32, _f64, _f64)
"""edge, start, end (fractions)"""
_LATTICE = _tuple(types.float64, types.float64, types.float64, types.float64, types.float64, types.int64, types.int64)
"""west, south, metres per degree east and north, step in metres, rows and columns of blocks"""
_f32_out = types.Array(types.float32, 1, "C")
_f32 = types.Array(types.float32, 1, "C", readonly=True)
_flags_out = types.Array(types.boolean, 1, "C")


@njit(inline="always")
def _x_m(lattice, lon):
    return (lon - lattice[0]) * lattice[2]


@njit(inline="always")
def _y_m(lattice, lat):
    return (lat - lattice[1]) * lattice[3]


@njit(inline="always")
def _node_at(lattice, block_of, r, c):
    """Where a node of the lattice is kept, -1 if its block has no memory."""
    if r < 0 or c < 0 or r >> BLOCK_BITS >= lattice[5] or c >> BLOCK_BITS >= lattice[6]:
        return -1
    block = block_of[(r >> BLOCK_BITS) * lattice[6] + (c >> BLOCK_BITS)]
    return -1 if block < 0 else (block << 2 * BLOCK_BITS) + ((r & IN_BLOCK) << BLOCK_BITS) + (c & IN_BLOCK)


@njit(inline="always")
def _clip(drawing, lattice, s, from_m, to_m):
    """The part of a segment of the drawing between two distances from the tail, in metres of the lattice."""
    lon, lat, along_m, _, _ = drawing
    span = along_m[s + 1] - along_m[s]
    low = (from_m - along_m[s]) / span if span > 0 and from_m > along_m[s] else 0.0
    high = (to_m - along_m[s]) / span if span > 0 and to_m < along_m[s + 1] else 1.0
    x, y = _x_m(lattice, lon[s]), _y_m(lattice, lat[s])
    dx, dy = _x_m(lattice, lon[s + 1]) - x, _y_m(lattice, lat[s + 1]) - y
    return x + low * dx, y + low * dy, x + high * dx, y + high * dy


@njit(inline="always")
def _first_segment(drawing, e, from_m):
    """The segment of an edge that holds a distance from its tail."""
    _, _, along_m, first, _ = drawing
    s = first[e]
    while s < first[e + 1] - 2 and along_m[s + 1] < from_m:
        s += 1
    return s


@njit(types.int64(_DRAWING, _STRETCHES, _i64_out, _f64_out, _f64_out), cache=True, nogil=True)
def draw_stretches(drawing, stretches, line, lon, lat):
    """
    Vertices of every stretch, with the number of the stretch they belong to, two at least.

    Counts them if `line` is empty, else writes them. Returns how many there are.
    """
    _, _, along_m, first, length_m = drawing
    edge, start, end = stretches
    plain = (0.0, 0.0, 1.0, 1.0, 1.0, 0, 0)
    count = 0
    for i in range(edge.size):
        e = edge[i]
        from_m, to_m = start[i] * length_m[e], end[i] * length_m[e]
        s = _first_segment(drawing, e, from_m)
        x, y, to_x, to_y = _clip(drawing, plain, s, from_m, to_m)
        if line.size:
            line[count], lon[count], lat[count] = i, x, y
        count += 1
        while True:
            if line.size:
                line[count], lon[count], lat[count] = i, to_x, to_y
            count += 1
            s += 1
            if s > first[e + 1] - 2 or along_m[s] >= to_m:
                break
            _, _, to_x, to_y = _clip(drawing, plain, s, from_m, to_m)
    return count


@njit(types.void(_f64, _f64, _i64, _LATTICE, types.float64, _i32_out), cache=True, nogil=True)
def mark_blocks(lon, lat, line, lattice, margin_m, block_of):
    """Mark the blocks of the lattice that lie within some metres of drawn lines."""
    side_m = lattice[4] * BLOCK
    for s in range(line.size - 1):
        if line[s] != line[s + 1]:
            continue
        x0, y0 = _x_m(lattice, lon[s]), _y_m(lattice, lat[s])
        x1, y1 = _x_m(lattice, lon[s + 1]), _y_m(lattice, lat[s + 1])
        low, high = int((min(y0, y1) - margin_m) / side_m), int((max(y0, y1) + margin_m) / side_m)
        left, right = int((min(x0, x1) - margin_m) / side_m), int((max(x0, x1) + margin_m) / side_m)
        for r in range(max(0, low), min(lattice[5] - 1, high) + 1):
            for c in range(max(0, left), min(lattice[6] - 1, right) + 1):
                block_of[r * lattice[6] + c] = 1


@njit(inline="always")
def _row_span(lattice, x0, y0, x1, y1, y, width_m):
    """First and last column of a row that a segment may come near to."""
    low, high = 0.0, 1.0
    if y1 != y0:
        low, high = (y - width_m - y0) / (y1 - y0), (y + width_m - y0) / (y1 - y0)
        if low > high:
            low, high = high, low
        low, high = max(0.0, low), min(1.0, high)
    xa, xb = x0 + low * (x1 - x0), x0 + high * (x1 - x0)
    first = np.int64(np.ceil((min(xa, xb) - width_m) / lattice[4]))
    last = np.int64(np.floor((max(xa, xb) + width_m) / lattice[4]))
    return max(0, first), min((lattice[6] << BLOCK_BITS) - 1, last)


@njit(inline="always")
def _rows(lattice, y0, y1, width_m):
    """First and last row that a segment may come near to."""
    first = np.int64(np.ceil((min(y0, y1) - width_m) / lattice[4]))
    last = np.int64(np.floor((max(y0, y1) + width_m) / lattice[4]))
    return max(0, first), min((lattice[5] << BLOCK_BITS) - 1, last)


@njit(inline="always")
def _foot(x, y, x0, y0, x1, y1):
    """Where on a segment (0 to 1) a point's nearest position is, and the square of its distance."""
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy
    t = ((x - x0) * dx + (y - y0) * dy) / square if square > 0 else 0.0
    t = min(1.0, max(0.0, t))
    x, y = x - x0 - t * dx, y - y0 - t * dy
    return t, x * x + y * y


@njit(inline="always")
def _position_ds(edges, on_edge, field_ds, eligible, e, fraction, j):
    """Time from a position on an edge to the nearest facility; `j` is the first facility on that edge, -1 for none."""
    tail, head, _, _ = edges
    at_edge, at_fraction, at_extra, at_facility = on_edge
    best = np.int64(UNREACHED)
    to_tail, to_head = _leave(edges, e, fraction)
    if to_tail >= 0 and field_ds[tail[e]] != UNREACHED:
        best = np.int64(field_ds[tail[e]]) + to_tail
    if to_head >= 0 and field_ds[head[e]] != UNREACHED:
        best = min(best, np.int64(field_ds[head[e]]) + to_head)
    while 0 <= j < at_edge.size and at_edge[j] == e:
        if not eligible.size or eligible[at_facility[j]]:
            direct = _direct_ds(edges, e, fraction, at_fraction[j])
            if direct >= 0:
                best = min(best, direct + np.int64(at_extra[j]))
        j += 1
    return best


@njit(
    types.void(_DRAWING, types.float64, _LATTICE, _i32, _f32_out, _i32_out, _f32_out, _flags_out),
    cache=True,
    nogil=True,
)
def paint_streets(drawing, reach_m, lattice, block_of, nearest_m2, nearest_edge, fraction, is_near):
    """
    Join every node of the lattice to its nearest street within `reach_m`: edge, fraction, square of the distance.

    The rule is that of `snap_points`: of edges equally near, the first. `nearest_m2` comes in endless, `nearest_edge`
    as -1. `is_near` marks the edges that come near any block with memory.
    """
    lon, lat, along_m, first, length_m = drawing
    step_m = lattice[4]
    width_m, height_m = (lattice[6] << BLOCK_BITS) * step_m, (lattice[5] << BLOCK_BITS) * step_m
    reach_m2 = reach_m * reach_m
    for e in range(length_m.size):
        x1, y1 = _x_m(lattice, lon[first[e]]), _y_m(lattice, lat[first[e]])
        for s in range(first[e], first[e + 1] - 1):
            x0, y0 = x1, y1
            x1, y1 = _x_m(lattice, lon[s + 1]), _y_m(lattice, lat[s + 1])
            if max(x0, x1) < -reach_m or max(y0, y1) < -reach_m:
                continue
            if min(x0, x1) > width_m + reach_m or min(y0, y1) > height_m + reach_m:
                continue
            dx, dy = x1 - x0, y1 - y0
            square = dx * dx + dy * dy
            per_square = 1.0 / square if square > 0 else 0.0
            part_m = along_m[s + 1] - along_m[s]
            low, high = _rows(lattice, y0, y1, reach_m)
            for r in range(low, high + 1):
                y = r * step_m - y0
                left, right = _row_span(lattice, x0, y0, x1, y1, r * step_m, reach_m)
                c = left
                while c <= right:
                    # one row of one block at a time
                    last = min(right, c | IN_BLOCK)
                    at = _node_at(lattice, block_of, r, c)
                    if at >= 0:
                        is_near[e] = True
                        for k in range(last - c + 1):
                            x = (c + k) * step_m - x0
                            t = min(1.0, max(0.0, (x * dx + y * dy) * per_square))
                            ex, ey = x - t * dx, y - t * dy
                            m2 = np.float32(ex * ex + ey * ey)
                            if m2 < nearest_m2[at + k] and m2 <= reach_m2:
                                nearest_m2[at + k] = m2
                                nearest_edge[at + k] = e
                                share = (along_m[s] + t * part_m) / length_m[e] if length_m[e] > 0 else 0.0
                                fraction[at + k] = min(1.0, share)
                    c = last + 1


@njit(types.void(_EDGES, _ON_EDGE, _i32, _flags, types.float64, _f32, _i32, _f32, _f32_out), cache=True, nogil=True)
def read_nodes(edges, on_edge, field_ds, eligible, off_street_ms, nearest_m2, nearest_edge, fraction, time_ds):
    """Time from every node of a lattice to the nearest facility: to its street, and on as `read_points` does."""
    at_edge = on_edge[0]
    first_at = np.full(edges[0].size, -1, np.int32)
    for j in range(at_edge.size - 1, -1, -1):
        first_at[at_edge[j]] = j
    for i in range(nearest_edge.size):
        e = nearest_edge[i]
        if e < 0:
            time_ds[i] = np.inf
            continue
        access_ds = np.rint(10 * np.sqrt(np.float64(nearest_m2[i])) / off_street_ms)
        # a fraction kept in half the bits may round beyond the end
        here = min(1.0, np.float64(fraction[i]))
        time_ds[i] = access_ds + _position_ds(edges, on_edge, field_ds, eligible, e, here, first_at[e])


@njit(
    types.void(_f32, _f32, types.float64, types.float64, types.float64, types.float64, _f32_out),
    cache=True,
    nogil=True,
)
def open_gaps(nearest_m2, time_ds, limit_ds, speed_ms, access_m, step_m, gap_m):
    """
    How many metres every node lies outside: beyond the limit, or too far from any street. Cut off at one step.
    """
    for i in range(gap_m.size):
        late_m = (time_ds[i] - limit_ds) * speed_ms / 10
        gap_m[i] = min(step_m, max(-step_m, late_m, np.sqrt(np.float64(nearest_m2[i])) - access_m))


@njit(types.void(_f64, _f64, _i64, _LATTICE, _i32, types.float64, _f32_out), cache=True, nogil=True)
def paint_strip(lon, lat, line, lattice, block_of, width_m, gap_m):
    """
    Bring the nodes within some metres of drawn lines inside: `gap_m` becomes at most their distance less the width.
    """
    for s in range(line.size - 1):
        if line[s] != line[s + 1]:
            continue
        x0, y0 = _x_m(lattice, lon[s]), _y_m(lattice, lat[s])
        x1, y1 = _x_m(lattice, lon[s + 1]), _y_m(lattice, lat[s + 1])
        low, high = _rows(lattice, y0, y1, width_m)
        for r in range(low, high + 1):
            y = r * lattice[4]
            left, right = _row_span(lattice, x0, y0, x1, y1, y, width_m)
            for c in range(left, right + 1):
                at = _node_at(lattice, block_of, r, c)
                if at >= 0:
                    gap_m[at] = min(gap_m[at], np.sqrt(_foot(c * lattice[4], y, x0, y0, x1, y1)[1]) - width_m)


@njit(inline="always")
def _gap_at(lattice, block_of, gap_m, r, c):
    at = _node_at(lattice, block_of, r, c)
    return np.float64(gap_m[at]) if at >= 0 else lattice[4]


@njit(inline="always")
def _side(r, c, k, columns):
    """Number of a square's side (south, east, north, west), the same for both squares that share it."""
    if k == 0:
        return 2 * (r * columns + c)
    if k == 1:
        return 2 * (r * columns + c + 1) + 1
    if k == 2:
        return 2 * ((r + 1) * columns + c)
    return 2 * (r * columns + c) + 1


@njit(types.int64(_LATTICE, _i32, _i32, _f32, _i64_out, _i64_out, _f64_out, _f64_out), cache=True, nogil=True)
def trace_squares(lattice, block_of, blocks, gap_m, start, end, x_m, y_m):
    """
    Pieces of the line where `gap_m` passes through zero, one or two for every square of the lattice it crosses.

    A piece leads from where the inside ends to where it begins, counter-clockwise around the square, so that the inside
    lies on its left. `start` and `end` name the sides of squares it joins, `x_m` and `y_m` is its beginning. Opposite
    corners of a square that lie inside alone stay apart. Counts the pieces if `start` is empty, else writes them.
    Returns how many there are.
    """
    columns = lattice[6] << BLOCK_BITS
    gap = np.empty(4, np.float64)
    row = np.array([0, 0, 1, 1])
    column = np.array([0, 1, 1, 0])
    count = 0
    for b in range(blocks.size):
        top, left = (blocks[b] // lattice[6]) << BLOCK_BITS, (blocks[b] % lattice[6]) << BLOCK_BITS
        for r in range(top, top + BLOCK):
            for c in range(left, left + BLOCK):
                at = (np.int64(b) << 2 * BLOCK_BITS) + ((r & IN_BLOCK) << BLOCK_BITS) + (c & IN_BLOCK)
                if (r & IN_BLOCK) < IN_BLOCK and (c & IN_BLOCK) < IN_BLOCK:
                    gap[0], gap[1], gap[2], gap[3] = gap_m[at], gap_m[at + 1], gap_m[at + BLOCK + 1], gap_m[at + BLOCK]
                else:
                    for k in range(4):
                        gap[k] = _gap_at(lattice, block_of, gap_m, r + row[k], c + column[k])
                inside = (gap[0] < 0) + (gap[1] < 0) + (gap[2] < 0) + (gap[3] < 0)
                if inside == 0 or inside == 4:
                    continue
                for k in range(4):
                    after = (k + 1) & 3
                    if gap[k] >= 0 or gap[after] < 0:
                        continue
                    if start.size:
                        begin = k
                        while gap[(begin + 3) & 3] < 0:
                            begin = (begin + 3) & 3
                        # a crossing never falls on a node, or two lines that belong apart would meet there
                        t = min(0.99, max(0.01, gap[k] / (gap[k] - gap[after])))
                        x_m[count] = (c + column[k] + t * (column[after] - column[k])) * lattice[4]
                        y_m[count] = (r + row[k] + t * (row[after] - row[k])) * lattice[4]
                        start[count] = _side(r, c, k, columns)
                        end[count] = _side(r, c, (begin + 3) & 3, columns)
                    count += 1
    return count


@njit(types.int64(_i64, _i64_out, _i64_out), cache=True, nogil=True)
def follow_rings(after, order, ring):
    """
    Walk pieces that each know the one after them: their order along rings, and their rings. Returns how many rings.
    """
    done = np.zeros(after.size, np.bool_)
    rings = place = 0
    for first in range(after.size):
        if done[first]:
            continue
        i = first
        while not done[i]:
            done[i] = True
            order[place], ring[place] = i, rings
            place += 1
            i = after[i]
        rings += 1
    return rings


@njit(types.void(_i64, _i64, _i64, types.int64, _flags_out), cache=True, nogil=True)
def lock_vertices(side, ring_start, by_side, columns, locked):
    """
    Mark the vertices of rings that pass close by another line: simplifying must leave them where they are.

    `side` is the lattice side every vertex lies on, `by_side` the vertices in its order. Close by is within the square
    next door, and another line is another ring or the same one more than `OWN_PIECES` pieces away. Three vertices of
    every ring are locked besides, so that it stays a ring.
    """
    for ring in range(ring_start.size - 1):
        first, after = ring_start[ring], ring_start[ring + 1]
        size = after - first
        for i in range(first, after):
            locked[i] = (i - first) % (size // 3) == 0
            node = side[i] >> 1
            for r in range(-1, 2):
                low = 2 * (node + r * columns - 1)
                a, b = 0, by_side.size
                while a < b:
                    middle = (a + b) >> 1
                    if side[by_side[middle]] < low:
                        a = middle + 1
                    else:
                        b = middle
                while a < by_side.size and side[by_side[a]] < low + 6 and not locked[i]:
                    j = by_side[a]
                    apart = abs(i - j)
                    locked[i] = j < first or j >= after or min(apart, size - apart) > OWN_PIECES
                    a += 1


@njit(types.void(_f64, _f64, _i64, types.float64, _flags_out), cache=True, nogil=True)
def thin_rings(x_m, y_m, ring_start, tolerance_m, kept):
    """
    Mark the vertices a ring needs to stay within a tolerance of itself (Douglas and Peucker).

    `kept` comes in with the vertices that must stay, the first of every ring among them.
    """
    stack = np.empty((x_m.size + 1, 2), np.int64)
    for ring in range(ring_start.size - 1):
        first, after = ring_start[ring], ring_start[ring + 1]
        low = first
        while low < after:
            high = low + 1
            while high < after and not kept[high]:
                high += 1
            stack[0, 0], stack[0, 1] = low, high
            size = 1
            while size > 0:
                size -= 1
                a, b = stack[size]
                # behind the last vertex comes the first
                end = b if b < after else first
                worst, where = tolerance_m * tolerance_m, -1
                for i in range(a + 1, b):
                    m2 = _foot(x_m[i], y_m[i], x_m[a], y_m[a], x_m[end], y_m[end])[1]
                    if m2 > worst:
                        worst, where = m2, i
                if where >= 0:
                    kept[where] = True
                    stack[size, 0], stack[size, 1] = a, where
                    stack[size + 1, 0], stack[size + 1, 1] = where, b
                    size += 2
            low = high


# ----------------------------------------------------------------------------------------------- what a site would gain
_CROWD = _tuple(_i32, _pairs, _f64, _i64, _f64, _f64, _f64, _i64, _POINTS, _f64)
"""
`file_edge_ends`; people along every edge; start of every edge's pieces, their from, to and people per whole edge; start
of every edge's points, the points, people at them
"""


@njit(types.void(_EDGES, _i64, _i32_out, _pairs_out), cache=True, nogil=True)
def file_edge_ends(edges, point_start, start, ends):
    """
    List the edges by their two ends: at each node the other end, the time from there, the time to there (-1 = not
    allowed), and four times the edge, two more at its tail, one more if points join it. A loop is listed once.
    """
    tail, head, forward, backward = edges
    start[:] = 0
    for e in range(tail.size):
        start[tail[e] + 1] += 1
        if head[e] != tail[e]:
            start[head[e] + 1] += 1
    for v in range(start.size - 1):
        start[v + 1] += start[v]
    filled = start[:-1].copy()
    for e in range(tail.size):
        name = 4 * e + (point_start[e] < point_start[e + 1])
        for side in range(1 if head[e] == tail[e] else 2):
            v, w = (tail[e], head[e]) if side == 0 else (head[e], tail[e])
            i = filled[v]
            ends[i, 0], ends[i, 3] = w, name + 2 * (side == 0)
            ends[i, 1], ends[i, 2] = (backward[e], forward[e]) if side == 0 else (forward[e], backward[e])
            filled[v] += 1


@njit(inline="always")
def _people_within(crowd, e, spans, count):
    """People along an edge on spans that are sorted by their start."""
    _, _, _, piece_start, piece_from, piece_to, density, _, _, _ = crowd
    within = 0.0
    for i in range(piece_start[e], piece_start[e + 1]):
        covered, reached = 0.0, piece_from[i]
        for j in range(count):
            start, end = max(spans[j, 0], reached), min(spans[j, 1], piece_to[i])
            if end > start:
                covered += end - start
                reached = end
        within += covered * density[i]
    return within


@njit(
    types.void(_EDGES, _ON_EDGE, _i32, _flags, types.int64, types.int64, _CROWD, _table_out, _f64_out),
    cache=True,
    nogil=True,
)
def people_left(edges, on_edge, field_ds, eligible, limit_ds, crowd_size, crowd, left, point_left):
    """
    Who lives along every edge (`left[e, 0]`), how many of them reach no facility in time (`left[e, 1]`), and the same
    of points. A minus before the first says that facilities stand on the edge.
    """
    tail, head, forward, backward = edges
    at_edge, at_fraction, at_extra, at_facility = on_edge
    _, _, lives, _, _, _, _, _, points, at_point = crowd
    spans = np.empty((crowd_size + 2, 2), np.float64)
    j = 0
    for e in range(tail.size):
        while j < at_edge.size and at_edge[j] < e:
            j += 1
        occupied = j < at_edge.size and at_edge[j] == e
        left[e, 0] = -lives[e] if occupied else lives[e]
        left[e, 1] = lives[e]
        from_tail, from_head = limit_ds - field_ds[tail[e]], limit_ds - field_ds[head[e]]
        if lives[e] == 0 or (not occupied and from_tail < 0 and from_head < 0):
            continue
        if (0 <= backward[e] <= from_tail) or (0 <= forward[e] <= from_head):
            left[e, 1] = 0.0
            continue
        count = _covered_spans(edges, on_edge, field_ds, eligible, limit_ds, e, j, spans)
        reached = 0.0
        for s in range(count):
            if spans[s, 0] > reached:
                break
            reached = max(reached, spans[s, 1])
        left[e, 1] = 0.0 if reached >= 1.0 else lives[e] - _people_within(crowd, e, spans, count)

    edge, fraction, access_ds = points
    for p in range(edge.size):
        e = edge[p]
        point_left[p] = at_point[p]
        to_tail, to_head = _leave(edges, e, fraction[p])
        best = np.int64(UNREACHED)
        if to_tail >= 0:
            best = min(best, np.int64(field_ds[tail[e]]) + to_tail)
        if to_head >= 0:
            best = min(best, np.int64(field_ds[head[e]]) + to_head)
        j = _first_on_edge(at_edge, e)
        while j < at_edge.size and at_edge[j] == e:
            direct = _direct_ds(edges, e, fraction[p], at_fraction[j])
            if direct >= 0 and (not eligible.size or eligible[at_facility[j]]):
                best = min(best, direct + np.int64(at_extra[j]))
            j += 1
        if best + access_ds[p] <= limit_ds:
            point_left[p] = 0.0


@njit(inline="always")
def _gained_at_points(edges, crowd, point_left, limit_ds, e, tail_ds, head_ds, fraction, extra_ds):
    """People at points of an edge who are new within reach; `fraction` is the newcomer's place on it, -1 for none."""
    point_start, points = crowd[7], crowd[8]
    gained = 0.0
    for p in range(point_start[e], point_start[e + 1]):
        if point_left[p] > 0:
            to_tail, to_head = _leave(edges, e, points[1][p])
            spare = limit_ds - points[2][p]
            direct = _direct_ds(edges, e, points[1][p], fraction) if fraction >= 0 else -1
            if (
                (to_tail >= 0 and tail_ds + to_tail <= spare)
                or (to_head >= 0 and head_ds + to_head <= spare)
                or (direct >= 0 and direct + extra_ds <= spare)
            ):
                gained += point_left[p]
    return gained


@njit(inline="always")
def _gained_along(edges, on_edge, eligible, limit_ds, crowd, left, e, tail_ds, head_ds, fraction, extra_ds, spans):
    """People along an edge who are new within reach, its ends being as near as they are now."""
    at_edge, at_fraction, at_extra, at_facility = on_edge
    _, _, forward, backward = edges
    count = 0
    if backward[e] >= 0 and tail_ds <= limit_ds:
        count = _keep_span(spans, count, 0.0, _reach(limit_ds, tail_ds, backward[e]))
    if forward[e] >= 0 and head_ds <= limit_ds:
        count = _keep_span(spans, count, 1.0 - _reach(limit_ds, head_ds, forward[e]), 1.0)
    if fraction >= 0 and extra_ds <= limit_ds:
        before = _reach(limit_ds, extra_ds, forward[e]) if forward[e] >= 0 else 0.0
        after = _reach(limit_ds, extra_ds, backward[e]) if backward[e] >= 0 else 0.0
        count = _keep_span(spans, count, max(0.0, fraction - before), min(1.0, fraction + after))
    if left[e, 0] < 0:
        j = _first_on_edge(at_edge, e)
        while j < at_edge.size and at_edge[j] == e:
            if (not eligible.size or eligible[at_facility[j]]) and at_extra[j] <= limit_ds:
                before = _reach(limit_ds, at_extra[j], forward[e]) if forward[e] >= 0 else 0.0
                after = _reach(limit_ds, at_extra[j], backward[e]) if backward[e] >= 0 else 0.0
                start, end = max(0.0, at_fraction[j] - before), min(1.0, at_fraction[j] + after)
                count = _keep_span(spans, count, start, end)
            j += 1
    return max(0.0, _people_within(crowd, e, spans, count) - (abs(left[e, 0]) - left[e, 1]))


@njit(
    types.int64(
        _EDGES,
        _ON_EDGE,
        _flags,
        types.int64,
        types.int64,
        _CROWD,
        _table_out,
        _f64_out,
        _POINTS,
        _i64,
        types.int64,
        types.int64,
        _pairs_out,
        _f64_out,
    ),
    cache=True,
    nogil=True,
)
def gain_of_each(
    edges, on_edge, eligible, limit_ds, crowd_size, crowd, left, point_left, sites, order, first, room, known, gained
):
    """
    People who would be new within reach if one site more were a facility, for each of many sites by itself.

    `known` has in both columns the time from every node to its nearest facility, at most `limit_ds` + 1, and is left
    so. A search from a site visits only nodes to which it is nearer than any facility and within the limit; then the
    edges at such nodes are looked at. Sites are taken in `order`, from place
    `first` on, neighbours after one another. `left` and `point_left` are those of `people_left`. `room` is how many
    nodes may wait: making more inside the loop would cost half the speed. Returns the place in `order` of the site
    that needs more, or how many sites there are.
    """
    tail, head, _, _ = edges
    end_start, ends, _, piece_start, piece_from, piece_to, density, _, _, _ = crowd
    site_edge, site_fraction, site_extra = sites
    spans = np.empty((crowd_size + 3, 2), np.float64)
    bucket_first = np.full((limit_ds >> BUCKET_SHIFT) + 2, -1, np.int32)
    # who waits: node, time, next in the bucket; an entry whose node has become nearer since is passed over
    waiting = np.empty((room, 3), np.int32)
    touched = np.empty(room, np.int32)
    spare = np.uint64(bucket_first.size - 1)
    for o in range(first, order.size):
        site = order[o]
        own = site_edge[site]
        gained[site] = 0.0
        if own < 0 or site_extra[site] > limit_ds:
            continue
        fraction, extra_ds = site_fraction[site], np.int64(site_extra[site])
        from_tail, from_head = _arrive(edges, own, fraction)
        filled = marks = 0
        last = np.int64(-1)
        for side in range(2):
            then = (from_tail if side == 0 else from_head) + extra_ds
            v = tail[own] if side == 0 else head[own]
            if (from_tail if side == 0 else from_head) >= 0 and then < known[v, 0]:
                if known[v, 0] == known[v, 1]:
                    touched[marks] = v
                    marks += 1
                known[v, 0] = then
                into = then >> BUCKET_SHIFT
                waiting[filled, 0], waiting[filled, 1], waiting[filled, 2] = v, then, bucket_first[into]
                bucket_first[into] = filled
                filled += 1
                last = max(last, into)

        bucket = 0
        while bucket <= last:
            i = bucket_first[bucket]
            if i < 0:
                bucket += 1
                continue
            bucket_first[bucket] = waiting[i, 2]
            u, now = waiting[i, 0], waiting[i, 1]
            if now != known[u, 0]:
                continue
            degree = np.int64(end_start[u + 1]) - end_start[u]
            if filled + degree > waiting.shape[0] or marks + degree > touched.size:
                for m in range(marks):
                    known[touched[m], 0] = known[touched[m], 1]
                return o
            for a in range(end_start[u], end_start[u + 1]):
                v = np.uint32(ends[np.uint64(a), 0])
                # where the search may go next, and what will be counted of this edge behind it: half a loop from here
                prefetch(ends, end_start[v])
                prefetch(left, np.uint32(ends[np.uint64(a), 3]) >> np.uint32(2))
                then = now + ends[np.uint64(a), 1]
                old = known[v, 0]
                # two in five are nearer, in no pattern: written down always and counted if so, they cost less than a
                # branch that the processor guesses wrong; what counts for nothing lands in a bucket that none looks at
                better = (now <= then) & (then < old)
                into = np.uint64(then) >> np.uint64(BUCKET_SHIFT) if better else spare
                at = np.uint64(filled)
                waiting[at, 0], waiting[at, 1], waiting[at, 2] = v, then, bucket_first[into]
                bucket_first[into] = filled
                touched[np.uint64(marks)] = v
                marks += 1 if better & (old == known[v, 1]) else 0
                known[v, 0] = then if better else old
                filled += 1 if better else 0
                last = max(last, np.int64(into) if better else np.int64(0))

        total = _gained_along(
            edges,
            on_edge,
            eligible,
            limit_ds,
            crowd,
            left,
            own,
            known[tail[own], 0],
            known[head[own], 0],
            fraction,
            extra_ds,
            spans,
        )
        total += _gained_at_points(
            edges,
            crowd,
            point_left,
            limit_ds,
            own,
            known[tail[own], 0],
            known[head[own], 0],
            fraction,
            extra_ds,
        )
        for m in range(marks):
            u = np.uint32(touched[m])
            for a in range(end_start[u], end_start[u + 1]):
                v, e = np.uint32(ends[a, 0]), np.uint32(ends[a, 3]) >> np.uint32(2)
                if e == own:
                    continue
                # an edge between two such nodes is met at both, and counted by halves for the same reason
                there_ds = known[v, 0]
                is_seen_twice = (there_ds < known[v, 1]) & (v != u)
                share = 0.5 if is_seen_twice else 1.0
                if ends[a, 3] & 1 and (v >= u or not is_seen_twice):
                    total += _gained_at_points(
                        edges, crowd, point_left, limit_ds, e, known[tail[e], 0], known[head[e], 0], -1.0, 0
                    )
                if left[e, 1] > 0:
                    from_here, from_there = limit_ds - known[u, 0], limit_ds - there_ds
                    back, on = ends[a, 1], ends[a, 2]
                    if (
                        (back >= 0 and from_here >= back)
                        or (on >= 0 and from_there >= on)
                        or (back >= 0 and on >= 0 and from_there >= 0 and from_here / back + from_there / on >= 1.0)
                    ):
                        total += share * left[e, 1]
                    elif left[e, 0] > 0:
                        # the common case of an edge without a facility, written out: it is half of the work
                        here = from_here / back if back > 0 else 0.0
                        there = from_there / on if on > 0 and from_there > 0 else 0.0
                        low, high = (here, 1.0 - there) if ends[a, 3] & 2 else (there, 1.0 - here)
                        within = left[e, 1] - left[e, 0]
                        for i in range(piece_start[e], piece_start[e + 1]):
                            start, end = piece_from[i], piece_to[i]
                            if start < low:
                                within += density[i] * (min(end, low) - start)
                            if end > high:
                                within += density[i] * (end - max(start, high))
                        total += share * max(0.0, within)
                    else:
                        tail_ds, head_ds = known[tail[e], 0], known[head[e], 0]
                        total += share * _gained_along(
                            edges, on_edge, eligible, limit_ds, crowd, left, e, tail_ds, head_ds, -1.0, 0, spans
                        )
        gained[site] = total
        for m in range(marks):
            known[touched[m], 0] = known[touched[m], 1]
    return order.size
