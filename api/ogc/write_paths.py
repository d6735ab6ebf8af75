"""The writes of stations in OpenAPI's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.callers import SECURED
from api.ogc.bodies import FEATURE_TYPES, PATCH_TYPES
from api.ogc.media import GEOJSON

Document = dict[str, Any]

TO_ITEMS = ("400", "401", "403", "409", "413", "415", "429", "503")
TO_ITEM = ("400", "401", "403", "404", "409", "412", "413", "415", "428", "429", "503")

FEATURE_SCHEMA: Document = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "geometry": {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"type": "string", "enum": ["Point"]},
                "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3},
            },
        },
        "properties": {"type": "object", "description": "As /collections/stations/schema says."},
    },
}
IF_MATCH: Document = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the feature as it was read, or `*`.",
    "schema": {"type": "string"},
}
PREFER: Document = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=N`: how many seconds to wait for a snapshot that shows the change; 10 unless said.",
    "schema": {"type": "string"},
}
CONTENT_CRS: Document = {
    "name": "Content-Crs",
    "in": "header",
    "description": "URI of the reference system the body is in; CRS84 unless said.",
    "schema": {"type": "string"},
}
FEATURE_ID: Document = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}


def writes_of_items() -> Document:
    """The operations on the stations as a whole."""
    location = {"Location": {"description": "Where the new station is.", "schema": {"type": "string"}}}
    made = {"201": feature_answer("The station as it is now.", location)}
    post = operation("stations.add", "Add a station.", [PREFER, CONTENT_CRS], TO_ITEMS, made)
    return {"post": post | {"requestBody": body(FEATURE_TYPES, FEATURE_SCHEMA)}}


def writes_of_item() -> Document:
    """The operations on one station."""
    shared = [FEATURE_ID, IF_MATCH, PREFER]
    now = {"200": feature_answer("The station as it is now.", {})}
    put = operation("stations.replace", "Put a whole description.", [*shared, CONTENT_CRS], TO_ITEM, now) | {
        "requestBody": body(FEATURE_TYPES, FEATURE_SCHEMA)
    }
    patch = operation("stations.update", "Change parts (RFC 7396).", [*shared, CONTENT_CRS], TO_ITEM, now) | {
        "requestBody": body(PATCH_TYPES, {"type": "object"})
    }
    gone = {"204": {"description": "The station is retired and hidden."}}
    without_body = [status for status in TO_ITEM if status not in ("409", "413", "415")]
    delete = operation("stations.remove", "Take a station out.", shared, without_body, gone)
    return {"put": put, "patch": patch, "delete": delete}


def operation(name: str, summary: str, parameters: list[Document], statuses: Iterable[str], good: Document) -> Document:
    """One operation that needs a key."""
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["features"],
        "security": SECURED,
        "parameters": parameters,
        "responses": good | {status: {"$ref": f"#/components/responses/{status}"} for status in statuses},
    }


def body(kinds: tuple[str, ...], schema: Document) -> Document:
    """A body of one of some kinds."""
    return {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}


def feature_answer(description: str, headers: Document) -> Document:
    """A station in an answer, with its tag."""
    tag = {"ETag": {"description": "What If-Match of the next change holds.", "schema": {"type": "string"}}}
    schema = {"$ref": "#/components/schemas/Feature"}
    return {"description": description, "headers": tag | headers, "content": {GEOJSON.type: {"schema": schema}}}
