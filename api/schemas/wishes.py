"""What answers about wishes look like, for the API's description."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.schemas.answers import Model

State = Literal["new", "accepted", "declined", "built"]


class Wished(Model):
    """A place where riders want a station: the wishes of one cell."""

    cell: str = Field(description="H3, resolution 9; the place is known by it.")
    lon: float = Field(description="The middle of what was wished there, as is `lat`.")
    lat: float
    people: int = Field(description="How many riders asked; who asks twice counts once.")
    first_on: date
    last_on: date
    district: str | None
    district_code: str | None
    street: str | None
    needs: dict[str, int] = Field(description="Riders by amenity, the most wished first.")
    hours: dict[str, int] = Field(description="Riders by part of the day, the most wished first.")
    state: State
    note: str | None
    decided_by: str | None
    decided_at: datetime | None
    since_decided: int | None = Field(description="How many more riders asked since it was decided.")


class WishQueue(Model):
    """Places where a station is wanted, those of most riders first."""

    wishes: list[Wished]


class Decision(Model):
    """What was decided of a place once."""

    was: State
    state: State
    note: str | None
    people: int
    by: str
    at: datetime


class WishedInFull(Wished):
    """A place with all that was decided of it, the last first."""

    decisions: list[Decision]
