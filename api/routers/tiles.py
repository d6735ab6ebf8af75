"""Tiles of the base map: our own streets from memory, Tianditu's pictures passed through."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.basemap import LAST_PICTURE_ZOOM, NoBasemapError, StreetTiles, Tianditu, TiandituLayer
from api.dependencies import BasemapDep
from api.responses import content_coding, unchanged, weak_tag
from api.routers.static import IMMUTABLE

router = APIRouter(include_in_schema=False)
"""Files of the pages, as `/static/` is: `/city.json` says where they are."""

MVT_TYPE = "application/vnd.mapbox-vector-tile"

A_DAY = "public, max-age=86400"
A_WEEK = "public, max-age=604800"

Zoom = Annotated[int, Path(ge=0, le=LAST_PICTURE_ZOOM)]
Column = Annotated[int, Path(ge=0, lt=1 << LAST_PICTURE_ZOOM)]


@router.get("/tiles/streets/{z}/{x}/{y}.mvt")
async def read_street_tile(request: Request, basemap: BasemapDep, z: Zoom, x: Column, y: Column) -> Response:
    """
    One vector tile: ground, land, streets by importance, borders, names. 204 where there is nothing to draw.

    With the version that `/city.json` names in the address a tile may be kept for ever.
    """
    described = basemap.described()
    if not isinstance(basemap, StreetTiles):
        raise NoBasemapError(str(described["kind"]), "selfhost")
    pack = basemap.pack
    if pack is None:
        # they are being made: nothing to draw yet, and nothing to remember
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    cache = IMMUTABLE if request.query_params.get("v") == pack.version else A_DAY
    body = pack.tile(z, x, y)
    if body is None:
        return Response(status_code=204, headers={"Cache-Control": cache})
    tag = weak_tag(pack.version, z, x, y)
    if kept := unchanged(request, tag, cache=cache):
        return kept
    return vector_tile(request, body, {"Cache-Control": cache, "ETag": tag, "Vary": "Accept-Encoding"})


def vector_tile(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """A gzipped vector tile as an answer, unpacked for whoever does not take it so."""
    if content_coding(request.headers.get("accept-encoding", ""), ("gzip",)):
        headers = headers | {"Content-Encoding": "gzip"}
    else:
        body = gzip.decompress(body)
    return Response(body, media_type=MVT_TYPE, headers=headers)


@router.get("/basemap/tianditu/{layer}/{z}/{x}/{y}")
async def read_tianditu(
    request: Request, basemap: BasemapDep, layer: TiandituLayer, z: Zoom, x: Column, y: Column
) -> Response:
    """One picture of Tianditu, fetched with the installation's key. 503 while Tianditu is silent."""
    if not isinstance(basemap, Tianditu):
        raise NoBasemapError(str(basemap.described()["kind"]), "tianditu")
    tag = weak_tag("tianditu", layer, z, x, y)
    if kept := unchanged(request, tag, cache=A_WEEK):
        return kept
    picture = await basemap.picture(layer, z, x, y)
    return Response(picture.body, media_type=picture.kind, headers={"Cache-Control": A_WEEK, "ETag": tag})
