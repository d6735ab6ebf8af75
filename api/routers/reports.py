"""Riders' reports: sent, and what became of them. The only thing a rider's page ever writes."""

from __future__ import annotations

import re
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import json_object
from api.dependencies import ClockDep, EngineDep, EntryEngineDep, PaceDep, ServedDep
from api.errors import ParameterError
from api.parameters import REQUIRED, Parameter, ParameterTable, choice, instant
from api.responses import REVALIDATE, json_answer, unchanged, weak_tag
from api.routers.facilities import facility_position
from api.schemas.answers import answers_with, refused
from api.schemas.rider import Accepted, StationReports
from geo.places import vocabulary
from geo.services.rider_reports import Report, reports_of_station, take_report

router = APIRouter(tags=["reports"])

MOST_BODY_BYTES = 2_000

WITH_AMENITY = ("amenity_broken", "supplies_out")
"""Kinds of report that may say which amenity they are about."""

KINDS = vocabulary.REPORT_KINDS.codes


def report_id(text: str) -> UUID:
    """A UUID in its usual spelling."""
    if not re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        raise ValueError("must be a UUID such as 0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10")
    return UUID(text)


def reporter_token(text: str) -> str:
    """A token of the phone's own making."""
    if not re.fullmatch("[A-Za-z0-9_-]{16,64}", text):
        raise ValueError("must be 16 to 64 letters, digits, hyphens or underscores that the phone made at random")
    return text


def station_number(text: str) -> str:
    """What may be a station's id; whether there is such a one is asked later."""
    if not re.fullmatch("[0-9]{1,18}", text):
        raise ValueError("must be a station's id")
    return text


ONE_REPORT = ParameterTable(
    (
        Parameter(
            "station", station_number, {"type": "string"}, "Id of the station, as in `/stations.json`.", REQUIRED
        ),
        Parameter("kind", choice(*KINDS), {"type": "string", "enum": [*KINDS]}, "What was found.", REQUIRED),
        Parameter(
            "at",
            instant,
            {"type": "string", "format": "date-time"},
            "When it was found, with an offset. What a wrong clock puts into the future counts as now.",
            REQUIRED,
        ),
        Parameter(
            "reporter",
            reporter_token,
            {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
            "A token the phone made at random and keeps. It is not stored, only what it makes together with the "
            "station: enough to count a rider once per station, too little to follow one from station to station.",
            REQUIRED,
        ),
        Parameter(
            "id",
            report_id,
            {"type": "string", "format": "uuid"},
            "A UUID the phone made for this report. Sent twice, it is one report.",
            REQUIRED,
        ),
        Parameter(
            "amenity",
            choice(*vocabulary.AMENITIES.codes),
            {"type": "string", "enum": [*vocabulary.AMENITIES.codes]},
            f"What is broken or used up; only with {' or '.join(WITH_AMENITY)}.",
        ),
    )
)

REPORT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["station", "kind", "at", "reporter", "id"],
                    "additionalProperties": False,
                    "properties": ONE_REPORT.describe_properties(),
                }
            }
        },
    }
}

NOTHING = ParameterTable(())


@router.post(
    "/reports",
    status_code=202,
    openapi_extra=REPORT_BODY,
    responses=answers_with(Accepted, status=202) | refused(HTTPStatus.TOO_MANY_REQUESTS),
)
async def send_report(
    request: Request, served: ServedDep, clock: ClockDep, engine: EntryEngineDep, pace: PaceDep
) -> Response:
    """
    Take down what a rider found at a station: no position, no free text, no login.

    Keep a report that is answered with 429 or 503 and send it again after `Retry-After`; its id makes that safe. Three
    riders who report the same within 30 days bring the station into doubt (待核实) until an operator answers or as many
    confirm that all is well.
    """
    values = ONE_REPORT.read_object(await json_object(request, MOST_BODY_BYTES, holding="station"))
    if values["amenity"] is not None and values["kind"] not in WITH_AMENITY:
        raise ParameterError("amenity", f"`amenity` goes with {' or '.join(WITH_AMENITY)} only.")
    position = facility_position(served, values["station"])
    sent = Report(
        report_id=values["id"],
        facility_id=served.snapshot.facility_ids[position],
        kind=values["kind"],
        amenity=values["amenity"],
        at=values["at"],
        reporter=values["reporter"],
    )
    await pace.count("reports")
    await run_in_threadpool(take_report, engine, served.snapshot.city.city_id, sent, now=clock())
    answer = json_answer(request, {"accepted": True})
    answer.status_code = 202
    return answer


@router.get(
    "/facilities/{identity}/reports",
    openapi_extra=NOTHING.describe_with_path("identity", "Id of a facility."),
    responses=answers_with(StationReports),
)
def read_reports(request: Request, served: ServedDep, clock: ClockDep, engine: EngineDep) -> Response:
    """
    What riders said of a station in the last 30 days: what is in doubt, who confirms, what waits for an answer.

    Asked of the database, so that it is fresh; without one it is a 503, and everything else about the station is not.
    """
    NOTHING.read_query(request.scope["query_string"])
    identity = request.path_params["identity"]
    facility_id = served.snapshot.facility_ids[facility_position(served, identity)]
    said = {"station": str(facility_id), **reports_of_station(engine, facility_id, now=clock())}
    # Asked for anew every time: whoever has just reported something wants to see it there.
    tag = weak_tag(said)
    return unchanged(request, tag, cache=REVALIDATE) or json_answer(request, said, cache=REVALIDATE, tag=tag)
