"""From cells to stations: each row checked by itself, every doubt said with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from geo.datum import CHINA_BOX, Datum
from geo.places.hours import parse_hours
from geo.places.register.cells import (
    count_in,
    date_in,
    decimals_in,
    number_in,
    text_of,
    truth_in,
    words_in,
)
from geo.places.register.headings import Headings
from geo.places.register.records import Cell, RegisterRow, RowProblem
from geo.places.register.sheets import Sheet, column_letters
from geo.places.vocabulary import (
    AMENITIES,
    AMENITY_STATES,
    ATTENDED,
    BIKE_PARKING,
    DATUMS,
    ENTRY_METHODS,
    FACILITY_CLASSES,
    FACILITY_TYPES,
    FIRST_USE_NEEDS,
    HOST_TYPES,
    NETWORKS,
    SERVICES,
    STATUSES,
    USER_GROUPS,
    Table,
    code_of,
    codes_of,
    label,
)
from geo.types import Box

NAME_LIMIT_CHARS: Final = 200
EXAMPLE_CODE: Final = "示例"
"""The code of the example row in the template, which is never imported."""

NOT_STATIONS: Final = re.compile(r"^(?:合计|总计|小计|共计|注|备注|说明|填表|制表|审核)(?:[:：。 ]|$)")

DECIMALS_WANTED: Final = 4
METRES_PER_DEGREE: Final = 111_320

TEXT_FIELDS: Final = (
    *("address", "landmark_hint", "district", "street", "district_code", "street_code", "floor"),
    *("entry_note", "host_name", "public_phone", "org"),
)
ONE_WORD_FIELDS: Final[dict[str, Table]] = {
    "facility_class": FACILITY_CLASSES,
    "attended": ATTENDED,
    "host_type": HOST_TYPES,
    "bike_parking": BIKE_PARKING,
    "first_use_needs": FIRST_USE_NEEDS,
}
WORD_LIST_FIELDS: Final[dict[str, Table]] = {
    "services": SERVICES,
    "entry_methods": ENTRY_METHODS,
    "user_groups": USER_GROUPS,
}
COUNT_FIELDS: Final = ("capacity_people", "seats", "area_m2", "star")
DATE_FIELDS: Final = ("opened_on", "last_verified_on")


@dataclass
class RowReader:
    """One row being read: its cells by field, and the problems found so far."""

    number: int
    cells: dict[str, Cell]
    titles: dict[str, str]
    home: Box
    problems: list[RowProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find(self, field_name: str, code: str, severity: str = "warning", **facts: Any) -> None:
        """Note a problem of one field."""
        value = text_of(self.cells.get(field_name))
        title = self.titles.get(field_name, "")
        if not value and any(known.code == "formula_empty" and known.column == title for known in self.problems):
            return  # that the cell is a formula says it all
        self.problems.append(RowProblem(self.number, title, value[:200], code, severity, facts))

    @property
    def failed(self) -> bool:
        """Whether an error keeps the row out."""
        return any(problem.severity == "error" for problem in self.problems)

    def text(self, field_name: str) -> str | None:
        """The text of a field; None when it is empty."""
        return text_of(self.cells.get(field_name)) or None


def read_row(
    number: int,
    cells: Sequence[Cell],
    sheet: Sheet,
    headings: Headings,
    *,
    datum: Datum | None,
    networks: tuple[str, ...],
    default_type: str,
    home: Box,
) -> tuple[RegisterRow | None, list[RowProblem]]:
    """One row as a station with its position still in its own datum; None when an error keeps it out or it is none."""
    by_field = {name: cells[column] if column < len(cells) else None for name, column in headings.columns.items()}
    titles = {name: headings.titles[column] for name, column in headings.columns.items()}
    row = RowReader(number, by_field, titles, home)
    if is_no_station(row):
        return None, row.problems
    check_shape(row, cells, sheet, headings)
    check_formulas(row, cells, sheet, headings)
    name = read_name(row)
    if "code" in row.cells and not row.text("code"):
        row.find("code", "code_empty")
    stated = read_datum(row, datum)
    lon, lat = read_position(row)
    facts: dict[str, Any] = {"facility_type": read_type(row, default_type), "status": read_status(row)}
    facts |= {field_name: row.text(field_name) for field_name in TEXT_FIELDS}
    facts |= {field_name: read_one_word(row, field_name) for field_name in ONE_WORD_FIELDS}
    facts |= {field_name: read_words(row, field_name) for field_name in WORD_LIST_FIELDS}
    facts |= read_counts(row) | {field_name: read_date(row, field_name) for field_name in DATE_FIELDS}
    facts["amenities"] = read_amenities(row) | read_amenity_columns(row, cells, headings)
    facts["step_free"] = truth_in(row.cells.get("step_free"))
    facts["is_synthetic"] = bool(truth_in(row.cells.get("is_synthetic")))
    facts["networks"] = read_networks(row) or networks
    facts["hours"] = parse_hours(row.text("hours"))
    check_hours(row, facts["hours"].certain)
    check_face(row, facts["entry_methods"])
    if row.failed or stated is None:
        return None, row.problems
    note = "；".join(filter(None, [row.text("note"), *row.notes])) or None
    station = RegisterRow(
        row=number,
        name=name,
        code=row.text("code"),
        alt_names=tuple(words_in(row.cells.get("alt_names"))),
        lon=lon,
        lat=lat,
        raw_lon=lon,
        raw_lat=lat,
        datum=stated,
        note=note,
        **facts,
    )
    return station, row.problems


def is_no_station(row: RowReader) -> bool:
    """Whether a row is the template's example, a total or a remark below the table."""
    if text_of(row.cells.get("code")) == EXAMPLE_CODE:
        row.find("code", "example_row")
        return True
    filled = [text_of(cell) for cell in row.cells.values() if text_of(cell)]
    if filled and NOT_STATIONS.match(filled[0]) and number_in(row.cells.get("lon")) is None:
        row.problems.append(RowProblem(row.number, "", filled[0][:200], "not_a_station", "warning"))
        return True
    return False


def check_shape(row: RowReader, cells: Sequence[Cell], sheet: Sheet, headings: Headings) -> None:
    """In text files a row of another width than the headings is damage."""
    if not sheet.ragged:
        return
    width = len(headings.titles)
    facts = {"found": len(cells), "expected": width}
    if len(cells) < width:
        row.problems.append(RowProblem(row.number, "", "", "row_short", "error", facts))
    elif any(text_of(cell) for cell in cells[width:]):
        row.problems.append(RowProblem(row.number, "", text_of(cells[width])[:200], "row_long", "error", facts))


def check_formulas(row: RowReader, cells: Sequence[Cell], sheet: Sheet, headings: Headings) -> None:
    """A formula's last value is read with a warning; without one, a needed cell is an error."""
    needed = {headings.columns.get(name) for name in ("name", "lon", "lat", "lonlat")}
    for column in sorted(column for number, column in sheet.formulas if number == row.number):
        empty = column >= len(cells) or cells[column] in (None, "")
        title = headings.titles[column] if column < len(headings.titles) else column_letters(column)
        severity = "error" if empty and column in needed else "warning"
        value = "" if column >= len(cells) else text_of(cells[column])[:200]
        row.problems.append(RowProblem(row.number, title, value, "formula_empty" if empty else "formula", severity))


def read_name(row: RowReader) -> str:
    """The name, which every station has."""
    name = row.text("name") or ""
    if not name:
        row.find("name", "name_empty", "error")
    elif len(name) > NAME_LIMIT_CHARS:
        row.find("name", "name_long", "error", length=len(name), limit=NAME_LIMIT_CHARS)
    return name


def read_datum(row: RowReader, datum: Datum | None) -> Datum | None:
    """The datum of the row: its own column's, or that of the import; the two may not contradict each other."""
    word = row.text("datum")
    if word is None:
        if datum is None:
            row.find("datum", "datum_unknown", "error")
        return datum
    code = code_of(DATUMS, word)
    if code is None:
        row.find("datum", "datum_unknown", "error")
        return None
    if datum is not None and Datum(code) is not datum:
        row.find("datum", "datum_conflict", "error", given=datum.value)
    return Datum(code)


def read_position(row: RowReader) -> tuple[float, float]:
    """Longitude and latitude as given; NaN with an error when they cannot be a position of this register."""
    fields, cells = position_cells(row)
    if not any(text_of(cell) for cell in cells):
        row.find(fields[0], "position_missing", "error")
        return math.nan, math.nan
    if fields[0] == fields[1] and not text_of(cells[1]):
        row.find(fields[0], "not_a_pair", "error")
        return math.nan, math.nan
    numbers = [number_in(cell) for cell in cells]
    for field_name, cell, number in zip(fields, cells, numbers, strict=True):
        if number is None:
            row.find(field_name, "not_a_number" if text_of(cell) else "position_missing", "error")
    lon, lat = numbers
    if lon is None or lat is None:
        return math.nan, math.nan
    check_position(row, fields[0], lon, lat)
    decimals = max(decimals_in(cell) for cell in cells)
    if decimals < DECIMALS_WANTED and not row.failed:
        error_m = round(METRES_PER_DEGREE * 10.0**-decimals / 2)
        row.find(fields[0], "coarse_position", decimals=decimals, error_m=error_m)
    return lon, lat


def position_cells(row: RowReader) -> tuple[tuple[str, str], tuple[Cell, Cell]]:
    """The fields and cells of longitude and latitude, from two columns or from one."""
    if "lon" in row.cells and "lat" in row.cells:
        return ("lon", "lat"), (row.cells["lon"], row.cells["lat"])
    parts = [part for part in re.split(r"[,，;；\s]+", text_of(row.cells.get("lonlat")).strip("()（）[] ")) if part]
    pair = (parts[0], parts[1]) if len(parts) == 2 else (text_of(row.cells.get("lonlat")), "")
    return ("lonlat", "lonlat"), pair


def check_position(row: RowReader, field_name: str, lon: float, lat: float) -> None:
    """Note why a position cannot be that of a station of this register."""
    if lies_in(row.home, lon, lat):
        return
    if lies_in(row.home, lat, lon):
        row.find(field_name, "swapped", "error")
    elif abs(lon) > 1000 or abs(lat) > 1000:
        row.find(field_name, "projected", "error")
    else:
        row.find(field_name, "out_of_china" if row.home == CHINA_BOX else "far_from_city", "error")


def lies_in(box: Box, lon: float, lat: float) -> bool:
    """Whether a position of any datum lies in a box, which must be wide enough for the shift between datums."""
    return box.west < lon < box.east and box.south < lat < box.north


def read_type(row: RowReader, default_type: str) -> str:
    """The type of the facility; an unknown word is kept and the default taken."""
    word = row.text("facility_type")
    if word is None:
        return default_type
    code = code_of(FACILITY_TYPES, word)
    if code is None:
        row.notes.append(f"类型：{word}")
        row.find("facility_type", "type_unknown", used=label(FACILITY_TYPES, default_type))
    return code or default_type


def read_status(row: RowReader) -> str:
    """The status; a station without one is taken to be active."""
    return read_word(row, "status", STATUSES) or "active"


def read_one_word(row: RowReader, field_name: str) -> str | None:
    """The code of a field that holds one word."""
    return read_word(row, field_name, ONE_WORD_FIELDS[field_name])


def read_word(row: RowReader, field_name: str, table: Table) -> str | None:
    """The code of a word; an unknown word is kept as a note."""
    word = row.text(field_name)
    code = code_of(table, word) if word else None
    if word and code is None:
        row.notes.append(f"{row.titles[field_name]}：{word}")
        row.find(field_name, "word_unknown", words=word)
    return code


def read_words(row: RowReader, field_name: str) -> tuple[str, ...]:
    """The codes of a field that holds a list of words."""
    codes, unknown = split_known(WORD_LIST_FIELDS[field_name], words_in(row.cells.get(field_name)))
    keep_unknown(row, field_name, unknown)
    return tuple(codes)


def read_networks(row: RowReader) -> tuple[str, ...]:
    """The networks a row names itself."""
    codes, unknown = split_known(NETWORKS, words_in(row.cells.get("networks")))
    keep_unknown(row, "networks", unknown)
    return tuple(codes)


def split_known(table: Table, words: list[str]) -> tuple[list[str], list[str]]:
    """The codes of known words, each once, and the words that are not known."""
    found = [(word, codes_of(table, word)) for word in words]
    codes = [code for _, known in found for code in known]
    return list(dict.fromkeys(codes)), [word for word, known in found if not known]


def keep_unknown(row: RowReader, field_name: str, unknown: list[str]) -> None:
    """Keep unknown words as a note and say so."""
    if unknown:
        words = "、".join(unknown)
        row.notes.append(f"{row.titles[field_name]}：{words}")
        row.find(field_name, "word_unknown", words=words[:200])


def read_amenities(row: RowReader) -> dict[str, str]:
    """Amenity codes to states from one column of words such as 热水、空调（损坏）、无厕所、微波炉2台."""
    amenities: dict[str, str] = {}
    unknown = []
    for word in words_in(row.cells.get("amenities")):
        codes, state = amenity_in(word)
        if not codes:
            unknown.append(word)
        amenities |= dict.fromkeys(codes, state)
    keep_unknown(row, "amenities", unknown)
    return amenities


def amenity_in(word: str) -> tuple[tuple[str, ...], str]:
    """The amenities of a word and their state."""
    codes = codes_of(AMENITIES, word)
    if codes:
        return codes, "available"
    base, bracket = re.sub(r"[（(].*?[)）]", "", word), re.search(r"[（(](.*?)[)）]", word)
    state = (code_of(AMENITY_STATES, bracket[1]) if bracket else None) or "available"
    base, _, said = base.partition("：") if "：" in base else base.partition(":")
    state = code_of(AMENITY_STATES, said) or state if said else state
    if re.match("无|没有|暂无", base) and not codes_of(AMENITIES, base):
        base, state = re.sub("^(?:没有|暂无|无)", "", base), "absent"
    base = re.sub(r"^\d+\s*[台个张把只套部组]?|[x×*]?\s*\d+\s*[台个张把只套部组]?$", "", base)
    return codes_of(AMENITIES, base), state


def read_amenity_columns(row: RowReader, cells: Sequence[Cell], headings: Headings) -> dict[str, str]:
    """Amenities that have a column each, filled with 有, 无, a tick or a number."""
    amenities: dict[str, str] = {}
    for column, codes in headings.amenity_columns.items():
        cell = cells[column] if column < len(cells) else None
        word = text_of(cell)
        if not word:
            continue
        count = count_in(cell)
        state = code_of(AMENITY_STATES, word) or (None if count is None else "available" if count else "absent")
        if state is None:
            row.problems.append(RowProblem(row.number, headings.titles[column], word[:200], "state_unknown", "warning"))
        amenities |= dict.fromkeys(codes, state or "unknown")
    return amenities


def read_counts(row: RowReader) -> dict[str, float | int | None]:
    """Capacity, seats, area and stars; what is no number is left out with a warning."""
    counts: dict[str, float | int | None] = {}
    for field_name in COUNT_FIELDS:
        number = count_in(row.cells.get(field_name))
        if field_name == "star" and number is not None and not 1 <= number <= 5:
            number = None
        if number is None and row.text(field_name):
            row.find(field_name, "number_unread")
        counts[field_name] = number if field_name == "area_m2" or number is None else round(number)
    return counts


def read_date(row: RowReader, field_name: str) -> Any:
    """A date; what is none is left out with a warning."""
    day = date_in(row.cells.get(field_name))
    if day is None and row.text(field_name):
        row.find(field_name, "date_unread")
    return day


def check_hours(row: RowReader, certain: bool) -> None:
    """Hours that were written but not fully understood are kept with a warning."""
    if row.text("hours") and not certain:
        row.find("hours", "hours_uncertain")


def check_face(row: RowReader, entry_methods: tuple[str, ...]) -> None:
    """Face recognition as the only way in raises a warning: the law asks for another."""
    if entry_methods == ("face",):
        row.find("entry_methods", "face_only")


def doubled_codes(rows: list[RegisterRow], title: str) -> Iterator[RowProblem]:
    """An error for every row whose code an earlier row has already."""
    first: dict[str, int] = {}
    for row in rows:
        if row.code is None:
            continue
        if row.code in first:
            yield RowProblem(row.row, title, row.code, "code_twice", "error", {"first": first[row.code]})
        else:
            first[row.code] = row.row


def with_position(row: RegisterRow, lon: float, lat: float) -> RegisterRow:
    """A row whose position is known in WGS-84."""
    return replace(row, lon=lon, lat=lat)
