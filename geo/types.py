"""Small value types that carry order and unit, so that a bare tuple never has to."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

CellId: TypeAlias = int
"""An H3 cell as the 64-bit integer it is; strings exist on the wire only."""

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Bools: TypeAlias = NDArray[np.bool_]
Cells: TypeAlias = NDArray[np.uint64]

UNREACHED = 2**31 - 1
"""Travel time (in deciseconds) of what cannot be reached; the largest int32."""


class LonLat(NamedTuple):
    """A position in WGS-84 degrees, longitude first, as in GeoJSON."""

    lon: float
    lat: float


class Box(NamedTuple):
    """A box in WGS-84 degrees, in the order of GeoJSON's `bbox`."""

    west: float
    south: float
    east: float
    north: float
