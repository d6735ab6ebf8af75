"""Opening hours in words, Chinese and English, for pages and lists."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from geo.places.hours.osm import clock
from geo.places.hours.rules import ALL_DAYS, DAY_MIN, HOLIDAY_SEASON, WORKING_DAYS, OpeningHours, OpeningRule
from geo.places.hours.timetable import Slot
from geo.places.vocabulary import HOLIDAY_POLICIES, SEASONS, label

DAY_WORDS: Final = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}

SLOT_WORDS: Final = {
    "zh": {ALL_DAYS: "每天", WORKING_DAYS: "工作日", (6, 7): "周末"},
    "en": {ALL_DAYS: "daily", WORKING_DAYS: "weekdays", (6, 7): "weekends"},
}


def hours_to_words(hours: OpeningHours, lang: str = "zh") -> str:
    """Hours as a person would say them in `zh` or `en`; the text as it was written when no rule was read from it."""
    chinese = lang != "en"
    if not hours.rules:
        return hours.text or ("开放时间待核实" if chinese else "Hours not known")
    parts = [
        group_to_words(days, season, holiday, list(rules), lang)
        for (days, season, holiday), rules in groupby(hours.rules, key=said_together)
    ]
    policies = {rule.holiday_policy for rule in hours.rules}
    holidays_own = any(rule.season == HOLIDAY_SEASON for rule in hours.rules)
    if policies in ({"closed"}, {"open"}) and not holidays_own:
        parts.append(label(HOLIDAY_POLICIES, policies.pop(), lang))
    return ("；" if chinese else "; ").join(parts)


def said_together(rule: OpeningRule) -> tuple[tuple[int, ...], str, bool]:
    """What stretches listed in one breath share."""
    season = f"{rule.season or ''} {rule.valid_from or ''} {rule.valid_to or ''}"
    return rule.days, season, rule.season == HOLIDAY_SEASON


def group_to_words(days: tuple[int, ...], season: str, holiday: bool, rules: list[OpeningRule], lang: str) -> str:
    """One group of stretches, such as 夏季(05-01至09-30) 周一至周五 08:00-12:00、14:00-18:00."""
    chinese = lang != "en"
    first = rules[0]
    words = [season_to_words(first, lang)]
    if holiday:
        words.append("节假日" if chinese else "Public holidays")
    else:
        words.append(days_to_words(days, lang))
    if not first.certain and first.closes_min - first.opens_min == DAY_MIN:
        words.append("开放，时间待核实" if chinese else "open, times not known")
    else:
        words.append(("、" if chinese else ", ").join(stretch_to_words(rule, lang) for rule in rules))
    return " ".join(word for word in words if word)


def season_to_words(rule: OpeningRule, lang: str) -> str:
    """夏季(05-01至09-30); nothing for a rule of the whole year."""
    if not rule.valid_from:
        return ""
    name = label(SEASONS, rule.season, lang) if rule.season in SEASONS and rule.season else ""
    return f"{name}({rule.valid_from}{'至' if lang != 'en' else ' to '}{rule.valid_to})"


def days_to_words(days: tuple[int, ...], lang: str) -> str:
    """周一至周五, Mon-Fri; 每天, daily for all seven."""
    chinese = lang != "en"
    if days == ALL_DAYS:
        return "每天" if chinese else "daily"
    names = DAY_WORDS["zh" if chinese else "en"]
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0])]
    said = [
        names[run[0] - 1] + (("至" if chinese else "-") + names[run[-1] - 1] if len(run) > 1 else "") for run in runs
    ]
    return ("、" if chinese else ", ").join(said)


def stretch_to_words(rule: OpeningRule, lang: str) -> str:
    """08:00-12:00, 18:00-次日02:00, 24小时."""
    chinese = lang != "en"
    if rule.closes_min - rule.opens_min == DAY_MIN and rule.opens_min == 0:
        return "24小时" if chinese else "24 hours"
    if rule.closes_min <= DAY_MIN:
        return f"{clock(rule.opens_min)}-{clock(rule.closes_min)}"
    next_day = "次日" if chinese else "next day "
    return f"{clock(rule.opens_min)}-{next_day}{clock(rule.closes_min - DAY_MIN)}"


def slot_to_words(slot: Slot, lang: str = "zh") -> str:
    """工作日 23:00, Sat 08:00."""
    said = SLOT_WORDS["en" if lang == "en" else "zh"].get(slot.days) or days_to_words(slot.days, lang)
    return f"{said} {clock(slot.minute)}"
