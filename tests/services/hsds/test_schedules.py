"""Rows of recurrence say of every minute what the timetable says, on holidays and make-up workdays as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest

from geo.places.hours import Timetable, parse_hours
from geo.places.hours.rules import OpeningRule
from geo.places.hours.timetable import SHANGHAI
from geo.services.hsds.schedules import NOT_KNOWN, pieces, schedule, schedule_rows
from tests.support.small_city import SmallCity

DAY = timedelta(days=1)
TOKENS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

MADE_ON = date(2026, 9, 25)
NATIONAL_DAY = date(2026, 9, 28)
"""The Monday of a week with four working days, then a week of holidays whose Saturday is a make-up workday."""

TEXTS = [
    "24小时",
    "每天 9:00-18:00",
    "周一至周五 8:30-12:00,13:30-17:30",
    "周一至周五 8:30-17:00，节假日照常开放",
    "周一至周五 8:30-17:00，节假日休息",
    "工作日 9:00-17:00",
    "17:00-次日2:00",
    "周五至周日 20:00-次日8:00，节假日休息",
    "5月1日至9月30日 7:00-20:00,10月1日至4月30日 8:00-18:00",
    "夏季 6:00-21:00，冬季 7:00-19:00",
    "周一至周五 8:00-17:00，节假日 9:00-15:00",
    "工作日开放",
    "以现场公告为准",
]


def expanded(schedules: Sequence[Mapping[str, Any]], first: date, days: int) -> tuple[Any, set[date]]:
    """The open minutes of some days, and the days of which rows say that nobody knows; read as the page says."""
    is_open = np.zeros((days + 2) * 1440, dtype=bool)  # from the day before to the day after
    dark = set()
    for row in schedules:
        assert row["freq"] == "WEEKLY"
        for number in range(-1, days + 1):
            day = first + number * DAY
            if TOKENS[day.weekday()] not in row["byday"].split(","):
                continue
            if not row.get("valid_from", "") <= day.isoformat() <= row.get("valid_to", "9"):
                continue
            if "opens_at" not in row:
                dark.add(day)
                continue
            opens, closes = (time.fromisoformat(row[name]) for name in ("opens_at", "closes_at"))
            assert opens.utcoffset() == closes.utcoffset() == timedelta(hours=row["timezone"])
            begins = (number + 1) * 1440 + opens.hour * 60 + opens.minute
            lasts = (closes.hour * 60 + closes.minute - opens.hour * 60 - opens.minute) % 1440 or 1440
            is_open[begins : begins + lasts] = True
    return is_open[1440 : (days + 1) * 1440], dark


def compare(
    rules: Sequence[Sequence[OpeningRule]], exceptions: Any, made_on: date, first: date, days: int
) -> tuple[int, int]:
    """Hold the rows of all places to the timetable for some days; returns the open and the unknown minutes."""
    timetable = Timetable(rules, exceptions)
    rows = schedule_rows(rules, exceptions, made_on)
    found = [expanded([schedule(row, "owner", "text") for row in one], first, days) for one in rows]
    midnight = datetime.combine(first, time(), tzinfo=SHANGHAI)
    told = np.array([timetable.open_mask(midnight + timedelta(minutes=minute)) for minute in range(days * 1440)])
    for place, (is_open, dark) in enumerate(found):
        ours = told[:, place]
        wrong = np.flatnonzero(is_open != (ours == 1))
        assert not len(wrong), (place, rules[place], midnight + timedelta(minutes=int(wrong[0])))
        for minute in np.flatnonzero(ours == -1)[::30]:
            day = first + timedelta(minutes=int(minute)) // DAY * DAY
            assert {day, day - DAY} & dark, (place, rules[place], day)
        assert not dark or (ours == -1).any() or not {first + number * DAY for number in range(days)} & dark
    return int((told == 1).sum()), int((told == -1).sum())


def test_every_minute_of_two_weeks_with_holidays_is_as_the_timetable_has_it():
    rules = [parse_hours(text).rules for text in TEXTS]
    opened, unknown = compare(rules, [[] for _ in rules], MADE_ON, NATIONAL_DAY, 14)
    assert opened > 50_000
    assert unknown > 20_000


def test_dated_exceptions_stand_in_the_place_of_the_day():
    office = parse_hours("周一至周五 8:30-17:00").rules
    shut = {"kind": "repair", "closed": True, "opens_min": None, "closes_min": None}
    short = {"kind": "keeper", "closed": False, "opens_min": 600, "closes_min": 660}
    longer = {"kind": "weather_extension", "closed": False, "opens_min": 1020, "closes_min": 1560}
    dated = (("2026-11-17", shut), ("2026-11-18", short), ("2026-11-19", longer))
    exceptions: list[list[Any]] = [*([{"on_date": day, **row}] for day, row in dated), []]
    compare([office] * 4, exceptions, date(2026, 11, 16), date(2026, 11, 16), 7)


def test_every_minute_of_a_week_of_the_whole_city_is_as_its_timetable_has_it(small_city: SmallCity):
    snapshot = small_city.snapshot
    exceptions = snapshot.facilities["exceptions"].tolist()
    made_on = snapshot.made_at.date()
    opened, _ = compare(snapshot.timetable.rules, exceptions, made_on, made_on, 7)
    assert opened > 100_000


def test_hours_that_are_the_same_every_day_are_one_row_without_an_end():
    (rows,) = schedule_rows([parse_hours("24小时").rules], [[]], MADE_ON)
    (row,) = [schedule(row, "owner", "24小时") for row in rows]
    assert (row["opens_at"], row["closes_at"]) == ("00:00+08:00", "00:00+08:00")
    assert row["byday"] == ",".join(TOKENS)
    assert {"valid_from", "valid_to"}.isdisjoint(row)


def test_office_hours_leave_out_the_holidays_and_take_the_make_up_days_in():
    (rows,) = schedule_rows([parse_hours("周一至周五 8:30-17:00，节假日休息").rules], [[]], MADE_ON)
    written = [(row.valid_from, row.valid_to, row.days) for row in rows]
    # From 1 to 7 October nobody is there; on Saturday 10 October one works for a day that was taken off.
    assert (date(2026, 10, 10), date(2026, 10, 10), (6,)) in written
    assert not any((begins or MADE_ON) <= date(2026, 10, 1) <= (ends or date.max) for begins, ends, _ in written)
    assert written[0][0] is None
    assert written[-1][1] is None


def test_hours_that_nobody_could_read_are_words_alone():
    (rows,) = schedule_rows([parse_hours("以现场公告为准").rules], [[]], MADE_ON)
    (row,) = [schedule(row, "owner", "以现场公告为准") for row in rows]
    assert (row["description"], row["notes"]) == ("以现场公告为准", NOT_KNOWN)
    assert {"opens_at", "closes_at"}.isdisjoint(row)


@pytest.mark.parametrize(
    ("opens", "closes", "cut"),
    [
        (0, 1440, [((0, 1440), 0)]),
        (1320, 1800, [((1320, 1800), 0)]),
        (600, 2600, [((600, 2040), 0), ((600, 1160), 1)]),
    ],
)
def test_a_stretch_is_cut_where_the_clock_comes_round(opens: int, closes: int, cut: Any):
    assert pieces(opens, closes) == cut
