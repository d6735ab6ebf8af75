"""
The cities that are measured on: a real one if its extract is at hand, and one of half a million nodes made by rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.streets.build import StreetWays, build_graph
from geo.streets.extract import read_extract
from geo.streets.graph import HIGHWAYS, StreetGraph
from geo.streets.modes import WALK, with_speed
from geo.streets.snap import EdgeIndex, Snaps
from geo.types import Floats

PORTO = Path(__file__).resolve().parents[2] / "shared" / "data" / "porto" / "streets.osm.pbf"
FACILITIES = 784
SPEED_MS = 5 / 3.6
"""Walking speed of the measurements, 5 km/h, as in the figures they are held against."""
SIDE = 730
"""Crossings along one side of the synthetic city."""
SPACING_M = 60.0
KEPT = 0.625
"""Share of the lattice's streets that are built; the rest are the blocks of a city that are not squares."""


@dataclass(frozen=True)
class City:
    """A walking network with trial facilities and points to ask from."""

    name: str
    graph: StreetGraph
    facilities: Snaps
    points: Snaps


def city_on(name: str, graph: StreetGraph) -> City:
    """Scatter facilities and points over a network, the same every time: near nodes, for that is where people are."""
    random = np.random.default_rng(784)
    index = EdgeIndex(graph)

    def scattered(count: int) -> Snaps:
        return index.snap(*scattered_near(graph, random, count).T)

    return City(name, graph, scattered(FACILITIES), scattered(2000))


def scattered_near(graph: StreetGraph, random: np.random.Generator, count: int) -> Floats:
    """Longitudes and latitudes of points near nodes, some thirty metres off, float64[count, 2]."""
    near = random.integers(0, graph.node_count, count)
    lon = graph.node_lon[near] + random.normal(0, 0.0003, count)
    return np.column_stack((lon, graph.node_lat[near] + random.normal(0, 0.0003, count)))


def porto() -> City | None:
    """Porto on foot, None where the extract is not at hand."""
    if not PORTO.exists():
        return None
    graph, _ = build_graph(read_extract(PORTO).streets, with_speed(WALK, SPEED_MS))
    return city_on("porto", graph)


def synthetic_ways(side: int = SIDE) -> StreetWays:
    """
    A lattice of crossings, shifted at random, with some streets left out: about 500,000 nodes and 1.3 million arcs.
    """
    random = np.random.default_rng(500)
    number = np.arange(side * side).reshape(side, side)
    lat = 36.0 + (number // side + random.uniform(-0.3, 0.3, number.shape)) * SPACING_M / 111_000
    lon = 120.0 + (number % side + random.uniform(-0.3, 0.3, number.shape)) * SPACING_M / 90_000
    pairs = np.concatenate(
        (
            np.column_stack((number[:, :-1].ravel(), number[:, 1:].ravel())),
            np.column_stack((number[:-1].ravel(), number[1:].ravel())),
        )
    )
    pairs = pairs[random.random(len(pairs)) < KEPT]
    return StreetWays(
        node_id=number.ravel(),
        node_lon=lon.ravel(),
        node_lat=lat.ravel(),
        refs=pairs.ravel(),
        way_start=np.arange(0, pairs.size + 1, 2),
        way_id=np.arange(len(pairs)),
        highway=np.full(len(pairs), HIGHWAYS.index("residential"), np.uint8),
        name_id=np.full(len(pairs), -1, np.int32),
        names=[],
        directions={"walk": np.full(len(pairs), 3, np.uint8)},
        barriers={"walk": np.empty(0, np.int64)},
    )


def synthetic() -> City:
    """The synthetic city on foot."""
    graph, _ = build_graph(synthetic_ways(), with_speed(WALK, SPEED_MS))
    return city_on("synthetic", graph)
