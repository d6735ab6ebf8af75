"""Keys in the database: made, found by their first letters, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from geo.errors import ConflictError
from geo.store.tables import api_key


class KeyNameTakenError(ConflictError):
    """The city has a key of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a key named {name} already, perhaps a revoked one; choose another name.")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key as it is remembered. `secret_digest` is the SHA-256 of what its holder has."""

    key_id: int
    city_id: int
    name: str
    prefix: str
    secret_digest: str
    scopes: list[str]
    district_code: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


COLUMNS = tuple(api_key.c[name] for name in StoredKey.__dataclass_fields__)
BY_PREFIX = select(*COLUMNS).where(api_key.c.city_id == bindparam("city_id"), api_key.c.prefix == bindparam("prefix"))
OF_CITY = select(*COLUMNS).where(api_key.c.city_id == bindparam("city_id")).order_by(api_key.c.key_id)


def add_key(connection: Connection, **described: Any) -> StoredKey:
    """Write a key down; raises KeyNameTakenError."""
    try:
        row = connection.execute(insert(api_key).values(described).returning(*COLUMNS)).mappings().one()
    except IntegrityError as error:
        if "uq_api_key_city_id_name" in str(error.orig):
            raise KeyNameTakenError(described["name"]) from None
        raise
    return StoredKey(**row)


def key_of_prefix(connection: Connection, city_id: int, prefix: str) -> StoredKey | None:
    """The key of a city that begins so, revoked or not."""
    row = connection.execute(BY_PREFIX, {"city_id": city_id, "prefix": prefix}).mappings().one_or_none()
    return None if row is None else StoredKey(**row)


def list_keys(connection: Connection, city_id: int) -> list[StoredKey]:
    """The keys of a city in the order they were made, revoked ones too."""
    return [StoredKey(**row) for row in connection.execute(OF_CITY, {"city_id": city_id}).mappings()]


def revoke_key(connection: Connection, key_id: int) -> None:
    """Let a key open nothing from now on."""
    revoked = update(api_key).where(api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None))
    connection.execute(revoked.values(revoked_at=func.now()))


def note_use(connection: Connection, key_id: int, day: date) -> None:
    """Remember the last day on which a key was used."""
    connection.execute(update(api_key).where(api_key.c.key_id == key_id).values(last_used_on=day))
