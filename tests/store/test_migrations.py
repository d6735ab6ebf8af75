"""The migrations: from nothing to the tables that the code speaks of, and back."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from geo.places import vocabulary
from geo.store import city_store, import_store
from geo.store import engine as store_engine
from geo.store.engine import (
    DatabaseUnavailableError,
    DatabaseUrlError,
    MigrationBlockedError,
    downgrade,
    make_engine,
    normal_url,
    schema_differences,
    upgrade,
)
from geo.store.tables import facility, metadata, network, site

POSTGIS_TABLES = {"spatial_ref_sys"}

FINGERPRINT = text("""
    SELECT 'column' AS kind, table_name || '.' || column_name AS name,
        concat_ws(' ', udt_name, is_nullable, column_default, is_identity, generation_expression) AS definition
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT IN ('spatial_ref_sys', 'alembic_version')
        AND table_name NOT LIKE 'geo%\\_columns'
    UNION ALL
    SELECT 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
        AND conrelid::regclass::text NOT IN ('spatial_ref_sys', 'alembic_version')
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename NOT IN ('spatial_ref_sys', 'alembic_version')
    UNION ALL
    SELECT 'geometry', f_table_name || '.' || f_geometry_column, concat_ws(' ', srid, type, coord_dimension)
    FROM geometry_columns
    UNION ALL
    SELECT 'geography', f_table_name || '.' || f_geography_column, concat_ws(' ', srid, type, coord_dimension)
    FROM geography_columns
""")


def fingerprint(connection: Connection) -> set[tuple[str, str, str]]:
    """Every column, constraint, index and spatial column of our tables, as the database describes it."""
    return {(kind, name, definition) for kind, name, definition in connection.execute(FINGERPRINT)}


def table_names(connection: Connection) -> set[str]:
    found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return set(found.scalars())


def test_an_empty_database_goes_to_the_head_and_back_and_to_the_head_again(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    upgrade(empty_database_url)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
        first = fingerprint(connection)

    downgrade(empty_database_url, "base")
    with engine.connect() as connection:
        assert table_names(connection) - POSTGIS_TABLES == {"alembic_version"}

    upgrade(empty_database_url)
    with engine.connect() as connection:
        assert fingerprint(connection) == first
    engine.dispose()


def test_a_filled_database_survives_each_step_down_and_up(database_url: str, engine: Engine) -> None:
    """A facility whose keeper has no level, which the first revision cannot hold, keeps everything but that keeper."""
    with engine.begin() as connection:
        city_id = city_store.create_city(connection, "qingdao", name="青岛").city_id
        org_id = import_store.ensure_orgs(connection, city_id, {"市南区总工会"})["市南区总工会"]
        place = {"city_id": city_id, "geom": "SRID=4326;POINT(120.38 36.07)", "coord_datum": "wgs84"}
        site_id = connection.execute(insert(site).values(place).returning(site.c.site_id)).scalar_one()
        station = {"city_id": city_id, "site_id": site_id, "name": "驿站", "facility_type": "union_station"}
        connection.execute(insert(facility).values(org_id=org_id, note="门朝西", **station))
    for revision in ("0001", "head"):
        (downgrade if revision == "0001" else upgrade)(database_url, revision)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
        assert connection.execute(select(facility.c.name, facility.c.org_id, facility.c.note)).one() == (
            "驿站",
            None,
            None,
        )


def test_the_migrations_make_exactly_the_tables_that_the_code_describes(empty_database_url: str) -> None:
    """Unlike Alembic's comparison this sees CHECK constraints, partial indexes and generated columns as well."""
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        metadata.create_all(connection)
        described = fingerprint(connection)
        metadata.drop_all(connection)
    upgrade(empty_database_url)
    with engine.connect() as connection:
        migrated = fingerprint(connection)
    engine.dispose()
    assert migrated - described == set()
    assert described - migrated == set()


def test_every_network_of_the_vocabulary_has_its_row(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(network.select()).all()
    assert {tuple(row) for row in rows} == {(term.code, term.zh, term.en) for term in vocabulary.NETWORKS}


def test_migrations_hold_their_own_codes() -> None:
    """A migration that read today's vocabulary would make other tables tomorrow."""
    versions = Path(store_engine.__file__).parent / "migrations" / "versions"
    for revision in versions.glob("*.py"):
        assert not re.search(r"^\s*(from|import) geo[. ]", revision.read_text("utf-8"), re.MULTILINE), revision.name


def test_a_second_upgrade_changes_nothing(database_url: str, engine: Engine) -> None:
    with engine.connect() as connection:
        before = fingerprint(connection)
    upgrade(database_url)
    with engine.connect() as connection:
        assert fingerprint(connection) == before


def test_two_upgrades_at_once_both_end_well(empty_database_url: str) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            upgrade(empty_database_url)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    engine = make_engine(empty_database_url)
    with engine.connect() as connection:
        assert schema_differences(connection) == []
    engine.dispose()


def test_a_migration_waits_for_a_table_in_use(database_url: str, engine: Engine) -> None:
    """A reader holds a table for longer than the migration's patience; the migration tries again and succeeds."""
    reader = engine.connect()
    reader.execute(text("LOCK TABLE city IN ACCESS SHARE MODE"))
    release = threading.Timer(1.2, reader.close)
    release.start()
    began = time.monotonic()
    downgrade(database_url, "base")
    waited_s = time.monotonic() - began
    release.join()
    assert waited_s >= 1.0


def test_a_migration_that_never_gets_its_table_says_so_and_changes_nothing(
    database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_engine, "MIGRATION_ATTEMPTS", 2)
    with engine.connect() as reader:
        before = fingerprint(reader)
        reader.execute(text("LOCK TABLE city IN ACCESS SHARE MODE"))
        with pytest.raises(MigrationBlockedError, match="nothing was changed"):
            downgrade(database_url, "base")
        assert fingerprint(reader) == before


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("postgres://a:b@h:5432/d", "postgresql+psycopg://a:b@h:5432/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg://h/d"),
        ("postgresql:///d?host=/tmp/a%2Cb", "postgresql+psycopg:///d?host=%2Ftmp%2Fa%2Cb"),
    ],
)
def test_every_spelling_of_a_postgresql_address_gets_our_driver(written: str, expected: str) -> None:
    assert normal_url(written).render_as_string(hide_password=False) == expected


@pytest.mark.parametrize("written", ["", "not an address", "mysql://h/d", "sqlite:///x", "postgresql://h:port/d"])
def test_an_address_of_something_else_is_refused_in_one_sentence(written: str) -> None:
    with pytest.raises(DatabaseUrlError, match="DATABASE_URL"):
        normal_url(written)


def test_a_database_that_is_down_is_named_in_one_sentence_without_the_password() -> None:
    engine = make_engine("postgresql://someone:secret@127.0.0.1:1/nowhere")
    with pytest.raises(DatabaseUnavailableError) as caught, engine.connect():
        pass
    engine.dispose()
    assert "does not answer" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_read_only_engine_cannot_write(database_url: str) -> None:
    engine = make_engine(database_url, read_only=True)
    with engine.connect() as connection, pytest.raises(Exception, match="read-only"):
        connection.execute(text("DELETE FROM city"))
    engine.dispose()


def test_an_error_never_shows_the_values_of_the_statement(engine: Engine) -> None:
    """A rider's position in a failing query must not reach a log."""
    with engine.connect() as connection, pytest.raises(Exception) as caught:  # noqa: PT011 - any error at all
        connection.execute(text("SELECT :lon / 0"), {"lon": 120.38123})
    assert "120.38123" not in str(caught.value)
