"""
Tables of measures: coverage's own districts and streets, with choice, minutes and room for the people of each.

Rows and whole numbers are coverage's, so that a planner who lays the two tables side by side finds no person missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.coverage.areas import NO_AREA
from geo.coverage.summary import Tally, apportion
from geo.types import Floats, Longs

if TYPE_CHECKING:
    from geo.coverage.access import Choice, TravelTimes
    from geo.coverage.ground import Ground

QUANTILES = {"median_minutes": 0.5, "p90_minutes": 0.9}
"""Columns of minutes within which so much of the people is served."""

COUNTS = ("one", "two", "three_plus")
"""Columns of covered people by how many stations they can choose from."""


@dataclass(frozen=True, slots=True)
class Counted:
    """
    The people who can be measured: those on the network and in the study area.

    Group i lives in cell `cell[i]` of the grid and counts in row `row[i]` of the ground's street rows, of which there
    are `rows`; `by_cell` are the same people by cell.
    """

    cell: Longs
    row: Longs
    people: Floats
    by_cell: Floats
    rows: int

    @classmethod
    def of(cls, ground: Ground) -> Counted:
        """Take from the groups of a ground those that can be measured."""
        row = np.full(len(ground.group_people), -1, dtype=np.int64)
        row[ground.street_rows.members] = ground.street_rows.row
        chosen = ~(ground.group_off_network | ground.group_outside)
        by_cell = ground.by_cell(np.where(chosen, ground.group_people, 0.0))
        rows = len(ground.street_rows.parent)
        return cls(ground.group_cell[chosen], row[chosen], ground.group_people[chosen], by_cell, rows)


@dataclass(frozen=True, slots=True)
class MeasureTables:
    """Coverage's own tables, to which the measures add columns by the same rows."""

    ground: Ground
    counted: Counted
    fates: NDArray[np.float64]
    whole: Tally
    districts: pd.DataFrame
    streets: pd.DataFrame

    @property
    def above(self) -> int:
        """Rows of the district table, one where the whole city is its own district."""
        return max(len(self.districts), 1)

    def counts(self, chosen: Choice) -> NDArray[np.int64]:
        """
        Covered people of every street row by how many stations they can choose from, in whole numbers, int64[rows, 3].

        Every row sums to the people coverage calls covered there, so districts and the city do as well.
        """
        rows = self.ground.street_rows
        share = chosen.share[self.counted.cell]
        exactly = np.stack([share[:, 0] - share[:, 1], share[:, 1] - share[:, 2], share[:, 2]], axis=1)
        people = np.maximum(exactly, 0.0) * self.counted.people[:, None]
        sums = np.stack(
            [np.bincount(self.counted.row, weights=column, minlength=len(rows.parent)) for column in people.T], axis=1
        )
        covered = np.bincount(rows.row, weights=self.fates[rows.members, 0], minlength=len(rows.parent))
        above = self.districts["covered"].to_numpy(dtype=np.int64) if len(self.districts) else [self.whole.covered]
        whole = apportion(covered.astype(np.float64), rows.parent, np.asarray(above, dtype=np.int64))
        which = np.repeat(np.arange(len(rows.parent)), len(COUNTS))
        # brought to the sum that is wanted first: rounding moves nobody by one only where the sums already agree
        scale = np.where(sums.sum(axis=1) > 0, whole / np.where(sums.sum(axis=1) > 0, sums.sum(axis=1), 1.0), 0.0)
        return apportion((sums * scale[:, None]).astype(np.float64).ravel(), which, whole).reshape(-1, len(COUNTS))

    def districts_with(self, by_count: NDArray[np.int64], times: TravelTimes, access: Floats) -> pd.DataFrame:
        """The district table with the measures of every district."""
        if self.districts.empty:
            return self.districts
        parent = self.ground.street_rows.parent
        counts = np.stack([np.bincount(parent, weights=one, minlength=self.above) for one in by_count.T], axis=1)
        group = parent[self.counted.row]
        return self._with(self.districts, counts.astype(np.int64), times.grouped(parent, self.above), group, access)

    def streets_with(self, by_count: NDArray[np.int64], times: TravelTimes, access: Floats) -> pd.DataFrame:
        """The street table with the measures of every street."""
        if self.streets.empty:
            return self.streets
        rows = self.ground.street_rows
        people = np.bincount(rows.row, weights=self.fates[rows.members, :3].sum(axis=1), minlength=len(rows.parent))
        keep = np.flatnonzero((rows.street != NO_AREA) | (people > 0))
        every = self._with(
            pd.DataFrame(index=pd.RangeIndex(len(rows.parent))), by_count, times, self.counted.row, access
        )
        return pd.concat([self.streets, every.iloc[keep].reset_index(drop=True)], axis=1)

    def _with(
        self, frame: pd.DataFrame, counts: NDArray[np.int64], times: TravelTimes, group: Longs, access: Floats
    ) -> pd.DataFrame:
        people = np.bincount(group, weights=self.counted.people, minlength=len(frame))
        places = np.bincount(group, weights=self.counted.people * access[self.counted.cell], minlength=len(frame))
        columns: dict[str, Any] = {name: counts[:, at] for at, name in enumerate(COUNTS)}
        columns["mean_minutes"] = times.mean_min
        columns |= {name: times.quantile_min(part) for name, part in QUANTILES.items()}
        columns["access_per_1000"] = np.where(people > 0, 1000 * places / np.where(people > 0, people, 1.0), np.nan)
        return frame.assign(**columns)
