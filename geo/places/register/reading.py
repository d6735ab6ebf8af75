"""A register file read into stations and problems."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from geo.datum import CHINA_BOX, Datum, to_wgs84
from geo.errors import InputError
from geo.places.register.cells import text_of
from geo.places.register.headings import LOOKED_ROWS, Headings, describes_stations, find_headings
from geo.places.register.messages import RegisterError
from geo.places.register.records import Cell, RegisterRead, RegisterRow, RowProblem, Table
from geo.places.register.rows import METRES_PER_DEGREE, doubled_codes, read_row, with_position
from geo.places.register.sheets import ROW_LIMIT, Sheet, non_empty, read_sheets
from geo.places.vocabulary import DATUMS, FACILITY_TYPES, NETWORKS, code_of
from geo.places.vocabulary import Table as CodeTable
from geo.types import Box

DEFAULT_TYPE: Final = "union_station"

MERGED_CELL_LIMIT: Final = 100_000
"""Cells that merged blocks may cover together, so that blocks over blocks stay cheap."""


def read_register(
    path: Path,
    *,
    datum: Datum | None = None,
    network: str | None = None,
    default_type: str = DEFAULT_TYPE,
    city_box: Box | None = None,
    home_box: Box = CHINA_BOX,
) -> RegisterRead:
    """
    Read a register of stations: xlsx, delimited text in any usual encoding, or GeoJSON.

    The datum is the one given, or that of a 坐标系 column, of the headings, as in 经度(GCJ-02), or of a GeoJSON's
    `crs`; with none of them RegisterError asks for it. `network` names the network of rows that do not name their own.
    Positions outside of `city_box` (WGS-84) raise a warning; those outside of `home_box` (any datum) cannot be meant
    and are errors. Rows with an error are left out and reported.

    Raises RegisterError for a file that cannot be read as a register, InputError for an unknown network or type.
    """
    networks = (known_code(NETWORKS, network),) if network else ()
    facility_type = known_code(FACILITY_TYPES, default_type)
    sheet, others = choose_sheet(read_sheets(path))
    headings = find_headings(sheet)
    sheet = filled_merges(sheet, headings)
    datum = settle_datum(datum, headings, sheet)
    below = [(number, cells) for number, cells in sheet.rows if number > headings.row and any(map(text_of, cells))]
    if not below:
        raise RegisterError("no_rows", row=headings.row)

    rows: list[RegisterRow] = []
    problems = list(file_problems(headings, sheet, others))
    skipped = 0
    for number, cells in below:
        row, found = read_row(
            number, cells, sheet, headings, datum=datum, networks=networks, default_type=facility_type, home=home_box
        )
        problems += found
        skipped += any(problem.code in ("example_row", "not_a_station") for problem in found)
        rows += [row] if row else []
    if skipped == len(below):
        raise RegisterError("no_rows", row=headings.row)
    doubled = list(doubled_codes(rows, title_of(headings, "code")))
    refused = {problem.row for problem in doubled}
    rows = in_wgs84([row for row in rows if row.row not in refused])
    problems += doubled + outside_city(rows, city_box, headings)

    return RegisterRead(
        rows=rows,
        problems=sorted(problems, key=lambda problem: (problem.row or 0, problem.severity)),
        rows_read=len(below) - skipped,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        headings=headings.understood,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        file_name=path.name,
        datum=datum,
        table=Table(sheet.name, headings.row, headings.titles, tuple(below)),
    )


def known_code(table: CodeTable, word: str) -> str:
    """The code of a word that the caller gave; raises InputError if the table does not know it."""
    code = code_of(table, word)
    if code is None:
        raise InputError(f"The table of {table.name} has no '{word}'. It has: {', '.join(table.codes)}.")
    return code


def choose_sheet(sheets: list[Sheet]) -> tuple[Sheet, list[str]]:
    """The first sheet with headings, else the first with anything, and the names of the other filled ones."""
    filled = list(non_empty(sheets))
    if not filled:
        raise RegisterError("empty_file")
    with_headings = [
        sheet for sheet in filled if any(describes_stations(cells) for _, cells in sheet.rows[:LOOKED_ROWS])
    ]
    chosen = (with_headings or filled)[0]
    return chosen, [sheet.name for sheet in with_headings if sheet is not chosen]


def settle_datum(given: Datum | None, headings: Headings, sheet: Sheet) -> Datum | None:
    """The datum of all rows, or None when a column states it; raises RegisterError when nobody states it."""
    word = code_of(DATUMS, sheet.datum_word) if sheet.datum_word else None
    stated = headings.datum or (Datum(word) if word else None)
    if stated and given and stated is not given:
        raise RegisterError("bad_heading_datum", stated=stated.value, given=given.value)
    datum = given or stated
    if datum is None and "datum" not in headings.columns:
        raise RegisterError("datum_needed")
    return datum


def filled_merges(sheet: Sheet, headings: Headings) -> Sheet:
    """The sheet with the content of merged data cells in each of their cells, as the eye reads them."""
    merges = [merge for merge in sheet.merges if merge.first_row > headings.row]
    if not merges:
        return sheet
    rows: dict[int, list[Cell]] = {number: list(cells) for number, cells in sheet.rows}
    left = MERGED_CELL_LIMIT
    for merge in merges:
        source = rows.get(merge.first_row, [])
        value = source[merge.first_column] if merge.first_column < len(source) else None
        for number in sorted(rows.keys() & set(range(merge.first_row, min(merge.last_row, ROW_LIMIT) + 1))):
            filled = slice(merge.first_column, min(merge.last_column + 1, len(rows[number])))
            count = len(rows[number][filled])
            rows[number][filled] = [value] * count
            left -= count
        if left < 0:
            raise RegisterError("too_many_merges", sheet=sheet.name)
    return replace(sheet, rows=tuple((number, tuple(cells)) for number, cells in sorted(rows.items())))


def file_problems(headings: Headings, sheet: Sheet, others: list[str]) -> list[RowProblem]:
    """What is to be said of the file as a whole: columns and sheets not read, merged cells."""
    problems = [RowProblem(headings.row, title, "", "heading_unknown", "warning") for title in headings.unknown]
    for title, used in headings.doubled:
        problems.append(RowProblem(headings.row, title, "", "heading_twice", "warning", {"used": used}))
    if others:
        problems.append(RowProblem(None, "", "", "other_sheets", "warning", {"sheets": "、".join(others)}))
    for merge in sheet.merges:
        if merge.first_row > headings.row:
            title = headings.titles[merge.first_column] if merge.first_column < len(headings.titles) else ""
            facts = {"cells": str(merge)}
            problems.append(RowProblem(merge.first_row, title, "", "merged_data", "warning", facts))
    return problems


def title_of(headings: Headings, field: str) -> str:
    """The heading of a field as written; empty when there is no such column."""
    return headings.titles[headings.columns[field]] if field in headings.columns else ""


def in_wgs84(rows: list[RegisterRow]) -> list[RegisterRow]:
    """Rows with their positions in WGS-84, shifted a datum at a time."""
    moved: dict[int, RegisterRow] = {}
    for datum in Datum:
        of_datum = [row for row in rows if row.datum is datum]
        lon, lat = to_wgs84([row.raw_lon for row in of_datum], [row.raw_lat for row in of_datum], datum)
        for row, east, north in zip(of_datum, lon.tolist(), lat.tolist(), strict=True):
            moved[row.row] = with_position(row, east, north)
    return [moved[row.row] for row in rows]


def outside_city(rows: list[RegisterRow], box: Box | None, headings: Headings) -> list[RowProblem]:
    """A warning for each position outside of the city's box."""
    if box is None:
        return []
    title = title_of(headings, "lon") or title_of(headings, "lonlat")
    problems = []
    for row in rows:
        east = max(box.west - row.lon, row.lon - box.east, 0.0) * float(np.cos(np.radians(row.lat)))
        north = max(box.south - row.lat, row.lat - box.north, 0.0)
        if east or north:
            facts = {"distance_km": float(np.hypot(east, north)) * METRES_PER_DEGREE / 1000}
            value = f"{row.raw_lon}, {row.raw_lat}"
            problems.append(RowProblem(row.row, title, value, "out_of_city", "warning", facts))
    return problems
