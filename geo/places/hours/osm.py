"""
Opening hours in OpenStreetMap's syntax, both ways.

Reading is left to opening-hours-py, which knows the whole grammar; what it makes of an ordinary week becomes our
rules. Evaluating is not, because it would judge Chinese holidays by a calendar without make-up workdays, and one
place at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from opening_hours import OpeningHours as OsmHours
from opening_hours import State, validate

from geo.places.hours.rules import ALL_DAYS, DAY_MIN, HOLIDAY_SEASON, OpeningHours, OpeningRule

DAY_NAMES: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

OSM_WORDS: Final = re.compile(r"\b(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|off|closed|sunrise|sunset|unknown)\b|24/7")

MOVING_WORDS: Final = re.compile(r"sunrise|sunset|dawn|dusk|week|easter|SH|\d{4}", re.IGNORECASE)
"""Words of hours that follow the sun, the school or single years, which no weekly rule can say."""

SAMPLE_WEEKS: Final = (datetime(2023, 1, 9), datetime(2023, 4, 10), datetime(2023, 7, 10), datetime(2023, 10, 9))
"""Mondays of four seasons; hours that differ between them depend on more than the day of the week."""


def looks_like_osm(text: str) -> bool:
    """Whether a text is OpenStreetMap syntax rather than a sentence: all ASCII, with one of its words."""
    return text.isascii() and bool(OSM_WORDS.search(text))


def read_osm(text: str) -> OpeningHours:
    """Read OpenStreetMap syntax; hours that change with the season or the sun are kept as text and not certain."""
    if MOVING_WORDS.search(text) or not validate(text):
        return OpeningHours((), text, certain=False)
    hours = OsmHours(text)
    weeks = [week_of(hours, monday) for monday in SAMPLE_WEEKS]
    if any(week != weeks[0] for week in weeks) or not weeks[0]:
        return OpeningHours((), text, certain=False)
    policy = holiday_policy(text)
    rules = tuple(
        OpeningRule(days, opens, closes, holiday_policy=policy, certain=state)
        for opens, closes, state, days in by_times(weeks[0])
    )
    return OpeningHours(rules, text, certain=all(rule.certain for rule in rules))


def week_of(hours: OsmHours, monday: datetime) -> list[tuple[int, int, int, bool]]:
    """Weekday, opening and closing minute and certainty of every stretch that starts in one week."""
    stretches = []
    for start, end, state, _ in hours.intervals(start=monday, end=monday + timedelta(days=7)):
        if state != State.CLOSED:
            stretches += cut_by_day(start - monday, end - monday, state == State.OPEN)
    return stretches


def cut_by_day(start: timedelta, end: timedelta, certain: bool) -> list[tuple[int, int, int, bool]]:
    """A stretch as one piece, or as whole days if it is longer than one."""
    opens, closes = round(start.total_seconds() / 60), round(end.total_seconds() / 60)
    pieces = []
    while opens < closes:
        midnight = opens // DAY_MIN * DAY_MIN
        until = closes if closes - opens <= DAY_MIN else min(closes, midnight + DAY_MIN)
        pieces.append((midnight // DAY_MIN + 1, opens - midnight, until - midnight, certain))
        opens = until
    return pieces


def by_times(stretches: list[tuple[int, int, int, bool]]) -> list[tuple[int, int, bool, tuple[int, ...]]]:
    """Stretches of equal times with all their days."""
    ordered = sorted(stretches, key=lambda stretch: (stretch[1:], stretch[0]))
    return [(*times, tuple(stretch[0] for stretch in days)) for times, days in groupby(ordered, key=lambda s: s[1:])]


def holiday_policy(text: str) -> str:
    """What OpenStreetMap syntax says of public holidays."""
    if "24/7" in text:
        return "open"
    rule = re.search(r"\bPH\b([^;]*)", text)
    if rule is None:
        return "unknown"
    return "closed" if re.search("off|closed", rule[1]) else "open"


def hours_to_osm(hours: OpeningHours) -> str:
    """
    Rules in OpenStreetMap's syntax; empty when there is none.

    Rules of the whole year come first, because there a later rule replaces an earlier one on its days; stretches that
    only add to days already spoken of are joined by a comma.
    """
    parts: list[str] = []
    spoken: dict[str, set[int]] = {}
    ordered = sorted(hours.rules, key=lambda rule: (bool(rule.season == HOLIDAY_SEASON), bool(rule.valid_from)))
    for (dates, days, holiday, certain), rules in groupby(ordered, key=selector):
        words = [dates, "PH" if holiday else days_to_osm(days), times_to_osm(rules), "" if certain else "unknown"]
        earlier = spoken.setdefault(f"{dates}{holiday}", set())
        joint = ", " if earlier & set(days) else "; "
        earlier |= set(days)
        parts += [joint, " ".join(word for word in words if word)]
    if any(rule.holiday_policy == "closed" for rule in hours.rules) and "PH" not in "".join(parts):
        parts += ["; ", "PH off"]
    text = "".join(parts[1:])
    return "24/7" if text == "00:00-24:00" else text


def selector(rule: OpeningRule) -> tuple[str, tuple[int, ...], bool, bool]:
    """What rules written together share: dates, days, whether of holidays only, certainty."""
    holiday = rule.season == HOLIDAY_SEASON
    dates = f"{date_to_osm(rule.valid_from)}-{date_to_osm(rule.valid_to)}" if rule.valid_from and rule.valid_to else ""
    return dates, rule.days, holiday, rule.certain


def date_to_osm(month_day: str) -> str:
    """`05-01` as `May 01`."""
    return f"{MONTH_NAMES[int(month_day[:2]) - 1]} {month_day[3:]}"


def days_to_osm(days: tuple[int, ...]) -> str:
    """Days as `Mo-Fr,Su`; nothing for all seven."""
    if days == ALL_DAYS:
        return ""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0])]
    names = [DAY_NAMES[run[0] - 1] + (f"-{DAY_NAMES[run[-1] - 1]}" if len(run) > 1 else "") for run in runs]
    return ",".join(names)


def times_to_osm(rules: Iterable[OpeningRule]) -> str:
    """The times of rules as `08:00-12:00,14:00-18:00`."""
    return ",".join(f"{clock(rule.opens_min)}-{clock(rule.closes_min)}" for rule in rules)


def clock(minute: int) -> str:
    """A minute of the day as 08:30; past midnight as 26:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
