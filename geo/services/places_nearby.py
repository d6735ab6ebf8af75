"""
Places of the street map that help when no station does: the nearest public toilets by travel time.

They come from the street extract, so they are as complete as it is. What is not mapped is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from geo.measure import distances_m
from geo.snapshot.model import ModeLayer, Snapshot
from geo.streets import search
from geo.streets.search import Targets
from geo.types import UNREACHED

HOSTS_OF_KIND: Mapping[str, frozenset[str]] = {"toilets": frozenset({"toilet"})}
"""What can be asked for, and the host types that are it."""

FARTHEST_DS = 36_000
"""How far (in deciseconds) one is looked for: an hour."""


@dataclass(frozen=True, slots=True)
class HostHit:
    """One place: its row among the places of the kind, and how long it takes by each mode (None: out of reach)."""

    row: int
    time_ds: int
    time_ds_by_mode: Mapping[str, int | None]
    straight_m: float


@dataclass(frozen=True, slots=True)
class HostsNearby:
    """An answer, nearest first. `places` are all of the kind that are mapped in the city."""

    places: pd.DataFrame
    hits: tuple[HostHit, ...]
    snap_m: float | None
    off_network: bool


def hosts_nearby(snapshot: Snapshot, kind: str, lon: float, lat: float, *, mode: str, limit: int) -> HostsNearby:
    """The nearest mapped places of a kind within an hour of a position (WGS-84)."""
    layer = snapshot.layer(mode)
    start = layer.index.snap(np.array([lon]), np.array([lat]))
    places = hosts_of_kind(snapshot, kind)
    if start.edge[0] < 0:
        return HostsNearby(places, (), None, off_network=True)
    # Without labels: a search from the point meets the nearest ones after a few hundred nodes, and labels of every
    # node for every kind would be loaded for nobody most of the day.
    row, time_ds = search.nearest(layer.graph, joined(snapshot, kind, mode), None, start, limit, cutoff_ds=FARTHEST_DS)
    others = {
        other: times_to(snapshot, kind, other_layer, lon, lat, row)
        for other, other_layer in snapshot.modes.items()
        if other != mode
    }
    straight_m = distances_m(lon, lat, places["lon"].to_numpy()[row], places["lat"].to_numpy()[row])
    hits = tuple(
        HostHit(
            one,
            took,
            {code: took if code == mode else others[code][one] for code in snapshot.modes},
            float(straight_m[rank]),
        )
        for rank, (one, took) in enumerate(zip(row.tolist(), time_ds.tolist(), strict=True))
    )
    return HostsNearby(places, hits, float(start.distance_m[0]), off_network=False)


def times_to(
    snapshot: Snapshot, kind: str, layer: ModeLayer, lon: float, lat: float, rows: np.ndarray
) -> dict[int, int | None]:
    """Travel times (in deciseconds) of one mode to given places; None where there is no way within an hour."""
    start = layer.index.snap(np.array([lon]), np.array([lat]))
    times = search.times_to(layer.graph, joined(snapshot, kind, layer.mode), None, start, rows, FARTHEST_DS)
    return {row: None if took == UNREACHED else took for row, took in zip(rows.tolist(), times.tolist(), strict=True)}


@lru_cache(maxsize=4)
def hosts_of_kind(snapshot: Snapshot, kind: str) -> pd.DataFrame:
    """The places of a kind, numbered from zero."""
    return snapshot.hosts[snapshot.hosts["host_type"].isin(HOSTS_OF_KIND[kind])].reset_index(drop=True)


@lru_cache(maxsize=4)
def joined(snapshot: Snapshot, kind: str, mode: str) -> Targets:
    """The places of a kind joined to the streets of a mode; of the snapshot before too, for who began with it."""
    places, layer = hosts_of_kind(snapshot, kind), snapshot.layer(mode)
    snaps = layer.index.snap(places["lon"].to_numpy(), places["lat"].to_numpy())
    return Targets.join(layer.graph, snaps, layer.graph.mode.arrival_overhead_ds)
