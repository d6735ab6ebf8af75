"""HSDS 3.0: organisations, services and where they are, for apps that speak Open Referral."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from api.dependencies import SHANGHAI, ServedDep
from api.parameters import Parameter, ParameterTable, choice, instant, integer, truth
from api.responses import JSON_TYPE, body_answer, unchanged, weak_tag
from api.routers.features import base_of
from api.schemas.answers import answers_with
from api.schemas.hsds import (
    AtLocationOnItsOwn,
    AtLocationPage,
    FullService,
    HsdsRoot,
    OrganizationPage,
    OrganizationWithServices,
    ServicePage,
    Taxonomy,
    TaxonomyPage,
    TaxonomyTerm,
    TermPage,
)
from geo.errors import NotFoundError
from geo.services.hsds.directory import Directory, directory_of
from geo.services.hsds.search import Wanted, organizations_wanted, rows_wanted, services_wanted
from geo.services.hsds.taxonomies import terms

router = APIRouter(prefix="/hsds", tags=["hsds"])

VERSION = "3.0"

MOST_ON_A_PAGE = 1000
USUAL_ON_A_PAGE = 50

LONGEST_SEARCH = 100

ASK_AGAIN = "public, no-cache"
"""May be kept, must be asked for again. Not `REVALIDATE`, whose compressed bodies are kept: these may be megabytes."""

MANY_TO_ONE = ("attributes", "languages")
"""Members of a service that lists leave out."""

Record = dict[str, Any]


class RecordNotFoundError(NotFoundError):
    """No record of a list has this id."""

    def __init__(self, listed: str) -> None:
        super().__init__(f"There is nothing of this id here; /hsds/{listed} lists what there is.")


# ── what may be asked ───────────────────────────────────────────────────────────────────────────────────────────


def uuid_text(text: str) -> str:
    """A UUID in its usual spelling."""
    try:
        found = str(UUID(text))
    except ValueError:
        found = ""
    if found != text.lower():
        raise ValueError("must be a UUID such as 0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10")
    return found


def searched(text: str) -> str:
    """A few words."""
    if not 1 <= len(text) <= LONGEST_SEARCH or not text.isprintable():
        raise ValueError(f"must be 1 to {LONGEST_SEARCH} letters")
    return text


def moment_or_day(text: str) -> datetime:
    """A moment with its offset, or a day in the city."""
    if len(text) != 10:
        return instant(text)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a moment like 2026-11-20T12:00:00+08:00, or a day like 2026-11-20") from None
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


PAGE = (
    Parameter("page", integer(1, 1_000_000), {"type": "integer", "minimum": 1}, "Which page, from 1.", 1),
    Parameter(
        "per_page",
        integer(1, MOST_ON_A_PAGE, clamp=True),
        {"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE},
        f"How many on a page; {USUAL_ON_A_PAGE} unless said, all with `minimal`.",
    ),
    Parameter("format", choice("json"), {"type": "string", "enum": ["json"]}, "There is one form.", "json"),
)
SEARCH = Parameter(
    "search",
    searched,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_SEARCH},
    "A text in a name, an address or a service.",
)
UUID_SCHEMA = {"type": "string", "format": "uuid"}
TERM = Parameter(
    "taxonomy_term_id", uuid_text, UUID_SCHEMA, "With this term, or one under it; amenities must be usable."
)
TAXONOMY = Parameter("taxonomy_id", uuid_text, UUID_SCHEMA, "With any term of this taxonomy.")
OWNER = Parameter("organization_id", uuid_text, UUID_SCHEMA, "Of this organisation.")
SINCE = Parameter(
    "modified_after",
    moment_or_day,
    {"type": "string"},
    "Changed at or after a moment, or since a day. What is gone is told by /changes.",
)
BOOLEAN = {"type": "boolean"}
FULL = Parameter("full", truth, BOOLEAN, "Whole records with everything that belongs to them.", False)
FULL_SERVICE = Parameter("full_service", truth, BOOLEAN, "With whole services.", False)
MINIMAL = Parameter("minimal", truth, BOOLEAN, "Only ids and when changed, all on one page.", False)
PARENT = Parameter("parent_id", uuid_text, UUID_SCHEMA, "Under this term.")
TOP_ONLY = Parameter("top_only", truth, BOOLEAN, "Only terms that stand under no other.", False)

NOTHING = ParameterTable(())
OF_SERVICES = ParameterTable((SEARCH, TERM, TAXONOMY, OWNER, SINCE, MINIMAL, FULL, *PAGE))
OF_AT_LOCATIONS = ParameterTable((SEARCH, TERM, TAXONOMY, OWNER, SINCE, FULL, *PAGE))
OF_ORGANIZATIONS = ParameterTable((SEARCH, TERM, TAXONOMY, FULL, FULL_SERVICE, *PAGE))
OF_ORGANIZATION = ParameterTable((FULL_SERVICE,))
OF_TAXONOMIES = ParameterTable((SEARCH, *PAGE))
OF_TERMS = ParameterTable((SEARCH, TAXONOMY, PARENT, TOP_ONLY, *PAGE))


def wanted(values: Mapping[str, Any]) -> Wanted:
    """What a question asks for."""
    return Wanted(**{name: values[name] for name in Wanted.__dataclass_fields__ if name in values})


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(request: Request, served: Any, make: Callable[[], Any]) -> Response:
    """What is asked of a snapshot, or 304 before any work to whoever holds it."""
    tag = weak_tag("hsds", served.snapshot.id, request.url.path, request.scope["query_string"], base_of(request))
    kept = unchanged(request, tag, cache=ASK_AGAIN)
    return kept or body_answer(request, orjson.dumps(make()), media_type=JSON_TYPE, cache=ASK_AGAIN, tag=tag)


def page_of(rows: Sequence[Any], values: Mapping[str, Any], record: Callable[[Any], Any]) -> Record:
    """One page in the specification's envelope; only what is on it is written."""
    usual = max(len(rows), 1) if values.get("minimal") else USUAL_ON_A_PAGE
    size, number = values["per_page"] or usual, values["page"]
    contents = [record(row) for row in rows[(number - 1) * size : number * size]]
    pages = -(-len(rows) // size)
    return {
        "total_items": len(rows),
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": contents,
    }


def places(mask: Any) -> list[int]:
    """The places of what a mask lets through."""
    return [int(place) for place in np.flatnonzero(mask)]


def listed_service(directory: Directory, place: int) -> Record:
    """A service as lists show it."""
    said = {name: value for name, value in directory.services[place].items() if name not in MANY_TO_ONE}
    return {**said, "organization": directory.organizations[directory.organization_of_service[place]]}


def full_service(directory: Directory, place: int) -> Record:
    """A service with everything that belongs to it."""
    rows = directory.rows_of_service(place)
    given = [directory.at_location(row, is_whole=True) for row in rows]
    more = {name: directory.services[place][name] for name in MANY_TO_ONE}
    return {**listed_service(directory, place), **more, "service_at_locations": given}


def full_at_location(directory: Directory, row: int) -> Record:
    """A service at a location with everything that belongs to it."""
    service = listed_service(directory, int(directory.service_of_row[row]))
    return {**directory.at_location(row, is_whole=True), "service": service}


def organization_with_services(directory: Directory, place: int, *, are_whole: bool) -> Record:
    """An organisation with its services."""
    own = places(directory.organization_of_service == place)
    if are_whole:
        services = [full_service(directory, one) for one in own]
    else:
        services = [
            {name: value for name, value in directory.services[one].items() if name not in MANY_TO_ONE} for one in own
        ]
    return {**directory.organizations[place], "services": services}


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────
# Plain `def`, so that the framework runs them in threads: a whole service may be some megabytes.


@router.get("/", include_in_schema=False)
@router.get("", responses=answers_with(HsdsRoot))
def read_root(request: Request, served: ServedDep) -> Response:
    """What this is: the version of the specification, its profile, and where it is described."""
    NOTHING.read_query(request.scope["query_string"])
    city, base = served.snapshot.city, base_of(request)
    made_up = "演示数据 (made-up data)。" if city.is_synthetic else ""
    said = {
        "version": VERSION,
        "profile": f"{base}/api.html#hsds",
        "openapi_url": f"{base}/api",
        "description": f"{city.name}：工会驿站等职工服务设施 (places that trade unions run for workers)。{made_up}",
    }
    return answer(request, served, lambda: said)


@router.get("/services", openapi_extra=OF_SERVICES.describe(), responses=answers_with(ServicePage))
def read_services(request: Request, served: ServedDep) -> Response:
    """Services: what an organisation does, wherever it does it."""
    values = OF_SERVICES.read_query(request.scope["query_string"])

    def make() -> Record:
        directory = directory_of(served.snapshot)

        def record(place: int) -> Record:
            if values["minimal"]:
                return {name: directory.services[place][name] for name in ("id", "last_modified")}
            return full_service(directory, place) if values["full"] else listed_service(directory, place)

        return page_of(places(services_wanted(directory, wanted(values))), values, record)

    return answer(request, served, make)


@router.get(
    "/services/{identity}",
    openapi_extra=NOTHING.describe_with_path("identity", "Id of a service."),
    responses=answers_with(FullService),
)
def read_service(request: Request, served: ServedDep) -> Response:
    """One service with all its places, their hours and what is there."""
    NOTHING.read_query(request.scope["query_string"])
    directory = directory_of(served.snapshot)
    place = found(directory.service_of_id, request, "services")
    return answer(request, served, lambda: full_service(directory, place))


@router.get("/organizations", openapi_extra=OF_ORGANIZATIONS.describe(), responses=answers_with(OrganizationPage))
def read_organizations(request: Request, served: ServedDep) -> Response:
    """Organisations: who runs stations, or whose plate they carry."""
    values = OF_ORGANIZATIONS.read_query(request.scope["query_string"])

    def make() -> Record:
        directory = directory_of(served.snapshot)

        def record(place: int) -> Record:
            if values["full"] or values["full_service"]:
                return organization_with_services(directory, place, are_whole=values["full_service"])
            return directory.organizations[place]

        return page_of(places(organizations_wanted(directory, wanted(values))), values, record)

    return answer(request, served, make)


@router.get(
    "/organizations/{identity}",
    openapi_extra=OF_ORGANIZATION.describe_with_path("identity", "Id of an organisation."),
    responses=answers_with(OrganizationWithServices),
)
def read_organization(request: Request, served: ServedDep) -> Response:
    """One organisation with its services."""
    values = OF_ORGANIZATION.read_query(request.scope["query_string"])
    directory = directory_of(served.snapshot)
    place = found(directory.organization_of_id, request, "organizations")
    return answer(
        request, served, lambda: organization_with_services(directory, place, are_whole=values["full_service"])
    )


@router.get("/service_at_locations", openapi_extra=OF_AT_LOCATIONS.describe(), responses=answers_with(AtLocationPage))
def read_at_locations(request: Request, served: ServedDep) -> Response:
    """Services at locations: every station in each of its services."""
    values = OF_AT_LOCATIONS.read_query(request.scope["query_string"])

    def make() -> Record:
        directory = directory_of(served.snapshot)

        def record(row: int) -> Record:
            return full_at_location(directory, row) if values["full"] else directory.at_location(row, is_whole=False)

        return page_of(places(rows_wanted(directory, wanted(values))), values, record)

    return answer(request, served, make)


@router.get(
    "/service_at_locations/{identity}",
    openapi_extra=NOTHING.describe_with_path("identity", "Id of a service at a location."),
    responses=answers_with(AtLocationOnItsOwn),
)
def read_at_location(request: Request, served: ServedDep) -> Response:
    """One station in one of its services: hours, address, what is there, when it was checked."""
    NOTHING.read_query(request.scope["query_string"])
    directory = directory_of(served.snapshot)
    row = found(directory.row_of_id, request, "service_at_locations")
    return answer(request, served, lambda: full_at_location(directory, row))


@router.get("/taxonomies", openapi_extra=OF_TAXONOMIES.describe(), responses=answers_with(TaxonomyPage))
def read_taxonomies(request: Request, served: ServedDep) -> Response:
    """The lists that terms are of."""
    values = OF_TAXONOMIES.read_query(request.scope["query_string"])
    rows = [one for one in terms().taxonomies if named_so(one, values["search"])]
    return answer(request, served, lambda: page_of(rows, values, dict))


@router.get(
    "/taxonomies/{identity}",
    openapi_extra=NOTHING.describe_with_path("identity", "Id of a taxonomy."),
    responses=answers_with(Taxonomy),
)
def read_taxonomy(request: Request, served: ServedDep) -> Response:
    """One list."""
    NOTHING.read_query(request.scope["query_string"])
    one = found({one["id"]: one for one in terms().taxonomies}, request, "taxonomies")
    return answer(request, served, lambda: one)


@router.get("/taxonomy_terms", openapi_extra=OF_TERMS.describe(), responses=answers_with(TermPage))
def read_terms(request: Request, served: ServedDep) -> Response:
    """The terms that records are marked with, and that lists are narrowed by."""
    values = OF_TERMS.read_query(request.scope["query_string"])
    rows = [
        one
        for one in terms().records
        if named_so(one, values["search"])
        and values["taxonomy_id"] in (None, one["taxonomy_id"])
        and values["parent_id"] in (None, one.get("parent_id"))
        and not (values["top_only"] and "parent_id" in one)
    ]
    return answer(request, served, lambda: page_of(rows, values, dict))


@router.get(
    "/taxonomy_terms/{identity}",
    openapi_extra=NOTHING.describe_with_path("identity", "Id of a term."),
    responses=answers_with(TaxonomyTerm),
)
def read_term(request: Request, served: ServedDep) -> Response:
    """One term."""
    NOTHING.read_query(request.scope["query_string"])
    one = found(terms().by_id, request, "taxonomy_terms")
    return answer(request, served, lambda: one)


def found(there: Mapping[str, Any], request: Request, listed: str) -> Any:
    """What an id in the address names; raises RecordNotFoundError."""
    try:
        return there[request.path_params["identity"].lower()]
    except KeyError:
        raise RecordNotFoundError(listed) from None


def named_so(record: Record, text: str | None) -> bool:
    """Whether a text is in the names of a record."""
    return text is None or text.casefold() in f"{record['name']}\n{record['description']}".casefold()
