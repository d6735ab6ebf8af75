"""The city as a whole: what it is, all its facilities, its areas."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.dependencies import BasemapDep, HolderDep, ServedDep
from api.parameters import REQUIRED, Parameter, ParameterTable, choice
from api.responses import (
    GEOJSON_TYPE,
    JSON_TYPE,
    PUBLIC,
    REVALIDATE,
    GeoJsonAnswer,
    body_answer,
    json_answer,
    unchanged,
    weak_tag,
)
from api.schemas.answers import CityAnswer, StationsAnswer, answers_with
from api.served import Served, counts
from geo.coverage import demand_methods
from geo.coverage.areas import LEVELS
from geo.places import vocabulary
from geo.services.declared import declared_and_mapped
from geo.snapshot.model import DemandLayer
from geo.streets.modes import Mode

router = APIRouter(tags=["city"])

NOTHING = ParameterTable(())
LEVEL = Parameter("level", choice(*LEVELS), {"type": "string", "enum": [*LEVELS]}, "Which areas.", REQUIRED)
ONE_LEVEL = ParameterTable((LEVEL,))

VOCABULARY = {
    "facility_types": vocabulary.FACILITY_TYPES,
    "facility_classes": vocabulary.FACILITY_CLASSES,
    "networks": vocabulary.NETWORKS,
    "amenities": vocabulary.AMENITIES,
    "amenity_states": vocabulary.AMENITY_STATES,
    "services": vocabulary.SERVICES,
    "entry_methods": vocabulary.ENTRY_METHODS,
    "user_groups": vocabulary.USER_GROUPS,
    "statuses": vocabulary.STATUSES,
    "attended": vocabulary.ATTENDED,
    "bike_parking": vocabulary.BIKE_PARKING,
    "first_use_needs": vocabulary.FIRST_USE_NEEDS,
    "report_kinds": vocabulary.REPORT_KINDS,
}
"""The tables of words that answers use codes of."""


@router.get("/city.json", responses=answers_with(CityAnswer))
async def read_city(request: Request, served: ServedDep, holder: HolderDep, basemap: BasemapDep) -> Response:
    """The city, its snapshot, what is declared about it and how much of that is mapped, the words for every code."""
    NOTHING.read_query(request.scope["query_string"])
    ground = basemap.described()
    tag = weak_tag(served.snapshot.id, holder.is_stale, ground)
    return unchanged(request, tag, cache=REVALIDATE) or json_answer(
        request, city_body(served, is_stale=holder.is_stale) | {"basemap": ground}, cache=REVALIDATE, tag=tag
    )


@router.get("/stations.json", responses=answers_with(StationsAnswer))
async def read_stations(request: Request, served: ServedDep) -> Response:
    """Every facility in columns, small enough to keep for the time without a network."""
    NOTHING.read_query(request.scope["query_string"])
    tag = weak_tag(served.snapshot.id, "stations")
    return unchanged(request, tag, cache=REVALIDATE) or body_answer(
        request, served.stations_body, media_type=JSON_TYPE, cache=REVALIDATE, tag=tag
    )


@router.get("/areas", openapi_extra=ONE_LEVEL.describe(), response_class=GeoJsonAnswer)
async def read_areas(request: Request, served: ServedDep) -> Response:
    """The outlines of districts or streets, simplified for drawing."""
    level = ONE_LEVEL.read_query(request.scope["query_string"])["level"]
    tag = weak_tag(served.snapshot.id, "areas", level)
    return unchanged(request, tag, cache=PUBLIC) or body_answer(
        request, served.areas_body(level), media_type=GEOJSON_TYPE, cache=PUBLIC, tag=tag
    )


def city_body(served: Served, *, is_stale: bool) -> dict[str, Any]:
    """The body of `/city.json`."""
    snapshot = served.snapshot
    city, box = snapshot.city, snapshot.box
    return {
        "city": {
            "slug": city.slug,
            "name": city.name,
            "name_en": city.name_en,
            "synthetic": city.is_synthetic,
            "bbox": list(box),
            "center": [(box.west + box.east) / 2, (box.south + box.north) / 2],
        },
        "snapshot": {**served.stamp, "stale": is_stale},
        "modes": [mode_words(layer.graph.mode) for layer in snapshot.modes.values()],
        "demand": [demand_words(layer) for layer in snapshot.demand.values()],
        "declared": declared_and_mapped(snapshot),
        "counts": counts(snapshot.facilities["facility_type"]),
        "vocabulary": {
            name: {term.code: {"zh": term.zh, "en": term.en} for term in table} for name, table in VOCABULARY.items()
        },
    }


def mode_words(mode: Mode) -> dict[str, Any]:
    """A mode as pages show it."""
    return {
        "code": mode.code,
        "name": mode.name,
        "name_en": mode.name_en,
        "speed_kmh": round(mode.speed_ms * 3.6, 1),
        "arrival_s": mode.arrival_overhead_s,
    }


def demand_words(layer: DemandLayer) -> dict[str, Any]:
    """A demand layer as pages show it."""
    told = demand_methods.told(layer.method)
    return {
        "code": layer.code,
        "people": round(layer.total_people),
        "estimate": layer.is_estimate,
        "method": layer.method,
        "method_code": told.code,
        "method_zh": told.zh,
        "source": layer.source,
        "as_of": layer.as_of,
    }
