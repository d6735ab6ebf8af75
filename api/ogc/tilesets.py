"""Tilesets of collections: what OGC API Tiles, TileJSON and MapLibre are told of them, and the packs that are open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.ogc.documents import REL, link, said, titled
from api.ogc.media import JSON, MVT
from geo.features.crs import CRS84_URI
from geo.features.table import Column, FeatureTable, Kind
from geo.services.collection_tiles import FIRST_ZOOM, LAST_ZOOM, kept_tiles, ranges_of
from geo.services.collections import Collection
from geo.services.tile_pack import TilePack

SQUARE = "WebMercatorQuad"
"""The one tile matrix set there is: that of every web map."""

SQUARE_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SQUARE}"
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


def address_of(base: str, collection: Collection) -> str:
    """Where a collection's tiles are."""
    return f"{base}/collections/{collection.id}/tiles"


def tile_template(base: str, collection: Collection, row: str, column: str, zoom: str) -> str:
    """The address of a tile with names for its parts; OGC has rows before columns, TileJSON `{z}/{y}/{x}` here."""
    return f"{address_of(base, collection)}/{SQUARE}/{zoom}/{row}/{column}"


def in_brief(base: str, collection: Collection, lang: str) -> dict[str, Any]:
    """A tileset as the list has it."""
    return {
        "title": collection.title[lang],
        "dataType": "vector",
        "crs": MERCATOR_URI,
        "tileMatrixSetURI": SQUARE_URI,
        "links": [
            link(f"{address_of(base, collection)}/{SQUARE}", "self", JSON, said("tileset", lang)),
            link(SQUARE_URI, f"{REL}tiling-scheme", JSON, SQUARE),
        ],
    }


def tilesets(base: str, collection: Collection, lang: str) -> dict[str, Any]:
    """The tilesets of a collection: one."""
    address = address_of(base, collection)
    return {
        "links": [
            link(address, "self", JSON, said("self", lang)),
            link(address.rpartition("/")[0], "collection", JSON, collection.title[lang]),
        ],
        "tilesets": [in_brief(base, collection, lang)],
    }


def tileset(base: str, collection: Collection, table: FeatureTable, lang: str) -> dict[str, Any]:
    """A tileset in full: its tiles' address, which of them there can be, what features in them hold."""
    address = f"{address_of(base, collection)}/{SQUARE}"
    template = tile_template(base, collection, "{tileRow}", "{tileCol}", "{tileMatrix}")
    brief = in_brief(base, collection, lang)
    limits = [
        {
            "tileMatrix": str(one.zoom),
            "minTileRow": one.first_row,
            "maxTileRow": one.last_row,
            "minTileCol": one.first_column,
            "maxTileCol": one.last_column,
        }
        for one in ranges_of(table.bounds)
    ]
    layer = {
        "id": collection.id,
        "title": collection.title[lang],
        "dataType": "vector",
        "geometryDimension": DIMENSIONS[collection.geometry_type],
        "propertiesSchema": {
            "type": "object",
            "properties": {"id": {"type": "string"}, **{one.name: titled(one, lang) for one in columns_of(table)}},
        },
    }
    box = table.bounds
    corners = {"lowerLeft": [box.west, box.south], "upperRight": [box.east, box.north], "crs": CRS84_URI} if box else {}
    return {
        **brief,
        "description": collection.description[lang],
        "tileMatrixSetLimits": limits,
        **({"boundingBox": corners} if corners else {}),
        "layers": [layer],
        "links": [
            *brief["links"],
            link(template, "item", MVT, said("tile", lang)) | {"templated": True},
            link(f"{address}/tilejson.json", "describedby", JSON, "TileJSON"),
            link(f"{address}/style.json", "stylesheet", JSON, said("style", lang)),
            link(f"{base}/collections/{collection.id}", f"{REL}geodata", JSON, collection.title[lang]),
        ],
    }


def tilejson(base: str, collection: Collection, table: FeatureTable, lang: str) -> dict[str, Any]:
    """The tiles in TileJSON 3.0, for MapLibre, OpenLayers and QGIS."""
    box = table.bounds
    return {
        "tilejson": "3.0.0",
        "name": collection.title[lang],
        "description": collection.description[lang],
        "tiles": [tile_template(base, collection, "{y}", "{x}", "{z}")],
        "minzoom": FIRST_ZOOM,
        "maxzoom": LAST_ZOOM,
        **({"bounds": [*box]} if box else {}),
        "vector_layers": [
            {
                "id": collection.id,
                "minzoom": FIRST_ZOOM,
                "maxzoom": LAST_ZOOM,
                "fields": {"id": "id", **{one.name: one.title[lang] for one in columns_of(table)}},
            }
        ],
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


def style(base: str, collection: Collection, lang: str) -> dict[str, Any]:
    """The smallest style for MapLibre that draws every feature alike."""
    return {
        "version": 8,
        "name": collection.title[lang],
        "sources": {
            collection.id: {"type": "vector", "url": f"{address_of(base, collection)}/{SQUARE}/tilejson.json"},
        },
        "layers": [
            {
                "id": f"{collection.id}-{kind}",
                "type": kind,
                "source": collection.id,
                "source-layer": collection.id,
                "paint": paint,
            }
            for kind, paint in PAINTS[DIMENSIONS[collection.geometry_type]]
        ],
    }
