"""What the change log looks like to other programs, for the API's description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Model, Point


class StationFeature(Model):
    """A station as the collection `stations` has it."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: dict[str, Any] = Field(description="As `/collections/stations/schema` says.")


class ChangeOfStation(Model):
    """One station that is not as it was."""

    id: str
    change: Literal["added", "changed", "deleted"] = Field(description="What to do about it; twice is no harm.")
    at: datetime = Field(description="When it was changed last, within this stretch of the log.")
    feature: StationFeature | None = Field(description="The station as it is now; null where it is deleted.")


class ChangesAnswer(Model):
    """A stretch of the log, each station once."""

    changes: list[ChangeOfStation]
    cursor: str = Field(description="What `since` is to be next time.")
    more: bool = Field(description="Whether there is more to ask for at once.")
