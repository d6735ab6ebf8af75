"""A real city through the front door: Porto Alegre's streets and people, stations made from its OSM places."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.osm_places import write_register
from tests.support.real_data import real_data

PEOPLE = 812_935
"""People in the table of cells that comes with the extract."""


@pytest.mark.slow
def test_a_city_comes_in_and_every_person_is_accounted_for(database_url: str, tmp_path: Path) -> None:
    extract, people = real_data("porto_alegre/poa_osm.pbf"), real_data("porto_alegre/poa_hexgrid.csv")
    places = write_register(extract, tmp_path / "places.csv")
    yiquan = CommandLine(database_url, tmp_path / "data")

    started = time.monotonic()
    yiquan.ok("city", "new", "poa", "--name", "Porto Alegre")
    streets = yiquan.ok("import", "streets", extract)
    register = yiquan.ok("import", "register", tmp_path / "places.csv", "--datum", "wgs84")
    demand = yiquan.ok("import", "demand", people)
    run = yiquan.ok("coverage", "run", "--mode", "walk", "--minutes", "10")
    took_s = time.monotonic() - started

    assert streets["changed"]
    assert register["rows_read"] == register["rows_added"] == places
    assert demand["people"] == PEOPLE
    tally = run["people"]
    assert tally["total"] == PEOPLE
    assert tally["covered"] + tally["outside"] + tally["off_network"] + tally["outside_area"] == PEOPLE
    assert 0 < tally["covered"] < PEOPLE
    assert run["result_hash"] == yiquan.ok("coverage", "run", "--mode", "walk", "--minutes", "10")["result_hash"]
    print(f"Porto Alegre, {places} stations: {took_s:.1f} s end to end, {tally}")


def test_the_nearest_station_is_found_from_a_shell(database_url: str, tmp_path: Path) -> None:
    extract = real_data("porto_alegre/poa_osm.pbf")
    write_register(extract, tmp_path / "places.csv")
    yiquan = CommandLine(database_url, tmp_path / "data")
    yiquan.ok("city", "new", "poa")
    yiquan.ok("import", "streets", extract)
    yiquan.ok("import", "register", tmp_path / "places.csv", "--datum", "wgs84")

    hits = yiquan.ok("nearest", "-51.2278", "-30.0276", "--limit", "3")["hits"]

    assert len(hits) == 3
    assert [hit["travel_s"]["walk"] for hit in hits] == sorted(hit["travel_s"]["walk"] for hit in hits)
