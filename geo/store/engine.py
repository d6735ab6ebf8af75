"""
The way to the database: one engine, its time limits, and the migrations from an empty database to the present tables.

Nothing here connects at import. An engine made here says in one sentence when the database does not answer; every other
error of the driver passes as it is, without the values of the statement (a rider's position must not reach a log).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, UndefinedColumn, UndefinedTable
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from geo.errors import InputError, UnavailableError
from geo.settings import Settings
from geo.store.tables import metadata

CONNECT_TIMEOUT_S = 2
POOL_TIMEOUT_S = 1
POOL_SIZE = 8
READ_STATEMENT_TIMEOUT_MS = 2_000
READ_LOCK_TIMEOUT_MS = 300
ENTRY_STATEMENT_TIMEOUT_MS = 5_000
ENTRY_LOCK_TIMEOUT_MS = 2_000

MIGRATION_LOCK = 0x59_69_71_75_61_6E
"""Key of the advisory lock that lets one migration run at a time ("Yiquan" in ASCII)."""
MIGRATION_LOCK_TIMEOUT_MS = 500
"""How long a migration waits for a table: while it waits, every later reader of that table waits behind it."""
MIGRATION_ATTEMPTS = 20
MIGRATIONS = "geo.store:migrations"
"""Where the revisions are, as a package resource, so that no character in the project's path can break it."""


class DatabaseUrlError(InputError):
    """The address of the database cannot be used."""


class DatabaseUnavailableError(UnavailableError):
    """The database does not answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database does not answer: {reason} Start it, or set DATABASE_URL to one that runs.")


class OutdatedTablesError(UnavailableError):
    """The database lacks a table or a column that this program reads or writes."""

    def __init__(self) -> None:
        super().__init__(
            "The tables of the database are older than this program. `yiquan db migrate` brings them up to date; "
            "nothing was read or written."
        )


class DatabaseBusyError(UnavailableError):
    """The database is there, but has not found the time."""

    def __init__(self) -> None:
        super().__init__("The database did not get to this in time. Try again in a moment; nothing was written.")


class MigrationBlockedError(UnavailableError):
    """A table that the migration must change stayed in use."""

    def __init__(self) -> None:
        super().__init__(
            f"The tables could not be changed: others held them through {MIGRATION_ATTEMPTS} attempts. "
            "End long transactions (pg_stat_activity shows them) and try again; nothing was changed."
        )


def normal_url(url: str) -> URL:
    """
    A database address with our driver named, whatever spelling it came in.

    Raises
    ------
    DatabaseUrlError
        The text is no database address, or names another database system.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlError(
            "DATABASE_URL is not a database address; write postgresql://user:password@host:5432/name."
        ) from None
    if parsed.drivername.partition("+")[0] not in {"postgres", "postgresql"}:
        raise DatabaseUrlError(
            f"DATABASE_URL names {parsed.drivername}, but the records are kept in PostgreSQL with PostGIS; "
            "write postgresql://user:password@host:5432/name."
        )
    return parsed.set(drivername="postgresql+psycopg")


def database_url(settings: Settings) -> str:
    """The address of the database that is set, else of the private cluster in the data folder, started if need be."""
    if settings.database_url:
        return normal_url(settings.database_url).render_as_string(hide_password=False)
    # Only here: whoever sets DATABASE_URL needs nothing of the private cluster.
    from geo.store.cluster import private_database_url

    return private_database_url(settings.data_dir)


def make_engine(url: str, *, read_only: bool = False) -> Engine:
    """
    Make an engine whose every wait has an end.

    Parameters
    ----------
    url
        Address of the database; the driver need not be named.
    read_only
        Refuse writes, and give up a statement after 2 s and a lock after 0.3 s: for answers, not for imports.
    """
    return _engine(url, READ_ONLY_OPTIONS if read_only else {})


def make_entry_engine(url: str) -> Engine:
    """Make an engine for what people send one by one: a statement is given up after 5 s, a lock after 2 s."""
    return _engine(url, ENTRY_OPTIONS)


def _engine(url: str, server_options: dict[str, str]) -> Engine:
    arguments = _connect_arguments(server_options)
    engine = create_engine(
        normal_url(url),
        connect_args=arguments,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        pool_timeout=POOL_TIMEOUT_S,
    )
    event.listen(engine, "handle_error", _say_when_unreachable)
    event.listen(engine, "handle_error", _say_when_outdated)
    return engine


READ_ONLY_OPTIONS = {
    "default_transaction_read_only": "on",
    "statement_timeout": str(READ_STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(READ_LOCK_TIMEOUT_MS),
}

ENTRY_OPTIONS = {
    "statement_timeout": str(ENTRY_STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(ENTRY_LOCK_TIMEOUT_MS),
}


@contextmanager
def in_turn(given_up: type[UnavailableError]) -> Iterator[None]:
    """Say in one sentence, `given_up`'s, when something within was given up because it waited too long for others."""
    try:
        yield
    except OperationalError as error:
        if waited_too_long(error):
            raise given_up from None
        raise


def waited_too_long(error: SQLAlchemyError) -> bool:
    """Whether a statement was given up because of others: a lock, its time, or all connections were taken."""
    if isinstance(error, NoFreeConnection):
        return True
    given_up = LockNotAvailable | QueryCanceled | DeadlockDetected
    return isinstance(error, OperationalError) and isinstance(error.orig, given_up)


def _connect_arguments(server_options: dict[str, str]) -> dict[str, Any]:
    """What the driver gets: a short wait for the connection, and a dead peer noticed in seconds, not hours."""
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "yiquan",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }
    if server_options:
        arguments["options"] = " ".join(f"-c {name}={value}" for name, value in server_options.items())
    return arguments


def _say_when_unreachable(context: ExceptionContext) -> DatabaseUnavailableError | None:
    """Put one sentence in the place of the driver's error when the connection could not be made or broke."""
    # A failed ping is not an error yet: the pool throws the connection away and makes another.
    if context.is_pre_ping or not isinstance(context.sqlalchemy_exception, OperationalError):
        return None
    if not context.is_disconnect and context.connection is not None:
        return None
    reason = str(context.original_exception).strip().splitlines() or ["no reason given"]
    return DatabaseUnavailableError(f"{reason[0].rstrip('.')}.")


def _say_when_outdated(context: ExceptionContext) -> OutdatedTablesError | None:
    """Put one sentence in the place of the driver's error when a table or a column is not there."""
    is_missing = isinstance(context.original_exception, UndefinedTable | UndefinedColumn)
    return OutdatedTablesError() if is_missing else None


def upgrade(url: str, revision: str = "head") -> None:
    """
    Bring a database to a revision, the newest one unless told otherwise.

    Two upgrades at once run one after the other. A table in use is waited for half a second at a time, because readers
    queue behind the waiting migration; nothing is left half done.

    Raises
    ------
    MigrationBlockedError
        A table stayed in use through every attempt.
    """
    _migrate(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Take a database back to an earlier revision (`base` removes every table); raises MigrationBlockedError."""
    _migrate(url, lambda config: command.downgrade(config, revision))


def _migrate(url: str, run: Callable[[Config], None]) -> None:
    for attempt in range(MIGRATION_ATTEMPTS):
        try:
            return _migrate_once(url, run)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
        # A random pause, so that two that collide do not collide again in step.
        time.sleep(random.uniform(0.05, 0.1) * (attempt + 1))
    raise MigrationBlockedError


def _migrate_once(url: str, run: Callable[[Config], None]) -> None:
    engine = create_engine(
        normal_url(url), poolclass=NullPool, connect_args=_connect_arguments({}), hide_parameters=True
    )
    event.listen(engine, "handle_error", _say_when_unreachable)
    with engine.begin() as connection:
        # The other migration may take minutes; its lock is waited for, and only tables are not.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = {MIGRATION_LOCK_TIMEOUT_MS}"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        run(migration_config(connection))


def migration_config(connection: Connection) -> Config:
    """Alembic's settings for a connection; there is no ini file to find or to keep."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


def schema_differences(connection: Connection) -> list[object]:
    """What the tables in the database lack or have too much against `geo.store.tables`; empty when they agree."""
    context = MigrationContext.configure(connection, opts=comparison_options())
    return list(compare_metadata(context, metadata))


def comparison_options() -> dict[str, Any]:
    """How models and database are compared: PostGIS's own tables are not ours, types and defaults count."""
    return {
        "include_object": alembic_helpers.include_object,
        "compare_type": True,
        "compare_server_default": True,
        "target_metadata": metadata,
    }
