"""My grid workstation (我的网格工作站): those of the street (镇街) somebody stands in, else the nearest ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.coverage.areas import NO_AREA, area_of_points
from geo.services.nearest import MAX_HITS, Hit, NearestQuestion, described, ranked
from geo.snapshot.masks import FacilityFilter
from geo.snapshot.model import Snapshot

GRID_TYPES = frozenset({"grid_town", "grid_base"})
"""The two tiers: of a town or street, and the base ones below it."""


@dataclass(frozen=True, slots=True)
class GridAnswer:
    """
    The workstations, nearest first, and the district and street that the position lies in (None outside both).

    `of_street` says that they are that street's own. `off_network` says that no street is near enough to compute a
    trip: then nothing is listed, and the street is told all the same.
    """

    district: str | None
    street: str | None
    of_street: bool
    hits: tuple[Hit, ...]
    snap_m: float | None
    off_network: bool


def grid_workstations(snapshot: Snapshot, question: NearestQuestion) -> GridAnswer:
    """
    The grid workstations for a position (the question's filters are not used).

    A workstation serves the street its door stands in; no register of ours draws its ground more finely. Where the
    street has none, or the position is in no street, the nearest ones of the city are told, as such.
    """
    lon, lat = np.array([question.lon]), np.array([question.lat])
    areas = snapshot.areas
    row_of = {level: int(area_of_points(lon, lat, areas, level)[0]) for level in ("district", "street")}
    district, street = (
        None if row == NO_AREA else str(areas["name"].iloc[row]) for row in (row_of["district"], row_of["street"])
    )
    eligible = snapshot.masks.eligible(FacilityFilter(types=GRID_TYPES))
    if row_of["street"] != NO_AREA:
        code = areas["code"].iloc[row_of["street"]]
        own = eligible & (snapshot.facilities["street_code"] == code).to_numpy(dtype=bool)
    else:
        own = np.zeros_like(eligible)
    of_street = bool(own.any())
    layer = snapshot.layer(question.mode)
    start = layer.index.snap(lon, lat)
    if start.edge[0] < 0:
        return GridAnswer(district, street, of_street, (), None, off_network=True)
    found = ranked(layer, start, MAX_HITS if of_street else question.limit, own if of_street else eligible, None)
    hits = described(snapshot, question, found)
    return GridAnswer(district, street, of_street, hits, float(start.distance_m[0]), off_network=False)
