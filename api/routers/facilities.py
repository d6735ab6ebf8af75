"""One facility in full."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.dependencies import ClockDep, ServedDep
from api.parameters import ParameterTable, canonical
from api.presentation import facility_body
from api.responses import GEOJSON_TYPE, PUBLIC, GeoJsonAnswer, json_answer, unchanged, weak_tag
from api.routers.nearest import COORD
from api.schemas.answers import Facility, answers_with
from api.served import Served
from geo.errors import NotFoundError

router = APIRouter(tags=["facilities"])

ONE_FACILITY = ParameterTable((COORD,))


class FacilityNotFoundError(NotFoundError):
    """No facility of the city has this id."""

    def __init__(self, identity: str) -> None:
        shown = identity if identity.isalnum() and len(identity) <= 40 else "like this"
        super().__init__(f"There is no facility {shown}. `/stations.json` lists the ids.")


@router.get(
    "/facilities/{identity}",
    openapi_extra=ONE_FACILITY.describe_with_path("identity", "Id of a facility."),
    response_class=GeoJsonAnswer,
    responses=answers_with(Facility),
)
async def read_facility(request: Request, served: ServedDep, clock: ClockDep) -> Response:
    """One facility: what it has, how to get in, whether it is open, links that lead there."""
    identity = request.path_params["identity"]
    values = ONE_FACILITY.read_query(request.scope["query_string"])
    position = facility_position(served, identity)
    at = clock()
    tag = weak_tag(served.snapshot.id, identity, canonical(values), at.replace(second=0, microsecond=0))
    return unchanged(request, tag, cache=PUBLIC) or json_answer(
        request,
        facility_body(served, position, at, values["coord"]),
        media_type=GEOJSON_TYPE,
        cache=PUBLIC,
        tag=tag,
    )


def facility_position(served: Served, identity: str) -> int:
    """The position of the facility that an id in an address names; raises FacilityNotFoundError."""
    # `isdigit` alone would take superscripts, which `int` refuses.
    number = int(identity) if identity.isascii() and identity.isdigit() and len(identity) < 19 else -1
    position = served.snapshot.position_of_id.get(number)
    if position is None:
        raise FacilityNotFoundError(identity)
    return position
