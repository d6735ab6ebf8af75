"""
H3 cells as columns: sorted arrays of 64-bit integers in, arrays of the same length out.

The only module that speaks to h3, and therefore the only one that ever writes latitude before longitude. Cells are
`uint64` inside and texts on the wire; parents and resolutions are read from the bits of the index (h3geo.org, "H3 Index
Representations"), which costs milliseconds for a million cells where a call per cell costs a second. Neighbours,
outlines and areas ask h3 itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations
from typing import Literal

import h3.api.basic_int as h3
import numpy as np
import shapely
from h3 import H3BaseException
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.types import Cells, Floats, Ints, Longs

MAX_RESOLUTION = 15
"""The finest resolution H3 has (cells of about a square metre)."""

NO_CELL = -1
"""What stands in an index column where a cell is not among those given."""

_RESOLUTION_SHIFT = np.uint64(52)
_RESOLUTION_MASK = np.uint64(0xF)
_DIGIT_BITS = 3

_H3_RADIUS_M = 6_371_007.180918475
_EQUATOR_RADIUS_M = 6_378_137.0
_FLATTENING = 1 / 298.257_223_563


class BadCellError(InputError):
    """A text or number that is no H3 cell, with the place it stood at."""

    def __init__(self, value: object, position: int) -> None:
        super().__init__(
            f"`{value}` (entry {position + 1}) is not an H3 cell; write cells as h3 does, for example 8a31aa42a8effff."
        )
        self.value = value
        self.position = position


class MixedResolutionError(InputError):
    """Cells of several resolutions where one is needed."""

    def __init__(self, resolutions: Iterable[int]) -> None:
        found = ", ".join(str(one) for one in sorted(resolutions))
        super().__init__(f"The cells have resolutions {found}; bring them to one resolution first.")


# ── between points, texts and cells ─────────────────────────────────────────────────────────────────────────────


def points_to_cells(lon: ArrayLike, lat: ArrayLike, resolution: int) -> Cells:
    """Find the cell of every point (WGS-84 degrees)."""
    lons = np.asarray(lon, dtype=np.float64).ravel()
    lats = np.asarray(lat, dtype=np.float64).ravel()
    if lons.size != lats.size:
        raise InputError(f"{lons.size} longitudes stand beside {lats.size} latitudes; give as many of each.")
    if not (np.isfinite(lons).all() and np.isfinite(lats).all()):
        raise InputError("A position is not a finite number of degrees; leave such points out first.")
    find = h3.latlng_to_cell
    pairs = zip(lats.tolist(), lons.tolist(), strict=True)
    return np.fromiter((find(y, x, resolution) for y, x in pairs), dtype=np.uint64, count=lons.size)


def cells_to_points(cells: Cells) -> tuple[Floats, Floats]:
    """Longitudes and latitudes (WGS-84 degrees) of the cells' centres."""
    centre = h3.cell_to_latlng
    flat = chain.from_iterable(centre(cell) for cell in _plain(cells))
    lat_lon = np.fromiter(flat, dtype=np.float64, count=2 * len(cells)).reshape(-1, 2)
    return lat_lon[:, 1].copy(), lat_lon[:, 0].copy()


def cells_to_polygons(cells: Cells) -> NDArray[np.object_]:
    """Outlines of the cells as shapely polygons (WGS-84, counter-clockwise), in the order of the cells."""
    rings = [h3.cell_to_boundary(cell) for cell in _plain(cells)]
    ring_of_vertex = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    lat_lon = np.array(list(chain.from_iterable(rings)), dtype=np.float64).reshape(-1, 2)
    return np.asarray(shapely.polygons(shapely.linearrings(lat_lon[:, ::-1], indices=ring_of_vertex)), dtype=object)


def texts_to_cells(texts: Iterable[object]) -> Cells:
    """
    Read cells from their hexadecimal texts, or from integers as databases and spreadsheets write them.

    Raises
    ------
    BadCellError
        An entry is not a valid cell; carries the entry and its position.
    """
    values = list(texts)
    cells = np.zeros(len(values), dtype=np.uint64)
    for position, value in enumerate(values):
        cell = _read_cell(value)
        if cell is None:
            raise BadCellError(value, position)
        cells[position] = cell
    return cells


def cells_to_texts(cells: Cells) -> list[str]:
    """Write cells as h3 writes them, in lower-case hexadecimal."""
    return [f"{cell:x}" for cell in _plain(cells)]


def to_signed(cells: Cells) -> Longs:
    """Cells as PostgreSQL's bigint keeps them; the top bit of a cell is never set, so that nothing is lost."""
    return np.asarray(cells, dtype=np.uint64).astype(np.int64)


def from_signed(values: ArrayLike) -> Cells:
    """Cells from PostgreSQL's bigint."""
    return np.asarray(values, dtype=np.int64).astype(np.uint64)


# ── up and down the resolutions ─────────────────────────────────────────────────────────────────────────────────


def resolutions(cells: Cells) -> Ints:
    """Resolution of every cell."""
    return ((_unsigned(cells) >> _RESOLUTION_SHIFT) & _RESOLUTION_MASK).astype(np.int32)


def common_resolution(cells: Cells) -> int:
    """
    Resolution that all the cells share.

    Raises
    ------
    MixedResolutionError
        They do not share one.
    InputError
        There are no cells.
    """
    found = np.unique(resolutions(cells))
    if found.size == 0:
        raise InputError("There are no cells, hence no resolution.")
    if found.size > 1:
        raise MixedResolutionError(found.tolist())
    return int(found[0])


def parents(cells: Cells, resolution: int) -> Cells:
    """
    Cell of a coarser (or the same) resolution above every cell.

    Raises
    ------
    InputError
        A cell is already coarser than the resolution asked for.
    """
    own = _unsigned(cells)
    if own.size and int(resolutions(own).min()) < resolution:
        raise InputError(
            f"Cells of resolution {int(resolutions(own).min())} have no parent at resolution {resolution}."
        )
    without_resolution = own & ~(_RESOLUTION_MASK << _RESOLUTION_SHIFT)
    unused_digits = np.uint64((1 << (_DIGIT_BITS * (MAX_RESOLUTION - resolution))) - 1)
    return without_resolution | (np.uint64(resolution) << _RESOLUTION_SHIFT) | unused_digits


def children(cells: Cells, resolution: int) -> tuple[Cells, Longs]:
    """
    Cells of a finer (or the same) resolution below every cell, and for each the position of its parent in `cells`.

    Children follow their parents' outline roughly, not exactly: H3 does not nest.
    """
    below = [h3.cell_to_children(cell, resolution) for cell in _plain(cells)]
    counts = np.fromiter((len(some) for some in below), dtype=np.int64, count=len(below))
    flat = np.fromiter(chain.from_iterable(below), dtype=np.uint64, count=int(counts.sum()))
    return flat, np.repeat(np.arange(len(below), dtype=np.int64), counts)


# ── beside one another ──────────────────────────────────────────────────────────────────────────────────────────


def positions_in(cells: Cells, wanted: Cells) -> Longs:
    """Position of every wanted cell in a sorted column of cells, `NO_CELL` where it is not among them."""
    if len(cells) == 0:
        return np.full(np.shape(wanted), NO_CELL, dtype=np.int64)
    places = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1).astype(np.int64)
    return np.where(cells[places] == wanted, places, NO_CELL)


def neighbours(cells: Cells) -> Longs:
    """
    Positions of the six neighbours of every cell in the same sorted column, padded with `NO_CELL`.

    The order of the six is not promised. A pentagon has five.
    """
    own = _unsigned(cells)
    around = np.zeros((own.size, 6), dtype=np.uint64)
    disk = h3.grid_disk
    for row, cell in enumerate(own.tolist()):
        ring = disk(cell, 1)
        ring.remove(cell)
        around[row, : len(ring)] = ring
    return positions_in(own, around)


# ── sizes and shapes ────────────────────────────────────────────────────────────────────────────────────────────


def cell_areas_km2(cells: Cells) -> Floats:
    """
    Area (in square kilometres) of every cell on the WGS-84 ellipsoid.

    h3 measures on a sphere with geodetic latitudes; one square metre of that sphere is `M·N / R²` of the ellipsoid,
    M and N being the radii of curvature at the centre. Left out, the error is up to 0.6 per cent; the global mean
    of a resolution is off by a third.
    """
    area = h3.cell_area
    on_sphere = np.fromiter((area(cell, "km^2") for cell in _plain(cells)), dtype=np.float64, count=len(cells))
    _, lat = cells_to_points(cells)
    squared_eccentricity = _FLATTENING * (2 - _FLATTENING)
    bulge = 1 - squared_eccentricity * np.sin(np.radians(lat)) ** 2
    ellipsoid_m2 = _EQUATOR_RADIUS_M**2 * (1 - squared_eccentricity) / bulge**2
    return on_sphere * ellipsoid_m2 / _H3_RADIUS_M**2


def polygon_to_cells(
    polygon: BaseGeometry, resolution: int, *, containment: Literal["centre", "overlap"] = "centre"
) -> Cells:
    """Cells, sorted, whose centre lies inside a polygon or multipolygon (WGS-84), or that overlap it at all."""
    if polygon.is_empty:
        return np.zeros(0, dtype=np.uint64)
    shape = h3.geo_to_h3shape(shapely.geometry.mapping(polygon))
    mode = {"centre": "center", "overlap": "overlap"}[containment]
    found = h3.h3shape_to_cells_experimental(shape, resolution, contain=mode)
    return np.unique(np.fromiter(found, dtype=np.uint64, count=len(found)))


def cells_to_outline(cells: Cells) -> shapely.MultiPolygon:
    """Outline (WGS-84) of a set of cells as one multipolygon, with holes; neighbours melt into one another."""
    shape = shapely.geometry.shape(h3.cells_to_geo(_plain(cells), tight=False))
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)])


def _read_cell(value: object) -> int | None:
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        cell = int(value)
    else:
        text = str(value).strip().lower().removeprefix("0x")
        decimal = len(text) >= 17 and text.isdecimal()
        try:
            cell = int(text, 10 if decimal else 16)
        except ValueError:
            return None
    return cell if 0 <= cell < 2**63 and h3.is_valid_cell(cell) else None


def _unsigned(cells: Cells) -> Cells:
    return np.asarray(cells, dtype=np.uint64)


def _plain(cells: Cells) -> list[int]:
    return list(_unsigned(cells).tolist())


# ── on the icosahedron ──────────────────────────────────────────────────────────────────────────────────────────


def cells_to_ij(cells: Cells, origin: int) -> Longs:
    """
    Local (i, j) of every cell seen from an origin cell, as int64[c, 2].

    A call per cell: give samples, not whole cities. The numbers depend on the origin and may change between releases of
    h3: use them, never store them.

    Raises
    ------
    InputError
        A cell is too far from the origin, or a pentagon lies between.
    """
    local_ij = h3.cell_to_local_ij
    try:
        pairs = [local_ij(origin, cell) for cell in _plain(cells)]
    except H3BaseException as error:
        raise InputError(f"The cells have no common (i, j) around cell {origin:x}: {error}.") from error
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def disk(cell: int, steps: int) -> Cells:
    """All cells, sorted, within some steps of one cell, the cell itself included."""
    around = h3.grid_disk(cell, steps)
    return np.unique(np.fromiter(around, dtype=np.uint64, count=len(around)))


def face_centres() -> Floats:
    """
    Unit vectors of the centres of the icosahedron's 20 faces, float64[20, 3], in another order than h3 numbers them.

    The twelve pentagons of resolution 0 sit on the corners of the icosahedron, and three corners that are neighbours of
    one another span a face; so the faces are derived from h3 itself and no table of theirs is copied.
    """
    lon, lat = cells_to_points(np.array(sorted(h3.get_pentagons(0)), dtype=np.uint64))
    corners = unit_vectors(lon, lat)
    nearest_other = np.sort(corners @ corners.T, axis=1)[:, -2].max()
    close = corners @ corners.T > nearest_other - 1e-3
    triples = [trio for trio in combinations(range(12), 3) if all(close[a, b] for a, b in combinations(trio, 2))]
    sums = corners[np.array(triples)].sum(axis=1)
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float64)


def points_to_faces(lon: ArrayLike, lat: ArrayLike) -> Ints:
    """Face of the icosahedron (a row of `face_centres`) under every point; h3 decides by the nearest centre as well."""
    return np.asarray(np.argmax(unit_vectors(lon, lat) @ face_centres().T, axis=1), dtype=np.int32)


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Points (WGS-84 degrees) as vectors of length one, float64[p, 3], on the sphere that h3 uses."""
    lam, phi = np.radians(np.asarray(lon, dtype=np.float64)), np.radians(np.asarray(lat, dtype=np.float64))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)
