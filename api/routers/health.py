"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.dependencies import HolderDep
from api.parameters import ParameterTable
from api.responses import json_answer
from api.schemas.answers import Ready, answers_with

router = APIRouter(tags=["health"])

NOTHING = ParameterTable(())


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
