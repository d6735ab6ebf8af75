"""The nearest facilities by travel time: one point (GET) or many (POST)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api import filters
from api.bodies import json_object, points_of
from api.dependencies import SHANGHAI, Clock, ClockDep, ServedDep, SettingsDep, clock_now, served_now
from api.languages import language_of
from api.parameters import (
    REQUIRED,
    Parameter,
    ParameterTable,
    canonical,
    choice,
    csv_of,
    instant,
    integer,
    number,
    words_schema,
)
from api.presentation import HIT_FIELDS, batch_body, nearest_body
from api.responses import GEOJSON_TYPE, PRIVATE, GeoJsonAnswer, json_answer, unchanged, weak_tag
from api.schemas.answers import BatchAnswer, NearestAnswer, answers_with
from geo.datum import Datum, to_wgs84
from geo.services.nearest import MAX_HITS, NearestQuestion, nearest
from geo.services.nearest_of_many import nearest_of_many
from geo.streets.modes import EBIKE, WALK

router = APIRouter(tags=["nearest"])

MAX_TRIP_S = 3600
"""The longest trip (in seconds) a question may ask for; longer ones are found by leaving the limit out."""


def departure(text: str) -> str | datetime:
    """`any`, `now`, or the moment of leaving."""
    return text if text in ("any", "now") else instant(text)


COORD = Parameter(
    "coord",
    choice("wgs84", "gcj02", "bd09"),
    {"type": "string", "enum": ["wgs84", "gcj02", "bd09"]},
    "Datum of the position given. Every hit then has its position in this datum too.",
    "wgs84",
)
MODES = (WALK.code, EBIKE.code)
MODE = Parameter("mode", choice(*MODES), {"type": "string", "enum": [*MODES]}, "How one moves.", WALK.code)
LIMIT = Parameter(
    "limit",
    integer(1, MAX_HITS, clamp=True),
    {"type": "integer", "minimum": 1, "maximum": MAX_HITS},
    "How many facilities; more than the maximum means the maximum.",
    5,
)
MAX_S = Parameter(
    "max_s",
    number(0, MAX_TRIP_S),
    {"type": "number", "minimum": 0, "maximum": MAX_TRIP_S},
    "Longest trip in seconds. Left out: as far as it takes.",
)
OPEN = Parameter(
    "open",
    departure,
    {"type": "string", "examples": ["any", "now", "2026-11-20T12:00:00+08:00"]},
    "`any`: open or not. `now`, or the moment of leaving: only those open on arrival.",
    "any",
)
LANG = Parameter(
    "lang", choice("zh", "en"), {"type": "string", "enum": ["zh", "en"]}, "Language of notices; else Accept-Language."
)

LON = Parameter(
    "lon", number(-180, 180), {"type": "number", "minimum": -180, "maximum": 180}, "Longitude in degrees.", REQUIRED
)
LAT = Parameter(
    "lat", number(-90, 90), {"type": "number", "minimum": -90, "maximum": 90}, "Latitude in degrees.", REQUIRED
)

ONE_POINT = ParameterTable(
    (
        LON,
        LAT,
        COORD,
        MODE,
        LIMIT,
        MAX_S,
        OPEN,
        *filters.OF_NEAREST,
        Parameter("fields", csv_of(HIT_FIELDS), words_schema(HIT_FIELDS), "Properties to send. Left out: all."),
        LANG,
    )
)

MANY_POINTS = ParameterTable((COORD, MODE, LIMIT, MAX_S, OPEN, *filters.OF_NEAREST))


POINTS_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "maxItems": 10_000,
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "description": "Pairs of degrees, longitude first.",
}
MANY_POINTS_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["points"],
                    "additionalProperties": False,
                    "properties": {"points": POINTS_SCHEMA, **MANY_POINTS.describe_properties()},
                }
            }
        },
    }
}


@router.get(
    "/nearest",
    openapi_extra=ONE_POINT.describe(),
    response_class=GeoJsonAnswer,
    responses=answers_with(NearestAnswer),
)
async def read_nearest(request: Request) -> Response:
    """
    The nearest facilities by real travel time that pass the filters, and whether they are open on arrival.

    One that riders doubt (待核实, `doubted`) is ranked as though ten minutes farther; `travel_s` is its true time.
    """
    served, clock = served_now(request), clock_now(request)
    values = ONE_POINT.read_query(request.scope["query_string"])
    lang, at = language_of(request, values["lang"]), moment(values["open"], clock)
    tag = weak_tag(served.snapshot.id, lang, canonical(values), at.replace(second=0, microsecond=0))
    kept = unchanged(request, tag, cache=PRIVATE)
    if kept is not None:
        return kept
    lon, lat = to_wgs84([values["lon"]], [values["lat"]], Datum(values["coord"]))
    answer = nearest(served.snapshot, question_of(values, float(lon[0]), float(lat[0]), at))
    return json_answer(
        request,
        nearest_body(served, answer, values, lang),
        media_type=GEOJSON_TYPE,
        cache=PRIVATE,
        tag=tag,
        headers={"Content-Language": lang, "Vary": "Accept-Language, Accept-Encoding"},
    )


@router.post("/nearest", openapi_extra=MANY_POINTS_BODY, responses=answers_with(BatchAnswer))
async def read_nearest_of_many(request: Request, served: ServedDep, clock: ClockDep, settings: SettingsDep) -> Response:
    """The nearest facilities of many points at once, in columns."""
    body = await json_object(request, settings.max_body_bytes)
    lon, lat = points_of(body, settings.max_batch_points)
    values = MANY_POINTS.read_object(body)
    at = moment(values["open"], clock)
    lon, lat = to_wgs84(lon, lat, Datum(values["coord"]))
    question = question_of(values, 0.0, 0.0, at)
    # Ten thousand points take a good part of a second: other requests must not wait for them.
    answer = await run_in_threadpool(nearest_of_many, served.snapshot, lon, lat, question)
    return json_answer(request, batch_body(served, answer, values, at))


def moment(open_: str | datetime, clock: Clock) -> datetime:
    """The moment of leaving."""
    return open_.astimezone(SHANGHAI) if isinstance(open_, datetime) else clock()


def question_of(values: Mapping[str, Any], lon: float, lat: float, at: datetime) -> NearestQuestion:
    """The question that a request's values ask, from a WGS-84 position."""
    return NearestQuestion(
        lon=lon,
        lat=lat,
        at=at,
        mode=values["mode"],
        limit=values["limit"],
        max_s=values["max_s"],
        must_be_open=values["open"] != "any",
        filters=filters.facility_filter(values),
    )
