"""
A collection of features in memory: ids, typed columns with their unknowns marked, and shapes with an index.

Columns are whole arrays, because a filter over two thousand places or a million cells should cost one pass of numpy,
not a visit to every row. A value nobody knows is neither equal nor unequal to anything; `known` says where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from geo.types import Bools, Box


class Kind(StrEnum):
    """What a column's values are, in the words of JSON Schema where it has one."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    WORDS = "words"
    """A list of texts in every row."""


EMPTY: Mapping[Kind, Any] = {
    Kind.TEXT: "",
    Kind.INTEGER: 0.0,
    Kind.NUMBER: 0.0,
    Kind.BOOLEAN: False,
    Kind.DATE: "",
    Kind.INSTANT: "",
    Kind.WORDS: (),
}
"""What stands where nothing is known, so that whole columns can be compared before the unknown is taken out."""

NUMERIC = frozenset({Kind.INTEGER, Kind.NUMBER})


@dataclass(frozen=True, eq=False)
class Column:
    """
    One property of every feature.

    `values` holds floats for numbers, bools, texts, or tuples of texts (shape `(n,)`); `known` is false where nothing
    is known and `values` holds a filler. `options` are the only values there can be, where a vocabulary says so.
    """

    name: str
    kind: Kind
    title: Mapping[str, str]
    values: np.ndarray[Any, Any]
    known: Bools
    options: tuple[str, ...] | None = None
    unit: str | None = None

    @staticmethod
    def of(
        name: str,
        kind: Kind,
        title: Mapping[str, str],
        values: Sequence[Any],
        *,
        options: tuple[str, ...] | None = None,
        unit: str | None = None,
    ) -> Column:
        """A column from plain values, None where nothing is known."""
        known = np.fromiter((value is not None for value in values), dtype=bool, count=len(values))
        filled = [EMPTY[kind] if value is None else value for value in values]
        return Column(name, kind, title, column_array(kind, filled), known, options, unit)

    @property
    def is_sortable(self) -> bool:
        """Whether features can be put in its order: a list of words has none."""
        return self.kind is not Kind.WORDS

    def plain(self, rows: np.ndarray[Any, Any]) -> list[Any]:
        """The values of some rows as JSON has them, None where nothing is known."""
        values = self.values[rows].tolist()
        if self.kind is Kind.INTEGER:
            values = [int(value) for value in values]
        elif self.kind is Kind.WORDS:
            values = [list(value) for value in values]
        return [value if known else None for value, known in zip(values, self.known[rows].tolist(), strict=True)]


def column_array(kind: Kind, values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Plain values as the array a column of this kind holds."""
    if kind in NUMERIC:
        return np.array(values, dtype=np.float64)
    if kind is Kind.BOOLEAN:
        return np.array(values, dtype=bool)
    array = np.empty(len(values), dtype=object)
    array[:] = [tuple(value) for value in values] if kind is Kind.WORDS else list(values)
    return array


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """
    The features of one collection at one moment.

    `ids` are unique texts, ascending in the order of rows. `geometry` holds shapely geometries in CRS84 (shape `(n,)`),
    never None. `version` names the facts it was made from: cursors carry it.
    """

    version: str
    ids: np.ndarray[Any, Any]
    columns: Mapping[str, Column]
    geometry: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over the shapes."""
        return shapely.STRtree(self.geometry)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each id."""
        return {identity: row for row, identity in enumerate(self.ids.tolist())}

    @cached_property
    def bounds(self) -> Box | None:
        """West, south, east, north of everything, in degrees; None of nothing."""
        if not len(self):
            return None
        west, south, east, north = shapely.total_bounds(self.geometry).tolist()
        return Box(west, south, east, north)
