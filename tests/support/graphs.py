"""Small graphs that can be drawn by hand, and random ones with everything that goes wrong in cities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from geo.streets.build import StreetWays, arcs_of
from geo.streets.graph import Edges, StreetGraph
from geo.streets.modes import WALK, Mode
from geo.streets.snap import Snaps
from geo.types import Bools

Street = tuple[int, int, int, int]
"""Tail, head, time forward, time backward (in deciseconds, -1 = not allowed)."""


def graph_of(streets: list[Street], *, node_count: int, mode: Mode = WALK) -> StreetGraph:
    """A graph with exactly these edges and times; the nodes lie on a line, 0.001 degrees apart."""
    tail, head, forward, backward = np.array(streets, np.int32).reshape(-1, 4).T.copy()
    lon, lat = 120 + 0.001 * np.arange(node_count), np.full(node_count, 36.0)
    out, back = arcs_of(node_count, tail.astype(np.int64), head.astype(np.int64), forward, backward)
    length_m = np.maximum(forward, backward) * 0.12
    shape = np.column_stack((tail, head)).ravel()
    edges = Edges(
        tail=tail,
        head=head,
        length_m=length_m,
        forward_ds=forward,
        backward_ds=backward,
        shape_start=np.arange(0, 2 * len(tail) + 1, 2),
        name_id=np.full(len(tail), -1, np.int32),
        highway=np.zeros(len(tail), np.uint8),
        way_id=np.arange(len(tail)),
    )
    return StreetGraph(
        mode=mode,
        node_lon=lon,
        node_lat=lat,
        forward=out,
        reverse=back,
        edges=edges,
        shape_lon=lon[shape],
        shape_lat=lat[shape],
        shape_m=np.column_stack((np.zeros_like(length_m), length_m)).ravel(),
        names=[],
    )


def snaps_at(positions: list[tuple[int, float, int]]) -> Snaps:
    """Positions (edge, fraction, access time in deciseconds) as if points had been snapped there."""
    edge = np.array([edge for edge, _, _ in positions], np.int32)
    fraction = np.array([fraction for _, fraction, _ in positions], np.float64)
    access_ds = np.array([access for _, _, access in positions], np.int32)
    nowhere = np.zeros(len(positions))
    return Snaps(edge, fraction, nowhere, access_ds, nowhere, nowhere)


@dataclass(frozen=True)
class Town:
    """A graph with facilities and points on it, and a filter that lets some facilities pass."""

    graph: StreetGraph
    facilities: Snaps
    points: Snaps
    eligible: Bools
    overhead_ds: int


TIMES = st.one_of(st.just(0), st.integers(0, 4), st.integers(0, 300))
FRACTIONS = st.one_of(st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0]), st.floats(0, 1))


@st.composite
def streets(draw: st.DrawFn, node_count: int) -> Street:
    """An edge: two-way, one-way either way, unequal both ways, a loop, of no length, parallel to another."""
    tail, head = draw(st.integers(0, node_count - 1)), draw(st.integers(0, node_count - 1))
    time = draw(TIMES)
    ways = draw(st.sampled_from(["both", "forward", "backward", "unequal"]))
    forward = -1 if ways == "backward" else time
    backward = -1 if ways == "forward" else draw(TIMES) if ways == "unequal" else time
    return tail, head, forward, backward


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Random small directed towns: one-ways, edges of no length, islands, parallel edges, shared edges, ties."""
    node_count = draw(st.integers(1, 9))
    edges = draw(st.lists(streets(node_count), min_size=1, max_size=16))
    # -1 is a place off the network
    places = st.lists(st.tuples(st.integers(-1, len(edges) - 1), FRACTIONS, st.integers(0, 5)), min_size=1, max_size=8)
    facilities, points = draw(places), draw(places)
    eligible = draw(st.lists(st.booleans(), min_size=len(facilities), max_size=len(facilities)))
    return Town(
        graph_of(edges, node_count=node_count),
        snaps_at(facilities),
        snaps_at(points),
        np.array(eligible, np.bool_),
        draw(st.integers(0, 3)),
    )


def ways_of(
    nodes: dict[int, tuple[float, float]],
    lines: list[list[int]],
    *,
    directions: list[int] | None = None,
    highway: list[int] | None = None,
    barriers: list[int] | None = None,
    mode: Mode = WALK,
) -> StreetWays:
    """Ways as an extract would give them: nodes by id in degrees, and lines of node ids."""
    ids = np.array(sorted(nodes), np.int64)
    return StreetWays(
        node_id=ids,
        node_lon=np.array([nodes[i][0] for i in ids.tolist()]),
        node_lat=np.array([nodes[i][1] for i in ids.tolist()]),
        refs=np.array([ref for line in lines for ref in line], np.int64),
        way_start=np.concatenate(([0], np.cumsum([len(line) for line in lines]))).astype(np.int64),
        way_id=np.arange(100, 100 + len(lines)),
        highway=np.array(highway or [0] * len(lines), np.uint8),
        name_id=np.full(len(lines), -1, np.int32),
        names=[],
        directions={mode.code: np.array(directions or [3] * len(lines), np.uint8)},
        barriers={mode.code: np.array(sorted(barriers or []), np.int64)},
    )
