"""The pages' files: an exact table, compressed forms ready, kept for ever because their names change with them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.responses import content_coding
from web_map import assets

router = APIRouter(include_in_schema=False)

IMMUTABLE = "public, max-age=31536000, immutable"


@router.get("/static/{path:path}")
async def read_static(request: Request) -> Response:
    """One file of the table."""
    asset = assets.lookup(request.path_params["path"])
    coding = content_coding(request.headers.get("accept-encoding", ""))
    compressed = {"br": asset.br, "gzip": asset.gz}.get(coding or "")
    headers = {
        "Cache-Control": IMMUTABLE if asset.immutable else "no-cache",
        "ETag": asset.etag if compressed is None else f"W/{asset.etag}",
        "Vary": "Accept-Encoding",
    }
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if compressed is not None:
        headers["Content-Encoding"] = coding or ""
    return Response(asset.body if compressed is None else compressed, media_type=asset.media_type, headers=headers)
