"""Wishes over HTTP and from the command line: taken down strictly, read and reviewed with a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.schemas.rider import Accepted
from api.schemas.wishes import Wished, WishedInFull, WishQueue
from api.settings import ApiSettings
from geo.datum import Datum, from_wgs84
from geo.services.keys import new_key
from geo.store.engine import make_engine
from tests.api.conftest import NOON
from tests.support.command_line import CommandLine
from tests.support.service import running_service
from tests.support.toy_holder import holder_with_city
from tests.support.toy_snapshot import station, toy_snapshot

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 300)])
HERE = (float(SNAPSHOT.lon[0]), float(SNAPSHOT.lat[0]))


def wish(**facts: Any) -> dict[str, Any]:
    """A wish of a rider of its own; None leaves a part out."""
    body = {"lon": HERE[0], "lat": HERE[1], "at": NOON.isoformat(), "reporter": uuid4().hex, "id": str(uuid4())}
    return {name: value for name, value in (body | facts).items() if value is not None}


@pytest.fixture
def client(database_url: str, tmp_path) -> Iterator[httpx.Client]:
    """A service over a toy city with a database of its own."""
    holder = holder_with_city(SNAPSHOT, database_url, ApiSettings(data_dir=tmp_path))
    with running_service(ApiSettings(data_dir=tmp_path), holder=holder, clock=lambda: NOON) as client:
        yield client


def key_for(url: str, scope: str) -> dict[str, str]:
    """Headers with a key."""
    engine = make_engine(url)
    _, key = new_key(engine, SNAPSHOT.city.slug, scope.replace(":", " "), scopes=[scope], now=NOON)
    engine.dispose()
    return {"Authorization": f"Bearer {key}"}


def test_wishes_of_riders_become_one_place_that_an_operator_accepts(client: httpx.Client, database_url: str):
    first = wish(needs=["water_hot", "seat"], hours=["night"])
    shifted = from_wgs84(*HERE, Datum.GCJ02)
    for body in (first, first, wish(needs=["seat"]), wish(lon=float(shifted[0]), lat=float(shifted[1]), coord="gcj02")):
        answer = client.post("/wishes", json=body)
        assert answer.status_code == 202, answer.text
        Accepted.model_validate_json(answer.content)

    headers = key_for(database_url, "wishes:review")
    answer = client.get("/wishes", headers=headers)
    WishQueue.model_validate_json(answer.content)
    assert answer.headers["cache-control"] == "no-store"
    (place,) = answer.json()["wishes"]
    assert (place["people"], place["needs"], place["hours"]) == (3, {"seat": 2, "water_hot": 1}, {"night": 1})
    assert (place["lon"], place["lat"]) == pytest.approx(HERE, abs=1e-4)

    told = client.put(
        f"/wishes/{place['cell']}/review", headers=headers, json={"state": "accepted", "note": "列入计划"}
    )
    Wished.model_validate_json(told.content)
    assert (told.json()["state"], told.json()["decided_by"]) == ("accepted", "wishes review")
    in_full = client.get(f"/wishes/{place['cell']}", headers=headers)
    WishedInFull.model_validate_json(in_full.content)
    assert [(one["was"], one["state"], one["note"]) for one in in_full.json()["decisions"]] == [
        ("new", "accepted", "列入计划")
    ]
    assert client.get("/wishes?state=new", headers=headers).json() == {"wishes": []}


def test_who_has_no_key_for_wishes_neither_reads_nor_decides(client: httpx.Client, database_url: str):
    other, cell = key_for(database_url, "reports:read"), "8931aa42a8fffff"
    for headers, status in (({}, 401), (other, 403)):
        assert client.get("/wishes", headers=headers).status_code == status
        assert client.get(f"/wishes/{cell}", headers=headers).status_code == status
        answer = client.put(f"/wishes/{cell}/review", headers=headers, json={"state": "accepted"})
        assert answer.status_code == status
    headers = key_for(database_url, "wishes:review")
    missing = client.put(f"/wishes/{cell}/review", headers=headers, json={"state": "accepted"})
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    refused = client.put(f"/wishes/{cell}/review", headers=headers, json={"state": "maybe"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "state")


def test_a_sixth_wish_in_an_hour_is_to_come_again_later(client: httpx.Client):
    for number in range(5):
        answer = client.post("/wishes", json=wish(reporter="one-eager-rider-01", lat=HERE[1] + 0.001 * number))
        assert answer.status_code == 202
    refused = client.post("/wishes", json=wish(reporter="one-eager-rider-01"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3601")


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ({"lon": None}, "lon"),
        ({"lat": 91}, "lat"),
        ({"at": "yesterday"}, "at"),
        ({"reporter": "too short"}, "reporter"),
        ({"id": "not-a-uuid"}, "id"),
        ({"needs": ["sauna"]}, "needs"),
        ({"hours": ["teatime"]}, "hours"),
        ({"note": "free text"}, "note"),
        ({"lon": 0.0, "lat": 0.0}, None),
    ],
)
def test_what_is_no_wish_is_refused_and_named(service: httpx.Client, wrong: dict[str, Any], parameter: str | None):
    answer = service.post("/wishes", json=wish(**wrong))
    assert (answer.status_code, answer.json().get("parameter")) == (400, parameter)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"wish"', b"null"])
def test_what_is_no_object_is_refused(service: httpx.Client, body: bytes):
    assert service.post("/wishes", content=body).status_code == 400


@pytest.mark.slow
def test_an_operator_decides_from_the_command_line(client: httpx.Client, database_url: str, tmp_path):
    assert client.post("/wishes", json=wish(needs=["water_hot"])).status_code == 202
    desk = CommandLine(database_url, tmp_path)
    (place,) = desk.ok("wishes", "list", "--state", "new")["wishes"]
    cell = place["cell"]
    assert "热水 1" in desk.run("wishes", "list").out
    for word, state in (("decline", "declined"), ("reopen", "new"), ("accept", "accepted"), ("built", "built")):
        assert desk.ok("wishes", word, cell, "--by", "市南区总工会")["state"] == state
    decisions = desk.ok("wishes", "show", cell)["decisions"]
    assert [one["state"] for one in decisions] == ["built", "accepted", "new", "declined"]
    refused = desk.run("wishes", "accept", "no-such-wish", "--by", "值班")
    assert (refused.status, "There is no wish" in refused.err) == (1, True)
    assert desk.run("wishes", "list", "--state", "maybe").status == 2
