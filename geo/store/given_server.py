"""Is the database that somebody named in DATABASE_URL one the product can use? One sentence for each way it is not."""

from __future__ import annotations

import re

import psycopg
from sqlalchemy.engine import URL

from geo.errors import UnavailableError
from geo.store.cluster.servers import MIN_MAJOR
from geo.store.engine import normal_url

ANSWER_LIMIT_S = 5
"""How long a server may take to let us in before it counts as not there."""

FACTS_SQL = """
select current_setting('server_version_num')::int / 10000,
       current_setting('server_encoding'),
       exists (select from pg_extension where extname = 'postgis'),
       exists (select from pg_available_extensions where name = 'postgis'),
       (select rolsuper from pg_roles where rolname = current_user)
"""


class GivenServerError(UnavailableError):
    """The database in DATABASE_URL cannot be used as it is."""


def require_usable(url: str) -> None:
    """
    Check that a database can be reached, is new enough, stores any language and has PostGIS or may get it.

    Raises
    ------
    GivenServerError
        One sentence with the remedy; it names the server and the database, never the password.
    DatabaseUrlError
        The text is no address of a PostgreSQL database.
    """
    address = normal_url(url)
    place = _place(address)
    major, encoding, has_postgis, may_have_postgis, is_superuser = _facts(address, place)
    if major < MIN_MAJOR:
        raise GivenServerError(f"{place} is PostgreSQL {major}, and version {MIN_MAJOR} or newer is needed.")
    if encoding != "UTF8":
        raise GivenServerError(f"{place} stores text as {encoding}: create a database with encoding UTF8.")
    if has_postgis:
        return
    if not may_have_postgis:
        raise GivenServerError(
            f"{place} has no PostGIS: install it on that server (Debian: apt-get install postgresql-{major}-postgis-3)."
        )
    if not is_superuser:
        raise GivenServerError(
            f"{place} has PostGIS installed but not switched on: let a superuser run CREATE EXTENSION postgis there."
        )


def _place(address: URL) -> str:
    """The server and the database in words, without user or password."""
    host = address.host or address.query.get("host") or "the local socket"
    port = f":{address.port}" if address.port else ""
    return f"The database {address.database or address.username or '(unnamed)'} at {host}{port} (DATABASE_URL)"


def _reason(error: psycopg.Error) -> str:
    """What the driver says went wrong, without its repetition of the address."""
    first_line = str(error).strip().partition("\n")[0]
    return re.sub(r"^.*failed: (FATAL:\s*)?", "", first_line).rstrip(".") or type(error).__name__


def _facts(address: URL, place: str) -> tuple[int, str, bool, bool, bool]:
    text = address.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(text, connect_timeout=ANSWER_LIMIT_S, autocommit=True) as connection:
            row = connection.execute(FACTS_SQL).fetchone()
    except psycopg.Error as error:
        raise GivenServerError(
            f"{place} cannot be used: {_reason(error)}. Start that server or mend the address; "
            "with DATABASE_URL unset a private one is made."
        ) from None
    assert row is not None  # a SELECT without FROM always has one row
    return row
