"""What the pages live on: the city, its stations in columns, its areas, one facility, coverage, files."""

from __future__ import annotations

import gzip
from base64 import b64decode
from typing import Any

import brotli
import httpx
import numpy as np
import pytest
import shapely

from geo.coverage.question import Question
from geo.places.vocabulary import AMENITIES, FACILITY_TYPES
from geo.services import coverage
from tests.api.conftest import NOON
from tests.support.small_city import SmallCity
from web_map.lattice import decode_lattice

CACHEABLE = (
    "/city.json",
    "/stations.json",
    "/areas?level=district",
    "/areas?level=street",
    "/coverage?mode=walk&minutes=10",
    "/coverage/cells?mode=ebike",
    "/",
    "/planner",
)


def test_the_city_says_what_it_is(service: httpx.Client, small_city: SmallCity):
    body = service.get("/city.json").json()
    facts, snapshot = small_city.files.facts, small_city.snapshot
    assert body["city"]["slug"] == small_city.slug
    assert (body["city"]["name"], body["city"]["synthetic"]) == (facts.name, True)
    west, south, east, north = body["city"]["bbox"]
    assert west < body["city"]["center"][0] < east
    assert south < body["city"]["center"][1] < north
    assert body["snapshot"]["id"] == snapshot.id
    assert [mode["code"] for mode in body["modes"]] == ["walk", "ebike"]
    assert [mode["speed_kmh"] for mode in body["modes"]] == [4.3, 15.0]
    assert sum(body["counts"].values()) == len(snapshot.facilities)
    assert body["demand"][0]["people"] == facts.people
    assert body["demand"][0]["estimate"] is True
    assert body["demand"][0]["method_code"] in ("streets", "land")
    assert "分区人口分摊" in body["demand"][0]["method_zh"]


def test_every_code_has_its_words(service: httpx.Client):
    vocabulary = service.get("/city.json").json()["vocabulary"]
    assert list(vocabulary["facility_types"]) == list(FACILITY_TYPES.codes)
    assert vocabulary["amenities"]["water_hot"] == {"zh": "热水", "en": "Hot water"}
    assert set(vocabulary["amenities"]) == set(AMENITIES.codes)


def test_what_is_declared_stands_beside_what_is_mapped(service: httpx.Client, small_city: SmallCity):
    """Only figures of things that are on the map have a mapped number, and each its own."""
    declared = {(one["metric"], one["area"]): one for one in service.get("/city.json").json()["declared"]}
    assert len(declared) == len(small_city.files.declared)
    types = small_city.snapshot.facilities["facility_type"]
    stations = declared["union_stations", "青岛市"]
    assert (stations["value"], stations["mapped"]) == (784, int((types == "union_station").sum()))
    assert "784" in stations["wording"]
    west_coast = declared["grid_base_workstations", "西海岸新区"]
    assert west_coast["mapped"] == int((types == "grid_base").sum()) > 0
    assert declared["station_visits", "青岛市"]["mapped"] is None


def test_stations_come_in_columns_of_one_length(service: httpx.Client, small_city: SmallCity):
    body = service.get("/stations.json").json()
    columns = {name: value for name, value in body.items() if isinstance(value, list)}
    assert {len(column) for column in columns.values()} == {len(small_city.snapshot.facilities)}
    assert [int(one) for one in body["id"]] == list(small_city.snapshot.facility_ids)
    np.testing.assert_allclose(body["lon"], small_city.snapshot.lon, atol=1e-7)
    assert body["synthetic"] is True


def test_the_week_says_when_each_is_open(service: httpx.Client, small_city: SmallCity):
    """Minute by minute the same as the timetable, on a Wednesday noon and on a Sunday night."""
    body = service.get("/stations.json").json()
    timetable = small_city.snapshot.timetable
    known = [row for row, week in enumerate(body["week"]) if week is not None]
    assert len(known) > 20
    for minute, slot in ((2 * 1440 + 720, "wednesday 12:00"), (6 * 1440 + 1380, "sunday 23:00")):
        mask = timetable.open_mask_slot(slot)
        for row in known:
            is_open = any(start <= minute < end for start, end in body["week"][row])
            assert mask[row] in (-1, int(is_open))


@pytest.mark.parametrize("level", ["district", "street"])
def test_areas_are_drawn_with_their_names(service: httpx.Client, small_city: SmallCity, level: str):
    body = service.get("/areas", params={"level": level}).json()
    areas = small_city.snapshot.areas[small_city.snapshot.areas["level"] == level]
    assert [one["properties"]["name"] for one in body["features"]] == areas["name"].tolist()
    for feature, true in zip(body["features"], areas.geometry, strict=True):
        drawn = shapely.geometry.shape(feature["geometry"])
        assert drawn.is_valid
        assert drawn.symmetric_difference(true).area < 0.02 * true.area


@pytest.mark.parametrize("query", ["", "level=", "level=city", "level=district&level=street"])
def test_areas_of_no_level_are_refused(service: httpx.Client, query: str):
    assert service.get(f"/areas?{query}").json()["parameter"] == "level"


def test_a_facility_says_everything_about_itself(service: httpx.Client, small_city: SmallCity):
    identity = small_city.snapshot.facility_ids[3]
    feature = service.get(f"/facilities/{identity}").json()
    row = small_city.snapshot.facilities.iloc[3]
    assert feature["id"] == str(identity)
    assert feature["properties"]["name"] == row["name"]
    assert feature["properties"]["hours"] == row["hours_text"]
    assert set(feature["properties"]["handoff"]) == {"walk", "ebike"}
    state = small_city.snapshot.timetable.state(3, NOON)
    assert feature["properties"]["open"]["now"] == {"open": True, "closed": False}.get(state.state)


@pytest.mark.parametrize(
    "identity", ["0", "-1", "99999999999999999999", "1e3", "abc", "²", "1%00", "%F0%9F%98%80", "1.0"]
)
def test_a_facility_that_is_not_there_is_not_found(service: httpx.Client, identity: str):
    answer = service.get(f"/facilities/{identity}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


# ── coverage ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ({}, Question()),
        ({"mode": "ebike", "minutes": "5"}, Question(mode="ebike", minutes=5)),
        (
            {"at": "weekday 19:00", "type": "union_station,rider_station", "amenity": "water_hot"},
            Question(at="weekday 19:00", types=("union_station", "rider_station"), amenities=("water_hot",)),
        ),
    ],
)
def test_coverage_is_the_answer_of_the_service(
    service: httpx.Client, small_city: SmallCity, query: dict[str, str], question: Question
):
    body = service.get("/coverage", params=query).json()
    answered = coverage.answer(small_city.snapshot, question)
    people = body["people"]
    assert people == answered.tally.as_dict()
    assert people["covered"] + people["outside"] + people["off_network"] + people["outside_area"] == people["total"]
    assert people["total"] == small_city.files.facts.people
    assert len(body["districts"]) == 10
    for column in ("covered", "outside", "off_network"):
        assert sum(one[column] for one in body["districts"]) == people[column]
    assert body["estimate"] is True
    assert body["snapshot"] == small_city.snapshot.id
    assert body["parameters"]["mode"] == question.mode


def test_brief_coverage_is_the_same_without_streets_and_with_the_largest_gaps_alone(service: httpx.Client):
    asked = {"mode": "walk", "minutes": "10"}
    whole = service.get("/coverage", params=asked).json()
    brief = service.get("/coverage", params=asked | {"brief": "true"}).json()
    assert whole.keys() - brief.keys() == {"streets"}
    assert brief == {key: whole[key] for key in brief} | {"gaps": whole["gaps"][:50]}


def test_cells_arrive_as_a_lattice_of_three_columns(service: httpx.Client, small_city: SmallCity):
    answer = service.get("/coverage/cells", params={"mode": "walk", "minutes": "10"})
    blocks = decode_lattice(answer.content)
    filled = sum(int((block.columns[0] != 255).sum()) for block in blocks)
    assert filled == len(small_city.snapshot.modes["walk"].grid)
    assert {len(block.columns) for block in blocks} == {3}


def test_cells_arrive_packed_with_the_columns_asked_for(service: httpx.Client, small_city: SmallCity):
    asked = {"mode": "walk", "minutes": "10"}
    whole = decode_lattice(service.get("/coverage/cells", params=asked).content)
    packed = decode_lattice(service.get("/coverage/cells", params=asked | {"columns": "people,minutes"}).content)
    for one, other in zip(whole, packed, strict=True):
        inhabited = (one.columns[2] > 0) & (one.columns[2] != 255)
        minutes = np.minimum(-(-one.columns[0].astype(int) // 4) * 4, 254)  # whole ones, rounded up
        for column, found in zip((minutes, one.columns[2]), other.columns, strict=True):
            assert np.array_equal(found, np.where(inhabited, column, 255))
    assert service.get("/coverage/cells", params=asked | {"columns": "rooms"}).status_code == 400


def test_the_stations_of_a_map_are_in_the_order_of_those_that_count(service: httpx.Client, small_city: SmallCity):
    stations = service.get("/coverage/stations").json()
    everything = service.get("/stations.json").json()
    assert stations["id"] == everything["id"]
    assert len(service.get("/coverage/stations").content) < len(service.get("/stations.json").content) / 2
    answer = service.get("/coverage", params={"type": "mother_room"}).json()
    counts = np.unpackbits(np.frombuffer(b64decode(answer["eligible"]), np.uint8), bitorder="little")
    counting = [kind for kind, flag in zip(stations["type"], counts, strict=False) if flag]
    assert len(counting) == answer["stations"] > 0
    assert set(counting) == {"mother_room"}
    assert sum(stations["amenities"].values()) == sum(len(one) for one in everything["available"])


def test_a_demand_layer_that_is_not_there_is_named(service: httpx.Client):
    answer = service.get("/coverage", params={"demand": "tourists"})
    assert answer.status_code == 404
    assert "tourists" in answer.json()["detail"]


def test_runs_are_listed_and_read(service: httpx.Client, small_city: SmallCity):
    assert isinstance(service.get("/coverage/runs").json()["runs"], list)
    assert service.get("/coverage/runs/999999").status_code == 404
    assert service.get("/coverage/runs/abc").json()["parameter"] == "run_id"
    assert service.get("/coverage/runs?limit=0").json()["parameter"] == "limit"


# ── what every answer has ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", CACHEABLE)
def test_what_has_not_changed_is_not_sent_again(service: httpx.Client, path: str):
    first = service.get(path)
    assert first.status_code == 200
    for held in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
        again = service.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert service.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/stations.json", "/coverage", "/"])
def test_answers_are_compressed_for_who_can_read_it(service: httpx.Client, path: str):
    def raw(accepted: str) -> tuple[str | None, bytes]:
        with service.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
            return answer.headers.get("content-encoding"), b"".join(answer.iter_raw())

    _, plain = raw("identity")
    assert raw("br;q=0, gzip;q=0, *;q=0") == (None, plain)
    coding, body = raw("gzip, br")
    assert (coding, brotli.decompress(body)) == ("br", plain)
    coding, body = raw("gzip;q=0.5")
    assert (coding, gzip.decompress(body)) == ("gzip", plain)
    assert len(body) < len(plain)


@pytest.mark.parametrize("path", [*CACHEABLE, "/healthz", "/readyz", "/nearest", "/nope", "/static/nope", "/api"])
def test_every_answer_has_the_security_headers(service: httpx.Client, path: str):
    headers = service.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "geolocation=(self)" in headers["permissions-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "cache-control" in headers
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/", "/planner"])
def test_pages_speak_the_language_asked_for(service: httpx.Client, path: str):
    assert '<html lang="zh-CN"' in service.get(path).text
    assert '<html lang="en"' in service.get(path, headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in service.get(f"{path}?lang=en&mode=walk&minutes=15").text
    assert "text/html" in service.get(path).headers["content-type"]


def test_every_file_a_page_names_is_served(service: httpx.Client):
    import re

    for page in ("/", "/planner"):
        named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', service.get(page).text))
        assert named
        for path in named:
            answer = service.get(path)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            assert service.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static//etc/passwd", "/static/"]
)
def test_no_other_file_is_served(service: httpx.Client, path: str):
    assert service.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/city.json", "/stations.json", "/healthz", "/readyz"])
def test_an_unknown_parameter_is_refused_everywhere(service: httpx.Client, path: str):
    answer = service.get(f"{path}?debug=1")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "debug")


def test_head_is_get_without_a_body(service: httpx.Client):
    for path in ("/", "/city.json", "/nope"):
        with_body, without = service.get(path), service.head(path)
        assert without.status_code == with_body.status_code
        assert without.content == b""
        assert without.headers["content-type"] == with_body.headers["content-type"]


def test_a_method_that_is_not_possible_says_so(service: httpx.Client):
    answer = service.delete("/nearest")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert "GET" in answer.headers["allow"]


def test_health_and_readiness(service: httpx.Client, small_city: SmallCity):
    assert service.get("/healthz").json() == {"status": "ok"}
    ready = service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["snapshot"]["id"] == small_city.snapshot.id


def test_the_description_names_every_parameter_and_never_422(service: httpx.Client):
    paths: dict[str, Any] = service.get("/api").json()["paths"]
    described = {one["name"] for one in paths["/nearest"]["get"]["parameters"]}
    assert {"lon", "lat", "coord", "mode", "limit", "max_s", "open", "type", "amenities"} <= described
    assert "422" not in str(paths)
    assert service.get("/openapi.json").status_code == 404


def test_a_request_id_is_taken_over_or_made(service: httpx.Client):
    theirs = "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert service.get("/healthz", headers={"X-Request-Id": theirs}).headers["x-request-id"] == theirs
    forged = service.get("/healthz", headers={"X-Request-Id": 'x" injected'}).headers["x-request-id"]
    assert forged != 'x" injected'
    assert len(forged) == 16
