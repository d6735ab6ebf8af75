"""
One facility changed by hand: staged like a row of a register, so that it is written, logged and undone like one.

The steps are those of `import_store`, but the row is known by its number, not by its code or place, and what the edit
does not speak of is taken from what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.change_store import CHILDREN, facility_change, passing
from geo.store.import_store import facility_document, incoming
from geo.store.statements import statement


@dataclass(frozen=True, slots=True)
class Stored:
    """A facility as it is written down: its door (number, position in WGS-84, row), and the rows that hang on it."""

    site_id: int
    lon: float
    lat: float
    site: dict[str, Any]
    facility: dict[str, Any]
    children: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Edit:
    """
    What a facility is to be: changed columns of its row, all rows that hang on it, and the new description of its door.

    `site` is None where the door stays as it is. The hashes are as in `IncomingRow`.
    """

    facility: dict[str, Any]
    children: dict[str, list[dict[str, Any]]]
    site: dict[str, Any] | None
    site_hash: str
    content_hash: str


def stage(connection: Connection, city_id: int, facility_id: int) -> Stored:
    """Make the lists of an edit and say what is stored; the facility must be there."""
    passing.create_all(connection, tables=[incoming, facility_document], checkfirst=False)
    named = {"city_id": city_id, "facility_id": facility_id}
    connection.execute(statement("edit_stage"), named)
    connection.execute(statement("facility_documents"))
    document = connection.execute(select(facility_document.c.document)).scalar_one()
    door = connection.execute(statement("edit_site"), named).one()
    children = {part: document[part] for part in CHILDREN}
    return Stored(door.site_id, door.lon, door.lat, door.document, document["facility"], children)


def put(connection: Connection, stored: Stored, edit: Edit) -> None:
    """Say what the staged facility is to be."""
    door = (
        {"site_id": stored.site_id, "site_fate": "there"}
        if edit.site is None
        else {"site": edit.site, "site_hash": edit.site_hash}
    )
    said = {"facility": edit.facility, "children": edit.children, "content_hash": edit.content_hash}
    connection.execute(update(incoming).values(**said, **door))


def put_plates(connection: Connection, plates: list[dict[str, Any]]) -> None:
    """Let the listed change leave exactly these plates; a register only ever adds some."""
    written = facility_change.c.after.concat(literal({"memberships": plates}, JSONB))
    connection.execute(update(facility_change).values(after=written))


def only_fate(connection: Connection) -> tuple[str, int | None]:
    """What the one row that was staged would do, and to which facility."""
    row = connection.execute(select(incoming.c.fate, incoming.c.facility_id)).one()
    return str(row.fate), row.facility_id


def take_as_changed(connection: Connection) -> None:
    """Let the staged row change the facility it names, even where it says what the register said last."""
    connection.execute(update(incoming).values(fate="changed"))


def only_facility(connection: Connection) -> int:
    """The number of the facility that the listed change is about."""
    return int(connection.execute(select(facility_change.c.facility_id)).scalar_one())
