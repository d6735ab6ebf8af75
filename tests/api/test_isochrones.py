"""Outlines over HTTP and on the command line: GeoJSON that any map reads, strict questions, kept answers."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import shapely

from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


def a_station(city: SmallCity) -> int:
    """A station that walkers and riders can reach."""
    joined = city.snapshot.layer("walk").joined & city.snapshot.layer("ebike").joined
    return city.snapshot.facility_ids[int(joined.argmax())]


def test_three_nested_bands_around_a_station(service: httpx.Client, small_city: SmallCity):
    facility = a_station(small_city)
    answer = service.get("/isochrones", params={"facility": facility})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
    body = answer.json()
    assert (body["type"], body["snapshot"]) == ("FeatureCollection", small_city.snapshot.id)
    assert [one["properties"]["minutes"] for one in body["features"]] == [15, 10, 5]
    for feature in body["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert all(ground.exterior.is_ccw for ground in shape.geoms)
        properties = feature["properties"]
        assert 0 <= properties["unreached_share"] < 1
        assert 0 <= properties["unreached_area_share"] < 1
    areas = [one["properties"]["area_km2"] for one in body["features"]]
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_all_stations_together_hold_the_outline_of_each(service: httpx.Client, small_city: SmallCity, mode: str):
    query = {"mode": mode, "minutes": "10"}
    everything = service.get("/coverage/outline", params=query).json()
    one = service.get("/isochrones", params={**query, "facility": a_station(small_city)}).json()
    (whole,), (part,) = everything["features"], one["features"]
    assert whole["properties"]["stations"] > 1
    assert whole["properties"]["area_km2"] > part["properties"]["area_km2"]
    outside = shapely.difference(*(shapely.geometry.shape(it["geometry"]) for it in (part, whole)))
    # two lattices differ by up to a step along the rim
    assert outside.area < 0.02 * shapely.geometry.shape(part["geometry"]).area


def test_an_outline_is_kept_by_who_has_it(service: httpx.Client, small_city: SmallCity):
    for address in (f"/isochrones?facility={a_station(small_city)}", "/coverage/outline?minutes=5"):
        first = service.get(address)
        again = service.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("/isochrones", "facility"),
        ("/isochrones?facility=x", "facility"),
        ("/isochrones?facility=1&minutes=", "minutes"),
        ("/isochrones?facility=1&minutes=0", "minutes"),
        ("/isochrones?facility=1&minutes=5,61", "minutes"),
        ("/isochrones?facility=1&minutes=5,5", "minutes"),
        ("/isochrones?facility=1&minutes=1,2,3,4,5,6,7", "minutes"),
        ("/isochrones?facility=1&minutes=5&minutes=10", "minutes"),
        ("/isochrones?facility=1&mode=car", "mode"),
        ("/isochrones?facility=1&access_m=10", "access_m"),
        ("/isochrones?facility=1&at=noon", "at"),
        ("/coverage/outline?facility=1", "facility"),
        ("/coverage/outline?at=noon", "at"),
        ("/coverage/outline?demand=riders", "demand"),
    ],
)
def test_a_question_that_is_not_one_is_refused_by_name(service: httpx.Client, query: str, parameter: str):
    answer = service.get(query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


def test_an_unknown_station_is_not_found(service: httpx.Client):
    answer = service.get("/isochrones?facility=999999999")
    assert answer.status_code == 404
    assert "999999999" in answer.json()["detail"]


def test_the_command_line_writes_the_same_outlines_to_a_file(
    service: httpx.Client, small_city: SmallCity, tmp_path: Path
):
    command_line = CommandLine(small_city.url, small_city.settings.data_dir)
    facility, out = a_station(small_city), tmp_path / "station.geojson"
    asked = ("coverage", "isochrone", "--facility", str(facility), "--minutes", "5", "--minutes", "10")
    document = command_line.ok(*asked, "--out", out)
    served = service.get(f"/isochrones?facility={facility}&minutes=5,10").json()
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["features"] == served["features"]
    assert document["bands"] == [one["properties"] for one in served["features"]]
    refused = command_line.run(*asked, "--at", "weekday 19:00", "--out", out)
    assert refused.status != 0
    assert "--at" in refused.err
