"""Scenarios: what was tried on a city and kept under a name, found again by its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from geo.errors import NotFoundError
from geo.store.tables import scenario


class ScenarioNotFoundError(NotFoundError):
    """The city has no scenario of this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is no scenario {code}; it may have been deleted by whoever saved it.")
        self.code = code


@dataclass(frozen=True, slots=True)
class ScenarioHead:
    """A scenario as a list shows it; `people` is that part of its result."""

    code: str
    kind: str
    name: str
    created_at: datetime
    question: dict[str, Any]
    changes: int
    people: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StoredScenario:
    """One scenario in full. Whoever has the secret of which `secret_digest` is the SHA-256 may delete it."""

    code: str
    secret_digest: str
    kind: str
    name: str
    question: dict[str, Any]
    changes: list[dict[str, Any]]
    result: dict[str, Any]
    snapshot_id: str
    input_hash: str
    created_at: datetime


OF_CITY = scenario.c.city_id == bindparam("city_id")
OF_CODE = scenario.c.code == bindparam("wanted_code")
IN_FULL = select(*(scenario.c[name] for name in StoredScenario.__dataclass_fields__)).where(OF_CITY, OF_CODE)
# The lists of changes and the results stay in the database: a page of scenarios would be megabytes.
HEADS = (
    select(
        scenario.c.code,
        scenario.c.kind,
        scenario.c.name,
        scenario.c.created_at,
        scenario.c.question,
        func.jsonb_array_length(scenario.c.changes).label("changes"),
        scenario.c.result["people"].label("people"),
    )
    .where(OF_CITY)
    .order_by(scenario.c.scenario_id.desc())
)


def add_scenario(connection: Connection, city_id: int, stored: dict[str, Any]) -> datetime:
    """Write down a scenario (the columns of the table but its number, city and time); returns when it was made."""
    written = insert(scenario).values(stored | {"city_id": city_id}).returning(scenario.c.created_at)
    made_at: datetime = connection.execute(written).scalar_one()
    return made_at


def load_scenario(connection: Connection, city_id: int, code: str) -> StoredScenario:
    """One scenario in full; raises ScenarioNotFoundError."""
    row = connection.execute(IN_FULL, {"city_id": city_id, "wanted_code": code}).mappings().one_or_none()
    if row is None:
        raise ScenarioNotFoundError(code)
    return StoredScenario(**row)


def list_scenarios(
    connection: Connection, city_id: int, *, limit: int, before: str | None = None, kind: str | None = None
) -> list[ScenarioHead]:
    """A city's scenarios, the newest first; `before` a scenario's code gives the page after it, none if it is gone."""
    wanted = HEADS.limit(limit)
    if before is not None:
        place = select(scenario.c.scenario_id).where(scenario.c.city_id == city_id, scenario.c.code == before)
        wanted = wanted.where(scenario.c.scenario_id < place.scalar_subquery())
    if kind is not None:
        wanted = wanted.where(scenario.c.kind == kind)
    return [ScenarioHead(**row) for row in connection.execute(wanted, {"city_id": city_id}).mappings()]


def delete_scenario(connection: Connection, city_id: int, code: str) -> bool:
    """Forget a scenario; returns whether there was one."""
    gone = connection.execute(delete(scenario).where(OF_CITY, OF_CODE), {"city_id": city_id, "wanted_code": code})
    return gone.rowcount > 0


def count_since(connection: Connection, city_id: int, moment: datetime) -> int:
    """How many of a city's scenarios were made after a moment."""
    made = select(func.count()).where(scenario.c.city_id == city_id, scenario.c.created_at > moment)
    return int(connection.execute(made).scalar_one())


def count_all(connection: Connection, city_id: int) -> int:
    """How many scenarios a city keeps."""
    return int(connection.execute(select(func.count()).where(scenario.c.city_id == city_id)).scalar_one())
