"""
Files opened with suspicion: workbooks, delimited text and GeoJSON become plain sheets of cells, or one clear refusal.

Nothing a stranger sends may cost more than a bounded amount. Sizes are checked before anything is unpacked, a
workbook is read in a child process that the system stops when it wants too much memory or time, and the first limit
met ends it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geo.places.register import workbook_child
from geo.places.register.messages import RegisterError
from geo.places.register.records import Cell

FILE_LIMIT_BYTES: Final = 5 * 2**20
ROW_LIMIT: Final = workbook_child.ROW_LIMIT
COLUMN_LIMIT: Final = workbook_child.COLUMN_LIMIT
CELL_LIMIT_CHARS: Final = workbook_child.CELL_LIMIT_CHARS
CHILD_LIMIT_S: Final = 60
"""Wall-clock seconds for the child; its processor time is limited by the system."""

DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Merge:
    """A block of merged cells; rows as the spreadsheet counts them, columns from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first = f"{column_letters(self.first_column)}{self.first_row}"
        return f"{first}:{column_letters(self.last_column)}{self.last_row}"


@dataclass(frozen=True)
class Sheet:
    """One table of cells with the row numbers a person sees."""

    name: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    encoding: str
    delimiter: str = ""
    merges: tuple[Merge, ...] = ()
    formulas: frozenset[tuple[int, int]] = frozenset()
    """Row number and column of cells that are formulas."""
    ragged: bool = False
    """Whether a row shorter or longer than the headings is damage rather than habit."""
    datum_word: str = ""
    """The coordinate system the file itself names."""


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet of a file that holds something; raises RegisterError for what cannot or should not be read."""
    content = read_content(path)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_workbook(path)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise RegisterError("old_excel")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise RegisterError("damaged_workbook", detail="not a zip archive")
    refuse_other_formats(content)
    text, encoding = decode(content)
    if text.lstrip().startswith(("{", "[")):
        return [read_geojson(text, encoding)]
    if text.lstrip()[:200].lower().startswith(("<html", "<!doctype", "<table", "<?xml")):
        raise RegisterError("unknown_format", what="HTML/XML")
    return [read_delimited(text, encoding)]


def read_content(path: Path) -> bytes:
    """The bytes of a file within the size limit."""
    if not path.is_file():
        raise RegisterError("missing_file", name=path.name)
    size = path.stat().st_size
    if size == 0:
        raise RegisterError("empty_file")
    if size > FILE_LIMIT_BYTES:
        raise RegisterError("too_big", size_mb=size / 2**20, limit_mb=FILE_LIMIT_BYTES // 2**20)
    return path.read_bytes()


def refuse_other_formats(content: bytes) -> None:
    """Refuse what is surely no text: pictures, documents, archives."""
    for magic, what in (
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x1f\x8b", "gzip"),
        (b"Rar!", "RAR"),
        (b"7z\xbc\xaf", "7z"),
        (b"SQLite format 3", "SQLite"),
    ):
        if content.startswith(magic):
            raise RegisterError("unknown_format", what=what)


# text


def decode(content: bytes) -> tuple[str, str]:
    """Text and its encoding, found from its bytes: UTF-8 with or without BOM, UTF-16, GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return decoded(content, "utf-16"), "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return decoded(content, "utf-8-sig"), "utf-8-sig"
    if b"\x00" in content[:4000]:
        little = content[1:4000:2].count(0) > content[0:4000:2].count(0)
        return decoded(content, "utf-16-le" if little else "utf-16-be"), "utf-16"
    try:
        return checked_text(content.decode("utf-8")), "utf-8"
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise RegisterError("cut_off", row=content.count(b"\n") + 1) from None
    return decoded(content, "gb18030"), "gb18030"


def decoded(content: bytes, encoding: str) -> str:
    """Text in an encoding that the bytes promise; raises RegisterError where they break the promise."""
    try:
        return checked_text(content.decode(encoding))
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        ends = error.reason in ("incomplete multibyte sequence", "truncated data", "unexpected end of data")
        raise RegisterError("cut_off" if ends else "unknown_encoding", row=row) from None


def checked_text(text: str) -> str:
    """A text without control characters, which no table holds; they show a wrong encoding or a binary file."""
    # GB18030 finds a character for nearly any bytes; those outside of every script betray that it was not GB18030
    strange = re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ue000-\uf8ff]", text)
    if strange:
        raise RegisterError("unknown_encoding", row=text.count("\n", 0, strange.start()) + 1)
    lost = text.find("\ufffd")
    if lost >= 0:
        row = text.count("\n", 0, lost) + 1
        raise RegisterError("mojibake", row=row, sample=text[max(0, lost - 10) : lost + 10].replace("\n", " "))
    return text


def read_delimited(text: str, encoding: str) -> Sheet:
    """Text with separators, each record a row as a spreadsheet would number it."""
    delimiter = max(DELIMITERS, key=lambda mark: separated(text, mark))
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, total = 0, 0
    try:
        for number, record in enumerate(reader, 1):
            total += check_record(number, record)
            if any(cell.strip() for cell in record):
                rows.append((number, tuple(cell if cell.strip() else None for cell in record)))
    except csv.Error as error:
        ends = "unexpected end of data" in str(error)
        raise RegisterError("cut_off" if ends else "bad_csv", row=number + 1) from None
    return Sheet("csv", tuple(rows), encoding, delimiter, ragged=True)


def separated(text: str, delimiter: str) -> int:
    """How often a separator splits the first lines, counted outside of quotation marks."""
    head = "\n".join(text.splitlines()[:15])
    return re.sub(r'"[^"]*"', "", head).count(delimiter)


def check_record(number: int, record: list[str]) -> int:
    """The characters of a record; raises RegisterError when it is beyond a limit."""
    if len(record) > COLUMN_LIMIT:
        raise RegisterError(
            "too_many_columns", sheet="csv", cell=f"{column_letters(len(record) - 1)}{number}", limit=COLUMN_LIMIT
        )
    longest = max(map(len, record), default=0)
    if longest > CELL_LIMIT_CHARS:
        column = next(column for column, cell in enumerate(record) if len(cell) == longest)
        raise RegisterError("long_cell", sheet="csv", cell=f"{column_letters(column)}{number}", limit=CELL_LIMIT_CHARS)
    if number > ROW_LIMIT and any(record):
        raise RegisterError("too_many_rows", sheet="csv", row=number, cell=f"A{number}", limit=ROW_LIMIT)
    return sum(map(len, record))


# GeoJSON


def read_geojson(text: str, encoding: str) -> Sheet:
    """A collection of points: properties are columns, the position two more, the feature's place its row number."""
    try:
        document = json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(text.rstrip()) - 1
        raise RegisterError("cut_off" if ends else "bad_json", row=error.lineno, detail=error.msg) from None
    except (RecursionError, ValueError) as error:
        raise RegisterError("bad_json", row=1, detail=str(error)[:80]) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise RegisterError("not_points")
    if len(features) > ROW_LIMIT:
        raise RegisterError("too_many_rows", sheet="GeoJSON", row=len(features), cell="features", limit=ROW_LIMIT)
    titles = property_names(features)
    rows = [(number, feature_cells(feature, titles)) for number, feature in enumerate(features, 1)]
    for number, cells in rows:
        check_record(number, ["" if cell is None else str(cell) for cell in cells])
    return Sheet("GeoJSON", ((0, (*titles, "lon", "lat")), *rows), encoding, datum_word=crs_word(document))


def refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(f"{name} is no JSON number")


def property_names(features: list[dict[str, Any]]) -> tuple[str, ...]:
    """
    The names of properties in the order met, without columns that would repeat the geometry.

    The most common ones when there are more than columns may be: exports of OpenStreetMap have a property for every tag
    that any of their features bears.
    """
    counts = Counter(str(name) for feature in features for name in feature.get("properties") or {})
    kept = {name for name, _ in counts.most_common(COLUMN_LIMIT - 2)}
    geometry = ("lon", "lat", "lng", "longitude", "latitude", "x", "y")
    return tuple(name for name in counts if name in kept and name.lower() not in geometry)


def feature_cells(feature: dict[str, Any], titles: tuple[str, ...]) -> tuple[Cell, ...]:
    """The cells of one feature; a feature that is no point has no position."""
    properties = feature.get("properties") or {}
    geometry = feature.get("geometry") or {}
    position = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if not isinstance(position, list) or len(position) < 2:
        position = [None, None]
    values = [properties.get(title) if isinstance(properties, dict) else None for title in titles]
    return tuple(plain(value) for value in [*values, position[0], position[1]])


def plain(value: object) -> Cell:
    """A JSON value as a cell: lists as words with a comma, whatever else is nested as its text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def crs_word(document: dict[str, Any]) -> str:
    """The coordinate system that the old `crs` member names, as a word the vocabulary of datums knows."""
    crs = document.get("crs")
    name = str((crs.get("properties") or {}).get("name", "")) if isinstance(crs, dict) else ""
    if "CRS84" in name or name.endswith("4326"):
        return "wgs84"
    return "cgcs2000" if name.endswith("4490") else ""


# workbooks


def read_workbook(path: Path) -> list[Sheet]:
    """The sheets of an xlsx file, read by a child process; raises RegisterError with what the child found."""
    answer = ask_child(path)
    if "error" in answer:
        raise RegisterError(answer["error"], **answer["facts"])
    return [
        Sheet(
            name=sheet["name"],
            rows=tuple((number, tuple(cells)) for number, cells in sheet["rows"]),
            encoding="xlsx",
            merges=tuple(Merge(*merge) for merge in sheet["merges"]),
            formulas=frozenset((row, column) for row, column in sheet["formulas"]),
        )
        for sheet in answer["sheets"]
    ]


def ask_child(path: Path) -> dict[str, Any]:
    """What the child process says of a workbook; raises RegisterError when it was stopped."""
    # -I: no site customisation and no user packages; the script needs openpyxl and nothing of ours
    command = [sys.executable, "-I", workbook_child.__file__, str(path.resolve())]
    # one thread each: the address space that numerical libraries reserve per thread would meet the limit
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP")}
    try:
        done = subprocess.run(command, capture_output=True, timeout=CHILD_LIMIT_S, env=quiet | threads, check=False)
    except subprocess.TimeoutExpired:
        raise RegisterError("took_too_long") from None
    if done.returncode != 0 or not done.stdout:
        raise RegisterError("took_too_long")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def column_letters(column: int) -> str:
    """The letters a spreadsheet gives a column, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def non_empty(sheets: list[Sheet]) -> Iterator[Sheet]:
    """The sheets that hold something."""
    return (sheet for sheet in sheets if sheet.rows)
