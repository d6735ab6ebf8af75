"""Single cells read as text, numbers, dates, counts and lists of words."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

from geo.places.register.records import Cell

INVISIBLE: Final = dict.fromkeys(
    (0x00AD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
"""Characters without width and those that turn the direction of text around."""

NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")
DEGREES: Final = re.compile(r"(\d{1,3})[°度]\s*(\d{1,2})['′分]\s*(?:(\d{1,2}(?:\.\d+)?)(?:\"|″|秒|''|′′))?")
DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})?)?\s*日?")
WORD_BREAK: Final = re.compile(r"[、,，;；/|\n+＋]+")

YES: Final = frozenset(("是", "有", "yes", "y", "true", "1", "√", "✓", "可", "支持"))
NO: Final = frozenset(("否", "无", "no", "n", "false", "0", "×", "x", "没有", "不可", "不支持"))


def text_of(cell: Cell) -> str:
    """A cell as clean text: no invisible or control characters, single spaces; markup stays the text it is."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = str(cell).translate(INVISIBLE)
    text = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    return " ".join(text.split())


def number_in(cell: Cell) -> float | None:
    """The number in a cell, also as text, in full-width digits, with a degree sign or in degrees, minutes, seconds."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return float(cell)
    text = unicodedata.normalize("NFKC", text_of(cell)).strip("'’ ")
    text = re.sub(r"^(?:东经|北纬|[EN])\s*|\s*(?:东经|北纬|[EN])$", "", text)
    sexagesimal = DEGREES.fullmatch(text)
    if sexagesimal:
        degrees, minutes, seconds = (float(part or 0) for part in sexagesimal.groups())
        return degrees + minutes / 60 + seconds / 3600 if minutes < 60 and seconds < 60 else None
    text = text.rstrip("°度 ")
    return float(text) if NUMBER.fullmatch(text) else None


def decimals_in(cell: Cell) -> int:
    """How many digits a number has behind the point, as far as the cell shows."""
    text = unicodedata.normalize("NFKC", str(cell))
    return 9 if re.search("[eE°度]", text) else len(text.partition(".")[2].rstrip("°度 "))


def count_in(cell: Cell) -> float | None:
    """A quantity with its unit left off: 12人, 30㎡, 约20; None if there is none or it is negative."""
    number = number_in(cell)
    if number is None:
        text = unicodedata.normalize("NFKC", text_of(cell))
        match = re.fullmatch(
            r"约?\s*(\d+(?:\.\d+)?)\s*(?:余|多)?\s*(?:人|个|座|位|张|平方米|平米|平|m2|m²|㎡)?(?:左右)?", text
        )
        number = float(match[1]) if match else None
    return number if number is not None and 0 <= number < 1e6 else None


def date_in(cell: Cell) -> date | None:
    """A date such as 2026-03-01, 2026/3/1, 2026年3月; the first of the month when there is no day."""
    match = DATE.match(unicodedata.normalize("NFKC", text_of(cell)))
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return None


def truth_in(cell: Cell) -> bool | None:
    """Yes or no; None for anything else."""
    word = unicodedata.normalize("NFKC", text_of(cell)).casefold()
    return True if word in YES else False if word in NO else None


def words_in(cell: Cell) -> list[str]:
    """The words of a list, at whatever mark it is broken; brackets keep together what they hold."""
    text = re.sub(r"[（(][^（()）]*[)）]", lambda match: WORD_BREAK.sub(" ", match[0]), text_of(cell))
    return [word.strip() for word in WORD_BREAK.split(text) if word.strip()]
