"""The hours of the week: each is what one gets by asking for it alone, and a station is open when its week says so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.question import Question
from geo.places.hours import OpeningRule, Timetable
from geo.services.coverage import answer
from geo.services.hours_of_week import HOURS_OF_WEEK, coverage_by_hour, describe, distinct_rows
from geo.services.slots import over_the_week
from geo.snapshot.model import NoDemandError
from tests.support.toy_snapshot import ALL_DAY, OFFICE, rule, station, toy_snapshot

NIGHT = {"byday": [5, 6], "opens_min": 1320, "closes_min": 1620}
SUMMER = {"byday": [1, 2, 3, 4, 5, 6, 7], "opens_min": 360, "closes_min": 1200} | {
    "valid_from": "05-01",
    "valid_to": "10-31",
}
STATIONS = [
    station(200, 200, rules=[rule(ALL_DAY)], amenities={"water_hot": "available"}),
    station(1500, 300, rules=[rule(OFFICE)]),
    station(300, 1600, rules=[]),
    station(1600, 1600, rules=[rule(NIGHT)], amenities={"water_hot": "available"}),
    station(1000, 1000, rules=[rule(OFFICE), rule(SUMMER)]),
]
SNAPSHOT = toy_snapshot(STATIONS)

WEEK_MIN = 7 * 1440
MONTH_DAYS = [(date(2024, 1, 1) + timedelta(days=day)).strftime("%m-%d") for day in range(366)]


@pytest.mark.parametrize("asked", [Question(minutes=5), Question(minutes=9, amenities=("water_hot",))])
def test_every_hour_is_the_answer_one_gets_by_asking_for_it(asked):
    week = coverage_by_hour(SNAPSHOT, asked)
    for place, hour in enumerate(HOURS_OF_WEEK):
        alone = answer(SNAPSHOT, replace(asked, at=str(hour)), gap_limit=0)
        assert week.tallies[place] == alone.tally
        assert week.stations[place] == alone.eligible.sum()
    assert week.always == answer(SNAPSHOT, asked, gap_limit=0).tally
    assert len({one.covered for one in week.tallies}) > 1


def test_it_says_the_same_as_a_run_of_the_standard_hours():
    asked = Question(minutes=5, amenities=("water_hot",))
    some = ("monday 05:00", "friday 23:00", "saturday 02:00", "sunday 19:00")
    week, alone = coverage_by_hour(SNAPSHOT, asked), over_the_week(SNAPSHOT, asked, some)
    places = [[str(hour) for hour in HOURS_OF_WEEK].index(slot) for slot in some]
    assert [week.tallies[place] for place in places] == [one.tally for one in alone]
    assert week.stations[places].tolist() == [one.stations for one in alone]
    assert week.unknown_hours[places].tolist() == [one.unknown_hours for one in alone]


def test_stations_whose_hours_nobody_knows_are_counted_at_every_hour():
    assert coverage_by_hour(SNAPSHOT, Question()).unknown_hours.min() == 1


def test_the_questions_own_hour_is_left_out():
    asked, plain = (coverage_by_hour(SNAPSHOT, Question(minutes=5, at=at)) for at in ("weekday 19:00", None))
    assert asked.question == plain.question
    assert asked.tallies == plain.tallies


def test_a_town_where_nothing_ever_opens_covers_nobody():
    closed = toy_snapshot([station(200, 200, rules=[]), station(900, 900, status="retired")])
    week = coverage_by_hour(closed, Question(minutes=5))
    assert {one.covered for one in week.tallies} == {0}
    assert set(week.unknown_hours.tolist()) == {1}
    assert week.always.covered > 0


def test_a_demand_layer_that_is_not_there_is_named():
    with pytest.raises(NoDemandError, match="riders"):
        coverage_by_hour(SNAPSHOT, Question(demand="riders"))


def test_the_document_is_plain_json_with_one_row_per_hour():
    document = describe(SNAPSHOT, coverage_by_hour(SNAPSHOT, Question(minutes=5)))
    assert json.loads(json.dumps(document)) == document
    hours = document["hours"]
    assert {len(column) for column in hours.values()} == {168}
    assert (hours["slot"][0], hours["slot"][-1]) == ("monday 00:00", "sunday 23:00")
    fates = zip(*(hours[name] for name in ("covered", "outside", "off_network", "outside_area")), strict=True)
    assert [sum(row) for row in fates] == hours["total"] == [document["always"]["total"]] * 168


def test_equal_rows_are_found_wherever_they_stand():
    rows = np.array([[1, 0], [0, 0], [1, 0], [1, 1], [0, 0]], dtype=np.bool_)
    distinct, which = distinct_rows(rows)
    assert distinct.tolist() == [[True, False], [False, False], [True, True]]
    assert which == [0, 1, 0, 2, 1]


# ------------------------------------------------------------------------------------------------- the minute's table
def in_force(rules: list[OpeningRule], month_day: str) -> tuple[OpeningRule, ...]:
    """The rules that hold on a day of the year; a season's put those of the whole year aside."""

    def holds(one: OpeningRule) -> bool:
        first, last = one.valid_from or "01-01", one.valid_to or "12-31"
        inside = first <= month_day, month_day <= last
        return all(inside) if first <= last else any(inside)

    now = [one for one in rules if holds(one)]
    return tuple([one for one in now if one.valid_from] or now)


def minutes_open(rules: tuple[OpeningRule, ...]) -> set[int]:
    """Minutes of the week, from Monday 00:00, at which a place with these rules is surely open, one by one."""
    return {
        ((day - 1) * 1440 + minute) % WEEK_MIN
        for one in rules
        if one.certain
        for day in one.days
        for minute in range(one.opens_min, one.closes_min)
    }


@st.composite
def opening_rules(draw) -> OpeningRule:
    opens = draw(st.integers(0, 1439))
    season = draw(st.none() | st.tuples(st.sampled_from(MONTH_DAYS), st.sampled_from(MONTH_DAYS)))
    return OpeningRule(
        days=tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=1)))),
        opens_min=opens,
        closes_min=opens + draw(st.integers(1, 1440)),
        valid_from=season[0] if season else None,
        valid_to=season[1] if season else None,
        certain=draw(st.integers(0, 3)) > 0,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(opening_rules(), max_size=4))
def test_a_station_counts_at_the_hours_when_a_table_of_minutes_has_it_open_all_year(rules):
    timetable = Timetable([rules])
    said = {str(hour) for hour in HOURS_OF_WEEK if timetable.open_mask_slot(hour)[0] == 1}
    tables = [minutes_open(now) for now in {in_force(rules, day) for day in MONTH_DAYS}]
    wanted = {
        str(hour) for hour in HOURS_OF_WEEK if all((hour.days[0] - 1) * 1440 + hour.minute in table for table in tables)
    }
    assert said == wanted
