"""Finding one's way without a position: places by name; and what is near one: toilets, grid workstations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from api.dependencies import ClockDep, ServedDep
from api.languages import language_of
from api.parameters import REQUIRED, Parameter, ParameterTable, choice, integer
from api.presentation import NOTICES, asked_words, hit_feature, shifted
from api.responses import GEOJSON_TYPE, PRIVATE, GeoJsonAnswer, json_answer
from api.routers.nearest import COORD, LANG, LAT, LIMIT, LON, MODE
from api.schemas.answers import answers_with
from api.schemas.rider import AmenitiesNearby, GridWorkstations, PlacesAnswer
from geo.datum import Datum, to_wgs84
from geo.services.grid_workstations import grid_workstations
from geo.services.nearest import NearestQuestion
from geo.services.places_nearby import HOSTS_OF_KIND, HostHit, HostsNearby, hosts_nearby
from web_map.handoff import handoff_links

router = APIRouter(tags=["places"])

LONGEST_QUERY = 60
MOST_PLACES = 20


def typed(text: str) -> str:
    """What somebody types into a search box."""
    if not 1 <= len(text) <= LONGEST_QUERY:
        raise ValueError(f"must have 1 to {LONGEST_QUERY} characters")
    return text


BY_NAME = ParameterTable(
    (
        Parameter(
            "q",
            typed,
            {"type": "string", "minLength": 1, "maxLength": LONGEST_QUERY},
            "Any part of a name: Chinese, pinyin, initials (`slz`), English.",
            REQUIRED,
        ),
        Parameter(
            "limit",
            integer(1, MOST_PLACES, clamp=True),
            {"type": "integer", "minimum": 1, "maximum": MOST_PLACES},
            "How many places; more than the maximum means the maximum.",
            8,
        ),
    )
)

BY_POSITION = ParameterTable((LON, LAT, COORD, MODE, LIMIT, LANG))

KIND = Parameter("kind", choice(*HOSTS_OF_KIND), {"type": "string", "enum": [*HOSTS_OF_KIND]}, "Of what.", "toilets")
BY_KIND_AND_POSITION = ParameterTable((LON, LAT, COORD, KIND, MODE, LIMIT, LANG))

POSITION_HEADERS = {"Vary": "Accept-Language, Accept-Encoding"}


@router.get("/places", openapi_extra=BY_NAME.describe(), responses=answers_with(PlacesAnswer))
async def read_places(request: Request, served: ServedDep) -> Response:
    """Districts, streets, roads, stations and hosts by name: whole names first, then beginnings, initials, parts."""
    values = BY_NAME.read_query(request.scope["query_string"])
    found = served.snapshot.places.search(values["q"], values["limit"])
    places = [
        {
            "name": one.name,
            "name_en": one.name_en,
            "kind": one.kind,
            "context": one.context,
            "lon": round(one.lon, 6),
            "lat": round(one.lat, 6),
        }
        for one in found
    ]
    return json_answer(request, {"places": places}, cache=PRIVATE)


@router.get("/grid", openapi_extra=BY_POSITION.describe(), responses=answers_with(GridWorkstations))
async def read_grid(request: Request, served: ServedDep, clock: ClockDep) -> Response:
    """The grid workstations of the street (镇街) a position lies in, or the nearest where it has none."""
    values = BY_POSITION.read_query(request.scope["query_string"])
    lang, at = language_of(request, values["lang"]), clock()
    lon, lat = to_wgs84([values["lon"]], [values["lat"]], Datum(values["coord"]))
    question = NearestQuestion(float(lon[0]), float(lat[0]), at, mode=values["mode"], limit=values["limit"])
    answer = grid_workstations(served.snapshot, question)
    datum = Datum(values["coord"])
    body: dict[str, Any] = {
        "area": {"district": answer.district, "street": answer.street},
        "of_street": answer.of_street,
        "query": asked_words(values, question, answer.snap_m),
        "snapshot": served.stamp,
        "synthetic": served.snapshot.city.is_synthetic,
        "stations": [
            hit_feature(served, hit, rank, question.mode, datum, frozenset())
            for rank, hit in enumerate(answer.hits, start=1)
        ],
    }
    notice = None if answer.of_street else "none_in_street"
    notice = "outside_network" if answer.off_network else notice if answer.hits else "none_matching"
    return with_notice(request, body, notice, lang, media_type="application/json")


@router.get(
    "/amenities-nearby",
    openapi_extra=BY_KIND_AND_POSITION.describe(),
    response_class=GeoJsonAnswer,
    responses=answers_with(AmenitiesNearby),
)
async def read_amenities_nearby(request: Request, served: ServedDep, clock: ClockDep) -> Response:
    """The nearest public toilets of the street map by travel time; how many are mapped at all is said."""
    values = BY_KIND_AND_POSITION.read_query(request.scope["query_string"])
    lang = language_of(request, values["lang"])
    lon, lat = to_wgs84([values["lon"]], [values["lat"]], Datum(values["coord"]))
    question = NearestQuestion(float(lon[0]), float(lat[0]), clock(), mode=values["mode"], limit=values["limit"])
    answer = hosts_nearby(
        served.snapshot, values["kind"], question.lon, question.lat, mode=question.mode, limit=question.limit
    )
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "kind": values["kind"],
        "mapped": len(answer.places),
        "source": served.snapshot.street_network_name,
        "as_of": served.stamp["network"],
        "query": asked_words(values, question, answer.snap_m),
        "snapshot": served.stamp,
        "features": [host_feature(answer, hit, rank, values) for rank, hit in enumerate(answer.hits, start=1)],
    }
    notice = None
    if answer.off_network:
        notice = "outside_network"
    elif not answer.hits:
        notice = "none_within_an_hour" if len(answer.places) else "none_mapped"
    return with_notice(request, body, notice, lang, media_type=GEOJSON_TYPE)


def with_notice(request: Request, body: dict[str, Any], notice: str | None, lang: str, *, media_type: str) -> Response:
    """The answer, with a word on why it is not what one hoped for."""
    if notice is not None:
        body["notice"], body["message"] = notice, NOTICES[notice][lang]
    headers = {"Content-Language": lang, **POSITION_HEADERS}
    return json_answer(request, body, media_type=media_type, cache=PRIVATE, headers=headers)


def host_feature(answer: HostsNearby, hit: HostHit, rank: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """One mapped place as a GeoJSON feature."""
    row = answer.places.iloc[hit.row]
    lon, lat, name = float(row["lon"]), float(row["lat"]), row["name"]
    properties: dict[str, Any] = {
        "rank": rank,
        "name": name,
        "opening_hours": row["opening_hours"],
        "osm_id": row["osm_id"],
        "travel_s": hit.time_ds / 10,
        "straight_m": round(hit.straight_m),
        "modes": {
            mode: None if time_ds is None else {"travel_s": time_ds / 10}
            for mode, time_ds in hit.time_ds_by_mode.items()
        },
        "handoff": handoff_links(lon, lat, name or "公共厕所", mode=values["mode"]),
    }
    if values["coord"] != Datum.WGS84:
        properties["position"] = shifted(lon, lat, Datum(values["coord"]))
    return {
        "type": "Feature",
        "id": row["osm_id"],
        "geometry": {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]},
        "properties": properties,
    }
