"""
The Chinese holiday calendar with its make-up workdays, as the State Council publishes it each November for the next
year.

Facts, typed from the notices. Libraries of holidays were tried and put aside: the Chinese calendar of
opening-hours-py knows the statutory days but not the days moved around them, so it calls 2 October 2026 ordinary and
Sunday 4 January 2026 a day of rest. For a year without a notice the days on which a holiday or its make-up day may
fall are marked as not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Final


class DayKind(StrEnum):
    """What the State Council makes of a day."""

    ORDINARY = "ordinary"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"


@dataclass(frozen=True)
class HolidayYear:
    """One notice: the stretches of days off, the make-up workdays, and where it was read."""

    year: int
    source: str
    off: tuple[tuple[str, str, str], ...]
    """Name, first and last day off, `MM-DD`."""
    makeup: tuple[str, ...]


HOLIDAY_YEARS: Final = (
    HolidayYear(
        2025,
        "国务院办公厅关于2025年部分节假日安排的通知 (国办发明电〔2024〕12号), 2024-11-12",
        (
            ("元旦", "01-01", "01-01"),
            ("春节", "01-28", "02-04"),
            ("清明节", "04-04", "04-06"),
            ("劳动节", "05-01", "05-05"),
            ("端午节", "05-31", "06-02"),
            ("国庆节、中秋节", "10-01", "10-08"),
        ),
        ("01-26", "02-08", "04-27", "09-28", "10-11"),
    ),
    HolidayYear(
        2026,
        "国务院办公厅关于2026年部分节假日安排的通知, 2025-11-04",
        (
            ("元旦", "01-01", "01-03"),
            ("春节", "02-15", "02-23"),
            ("清明节", "04-04", "04-06"),
            ("劳动节", "05-01", "05-05"),
            ("端午节", "06-19", "06-21"),
            ("中秋节", "09-25", "09-27"),
            ("国庆节", "10-01", "10-07"),
        ),
        ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
    ),
)

DOUBTFUL_DAYS: Final = (
    ("01-01", "01-05"),
    ("01-12", "03-06"),
    ("04-02", "04-08"),
    ("04-22", "05-12"),
    ("05-24", "06-29"),
    ("09-03", "10-15"),
    ("12-28", "12-31"),
)
"""
When, in any year, a statutory holiday or a make-up day may fall. The lunar ones wander: the New Year between 21
January and 20 February, the dragon boats between 28 May and 25 June, mid-autumn between 8 September and 8 October.
"""


@dataclass(frozen=True)
class CalendarDay:
    """One day as opening rules see it."""

    weekday: int
    """Monday 1 to Sunday 7."""
    month_day: str
    """`MM-DD`."""
    kind: DayKind = DayKind.ORDINARY
    known: bool = True
    """False when no notice tells whether the day is a holiday."""


@cache
def special_days() -> dict[date, DayKind]:
    """Every day off and every make-up workday of the years whose notice is typed in."""
    days: dict[date, DayKind] = {}
    for notice in HOLIDAY_YEARS:
        for _, first, last in notice.off:
            day = date.fromisoformat(f"{notice.year}-{first}")
            while day <= date.fromisoformat(f"{notice.year}-{last}"):
                days[day] = DayKind.HOLIDAY
                day += timedelta(days=1)
        days |= {date.fromisoformat(f"{notice.year}-{day}"): DayKind.MAKEUP for day in notice.makeup}
    return days


@cache
def years_known() -> frozenset[int]:
    """The years whose notice is typed in."""
    return frozenset(notice.year for notice in HOLIDAY_YEARS)


def calendar_day(day: date) -> CalendarDay:
    """A date with its weekday, whether it is a holiday or a make-up workday, and whether that is known."""
    month_day = day.strftime("%m-%d")
    known = day.year in years_known() or not any(first <= month_day <= last for first, last in DOUBTFUL_DAYS)
    return CalendarDay(day.isoweekday(), month_day, special_days().get(day, DayKind.ORDINARY), known)
