"""The two pages. The same bytes for everybody in one language, so they are kept compressed and answered by ETag."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.languages import LANGUAGES, language_of
from api.ogc.media import HTML, JSON, weight_of
from api.responses import BEST_BROTLI_QUALITY, REVALIDATE, body_answer, unchanged, weak_tag
from api.routers.features import landing_answer
from api.served import served_city
from web_map.assets import digest, url
from web_map.installable import WORKER_POLICY, manifest, service_worker
from web_map.page import planner_page, rider_page

router = APIRouter(include_in_schema=False)

HTML_TYPE = "text/html; charset=utf-8"

CLIENTS_OF_FEATURES = ("OWSLib", "QGIS", "Mozilla/5.0 QGIS", "GDAL")
"""Clients that can use nothing but the landing page, however they ask: OWSLib says that it takes anything."""


@router.get("/")
async def read_start(request: Request) -> Response:
    """The rider's page; for programs that ask for JSON, the landing page of the API."""
    if is_program(request):
        answer = landing_answer(request, served_city(request.app.state.holder.snapshot))
    else:
        answer = page_answer(request, rider_page)
    answer.headers["Vary"] = "Accept, Accept-Language, Accept-Encoding, User-Agent"
    return answer


def is_program(request: Request) -> bool:
    """Whether JSON is wanted more than a page: by `f`, by Accept, where a browser always names HTML, or by who asks."""
    if asked := request.query_params.get("f"):
        return asked == JSON.f
    accepted = request.headers.get("accept", "")
    if "text/html" not in accepted and request.headers.get("user-agent", "").startswith(CLIENTS_OF_FEATURES):
        return True
    return weight_of(JSON, accepted) > weight_of(HTML, accepted)


@router.get("/planner")
async def read_planner_page(request: Request) -> Response:
    """The planner's page."""
    return page_answer(request, planner_page)


@router.get("/sw.js")
async def read_service_worker(request: Request) -> Response:
    """The worker that keeps the rider's page. It must lie here: a worker rules no more than the folder it is in."""
    body = service_worker()
    headers = {"Content-Security-Policy": WORKER_POLICY}
    return file_answer(request, body, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/manifest.webmanifest")
async def read_manifest(request: Request) -> Response:
    """What a phone needs to know to put the rider's page among its applications."""
    lang = asked_language(request)
    headers = {"Content-Language": lang, "Vary": "Accept-Language, Accept-Encoding"}
    return file_answer(request, manifest(lang), media_type="application/manifest+json", headers=headers)


@router.get("/favicon.ico")
async def read_icon() -> Response:
    """Browsers ask for this name whatever the page says."""
    return RedirectResponse(url("icon.svg"), status_code=308)


def asked_language(request: Request) -> str:
    """The language an address asks for; a word we do not know is as none. Other parameters are the page's script's."""
    asked = request.query_params.get("lang")
    return language_of(request, asked if asked in LANGUAGES else None)


def file_answer(request: Request, body: bytes, *, media_type: str, headers: dict[str, str]) -> Response:
    """A file under a lasting name: asked for again every time, sent again when it differs."""
    tag = weak_tag(digest(body))
    if kept := unchanged(request, tag, cache=REVALIDATE):
        kept.headers.update(headers)
        return kept
    return body_answer(request, body, media_type=media_type, cache=REVALIDATE, tag=tag, headers=headers)


Page = Callable[..., tuple[bytes, str]]


def page_answer(request: Request, page: Page) -> Response:
    """A page in the language asked for."""
    lang = asked_language(request)
    body, policy = page(lang)
    tag = weak_tag(page_hash(page, lang))
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": lang,
        "Vary": "Accept, Accept-Language, Accept-Encoding",
    }
    if kept := unchanged(request, tag, cache=REVALIDATE):
        # A 304 renews the headers of what the browser has kept (RFC 9111, 3.2). Without the page's own policy it would
        # get the one of answers without content, and the page that worked would be blank after a reload.
        kept.headers.update(headers)
        return kept
    return body_answer(
        request,
        body,
        media_type=HTML_TYPE,
        cache=REVALIDATE,
        tag=tag,
        headers=headers,
        brotli_quality=BEST_BROTLI_QUALITY,
    )


@lru_cache(maxsize=8)
def page_hash(page: Page, lang: str) -> str:
    """What changes when a page does, and is the same in every process."""
    return digest(page(lang)[0])
