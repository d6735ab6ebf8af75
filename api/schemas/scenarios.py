"""What answers about scenarios look like, for the API's description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Model
from api.schemas.what_if import PeopleBeforeAndAfter, WhatIfResult


class KeptAnswer(Model):
    """A scenario has been kept."""

    code: str
    secret: str = Field(description="Answered this once; it lets its holder delete the scenario.")
    created_at: str
    link: str = Field(description="Opens the scenario on the planner's page.")


class ScenarioOnShelf(Model):
    """A scenario as the list shows it; `changes` says how many."""

    code: str
    kind: str
    name: str
    created_at: str
    question: dict[str, Any]
    changes: int
    people: PeopleBeforeAndAfter | None


class ScenariosAnswer(Model):
    """The newest scenarios; `next` is what `before` must be for the page after, null on the last."""

    scenarios: list[ScenarioOnShelf]
    next: str | None


class Worth(Model):
    """People whom one change brings within the limit: when it is the only one, and on top of all the others."""

    alone: float
    beyond: float


class WhatCameOut(WhatIfResult):
    """The result of a what-if as it is kept; `each` is null where there are too many changes to weigh."""

    each: list[Worth] | None


class Saved(Model):
    """What came out when the scenario was saved, as in `present`; of siting with its answer as `siting` beside it."""

    snapshot: str
    result: dict[str, Any]


class Present(Model):
    """The scenario on the present facts: as saved if nothing has changed, else worked out anew, or a reason why not."""

    snapshot: str
    is_same: bool
    result: WhatCameOut | None
    dropped: list[int] = Field(description="Numbers (from 0) of changes about stations that are no longer there.")
    problem: str | None


class ScenarioAnswer(Model):
    """One scenario; `question` and `changes` are as they are asked by POST /what-if."""

    code: str
    kind: str
    name: str
    created_at: str
    question: dict[str, Any]
    changes: list[dict[str, Any]]
    saved: Saved
    present: Present | None


class Side(Model):
    """One of two scenarios, on the present facts; or (`kind` today) the city as it stands, which has no code."""

    code: str | None
    kind: Literal["what_if", "siting", "today"]
    name: str
    created_at: str
    question: dict[str, Any]
    changes: list[dict[str, Any]]
    is_same: bool
    dropped: list[int]
    people: PeopleBeforeAndAfter
    sites: int = Field(description="How many stations open.")
    closed: int = Field(description="How many stations close.")
    cost: float | None = Field(description="What the sites of a siting cost together; null where that is not known.")
    gap_percent: float | None = Field(description="How far a siting is from the best possible at most, when saved.")


class DistrictInBoth(Model):
    """One district in both scenarios."""

    code: str
    name: str
    people: int
    share_before_a: float
    share_a: float
    change_a: int
    share_before_b: float
    share_b: float
    change_b: int


class SideBySideAnswer(Model):
    """Two scenarios; `asked_differently` names what their questions do not have in common."""

    snapshot: str
    a: Side
    b: Side
    asked_differently: list[str]
    districts: list[DistrictInBoth]
