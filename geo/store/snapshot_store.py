"""What the snapshot follows: the revision of every city, and the record of the snapshots made."""

from __future__ import annotations

from datetime import datetime

import psycopg
from sqlalchemy import Connection, make_url
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.store.tables import snapshot_version

REVISIONS = """
    SELECT city.slug, coalesce(city_revision.revision, 0)
    FROM city LEFT JOIN city_revision USING (city_id)
    ORDER BY city.slug
"""


class NoTablesError(Exception):
    """The database answers, but nothing was ever imported into it."""


def revisions(url: str, *, timeout_s: float) -> dict[str, int]:
    """
    The revision of every city, over a connection of its own.

    Not from a pool: pools back off after failures and hand out connections to a server that is frozen, while a plain
    connection says within its time limit whether the database is there.

    Raises
    ------
    psycopg.Error
        The database does not answer.
    NoTablesError
        It answers and holds no tables.
    """
    parts = make_url(url).set(drivername="postgresql")
    limits = f"-c statement_timeout={int(timeout_s * 1000)} -c default_transaction_read_only=on"
    try:
        with psycopg.connect(
            parts.render_as_string(hide_password=False),
            # libpq takes whole seconds and turns 1 into 2
            connect_timeout=max(2, round(timeout_s)),
            options=limits,
            application_name="yiquan snapshot",
            autocommit=True,
        ) as connection:
            return {str(slug): int(revision) for slug, revision in connection.execute(REVISIONS)}
    except psycopg.errors.UndefinedTable:
        raise NoTablesError from None


def record_snapshot(
    connection: Connection, city_id: int, *, snapshot_id: str, made_at: datetime, revision: int, state_hash: str
) -> None:
    """Write down that a snapshot was made, so that runs that name it can be traced."""
    row = {
        "city_id": city_id,
        "snapshot_id": snapshot_id,
        "made_at": made_at,
        "revision": revision,
        "state_hash": state_hash,
    }
    connection.execute(upsert(snapshot_version).values(row).on_conflict_do_nothing())
