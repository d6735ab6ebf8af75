"""OGC API Tiles of the collections: lists, TileJSON, styles, and the tiles themselves."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.dependencies import HolderDep, ServedDep, holder_now, served_now
from api.errors import ParameterError
from api.ogc import questions, tilesets
from api.ogc.media import JSON, MVT, medium_of
from api.ogc.tilesets import SQUARE, PacksKept, TileSource
from api.parameters import ParameterTable
from api.responses import GZIP_LEVEL, unchanged, weak_tag
from api.routers.cells import SHARED
from api.routers.features import asked, base_of, document, found, made, tables_now
from api.routers.tiles import vector_tile
from api.served import Served
from geo.errors import NotFoundError
from geo.services.collection_tiles import FIRST_ZOOM, LAST_ZOOM
from geo.services.collections import Collection, collections_in_memory
from geo.services.tile_pack import TilePack
from geo.snapshot.holder import SnapshotHolder

router = APIRouter(include_in_schema=False)

OF_TILE = ParameterTable((questions.form((MVT,)),))
OF_TILE_OF_EVERYTHING = ParameterTable((questions.COLLECTIONS, questions.form((MVT,))))


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


def chosen(served: Served, names: tuple[str, ...] | None) -> list[Collection]:
    """The collections that tiles of everything are put together from, or some of them; raises ParameterError."""
    there = collections_in_memory(served.snapshot)
    unknown = set(names or ()) - {one.id for one in there}
    if unknown:
        raise ParameterError("collections", f"`collections` must be of: {', '.join(one.id for one in there)}.")
    return [one for one in there if names is None or one.id in names]


async def source_of(request: Request, served: Served, holder: SnapshotHolder, lang: str) -> TileSource:
    """What an address has tiles of: the collection in it, else everything in memory."""
    tables, base = tables_now(request), base_of(request)
    if "collection_id" in request.path_params:
        one = await found(request, served, holder)
        return tilesets.of_collection(base, one, await made(tables, one), lang)
    return tilesets.of_everything(base, [(one, await made(tables, one)) for one in chosen(served, None)], lang)


@router.get("/tileMatrixSets")
@router.get(f"/tileMatrixSets/{SQUARE}")
async def read_tile_matrix_sets(request: Request) -> Response:
    """The one way tiles are cut: in the list, and in full."""
    medium, lang = asked(request, (JSON,))
    describe = tilesets.tile_matrix_set if request.url.path.endswith(SQUARE) else tilesets.tile_matrix_sets
    return document(request, medium, lang, describe(base_of(request), lang), no_page)


@router.get("/tiles")
@router.get("/collections/{collection_id}/tiles")
async def read_tilesets(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """The tilesets of a collection, or of all together."""
    medium, lang = asked(request, (JSON,))
    source = await source_of(request, served, holder, lang)
    return document(request, medium, lang, tilesets.tilesets(source), no_page)


KINDS = {"tilejson.json": tilesets.tilejson, "style.json": tilesets.style}
"""What a tileset is described by besides its metadata, by the end of the address."""


@router.get(f"/tiles/{SQUARE}")
@router.get(f"/tiles/{SQUARE}/tilejson.json")
@router.get(f"/tiles/{SQUARE}/style.json")
@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}")
@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}/tilejson.json")
@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}/style.json")
async def read_tileset(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """One tileset: its metadata, the same as TileJSON, or a style that draws it."""
    medium, lang = asked(request, (JSON,))
    require_square(request)
    source = await source_of(request, served, holder, lang)
    describe = KINDS.get(request.url.path.rpartition("/")[2], tilesets.tileset)
    return document(request, medium, lang, describe(source), no_page)


def no_page() -> tuple[bytes, str]:
    """Tilesets have no pages for people."""
    raise AssertionError


def require_square(request: Request) -> None:
    """Refuse any tile matrix set but one; raises TilesetNotFoundError."""
    if request.path_params.get("tile_matrix_set", SQUARE) != SQUARE:
        raise TilesetNotFoundError


@router.get("/collections/{collection_id}/tiles/{tile_matrix_set}/{zoom}/{row}/{column}")
async def read_tile(request: Request) -> Response:
    """One vector tile of a collection; 204 where it has nothing."""
    served, holder = served_now(request), holder_now(request)
    values = OF_TILE.read_query(request.scope["query_string"])
    medium_of(request, values["f"], (MVT,))
    one = await found(request, served, holder)
    require_square(request)
    zoom, row, column = place_of(request)
    tag = weak_tag(one.version, one.id, zoom, row, column)
    headers = {"Cache-Control": SHARED, "Vary": "Accept-Encoding"}
    if kept := unchanged(request, tag, cache=SHARED):
        return kept
    pack = await opened(request, served, one)
    body = pack.tile(zoom, column, row)
    if body is None:
        return Response(status_code=204, headers=headers | {"ETag": tag})
    return vector_tile(request, body, headers | {"ETag": tag})


async def opened(request: Request, served: Served, one: Collection) -> TilePack:
    """A collection's tiles, made off the event loop if nobody asked for them before."""
    state = request.app.state
    packs: PacksKept = state.tile_packs
    pack = packs.held(one)
    if pack is None:
        table = await made(state.feature_tables, one)
        folder = state.settings.data_dir / "cities" / served.snapshot.city.slug / "tiles"
        pack = await run_in_threadpool(packs.pack, one, table, folder)
    return pack


@router.get(f"/tiles/{SQUARE}/{{zoom}}/{{row}}/{{column}}")
async def read_tile_of_everything(request: Request, served: ServedDep) -> Response:
    """One vector tile with a layer for every collection, or for those that `collections` names."""
    values = OF_TILE_OF_EVERYTHING.read_query(request.scope["query_string"])
    medium_of(request, values["f"], (MVT,))
    wanted = chosen(served, values["collections"])
    zoom, row, column = place_of(request)
    tag = weak_tag(served.snapshot.id, ",".join(one.id for one in wanted), zoom, row, column)
    headers = {"Cache-Control": SHARED, "Vary": "Accept-Encoding"}
    if kept := unchanged(request, tag, cache=SHARED):
        return kept
    packs = [await opened(request, served, one) for one in wanted]
    body = await run_in_threadpool(united, [pack.tile(zoom, column, row) for pack in packs])
    if not body:
        return Response(status_code=204, headers=headers | {"ETag": tag})
    return vector_tile(request, body, headers | {"ETag": tag})


def united(tiles: Sequence[bytes | None]) -> bytes:
    """Gzipped vector tiles of one place as one: put one after the other they are their union, layer by layer."""
    layers = b"".join(gzip.decompress(tile) for tile in tiles if tile is not None)
    return gzip.compress(layers, GZIP_LEVEL, mtime=0) if layers else b""


def place_of(request: Request) -> tuple[int, int, int]:
    """Zoom, row and column of an address; raises TileNotFoundError."""
    parts = [request.path_params[name] for name in ("zoom", "row", "column")]
    if not all(re.fullmatch("0|[1-9][0-9]{0,8}", part) for part in parts):
        raise TileNotFoundError
    zoom, row, column = map(int, parts)
    if not (FIRST_ZOOM <= zoom <= LAST_ZOOM and row < 1 << zoom and column < 1 << zoom):
        raise TileNotFoundError
    return zoom, row, column
