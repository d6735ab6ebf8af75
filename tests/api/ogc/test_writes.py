"""Part 4 on stations: what a keeper with a key can do, what is refused and how, and that all of it can be undone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.ogc.conformance import CONFORMS_TO
from api.routers import station_writes
from geo.services.keys import new_key
from geo.services.register_import import list_imports, undo_import
from geo.settings import Settings
from tests.api.conftest import NOON, api_settings
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.waiting import PATIENCE_S

ITEMS = "/collections/stations/items"
PART_4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
MERGE_PATCH = "application/merge-patch+json"
AT_ONCE = {"Prefer": "wait=0"}


@pytest.fixture(scope="module")
def city(small_city: SmallCity, cluster, tmp_path_factory) -> Iterator[SmallCity]:
    """A copy of the city for this module to change."""
    name = f"writes_{os.getpid()}"
    url = cluster.create_database(name, template=small_city.template)
    data_dir = tmp_path_factory.mktemp("writes") / "data"
    shutil.copytree(small_city.settings.data_dir, data_dir)
    yield replace(small_city, settings=Settings(data_dir=data_dir, database_url=url), url=url)
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def keys(city: SmallCity) -> dict[str, str]:
    """Keys by what they are for; `own` is for the district of the first station."""
    engine = city.engine()
    own = city.snapshot.facilities["district_code"].iloc[0]
    other = next(code for code in city.snapshot.facilities["district_code"] if code not in (own, None))
    wanted: dict[str, dict[str, Any]] = {
        "all": {"scopes": ["stations:write"]},
        "own": {"scopes": ["stations:write"], "district": own},
        "other": {"scopes": ["stations:write"], "district": other},
        "reader": {"scopes": ["reports:read"]},
    }
    made = {name: new_key(engine, city.slug, name, now=NOON, **parts)[1] for name, parts in wanted.items()}
    engine.dispose()
    return made


@pytest.fixture(scope="module")
def client(city: SmallCity, keys: dict[str, str]) -> Iterator[httpx.Client]:
    """A client with the key for everything, that does not wait for snapshots."""
    with running_service(api_settings(city, snapshot_poll_s=3600), clock=lambda: NOON) as client:
        client.headers.update({"Authorization": f"Bearer {keys['all']}", **AT_ONCE})
        yield client


def feature(city: SmallCity, **properties: Any) -> dict[str, Any]:
    """A new station ten metres from the first one."""
    lon, lat = float(city.snapshot.lon[0]) + 1e-4, float(city.snapshot.lat[0])
    said = {"name": "新驿站", "hours": "08:00-20:00", "amenities": ["water_hot", "wifi"], "seats": 6} | properties
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": said}


def added(client: httpx.Client, city: SmallCity, **properties: Any) -> tuple[str, str, dict[str, Any]]:
    """Address, tag and feature of a station just added."""
    answer = client.post(ITEMS, json=feature(city, **properties))
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"], answer.json()


def patch(client: httpx.Client, address: str, tag: str | None, body: Any, **headers: str) -> httpx.Response:
    conditions = {"If-Match": tag} if tag is not None else {}
    return client.patch(address, json=body, headers={"Content-Type": MERGE_PATCH, **conditions, **headers})


def last_batch(city: SmallCity) -> Any:
    engine = city.engine()
    batch = list_imports(engine, city.slug)[0]
    engine.dispose()
    return batch


def facts_digest(city: SmallCity) -> str:
    """A digest of every row about stations, but for when it was written."""
    engine = city.engine()
    parts = []
    with engine.connect() as connection:
        for table in ("site", "facility", "network_membership", "amenity_at_facility", "opening_rule"):
            row = "(to_jsonb(t) - 'updated_at')::text"
            whole = f"SELECT md5(string_agg({row}, '|' ORDER BY {row})) FROM {table} t"
            parts.append(str(connection.execute(text(whole)).scalar_one()))
    engine.dispose()
    return "".join(parts)


def test_the_classes_are_declared(client):
    for name in ("create-replace-delete", "update", "optimistic-locking-etags", "features"):
        assert PART_4 + name in CONFORMS_TO


def test_options_say_what_can_be_done(client):
    items, item = client.options(ITEMS), client.options(f"{ITEMS}/1")
    assert set(items.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert set(item.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
    assert MERGE_PATCH in item.headers["accept-patch"]
    for address in ("/collections/districts/items", "/collections/districts/items/x"):
        assert set(client.options(address).headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert client.options("/collections/nothing/items").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_collections_cannot_be_written(client, method):
    address = "/collections/districts/items" + ("" if method == "POST" else "/x")
    answer = client.request(method, address, json={})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_station_is_added_with_everything_said_of_it(client, city):
    said = {
        "code": "NEW-1",
        "type": "union_station",
        "class": "basic",
        "networks": ["union_station"],
        "status": "active",
        "address": "香港中路 1 号",
        "landmark": "门朝西",
        "entry": ["open_door"],
        "groups": ["rider"],
        "floor": "1",
        "step_free": True,
        "public_phone": "0532-12345678",
        "verified": "2026-11-01",
        "capacity": 12,
    }
    address, tag, made = added(client, city, **said)
    assert address.endswith(f"{ITEMS}/{made['id']}")
    assert tag.startswith('"')
    assert {name: made["properties"][name] for name in said} == said
    assert made["properties"]["amenities"] == ["water_hot", "wifi"]
    assert made["properties"]["district"]
    assert made["properties"]["source"] == "all"
    batch = last_batch(city)
    assert (batch.kind, batch.file_name, batch.rows_added) == ("edit", f"POST {ITEMS}", 1)


def test_every_write_is_in_the_log_under_the_keys_name_and_is_undone_to_the_letter(client, city):
    engine = city.engine()
    before = facts_digest(city)
    address, tag, _ = added(client, city, name="来去")
    batches = [last_batch(city).batch_id]
    changed = patch(client, address, tag, {"properties": {"seats": 9, "hours": "24/7", "amenities": ["aed"]}})
    assert changed.status_code == 200, changed.text
    batches.append(last_batch(city).batch_id)
    gone = client.delete(address, headers={"If-Match": changed.headers["etag"]})
    assert gone.status_code == 204
    batches.append(last_batch(city).batch_id)
    with engine.connect() as connection:
        actors = connection.execute(
            text("SELECT DISTINCT actor FROM change_log WHERE batch_id = ANY (:batches)"), {"batches": batches}
        )
        assert set(actors.scalars()) == {"all"}
    for batch in reversed(batches):
        undo_import(engine, city.slug, batch)
    engine.dispose()
    assert facts_digest(city) == before


def test_what_a_feature_cannot_say_survives_a_replacement(client, city):
    """Services, the host, and the state of broken things are no part of the collection, so no PUT touches them."""
    address, tag, made = added(client, city, name="有故障")
    engine = city.engine()
    with engine.begin() as connection:
        number = {"number": int(made["id"])}
        connection.execute(text("INSERT INTO amenity_at_facility VALUES (:number, 'tv', 'broken')"), number)
        connection.execute(text("INSERT INTO service_at_facility VALUES (:number, 'psych')"), number)
        connection.execute(text("UPDATE facility SET entry_note = '按铃' WHERE facility_id = :number"), number)
    body = feature(city, name="有故障", amenities=["wifi"], address="换了地址")
    answer = client.put(address, json=body, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    with engine.connect() as connection:
        states = dict(
            connection.execute(
                text("SELECT amenity_code, state FROM amenity_at_facility WHERE facility_id = :number"), number
            ).all()
        )
        services = connection.execute(
            text("SELECT service_code FROM service_at_facility WHERE facility_id = :number"), number
        )
        assert states == {"tv": "broken", "wifi": "available"}
        assert services.scalars().all() == ["psych"]
        note = connection.execute(text("SELECT entry_note FROM facility WHERE facility_id = :number"), number)
        assert note.scalar_one() == "按铃"
    engine.dispose()


def test_put_replaces_everything_a_feature_can_say(client, city):
    address, tag, made = added(client, city, name="旧名", code="PUT-1", public_phone="0532-1", verified="2026-01-01")
    answer = client.put(address, json=feature(city, name="新名"), headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    now = answer.json()["properties"]
    assert now["name"] == "新名"
    assert (now["code"], now["public_phone"], now["verified"]) == (None, None, None)
    assert answer.json()["id"] == made["id"]
    assert answer.headers["content-location"] == address


def test_a_patch_changes_what_it_names_and_null_takes_away(client, city):
    address, tag, made = added(client, city, name="改一点", public_phone="0532-2", seats=3)
    answer = patch(client, address, tag, {"properties": {"seats": 4, "public_phone": None}})
    assert answer.status_code == 200, answer.text
    expected = made["properties"] | {"seats": 4, "public_phone": None}
    assert answer.json()["properties"] == expected
    assert answer.json()["geometry"] == made["geometry"]
    lon, lat = made["geometry"]["coordinates"]
    moved = patch(
        client, address, answer.headers["etag"], {"geometry": {"type": "Point", "coordinates": [lon, lat + 1e-3]}}
    )
    assert moved.status_code == 200, moved.text
    assert moved.json()["geometry"]["coordinates"] == [lon, round(lat + 1e-3, 7)]
    assert moved.json()["properties"]["seats"] == 4


def test_sending_back_what_was_read_changes_nothing(client, city):
    identity = client.get(ITEMS, params={"limit": 1}).json()["features"][0]["id"]
    read = client.get(f"{ITEMS}/{identity}")
    batch = last_batch(city).batch_id
    answer = client.put(f"{ITEMS}/{identity}", json=read.json(), headers={"If-Match": read.headers["etag"]})
    assert answer.status_code == 200, answer.text
    assert last_batch(city).batch_id == batch
    assert answer.json()["properties"] == read.json()["properties"]


def test_any_form_that_was_read_is_good_enough_to_change(client, city):
    """The tag of a page, of another system's axes or of fewer properties names the same state."""
    identity = client.get(ITEMS, params={"limit": 1, "sortby": "-name"}).json()["features"][0]["id"]
    address = f"{ITEMS}/{identity}"
    asked: list[dict[str, str]] = [{}, {"f": "html"}, {"f": "jsonfg"}, {"lang": "en"}, {"properties": "name"}]
    asked.append({"crs": "http://www.opengis.net/def/crs/EPSG/0/4326"})
    tags = [client.get(address, params=parameters).headers["etag"] for parameters in asked]
    assert len(set(tags)) == len(tags)
    for number, tag in enumerate(tags):
        assert patch(client, address, tag, {"properties": {}}).status_code == 200, asked[number]
    assert client.get(address, headers={"If-None-Match": tags[0]}).status_code == 304


def test_two_who_saw_the_same_cannot_both_change_it(client, city):
    address, tag, _ = added(client, city, name="抢改")
    assert patch(client, address, tag, {"properties": {"seats": 1}}).status_code == 200
    for answer in (
        patch(client, address, tag, {"properties": {"seats": 2}}),
        client.put(address, json=feature(city, name="抢改"), headers={"If-Match": tag}),
        client.delete(address, headers={"If-Match": tag}),
        patch(client, address, f"W/{tag}", {"properties": {"seats": 2}}),
        patch(client, address, '"nonsense"', {"properties": {"seats": 2}}),
    ):
        assert answer.status_code == 412
        assert answer.headers["content-type"] == "application/problem+json"
    assert patch(client, address, "*", {"properties": {"seats": 5}}).json()["properties"]["seats"] == 5


def test_a_change_of_nobody_knows_what_is_refused(client, city):
    address, _, _ = added(client, city, name="无条件")
    assert patch(client, address, None, {"properties": {"seats": 2}}).status_code == 428
    assert client.put(address, json=feature(city)).status_code == 428
    assert client.delete(address).status_code == 428


def test_a_station_taken_out_is_retired_and_comes_back_under_its_old_id(client, city):
    address, tag, made = added(client, city, name="关了又开", code="BACK-1")
    assert client.delete(address, headers={"If-Match": tag}).status_code == 204
    assert client.delete(address, headers={"If-Match": "*"}).status_code == 404
    assert patch(client, address, "*", {"properties": {"seats": 2}}).status_code == 404
    engine = city.engine()
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT status, visible, name FROM facility WHERE facility_id = :number"), {"number": int(made["id"])}
        ).one()
    engine.dispose()
    assert tuple(row) == ("retired", False, "关了又开")
    again = client.post(ITEMS, json=feature(city, name="关了又开", code="BACK-1"))
    assert (again.status_code, again.json()["id"]) == (201, made["id"])
    assert again.json()["properties"]["status"] == "active"


def test_what_is_there_is_not_added_twice(client, city):
    _, _, made = added(client, city, name="独一", code="ONE-1")
    answer = client.post(ITEMS, json=feature(city, name="另一", code="ONE-1"))
    assert answer.status_code == 409
    assert made["id"] in answer.json()["detail"]
    other, tag, _ = added(client, city, name="另一", code="ONE-2")
    assert patch(client, other, tag, {"properties": {"code": "ONE-1"}}).status_code == 409


def test_positions_come_in_the_reference_system_they_say(client, city):
    body = feature(city, name="纬度在前")
    lon, lat = body["geometry"]["coordinates"]
    body["geometry"]["coordinates"] = [lat, lon]
    system = "<http://www.opengis.net/def/crs/EPSG/0/4326>"
    answer = client.post(ITEMS, json=body, headers={"Content-Crs": system})
    assert answer.status_code == 201, answer.text
    assert answer.json()["geometry"]["coordinates"] == pytest.approx([lon, lat], abs=1e-7)
    refused = client.post(ITEMS, json=body, headers={"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/1>"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "Content-Crs")


def test_a_key_of_a_district_writes_there_and_nowhere_else(client, city, keys):
    own, other = {"Authorization": f"Bearer {keys['own']}"}, {"Authorization": f"Bearer {keys['other']}"}
    refused = client.post(ITEMS, json=feature(city, name="别区"), headers=other)
    assert refused.status_code == 403
    before = last_batch(city).batch_id
    made = client.post(ITEMS, json=feature(city, name="本区"), headers=own)
    assert made.status_code == 201, made.text
    address, tag = made.headers["location"], made.headers["etag"]
    assert patch(client, address, tag, {"properties": {"seats": 1}}, **other).status_code == 403
    assert client.delete(address, headers={"If-Match": tag, **other}).status_code == 403
    codes = city.snapshot.facilities["district_code"]
    elsewhere = next(row for row, code in enumerate(codes) if code not in (codes.iloc[0], None))
    point = [float(city.snapshot.lon[elsewhere]), float(city.snapshot.lat[elsewhere])]
    away = patch(client, address, tag, {"geometry": {"type": "Point", "coordinates": point}}, **own)
    assert away.status_code == 403
    assert patch(client, address, tag, {"properties": {"seats": 1}}, **own).status_code == 200
    assert last_batch(city).batch_id > before


def test_without_the_right_key_nothing_is_written(client, city, keys):
    before = facts_digest(city)
    identity = str(city.snapshot.facility_ids[0])
    for headers, expected in (
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer x"}, 401),
        ({"Authorization": f"Bearer {keys['reader']}"}, 403),
    ):
        matched = {"If-Match": "*", **headers}
        assert client.post(ITEMS, json=feature(city), headers=headers).status_code == expected
        assert client.put(f"{ITEMS}/{identity}", json=feature(city), headers=matched).status_code == expected
        assert patch(client, f"{ITEMS}/{identity}", "*", {"properties": {}}, **headers).status_code == expected
        assert client.delete(f"{ITEMS}/{identity}", headers=matched).status_code == expected
    assert facts_digest(city) == before


PROPERTIES_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": "　"}, "name"),
    ({"name": 7}, "name"),
    ({"name": "a" * 201}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": ["a"]}, "name"),
    ({"type": "castle"}, "type"),
    ({"status": "open"}, "status"),
    ({"networks": "union_station"}, "networks"),
    ({"networks": ["nobody"]}, "networks"),
    ({"amenities": ["water_hot", "water_hot"]}, "amenities"),
    ({"amenities": ["gold"]}, "amenities"),
    ({"amenities": {"water_hot": True}}, "amenities"),
    ({"seats": -1}, "seats"),
    ({"seats": 1.5}, "seats"),
    ({"seats": "6"}, "seats"),
    ({"seats": True}, "seats"),
    ({"seats": 10**12}, "seats"),
    ({"step_free": "yes"}, "step_free"),
    ({"verified": "2026-02-30"}, "verified"),
    ({"verified": "20260201"}, "verified"),
    ({"verified": 2026}, "verified"),
    ({"address": "x" * 2001}, "address"),
    ({"colour": "red"}, "colour"),
    ({"owner": "x"}, "owner"),
    ({"id": 5}, "id"),
]


@pytest.mark.parametrize(("properties", "named"), PROPERTIES_REFUSED)
def test_a_property_that_cannot_be_used_is_named(client, city, properties, named):
    answer = client.post(ITEMS, json=feature(city, **properties))
    assert (answer.status_code, answer.json()["parameter"]) == (400, named), answer.text


BODIES_REFUSED: list[tuple[Any, str]] = [
    ({"type": "Point"}, "type"),
    ({"type": None}, "type"),
    ({"geometry": None}, "geometry"),
    ({"geometry": {"type": "Polygon", "coordinates": []}}, "geometry"),
    ({"geometry": {"type": "Point", "coordinates": []}}, "geometry"),
    ({"geometry": {"type": "Point", "coordinates": ["120", "36"]}}, "geometry"),
    ({"geometry": {"type": "Point", "coordinates": [True, 36]}}, "geometry"),
    ({"geometry": {"type": "Point", "coordinates": [36.07, 120.38]}}, "geometry"),
    ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, "geometry"),
    ({"geometry": {"type": "Point", "coordinates": [1e300, 36]}}, "geometry"),
    ({"geometry": [120, 36]}, "geometry"),
    ({"properties": None}, "properties"),
    ({"properties": [1]}, "properties"),
]


@pytest.mark.parametrize(("members", "named"), BODIES_REFUSED)
def test_a_body_that_is_no_station_is_refused(client, city, members, named):
    answer = client.post(ITEMS, json=feature(city) | members)
    assert (answer.status_code, answer.json()["parameter"]) == (400, named), answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_object_is_refused(client, content):
    answer = client.post(ITEMS, content=content, headers={"Content-Type": "application/geo+json"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "body")


def test_bodies_of_other_kinds_and_sizes_are_refused(client, city):
    assert client.post(ITEMS, content=b"<x/>", headers={"Content-Type": "application/xml"}).status_code == 415
    assert client.post(ITEMS, content=b"{}").status_code == 415
    assert client.post(ITEMS, json=feature(city, address="x" * 200_000)).status_code == 413
    assert client.post(ITEMS, params={"lon": 1}, json=feature(city)).status_code == 400


def test_an_id_cannot_be_changed_nor_made_up(client, city):
    address, tag, _ = added(client, city, name="身份")
    body = feature(city, name="身份") | {"id": "1"}
    assert client.put(address, json=body, headers={"If-Match": tag}).json()["parameter"] == "id"
    assert patch(client, address, tag, {"id": "1"}).json()["parameter"] == "id"
    assert patch(client, address, tag, {"geometry": None}).json()["parameter"] == "geometry"
    assert patch(client, address, tag, {"properties": {"name": None}}).json()["parameter"] == "name"
    for identity in ("0", "999999999", "-1", "01", "1e3", "x", "9" * 30, "１"):
        missing = client.put(f"{ITEMS}/{identity}", json=feature(city), headers={"If-Match": "*"})
        assert missing.status_code == 404, identity


@pytest.mark.slow
def test_whoever_writes_reads_what_was_written(city, keys, monkeypatch):
    """The answer waits for the snapshot; then every form of the collection shows the change."""
    monkeypatch.setattr(station_writes, "LONGEST_WAIT_S", PATIENCE_S - 10)  # a busy machine has more than a minute
    with running_service(api_settings(city), clock=lambda: NOON) as client:
        client.headers["X-API-Key"] = keys["all"]
        waiting = {"Prefer": "wait=290"}
        made = client.post(ITEMS, json=feature(city, name="读己之写"), headers=waiting)
        assert made.status_code == 201, made.text
        assert made.headers["preference-applied"] == "wait=290"
        address = made.headers["location"]
        read = client.get(address)
        assert read.status_code == 200
        assert read.json()["properties"] == made.json()["properties"]
        assert read.headers["etag"].split(".")[0] == made.headers["etag"].split(".")[0]
        found = client.get(ITEMS, params={"name": "读己之写"}).json()
        assert [one["id"] for one in found["features"]] == [made.json()["id"]]
        gone = client.delete(address, headers={"If-Match": read.headers["etag"], **waiting})
        assert gone.status_code == 204
        assert client.get(address).status_code == 404
