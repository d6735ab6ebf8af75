"""Scenarios: what planners tried, kept under a name, shared by a link, opened on the facts of the day, compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import json_object
from api.dependencies import ClockDep, EngineDep, EntryEngineDep, PaceDep, ServedDep, SettingsDep
from api.errors import ParameterError
from api.parameters import REQUIRED, Parameter, ParameterTable, integer
from api.responses import json_answer
from api.routers.coverage import question_of
from api.routers.what_if import ASKED, CHANGES_SCHEMA, changes_of
from api.schemas.answers import answers_with, refused
from api.schemas.scenarios import KeptAnswer, ScenarioAnswer, ScenariosAnswer, SideBySideAnswer
from geo.datum import Datum
from geo.services import scenarios
from geo.services.changes import WhatIf
from geo.services.scenarios import CODE_LENGTH, CODE_LETTERS, LONGEST_NAME, SITING, WHAT_IF, Kept
from geo.store.scenario_store import ScenarioHead, ScenarioNotFoundError

router = APIRouter(tags=["scenarios"])

MOST_BODY_BYTES = 300_000
"""How large a scenario may be when it is sent: a thousand changes."""

SECRET_HEADER = "X-Scenario-Secret"

CODE_SCHEMA = {"type": "string", "pattern": f"^[{CODE_LETTERS}]{{{CODE_LENGTH}}}$"}


def code_text(text: str) -> str:
    """A scenario's code."""
    if not re.fullmatch(f"[{CODE_LETTERS}]{{{CODE_LENGTH}}}", text):
        raise ValueError("must be the code of a scenario")
    return text


LIMIT = Parameter(
    "limit", integer(1, 200, clamp=True), {"type": "integer", "minimum": 1, "maximum": 200}, "How many scenarios.", 50
)
BEFORE = Parameter("before", code_text, CODE_SCHEMA, "Only scenarios older than this one: the page after it.")
SHELF = ParameterTable((LIMIT, BEFORE))
TWO_SCENARIOS = ParameterTable(
    (
        Parameter("a", code_text, CODE_SCHEMA, "Code of one scenario.", REQUIRED),
        Parameter("b", code_text, CODE_SCHEMA, "Code of the other. Left out: the city as it stands."),
    )
)
NOTHING = ParameterTable(())
WORDS_ON_THE_WIRE = {
    "types": "type",
    "networks": "network",
    "classes": "class",
    "amenities": "amenity",
    "groups": "group",
}
"""Parts of a question that are asked for under another name."""

SCENARIO_SCHEMA = {
    "type": "object",
    "required": ["name", "changes"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
        "kind": {"type": "string", "const": WHAT_IF},
        "question": {
            "type": "object",
            "additionalProperties": False,
            "properties": ASKED.describe_properties(),
        },
        "changes": CHANGES_SCHEMA,
    },
}
SAVING = {"requestBody": {"required": True, "content": {"application/json": {"schema": SCENARIO_SCHEMA}}}}
SECRET_DESCRIBED = {
    "name": SECRET_HEADER,
    "in": "header",
    "required": True,
    "description": "What saving the scenario answered.",
    "schema": {"type": "string"},
}


@router.post(
    "/scenarios",
    status_code=201,
    openapi_extra=SAVING,
    responses=answers_with(KeptAnswer, status=201) | refused(HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
)
async def save_scenario(
    request: Request, served: ServedDep, settings: SettingsDep, engine: EntryEngineDep, clock: ClockDep, pace: PaceDep
) -> Response:
    """Work a what-if out and keep it under a name. The secret is answered this once; it lets its holder delete it."""
    body = await json_object(request, min(settings.max_body_bytes, MOST_BODY_BYTES), holding="name` and `changes")
    name, asked = scenario_of(body)
    await pace.count("scenarios")
    kept = await run_in_threadpool(scenarios.save_what_if, engine, served.snapshot, name, asked, now=clock())
    return kept_answer(request, kept)


def kept_answer(request: Request, kept: Kept) -> Response:
    """What whoever saved a scenario of any kind is told."""
    answer = json_answer(request, {**asdict(kept), "link": f"/planner#s={kept.code}"})
    answer.status_code = 201
    answer.headers["Location"] = f"/scenarios/{kept.code}"
    return answer


# Plain `def`, so that the framework runs them in threads: they wait for the database.
@router.get("/scenarios", openapi_extra=SHELF.describe(), responses=answers_with(ScenariosAnswer))
def read_scenarios(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """The scenarios of the city, newest first."""
    values = SHELF.read_query(request.scope["query_string"])
    slug, limit = served.snapshot.city.slug, values["limit"]
    found = scenarios.list_scenarios(engine, slug, limit=limit, before=values["before"])
    following = found[-1].code if len(found) == limit else None
    return json_answer(request, {"scenarios": [head_on_the_wire(one) for one in found], "next": following})


@router.get("/scenarios/compare", openapi_extra=TWO_SCENARIOS.describe(), responses=answers_with(SideBySideAnswer))
def read_side_by_side(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """
    Two scenarios, or one and what stands today, on the present facts: people, every district, sites, cost and gap.

    What-ifs and sitings alike. Cost and gap are those that siting told when it was saved; a what-if has none.
    """
    values = TWO_SCENARIOS.read_query(request.scope["query_string"])
    both = scenarios.compare_scenarios(engine, served.snapshot, values["a"], values["b"])
    for side in (both["a"], both["b"]):
        side["question"] = question_on_the_wire(side["question"])
    both["asked_differently"] = [WORDS_ON_THE_WIRE.get(name, name) for name in both["asked_differently"]]
    return json_answer(request, both)


@router.get(
    "/scenarios/{code}",
    openapi_extra=NOTHING.describe_with_path("code", "Code of a scenario."),
    responses=answers_with(ScenarioAnswer),
)
def read_scenario(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """One scenario as it was saved, and as it is on the present facts."""
    NOTHING.read_query(request.scope["query_string"])
    stored = scenarios.load_scenario(engine, served.snapshot.city.slug, code_of(request))
    present = scenarios.on_present_facts(served.snapshot, stored)
    return json_answer(
        request,
        {
            "code": stored.code,
            "kind": stored.kind,
            "name": stored.name,
            "created_at": stored.created_at,
            "question": question_on_the_wire(stored.question),
            "changes": stored.changes,
            "saved": {"snapshot": stored.snapshot_id, "result": stored.result},
            "present": present_on_the_wire(present),
        },
    )


@router.delete(
    "/scenarios/{code}",
    status_code=204,
    openapi_extra={
        "parameters": [
            *NOTHING.describe_with_path("code", "Code of a scenario.")["parameters"],
            SECRET_DESCRIBED,
        ]
    },
    responses=refused(HTTPStatus.FORBIDDEN),
)
def delete_scenario(request: Request, served: ServedDep, engine: EntryEngineDep) -> Response:
    """Forget a scenario, for whoever has its secret."""
    NOTHING.read_query(request.scope["query_string"])
    secret = request.headers.get(SECRET_HEADER, "")
    scenarios.delete_scenario(engine, served.snapshot.city.slug, code_of(request), secret)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def scenario_of(body: dict[str, Any]) -> tuple[str, WhatIf]:
    """The name and the what-if of a body; raises ParameterError, ScenarioNameError."""
    if not body.keys() <= {"name", "kind", "question", "changes"}:
        raise ParameterError("body", "A scenario has `name`, `kind`, `question` and `changes`, nothing else.")
    if body.get("kind", WHAT_IF) != WHAT_IF:
        raise ParameterError("kind", f"`kind` must be {WHAT_IF}.")
    name, question = body.get("name"), body.get("question", {})
    if not isinstance(name, str):
        raise ParameterError("name", "`name` must be a text.")
    if not isinstance(question, dict):
        raise ParameterError("question", "`question` must be an object, as in POST /what-if without the changes.")
    values = ASKED.read_object(question)
    asked = WhatIf(question_of(values), changes_of(body.get("changes"), Datum(values["coord"])))
    return scenarios.plain_name(name), asked


def code_of(request: Request) -> str:
    """The code in the address; raises ScenarioNotFoundError for what is none."""
    code = str(request.path_params["code"])
    try:
        return code_text(code)
    except ValueError:
        raise ScenarioNotFoundError(code[:CODE_LENGTH]) from None


def question_on_the_wire(question: Mapping[str, Any]) -> dict[str, Any]:
    """A stored question under the names it is asked by; what was not asked is left out."""
    return {WORDS_ON_THE_WIRE.get(name, name): value for name, value in question.items() if value not in (None, [])}


def head_on_the_wire(head: ScenarioHead) -> dict[str, Any]:
    """A scenario as the list shows it."""
    return {**asdict(head), "question": question_on_the_wire(head.question)}


def present_on_the_wire(present: scenarios.Present) -> dict[str, Any]:
    """A scenario on the present facts."""
    plain = asdict(present)
    if plain["result"] is not None:
        plain["result"].pop(SITING, None)  # what siting said stands with what was saved; it is not worked out anew
    return {"snapshot": plain.pop("snapshot_id"), **plain, "dropped": list(present.dropped)}
