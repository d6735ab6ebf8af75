"""OGC API Features: landing page, conformance, collections and their features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import numpy as np
import orjson
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from api import reference
from api.dependencies import ClockDep, HolderDep, ServedDep, holder_now, served_now
from api.languages import LANGUAGES, language_of
from api.ogc import documents, openapi, questions
from api.ogc.answering import Page, naming, page_of
from api.ogc.media import (
    FLATGEOBUF,
    GEOJSON,
    GEOPARQUET,
    HTML,
    JSON,
    JSONFG,
    OF_DOCUMENTS,
    OF_ITEM,
    OF_ITEMS,
    OF_SCHEMAS,
    OPENAPI,
    Medium,
    medium_of,
)
from api.ogc.tables import TablesKept
from api.ogc.validators import strong_tag
from api.ogc.writers import JSONFG_CONFORMS, WRITERS, features, jsonfg_features
from api.responses import REVALIDATE, body_answer, streamed_answer, unchanged, weak_tag
from api.version import product_version
from geo.errors import NotFoundError, UnavailableError
from geo.features.crs import reference_system
from geo.features.paging import Cursor
from geo.features.selection import Selection
from geo.features.table import Column, FeatureTable
from geo.services.collections import Collection, collection, collections_in_memory, collections_of_runs
from geo.services.station_writes import state_of
from geo.snapshot.model import Snapshot
from web_map.browse import (
    Visit,
    collection_page,
    collections_page,
    conformance_page,
    item_page,
    items_page,
    schema_page,
)
from web_map.reference import reference_page

router = APIRouter(include_in_schema=False)

VARY = "Accept, Accept-Language, Accept-Encoding"

ROWS_WITHOUT_A_THREAD = 200
"""A page this long is written faster than a thread is woken; longer ones must not keep other requests waiting."""


class FeatureNotFoundError(NotFoundError):
    """A collection has no feature of this id."""

    def __init__(self, identity: str, collection_id: str) -> None:
        shown = identity if identity.isprintable() and len(identity) <= 40 else "like this"
        super().__init__(f"The collection {collection_id} has no feature {shown}.")


async def tables_of(request: Request) -> TablesKept:
    """The tables of this process."""
    return tables_now(request)


def tables_now(request: Request) -> TablesKept:
    """The same for the busiest addresses."""
    return cast(TablesKept, request.app.state.feature_tables)


TablesDep = Annotated[TablesKept, Depends(tables_of)]


def base_of(request: Request) -> str:
    """Where this service is, as the client sees it."""
    return str(request.base_url).rstrip("/")


def document(
    request: Request,
    medium: Medium,
    lang: str,
    content: Mapping[str, Any],
    page: Callable[[], tuple[bytes, str]],
    *,
    plain: Medium = JSON,
    state: str | None = None,
) -> Response:
    """
    A document in the form asked for, answered by 304 where the client holds it.

    `state` is that of a feature that can be written; its tag is a strong one then, so that If-Match can hold it.
    """
    body, policy = page() if medium is HTML else (orjson.dumps(content), None)
    weak = weak_tag(request.url.path, medium.type, lang, body)
    tag = weak if state is None else strong_tag(request, state, body)
    headers = {"Vary": VARY, "Content-Language": lang} | ({"Content-Security-Policy": policy} if policy else {})
    if kept := unchanged(request, tag, cache=REVALIDATE):
        kept.headers.update(headers)
        return kept
    media_type = f"{medium.type}; charset=utf-8" if medium is HTML else plain.type
    return body_answer(request, body, media_type=media_type, cache=REVALIDATE, tag=tag, headers=headers)


def asked(request: Request, offered: tuple[Medium, ...]) -> tuple[Medium, str]:
    """Form and language of a document."""
    values = questions.of_documents(offered).read_query(request.scope["query_string"])
    return medium_of(request, values["f"], offered), language_of(request, values["lang"])


def visit_of(request: Request, lang: str, snapshot: Snapshot | None = None) -> Visit:
    """How somebody came to a page for people; `snapshot` where facts of the city are shown."""
    other = next(one for one in LANGUAGES if one != lang)
    there = request.url.include_query_params(lang=other)
    return Visit(lang, f"{there.path}?{there.query}", snapshot is not None and snapshot.city.is_synthetic)


def landing_answer(request: Request, served: Any) -> Response:
    """The landing page as JSON; `/` is the riders' page for browsers."""
    values = questions.of_documents(OF_DOCUMENTS).read_query(request.scope["query_string"])
    lang = language_of(request, values["lang"])
    city = served.snapshot.city
    title = {"zh": f"驿圈 · {city.name}", "en": f"Yiquan · {city.name_en or city.name}"}[lang]
    content = documents.landing(base_of(request), JSON, title, lang)
    return document(request, JSON, lang, content, lambda: (b"", ""))


@router.get("/conformance")
async def read_conformance(request: Request) -> Response:
    """The conformance classes."""
    medium, lang = asked(request, OF_DOCUMENTS)
    content = documents.conformance(base_of(request), medium, lang)
    page = partial(conformance_page, visit_of(request, lang), content["conformsTo"], content["links"])
    return document(request, medium, lang, content, page)


@router.get("/api")
async def read_api(request: Request, served: ServedDep, tables: TablesDep) -> Response:
    """The description of the service in OpenAPI 3.0."""
    values = questions.of_documents((OPENAPI,)).read_query(request.scope["query_string"])
    medium_of(request, values["f"], (OPENAPI, JSON))
    found = await run_in_threadpool(described_service, request.app, served.snapshot, tables, base_of(request))
    return document(request, OPENAPI, "en", found, lambda: (b"", ""), plain=OPENAPI)


def described_service(app: FastAPI, snapshot: Snapshot, tables: TablesKept, base: str) -> dict[str, Any]:
    """The OpenAPI document of the service as it is now."""
    there = [(one, tables.table(one)) for one in collections_in_memory(snapshot)]
    return openapi.openapi(base, product_version(), there, app.openapi())


@router.get("/api.html")
async def read_documentation(request: Request, served: ServedDep, tables: TablesDep, clock: ClockDep) -> Response:
    """The operations of the service, for people: each with an example that works."""
    values = questions.of_documents((HTML,)).read_query(request.scope["query_string"])
    lang, base = language_of(request, values["lang"]), base_of(request)
    whole = await run_in_threadpool(described_service, request.app, served.snapshot, tables, base)
    now = clock().isoformat(timespec="minutes")

    def page() -> tuple[bytes, str]:
        return reference_page(
            visit_of(request, lang, served.snapshot),
            base=base,
            sections=reference.sections(whole, served.snapshot, base, now, lang),
            snippets=reference.snippets(base, reference.names_in(served.snapshot, now)),
        )

    return document(request, HTML, lang, {}, page)


@router.get("/collections")
async def read_collections(request: Request, served: ServedDep, holder: HolderDep, tables: TablesDep) -> Response:
    """All collections: those in memory, and those of the newest runs while the database answers."""
    medium, lang = asked(request, OF_DOCUMENTS)
    there = await run_in_threadpool(every_collection, served.snapshot, lambda: holder.engine)
    base = base_of(request)
    everything = [described(base, one, served.snapshot, lang) for one in there]
    content = documents.collections(base, medium, everything, lang)
    page = partial(collections_page, visit_of(request, lang, served.snapshot), there, content["links"])
    return document(request, medium, lang, content, page)


def every_collection(snapshot: Snapshot, engine_of: Callable[[], Engine]) -> list[Collection]:
    """All collections; without the runs' while the database is down, since finding must not wait for it."""
    try:
        return collections_in_memory(snapshot) + collections_of_runs(engine_of(), snapshot.city.slug)
    except UnavailableError:
        return collections_in_memory(snapshot)


def described(base: str, one: Collection, snapshot: Snapshot, lang: str) -> dict[str, Any]:
    """A collection's description. Everything lies in the city, so its box is the extent of all."""
    return documents.described_collection(base, one, snapshot.box, lang)


async def found(request: Request, served: Any, holder: Any) -> Collection:
    """The collection an address names; those of runs are looked up in the database, off the event loop."""
    identity = request.path_params["collection_id"]
    in_memory = {one.id: one for one in collections_in_memory(served.snapshot)}
    if identity in in_memory:
        return in_memory[identity]
    return await run_in_threadpool(collection, served.snapshot, lambda: holder.engine, identity)


async def made(tables: TablesKept, one: Collection) -> FeatureTable:
    """A collection's table, made off the event loop if nobody asked for it before."""
    return tables.table(one) if tables.is_made(one) else await run_in_threadpool(tables.table, one)


@router.get("/collections/{collection_id}")
async def read_collection(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """One collection."""
    medium, lang = asked(request, OF_DOCUMENTS)
    one = await found(request, served, holder)
    content = described(base_of(request), one, served.snapshot, lang)
    page = partial(collection_page, visit_of(request, lang, served.snapshot), one, content["links"])
    return document(request, medium, lang, content, page)


SCHEMAS: Mapping[str, Callable[[Collection, FeatureTable, str], dict[str, Any]]] = {
    "queryables": documents.queryables,
    "sortables": documents.sortables,
    "schema": documents.schema,
}


@router.get("/collections/{collection_id}/queryables")
@router.get("/collections/{collection_id}/sortables")
@router.get("/collections/{collection_id}/schema")
async def read_schema(request: Request, served: ServedDep, holder: HolderDep, tables: TablesDep) -> Response:
    """What a collection's features hold, what they can be filtered by, what they can be sorted by."""
    medium, lang = asked(request, OF_SCHEMAS)
    one = await found(request, served, holder)
    table = await made(tables, one)
    kind = request.url.path.rpartition("/")[2]
    properties = SCHEMAS[kind](one, table, lang)
    address = f"{base_of(request)}/collections/{one.id}/{kind}"
    content = documents.schema_document(address, one, properties, medium, lang)
    page = partial(schema_page, visit_of(request, lang), one, kind, properties, content["links"])
    return document(request, medium, lang, content, page, plain=OF_SCHEMAS[0])


@router.get("/collections/{collection_id}/items")
async def read_items(request: Request) -> Response:
    """A page of features."""
    served, holder, tables = served_now(request), holder_now(request), tables_now(request)
    one = await found(request, served, holder)
    table = await made(tables, one)
    values = questions.of_items(table).read_query(request.scope["query_string"])
    medium = medium_of(request, values["f"], OF_ITEMS)
    lang = language_of(request, values["lang"])
    cursor = None if values["cursor"] is None else naming("cursor", lambda: Cursor.read(values["cursor"]))
    if cursor is not None:
        table = tables.table_of_cursor(one, cursor)
    # The order of parameters does not change an answer, but its links repeat them as they came.
    tag = weak_tag(table.version, one.id, medium.type, lang, request.scope["query_string"], base_of(request))
    crs = reference_system(values["crs"])
    headers = {"Vary": VARY, "Content-Language": lang, "Content-Crs": f"<{crs.uri}>"}
    if kept := unchanged(request, tag, cache=REVALIDATE):
        kept.headers.update(headers)
        return kept

    is_quick = min(values["limit"], len(table)) <= ROWS_WITHOUT_A_THREAD and not values["sortby"]
    is_quick = is_quick and medium not in (FLATGEOBUF, GEOPARQUET)
    cut = partial(page_of, one, table, values, cursor)
    page = cut() if is_quick else await run_in_threadpool(cut)
    selection = Selection(table, page.rows, values["properties"], values["skipGeometry"], crs, one.time_property)
    links = page_links(request, one, page, medium, lang)
    if medium is HTML:
        return await people_answer(request, one, selection, page, links, headers, tag, served.snapshot)
    pieces = WRITERS[medium](selection, envelope_of(one, page, medium, links))
    if not medium.has_links:
        headers |= said_in_headers(page, links)
    media_type = f"{medium.type}; charset=utf-8" if medium.type.startswith("text/") else medium.type
    if is_quick:
        body = b"".join(pieces)
        return body_answer(request, body, media_type=media_type, cache=REVALIDATE, tag=tag, headers=headers)
    return streamed_answer(
        request, pieces, media_type=media_type, cache=REVALIDATE, tag=tag, headers=headers, is_packed=medium.is_packed
    )


def envelope_of(one: Collection, page: Page, medium: Medium, links: list[dict[str, Any]]) -> dict[str, Any]:
    """What a page of features says around them."""
    counts = {
        "links": links,
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "numberMatched": page.matched,
        "numberReturned": len(page.rows),
    }
    return counts if medium is GEOJSON else counts | {"featureType": one.id, "geometryType": one.geometry_type}


def said_in_headers(page: Page, links: list[dict[str, Any]]) -> dict[str, str]:
    """Links (RFC 8288) and counts for forms that have no place for them: what has more pages must say so."""
    return {
        "Link": ", ".join(f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"' for link in links),
        "OGC-NumberMatched": str(page.matched),
        "OGC-NumberReturned": str(len(page.rows)),
    }


async def people_answer(
    request: Request,
    one: Collection,
    selection: Selection,
    page: Page,
    links: list[dict[str, Any]],
    headers: dict[str, str],
    tag: str,
    snapshot: Snapshot,
) -> Response:
    """A page of features for people."""
    ids = selection.table.ids[selection.rows].tolist()
    visit = visit_of(request, headers["Content-Language"], snapshot)

    def write() -> tuple[bytes, str]:
        return items_page(visit, one, ids, cells_of(selection), links, matched=page.matched)

    body, headers["Content-Security-Policy"] = await run_in_threadpool(write)
    media_type = f"{HTML.type}; charset=utf-8"
    return body_answer(request, body, media_type=media_type, cache=REVALIDATE, tag=tag, headers=headers)


def page_links(request: Request, one: Collection, page: Page, medium: Medium, lang: str) -> list[dict[str, Any]]:
    """A page's links to itself, to its other forms, to the next page, to its collection."""
    address = f"{base_of(request)}/collections/{one.id}"
    own = [(name, text) for name, text in request.query_params.multi_items() if name not in ("f", "cursor")]
    here = own + [("cursor", text) for text in request.query_params.getlist("cursor")]
    links = documents.self_and_others(f"{address}/items", medium, OF_ITEMS, lang, query=urlencode(here))
    if page.next is not None:
        onward = urlencode([*own, ("cursor", page.next.written()), ("f", medium.f)])
        links.append(documents.link(f"{address}/items?{onward}", "next", medium, documents.said("next", lang)))
    links.append(documents.link(address, "collection", JSON, one.title[lang]))
    return links


def cells_of(selection: Selection) -> list[tuple[Column, list[Any]]]:
    """Every column of a selection with its values."""
    return [(column, column.plain(selection.rows)) for column in selection.columns]


@router.get("/collections/{collection_id}/items/{feature_id}")
async def read_item(request: Request) -> Response:
    """One feature."""
    served, holder, tables = served_now(request), holder_now(request), tables_now(request)
    one = await found(request, served, holder)
    table = await made(tables, one)
    values = questions.of_item(table).read_query(request.scope["query_string"])
    medium, lang = medium_of(request, values["f"], OF_ITEM), language_of(request, values["lang"])
    identity = request.path_params["feature_id"]
    row = table.row_of.get(identity)
    if row is None:
        raise FeatureNotFoundError(identity, one.id)
    crs = reference_system(values["crs"])
    selection = Selection(table, np.array([row]), values["properties"], False, crs, one.time_property)
    links = documents.item_links(base_of(request), one, identity, medium, lang)

    def page() -> tuple[bytes, str]:
        cells = [(column, values[0]) for column, values in cells_of(selection)]
        return item_page(visit_of(request, lang, served.snapshot), one, identity, cells, links)

    written = jsonfg_features(selection) if medium is JSONFG else features(selection)
    head = {"conformsTo": JSONFG_CONFORMS, "coordRefSys": crs.uri, "featureType": one.id}
    content = {**written[0], **(head if medium is JSONFG else {}), "links": links}
    state = state_of(table, row) if one.id == "stations" else None
    answer = document(request, medium, lang, content, page, plain=medium, state=state)
    answer.headers["Content-Crs"] = f"<{crs.uri}>"
    return answer
