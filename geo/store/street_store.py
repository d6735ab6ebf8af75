"""Built street networks: which one a city uses, where its files lie, what its import reported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from geo.store.tables import street_network

COLUMNS = tuple(
    street_network.c[name]
    for name in ("street_network_id", "extract_name", "extract_sha256", "built_at", "folder", "report")
)
CURRENT = select(*COLUMNS).where(street_network.c.city_id == bindparam("city_id"), street_network.c.is_current)
IDS = select(street_network.c.street_network_id).where(street_network.c.city_id == bindparam("city_id"))


def next_network_id(connection: Connection) -> int:
    """A number for a network that is about to be built. Numbers are never used twice, also after a rollback."""
    sequence = text("SELECT nextval(pg_get_serial_sequence('street_network', 'street_network_id'))")
    return int(connection.execute(sequence).scalar_one())


def add_current_network(
    connection: Connection,
    city_id: int,
    network_id: int,
    *,
    extract_name: str,
    extract_sha256: str,
    folder: str,
    report: dict[str, Any],
) -> None:
    """Write down a network and make it the one the city uses. `folder` is relative to the data folder."""
    connection.execute(
        update(street_network)
        .where(street_network.c.city_id == city_id, street_network.c.is_current)
        .values(is_current=False)
    )
    connection.execute(
        insert(street_network).values(
            street_network_id=network_id,
            city_id=city_id,
            extract_name=extract_name,
            extract_sha256=extract_sha256,
            folder=folder,
            report=report,
            is_current=True,
        )
    )


def current_network(connection: Connection, city_id: int) -> dict[str, Any] | None:
    """The network a city uses, as a row, or None if no streets were imported."""
    row = connection.execute(CURRENT, {"city_id": city_id}).mappings().one_or_none()
    return None if row is None else dict(row)


def network_ids(connection: Connection, city_id: int) -> list[int]:
    """Numbers of every network of a city that is still written down."""
    return [int(number) for number in connection.execute(IDS, {"city_id": city_id}).scalars()]


def delete_networks(connection: Connection, network_ids: Iterable[int]) -> None:
    """Forget networks that are not in use, with their hosts and what else was read from their extracts."""
    connection.execute(
        delete(street_network).where(
            street_network.c.street_network_id.in_(list(network_ids)), street_network.c.is_current.is_(False)
        )
    )
