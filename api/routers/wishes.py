"""Wishes: riders say where a station is wanted; operators read and review them with a key."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.bodies import json_object
from api.callers import SECURED, CallerDep
from api.dependencies import ClockDep, EngineDep, EntryEngineDep, PaceDep, ServedDep
from api.filters import words_parameter
from api.parameters import REQUIRED, Parameter, ParameterTable, choice, instant
from api.responses import json_answer
from api.routers.nearest import COORD
from api.routers.reports import report_id, reporter_token
from api.routers.what_if import LAT, LON, text_up_to
from api.schemas.answers import answers_with, refused
from api.schemas.rider import Accepted
from api.schemas.wishes import Wished, WishedInFull, WishQueue
from geo.datum import Datum, to_wgs84
from geo.places.vocabulary import AMENITIES, WISH_HOURS, WISH_STATES
from geo.services import wishes
from geo.services.keys import WISHES_REVIEW
from geo.services.wishes import LONGEST_NOTE, MOST_NEEDS, Wish

router = APIRouter(tags=["wishes"])

MOST_BODY_BYTES = 2_000

ONE_WISH = ParameterTable(
    (
        LON,
        LAT,
        COORD,
        words_parameter("needs", AMENITIES, f"What is needed there: up to {MOST_NEEDS} amenities."),
        words_parameter("hours", WISH_HOURS, "When it should be open. Left out: the hour does not matter."),
        Parameter(
            "at",
            instant,
            {"type": "string", "format": "date-time"},
            "When it was wished, with an offset; the day is kept. What a wrong clock puts into the future counts as "
            "now.",
            REQUIRED,
        ),
        Parameter(
            "reporter",
            reporter_token,
            {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
            "A token the phone made at random and keeps. It is not stored, only what it makes together with the cell "
            "of the place: enough to count a rider once, too little to follow one from place to place.",
            REQUIRED,
        ),
        Parameter(
            "id",
            report_id,
            {"type": "string", "format": "uuid"},
            "A UUID the phone made for this wish. Sent twice, it is one wish.",
            REQUIRED,
        ),
    )
)
STATE = Parameter(
    "state", choice(*WISH_STATES.codes), {"type": "string", "enum": [*WISH_STATES.codes]}, "Only wishes of this state."
)
QUEUE = ParameterTable((STATE,))
REVIEW = ParameterTable(
    (
        Parameter("state", STATE.read, STATE.schema, "What becomes of the wishes of this place.", REQUIRED),
        Parameter("note", text_up_to(LONGEST_NOTE), {"type": "string", "maxLength": LONGEST_NOTE}, "Why, in words."),
    )
)
NOTHING = ParameterTable(())
CELL = ("cell", "The wishes' cell (H3, resolution 9).")


def body_of(table: ParameterTable) -> dict[str, object]:
    """A request's body, in OpenAPI's words."""
    schema = {
        "type": "object",
        "required": [one.name for one in table.parameters if one.required],
        "additionalProperties": False,
        "properties": table.describe_properties(),
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


KEYED = refused(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


@router.post(
    "/wishes",
    status_code=202,
    openapi_extra=body_of(ONE_WISH),
    responses=answers_with(Accepted, status=202) | refused(HTTPStatus.TOO_MANY_REQUESTS),
)
async def send_wish(
    request: Request, served: ServedDep, clock: ClockDep, engine: EntryEngineDep, pace: PaceDep
) -> Response:
    """
    Take down that a rider wants a station at a place: no free text, no login.

    The place is given on purpose; it is kept to some ten metres, with the day and what is needed, and nothing else.
    Keep a wish that is answered with 429 or 503 and send it again after `Retry-After`; its id makes that safe.
    """
    values = ONE_WISH.read_object(await json_object(request, MOST_BODY_BYTES, holding="lon"))
    lon, lat = to_wgs84(values["lon"], values["lat"], Datum(values["coord"]))
    sent = Wish(
        wish_id=values["id"],
        lon=float(lon),
        lat=float(lat),
        needs=tuple(values["needs"]),
        hours=tuple(values["hours"]),
        at=values["at"],
        reporter=values["reporter"],
    )
    city, home = served.snapshot.city, served.snapshot.box
    await pace.count("wishes")
    await run_in_threadpool(wishes.take_wish, engine, city.city_id, sent, home, now=clock())
    answer = json_answer(request, {"accepted": True})
    answer.status_code = 202
    return answer


@router.get(
    "/wishes",
    openapi_extra={**QUEUE.describe(), "security": SECURED},
    responses=answers_with(WishQueue) | KEYED,
)
async def read_wishes(request: Request, served: ServedDep, caller: CallerDep, engine: EngineDep) -> Response:
    """
    The places where riders want a station, those of most riders first; a key of one district sees that district's.

    Needs a key with the scope `wishes:review`.
    """
    values = QUEUE.read_query(request.scope["query_string"])
    caller.require(WISHES_REVIEW)
    slug = served.snapshot.city.slug
    found = await run_in_threadpool(
        lambda: wishes.list_wishes(engine, slug, state=values["state"], district_code=caller.district_code)
    )
    return json_answer(request, {"wishes": found})


@router.get(
    "/wishes/{cell}",
    openapi_extra={**NOTHING.describe_with_path(*CELL), "security": SECURED},
    responses=answers_with(WishedInFull) | KEYED,
)
async def read_wish(request: Request, served: ServedDep, caller: CallerDep, engine: EngineDep) -> Response:
    """One place where a station is wanted, with what was decided of it. Needs a key with the scope `wishes:review`."""
    NOTHING.read_query(request.scope["query_string"])
    caller.require(WISHES_REVIEW)
    cell, slug = str(request.path_params["cell"]), served.snapshot.city.slug
    return json_answer(request, await run_in_threadpool(wishes.wish_in_full, engine, slug, cell, caller=caller))


@router.put(
    "/wishes/{cell}/review",
    openapi_extra={**NOTHING.describe_with_path(*CELL), **body_of(REVIEW), "security": SECURED},
    responses=answers_with(Wished) | KEYED,
)
async def put_review(
    request: Request, served: ServedDep, clock: ClockDep, caller: CallerDep, engine: EntryEngineDep
) -> Response:
    """
    Say what becomes of the wishes of a place: new, accepted, declined or built; the change log remembers who said so.

    Accepted places are candidates of siting (`sources: wishes`). Needs a key with the scope `wishes:review`.
    """
    NOTHING.read_query(request.scope["query_string"])
    caller.require(WISHES_REVIEW)
    values = REVIEW.read_object(await json_object(request, MOST_BODY_BYTES, holding="state"))
    cell, slug = str(request.path_params["cell"]), served.snapshot.city.slug
    place = await run_in_threadpool(
        lambda: wishes.review(
            engine,
            slug,
            cell,
            state=values["state"],
            note=values["note"],
            by=caller.name,
            now=clock(),
            caller=caller,
        )
    )
    return json_answer(request, place)
