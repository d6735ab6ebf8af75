"""Two runs side by side: what changed between them and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from api.settings import ApiSettings
from geo.coverage.question import Question
from geo.errors import NotFoundError
from geo.services.cities import new_city
from geo.services.compare import DifferentPeopleError, RunResult, compare, compare_runs, together
from geo.services.coverage import answer, cell_frame, describe, gap_frame, run_coverage
from geo.store.run_store import StoredRun
from tests.support.service import running_service
from tests.support.toy_snapshot import station, toy_snapshot

STATIONS = [station(200, 200), station(1600, 1600), station(1000, 1000, status="retired")]
BEFORE = toy_snapshot(STATIONS)
AFTER = toy_snapshot([station(200, 200), station(1600, 300), station(1000, 1000, status="retired")])
QUESTION = Question(minutes=6)


def result(snapshot, question=QUESTION, run_id=1, **parameters):
    """What the store gives back for a run, without a store."""
    answered = answer(snapshot, question, gap_limit=None)
    summary = json.loads(orjson.dumps(describe(snapshot, answered), option=orjson.OPT_SERIALIZE_NUMPY))
    made_at = datetime(2026, 11, 20, tzinfo=UTC)
    hashes = answered.input_hash, answered.result_hash
    run = StoredRun(run_id, snapshot.id, question.as_dict() | parameters, *hashes, summary, made_at)
    return RunResult(run, cell_frame(answered), gap_frame(snapshot, answered))


def test_a_run_compared_with_itself_has_no_change():
    same = compare(result(BEFORE), result(BEFORE, run_id=2))
    assert same["same_result"]
    assert same["differs"] == {"parameters": {}, "snapshot": None, "method": None}
    people = same["people"]
    assert people["change"] == people["gained"] == people["lost"] == people["cells_better"] == 0
    assert [row["change"] for row in same["districts"]] == [0, 0]
    assert same["streets_changed"] == []
    gaps = same["gaps"]
    assert gaps["same"] == gaps["count_a"] == gaps["count_b"] > 0
    assert gaps["closed"] == gaps["opened"] == gaps["changed"] == []


def test_a_station_that_moved_gains_here_and_loses_there():
    one, other = result(BEFORE), result(AFTER)
    moved = compare(one, other)
    people = moved["people"]
    assert people["gained"] > 0
    assert people["lost"] > 0
    assert people["change"] == people["covered_b"] - people["covered_a"]
    assert people["gained"] - people["lost"] == pytest.approx(people["change"], abs=1.01)
    assert sum(row["change"] for row in moved["districts"]) == people["change"]
    assert moved["differs"]["parameters"] == {}
    back = compare(other, one)
    assert back["people"]["gained"] == pytest.approx(people["lost"])
    assert back["people"]["lost"] == pytest.approx(people["gained"])


def test_every_gap_is_the_same_changed_closed_or_opened():
    none = toy_snapshot([station(200, 200, status="retired")])
    one, other = result(BEFORE), result(none)
    gaps = compare(one, other)["gaps"]
    before, after = ([gap for one in gaps["changed"] for gap in one[side]] for side in ("before", "after"))
    assert gaps["same"] + len(before) + len(gaps["closed"]) == gaps["count_a"]
    assert gaps["same"] + len(after) + len(gaps["opened"]) == gaps["count_b"]
    assert len({gap["id"] for gap in after + gaps["opened"]}) == len(after + gaps["opened"])
    assert sum(gap["people"] for gap in after) >= sum(gap["people"] for gap in before) > 0
    assert gaps["closed"] == []
    everywhere = toy_snapshot([station(x, y) for x in range(100, 2000, 300) for y in range(100, 2000, 300)])
    closed = compare(one, result(everywhere))["gaps"]
    assert closed["count_b"] == 0
    assert len(closed["closed"]) == closed["count_a"] == one.run.summary["gaps_in_all"]["count"]
    assert compare(result(everywhere), one)["gaps"]["opened"] == closed["closed"]


def test_what_was_asked_differently_is_named():
    differs = compare(result(BEFORE), result(BEFORE, Question(minutes=9, at="weekday 19:00")))["differs"]
    assert differs["parameters"] == {"minutes": [6.0, 9.0], "at": [None, "weekday 19:00"]}


def test_runs_over_different_people_are_not_compared():
    with pytest.raises(DifferentPeopleError, match="`residents` and the other `riders`"):
        compare(result(BEFORE), result(BEFORE, demand="riders"))


def test_stored_runs_compare_as_they_did_in_memory_and_over_http(engine, tmp_path):
    new_city(engine, "toy", name="玩具市")
    one, other = run_coverage(engine, BEFORE, QUESTION), run_coverage(engine, AFTER, QUESTION)
    stored = compare_runs(engine, "toy", one.run_id, other.run_id)
    wanted = compare(result(BEFORE), result(AFTER))
    for part in ("people", "districts", "streets_changed", "gaps", "differs"):
        assert stored[part] == wanted[part]
    with pytest.raises(NotFoundError, match="no coverage run 999"):
        compare_runs(engine, "toy", one.run_id, 999)

    holder: Any = SimpleNamespace(snapshot=AFTER, engine=engine, start=lambda: None, stop=lambda: None)
    with running_service(ApiSettings(data_dir=tmp_path), holder=holder) as client:
        got = client.get("/coverage/compare", params={"a": one.run_id, "b": other.run_id})
        assert got.json()["people"] == stored["people"]
        assert client.get("/coverage/compare", params={"a": one.run_id}).status_code == 400
        assert client.get("/coverage/compare", params={"a": one.run_id, "b": 999}).status_code == 404
        week = client.get("/coverage/slots", params={"minutes": "6"}).json()
        assert len(week["slots"]) == 14
        assert week["slots"][0]["people"] == stored_tally(AFTER, "weekday 05:00")
        assert client.get("/coverage/slots", params={"at": "weekday 05:00"}).status_code == 400


def stored_tally(snapshot, at):
    return answer(snapshot, Question(minutes=6, at=at)).tally.as_dict()


def test_gaps_that_grow_together_and_fall_apart_are_one_change():
    # old 0 and 1 grow into new 0; old 2 falls apart into new 1 and 2; old 3 closes; new 3 opens
    pairs = [(0, 0), (1, 0), (2, 1), (2, 2)]
    assert together(4, 4, pairs) == [([0, 1], [0]), ([2], [1, 2]), ([3], []), ([], [3])]
