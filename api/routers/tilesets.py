"""OGC API Tiles of the collections: lists, TileJSON, styles, and the tiles themselves."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.dependencies import HolderDep, ServedDep, holder_now, served_now
from api.ogc import questions, tilesets
from api.ogc.media import JSON, MVT, medium_of
from api.ogc.tilesets import SQUARE, PacksKept
from api.parameters import ParameterTable
from api.responses import unchanged, weak_tag
from api.routers.cells import SHARED
from api.routers.features import TablesDep, asked, base_of, document, found, made
from api.routers.tiles import vector_tile
from geo.errors import NotFoundError
from geo.services.collection_tiles import FIRST_ZOOM, LAST_ZOOM

router = APIRouter(include_in_schema=False)

OF_TILE = ParameterTable((questions.form((MVT,)),))


class TilesetNotFoundError(NotFoundError):
    """Tiles are cut in one way only."""

    def __init__(self) -> None:
        super().__init__(f"There are no tiles of this tile matrix set; there are those of {SQUARE}.")


class TileNotFoundError(NotFoundError):
    """No tile has this zoom, row and column."""

    def __init__(self) -> None:
        super().__init__(
            f"There is no such tile: it is {SQUARE}/ZOOM/ROW/COLUMN, the zoom from {FIRST_ZOOM} to {LAST_ZOOM}, "
            "row and column whole numbers below two to the power of the zoom."
        )


@router.get("/collections/{collection_id}/tiles")
async def read_tilesets(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """The tilesets of a collection."""
    medium, lang = asked(request, (JSON,))
    one = await found(request, served, holder)
    return document(request, medium, lang, tilesets.tilesets(base_of(request), one, lang), no_page)


@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}")
@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}/tilejson.json")
@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}/style.json")
async def read_tileset(request: Request, served: ServedDep, holder: HolderDep, tables: TablesDep) -> Response:
    """One tileset: its metadata, the same as TileJSON, or a style that draws it."""
    medium, lang = asked(request, (JSON,))
    one = await found(request, served, holder)
    require_square(request)
    base, kind = base_of(request), request.url.path.rpartition("/")[2]
    if kind == "style.json":
        content = tilesets.style(base, one, lang)
    else:
        describe = tilesets.tilejson if kind == "tilejson.json" else tilesets.tileset
        content = describe(base, one, await made(tables, one), lang)
    return document(request, medium, lang, content, no_page)


def no_page() -> tuple[bytes, str]:
    """Tilesets have no pages for people."""
    raise AssertionError


def require_square(request: Request) -> None:
    """Refuse any tile matrix set but one; raises TilesetNotFoundError."""
    if request.path_params["tile_matrix_set"] != SQUARE:
        raise TilesetNotFoundError


@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}/{zoom}/{row}/{column}")
async def read_tile(request: Request) -> Response:
    """One vector tile of a collection; 204 where it has nothing."""
    served, holder, state = served_now(request), holder_now(request), request.app.state
    values = OF_TILE.read_query(request.scope["query_string"])
    medium_of(request, values["f"], (MVT,))
    one = await found(request, served, holder)
    require_square(request)
    zoom, row, column = place_of(request)
    tag = weak_tag(one.version, one.id, zoom, row, column)
    headers = {"Cache-Control": SHARED, "Vary": "Accept-Encoding"}
    if kept := unchanged(request, tag, cache=SHARED):
        return kept
    packs: PacksKept = state.tile_packs
    pack = packs.held(one)
    if pack is None:
        table = await made(state.feature_tables, one)
        folder = state.settings.data_dir / "cities" / served.snapshot.city.slug / "tiles"
        pack = await run_in_threadpool(packs.pack, one, table, folder)
    body = pack.tile(zoom, column, row)
    if body is None:
        return Response(status_code=204, headers=headers | {"ETag": tag})
    return vector_tile(request, body, headers | {"ETag": tag})


def place_of(request: Request) -> tuple[int, int, int]:
    """Zoom, row and column of an address; raises TileNotFoundError."""
    parts = [request.path_params[name] for name in ("zoom", "row", "column")]
    if not all(re.fullmatch("0|[1-9][0-9]{0,8}", part) for part in parts):
        raise TileNotFoundError
    zoom, row, column = map(int, parts)
    if not (FIRST_ZOOM <= zoom <= LAST_ZOOM and row < 1 << zoom and column < 1 << zoom):
        raise TileNotFoundError
    return zoom, row, column
