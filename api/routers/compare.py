"""Answers side by side: two stored runs, or one question at fourteen hours of the week."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from api import filters
from api.dependencies import AnswersDep, EngineDep, ServedDep
from api.parameters import REQUIRED, Parameter, ParameterTable, integer
from api.responses import JSON_TYPE, PUBLIC, REVALIDATE, body_answer, json_answer, unchanged, weak_tag
from api.routers.coverage import DEMAND, MINUTES, question_of
from api.routers.nearest import MODE
from geo.services import slots
from geo.services.compare import compare_runs

router = APIRouter(tags=["coverage"])

RUN_SCHEMA = {"type": "integer", "minimum": 1}
TWO_RUNS = ParameterTable(
    (
        Parameter("a", integer(1, 2**62), RUN_SCHEMA, "Number of the run to start from.", REQUIRED),
        Parameter("b", integer(1, 2**62), RUN_SCHEMA, "Number of the run to end with; changes are b less a.", REQUIRED),
    )
)
ANY_HOUR = ParameterTable((MODE, MINUTES, DEMAND, *filters.OF_COVERAGE))


# Plain `def`, so that the framework runs them in threads: one waits for the database, the other computes for a while.
@router.get("/coverage/compare", openapi_extra=TWO_RUNS.describe())
def read_comparison(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """Two stored runs: people who came in and dropped out, by district and street, and what became of the gaps."""
    values = TWO_RUNS.read_query(request.scope["query_string"])
    # stored runs never change, and neither does what lies between them
    return json_answer(request, compare_runs(engine, served.snapshot.city.slug, values["a"], values["b"]), cache=PUBLIC)


@router.get("/coverage/slots", openapi_extra=ANY_HOUR.describe())
def read_slots(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """People covered at the fourteen standard hours of the week, by district too: only stations open then count."""
    question = question_of(ANY_HOUR.read_query(request.scope["query_string"]) | {"at": None})
    tag = weak_tag(served.snapshot.id, "slots", question.canonical())

    def compute() -> bytes:
        week = slots.over_the_week(served.snapshot, question)
        return orjson.dumps(slots.describe(served.snapshot, question, week), option=orjson.OPT_SERIALIZE_NUMPY)

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("slots", tag), compute), media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )
