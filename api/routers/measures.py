"""How well people are served, beyond inside or outside: choice, minutes, room and fairness, live from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from api import filters
from api.dependencies import AnswersDep, ServedDep
from api.parameters import Parameter, ParameterTable, choice, json_number, number, truth
from api.responses import JSON_TYPE, REVALIDATE, body_answer, unchanged, weak_tag
from api.routers.coverage import AT, DEMAND, LATTICE_TYPE, layer_code, question_of
from api.routers.nearest import MODE
from api.schemas.answers import answers_in
from api.served import Served
from geo.coverage.access import Decay
from geo.services.measures import LONGEST_MINUTES, Measures, measures
from web_map.lattice import NO_DATA, people_to_bytes, shares_to_bytes

router = APIRouter(tags=["coverage"])


def layer_weights(text: str) -> tuple[tuple[str, float], ...]:
    """Demand layers with their weights, in alphabetical order; nothing for an empty field."""
    weights: dict[str, float] = {}
    for part in text.split(",") if text else []:
        code, colon, weight = part.partition(":")
        if not colon or layer_code(code) in weights:
            raise ValueError("must be layers with weights, each layer once, such as residents:1,riders:20")
        weights[code] = float(json_number(weight))
    return tuple(sorted(weights.items()))


MINUTES = Parameter(
    "minutes",
    number(1, LONGEST_MINUTES),
    {"type": "number", "minimum": 1, "maximum": LONGEST_MINUTES},
    "The limit in minutes, and the catchment of every station.",
    10.0,
)
DECAY = Parameter(
    "decay",
    choice(*Decay),
    {"type": "string", "enum": [one.value for one in Decay]},
    "How a station loses worth with travel time: not at all (2SFCA), by thirds of the limit (E2SFCA), or steadily.",
    Decay.STEP.value,
)
WEIGHTS = Parameter(
    "weights",
    layer_weights,
    {"type": "string", "examples": ["residents:1,riders:20"]},
    "Several demand layers put together by weight, in place of `demand`.",
)
BRIEF = Parameter(
    "brief",
    truth,
    {"type": "boolean"},
    "true: without the tables of districts and streets, and only the stations that most people depend on alone.",
    False,
)
OF_MEASURES = ParameterTable((MODE, MINUTES, AT, DEMAND, *filters.OF_COVERAGE, DECAY, WEIGHTS))
OF_BRIEF_MEASURES = ParameterTable((*OF_MEASURES.parameters, BRIEF))
STATIONS_IN_BRIEF = 10


def measured(values: Mapping[str, Any], served: Served) -> tuple[str, Callable[[], Measures]]:
    """What decides the measures that are asked for, as one text, and how to take them."""
    question, decay, weights = question_of(values), Decay(values["decay"]), dict(values["weights"] or ())
    asked = f"{question.canonical()} {decay} {sorted(weights.items())}"
    return asked, lambda: measures(served.snapshot, question, decay=decay, weights=weights)


def in_brief(taken: dict[str, Any]) -> dict[str, Any]:
    """Measures without their long tables, as the page shows them: an eighth of the bytes."""
    stations = {name: column[:STATIONS_IN_BRIEF] for name, column in taken["facilities"].items()}
    return {key: value for key, value in taken.items() if key not in ("districts", "streets")} | {
        "facilities": stations
    }


# Plain `def`, so that the framework runs it in a thread: it computes for a while.
@router.get("/coverage/measures", openapi_extra=OF_BRIEF_MEASURES.describe())
def read_measures(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """Choice, minutes, room, inequality, road classes, targets; by district, by street and by station."""
    values = OF_BRIEF_MEASURES.read_query(request.scope["query_string"])
    asked, take = measured(values, served)
    tag = weak_tag(served.snapshot.id, "measures", asked, values["brief"])

    def compute() -> bytes:
        taken = take().to_dict()
        return orjson.dumps(in_brief(taken) if values["brief"] else taken, option=orjson.OPT_SERIALIZE_NUMPY)

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("measures", tag), compute), media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )


@router.get(
    "/coverage/measures/cells",
    openapi_extra=OF_MEASURES.describe(),
    response_class=Response,
    responses=answers_in(LATTICE_TYPE),
)
def read_measured_cells(request: Request, served: ServedDep, answers: AnswersDep) -> Response:
    """
    Every cell's choice and room as one grid of bytes.

    The shares of its streets with two stations or more and with three or more to choose from, and the places for every
    thousand people, logarithmic like people in `/coverage/cells` and without data where nobody lives.
    """
    asked, take = measured(OF_MEASURES.read_query(request.scope["query_string"]), served)
    tag = weak_tag(served.snapshot.id, "measured cells", asked)

    def compute() -> bytes:
        taken = take()
        share = taken.choice.share
        per_1000 = 1000 * taken.room.by_cell(len(share), nobody=np.nan)
        room = np.where(np.isnan(per_1000), NO_DATA, people_to_bytes(np.nan_to_num(per_1000))).astype(np.uint8)
        columns = [shares_to_bytes(share[:, 1]), shares_to_bytes(share[:, 2]), room]
        return served.layer(taken.question.mode, None).frame.encode(columns)

    kept = unchanged(request, tag, cache=REVALIDATE)
    return kept or body_answer(
        request, answers.get(("measured cells", tag), compute), media_type=LATTICE_TYPE, cache=REVALIDATE, tag=tag
    )
