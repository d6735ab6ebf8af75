"""
The nearest facilities of one H3 cell: a question without anybody's position, so that caches may keep its answer.

From the cell's centre, in the same words as `/nearest`. A national platform that shows what is near asks this once
for everybody in a cell, and the cache in between answers the rest.
"""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from api.dependencies import clock_now, served_now
from api.errors import ParameterError
from api.languages import language_of
from api.parameters import ParameterTable, canonical
from api.presentation import nearest_body
from api.responses import GEOJSON_TYPE, GeoJsonAnswer, json_answer, unchanged, weak_tag
from api.routers.nearest import ONE_POINT, moment, question_of
from api.schemas.answers import NearestAnswer, answers_with
from geo.cells import BadCellError, cells_to_points, resolutions, texts_to_cells
from geo.services.nearest import nearest

router = APIRouter(tags=["nearest"])

SHARED = "public, max-age=300, stale-while-revalidate=86400"
"""Five minutes; while somebody asks anew, the last answer may be shown for a day."""

RESOLUTIONS = range(7, 12)
"""From a kilometre to a house: coarser cells have no one nearest place, finer ones are a person's position."""

OF_CELL = ParameterTable(
    tuple(one for one in ONE_POINT.parameters if one.name not in ("lon", "lat", "coord")),
)


@router.get(
    "/cells/{h3}",
    openapi_extra=OF_CELL.describe_with_path("h3", "An H3 cell of resolution 7 to 11, in hexadecimal."),
    response_class=GeoJsonAnswer,
    responses=answers_with(NearestAnswer),
)
async def read_cell(request: Request) -> Response:
    """The nearest facilities from the middle of a cell; the same for everybody in it, so caches may keep it."""
    served, clock = served_now(request), clock_now(request)
    lon, lat = centre_of(request.path_params["h3"])
    values = OF_CELL.read_query(request.scope["query_string"]) | {"lon": lon, "lat": lat, "coord": "wgs84"}
    lang, at = language_of(request, values["lang"]), moment(values["open"], clock)
    # To the minute, or no two answers were alike and there was nothing to keep.
    at = at.replace(second=0, microsecond=0)
    tag = weak_tag(served.snapshot.id, "cell", lang, canonical(values), at)
    if kept := unchanged(request, tag, cache=SHARED):
        return kept
    question = replace(question_of(values, lon, lat, at), at=at)
    return json_answer(
        request,
        nearest_body(served, nearest(served.snapshot, question), values, lang),
        media_type=GEOJSON_TYPE,
        cache=SHARED,
        tag=tag,
        headers={"Content-Language": lang, "Vary": "Accept-Language, Accept-Encoding"},
    )


def centre_of(text: str) -> tuple[float, float]:
    """Longitude and latitude of a cell's middle; raises ParameterError."""
    try:
        cells = texts_to_cells([text])
    except BadCellError:
        raise ParameterError("h3", "`h3` is not an H3 cell, such as 8931aa42c5bffff.") from None
    if int(resolutions(cells)[0]) not in RESOLUTIONS:
        first, last = RESOLUTIONS[0], RESOLUTIONS[-1]
        raise ParameterError("h3", f"`h3` must be a cell of resolution {first} to {last}.")
    lon, lat = cells_to_points(cells)
    return float(lon[0]), float(lat[0])
