"""
Reference systems features can be asked for in, and whose latitude comes first.

Everything inside is CRS84: longitude, latitude in degrees of WGS 84. On the wire the axes of a system stand in the
order its authority gives (OGC 18-058r1, 7.): EPSG 4326 and 4490 put latitude first, EPSG 4547 northing first. CGCS2000
differs from WGS 84 by less than a metre, which no union register is more precise than; the transformation is PROJ's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geo.errors import InputError

CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


class UnknownCrsError(InputError):
    """A reference system that features are not given in."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"Features are not given in {uri[:80]}; there are: {', '.join(BY_URI)}.")


@dataclass(frozen=True)
class ReferenceSystem:
    """One reference system: its name on the wire, its authority code, how many decimals say a centimetre or so."""

    uri: str
    authority: str
    decimals: int

    @cached_property
    def is_crs84(self) -> bool:
        """Whether shapes need no change."""
        return self.uri == CRS84_URI

    @cached_property
    def is_geographic(self) -> bool:
        """Whether its numbers are degrees."""
        return self.is_crs84 or bool(CRS.from_user_input(self.authority).is_geographic)

    @cached_property
    def is_latitude_first(self) -> bool:
        """Whether the authority puts north before east."""
        return not self.is_crs84 and CRS.from_user_input(self.authority).axis_info[0].direction == "north"

    def from_crs84(self, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Shapes in CRS84 as this system has them, axes in the authority's order."""
        return shapes if self.is_crs84 else transformed(shapes, self._there)

    def from_crs84_east_first(self, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The same with the axes as binary formats have them whatever the authority says: east before north."""
        moved = self.from_crs84(shapes)
        return turned(moved) if self.is_latitude_first else moved

    def to_crs84(self, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Shapes of this system, axes in the authority's order, in CRS84."""
        return shapes if self.is_crs84 else transformed(shapes, self._back)

    @cached_property
    def _there(self) -> Transformer:
        return Transformer.from_crs("OGC:CRS84", self.authority)

    @cached_property
    def _back(self) -> Transformer:
        return Transformer.from_crs(self.authority, "OGC:CRS84")


def transformed(shapes: np.ndarray[Any, Any], transformer: Transformer) -> np.ndarray[Any, Any]:
    """Shapes with every vertex transformed; a vertex that has no place in the other system becomes infinite."""

    def moved(coordinates: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    return np.asarray(shapely.transform(shapes, moved), dtype=object)


def turned(shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Shapes with the other axis first."""
    return np.asarray(shapely.transform(shapes, lambda coordinates: coordinates[:, ::-1]), dtype=object)


def epsg(code: int, decimals: int) -> ReferenceSystem:
    """A system of the EPSG registry."""
    return ReferenceSystem(f"http://www.opengis.net/def/crs/EPSG/0/{code}", f"EPSG:{code}", decimals)


SYSTEMS = (
    ReferenceSystem(CRS84_URI, "OGC:CRS84", 7),
    epsg(4326, 7),
    epsg(3857, 2),
    epsg(4490, 7),  # CGCS2000
    epsg(4547, 2),  # CGCS2000, three-degree zone on 114° E
)
"""In the order they are declared; CRS84 is the default."""

BY_URI = {system.uri: system for system in SYSTEMS}


def reference_system(uri: str) -> ReferenceSystem:
    """The system of a URI; raises UnknownCrsError."""
    try:
        return BY_URI[uri]
    except KeyError:
        raise UnknownCrsError(uri) from None
