"""
What belongs to a street network and is shared by all snapshots on it: the graph, the index that joins points to it,
the grid of cells, the built-up land in them.

The grid is cut once per network and set of inhabited cells, the land once per network; both are kept beside the graph.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.cells import positions_in
from geo.coverage.demand import PeopleByCell, spread_to_grid
from geo.coverage.grid import CellGrid, build_grid, cut_streets
from geo.coverage.land import LandCells
from geo.snapshot.folders import DamagedSnapshotError, read_manifest, sha256_of, sync_folder, write_manifest
from geo.snapshot.model import DemandLayer
from geo.streets.graph import StreetGraph
from geo.streets.land import LAND_FILE, Land
from geo.streets.snap import EdgeIndex
from geo.types import Floats

LAND = "land"
"""Folder of the built-up land by cell, beside the grids of a mode."""


@dataclass(frozen=True, eq=False)
class StreetLayer:
    """One mode's streets and cells, without any facility. `land` is None where no land use came with the streets."""

    graph: StreetGraph
    index: EdgeIndex
    grid: CellGrid
    grid_name: str
    land: LandCells | None


def open_streets(folder: Path, grid_name: str, *, with_land: bool) -> StreetLayer:
    """Open a mode's streets and a grid that was cut for them; raises GraphFolderError and DamagedSnapshotError."""
    graph = StreetGraph.load(folder)
    read_manifest(folder / grid_name)
    land = None
    if with_land:
        read_manifest(folder / LAND)
        land = LandCells.load(folder / LAND)
    return StreetLayer(graph, EdgeIndex(graph), CellGrid.load(folder / grid_name), grid_name, land)


def prepare_streets(folder: Path, demand: Sequence[DemandLayer]) -> StreetLayer:
    """Open a mode's streets, and cut the grid for these demand layers if nobody has yet."""
    graph = StreetGraph.load(folder)
    index = EdgeIndex(graph)
    name = grid_name_of(demand, graph.mode.cell_resolution)
    if not is_whole(folder / name):
        keep(lay_grid(graph, index, demand), folder / name)
    land = prepare_land(folder, graph.mode.cell_resolution)
    return StreetLayer(graph, index, CellGrid.load(folder / name), name, land)


def prepare_land(folder: Path, resolution: int) -> LandCells | None:
    """
    The built-up land of a mode's cells, laid on them if nobody has yet.

    None where the streets came in before land was kept, and where their extract has none mapped.
    """
    file = folder.parent / LAND_FILE
    if not file.exists():
        return None
    if not is_whole(folder / LAND):
        keep(LandCells.of(Land.load(file), resolution), folder / LAND)
    land = LandCells.load(folder / LAND)
    return land if len(land.cells) else None


def is_whole(folder: Path) -> bool:
    """Whether a grid is there as this version writes it. One that is not is laid anew: it holds nothing of its own."""
    try:
        read_manifest(folder)
    except DamagedSnapshotError:
        return False
    return True


def lay_grid(graph: StreetGraph, index: EdgeIndex, demand: Sequence[DemandLayer]) -> CellGrid:
    """The cells that streets touch, and those where people are counted but no street is."""
    resolution = graph.mode.cell_resolution
    pieces = cut_streets(graph, resolution)
    spread = [spread_to_grid(people_of(one), resolution, pieces.cells, pieces.street_m).cells for one in demand]
    return build_grid(index, pieces, resolution, np.unique(np.concatenate([pieces.cells[:0], *spread])))


def people_on_grid(grid: CellGrid, layer: DemandLayer) -> Floats:
    """People of a demand layer in every cell of a grid that was laid with it; their sum is the layer's."""
    with_street = grid.street_m > 0
    spread = spread_to_grid(people_of(layer), grid.resolution, grid.cells[with_street], grid.street_m[with_street])
    people = np.zeros(len(grid))
    people[positions_in(grid.cells, spread.cells)] = spread.people
    return people


def people_of(layer: DemandLayer) -> PeopleByCell:
    """The people of a layer as the coverage modules take them."""
    return PeopleByCell(layer.cells, layer.people)


def grid_name_of(demand: Sequence[DemandLayer], resolution: int) -> str:
    """Name of the folder of a grid: the same for the same demand cells."""
    digest = hashlib.sha256(str(resolution).encode())
    for layer in demand:
        digest.update(np.ascontiguousarray(layer.cells).tobytes())
        digest.update((layer.people > 0).tobytes())
    return f"grid-{digest.hexdigest()[:12]}"


def keep(grid: CellGrid | LandCells, folder: Path) -> None:
    """Write a grid, or the land on it, beside the streets, whole or not at all."""
    draft = folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        grid.save(draft)
        write_manifest(draft, {"grid": folder.name})
        sync_folder(draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file of a graph's folder."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}
