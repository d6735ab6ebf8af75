"""Facilities as columns for the snapshot, and one by one for the pages."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, event, insert, text

from geo.store import city_store, facility_store, tables
from geo.store.city_store import City
from tests.store.test_import_store import bring_in
from tests.support.incoming import incoming

CONTRACT = [
    "code", "codes", "name", "facility_type", "facility_class", "networks", "status", "lon", "lat", "address",
    "landmark_hint", "district", "street", "district_code", "street_code", "hours_text", "hours_certain", "rules",
    "exceptions", "amenities", "amenities_checked", "services", "entry_methods", "user_groups", "first_use_needs",
    "entry_note", "attended", "floor", "bike_parking", "seats", "capacity_people", "step_free", "public_phone",
    "is_synthetic", "last_verified_on", "source_name", "operator", "changed_at",
]  # fmt: skip


def test_an_empty_city_has_the_columns_and_no_rows(connection: Connection, city: City) -> None:
    frame = facility_store.load_facilities(connection, city.city_id)
    assert frame.columns.tolist() == CONTRACT
    assert frame.index.name == "facility_id"
    assert frame.empty
    assert frame["lon"].dtype == "float64"


def test_a_facility_has_everything_that_hangs_on_it(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "A1", amenities=("tv", "wifi"), address="台东三路1号")])
    frame = facility_store.load_facilities(connection, city.city_id)
    row = frame.iloc[0]
    assert row["code"] == "A1"
    assert row["networks"] == ["union_station"]
    assert row["amenities"] == {"tv": "available", "wifi": "available"}
    assert row["services"] == ["psych"]
    assert row["user_groups"] == ["rider"]
    assert [(rule["byday"], rule["opens_min"], rule["closes_min"]) for rule in row["rules"]] == [
        ([1, 2, 3, 4, 5], 480, 1080)
    ]
    assert (row["lon"], row["lat"]) == (120.0, 36.0)


def test_what_hangs_on_one_facility_is_not_multiplied_by_the_rest(connection: Connection, city: City) -> None:
    """Joining amenities with rules and services in one go would give each of them several times."""
    bring_in(connection, city, [incoming(2, "A1", amenities=("tv", "wifi", "fan"))])
    connection.execute(
        text(
            "INSERT INTO opening_rule (facility_id, ordinal, byday, opens_min, closes_min)"
            " SELECT facility_id, 1, '{6,7}', 0, 1440 FROM facility"
        )
    )
    row = facility_store.load_facilities(connection, city.city_id).iloc[0]
    assert (len(row["amenities"]), len(row["rules"]), len(row["services"])) == (3, 2, 1)


def test_what_is_not_known_is_none_and_never_nan(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, None, phone=None), incoming(3, "B", lon=121, phone="1")])
    frame = facility_store.load_facilities(connection, city.city_id)
    assert frame["code"].tolist() == [None, "B"]
    assert frame["public_phone"].tolist() == [None, "1"]
    assert not any(isinstance(cell, float) and pd.isna(cell) for column in frame for cell in frame[column])


def test_the_entrance_is_where_a_rider_arrives(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "A1"), incoming(3, "A2", lon=121)])
    connection.execute(text("UPDATE site SET entrance_geom = 'SRID=4326;POINT(120.001 36.002)' WHERE ST_X(geom) = 120"))
    frame = facility_store.load_facilities(connection, city.city_id)
    assert list(zip(frame["lon"], frame["lat"], strict=True)) == [(120.001, 36.002), (121.0, 36.0)]


def test_hidden_facilities_and_those_of_other_cities_are_left_out(connection: Connection, city: City) -> None:
    elsewhere = city_store.create_city(connection, "elsewhere", name="别处")
    bring_in(connection, elsewhere, [incoming(2, "A1")])
    bring_in(connection, city, [incoming(2, "A1"), incoming(3, "A2", lon=121)])
    connection.execute(text("UPDATE facility SET visible = false WHERE site_id IN (SELECT max(site_id) FROM site)"))
    assert facility_store.load_facilities(connection, city.city_id)["code"].tolist() == ["A1"]


def test_a_city_is_loaded_by_one_statement_however_many_facilities_it_has(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(row, str(row), lon=120 + row / 1000) for row in range(2, 202)])
    asked: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert len(facility_store.load_facilities(connection, city.city_id)) == 200
    assert len(asked) == 1


SQUARES = {
    ("district", "1", "西区"): "120 36, 121 36, 121 37, 120 37, 120 36",
    ("district", "2", "东区"): "121 36, 122 36, 122 37, 121 37, 121 36",
    ("street", "11", "西街"): "120 36, 120.5 36, 120.5 37, 120 37, 120 36",
}


def test_areas_fill_district_and_street_and_the_lower_code_wins_on_a_border(connection: Connection, city: City) -> None:
    places = {"A": 120.25, "B": 120.75, "C": 121.0, "D": 121.5, "E": 123.0}
    rows = [
        incoming(row, code, lon=lon, lat=36.5, district="自称") for row, (code, lon) in enumerate(places.items(), 2)
    ]
    bring_in(connection, city, rows)
    for (level, code, name), ring in SQUARES.items():
        row = {"city_id": city.city_id, "level": level, "code": code, "name": name}
        connection.execute(insert(tables.area).values(geom=f"SRID=4326;MULTIPOLYGON((({ring})))", **row))
    assert facility_store.assign_areas(connection, city.city_id) == 4
    frame = facility_store.load_facilities(connection, city.city_id).set_index("code")
    assert frame["district"].to_dict() == {"A": "西区", "B": "西区", "C": "西区", "D": "东区", "E": "自称"}
    assert frame["district_code"].to_dict() == {"A": "1", "B": "1", "C": "1", "D": "2", "E": None}
    assert frame["street"].to_dict() == {"A": "西街", "B": None, "C": None, "D": None, "E": None}
    assert facility_store.assign_areas(connection, city.city_id) == 0
