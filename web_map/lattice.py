"""
H3 cells of one resolution as an integer grid under one 3x3 matrix, and the small binary ("H3L1") the map paints from.

Inside one face of the icosahedron H3 is a flat lattice of hexagons in gnomonic projection. So a cell (i, j) and the
unit vector v of its centre satisfy v ~ M (i, j, 1) for one matrix M, and a point finds its cell by rounding inv(M) v:
the browser needs no H3 library. The matrix is fitted to h3's own answers rather than derived, and a grid whose cells do
not fit to a millionth of a cell is refused.

A file is one or more blocks, one per face of the icosahedron that the cells touch (most cities lie on one). Each block
has a header of 96 bytes, little-endian, then its columns as dense grids of bytes:

    "H3L1" | u8 resolution | u8 columns | u16 0 | i32 i0, j0, ni, nj | 9 x f64 inv(M), row by row
    columns x (ni * nj) bytes, the cell (i, j) at (i - i0) * nj + (j - j0); 255 says "no data"

(i, j) depends on the origin and may change between releases of h3: it is never stored, and the matrix travels with it.

The same packed ("H3L2") names its cells once and leaves out the rest of the grid, which is a third less to send:

    header as above with "H3L2" | one bit for every place, lowest first, in whole bytes | columns x cells bytes

Some cells of such a file alone ("H3P1"), to lay over it, have a header of 8 bytes and one part per block:

    "H3P1" | u8 resolution | u8 columns | u16 blocks
    u32 ni * nj of the block, u32 cells | cells x u32 place in its grid | columns x cells bytes
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geo.cells import (
    cells_to_ij,
    cells_to_points,
    common_resolution,
    disk,
    points_to_faces,
    unit_vectors,
)
from geo.errors import InputError
from geo.types import UNREACHED, Bools, Bytes, Cells, Floats, Longs

NO_DATA = 255
"""The byte of a cell about which a column says nothing; cells outside the grid have it too."""

MINUTE_STEPS = 4
"""Steps per minute in a column of travel times: 254 steps reach 63.5 minutes."""

SHARE_STEPS = 250
"""Steps in a column of shares, so that a byte is 0.4 per cent."""

PEOPLE_STEPS = 20
"""Steps per natural logarithm in a column of people: within 2.5 per cent, up to 328,000 people in a cell."""

MAX_GRID_BYTES = 64_000_000
"""Cells scattered wider than this make a dense grid pointless; two cities must be two grids."""

_HEADER = struct.Struct("<4sBBH4i9d")
_MAGIC = b"H3L1"
_PACKED_MAGIC = b"H3L2"
_PATCH_HEADER = struct.Struct("<4sBBH")
_PATCH_BLOCK = struct.Struct("<II")
_PATCH_MAGIC = b"H3P1"
_SAMPLES = 400
_DISK_STEPS = 10
_MISFIT = 1e-6


class LatticeError(InputError):
    """Cells that cannot be written as a lattice, or bytes that are none."""


@dataclass(frozen=True)
class _Block:
    """The cells of one face: their positions in the caller's column, their places in the dense grid, and the header."""

    members: Longs
    places: Longs
    corner: tuple[int, int]
    shape: tuple[int, int]
    inverse: Floats

    def encode(self, resolution: int, columns: Sequence[Bytes]) -> bytes:
        return self._header(_MAGIC, resolution, len(columns)) + self._grids(columns).tobytes()

    def encode_packed(self, resolution: int, columns: Sequence[Bytes], kept: Bools) -> bytes:
        there = np.zeros(self.shape[0] * self.shape[1], dtype=np.bool_)
        there[self.places] = kept[self.members]
        bits = np.packbits(there, bitorder="little").tobytes()
        return self._header(_PACKED_MAGIC, resolution, len(columns)) + bits + self._grids(columns)[:, there].tobytes()

    def _header(self, magic: bytes, resolution: int, columns: int) -> bytes:
        return _HEADER.pack(magic, resolution, columns, 0, *self.corner, *self.shape, *self.inverse.ravel().tolist())

    def _grids(self, columns: Sequence[Bytes]) -> Bytes:
        grids = np.full((len(columns), self.shape[0] * self.shape[1]), NO_DATA, dtype=np.uint8)
        for row, column in zip(grids, columns, strict=True):
            row[self.places] = column[self.members]
        return grids


@dataclass(frozen=True)
class LatticeFrame:
    """
    The slow half of the encoding, done once per grid of cells: where every cell sits.

    `encode` then costs a copy per column, so that another hour or another threshold is milliseconds.
    """

    resolution: int
    count: int
    blocks: tuple[_Block, ...]

    @classmethod
    def of(cls, cells: Cells) -> LatticeFrame:
        """
        Find the place of every cell.

        Raises
        ------
        LatticeError
            A cell does not fit the lattice of its face, or the cells are scattered too widely for a dense grid.
        MixedResolutionError
            The cells have several resolutions.
        """
        if len(cells) == 0:
            return cls(resolution=0, count=0, blocks=())
        resolution = common_resolution(cells)
        lon, lat = cells_to_points(cells)
        face = points_to_faces(lon, lat)
        vectors = unit_vectors(lon, lat)
        blocks = [_block(cells, vectors, np.flatnonzero(face == one), int(one)) for one in np.unique(face)]
        return cls(resolution=resolution, count=len(cells), blocks=tuple(blocks))

    def encode(self, columns: Sequence[Bytes]) -> bytes:
        """
        Write columns of bytes, each in the order of the cells, as H3L1; 255 means "no data".

        Raises
        ------
        LatticeError
            A column is not uint8 (values would be cut silently) or has another length than the cells.
        """
        self._check(columns)
        return b"".join(block.encode(self.resolution, columns) for block in self.blocks)

    def encode_packed(self, columns: Sequence[Bytes], kept: Bools) -> bytes:
        """Write columns of the cells that are `kept` (a flag for each) as H3L2; raises LatticeError like `encode`."""
        self._check(columns)
        return b"".join(block.encode_packed(self.resolution, columns, kept) for block in self.blocks)

    def _check(self, columns: Sequence[Bytes]) -> None:
        for number, column in enumerate(columns, start=1):
            if column.dtype != np.uint8 or column.shape != (self.count,):
                raise LatticeError(
                    f"Column {number} is {column.dtype} of shape {column.shape}; give {self.count} values as uint8."
                )

    def encode_patch(self, members: Longs, columns: Sequence[Bytes]) -> bytes:
        """Write some cells (`members`: their positions, ascending; columns in their order) as H3P1."""
        parts = [_PATCH_HEADER.pack(_PATCH_MAGIC, self.resolution, len(columns), len(self.blocks))]
        for block in self.blocks:
            rows = np.minimum(np.searchsorted(block.members, members), len(block.members) - 1)
            here = block.members[rows] == members
            places = block.places[rows[here]].astype("<u4")
            parts += [_PATCH_BLOCK.pack(block.shape[0] * block.shape[1], len(places)), places.tobytes()]
            parts += [column[here].tobytes() for column in columns]
        return b"".join(parts)


def encode_lattice(cells: Cells, columns: Sequence[Bytes], resolution: int) -> bytes:
    """Write cells of one resolution with their columns as H3L1 in one go; keep a `LatticeFrame` to do it often."""
    frame = LatticeFrame.of(cells)
    if frame.count and frame.resolution != resolution:
        raise LatticeError(f"The cells have resolution {frame.resolution}, not {resolution}.")
    return frame.encode(columns)


# ── columns of bytes ────────────────────────────────────────────────────────────────────────────────────────────


def minutes_to_bytes(time_ds: ArrayLike) -> Bytes:
    """
    Travel times (in deciseconds) as quarter minutes, rounded up, cut at 63.5 minutes; unreached is 254 too.

    Rounded up, because a cell painted as within ten minutes must be within ten minutes.
    """
    time = np.asarray(time_ds, dtype=np.int64)
    steps = -(-time * MINUTE_STEPS // 600)
    return np.where(time >= UNREACHED, NO_DATA - 1, np.clip(steps, 0, NO_DATA - 1)).astype(np.uint8)


def whole_minutes_to_bytes(time_ds: ArrayLike) -> Bytes:
    """
    The same in whole minutes, rounded up: multiples of `MINUTE_STEPS`, up to 63 minutes, and 254.

    Limits and classes are whole minutes, so nothing that is painted or read changes, and a file is a sixth smaller.
    """
    whole = -(-np.asarray(time_ds, dtype=np.int64) // 600) * MINUTE_STEPS
    return np.clip(whole, 0, NO_DATA - 1).astype(np.uint8)


def shares_to_bytes(share: ArrayLike) -> Bytes:
    """Shares from 0 to 1 as steps of 0.4 per cent; NaN is "no data"."""
    values = np.asarray(share, dtype=np.float64)
    steps = np.rint(np.clip(np.nan_to_num(values), 0, 1) * SHARE_STEPS)
    return np.where(np.isnan(values), NO_DATA, steps).astype(np.uint8)


def people_to_bytes(people: ArrayLike) -> Bytes:
    """People per cell on a logarithmic scale: 0 is exactly nobody, the rest within 2.5 per cent (of people + 1)."""
    counts = np.asarray(people, dtype=np.float64)
    steps = np.clip(np.rint(np.log1p(counts) * PEOPLE_STEPS), 0, NO_DATA - 1)
    return np.where(counts > 0, np.maximum(steps, 1), 0).astype(np.uint8)


def bytes_to_people(column: Bytes) -> Floats:
    """About how many people a byte of `people_to_bytes` stands for; nobody where it says nothing."""
    return np.where(column == NO_DATA, 0.0, np.expm1(column / PEOPLE_STEPS))


# ── reading back ────────────────────────────────────────────────────────────────────────────────────────────────


class LatticeGrid(NamedTuple):
    """One block read back: `columns[k][i - i0, j - j0]`."""

    resolution: int
    i0: int
    j0: int
    inverse: Floats
    columns: tuple[Bytes, ...]

    def values_at(self, lon: ArrayLike, lat: ArrayLike) -> Bytes:
        """Bytes of every column under every point (WGS-84 degrees), uint8[columns, points]; "no data" off the grid."""
        vectors = unit_vectors(lon, lat)
        i, j = _round_to_cells(_to_plane(self.inverse, vectors)).T
        ni, nj = self.columns[0].shape
        i, j = i - self.i0, j - self.j0
        # The far side of the globe falls on the same plane; there the third coordinate is negative.
        inside = (vectors @ self.inverse[2] > 0) & (i >= 0) & (j >= 0) & (i < ni) & (j < nj)
        found = np.stack([column[np.where(inside, i, 0), np.where(inside, j, 0)] for column in self.columns])
        return np.where(inside, found, NO_DATA).astype(np.uint8)


def decode_lattice(data: bytes) -> list[LatticeGrid]:
    """
    Read the blocks of an H3L1 or H3L2 file.

    Raises
    ------
    LatticeError
        The bytes are neither or were cut short.
    """
    grids = []
    at = 0
    while at < len(data):
        grid, at = _read_block(data, at)
        grids.append(grid)
    return grids


def _read_block(data: bytes, at: int) -> tuple[LatticeGrid, int]:
    if len(data) - at < _HEADER.size or data[at : at + 4] not in (_MAGIC, _PACKED_MAGIC):
        raise LatticeError(f"There is no H3L1 or H3L2 header at byte {at}.")
    magic, resolution, count, _, i0, j0, ni, nj, *inverse = _HEADER.unpack_from(data, at)
    read = _read_grids if magic == _MAGIC else _read_packed
    columns, end = read(data, at + _HEADER.size, count, ni * nj)
    if ni < 1 or nj < 1 or columns is None:
        raise LatticeError(f"The block at byte {at} is cut short: {len(data)} bytes of {end}.")
    grids = tuple(columns.reshape(count, ni, nj))
    return LatticeGrid(resolution, i0, j0, np.array(inverse).reshape(3, 3), grids), end


def _read_grids(data: bytes, at: int, count: int, size: int) -> tuple[Bytes | None, int]:
    """Columns of a block from a byte on, None if there are too few bytes, and where the block ends."""
    end = at + count * size
    return (np.frombuffer(data, np.uint8, count * size, at) if end <= len(data) else None), end


def _read_packed(data: bytes, at: int, count: int, size: int) -> tuple[Bytes | None, int]:
    """The same of a packed block."""
    start = at + (size + 7) // 8
    if start > len(data):
        return None, start
    there = np.unpackbits(np.frombuffer(data, np.uint8, start - at, at), count=size, bitorder="little").astype(bool)
    cells = int(there.sum())
    end = start + count * cells
    if end > len(data):
        return None, end
    columns = np.full((count, size), NO_DATA, dtype=np.uint8)
    columns[:, there] = np.frombuffer(data, np.uint8, count * cells, start).reshape(count, cells)
    return columns, end


def patched(data: bytes, patch: bytes) -> bytes:
    """
    An H3L1 file with an H3P1 patch laid over it, as a page does it.

    Raises
    ------
    LatticeError
        The patch is none, or belongs to another grid.
    """
    if patch[:4] != _PATCH_MAGIC:
        raise LatticeError("There is no H3P1 header.")
    _, resolution, count, blocks = _PATCH_HEADER.unpack_from(patch)
    laid, at, there = bytearray(data), 0, _PATCH_HEADER.size
    for _ in range(blocks):
        size, cells = _PATCH_BLOCK.unpack_from(patch, there)
        there += _PATCH_BLOCK.size
        _, of_resolution, _, _, _, _, ni, nj, *_ = _HEADER.unpack_from(data, at)
        if (of_resolution, ni * nj) != (resolution, size):
            raise LatticeError("The H3P1 patch belongs to another grid.")
        places = np.frombuffer(patch, "<u4", cells, there)
        there += 4 * cells
        for column in range(count):
            grid = np.frombuffer(laid, np.uint8, size, at + _HEADER.size + column * size)
            grid[places] = np.frombuffer(patch, np.uint8, cells, there)
            there += cells
        at += _HEADER.size + count * size
    return bytes(laid)


# ── the fit ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _block(cells: Cells, vectors: Floats, members: Longs, face: int) -> _Block:
    inverse: Floats = np.asarray(np.linalg.inv(_fit_face(cells[members], face)), dtype=np.float64)
    exact = _to_plane(inverse, vectors[members])
    ij = _round_to_cells(exact)

    misfit = float(np.abs(ij - exact).max())
    if misfit > _MISFIT:
        raise LatticeError(f"A cell lies {misfit:.1e} of a cell off the lattice of its face; a pentagon may be near.")
    corner = ij.min(axis=0)
    ni, nj = (ij.max(axis=0) - corner + 1).tolist()
    if ni * nj > MAX_GRID_BYTES:
        raise LatticeError(f"The cells span {ni} by {nj} places of the lattice; make one grid per city.")

    local = ij - corner
    return _Block(members, local[:, 0] * nj + local[:, 1], (int(corner[0]), int(corner[1])), (ni, nj), inverse)


def _fit_face(cells: Cells, face: int) -> Floats:
    """Matrix of one face from a sample of its cells, with a disk around the middle one so that few cells suffice."""
    origin = int(cells[len(cells) // 2])
    chosen = np.union1d(cells[:: max(1, len(cells) // _SAMPLES)], disk(origin, _DISK_STEPS))
    lon, lat = cells_to_points(chosen)
    on_face = points_to_faces(lon, lat) == face
    return _fit(cells_to_ij(chosen[on_face], origin), unit_vectors(lon[on_face], lat[on_face]))


def _fit(ij: Longs, vectors: Floats) -> Floats:
    """
    Fit M so that v ~ M (i, j, 1) for every sample.

    v x (M p) = 0 is linear in the nine numbers of M: three rows per sample, and the right singular vector of the least
    singular value solves them. The indices are scaled first, or their size would spoil the conditioning.
    """
    scale = 1 / max(1, int(np.abs(ij).max()))
    p = np.column_stack([ij * scale, np.ones(len(ij))])
    x, y, z = (vectors[:, [axis]] for axis in range(3))
    nothing = np.zeros_like(p)
    rows = np.concatenate(
        [np.hstack([nothing, -z * p, y * p]), np.hstack([z * p, nothing, -x * p]), np.hstack([-y * p, x * p, nothing])]
    )
    matrix = np.linalg.svd(rows, full_matrices=False)[2][-1].reshape(3, 3)
    facing = np.sign(((p @ matrix.T) * vectors).sum())
    return np.asarray(facing * matrix @ np.diag([scale, scale, 1.0]), dtype=np.float64)


def _to_plane(inverse: Floats, vectors: Floats) -> Floats:
    u = vectors @ inverse.T
    return np.asarray(u[:, :2] / u[:, 2:], dtype=np.float64)


def _round_to_cells(plane: Floats) -> Longs:
    """Round to the nearest hexagon: of x + y + z = 0, the coordinate with the largest error follows from the others."""
    cube = np.column_stack([plane[:, 0], plane[:, 1] - plane[:, 0], -plane[:, 1]])
    nearest = np.rint(cube)
    worst = np.abs(nearest - cube).argmax(axis=1)
    nearest[np.arange(len(cube)), worst] -= nearest.sum(axis=1)
    return np.column_stack([nearest[:, 0], -nearest[:, 2]]).astype(np.int64)
