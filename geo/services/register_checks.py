"""What is doubtful about a register seen against its city: wrong district, points in the sea, wrong datum, twins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from geo.places.matching import match_candidates
from geo.places.register import (
    DatumHint,
    RegisterRead,
    RegisterRow,
    RowProblem,
    datum_hint,
    datum_hint_by_district,
)
from geo.places.register.fit import FAR_M
from geo.services.street_files import NoStreetsYetError, load_current_graph
from geo.settings import Settings
from geo.store import area_store, facility_store, import_store
from geo.store.city_store import City
from geo.store.import_store import Placed
from geo.streets.graph import GraphFolderError
from geo.streets.snap import EdgeIndex
from geo.types import Floats

POINTS_COMPARED = 500
"""How many points of a register are held against the districts; more would say the same."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One of two entries that may be the same place; `row` is its row in the file, None if it is not from there."""

    facility_id: int
    row: int | None
    code: str | None
    name: str
    facility_type: str


@dataclass(frozen=True, slots=True)
class Lookalike:
    """
    Two entries that may be one place, for a person to decide.

    `kind` is `colocated` (within 30 m), `review` (within 100 m) or `same_name`; a `duplicate` has like names as well.
    """

    kind: str
    duplicate: bool
    distance_m: float
    likeness: float
    entries: tuple[Entry, Entry]


def lookalikes(connection: Connection, city: City) -> list[Lookalike]:
    """Pairs of facilities that may be one place, one of them at least from the staged rows; the nearest first."""
    rows = import_store.rows_of_facilities(connection)
    frame = facility_store.load_facilities(connection, city.city_id)
    entries = [
        Entry(int(facility_id), rows.get(int(facility_id)), code, name, kind)
        for facility_id, code, name, kind in zip(
            frame.index, frame["code"], frame["name"], frame["facility_type"], strict=True
        )
    ]
    pairs = match_candidates(frame["name"].tolist(), frame["lon"].to_numpy(), frame["lat"].to_numpy())
    return [
        Lookalike(pair.kind, pair.duplicate, round(pair.distance_m, 1), round(pair.likeness, 2), two)
        for pair in pairs
        for two in [(entries[pair.first], entries[pair.second])]
        if two[0].row is not None or two[1].row is not None
    ]


def district_problems(
    placed: Iterable[Placed], rows: Iterable[RegisterRow], *, district_heading: str
) -> list[RowProblem]:
    """A warning for each row whose point lies in another district than it says, or outside all areas of the city."""
    by_row = {row.row: row for row in rows}
    problems = []
    for place in placed:
        row = by_row[place.row_number]
        if place.outside_m is not None:
            facts = {"distance_km": place.outside_m / 1000}
            problems.append(RowProblem(row.row, "", f"{row.raw_lon}, {row.raw_lat}", "out_of_city", "warning", facts))
        elif not same_district(place.district_stated, place.district):
            named = {"found": place.district}
            stated = place.district_stated or ""
            problems.append(RowProblem(row.row, district_heading, stated, "district_differs", "warning", named))
    return problems


def same_district(stated: str | None, found: str | None) -> bool:
    """Whether two names can mean the same district; 市南 and 青岛市市南区 can, and so can anything and nothing."""
    if not stated or not found:
        return True
    return stated.strip() in found or found in stated


def heading_of(read: RegisterRead, field: str) -> str:
    """The heading of a field as the file writes it, empty if it has none."""
    return next((heading for heading, meaning in read.headings.items() if meaning == field), "")


def doubted_datum(connection: Connection, settings: Settings, city: City, rows: list[RegisterRow]) -> str:
    """
    A sentence when the points fit another datum better than the stated one; empty when they do not, or nothing can
    tell.

    Streets are the measure where the city has them, for they tell half a kilometre apart anywhere in a town; else the
    districts that the rows name.
    """
    if not rows:
        return ""
    stated = Counter(row.datum for row in rows).most_common(1)[0][0]
    of_datum = [row for row in rows if row.datum is stated]
    hint = _hint_by_streets(connection, settings, city, of_datum) or _hint_by_districts(connection, city, of_datum)
    return hint.sentence if hint else ""


def _hint_by_streets(
    connection: Connection, settings: Settings, city: City, rows: list[RegisterRow]
) -> DatumHint | None:
    try:
        streets = EdgeIndex(load_current_graph(connection, settings, city, "walk"))
    except (NoStreetsYetError, GraphFolderError):
        return None

    def distance_to_street_m(lon: Floats, lat: Floats) -> Floats:
        snaps = streets.snap(lon, lat, limit_m=FAR_M)
        return np.where(snaps.edge < 0, FAR_M, snaps.distance_m)

    return datum_hint(*_raw(rows), rows[0].datum, distance_to_street_m=distance_to_street_m)


def _hint_by_districts(connection: Connection, city: City, rows: list[RegisterRow]) -> DatumHint | None:
    areas = area_store.load_areas(connection, city.city_id)
    districts = areas[areas["level"] == "district"]
    if districts.empty:
        return None
    shapes = dict(zip(districts["name"], districts.geometry, strict=True))
    sample = rows[:: max(1, len(rows) // POINTS_COMPARED)]
    lon, lat = _raw(sample)
    return datum_hint_by_district(lon, lat, rows[0].datum, district=[row.district for row in sample], areas=shapes)


def _raw(rows: list[RegisterRow]) -> tuple[Floats, Floats]:
    return np.array([row.raw_lon for row in rows]), np.array([row.raw_lat for row in rows])
