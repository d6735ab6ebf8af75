"""A snapshot dressed for the wire: what is the same in every answer, made once per snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

import orjson
import pandas as pd
import shapely

from api.station_addresses import StationAddresses
from geo.services.nearest import NearestQuestion, nearest
from geo.snapshot.masks import USABLE_AMENITY
from geo.snapshot.model import Snapshot
from web_map.handoff import handoff_links
from web_map.layers import CoverageLayer

OUTLINE_TOLERANCE_DEG = {"district": 0.001, "street": 0.0003}
"""
How far (in degrees; 100 m and 30 m) a drawn outline may lie off the true one. Nothing is computed with drawn outlines,
and a telephone on a slow network loads the districts before it shows a map.
"""

COORDINATE_GRID_DEG = 1e-6
"""To how many degrees drawn outlines are rounded. Coarser ones make some outlines cross themselves."""

STATION_DECIMALS = 5
"""To how many decimals of a degree the list of all stations is rounded: a metre, at half the bytes of a millimetre."""


@lru_cache(maxsize=2)
def served_city(snapshot: Snapshot) -> Served:
    """The dressed form of a snapshot; of the one before it too, for requests that began with that one."""
    return Served(snapshot)


class Served:
    """One snapshot and the parts of answers that do not depend on the question."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.handoffs: dict[tuple[int, str], dict[str, str]] = {}
        self.areas_bodies: dict[str, bytes] = {}
        self.layers: dict[tuple[str, int | None], CoverageLayer] = {}

    @staticmethod
    def warmed(snapshot: Snapshot) -> None:
        """Make beforehand what the first requests would wait for."""
        served = served_city(snapshot)
        _ = served.stations_body
        at = datetime.now(UTC)
        for mode in snapshot.modes:
            question = NearestQuestion(float(snapshot.lon[0]), float(snapshot.lat[0]), at, mode=mode)
            nearest(snapshot, question)
            nearest(snapshot, replace(question, must_be_open=True))

    @cached_property
    def stamp(self) -> dict[str, str]:
        """Which facts an answer was made from."""
        snapshot = self.snapshot
        return {
            "id": snapshot.id,
            "made_at": snapshot.made_at.isoformat(),
            "stations": snapshot.made_at.date().isoformat(),
            "network": snapshot.street_network_built_at.date().isoformat(),
        }

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """What every answer says about a facility, in facility order."""
        rows = self.snapshot.facilities.reset_index().to_dict("records")
        return [
            {
                **facility_record({str(name): value for name, value in row.items()}),
                "doubted": bool(self.snapshot.doubted[position]),
                "page": self.addresses.address(position),
            }
            for position, row in enumerate(rows)
        ]

    @cached_property
    def addresses(self) -> StationAddresses:
        """Where the page of each station is."""
        return StationAddresses.of(self.snapshot)

    @cached_property
    def stations_body(self) -> bytes:
        """All facilities in columns, as `/stations.json` sends them."""
        return orjson.dumps(stations_columns(self), option=orjson.OPT_SERIALIZE_NUMPY)

    def areas_body(self, level: str) -> bytes:
        """The outlines of one level, as `/areas` sends them."""
        if level not in self.areas_bodies:
            self.areas_bodies[level] = orjson.dumps(areas_collection(self.snapshot, level))
        return self.areas_bodies[level]

    def layer(self, mode: str, resolution: int | None) -> CoverageLayer:
        """A mode's cells ready to be painted, merged to a resolution if one is given; raises TooFineError."""
        key = mode, resolution
        if key not in self.layers:
            self.layers[key] = CoverageLayer.of(self.snapshot.layer(mode).grid.cells, resolution)
        return self.layers[key]

    def handoff(self, position: int, mode: str) -> dict[str, str]:
        """Links that open a map application on the way to a facility, each in its own datum."""
        key = position, mode
        if key not in self.handoffs:
            lon, lat = float(self.snapshot.lon[position]), float(self.snapshot.lat[position])
            self.handoffs[key] = handoff_links(lon, lat, self.records[position]["name"], mode=mode)
        return self.handoffs[key]


def facility_record(row: dict[str, Any]) -> dict[str, Any]:
    """What an answer says about one facility, from its row of the facility frame."""
    return {
        "code": text_or_none(row["code"]),
        "name": row["name"],
        "type": row["facility_type"],
        "class": text_or_none(row["facility_class"]),
        "networks": list(row["networks"]),
        "status": row["status"],
        "address": text_or_none(row["address"]),
        "landmark": text_or_none(row["landmark_hint"]),
        "district": text_or_none(row["district"]),
        "street": text_or_none(row["street"]),
        "hours": text_or_none(row["hours_text"]),
        "amenities": row["amenities"],
        "services": list(row["services"]),
        "entry": list(row["entry_methods"]),
        "groups": list(row["user_groups"]),
        "first_use_needs": text_or_none(row["first_use_needs"]),
        "entry_note": text_or_none(row["entry_note"]),
        "attended": text_or_none(row["attended"]),
        "floor": text_or_none(row["floor"]),
        "bike_parking": text_or_none(row["bike_parking"]),
        "seats": number_or_none(row["seats"]),
        "capacity": number_or_none(row["capacity_people"]),
        "step_free": None if is_missing(row["step_free"]) else bool(row["step_free"]),
        "public_phone": text_or_none(row["public_phone"]),
        "verified": text_or_none(row["last_verified_on"]),
        "source": text_or_none(row["source_name"]),
        "synthetic": bool(row["is_synthetic"]),
    }


def stations_columns(served: Served) -> dict[str, Any]:
    """Every facility in columns: what the rider page keeps for the time without a network."""
    snapshot, records = served.snapshot, served.records

    def column(name: str) -> list[Any]:
        return [record[name] for record in records]

    return {
        "snapshot": snapshot.id,
        "synthetic": snapshot.city.is_synthetic,
        "id": [str(facility_id) for facility_id in snapshot.facility_ids],
        "code": column("code"),
        "name": column("name"),
        "type": column("type"),
        "class": column("class"),
        "networks": column("networks"),
        "status": column("status"),
        "lon": snapshot.lon.round(STATION_DECIMALS),
        "lat": snapshot.lat.round(STATION_DECIMALS),
        "hours": column("hours"),
        "week": weeks(snapshot),
        "available": [usable(record["amenities"]) for record in records],
        "entry": column("entry"),
        "verified": column("verified"),
        "district": column("district"),
        "street": column("street"),
        "doubt": [int(one) for one in column("doubted")],
        "parking": column("bike_parking"),
        "floor": column("floor"),
        "step_free": column("step_free"),
        "first_use": column("first_use_needs"),
    }


def weeks(snapshot: Snapshot) -> list[list[list[int]] | None]:
    """The open minutes of the week of every facility, of the season the snapshot was made in; None where not known."""
    timetable, on = snapshot.timetable, snapshot.made_at.date()
    # Thousands of places keep the same few hours, and laying out a week takes a tenth of a millisecond.
    of_rules: dict[object, list[list[int]] | None] = {}
    for position, rules in enumerate(timetable.rules):
        if rules not in of_rules:
            of_rules[rules] = timetable.week_intervals(position, on)
    return [of_rules[rules] for rules in timetable.rules]


def areas_collection(snapshot: Snapshot, level: str) -> dict[str, Any]:
    """The outlines of one level as GeoJSON, simplified together so that neighbours still share their border."""
    areas = snapshot.areas[snapshot.areas["level"] == level]
    outlines = shapely.coverage_simplify(areas.geometry.to_numpy(), OUTLINE_TOLERANCE_DEG[level])
    outlines = shapely.orient_polygons(shapely.set_precision(outlines, COORDINATE_GRID_DEG, mode="pointwise"))
    return {
        "type": "FeatureCollection",
        "level": level,
        "features": [
            {
                "type": "Feature",
                "id": row.code,
                "geometry": orjson.Fragment(shapely.to_geojson(outline)),
                "properties": {
                    "code": row.code,
                    "name": row.name,
                    "name_en": row.name_en,
                    "parent": row.parent_code,
                    "level": level,
                },
            }
            for row, outline in zip(areas.itertuples(index=False), outlines, strict=True)
        ],
    }


def usable(states: Mapping[str, str]) -> list[str]:
    """The amenities that can be used."""
    return [code for code, state in states.items() if state in USABLE_AMENITY]


def counts(values: Iterable[str]) -> dict[str, int]:
    """How often each word occurs, the most frequent first."""
    return {str(word): int(count) for word, count in pd.Series(list(values), dtype=object).value_counts().items()}


def is_missing(value: object) -> bool:
    """Whether a cell of a frame is empty (None, NaN, NaT)."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)


def text_or_none(value: object) -> str | None:
    """A cell as text, dates in ISO form."""
    return None if is_missing(value) else str(value)


def number_or_none(value: Any) -> int | None:
    """A cell as a whole number."""
    return None if is_missing(value) else int(value)
