"""
What the ground is used for, as an OSM extract has it: land that is built up, by kind, and greens and waters.

Built-up land is land mapped as residential, commercial, retail or industrial. Not footprints of buildings: in most
cities those are drawn quarter by quarter, so that their sum says where a mapper was busy. Greens and waters are for
maps alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from geo.errors import UnavailableError
from geo.types import Bools, Bytes

RESIDENTIAL, COMMERCIAL, RETAIL, INDUSTRIAL, GREEN, WATER = range(6)
LAND_KINDS = ("residential", "commercial", "retail", "industrial", "green", "water")
"""Kinds of land; land keeps the position in this list."""
BUILT_UP = (RESIDENTIAL, COMMERCIAL, RETAIL, INDUSTRIAL)

LAND_TAGS: dict[tuple[str, str], int] = {
    ("landuse", "residential"): RESIDENTIAL,
    ("landuse", "commercial"): COMMERCIAL,
    ("landuse", "retail"): RETAIL,
    ("landuse", "industrial"): INDUSTRIAL,
    **{("landuse", value): GREEN for value in ("forest", "grass", "meadow", "orchard", "village_green", "cemetery")},
    **{("leisure", value): GREEN for value in ("park", "garden", "nature_reserve", "golf_course")},
    **{("natural", value): GREEN for value in ("wood", "scrub", "grassland", "heath")},
    **{("landuse", value): WATER for value in ("reservoir", "basin")},
    ("natural", "water"): WATER,
}
"""OSM tag and the kind of land it stands for; of several tags of one object the first in this order counts."""
LAND_FILE = "land.fgb"
"""Name of the file that stands beside a network's graphs."""
LAND_KEYS = tuple(sorted({key for key, _ in LAND_TAGS}))


class LandFileError(UnavailableError):
    """Land on disk cannot be opened."""


@dataclass(frozen=True, eq=False)
class Land:
    """Pieces of land (multipolygons in WGS-84) and the kind of each. They may overlap, as mappers drew them."""

    kind: Bytes
    shape: NDArray[np.object_]

    def __len__(self) -> int:
        """How many pieces there are."""
        return len(self.kind)

    @classmethod
    def of(cls, pieces: Sequence[tuple[int, MultiPolygon]]) -> Land:
        """Land from kinds and shapes."""
        shapes = np.empty(len(pieces), dtype=object)
        shapes[:] = [shape for _, shape in pieces]
        return cls(np.array([kind for kind, _ in pieces], np.uint8), shapes)

    def of_kinds(self, kinds: Sequence[int]) -> Bools:
        """Which pieces are of some kinds."""
        return np.isin(self.kind, kinds)

    @property
    def is_mapped(self) -> bool:
        """Whether any built-up land is there to count by."""
        return bool(self.of_kinds(BUILT_UP).any())

    def touching(self, outline: BaseGeometry) -> Land:
        """The pieces that some of lies within an outline, whole."""
        shapely.prepare(outline)
        kept = shapely.intersects(outline, self.shape) if len(self) else np.zeros(0, np.bool_)
        return Land(self.kind[kept], self.shape[kept])

    def counts(self) -> dict[str, int]:
        """How many pieces of every kind there are."""
        found = np.bincount(self.kind, minlength=len(LAND_KINDS)).tolist()
        return {kind: count for kind, count in zip(LAND_KINDS, found, strict=True) if count}

    def save(self, file: Path) -> None:
        """Write a FlatGeobuf file, which every GIS opens as well."""
        names = np.array(LAND_KINDS, dtype=object)[self.kind]
        frame = geopandas.GeoDataFrame({"kind": names}, geometry=self.shape, crs="EPSG:4326")
        pyogrio.write_dataframe(frame, file, driver="FlatGeobuf", geometry_type="MultiPolygon", SPATIAL_INDEX="NO")

    @classmethod
    def load(cls, file: Path) -> Land:
        """
        Read stored land.

        Raises
        ------
        LandFileError
            There is no such file, because the streets came in before land was kept, or it is damaged.
        """
        try:
            frame = pyogrio.read_dataframe(file)
            kind = np.array([LAND_KINDS.index(name) for name in frame["kind"]], np.uint8)
        except (pyogrio.errors.DataSourceError, ValueError, KeyError):
            raise LandFileError(f"{file} holds no land use; import the streets again.") from None
        return cls(kind, frame.geometry.to_numpy())


def land_kind(tags: Mapping[str, str]) -> int | None:
    """The kind of land an object is, None if it is none."""
    for (key, value), kind in LAND_TAGS.items():
        if tags.get(key) == value:
            return kind
    return None
