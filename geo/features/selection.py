"""Features somebody asked for, before anybody has decided how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from geo.features.crs import CRS84_URI, ReferenceSystem, reference_system
from geo.features.paging import Rows
from geo.features.table import Column, FeatureTable

TYPE_NAMES = {
    shapely.GeometryType.POINT: "Point",
    shapely.GeometryType.LINESTRING: "LineString",
    shapely.GeometryType.POLYGON: "Polygon",
    shapely.GeometryType.MULTIPOINT: "MultiPoint",
    shapely.GeometryType.MULTILINESTRING: "MultiLineString",
    shapely.GeometryType.MULTIPOLYGON: "MultiPolygon",
}
"""What types of shapes are called in every format."""


@dataclass(frozen=True)
class Selection:
    """What to write: rows of a table in order, which properties, shapes or not, in which reference system."""

    table: FeatureTable
    rows: Rows
    properties: tuple[str, ...] | None
    skip_geometry: bool
    crs: ReferenceSystem
    time_property: str | None = None

    @classmethod
    def everything(cls, table: FeatureTable) -> Selection:
        """All features of a table as they are kept: every property, CRS84."""
        return cls(table, np.arange(len(table)), None, False, reference_system(CRS84_URI))

    @property
    def columns(self) -> list[Column]:
        """The columns to write, in the collection's order."""
        there = self.table.columns.values()
        return [column for column in there if self.properties is None or column.name in self.properties]

    def parts(self, count: int) -> Iterator[Selection]:
        """The same in parts of at most so many rows, so that what is at hand at once does not grow with the answer."""
        for start in range(0, len(self.rows), count):
            yield replace(self, rows=self.rows[start : start + count])

    def shape_types(self) -> list[str]:
        """The types of shapes that occur."""
        kinds = np.unique(shapely.get_type_id(self.table.geometry[self.rows]))
        return [TYPE_NAMES[shapely.GeometryType(kind)] for kind in kinds]

    def shapes(self) -> np.ndarray[Any, Any]:
        """The shapes in the reference system asked for, rounded to what a position can mean."""
        return self._rounded(self.crs.from_crs84(self.table.geometry[self.rows]))

    def shapes_east_first(self) -> np.ndarray[Any, Any]:
        """The same with east before north whatever the authority says, as binary formats have it."""
        return self._rounded(self.crs.from_crs84_east_first(self.table.geometry[self.rows]))

    def _rounded(self, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, self.crs.decimals)), dtype=object)
