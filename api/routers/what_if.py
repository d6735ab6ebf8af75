"""What would change if stations opened, moved, closed or kept other hours; nothing is written anywhere."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.bodies import json_object
from api.dependencies import ServedDep, SettingsDep
from api.errors import ParameterError
from api.parameters import REQUIRED, Parameter, ParameterTable, choice, integer, number
from api.responses import GZIP_LEVEL, content_coding, json_answer
from api.routers.coverage import ONE_QUESTION, RESOLUTION, question_of
from api.routers.nearest import COORD
from api.schemas.answers import answers_in, answers_with
from api.schemas.what_if import WhatIfDocument
from api.settings import ApiSettings
from geo.datum import Datum, to_wgs84
from geo.places.vocabulary import FACILITY_TYPES
from geo.services import what_if
from geo.services.changes import MOST_CHANGES, Add, Change, ChangeHours, Close, Move, WhatIf
from geo.services.coverage import ground_of
from geo.services.single_changes import worths

if TYPE_CHECKING:
    from geo.services.what_if import Tried
    from geo.snapshot.model import Snapshot
    from web_map.layers import CoverageLayer

router = APIRouter(tags=["coverage"])

LINES_TYPE = "application/x-ndjson"
PARTS_TYPE = "application/vnd.yiquan.what-if-parts"
CELLS_PER_CHUNK = 2000
"""How many lines of a stream go out at once."""


def text_up_to(length: int) -> Any:
    """A text of at most so many characters."""

    def read(text: str) -> str:
        if not text or len(text) > length:
            raise ValueError(f"must be a text of 1 to {length} characters")
        return text

    return read


KINDS = ("add", "move", "close", "hours")
KIND = Parameter("kind", choice(*KINDS), {"type": "string", "enum": [*KINDS]}, "What is to be different.", REQUIRED)
ID = Parameter("id", integer(1, 2**62), {"type": "integer", "minimum": 1}, "Number of a station.", REQUIRED)
LON = Parameter("lon", number(-180, 180), {"type": "number"}, "Longitude in degrees.", REQUIRED)
LAT = Parameter("lat", number(-90, 90), {"type": "number"}, "Latitude in degrees.", REQUIRED)
NAME = Parameter("name", text_up_to(200), {"type": "string"}, "Name of a new station.", "")
HOURS_SCHEMA = {"type": "string", "examples": ["Mo-Fr 09:00-17:00", "周一至周五 9:00-17:00"]}
HOURS = Parameter("hours", text_up_to(500), HOURS_SCHEMA, "Opening hours. Left out: always open.")
TYPE = Parameter(
    "type",
    choice(*FACILITY_TYPES.codes),
    {"type": "string", "enum": [*FACILITY_TYPES.codes]},
    "Type of a new station. Left out: one that the question counts.",
)
NEW_HOURS = Parameter("hours", text_up_to(500), HOURS_SCHEMA, "The new opening hours.", REQUIRED)

TABLES = {
    "add": ParameterTable((KIND, LON, LAT, NAME, HOURS, TYPE)),
    "move": ParameterTable((KIND, ID, LON, LAT)),
    "close": ParameterTable((KIND, ID)),
    "hours": ParameterTable((KIND, ID, NEW_HOURS)),
}
"""What every kind of change takes."""

ASKED = ParameterTable((*ONE_QUESTION.parameters, COORD))
CELLS_ASKED = ParameterTable((*ONE_QUESTION.parameters, RESOLUTION, COORD))


def change_schema(table: ParameterTable, kind: str) -> dict[str, Any]:
    """One kind of change in OpenAPI's words."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [one.name for one in table.parameters if one.required],
        "properties": table.describe_properties() | {"kind": {"type": "string", "const": kind}},
    }


CHANGES_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_CHANGES,
    "items": {"oneOf": [change_schema(table, kind) for kind, table in TABLES.items()]},
}


def body_schema(table: ParameterTable) -> dict[str, Any]:
    """What a request holds, in OpenAPI's words: changes, and the values of a table."""
    schema = {
        "type": "object",
        "required": ["changes"],
        "additionalProperties": False,
        "properties": {"changes": CHANGES_SCHEMA, **table.describe_properties()},
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post("/what-if", openapi_extra=body_schema(ASKED), responses=answers_with(WhatIfDocument, also=LINES_TYPE))
async def read_what_if(request: Request, served: ServedDep, settings: SettingsDep) -> Response:
    """
    Coverage before and after some changes: people, districts, and the cells that are not what they were.

    With `Accept: application/x-ndjson` the summary comes as the first line and every changed cell as one more.
    """
    asked, _ = await what_if_asked(request, settings)
    answered = await run_in_threadpool(what_if.answer, served.snapshot, asked)
    summary = what_if.describe(answered)
    if LINES_TYPE in request.headers.get("accept", ""):
        return StreamingResponse(
            lines(summary, what_if.cell_columns(answered)),
            media_type=LINES_TYPE,
            headers={"Cache-Control": "no-store", "Vary": "Accept"},
        )
    return json_answer(
        request, summary | {"cells": what_if.cell_columns(answered)}, headers={"Vary": "Accept, Accept-Encoding"}
    )


@router.post(
    "/what-if/parts",
    openapi_extra=body_schema(CELLS_ASKED),
    response_class=Response,
    responses=answers_in(PARTS_TYPE),
)
async def read_parts(request: Request, served: ServedDep, settings: SettingsDep) -> StreamingResponse:
    """
    Everything a map needs after a change, in one answer that is sent as it is found.

    Parts follow one another, each as four letters, its length in bytes (u32, little-endian) and its content: `SUMS`,
    what `POST /what-if` says without the cells; `CELL`, the changed cells as H3P1, to lay over `/coverage/cells` of the
    same question and resolution; `EACH`, what every single change is worth in people, alone and beyond the others
    (`null` for more changes than are weighed).
    """
    asked, resolution = await what_if_asked(request, settings, CELLS_ASKED)
    layer = served.layer(asked.question.mode, resolution)
    after = await run_in_threadpool(what_if.tried, served.snapshot, asked)
    coding = content_coding(request.headers.get("accept-encoding", ""), ("gzip",))
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    parts = parts_of(served.snapshot, after, layer)
    if coding:
        parts, headers["Content-Encoding"] = flushed_gzip(parts), coding
    return StreamingResponse(parts, media_type=PARTS_TYPE, headers=headers)


def parts_of(snapshot: Snapshot, after: Tried, layer: CoverageLayer) -> Iterator[bytes]:
    """The parts of an answer, each as soon as it is known; figures and cells go out together, to be shown together."""
    answered = what_if.summed_up(snapshot, after)
    question, coverage = after.asked.question, answered.coverage
    people = ground_of(snapshot, question.mode, question.demand).people
    cells = layer.encode_patch(coverage.time_ds, coverage.share, people, answered.changed)
    summary = orjson.dumps(what_if.describe(answered), option=orjson.OPT_SERIALIZE_NUMPY)
    yield part(b"SUMS", summary) + part(b"CELL", cells)
    found = worths(snapshot, after)
    yield part(b"EACH", orjson.dumps(found))


def part(letters: bytes, content: bytes) -> bytes:
    """One part of an answer with its head."""
    return letters + len(content).to_bytes(4, "little") + content


def flushed_gzip(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Parts in gzip, each of which can be read without waiting for the next."""
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for content in parts:
        yield packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


async def what_if_asked(
    request: Request, settings: ApiSettings, table: ParameterTable = ASKED
) -> tuple[WhatIf, int | None]:
    """The what-if of a request's body, and the resolution it wants cells in; raises ParameterError."""
    body = await json_object(request, settings.max_body_bytes, holding="changes")
    changes = body.pop("changes", None)
    values = table.read_object(body)
    asked = WhatIf(question_of(values), changes_of(changes, Datum(values["coord"])))
    return asked, values.get("resolution")


def changes_of(changes: object, datum: Datum) -> tuple[Change, ...]:
    """
    The changes of a body, their positions in WGS-84.

    Raises
    ------
    ParameterError
        They are missing, too many, or one is not what it must be; the message has its number.
    """
    if not isinstance(changes, list) or not 1 <= len(changes) <= MOST_CHANGES:
        raise ParameterError("changes", f"`changes` must be a list of 1 to {MOST_CHANGES:,} changes.")
    return tuple(change_of(place, change, datum) for place, change in enumerate(changes))


def change_of(place: int, change: object, datum: Datum) -> Change:
    """One change of a body; raises ParameterError."""
    kind = change.get("kind") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(kind, str) or kind not in TABLES:
        raise ParameterError(
            f"changes[{place}]", f"`changes[{place}]` must be an object with a `kind`, one of {', '.join(KINDS)}."
        )
    try:
        values = TABLES[kind].read_object(change)
    except ParameterError as error:
        raise ParameterError(f"changes[{place}].{error.parameter}", f"In `changes[{place}]`: {error}") from None
    if kind == "close":
        return Close(values["id"])
    if kind == "hours":
        return ChangeHours(values["id"], values["hours"])
    lon, lat = to_wgs84([values["lon"]], [values["lat"]], datum)
    if kind == "move":
        return Move(values["id"], float(lon[0]), float(lat[0]))
    return Add(float(lon[0]), float(lat[0]), values["name"], values["hours"], values["type"])


def lines(summary: dict[str, Any], columns: dict[str, list[Any]]) -> Iterator[bytes]:
    """The summary and then every cell, each a line of JSON."""
    yield orjson.dumps(summary, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for first in range(0, len(rows), CELLS_PER_CHUNK):
        chunk = rows[first : first + CELLS_PER_CHUNK]
        yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in chunk)
