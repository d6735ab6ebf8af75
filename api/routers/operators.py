"""What operators read over HTTP: more than the public may know, so each address here needs a key with its scope."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.callers import SECURED, CallerDep
from api.dependencies import EngineDep, ServedDep
from api.parameters import ParameterTable
from api.responses import json_answer
from api.schemas.answers import answers_with, refused
from api.schemas.operators import ReportQueue
from geo.services.keys import REPORTS_READ
from geo.services.rider_reports import verification_queue

router = APIRouter(tags=["operators"])

NOTHING = ParameterTable(())


@router.get(
    "/reports",
    openapi_extra={**NOTHING.describe(), "security": SECURED},
    responses=answers_with(ReportQueue)
    | refused(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
)
async def read_queue(request: Request, served: ServedDep, caller: CallerDep, engine: EngineDep) -> Response:
    """
    The stations whose reports wait for an answer, those in doubt first; a key of one district sees that district's.

    Needs a key with the scope `reports:read`.
    """
    NOTHING.read_query(request.scope["query_string"])
    caller.require(REPORTS_READ)
    rows = await run_in_threadpool(verification_queue, engine, served.snapshot.city.slug)
    district_of = dict(
        zip(served.snapshot.facility_ids, served.snapshot.facilities["district_code"].tolist(), strict=True)
    )
    own = [
        {**row, "facility_id": str(row["facility_id"])}
        for row in rows
        if caller.district_code in (None, district_of.get(row["facility_id"]))
    ]
    return json_answer(request, {"stations": own})
