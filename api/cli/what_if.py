"""`yiquan coverage what-if`: what would change if stations opened, moved, closed or kept other hours."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.question import asks_question
from geo.coverage.question import Question
from geo.errors import InputError
from geo.services.changes import Add, Change, ChangeHours, Close, Move, WhatIf
from geo.services.what_if import answer, cell_columns, describe

Words = list[str]

AddWords = Annotated[
    Words | None, typer.Option("--add", metavar="LON,LAT[;HOURS]", help="Open a station; repeat for several.")
]
MoveWords = Annotated[Words | None, typer.Option("--move", metavar="ID=LON,LAT", help="Let a station stand elsewhere.")]
CloseIds = Annotated[list[int] | None, typer.Option("--close", metavar="ID", help="Close a station.")]
HoursWords = Annotated[
    Words | None, typer.Option("--hours", metavar="ID=HOURS", help="Let a station keep other hours.")
]

POSITION = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,2}(?:\.\d+)?)\s*")


class ChangeSpellingError(InputError):
    """An option that describes a change is not written as it must be."""

    def __init__(self, option: str, text: str, form: str) -> None:
        super().__init__(f"`{option} {text}` cannot be read; write it as `{option} {form}`.")


@asks_question()
def what_if(
    question: Question,
    add: AddWords = None,
    move: MoveWords = None,
    close: CloseIds = None,
    hours: HoursWords = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Try changes on the city without making them: people covered before and after, by district.

    Example: yiquan coverage what-if --at "weekday 23:00" --hours "17=24/7" --add "120.3826,36.0671;06:00-22:00"
    """
    asked = WhatIf(question, changes_of(add or [], move or [], close or [], hours or []))
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, _):
        answered = answer(snapshot, asked)
    document = describe(answered)
    speaker.answer(document | {"cells": cell_columns(answered)}, *_lines(document))
    columns = ["district", "people", "covered before", "covered after", "change", "share before", "share after"]
    speaker.table("Districts", columns, [_district_cells(row) for row in document["districts"] if row["change"]])


def changes_of(add: Words, move: Words, close: list[int], hours: Words) -> tuple[Change, ...]:
    """The changes that some options describe; raises ChangeSpellingError."""
    kept = [ChangeHours(*_of("--hours", text)) for text in hours]
    return (*map(_added, add), *map(_moved, move), *map(Close, close), *kept)


FORMS = {"--add": "120.3826,36.0671", "--move": "17=120.3826,36.0671", "--hours": '"17=Mo-Fr 09:00-17:00"'}


def _added(text: str) -> Add:
    place, _, hours = text.partition(";")
    lon, lat = _position("--add", text, place)
    return Add(lon, lat, hours=hours or None)


def _moved(text: str) -> Move:
    number, place = _of("--move", text)
    return Move(number, *_position("--move", text, place))


def _of(option: str, text: str) -> tuple[int, str]:
    number, equals, rest = text.partition("=")
    if not equals or not re.fullmatch(r"\s*[0-9]{1,18}\s*", number):
        raise ChangeSpellingError(option, text, FORMS[option])
    return int(number), rest


def _position(option: str, text: str, place: str) -> tuple[float, float]:
    match = POSITION.fullmatch(place)
    if match is None:
        raise ChangeSpellingError(option, text, FORMS[option])
    return float(match[1]), float(match[2])


def _lines(document: dict[str, Any]) -> list[str]:
    people, notices = document["people"], document["notices"]
    return [
        f"{people['before']['share']:.1%} of the people were covered, {people['after']['share']:.1%} would be: "
        f"{people['change']:+,} people ({people['gained']:,.0f} gained, {people['lost']:,.0f} lost).",
        *[f"Change {notice['change'] + 1}: {notice['en']}." for notice in notices],
    ]


def _district_cells(row: dict[str, Any]) -> tuple[object, ...]:
    counts = (f"{row[name]:,}" for name in ("people", "covered_before", "covered"))
    return row["name"], *counts, f"{row['change']:+,}", f"{row['share_before']:.1%}", f"{row['share']:.1%}"
