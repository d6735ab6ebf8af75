"""
Built-up land cut into blocks: a lattice that bends, refined where the town is dense, with a street along every edge.

Blocks are the leaves of a quadtree, so a street at a coarse line runs on for kilometres (an avenue) and one at the
finest line for a block or two (a lane). The lattice is bent three times over: lines are set at uneven distances,
every town turns its own centre, and a gentle wave runs over the whole sheet. No two crossings look alike, and
nothing has to be intersected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.demo.chance import chance, smooth_noise
from data.demo.plane import to_plane
from data.demo.towns import TOWNS, Town
from geo.types import Bools, Floats, Longs

UNIT_M = 112.0
"""Side of the finest block, in metres."""

_ROOT_LEVEL = 5
_HALF = 1024
"""The lattice runs from -_HALF to +_HALF units either way."""

_KEY_STEP = 8 * _HALF
_STRIDE = 16
"""Every how many units the place of a line is drawn anew; in between it runs straight."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """Blocks: lower left corner on the lattice and level (side = 2**level units)."""

    i: Longs
    j: Longs
    level: Longs


@dataclass(frozen=True, slots=True)
class LatticeEdges:
    """Unit pieces of lattice lines: from (i, j) one unit along axis 0 (i grows) or 1 (j grows)."""

    axis: Longs
    i: Longs
    j: Longs
    inner: Bools
    """Drawn inside a block rather than along its edge."""


class Lattice:
    """The bent lattice of one seed: where a lattice point lies on the sheet, and how dense the town is there."""

    def __init__(self, seed: int, scale: float) -> None:
        self.seed = seed
        self.towns = [town for town in TOWNS if town.built_km > 0]
        x_m, y_m = to_plane([town.lon for town in self.towns], [town.lat for town in self.towns])
        self._town_x, self._town_y = x_m, y_m
        self._reach_m = np.array([town.built_km for town in self.towns]) * 1e3 * np.sqrt(scale)
        self._fineness = np.array([town.fineness for town in self.towns])
        self._line_i = _uneven_lines(seed, 1)
        self._line_j = _uneven_lines(seed, 2)

    def place(self, i: Longs, j: Longs) -> tuple[Floats, Floats]:
        """Where lattice points lie on the sheet, in metres."""
        x_m = _along(self._line_i, i, j) * UNIT_M
        y_m = _along(self._line_j, j, i) * UNIT_M
        for number, town in enumerate(self.towns):
            _turn(x_m, y_m, self._town_x[number], self._town_y[number], _turn_of(town, self.seed), 1400 * town.built_km)
        return (
            x_m + 150 * smooth_noise(x_m, y_m, 5200, self.seed, "bend-x"),
            y_m + 150 * smooth_noise(x_m, y_m, 5200, self.seed, "bend-y"),
        )

    def density(self, x_m: Floats, y_m: Floats) -> Floats:
        """How built-up a place is: 0 outside, 1 in the densest old streets."""
        ragged = 1 + 0.26 * smooth_noise(x_m, y_m, 2300, self.seed, "edge")
        best = np.zeros(len(x_m))
        for number in range(len(self.towns)):
            away = np.hypot(x_m - self._town_x[number], y_m - self._town_y[number]) / (self._reach_m[number] * ragged)
            best = np.maximum(best, self._fineness[number] * np.clip(1.25 - away**2, 0, 1) * (away < 1))
        return best

    def near_town(self, x_m: Floats, y_m: Floats, margin_m: float) -> Bools:
        """Whether any built-up land may lie within a margin."""
        near = np.zeros(len(x_m), dtype=bool)
        for number in range(len(self.towns)):
            away_m = np.hypot(x_m - self._town_x[number], y_m - self._town_y[number])
            near |= away_m < self._reach_m[number] * 1.5 + margin_m
        return near

    def leaves(self) -> Leaves:
        """Cut the built-up land into blocks, coarse first."""
        side = 2**_ROOT_LEVEL
        corner = np.arange(-_HALF, _HALF, side, dtype=np.int64)
        i, j = (grid.ravel() for grid in np.meshgrid(corner, corner, indexing="ij"))
        done: list[tuple[Longs, Longs, Longs]] = []
        for level in range(_ROOT_LEVEL, -1, -1):
            side = 2**level
            x_m, y_m = self.place(i + side // 2, j + side // 2)
            if level > 2:
                split = self.near_town(x_m, y_m, side * UNIT_M)
            else:
                density = self.density(x_m, y_m)
                inside = density > 0
                whim = 0.22 * (chance(self.seed, 3, i, j, level) - 0.5)
                whim += 0.14 * smooth_noise(x_m, y_m, 1100, self.seed, "quarter")
                split = inside & (density + whim > {2: 0.20, 1: 0.66, 0: 9.0}[level])
                if level == 2:
                    # A coarse block whose middle is outside may still hold a corner of the town.
                    split |= ~inside & self.near_town(x_m, y_m, 0)
                stay = inside & ~split
                done.append((i[stay], j[stay], np.full(int(stay.sum()), level)))
            i, j = _quarters(i[split], j[split], side // 2)
        return Leaves(*(np.concatenate(column) for column in zip(*done, strict=True)))


def _turn_of(town: Town, seed: int) -> float:
    """By how much a town turns its streets, in radians."""
    crowded = town.code.startswith(("370202", "370203", "370213"))
    return float((0.7 if crowded else 1.5) * (chance(seed, 4, int(town.code))[0] - 0.5))


def _turn(x_m: Floats, y_m: Floats, cx: float, cy: float, angle: float, reach_m: float) -> None:
    """Turn the sheet about a point, less and less with distance; a turn of every circle into itself tears nothing."""
    near = np.flatnonzero((np.abs(x_m - cx) < 3 * reach_m) & (np.abs(y_m - cy) < 3 * reach_m))
    dx, dy = x_m[near] - cx, y_m[near] - cy
    turn = angle * np.exp(-(dx**2 + dy**2) / reach_m**2)
    x_m[near] = cx + dx * np.cos(turn) - dy * np.sin(turn)
    y_m[near] = cy + dx * np.sin(turn) + dy * np.cos(turn)


def _uneven_lines(seed: int, axis: int) -> NDArray[np.float64]:
    """Position (in units) of every lattice line at every 16th cross line, halved unevenly from the coarsest down."""
    line = np.arange(-_HALF, _HALF + 1, dtype=np.int64)
    cross = np.arange(-_HALF // _STRIDE, _HALF // _STRIDE + 1, dtype=np.int64)
    position = np.repeat(line[:, None].astype(float), len(cross), axis=1)
    for level in range(_ROOT_LEVEL - 1, -1, -1):
        step = 2**level
        middle = np.arange(step, 2 * _HALF, 2 * step)
        push = (chance(seed, axis, level, line[middle][:, None], cross[None, :]) - 0.5) * 2
        reach = 0.22 if level < 3 else 0.16
        position[middle] = (position[middle - step] + position[middle + step]) / 2 + reach * step * push
    return position


def _along(lines: NDArray[np.float64], line: Longs, cross: Longs) -> Floats:
    """Position of points on lattice lines, interpolated between the cross lines where it is fixed."""
    where = (np.asarray(cross) + _HALF) / _STRIDE
    low = np.minimum(where.astype(np.int64), lines.shape[1] - 2)
    share = where - low
    row = np.asarray(line) + _HALF
    found: Floats = lines[row, low] * (1 - share) + lines[row, low + 1] * share
    return found


def _quarters(i: Longs, j: Longs, half: int) -> tuple[Longs, Longs]:
    """The lower left corners of the four quarters of each block."""
    return np.concatenate([i, i + half, i, i + half]), np.concatenate([j, j, j + half, j + half])


def lattice_edges(leaves: Leaves, seed: int) -> LatticeEdges:
    """Unit pieces along the edges of all blocks and of the lanes inside them, each once."""
    axis, i, j = _block_edges(leaves)
    axis_in, i_in, j_in = _inner_lanes(leaves, seed)
    key = np.concatenate([_edge_key(axis, i, j), _edge_key(axis_in, i_in, j_in)])
    inner = np.concatenate([np.zeros(len(axis), bool), np.ones(len(axis_in), bool)])
    _, first = np.unique(key, return_index=True)
    columns = [np.concatenate(pair)[first] for pair in ((axis, axis_in), (i, i_in), (j, j_in))]
    return LatticeEdges(columns[0], columns[1], columns[2], inner[first])


def point_key(i: Longs, j: Longs) -> Longs:
    """One number per lattice point."""
    key: Longs = (np.asarray(i, np.int64) + 2 * _HALF) * _KEY_STEP + (np.asarray(j, np.int64) + 2 * _HALF)
    return key


def key_point(key: Longs) -> tuple[Longs, Longs]:
    """The lattice point of a number."""
    return key // _KEY_STEP - 2 * _HALF, key % _KEY_STEP - 2 * _HALF


def _edge_key(axis: Longs, i: Longs, j: Longs) -> Longs:
    return point_key(i, j) * 2 + axis


def _block_edges(leaves: Leaves) -> tuple[Longs, Longs, Longs]:
    """Unit pieces around every block, shared ones twice."""
    side = 2**leaves.level
    ordinal = np.concatenate([np.arange(length) for length in side]) if len(side) else np.zeros(0, np.int64)
    i, j, full = (np.repeat(column, side) for column in (leaves.i, leaves.j, side))
    zero, one = np.zeros_like(i), np.ones_like(i)
    axis = np.concatenate([zero, zero, one, one])
    return (
        axis,
        np.concatenate([i + ordinal, i + ordinal, i, i + full]),
        np.concatenate([j, j + full, j + ordinal, j + ordinal]),
    )


def _inner_lanes(leaves: Leaves, seed: int) -> tuple[Longs, Longs, Longs]:
    """Unit pieces of lanes inside blocks: through lanes, blind ends and crosses, by chance."""
    pieces: list[tuple[Longs, Longs, Longs]] = []
    for level, step in ((1, 1), (2, 2)):
        at = leaves.level == level
        i, j = leaves.i[at] + step, leaves.j[at] + step
        whim = chance(seed, 5, i, j, level)
        for axis, sign, low, high in (
            (0, -1, 0.00, 0.50), (0, +1, 0.12, 0.50), (1, -1, 0.36, 0.92), (1, +1, 0.36, 0.80),
        ):  # fmt: skip
            chosen = (whim >= low) & (whim < high)
            for unit in range(step):
                shift = unit if sign > 0 else -unit - 1
                di, dj = (shift, 0) if axis == 0 else (0, shift)
                pieces.append((np.full(int(chosen.sum()), axis), i[chosen] + di, j[chosen] + dj))
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    return columns[0], columns[1], columns[2]


def line_rank(edges: LatticeEdges) -> Longs:
    """How coarse the line of each piece is: 0 for the finest lanes, 5 for the lines between the coarsest blocks."""
    line = np.where(edges.axis == 0, edges.j, edges.i)
    rank = np.zeros(len(line), dtype=np.int64)
    for level in range(1, _ROOT_LEVEL + 1):
        rank += line % 2**level == 0
    return rank
