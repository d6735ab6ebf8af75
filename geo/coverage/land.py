"""
Built-up land by cell, and how much of it the circle covers.

Land is drawn as polygons and time is known along streets, and the two meet in cells: a cell's land is covered by the
share of its streets within the limit, as its people are. At resolution 10 a cell is 1.5 hectares, so that the
assumption reaches 66 m from where time is known. Where land of two kinds overlaps, or was drawn twice, it counts once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.cells import NO_CELL, cell_areas_km2, cells_to_polygons, points_to_cells, polygon_to_cells, positions_in
from geo.streets.land import BUILT_UP, RESIDENTIAL, Land
from geo.types import Bools, Cells, Floats

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid

LAND_BASIS = "built_up_land"
LAND_METHOD = (
    "square kilometres of land mapped as residential, commercial, retail or industrial; the part of it in a cell is "
    "covered by the share of the cell's street length within the limit; land in cells without a street is not covered"
)
STREET_BASIS = "street_length"
STREET_METHOD = (
    "the streets' extract has no built-up land mapped, so the share is that of street length within the limit"
)


@dataclass(frozen=True, slots=True)
class LandCells:
    """
    Built-up land in the cells of one resolution that hold any, sorted by cell.

    `built_km2` is land of any built-up kind, `residential_km2` that of it mapped as residential.
    """

    cells: Cells
    built_km2: Floats
    residential_km2: Floats

    @classmethod
    def of(cls, land: Land, resolution: int) -> LandCells:
        """Cut land at the boundaries of cells; areas are on the ellipsoid and sum to the land's."""
        built = _km2_by_cell(land, BUILT_UP, resolution)
        residential = _km2_by_cell(land, (RESIDENTIAL,), resolution)
        # what is residential is built up, so that its cells are among the others
        lived_on = np.zeros(len(built[0]))
        lived_on[positions_in(built[0], residential[0])] = residential[1]
        return cls(built[0], built[1], np.minimum(lived_on, built[1]))

    def save(self, folder: Path) -> None:
        """Write one array file per column into a folder, which is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        for one in fields(self):
            np.save(folder / f"{one.name}.npy", getattr(self, one.name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> LandCells:
        """Open saved columns, memory-mapped."""
        names = (one.name for one in fields(cls))
        return cls(**{name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names})


def _km2_by_cell(land: Land, kinds: tuple[int, ...], resolution: int) -> tuple[Cells, Floats]:
    """Cells with land of some kinds, and how much of it (in square kilometres) each holds."""
    chosen = land.shape[land.of_kinds(kinds)]
    parts = shapely.get_parts(shapely.union_all(chosen)) if len(chosen) else np.empty(0, dtype=object)
    if not len(parts):
        return np.empty(0, np.uint64), np.empty(0)
    reached = [_cells_touched(part, resolution) for part in parts.tolist()]
    cells = np.unique(np.concatenate(reached))
    outlines = cells_to_polygons(cells)
    part = np.repeat(np.arange(len(parts)), [len(one) for one in reached])
    place = positions_in(cells, np.concatenate(reached))
    shapely.prepare(parts)
    whole = shapely.contains_properly(parts[part], outlines[place])
    # of a cell a degree is as long everywhere, so that degrees tell its parts; how large it is, the ellipsoid tells
    share = np.ones(len(part))
    cut = shapely.area(shapely.intersection(parts[part[~whole]], outlines[place[~whole]]))
    share[~whole] = cut / shapely.area(outlines[place[~whole]])
    km2 = np.bincount(place, weights=share, minlength=len(cells)) * cell_areas_km2(cells)
    return cells[km2 > 0], km2[km2 > 0]


def _cells_touched(part: shapely.Polygon, resolution: int) -> Cells:
    """Every cell that a polygon overlaps."""
    west, south, east, north = part.bounds
    corners = points_to_cells(np.array([west, west, east, east]), np.array([south, north, south, north]), resolution)
    if (corners == corners[0]).all():
        # cells are convex: a box with its corners in one lies in it
        return corners[:1]
    return polygon_to_cells(part, resolution, containment="overlap")


@dataclass(frozen=True, slots=True)
class BuiltUp:
    """
    Built-up land of the study area (in square kilometres): all, within the limit, and far from any street.

    Where none is mapped `km2` and what follows is None, and `share` is that of street length. `basis` and `method` say
    which of the two it is.
    """

    basis: str
    method: str
    share: float
    km2: float | None
    covered_km2: float | None
    off_network_km2: float | None
    residential_km2: float | None
    residential_covered_km2: float | None
    residential_share: float | None

    @classmethod
    def of_streets(cls, share: float) -> BuiltUp:
        """What can be said without land use: the share of street length within the limit."""
        return cls(STREET_BASIS, STREET_METHOD, share, None, None, None, None, None, None)

    @classmethod
    def of_land(cls, land: LandCells, grid: CellGrid, share: Floats, outside: Bools, land_outside: Bools) -> BuiltUp:
        """
        Count land by the share of its cells.

        Parameters
        ----------
        share, outside
            Of each cell of the grid: the share of its streets within the limit, and whether it is outside the area.
        land_outside
            Whether each of the land's own cells is outside the study area; asked of those the grid lacks.
        """
        place = positions_in(grid.cells, land.cells)
        on_grid = place != NO_CELL
        at = np.where(on_grid, place, 0)
        counted = ~np.where(on_grid, outside[at], land_outside)
        # no street, no time: a station may be next door, but nobody knows a way to it
        off = ~on_grid | grid.off_network[at]
        within = np.where(off, 0.0, share[at])
        built, lived_on = land.built_km2[counted], land.residential_km2[counted]
        km2, covered = float(built.sum()), float((built * within[counted]).sum())
        residential, reached = float(lived_on.sum()), float((lived_on * within[counted]).sum())
        return cls(
            basis=LAND_BASIS,
            method=LAND_METHOD,
            share=covered / km2 if km2 else 0.0,
            km2=km2,
            covered_km2=covered,
            off_network_km2=float(built[off[counted]].sum()),
            residential_km2=residential,
            residential_covered_km2=reached,
            residential_share=reached / residential if residential else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self)
