"""The circle at every hour of the week, live from memory."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from api.dependencies import AnswersDep, ServedDep
from api.responses import JSON_TYPE, REVALIDATE, body_answer, unchanged, weak_tag
from api.routers.compare import ANY_HOUR
from api.routers.coverage import question_of
from geo.services import hours_of_week

router = APIRouter(tags=["coverage"])


# Plain `def`, so that the framework runs it in a thread: it computes for a while.
@router.get("/coverage/hours", openapi_extra=ANY_HOUR.describe())
def read_hours(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """People covered at each of the 168 hours of an ordinary week from Monday 00:00: only stations open then count."""
    question = question_of(ANY_HOUR.read_query(request.scope["query_string"]) | {"at": None})
    tag = weak_tag(served.snapshot.id, "hours", question.canonical())

    def compute() -> bytes:
        week = hours_of_week.coverage_by_hour(served.snapshot, question)
        return orjson.dumps(hours_of_week.describe(served.snapshot, week))

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("hours", tag), compute), media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )
