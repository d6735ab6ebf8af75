"""
The description of the whole service in OpenAPI 3.0.3, written from the same tables that read requests.

The framework's own description is 3.1, repeats every parameter at every address and knows nothing of media types;
clients such as QGIS read page sizes from `components.parameters.limit` and filters from literal item paths, and refuse
3.1 altogether. What the framework knows of the other addresses is taken over and put into the older words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.callers import SECURITY_SCHEMES
from api.ogc.media import HTML, JSON, MVT, OF_DOCUMENTS, OF_ITEM, OF_ITEMS, OF_SCHEMAS, OPENAPI, Medium
from api.ogc.questions import COLLECTIONS, FIXED, form, of_documents, of_item, of_items
from api.ogc.tilesets import SQUARE
from api.ogc.write_paths import writes_of_item, writes_of_items
from api.parameters import Parameter
from geo.features.table import FeatureTable
from geo.services.collections import Collection

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "parameter": {"type": "string"},
    },
}
REFUSALS = {
    "400": "A parameter is unknown, repeated, missing or invalid.",
    "401": "This needs a key.",
    "403": "This is not for whoever asks.",
    "404": "There is nothing of this name.",
    "406": "Accept allows none of the forms there are.",
    "409": "This contradicts what is there.",
    "410": "The facts a page was cut from have been replaced.",
    "412": "What was to be changed is not what it was when it was read.",
    "413": "The body is larger than is read.",
    "415": "The body is of a kind that is not read here.",
    "428": "`If-Match` is needed: the ETag that GET answers.",
    "429": "More than is taken in a while; `Retry-After` says when to come again.",
    "503": "Nothing is loaded yet, or the database is needed and down; `Retry-After` says when to come again.",
}
ANYWHERE = ("400", "404", "503")
"""What any address may refuse with."""

WITH_KEY = ("401", "403", "429")
"""What the addresses that need a key may refuse with besides."""

OF_FEATURES = ("400", "404", "406", "410", "503")
"""What the addresses of features may refuse with."""

TILE_PARTS = ("tileMatrix", "tileRow", "tileCol")

UNCHANGED = {"304": {"description": "What the client holds (`If-None-Match`) is still right."}}

Document = dict[str, Any]


def openapi(
    base: str, version: str, collections: Sequence[tuple[Collection, FeatureTable]], others: Mapping[str, Any]
) -> Document:
    """
    The description of the service.

    Parameters
    ----------
    collections
        Those with addresses of their own; any other is reached by the address with an open part.
    others
        The framework's own description, which knows the addresses that are no features.
    """
    ours = feature_paths(collections)
    theirs = {
        path: {method: completed(method, downgraded(one)) for method, one in item.items()}
        for path, item in others["paths"].items()
        if path not in ours
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Yiquan 驿圈", "version": version, "license": {"name": "see the operator"}},
        "servers": [{"url": base}],
        "paths": ours | theirs,
        "components": {
            "parameters": {parameter.name: parameter.describe() for parameter in FIXED},
            "securitySchemes": SECURITY_SCHEMES,
            "responses": {status: refusal(text) for status, text in REFUSALS.items()},
            "schemas": {
                "Problem": PROBLEM,
                "FeatureCollection": feature_collection(),
                "Feature": feature(),
                **downgraded(others.get("components", {}).get("schemas", {})),
            },
        },
    }


def completed(method: str, described: Document) -> Document:
    """An operation of the framework's description with every refusal by its number, as problem bodies."""
    given = described["responses"]
    good = {status: answer for status, answer in given.items() if status.startswith("2")}
    with_body = ("413",) if "requestBody" in described else ()
    with_key = WITH_KEY if "security" in described else ()
    numbers = sorted({*ANYWHERE, *with_body, *with_key, *(status for status in given if status in REFUSALS)})
    return {**described, "responses": good | (UNCHANGED if method == "get" else {}) | refusals(numbers)}


def feature_paths(collections: Sequence[tuple[Collection, FeatureTable]]) -> Document:
    """The addresses of everything under the landing page."""
    paths: Document = {
        "/": document_path("landing", OF_DOCUMENTS),
        "/conformance": document_path("conformance", OF_DOCUMENTS),
        "/api": {"get": operation("api", answers((OPENAPI,)), ())},
        "/api.html": {"get": operation("documentation", answers((HTML,)), ())},
        "/collections": document_path("collections", OF_DOCUMENTS),
        "/tileMatrixSets": document_path("tileMatrixSets", (JSON,)),
        f"/tileMatrixSets/{SQUARE}": document_path("tileMatrixSet", (JSON,)),
        **tileset_paths("/tiles", "everything.", (COLLECTIONS, form((MVT,)))),
    }
    for collection, table in collections:
        paths |= collection_paths(collection.id, table)
    items = "/collections/stations/items"
    if items in paths:
        paths[items] |= writes_of_items()
        paths[f"{items}/{{featureId}}"] |= writes_of_item()
    return paths | open_paths()


def document_path(name: str, offered: tuple[Medium, ...]) -> Document:
    """An address that describes something."""
    return {"get": operation(name, answers(offered), of_documents(offered).parameters)}


def collection_paths(identity: str, table: FeatureTable) -> Document:
    """The addresses of one collection."""
    address = f"/collections/{identity}"
    described = {
        f"{address}/{name}": document_path(f"{identity}.{name}", OF_SCHEMAS)
        for name in ("queryables", "sortables", "schema")
    }
    items = operation(f"{identity}.items", answers(OF_ITEMS, "FeatureCollection"), of_items(table).parameters)
    one = operation(f"{identity}.item", answers(OF_ITEM, "Feature"), of_item(table).parameters)
    one["parameters"] = [path_part("featureId"), *one["parameters"]]
    return {
        address: document_path(f"{identity}.collection", OF_DOCUMENTS),
        **described,
        f"{address}/items": {"get": items},
        f"{address}/items/{{featureId}}": {"get": one},
        **tile_paths(identity),
    }


def tile_paths(identity: str | None) -> Document:
    """The addresses of a collection's tiles; of any collection if none is named."""
    prefix = f"{identity}." if identity else ""
    paths = tileset_paths(f"/collections/{identity or '{collectionId}'}/tiles", prefix, (form((MVT,)),))
    if identity is None:
        for item in paths.values():
            item["get"]["parameters"] = [path_part("collectionId"), *item["get"]["parameters"]]
    return paths


def tileset_paths(address: str, prefix: str, parameters: Sequence[Parameter]) -> Document:
    """The addresses of the tiles of something."""
    square = f"{address}/{SQUARE}"
    documents = {address: "tilesets", square: "tileset", f"{square}/tilejson.json": "tilejson"}
    paths = {
        path: document_path(f"{prefix}{name}", (JSON,))
        for path, name in (documents | {f"{square}/style.json": "style"}).items()
    }
    tile = operation(f"{prefix}tile", answers((MVT,)), parameters)
    tile["responses"]["204"] = {"description": "Nothing lies in this tile."}
    tile["parameters"] = [*map(path_part, TILE_PARTS), *tile["parameters"]]
    paths[f"{square}/{{{'}/{'.join(TILE_PARTS)}}}"] = {"get": tile}
    return paths


def open_paths() -> Document:
    """The same for collections that have no addresses of their own here: those of stored runs."""
    address = "/collections/{collectionId}"
    items = operation("items", answers(OF_ITEMS, "FeatureCollection"), FIXED)
    items["parameters"].append(
        {"name": "property", "in": "query", "style": "form", "explode": True, "schema": free_object()}
    )
    paths = {
        address: document_path("collection", OF_DOCUMENTS),
        **{f"{address}/{name}": document_path(name, OF_SCHEMAS) for name in ("queryables", "sortables", "schema")},
        f"{address}/items": {"get": items},
        f"{address}/items/{{featureId}}": {
            "get": operation("item", answers(OF_ITEM, "Feature"), of_documents(OF_ITEM).parameters)
        },
    }
    for path, item in paths.items():
        parts = ["collectionId"] + (["featureId"] if "featureId" in path else [])
        item["get"]["parameters"] = [*map(path_part, parts), *item["get"]["parameters"]]
    return paths | tile_paths(None)


def free_object() -> Document:
    """A parameter for every property of a collection, whose names its queryables tell."""
    return {"type": "object", "additionalProperties": {"type": "string"}}


def operation(name: str, responses: Document, parameters: Iterable[Parameter]) -> Document:
    """One operation."""
    return {
        "operationId": name,
        "tags": ["features"],
        "parameters": [described(parameter) for parameter in parameters],
        "responses": responses,
    }


SHARED = {parameter.name: parameter for parameter in FIXED}


def described(parameter: Parameter) -> Document:
    """A parameter, by reference where it is one of the shared ones."""
    if SHARED.get(parameter.name) is parameter:
        return {"$ref": f"#/components/parameters/{parameter.name}"}
    return parameter.describe()


def path_part(name: str) -> Document:
    """An open part of an address."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def answers(offered: Sequence[Medium], schema: str | None = None) -> Document:
    """What comes back: the forms there are, and the refusals."""
    shape = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    content = {one.type: {"schema": shape if one.f in (JSON.f, "jsonfg") else {"type": "string"}} for one in offered}
    return {"200": {"description": "The answer.", "content": content}} | UNCHANGED | refusals(OF_FEATURES)


def refusals(statuses: Iterable[str]) -> Document:
    """Some of the shared refusals."""
    return {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}


def refusal(text: str) -> Document:
    """A refusal as a problem body (RFC 9457)."""
    return {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def feature() -> Document:
    """A GeoJSON feature."""
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    }


def feature_collection() -> Document:
    """A GeoJSON feature collection with what OGC API adds."""
    return {
        "type": "object",
        "required": ["type", "features", "links", "timeStamp", "numberMatched", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "links": {"type": "array", "items": {"type": "object"}},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    }


def downgraded(node: Any) -> Any:
    """A piece of OpenAPI 3.1 in the words of 3.0: null is `nullable`, a constant is a list of one, one example only."""
    if isinstance(node, list):
        return [downgraded(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    found = {key: downgraded(value) for key, value in node.items() if key not in ("const", "examples", "prefixItems")}
    if "const" in node:
        found["enum"] = [node["const"]]
    if isinstance(node.get("examples"), list) and node["examples"]:
        found["example"] = node["examples"][0]
    if "prefixItems" in node:
        found.setdefault("items", {})
    return without_null(found)


def without_null(schema: Document) -> Document:
    """A schema whose alternatives held null."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        schema = {**schema, "type": rest[0] if rest else "string", "nullable": "null" in kinds}
    options = schema.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        bare = {key: value for key, value in schema.items() if key != "anyOf"}
        schema = {**bare, "nullable": True, **({"allOf": rest} if len(rest) == 1 else {"anyOf": rest})}
    return {"type": "string", "nullable": True} if schema == {"type": "null"} else schema
