"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import cast

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.callers import caller_of
from api.dependencies import ClockDep, HolderDep, SettingsDep, served_of
from api.metrics import TEXT_TYPE, Metrics
from api.parameters import ParameterTable
from api.responses import json_answer
from api.schemas.answers import Ready, answers_in, answers_with, refused
from geo.errors import ForbiddenError

router = APIRouter(tags=["health"])

NOTHING = ParameterTable(())

BY_PROXIES = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Headers that say a request comes from elsewhere, whoever handed it on."""


class NotFromHereError(ForbiddenError):
    """Counts are asked for from another machine."""

    def __init__(self) -> None:
        super().__init__("This is told to programs on the same machine alone; YIQUAN_METRICS=key opens it to keys.")


@router.get("/healthz")
async def read_health(request: Request) -> Response:
    """The process lives. Nothing else is looked at: a supervisor must not restart it for somebody else's fault."""
    NOTHING.read_query(request.scope["query_string"])
    return json_answer(request, {"status": "ok"})


@router.get("/readyz", responses=answers_with(Ready))
async def read_readiness(request: Request, holder: HolderDep) -> Response:
    """`ready`; `degraded` when it answers from a snapshot it cannot renew; 503 and `unready` when it has none."""
    NOTHING.read_query(request.scope["query_string"])
    state = holder.state()
    answer = json_answer(request, state)
    answer.status_code = 503 if state["status"] == "unready" else 200
    return answer


@router.get(
    "/metrics",
    response_class=Response,
    responses=answers_in(TEXT_TYPE)
    | refused(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
)
async def read_metrics(request: Request, settings: SettingsDep, clock: ClockDep) -> Response:
    """What this process counts of itself, for Prometheus; told on the same machine, or to a key."""
    NOTHING.read_query(request.scope["query_string"])
    if not is_from_here(request):
        if settings.metrics != "key":
            raise NotFromHereError
        await caller_of(request, await served_of(request), clock)
    metrics = cast(Metrics, request.app.state.metrics)
    text = await run_in_threadpool(metrics.text)
    return Response(text, media_type=TEXT_TYPE, headers={"Cache-Control": "no-store"})


def is_from_here(request: Request) -> bool:
    """Whether a program on this machine asks, and not for somebody else: an unknown proxy on it hands on anybody."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return address.is_loopback and not any(name in request.headers for name in BY_PROXIES)
