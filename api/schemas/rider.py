"""What answers about reports, places and workstations look like, for the API's description."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.answers import Asked, Hit, Model, Point, Stamp, Trip


class Accepted(Model):
    """A report was taken down, now or when it was sent before."""

    accepted: Literal[True]


class Doubted(Model):
    """What riders doubt."""

    subject: str = Field(description="`door`, `place`, or `amenity:` and its code.")
    riders: int
    since: str
    until: str = Field(description="The day on which the doubt lapses by itself.")


class Confirmed(Model):
    """How many riders found everything as described in the last 30 days."""

    riders: int
    last_on: str


class Reported(Model):
    """What riders reported and nobody answered yet."""

    kind: str
    amenity: str | None
    riders: int
    last_on: str


class OperatorAnswer(Model):
    """What the operator said last."""

    note: str | None
    by: str
    on: str


class StationReports(Model):
    """What riders said of a station in the last 30 days; days and counts only."""

    station: str
    doubt: Doubted | None
    confirmed: Confirmed | None
    open: list[Reported]
    answer: OperatorAnswer | None


class FoundPlace(Model):
    """A place with a name."""

    name: str
    name_en: str | None
    kind: Literal["district", "street", "station", "road", "host"]
    context: str | None = Field(description="Where it is: `district · street`.")
    lon: float
    lat: float


class PlacesAnswer(Model):
    """Places that fit what was typed, best first."""

    places: list[FoundPlace]


class Area(Model):
    """Where a position lies."""

    district: str | None
    street: str | None


class GridWorkstations(Model):
    """The grid workstations for a position, nearest first."""

    area: Area
    of_street: bool = Field(description="Whether they are the street's own; else they are the nearest of the city.")
    query: Asked
    snapshot: Stamp
    synthetic: bool
    stations: list[Hit]
    notice: Literal["outside_network", "none_in_street", "none_matching"] | None = None
    message: str | None = None


class NearbyFacts(Model):
    """A mapped place as one of the nearest."""

    rank: int
    name: str | None
    opening_hours: str | None = Field(description="As mapped, in OpenStreetMap's syntax.")
    osm_id: str
    travel_s: float
    straight_m: int
    modes: dict[str, Trip | None]
    handoff: dict[str, str]
    position: tuple[float, float] | None = Field(default=None, description="In the datum asked for, if not WGS-84.")


class Nearby(Model):
    """One mapped place."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: NearbyFacts


class AmenitiesNearby(Model):
    """The nearest mapped places of a kind, nearest first."""

    type: Literal["FeatureCollection"]
    kind: str
    mapped: int = Field(description="How many of the kind the city's street extract has at all.")
    source: str
    as_of: str
    query: Asked
    snapshot: Stamp
    features: list[Nearby]
    notice: Literal["outside_network", "none_mapped", "none_within_an_hour"] | None = None
    message: str | None = None
