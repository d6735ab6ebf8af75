"""Fourteen hours of the week, each as if it had been asked alone."""

from __future__ import annotations

import json

import orjson
import pytest

from geo.coverage.question import Question
from geo.places.hours import Slot
from geo.services.cities import new_city
from geo.services.compare import compare_runs
from geo.services.coverage import answer, run_coverage
from geo.services.runs import get_run
from geo.services.slots import STANDARD_SLOTS, describe, over_the_week, run_slots
from tests.support.toy_snapshot import OFFICE, rule, station, toy_snapshot

NIGHT = {"byday": [1, 2, 3, 4, 5, 6, 7], "opens_min": 18 * 60, "closes_min": 30 * 60}
SNAPSHOT = toy_snapshot(
    [
        station(200, 200, rules=[rule(OFFICE)]),
        station(1500, 300, rules=[rule(NIGHT)]),
        station(310, 1600, rules=[]),
        station(1600, 1600),
    ]
)
QUESTION = Question(minutes=6)


def test_the_standard_hours_are_fourteen_and_written_as_hours_are():
    assert len(set(STANDARD_SLOTS)) == 14
    assert [str(Slot.parse(slot)) for slot in STANDARD_SLOTS] == list(STANDARD_SLOTS)


@pytest.mark.parametrize("question", [QUESTION, Question(minutes=9, groups=("rider",), at="monday 03:00")])
def test_every_hour_equals_the_question_asked_for_that_hour(question):
    for one in over_the_week(SNAPSHOT, question):
        alone = answer(SNAPSHOT, Question(minutes=question.minutes, groups=question.groups, at=one.slot))
        assert one.tally == alone.tally
        assert one.districts.equals(alone.districts)
        assert one.stations == alone.eligible.sum()
        assert one.unknown_hours == 1


def test_opening_hours_decide_who_is_covered_when():
    covered = {one.slot: one.tally.covered for one in over_the_week(SNAPSHOT, QUESTION)}
    stations = {one.slot: one.stations for one in over_the_week(SNAPSHOT, QUESTION)}
    assert stations["weekday 12:30"] == stations["weekday 23:00"] == stations["weekend 02:00"] == 2
    assert stations["weekend 12:30"] == stations["weekday 08:00"] == 1
    assert covered["weekend 12:30"] < covered["weekday 12:30"]


def test_the_document_has_covered_people_by_hour_and_district_that_add_up():
    week = over_the_week(SNAPSHOT, QUESTION)
    document = json.loads(orjson.dumps(describe(SNAPSHOT, QUESTION, week), option=orjson.OPT_SERIALIZE_NUMPY))
    assert [row["slot"] for row in document["slots"]] == list(STANDARD_SLOTS)
    for i, row in enumerate(document["slots"]):
        people = row["people"]
        assert sum(district["covered"][i] for district in document["slot_districts"]) == people["covered"]
        fates = people["covered"] + people["outside"] + people["off_network"] + people["outside_area"]
        assert fates == people["total"]


def test_the_week_is_stored_as_one_run_that_shows_and_compares_like_any_other(engine):
    new_city(engine, "toy", name="玩具市")
    week, again = (run_slots(engine, SNAPSHOT, Question(minutes=6, at="weekday 19:00")) for _ in range(2))
    always = run_coverage(engine, SNAPSHOT, QUESTION)
    assert (week.input_hash, week.result_hash) == (again.input_hash, again.result_hash)
    assert week.input_hash != always.input_hash
    stored = get_run(engine, "toy", week.run_id)
    assert stored["parameters"]["slots"] == list(STANDARD_SLOTS)
    assert len(stored["summary"]["slots"]) == 14
    assert stored["people"] == always.document["people"]
    compared = compare_runs(engine, "toy", always.run_id, week.run_id)
    assert compared["people"]["gained"] == compared["people"]["lost"] == 0
    assert list(compared["differs"]["parameters"]) == ["slots"]
