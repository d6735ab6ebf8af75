"""What a service answers when its database is there and cannot: old tables, locks, faults nobody foresaw."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from geo.services.keys import REPORTS_READ, STATIONS_WRITE, new_key
from geo.store.engine import downgrade, make_engine
from tests.api.conftest import NOON, api_settings
from tests.support.service import running_service
from tests.support.small_city import SmallCity

REPORT = {
    "kind": "good_confirm",
    "at": NOON.isoformat(),
    "reporter": "a-phone-of-one-test",
    "id": "0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10",
}


@pytest.fixture
def own_service(own_city: SmallCity) -> Iterator[httpx.Client]:
    """A service over a city of its own, whose database is about to suffer."""
    with running_service(api_settings(own_city), clock=lambda: NOON) as client:
        yield client


def test_a_database_with_old_tables_is_unavailable_and_the_remedy_is_named(
    own_city: SmallCity, own_service: httpx.Client
):
    engine = own_city.engine()
    scopes = [STATIONS_WRITE, REPORTS_READ]
    _, key = new_key(engine, own_city.slug, "desk", scopes=scopes, now=NOON)
    engine.dispose()
    downgrade(own_city.url, "0003")

    bearer = {"Authorization": f"Bearer {key}"}
    answers = [
        own_service.post("/collections/stations/items", headers=bearer, json={"type": "Feature"}),
        own_service.get("/reports", headers=bearer),
        own_service.get("/reports", headers={"Authorization": "Bearer guessed"}),
        own_service.get("/scenarios"),
    ]
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert answer.json()["type"] == "urn:yiquan:problem:outdated-tables"
        assert "`yiquan db migrate`" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert "api_key" not in answer.text
        assert "scenario" not in answer.json()["detail"]
    assert own_service.get("/stations.json").status_code == 200


def test_a_table_that_somebody_locks_is_waited_for_a_moment_and_then_asked_for_again(
    own_city: SmallCity, own_service: httpx.Client
):
    station = own_city.snapshot.facility_ids[0]
    engine = make_engine(own_city.url)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE report IN ACCESS EXCLUSIVE MODE"))
        answer = own_service.get(f"/facilities/{station}/reports")
    engine.dispose()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:yiquan:problem:database-busy")
    assert int(answer.headers["retry-after"]) > 0
    assert own_service.get(f"/facilities/{station}/reports").status_code == 200


def test_a_fault_nobody_foresaw_shows_neither_statement_nor_trace(
    own_city: SmallCity, own_service: httpx.Client, caplog: pytest.LogCaptureFixture
):
    engine = make_engine(own_city.url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'words of the database about %', NEW.report_id; END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER refuse BEFORE INSERT ON report FOR EACH ROW EXECUTE FUNCTION refuse()"))
    engine.dispose()
    with caplog.at_level(logging.ERROR, logger="yiquan.api"):
        answer = own_service.post("/reports", json={**REPORT, "station": str(own_city.snapshot.facility_ids[0])})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    said = answer.text + "".join(str(vars(record)) for record in caplog.records)
    for word in ("INSERT", "SELECT", "words of the database", REPORT["id"], REPORT["reporter"]):
        assert word not in said
    assert "Traceback" not in answer.text
    assert [record.name for record in caplog.records] == ["yiquan.api"]
