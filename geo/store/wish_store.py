"""Where riders want a station: taken down once per rider and cell, counted by cell, decided by operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.store.tables import area, change_log, wish, wish_place

WGS84 = 4326


@dataclass(frozen=True, slots=True)
class NewWish:
    """One wish as it is written down; `lon` and `lat` are rounded already."""

    wish_id: UUID
    city_id: int
    cell: int
    lon: float
    lat: float
    needs: tuple[str, ...]
    hours: tuple[str, ...]
    wished_on: date
    reporter_digest: str


@dataclass(frozen=True, slots=True)
class WishedPlace:
    """
    A cell in which a station is wanted: by how many riders, since when, what for, and what was decided.

    `lon` and `lat` are the middle of what was wished. `needs` and `hours` count riders by code, the most wished first.
    """

    cell: int
    lon: float
    lat: float
    people: int
    first_on: date
    last_on: date
    district: str | None
    district_code: str | None
    street: str | None
    needs: dict[str, int]
    hours: dict[str, int]
    state: str
    note: str | None
    decided_by: str | None
    decided_at: datetime | None
    people_then: int | None


def is_known(connection: Connection, wish_id: UUID) -> bool:
    """Whether a wish was taken down already."""
    return connection.execute(select(wish.c.wish_id).where(wish.c.wish_id == wish_id)).first() is not None


def add_wish(connection: Connection, new: NewWish) -> None:
    """Write a wish down, in the place of the same rider's earlier one in this cell, if there is one."""
    connection.execute(upsert(wish_place).values(city_id=new.city_id, cell=new.cell).on_conflict_do_nothing())
    values = {
        "wish_id": new.wish_id,
        "geom": func.ST_SetSRID(func.ST_MakePoint(new.lon, new.lat), WGS84),
        "needs": list(new.needs),
        "hours": list(new.hours),
        "wished_on": new.wished_on,
    }
    row = {"city_id": new.city_id, "cell": new.cell, "reporter_digest": new.reporter_digest}
    connection.execute(
        upsert(wish)
        .values(row | values)
        .on_conflict_do_update(index_elements=["city_id", "cell", "reporter_digest"], set_=values)
    )


# ── counted by cell ─────────────────────────────────────────────────────────────────────────────────────────────

COUNTED = (
    select(
        wish.c.city_id,
        wish.c.cell,
        func.count().label("people"),
        func.avg(func.ST_X(wish.c.geom)).label("lon"),
        func.avg(func.ST_Y(wish.c.geom)).label("lat"),
        func.min(wish.c.wished_on).label("first_on"),
        func.max(wish.c.wished_on).label("last_on"),
    )
    .where(wish.c.city_id == bindparam("city_id"))
    .group_by(wish.c.city_id, wish.c.cell)
    .subquery("counted")
)


def _area_there(column: str, level: str) -> Any:
    """What the area of a level says in which the middle of a cell's wishes lies; NULL outside of all."""
    middle = func.ST_SetSRID(func.ST_MakePoint(COUNTED.c.lon, COUNTED.c.lat), WGS84)
    there = (area.c.city_id == COUNTED.c.city_id, area.c.level == level, func.ST_Covers(area.c.geom, middle))
    return select(area.c[column]).where(*there).order_by(area.c.code).limit(1).scalar_subquery()


PLACES = (
    select(
        COUNTED.c.cell,
        COUNTED.c.lon,
        COUNTED.c.lat,
        COUNTED.c.people,
        COUNTED.c.first_on,
        COUNTED.c.last_on,
        _area_there("name", "district").label("district"),
        _area_there("code", "district").label("district_code"),
        _area_there("name", "street").label("street"),
        *(wish_place.c[name] for name in ("state", "note", "decided_by", "decided_at", "people_then")),
    )
    .select_from(
        COUNTED.join(wish_place, (wish_place.c.city_id == COUNTED.c.city_id) & (wish_place.c.cell == COUNTED.c.cell))
    )
    .order_by(COUNTED.c.people.desc(), COUNTED.c.cell)
)


def places(
    connection: Connection, city_id: int, *, state: str | None = None, cell: int | None = None
) -> list[WishedPlace]:
    """The cells of a city in which a station is wanted, those of most riders first; of one state, or one cell."""
    wanted = PLACES
    if state is not None:
        wanted = wanted.where(wish_place.c.state == state)
    if cell is not None:
        wanted = wanted.where(COUNTED.c.cell == cell)
    rows = connection.execute(wanted, {"city_id": city_id}).mappings().all()
    needs, hours = (_counts(connection, city_id, name) for name in ("needs", "hours"))
    return [WishedPlace(**row, needs=needs.get(row["cell"], {}), hours=hours.get(row["cell"], {})) for row in rows]


def _counts(connection: Connection, city_id: int, name: str) -> dict[int, dict[str, int]]:
    """Riders by code, cell by cell, the most wished first."""
    code = func.unnest(wish.c[name]).label("code")
    each: Select[Any] = select(wish.c.cell, code).where(wish.c.city_id == city_id)
    listed = each.subquery("listed")
    people = func.count().label("people")
    counted = (
        select(listed.c.cell, listed.c.code, people)
        .group_by(listed.c.cell, listed.c.code)
        .order_by(people.desc(), listed.c.code)
    )
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(counted):
        found.setdefault(int(row.cell), {})[str(row.code)] = int(row.people)
    return found


# ── decided ─────────────────────────────────────────────────────────────────────────────────────────────────────


def decide(
    connection: Connection, city_id: int, cell: int, *, state: str, note: str | None, by: str, at: datetime, people: int
) -> None:
    """Put a cell's wishes into a state, and log it; the caller has seen that there are any."""
    here = (wish_place.c.city_id == city_id, wish_place.c.cell == cell)
    logged = ("state", "note", "decided_by", "people_then")
    before = connection.execute(select(*(wish_place.c[name] for name in logged)).where(*here).with_for_update()).one()
    after = {"state": state, "note": note, "decided_by": by, "people_then": people}
    connection.execute(update(wish_place).where(*here).values(**after, decided_at=at))
    entry = {
        "city_id": city_id,
        "table_name": wish_place.name,
        "row_id": cell,
        "action": "update",
        "before": dict(zip(logged, before, strict=True)),
        "after": after,
        "at": at,
        "actor": by,
    }
    connection.execute(insert(change_log).values(entry))


def decisions(connection: Connection, city_id: int, cell: int) -> list[dict[str, Any]]:
    """What was decided of a cell, the last first: state before and after, note, by whom, when."""
    asked = (
        select(change_log.c.before, change_log.c.after, change_log.c.actor, change_log.c.at)
        .where(
            change_log.c.city_id == city_id,
            change_log.c.table_name == wish_place.name,
            change_log.c.row_id == cell,
        )
        .order_by(change_log.c.change_id.desc())
    )
    return [
        {
            "was": row.before["state"],
            "state": row.after["state"],
            "note": row.after["note"],
            "people": row.after["people_then"],
            "by": row.actor,
            "at": row.at,
        }
        for row in connection.execute(asked)
    ]
