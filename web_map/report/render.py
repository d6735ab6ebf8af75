"""One door to every form of a report: the service and the command line ask here, and get the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geo.services.planner_report import PlannerReport
from web_map.report.html import html_of
from web_map.report.pdf import pdf_of
from web_map.report.picture import SIZES, picture_of
from web_map.report.tables import gpkg_of, xlsx_of

Render = Callable[[PlannerReport, str], bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a report: its media type, and whether browsers show it themselves."""

    media_type: str
    is_shown: bool


FORMS: Mapping[str, Form] = {
    "html": Form("text/html; charset=utf-8", is_shown=True),
    "pdf": Form("application/pdf", is_shown=True),
    "xlsx": Form("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", is_shown=False),
    "gpkg": Form("application/geopackage+sqlite3", is_shown=False),
    "png": Form("image/png", is_shown=True),
}
"""The forms by the ending of their files."""

_RENDER: Mapping[str, Render] = {"pdf": pdf_of, "xlsx": xlsx_of, "gpkg": gpkg_of}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A report in one form. `policy` is that of a page, None for anything else."""

    body: bytes
    file_name: str
    policy: str | None = None


def rendered(report: PlannerReport, form: str, lang: str, *, size: str = "small") -> Rendered:
    """
    A report as a file: html, pdf, xlsx, gpkg, or png in one of `SIZES`.

    Raises
    ------
    UnknownLanguageError
        There is no such language.
    """
    name = file_name(report, form, lang)
    if form == "html":
        page, policy = html_of(report, lang)
        return Rendered(page, name, policy)
    if form == "png":
        return Rendered(picture_of(report, lang, size), name)
    return Rendered(_RENDER[form](report, lang), name)


def file_name(report: PlannerReport, form: str, lang: str) -> str:
    """What the file is called, in plain letters: city, mode, limit, day of the facts, code of a scenario."""
    question, scenario = report.question, report.scenario
    asked = (question.mode, f"{question.minutes:g}min", f"{report.as_of:%Y%m%d}")
    parts = ("yiquan", report.snapshot.city.slug, *asked, *([] if scenario is None else [scenario.code]))
    return f"{'-'.join(parts)}-{lang}.{form}"


__all__ = ["FORMS", "SIZES", "Form", "Rendered", "file_name", "rendered"]
