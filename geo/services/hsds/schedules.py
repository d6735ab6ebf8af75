"""
Opening hours as rows of a weekly recurrence (RFC 5545 in HSDS's fields), true to the day.

A recurrence cannot say "but not on holidays", so days on which a place does not keep the hours of its weekday
(statutory holidays, make-up workdays, dated exceptions) are cut out of the weekly rows and get rows of their own. Most
places keep their hours every day and need no such row. Seasons come every year and are written for the year ahead.

Rows are read so: open from `opens_at` on each of the days in `byday` from `valid_from` to `valid_to`, until `closes_at`
of the same day, or of the next day where that is not later. A row without times says that hours are not known then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final, TypeAlias

from geo.places.hours import OpeningRule, Timetable
from geo.places.hours.rules import DAY_MIN
from geo.places.hours.timetable import days_of_seasons
from geo.services.hsds.identity import identity

AHEAD_DAYS: Final = 400
"""How far ahead holidays, exceptions and seasons are written out: a year, and the month in which a copy grows old."""

BEHIND_DAYS: Final = 7
"""How far back they begin, so that the present week is whole."""

DAY_TOKENS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OFFSET: Final = "+08:00"
OFFSET_HOURS: Final = 8
"""Asia/Shanghai, which has no summer time."""

NOT_KNOWN: Final = "开放时间未核实 (opening hours not known)"

Hours: TypeAlias = tuple[tuple[int, int, bool], ...] | None
"""What starts on one day: opening and closing minute, whether surely; None where nothing is recorded."""


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One stretch on some days of the week within some dates; without minutes, hours are not known then."""

    days: tuple[int, ...]
    opens_min: int | None
    closes_min: int | None
    valid_from: date | None = None
    valid_to: date | None = None


def schedule_rows(
    rules: Sequence[Sequence[OpeningRule]],
    exceptions: Sequence[Sequence[Mapping[str, Any]]],
    made_on: date,
) -> list[list[ScheduleRow]]:
    """The rows of every place, in the order of the places, true from a week before a date to a year after it."""
    # Thousands of places keep the same few hours.
    keys = [(tuple(one), repr(other)) for one, other in zip(rules, exceptions, strict=True)]
    distinct = {key: place for place, key in enumerate(keys)}
    places = [*distinct.values()]
    timetable = Timetable([rules[place] for place in places], [exceptions[place] for place in places])
    days = [made_on + timedelta(days=ahead) for ahead in range(-BEHIND_DAYS, AHEAD_DAYS)]
    numbers = range(len(places))
    usual: list[list[Hours]] = [[] for _ in numbers]
    actual: list[list[Hours]] = [[] for _ in numbers]
    # Day by day, because the timetable keeps whole days at hand.
    for day in days:
        for i in numbers:
            usual[i].append(hours_of(timetable, i, day, ordinary=True))
            actual[i].append(hours_of(timetable, i, day, ordinary=False))
    rows = {
        key: rows_of_place(days, usual[i], actual[i], season_starts(rules[distinct[key]]))
        for i, key in enumerate(distinct)
    }
    return [rows[key] for key in keys]


def hours_of(timetable: Timetable, place: int, day: date, *, ordinary: bool) -> Hours:
    """What starts at a place on a day, as something that can be compared."""
    found = timetable.starting_on(place, day, ordinary=ordinary)
    return None if found is None else tuple(sorted(found))


def season_starts(rules: Sequence[OpeningRule]) -> frozenset[str]:
    """The days of the year (`MM-DD`) on which a place begins to keep other hours; none where it has no seasons."""
    seasonal = [rule for rule in rules if rule.valid_from is not None]
    return frozenset(days_of_seasons([seasonal])) if seasonal else frozenset()


def rows_of_place(
    days: Sequence[date], usual: Sequence[Hours], actual: Sequence[Hours], starts: frozenset[str]
) -> list[ScheduleRow]:
    """The rows of one place: weekly ones for every run of ordinary days, dated ones for the days between."""
    rows: list[ScheduleRow] = []
    last = len(days) - 1
    for first_day, last_day in runs(days, usual, actual, starts):
        is_special = usual[first_day] != actual[first_day]
        # Weekly hours without seasons hold before and after what is written out here, too.
        is_open_ended = not starts and not is_special
        begins = None if is_open_ended and first_day == 0 else days[first_day]
        ends = None if is_open_ended and last_day == last else days[last_day]
        rows += rows_of_run(days[first_day : last_day + 1], actual[first_day : last_day + 1], begins, ends)
    return rows


def runs(
    days: Sequence[date], usual: Sequence[Hours], actual: Sequence[Hours], starts: frozenset[str]
) -> list[tuple[int, int]]:
    """First and last place of every run of days in which the weekday decides, or which are special in one way."""
    era = 0
    kinds: list[tuple[int, Any]] = []
    for number, day in enumerate(days):
        era += day.strftime("%m-%d") in starts
        special = ("special", actual[number]) if actual[number] != usual[number] else None
        kinds.append((era, special))
    found = []
    for _, numbers in groupby(range(len(days)), key=lambda number: kinds[number]):
        run = list(numbers)
        found.append((run[0], run[-1]))
    return found


def rows_of_run(
    days: Sequence[date], hours: Sequence[Hours], begins: date | None, ends: date | None
) -> list[ScheduleRow]:
    """The rows of a run: one for every stretch with all its weekdays, and one for the days without known hours."""
    weekdays: dict[tuple[int, int], set[int]] = {}
    dark: set[int] = set()
    for day, stretches in zip(days, hours, strict=True):
        weekday = day.isoweekday()
        if stretches is None or not all(sure for _, _, sure in stretches):
            dark.add(weekday)
        for opens, closes, sure in stretches or ():
            for piece, later in pieces(opens, closes) if sure else ():
                weekdays.setdefault(piece, set()).add((weekday + later - 1) % 7 + 1)
    rows = [
        ScheduleRow(tuple(sorted(on)), opens, closes, begins, ends)
        for (opens, closes), on in sorted(weekdays.items(), key=lambda entry: (min(entry[1]), entry[0]))
    ]
    return rows + ([ScheduleRow(tuple(sorted(dark)), None, None, begins, ends)] if dark else [])


def pieces(opens: int, closes: int) -> list[tuple[tuple[int, int], int]]:
    """A stretch in pieces of at most a day, which is what two times of the clock can say, each with its day."""
    found = []
    later = 0
    while closes > opens:
        until = min(closes, opens + DAY_MIN)
        found.append(((opens, until), later))
        opens, closes, later = until - DAY_MIN, closes - DAY_MIN, later + 1
    return found


def schedule(row: ScheduleRow, owner: str, hours_text: str | None) -> dict[str, Any]:
    """A row in HSDS's fields; `owner` is the id of the service at a location that keeps the hours."""
    said: dict[str, Any] = {
        "id": identity(owner, "schedule", row.valid_from, row.valid_to, row.days, row.opens_min, row.closes_min),
        "service_at_location_id": owner,
        "timezone": OFFSET_HOURS,
        "freq": "WEEKLY",
        "wkst": "MO",
        "byday": ",".join(DAY_TOKENS[day - 1] for day in row.days),
    }
    if row.valid_from is not None:
        said["valid_from"] = row.valid_from.isoformat()
    if row.valid_to is not None:
        said["valid_to"] = row.valid_to.isoformat()
    if row.opens_min is None or row.closes_min is None:
        # Words alone: a reader that looks for times finds none, and takes nobody to a closed door.
        return {**said, "description": hours_text or NOT_KNOWN, "notes": NOT_KNOWN}
    said |= {"opens_at": clock(row.opens_min), "closes_at": clock(row.closes_min)}
    return {**said, "description": hours_text} if hours_text else said


def clock(minute: int) -> str:
    """A time of the clock with its offset; midnight at the end of a day is that of the next one."""
    of_day = minute % DAY_MIN
    return f"{of_day // 60:02d}:{of_day % 60:02d}{OFFSET}"
