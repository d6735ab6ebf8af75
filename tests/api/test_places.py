"""Places by name, grid workstations of a street, toilets of the street map: each exact, each honest."""

from __future__ import annotations

import httpx
import numpy as np
import pytest

from api.schemas.rider import AmenitiesNearby, GridWorkstations, PlacesAnswer
from geo.coverage.areas import area_of_points
from geo.streets.search import Targets, field, point_times
from tests.support.small_city import SmallCity


def at(city: SmallCity, row: int) -> dict[str, float]:
    """The door of a station, as a question's position."""
    return {"lon": round(float(city.snapshot.lon[row]), 6), "lat": round(float(city.snapshot.lat[row]), 6)}


# ── by name ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_areas_roads_and_stations_are_found_by_name(service: httpx.Client, small_city: SmallCity):
    snapshot = small_city.snapshot
    district = snapshot.areas[snapshot.areas["level"] == "district"].iloc[0]
    road = next(name for name in snapshot.modes["walk"].graph.names if name)
    for wanted, kind in (
        (district["name"], "district"),
        (road, "road"),
        (snapshot.facilities["name"].iloc[0], "station"),
    ):
        answer = service.get("/places", params={"q": wanted, "limit": 20})
        PlacesAnswer.model_validate_json(answer.content)
        assert (wanted, kind) in [(one["name"], one["kind"]) for one in answer.json()["places"]]


def test_a_found_place_lies_where_it_says(service: httpx.Client, small_city: SmallCity):
    """Roads in the district named, streets in theirs."""
    snapshot = small_city.snapshot
    found = [
        one
        for letter in "路街区道"
        for one in service.get("/places", params={"q": letter, "limit": 20}).json()["places"]
    ]
    inside = [one for one in found if one["kind"] in ("road", "street") and one["context"]]
    assert len(inside) > 10
    rows = area_of_points(
        np.array([one["lon"] for one in inside]), np.array([one["lat"] for one in inside]), snapshot.areas, "district"
    )
    assert [snapshot.areas["name"].iloc[row] for row in rows] == [one["context"] for one in inside]


def test_pinyin_and_initials_find_what_they_spell(service: httpx.Client, small_city: SmallCity):
    from geo.places.place_index import spelled

    street = small_city.snapshot.areas[small_city.snapshot.areas["level"] == "street"].iloc[0]["name"]
    syllables = spelled(street)
    for typed in ("".join(syllables), "".join(one[0] for one in syllables), "".join(syllables).upper()):
        names = [one["name"] for one in service.get("/places", params={"q": typed, "limit": 20}).json()["places"]]
        assert street in names


@pytest.mark.parametrize(
    ("query", "parameter"), [("", "q"), ("q=", "q"), ("q=a&q=b", "q"), ("q=a&limit=0", "limit"), ("q=a&x=1", "x"),
                             (f"q={'a' * 61}", "q")],
)  # fmt: skip
def test_a_wrong_question_is_refused_and_named(service: httpx.Client, query: str, parameter: str):
    answer = service.get(f"/places?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


# ── grid workstations ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_workstations_are_those_of_the_street_one_stands_in(service: httpx.Client, small_city: SmallCity):
    snapshot = small_city.snapshot
    frame = snapshot.facilities
    grid = frame["facility_type"].isin(["grid_town", "grid_base"]) & (frame["status"] == "active")
    rows = np.flatnonzero((grid & frame["street_code"].notna()).to_numpy())
    assert len(rows) > 0
    for row in rows[:5]:
        answer = service.get("/grid", params=at(small_city, row))
        GridWorkstations.model_validate_json(answer.content)
        body = answer.json()
        assert (body["area"]["street"], body["of_street"]) == (frame["street"].iloc[row], True)
        expected = set(frame.index[grid & (frame["street_code"] == frame["street_code"].iloc[row])].astype(str))
        assert {one["id"] for one in body["stations"]} == expected
        times = [one["properties"]["travel_s"] for one in body["stations"]]
        assert times == sorted(times)
        assert "notice" not in body


def test_where_the_street_has_none_the_nearest_are_told_as_such(service: httpx.Client, small_city: SmallCity):
    snapshot = small_city.snapshot
    frame = snapshot.facilities
    grid = frame["facility_type"].isin(["grid_town", "grid_base"])
    without = np.flatnonzero(~frame["street_code"].isin(frame["street_code"][grid]).to_numpy())
    answers = [
        service.get("/grid", params={**at(small_city, row), "limit": 3, "lang": "en"}).json() for row in without[:40]
    ]
    reached = [body for body in answers if body["stations"]]
    assert reached
    for body in reached:
        assert (body["of_street"], body["notice"], len(body["stations"])) == (False, "none_in_street", 3)
        assert "nearest" in body["message"]
    assert {body["notice"] for body in answers if not body["stations"]} <= {"outside_network", "none_matching"}


def test_off_the_streets_the_workstations_are_not_guessed(service: httpx.Client):
    answer = service.get("/grid", params={"lon": 0, "lat": 0})
    GridWorkstations.model_validate_json(answer.content)
    body = answer.json()
    assert (body["stations"], body["notice"], body["area"]) == (
        [],
        "outside_network",
        {"district": None, "street": None},
    )


# ── toilets ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_the_nearest_toilets_are_those_of_a_search_from_all_of_them(
    service: httpx.Client, small_city: SmallCity, mode: str
):
    """The answer searches from the point; here a field is searched from the toilets, and they must meet."""
    snapshot = small_city.snapshot
    toilets = snapshot.hosts[snapshot.hosts["host_type"] == "toilet"]
    assert len(toilets) > 0
    layer = snapshot.modes[mode]
    snaps = layer.index.snap(toilets["lon"].to_numpy(), toilets["lat"].to_numpy())
    targets = Targets.join(layer.graph, snaps, layer.graph.mode.arrival_overhead_ds)
    whole = field(layer.graph, targets)
    for row in range(0, len(snapshot.lon), max(1, len(snapshot.lon) // 25)):
        point = at(small_city, row)
        start = layer.index.snap(np.array([point["lon"]]), np.array([point["lat"]]))
        time_ds, which = point_times(layer.graph, targets, whole, start)
        answer = service.get("/amenities-nearby", params={**point, "mode": mode, "limit": 4})
        AmenitiesNearby.model_validate_json(answer.content)
        body = answer.json()
        assert body["mapped"] == len(toilets)
        if start.edge[0] < 0 or time_ds[0] > 36_000:
            assert body["notice"] == ("outside_network" if start.edge[0] < 0 else "none_within_an_hour")
            continue
        first = body["features"][0]["properties"]
        assert first["travel_s"] == time_ds[0] / 10
        assert first["modes"][mode]["travel_s"] == first["travel_s"]
        times = [one["properties"]["travel_s"] for one in body["features"]]
        assert times == sorted(times)
        if len(times) == 1 or times[1] > times[0]:
            assert first["osm_id"] == toilets["osm_id"].iloc[int(which[0])]


def test_a_position_in_another_datum_is_the_same_position(service: httpx.Client, small_city: SmallCity):
    from geo.datum import Datum, from_wgs84

    point = at(small_city, 0)
    lon, lat = from_wgs84([point["lon"]], [point["lat"]], Datum.GCJ02)
    there = {"lon": round(float(lon[0]), 7), "lat": round(float(lat[0]), 7), "coord": "gcj02"}
    here = service.get("/amenities-nearby", params=point).json()["features"]
    shifted = service.get("/amenities-nearby", params=there).json()["features"]
    assert [one["id"] for one in shifted] == [one["id"] for one in here]
    assert all("position" in one["properties"] for one in shifted)


@pytest.mark.parametrize("path", ["/grid", "/amenities-nearby"])
@pytest.mark.parametrize(
    ("query", "parameter"), [("lat=36", "lon"), ("lon=120", "lat"), ("lon=120&lat=91", "lat"), ("lon=1&lat=1&x=1", "x"),
                             ("lon=1&lat=1&mode=car", "mode")],
)  # fmt: skip
def test_a_wrong_position_is_refused_and_named(service: httpx.Client, path: str, query: str, parameter: str):
    answer = service.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


@pytest.mark.parametrize("path", ["/grid?lon=120.3&lat=36.1", "/amenities-nearby?lon=120.3&lat=36.1", "/places?q=a"])
def test_an_answer_about_a_person_is_kept_by_nobody_else(service: httpx.Client, path: str):
    assert service.get(path).headers["cache-control"].startswith("private")
