"""What answers for operators look like, for the API's description."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.answers import Model


class ReportedStation(Model):
    """A station with reports that wait for an answer."""

    facility_id: str
    code: str | None
    name: str
    reports: int
    riders: int
    kinds: list[str]
    last_at: datetime
    doubt: str | None = Field(description="What is in doubt, if enough riders reported the same.")
    doubt_until: datetime | None


class ReportQueue(Model):
    """The stations in the order in which they should be looked at."""

    stations: list[ReportedStation]
