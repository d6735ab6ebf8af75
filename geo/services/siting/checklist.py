"""
What a place is looked at for before it becomes a station: 临街, 一楼, 停车, 厕所, 取餐点 50 米内.

What nobody knows stays unknown: it neither scores nor excludes, unless asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.measure import distances_m
from geo.places.vocabulary import Table, Term
from geo.types import Bools, Floats

if TYPE_CHECKING:
    from geo.services.siting.candidates import Candidate
    from geo.snapshot.model import Snapshot

RULES = Table(
    "siting rules",
    (
        Term("street_facing", "临街", "Faces the street"),
        Term("ground_floor", "一楼", "On the ground floor"),
        Term("parking", "停车", "Room to park"),
        Term("toilet", "厕所", "Toilet in it or within 50 m"),
        Term("near_pickup", "取餐点 50 米内", "Within 50 m of a pick-up place"),
    ),
)
"""What a place is checked for; the words a meeting uses."""

PICKUP_HOSTS: Final = frozenset({"restaurant", "mall"})
"""Hosts where riders pick orders up."""
NEAR_M = 50.0


def with_checks(snapshot: Snapshot, candidates: list[Candidate]) -> list[Candidate]:
    """The candidates with what the map knows of them filled in where nobody stated it."""
    lon = np.array([one.lon for one in candidates])
    lat = np.array([one.lat for one in candidates])
    toilet = _near_hosts(snapshot, lon, lat, frozenset({"toilet"}))
    pickup = _near_hosts(snapshot, lon, lat, PICKUP_HOSTS)
    map_has_pickups = snapshot.hosts["host_type"].isin(PICKUP_HOSTS).any()
    checked = []
    for one, has_toilet, has_pickup in zip(candidates, toilet.tolist(), pickup.tolist(), strict=True):
        stated = {rule: one.checks.get(rule) for rule in RULES.codes}
        if stated["toilet"] is not True and has_toilet:
            stated["toilet"] = True
        if stated["near_pickup"] is None and map_has_pickups:
            stated["near_pickup"] = has_pickup
        checked.append(replace(one, checks=stated))
    return checked


def _near_hosts(snapshot: Snapshot, lon: Floats, lat: Floats, kinds: frozenset[str]) -> Bools:
    """Which points have a host of some kinds within 50 m."""
    near = np.zeros(len(lon), np.bool_)
    hosts = snapshot.hosts[snapshot.hosts["host_type"].isin(kinds)]
    if hosts.empty or not len(lon):
        return near
    # degrees first, generously, then metres
    reach = NEAR_M / 100_000 / max(0.05, float(np.cos(np.radians(np.abs(lat).max()))))
    points = np.asarray(shapely.points(hosts["lon"].to_numpy(float), hosts["lat"].to_numpy(float)))
    tree = shapely.STRtree(points)
    point, host = tree.query(shapely.points(lon, lat), predicate="dwithin", distance=reach)
    to_lon, to_lat = hosts["lon"].to_numpy(float)[host], hosts["lat"].to_numpy(float)[host]
    near[point[distances_m(lon[point], lat[point], to_lon, to_lat) <= NEAR_M]] = True
    return near
