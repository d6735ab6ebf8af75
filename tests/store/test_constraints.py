"""What the database itself refuses, whoever writes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.exc import DataError, IntegrityError, InternalError

from geo.places import vocabulary
from geo.store import city_store, tables
from geo.store.city_store import City

HASH = "0" * 64
QINGDAO = "SRID=4326;POINT(120.38 36.07)"
SQUARE = "SRID=4326;MULTIPOLYGON(((120 36,121 36,121 37,120 37,120 36)))"


def put(connection: Connection, table: Table, /, **values: Any) -> Any:
    """Insert one row and return its key."""
    key = next(iter(table.primary_key))
    return connection.execute(insert(table).values(**values).returning(key)).scalar_one()


def site_of(connection: Connection, city: City, **values: Any) -> Any:
    values = {"city_id": city.city_id, "geom": QINGDAO, "coord_datum": "wgs84"} | values
    return put(connection, tables.site, **values)


def facility_of(connection: Connection, city: City, **values: Any) -> Any:
    values = {"city_id": city.city_id, "name": "台东驿站", "facility_type": "union_station"} | values
    if "site_id" not in values:
        values["site_id"] = site_of(connection, city)
    return put(connection, tables.facility, **values)


def refuses(connection: Connection, table: Table, name: str, /, **values: Any) -> None:
    """Check that a row is refused by the constraint of this name."""
    with pytest.raises((IntegrityError, DataError, InternalError)) as caught, connection.begin_nested():
        connection.execute(insert(table).values(**values))
    assert name in str(caught.value)


@pytest.mark.parametrize("slug", ["", "Qingdao", "青岛", "a/b", "../x", "-a", "a-", "a b", "x" * 65])
def test_a_citys_short_name_can_be_a_folder(connection: Connection, slug: str) -> None:
    refuses(connection, tables.city, "ck_city_slug_plain", slug=slug, name="x")


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u3000", "\u00a0 \u3000"])
def test_a_name_says_something(connection: Connection, city: City, name: str) -> None:
    site_id = site_of(connection, city)
    row = {"city_id": city.city_id, "site_id": site_id, "facility_type": "union_station"}
    refuses(connection, tables.facility, "ck_facility_name_said", name=name, **row)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("facility_type", "station"),
        ("facility_class", "gold"),
        ("status", "open"),
        ("attended", "sometimes"),
        ("first_use_needs", "fingerprint"),
        ("user_groups", ["rider", "riders"]),
        ("entry_methods", ["knock"]),
        ("star", 6),
        ("content_hash", "abc"),
    ],
)
def test_a_facility_holds_only_codes_of_the_vocabulary(
    connection: Connection, city: City, column: str, value: Any
) -> None:
    row = {"city_id": city.city_id, "site_id": site_of(connection, city), "name": "x", "facility_type": "union_station"}
    refuses(connection, tables.facility, f"ck_facility_{column}", **(row | {column: value}))


@pytest.mark.parametrize("code", vocabulary.FACILITY_TYPES.codes)
def test_every_facility_type_of_the_vocabulary_can_be_stored(connection: Connection, city: City, code: str) -> None:
    assert facility_of(connection, city, facility_type=code) > 0


@pytest.mark.parametrize(
    "position",
    ["SRID=4326;POINT(36.07 120.38)", "SRID=4326;POINT(181 0)", "SRID=4326;POINT EMPTY"],
)
def test_a_site_stands_on_the_earth(connection: Connection, city: City, position: str) -> None:
    refuses(connection, tables.site, "ck_site_geom_on_earth", city_id=city.city_id, geom=position, coord_datum="wgs84")


@pytest.mark.parametrize(
    ("position", "reason"),
    [("SRID=3857;POINT(1 1)", "SRID"), ("SRID=4326;LINESTRING(0 0,1 1)", "type")],
)
def test_a_site_is_a_point_in_wgs84(connection: Connection, city: City, position: str, reason: str) -> None:
    refuses(connection, tables.site, reason, city_id=city.city_id, geom=position, coord_datum="wgs84")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("coord_datum", "epsg:4326"),
        ("coord_method", "guess"),
        ("host_type", "pub"),
        ("bike_parking", "yes"),
        ("seats", -1),
        ("capacity_people", -1),
        ("area_m2", -0.1),
        ("area_m2", float("nan")),
        ("precision_m", float("inf")),
    ],
)
def test_a_site_holds_sensible_values(connection: Connection, city: City, column: str, value: Any) -> None:
    row = {"city_id": city.city_id, "geom": QINGDAO, "coord_datum": "wgs84"}
    refuses(connection, tables.site, f"ck_site_{column}", **(row | {column: value}))


def test_a_code_names_one_facility_per_network(connection: Connection, city: City) -> None:
    first, second = facility_of(connection, city), facility_of(connection, city)
    plate = {"city_id": city.city_id, "network_code": "union_station", "code": "A1"}
    put(connection, tables.network_membership, facility_id=first, **plate)
    refuses(connection, tables.network_membership, "uq_network_membership", facility_id=second, **plate)
    other_network = plate | {"network_code": "sanitation"}
    put(connection, tables.network_membership, facility_id=second, **other_network)


def test_two_cities_may_use_the_same_code(connection: Connection, city: City) -> None:
    elsewhere = city_store.create_city(connection, "elsewhere", name="别处")
    for place in (city, elsewhere):
        plate = {"city_id": place.city_id, "network_code": "union_station", "code": "A1"}
        put(connection, tables.network_membership, facility_id=facility_of(connection, place), **plate)


def test_a_facility_cannot_stand_at_a_door_of_another_city(connection: Connection, city: City) -> None:
    elsewhere = city_store.create_city(connection, "elsewhere", name="别处")
    row = {"city_id": city.city_id, "name": "x", "facility_type": "union_station"}
    refuses(connection, tables.facility, "fk_facility_city_id", site_id=site_of(connection, elsewhere), **row)


def test_an_amenity_has_one_of_five_states(connection: Connection, city: City) -> None:
    row = {"facility_id": facility_of(connection, city), "amenity_code": "wifi"}
    refuses(connection, tables.amenity_at_facility, "ck_amenity_at_facility_state", state="maybe", **row)
    put(connection, tables.amenity_at_facility, state="unknown", **row)


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("opens_min", 1440, ""),
        ("opens_min", -1, "opens_within_day"),
        ("closes_min", 480, "closes_after_opening"),
        ("closes_min", 2881, "closes_after_opening"),
        ("byday", [0], "byday_weekdays"),
        ("byday", [], "byday_weekdays"),
        ("valid_from", "06-01", "valid_both_ends"),
        ("holiday_policy", "perhaps", "holiday_policy"),
    ],
)
def test_opening_hours_are_hours(connection: Connection, city: City, column: str, value: Any, name: str) -> None:
    row = {
        "facility_id": facility_of(connection, city),
        "ordinal": 0,
        "byday": [1],
        "opens_min": 480,
        "closes_min": 720,
    }
    refuses(connection, tables.opening_rule, f"ck_opening_rule_{name}", **(row | {column: value}))


def test_opening_past_midnight_is_kept_as_it_is(connection: Connection, city: City) -> None:
    row = {"facility_id": facility_of(connection, city), "ordinal": 0, "byday": [5, 6]}
    put(connection, tables.opening_rule, opens_min=1320, closes_min=1800, **row)


@pytest.mark.parametrize("people", [-0.001, float("nan"), float("inf")])
def test_people_are_counted_from_zero(connection: Connection, city: City, people: float) -> None:
    layer = {"city_id": city.city_id, "code": "residents", "resolution": 10, "method": "census", "is_estimate": False}
    refuses(connection, tables.demand_layer, "ck_demand_layer_total_people", total_people=people, **layer)
    layer_id = put(connection, tables.demand_layer, total_people=1, **layer)
    refuses(connection, tables.demand_cell, "ck_demand_cell_people", demand_layer_id=layer_id, h3=1, people=people)


def test_a_city_has_one_current_layer_of_each_kind(connection: Connection, city: City) -> None:
    layer = {
        "city_id": city.city_id, "code": "residents", "resolution": 10, "method": "census", "is_estimate": False,
        "total_people": 1, "is_current": True,
    }  # fmt: skip
    put(connection, tables.demand_layer, **layer)
    refuses(connection, tables.demand_layer, "ix_demand_layer_one_current", **layer)
    put(connection, tables.demand_layer, **(layer | {"is_current": False}))
    put(connection, tables.demand_layer, **(layer | {"code": "riders"}))


def test_an_area_has_a_level_a_code_and_a_name(connection: Connection, city: City) -> None:
    row = {"city_id": city.city_id, "level": "district", "code": "370202", "name": "市南区", "geom": SQUARE}
    put(connection, tables.area, **row)
    refuses(connection, tables.area, "uq_area", **row)
    refuses(connection, tables.area, "ck_area_level", **(row | {"level": "county"}))
    refuses(connection, tables.area, "ck_area_code_said", **(row | {"code": ""}))


@pytest.mark.parametrize("as_of", ["2025", "2025-01", "2025-01-17"])
def test_a_date_is_kept_as_precisely_as_it_is_known(connection: Connection, city: City, as_of: str) -> None:
    put(connection, tables.source, city_id=city.city_id, kind="article", name="x", as_of=as_of)


@pytest.mark.parametrize("as_of", ["c. 2025", "25", "2025-1", "2025-13-01x", ""])
def test_a_date_is_a_date(connection: Connection, city: City, as_of: str) -> None:
    refuses(
        connection, tables.source, "ck_source_as_of_date", city_id=city.city_id, kind="article", name="x", as_of=as_of
    )


def test_a_declared_figure_without_a_date_is_there_once(connection: Connection, city: City) -> None:
    """NULL is otherwise different from NULL, and the same figure could be declared twice."""
    figure = {
        "city_id": city.city_id,
        "metric": "stations",
        "value": 784,
        "wording": "784个",
        "area": "全市",
        "owner": "工会",
    }
    put(connection, tables.declared_figure, **figure)
    refuses(connection, tables.declared_figure, "uq_declared_figure", **figure)


def test_removing_a_city_removes_every_row_of_it_and_none_of_another(engine: Engine) -> None:
    with engine.begin() as connection:
        here = city_store.create_city(connection, "here", name="这里")
        there = city_store.create_city(connection, "there", name="那里")
        for place in (here, there):
            facility_id = facility_of(connection, place)
            put(
                connection, tables.network_membership,
                city_id=place.city_id, facility_id=facility_id, network_code="grid", code="1",
            )  # fmt: skip
            batch_id = put(
                connection, tables.import_batch, city_id=place.city_id, kind="register", file_name="x", sha256=HASH
            )
            put(
                connection, tables.change_log,
                city_id=place.city_id, batch_id=batch_id, table_name="facility", row_id=1,
                action="insert", after={}, actor="x",
            )  # fmt: skip
        city_store.delete_city(connection, here.city_id)
    with engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            if "city_id" in table.columns and table.name not in {"city_revision"}:
                left = connection.execute(table.select()).mappings().all()
                assert {row["city_id"] for row in left} <= {there.city_id}, table.name
        assert len(connection.execute(tables.facility.select()).all()) == 1
