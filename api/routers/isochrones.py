"""The ground within reach as GeoJSON: of one station, or of all that count for a coverage question."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from api import filters
from api.dependencies import AnswersDep, ServedDep
from api.parameters import REQUIRED, Parameter, ParameterTable, canonical, integer, number
from api.responses import GEOJSON_TYPE, REVALIDATE, GeoJsonAnswer, body_answer, unchanged, weak_tag
from api.routers.coverage import AT, question_of
from api.routers.nearest import MODE
from api.schemas.answers import refused
from geo.services.isochrones import (
    LONGEST_MINUTES,
    MINUTES,
    MOST_BANDS,
    Outlines,
    isochrones_of_station,
    outlines_of_coverage,
)
from geo.streets.isochrone import ACCESS_M, LEAST_ACCESS_M, MOST_ACCESS_M

router = APIRouter(tags=["coverage"])

one_limit = number(1, LONGEST_MINUTES)


def limits(text: str) -> tuple[float, ...]:
    """Minutes parted by commas, in ascending order."""
    minutes = {one_limit(part) for part in text.split(",")}
    if len(minutes) > MOST_BANDS or len(minutes) < text.count(",") + 1:
        raise ValueError(f"must be up to {MOST_BANDS} different numbers of minutes, parted by commas")
    return tuple(sorted(minutes))


FACILITY = Parameter(
    "facility", integer(1, 2**62), {"type": "integer", "minimum": 1}, "Id of the facility to reach.", REQUIRED
)
BANDS = Parameter(
    "minutes",
    limits,
    {
        "type": "array",
        "items": {"type": "number", "minimum": 1, "maximum": LONGEST_MINUTES},
        "minItems": 1,
        "maxItems": MOST_BANDS,
        "uniqueItems": True,
    },
    "The limits in minutes, parted by commas; each is one feature.",
    MINUTES,
)
ONE_BAND = Parameter("minutes", limits, BANDS.schema, BANDS.description, (10.0,))
ACCESS = Parameter(
    "access_m",
    number(LEAST_ACCESS_M, MOST_ACCESS_M),
    {"type": "number", "minimum": LEAST_ACCESS_M, "maximum": MOST_ACCESS_M},
    "How far (in metres) from a street ground still counts as belonging to it.",
    ACCESS_M,
)
OF_ONE = ParameterTable((FACILITY, MODE, BANDS, ACCESS))
OF_ALL = ParameterTable((MODE, ONE_BAND, AT, *filters.OF_COVERAGE, ACCESS))


# Plain `def`, so that the framework runs them in threads: a whole city takes a second or two.
@router.get(
    "/isochrones",
    openapi_extra=OF_ONE.describe(),
    response_class=GeoJsonAnswer,
    responses=refused(HTTPStatus.CONFLICT),
)
def read_isochrones(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """The ground from which one facility is reached, with the share of it that is not, longest limit first."""
    values = OF_ONE.read_query(request.scope["query_string"])
    return outlines_answer(
        request,
        answers,
        weak_tag(served.snapshot.id, "isochrones", canonical(values)),
        lambda: isochrones_of_station(
            served.snapshot,
            values["facility"],
            mode=values["mode"],
            minutes=values["minutes"],
            access_m=values["access_m"],
        ),
    )


@router.get("/coverage/outline", openapi_extra=OF_ALL.describe(), response_class=GeoJsonAnswer)
def read_outline(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """The ground from which any facility that passes the filters is reached. For the eye: people are in `/coverage`."""
    values: dict[str, Any] = OF_ALL.read_query(request.scope["query_string"])
    minutes, access_m = values["minutes"], values["access_m"]
    question = question_of({**values, "minutes": max(minutes), "demand": "residents"})
    return outlines_answer(
        request,
        answers,
        weak_tag(served.snapshot.id, "outline", question.canonical(), minutes, access_m),
        lambda: outlines_of_coverage(served.snapshot, question, minutes=minutes, access_m=access_m),
    )


def outlines_answer(request: Request, answers: AnswersDep, tag: str, draw: Callable[[], Outlines]) -> Response:
    """Outlines drawn once and kept, or a 304 for who has them."""

    def compute() -> bytes:
        return orjson.dumps(draw().to_geojson(), option=orjson.OPT_SERIALIZE_NUMPY)

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("outlines", tag), compute), media_type=GEOJSON_TYPE, cache=REVALIDATE, tag=tag
    )
