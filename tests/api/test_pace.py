"""How much one address may send: counted for all workers together, by the hour, and believed of proxies we know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Request
from sqlalchemy import func, select

from api.dependencies import SHANGHAI
from api.pace import address_of
from api.settings import ApiSettings
from geo.store.engine import make_engine
from geo.store.tables import report_pace
from tests.support.service import running_service
from tests.support.toy_holder import ToyHolder, holder_with_city
from tests.support.toy_snapshot import station, toy_snapshot

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 300)])
NOW = datetime(2026, 11, 18, 12, 20, tzinfo=SHANGHAI)
MOST = 3
LIMITS = {f"{kind}_per_hour": MOST for kind in ("scenarios", "sitings", "reports", "wishes")}


class Hands:
    """A clock that can be put on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now


@contextmanager
def worker(holder: ToyHolder, clock: Hands, **options: Any) -> Iterator[httpx.Client]:
    """One of several processes of a service, as far as memory goes: an application of its own."""
    settings = ApiSettings.model_validate({**holder.settings.model_dump(), **LIMITS, **options})
    with running_service(settings, holder=holder, clock=clock) as client:
        yield client


@pytest.fixture
def holder(database_url: str, tmp_path: Path) -> ToyHolder:
    """A toy city over a database of this test's own."""
    return holder_with_city(SNAPSHOT, database_url, ApiSettings(data_dir=tmp_path))


def second(holder: ToyHolder) -> ToyHolder:
    """The holder of another worker over the same database."""
    return ToyHolder(SNAPSHOT, str(holder.url), holder.settings)


@pytest.fixture
def clock() -> Hands:
    """Noon, until it is put on."""
    return Hands()


def report() -> dict[str, Any]:
    """A report from a phone that nobody has heard of."""
    said = {"station": str(SNAPSHOT.facility_ids[0]), "kind": "good_confirm", "at": NOW.isoformat()}
    return {**said, "reporter": uuid4().hex, "id": str(uuid4())}


def wish() -> dict[str, Any]:
    """A wish from a phone that nobody has heard of."""
    place = {"lon": float(SNAPSHOT.lon[0]), "lat": float(SNAPSHOT.lat[0])}
    return {**place, "at": NOW.isoformat(), "reporter": uuid4().hex, "id": str(uuid4())}


def what_if() -> dict[str, Any]:
    """A scenario."""
    place = {"lon": float(SNAPSHOT.lon[0]), "lat": float(SNAPSHOT.lat[0])}
    return {"name": "试", "changes": [{"kind": "add", **place}]}


def place() -> dict[str, Any]:
    """An address to look at."""
    return {"lon": float(SNAPSHOT.lon[0]), "lat": float(SNAPSHOT.lat[0])}


TAKEN = {201, 202, 404}
"""Answers of writes that were let through; the toy's stations are not in the database, so its reports find none."""

WRITES = [("/reports", report), ("/wishes", wish), ("/scenarios", what_if), ("/siting/check", place)]


@pytest.mark.parametrize(("path", "made"), WRITES)
def test_workers_count_together_and_say_when_to_come_again(holder: ToyHolder, clock: Hands, path: str, made: Any):
    with worker(holder, clock) as one, worker(second(holder), clock) as other:
        codes = [client.post(path, json=made()).status_code for client in (one, other, one)]
        assert set(codes) <= TAKEN, codes
        for client in (other, one):
            refused = client.post(path, json=made())
            assert refused.status_code == 429, refused.text
            assert refused.json()["type"] == "urn:yiquan:problem:too-many-from-address"
            assert refused.headers["retry-after"] == str(40 * 60 + 1)
        clock.now += timedelta(minutes=41)
        assert other.post(path, json=made()).status_code in TAKEN
    engine = make_engine(str(holder.url))
    with engine.connect() as connection:
        counted = connection.execute(select(func.max(report_pace.c.reports))).scalar_one()
    engine.dispose()
    assert counted <= MOST + 1  # what is refused is not counted; a station's count goes on into the next hour


def test_a_forged_header_is_no_other_address(holder: ToyHolder, clock: Hands):
    with worker(holder, clock) as client:
        codes = [
            client.post("/wishes", json=wish(), headers={"X-Forwarded-For": f"198.51.100.{host}"}).status_code
            for host in range(MOST + 1)
        ]
    assert codes == [202] * MOST + [429]


def test_a_proxy_that_is_known_is_believed(holder: ToyHolder, clock: Hands):
    with worker(holder, clock, trusted_proxies="127.0.0.1,10.0.0.0/8") as client:

        def send(forwarded: str) -> int:
            return client.post("/wishes", json=wish(), headers={"X-Forwarded-For": forwarded}).status_code

        assert [send("198.51.100.1") for _ in range(MOST + 1)] == [202] * MOST + [429]
        assert send("198.51.100.2") == 202
        # The nearest address that is no proxy of ours counts; what stands before it, anybody may have written.
        assert send("198.51.100.3, 198.51.100.1, 10.1.2.3") == 429
        answer = client.get("/?f=json", headers={"X-Forwarded-Proto": "https"})
        assert answer.json()["links"][0]["href"].startswith("https://")


def test_without_a_database_siting_goes_on_and_writing_does_not(holder: ToyHolder, clock: Hands, tmp_path: Path):
    away = ToyHolder(SNAPSHOT, "postgresql://nobody@127.0.0.1:1/nothing", holder.settings)
    with worker(away, clock) as client:
        assert [client.post("/siting/check", json=place()).status_code for _ in range(MOST + 1)] == [202] * (MOST + 1)
        assert client.post("/scenarios", json=what_if()).status_code == 503


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_counts_as_far_as_it_names_one_sender(host: str, counted: str):
    assert address_of(Request({"type": "http", "client": (host, 1), "headers": []})) == counted
