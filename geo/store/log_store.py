"""The change log read from the front: what others have to do to follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from geo.store.statements import statement
from geo.store.tables import change_log


@dataclass(frozen=True, slots=True)
class Logged:
    """One change of one station; visibility is None where there was, or is, no station."""

    change_id: int
    facility_id: int
    at: datetime
    action: str
    was_visible: bool | None
    is_visible: bool | None


def changes_since(connection: Connection, city_id: int, since: int, *, limit: int) -> list[Logged]:
    """The changes of stations after a change, at most some, in order."""
    found = connection.execute(statement("changes_since"), {"city_id": city_id, "since": since, "limit": limit})
    return [Logged(*row) for row in found]


def holds(connection: Connection, city_id: int, change_id: int) -> bool:
    """Whether the log still has a change of a city."""
    asked = select(change_log.c.change_id).where(change_log.c.change_id == change_id, change_log.c.city_id == city_id)
    return connection.execute(asked).first() is not None


def last_before(connection: Connection, city_id: int, moment: datetime) -> int:
    """The last change of a city's stations that was made before a moment; 0 if there is none."""
    asked = select(func.max(change_log.c.change_id)).where(
        change_log.c.city_id == city_id, change_log.c.table_name == "facility", change_log.c.at < moment
    )
    return int(connection.execute(asked).scalar() or 0)
