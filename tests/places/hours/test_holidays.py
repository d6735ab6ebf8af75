"""The calendar of the State Council: days off, make-up workdays, and years not yet announced."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from geo.places.hours import CalendarDay, DayKind, calendar_day
from geo.places.hours.holidays import HOLIDAY_YEARS, HolidayYear, special_days


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2025-01-01", DayKind.HOLIDAY),
        ("2025-01-26", DayKind.MAKEUP),
        ("2025-02-04", DayKind.HOLIDAY),
        ("2025-02-05", DayKind.ORDINARY),
        ("2025-10-08", DayKind.HOLIDAY),
        ("2025-10-11", DayKind.MAKEUP),
        ("2026-01-04", DayKind.MAKEUP),
        ("2026-02-15", DayKind.HOLIDAY),
        ("2026-02-24", DayKind.ORDINARY),
        ("2026-09-20", DayKind.MAKEUP),
        ("2026-10-02", DayKind.HOLIDAY),
        ("2026-10-10", DayKind.MAKEUP),
    ],
)
def test_days_are_what_the_notices_say(day: str, kind: DayKind) -> None:
    when = date.fromisoformat(day)
    assert calendar_day(when) == CalendarDay(when.isoweekday(), day[5:], kind, known=True)


@pytest.mark.parametrize("notice", HOLIDAY_YEARS, ids=lambda notice: str(notice.year))
def test_each_notice_adds_up(notice: HolidayYear) -> None:
    """Every make-up day is a weekend, and they give back as many workdays as were taken beyond the statutory days."""
    year = notice.year
    days = {day: kind for day, kind in special_days().items() if day.year == year}
    off = [day for day, kind in days.items() if kind is DayKind.HOLIDAY]
    makeup = [day for day, kind in days.items() if kind is DayKind.MAKEUP]
    assert all(day.isoweekday() >= 6 for day in makeup)
    statutory = 1 + 4 + 1 + 2 + 1 + 1 + 3  # New Year, Spring Festival, Qingming, May, dragon boats, mid-autumn, October
    on_weekends = [day for day in off if day.isoweekday() >= 6]
    assert len(off) == statutory + len(makeup) + len(on_weekends)


def test_a_year_without_a_notice_is_unknown_where_holidays_may_fall_and_known_elsewhere() -> None:
    for day in ("2031-01-01", "2031-02-10", "2031-04-05", "2031-05-01", "2031-06-24", "2031-10-01"):
        assert not calendar_day(date.fromisoformat(day)).known
    for day in ("2031-03-20", "2031-07-15", "2031-08-20", "2031-11-11"):
        assert calendar_day(date.fromisoformat(day)).known


@pytest.mark.parametrize("notice", HOLIDAY_YEARS, ids=lambda notice: str(notice.year))
def test_the_doubtful_days_of_other_years_would_have_held_every_special_day_of_this_one(notice: HolidayYear) -> None:
    year = notice.year
    for day in special_days():
        if day.year == year:
            later = date(2039, day.month, day.day) if (day.month, day.day) != (2, 29) else date(2040, 2, 29)
            assert not calendar_day(later).known, day
    assert calendar_day(date(year, 12, 20) + timedelta(days=1)).known
