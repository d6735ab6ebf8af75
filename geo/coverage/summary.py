"""Sums a planner can sign: people by fate for the city, its districts and its streets, whole numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.coverage.areas import NO_AREA
from geo.types import Floats, Ints, Longs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

FATES = ("covered", "outside", "off_network", "outside_area")
"""What can become of a person, in the order of `people_by_fate`; the four sum to everybody."""

CURVE_MINUTES = range(61)
"""The minutes of the curve that shows how coverage grows with the limit."""


@dataclass(frozen=True, slots=True)
class Tally:
    """People of the whole city by fate, in whole numbers: the four sum to `total`, always."""

    total: int
    covered: int
    outside: int
    off_network: int
    outside_area: int
    share: float
    """Covered people in all people of the study area, unrounded."""

    def as_dict(self) -> dict[str, int | float]:
        """The tally as the wire and the database have it."""
        counts = {name: getattr(self, name) for name in ("total", *FATES)}
        return counts | {"share": self.share}


def apportion(values: Floats, group: Longs, targets: Longs) -> Longs:
    """
    Round values to whole numbers so that each group sums to its target: the largest remainders are rounded up.

    No value moves by one or more as long as each target is its group's sum rounded up or down. Ties go to the first.
    """
    whole = np.floor(values).astype(np.int64)
    missing = targets - np.bincount(group, weights=whole, minlength=len(targets)).astype(np.int64)
    order = np.lexsort((np.arange(len(values)), whole - values, group))
    sorted_group = group[order]
    opens_group = np.r_[True, np.diff(sorted_group) != 0] if len(order) else np.zeros(0, dtype=bool)
    place = np.arange(len(order))
    rank = place - np.maximum.accumulate(np.where(opens_group, place, 0))
    rounded = whole.copy()
    rounded[order] += rank < missing[sorted_group]
    return rounded


def tally(fates: NDArray[np.float64]) -> Tally:
    """Sum everybody's fate over the city (columns as in `FATES`)."""
    sums = fates.sum(axis=0)
    total = round(float(sums.sum()))
    counts = apportion(sums, np.zeros(4, dtype=np.int64), np.array([total], dtype=np.int64))
    covered, outside, off_network, outside_area = (int(count) for count in counts)
    return Tally(total, covered, outside, off_network, outside_area, _share(float(sums[0]), float(sums[:3].sum())))


def district_table(
    fates: NDArray[np.float64],
    district: Ints,
    areas: GeoDataFrame,
    stations: Longs,
    whole_city: Tally,
) -> pd.DataFrame:
    """
    People by fate for every district; each column of whole numbers sums to the city's.

    Parameters
    ----------
    fates
        People by fate for every group of people.
    district
        Row of `areas` for every group, `NO_AREA` for those outside (whose people are all `outside_area`).
    stations
        Eligible stations in every row of `areas`.

    Returns
    -------
    Frame with code, name, people, covered, outside, off_network, share, stations; in the order of `areas`.
    """
    rows = np.flatnonzero((areas["level"] == "district").to_numpy())
    place = places_among(areas, "district", district)
    placed = place >= 0
    sums = _sums(fates[placed], place[placed], len(rows))
    counts = np.stack(
        [
            apportion(sums[:, fate], np.zeros(len(rows), dtype=np.int64), _target(getattr(whole_city, name)))
            for fate, name in enumerate(FATES[:3])
        ],
        axis=1,
    )
    return _table(areas, rows, counts, sums, stations)


@dataclass(frozen=True, slots=True)
class StreetRows:
    """
    The rows of the street table, and which of them each group of people counts in.

    Row r is street `street[r]` (a row of `areas`, `NO_AREA` for the rest) within row `parent[r]` of the district table;
    a street cut by a district line has a row in each. `members` are the groups inside the city, `row` theirs.
    """

    parent: Longs
    street: Longs
    members: Longs
    row: Longs

    @classmethod
    def of(cls, parent: Longs, street: Ints) -> StreetRows:
        """Sort groups of people by district-table row (-1 for outside) and street."""
        members = np.flatnonzero(parent >= 0)
        streets = int(street.max(initial=NO_AREA)) + 2
        key, row = np.unique(parent[members] * streets + street[members] + 1, return_inverse=True)
        return cls(key // streets, key % streets - 1, members, row.astype(np.int64))


def street_table(
    fates: NDArray[np.float64], rows: StreetRows, areas: GeoDataFrame, stations: Longs, districts: pd.DataFrame
) -> pd.DataFrame:
    """
    People by fate for every street (镇街) within its district; whole numbers sum to the district's in every column.

    People of a district whom no street claims stand in a row with empty code and name, so that nobody is lost between
    the two tables.
    """
    sums = _sums(fates[rows.members], rows.row, len(rows.parent))
    counts = np.stack(
        [
            apportion(sums[:, fate], rows.parent, districts[name].to_numpy(dtype=np.int64))
            for fate, name in enumerate(FATES[:3])
        ],
        axis=1,
    )
    table = _table(areas, rows.street, counts, sums, stations)
    table.insert(2, "district_code", districts["code"].to_numpy()[rows.parent])
    table.insert(3, "district", districts["name"].to_numpy()[rows.parent])
    keep = (rows.street != NO_AREA) | (sums.sum(axis=1) > 0)
    kept: pd.DataFrame = table.loc[keep].reset_index(drop=True)
    return kept


def places_among(areas: GeoDataFrame, level: str, area: Ints) -> Longs:
    """For rows of `areas`, their place among the areas of one level, -1 for none: a row of that level's table."""
    rows = np.flatnonzero((areas["level"] == level).to_numpy())
    return _places(rows, len(areas))[area]


def _table(
    areas: GeoDataFrame, rows: Longs, counts: NDArray[np.int64], sums: NDArray[np.float64], stations: Longs
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": _of_rows(areas["code"].to_numpy(dtype=object), rows, ""),
            "name": _of_rows(areas["name"].to_numpy(dtype=object), rows, ""),
            "people": counts.sum(axis=1),
            "covered": counts[:, 0],
            "outside": counts[:, 1],
            "off_network": counts[:, 2],
            "share": _shares(sums),
            "stations": _of_rows(stations, rows, 0),
        }
    )


def _of_rows(column: NDArray[Any], rows: Longs, otherwise: object) -> NDArray[Any]:
    """Values of some rows of a column, and something else for rows that are none (-1)."""
    return np.append(column, np.array([otherwise], dtype=column.dtype))[rows]


def _sums(fates: NDArray[np.float64], group: Longs, count: int) -> NDArray[np.float64]:
    columns = [np.bincount(group, weights=fates[:, fate], minlength=count) for fate in range(3)]
    return np.stack(columns, axis=1).astype(np.float64)


def _places(rows: Longs, count: int) -> Longs:
    """Place of every row of `areas` among some of them, -1 for the others and (at the end) for no area."""
    places = np.full(count + 1, -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return places


def _target(total: int) -> Longs:
    return np.array([total], dtype=np.int64)


def _shares(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """`_share` of every row of sums by fate."""
    people = sums[:, 0] + sums[:, 1] + sums[:, 2]
    return np.divide(sums[:, 0], people, out=np.zeros(len(sums)), where=people > 0)


def _share(covered: float, people: float) -> float:
    return covered / people if people > 0 else 0.0
