"""Nearest in a straight line: exact, and by the index."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from geo.store import city_store
from geo.store.city_store import City
from geo.store.near_store import nearest_sites
from geo.store.statements import statement
from geo.types import LonLat

SCATTER = text("""
    INSERT INTO site (city_id, coord_datum, geom)
    SELECT :city_id, 'wgs84', ST_SetSRID(ST_MakePoint(120 + random() * 0.6, 35.8 + random() * 0.6), 4326)
    FROM generate_series(1, :count)
""")

BRUTE_FORCE = text("""
    SELECT site_id, ST_Distance(geog, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS distance_m
    FROM site WHERE city_id = :city_id ORDER BY distance_m, site_id LIMIT :count
""")


@pytest.fixture
def scattered(connection: Connection, city: City) -> City:
    """A city of 2,000 sites, and another with as many that must not be found."""
    elsewhere = city_store.create_city(connection, "elsewhere", name="别处")
    connection.execute(text("SELECT setseed(0.7)"))
    for place in (city, elsewhere):
        connection.execute(SCATTER, {"city_id": place.city_id, "count": 2_000})
    return city


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(119.9, 120.7), st.floats(35.7, 36.5), st.sampled_from([1, 2, 5, 20]))
def test_the_nearest_sites_are_those_of_brute_force(
    connection: Connection, scattered: City, lon: float, lat: float, count: int
) -> None:
    asked = {"city_id": scattered.city_id, "lon": lon, "lat": lat, "count": count}
    truth = connection.execute(BRUTE_FORCE, asked).all()
    assert nearest_sites(connection, scattered.city_id, LonLat(lon, lat), count) == [tuple(row) for row in truth]


def test_sites_at_one_place_come_in_the_order_of_their_numbers(connection: Connection, city: City) -> None:
    for _ in range(12):
        connection.execute(
            text("INSERT INTO site (city_id, coord_datum, geom) VALUES (:c, 'wgs84', 'SRID=4326;POINT(120 36)')"),
            {"c": city.city_id},
        )
    found = [site.site_id for site in nearest_sites(connection, city.city_id, LonLat(120, 36), 5)]
    assert found == sorted(found)
    assert len(found) == 5


def test_an_empty_city_has_nothing_near(connection: Connection, city: City) -> None:
    assert nearest_sites(connection, city.city_id, LonLat(120, 36), 5) == []


@pytest.fixture(scope="module")
def crowded(shared_engine: Engine) -> City:
    """A city of 200,000 sites, with the figures the planner goes by."""
    with shared_engine.begin() as connection:
        city = city_store.create_city(connection, "crowded", name="挤")
        connection.execute(SCATTER, {"city_id": city.city_id, "count": 200_000})
    with shared_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE site"))
    return city


def plan_of(connection: Connection, query: str, values: dict[str, object]) -> str:
    rows = connection.execute(text(f"EXPLAIN (FORMAT JSON) {query}"), values).scalar_one()
    return json.dumps(rows)


@pytest.mark.slow
def test_the_nearest_of_200_000_sites_are_found_by_the_index(connection: Connection, crowded: City) -> None:
    values = {"city_id": crowded.city_id, "lon": 120.3, "lat": 36.1, "fetched": 18}
    plan = plan_of(connection, statement("nearest_sites").text, values)
    assert "ix_site_geog" in plan
    assert "Seq Scan" not in plan


@pytest.mark.slow
def test_sites_within_metres_of_a_point_are_found_by_the_index(connection: Connection, crowded: City) -> None:
    """The condition by which a register's rows find their facility."""
    here = "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography"
    query = f"SELECT site_id FROM site WHERE ST_DWithin(geog, {here}, 1.0)"
    plan = plan_of(connection, query, {"lon": 120.3, "lat": 36.1})
    assert "ix_site_geog" in plan
    assert "Seq Scan" not in plan
