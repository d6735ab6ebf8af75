"""Tilesets of collections: what OGC API Tiles, TileJSON and MapLibre are told of them, and the packs that are open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.ogc.documents import REL, TITLES, link, said, titled
from api.ogc.media import JSON, MVT
from geo.features.crs import CRS84_URI
from geo.features.table import Column, FeatureTable, Kind
from geo.services.collection_tiles import FIRST_ZOOM, LAST_ZOOM, TileRange, kept_tiles, ranges_of
from geo.services.collections import Collection
from geo.services.collections.of_snapshot import named
from geo.services.tile_pack import TilePack
from geo.types import Box

SQUARE = "WebMercatorQuad"
"""The one tile matrix set there is: that of every web map."""

SQUARE_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SQUARE}"
SQUARE_TITLE = named("网络地图通用的墨卡托方格", "The square of web maps, in Mercator's projection")

HALF_SIDE_M = 20037508.342789244
"""Half a side of the square (in metres of the projection): π times the larger radius of WGS 84."""

TILE_PIXELS = 256
PIXEL_M = 0.00028
"""The side of a pixel (in metres) that scales are given for (OGC 17-083r4, 6.1)."""

ZOOMS_DEFINED = 25
"""Zooms of the definition, 0 to 24; tiles are there from `FIRST_ZOOM` to `LAST_ZOOM`."""

MERCATOR_URI = "http://www.opengis.net/def/crs/EPSG/0/3857"

PACKS_OPEN = 48
"""Packs held open; each is three files in memory maps."""

DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPolygon": 2}


class PacksKept:
    """Open packs by collection and version, the most recently used kept. Safe to use from several threads."""

    def __init__(self) -> None:
        self._packs: OrderedDict[tuple[str, str], TilePack] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def held(self, collection: Collection) -> TilePack | None:
        """The pack of a collection as it is now, if it is open."""
        with self._lock:
            key = collection.id, collection.version
            if key in self._packs:
                self._packs.move_to_end(key)
            return self._packs.get(key)

    def pack(self, collection: Collection, table: FeatureTable, folder: Path) -> TilePack:
        """The pack of a collection; made by the first who asks, while those who ask for the same wait for it."""
        with self._lock:
            making = self._making.setdefault(collection.id, threading.Lock())
        with making:
            pack = self.held(collection) or kept_tiles(collection, table, folder)
            with self._lock:
                self._packs[collection.id, collection.version] = pack
                while len(self._packs) > PACKS_OPEN:
                    self._packs.popitem(last=False)
        return pack


@dataclass(frozen=True)
class TileSource:
    """What tiles are made of and where they are: one collection, or all that are made from the snapshot."""

    base: str
    path: str
    title: str
    description: str
    parts: Sequence[tuple[Collection, FeatureTable]]
    lang: str

    @property
    def address(self) -> str:
        """Where the tilesets are."""
        return f"{self.base}{self.path}/tiles"

    @property
    def square(self) -> str:
        """Where the one tileset is."""
        return f"{self.address}/{SQUARE}"

    @property
    def box(self) -> Box | None:
        """The box of all features; None of nothing."""
        boxes = [table.bounds for _, table in self.parts if table.bounds]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return Box(min(west), min(south), max(east), max(north))


def of_collection(base: str, one: Collection, table: FeatureTable, lang: str) -> TileSource:
    """The tiles of one collection."""
    return TileSource(base, f"/collections/{one.id}", one.title[lang], one.description[lang], [(one, table)], lang)


def of_everything(base: str, parts: Sequence[tuple[Collection, FeatureTable]], lang: str) -> TileSource:
    """Tiles with a layer for every collection."""
    description = "; ".join(one.title[lang] for one, _ in parts)
    return TileSource(base, "", TITLES["collections"][lang], description, parts, lang)


def in_brief(source: TileSource) -> dict[str, Any]:
    """A tileset as the list has it."""
    return {
        "title": source.title,
        "dataType": "vector",
        "crs": MERCATOR_URI,
        "tileMatrixSetURI": SQUARE_URI,
        "links": [
            link(source.square, "self", JSON, said("tileset", source.lang)),
            link(f"{source.base}/tileMatrixSets/{SQUARE}", f"{REL}tiling-scheme", JSON, SQUARE),
        ],
    }


def tilesets(source: TileSource) -> dict[str, Any]:
    """The tilesets of a source: one."""
    return {
        "links": [link(source.address, "self", JSON, said("self", source.lang)), *links_above(source)],
        "tilesets": [in_brief(source)],
    }


def links_above(source: TileSource) -> list[dict[str, Any]]:
    """Where the features are."""
    if not source.path:
        return [link(f"{source.base}/collections", "data", JSON, source.title)]
    return [link(f"{source.base}{source.path}", "collection", JSON, source.title)]


def tileset(source: TileSource) -> dict[str, Any]:
    """A tileset in full: its tiles' address, which of them there can be, what features in them hold."""
    brief, box = in_brief(source), source.box
    corners = {"lowerLeft": [box.west, box.south], "upperRight": [box.east, box.north], "crs": CRS84_URI} if box else {}
    template = f"{source.square}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return {
        **brief,
        "description": source.description,
        "tileMatrixSetLimits": [limit_of(one) for one in ranges_of(box)],
        **({"boundingBox": corners} if corners else {}),
        "layers": [layer_of(*part, source.lang) for part in source.parts],
        "links": [
            *brief["links"],
            link(template, "item", MVT, said("tile", source.lang)) | {"templated": True},
            link(f"{source.square}/tilejson.json", "describedby", JSON, "TileJSON"),
            link(f"{source.square}/style.json", "stylesheet", JSON, said("style", source.lang)),
            *(
                link(f"{source.base}/collections/{one.id}", f"{REL}geodata", JSON, one.title[source.lang])
                for one, _ in source.parts
            ),
        ],
    }


def limit_of(one: TileRange) -> dict[str, Any]:
    """The tiles of one zoom that there can be."""
    return {
        "tileMatrix": str(one.zoom),
        "minTileRow": one.first_row,
        "maxTileRow": one.last_row,
        "minTileCol": one.first_column,
        "maxTileCol": one.last_column,
    }


def layer_of(collection: Collection, table: FeatureTable, lang: str) -> dict[str, Any]:
    """What the features of one layer hold."""
    return {
        "id": collection.id,
        "title": collection.title[lang],
        "dataType": "vector",
        "geometryDimension": DIMENSIONS[collection.geometry_type],
        "propertiesSchema": {
            "type": "object",
            "properties": {"id": {"type": "string"}, **{one.name: titled(one, lang) for one in columns_of(table)}},
        },
    }


def tilejson(source: TileSource) -> dict[str, Any]:
    """The tiles in TileJSON 3.0, for MapLibre, OpenLayers and QGIS. Its `{y}` is a row and stands before `{x}` here."""
    box = source.box
    return {
        "tilejson": "3.0.0",
        "name": source.title,
        "description": source.description,
        "tiles": [f"{source.square}/{{z}}/{{y}}/{{x}}"],
        "minzoom": FIRST_ZOOM,
        "maxzoom": LAST_ZOOM,
        **({"bounds": [*box]} if box else {}),
        "vector_layers": [
            {
                "id": one.id,
                "minzoom": FIRST_ZOOM,
                "maxzoom": LAST_ZOOM,
                "fields": {"id": "id", **{column.name: column.title[source.lang] for column in columns_of(table)}},
            }
            for one, table in source.parts
        ],
    }


def tile_matrix_sets(base: str, lang: str) -> dict[str, Any]:
    """The ways tiles are cut: one."""
    address = f"{base}/tileMatrixSets/{SQUARE}"
    return {
        "links": [link(f"{base}/tileMatrixSets", "self", JSON, said("self", lang))],
        "tileMatrixSets": [
            {
                "id": SQUARE,
                "title": SQUARE_TITLE[lang],
                "uri": SQUARE_URI,
                "links": [link(address, "self", JSON, SQUARE_TITLE[lang])],
            }
        ],
    }


def tile_matrix_set(base: str, lang: str) -> dict[str, Any]:
    """The square of all web maps in full (OGC 17-083r4, annex D.1): its scales, corners, how many tiles a side."""
    return {
        "id": SQUARE,
        "title": SQUARE_TITLE[lang],
        "uri": SQUARE_URI,
        "crs": MERCATOR_URI,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [tile_matrix(zoom) for zoom in range(ZOOMS_DEFINED)],
        "links": [link(f"{base}/tileMatrixSets/{SQUARE}", "self", JSON, SQUARE_TITLE[lang])],
    }


def tile_matrix(zoom: int) -> dict[str, Any]:
    """One zoom of the square."""
    cell_m = 2 * HALF_SIDE_M / TILE_PIXELS / 2**zoom
    return {
        "id": str(zoom),
        "scaleDenominator": cell_m / PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF_SIDE_M, HALF_SIDE_M],
        "tileWidth": TILE_PIXELS,
        "tileHeight": TILE_PIXELS,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }


def columns_of(table: FeatureTable) -> Sequence[Column]:
    """The properties of features in tiles; words are texts there, parted by semicolons, and truths `true`."""
    as_text = (Kind.WORDS, Kind.BOOLEAN)
    return [
        Column(one.name, Kind.TEXT, one.title, one.values, one.known) if one.kind in as_text else one
        for one in table.columns.values()
    ]


PAINTS: Mapping[int, Sequence[tuple[str, Mapping[str, Any]]]] = {
    0: (
        (
            "circle",
            {
                "circle-color": "#2b5c9b",
                "circle-radius": 5,
                "circle-stroke-color": "#ffffff",
                "circle-stroke-width": 1,
            },
        ),
    ),
    1: (("line", {"line-color": "#6a7480", "line-width": 1}),),
    2: (
        ("fill", {"fill-color": "#8fbfe3", "fill-opacity": 0.43}),
        ("line", {"line-color": "#2b5c9b", "line-width": 1}),
    ),
}
"""How points, lines and areas are drawn: as in the styles of the files for QGIS."""


def style(source: TileSource) -> dict[str, Any]:
    """The smallest style for MapLibre that draws every feature of a collection alike; areas below, points on top."""
    name = source.path.rpartition("/")[2] or "yiquan"
    parts = sorted((one for one, _ in source.parts), key=lambda one: -DIMENSIONS[one.geometry_type])
    return {
        "version": 8,
        "name": source.title,
        "sources": {name: {"type": "vector", "url": f"{source.square}/tilejson.json"}},
        "layers": [
            {"id": f"{one.id}-{kind}", "type": kind, "source": name, "source-layer": one.id, "paint": paint}
            for one in parts
            for kind, paint in PAINTS[DIMENSIONS[one.geometry_type]]
        ],
    }
