"""What riders send is taken down strictly, shows for all at three, and waits on the phone while nobody is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.schemas.rider import Accepted, StationReports
from geo.services.rider_reports import Report, answer_station, take_report
from geo.snapshot.build import build_snapshot
from geo.snapshot.holder import SnapshotHolder
from tests.api.conftest import NOON, api_settings
from tests.support.command_line import CommandLine
from tests.support.proxy import database_proxy
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.waiting import wait_until


def report(station: object, kind: str = "locked_in_hours", /, **facts: Any) -> dict[str, Any]:
    """A report of a rider of its own."""
    body = {"station": str(station), "kind": kind, "at": NOON.isoformat(), "reporter": uuid4().hex, "id": str(uuid4())}
    return {name: value for name, value in (body | facts).items() if value is not None}


@pytest.fixture
def own_service(own_city: SmallCity) -> Iterator[httpx.Client]:
    """A service over a city that may be changed."""
    with running_service(api_settings(own_city), clock=lambda: NOON) as client:
        wait_until(lambda: client.get("/readyz").json()["status"] == "ready")
        yield client


@pytest.mark.slow
def test_three_reports_put_a_doubt_on_the_station_everywhere_and_an_answer_takes_it_off(
    own_service: httpx.Client, own_city: SmallCity
):
    """From the riders' phones to everybody's list, and from the operator's desk back."""
    point = {"lon": float(own_city.snapshot.lon[0]), "lat": float(own_city.snapshot.lat[0]), "mode": "ebike"}
    before = own_service.get("/nearest", params=point).json()["features"]
    station = before[0]["id"]
    for _ in range(3):
        answer = own_service.post("/reports", json=report(station))
        assert answer.status_code == 202
        Accepted.model_validate_json(answer.content)

    def in_doubt() -> bool:
        stations = own_service.get("/stations.json").json()
        return bool(stations["doubt"][stations["id"].index(station)])

    wait_until(in_doubt)
    body = own_service.get("/nearest", params={**point, "limit": 20}).json()
    assert body["rank"] == {"by": "travel_s", "doubted_extra_s": 600.0}
    marked = [(one["id"], one["properties"]["doubted"]) for one in body["features"]]
    assert (station, True) in marked
    ranked_by = [one["properties"]["travel_s"] + 600 * one["properties"]["doubted"] for one in body["features"]]
    assert ranked_by == sorted(ranked_by)
    assert own_service.get(f"/facilities/{station}").json()["properties"]["doubted"] is True
    batch = own_service.post("/nearest", json={"points": [[point["lon"], point["lat"]]], "mode": "ebike", "limit": 20})
    assert batch.json()["ids"][0] == [identity for identity, _ in marked]
    assert batch.json()["doubted"] == [station]
    said = own_service.get(f"/facilities/{station}/reports")
    StationReports.model_validate_json(said.content)
    assert said.json()["doubt"]["riders"] == 3
    code = before[0]["properties"]["code"]
    assert "待核实" in own_service.get(f"/s/{code}").text

    engine = own_city.engine()
    assert answer_station(engine, own_city.slug, code, by="市南区总工会", note="锁已更换", now=NOON)[1] == 3
    engine.dispose()
    wait_until(lambda: not in_doubt())
    assert own_service.get(f"/facilities/{station}/reports").json()["answer"]["note"] == "锁已更换"
    assert "待核实</strong>" not in own_service.get(f"/s/{code}").text


@pytest.mark.slow
def test_an_operator_lists_answers_and_dismisses_from_the_command_line(own_city: SmallCity):
    engine, city_id = own_city.engine(), own_city.snapshot.city.city_id
    row = own_city.snapshot.facilities.iloc[0]
    station, code = own_city.snapshot.facility_ids[0], row["code"]
    for kind in ("moved", "moved", "moved", "full", "full"):
        take_report(engine, city_id, Report(uuid4(), station, kind, None, NOON, uuid4().hex), now=NOON)
    engine.dispose()
    desk = CommandLine(own_city.url, own_city.settings.data_dir)
    queue = desk.ok("reports", "list")["stations"]
    assert [(one["facility_id"], one["code"], one["reports"], one["doubt"]) for one in queue] == [
        (station, code, 5, "place")
    ]
    listed = desk.ok("reports", "list", "--station", code)["reports"]
    full = [one["report_id"] for one in listed if one["kind"] == "full"]
    assert desk.ok("reports", "dismiss", *full, "--by", "值班")["dismissed"] == 2
    said = desk.run("reports", "answer", code, "--by", "市南区总工会", "--note", "原址未变")
    assert (said.status, said.out.strip()) == (0, f"{row['name']}: 3 reports are answered.")
    assert desk.ok("reports", "list") == {"stations": []}
    said = desk.run("reports", "answer", "no-such-code", "--by", "值班")
    assert (said.status, "No station of this city" in said.err) == (1, True)


def test_the_same_report_twice_is_one(own_service: httpx.Client, own_city: SmallCity):
    one = report(own_city.snapshot.facility_ids[0], "good_confirm")
    assert [own_service.post("/reports", json=one).status_code for _ in range(3)] == [202, 202, 202]
    said = own_service.get(f"/facilities/{one['station']}/reports").json()
    assert said["confirmed"] == {"riders": 1, "last_on": NOON.date().isoformat()}


def test_an_eleventh_report_in_an_hour_is_to_come_again_later(own_service: httpx.Client, own_city: SmallCity):
    reporter, stations = "one-busy-rider-0123", own_city.snapshot.facility_ids
    for number in range(10):
        assert own_service.post("/reports", json=report(stations[number], reporter=reporter)).status_code == 202
    refused = own_service.post("/reports", json=report(stations[11], reporter=reporter))
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "3601"


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ({"kind": "haunted"}, "kind"),
        ({"kind": None}, "kind"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-18T12:00:00"}, "at"),
        ({"at": 1763438400}, "at"),
        ({"reporter": "too short"}, "reporter"),
        ({"reporter": "x" * 65}, "reporter"),
        ({"reporter": "has spaces and 汉字 in it"}, "reporter"),
        ({"id": "not-a-uuid"}, "id"),
        ({"id": "{0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10}"}, "id"),
        ({"station": "abc"}, "station"),
        ({"station": None}, "station"),
        ({"amenity": "water_hot"}, "amenity"),
        ({"kind": "amenity_broken", "amenity": "sauna"}, "amenity"),
        ({"lon": 120.38, "lat": 36.07}, "lon"),
        ({"note": "free text"}, "note"),
    ],
)
def test_what_is_no_report_is_refused_and_named(
    service: httpx.Client, small_city: SmallCity, wrong: dict[str, Any], parameter: str
):
    answer = service.post("/reports", json=report(small_city.snapshot.facility_ids[0], **wrong))
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"report"', b"null"])
def test_what_is_no_object_is_refused(service: httpx.Client, body: bytes):
    assert service.post("/reports", content=body).status_code == 400


def test_a_long_body_is_not_read(service: httpx.Client):
    assert service.post("/reports", content=b" " * 5000).status_code == 413


@pytest.mark.parametrize("station", ["0", "99999999999999999"])
def test_a_station_that_is_not_there_is_not_found(service: httpx.Client, small_city: SmallCity, station: str):
    assert int(station) not in small_city.snapshot.facility_ids
    answer = service.post("/reports", json=report(station))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert service.get(f"/facilities/{station}/reports").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["down", "frozen"])
def test_while_the_database_is_away_a_report_waits_and_nobody_else_does(own_city: SmallCity, fault: str):
    with database_proxy(own_city.url) as (proxy, url):
        settings = api_settings(own_city, database_url=url, database_timeout_s=1.0)
        with running_service(settings, clock=lambda: NOON) as client:
            wait_until(lambda: client.get("/readyz").json()["status"] == "ready")
            one = report(own_city.snapshot.facility_ids[0])
            getattr(proxy, fault)()
            wait_until(lambda: client.get("/readyz").json()["status"] == "degraded")
            refused = client.post("/reports", json=one)
            assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
            assert int(refused.headers["retry-after"]) > 0
            assert client.get(f"/s/{own_city.snapshot.facility_ids[0]}").status_code == 200
            assert client.get("/stations.json").status_code == 200
            proxy.up()
            wait_until(lambda: client.post("/reports", json=one).status_code == 202)
            said = client.get(f"/facilities/{one['station']}/reports").json()
            assert [row["riders"] for row in said["open"]] == [1]


def test_old_doubts_are_lifted_by_the_service_itself(own_city: SmallCity, monkeypatch: pytest.MonkeyPatch):
    """Reports of a month ago, and nobody to answer them: the watching thread looks, the next snapshot shows it."""
    monkeypatch.setattr("geo.snapshot.holder.LAPSE_S", 0.1)
    engine, station = own_city.engine(), own_city.snapshot.facility_ids[0]
    now = NOON - timedelta(days=300)
    for _ in range(3):
        take_report(
            engine,
            own_city.snapshot.city.city_id,
            Report(uuid4(), station, "moved", None, now, uuid4().hex),
            now=now,
        )
    built = build_snapshot(engine, own_city.settings, own_city.slug)
    engine.dispose()
    assert built.doubted.sum() == 1
    holder = SnapshotHolder(own_city.settings, poll_s=0.2)
    holder.start()
    try:
        assert holder.snapshot.doubted[0]
        wait_until(lambda: not holder.snapshot.doubted.any())
    finally:
        holder.stop()
