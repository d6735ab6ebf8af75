"""
Reading one workbook in a process of its own, which may be killed without loss.

Run as a script with the path of an .xlsx file; writes one JSON object to standard output: the sheets, or why not.
Before openpyxl sees anything, the archive's directory is checked, then every sheet is scanned by the streaming XML
parser, which counts what is there without keeping it. Files of less than one megabyte are known that cost openpyxl a
minute or 600 MB.

Imports nothing of this project at run time: it starts isolated, with the limits set before anything else is loaded.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MEMORY_LIMIT_BYTES = 1024 * 2**20
CPU_LIMIT_S = 20

UNPACKED_LIMIT_BYTES = 50 * 2**20
RATIO_LIMIT = 100
RATIO_APPLIES_BYTES = 2**20
"""Small members may be packed as tightly as they like."""
MEMBER_LIMIT = 1000

ROW_LIMIT = 20_000
COLUMN_LIMIT = 64
CELL_LIMIT_CHARS = 2_000
SCANNED_CELL_LIMIT = ROW_LIMIT * COLUMN_LIMIT
PART_ELEMENT_LIMIT = 200_000
"""Elements of any part that is no sheet: styles by the hundred thousand cost openpyxl minutes."""
TEXT_LIMIT_CHARS = 20_000_000
SHEET_LIMIT = 20
MERGE_LIMIT = 1_000


class RefusedError(Exception):
    """A workbook that is not read, with the code of the message and its facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass
class Scan:
    """What the streaming parser saw of one sheet."""

    name: str
    last_row: int = 0
    last_column: int = 0
    cells: int = 0
    merges: list[list[int]] = field(default_factory=list)
    formulas: list[list[int]] = field(default_factory=list)


def main(path: str) -> None:
    """Read a workbook and print what it holds."""
    limit_process()
    try:
        answer: dict[str, Any] = {"sheets": read_workbook(path)}
    except RefusedError as refused:
        answer = {"error": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"error": "took_too_long", "facts": {}}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())


def limit_process() -> None:
    """Let the system stop this process when it wants too much; where the system cannot, the parent's clock remains."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_workbook(path: str) -> list[dict[str, Any]]:
    """The sheets of a workbook that hold something; raises RefusedError."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive)
            scans = [scan_sheet(archive, name, member) for name, member in sheet_members(archive)]
            check_parts(archive)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, zlib.error) as error:
        raise RefusedError("damaged_workbook", detail=str(error)[:80]) from None
    except expat.ExpatError as error:
        raise RefusedError("damaged_workbook", detail=str(error)[:80]) from None
    return values_of(path, scans)


def check_members(archive: zipfile.ZipFile) -> None:
    """Refuse archives that unpack too big or hold what no workbook holds."""
    members = archive.infolist()
    if len(members) > MEMBER_LIMIT:
        raise RefusedError("strange_member", member=f"{len(members)} files")
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names:
        raise RefusedError("unknown_format", what="zip")
    total = 0
    for member in members:
        total += member.file_size
        ratio = member.file_size / max(1, member.compress_size)
        if total > UNPACKED_LIMIT_BYTES:
            detail = f"{total / 2**20:.0f} MB > {UNPACKED_LIMIT_BYTES // 2**20} MB"
            raise RefusedError("unpacks_too_big", member=member.filename[:80], detail=detail)
        if member.file_size > RATIO_APPLIES_BYTES and ratio > RATIO_LIMIT:
            raise RefusedError("unpacks_too_big", member=member.filename[:80], detail=f"{ratio:.0f}:1")
        odd_name = member.filename.startswith(("/", "\\")) or ".." in member.filename.split("/")
        symlink = (member.external_attr >> 16) & 0o170000 == 0o120000
        if odd_name or symlink or member.flag_bits & 0x1:
            raise RefusedError("strange_member", member=member.filename[:80])


def check_parts(archive: zipfile.ZipFile) -> None:
    """Refuse entities and masses of elements in any part that openpyxl may read beside the sheets."""
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")) and not name.startswith("xl/worksheets/sheet"):
            check_part(archive, name)


def check_part(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse one part that holds entities or too many elements; shared strings may be as many as cells."""
    limit = SCANNED_CELL_LIMIT if name.endswith("sharedStrings.xml") else PART_ELEMENT_LIMIT
    seen = 0

    def count(tag: str, _: dict[str, str]) -> None:
        nonlocal seen
        seen += tag != "t"
        if seen > limit:
            raise RefusedError("unpacks_too_big", member=name[:80], detail=f"> {limit} elements")

    stream(archive, name, count)


def sheet_members(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Name and archive member of each visible sheet, in order."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            joined = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            targets[attributes.get("Id", "")] = posixpath.normpath(joined)

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet" and attributes.get("state", "visible") == "visible":
            key = next((value for name, value in attributes.items() if name.split(":")[-1] == "id"), "")
            sheets.append((attributes.get("name", ""), key))

    stream(archive, "xl/_rels/workbook.xml.rels", relation)
    stream(archive, "xl/workbook.xml", sheet)
    names = set(archive.namelist())
    return [(name, targets[key]) for name, key in sheets[:SHEET_LIMIT] if targets.get(key) in names]


def stream(archive: zipfile.ZipFile, member: str, on_start: Any, on_text: Any = None, on_end: Any = None) -> None:
    """Run the streaming parser over one member; declarations of entities end it."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise RefusedError("entities", member=member)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: on_start(tag.split(":")[-1], attributes)
    if on_text:
        parser.CharacterDataHandler = on_text
    if on_end:
        parser.EndElementHandler = lambda tag: on_end(tag.split(":")[-1])
    if member not in archive.namelist():
        raise RefusedError("damaged_workbook", detail=member)
    with archive.open(member) as file:
        parser.ParseFile(file)


class SheetScanner:
    """The handlers that watch one sheet go by."""

    def __init__(self, name: str) -> None:
        self.scan = Scan(name)
        self.row = self.column = 0
        self.in_value = False
        self.length = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """See an element begin."""
        if tag == "c":
            self.see_cell(attributes.get("r", ""))
        elif tag == "row":
            self.row = int(attributes["r"]) if attributes.get("r", "").isdigit() else self.row + 1
            self.column = 0
        elif tag in ("v", "t"):
            self.in_value, self.length = True, 0
        elif tag == "f":
            self.see_value()
            self.scan.formulas.append([self.row, self.column - 1])
        elif tag == "mergeCell":
            self.see_merge(attributes.get("ref", ""))

    def text(self, characters: str) -> None:
        """See text go by; only its length matters here."""
        if self.in_value and characters.strip():
            self.length += len(characters)
            if self.length == len(characters):
                self.see_value()
            if self.length > CELL_LIMIT_CHARS:
                cell = f"{letters(self.column - 1)}{self.row}"
                raise RefusedError("long_cell", sheet=self.scan.name, cell=cell, limit=CELL_LIMIT_CHARS)

    def end(self, tag: str) -> None:
        """See an element end."""
        if tag in ("v", "t"):
            self.in_value = False

    def see_cell(self, reference: str) -> None:
        """A cell, empty or not."""
        self.column += 1
        match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", reference)
        if match:
            self.column, self.row = number_of(match[1]) + 1, int(match[2])
        self.scan.cells += 1
        if self.scan.cells > SCANNED_CELL_LIMIT:
            raise RefusedError("too_many_cells", sheet=self.scan.name, limit=SCANNED_CELL_LIMIT)

    def see_value(self) -> None:
        """A cell that holds something."""
        scan, cell = self.scan, f"{letters(self.column - 1)}{self.row}"
        if self.row > ROW_LIMIT:
            raise RefusedError("too_many_rows", sheet=scan.name, row=self.row, cell=cell, limit=ROW_LIMIT)
        if self.column > COLUMN_LIMIT:
            raise RefusedError("too_many_columns", sheet=scan.name, cell=cell, limit=COLUMN_LIMIT)
        scan.last_row, scan.last_column = max(scan.last_row, self.row), max(scan.last_column, self.column)

    def see_merge(self, reference: str) -> None:
        """A block of merged cells."""
        match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})", reference)
        if len(self.scan.merges) >= MERGE_LIMIT:
            raise RefusedError("too_many_merges", sheet=self.scan.name, limit=MERGE_LIMIT)
        if match:
            self.scan.merges.append([int(match[2]), number_of(match[1]), int(match[4]), number_of(match[3])])


def scan_sheet(archive: zipfile.ZipFile, name: str, member: str) -> Scan:
    """Count what a sheet holds, without keeping it; raises RefusedError at the first limit."""
    scanner = SheetScanner(name)
    stream(archive, member, scanner.start, scanner.text, scanner.end)
    return scanner.scan


def values_of(path: str, scans: list[Scan]) -> list[dict[str, Any]]:
    """The cells of every sheet that holds something, read by openpyxl within the bounds that the scan found."""
    from openpyxl import load_workbook  # after the limits are set

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheets = [
            {
                "name": scan.name,
                "rows": rows_of(book[scan.name], scan),
                "merges": scan.merges,
                "formulas": scan.formulas,
            }
            for scan in scans
            if scan.last_row
        ]
    except RefusedError:
        raise
    except MemoryError:
        raise RefusedError("took_too_long") from None
    except Exception as error:
        # openpyxl raises whatever a malformed part makes it raise; to the keeper it is one thing
        raise RefusedError("damaged_workbook", detail=f"{type(error).__name__}: {error}"[:80]) from None
    return sheets


def rows_of(sheet: Any, scan: Scan) -> list[list[Any]]:
    """Row number and cells of the rows that hold something."""
    rows = []
    total = 0
    bounds = {"max_row": scan.last_row, "max_col": scan.last_column}
    for number, cells in enumerate(sheet.iter_rows(min_row=1, **bounds, values_only=True), 1):
        values = [plain(cell) for cell in cells]
        for column, value in enumerate(values):
            if isinstance(value, str):
                total += len(value)
                if len(value) > CELL_LIMIT_CHARS:
                    cell = f"{letters(column)}{number}"
                    raise RefusedError("long_cell", sheet=scan.name, cell=cell, limit=CELL_LIMIT_CHARS)
        if total > TEXT_LIMIT_CHARS:
            raise RefusedError("too_much_text", limit=TEXT_LIMIT_CHARS)
        if any(value not in (None, "") for value in values):
            rows.append([number, values])
    return rows


def plain(value: Any) -> Any:
    """A cell as JSON can carry it: dates and times as text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def letters(column: int) -> str:
    """The letters of a column, counted from 0."""
    name = ""
    column += 1
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def number_of(name: str) -> int:
    """The number of a column, counted from 0."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number - 1


if __name__ == "__main__":
    main(sys.argv[1])
