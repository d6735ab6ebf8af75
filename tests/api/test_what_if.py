"""What-if over HTTP: the service's answer, whole or line by line, and refusals that name the change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest

from api.schemas.what_if import WhatIfDocument, WhatIfSummary
from api.settings import ApiSettings
from geo.cells import cells_to_points
from geo.coverage.question import Question
from geo.datum import Datum, from_wgs84
from geo.services import what_if
from geo.services.changes import Add, ChangeHours, Close, Move, WhatIf
from tests.support.grid_city import lon_lat
from tests.support.service import running_service
from tests.support.toy_snapshot import station, toy_snapshot
from web_map.lattice import NO_DATA, decode_lattice, shares_to_bytes

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 300), station(310, 1600)])
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


def test_the_changed_cells_come_as_bytes_to_lay_over_those_of_coverage(toy_service: httpx.Client):
    """Wherever the what-if has data it is what a city with the change has; everywhere else nothing has changed."""
    asked = {"minutes": 5, "resolution": 10}
    before = toy_service.get("/coverage/cells", params=asked).content
    over = toy_service.post("/what-if/cells", json={**asked, "changes": [{"kind": "close", "id": FIRST}]})
    assert over.status_code == 200
    assert len(over.content) == len(before)
    laid = bytes(new if new != NO_DATA else old for old, new in zip(before, over.content, strict=True))
    answered = what_if.answer(SNAPSHOT, WhatIf(Question(minutes=5), (Close(FIRST),)))
    lon, lat = cells_to_points(SNAPSHOT.layer("walk").grid.cells)
    shares = decode_lattice(laid)[0].values_at(lon, lat)[1]
    assert np.array_equal(shares, shares_to_bytes(answered.coverage.share))
    assert laid != before
