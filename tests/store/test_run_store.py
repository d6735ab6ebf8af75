"""A stored run comes back as it went in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.coverage.question import Question
from geo.services.cities import new_city
from geo.services.coverage import answer, cell_frame, gap_frame, run_coverage
from geo.services.runs import get_run, list_runs, run_of_question
from geo.store import city_store, run_store
from geo.store.run_store import RunNotFoundError
from tests.support.toy_snapshot import station, toy_snapshot

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 1500)])
QUESTION = Question(minutes=5, at="weekday 19:00")


@pytest.fixture
def city(engine):
    new_city(engine, "toy", name="玩具市")
    with engine.connect() as connection:
        return city_store.city_by_slug(connection, "toy")


def test_a_run_is_stored_with_every_cell_and_gap(engine, city):
    run = run_coverage(engine, SNAPSHOT, QUESTION)
    answered = answer(SNAPSHOT, QUESTION, gap_limit=None)
    with engine.connect() as connection:
        stored = run_store.load_run(connection, city.city_id, run.run_id)
        cells = run_store.load_cells(connection, run.run_id)
        gaps = run_store.load_gaps(connection, run.run_id)
    assert stored.parameters == QUESTION.as_dict()
    assert (stored.snapshot_id, stored.result_hash) == (SNAPSHOT.id, answered.result_hash)
    assert stored.summary["people"] == answered.tally.as_dict()
    assert len(stored.summary["curve"]) == 61

    expected = cell_frame(answered)
    assert np.array_equal(cells["h3"], expected["h3"])
    for column in ("share", "people", "covered_people", "state"):
        assert cells[column].tolist() == expected[column].tolist()
    assert cells["minutes_ds"].equals(expected["minutes_ds"])

    shapes = gap_frame(SNAPSHOT, answered)
    assert gaps["stable_id"].tolist() == shapes["stable_id"].tolist()
    assert gaps.geometry.geom_equals(shapes.geometry).all()
    assert gaps["people"].tolist() == shapes["people"].tolist()


def test_a_facility_removed_meanwhile_is_left_out_of_the_gap_and_not_the_gap_out_of_the_run(engine, city):
    """The toy's stations are in no table, like facilities taken back by an undo between snapshot and run."""
    run = run_coverage(engine, SNAPSHOT, QUESTION)
    with engine.connect() as connection:
        gaps = run_store.load_gaps(connection, run.run_id)
    assert len(gaps) > 0
    assert gaps["nearest_facility_id"].isna().all()
    assert gaps["nearest_ds"].notna().all()


def test_two_runs_of_one_question_have_the_same_hashes(engine, city):
    first, second = (run_coverage(engine, SNAPSHOT, QUESTION) for _ in range(2))
    assert (first.input_hash, first.result_hash) == (second.input_hash, second.result_hash)
    assert first.run_id != second.run_id
    listed = list_runs(engine, "toy")
    assert [run["run_id"] for run in listed] == [second.run_id, first.run_id]
    assert [run["run_id"] for run in list_runs(engine, "toy", before=second.run_id)] == [first.run_id]
    assert get_run(engine, "toy", first.run_id)["summary"]["input_hash"] == first.input_hash
    assert run_of_question(engine, SNAPSHOT, QUESTION) == second.run_id
    assert run_of_question(engine, SNAPSHOT, replace(QUESTION, minutes=QUESTION.minutes + 1)) is None


def test_a_run_of_another_city_is_not_found(engine, city):
    run = run_coverage(engine, SNAPSHOT, QUESTION)
    new_city(engine, "other", name="别市")
    with pytest.raises(RunNotFoundError, match=f"no coverage run {run.run_id}"):
        get_run(engine, "other", run.run_id)
