"""How a report speaks: its texts, numbers and codes in one language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from geo.places.hours import Slot
from geo.places.vocabulary import Table
from web_map.page import texts

NOTHING = "–"
"""What stands where there is nothing to say."""


class Words:
    """The words of one language; raises UnknownLanguageError for a language there is not."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._texts = texts(lang)

    def t(self, key: str, **values: object) -> str:
        """A text with its values filled in."""
        return self._texts[key].format(**values) if values else self._texts[key]

    def shown(self, kind: str, value: Any) -> str:
        """A value of a table as people read it, by the kind of its column."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return NOTHING
        if isinstance(value, str):
            return value or NOTHING
        return _SHOWN.get(kind, str)(value)

    def term(self, table: Table, code: str) -> str:
        """The name of a code; the code itself if the table does not hold it."""
        found = next((term for term in table if term.code == code), None)
        if found is None:
            return code
        return found.zh if self.lang == "zh" else found.en

    def terms(self, table: Table, codes: Iterable[str]) -> str:
        """Names of several codes, or that any will do."""
        names = [self.term(table, code) for code in codes]
        return self.listed(names) if names else self.t("report.no_wish")

    def listed(self, items: Iterable[str]) -> str:
        """Some words behind one another."""
        return self.t("report.list_comma").join(items)

    def day(self, value: date | None) -> str:
        """A day in ISO form, or that it is not known."""
        return self.t("report.not_stated") if value is None else value.isoformat()

    def slot(self, slot: str) -> str:
        """An hour of the week."""
        t = self.t
        names = {
            "weekday": t("report.weekday"),
            "weekend": t("report.weekend"),
            "daily": t("report.daily"),
            "monday": t("report.monday"),
            "tuesday": t("report.tuesday"),
            "wednesday": t("report.wednesday"),
            "thursday": t("report.thursday"),
            "friday": t("report.friday"),
            "saturday": t("report.saturday"),
            "sunday": t("report.sunday"),
        }
        days, _, clock = str(Slot.parse(slot)).partition(" ")
        return f"{names.get(days, days)} {clock}"


def area_name(row: Mapping[str, Any], words: Words, english: Mapping[str, str]) -> str:
    """The name of an area in the report's language, where it has one."""
    name = str(row["name"])
    return name if words.lang == "zh" else english.get(row["code"], name)


def count(value: float) -> str:
    """A number of people or things."""
    return f"{round(value):,}"


def signed(value: float) -> str:
    """How many more or fewer."""
    return f"{round(value):+,}" if round(value) else "0"


def share(value: float) -> str:
    """A part of a whole."""
    return f"{value:.1%}"


def decimal(value: float) -> str:
    """Minutes and the like."""
    return f"{value:,.1f}"


def ratio(value: float) -> str:
    """A figure between 0 and 1 that is no part of anything."""
    return f"{value:.3f}"


def degrees(value: float) -> str:
    """Longitude or latitude, to a metre."""
    return f"{value:.5f}"


_SHOWN: Mapping[str, Callable[[float], str]] = {
    "count": count,
    "share": share,
    "decimal": decimal,
    "ratio": ratio,
    "signed": signed,
    "degrees": degrees,
}
"""How a number is written, by the kind of its column."""
