"""
Tables of people as offices hand them over: a csv by H3 cell or by district, headings in Chinese or English.

Nothing is repaired in silence. A bad row is named with its number, its value and what to do; a table with bad rows is
refused as a whole, because a total with holes is worse than none.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.cells import BadCellError, common_resolution, texts_to_cells
from geo.coverage.demand import PeopleByCell
from geo.errors import InputError
from geo.types import Floats, Longs

CELL_HEADINGS = (
    "h3",
    "id",
    "cell",
    "cell_id",
    "hex",
    "hex_id",
    "h3_index",
    "h3index",
    "格网",
    "六边形",
    "h3编码",
    "网格编码",
)
"""Headings under which a table may keep its cells, best first."""

PEOPLE_HEADINGS = (
    *(
        "people",
        "population",
        "residents",
        "pop",
        "人口数_合计",
        "常住人口",
        "人口数",
        "人口",
        "人数",
        "总人口",
        "合计",
    ),
)
"""Headings under which a table may keep its people, best first."""

CODE_HEADINGS = ("code", "adcode", "district_code", "区划代码", "行政区划代码", "代码")
NAME_HEADINGS = ("district", "name", "area", "区县", "区市", "行政区", "镇街", "街道", "名称", "地区")

MAX_PROBLEMS_SHOWN = 5
"""How many bad rows a refusal spells out; the rest are counted."""

_ENCODINGS = ("utf-8-sig", "gb18030")


class DemandTableError(InputError):
    """A table of people that cannot be used, with what is wrong in which row."""

    def __init__(self, file_name: str, problems: Sequence[str]) -> None:
        shown = " ".join(problems[:MAX_PROBLEMS_SHOWN])
        more = f" And {len(problems) - MAX_PROBLEMS_SHOWN} more." if len(problems) > MAX_PROBLEMS_SHOWN else ""
        super().__init__(f"{file_name}: {shown}{more}")
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class CellTable:
    """People by H3 cell as one column of a csv has them."""

    people: PeopleByCell
    resolution: int
    column: str
    other_columns: list[str]
    rows_read: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DistrictTable:
    """People by district as one column of a csv has them, and the rows left out because they sum the others."""

    codes: list[str]
    names: list[str]
    people: Floats
    column: str
    total_rows: list[str]
    rows_read: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Sheet:
    file_name: str
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    """Line numbers as an editor shows them, and the values of the line."""
    sha256: str

    def column(self, heading: str) -> list[str]:
        place = self.headings.index(heading)
        return [row[place].strip() if place < len(row) else "" for _, row in self.rows]

    def first_of(self, names: Iterable[str]) -> str | None:
        by_lower = {heading.lower(): heading for heading in reversed(self.headings)}
        return next((by_lower[name] for name in names if name in by_lower), None)


def read_cell_table(path: Path, *, column: str | None = None, layer: str | None = None) -> CellTable:
    """
    Read people by H3 cell.

    The people stand in `column`, else under a heading named like the layer, else under one of `PEOPLE_HEADINGS`; every
    other column of numbers is named, so that it can be imported as a layer of its own.

    Raises
    ------
    DemandTableError
        Not a table, a needed heading is missing, or rows have bad cells, bad numbers, or cells given twice.
    """
    sheet = _read_sheet(path)
    cell_heading = sheet.first_of(CELL_HEADINGS)
    if cell_heading is None:
        raise DemandTableError(sheet.file_name, [_missing("of cells", CELL_HEADINGS[:3], sheet.headings)])
    people_heading = _people_heading(sheet, column, layer)
    problems: list[str] = []
    numbers = _numbers(sheet, people_heading, problems)
    cells = _cells(sheet, cell_heading, problems)
    problems = problems or _doubles(sheet, cells, "cell")
    if problems:
        raise DemandTableError(sheet.file_name, problems)
    ids = texts_to_cells(cells)
    order = np.argsort(ids)
    return CellTable(
        people=PeopleByCell(ids[order], numbers[order]),
        resolution=common_resolution(ids),
        column=people_heading,
        other_columns=_numeric_columns(sheet, {cell_heading, people_heading}),
        rows_read=len(sheet.rows),
        sha256=sheet.sha256,
    )


def read_district_table(path: Path, *, column: str | None = None, layer: str | None = None) -> DistrictTable:
    """
    Read people by district. A row for the whole city, as census tables begin with, is left out and named.

    Raises
    ------
    DemandTableError
        Not a table, neither codes nor names, or rows with bad numbers or districts given twice.
    """
    sheet = _read_sheet(path)
    code_heading, name_heading = sheet.first_of(CODE_HEADINGS), sheet.first_of(NAME_HEADINGS)
    if code_heading is None and name_heading is None:
        wanted = (*NAME_HEADINGS[:2], *CODE_HEADINGS[:2])
        raise DemandTableError(sheet.file_name, [_missing("of districts", wanted, sheet.headings)])
    people_heading = _people_heading(sheet, column, layer)
    problems: list[str] = []
    numbers = _numbers(sheet, people_heading, problems)
    blank = [""] * len(sheet.rows)
    codes = [_plain_code(text) for text in (sheet.column(code_heading) if code_heading else blank)]
    names = sheet.column(name_heading) if name_heading else blank
    keys = [code or name for code, name in zip(codes, names, strict=True)]
    problems += [f"Row {line}: no district." for (line, _), key in zip(sheet.rows, keys, strict=True) if not key]
    problems = problems or _doubles(sheet, keys, "district")
    if problems:
        raise DemandTableError(sheet.file_name, problems)
    is_total = [_sums_the_others(code, codes) for code in codes]
    kept = [place for place, total in enumerate(is_total) if not total]
    return DistrictTable(
        codes=[codes[place] for place in kept],
        names=[names[place] for place in kept],
        people=numbers[kept],
        column=people_heading,
        total_rows=[names[place] or codes[place] for place, total in enumerate(is_total) if total],
        rows_read=len(sheet.rows),
        sha256=sheet.sha256,
    )


def _read_sheet(path: Path) -> _Sheet:
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise InputError(f"{path.name} cannot be read: {failure.strerror}. Check the path.") from failure
    try:
        lines = list(csv.reader(io.StringIO(_decode(content, path.name), newline=""), delimiter=_delimiter(content)))
    except csv.Error as failure:
        raise DemandTableError(
            path.name, [f"This is no csv table ({failure}). Save it as csv and try again."]
        ) from None
    filled = [(number, line) for number, line in enumerate(lines, 1) if any(value.strip() for value in line)]
    if len(filled) < 2:
        raise DemandTableError(path.name, ["The table has no rows below its heading."])
    headings = [heading.strip() for heading in filled[0][1]]
    return _Sheet(path.name, headings, filled[1:], hashlib.sha256(content).hexdigest())


def _decode(content: bytes, file_name: str) -> str:
    if b"\x00" in content[:65_536]:
        raise DemandTableError(file_name, ["This is no text file. Save the table as csv and try again."])
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DemandTableError(file_name, [f"The text is neither {' nor '.join(_ENCODINGS)}. Save it as UTF-8."])


def _delimiter(content: bytes) -> str:
    heading = content.split(b"\n", 1)[0]
    return max((",", ";", "\t"), key=lambda mark: heading.count(mark.encode()))


def _people_heading(sheet: _Sheet, column: str | None, layer: str | None) -> str:
    if column is not None:
        if column not in sheet.headings:
            raise DemandTableError(sheet.file_name, [_missing("of people", (column,), sheet.headings)])
        return column
    named_like_layer = sheet.first_of((layer.lower(),)) if layer else None
    heading = named_like_layer or sheet.first_of(PEOPLE_HEADINGS)
    if heading is None:
        raise DemandTableError(sheet.file_name, [_missing("of people", PEOPLE_HEADINGS[:2], sheet.headings)])
    return heading


def _missing(what: str, wanted: Iterable[str], found: Iterable[str]) -> str:
    names = ", ".join(f"`{name}`" for name in wanted)
    return f"No column {what}: expected {names}; found {', '.join(f'`{name}`' for name in found)}. Name the column."


def _numbers(sheet: _Sheet, heading: str, problems: list[str]) -> Floats:
    values = np.zeros(len(sheet.rows))
    for place, ((line, _), text) in enumerate(zip(sheet.rows, sheet.column(heading), strict=True)):
        number = _number(text)
        if number is None:
            problems.append(f"Row {line}: `{heading}` is `{text}`, not a number; write 0 where nobody is.")
        elif number < 0:
            problems.append(f"Row {line}: `{heading}` is {text}, and people cannot be fewer than none.")
        else:
            values[place] = number
    return values


def _number(text: str) -> float | None:
    try:
        number = float(text.replace("，", ",").replace(",", ""))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _cells(sheet: _Sheet, heading: str, problems: list[str]) -> list[str]:
    texts = [text.lower() for text in sheet.column(heading)]
    for (line, _), text in zip(sheet.rows, texts, strict=True):
        try:
            texts_to_cells([text])
        except BadCellError:
            problems.append(f"Row {line}: `{heading}` is `{text}`, not an H3 cell such as 8a31aa42a8effff.")
    return texts


def _doubles(sheet: _Sheet, keys: Sequence[str], what: str) -> list[str]:
    first_line: dict[str, int] = {}
    found = []
    for (line, _), key in zip(sheet.rows, keys, strict=True):
        if key and first_line.setdefault(key, line) != line:
            found.append(f"Row {line}: {what} `{key}` stands in row {first_line[key]} already; keep one of them.")
    return found


def _numeric_columns(sheet: _Sheet, taken: set[str]) -> list[str]:
    def only_numbers(heading: str, read: Callable[[str], float | None] = _number) -> bool:
        return all(read(text) is not None for text in sheet.column(heading))

    return [heading for heading in sheet.headings if heading and heading not in taken and only_numbers(heading)]


def _plain_code(text: str) -> str:
    """A code as digits: spreadsheets turn 370202 into 370202.0."""
    return text.removesuffix(".0")


def _sums_the_others(code: str, codes: Sequence[str]) -> bool:
    """Whether a GB/T 2260 code is the prefecture (`3702` + `00`) of other rows' districts."""
    is_prefecture = len(code) == 6 and code.isdecimal() and code.endswith("00")
    return is_prefecture and any(other != code and other.startswith(code[:4]) for other in codes)


class UnknownAreaError(InputError):
    """Districts in a table of people that the city does not have."""

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        there = (
            f"The city has {', '.join(known)}." if known else "No areas are there yet; import streets or areas first."
        )
        super().__init__(
            f"The city has no {', '.join(unknown)}. {there} Add such a row's people to the area they live in, "
            "or import its outline with `yiquan import areas FILE`."
        )
        self.unknown = list(unknown)


def match_areas(table: DistrictTable, codes: Sequence[str], names: Sequence[str]) -> Longs:
    """
    Place of every row's district among the city's areas.

    By name first, then by name without 区, 市, 县, then by code: codes change when a county-level city becomes a
    district (即墨: 370282, now 370215), names stay.

    Raises
    ------
    UnknownAreaError
        Rows whose district is not among the areas.
    """
    keys = [dict(zip(column, range(len(names)), strict=True)) for column in (names, [_core(n) for n in names], codes)]
    places, unknown = [], []
    for code, name in zip(table.codes, table.names, strict=True):
        tries = zip(keys, (name, _core(name), code), strict=True)
        place = next((found[key] for found, key in tries if key and key in found), None)
        if place is None:
            unknown.append(name or code)
        places.append(-1 if place is None else place)
    if unknown:
        raise UnknownAreaError(unknown, names)
    return np.array(places, dtype=np.int64)


def _core(name: str) -> str:
    """A name without the word for what kind of area it is: 即墨市 and 即墨区 are one place."""
    trimmed = name.strip()
    return trimmed[:-1] if len(trimmed) > 2 and trimmed[-1] in "区市县旗" else trimmed
