"""Landing page, conformance, collections, queryables, sortables, schemas: what the service says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.ogc.conformance import CONFORMS_TO
from api.ogc.media import (
    GEOJSON,
    HTML,
    JSON,
    OF_DOCUMENTS,
    OF_ITEM,
    OF_ITEMS,
    OF_SCHEMAS,
    OPENAPI,
    SCHEMA,
    Medium,
)
from api.ogc.questions import schema_of
from geo.features.crs import CRS84_URI, SYSTEMS
from geo.features.table import Column, FeatureTable
from geo.services.collection_files import FORMATS
from geo.services.collections import Collection
from geo.services.collections.of_snapshot import named

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
GEOMETRY_FORMAT = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "Polygon": "geometry-polygon",
    "MultiPolygon": "geometry-multipolygon",
}

TITLES = {
    "self": named("本文档", "This document"),
    "alternate": named("本文档的 {form} 格式", "This document as {form}"),
    "api": named("本服务的机器可读描述", "The definition of this service"),
    "documentation": named("接口说明", "The documentation of this service"),
    "conformance": named("符合的标准", "Conformance classes"),
    "collections": named("数据集", "The collections"),
    "nearest": named("按路程时间找最近的设施", "The nearest facilities by travel time"),
    "items": named("要素，{form} 格式", "The features as {form}"),
    "next": named("下一页", "The next page"),
    "enclosure": named("全部要素的 {form} 文件", "Everything as {form}"),
    "tiles": named("要素的矢量瓦片", "The features as vector tiles"),
    "queryables": named("可用于筛选的属性", "Properties to filter by"),
    "sortables": named("可用于排序的属性", "Properties to sort by"),
    "schema": named("要素包含的内容", "What a feature holds"),
    "tile matrix sets": named("瓦片的切分方式", "How tiles are cut"),
    "tileset": named("本瓦片集", "This tileset"),
    "tile": named("瓦片", "The tiles"),
    "style": named("MapLibre 样式", "A style for MapLibre"),
}
"""What links are called, in both languages."""

Link = dict[str, Any]


def link(href: str, rel: str, medium: Medium, title: str) -> Link:
    """One link."""
    return {"href": href, "rel": rel, "type": medium.type, "title": title}


def said(key: str, lang: str, medium: Medium | None = None) -> str:
    """What a link is called, with the form it leads to."""
    return TITLES[key][lang].format(form=medium.title if medium else "")


def self_and_others(
    address: str, medium: Medium, offered: Sequence[Medium], lang: str, *, query: str = ""
) -> list[Link]:
    """A document's link to itself in this form, and one to each of its other forms."""
    joined = f"{query}&" if query else ""
    return [
        link(
            f"{address}?{joined}f={one.f}",
            "self" if one is medium else "alternate",
            one,
            said("self" if one is medium else "alternate", lang, one),
        )
        for one in sorted(offered, key=lambda one: one is not medium)
    ]


def landing(base: str, medium: Medium, title: str, lang: str) -> dict[str, Any]:
    """Where a client begins."""
    described = {
        "zh": "工会驿站等职工服务设施的位置、开放时间与覆盖情况。",
        "en": "Places that trade unions run for workers without an office: where, when open, whom they reach.",
    }
    return {
        "title": title,
        "description": described[lang],
        "links": [
            *self_and_others(f"{base}/", medium, OF_DOCUMENTS, lang),
            link(f"{base}/api", "service-desc", OPENAPI, said("api", lang)),
            link(f"{base}/api.html", "service-doc", HTML, said("documentation", lang)),
            link(f"{base}/conformance", "conformance", JSON, said("conformance", lang)),
            link(f"{base}/conformance", f"{REL}conformance", JSON, said("conformance", lang)),
            link(f"{base}/collections", "data", JSON, said("collections", lang)),
            link(f"{base}/collections", f"{REL}data", JSON, said("collections", lang)),
            link(f"{base}/tiles", f"{REL}tilesets-vector", JSON, said("tiles", lang)),
            link(f"{base}/tileMatrixSets", f"{REL}tiling-schemes", JSON, said("tile matrix sets", lang)),
            link(f"{base}/nearest", "related", GEOJSON, said("nearest", lang)),
        ],
    }


def conformance(base: str, medium: Medium, lang: str) -> dict[str, Any]:
    """The classes that tests of ours hold."""
    return {
        "conformsTo": [*CONFORMS_TO],
        "links": self_and_others(f"{base}/conformance", medium, OF_DOCUMENTS, lang),
    }


def collections(base: str, medium: Medium, described: Sequence[dict[str, Any]], lang: str) -> dict[str, Any]:
    """All collections."""
    return {
        "links": self_and_others(f"{base}/collections", medium, OF_DOCUMENTS, lang),
        "crs": [system.uri for system in SYSTEMS],
        "collections": [*described],
    }


def described_collection(base: str, collection: Collection, box: Sequence[float] | None, lang: str) -> dict[str, Any]:
    """One collection, the same in the list and alone, but for the links to itself, which `collections` has once."""
    address = f"{base}/collections/{collection.id}"
    return {
        "id": collection.id,
        "title": collection.title[lang],
        "description": collection.description[lang],
        "itemType": "feature",
        "crs": [system.uri for system in SYSTEMS],
        "storageCrs": CRS84_URI,
        **({"extent": {"spatial": {"bbox": [[*box]], "crs": CRS84_URI}}} if box is not None else {}),
        "links": [
            *self_and_others(address, JSON, OF_DOCUMENTS, lang),
            *(link(f"{address}/items?f={one.f}", "items", one, said("items", lang, one)) for one in OF_ITEMS),
            *(
                {"href": f"{base}/exports/{collection.id}.{one.kind}", "rel": "enclosure"}
                | {"type": one.media_type, "title": TITLES["enclosure"][lang].format(form=one.title)}
                for one in FORMATS.values()
            ),
            link(f"{address}/tiles", f"{REL}tilesets-vector", JSON, said("tiles", lang)),
            link(f"{address}/queryables", f"{REL}queryables", SCHEMA, said("queryables", lang)),
            link(f"{address}/sortables", f"{REL}sortables", SCHEMA, said("sortables", lang)),
            link(f"{address}/schema", f"{REL}schema", SCHEMA, said("schema", lang)),
            link(f"{address}/schema", "describedby", SCHEMA, said("schema", lang)),
        ],
    }


def schema_document(
    address: str, collection: Collection, properties: dict[str, Any], medium: Medium, lang: str
) -> dict[str, Any]:
    """A JSON Schema of a collection's properties."""
    return {
        "$schema": JSON_SCHEMA,
        "$id": address,
        "type": "object",
        "title": collection.title[lang],
        "description": collection.description[lang],
        "properties": properties,
        "additionalProperties": False,
        "links": self_and_others(address, medium, OF_SCHEMAS, lang),
    }


def queryables(collection: Collection, table: FeatureTable, lang: str) -> dict[str, Any]:
    """The properties a filter may name."""
    return {"geometry": geometry_schema(collection)} | {
        name: titled(column, lang) for name, column in table.columns.items()
    }


def sortables(collection: Collection, table: FeatureTable, lang: str) -> dict[str, Any]:
    """The properties features can be put in the order of."""
    columns = {name: titled(column, lang) for name, column in table.columns.items() if column.is_sortable}
    return {"id": {"type": "string", "title": "id"}} | columns


def schema(collection: Collection, table: FeatureTable, lang: str) -> dict[str, Any]:
    """Everything a feature holds."""
    identity = {"type": "string", "title": "id", "x-ogc-role": "id", "readOnly": True}
    columns = {name: titled(column, lang) for name, column in table.columns.items()}
    if collection.time_property is not None:
        columns[collection.time_property]["x-ogc-role"] = "primary-instant"
    geometry = geometry_schema(collection) | {"x-ogc-role": "primary-geometry"}
    return {"id": identity, "geometry": geometry} | columns


def geometry_schema(collection: Collection) -> dict[str, Any]:
    """A collection's shapes."""
    return {"format": GEOMETRY_FORMAT[collection.geometry_type], "title": "geometry"}


def titled(column: Column, lang: str) -> dict[str, Any]:
    """A property with its title, and its unit where it has one."""
    return schema_of(column) | {"title": column.title[lang]} | ({"x-ogc-unit": column.unit} if column.unit else {})


def item_links(base: str, collection: Collection, identity: str, medium: Medium, lang: str) -> list[Link]:
    """The links of one feature."""
    address = f"{base}/collections/{collection.id}/items/{identity}"
    return [
        *self_and_others(address, medium, OF_ITEM, lang),
        link(f"{base}/collections/{collection.id}", "collection", JSON, collection.title[lang]),
    ]
