"""Open or not: one place and many, equal to a table written out minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from geo.places.hours import OpeningRule, Slot, SlotError, Timetable, parse_hours
from geo.places.hours.rules import DAY_MIN, WEEK_MIN
from geo.places.hours.timetable import SHANGHAI

ORDINARY_MONDAY = datetime(2026, 7, 6, tzinfo=SHANGHAI)


def timetable(*texts: str) -> Timetable:
    return Timetable.from_hours([parse_hours(text) for text in texts])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def written_out(rules: Sequence[OpeningRule], first: date, days: int) -> list[int]:
    """Open (1), closed (0) or unknown (-1) for every minute of some ordinary days, filled in one by one."""
    minutes = [-1] * (days * DAY_MIN)
    for day in range(days):
        month_day = (first + timedelta(days=day)).strftime("%m-%d")
        if any(in_season(rule, month_day) for rule in rules):
            minutes[day * DAY_MIN : (day + 1) * DAY_MIN] = [0] * DAY_MIN
    for certain in (False, True):
        for day in range(-1, days):
            when = first + timedelta(days=day)
            month_day = when.strftime("%m-%d")
            in_force = [rule for rule in rules if in_season(rule, month_day)]
            in_force = [rule for rule in in_force if rule.valid_from] or in_force
            for rule in in_force:
                if when.isoweekday() in rule.days and rule.certain is certain:
                    for minute in range(day * DAY_MIN + rule.opens_min, day * DAY_MIN + rule.closes_min):
                        if 0 <= minute < len(minutes):
                            minutes[minute] = 1 if certain else -1
    return minutes


def in_season(rule: OpeningRule, month_day: str) -> bool:
    if rule.valid_from is None or rule.valid_to is None:
        return True
    if rule.valid_from <= rule.valid_to:
        return rule.valid_from <= month_day <= rule.valid_to
    return month_day >= rule.valid_from or month_day <= rule.valid_to


@st.composite
def opening_rules(draw: st.DrawFn) -> OpeningRule:
    opens = draw(st.integers(0, DAY_MIN - 1))
    season = draw(st.sampled_from([(None, None), ("07-01", "07-09"), ("12-01", "07-07"), ("08-01", "09-30")]))
    return OpeningRule(
        days=tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=1)))),
        opens_min=opens,
        closes_min=opens + draw(st.integers(1, DAY_MIN)),
        valid_from=season[0],
        valid_to=season[1],
        certain=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(opening_rules(), max_size=4), min_size=1, max_size=3), st.data())
def test_answers_equal_a_table_written_out_minute_by_minute(
    rules: list[list[OpeningRule]], data: st.DataObject
) -> None:
    table = Timetable(rules)
    written = [written_out(place, ORDINARY_MONDAY.date(), 8) for place in rules]
    for minute in data.draw(st.lists(st.integers(0, WEEK_MIN - 1), min_size=5, max_size=5)):
        moment = ORDINARY_MONDAY + timedelta(minutes=minute, seconds=30)
        expected = [place[minute] for place in written]
        assert table.open_mask(moment).tolist() == expected
        offsets_s = np.arange(len(rules)) * 7777.0
        arriving = [
            place[int((minute * 60 + 30 + offset) // 60)] for place, offset in zip(written, offsets_s, strict=True)
        ]
        assert table.open_mask(moment, offsets_s).tolist() == arriving
        for i, answer in enumerate(expected):
            state = table.state(i, moment)
            assert {"open": 1, "closed": 0, "unknown": -1}[state.state] == answer
            if state.until and state.until < ORDINARY_MONDAY + timedelta(days=7):
                ends = int((state.until - ORDINARY_MONDAY).total_seconds() // 60)
                stretch = written[i][minute:ends]
                assert answer == -1 or set(stretch) == {answer}
                assert written[i][ends] != answer or answer == -1
            if state.opens_at and state.opens_at < ORDINARY_MONDAY + timedelta(days=7):
                opens = int((state.opens_at - ORDINARY_MONDAY).total_seconds() // 60)
                assert 1 not in written[i][minute:opens]
                assert written[i][opens] == 1


def test_who_arrives_after_the_midnight_that_ends_a_season_is_answered_by_the_new_day() -> None:
    summer = OpeningRule(days=(1,), opens_min=480, closes_min=1020, valid_from="07-01", valid_to="07-09")
    table = Timetable([[summer], [summer]])
    last_evening = at("2026-07-09 23:30")
    assert table.open_mask(last_evening, np.array([60.0, 3600.0])).tolist() == [0, -1]


@settings(max_examples=40, deadline=None)
@given(st.lists(opening_rules(), min_size=1, max_size=4))
def test_the_week_shown_on_pages_is_the_week_of_the_table(rules: list[OpeningRule]) -> None:
    rules = [OpeningRule(rule.days, rule.opens_min, rule.closes_min) for rule in rules]
    shown = np.zeros(WEEK_MIN, int)
    for opens, closes in Timetable([rules]).week_intervals(0) or []:
        shown[opens:closes] = 1
    assert shown.tolist() == [max(0, value) for value in written_out(rules, ORDINARY_MONDAY.date(), 7)]


def test_the_lunch_gap_and_the_closing_minute_are_half_open() -> None:
    table = timetable("周一至周五 08:00-12:00,14:00-18:00")
    assert table.state(0, at("2026-07-06 11:59:59")).until == at("2026-07-06 12:00")
    lunch = table.state(0, at("2026-07-06 12:00"))
    assert (lunch.state, lunch.opens_at, lunch.certain) == ("closed", at("2026-07-06 14:00"), True)
    assert table.state(0, at("2026-07-10 18:00")).opens_at == at("2026-07-13 08:00")


def test_past_midnight_belongs_to_the_day_it_starts() -> None:
    table = timetable("周五 18:00-次日02:00")
    assert table.state(0, at("2026-07-11 01:30")).until == at("2026-07-11 02:00")
    assert table.state(0, at("2026-07-10 01:30")).state == "closed"
    assert table.week_intervals(0) == [[4 * DAY_MIN + 1080, 5 * DAY_MIN + 120]]


def test_sunday_night_runs_into_monday() -> None:
    assert timetable("周日 22:00-06:00").week_intervals(0) == [[0, 360], [6 * DAY_MIN + 1320, WEEK_MIN]]


def test_round_the_clock_has_no_end() -> None:
    state = timetable("24小时").state(0, at("2026-10-01 03:00"))
    assert (state.state, state.until, state.certain) == ("open", None, True)


def test_nothing_recorded_and_days_without_times_are_unknown_not_closed() -> None:
    table = timetable("", "工作日开放", "看情况")
    assert table.open_mask(at("2026-07-06 10:00")).tolist() == [-1, -1, -1]
    assert table.open_mask(at("2026-07-05 10:00")).tolist() == [-1, 0, -1]
    assert table.state(1, at("2026-07-06 10:00")).state == "unknown"
    assert [table.week_intervals(i) for i in range(3)] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "moment", "state", "certain"),
    [
        # National Day 2026 is a Thursday; 2 October is a day off that calendars without the notice call ordinary
        ("工作日 9:00-17:00", "2026-10-02 10:00", "closed", True),
        ("周一至周五 9:00-17:00", "2026-10-02 10:00", "unknown", False),
        ("8:00-20:00", "2026-10-02 10:00", "open", False),
        ("周一至周日 8:00-20:00 节假日照常", "2026-10-02 10:00", "open", True),
        ("8:00-20:00（法定节假日除外）", "2026-10-02 10:00", "closed", True),
        ("24小时", "2026-10-02 10:00", "open", True),
        ("周一至周五 8:00-18:00 周末及节假日 9:00-16:00", "2026-10-02 17:00", "closed", True),
        ("周一至周五 8:00-18:00 周末及节假日 9:00-16:00", "2026-10-02 15:00", "open", True),
        # Sunday 4 January 2026 and Saturday 10 October 2026 are make-up workdays
        ("工作日 9:00-17:00", "2026-01-04 10:00", "open", True),
        ("周一至周五 9:00-17:00", "2026-10-10 10:00", "open", False),
        ("周一至周五 8:00-18:00；周六周日 10:00-16:00", "2026-10-10 09:00", "open", True),
        # the Saturday after is an ordinary one
        ("工作日 9:00-17:00", "2026-10-17 10:00", "closed", True),
        # nobody has announced 2031 yet
        ("工作日 9:00-17:00", "2031-10-02 10:00", "open", False),
        ("24小时", "2031-10-02 10:00", "open", True),
        ("工作日 9:00-17:00", "2031-07-15 10:00", "open", True),
    ],
)
def test_holidays_and_makeup_workdays(text: str, moment: str, state: str, certain: bool) -> None:
    answer = timetable(text).state(0, at(moment))
    assert (answer.state, answer.certain) == (state, certain)


def test_seasons_change_over_on_their_day_and_a_season_goes_before_the_whole_year() -> None:
    table = timetable("夏季(5月-9月)8:00-20:00，冬季9:00-17:00", "9:00-18:00；7月1日-8月31日 7:00-21:00")
    assert table.open_mask(at("2026-09-30 19:00")).tolist() == [1, 0]
    assert table.open_mask(at("2026-10-12 17:30")).tolist() == [0, 1]
    assert table.open_mask(at("2026-07-01 20:30")).tolist() == [0, 1]
    assert table.open_mask(at("2027-01-08 08:30")).tolist() == [0, 0]


def test_a_time_of_year_no_rule_speaks_of_is_unknown() -> None:
    table = timetable("夏季(6月-9月)8:00-20:00")
    assert table.open_mask(at("2026-12-08 10:00")).tolist() == [-1]


EXCEPTIONS: list[dict[str, Any]] = [
    {"on_date": date(2026, 7, 7), "kind": "repair", "closed": True, "opens_min": None, "closes_min": None},
    {"on_date": "2026-07-08", "kind": "keeper", "closed": False, "opens_min": 600, "closes_min": 660},
    {"on_date": "2026-07-09", "kind": "weather_extension", "closed": False, "opens_min": 1200, "closes_min": 1560},
]


def test_exceptions_replace_the_day_and_weather_adds_to_it() -> None:
    table = Timetable([parse_hours("8:00-20:00").rules], [EXCEPTIONS])
    assert table.state(0, at("2026-07-06 21:00")).opens_at == at("2026-07-08 10:00")
    assert table.state(0, at("2026-07-08 10:30")).until == at("2026-07-08 11:00")
    assert table.state(0, at("2026-07-09 19:00")).until == at("2026-07-10 02:00")
    assert table.open_mask(at("2026-07-10 01:00")).tolist() == [1]
    assert table.open_mask(at("2026-07-07 10:00")).tolist() == [0]


def test_arriving_later_may_find_it_shut_and_what_is_not_reached_is_unknown() -> None:
    table = timetable("8:00-20:00", "8:00-20:00", "24小时", "8:00-20:00", "0:00-6:00")
    offsets_s = np.array([600, 1300, 1300, 2.0e8, 5 * 3600])
    assert table.open_mask(at("2026-07-06 19:40"), offsets_s).tolist() == [1, 0, 1, -1, 1]


def test_slots_are_ordinary_days_and_ask_for_all_of_their_days() -> None:
    table = timetable(
        "周二至周日 9:00-21:00", "工作日 9:00-21:00", "24小时", "", "夏季(5月-9月)8:00-20:00，冬季9:00-18:00"
    )
    assert table.open_mask_slot("weekday 19:00").tolist() == [-1, 1, 1, -1, -1]
    assert table.open_mask_slot("Tu 19:00").tolist() == [1, 1, 1, -1, -1]
    assert table.open_mask_slot("saturday 10:00").tolist() == [1, 0, 1, -1, 1]
    assert table.open_mask_slot(Slot((1,), 1200)).tolist() == [0, 1, 1, -1, 0]


def test_slots_are_read_and_written() -> None:
    assert str(Slot.parse("weekday+19:00")) == "weekday 19:00"
    assert Slot.parse("周六 08:00") == Slot.parse("Sa 8:00") == Slot.parse("saturday 08:00") == Slot((6,), 480)
    for text in ("weekday", "weekday 25:00", "someday 10:00", "10:00", "weekday 10:61", ""):
        with pytest.raises(SlotError, match="no hour of the week"):
            Slot.parse(text)


def test_a_moment_without_a_zone_is_refused_and_other_zones_are_converted() -> None:
    table = timetable("8:00-20:00")
    with pytest.raises(InputError, match="has no zone"):
        table.open_mask(datetime(2026, 7, 6, 10))
    assert table.open_mask(datetime.fromisoformat("2026-07-06T00:30:00+00:00")).tolist() == [1]


def test_an_empty_timetable_answers_with_nothing() -> None:
    table = Timetable([])
    assert table.open_mask(at("2026-07-06 10:00")).tolist() == []
    assert table.open_mask_slot("weekday 19:00").tolist() == []
