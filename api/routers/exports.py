"""Whole collections as files: resumable, cacheable, the same bytes as `yiquan export` writes."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from api.dependencies import HolderDep, ServedDep, SettingsDep
from api.languages import language_of
from api.ogc.questions import LANG
from api.parameters import ParameterTable
from api.responses import PUBLIC, unchanged, weak_tag
from api.routers.features import TablesDep
from api.schemas.answers import answers_in
from geo.errors import NotFoundError
from geo.services.collection_files import FORMATS, Order, kept_file
from geo.services.collections import collection

router = APIRouter(tags=["features"])

OF_EXPORT = ParameterTable((LANG,))


class ExportNotFoundError(NotFoundError):
    """There is no file of this name."""

    def __init__(self) -> None:
        super().__init__(f"There is no such file; it is /exports/COLLECTION.FORMAT, one of {', '.join(FORMATS)}.")


@router.get(
    "/exports/{name}",
    openapi_extra=OF_EXPORT.describe_with_path("name", "A collection's id and a format, such as stations.gpkg."),
    response_class=Response,
    responses=answers_in(*(one.media_type.partition(";")[0] for one in FORMATS.values())),
)
async def read_export(
    request: Request, served: ServedDep, holder: HolderDep, tables: TablesDep, settings: SettingsDep
) -> Response:
    """A whole collection as a file. Parts of it can be asked for by Range."""
    values = OF_EXPORT.read_query(request.scope["query_string"])
    lang = language_of(request, values["lang"])
    identity, _, kind = request.path_params["name"].rpartition(".")
    if kind not in FORMATS:
        raise ExportNotFoundError
    one = await run_in_threadpool(collection, served.snapshot, lambda: holder.engine, identity)
    tag = weak_tag(one.version, one.id, kind, lang)
    if kept := unchanged(request, tag, cache=PUBLIC):
        return kept

    def made() -> Path:
        order = Order(one, tables.table(one), lang, served.snapshot.made_at)
        return kept_file(order, kind, settings.data_dir / "cities" / served.snapshot.city.slug / "exports")

    path = await run_in_threadpool(made)
    headers = {"Cache-Control": PUBLIC, "ETag": strong(tag), "Vary": "Accept-Language", "Content-Language": lang}
    return FileResponse(path, media_type=FORMATS[kind].media_type, filename=f"{one.id}.{kind}", headers=headers)


def strong(tag: str) -> str:
    """The validator of the very bytes: parts of a file fit together only under a strong one (RFC 9110, 13.1.5)."""
    return tag.removeprefix("W/")
