"""A planner's report on one coverage question: a page, a PDF, a workbook, a GeoPackage or a picture."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response

from api.dependencies import ServedDep
from api.languages import LANGUAGES, language_of
from api.parameters import Parameter, ParameterTable, choice
from api.report_desk import ReportDesk
from api.responses import REVALIDATE, body_answer, unchanged, weak_tag
from api.routers.coverage import ONE_QUESTION, question_of
from api.schemas.answers import answers_in
from api.version import product_version
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
OF_REPORT = ParameterTable((*ONE_QUESTION.parameters, FORMAT, LANG, SIZE))


# Plain `def`, so that the framework runs it in a thread: a report takes seconds.
@router.get(
    "/report",
    openapi_extra=OF_REPORT.describe(),
    response_class=Response,
    responses=answers_in(*(form.media_type.partition(";")[0] for form in FORMS.values())),
)
def read_report(request: Request, served: ServedDep) -> Response:
    """One coverage question as a report to sign, with map, tables, method, sources and dates."""
    values = OF_REPORT.read_query(request.scope["query_string"])
    question, form, size = question_of(values), values["format"], values["size"]
    lang = language_of(request, values["lang"])
    tag = weak_tag(served.snapshot.id, "report", product_version(), question.canonical(), form, lang, size)
    desk = cast(ReportDesk, request.app.state.report_desk)
    kept = unchanged(request, tag, cache=REVALIDATE)
    file = desk.file(served.snapshot, question, form, lang, size) if kept is None or form == "html" else None
    if file is None:
        return cast(Response, kept)
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
