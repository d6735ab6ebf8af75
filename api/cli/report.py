"""`yiquan report`: a coverage question as a file to sign, to send or to open in a GIS."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.question import asks_question
from geo.coverage.question import Question
from geo.errors import InputError
from geo.services.planner_report import report_on
from geo.services.runs import run_of_question
from geo.services.scenario_report import scenario_part


class Form(StrEnum):
    """The forms of a report; those of `web_map.report.render.FORMS`, which a test holds."""

    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    GPKG = "gpkg"
    PNG = "png"


class Language(StrEnum):
    """The languages of a report."""

    ZH = "zh"
    EN = "en"


class Size(StrEnum):
    """The sizes of a picture."""

    SMALL = "small"
    LARGE = "large"


class OutFileError(InputError):
    """The report cannot be written where it was asked for."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The report cannot be written to {path} ({reason}); name a file in a folder that exists.")


@asks_question()
def report(
    question: Question,
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: a name made from city and question.")
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", help="Default: as the file ends, else html.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of the report.")] = Language.ZH,
    scenario: Annotated[
        str | None, typer.Option(help="Code of a kept scenario, told before and after; it brings its own question.")
    ] = None,
    size: Annotated[Size, typer.Option(help="Size of a png: for a screen, or for print.")] = Size.SMALL,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Write a planner's report: one-file page, PDF, Excel, GeoPackage or picture.

    Example: yiquan report --mode walk --minutes 10 --type 工会驿站 --out 覆盖报告.pdf
    """
    from web_map.report.render import rendered

    speaker = Speaker(as_json)
    chosen = form or _form_of(out)
    if scenario is not None:
        _require_scenario_alone(question)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        part = None if scenario is None else scenario_part(engine, snapshot, scenario)
        asked = question if part is None else part.question
        run_id = run_of_question(engine, snapshot, asked)
        content = report_on(snapshot, asked, scenario=part, run_id=run_id, progress=progress)
        progress("writing the report")
        file = rendered(content, chosen, lang, size=size)
    path = out or Path(file.file_name)
    try:
        path.write_bytes(file.body)
    except OSError as error:
        raise OutFileError(path, error.strerror or type(error).__name__) from error
    facts = {"file": str(path), "format": chosen, "lang": lang, "bytes": len(file.body), "snapshot": snapshot.id}
    hashes = {"input_hash": content.answered.input_hash, "result_hash": content.answered.result_hash}
    share = content.document["people"]["share"]
    speaker.answer(facts | hashes, f"{path}: {len(file.body):,} bytes, {share:.1%} of the people covered.")


def _require_scenario_alone(question: Question) -> None:
    """Refuse a question beside the one a scenario brings."""
    if question != Question():
        raise InputError("A scenario brings its own question; leave out --scenario, or the options of the question.")


def _form_of(out: Path | None) -> Form:
    """The form a file's ending asks for; a page where it asks for none."""
    ending = out.suffix.removeprefix(".").lower() if out is not None else ""
    return Form(ending) if ending in set(Form) else Form.HTML
