"""Measures over HTTP and on the command line: the service's own figures, strict parameters, a tag that saves work."""

from __future__ import annotations

import httpx
import numpy as np
import orjson
import pytest

from api.errors import ParameterError
from api.routers.measures import OF_MEASURES
from geo.coverage.access import Decay
from geo.coverage.question import Question
from geo.services.measures import measures
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity
from web_map.lattice import decode_lattice


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, {"question": Question()}),
        ({"mode": "ebike", "minutes": "5"}, {"question": Question(mode="ebike", minutes=5)}),
        (
            {"at": "weekday 19:00", "type": "union_station", "decay": "gauss"},
            {"question": Question(at="weekday 19:00", types=("union_station",)), "decay": Decay.GAUSS},
        ),
        ({"weights": "residents:2.5"}, {"question": Question(), "weights": {"residents": 2.5}}),
    ],
)
def test_measures_are_those_of_the_service(service: httpx.Client, small_city: SmallCity, query, asked):
    body = service.get("/coverage/measures", params=query).json()
    assert body == orjson.loads(orjson.dumps(measures(small_city.snapshot, **asked).to_dict()))


def test_measures_agree_with_coverage(service: httpx.Client):
    body, plain = (service.get(path, params={"minutes": 8}).json() for path in ("/coverage/measures", "/coverage"))
    assert body["people"] == plain["people"]
    assert sum(body["by_count"].values()) == plain["people"]["covered"]
    for level in ("districts", "streets"):
        for row, other in zip(body[level], plain[level], strict=True):
            assert other.items() <= row.items()
            assert row["one"] + row["two"] + row["three_plus"] == row["covered"]
    assert body["band"]["low"] <= body["people"]["share"] + 1e-9
    assert body["band"]["high"] >= body["people"]["share"] - 1e-9
    assert body["capacity"]["unit"] == "seats"


def test_cells_say_what_one_can_choose_from_and_how_much_room_there_is(service: httpx.Client, small_city: SmallCity):
    answer = service.get("/coverage/measures/cells", params={"mode": "ebike", "minutes": 6})
    assert answer.headers["content-type"] == "application/vnd.yiquan.h3-lattice"
    taken = measures(small_city.snapshot, Question(mode="ebike", minutes=6))
    grid = small_city.snapshot.modes["ebike"].grid
    columns = np.full((3, len(grid)), 255, dtype=np.uint8)
    for block in decode_lattice(answer.content):
        columns = np.minimum(columns, block.values_at(grid.lon, grid.lat))
    np.testing.assert_allclose(columns[:2] / 250, taken.choice.share[:, 1:].T, atol=0.003)
    lived_in = taken.room.cell
    assert (columns[2] != 255).sum() == len(lived_in)
    assert ((columns[2][lived_in] > 0) == (taken.room.access > 0)).all()


def test_an_answer_that_is_held_is_not_sent_again(service: httpx.Client):
    first = service.get("/coverage/measures", params={"minutes": 9})
    again = service.get(
        "/coverage/measures", params={"minutes": "9.0"}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    other = service.get("/coverage/measures", params={"minutes": 9, "decay": "none"})
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("minutes=61", "minutes"),
        ("decay=linear", "decay"),
        ("decay=step&decay=step", "decay"),
        ("weights=residents", "weights"),
        ("weights=residents:1,residents:2", "weights"),
        ("weights=residents:", "weights"),
        ("weights=residents:NaN", "weights"),
        ("weights=Residents:1", "weights"),
        ("amenities=water_hot", "amenities"),
        ("limit=3", "limit"),
    ],
)
def test_a_question_that_is_not_as_documented_is_refused(query, parameter):
    with pytest.raises(ParameterError) as refused:
        OF_MEASURES.read_query(query.encode())
    assert refused.value.parameter == parameter


def test_weights_have_one_form():
    one, other = (OF_MEASURES.read_query(text)["weights"] for text in (b"weights=b:2,a:1", b"weights=a:1.0,b:2"))
    assert one == other == (("a", 1.0), ("b", 2.0))
    assert OF_MEASURES.read_query(b"weights=")["weights"] == ()


def test_what_cannot_be_weighed_is_refused_with_a_sentence(service: httpx.Client):
    for weights, status in (("residents:0", 400), ("residents:-1", 400), ("tourists:1", 404)):
        answer = service.get("/coverage/measures", params={"weights": weights})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.json()["detail"]) > 20


def test_the_command_line_measures_the_same(small_city: SmallCity):
    command_line = CommandLine(small_city.url, small_city.settings.data_dir)
    document = command_line.ok("coverage", "measures", "--mode", "ebike", "--minutes", "8", "--decay", "none")
    measured = measures(small_city.snapshot, Question(mode="ebike", minutes=8), decay=Decay.NONE).to_dict()
    for part in ("people", "by_count", "minutes", "access", "capacity", "districts"):
        assert document[part] == orjson.loads(orjson.dumps(measured[part]))
    said = command_line.run("coverage", "measures", "--weight", "residents=2")
    assert said.status == 0
    assert "nine in ten within" in said.out + said.err
    refused = command_line.run("coverage", "measures", "--weight", "residents")
    assert refused.status != 0
    assert "riders=20" in refused.err


def test_brief_measures_are_the_same_without_their_long_tables(service: httpx.Client):
    asked = {"minutes": "10", "type": "union_station"}
    whole = service.get("/coverage/measures", params=asked).json()
    brief = service.get("/coverage/measures", params=asked | {"brief": "true"}).json()
    assert whole.keys() - brief.keys() == {"districts", "streets"}
    assert brief["facilities"] == {name: column[:10] for name, column in whole["facilities"].items()}
    same = brief.keys() - {"facilities"}
    assert {key: brief[key] for key in same} == {key: whole[key] for key in same}
