"""
A kept scenario as frames, for a GIS and for notebooks: cells that change, changes by place, sites and their rivals.

Numbers are int64 and float64 and texts are empty where nothing is known, as in `geo/services/exports.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.cells import cells_to_polygons, cells_to_texts
from geo.coverage.question import DS_PER_MINUTE
from geo.services.exports import WGS84, points_frame
from geo.services.scenario_report import ScenarioPart
from geo.types import UNREACHED, Floats, Ints

SITE_COLUMNS = {
    "order": "int64",
    "name": "object",
    "kind": "object",
    "people": "float64",
    "gained_so_far": "float64",
    "only_here": "float64",
    "shared": "float64",
    "paid": "float64",
    "cost": "float64",
    "people_per_cost": "float64",
    "score": "float64",
    "hours": "object",
    "key": "object",
    "lon": "float64",
    "lat": "float64",
}
"""Columns of `sites_frame`, as an answer of siting calls them, with their kinds."""


def changed_cells_frame(scenario: ScenarioPart) -> gpd.GeoDataFrame:
    """
    The cells that are not what they were, as hexagons (EPSG:4326).

    Columns h3 (text), minutes_before and minutes_after (at the centre, NaN where nothing can be reached), share_before
    and share_after (of its streets within the limit), people_gained (fewer than none where people are lost).
    """
    answered = scenario.answered
    rows, before, after = answered.changed, answered.coverage_before, answered.coverage
    columns = {
        "h3": cells_to_texts(answered.cells),
        "minutes_before": _minutes(before.time_ds[rows]),
        "minutes_after": _minutes(after.time_ds[rows]),
        "share_before": before.share[rows].astype(np.float64).round(4),
        "share_after": after.share[rows].astype(np.float64).round(4),
        "people_gained": answered.people_change.astype(np.float64).round(3),
    }
    return gpd.GeoDataFrame(columns, geometry=cells_to_polygons(answered.cells), crs=WGS84)


def changes_frame(scenario: ScenarioPart) -> gpd.GeoDataFrame:
    """Changes that have a place, as points: number, change (add, move, close, hours), station, type, hours, people."""
    rows = [
        (place, one.kind, one.station, one.facility_type or "", one.hours or "", one.people, one.lon, one.lat)
        for place, one in enumerate(scenario.changes, 1)
        if one.lon is not None
    ]
    names = ("number", "change", "station", "type", "hours", "people", "lon", "lat")
    kinds = {"number": "int64", "people": "float64", "lon": "float64", "lat": "float64"}
    return points_frame(pd.DataFrame(rows, columns=list(names)).astype(kinds))


def sites_frame(siting: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """The chosen sites in building order, as points with the columns of `SITE_COLUMNS`."""
    return points_frame(_table(siting["sites"], SITE_COLUMNS))


def alternatives_frame(siting: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """What could stand in for a site, as points: for_site (its order), name, kind, loss (people), key, lon, lat."""
    rows = [
        {**other, "for_site": site["order"]} for site in siting["sites"] for other in site.get("alternatives") or ()
    ]
    kinds = {"for_site": "int64", "name": "object", "kind": "object", "loss": "float64", "key": "object"}
    return points_frame(_table(rows, {**kinds, "lon": "float64", "lat": "float64"}))


def lost_role_frame(siting: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Stations that alone reached somebody and no longer do, as points: id, name, only_there_before (people)."""
    kinds = {"id": "int64", "name": "object", "only_there_before": "float64", "lon": "float64", "lat": "float64"}
    return points_frame(_table(siting.get("lost_role") or [], kinds))


def _table(rows: list[dict[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Rows of plain data as columns of these kinds; a text that is missing is empty, a number NaN."""
    table = pd.DataFrame({name: [row.get(name) for row in rows] for name in kinds}, columns=list(kinds), dtype=object)
    texts = [name for name, kind in kinds.items() if kind == "object"]
    table[texts] = table[texts].map(lambda value: "" if value is None else str(value))
    return table.astype({name: kind for name, kind in kinds.items() if kind != "object"})


def _minutes(time_ds: Ints) -> Floats:
    times = time_ds.astype(np.float64)
    return np.asarray(np.where(times == UNREACHED, np.nan, times / DS_PER_MINUTE).round(2))
