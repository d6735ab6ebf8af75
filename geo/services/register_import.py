"""
A register of facilities comes in, and goes out again: one file, one transaction, one batch to undo.

Who is who. A row is the facility that has its code in its network, whatever else has changed; where either side has
no code, name, type and place (to a metre) decide. Rows that describe their door in the same words, position included,
share one site. A site whose facilities all move to the same new description is that site, corrected, and keeps its
number; otherwise the row gets another site. Facilities that look like the same place but are not the same by these
rules are reported, never merged.

What stays. Facilities that the file does not mention stay as they are, and so do plates of other networks, the notes
of keepers, and evidence. The same file a second time changes nothing and leaves no batch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from geo.datum import CHINA_BOX, Datum
from geo.errors import ConflictError
from geo.places.register import RegisterRead, RegisterRow, RowProblem, read_register, write_problem_workbook
from geo.places.vocabulary import NETWORKS, code_of
from geo.progress import Progress, silent
from geo.services.register_checks import Lookalike, district_problems, doubted_datum, heading_of, lookalikes
from geo.services.register_rows import incoming_row, network_of, unique_rows
from geo.services.street_files import NoStreetsYetError, load_current_graph
from geo.settings import Settings
from geo.store import change_store, city_store, facility_store, import_store, source_store
from geo.store.city_store import City
from geo.store.import_store import Batch, IncomingRow, RowError
from geo.store.source_store import Source
from geo.streets.graph import GraphFolderError
from geo.types import Box

APPLIED = "applied"
UNCHANGED = "unchanged"
REFUSED = "refused"
DRY_RUN = "dry_run"

NAMES_SHOWN = 5
"""How many names a note lists before it says how many more there are."""


class RegisterRefusedByDatabaseError(ConflictError):
    """A rule of the database refused a row that looked right."""

    def __init__(self, path: Path, error: IntegrityError) -> None:
        told = getattr(error.orig, "diag", None)
        self.constraint = getattr(told, "constraint_name", None) or f"of column {getattr(told, 'column_name', None)}"
        super().__init__(f"{path.name} breaks the rule {self.constraint} of the database, so nothing of it was taken.")


class ImportUndoneError(ConflictError):
    """The import was taken back before."""

    def __init__(self, batch_id: int) -> None:
        super().__init__(f"Import {batch_id} was taken back already.")
        self.batch_id = batch_id


class LaterImportsError(ConflictError):
    """Later imports changed the same facilities."""

    def __init__(self, batch_id: int, later: dict[int, int]) -> None:
        named = ", ".join(f"import {number} ({count} facilities)" for number, count in later.items())
        last = max(later)
        super().__init__(
            f"Import {batch_id} cannot be taken back, because later imports changed the same facilities: {named}. "
            f"Take import {last} back first."
        )
        self.batch_id = batch_id
        self.later = later


@dataclass
class ImportReport:
    """
    What became of a register.

    `outcome` is `applied`, `unchanged` (the file says what is there already), `refused` (nothing was taken) or
    `dry_run`. `problems` are rows refused (errors) or taken with a doubt (warnings), `candidates` pairs that may be
    the same place.
    """

    file: str
    sha256: str
    city: str
    datum: str | None
    network: str | None
    strict: bool
    dry_run: bool
    encoding: str
    rows_read: int
    outcome: str = REFUSED
    batch_id: int | None = None
    rows_added: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_failed: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    candidates: list[Lookalike] = field(default_factory=list)
    not_in_file: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    marked_synthetic: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "problems": [_plain(problem) for problem in self.problems],
            "candidates": [asdict(pair) for pair in self.candidates],
        }


def _plain(problem: RowProblem) -> dict[str, Any]:
    names = ("row", "column", "value", "severity", "code", "problem", "remedy", "problem_en", "remedy_en")
    return {name: getattr(problem, name) for name in names}


@dataclass(frozen=True)
class UndoReport:
    """What taking an import back did: facilities it had added are gone, facilities it had changed are as before."""

    batch_id: int
    removed: int
    restored: int

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def import_register(
    engine: Engine,
    settings: Settings,
    city_slug: str,
    path: Path,
    *,
    datum: Datum | None = None,
    network: str | None = None,
    default_type: str = "union_station",
    dry_run: bool = False,
    strict: bool = False,
    as_of: str | None = None,
    synthetic: bool | None = None,
    problem_workbook: Path | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """
    Bring a register into a city: good rows are kept, bad ones are reported, or with `strict` all are taken or none.

    Everything happens in one transaction with its batch row, so a killed import leaves nothing. Imports of one city
    run one after the other. A dry run does all the work and then throws it away, so its report is the real one.

    Parameters
    ----------
    datum
        Datum of the coordinates, where the file does not say it; it is never guessed.
    network
        Network the register is of, by code or Chinese word.
    as_of
        When the register held, as precisely as known: 2025, 2025-01 or 2025-01-17.
    synthetic
        The data are made up, and every page will say so. None: as the city is.
    problem_workbook
        Where to write the rows with problems, to send back to who made the file.

    Raises
    ------
    InputError
        The file cannot be read as a register at all.
    CityNotFoundError
        There is no such city.
    """
    progress("reading the register")
    read = read_register(
        path,
        datum=datum,
        network=network,
        default_type=default_type,
        home_box=home_box(engine, settings, city_slug),
    )
    report = ImportReport(
        file=path.name,
        sha256=read.sha256,
        city=city_slug,
        datum=read.datum,
        network=code_of(NETWORKS, network) if network else None,
        strict=strict,
        dry_run=dry_run,
        encoding=read.encoding,
        rows_read=read.rows_read,
    )
    with engine.connect() as connection, connection.begin() as transaction:
        city = city_store.city_by_slug(connection, city_slug)
        city_store.lock_city(connection, city.city_id)
        made_up = city.is_synthetic if synthetic is None else synthetic
        try:
            _bring_in(connection, settings, city, read, report, as_of=as_of, synthetic=made_up, progress=progress)
        except IntegrityError as error:
            raise RegisterRefusedByDatabaseError(path, error) from error
        if report.outcome != APPLIED:
            transaction.rollback()
    if problem_workbook is not None:
        write_problem_workbook(replace(read, problems=report.problems), problem_workbook)
    return report


HOME_MARGIN_DEG = 1.0
"""How far from the streets of a city (in degrees) a position may lie to be one of its stations at all."""


def home_box(engine: Engine, settings: Settings, city_slug: str) -> Box:
    """
    Where the positions of a city's register can lie: anywhere in China, or around the streets of a city elsewhere.

    China as a whole, because a register may come before the streets, and often has a few rows of a neighbouring city.
    """
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        try:
            graph = load_current_graph(connection, settings, city, "walk")
        except (NoStreetsYetError, GraphFolderError):
            return CHINA_BOX
    west, east = float(graph.node_lon.min()), float(graph.node_lon.max())
    south, north = float(graph.node_lat.min()), float(graph.node_lat.max())
    return home_around(Box(west, south, east, north))


def home_around(streets: Box) -> Box:
    """The same for a city whose streets lie in a box."""
    west, south, east, north = streets
    if CHINA_BOX.west < (west + east) / 2 < CHINA_BOX.east and CHINA_BOX.south < (south + north) / 2 < CHINA_BOX.north:
        return CHINA_BOX
    return Box(west - HOME_MARGIN_DEG, south - HOME_MARGIN_DEG, east + HOME_MARGIN_DEG, north + HOME_MARGIN_DEG)


def _bring_in(
    connection: Connection,
    settings: Settings,
    city: City,
    read: RegisterRead,
    report: ImportReport,
    *,
    as_of: str | None,
    synthetic: bool,
    progress: Progress,
) -> None:
    """Do the work in the caller's transaction, and say in the report how it went and whether it is to stay."""
    rows, twice = unique_rows(read.rows)
    report.problems = [*read.problems, *twice]
    report.rows_failed = len({problem.row for problem in report.problems if problem.severity == "error"})

    progress("comparing with what is there")
    change_store.prepare(connection)
    fates = import_store.stage(connection, city.city_id, _incoming(connection, city, rows, synthetic))
    report.rows_added, report.rows_changed, report.rows_unchanged = fates["added"], fates["changed"], fates["unchanged"]
    report.outcome = _outcome(report)

    if fates["added"] or fates["changed"]:
        progress("writing facilities")
        report.batch_id = _write(connection, city, read, report, as_of=as_of, synthetic=synthetic)

    progress("checking")
    heading = heading_of(read, "district")
    report.problems += district_problems(import_store.placed_rows(connection), rows, district_heading=heading)
    report.candidates = lookalikes(connection, city)
    networks = sorted({network_of(row) for row in rows})
    report.not_in_file = import_store.not_in_register(connection, city.city_id, networks)
    report.notes = [*_notes(report), *filter(None, [doubted_datum(connection, settings, city, rows)])]

    if report.outcome == APPLIED:
        _close(connection, city, report)
    else:
        _forget(report)


def _incoming(connection: Connection, city: City, rows: list[RegisterRow], synthetic: bool) -> list[IncomingRow]:
    org_ids = import_store.ensure_orgs(connection, city.city_id, {row.org for row in rows if row.org})
    return [incoming_row(row, synthetic=synthetic, org_ids=org_ids) for row in rows]


def _outcome(report: ImportReport) -> str:
    """What becomes of the transaction; only `applied` stays."""
    if report.dry_run:
        return DRY_RUN
    if report.strict and report.rows_failed:
        return REFUSED
    if not report.rows_added and not report.rows_changed:
        return UNCHANGED if report.rows_unchanged else REFUSED
    return APPLIED


def _write(
    connection: Connection, city: City, read: RegisterRead, report: ImportReport, *, as_of: str | None, synthetic: bool
) -> int:
    """Write the staged rows under a batch of their own; returns its number."""
    document = Source(kind="register", name=report.file, as_of=as_of, sha256=read.sha256)
    source_id = source_store.ensure_source(connection, city.city_id, document)
    batch_id = import_store.open_batch(
        connection,
        city.city_id,
        kind="register",
        file_name=report.file,
        sha256=read.sha256,
        datum=report.datum,
        network_code=report.network,
        strict=report.strict,
        source_id=source_id,
    )
    import_store.list_changes(connection, city.city_id, batch_id=batch_id, source_id=source_id)
    change_store.write(connection, city.city_id, batch_id, actor="import")
    facility_store.assign_areas(connection, city.city_id)
    if synthetic and not city.is_synthetic:
        city_store.set_synthetic(connection, city.city_id, True)
        report.marked_synthetic = True
    return batch_id


def _close(connection: Connection, city: City, report: ImportReport) -> None:
    """Write down how the import went, and tell the snapshot that the facts have changed."""
    batch_id = report.batch_id
    assert batch_id is not None
    errors = [
        RowError(one.row, one.column or None, one.value or None, one.problem, one.remedy, one.severity)
        for one in report.problems
    ]
    import_store.add_row_errors(connection, batch_id, errors)
    import_store.close_batch(
        connection,
        batch_id,
        rows_read=report.rows_read,
        rows_added=report.rows_added,
        rows_changed=report.rows_changed,
        rows_unchanged=report.rows_unchanged,
        rows_failed=report.rows_failed,
        report={"notes": report.notes, "marked_synthetic": report.marked_synthetic, "encoding": report.encoding},
    )
    city_store.bump_revision(connection, city.city_id)


def _forget(report: ImportReport) -> None:
    """Take back what the report says of a transaction that does not stay; a dry run's counts are what would happen."""
    report.batch_id = None
    if report.outcome == REFUSED:
        report.rows_added = report.rows_changed = 0


def _notes(report: ImportReport) -> list[str]:
    """What a person should know beyond the counts, in whole sentences."""
    notes = []
    if report.outcome == UNCHANGED:
        notes.append(
            f"Nothing has changed: all {report.rows_unchanged} stations are as this file describes them already."
        )
    if report.outcome == DRY_RUN:
        notes.append("This was a dry run: nothing was changed.")
    if report.outcome == REFUSED and report.strict and report.rows_failed:
        notes.append(f"Nothing was taken: {report.rows_failed} rows have errors, and strict takes all rows or none.")
    elif report.outcome == REFUSED:
        notes.append("Nothing was taken: no row can be used.")
    if report.not_in_file:
        shown, more = report.not_in_file[:NAMES_SHOWN], len(report.not_in_file) - NAMES_SHOWN
        listed = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
        notes.append(
            f"{len(report.not_in_file)} stations of this network are not among the good rows of the file and stay as "
            f"they are: {listed}."
        )
    doubles = sum(pair.duplicate for pair in report.candidates)
    if doubles:
        notes.append(f"{doubles} pairs of stations may be the same place; nothing was merged.")
    return notes


def undo_import(engine: Engine, city_slug: str, batch_id: int) -> UndoReport:
    """
    Take an import back: what it added goes, what it changed is to the letter what it was before.

    Raises
    ------
    BatchNotFoundError
        The city has no such import.
    ImportUndoneError, LaterImportsError
        It was taken back before, or later imports changed the same facilities.
    """
    with engine.begin() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        city_store.lock_city(connection, city.city_id)
        batch = import_store.get_batch(connection, city.city_id, batch_id)
        if batch.status == "undone":
            raise ImportUndoneError(batch_id)
        later = change_store.later_changes(connection, batch_id)
        if later:
            raise LaterImportsError(batch_id, later)
        change_store.prepare(connection)
        change_store.turn_round(connection, batch_id)
        change_store.write(connection, city.city_id, batch_id, actor=change_store.UNDO)
        facility_store.assign_areas(connection, city.city_id)
        if batch.report.get("marked_synthetic"):
            city_store.set_synthetic(connection, city.city_id, False)
        import_store.mark_undone(connection, batch_id)
        city_store.bump_revision(connection, city.city_id)
        done = change_store.counts(connection)
    return UndoReport(batch_id, removed=done["delete"], restored=done["update"])


def list_imports(engine: Engine, city_slug: str) -> list[Batch]:
    """The imports of a city, newest first; raises CityNotFoundError."""
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        return import_store.list_batches(connection, city.city_id)
