"""What happened to stations, for programs that keep a copy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from api.dependencies import EngineDep, ServedDep
from api.errors import GoneError, ParameterError
from api.ogc.writers import features
from api.parameters import Parameter, ParameterTable, integer
from api.responses import JSON_TYPE, REVALIDATE, body_answer, unchanged, weak_tag
from api.schemas.answers import answers_with, refused
from api.schemas.changes import ChangesAnswer
from geo.features.crs import CRS84_URI, reference_system
from geo.features.selection import Selection
from geo.services import station_changes
from geo.services.station_changes import Following, FollowingError, TooFarBehindError

router = APIRouter(tags=["changes"])

MOST_CHANGES = 1000


def cursor_text(text: str) -> str:
    """Something as short as a cursor."""
    if not 1 <= len(text) <= 200:
        raise ValueError("must be the `cursor` of an earlier answer")
    return text


ASKED = ParameterTable(
    (
        Parameter(
            "since",
            cursor_text,
            {"type": "string", "minLength": 1, "maxLength": 200},
            "The `cursor` of an earlier answer, as it is. Left out: nothing but where to begin.",
        ),
        Parameter(
            "limit",
            integer(1, MOST_CHANGES, clamp=True),
            {"type": "integer", "minimum": 1, "maximum": MOST_CHANGES},
            "How many entries of the log to sum up.",
            200,
        ),
    )
)


# Plain `def`, so that the framework runs it in a thread: it waits for the database.
@router.get(
    "/changes",
    openapi_extra=ASKED.describe(),
    responses=answers_with(ChangesAnswer) | refused(HTTPStatus.GONE),
)
def read_changes(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """
    What was added, changed and deleted since a cursor: every station once, as it is now.

    Ask without `since` first and keep the `cursor`; then read the collection `stations`; then ask with the cursor,
    again while `more` is true, and now and then from there. The cursor begins a little before the collection's facts,
    so some first entries say what is known; to apply one twice does no harm. A station to delete may never have been
    seen. 410: the log no longer goes back so far; begin again.
    """
    values = ASKED.read_query(request.scope["query_string"])
    snapshot = served.snapshot
    if values["since"] is None:
        begin = station_changes.beginning(engine, snapshot.city.slug, snapshot.made_at)
        content: dict[str, Any] = {"changes": [], "cursor": begin, "more": True}
    else:
        content = answered(following(engine, snapshot.city.slug, values["since"], values["limit"]))
    body = orjson.dumps(content)
    tag = weak_tag(body)
    return unchanged(request, tag, cache=REVALIDATE) or body_answer(
        request, body, media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )


def following(engine: Any, slug: str, since: str, limit: int) -> Following:
    """A stretch of the log; the cursor is named where it is none."""
    try:
        return station_changes.changes_since(engine, slug, since, limit=limit)
    except FollowingError as error:
        raise ParameterError("since", str(error)) from None
    except TooFarBehindError as error:
        raise GoneError(str(error)) from None


def answered(found: Following) -> dict[str, Any]:
    """A stretch of the log as JSON; the features are those of the collection."""
    rows = np.array([one.row for one in found.changes if one.row is not None], dtype=np.int64)
    written = iter(features(Selection(found.table, rows, None, False, reference_system(CRS84_URI))))
    return {
        "changes": [
            {
                "id": str(one.facility_id),
                "change": one.change,
                "at": one.at,
                "feature": None if one.row is None else next(written),
            }
            for one in found.changes
        ],
        "cursor": found.cursor,
        "more": found.has_more,
    }
