"""
Pages that neither lose nor repeat a feature: a total order, and cursors that say where in it to go on.

Whatever features are sorted by, their id decides among equals, so the order is total. A cursor holds the sort values
and the id of the last feature sent, and the version of the facts. It is a place in the order, not a count from the
start: an offset would skip a row for every row that an import takes away. What is not known comes last.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from geo.errors import InputError
from geo.features.table import NUMERIC, Column, FeatureTable, Kind
from geo.types import Bools

Rows: TypeAlias = NDArray[np.intp]
"""Row numbers of a table."""


class SortError(InputError):
    """Features cannot be put in the order asked for."""


class CursorError(InputError):
    """A cursor that this service did not make, or made for another question."""

    def __init__(self) -> None:
        super().__init__("The cursor is none of this question's; follow the `next` links as they are.")


@dataclass(frozen=True)
class SortKey:
    """A property to sort by, and which way."""

    name: str
    is_descending: bool = False


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the facts it was cut from, the sort keys, the last feature's values and id."""

    version: str
    keys: tuple[SortKey, ...]
    values: tuple[Any, ...]
    identity: str

    def written(self) -> str:
        """The cursor as it stands in a link."""
        signs = ["-" * key.is_descending + key.name for key in self.keys]
        packed = orjson.dumps([self.version, signs, list(self.values), self.identity])
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @staticmethod
    def read(text: str) -> Cursor:
        """The cursor of a link; raises CursorError."""
        try:
            packed = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            version, signs, values, identity = packed
            keys = tuple(SortKey(sign.removeprefix("-"), sign.startswith("-")) for sign in signs)
        except (binascii.Error, ValueError, TypeError, AttributeError):
            raise CursorError from None
        if not isinstance(version, str) or not isinstance(identity, str) or len(values) != len(keys):
            raise CursorError
        return Cursor(version, keys, tuple(values), identity)


def read_sort(text: str, table: FeatureTable) -> tuple[SortKey, ...]:
    """`+name,-seats` as sort keys; raises SortError for what is not there or has no order."""
    keys = tuple(SortKey(part.lstrip("+- "), part.startswith("-")) for part in text.split(",") if part)
    if len({key.name for key in keys}) < len(keys):
        raise SortError("A property can be sorted by only once.")
    for key in keys:
        if key.name != "id" and (key.name not in table.columns or not table.columns[key.name].is_sortable):
            there = ", ".join(["id", *(name for name, column in table.columns.items() if column.is_sortable)])
            raise SortError(f"Nothing can be sorted by `{key.name[:40]}` here; there are: {there}.")
    return keys


def page(
    table: FeatureTable, passing: Bools, keys: Sequence[SortKey], limit: int, cursor: Cursor | None = None
) -> tuple[Rows, Cursor | None]:
    """
    The rows of one page in order (shape `(≤ limit,)`), and the cursor of the next page if there is one.

    Raises
    ------
    CursorError
        The cursor belongs to another order.
    """
    if cursor is not None and cursor.keys != tuple(keys):
        raise CursorError
    rows = np.flatnonzero(passing)
    if cursor is not None:
        rows = rows[after(table, rows, cursor)]
    ordered = in_order(table, rows, keys, limit + 1)
    if len(ordered) <= limit:
        return ordered, None
    return ordered[:limit], cursor_at(table, int(ordered[limit - 1]), keys)


def in_order(table: FeatureTable, rows: Rows, keys: Sequence[SortKey], most: int) -> Rows:
    """The first rows in the order of the keys. Rows stand in the order of ids, so a stable sort settles equals."""
    if not keys:
        return rows[:most]
    order = np.arange(len(rows))
    for key in reversed(keys):
        order = order[stable_order(table, rows[order], key)]
    return rows[order[:most]]


def stable_order(table: FeatureTable, rows: Rows, key: SortKey) -> Rows:
    """Places of some rows in the order of one key, equals as they stood, unknown last."""
    if key.name == "id":
        return np.argsort(-rows if key.is_descending else rows, kind="stable")
    column = table.columns[key.name]
    _, ranks = np.unique(column.values[rows], return_inverse=True)
    ranks = -ranks if key.is_descending else ranks
    return np.lexsort((ranks, ~column.known[rows]))


def after(table: FeatureTable, rows: Rows, cursor: Cursor) -> Bools:
    """Which rows come after the place a cursor holds."""
    later = np.zeros(len(rows), dtype=bool)
    level = np.ones(len(rows), dtype=bool)
    for key, value in zip((*cursor.keys, SortKey("id")), (*cursor.values, cursor.identity), strict=True):
        beyond, same = against(table, rows, key, value)
        later |= level & beyond
        level &= same
    return later


def against(table: FeatureTable, rows: Rows, key: SortKey, value: Any) -> tuple[Bools, Bools]:
    """Which rows one key puts behind a value, and which it puts level with it."""
    values, known = (table.ids, None) if key.name == "id" else of_column(table.columns[key.name])
    here = values[rows]
    is_known = np.ones(len(rows), dtype=bool) if known is None else known[rows]
    if value is None:
        return np.zeros(len(rows), dtype=bool), ~is_known
    try:
        beyond, same = (here < value) if key.is_descending else (here > value), here == value
    except TypeError:
        raise CursorError from None
    return (beyond & is_known) | ~is_known, same & is_known


def of_column(column: Column) -> tuple[Any, Bools]:
    """A column's values and where they are known."""
    return column.values, column.known


def cursor_at(table: FeatureTable, row: int, keys: Sequence[SortKey]) -> Cursor:
    """The cursor that goes on behind a row."""
    at = np.array([row])
    values = tuple(sort_value(table, key, at) for key in keys)
    return Cursor(table.version, tuple(keys), values, str(table.ids[row]))


def sort_value(table: FeatureTable, key: SortKey, at: Rows) -> Any:
    """What a row has under a key."""
    if key.name == "id":
        return str(table.ids[at[0]])
    column = table.columns[key.name]
    (value,) = column.plain(at)
    return float(value) if value is not None and column.kind in NUMERIC and column.kind is not Kind.INTEGER else value
