"""A small collection of features with every kind of column and many unknowns."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo.features.table import Column, FeatureTable, Kind

COLUMNS: dict[str, tuple[Kind, list[Any]]] = {
    "name": (Kind.TEXT, ["市南一号", "Zhongshan", "zhongshan", None, "100%_x", "", "市南二号", "O'Hara"]),
    "seats": (Kind.INTEGER, [4, None, 0, 12, 4, 7, None, 4]),
    "people": (Kind.NUMBER, [1.5, 2.5, None, 1.5, -3.0, 0.0, 1e9, 2.5]),
    "open": (Kind.BOOLEAN, [True, False, None, True, False, None, True, False]),
    "verified": (Kind.DATE, ["2026-01-02", None, "2025-12-31", "2026-01-02", None, "2024-02-29", "2026-11-20", None]),
    "changed": (Kind.INSTANT, [None, "2026-01-01T00:00:00.000000Z", *["2026-06-01T04:00:00.000000Z"] * 6]),
    "amenities": (Kind.WORDS, [["water_hot"], [], None, ["water_hot", "seat"], ["seat"], [], None, ["toilet_inside"]]),
}


def a_table(rows: list[int] | None = None, version: str = "v1") -> FeatureTable:
    """The collection, or some of its rows; ids are two digits and the points lie along a line."""
    chosen = list(range(8)) if rows is None else rows
    columns = {
        name: Column.of(name, kind, {"zh": name, "en": name}, [values[row] for row in chosen])
        for name, (kind, values) in COLUMNS.items()
    }
    points = shapely.points(np.array([[120 + row / 10, 36 + row / 10] for row in chosen], dtype=float).reshape(-1, 2))
    return FeatureTable(version, np.array([f"{row:02d}" for row in chosen], dtype=object), columns, points)
