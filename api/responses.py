"""Answers on the wire: JSON straight from orjson, compressed when asked for, weak ETags where they can be kept."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import brotli
import orjson
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

JSON_TYPE = "application/json"
GEOJSON_TYPE = "application/geo+json"


class GeoJsonAnswer(JSONResponse):
    """GeoJSON; as a route's `response_class` it tells the API's description so."""

    media_type = GEOJSON_TYPE


SMALLEST_COMPRESSED_BYTES = 1000
"""Below this size (in bytes) compression saves no packet."""

BROTLI_QUALITY = 6
GZIP_LEVEL = 5
"""The levels where more time buys little."""

QUICK_BROTLI_QUALITY = 2
"""For what is made for one person and sent once: a tenth larger than gzip makes it, in less than half the time."""

GZIP_HEADER = 16
"""What is added to the bits of zlib's window so that it writes gzip's header and checksum around its own."""

SMALLEST_WINDOW_BITS = 9
TABLE_BITS_LESS = 7
"""How much smaller the memory level is than the window's bits: as in zlib's own choice of 15 and 8."""

BEST_BROTLI_QUALITY = 11
"""For what is compressed once and sent for months: a tenth smaller, for half a second."""

KEPT_BODIES = 64
"""How many compressed bodies are kept: those that are the same for everybody."""

PUBLIC = "public, max-age=60, stale-while-revalidate=86400"
"""For answers without anybody's position. A minute, because facts change; the last ones may be shown while asking."""

PRIVATE = "private, max-age=30"
"""For answers that hold a person's position."""

REVALIDATE = "no-cache"
"""May be kept, must be asked for again: with an ETag that costs a 304."""

OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def json_answer(
    request: Request,
    content: Any,
    *,
    media_type: str = JSON_TYPE,
    cache: str = "no-store",
    tag: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An answer from plain values, numpy arrays included."""
    body = orjson.dumps(content, option=OPTIONS)
    return body_answer(request, body, media_type=media_type, cache=cache, tag=tag, headers=headers)


def body_answer(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    cache: str,
    tag: str | None = None,
    headers: dict[str, str] | None = None,
    brotli_quality: int = BROTLI_QUALITY,
) -> Response:
    """An answer from bytes, compressed if that is worth it and the client can read it."""
    sent = {"Cache-Control": cache, "Vary": "Accept-Encoding", **(headers or {})}
    if tag is not None:
        sent["ETag"] = tag
    if len(body) >= SMALLEST_COMPRESSED_BYTES:
        is_shared = cache in (PUBLIC, REVALIDATE)
        coding = content_coding(request.headers.get("accept-encoding", ""))
        if coding and is_shared:
            body, sent["Content-Encoding"] = compressed_once(body, coding, brotli_quality), coding
        elif coding:
            body, sent["Content-Encoding"] = compressed(body, coding, QUICK_BROTLI_QUALITY), coding
    return Response(body, media_type=media_type, headers=sent)


def streamed_answer(
    request: Request,
    pieces: Iterator[bytes],
    *,
    media_type: str,
    cache: str,
    tag: str,
    headers: dict[str, str],
    is_packed: bool = False,
) -> Response:
    """
    An answer that is made while it is sent, in a thread, so that its length costs neither memory nor other requests.

    Compressed on the way if the client can read it, unless it is packed already.
    """
    sent = {"Cache-Control": cache, "Vary": "Accept-Encoding", **headers, "ETag": tag}
    coding = None if is_packed else content_coding(request.headers.get("accept-encoding", ""), ("gzip", "br"))
    if coding:
        pieces, sent["Content-Encoding"] = compressed_pieces(pieces, coding), coding
    return StreamingResponse(pieces, media_type=media_type, headers=sent)


def compressed_pieces(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """Pieces in a content coding, as one stream."""
    if coding == "br":
        packer = brotli.Compressor(quality=BROTLI_QUALITY)
        yield from filter(None, map(packer.process, pieces))
        yield packer.finish()
    else:
        deflating = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_HEADER + zlib.MAX_WBITS)
        yield from filter(None, map(deflating.compress, pieces))
        yield deflating.flush()


def weak_tag(*parts: object) -> str:
    """
    A weak ETag of what decides an answer.

    Made from the question and the snapshot, not from the answer, so that a 304 needs no work.
    """
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=9)
    return f'W/"{digest.hexdigest()}"'


def unchanged(request: Request, tag: str, *, cache: str) -> Response | None:
    """The 304 answer if the client already holds this version, else None."""
    held = request.headers.get("if-none-match")
    if held is None:
        return None
    if held.strip() != "*" and tag.removeprefix("W/") not in re.findall(r'"[^"]*"', held):
        return None
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding"})


def content_coding(accepted: str, codings: Sequence[str] = ("br", "gzip")) -> str | None:
    """The first of our codings that the client accepts; None if it refuses them."""
    weights = dict(coding_weight(item) for item in accepted.split(",") if item.strip())
    everything = weights.get("*", 0.0)
    return next((coding for coding in codings if weights.get(coding, everything) > 0), None)


def coding_weight(item: str) -> tuple[str, float]:
    """One entry of Accept-Encoding with its weight; one that cannot be read counts as refused."""
    name, _, weight = item.partition(";")
    match = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", weight) if weight else None
    return name.strip().lower(), float(match[1]) if match else (0.0 if weight else 1.0)


def compressed(body: bytes, coding: str, brotli_quality: int = BROTLI_QUALITY) -> bytes:
    """The body in a content coding."""
    if coding == "br":
        return bytes(brotli.compress(body, quality=brotli_quality))
    # A window as wide as the body: clearing the usual tables costs more than all the work on a small one.
    window_bits = min(max(len(body).bit_length(), SMALLEST_WINDOW_BITS), zlib.MAX_WBITS)
    packer = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_HEADER + window_bits, memLevel=window_bits - TABLE_BITS_LESS)
    return packer.compress(body) + packer.flush()


compressed_once = lru_cache(maxsize=KEPT_BODIES)(compressed)
"""The same for bodies that are sent again and again."""
