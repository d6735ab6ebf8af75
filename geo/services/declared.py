"""What is declared about a city beside what is on its map: "mapped X of declared Y", never summed over owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geo.coverage.areas import area_of_points
from geo.snapshot.model import Snapshot
from geo.types import Bools

SAME_BOUNDS: Mapping[str, str] = {"西海岸新区": "黄岛区", "青岛西海岸新区": "黄岛区"}
"""Areas that figures speak of by another name than the district whose bounds they have."""

TOLD = ("metric", "value", "qualifier", "wording", "area", "as_of", "owner", "source_name", "source_url")


def declared_and_mapped(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every declared figure of a city with `mapped`, the number on the map; None where it counts nothing we map."""
    return [
        {**{name: figure[name] for name in TOLD}, "mapped": mapped(snapshot, figure)} for figure in snapshot.declared
    ]


def mapped(snapshot: Snapshot, figure: Mapping[str, Any]) -> int | None:
    """How many facilities of a figure's kind are on the map of its area."""
    if figure["facility_type"] is None:
        return None
    within = facilities_within(snapshot, figure["area"])
    if within is None:
        return None
    chosen = within & (snapshot.facilities["facility_type"] == figure["facility_type"]).to_numpy(dtype=bool)
    if figure["facility_class"] is not None:
        chosen &= (snapshot.facilities["facility_class"] == figure["facility_class"]).to_numpy(dtype=bool)
    return int(chosen.sum())


def facilities_within(snapshot: Snapshot, area: str) -> Bools | None:
    """Which facilities lie in an area named in words: the city or one of its districts; None if it is neither."""
    # 青岛市 is declared, 青岛 or 青岛(演示) is what the city may be called here
    if snapshot.city.name.startswith(area.removesuffix("市")):
        return np.ones(len(snapshot.facilities), dtype=bool)
    name = SAME_BOUNDS.get(area, area)
    districts = snapshot.areas[(snapshot.areas["level"] == "district") & (snapshot.areas["name"] == name)]
    if districts.empty:
        return None
    return np.asarray(area_of_points(snapshot.lon, snapshot.lat, districts, "district") >= 0)
