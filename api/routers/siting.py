"""Where the next stations go: questions taken as background work, followed, stopped, and kept as scenarios."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.bodies import body_bytes, json_object
from api.dependencies import ClockDep, EntryEngineDep, PaceDep, ServedDep, SettingsDep, engine_of, pace_of
from api.errors import ParameterError
from api.parameters import Parameter, ParameterTable, choice
from api.responses import json_answer
from api.routers.coverage import question_of
from api.routers.scenarios import kept_answer
from api.schemas.answers import answers_with, refused
from api.schemas.scenarios import KeptAnswer
from api.schemas.siting import CandidatesRead, JobAnswer
from api.siting_bodies import (
    CHECK,
    CURVE,
    OF_DEMAND,
    OF_PLACES,
    OF_PLAN,
    PLACES,
    PLAN,
    body_schema,
    layers_of,
    parted,
    read_with,
    siting_of,
    wish_of,
)
from api.siting_desk import Job, NoAnswerYetError, NoProofError, Outcome, SitingDesk
from geo.datum import Datum
from geo.places.candidate_list import read_candidate_list
from geo.progress import Progress
from geo.services.scenarios import plain_name
from geo.services.siting.check import Address, candidate_table, check_address
from geo.services.siting.drafts import save_answer
from geo.services.siting.lists import prepare
from geo.services.siting.planning import gain_curve, plan
from geo.services.siting.proofs import write_proof
from geo.services.siting.question import Siting, Start
from geo.services.siting.tasks import SoFar
from geo.services.siting.words import describe, describe_candidates, describe_curve, describe_so_far
from geo.services.wishes import AcceptedWish, accepted_wishes
from geo.snapshot.model import Snapshot

router = APIRouter(tags=["siting"])

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
JOB_NUMBER = NOTHING.describe_with_path("job", "Number of a siting question.")

TOO_OFTEN = refused(HTTPStatus.TOO_MANY_REQUESTS)

Show = Callable[[dict[str, Any]], None]
Cancelled = Callable[[], bool]


@router.post(
    "/siting",
    status_code=202,
    openapi_extra=body_schema(PLAN, OF_PLACES, OF_DEMAND, OF_PLAN),
    responses=answers_with(JobAnswer, status=202) | TOO_OFTEN,
)
async def ask_plan(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """Choose sites, as background work: the answer says where to follow it."""
    body = await json_object(request, settings.max_body_bytes, holding="sites")
    single, lists = parted(body, OF_PLACES, OF_DEMAND, OF_PLAN)
    values = read_with(PLAN, single)
    wished = await _wished(request, values, served.snapshot)
    asked = siting_of(values, lists, wished, _start(request, values["after"]))
    desk = _desk(request)
    place = desk.place_for_proof if values["certificate"] else None
    return await _taken(request, "plan", partial(_plan, served.snapshot, asked, place))


@router.post(
    "/siting/curve",
    status_code=202,
    openapi_extra=body_schema(CURVE, OF_PLACES, OF_DEMAND),
    responses=answers_with(JobAnswer, status=202) | TOO_OFTEN,
)
async def ask_curve(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """Draw how the gain grows with the number of sites, as background work."""
    body = await json_object(request, settings.max_body_bytes, holding="most")
    single, lists = parted(body, OF_PLACES, OF_DEMAND)
    values = read_with(CURVE, single)
    wish = wish_of(values, lists, await _wished(request, values, served.snapshot))
    asked = Siting(
        question_of(values),
        wish,
        choose=1,
        area=values["area"],
        layers=layers_of(lists),
        seed=values["seed"],
        seconds=values["seconds"],
    )
    return await _taken(request, "curve", partial(_curve, served.snapshot, asked, values["most"]))


@router.post(
    "/siting/check",
    status_code=202,
    openapi_extra=body_schema(CHECK, OF_PLACES),
    responses=answers_with(JobAnswer, status=202) | TOO_OFTEN,
)
async def ask_check(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """Look at one address, as background work: whom it adds by mode and hour, conditions, rank."""
    body = await json_object(request, settings.max_body_bytes, holding="lon")
    single, lists = parted(body, OF_PLACES)
    values = read_with(CHECK, single)
    wish = wish_of(values, lists, await _wished(request, values, served.snapshot))
    asked = Siting(question_of(values), wish, choose=1)
    address = Address.at(values["lon"], values["lat"], Datum(values["coord"]), values["name"], values["hours"])
    return await _taken(request, "check", partial(_check, served.snapshot, asked, address))


@router.post(
    "/siting/places",
    status_code=202,
    openapi_extra=body_schema(PLACES, OF_PLACES, OF_DEMAND),
    responses=answers_with(JobAnswer, status=202) | TOO_OFTEN,
)
async def ask_places(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """List the candidates of a question, as background work: places, whom each adds alone, why one is left out."""
    body = await json_object(request, settings.max_body_bytes, holding="sources")
    single, lists = parted(body, OF_PLACES, OF_DEMAND)
    values = read_with(PLACES, single)
    wish = wish_of(values, lists, await _wished(request, values, served.snapshot))
    asked = Siting(question_of(values), wish, choose=1, area=values["area"], layers=layers_of(lists))
    return await _taken(request, "places", partial(_places, served.snapshot, asked))


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


@router.get(
    "/siting/{job}/certificate",
    openapi_extra=JOB_NUMBER,
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_certificate(request: Request) -> FileResponse:
    """Fetch what proves the bound (.npz): raw cover lists, people, costs, and the numbers of the certificate."""
    NOTHING.read_query(request.scope["query_string"])
    job, _ = _desk(request).look(_number(request))
    if job.state in ("waiting", "running"):
        raise NoAnswerYetError(job.state)
    if job.proof is None:
        raise NoProofError
    return FileResponse(
        job.proof,
        media_type="application/octet-stream",
        filename="yiquan-siting-certificate.npz",
        headers={"Cache-Control": "no-store"},
    )


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
    responses=answers_with(KeptAnswer, status=201) | TOO_OFTEN,
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
    await pace.count("scenarios")
    slug = served.snapshot.city.slug
    kept = await run_in_threadpool(partial(save_answer, engine, slug, name, job.result, now=clock()))
    return kept_answer(request, kept)


# ── the work ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _plan(
    snapshot: Snapshot,
    asked: Siting,
    place_for: Callable[[], Path] | None,
    progress: Progress,
    show: Show,
    cancelled: Cancelled,
) -> Outcome:
    def tell(so_far: SoFar) -> None:
        show(describe_so_far(so_far))

    answered = plan(snapshot, asked, progress=progress, show=tell, cancelled=cancelled)
    proof = None
    if place_for is not None and answered.found.certificate is not None:
        proof = place_for()
        write_proof(proof, answered.found.certificate)
    return Outcome(_plain(describe(snapshot, answered)), answered.start, proof)


def _curve(
    snapshot: Snapshot, asked: Siting, most: int, progress: Progress, _show: Show, cancelled: Cancelled
) -> Outcome:
    prepared, drawn = gain_curve(snapshot, asked, most, progress=progress, cancelled=cancelled)
    return Outcome(_plain(describe_curve(prepared, drawn) | {"candidates": describe_candidates(prepared)}))


def _check(
    snapshot: Snapshot, asked: Siting, address: Address, progress: Progress, _show: Show, cancelled: Cancelled
) -> Outcome:
    return Outcome(_plain(check_address(snapshot, asked, address, progress=progress, cancelled=cancelled)))


def _places(snapshot: Snapshot, asked: Siting, progress: Progress, _show: Show, cancelled: Cancelled) -> Outcome:
    columns = candidate_table(snapshot, asked, progress=progress, cancelled=cancelled)
    return Outcome(_plain({"columns": columns, "candidates": describe_candidates(prepare(snapshot, asked))}))


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Plain values only, so that nothing of the work stays in memory with its answer."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))
    return plain


async def _wished(request: Request, values: dict[str, Any], snapshot: Snapshot) -> tuple[AcceptedWish, ...]:
    """The wishes of riders that operators accepted, where they are asked for: nothing else needs the database."""
    if "wishes" not in values["sources"]:
        return ()
    engine = await engine_of(request)
    return await run_in_threadpool(accepted_wishes, engine, snapshot.city.slug)


def _start(request: Request, after: str | None) -> Start | None:
    """The answer to begin from; raises JobNotFoundError, NoAnswerYetError."""
    if after is None:
        return None
    job, _ = _desk(request).look(after)
    if job.start is None:
        raise NoAnswerYetError(job.state if job.kind == "plan" else f"a {job.kind}")
    return job.start


def _desk(request: Request) -> SitingDesk:
    return cast(SitingDesk, request.app.state.siting_desk)


def _number(request: Request) -> str:
    return str(request.path_params["job"])


def _document(request: Request, job: Job, before: int) -> dict[str, Any]:
    return {**job.as_dict(), "waiting_before": before}


async def _taken(request: Request, kind: str, work: Any) -> Response:
    await (await pace_of(request)).count_while_possible("sitings")
    job = _desk(request).ask(kind, work)
    answer = json_answer(request, _document(request, *_desk(request).look(job.number)))
    answer.status_code = 202
    answer.headers["Location"] = f"/siting/{job.number}"
    return answer
