"""Who is inside the circle: answered live from memory, or read from stored runs."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from api import filters
from api.dependencies import AnswersDep, EngineDep, ServedDep
from api.errors import ParameterError
from api.parameters import Parameter, ParameterTable, csv_of, integer, number, truth, words_schema
from api.responses import JSON_TYPE, PUBLIC, REVALIDATE, body_answer, json_answer, unchanged, weak_tag
from api.routers.nearest import MODE
from api.schemas.answers import answers_in
from api.served import Served
from geo.cells import MAX_RESOLUTION
from geo.coverage.question import LONGEST_MINUTES, Question
from geo.places.hours import Slot
from geo.services import coverage, runs
from geo.types import Bools
from web_map.layers import COLUMNS

router = APIRouter(tags=["coverage"])

COARSEST = 5
"""The coarsest resolution cells are merged to: a city is a hundred of them."""

LATTICE_TYPE = "application/vnd.yiquan.h3-lattice"
"""Cells as one integer grid (H3L1); `web_map/lattice.py` says how to read it."""


def slot(text: str) -> str:
    """An hour of the week in its one spelling."""
    try:
        return str(Slot.parse(text))
    except Exception:
        raise ValueError(
            "must be an hour of the week, such as `weekday 19:00`, `saturday 08:00` or `Mo 05:00`"
        ) from None


def layer_code(text: str) -> str:
    """The code of a demand layer."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,40}", text):
        raise ValueError("must be the code of a demand layer, such as residents")
    return text


MINUTES = Parameter(
    "minutes",
    number(1, LONGEST_MINUTES),
    {"type": "number", "minimum": 1, "maximum": LONGEST_MINUTES},
    "The limit in minutes.",
    10.0,
)
AT = Parameter(
    "at", slot, {"type": "string", "examples": ["weekday 19:00"]}, "Hour of the week. Left out: hours do not count."
)
DEMAND = Parameter("demand", layer_code, {"type": "string"}, "Which people.", "residents")
RUN_LIMIT = Parameter(
    "limit", integer(1, 200, clamp=True), {"type": "integer", "minimum": 1, "maximum": 200}, "How many runs.", 50
)
BEFORE = Parameter(
    "before",
    integer(1, 2**62),
    {"type": "integer", "minimum": 1},
    "Only runs with a smaller number: the page after it.",
)

RESOLUTION = Parameter(
    "resolution",
    integer(COARSEST, MAX_RESOLUTION),
    {"type": "integer", "minimum": COARSEST, "maximum": MAX_RESOLUTION},
    "Cells merged to a coarser resolution of H3, for small zooms. Left out: as they were computed.",
)

CELL_COLUMNS = Parameter(
    "columns",
    csv_of(COLUMNS),
    words_schema(COLUMNS),
    "Only these, in the order minutes (whole ones), share, people, packed (H3L2). Left out: all three as whole grids, "
    "with minutes in quarters (H3L1).",
    frozenset(),
)
UNINHABITED = Parameter(
    "uninhabited", truth, {"type": "boolean"}, "With `columns`: the cells nobody lives in as well.", False
)

BRIEF = Parameter(
    "brief",
    truth,
    {"type": "boolean"},
    "true: without the table of streets, and only the largest gaps, as the page shows them: a third of the bytes.",
    False,
)
GAPS_IN_BRIEF = 50

ONE_QUESTION = ParameterTable((MODE, MINUTES, AT, DEMAND, *filters.OF_COVERAGE))
COVERAGE_QUESTION = ParameterTable((*ONE_QUESTION.parameters, BRIEF))
CELLS_QUESTION = ParameterTable((*ONE_QUESTION.parameters, RESOLUTION, CELL_COLUMNS, UNINHABITED))
RUNS = ParameterTable((RUN_LIMIT, BEFORE))
NOTHING = ParameterTable(())


def question_of(values: Mapping[str, Any]) -> Question:
    """The coverage question that some values ask."""
    return Question(
        mode=values["mode"],
        minutes=values["minutes"],
        at=values["at"],
        types=tuple(values["type"]),
        networks=tuple(values["network"]),
        classes=tuple(values["class"]),
        amenities=tuple(values["amenity"]),
        entry=tuple(values["entry"]),
        groups=tuple(values["group"]),
        demand=values["demand"],
    )


def rounded(described: dict[str, Any]) -> dict[str, Any]:
    """An answer with gaps in tenths of a person and millionths of a degree, which is half as long to send."""
    gaps = [
        gap
        | {
            "people": round(gap["people"], 1),
            "bbox": [round(edge, 6) for edge in gap["bbox"]],
            "suggested": gap["suggested"] and [round(degree, 6) for degree in gap["suggested"]],
        }
        for gap in described["gaps"]
    ]
    return described | {"gaps": gaps}


def as_bits(flags: Bools) -> str:
    """Flags in the order of `/stations.json` as bits, lowest first, in base64: 400 letters for two thousand."""
    return b64encode(np.packbits(flags, bitorder="little").tobytes()).decode("ascii")


# Plain `def`, so that the framework runs them in threads: they compute for a while, or wait for the database.
@router.get("/coverage", openapi_extra=COVERAGE_QUESTION.describe())
def read_coverage(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """People within and without the limit: for the city, its districts and streets, and the gaps, largest first."""
    values = COVERAGE_QUESTION.read_query(request.scope["query_string"])
    question, is_brief = question_of(values), values["brief"]
    tag = weak_tag(served.snapshot.id, "coverage", question.canonical(), is_brief)

    def compute() -> bytes:
        answered = coverage.answer(served.snapshot, question)
        described = coverage.describe(served.snapshot, answered, gap_limit=GAPS_IN_BRIEF if is_brief else None)
        if is_brief:
            del described["streets"]
        body = rounded(described) | {"eligible": as_bits(answered.eligible)}
        return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("coverage", tag), compute), media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )


@router.get(
    "/coverage/cells",
    openapi_extra=CELLS_QUESTION.describe(),
    response_class=Response,
    responses=answers_in(LATTICE_TYPE),
)
def read_cells(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """Every cell's minutes, share within the limit, and people, as one grid of bytes."""
    values = CELLS_QUESTION.read_query(request.scope["query_string"])
    question, resolution = question_of(values), values["resolution"]
    columns, uninhabited = tuple(one for one in COLUMNS if one in values["columns"]), values["uninhabited"]
    tag = weak_tag(served.snapshot.id, "cells", question.canonical(), resolution, columns, uninhabited)

    def compute() -> bytes:
        answered = coverage.answer(served.snapshot, question)
        layer, circle = served.layer(question.mode, resolution), answered.coverage
        facts = circle.time_ds, circle.share, answered.people
        return layer.encode_packed(*facts, columns, uninhabited=uninhabited) if columns else layer.encode(*facts)

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("cells", tag), compute), media_type=LATTICE_TYPE, cache=REVALIDATE, tag=tag
    )


@router.get("/coverage/stations", openapi_extra=NOTHING.describe())
async def read_stations(request: Request, served: ServedDep) -> Response:
    """
    Every facility in columns, in the order of `eligible` in `/coverage`: as much as a map shows before one is clicked.

    That is a third of `/stations.json`. Beside the columns: how many facilities have which amenity.
    """
    NOTHING.read_query(request.scope["query_string"])
    tag = weak_tag(served.snapshot.id, "stations of a map")
    return unchanged(request, tag, cache=REVALIDATE) or body_answer(
        request, stations_of_map(served), media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )


@lru_cache(maxsize=2)
def stations_of_map(served: Served) -> bytes:
    """The body of `/coverage/stations`."""
    every = orjson.loads(served.stations_body)
    amenities = Counter(code for codes in every["available"] for code in codes)
    columns = {name: every[name] for name in ("snapshot", "id", "name", "type", "class", "networks", "lon", "lat")}
    return orjson.dumps(columns | {"amenities": dict(amenities)})


@router.get("/coverage/runs", openapi_extra=RUNS.describe())
def read_runs(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """The stored runs of the city, newest first."""
    values = RUNS.read_query(request.scope["query_string"])
    slug = served.snapshot.city.slug
    return json_answer(request, {"runs": runs.list_runs(engine, slug, limit=values["limit"], before=values["before"])})


@router.get("/coverage/runs/{run_id}", openapi_extra=NOTHING.describe_with_path("run_id", "Number of a run."))
def read_run(request: Request, served: ServedDep, engine: EngineDep) -> Response:
    """One stored run in full: what was asked, of which snapshot, and what came out."""
    run_id = request.path_params["run_id"]
    NOTHING.read_query(request.scope["query_string"])
    if not re.fullmatch("[1-9][0-9]{0,17}", run_id):
        raise ParameterError("run_id", "`run_id` must be the number of a run.")
    return json_answer(request, runs.get_run(engine, served.snapshot.city.slug, int(run_id)), cache=PUBLIC)
