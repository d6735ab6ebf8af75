"""`yiquan import …`: the front door for streets, registers, areas and people."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from api.cli.console import PARTLY, REFUSED, Speaker
from api.cli.options import AsJson, CityName, open_city
from geo.datum import Datum
from geo.places.register import register_template
from geo.services.city_import import import_areas, import_streets
from geo.services.demand_import import import_demand
from geo.services.register_import import import_register, list_imports, undo_import
from geo.settings import Settings
from geo.store.import_store import Batch

app = typer.Typer(no_args_is_help=True, help="Bring a city in: streets, register, areas, demand; undo; template.")

SHOWN_PROBLEMS = 20
"""Row problems shown on the screen; the workbook to send back has all of them."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="File to read.")]


@app.command()
def streets(file: File, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Bring in streets, boundaries and hosts from an OSM extract (.osm.pbf).

    Example: yiquan import streets shandong-latest.osm.pbf --city qingdao
    """
    speaker, settings = Speaker(as_json), Settings()
    engine, slug = open_city(settings, city)
    with speaker.progress() as progress:
        report = import_streets(engine, settings, slug, file, progress=progress).to_dict()
    speaker.answer(report, *_street_lines(report))
    speaker.table("Taken", ["what", "count"], report["taken"].items())
    speaker.table("Dropped", ["what", "count"], report["dropped"].items())


def _street_lines(report: dict[str, Any]) -> list[str]:
    if not report["changed"]:
        return ["These streets are in already; nothing was changed."]
    return [f"Streets are in ({report['seconds']:.1f} s). Next: yiquan import register FILE --datum gcj02"]


@app.command()
def register(
    file: File,
    datum: Annotated[
        Datum | None,
        typer.Option(help="Datum of the coordinates. Amap and Tencent picks are gcj02, Baidu's bd09, GPS wgs84."),
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="Network the register is of, by code or Chinese word, e.g. 工会驿站.")
    ] = None,
    default_type: Annotated[
        str, typer.Option("--type", help="Facility type of rows that name none.")
    ] = "union_station",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report everything, change nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="All rows or none. Default: keep the good rows.")] = False,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="The data are made up; every page will say so.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="When the register held: 2025, 2025-01 or 2025-01-17.")
    ] = None,
    problems: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx", help="Write the rows with problems to a workbook to send back.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Bring in a register of facilities: xlsx, csv (any encoding) or GeoJSON.

    Every row that cannot be used is reported with number, column, value and remedy; a file twice changes nothing.

    Example: yiquan import register 驿站.xlsx --datum gcj02 --network 工会驿站 --problems 退回.xlsx
    """
    speaker, settings = Speaker(as_json), Settings()
    engine, slug = open_city(settings, city)
    with speaker.progress() as progress:
        report = import_register(
            engine,
            settings,
            slug,
            file,
            datum=datum or _asked_datum(speaker),
            network=network,
            default_type=default_type,
            dry_run=dry_run,
            strict=strict,
            as_of=as_of,
            synthetic=synthetic or None,
            problem_workbook=problems,
            progress=progress,
        )
    _show_register(speaker, report.to_dict())
    if report.outcome == "refused":
        raise typer.Exit(REFUSED)
    if report.rows_failed:
        raise typer.Exit(PARTLY)


def _asked_datum(speaker: Speaker) -> Datum | None:
    """Ask a person; a script gets the importer's sentence instead, for a datum is never guessed."""
    if speaker.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    speaker.note("Which datum are the coordinates in? A wrong one moves every station by 0.5 to 1.3 km.")
    speaker.note("Picked in Amap or Tencent maps: gcj02. Picked in Baidu maps: bd09. From a GPS device: wgs84.")
    word = typer.prompt("Datum (empty if the file has a datum column)", default="", show_default=False, err=True)
    return Datum(word) if word in set(Datum) else None


VERBS = {"applied": "were", "unchanged": "were", "dry_run": "would be", "refused": "would have been"}


def _show_register(speaker: Speaker, report: dict[str, Any]) -> None:
    lines = [
        f"{report['rows_read']} rows read: {report['rows_added']} {VERBS[report['outcome']]} added, "
        f"{report['rows_changed']} changed, {report['rows_unchanged']} unchanged, {report['rows_failed']} refused."
    ]
    if report["outcome"] == "refused":
        lines.append("With --strict all rows or none: nothing was written.")
    if report.get("batch_id"):
        lines.append(f"Batch {report['batch_id']}; take it back with: yiquan import undo {report['batch_id']}")
    lines.extend(f"Note: {warning}" for warning in report.get("notes", []))
    speaker.answer(report, *lines)
    shown = report["problems"][:SHOWN_PROBLEMS]
    if shown:
        speaker.table(
            f"Problems ({len(shown)} of {len(report['problems'])})",
            ["row", "column", "value", "problem", "remedy"],
            [(row["row"], row["column"], row["value"], row["problem"], row["remedy"]) for row in shown],
        )


@app.command()
def areas(
    file: File,
    level: Annotated[str, typer.Option(help="district or street (镇街).")] = "district",
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Bring in district or street boundaries from GeoJSON, in place of those of the extract.

    Example: yiquan import areas districts.geojson --level district
    """
    speaker, settings = Speaker(as_json), Settings()
    engine, slug = open_city(settings, city)
    report = import_areas(engine, settings, slug, file, level=level).to_dict()
    speaker.answer(
        report,
        f"{report['areas']} areas of level {level} are in." if report["changed"] else "These areas are in already.",
    )


@app.command()
def demand(
    file: File,
    layer: Annotated[str, typer.Option(help="Demand layer: residents, riders, sanitation …")] = "residents",
    column: Annotated[str | None, typer.Option(help="Heading of the column with the people.")] = None,
    by: Annotated[
        str,
        typer.Option(
            help="What a row is: h3 (any resolution), district or street (census, spread along residential streets)."
        ),
    ] = "h3",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="When the figures held: 2020, 2020-11 or 2020-11-01.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Bring in people: a csv by H3 cell, or a census by district spread over cells (an estimate, and labelled so).

    Example: yiquan import demand census.csv --by district --as-of 2020-11-01
    """
    speaker, settings = Speaker(as_json), Settings()
    engine, slug = open_city(settings, city)
    with speaker.progress() as progress:
        report = import_demand(
            engine, settings, slug, file, layer=layer, column=column, by=_row_kind(by), as_of=as_of, progress=progress
        ).as_dict()
    word = "an estimate" if report["is_estimate"] else "as counted"
    speaker.answer(report, f"{report['people']:,.0f} people in {report['cells']:,} cells ({word}: {report['method']}).")


def _row_kind(by: str) -> Literal["h3", "district", "street"]:
    kinds: dict[str, Literal["h3", "district", "street"]] = {"h3": "h3", "district": "district", "street": "street"}
    if by not in kinds:
        raise typer.BadParameter(f"{by!r} is none of h3, district, street", param_hint="--by")
    return kinds[by]


@app.command()
def undo(
    batch: Annotated[int, typer.Argument(metavar="BATCH", help="Number of the import.")],
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Take an import back, exactly.

    Example: yiquan import undo 12
    """
    engine, slug = open_city(Settings(), city)
    report = undo_import(engine, slug, batch).to_dict()
    Speaker(as_json).answer(
        report, f"Import {batch} is taken back: {report['removed']} removed, {report['restored']} restored."
    )


@app.command("list")
def list_(city: CityName = None, as_json: AsJson = False) -> None:
    """
    List the imports of registers, newest first, with the number that undo takes.

    Example: yiquan import list
    """
    engine, slug = open_city(Settings(), city)
    batches = list_imports(engine, slug)
    speaker = Speaker(as_json)
    if as_json:
        speaker.answer({"imports": [asdict(batch) for batch in batches]})
    columns = ["batch", "file", "state", "read", "added", "changed", "refused"]
    speaker.table("Imports", columns, [_batch_cells(batch) for batch in batches])


def _batch_cells(batch: Batch) -> tuple[object, ...]:
    counts = (batch.rows_read, batch.rows_added, batch.rows_changed, batch.rows_failed)
    return batch.batch_id, batch.file_name, batch.status, *counts


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Where to write it.")], as_json: AsJson = False
) -> None:
    """
    Write an empty register to fill in: headings, drop-downs, an example row, notes.

    Example: yiquan import template 登记表.xlsx
    """
    register_template(file)
    Speaker(as_json).answer({"file": str(file)}, f"An empty register is in {file}.")
