"""The nearest stations over HTTP: exact, in both modes, in any datum, refused in sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import numpy as np
import pytest

from geo.datum import Datum, from_wgs84
from geo.services.nearest import arrival
from geo.snapshot.masks import FacilityFilter
from geo.snapshot.model import Snapshot
from tests.api.conftest import NOON
from tests.support.oracle import Oracle
from tests.support.small_city import SmallCity

POINTS = 120

WATER_AND_SEAT = frozenset({"water_hot", "seat"})
CHARGING = frozenset({"phone_charge", "ebike_charge"})
STATIONS = frozenset({"union_station", "rider_station"})
FILTERS: tuple[tuple[dict[str, str], FacilityFilter], ...] = (
    ({}, FacilityFilter()),
    ({"type": ",".join(STATIONS)}, FacilityFilter(types=STATIONS)),
    ({"amenities": ",".join(WATER_AND_SEAT)}, FacilityFilter(amenities=WATER_AND_SEAT)),
    ({"class": "smart24h", "open": "now"}, FacilityFilter(classes=frozenset({"smart24h"}))),
    ({"open": "2026-11-21T06:52:10+08:00", "network": "grid"}, FacilityFilter(networks=frozenset({"grid"}))),
    ({"max_s": "900", "amenities_any": ",".join(CHARGING)}, FacilityFilter(amenities_any=CHARGING)),
    ({"no_app": "true", "open": "now"}, FacilityFilter(no_app=True)),
)


def points_of(snapshot: Snapshot, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Points about where stations are, some on streets, some in the hills."""
    random = np.random.default_rng(seed)
    chosen = random.integers(0, len(snapshot.lon), count)
    shift = random.normal(0, 0.004, (2, count))
    return snapshot.lon[chosen] + shift[0], snapshot.lat[chosen] + shift[1]


def times_by_brute_force(snapshot: Snapshot, mode: str, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Seconds/10 from every point to every facility by scipy's Dijkstra; -1 where there is no way."""
    layer = snapshot.modes[mode]
    facilities, points = layer.index.snap(snapshot.lon, snapshot.lat), layer.index.snap(lon, lat)
    oracle = Oracle(layer.graph, facilities, points, layer.graph.mode.arrival_overhead_ds)
    _, keys = oracle.keys()
    times = np.where(keys < np.iinfo(np.int32).max << 32, keys >> 32, -1)
    return np.where((points.edge >= 0)[:, None] & (facilities.edge >= 0)[None, :], times, -1)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_every_answer_equals_brute_force_over_every_facility(service: httpx.Client, small_city: SmallCity, mode: str):
    """120 points × 7 filters: which stations, in which order, after how many seconds by either mode."""
    snapshot = small_city.snapshot
    lon, lat = points_of(snapshot, POINTS)
    times = {code: times_by_brute_force(snapshot, code, lon, lat) for code in ("walk", "ebike")}
    found = 0
    for parameters, wanted in FILTERS:
        passing = snapshot.masks.eligible(wanted)
        at = NOON if parameters.get("open", "now") == "now" else datetime.fromisoformat(parameters["open"])
        for row in range(POINTS):
            answer = service.get("/nearest", params={"lon": lon[row], "lat": lat[row], "mode": mode, **parameters})
            expected = sorted(
                (int(time), snapshot.facility_ids[one])
                for one, time in enumerate(times[mode][row])
                if time >= 0
                and passing[one]
                and time <= float(parameters.get("max_s", "inf")) * 10
                and ("open" not in parameters or snapshot.timetable.state(one, arrival(at, int(time))).state == "open")
            )[:5]
            assert hits(answer.json()) == [(str(identity), time / 10) for time, identity in expected]
            for feature in answer.json()["features"]:
                check_modes(feature, {code: times[code][row] for code in times}, snapshot)
            found += len(expected)
    assert found > POINTS * 5


def check_modes(feature: dict[str, Any], times: dict[str, np.ndarray], snapshot: Snapshot) -> None:
    """Every hit says how long it takes in every mode."""
    position = snapshot.position_of_id[int(feature["id"])]
    for code, row in times.items():
        time = int(row[position])
        assert feature["properties"]["modes"][code] == (None if time < 0 else {"travel_s": time / 10})


def hits(body: dict[str, Any]) -> list[tuple[str, float]]:
    """Ids and seconds of an answer, in its order."""
    return [(feature["id"], feature["properties"]["travel_s"]) for feature in body["features"]]


def place(city: SmallCity, position: int = 0) -> dict[str, float]:
    """A point at a station's door."""
    return {"lon": float(city.snapshot.lon[position]), "lat": float(city.snapshot.lat[position])}


def test_a_hit_says_what_a_person_needs_to_know(service: httpx.Client, small_city: SmallCity):
    body = service.get("/nearest", params=place(small_city)).json()
    assert body["type"] == "FeatureCollection"
    assert body["numberReturned"] == len(body["features"]) == 5
    assert body["snapshot"]["id"] == small_city.snapshot.id
    assert body["query"]["at"] == NOON.isoformat()
    assert body["synthetic"] is True
    hit = body["features"][0]["properties"]
    assert hit["rank"] == 1
    assert set(hit["open"]) == {"now", "on_arrival", "until", "opens_at", "certain"}
    assert {"amap", "baidu", "tencent", "apple", "geo"} <= set(hit["handoff"])
    assert set(hit["amenities"].values()) <= {"available", "limited", "broken", "absent", "unknown"}
    assert hit["synthetic"] is True
    assert body["features"][0]["links"][0]["href"] == f"/facilities/{body['features'][0]['id']}"


@pytest.mark.parametrize("coord", ["gcj02", "bd09"])
def test_the_same_place_has_the_same_answer_in_every_datum(service: httpx.Client, small_city: SmallCity, coord: str):
    lon, lat = points_of(small_city.snapshot, 20, seed=5)
    shifted = from_wgs84(lon, lat, Datum(coord))
    for row in range(len(lon)):
        plain = service.get("/nearest", params={"lon": lon[row], "lat": lat[row]}).json()
        moved = service.get("/nearest", params={"lon": shifted[0][row], "lat": shifted[1][row], "coord": coord}).json()
        assert hits(plain) == hits(moved)
        assert moved["query"]["coord"] == coord
        for one, other in zip(plain["features"], moved["features"], strict=True):
            assert one["geometry"] == other["geometry"]  # WGS-84 always: RFC 7946
            x, y = from_wgs84(*[np.array([value]) for value in one["geometry"]["coordinates"]], Datum(coord))
            assert other["properties"]["position"] == pytest.approx([x[0], y[0]], abs=2e-7)


def test_off_the_network_is_an_answer_and_says_so(service: httpx.Client):
    answer = service.get("/nearest", params={"lon": 0, "lat": 0, "lang": "en"})
    assert answer.status_code == 200
    assert answer.json()["notice"] == "outside_network"
    assert answer.json()["features"] == []
    assert "street" in answer.json()["message"]


def test_who_has_no_application_is_sent_only_where_none_is_needed(service: httpx.Client, small_city: SmallCity):
    wish = {**place(small_city), "no_app": "true", "limit": 20}
    found = [hit["properties"] for hit in service.get("/nearest", params=wish).json()["features"]]
    assert len(found) == 20
    assert {hit["first_use_needs"] for hit in found} <= {"none", "register"}
    assert all(set(hit["entry"]) - {"app_qr", "member_qr"} for hit in found)
    point = [float(place(small_city)["lon"]), float(place(small_city)["lat"])]
    many = service.post("/nearest", json={"points": [point], "no_app": True, "limit": 20}).json()
    one_by_one = [feature["id"] for feature in service.get("/nearest", params=wish).json()["features"]]
    assert many["ids"][0] == one_by_one
    plain = service.get("/nearest", params={**wish, "no_app": "false"}).json()["features"]
    assert "app" in {feature["properties"]["first_use_needs"] for feature in plain}


def test_when_nothing_is_open_the_answer_says_what_opens_next(service: httpx.Client, small_city: SmallCity):
    wishes = {"type": "childcare_station", "open": "2026-11-18T03:00:00+08:00", "limit": 3, "max_s": 3600}
    body = service.get("/nearest", params={**place(small_city), **wishes}).json()
    assert body["features"] == []
    assert body["notice"] == "none_open"
    opens = [hit["properties"]["open"]["opens_at"] for hit in body["fallback"]]
    assert opens
    assert opens == sorted(opens)


def test_who_would_walk_for_hours_is_told_what_opens_sooner(service: httpx.Client, small_city: SmallCity):
    """Nothing is open at three; without a limit the answer is a place that is open after half a night's walk."""
    wishes = {"type": "childcare_station", "open": "2026-11-18T03:00:00+08:00", "limit": 1}
    body = service.get("/nearest", params={**place(small_city), **wishes}).json()
    assert body["features"][0]["properties"]["travel_s"] > 3600
    assert body["features"][0]["properties"]["open"]["on_arrival"] is True
    assert body["fallback"]


def test_a_wish_nobody_fulfils_is_an_empty_answer(service: httpx.Client, small_city: SmallCity):
    body = service.get("/nearest", params={**place(small_city), "type": "culture_palace"}).json()
    assert (body["features"], body["notice"]) == ([], "none_matching")


def test_the_language_is_the_one_asked_for(service: httpx.Client):
    nowhere = {"lon": 0, "lat": 0}
    asked = {
        "zh": service.get("/nearest", params={**nowhere, "lang": "zh"}, headers={"Accept-Language": "en"}),
        "en": service.get("/nearest", params=nowhere, headers={"Accept-Language": "de, en-GB;q=0.8, zh;q=0.5"}),
    }
    for lang, answer in asked.items():
        assert answer.headers["content-language"] == lang
        assert answer.json()["message"].isascii() == (lang == "en")


def test_only_the_fields_asked_for_are_sent(service: httpx.Client, small_city: SmallCity):
    body = service.get("/nearest", params={**place(small_city), "fields": "name,travel_s"}).json()
    assert all(set(feature["properties"]) == {"name", "travel_s"} for feature in body["features"])


def test_an_answer_that_has_not_changed_is_not_sent_again(service: httpx.Client, small_city: SmallCity):
    first = service.get("/nearest", params=place(small_city))
    again = service.get("/nearest", params=place(small_city), headers={"If-None-Match": first.headers["etag"]})
    other = service.get(
        "/nearest", params={**place(small_city), "limit": 4}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert again.content == b""
    assert first.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("lon=120", "lat"), ("lon=120&lat=36&lat=37", "lat"), ("lon=1,2&lat=3", "lon"), ("lon=120&lat=36&k=5", "k")],
)
def test_a_bad_question_is_answered_by_a_problem_that_names_the_parameter(
    service: httpx.Client, query: str, parameter: str
):
    answer = service.get(f"/nearest?{query}")
    problem = answer.json()
    assert answer.status_code == problem["status"] == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["parameter"] == parameter
    assert parameter in problem["detail"]
    assert problem["instance"] == "/nearest"


# ── many points ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wishes", [{}, {"mode": "ebike", "limit": 2}, {"open": "now", "type": ["union_station"]}])
def test_many_points_are_answered_like_one(service: httpx.Client, small_city: SmallCity, wishes: dict[str, Any]):
    lon, lat = points_of(small_city.snapshot, 40, seed=9)
    points = [*zip(lon.tolist(), lat.tolist(), strict=True), (0.0, 0.0)]
    many = service.post("/nearest", json={"points": points, **wishes}).json()
    assert len(many["ids"]) == len(many["travel_s"]) == len(points)
    as_query = {name: ",".join(value) if isinstance(value, list) else value for name, value in wishes.items()}
    for row, (x, y) in enumerate(points):
        one = service.get("/nearest", params={"lon": x, "lat": y, **as_query}).json()
        assert list(zip(many["ids"][row], many["travel_s"][row], strict=True)) == hits(one)
        assert (row in many["outside_network"]) == (one.get("notice") == "outside_network")


@pytest.mark.parametrize(
    ("body", "status", "parameter"),
    [
        (b"", 400, "body"),
        (b"[]", 400, "body"),
        (b"{", 400, "body"),
        (b'{"points": []}', 400, "points"),
        (b'{"points": "120,36"}', 400, "points"),
        (b'{"points": [[120.1]]}', 400, "points"),
        (b'{"points": [[120.1, 36, 5]]}', 400, "points"),
        (b'{"points": [[120.1, "36"]]}', 400, "points"),
        (b'{"points": [[120.1, true]]}', 400, "points"),
        (b'{"points": [[120.1, null]]}', 400, "points"),
        (b'{"points": [[120.1, NaN]]}', 400, "body"),
        (b'{"points": [[36.1, 120.1]]}', 400, "points"),
        (b'{"points": [[120, 36]], "colour": 1}', 400, "colour"),
        (b'{"points": [[120, 36]], "limit": "many"}', 400, "limit"),
        (b'{"points": [' + b",".join([b"[1,2]"] * 10_001) + b"]}", 400, "points"),
        (b'{"points": [[1,2]], "mode": "' + b"x" * 2_000_001 + b'"}', 413, None),
    ],
)
def test_a_bad_body_is_refused(service: httpx.Client, body: bytes, status: int, parameter: str | None):
    answer = service.post("/nearest", content=body)
    assert (answer.status_code, answer.json().get("parameter")) == (status, parameter)
    assert answer.headers["content-type"] == "application/problem+json"


def test_ten_thousand_points_are_answered_at_once(service: httpx.Client, small_city: SmallCity):
    lon, lat = points_of(small_city.snapshot, 10_000, seed=3)
    answer = service.post("/nearest", json={"points": list(zip(lon.tolist(), lat.tolist(), strict=True)), "limit": 1})
    assert answer.status_code == 200
    assert len(answer.json()["ids"]) == 10_000
