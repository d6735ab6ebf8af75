"""What the answer to a what-if looks like, for the API's description."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.answers import Model


class TallyOfPeople(Model):
    """People by fate: the four whole numbers sum to `total`."""

    total: int
    covered: int
    outside: int
    off_network: int
    outside_area: int
    share: float


class PeopleBeforeAndAfter(Model):
    """What the changes do to people; `gained` less `lost` is `change` but for rounding."""

    before: TallyOfPeople
    after: TallyOfPeople
    change: int
    gained: float
    lost: float


class AreaBeforeAndAfter(Model):
    """One district, or one street with the district it is in."""

    code: str
    name: str
    district_code: str | None = None
    district: str | None = None
    people: int
    covered_before: int
    covered: int
    change: int
    share_before: float
    share: float
    stations_before: int
    stations: int


class ChangeNotice(Model):
    """Why a change does nothing, or less than one might think."""

    change: int = Field(description="Number of the change in the request, from 0.")
    code: str
    zh: str
    en: str


class ChangedCells(Model):
    """The cells that are not what they were, in columns; minutes are `null` where no station can be reached."""

    h3: list[str]
    minutes_before: list[float | None]
    minutes: list[float | None]
    share_before: list[float]
    share: list[float]
    people_change: list[float]
    state: list[str]


class WhatIfResult(Model):
    """What comes out of a what-if, without the question and without cells."""

    snapshot: str
    method: str
    input_hash: str
    people: PeopleBeforeAndAfter
    districts: list[AreaBeforeAndAfter]
    streets_changed: list[AreaBeforeAndAfter]
    cells_changed: int
    notices: list[ChangeNotice]


class WhatIfSummary(WhatIfResult):
    """The answer without its cells: the first line of a stream, and most of a JSON answer."""

    parameters: dict[str, Any]
    changes: list[dict[str, Any]]


class WhatIfDocument(WhatIfSummary):
    """The whole answer."""

    cells: ChangedCells
