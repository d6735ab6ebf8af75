"""What-if over HTTP: the service's answer, whole or line by line, and refusals that name the change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.schemas.what_if import WhatIfDocument, WhatIfSummary
from api.settings import ApiSettings
from geo.coverage.question import Question
from geo.datum import Datum, from_wgs84
from geo.services import coverage, what_if
from geo.services.changes import Add, ChangeHours, Close, Move, WhatIf
from tests.support.grid_city import lon_lat
from tests.support.service import running_service
from tests.support.toy_snapshot import station, toy_snapshot
from web_map.lattice import patched
from web_map.layers import CoverageLayer

STATIONS = [station(200, 200), station(1500, 300), station(310, 1600)]
SNAPSHOT = toy_snapshot(STATIONS)
FIRST, SECOND, THIRD = SNAPSHOT.facility_ids
LON, LAT = lon_lat(1000, 1000)


@pytest.fixture(scope="module")
def toy_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The real server over a snapshot in memory, without a database."""
    holder: Any = SimpleNamespace(snapshot=SNAPSHOT, start=lambda: None, stop=lambda: None)
    settings = ApiSettings(data_dir=tmp_path_factory.mktemp("what_if"))
    with running_service(settings, holder=holder) as client:
        yield client


def test_the_answer_is_the_services_answer(toy_service: httpx.Client):
    changes = [
        {"kind": "add", "lon": LON, "lat": LAT, "name": "新站", "hours": "周一至周五 9:00-17:00"},
        {"kind": "move", "id": str(SECOND), "lon": LON, "lat": LAT},
        {"kind": "close", "id": FIRST},
        {"kind": "hours", "id": THIRD, "hours": "Mo-Su 06:00-22:00"},
    ]
    got = toy_service.post("/what-if", json={"minutes": 5, "at": "weekday 10:00", "changes": changes})
    assert got.status_code == 200
    asked = WhatIf(
        Question(minutes=5, at="weekday 10:00"),
        (
            Add(LON, LAT, "新站", "周一至周五 9:00-17:00"),
            Move(SECOND, LON, LAT),
            Close(FIRST),
            ChangeHours(THIRD, "Mo-Su 06:00-22:00"),
        ),
    )
    answered = what_if.answer(SNAPSHOT, asked)
    wanted = what_if.describe(answered) | {"cells": what_if.cell_columns(answered)}
    assert got.json() == json.loads(json.dumps(wanted))
    WhatIfDocument.model_validate_json(got.content)
    assert len(got.json()["cells"]["h3"]) == got.json()["cells_changed"] > 0


def test_a_stream_has_the_summary_first_and_then_every_changed_cell(toy_service: httpx.Client):
    asked = {"changes": [{"kind": "add", "lon": LON, "lat": LAT}], "minutes": 6}
    whole = toy_service.post("/what-if", json=asked).json()
    streamed = toy_service.post("/what-if", json=asked, headers={"Accept": "application/x-ndjson"})
    assert streamed.headers["content-type"].startswith("application/x-ndjson")
    first, *cells = streamed.text.splitlines()
    WhatIfSummary.model_validate_json(first)
    columns = whole.pop("cells")
    assert json.loads(first) == whole
    rows = [json.loads(cell) for cell in cells]
    assert rows
    assert {name: [row[name] for row in rows] for name in columns} == columns


def test_positions_may_come_in_the_datum_of_a_chinese_map(toy_service: httpx.Client):
    lon, lat = (float(column[0]) for column in from_wgs84([LON], [LAT], Datum.GCJ02))
    wgs84, gcj02 = (
        toy_service.post("/what-if", json={"coord": datum, "changes": [{"kind": "add", "lon": x, "lat": y}]}).json()
        for datum, x, y in (("wgs84", LON, LAT), ("gcj02", lon, lat))
    )
    assert wgs84["people"] == gcj02["people"]


def test_a_place_off_the_network_is_told_so(toy_service: httpx.Client):
    changes = [{"kind": "add", "lon": LON, "lat": LAT}, {"kind": "add", "lon": 121.4, "lat": 37.1}]
    got = toy_service.post("/what-if", json={"changes": changes}).json()
    assert [(notice["change"], notice["code"]) for notice in got["notices"]] == [(1, "off_network")]
    assert "街道" in got["notices"][0]["zh"]


@pytest.mark.parametrize(
    ("body", "code", "parameter", "said"),
    [
        ([], 400, "body", "a JSON object with `changes`"),
        ({}, 400, "changes", "list of 1 to"),
        ({"changes": []}, 400, "changes", "list of 1 to"),
        ({"changes": [1]}, 400, "changes[0]", "must be an object with a `kind`"),
        ({"changes": [{"kind": "burn"}]}, 400, "changes[0]", "add, move, close, hours"),
        ({"changes": [{"kind": ["add"]}]}, 400, "changes[0]", "add, move, close, hours"),
        ({"changes": [{"kind": "add", "lon": 120}]}, 400, "changes[0].lat", "`lat` is missing"),
        ({"changes": [{"kind": "add", "lon": 200, "lat": 36}]}, 400, "changes[0].lon", "between -180 and 180"),
        ({"changes": [{"kind": "close", "id": 1.5}]}, 400, "changes[0].id", "must be a whole number"),
        ({"changes": [{"kind": "close", "id": FIRST, "lon": 1}]}, 400, "changes[0].lon", "There is no parameter"),
        ({"changes": [{"kind": "close", "id": 7}]}, 404, None, "no facility 7"),
        ({"changes": [{"kind": "hours", "id": FIRST, "hours": "hm"}]}, 400, None, "`hm` cannot be read"),
        ({"changes": [{"kind": "close", "id": FIRST}] * 2}, 400, None, "Change 2: facility"),
        ({"changes": [{"kind": "add", "lon": 1, "lat": 1, "type": "kiosk"}]}, 400, "changes[0].type", "must be one of"),
        ({"changes": [{"kind": "close", "id": FIRST}], "minutes": 0}, 400, "minutes", "between 1 and 120"),
        ({"changes": [{"kind": "close", "id": FIRST}], "colour": 1}, 400, "colour", "There is no parameter"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(toy_service: httpx.Client, body, code, parameter, said):
    got = toy_service.post("/what-if", json=body)
    assert got.status_code == code
    problem = got.json()
    assert problem.get("parameter") == parameter
    assert said in problem["detail"]


@pytest.mark.parametrize("resolution", [10, 9])
def test_one_answer_has_the_figures_the_changed_cells_and_what_each_change_is_worth(toy_service, resolution):
    """Laid over the cells of coverage, the changed ones make those of a city in which the changes were made."""
    asked = {"minutes": 5, "resolution": resolution}
    changes = [{"kind": "close", "id": FIRST}, {"kind": "add", "lon": LON, "lat": LAT, "type": "union_station"}]
    before = toy_service.get("/coverage/cells", params=asked).content
    got = toy_service.post("/what-if/parts", json={**asked, "changes": changes})
    assert got.headers["content-encoding"] == "gzip"
    assert got.headers["content-type"] == "application/vnd.yiquan.what-if-parts"
    parts = parts_of(got.content)
    assert [*parts] == ["SUMS", "CELL", "EACH"]
    whole = toy_service.post("/what-if", json={"minutes": 5, "changes": changes}).json()
    assert json.loads(parts["SUMS"]) == {name: value for name, value in whole.items() if name != "cells"}

    snapshot = toy_snapshot([*STATIONS[1:], station(0, 0, lon=LON, lat=LAT)])
    after, people = coverage.answer(snapshot, Question(minutes=5)), SNAPSHOT.layer("walk").people["residents"]
    layer = CoverageLayer.of(SNAPSHOT.layer("walk").grid.cells, resolution)
    assert patched(before, parts["CELL"]) == layer.encode(after.coverage.time_ds, after.coverage.share, people)
    assert patched(before, parts["CELL"]) != before

    each = json.loads(parts["EACH"])
    assert len(each) == 2
    assert each[0]["alone"] < 0 < each[1]["alone"]


def test_parts_come_plain_to_whoever_reads_no_gzip(toy_service: httpx.Client):
    body = {"changes": [{"kind": "close", "id": FIRST}]}
    got = toy_service.post("/what-if/parts", json=body, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in got.headers
    assert [*parts_of(got.content)] == ["SUMS", "CELL", "EACH"]


def parts_of(content: bytes) -> dict[str, bytes]:
    """The parts of an answer by their letters, in their order."""
    parts, at = {}, 0
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        parts[content[at : at + 4].decode("ascii")] = content[at + 8 : at + 8 + size]
        at += 8 + size
    return parts
