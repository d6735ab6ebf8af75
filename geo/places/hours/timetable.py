"""
Whether places are open: one place with its next change, or all places at once.

A day is prepared once, as flat columns over every stretch that applies on it: exceptions, holidays and seasons are
decided there, so that asking is only comparing minutes. A stretch belongs to the day it starts and may run into the
next.

Three answers, never two. A place is *open* or *closed* by a rule, and *unknown* when nothing was recorded, when its
hours were read but not for sure, or when it keeps office days, says nothing of holidays, and the day is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError
from geo.places.hours.holidays import CalendarDay, DayKind, calendar_day
from geo.places.hours.rules import DAY_MIN, HOLIDAY_SEASON, WEEK_MIN, OpeningHours, OpeningRule
from geo.types import Bools, Floats, Ints

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

MIDWEEK: Final = 3
"""
The weekday whose hours a make-up workday keeps, and a holiday on which weekday hours apply. Wednesday, because a
place that rests on one working day rests on a Monday, or round the weekend.
"""

AHEAD_DAYS: Final = 8
"""How far ahead the next change is looked for: any weekly rhythm shows within it."""

OFFSET_LIMIT_S: Final = 86_400
"""The longest way (in seconds) that open-on-arrival looks ahead; what is farther is unknown."""

OPEN: Final = 1
CLOSED: Final = 0
UNKNOWN: Final = -1

Mask: TypeAlias = NDArray[np.int8]
"""1 open, 0 closed, -1 unknown, by place."""


class SlotError(InputError):
    """Words that name no hour of the week."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"'{text}' is no hour of the week. Write it like 'weekday 19:00', 'saturday 08:00' or 'Mo 05:00'."
        )
        self.text = text


@dataclass(frozen=True)
class Slot:
    """An hour of an ordinary week, without holidays: the days it means, and the minute of the day."""

    days: tuple[int, ...]
    minute: int

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Read `weekday 19:00`, `weekend 08:00`, `saturday 08:00`, `Mo 05:00`, `周六 08:00`; raises SlotError."""
        match = re.fullmatch(r"\s*(\S+?)\s*[ +T_]\s*(\d{1,2}):(\d{2})\s*", text)
        days = slot_days().get(match[1].casefold()) if match else None
        if match is None or days is None or int(match[2]) > 23 or int(match[3]) > 59:
            raise SlotError(text)
        return cls(days, int(match[2]) * 60 + int(match[3]))

    def __str__(self) -> str:
        named = {days: name for name, days in reversed(slot_days().items())}
        return f"{named[self.days]} {self.minute // 60:02d}:{self.minute % 60:02d}"


@lru_cache(maxsize=1)
def slot_days() -> dict[str, tuple[int, ...]]:
    """Words for days; the first word of each is the one we write."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    words = {"weekday": (1, 2, 3, 4, 5), "weekend": (6, 7), "daily": (1, 2, 3, 4, 5, 6, 7)}
    for day, (name, chinese) in enumerate(zip(names, "一二三四五六日", strict=True), 1):
        words |= {name: (day,), name[:3]: (day,), name[:2]: (day,), f"周{chinese}": (day,), f"星期{chinese}": (day,)}
    return words | {"工作日": (1, 2, 3, 4, 5), "周末": (6, 7), "每天": (1, 2, 3, 4, 5, 6, 7)}


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether one place is open, until when, when it next opens; `certain` is False where a holiday may decide."""

    state: str
    """`open`, `closed` or `unknown`."""
    until: datetime | None
    """When an open (or unknown) stretch ends; None when it does not within a week."""
    opens_at: datetime | None
    """When a closed place next opens for sure; None when it does not within a week."""
    certain: bool


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Every stretch that starts on one day, sorted by place, and what is known of places without one."""

    facility: Ints
    opens_min: Ints
    closes_min: Ints
    grade: NDArray[np.int8]
    """2 surely open, 1 open as far as the rules say, -1 perhaps open."""
    blank: NDArray[np.int8]
    """The answer outside every stretch, by place: 0 closed, -1 nothing is recorded for this time of the year."""
    certain: bool
    """Whether the calendar knows the day."""
    stretches: dict[int, list[tuple[int, int, int]]]
    """Opening and closing minute and grade of the stretches of each place."""


class Timetable:
    """The opening hours of many places, compiled. The position of a place is its place in the input."""

    def __init__(
        self,
        rules: Sequence[Sequence[OpeningRule]],
        exceptions: Sequence[Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        """
        Compile the rules of places, and their dated exceptions as rows of the table `opening_exception`.

        An exception replaces what the day would have been, but a `weather_extension` adds to it.
        """
        self.size = len(rules)
        self.rules = [tuple(place) for place in rules]
        flat = [(place, rule) for place, place_rules in enumerate(self.rules) for rule in place_rules]
        self._facility = np.array([place for place, _ in flat], np.int32)
        self._days = np.array([day_bits(rule.days) for _, rule in flat], np.int16)
        self._opens = np.array([rule.opens_min for _, rule in flat], np.int32)
        self._closes = np.array([rule.closes_min for _, rule in flat], np.int32)
        self._from = np.array([month_day_number(rule.valid_from, 0) for _, rule in flat], np.int32)
        self._to = np.array([month_day_number(rule.valid_to, 1232) for _, rule in flat], np.int32)
        self._seasonal = np.array([rule.valid_from is not None for _, rule in flat], bool)
        self._holiday_only = np.array([rule.season == HOLIDAY_SEASON for _, rule in flat], bool)
        self._policy = np.array([rule.holiday_policy for _, rule in flat], "U8")
        self._certain = np.array([rule.certain for _, rule in flat], bool)
        self._whole_week = self._every_day_of_the_week()
        self._exceptions = exceptions_by_date(exceptions or [])
        self._plan_of_date = lru_cache(maxsize=64)(self._plan_with_exceptions)
        self._plan_of_day = lru_cache(maxsize=64)(self._plan)
        self.season_days = days_of_seasons(self.rules)
        self._joined = lru_cache(maxsize=32)(self._join)

    @classmethod
    def from_frame(cls, facilities: pd.DataFrame) -> Timetable:
        """Compile the facility frame: its columns `rules` and `exceptions`, lists of rows as dictionaries."""
        rules = [[OpeningRule.from_dict(row) for row in rows] for rows in facilities["rules"]]
        exceptions = list(facilities["exceptions"]) if "exceptions" in facilities else None
        return cls(rules, exceptions)

    @classmethod
    def from_hours(cls, hours: Sequence[OpeningHours]) -> Timetable:
        """Compile hours as they were read."""
        return cls([one.rules for one in hours])

    # asking

    def open_mask(self, at: datetime, arrival_offset_s: Floats | Ints | None = None) -> Mask:
        """
        Whether each place is open at a moment, or when one arrives there some seconds later: 1, 0, or -1 for unknown.

        `arrival_offset_s` has one value for each place; what is farther than a day, or not reached, is unknown. Raises
        InputError for a moment without a time zone.
        """
        moment = in_shanghai(at)
        second = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
        if arrival_offset_s is None:
            return answer(self._joined(moment.date()), second / 60, self.size)
        offset_s = np.asarray(arrival_offset_s, np.float64)
        reached = (offset_s >= 0) & (offset_s <= OFFSET_LIMIT_S)
        minute = (second + np.where(reached, offset_s, 0.0)) / 60
        mask = answer(self._joined(moment.date()), minute, self.size)
        # a season may end at midnight: who arrives after it is answered by the day of the arrival
        later = minute >= DAY_MIN
        if later.any():
            mask[later] = answer(self._joined(moment.date() + ONE_DAY), minute - DAY_MIN, self.size)[later]
        mask[~reached] = UNKNOWN
        return mask

    def open_mask_slot(self, slot: Slot | str) -> Mask:
        """
        Whether each place is open at an hour of an ordinary week: 1, 0, or -1.

        A slot of several days asks for all of them, and a place with seasons for all seasons: 1 is open on every one, 0
        closed on every one, -1 unknown or not the same on all.
        """
        slot = Slot.parse(slot) if isinstance(slot, str) else slot
        masks = np.array(
            [
                answer(self._joined_week(weekday, month_day), float(slot.minute), self.size)
                for weekday in slot.days
                for month_day in self.season_days
            ]
        )
        return np.where((masks == masks[0]).all(axis=0), masks[0], UNKNOWN).astype(np.int8)

    def state(self, i: int, at: datetime) -> OpenState:
        """Whether place `i` is open at a moment, until when, or when it next opens; InputError without a zone."""
        moment = in_shanghai(at)
        day, minute = moment.date(), moment.hour * 60 + moment.minute + moment.second / 60 + moment.microsecond / 6e7
        plan = self._plan_of_date(day)
        now = [s for s in self._plan_of_date(day - ONE_DAY).stretches.get(i, ()) if s[1] > minute + DAY_MIN]
        now = [(opens - DAY_MIN, closes - DAY_MIN, grade) for opens, closes, grade in now]
        now += [s for s in plan.stretches.get(i, ()) if s[0] <= minute < s[1]]
        if not now:
            return self._closed(i, day, minute, plan)
        openings = [stretch for stretch in now if stretch[2] > 0]
        end_min, sure = self._run(i, day, max(closes for _, closes, _ in openings or now), bool(openings))
        until = None if end_min is None else midnight(day) + timedelta(minutes=end_min)
        if not openings:
            return OpenState("unknown", until, None, False)
        certain = sure and all(grade == 2 for _, _, grade in openings)
        return OpenState("open", until, None, certain)

    def moments_of_change(self, i: int, day: date, days: int) -> list[datetime]:
        """Moments of some days at which the state of place `i` may change, ascending; midnights are always in it."""
        end = midnight(day + timedelta(days=days))
        moments = {midnight(day + timedelta(days=ahead)) for ahead in range(days + 1)}
        for ahead in range(-1, days):
            start = midnight(day + timedelta(days=ahead))
            for opens, closes, _ in self._plan_of_date(day + timedelta(days=ahead)).stretches.get(i, ()):
                moments |= {start + timedelta(minutes=opens), start + timedelta(minutes=closes)}
        return sorted(moment for moment in moments if midnight(day) <= moment <= end)

    def starting_on(self, i: int, day: date, *, ordinary: bool = False) -> list[tuple[int, int, bool]] | None:
        """
        What of place `i` starts on a date: opening and closing minute, and whether it is open then or only perhaps.

        None where nothing is recorded for this time of the year. `ordinary` leaves out what holidays, make-up workdays
        and exceptions make of the date.
        """
        usual = CalendarDay(day.isoweekday(), day.strftime("%m-%d"))
        plan = self._plan_of_day(usual) if ordinary else self._plan_of_date(day)
        if plan.blank[i] == UNKNOWN and i not in plan.stretches:
            return None
        return [(opens, closes, grade > 0) for opens, closes, grade in plan.stretches.get(i, ())]

    def week_intervals(self, i: int, on: date | None = None) -> list[list[int]] | None:
        """
        The stretches of place `i` in an ordinary week, as minutes from Monday 00:00; None when they are not known.

        Of a place with seasons, those of the season of `on`; without `on`, what is open in every season.
        """
        if not self.rules[i] or not all(rule.certain for rule in self.rules[i]):
            return None
        month_days = (on.strftime("%m-%d"),) if on else self.season_days
        week = np.ones(WEEK_MIN, bool)
        for month_day in month_days:
            week &= self._week_minutes(i, month_day)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], week, [False]]).astype(np.int8)))
        return edges.reshape(-1, 2).tolist()

    # the calendar

    def _week_minutes(self, i: int, month_day: str) -> Bools:
        """Which minutes of an ordinary week place `i` is open."""
        week = np.zeros(WEEK_MIN, bool)
        for weekday in range(1, 8):
            plan = self._plan_of_day(CalendarDay(weekday, month_day))
            for opens, closes, _ in plan.stretches.get(i, ()):
                week[np.arange((weekday - 1) * DAY_MIN + opens, (weekday - 1) * DAY_MIN + closes) % WEEK_MIN] = True
        return week

    def _closed(self, i: int, day: date, minute: float, plan: DayPlan) -> OpenState:
        """The state of a place that no stretch covers."""
        if plan.blank[i] == UNKNOWN:
            return OpenState("unknown", None, None, False)
        certain = plan.certain
        for ahead in range(AHEAD_DAYS):
            coming = self._plan_of_date(day + timedelta(days=ahead))
            starts = [s for s in coming.stretches.get(i, ()) if s[2] > 0 and s[0] + ahead * DAY_MIN > minute]
            if starts:
                opens_min, _, grade = min(starts)
                opens_at = midnight(day) + timedelta(days=ahead, minutes=opens_min)
                return OpenState("closed", None, opens_at, certain and grade == 2)
        return OpenState("closed", None, None, certain)

    def _run(self, i: int, day: date, end_min: int, opening: bool) -> tuple[int | None, bool]:
        """Where touching stretches end (minutes from midnight of `day`; None beyond a week), and if for sure."""
        sure = True
        for ahead in range(AHEAD_DAYS):
            plan = self._plan_of_date(day + timedelta(days=ahead))
            for opens, closes, grade in plan.stretches.get(i, ()):
                if (grade > 0) == opening and opens + ahead * DAY_MIN <= end_min < closes + ahead * DAY_MIN:
                    end_min = closes + ahead * DAY_MIN
                    sure &= grade == 2
            if end_min < (ahead + 1) * DAY_MIN:
                return end_min, sure
        return None, sure

    def _every_day_of_the_week(self) -> Bools:
        """Whether a place opens on all seven days, by place."""
        days = np.zeros(self.size, np.int16)
        np.bitwise_or.at(days, self._facility[~self._holiday_only], self._days[~self._holiday_only])
        return np.equal(days, day_bits(range(1, 8)))

    def _plan(self, day: CalendarDay) -> DayPlan:
        """What the rules make of a day."""
        number = month_day_number(day.month_day, 0)
        spans = self._from <= self._to
        inside = np.where(
            spans, (self._from <= number) & (number <= self._to), (self._from <= number) | (number <= self._to)
        )
        # a seasonal rule in force puts the rules of the whole year aside
        inside &= self._seasonal | ~self._of_places(inside & self._seasonal & ~self._holiday_only)
        recorded = self._of_places(inside)

        weekday = MIDWEEK if day.kind is DayKind.MAKEUP else day.weekday
        on_day = (self._days >> weekday & 1).astype(bool)
        applies = inside & on_day & ~self._holiday_only
        grade = np.where(self._certain, 2, UNKNOWN).astype(np.int8)
        grade[(grade == 2) & self._doubtful(day)] = 1
        if day.kind is DayKind.HOLIDAY:
            applies, grade = self._on_holiday(day, inside, on_day, grade)

        blank = np.full(self.size, UNKNOWN, np.int8)
        blank[self._facility[recorded]] = CLOSED
        rows = np.flatnonzero(applies)
        rows = rows[np.lexsort((self._opens[rows], self._facility[rows]))]
        return day_plan(self._facility[rows], self._opens[rows], self._closes[rows], grade[rows], blank, day.known)

    def _doubtful(self, day: CalendarDay) -> Bools:
        """Rules that may not hold on a day: office hours moved to a weekend, any hours on a possible holiday."""
        doubtful: Bools = np.zeros(len(self._policy), bool)
        if not day.known:
            doubtful = self._policy != "open"
        elif day.kind is DayKind.MAKEUP:
            doubtful = (self._policy == "unknown") & ~self._whole_week[self._facility]
        return doubtful

    def _on_holiday(
        self, day: CalendarDay, inside: Bools, on_day: Bools, grade: NDArray[np.int8]
    ) -> tuple[Bools, NDArray[np.int8]]:
        """Which rules apply on a statutory holiday, and how surely."""
        own = self._of_places(inside & self._holiday_only)
        midweek = (self._days >> MIDWEEK & 1).astype(bool)
        policy = self._policy
        applies = inside & np.where(policy == "weekday", midweek, on_day) & (policy != "closed") & ~self._holiday_only
        applies = np.where(own, inside & self._holiday_only, applies)
        silent = applies & (policy == "unknown") & (grade == 2)
        # nothing said of holidays: a place open every day most likely opens, one with office days perhaps
        grade = np.where(silent, np.where(self._whole_week[self._facility], 1, UNKNOWN), grade).astype(np.int8)
        return applies, grade

    def _of_places(self, rows: Bools) -> Bools:
        """Widen a choice of rules to every rule of the same places."""
        places = np.zeros(self.size, bool)
        places[self._facility[rows]] = True
        return places[self._facility]

    def _plan_with_exceptions(self, day: date) -> DayPlan:
        """What the rules and the exceptions make of a date."""
        plan = self._plan_of_day(calendar_day(day))
        exceptions = self._exceptions.get(day)
        if not exceptions:
            return plan
        blank = plan.blank.copy()
        stretches = {place: list(rows) for place, rows in plan.stretches.items()}
        for place, rows in exceptions.items():
            blank[place] = CLOSED
            stretches[place] = day_of_exceptions(stretches.get(place, []), rows)
        flat = [(place, *stretch) for place in sorted(stretches) for stretch in stretches[place]]
        columns = np.array(flat, np.int32).reshape(-1, 4).T
        return day_plan(columns[0], columns[1], columns[2], columns[3].astype(np.int8), blank, plan.certain)

    def _join(self, day: date) -> DayPlan:
        """The stretches of a date and of the day before it, in minutes from its midnight."""
        return joined([self._plan_of_date(day - ONE_DAY), self._plan_of_date(day)])

    def _joined_week(self, weekday: int, month_day: str) -> DayPlan:
        """The stretches of an ordinary day and of the day before it."""
        before = CalendarDay((weekday - 2) % 7 + 1, month_day)
        return joined([self._plan_of_day(before), self._plan_of_day(CalendarDay(weekday, month_day))])


ONE_DAY: Final = timedelta(days=1)


def in_shanghai(at: datetime) -> datetime:
    """A moment in Shanghai's time; raises InputError when it has no zone, for then it is no moment."""
    if at.tzinfo is None:
        raise InputError(f"The time {at.isoformat()} has no zone; add one, such as +08:00.")
    return at.astimezone(SHANGHAI)


def midnight(day: date) -> datetime:
    """The first moment of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def days_of_seasons(rules: Sequence[Sequence[OpeningRule]]) -> tuple[str, ...]:
    """One day (`MM-DD`) of every stretch of the year in which no season begins or ends."""
    starts = {rule.valid_from for place in rules for rule in place if rule.valid_from}
    ends = {rule.valid_to for place in rules for rule in place if rule.valid_to}
    starts |= {(date.fromisoformat(f"2024-{end}") + ONE_DAY).strftime("%m-%d") for end in ends}
    return tuple(sorted(starts)) or ("07-01",)


def day_bits(days: Sequence[int] | range) -> int:
    """Days of the week as bits 1 to 7."""
    return sum(1 << day for day in days)


def month_day_number(month_day: str | None, missing: int) -> int:
    """`MM-DD` as a number that sorts."""
    return int(month_day[:2]) * 100 + int(month_day[3:]) if month_day else missing


def day_plan(
    facility: Ints, opens: Ints, closes: Ints, grade: NDArray[np.int8], blank: NDArray[np.int8], certain: bool
) -> DayPlan:
    """A plan with its stretches by place."""
    stretches: dict[int, list[tuple[int, int, int]]] = {}
    for place, *stretch in zip(facility.tolist(), opens.tolist(), closes.tolist(), grade.tolist(), strict=True):
        stretches.setdefault(place, []).append((stretch[0], stretch[1], stretch[2]))
    return DayPlan(facility, opens, closes, grade, blank, certain, stretches)


def joined(plans: Sequence[DayPlan]) -> DayPlan:
    """Plans of days in a row as one, in minutes from midnight of the second."""
    shifts = [(place - 1) * DAY_MIN for place in range(len(plans))]
    grade = np.concatenate([plan.grade for plan in plans])
    # unsure stretches first, so that a sure one written after them stands
    order = np.argsort(grade, kind="stable")
    return DayPlan(
        facility=np.concatenate([plan.facility for plan in plans])[order],
        opens_min=np.concatenate([plan.opens_min + shift for plan, shift in zip(plans, shifts, strict=True)])[order],
        closes_min=np.concatenate([plan.closes_min + shift for plan, shift in zip(plans, shifts, strict=True)])[order],
        grade=np.sign(grade[order]).astype(np.int8),
        blank=plans[1].blank,
        certain=all(plan.certain for plan in plans),
        stretches={},
    )


def answer(plan: DayPlan, minute: float | Floats, size: int) -> Mask:
    """1, 0 or -1 for every place at a minute, or each at its own."""
    at = minute if isinstance(minute, float) else minute[plan.facility]
    hit = (plan.opens_min <= at) & (at < plan.closes_min)
    mask = plan.blank.copy()
    mask[plan.facility[hit]] = plan.grade[hit]
    return mask


def exceptions_by_date(
    exceptions: Sequence[Sequence[Mapping[str, Any]]],
) -> dict[date, dict[int, list[Mapping[str, Any]]]]:
    """Exceptions of all places by date and place."""
    by_date: dict[date, dict[int, list[Mapping[str, Any]]]] = {}
    for place, rows in enumerate(exceptions):
        for row in rows:
            day = row["on_date"] if isinstance(row["on_date"], date) else date.fromisoformat(str(row["on_date"]))
            by_date.setdefault(day, {}).setdefault(place, []).append(row)
    return by_date


def day_of_exceptions(
    usual: list[tuple[int, int, int]], exceptions: Sequence[Mapping[str, Any]]
) -> list[tuple[int, int, int]]:
    """The stretches of a day with exceptions: theirs instead of the usual ones, except that weather only adds."""
    timed = [row for row in exceptions if not row.get("closed") and row.get("opens_min") is not None]
    stretches = [(int(row["opens_min"]), int(row["closes_min"]), 2) for row in timed]
    if any(row.get("closed") for row in exceptions):
        return []
    if all(row.get("kind") == "weather_extension" for row in exceptions):
        return sorted(usual + stretches)
    return sorted(stretches)
