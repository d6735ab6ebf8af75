"""
Whole collections as vector tiles: made when somebody first asks, kept until an hour after the facts have changed.

GDAL cuts, simplifies and encodes them, as it does the base map's (`geo/services/street_tiles.py`), into one pack per
collection and version of the facts, renamed when it is whole: two processes that make the same one do no harm.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from geo.features.frames import frame_of
from geo.features.table import FeatureTable
from geo.services.collection_files import KEPT_S
from geo.services.collections import Collection
from geo.services.street_tiles import Layer, tiles_of
from geo.services.tile_pack import TilePack, TilePackError, write_pack
from geo.types import Box

FIRST_ZOOM, LAST_ZOOM = 6, 14
"""The zooms tiles are made for: a city on a thumbnail, and 0.6 m to a step; closer views are drawn from these."""

MERCATOR_LIMIT_DEG = 85.051128779807
"""Where the square of WebMercatorQuad ends, north and south."""


@dataclass(frozen=True, slots=True)
class TileRange:
    """The rows (from the north) and columns of one zoom that features can lie in, ends included."""

    zoom: int
    first_row: int
    last_row: int
    first_column: int
    last_column: int


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Row and column of the tile of WebMercatorQuad that a place (in degrees) lies in."""
    side = 1 << zoom
    sine = math.sin(math.radians(max(-MERCATOR_LIMIT_DEG, min(MERCATOR_LIMIT_DEG, lat))))
    row = (0.5 - math.atanh(sine) / (2 * math.pi)) * side
    column = (lon / 360 + 0.5) * side
    return min(side - 1, max(0, math.floor(row))), min(side - 1, max(0, math.floor(column)))


def ranges_of(box: Box | None) -> list[TileRange]:
    """The tiles that may hold something, by zoom; none of a collection without features."""
    if box is None:
        return []
    found = []
    for zoom in range(FIRST_ZOOM, LAST_ZOOM + 1):
        first_row, first_column = tile_of(box.west, box.north, zoom)
        last_row, last_column = tile_of(box.east, box.south, zoom)
        found.append(TileRange(zoom, first_row, last_row, first_column, last_column))
    return found


def make_tiles(collection: Collection, table: FeatureTable, folder: Path) -> None:
    """Write a collection's tiles as a pack, whole or not at all."""
    frame = frame_of(table).set_crs("EPSG:4326", allow_override=True)
    layer = Layer(collection.id, frame, FIRST_ZOOM, LAST_ZOOM)
    with tempfile.TemporaryDirectory(prefix="yiquan-") as scratch:
        write_pack(folder, collection.version, tiles_of(layer, Path(scratch)))


def kept_tiles(collection: Collection, table: FeatureTable, folder: Path) -> TilePack:
    """The tiles of a collection as its facts are now, made if they are not there; those of older facts are removed."""
    home = folder / collection.id
    home.mkdir(parents=True, exist_ok=True)
    pack = home / re.sub("[^0-9A-Za-z-]", "_", collection.version)
    try:
        return TilePack.open(pack)
    except TilePackError:
        make_tiles(collection, table, pack)
        remove_former(home, pack)
        return TilePack.open(pack)


def remove_former(home: Path, kept: Path) -> None:
    """Remove packs of older facts. Whoever has one open reads on: its files go when it is closed."""
    for former in home.iterdir():
        if former != kept and time.time() - former.stat().st_mtime > KEPT_S:
            shutil.rmtree(former, ignore_errors=True)
