"""
A report as what it says, before it has a form: sections of paragraphs, facts, tables, charts and maps.

Cells of tables are numbers where they can be sorted or summed; a form turns them into text with `Words.shown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences; `is_note` for those that explain rather than say."""

    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Words with what they stand for, such as the parameters of a run."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, the kind of what is below it (text or a kind of `Words.shown`), and its part of the width."""

    heading: str
    kind: str = "count"
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; `total` is a last row that stands apart."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    total: Sequence[Cell] | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A line from left to right of shares (0 to 1), with a mark at one place and what is read there."""

    caption: str
    x_label: str
    points: Sequence[tuple[float, float]]
    mark: float
    note: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares (0 to 1) beside one another, in groups of equal length, each with the words below it."""

    caption: str
    bars: Sequence[tuple[str, float]]
    note: str


@dataclass(frozen=True, slots=True)
class MapView:
    """A map: the `city`, a `detail` (where stations are densest), or what a scenario changes, `before` and `after`."""

    name: str
    caption: str
    note: str


Block: TypeAlias = Paragraph | Facts | Table | Curve | Bars | MapView


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it; `key` is its anchor."""

    key: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Document:
    """
    A whole report in one language.

    `warning` stands on every page of it where figures are made up. `figures` are the few numbers of the title page.
    """

    lang: str
    title: str
    city: str
    headline: str
    share: str
    question: str
    figures: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    warning: str | None
    short_warning: str | None
    signatures: Sequence[str]
    sections: Sequence[Section]
