"""
Compiled loops over cover lists: which site covers which rows of demand.

Lists come in two forms. *Compressed rows* `(start, index)`: those of list `k` are `index[start[k]:start[k + 1]]`,
ascending. *Runs* `(start, first, after)`: the same lists as stretches of consecutive numbers, `first` included, `after`
not. Rows are numbered so that neighbours in space are neighbours in number, and then the three hundred cells around a
place are some twenty-five runs: a sum over a site is two look-ups a run in a running total, and adding to all rows of
a site is two marks a run in a column of differences. That is the speed of everything here.

Signatures are written out, for the reasons given in `geo.streets.kernels`. People are float64 and multiples of a grain
(`geo.coverage.demand`), so that sums of them are exact in any order.
"""

from __future__ import annotations

# ruff: noqa: NPY002  compiled code has a generator of its own for every thread, and every search seeds it
import numpy as np
from numba import njit, types

from geo.streets.kernels import _EDGES, _POINTS, UNREACHED, _covered_spans

_i32 = types.Array(types.int32, 1, "C", readonly=True)
_i64 = types.Array(types.int64, 1, "C", readonly=True)
_f64 = types.Array(types.float64, 1, "C", readonly=True)
_u64_table = types.Array(types.uint64, 2, "C", readonly=True)
_i32_out = types.Array(types.int32, 1, "C")
_i64_out = types.Array(types.int64, 1, "C")
_f64_out = types.Array(types.float64, 1, "C")
_u64_table_out = types.Array(types.uint64, 2, "C")
_flags = types.Array(types.boolean, 1, "C", readonly=True)
_flags_out = types.Array(types.boolean, 1, "C")


def _tuple(*parts: types.Type) -> types.Type:
    return types.Tuple(parts)


_LISTS = _tuple(_i64, _i32)
_RUNS = _tuple(_i64, _i32, _i32)

ENOUGH = 1e-7
"""People below this are the rounding of sums."""


# -------------------------------------------------------------------------------------------------------------- lists
@njit(types.void(_LISTS, _i64_out, _i32_out), cache=True, nogil=True)
def transpose(lists, start, index):
    """Turn lists around; the new ones are ascending. `start` has a place for every number and one more."""
    own_start, own_index = lists
    start[:] = 0
    for e in range(own_index.size):
        start[own_index[e] + 1] += 1
    for i in range(start.size - 1):
        start[i + 1] += start[i]
    filled = start[:-1].copy()
    for k in range(own_start.size - 1):
        for e in range(own_start[k], own_start[k + 1]):
            i = own_index[e]
            index[filled[i]] = k
            filled[i] += 1


@njit(types.void(_LISTS, _i64, _i32, _i64_out), cache=True, nogil=True)
def count_kept(lists, chosen, new_number, start):
    """Where the chosen lists begin when numbers renumbered to -1 are left out of them."""
    own_start, own_index = lists
    start[0] = 0
    for k in range(chosen.size):
        kept = 0
        for e in range(own_start[chosen[k]], own_start[chosen[k] + 1]):
            kept += new_number[own_index[e]] >= 0
        start[k + 1] = start[k] + kept


@njit(types.void(_LISTS, _i64, _i32, _i64, _i32_out), cache=True, nogil=True)
def keep(lists, chosen, new_number, start, index):
    """Write the chosen lists with their numbers renumbered, those of -1 left out."""
    own_start, own_index = lists
    for k in range(chosen.size):
        at = start[k]
        for e in range(own_start[chosen[k]], own_start[chosen[k] + 1]):
            number = new_number[own_index[e]]
            if number >= 0:
                index[at] = number
                at += 1


@njit(types.void(_LISTS, _i64, _i32_out), cache=True, nogil=True)
def count_covers(lists, sites, count):
    """Add one to every row for each of some sites that covers it."""
    start, index = lists
    for k in range(sites.size):
        for e in range(start[sites[k]], start[sites[k] + 1]):
            count[index[e]] += 1


@njit(types.void(_LISTS, _u64_table, _u64_table_out), cache=True, nogil=True)
def hash_lists(lists, words, hashed):
    """Sum and exclusive or of random words over every list: 128 bits that stand for the set."""
    start, index = lists
    for k in range(start.size - 1):
        added, mixed = np.uint64(0), np.uint64(0)
        for e in range(start[k], start[k + 1]):
            added += words[index[e], 0]
            mixed ^= words[index[e], 1]
        hashed[k, 0], hashed[k, 1] = added, mixed


@njit(types.int64(_LISTS, _i64_out, _i32_out, _i32_out), cache=True, nogil=True)
def encode_runs(lists, start, first, after):
    """Write lists as runs; counts them only if `first` is empty. Returns how many there are."""
    own_start, own_index = lists
    filled = 0
    for k in range(own_start.size - 1):
        start[k] = filled
        e, end = own_start[k], own_start[k + 1]
        while e < end:
            begin = e
            while e + 1 < end and own_index[e + 1] == own_index[e] + 1:
                e += 1
            if first.size:
                first[filled], after[filled] = own_index[begin], own_index[e] + 1
            filled += 1
            e += 1
    start[own_start.size - 1] = filled
    return filled


@njit(types.int64(_LISTS, _LISTS, _f64, types.int64, types.int64, _i64_out), cache=True, nogil=True)
def find_dominated(sites, rows, cost, needed, most_work, by):
    """
    For every site one that covers all of its rows and costs no more, -1 if there are fewer than `needed` of them.

    Of equal sites the earlier stays. Only sites on the site's rarest row can contain it, so few are compared. Witnesses
    are themselves kept. Gives up after `most_work` steps, which leaves the rest undominated; returns the steps taken.
    """
    site_start, site_row = sites
    row_start, row_site = rows
    mark = np.full(row_start.size - 1, -1, np.int64)
    work = 0
    for k in range(by.size):
        by[k] = -1
    for k in range(by.size):
        size = site_start[k + 1] - site_start[k]
        if size == 0:
            continue
        if work > most_work:
            break
        rarest, fewest = -1, np.int64(2**62)
        for e in range(site_start[k], site_start[k + 1]):
            i = site_row[e]
            mark[i] = k
            if row_start[i + 1] - row_start[i] < fewest:
                rarest, fewest = i, row_start[i + 1] - row_start[i]
        work += size
        found = 0
        for e in range(row_start[rarest], row_start[rarest + 1]):
            j = row_site[e]
            if j == k or by[j] >= 0 or cost[j] > cost[k]:
                continue
            other = site_start[j + 1] - site_start[j]
            if other < size or (other == size and cost[j] == cost[k] and j > k):
                continue
            # who lacks the first or the last row is most of those who lack any
            if site_row[site_start[j]] > site_row[site_start[k]]:
                continue
            if site_row[site_start[j + 1] - 1] < site_row[site_start[k + 1] - 1]:
                continue
            hit, left = 0, other
            for f in range(site_start[j], site_start[j + 1]):
                hit += mark[site_row[f]] == k
                left -= 1
                if hit + left < size:
                    break
            work += other - left
            if hit == size:
                found += 1
                if found == needed:
                    by[k] = j
                    break
    return work


@njit(types.void(_LISTS, _LISTS, types.int64, _flags_out), cache=True, nogil=True)
def find_implied(rows, sites, most_work, implied):
    """
    Mark the rows whose sites include all sites of another row: who covers that one covers these.

    No two rows may have equal sites. Gives up after `most_work` steps, which leaves rows unmarked.
    """
    row_start, row_site = rows
    site_start, site_row = sites
    mark = np.full(site_start.size - 1, -1, np.int64)
    work = 0
    for i in range(row_start.size - 1):
        size = row_start[i + 1] - row_start[i]
        if size == 0 or work > most_work:
            continue
        rarest, fewest = -1, np.int64(2**62)
        for e in range(row_start[i], row_start[i + 1]):
            j = row_site[e]
            mark[j] = i
            if site_start[j + 1] - site_start[j] < fewest:
                rarest, fewest = j, site_start[j + 1] - site_start[j]
        work += size
        for e in range(site_start[rarest], site_start[rarest + 1]):
            other = site_row[e]
            if other == i or implied[other] or row_start[other + 1] - row_start[other] < size:
                continue
            hit = 0
            for f in range(row_start[other], row_start[other + 1]):
                hit += mark[row_site[f]] == i
            work += row_start[other + 1] - row_start[other]
            if hit == size:
                implied[other] = True


# --------------------------------------------------------------------------------------------------- sums over runs
@njit(inline="always")
def _run_sum(runs, total, site, low):
    """Sum over a site's rows, from a running total whose first entry belongs to row `low`."""
    start, first, after = runs
    found = 0.0
    for e in range(start[site], start[site + 1]):
        found += total[after[e] - low] - total[first[e] - low]
    return found


@njit(inline="always")
def _accumulate(value, total):
    """Running total of a column, one entry longer than it."""
    now = 0.0
    total[0] = 0.0
    for i in range(value.size):
        now += value[i]
        total[i + 1] = now


@njit(types.void(_RUNS, _f64, _f64_out), cache=True, nogil=True)
def sum_by_site(runs, value, found):
    """Sum a column of the rows over the rows of every site."""
    total = np.empty(value.size + 1)
    _accumulate(value, total)
    for k in range(found.size):
        found[k] = _run_sum(runs, total, k, 0)


# ------------------------------------------------------------------------------------------------------------- greedy
@njit(inline="always")
def _worse(key, a, b):
    """Whether heap entry `a` comes after `b`: less, or equal with the larger number."""
    return key[a] < key[b] or (key[a] == key[b] and a > b)


@njit(inline="always")
def _sift(heap, size, at, key):
    """Let the entry at a place of the heap sink to where it belongs."""
    site = heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _worse(key, heap[child], heap[child + 1]):
            child += 1
        if not _worse(key, site, heap[child]):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = site


@njit(
    types.int64(_LISTS, _f64, _f64, types.float64, types.float64, _i32_out, _i32_out, _f64_out),
    cache=True,
    nogil=True,
)
def greedy(sites, people, cost, budget, power, count, chosen, gained):
    """
    Take the site that gains most per cost to some power, again and again, while the budget lasts.

    Lazy: gains only shrink, so an old one is an upper bound and most are never counted again (Minoux 1978). `count`
    says how many sites cover each row already and is brought up to date. Returns how many sites were taken.
    """
    start, index = sites
    m = start.size - 1
    key, heap, seen = np.empty(m), np.empty(m, np.int32), np.zeros(m, np.int32)
    scale = np.empty(m)
    for k in range(m):
        gain = 0.0
        for e in range(start[k], start[k + 1]):
            if count[index[e]] == 0:
                gain += people[index[e]]
        scale[k] = cost[k] ** power
        key[k] = gain / scale[k]
        heap[k] = k
    size = m
    for at in range(m // 2 - 1, -1, -1):
        _sift(heap, size, at, key)
    taken = 0
    left = budget
    while size > 0 and taken < chosen.size:
        k = heap[0]
        if key[k] <= 0.0:
            break
        gain = 0.0
        affordable = cost[k] <= left
        if affordable and seen[k] == taken:
            for e in range(start[k], start[k + 1]):
                if count[index[e]] == 0:
                    gain += people[index[e]]
                count[index[e]] += 1
            chosen[taken], gained[taken] = k, gain
            taken += 1
            left -= cost[k]
        elif affordable:
            for e in range(start[k], start[k + 1]):
                if count[index[e]] == 0:
                    gain += people[index[e]]
            seen[k] = taken
            key[k] = gain / scale[k]
            _sift(heap, size, 0, key)
            continue
        size -= 1
        heap[0] = heap[size]
        _sift(heap, size, 0, key)
    return taken


# ------------------------------------------------------------------------------------------------------- local search
@njit(inline="always")
def _add(runs, people, count, site, change):
    """Put a site in (1) or take it out (-1). Returns the people that changes."""
    start, first, after = runs
    changed = 0.0
    edge = 0 if change > 0 else 1
    for e in range(start[site], start[site + 1]):
        for i in range(first[e], after[e]):
            if count[i] == edge:
                changed += people[i]
            count[i] += change
    return changed


@njit(inline="always")
def _total_uncovered(people, count, low, high, total):
    """Running total of the people without cover over a window of rows."""
    now = 0.0
    total[0] = 0.0
    for i in range(low, high):
        now += people[i] if count[i] == 0 else 0.0
        total[i - low + 1] = now


@njit(inline="always")
def _best_of(runs, people, count, cost, left, power, near, size, low, high, chosen, total):
    """The site near by that gains most (per cost to some power) and can be paid for, -1 if none gains anything."""
    _total_uncovered(people, count, low, high, total)
    best, best_key = -1, 0.0
    for q in range(size):
        k = near[q]
        if chosen[k] or cost[k] > left:
            continue
        gain = _run_sum(runs, total, k, low)
        if gain <= ENOUGH:
            continue
        key = gain if power == 0.0 else gain / cost[k] ** power
        if key > best_key:
            best, best_key = k, key
    return best


@njit(inline="always")
def _gather(runs, sites, rows, heart, draws, turn, mark, near, nearby, low, high):
    """Add the sites on some rows drawn from a site's list, and the site itself, to a neighbourhood and its window."""
    site_start, site_row = sites
    row_start, row_site = rows
    run_start, run_first, run_after = runs
    length = site_start[heart + 1] - site_start[heart]
    for draw in range(draws + 1):
        if draw == 0:
            e, end = np.int64(0), np.int64(1)
        else:
            i = site_row[site_start[heart] + np.random.randint(0, length)]
            e, end = row_start[i], row_start[i + 1]
        while e < end and nearby < near.size:
            k = heart if draw == 0 else np.int64(row_site[e])
            if mark[k] != turn:
                mark[k] = turn
                near[nearby] = k
                nearby += 1
                low = min(low, np.int64(run_first[run_start[k]]))
                high = max(high, np.int64(run_after[run_start[k + 1] - 1]))
            e += 1
    return nearby, low, high


@njit(
    types.UniTuple(types.int64, 2)(
        _RUNS,
        _LISTS,
        _LISTS,
        _f64,
        _f64,
        types.float64,
        _i32,
        types.int64,
        _i32,
        types.int64,
        types.int64,
        types.float64,
        types.float64,
        types.int64,
        _i32_out,
        _i32_out,
    ),
    cache=True,
    nogil=True,
)
def improve(
    runs, sites, rows, people, cost, budget, begin, fixed, guide, rounds, seed, warmth, coldness, most_near, best, last
):
    """
    Iterated local search from a list of sites, of which the first `fixed` never move.

    A round takes a site out together with up to three of its neighbours, fills the room again with what gains most near
    by, and then moves each of the sites around to its best place until none moves. One round in four opens a site drawn
    from `guide`, wherever it is, instead of one near by. A round is kept unless it is worse than before by more than a
    random part of a site's mean gain times a temperature, which falls from `warmth` to `coldness`. Neighbours are the
    sites that share some of a few rows drawn from the site's list, at most `most_near`. Every site must cover some row.
    Writes the best list into `best` and the one it ended at into `last`; returns how many sites they have.
    """
    site_start, _ = sites
    n, m = people.size, site_start.size - 1
    np.random.seed(seed)
    count = np.zeros(n, np.int32)
    chosen = np.zeros(m, np.bool_)
    mark = np.full(m, -1, np.int64)
    near = np.empty(min(most_near, m), np.int32)
    moving = np.empty(m, np.int32)
    total = np.empty(n + 1)
    current = np.empty(m, np.int32)
    before = np.empty(m, np.int32)

    value = spent = 0.0
    size = begin.size
    for k in range(size):
        current[k] = begin[k]
        chosen[begin[k]] = True
        spent += cost[begin[k]]
        value += _add(runs, people, count, begin[k], 1)
    best_value, best_size = value, size
    best[:size] = current[:size]

    for turn in range(rounds):
        if size <= fixed:
            break
        old_size, old_value, old_spent = size, value, spent
        before[:size] = current[:size]

        # the neighbourhood of one chosen site, and of a site to open far away
        heart = np.int64(current[np.random.randint(fixed, size)])
        nearby, low, high = _gather(runs, sites, rows, heart, 6, turn, mark, near, 0, n, 0)
        first = np.int64(near[np.random.randint(0, nearby)])
        if guide.size and np.random.random() < 0.25:
            first = np.int64(guide[np.random.randint(0, guide.size)])
            nearby, low, high = _gather(runs, sites, rows, first, 4, turn, mark, near, nearby, low, high)

        # take out the heart and up to three chosen neighbours
        movers = 0
        for k in range(fixed, size):
            if mark[current[k]] == turn and current[k] != heart:
                moving[movers] = current[k]
                movers += 1
        power = 0.0 if np.random.random() < 0.5 else 1.0
        value -= _add(runs, people, count, heart, -1)
        chosen[heart] = False
        spent -= cost[heart]
        for _ in range(min(np.random.randint(0, 4), movers)):
            pick = np.random.randint(0, movers)
            k = moving[pick]
            movers -= 1
            moving[pick] = moving[movers]
            value -= _add(runs, people, count, k, -1)
            chosen[k] = False
            spent -= cost[k]

        # fill the room: one at random, the others by gain
        if mark[first] == turn and not chosen[first] and cost[first] <= budget - spent:
            value += _add(runs, people, count, first, 1)
            chosen[first] = True
            spent += cost[first]
            moving[movers] = first
            movers += 1
        while movers < m:
            k = _best_of(runs, people, count, cost, budget - spent, power, near, nearby, low, high, chosen, total)
            if k < 0:
                break
            value += _add(runs, people, count, k, 1)
            chosen[k] = True
            spent += cost[k]
            moving[movers] = k
            movers += 1

        # move every site around to its best place
        for _ in range(6):
            moved = False
            q = 0
            while q < movers:
                k = moving[q]
                lost = _add(runs, people, count, k, -1)
                chosen[k] = False
                spent -= cost[k]
                j = _best_of(runs, people, count, cost, budget - spent, 0.0, near, nearby, low, high, chosen, total)
                gain = _add(runs, people, count, j, 1) if j >= 0 else 0.0
                if j >= 0 and j != k and gain <= lost + ENOUGH:
                    _add(runs, people, count, j, -1)
                    j, gain = k, _add(runs, people, count, k, 1)
                value += gain - lost
                if j < 0:
                    # it gains nobody any more: its place stays free
                    movers -= 1
                    moving[q] = moving[movers]
                    continue
                chosen[j] = True
                spent += cost[j]
                moved = moved or j != k
                moving[q] = j
                q += 1
            if not moved:
                break

        # what stands now: the sites outside the neighbourhood, then those that moved
        size = fixed
        for k in range(fixed, old_size):
            if mark[before[k]] != turn:
                current[size] = before[k]
                size += 1
        for q in range(movers):
            current[size] = moving[q]
            size += 1
        temperature = warmth * (coldness / warmth) ** (turn / rounds)
        if value < old_value - temperature * np.random.random() * old_value / old_size:
            for q in range(fixed, size):
                if mark[current[q]] == turn:
                    _add(runs, people, count, current[q], -1)
                    chosen[current[q]] = False
            for q in range(fixed, old_size):
                if mark[before[q]] == turn:
                    _add(runs, people, count, before[q], 1)
                    chosen[before[q]] = True
            size, value, spent = old_size, old_value, old_spent
            current[:size] = before[:size]
        elif value > best_value + ENOUGH:
            best_value, best_size = value, size
            best[:size] = current[:size]
    last[:size] = current[:size]
    return best_size, size


# ------------------------------------------------------------------------------------------------------- upper bounds
@njit(inline="always")
def _knapsack_slope(score, cost, budget, price):
    """The fractional knapsack's dual at a price: its value, and the budget that is left over there."""
    value = budget * price
    left = budget
    for k in range(score.size):
        worth = score[k] - price * cost[k]
        if worth > 0.0:
            value += worth
            left -= cost[k]
    return value, left


@njit(inline="always")
def _knapsack(score, cost, budget):
    """
    The most that scores can come to within a budget, sites being divisible, and the price of a unit of it.

    By bisection on the price: every price gives an upper bound, so stopping early is safe.
    """
    low = high = 0.0
    for k in range(score.size):
        high = max(high, score[k] / cost[k])
    best, best_price = _knapsack_slope(score, cost, budget, 0.0)[0], 0.0
    for _ in range(40):
        price = 0.5 * (low + high)
        value, left = _knapsack_slope(score, cost, budget, price)
        if value < best:
            best, best_price = value, price
        if left < 0.0:
            low = price
        else:
            high = price
        if high - low <= 1e-12 * high:
            break
    return best, best_price


@njit(types.UniTuple(types.float64, 2)(_f64, _f64, types.float64), cache=True, nogil=True)
def knapsack(score, cost, budget):
    """An upper bound on what scores come to within a budget, sites being divisible, and the price it was found at."""
    return _knapsack(score, cost, budget)


@njit(inline="always")
def _project(wish, step, cost, budget, price, y):
    """
    The point of {0 <= y <= 1, cost . y <= budget} nearest to a wish, in the metric of the steps. Returns its price.

    Newton's method on the price, inside a bracket.
    """
    low, high = 0.0, np.inf
    for turn in range(60):
        spent = slope = 0.0
        for k in range(wish.size):
            v = wish[k] - price * cost[k] * step[k]
            if v >= 1.0:
                spent += cost[k]
            elif v > 0.0:
                spent += cost[k] * v
                slope += cost[k] * cost[k] * step[k]
        over = spent - budget
        if (price == 0.0 and over <= 0.0) or abs(over) <= 1e-10 * budget:
            break
        if over > 0.0:
            low = price
        else:
            high = price
        guess = price + over / slope if slope > 0.0 else np.inf
        if not low < guess < high:
            guess = 0.5 * (low + high) if high < np.inf else 2.0 * low + 1e-9
            if low == 0.0 and over <= 0.0 and turn > 40:
                guess = 0.0
        price = guess
    for k in range(wish.size):
        y[k] = min(1.0, max(0.0, wish[k] - price * cost[k] * step[k]))
    return price


@njit(inline="always")
def _spread(runs, y, difference, cover):
    """How much of each row is covered by fractions of sites."""
    start, first, after = runs
    difference[:] = 0.0
    for k in range(y.size):
        if y[k] != 0.0:
            for e in range(start[k], start[k + 1]):
                difference[first[e]] += y[k]
                difference[after[e]] -= y[k]
    now = 0.0
    for i in range(cover.size):
        now += difference[i]
        cover[i] = now


@njit(inline="always")
def _dual_value(runs, people, u, cost, budget, total, score):
    """L(u) and the price at which it was found; leaves the scores behind."""
    _accumulate(u, total)
    for k in range(score.size):
        score[k] = _run_sum(runs, total, k, 0)
    value, price = _knapsack(score, cost, budget)
    for i in range(u.size):
        value += people[i] - u[i]
    return value, price


@njit(
    types.UniTuple(types.float64, 3)(
        _RUNS,
        _i32,
        _f64,
        _f64,
        types.float64,
        types.int64,
        types.float64,
        types.float64,
        types.float64,
        _f64_out,
        _f64_out,
        _f64_out,
    ),
    cache=True,
    nogil=True,
)
def lower_the_bound(runs, degree, people, cost, budget, iterations, lower, enough, omega, u, y, best_u):
    """
    Restarted primal-dual hybrid gradient on min over u, max over y of the sum of people - u, plus y . A u.

    After Chambolle and Pock (2011) with the diagonal steps of Pock and Chambolle (2011) and the restarts and weights of
    PDLP (Applegate and others 2021). `degree` is how many sites cover each row; `u` and `y` are where to begin and are
    left where the work stopped. `omega` is the primal weight, 0 to choose one. Stops when the bound has met the
    fractional optimum, or what is `enough`. Writes the best `u` found; returns its bound, the fractional optimum from
    below (`lower` if none better is known), and the weight.
    """
    start, first, after = runs
    n, m = people.size, cost.size
    rows_of = np.empty(m)
    for k in range(m):
        rows_of[k] = 0.0
        for e in range(start[k], start[k + 1]):
            rows_of[k] += after[e] - first[e]
        rows_of[k] = max(rows_of[k], 1.0)
    if omega <= 0.0:
        squares = 0.0
        for i in range(n):
            squares += people[i] * people[i]
        omega = np.sqrt(squares / max(y.sum(), 1.0))
    step, wish, score, y_mean, y_start, y_new = (
        np.empty(m),
        np.empty(m),
        np.empty(m),
        y.copy(),
        y.copy(),
        np.empty(m),
    )
    total, difference = np.empty(n + 1), np.empty(n + 1)
    cover, extra, u_mean, u_start = np.empty(n), u.copy(), u.copy(), u.copy()
    best, primal, last_gap, price = np.inf, lower, np.inf, 0.0
    for k in range(m):
        step[k] = 0.95 / (omega * rows_of[k])
    steps = 0
    for turn in range(1, iterations + 1):
        _accumulate(extra, total)
        for k in range(m):
            wish[k] = y[k] + step[k] * _run_sum(runs, total, k, 0)
        price = _project(wish, step, cost, budget, price, y_new)
        steps += 1
        share = 1.0 / steps
        for k in range(m):
            y[k] = y_new[k]
            y_mean[k] += (y[k] - y_mean[k]) * share
        _spread(runs, y, difference, cover)
        for i in range(n):
            now = min(people[i], max(0.0, u[i] - 0.95 * omega / max(degree[i], 1) * (cover[i] - 1.0)))
            extra[i] = 2.0 * now - u[i]
            u[i] = now
            u_mean[i] += (now - u_mean[i]) * share
        if turn % 40 and turn != iterations:
            continue

        # how good the current point and the running average are
        value, _ = _dual_value(runs, people, u, cost, budget, total, score)
        if value < best:
            best = value
            best_u[:] = u
        reached = 0.0
        for i in range(n):
            reached += people[i] * min(1.0, cover[i])
        mean_value, _ = _dual_value(runs, people, u_mean, cost, budget, total, score)
        if mean_value < best:
            best = mean_value
            best_u[:] = u_mean
        _spread(runs, y_mean, difference, cover)
        mean_reached = 0.0
        for i in range(n):
            mean_reached += people[i] * min(1.0, cover[i])
        primal = max(primal, max(reached, mean_reached))
        if best - primal <= 1e-7 * best or best <= enough:
            break

        # begin again from the better of the two, and balance the two steps by how far each has moved
        gap, mean_gap = value - reached, mean_value - mean_reached
        if min(gap, mean_gap) <= 0.4 * last_gap or steps >= 600:
            last_gap = min(gap, mean_gap)
            if mean_gap < gap:
                u[:] = u_mean
                y[:] = y_mean
            moved_u = moved_y = 0.0
            for i in range(n):
                moved_u += (u[i] - u_start[i]) ** 2
            for k in range(m):
                moved_y += (y[k] - y_start[k]) ** 2
            if moved_u > 1e-18 and moved_y > 1e-18:
                omega = np.sqrt(omega * np.sqrt(moved_u / moved_y))
            for k in range(m):
                step[k] = 0.95 / (omega * rows_of[k])
            u_mean[:] = u
            y_mean[:] = y
            u_start[:] = u
            y_start[:] = y
            extra[:] = u
            steps = 0
    return best, primal, omega


@njit(types.float64(_LISTS, _LISTS, _f64, _f64, types.float64, _f64_out), cache=True, nogil=True)
def level(sites, rows, people, cost, price, u):
    """
    Lower `u` until no site scores more than its cost times the price, then raise it wherever that leaves room.

    In this form the bound, the sum of people - u plus price times budget, holds for any further site whose rows lie
    inside those of a site here at no less cost, so it can be checked on raw lists. Returns the sum of people - u.
    """
    site_start, site_row = sites
    row_start, row_site = rows
    score = np.zeros(cost.size)
    for k in range(cost.size):
        for e in range(site_start[k], site_start[k + 1]):
            score[k] += u[site_row[e]]
    for k in np.argsort(-score / cost):
        if score[k] <= cost[k] * price:
            break
        now = 0.0
        for e in range(site_start[k], site_start[k + 1]):
            now += u[site_row[e]]
        if now > cost[k] * price:
            for e in range(site_start[k], site_start[k + 1]):
                u[site_row[e]] *= cost[k] * price / now
    for k in range(cost.size):
        score[k] = 0.0
        for e in range(site_start[k], site_start[k + 1]):
            score[k] += u[site_row[e]]
    without = 0.0
    for i in range(people.size):
        room = people[i] - u[i]
        if room > 0.0:
            for e in range(row_start[i], row_start[i + 1]):
                room = min(room, cost[row_site[e]] * price - score[row_site[e]])
            if room > 0.0:
                u[i] += room
                for e in range(row_start[i], row_start[i + 1]):
                    score[row_site[e]] += room
        without += people[i] - u[i]
    return without


# ------------------------------------------------------------------------------------------------------------- medians
_WAYS = _tuple(_i64, _i32, _f64)
"""Compressed rows with a cost of every pair; those of a row are sorted by cost."""


@njit(inline="always")
def _two_nearest(rows, far, slot_of, i):
    """The slots of the nearest and of the second nearest open site of a row, -1 for none, and what they cost."""
    start, site, way = rows
    one, two, one_cost, two_cost = -1, -1, far[i], far[i]
    for e in range(start[i], start[i + 1]):
        r = slot_of[site[e]]
        if r >= 0:
            if one < 0:
                one, one_cost = r, way[e]
            else:
                two, two_cost = r, way[e]
                break
    return one, two, one_cost, two_cost


@njit(inline="always")
def _count_row(rows, i, one, one_cost, two_cost, sign, gain, loss, extra):
    """
    Add a row's part (or take it away) to what opening sites gains, closing slots loses, and both together do not lose.
    """
    start, site, way = rows
    if one >= 0:
        loss[one] += sign * (two_cost - one_cost)
    for e in range(start[i], start[i + 1]):
        cost = way[e]
        if cost >= two_cost:
            break
        j = site[e]
        gain[j] += sign * max(0.0, one_cost - cost)
        if one >= 0:
            extra[j, one] += sign * (two_cost - max(cost, one_cost))


@njit(
    types.float64(_WAYS, _LISTS, _f64, _i32, _i32, types.int64, types.int64, types.int64, types.float64, _i32_out),
    cache=True,
    nogil=True,
)
def improve_median(rows, sites, far, role, begin, fixed, rounds, seed, accept, best):
    """
    Iterated best swaps for a p-median, the first `fixed` sites staying, booked as by Resende and Werneck (2007).

    `far` is what a row costs that no open site serves; sites whose `role` is 0 may be opened. A round swaps some slots
    at random and then makes the best swap until none helps; it is kept unless worse by more than `accept` times a
    random part. Only rows whose two nearest sites change are counted again. Writes the best sites into `best`; returns
    their cost.
    """
    start, site, _ = rows
    site_start, site_row = sites
    n, m, p = far.size, site_start.size - 1, begin.size
    np.random.seed(seed)
    current, kept = begin.copy(), begin.copy()
    slot_of = np.full(m, -1, np.int32)
    gain, loss, extra = np.zeros(m), np.zeros(p), np.zeros((m, p))
    one, two = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    one_cost, two_cost = far.copy(), far.copy()
    for r in range(p):
        slot_of[current[r]] = r
    value = 0.0
    for i in range(n):
        one[i], two[i], one_cost[i], two_cost[i] = _two_nearest(rows, far, slot_of, i)
        value += one_cost[i]
        _count_row(rows, i, one[i], one_cost[i], two_cost[i], 1.0, gain, loss, extra)
    best_value, kept_value = value, value
    best[:] = current
    stale = np.full(n, -1, np.int64)
    swaps = 0
    for turn in range(rounds + 1):
        # a few swaps at random, then the best ones until none helps; the first round has no random part
        to_try = 0
        if turn > 0 and p > fixed and m > p:
            to_try = 1 + np.random.randint(0, max(1, min(4, p - fixed)))
        while True:
            new, r = -1, -1
            if to_try > 0:
                to_try -= 1
                r = np.random.randint(fixed, p)
                new = np.random.randint(0, m)
                # a neighbour of what it replaces, so that the swap is not hopeless
                if site_start[current[r] + 1] > site_start[current[r]]:
                    i = site_row[np.random.randint(site_start[current[r]], site_start[current[r] + 1])]
                    size = start[i + 1] - start[i]
                    new = site[start[i] + np.random.randint(0, max(1, min(size, 1 + 4 * m // p)))]
                if slot_of[new] >= 0 or role[new] != 0:
                    continue
            else:
                most = 1e-7
                for j in range(m):
                    if slot_of[j] < 0 and role[j] == 0:
                        for q in range(fixed, p):
                            profit = gain[j] - loss[q] + extra[j, q]
                            if profit > most:
                                most, new, r = profit, j, q
                if new < 0:
                    break
            old = np.int64(current[r])
            swaps += 1
            slot_of[old], slot_of[new] = -1, r
            current[r] = new
            for side in range(2):
                k = old if side == 0 else new
                for e in range(site_start[k], site_start[k + 1]):
                    i = site_row[e]
                    if stale[i] == swaps:
                        continue
                    stale[i] = swaps
                    a, b, a_cost, b_cost = _two_nearest(rows, far, slot_of, i)
                    if a != one[i] or b != two[i] or a_cost != one_cost[i] or b_cost != two_cost[i]:
                        _count_row(rows, i, one[i], one_cost[i], two_cost[i], -1.0, gain, loss, extra)
                        value += a_cost - one_cost[i]
                        one[i], two[i], one_cost[i], two_cost[i] = a, b, a_cost, b_cost
                        _count_row(rows, i, a, a_cost, b_cost, 1.0, gain, loss, extra)
        if value < best_value - 1e-7:
            best_value = value
            best[:] = current
        if value <= kept_value + accept * kept_value * np.random.random():
            kept_value = value
            kept[:] = current
        else:
            for r in range(fixed, p):
                slot_of[current[r]] = -1
            for r in range(p):
                current[r] = kept[r]
                slot_of[kept[r]] = r
            value = 0.0
            for i in range(n):
                a, b, a_cost, b_cost = _two_nearest(rows, far, slot_of, i)
                if a != one[i] or b != two[i] or a_cost != one_cost[i] or b_cost != two_cost[i]:
                    _count_row(rows, i, one[i], one_cost[i], two_cost[i], -1.0, gain, loss, extra)
                    one[i], two[i], one_cost[i], two_cost[i] = a, b, a_cost, b_cost
                    _count_row(rows, i, a, a_cost, b_cost, 1.0, gain, loss, extra)
                value += one_cost[i]
    return best_value


@njit(
    types.float64(
        _WAYS, _f64, _i32, types.int64, types.int64, types.int64, types.float64, types.float64, _f64_out, _f64_out
    ),
    cache=True,
    nogil=True,
)
def raise_median_bound(rows, far, opened, free, choose, iterations, upper, theta, u, best_u):
    """
    Subgradient steps on the Lagrangean of a p-median (Geoffrion 1974; Beasley 1985): for any u, the sum of u plus the
    `choose` least sums of min(0, cost - u) over free sites, plus those of opened sites, is at most the optimum.

    `opened` marks sites: 1 open anyway, 0 free, -1 shut. A row may also stay unserved at `far`, so u is at most that.
    Begins at `u` with steps of `theta`; writes the best into `best_u` and returns its bound.
    """
    start, site, way = rows
    n, m = far.size, opened.size
    reduced, served, slope, last = np.empty(m), np.empty(n), np.empty(n), np.zeros(n)
    best, dull = -1e30, 0
    for _ in range(iterations):
        reduced[:] = 0.0
        value = 0.0
        for i in range(n):
            value += u[i]
            for e in range(start[i], start[i + 1]):
                if way[e] >= u[i]:
                    break
                reduced[site[e]] += way[e] - u[i]
        limit = 0.0
        if free > choose:
            wanted = np.empty(free)
            k = 0
            for j in range(m):
                if opened[j] == 0:
                    wanted[k] = reduced[j]
                    k += 1
            limit = np.sort(wanted)[choose - 1] if choose > 0 else -np.inf
        taken = 0
        for j in range(m):
            take = opened[j] == 1
            if opened[j] == 0 and reduced[j] < 0.0 and (reduced[j] < limit or free <= choose):
                take = True
                taken += 1
            if not take and not (opened[j] == 0 and reduced[j] == limit and reduced[j] < 0.0):
                reduced[j] = 1.0
        for j in range(m):
            if opened[j] == 0 and free > choose and reduced[j] == limit and limit < 0.0:
                if taken < choose:
                    taken += 1
                else:
                    reduced[j] = 1.0
        served[:] = 0.0
        for j in range(m):
            if reduced[j] < 0.0:
                value += reduced[j]
        for i in range(n):
            for e in range(start[i], start[i + 1]):
                if way[e] >= u[i]:
                    break
                if reduced[site[e]] < 0.0:
                    served[i] += 1.0
        if value > best + 1e-9 * abs(best):
            if value > best + 1e-5 * abs(best):
                dull = 0
            best = value
            best_u[:] = u
        else:
            dull += 1
        if dull >= 12:
            theta *= 0.7
            dull = 0
            u[:] = best_u
        if theta < 1e-4 or best > upper - 1e-9:
            break
        squares = 0.0
        for i in range(n):
            slope[i] = 1.0 - served[i] + 0.5 * last[i]
            if u[i] >= far[i] and slope[i] > 0.0:
                slope[i] = 0.0
            last[i] = slope[i]
            squares += slope[i] * slope[i]
        if squares == 0.0:
            break
        step = theta * (1.01 * upper - value) / squares
        for i in range(n):
            u[i] = min(far[i], max(0.0, u[i] + step * slope[i]))
    return best


# ------------------------------------------------------------------------------------- rows of demand along the streets
@njit(
    types.int64(_EDGES, _LISTS, _tuple(_i64, _i32, _i32), _POINTS, types.int64, _i32_out, _i32_out, _f64_out, _f64_out),
    cache=True,
    nogil=True,
)
def spans_of_sites(edges, edges_at, reached, sites, limit_ds, span_site, span_edge, span_from, span_to):
    """
    From which spans of which edges every site is reached in time: what the field of that site alone would say.

    `edges_at` are the edges at every node, `reached` the nodes that reach every site with their times, `sites` edge,
    fraction and extra time. Counts spans if `span_site` is empty, else writes them. Returns how many there are.
    """
    tail, head, _, _ = edges
    at_start, at_edge = edges_at
    start, node, time_ds = reached
    edge, fraction, extra_ds = sites
    known = np.full(at_start.size - 1, UNREACHED, np.int32)
    spans = np.empty((3, 2))
    everyone = np.empty(0, np.bool_)
    own = (np.empty(1, np.int32), np.empty(1), np.empty(1, np.int32), np.zeros(1, np.int32))
    found = 0
    for site in range(edge.size):
        if edge[site] < 0:
            continue
        own[0][0], own[1][0], own[2][0] = edge[site], fraction[site], extra_ds[site]
        for r in range(start[site], start[site + 1]):
            known[node[r]] = time_ds[r]
        for r in range(start[site] - 1, start[site + 1]):
            # the site's own edge first, whether its ends are reached or not
            first = at_start[node[r]] if r >= start[site] else np.int64(0)
            after = at_start[node[r] + 1] if r >= start[site] else np.int64(1)
            for a in range(first, after):
                e = at_edge[a] if r >= start[site] else edge[site]
                if r >= start[site]:
                    v = node[r]
                    w = head[e] if tail[e] == v else tail[e]
                    if e == edge[site] or (w < v and known[w] != UNREACHED):
                        continue
                count = _covered_spans(edges, own, known, everyone, limit_ds, e, 0 if e == edge[site] else 1, spans)
                i = 0
                while i < count:
                    low, high = spans[i, 0], spans[i, 1]
                    i += 1
                    while i < count and spans[i, 0] <= high:
                        high = max(high, spans[i, 1])
                        i += 1
                    if high > low:
                        if span_site.size:
                            span_site[found], span_edge[found] = site, e
                            span_from[found], span_to[found] = low, high
                        found += 1
        for r in range(start[site], start[site + 1]):
            known[node[r]] = UNREACHED
    return found


@njit(
    types.UniTuple(types.int64, 2)(
        _tuple(_i32, _f64, _f64, _f64),
        _tuple(_i64, _i32, _f64, _f64),
        types.float64,
        _i32_out,
        _f64_out,
        _f64_out,
        _f64_out,
        _i64_out,
        _i32_out,
    ),
    cache=True,
    nogil=True,
)
def cut_rows(pieces, spans, grains, row_piece, row_from, row_to, row_people, row_start, row_site):
    """
    Cut pieces of street wherever the reach of a site begins or ends, so that every part is reached as a whole or not.

    `pieces` are edge, start, end, people; `spans` those of `spans_of_sites` by edge (start of every edge, site, from,
    to). People are shared out in `grains` to a person, the parts of a piece adding up to the piece. Counts if
    `row_piece` is empty, else writes; returns how many rows and pairs there are.
    """
    edge, piece_from, piece_to, people = pieces
    span_start, span_site, span_from, span_to = spans
    most = 0
    for e in range(span_start.size - 1):
        most = max(most, span_start[e + 1] - span_start[e])
    cuts = np.empty(2 * most + 2)
    rows, pairs = 0, 0
    for p in range(edge.size):
        first, after = span_start[edge[p]], span_start[edge[p] + 1]
        cuts[0], cuts[1] = piece_from[p], piece_to[p]
        size = 2
        for s in range(first, after):
            for cut in (span_from[s], span_to[s]):
                if piece_from[p] < cut < piece_to[p]:
                    cuts[size] = cut
                    size += 1
        ordered = np.sort(cuts[:size])
        done = 0.0
        for k in range(size - 1):
            low, high = ordered[k], ordered[k + 1]
            if high <= low:
                continue
            upto = people[p] * ((high - piece_from[p]) / (piece_to[p] - piece_from[p]))
            upto = np.rint(upto * grains) / grains
            if row_piece.size:
                row_piece[rows], row_from[rows], row_to[rows], row_people[rows] = p, low, high, upto - done
                row_start[rows] = pairs
            done = upto
            for s in range(first, after):
                if span_from[s] <= low and span_to[s] >= high:
                    if row_piece.size:
                        row_site[pairs] = span_site[s]
                    pairs += 1
            rows += 1
    if row_piece.size:
        row_start[rows] = pairs
    return rows, pairs
