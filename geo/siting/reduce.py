"""
Making a problem small without changing its answer: rows that agree become one, sites that others outdo go.

What holds where (Church and Gerrard 2003 for covering; held to brute force in tests):

======================  =============================================  ==========================================
step                    holds for                                      does not hold for
======================  =============================================  ==========================================
rows already covered    maximal covering, budgets, smallest sets,      backup (a second station still counts),
are left out            hours by slot                                  medians, capacities
rows without a site     always; their people are counted apart
are left out
rows with equal sites   always, if rows of different labels
become one              (district with a floor, count before) stay
                        apart
a site inside another   maximal covering, budgets, smallest sets,      backup, capacities, keep-apart rules
one no dearer goes      floors (rows labelled)
a site inside two       backup
others goes
======================  =============================================  ==========================================

Forced sites are counted as standing and forbidden ones leave before anything is compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.siting import kernels
from geo.siting.cover import CoverLists
from geo.types import Floats, Ints, Longs

MOST_STEPS_PER_PAIR = 60
"""Comparing sites stops after so many steps for every pair: where it takes longer, few sites are inside others."""


ENOUGH_LEFT = 0.9
"""A pass that leaves more than this share of the sites is the last: the next would cost more than it saves."""


@dataclass(frozen=True, eq=False)
class Reduced:
    """
    A covering problem made small.

    `lists` are over merged rows and the sites that are left; `people`, `label` are columns of the merged rows, `cost`
    of the sites. `site[k]` is the number of site `k` in the lists reduced, `row[i]` the merged row that raw row `i`
    went into, -1 if no site is left for it or it was left out. `outdone_by[j]` is a site that covers all that site `j`
    covers and costs no more, -1 where none does; both are numbers in the lists reduced.
    """

    lists: CoverLists
    people: Floats
    label: Ints
    cost: Floats
    site: Longs
    row: Ints
    outdone_by: Longs

    def lift(self, of_row: Floats, people: Floats) -> Floats:
        """Bring a column of people back to raw rows, in proportion; raw rows that were left out get 0."""
        kept = self.row >= 0
        lifted = np.zeros(len(people))
        own = self.row[kept]
        lifted[kept] = of_row[own] * (people[kept] / self.people[own])
        return lifted


def reduce(
    lists: CoverLists,
    people: Floats,
    cost: Floats,
    *,
    rows: Longs,
    sites: Longs,
    label: Ints | None = None,
    witnesses: int = 1,
) -> Reduced:
    """
    Reduce a covering problem to some of its rows and sites, again and again while that leaves much less.

    `rows` and `sites` (ascending) are those that take part. Rows of different `label` never merge. A site goes when
    `witnesses` others cover all its rows at no higher cost; 0 keeps every site that covers anything.
    """
    label = np.zeros(len(people), np.int32) if label is None else label
    small, own = lists.part_of_rows(rows)
    allowed = np.zeros(lists.site_count, np.bool_)
    allowed[sites] = True
    if not allowed[own].all():
        stays = np.flatnonzero(allowed[own])
        small = small.part(stays, np.arange(len(rows), dtype=np.int32), len(rows))
        own = own[stays]
    row_of = np.full(lists.row_count, -1, np.int32)
    row_of[rows] = np.arange(len(rows), dtype=np.int32)
    outdone_by = np.full(lists.site_count, -1, np.int64)
    merged_people, merged_label = people[rows], label[rows]

    while True:
        merged_into, first = _equal_rows(small, merged_label)
        kept = merged_into >= 0
        weights = merged_people[kept]
        merged_people = np.bincount(merged_into[kept], weights, len(first)).astype(np.float64)
        merged_label = merged_label[first]
        there = row_of >= 0
        row_of[there] = merged_into[row_of[there]]
        number = np.full(len(merged_into), -1, np.int32)
        number[first] = np.arange(len(first), dtype=np.int32)
        small = small.part(np.arange(small.site_count), number, len(first))

        by = np.full(small.site_count, -1, np.int64)
        if witnesses and small.site_count:
            most = MOST_STEPS_PER_PAIR * (len(small.site_row) + 1)
            kernels.find_dominated(small.sites, small.rows, cost[own], witnesses, most, by)
        empty = np.diff(small.site_start) == 0
        if not (empty | (by >= 0)).any():
            break
        gone = np.flatnonzero(by >= 0)
        outdone_by[own[gone]] = own[by[gone]]
        stays = np.flatnonzero((by < 0) & ~empty)
        shrinks = len(stays) < ENOUGH_LEFT * small.site_count
        small = small.part(stays, np.arange(small.row_count, dtype=np.int32), small.row_count)
        own = own[stays]
        if not shrinks:
            break
    return Reduced(
        lists=small,
        people=merged_people,
        label=merged_label.astype(np.int32),
        cost=np.ascontiguousarray(cost[own], np.float64),
        site=own.astype(np.int64),
        row=row_of,
        outdone_by=outdone_by,
    )


def _equal_rows(lists: CoverLists, label: Ints) -> tuple[Ints, Longs]:
    """
    Which new row every row goes into (-1 without a site), and the first old row of every new one.

    A 128-bit hash stands for the set of sites: the chance that two of a million sets share one is 10⁻²⁶. New rows keep
    the order of their first old row, so that neighbours stay neighbours.
    """
    words = np.random.default_rng(1).integers(0, 2**63, size=(lists.site_count, 2), dtype=np.uint64)
    hashed = np.zeros((lists.row_count, 2), np.uint64)
    kernels.hash_lists(lists.rows, words, hashed)
    seen = np.flatnonzero(np.diff(lists.row_start) > 0)
    keys = label[seen], hashed[seen, 1], hashed[seen, 0]
    order = np.lexsort(keys)
    new = np.zeros(len(seen), np.bool_)
    if len(seen):
        new[0] = True
        for key in keys:
            new[1:] |= np.diff(key[order].astype(np.uint64)) != 0
    group = np.empty(len(seen), np.int64)
    group[order] = np.cumsum(new) - 1
    first = seen[np.unique(group, return_index=True)[1]]
    place = np.argsort(first, kind="stable")
    rank = np.empty(len(first), np.int64)
    rank[place] = np.arange(len(first))
    into = np.full(lists.row_count, -1, np.int32)
    into[seen] = rank[group]
    return into, first[place].astype(np.int64)
