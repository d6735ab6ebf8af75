"""
The base map of a city as vector tiles, made of its own streets, land and areas: no tile server, no foreign map.

Made once for a street network and its areas, beside the graphs, in a process of its own:
`python -m geo.services.street_tiles`, with the order as JSON on standard input. GDAL cuts, simplifies and encodes
every layer, from the zoom it is first seen at; tiles of the same place are then put together.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.services.street_files import StreetFolder
from geo.services.tile_pack import TilePack, TilePackError, tile_key, write_pack
from geo.settings import Settings
from geo.snapshot.folders import sha256_of
from geo.snapshot.frames import load_areas
from geo.snapshot.model import Snapshot
from geo.streets.drawn import DRAWN_FILE, DrawnStreetsError, load_drawn
from geo.streets.land import LAND_FILE, LAND_KINDS, Land

VERSION = 1
"""Version of what is in the tiles; those of another version are made anew."""

LAST_ZOOM = 14
"""The finest zoom tiles are made for: 0.6 m to a step. Closer views are drawn from these."""

NICENESS = 10
"""How far making tiles stands back behind answering."""

MAIN_ROADS = ("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link")
MIDDLE_ROADS = ("secondary", "secondary_link", "tertiary", "tertiary_link")

SMALLEST_LAND_DEG2 = {9: 3e-5, 11: 2e-6}
"""From which area (in square degrees, 3e-5 being 30 hectares) land is shown at a zoom and beyond; at 13 all is."""

NAMED_FROM_AFAR = {"roads_major": 11, "roads_middle": 13}
"""Layers of roads whose names are read before every bend is drawn, and from which zoom on."""

BEND_DEG = 4e-4
"""How far (in degrees, some 40 m) a name may stray from its road there: text is written along straight stretches."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the tiles and the zooms it is seen at."""

    name: str
    rows: geopandas.GeoDataFrame
    first_zoom: int
    last_zoom: int = LAST_ZOOM


@dataclass(frozen=True, slots=True)
class TileOrder:
    """Where tiles are made from and where they go."""

    streets: Path
    areas: Path
    target: Path

    @classmethod
    def of(cls, settings: Settings, snapshot: Snapshot) -> TileOrder:
        """The order for the base map of a snapshot; the same streets, land and areas have the same target."""
        streets = StreetFolder(settings, snapshot.city.slug).path / str(snapshot.street_network_id)
        areas = snapshot.folder / "areas.json"
        sources = [file for file in (streets / DRAWN_FILE, streets / LAND_FILE, areas) if file.exists()]
        digest = hashlib.sha256(f"{VERSION} {[sha256_of(file) for file in sources]}".encode()).hexdigest()
        return cls(streets, areas, streets / f"tiles-{digest[:12]}")

    def open(self) -> TilePack | None:
        """The tiles, if they are there and whole."""
        try:
            return TilePack.open(self.target)
        except TilePackError:
            return None

    def start(self) -> subprocess.Popen[bytes]:
        """Have the tiles made in another process."""
        process = subprocess.Popen([sys.executable, "-m", "geo.services.street_tiles"], stdin=subprocess.PIPE, cwd=ROOT)
        assert process.stdin is not None
        process.stdin.write(json.dumps({name: str(path) for name, path in self._paths().items()}).encode())
        process.stdin.close()
        return process

    def _paths(self) -> dict[str, Path]:
        return {"streets": self.streets, "areas": self.areas, "target": self.target}


def make_tiles(order: TileOrder) -> None:
    """
    Make the tiles an order asks for, unless another process has made them meanwhile.

    Raises
    ------
    DrawnStreetsError
        The streets came in before they were kept for drawing.
    """
    with (order.streets / ".tiles").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if order.open() is not None:
            return
        with tempfile.TemporaryDirectory(prefix="yiquan-") as scratch:
            made = (tile for layer in layers_of(order) for tile in tiles_of(layer, Path(scratch)))
            write_pack(order.target, order.target.name.removeprefix("tiles-"), made)
        for former in order.streets.glob("tiles-*"):
            if former != order.target:
                shutil.rmtree(former, ignore_errors=True)


def layers_of(order: TileOrder) -> Iterator[Layer]:
    """What the map is made of, from the ground up."""
    areas = load_areas(order.areas)
    streets = load_drawn(order.streets / DRAWN_FILE)
    districts = areas[areas["level"] == "district"]
    yield Layer("ground", districts[["geometry"]], 6)
    yield from _land_layers(Land.load(order.streets / LAND_FILE))
    main, middle = (streets["class"].isin(classes) for classes in (MAIN_ROADS, MIDDLE_ROADS))
    for name, chosen, first_zoom in (
        ("roads_major", main, 7),
        ("roads_middle", middle, 10),
        ("roads_minor", ~(main | middle), 13),
    ):
        whole = joined(streets[chosen])
        yield Layer(name, whole, first_zoom)
        if name in NAMED_FROM_AFAR:
            yield Layer(f"{name}_names", straightened(whole), NAMED_FROM_AFAR[name], LAST_ZOOM - 1)
    yield Layer("borders", _borders(areas), 7)
    yield Layer("names", _names(areas), 7)


def _land_layers(land: Land) -> Iterator[Layer]:
    """Land by kind: large pieces from afar, all of it from near."""
    kinds = np.array(LAND_KINDS, dtype=object)[land.kind]
    everything = geopandas.GeoDataFrame({"kind": kinds}, geometry=land.shape, crs="EPSG:4326")
    size = shapely.area(land.shape) if len(land) else np.empty(0)
    zooms = [*SMALLEST_LAND_DEG2, 13]
    for first, following in zip(zooms, [*zooms[1:], LAST_ZOOM + 1], strict=True):
        yield Layer("land", everything[size >= SMALLEST_LAND_DEG2.get(first, 0.0)], first, following - 1)


def joined(streets: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Streets of one name and class as one line as far as they go on, so that a name is not written at every block."""
    named = streets["name"].notna()
    rows = [
        {"class": key[0], "name": key[1], "geometry": part}
        for key, group in streets[named].groupby(["class", "name"], sort=True)
        for part in shapely.get_parts(shapely.line_merge(shapely.union_all(group.geometry.to_numpy())))
    ]
    merged = geopandas.GeoDataFrame(rows, columns=["class", "name", "geometry"], crs="EPSG:4326")
    return pd.concat([streets[~named], merged], ignore_index=True)


def straightened(roads: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Named roads without their smaller bends, to write along."""
    named = roads[roads["name"].notna()][["name", "geometry"]]
    return named.set_geometry(shapely.simplify(named.geometry.to_numpy(), BEND_DEG))


def _borders(areas: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """The lines between areas, each once; a border of districts is none of streets."""
    found = {
        level: shapely.union_all(shapely.boundary(areas.geometry[areas["level"] == level].to_numpy()))
        for level in ("district", "street")
    }
    found["street"] = shapely.difference(found["street"], found["district"])
    rows = [(level, part) for level, line in found.items() for part in shapely.get_parts(shapely.line_merge(line))]
    rows = [(level, part) for level, part in rows if part.length]
    return geopandas.GeoDataFrame(rows, columns=["level", "geometry"], crs="EPSG:4326")


def _names(areas: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Names of districts and streets in the middle of each one's largest part."""
    largest = [max(shapely.get_parts(shape), key=shapely.area) for shape in areas.geometry]
    middles = [shapely.maximum_inscribed_circle(part, tolerance=1e-3) for part in largest]
    points = [shapely.Point(line.coords[0]) for line in middles]
    return geopandas.GeoDataFrame(areas[["level", "name", "name_en"]].to_dict("list"), geometry=points, crs="EPSG:4326")


def tiles_of(layer: Layer, scratch: Path) -> Iterator[tuple[int, bytes]]:
    """The tiles of one layer, not compressed."""
    if layer.rows.empty:
        return
    file = scratch / f"{layer.name}-{layer.first_zoom}.mbtiles"
    pyogrio.write_dataframe(
        layer.rows.reset_index(drop=True),
        file,
        driver="MVT",
        layer=layer.name,
        FORMAT="MBTILES",
        MINZOOM=layer.first_zoom,
        MAXZOOM=layer.last_zoom,
        COMPRESS="NO",
    )
    connection = sqlite3.connect(file)
    try:
        for zoom, x, row, body in connection.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles"):
            # MBTiles counts rows from the south
            yield tile_key(zoom, x, (1 << zoom) - 1 - row), body
    finally:
        connection.close()
    file.unlink()


def main(order: dict[str, Any]) -> int:
    """Carry out an order of another process; returns the exit status."""
    os.nice(NICENESS)
    try:
        make_tiles(TileOrder(**{name: Path(path) for name, path in order.items()}))
    except DrawnStreetsError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(json.load(sys.stdin)))
