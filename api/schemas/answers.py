"""
What answers look like, for the API's description.

Answers are written straight from plain values, not through these models: that would cost more than the answer. A test
holds real answers to them, so that the description stays true.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

AmenityState = Literal["available", "limited", "broken", "absent", "unknown"]


class Model(BaseModel):
    """An object with exactly these members."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Problem(Model):
    """Why a request was not answered (RFC 9457)."""

    type: str = Field(description="The name of the problem as a URN, or about:blank where the status says all.")
    title: str
    status: int
    detail: str = Field(description="What went wrong and what to do about it, in a sentence.")
    instance: str
    parameter: str | None = Field(default=None, description="The parameter that is wrong, if one is.")
    zh: str | None = Field(default=None, description="The same in Chinese, where a page shows it as it is.")
    en: str | None = Field(default=None, description="The same in English, where there is a Chinese sentence.")


class Stamp(Model):
    """Which facts an answer was made from."""

    id: str
    made_at: str
    stations: str
    network: str
    stale: bool | None = None


class Point(Model):
    """A GeoJSON point in WGS-84."""

    type: Literal["Point"]
    coordinates: tuple[float, float]


class Link(Model):
    """An address that belongs to an answer."""

    rel: str
    href: str
    type: str


class Trip(Model):
    """How long it takes by one mode."""

    travel_s: float


class Opening(Model):
    """Whether a door is open; `null` is: its hours are not known."""

    now: bool | None
    on_arrival: bool | None
    until: str | None
    opens_at: str | None
    certain: bool


class OpeningNow(Model):
    """Whether a door is open now."""

    now: bool | None
    until: str | None
    opens_at: str | None
    certain: bool


class FacilityFacts(Model):
    """What is known of a facility."""

    code: str | None
    name: str
    type: str
    class_: str | None = Field(alias="class")
    networks: list[str]
    status: str
    address: str | None
    landmark: str | None
    district: str | None
    street: str | None
    hours: str | None
    amenities: dict[str, AmenityState] = Field(description="What was looked at. What is not named is not known.")
    services: list[str]
    entry: list[str]
    groups: list[str]
    first_use_needs: str | None
    entry_note: str | None
    attended: str | None
    floor: str | None
    bike_parking: str | None
    seats: int | None
    capacity: int | None
    step_free: bool | None
    public_phone: str | None
    verified: str | None
    source: str | None
    synthetic: bool
    doubted: bool = Field(description="Three riders reported the same within 30 days, and nobody answered yet.")
    page: str = Field(description="Address of the station's own page.")
    position: tuple[float, float] | None = Field(default=None, description="In the datum asked for, if not WGS-84.")


class HitFacts(FacilityFacts):
    """A facility as one of the nearest."""

    rank: int
    travel_s: float
    straight_m: int
    modes: dict[str, Trip | None]
    open: Opening
    handoff: dict[str, str]


class Hit(Model):
    """One of the nearest facilities."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: HitFacts
    links: list[Link]


class Asked(Model):
    """The question as it was understood."""

    lon: float
    lat: float
    coord: Literal["wgs84", "gcj02", "bd09"]
    mode: str
    at: str
    open: bool
    snap_m: float | None


class Rank(Model):
    """How hits are ranked: by `travel_s`, doubted ones as though so many seconds farther."""

    by: Literal["travel_s"]
    doubted_extra_s: float


class NearestAnswer(Model):
    """The nearest facilities, nearest first."""

    type: Literal["FeatureCollection"]
    number_returned: int = Field(alias="numberReturned")
    query: Asked
    rank: Rank
    snapshot: Stamp
    synthetic: bool
    features: list[Hit]
    notice: Literal["outside_network", "none_open", "none_matching"] | None = None
    message: str | None = None
    fallback: list[Hit] | None = Field(default=None, description="What opens first, when nothing near is open.")


class BatchAnswer(Model):
    """The nearest facilities of many points, in columns."""

    mode: str
    coord: str
    at: str
    snapshot: Stamp
    synthetic: bool
    ids: list[list[str]]
    travel_s: list[list[float]]
    outside_network: list[int]
    rank: Rank
    doubted: list[str] = Field(description="Those of the ids that riders doubt.")


class FacilityOnItsOwn(FacilityFacts):
    """A facility with its opening and links."""

    codes: dict[str, str] = Field(description="Its code in each network.")
    amenities_checked: dict[str, str] = Field(description="The day on which an amenity was last looked at.")
    open: OpeningNow
    handoff: dict[str, dict[str, str]]


class Facility(Model):
    """One facility."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: FacilityOnItsOwn
    snapshot: Stamp


class CityFacts(Model):
    """Which city."""

    slug: str
    name: str
    name_en: str
    synthetic: bool
    bbox: tuple[float, float, float, float]
    center: tuple[float, float]


class ModeFacts(Model):
    """A way of moving."""

    code: str
    name: str
    name_en: str
    speed_kmh: float
    arrival_s: float


class DemandFacts(Model):
    """A layer of people."""

    code: str
    people: int
    estimate: bool
    method: str = Field(description="How people came into cells, in English.")
    method_code: str | None = Field(description="The same by its code; null for a method of somebody else's.")
    method_zh: str = Field(description="The same in Chinese.")
    source: str
    as_of: str | None


class Declared(Model):
    """A number somebody declares, and how many of the kind are on the map."""

    metric: str
    value: int
    qualifier: str | None
    wording: str
    area: str
    as_of: str | None
    owner: str
    source_name: str | None
    source_url: str | None
    mapped: int | None


class Word(Model):
    """A code's names."""

    zh: str
    en: str


class BasemapFacts(Model):
    """The base map that pages may lay below everything; none of it where `url` is null."""

    kind: Literal["none", "tianditu", "selfhost"]
    attribution: str | None
    approval: str | None = Field(description="Number of the map's approval (审图号), as it must be shown.")
    url: str | None = Field(description="Address of a tile, with {z}, {x}, {y} and, for Tianditu, {layer}.")


class CityAnswer(Model):
    """The city as a whole."""

    city: CityFacts
    snapshot: Stamp
    modes: list[ModeFacts]
    demand: list[DemandFacts]
    declared: list[Declared]
    counts: dict[str, int]
    vocabulary: dict[str, dict[str, Word]]
    basemap: BasemapFacts


class StationsAnswer(Model):
    """Every facility, in columns of one length."""

    snapshot: str
    synthetic: bool
    id: list[str]
    code: list[str | None]
    name: list[str]
    type: list[str]
    class_: list[str | None] = Field(alias="class")
    networks: list[list[str]]
    status: list[str]
    lon: list[float]
    lat: list[float]
    hours: list[str | None]
    week: list[list[tuple[int, int]] | None] = Field(description="Open minutes of the week from Monday 00:00.")
    available: list[list[str]]
    entry: list[list[str]]
    verified: list[str | None]
    district: list[str | None]
    street: list[str | None]
    doubt: list[Literal[0, 1]]
    parking: list[str | None]
    floor: list[str | None]
    step_free: list[bool | None]
    first_use: list[str | None]


class Ready(Model):
    """Whether the service can answer."""

    status: Literal["ready", "degraded", "unready"]
    problem: str | None
    snapshot: dict[str, Any] | None
    database: dict[str, Any]
    building: bool


Responses = dict[int | str, dict[str, Any]]


def answers_with(model: type[BaseModel], *, status: int = 200, also: str | None = None) -> Responses:
    """
    The description of an address: what a good answer holds, and that every other one is a problem.

    `also` is another media type that the same is answered in.
    """
    good = {"model": model} | (answers_in(also)[200] if also else {})
    return {status: good, "4XX": {"model": Problem}, "5XX": {"model": Problem}}


def answers_in(*media_types: str) -> Responses:
    """The description of an address whose good answers are bytes of these types (for `response_class=Response`)."""
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}}}


def refused(*statuses: HTTPStatus) -> Responses:
    """The description of refusals beyond those that every address may give (400, 404, 503)."""
    return {int(status): {"description": status.phrase} for status in statuses}
