"""Cover lists: which site covers which rows of demand, kept both ways, and how long the way takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from geo.errors import InputError
from geo.siting import kernels
from geo.types import Bools, Floats, Ints, Longs

Lists: TypeAlias = tuple[Longs, Ints]
"""Compressed rows as the kernels take them: where every list begins, and the numbers in them."""
Runs: TypeAlias = tuple[Longs, Ints, Ints]
"""Lists as stretches of consecutive numbers: where every list begins, first number, number after the last."""


class CoverListError(InputError):
    """Cover lists that contradict themselves."""


@dataclass(frozen=True, eq=False)
class CoverLists:
    """
    Which site covers which rows of demand.

    Rows of site `j` are `site_row[site_start[j]:site_start[j + 1]]`, ascending and each once; sites of row `i` are
    `row_site[row_start[i]:row_start[i + 1]]`. A site is any place that could serve: a candidate, a station that stands,
    or one of several ways to open a place (see `hours`). `time_ds` is the travel time (in deciseconds) towards the
    site, beside `site_row`; None where only the limit matters. Starts are int64, numbers int32.

    Rows are quickest when neighbours in space are neighbours in number (`spatial_order`); every answer is the same in
    any order.
    """

    site_start: Longs
    site_row: Ints
    row_start: Longs
    row_site: Ints
    time_ds: Ints | None = None

    @classmethod
    def of(cls, site_start: Longs, site_row: Ints, row_count: int, time_ds: Ints | None = None) -> CoverLists:
        """
        Take the lists of all sites; they may be in any order, but may name no row twice.

        Raises
        ------
        CoverListError
            A list names a row that is not there, or one row twice, or starts do not fit the list.
        """
        start = np.ascontiguousarray(site_start, np.int64)
        row = np.ascontiguousarray(site_row, np.int32)
        if len(start) == 0 or start[0] != 0 or start[-1] != len(row) or (np.diff(start) < 0).any():
            raise CoverListError("The starts of the cover lists do not fit the lists.")
        if len(row) and (row.min() < 0 or row.max() >= row_count):
            raise CoverListError(f"A cover list names row {int(row.max())}, but there are {row_count} rows of demand.")
        if time_ds is not None and len(time_ds) != len(row):
            raise CoverListError(f"There are {len(time_ds)} travel times for {len(row)} pairs of a site and a row.")
        site = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
        step = np.diff(row.astype(np.int64)) > 0
        unsorted = ~step & (np.diff(site) == 0)
        if unsorted.any():
            order = np.lexsort((row, site))
            row = row[order]
            time_ds = None if time_ds is None else time_ds[order]
            twice = (np.diff(row) == 0) & (np.diff(site) == 0)
            if twice.any():
                at = int(np.flatnonzero(twice)[0])
                raise CoverListError(f"The list of site {site[at]} names row {row[at]} twice.")
        times = None if time_ds is None else np.ascontiguousarray(time_ds, np.int32)
        return cls(start, row, *_turned((start, row), row_count), times)

    @property
    def site_count(self) -> int:
        """How many sites there are."""
        return len(self.site_start) - 1

    @property
    def row_count(self) -> int:
        """How many rows of demand there are."""
        return len(self.row_start) - 1

    @property
    def sites(self) -> Lists:
        """Rows by site, as the kernels take them."""
        return self.site_start, self.site_row

    @property
    def rows(self) -> Lists:
        """Sites by row, as the kernels take them."""
        return self.row_start, self.row_site

    def rows_of(self, site: int) -> Ints:
        """Rows that a site covers."""
        return self.site_row[self.site_start[site] : self.site_start[site + 1]]

    def counts(self, sites: Ints | Longs) -> Ints:
        """How many of some sites cover every row, int32[rows]."""
        count = np.zeros(self.row_count, np.int32)
        kernels.count_covers(self.sites, np.ascontiguousarray(sites, np.int64), count)
        return count

    def runs(self) -> Runs:
        """Rows by site as stretches of consecutive numbers."""
        start = np.empty(self.site_count + 1, np.int64)
        count = kernels.encode_runs(self.sites, start, np.empty(0, np.int32), np.empty(0, np.int32))
        runs = start, np.empty(count, np.int32), np.empty(count, np.int32)
        kernels.encode_runs(self.sites, *runs)
        return runs

    def within(self, limit_ds: int) -> CoverLists:
        """
        The lists at a shorter limit.

        Raises
        ------
        CoverListError
            The lists were made without travel times.
        """
        if self.time_ds is None:
            raise CoverListError("These cover lists have no travel times; build them with times to shorten the limit.")
        stays = self.time_ds <= limit_ds
        start = np.concatenate(([0], np.cumsum(stays)))[self.site_start]
        row = self.site_row[stays]
        return CoverLists(start, row, *_turned((start, row), self.row_count), self.time_ds[stays])

    def part(self, sites: Longs, row_number: Ints, row_count: int) -> CoverLists:
        """The lists of some sites over renumbered rows, those of -1 left out; kept numbers must ascend."""
        start = np.empty(len(sites) + 1, np.int64)
        kernels.count_kept(self.sites, sites, row_number, start)
        row = np.empty(start[-1], np.int32)
        kernels.keep(self.sites, sites, row_number, start, row)
        return CoverLists(start, row, *_turned((start, row), row_count))

    def part_of_rows(self, rows: Longs) -> tuple[CoverLists, Longs]:
        """
        The lists over some rows (ascending), of the sites that cover any of them. Returns lists and these sites.

        Reads the lists of these rows only, which is what makes a city with many stations small at once.
        """
        everyone = np.arange(self.site_count, dtype=np.int32)
        row_start = np.empty(len(rows) + 1, np.int64)
        kernels.count_kept(self.rows, rows, everyone, row_start)
        row_site = np.empty(row_start[-1], np.int32)
        kernels.keep(self.rows, rows, everyone, row_start, row_site)
        used = np.zeros(self.site_count, np.bool_)
        used[row_site] = True
        number = np.cumsum(used, dtype=np.int32) - np.int32(1)
        row_site = number[row_site]
        site_start, site_row = _turned((row_start, row_site), int(used.sum()))
        return CoverLists(site_start, site_row, row_start, row_site), np.flatnonzero(used)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the lists; found once, for it reads all of them."""
        digest = hashlib.sha256(self.site_start.tobytes())
        digest.update(self.site_row.tobytes())
        return digest.hexdigest()


def _turned(lists: Lists, count: int) -> tuple[Longs, Ints]:
    """Lists turned around, over so many numbers."""
    start, index = np.empty(count + 1, np.int64), np.empty(len(lists[1]), np.int32)
    kernels.transpose(lists, start, index)
    return start, index


def reached_rows(lists: CoverLists, sites: Ints | Longs) -> Bools:
    """Rows that some of the sites covers."""
    return lists.counts(sites) > 0


def part_of_runs(runs: Runs, sites: Longs) -> Runs:
    """The runs of some sites alone."""
    start, first, after = runs
    size = np.diff(start)[sites]
    begin = np.concatenate(([0], np.cumsum(size)))
    at = np.repeat(start[:-1][sites] - begin[:-1], size) + np.arange(begin[-1])
    return begin, first[at], after[at]


def spatial_order(x: Floats, y: Floats) -> Longs:
    """
    An order of points in which neighbours in space are neighbours in number: strip by strip, each from west to east.

    Strips are as high as points lie apart on the whole, so that the points around a place are few runs of numbers.
    `x` and `y` may be degrees or metres; returns the points, int64[n].
    """
    if len(x) == 0:
        return np.zeros(0, np.int64)
    width, height = float(np.ptp(x)), float(np.ptp(y))
    strips = max(1, round(np.sqrt(len(x) * max(height, 1e-12) / max(width, 1e-12))))
    strip = np.minimum(((y - y.min()) / max(height, 1e-12) * strips).astype(np.int64), strips - 1)
    return np.lexsort((x, strip))
