"""Request bodies: read up to a limit, checked value by value, refused in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from fastapi import Request

from api.errors import BodyTooLargeError, ParameterError
from geo.types import Floats


async def json_object(request: Request, limit_bytes: int, *, holding: str = "points") -> dict[str, Any]:
    """
    The body as a JSON object; `holding` is what must be in it, for the sentence that refuses it.

    Raises
    ------
    BodyTooLargeError
        The body is longer than the limit. It is not read to its end.
    ParameterError
        It is no JSON object.
    """
    try:
        content = orjson.loads(await body_bytes(request, limit_bytes))
    except orjson.JSONDecodeError:
        raise ParameterError("body", "The body is not JSON.") from None
    if not isinstance(content, dict):
        raise ParameterError("body", f"The body must be a JSON object with `{holding}` in it.")
    return content


async def body_bytes(request: Request, limit_bytes: int) -> bytes:
    """The body as it came; raises BodyTooLargeError without reading more than the limit."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit_bytes:
            raise BodyTooLargeError(limit_bytes)
    return bytes(body)


def points_of(body: dict[str, Any], max_points: int) -> tuple[Floats, Floats]:
    """
    Take the points out of a body, as longitudes and latitudes.

    Raises
    ------
    ParameterError
        `points` is missing, too long, or not a list of pairs of numbers on the globe.
    """
    points = body.pop("points", None)
    if not isinstance(points, list) or not points:
        raise ParameterError("points", "`points` must be a list of [longitude, latitude] pairs.")
    if len(points) > max_points:
        raise ParameterError("points", f"`points` may hold {max_points:,} pairs, not {len(points):,}.")
    # One pass in C; only a list that is not what it should be is looked at pair by pair for the sentence.
    try:
        pairs = np.array(points, dtype=np.float64)
    except (TypeError, ValueError):
        pairs = np.zeros(0)
    if pairs.shape != (len(points), 2) or not all(map(is_pair, points)):
        place = next(place for place, point in enumerate(points) if not is_pair(point))
        raise ParameterError("points", f"`points[{place}]` must be a pair of numbers, longitude first.")
    outside = ~((abs(pairs[:, 0]) <= 180) & (abs(pairs[:, 1]) <= 90))
    if outside.any():
        place = int(outside.argmax())
        raise ParameterError("points", f"`points[{place}]` must lie within ±180 and ±90 degrees, longitude first.")
    return pairs[:, 0], pairs[:, 1]


def is_pair(point: object) -> bool:
    """Whether a JSON value is two numbers; `true` is none."""
    return isinstance(point, list) and len(point) == 2 and all(type(part) in (int, float) for part in point)
