"""Following the stations over HTTP."""

from __future__ import annotations

import contextlib
import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from api.schemas.changes import ChangesAnswer
from geo.datum import Datum
from geo.services.keys import STATIONS_WRITE, new_key
from geo.services.register_import import import_register, undo_import
from geo.services.station_changes import cursor_at
from tests.api.conftest import NOON, api_settings
from tests.support.service import running_service
from tests.support.small_city import SmallCity


def test_from_the_beginning_every_station_is_told_as_the_collection_has_it(
    service: httpx.Client, small_city: SmallCity
):
    since, told = cursor_at(small_city.slug, 0), {}
    while True:
        answer = service.get("/changes", params={"since": since, "limit": 30})
        ChangesAnswer.model_validate_json(answer.content)
        content = answer.json()
        told |= {one["id"]: one for one in content["changes"]}
        since = content["cursor"]
        if not content["more"]:
            break
    assert {one["change"] for one in told.values()} == {"added"}
    there = service.get("/collections/stations/items", params={"limit": 10000}).json()["features"]
    assert {one["id"]: one for one in there} == {identity: one["feature"] for identity, one in told.items()}
    assert service.get("/changes", params={"since": since}).json() == {"changes": [], "cursor": since, "more": False}


def test_without_a_cursor_it_says_where_to_begin(service: httpx.Client):
    answer = service.get("/changes")
    ChangesAnswer.model_validate_json(answer.content)
    assert answer.json()["changes"] == []
    begun = service.get("/changes", params={"since": answer.json()["cursor"]})
    assert begun.status_code == 200
    held = service.get("/changes", headers={"If-None-Match": answer.headers["etag"]})
    assert held.status_code == 304


@pytest.mark.parametrize(
    ("query", "code", "named"),
    [
        ("since=", 400, "since"),
        ("since=x", 400, "since"),
        ("since=2026-01-01T00:00:00Z", 400, "since"),
        ("limit=0", 400, "limit"),
        ("limit=x", 400, "limit"),
        ("since=x&since=y", 400, "since"),
        ("until=x", 400, "until"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(service: httpx.Client, query: str, code: int, named: str):
    answer = service.get(f"/changes?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (code, named)


def test_a_cursor_from_another_log_is_gone(service: httpx.Client, small_city: SmallCity):
    for cursor in (cursor_at("elsewhere", 0), cursor_at(small_city.slug, 10**12)):
        answer = service.get("/changes", params={"since": cursor})
        assert answer.status_code == 410
        assert "since" in answer.json()["detail"]


def client_on_the_page(client: httpx.Client) -> dict[str, Any]:
    """The example for programs that keep a copy, run as it stands."""
    page = client.get("/api.html", params={"lang": "en"}).text
    (lines,) = (unescape(one) for one in re.findall(r"<pre[^>]*>(base = [^<]*)</pre>", page))
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(lines, names)
    return names


def register_of(path: Path, *names: str, city: SmallCity) -> Path:
    """A register with new stations around another one."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["驿站编号", "驿站名称", "类型", "经度", "纬度", "开放时间"])
    for number, name in enumerate(names, 1):
        lon, lat = float(city.snapshot.lon[0]) + number / 500, float(city.snapshot.lat[0])
        sheet.append([f"新-{number:03d}", name, "工会驿站", lon, lat, "24小时"])
    book.save(path)
    return path


def test_the_client_on_the_page_keeps_its_copy_through_every_kind_of_change(own_city: SmallCity, tmp_path: Path):
    engine = own_city.engine()
    _, key = new_key(engine, own_city.slug, "desk", scopes=[STATIONS_WRITE], now=NOON)
    headers = {"Authorization": f"Bearer {key}", "Prefer": "wait=60"}
    with running_service(api_settings(own_city), clock=lambda: NOON) as client:
        program = client_on_the_page(client)
        stations, cursor = program["begin"]()
        items = "/collections/stations/items"

        def followed() -> dict[str, Any]:
            nonlocal stations, cursor
            stations, cursor = program["follow"](stations, cursor)
            there = client.get(items, params={"limit": 10000}).json()["features"]
            return {one["id"]: one for one in there}

        # add, replace, change in part, take out: answered once the collection shows them
        first, second = list(stations.values())[:2]
        point = {"type": "Point", "coordinates": [first["geometry"]["coordinates"][0] + 0.003, 36.1]}
        added = {"type": "Feature", "geometry": point, "properties": {"name": "新站", "type": "union_station"}}
        made = client.post(items, headers=headers, json=added)
        assert made.status_code == 201, made.text
        assert followed() == stations
        assert made.json()["id"] in stations
        for identity, method, body in (
            (made.json()["id"], "PUT", {**added, "properties": {"name": "改名", "type": "union_station"}}),
            (first["id"], "PATCH", {"properties": {"seats": 99}}),
            (second["id"], "DELETE", None),
        ):
            answer = client.request(method, f"{items}/{identity}", headers=headers | {"If-Match": "*"}, json=body)
            assert answer.status_code in (200, 204), answer.text
        assert followed() == stations
        assert second["id"] not in stations
        assert stations[first["id"]]["properties"]["seats"] == 99

        # an import, and its undo
        before = set(stations)
        register = register_of(tmp_path / "new.xlsx", "甲站", "乙站", city=own_city)
        report = import_register(
            engine, own_city.settings, own_city.slug, register, datum=Datum.WGS84, network="union_station"
        )
        stations, cursor = program["follow"](stations, cursor)
        assert {stations[one]["properties"]["name"] for one in set(stations) - before} == {"甲站", "乙站"}
        undo_import(engine, own_city.slug, report.batch_id)
        stations, cursor = program["follow"](stations, cursor)
        assert set(stations) == before

        # a cursor of another log: everything anew
        again, _ = program["follow"]({}, cursor_at("elsewhere", 1))
        assert len(again) >= len(before) - 2
    engine.dispose()
