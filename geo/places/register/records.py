"""What comes out of a register: the good rows, what is wrong with the others, and how the file was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geo.datum import Datum
from geo.places.hours import OpeningHours
from geo.places.register.messages import ROW_MESSAGES

Cell = str | int | float | bool | None
"""One cell as the file holds it."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """
    One thing wrong with one cell: where a person finds it, what it says there, what is wrong, what to do.

    An `error` keeps the row out, a `warning` lets it in with a doubt. `problem` and `remedy` are Chinese; the same in
    English are `problem_en` and `remedy_en`.
    """

    row: int | None
    """Row number as the spreadsheet shows it; None for the file as a whole."""
    column: str
    """Heading of the column, as written; empty for the whole row."""
    value: str
    code: str
    severity: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> str:
        """What is wrong, in Chinese."""
        return ROW_MESSAGES[self.code].problem_zh.format(**self.facts)

    @property
    def remedy(self) -> str:
        """What to do about it, in Chinese."""
        return ROW_MESSAGES[self.code].remedy_zh.format(**self.facts)

    @property
    def problem_en(self) -> str:
        """What is wrong, in English."""
        return ROW_MESSAGES[self.code].problem_en.format(**self.facts)

    @property
    def remedy_en(self) -> str:
        """What to do about it, in English."""
        return ROW_MESSAGES[self.code].remedy_en.format(**self.facts)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One station as its register states it, positions in WGS-84, words as codes. None is "not stated"."""

    row: int
    name: str
    lon: float
    lat: float
    raw_lon: float
    raw_lat: float
    datum: Datum
    facility_type: str
    networks: tuple[str, ...]
    hours: OpeningHours
    code: str | None = None
    alt_names: tuple[str, ...] = ()
    facility_class: str | None = None
    star: int | None = None
    status: str = "active"
    address: str | None = None
    landmark_hint: str | None = None
    district: str | None = None
    street: str | None = None
    district_code: str | None = None
    street_code: str | None = None
    floor: str | None = None
    amenities: Mapping[str, str] = field(default_factory=dict)
    """Amenity code to state."""
    services: tuple[str, ...] = ()
    entry_methods: tuple[str, ...] = ()
    entry_note: str | None = None
    first_use_needs: str | None = None
    user_groups: tuple[str, ...] = ()
    attended: str | None = None
    host_type: str | None = None
    host_name: str | None = None
    bike_parking: str | None = None
    step_free: bool | None = None
    area_m2: float | None = None
    seats: int | None = None
    capacity_people: int | None = None
    public_phone: str | None = None
    org: str | None = None
    opened_on: date | None = None
    last_verified_on: date | None = None
    is_synthetic: bool = False
    note: str | None = None
    """The register's own remark, with the words that no code was found for."""


@dataclass(frozen=True)
class Table:
    """A file's table as it was found, to be sent back with its problems."""

    sheet: str
    heading_row: int
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    """Row number and cells of every row below the headings that holds something."""


@dataclass(frozen=True)
class RegisterRead:
    """A register that was read: good rows, problems of all rows, and how the file was understood."""

    rows: list[RegisterRow]
    problems: list[RowProblem]
    rows_read: int
    """Rows below the headings that state a station, good or bad."""
    encoding: str
    """`utf-8`, `utf-8-sig`, `gb18030`, `utf-16`, or `xlsx`."""
    delimiter: str
    headings: dict[str, str]
    """Heading as written to what it was understood as; unknown headings are left out."""
    sha256: str
    file_name: str
    datum: Datum | None
    """The datum of all rows; None when a column states it row by row."""
    table: Table

    @property
    def rows_failed(self) -> int:
        """How many rows an error keeps out."""
        return len({problem.row for problem in self.problems if problem.severity == "error"})

    @property
    def errors(self) -> list[RowProblem]:
        """The problems that keep rows out."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[RowProblem]:
        """The problems that let rows in with a doubt."""
        return [problem for problem in self.problems if problem.severity == "warning"]
