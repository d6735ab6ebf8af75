"""Where the next stations go: questions taken as background work, followed, stopped, and kept as scenarios."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import orjson
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import body_bytes, json_object
from api.dependencies import ClockDep, EntryEngineDep, PaceDep, ServedDep, SettingsDep
from api.errors import ParameterError
from api.filters import words_parameter
from api.parameters import (
    REQUIRED,
    Parameter,
    ParameterTable,
    choice,
    csv_of,
    integer,
    number,
    truth,
    words_schema,
)
from api.responses import json_answer
from api.routers.coverage import ONE_QUESTION, question_of
from api.routers.nearest import COORD
from api.routers.scenarios import kept_answer
from api.routers.what_if import LAT, LON, text_up_to
from api.schemas.answers import answers_with
from api.schemas.scenarios import KeptAnswer
from api.schemas.siting import CandidatesRead, JobAnswer
from api.siting_desk import Job, NoAnswerYetError, SitingDesk
from geo.datum import Datum, to_wgs84
from geo.places.candidate_list import MOST_ROWS, ListedCandidate, on_ground_floor, read_candidate_list
from geo.places.vocabulary import HOST_TYPES
from geo.progress import Progress
from geo.services.scenarios import plain_name
from geo.services.siting import MOST_SITES, TASKS, Siting, SoFar, gain_curve, plan
from geo.services.siting_candidates import RULES, SOURCES, Wish
from geo.services.siting_check import Address, check_address
from geo.services.siting_drafts import save_answer
from geo.services.siting_words import describe, describe_candidates, describe_curve, describe_so_far
from geo.snapshot.model import Snapshot

router = APIRouter(tags=["siting"])

LONGEST_S = 60.0
"""How long the service searches for one question at most; the command line searches longer."""
MOST_NAMED = 1_000

NUMBER = {"type": "number"}
MONEY = {"type": "number", "minimum": 0}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
SOURCE = Parameter(
    "sources",
    csv_of(SOURCES),
    words_schema(SOURCES),
    "Where candidates come from. Left out: the list if there is one, else hosts, else streets.",
    frozenset(),
)
HOST = words_parameter("host_types", HOST_TYPES, "Only hosts of these types.")
OF_WISH = (
    SOURCE,
    HOST,
    words_parameter("require", RULES, "Conditions no candidate may fail."),
    Parameter("strict", truth, {"type": "boolean"}, "Leave out what is not known to keep them, too.", False),
)
OF_EFFORT = (
    Parameter("seed", integer(0, 2**31 - 1), {"type": "integer", "minimum": 0}, "Same seed, same answer.", 1),
    Parameter("seconds", number(0.1, LONGEST_S), {**NUMBER, "maximum": LONGEST_S}, "How long to search.", 10.0),
)
SITES = {"type": "integer", "minimum": 1, "maximum": MOST_SITES}
PLAN = ParameterTable(
    (
        *ONE_QUESTION.parameters,
        COORD,
        *OF_WISH,
        *OF_EFFORT,
        Parameter("task", choice(*TASKS), {"type": "string", "enum": [*TASKS]}, "What is asked.", "most"),
        Parameter("sites", integer(1, MOST_SITES), SITES, "How many new stations."),
        Parameter("budget", number(0, 1e12), MONEY, "What may be spent."),
        Parameter("share", number(0, 1), SHARE, "For the task share: of all people, to be covered."),
        Parameter("second", number(0, 1), SHARE, "For the task backup: worth of a second station.", 0.3),
        Parameter("floor", number(0, 1), SHARE, "Share covered in every district at least."),
        Parameter("default_cost", number(0, 1e12), MONEY, "Cost of candidates that state none."),
        Parameter("keep_cost", number(0.01, 1e12), MONEY, "Cost of keeping a station that may close."),
        Parameter("gap", number(0, 1), SHARE, "Good enough: 0.01 stops at a proven one per cent.", 0.0),
    )
)
CURVE = ParameterTable(
    (
        *ONE_QUESTION.parameters,
        COORD,
        *OF_WISH,
        *OF_EFFORT,
        Parameter("most", integer(1, MOST_SITES), SITES, "Draw the curve up to so many sites.", 30),
    )
)
CHECK = ParameterTable(
    (
        *ONE_QUESTION.parameters,
        COORD,
        *OF_WISH,
        LON,
        LAT,
        Parameter("name", text_up_to(200), {"type": "string"}, "Name of the place.", ""),
        Parameter("hours", text_up_to(500), {"type": "string"}, "Its opening hours."),
    )
)
YES_OR_NO = {"type": "boolean"}
CANDIDATE = ParameterTable(
    (
        Parameter("row", integer(1, 10**9), {"type": "integer"}, "Number of the row, part of its key."),
        Parameter("name", text_up_to(200), {"type": "string"}, "Name.", REQUIRED),
        LON,
        LAT,
        Parameter("host_type", choice(*HOST_TYPES.codes), {"type": "string", "enum": [*HOST_TYPES.codes]}, "Type."),
        Parameter("cost", number(0, 1e12), MONEY, "Cost."),
        Parameter("floor", text_up_to(20), {"type": "string"}, "Floor, as written."),
        Parameter("ground_floor", truth, YES_OR_NO, "Whether it is on the ground floor."),
        Parameter("street_facing", truth, YES_OR_NO, "Whether it faces the street."),
        Parameter("parking", truth, YES_OR_NO, "Whether there is room to park."),
        Parameter("toilet", truth, YES_OR_NO, "Whether there is a toilet."),
        Parameter("hours", text_up_to(500), {"type": "string"}, "Opening hours."),
        Parameter("capacity", integer(0, 10**6), {"type": "integer", "minimum": 0}, "People it holds."),
    )
)
NOTHING = ParameterTable(())
FILE = ParameterTable(
    (
        Parameter(
            "datum",
            choice(*(one.value for one in Datum)),
            {"type": "string", "enum": [one.value for one in Datum]},
            "Datum of the list, where it does not say.",
        ),
    )
)

KEYS = {"type": "array", "maxItems": MOST_NAMED, "items": {"type": "string"}}
LISTS: dict[str, Any] = {
    "candidates": {
        "type": "array",
        "maxItems": MOST_ROWS,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "lon", "lat"],
            "properties": CANDIDATE.describe_properties(),
        },
    },
    "zones": {"type": "object", "description": "GeoJSON polygons (WGS-84) in which no station may open."},
}
NAMED = {
    "force": KEYS,
    "forbid": KEYS,
    "may_close": {"type": "array", "maxItems": MOST_NAMED, "items": {"type": "integer"}},
}


def body_schema(table: ParameterTable, *others: dict[str, Any]) -> dict[str, Any]:
    """What a request holds, in OpenAPI's words."""
    properties = table.describe_properties()
    for other in others:
        properties |= other
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


JOB_NUMBER = NOTHING.describe_with_path("job", "Number of a siting question.")


@router.post(
    "/siting",
    status_code=202,
    openapi_extra=body_schema(PLAN, LISTS, NAMED),
    responses=answers_with(JobAnswer, status=202),
)
async def ask_plan(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """Choose sites, as background work: the answer says where to follow it."""
    body, lists = await _body(request, settings.max_body_bytes)
    named = {name: _named(name, lists.pop(name, None)) for name in ("force", "forbid")}
    may_close = _stations(lists.pop("may_close", None))
    values = PLAN.read_object(body)
    asked = Siting(
        question=question_of(values),
        wish=_wish(values, lists),
        task=values["task"],
        choose=values["sites"],
        budget=values["budget"],
        share=values["share"],
        second=values["second"],
        floor=values["floor"],
        force=named["force"],
        forbid=named["forbid"],
        may_close=may_close,
        default_cost=values["default_cost"],
        keep_cost=values["keep_cost"],
        seed=values["seed"],
        seconds=values["seconds"],
        target=values["gap"],
    )
    return _taken(request, "plan", partial(_plan, served.snapshot, asked))


@router.post(
    "/siting/curve",
    status_code=202,
    openapi_extra=body_schema(CURVE, LISTS),
    responses=answers_with(JobAnswer, status=202),
)
async def ask_curve(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """Draw how the gain grows with the number of sites, as background work."""
    body, lists = await _body(request, settings.max_body_bytes)
    _refuse_named(lists)
    values = CURVE.read_object(body)
    asked = Siting(question_of(values), _wish(values, lists), choose=1, seed=values["seed"], seconds=values["seconds"])
    return _taken(request, "curve", partial(_curve, served.snapshot, asked, values["most"]))


@router.post(
    "/siting/check",
    status_code=202,
    openapi_extra=body_schema(CHECK, LISTS),
    responses=answers_with(JobAnswer, status=202),
)
async def ask_check(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """Look at one address, as background work: whom it adds by mode and hour, conditions, rank."""
    body, lists = await _body(request, settings.max_body_bytes)
    _refuse_named(lists)
    values = CHECK.read_object(body)
    asked = Siting(question_of(values), _wish(values, lists), choose=1)
    address = Address.at(values["lon"], values["lat"], Datum(values["coord"]), values["name"], values["hours"])
    return _taken(request, "check", partial(_check, served.snapshot, asked, address))


@router.post(
    "/siting/candidates",
    openapi_extra={
        **FILE.describe(),
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}},
    },
    responses=answers_with(CandidatesRead),
)
async def read_candidates(request: Request, settings: SettingsDep) -> Response:
    """Read a list of candidates (.xlsx or .csv): rows for `candidates` in WGS-84, and what is wrong with others."""
    values = FILE.read_query(request.scope["query_string"])
    content = await body_bytes(request, settings.max_body_bytes)
    datum = None if values["datum"] is None else Datum(values["datum"])
    return json_answer(request, await run_in_threadpool(_candidates_in, content, datum))


def _candidates_in(content: bytes, datum: Datum | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candidates"
        path.write_bytes(content)
        read = read_candidate_list(path, datum=datum)
    return {
        "candidates": [one.as_dict() for one in read.rows],
        "problems": [one.as_dict() for one in read.problems],
        "rows_read": read.rows_read,
        "rows_refused": read.rows_refused,
    }


@router.get("/siting/{job}", openapi_extra=JOB_NUMBER, responses=answers_with(JobAnswer))
async def read_job(request: Request) -> Response:
    """Where a question is: waiting, running with its best answer so far, or done with its result."""
    NOTHING.read_query(request.scope["query_string"])
    return json_answer(request, _document(request, *_desk(request).look(_number(request))))


@router.delete("/siting/{job}", status_code=204, openapi_extra=JOB_NUMBER)
async def cancel_job(request: Request) -> Response:
    """Stop a question; what it has found by then stays to be read."""
    NOTHING.read_query(request.scope["query_string"])
    _desk(request).cancel(_number(request))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.post(
    "/siting/{job}/scenario",
    status_code=201,
    openapi_extra={
        **JOB_NUMBER,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["name"],
                        "additionalProperties": False,
                        "properties": {"name": {"type": "string"}},
                    }
                }
            },
        },
    },
    responses=answers_with(KeptAnswer, status=201),
)
async def keep_job(
    request: Request, served: ServedDep, engine: EntryEngineDep, clock: ClockDep, pace: PaceDep
) -> Response:
    """Keep the answer to a question as a scenario. The secret is answered this once; it lets its holder delete it."""
    body = await json_object(request, 10_000, holding="name")
    name = body.pop("name", None)
    if body or not isinstance(name, str):
        raise ParameterError("name", "Send the name of the scenario as `name`, and nothing else.")
    job, _ = _desk(request).look(_number(request))
    if job.kind != "plan" or job.result is None:
        raise NoAnswerYetError(job.state if job.kind == "plan" else f"a {job.kind}")
    name = plain_name(name)
    pace.count(request.client.host if request.client else "")
    slug = served.snapshot.city.slug
    kept = await run_in_threadpool(partial(save_answer, engine, slug, name, job.result, now=clock()))
    return kept_answer(request, kept)


def _plan(
    snapshot: Snapshot,
    asked: Siting,
    progress: Progress,
    show: Callable[[dict[str, Any]], None],
    cancelled: Callable[[], bool],
) -> dict[str, Any]:
    def tell(so_far: SoFar) -> None:
        show(describe_so_far(so_far))

    return _plain(describe(snapshot, plan(snapshot, asked, progress=progress, show=tell, cancelled=cancelled)))


def _curve(
    snapshot: Snapshot, asked: Siting, most: int, progress: Progress, _show: Any, _cancelled: Any
) -> dict[str, Any]:
    prepared, drawn = gain_curve(snapshot, asked, most, progress=progress)
    return _plain(describe_curve(prepared, drawn) | {"candidates": describe_candidates(prepared)})


def _check(
    snapshot: Snapshot, asked: Siting, address: Address, progress: Progress, _show: Any, _cancelled: Any
) -> dict[str, Any]:
    return _plain(check_address(snapshot, asked, address, progress=progress))


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Plain values only, so that nothing of the work stays in memory with its answer."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))
    return plain


def _desk(request: Request) -> SitingDesk:
    return cast(SitingDesk, request.app.state.siting_desk)


def _number(request: Request) -> str:
    return str(request.path_params["job"])


def _document(request: Request, job: Job, before: int) -> dict[str, Any]:
    return {**job.as_dict(), "waiting_before": before}


def _taken(request: Request, kind: str, work: Any) -> Response:
    job = _desk(request).ask(kind, work)
    answer = json_answer(request, _document(request, *_desk(request).look(job.number)))
    answer.status_code = 202
    answer.headers["Location"] = f"/siting/{job.number}"
    return answer


async def _body(request: Request, limit_bytes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body parted into single values and lists."""
    body = await json_object(request, limit_bytes, holding="sites")
    return body, {name: body.pop(name) for name in (*LISTS, *NAMED) if name in body}


def _refuse_named(lists: dict[str, Any]) -> None:
    for name in NAMED:
        if name in lists:
            raise ParameterError(name, f"There is no `{name}` here; it goes with POST /siting.")


def _named(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_NAMED or not all(isinstance(one, str) for one in value):
        raise ParameterError(name, f"`{name}` must be a list of at most {MOST_NAMED:,} keys of candidates.")
    return tuple(value)


def _stations(value: object) -> tuple[int, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_NAMED or not all(type(one) is int for one in value):
        raise ParameterError("may_close", f"`may_close` must be a list of at most {MOST_NAMED:,} numbers of stations.")
    return tuple(cast(list[int], value))


def _wish(values: dict[str, Any], lists: dict[str, Any]) -> Wish:
    zones = lists.get("zones")
    if zones is not None and not isinstance(zones, dict):
        raise ParameterError("zones", "`zones` must be a GeoJSON object.")
    return Wish(
        sources=tuple(sorted(values["sources"])),
        host_types=tuple(sorted(values["host_types"])),
        listed=_listed(lists.get("candidates"), Datum(values["coord"])),
        zones=None if zones is None else orjson.dumps(zones).decode(),
        require=tuple(sorted(values["require"])),
        strict=values["strict"],
    )


def _listed(value: object, datum: Datum) -> tuple[ListedCandidate, ...]:
    """The candidates of a body, in WGS-84; raises ParameterError with the number of the one that is wrong."""
    if value is None:
        return ()
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ROWS:
        raise ParameterError("candidates", f"`candidates` must be a list of 1 to {MOST_ROWS:,} places.")
    rows = []
    for place, one in enumerate(value):
        if not isinstance(one, dict):
            raise ParameterError(f"candidates[{place}]", f"`candidates[{place}]` must be an object.")
        try:
            read = CANDIDATE.read_object({name: known for name, known in one.items() if known is not None})
        except ParameterError as error:
            where = f"candidates[{place}]"
            raise ParameterError(f"{where}.{error.parameter}", f"In `{where}`: {error}") from None
        stated = read["ground_floor"]
        ground = on_ground_floor(read["floor"]) if stated is None else stated
        rows.append(ListedCandidate(**{**read, "row": read["row"] or place + 1, "ground_floor": ground}))
    numbers = [row.row for row in rows]
    if len(set(numbers)) < len(numbers):
        raise ParameterError("candidates", "Two candidates have the same `row`; give every one its own, or none.")
    lon, lat = to_wgs84([row.lon for row in rows], [row.lat for row in rows], datum)
    return tuple(replace(row, lon=x, lat=y) for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True))
