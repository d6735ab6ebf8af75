"""A planner's report on one coverage question: a page, a PDF, a workbook, a GeoPackage or a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastapi import APIRouter, Request, Response

from api.dependencies import HolderDep, ServedDep
from api.errors import ParameterError
from api.languages import LANGUAGES, language_of
from api.parameters import Parameter, ParameterTable, choice
from api.report_desk import ReportDesk
from api.responses import REVALIDATE, body_answer, unchanged, weak_tag
from api.routers.coverage import ONE_QUESTION, question_of
from api.routers.scenarios import CODE_SCHEMA, code_text
from api.schemas.answers import answers_in
from api.served import Served
from api.version import product_version
from geo.coverage.question import Question
from geo.errors import NotFoundError, UnavailableError
from geo.services.runs import run_of_question
from geo.services.scenario_report import ScenarioPart, scenario_part
from geo.snapshot.holder import SnapshotHolder
from web_map.report.render import FORMS, SIZES, Rendered

router = APIRouter(tags=["coverage"])

FORMAT = Parameter("format", choice(*FORMS), {"type": "string", "enum": list(FORMS)}, "The form of the report.", "html")
LANG = Parameter(
    "lang",
    choice(*LANGUAGES),
    {"type": "string", "enum": list(LANGUAGES)},
    "The language of the report. Left out: that of the client, else Chinese.",
)
SIZE = Parameter(
    "size",
    choice(*SIZES),
    {"type": "string", "enum": list(SIZES)},
    "The size of a picture: for a screen, or for print.",
    "small",
)
SCENARIO = Parameter(
    "scenario",
    code_text,
    CODE_SCHEMA,
    "Code of a kept what-if or siting: its question is asked, and the report tells the city before and after, the gain "
    "of every district and the list of changes; of a siting its sites, their why, and how far from the best they are.",
)
OF_REPORT = ParameterTable((*ONE_QUESTION.parameters, SCENARIO, FORMAT, LANG, SIZE))


# Plain `def`, so that the framework runs it in a thread: a report takes seconds.
@router.get(
    "/report",
    openapi_extra=OF_REPORT.describe(),
    response_class=Response,
    responses=answers_in(*(form.media_type.partition(";")[0] for form in FORMS.values())),
)
def read_report(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """One coverage question as a report to sign, with map, tables, method, sources and dates."""
    values = OF_REPORT.read_query(request.scope["query_string"])
    form, size, lang = values["format"], values["size"], language_of(request, values["lang"])
    scenario = scenario_of(values, served, holder)
    question = question_of(values) if scenario is None else scenario.question
    code = "" if scenario is None else scenario.code
    run_id = stored_run(served, holder, question)
    asked = (question.canonical(), form, lang, size, code, str(run_id))
    tag = weak_tag(served.snapshot.id, "report", product_version(), *asked)
    desk = cast(ReportDesk, request.app.state.report_desk)
    kept = unchanged(request, tag, cache=REVALIDATE)
    if kept is not None and form != "html":
        return kept
    file = desk.file(served.snapshot, question, form, lang, size, scenario, run_id)
    headers = file_headers(file, form, lang)
    if kept is not None:
        kept.headers.update(headers)  # a 304 renews the headers of what is kept, and the page needs its own policy
        return kept
    if form == "html":
        return body_answer(
            request, file.body, media_type=FORMS[form].media_type, cache=REVALIDATE, tag=tag, headers=headers
        )
    return Response(
        file.body, media_type=FORMS[form].media_type, headers={"Cache-Control": REVALIDATE, "ETag": tag, **headers}
    )


def stored_run(served: Served, holder: SnapshotHolder, question: Question) -> int | None:
    """The stored run that answers a question; none while the database is down, since a report does not need it."""
    try:
        return run_of_question(holder.engine, served.snapshot, question)
    except (UnavailableError, NotFoundError):
        return None


def scenario_of(values: Mapping[str, Any], served: Served, holder: SnapshotHolder) -> ScenarioPart | None:
    """
    The scenario that is asked for, on the facts of the day; None where none is.

    Only then is the database needed, so that plain reports are written without it.
    """
    code = values["scenario"]
    if code is None:
        return None
    for one in ONE_QUESTION.parameters:
        if values[one.name] != one.default:
            raise ParameterError(one.name, f"`{one.name}` is part of the scenario; give one or the other.")
    return scenario_part(holder.engine, served.snapshot, code)


def file_headers(file: Rendered, form: str, lang: str) -> dict[str, str]:
    """What a browser must know of a report: its name, its language, and the policy of a page."""
    how = "inline" if FORMS[form].is_shown else "attachment"
    headers = {
        "Content-Disposition": f'{how}; filename="{file.file_name}"',
        "Content-Language": lang,
        "Vary": "Accept-Language, Accept-Encoding",
    }
    if file.policy is not None:
        headers["Content-Security-Policy"] = f"{file.policy}; frame-ancestors 'self'"
    return headers
