"""Features in request bodies: one GeoJSON feature, or a merge patch of one (RFC 7396), read strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import shapely
from fastapi import Request

from api.bodies import body_bytes
from api.errors import ParameterError, UnsupportedMediaError
from geo.errors import InputError
from geo.features.crs import CRS84_URI, ReferenceSystem, reference_system
from geo.services.station_description import Description

FEATURE_TYPES = ("application/geo+json", "application/json")
PATCH_TYPES = ("application/merge-patch+json", "application/json")
MOST_BODY_BYTES = 100_000
"""How large a feature may be when it is sent; a point with every property full has a tenth of that."""


async def feature_body(request: Request, taken: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """
    The body as a JSON object, and its digest.

    Raises
    ------
    UnsupportedMediaError, BodyTooLargeError, ParameterError
        The body is of another kind, too large, or no JSON object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in taken:
        raise UnsupportedMediaError(taken)
    body = await body_bytes(request, MOST_BODY_BYTES)
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ParameterError("body", "The body is not JSON.") from None
    if not isinstance(content, dict):
        raise ParameterError("body", "The body must be one GeoJSON feature.")
    return content, hashlib.sha256(body).hexdigest()


def body_crs(request: Request) -> ReferenceSystem:
    """The reference system a body is in: that of Content-Crs, else CRS84."""
    stated = request.headers.get("content-crs")
    if stated is None:
        return reference_system(CRS84_URI)
    try:
        return reference_system(stated.strip().removeprefix("<").removesuffix(">"))
    except InputError as error:
        raise ParameterError("Content-Crs", str(error)) from None


def description_of(feature: Mapping[str, Any], crs: ReferenceSystem, identity: str | None = None) -> Description:
    """
    The description in a feature; other members than those of GeoJSON are left unread, as RFC 7946 (6.1) has it.

    Raises
    ------
    ParameterError
        It is no GeoJSON feature with a point, or is of another id than `identity`.
    """
    if feature.get("type") != "Feature":
        raise ParameterError("type", "`type` must be Feature: the body is one GeoJSON feature.")
    if identity is not None and feature.get("id", identity) not in (identity, as_number(identity)):
        raise ParameterError("id", "`id` is another feature's; an id cannot be changed.")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise ParameterError("properties", "`properties` must be an object.")
    lon, lat = position_of(feature.get("geometry"), crs)
    return Description(properties, lon, lat)


def as_number(identity: str) -> int | None:
    """An id as the number that some clients make of it."""
    return int(identity) if identity.isascii() and identity.isdigit() else None


def position_of(geometry: Any, crs: ReferenceSystem) -> tuple[float, float]:
    """Longitude and latitude (WGS-84) of a point; a height is left out."""
    refused = ParameterError("geometry", "`geometry` must be a GeoJSON Point: two numbers that lie on earth.")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise refused
    numbers = geometry.get("coordinates")
    if not isinstance(numbers, list) or len(numbers) not in (2, 3) or not all(map(is_number, numbers)):
        raise refused
    point = crs.to_crs84(np.array([shapely.Point(numbers[:2])], dtype=object))[0]
    if not (np.isfinite(point.x) and np.isfinite(point.y)):
        raise refused
    return float(point.x), float(point.y)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def merged(target: Any, patch: Any) -> Any:
    """A JSON value changed by a merge patch (RFC 7396, 2.)."""
    if not isinstance(patch, dict):
        return patch
    changed = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = merged(changed.get(name), value)
    return changed
