from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.streets.build import build_graph
from geo.streets.modes import WALK
from geo.streets.snap import EdgeIndex, positions
from tests.support.graphs import ways_of

GEOD = Geod(ellps="WGS84")
CROSS = ways_of(
    {1: (120.0, 36.0), 2: (120.01, 36.0), 3: (120.005, 35.995), 4: (120.005, 36.005), 5: (120.005, 36.0)},
    [[1, 5, 2], [3, 5, 4]],
)


@pytest.fixture(scope="module")
def cross():
    return build_graph(CROSS, WALK)[0]


def snapped(graph, lon, lat, **options):
    return EdgeIndex(graph).snap(np.array([lon]), np.array([lat]), **options)


def test_a_point_joins_the_street_at_its_foot(cross):
    snap = snapped(cross, 120.002, 36.0005)
    _, _, away_m = GEOD.inv(120.002, 36.0005, 120.002, 36.0)
    assert snap.distance_m[0] == pytest.approx(away_m, abs=0.01)
    assert (snap.lon[0], snap.lat[0]) == pytest.approx((120.002, 36.0), abs=1e-9)
    assert snap.access_ds[0] == round(10 * away_m / 1.2)
    assert positions(cross, snap.edge, snap.fraction)[0][0] == pytest.approx(120.002, abs=1e-8)


def test_a_point_beyond_the_limit_is_off_the_network(cross):
    assert snapped(cross, 120.002, 36.0025).edge[0] == -1
    assert snapped(cross, 120.002, 36.0025, limit_m=300).edge[0] >= 0


@pytest.mark.parametrize("place", [(121, 36), (-60, -30), (math.nan, 36), (120, math.inf), (120, 90), (400, 36)])
def test_a_point_nowhere_near_is_off_the_network(cross, place):
    snap = snapped(cross, *place)
    assert snap.edge[0] == -1
    assert snap.access_ds[0] == 0


def test_a_far_point_is_found_if_one_asks_for_it(cross):
    snap = snapped(cross, 120.3, 36.3, limit_m=1e6)
    assert snap.edge[0] >= 0
    _, _, away_m = GEOD.inv(120.3, 36.3, snap.lon[0], snap.lat[0])
    # a plane over 40 km is off by some metres
    assert snap.distance_m[0] == pytest.approx(away_m, rel=0.005)


def test_at_a_junction_the_first_edge_is_taken(cross):
    snap = snapped(cross, 120.005, 36.0)
    junction = int(np.argmin(np.hypot(cross.node_lon - 120.005, cross.node_lat - 36.0)))
    touching = np.flatnonzero((cross.edges.tail == junction) | (cross.edges.head == junction))
    assert snap.edge[0] == touching.min()
    assert snap.fraction[0] in (0.0, 1.0)
    assert snap.distance_m[0] == 0


def test_no_points_are_no_snaps(cross):
    assert len(EdgeIndex(cross).snap(np.empty(0), np.empty(0))) == 0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_the_nearest_edge_is_the_one_shapely_finds(seed, count):
    random = np.random.default_rng(seed)
    nodes = {i + 1: tuple(random.uniform((120, 36), (120.02, 36.02))) for i in range(count)}
    lines = [random.choice(count, size=random.integers(2, 6)) + 1 for _ in range(count)]
    lines = [line.tolist() for line in lines if len(set(line.tolist())) > 1]
    if not lines:
        return
    graph, _ = build_graph(ways_of(nodes, lines), WALK, min_component_m=0)
    lon, lat = random.uniform(119.998, 120.022, 30), random.uniform(35.998, 36.022, 30)
    snaps = EdgeIndex(graph).snap(lon, lat, limit_m=500)

    start = graph.edges.shape_start
    for i in range(30):
        # the plane at the point, its scale from the geodesic and not from our formula
        east_m = GEOD.inv(lon[i] - 5e-4, lat[i], lon[i] + 5e-4, lat[i])[2] * 1000
        north_m = GEOD.inv(lon[i], lat[i] - 5e-4, lon[i], lat[i] + 5e-4)[2] * 1000
        xy = np.column_stack(((graph.shape_lon - lon[i]) * east_m, (graph.shape_lat - lat[i]) * north_m))
        away = [
            shapely.LineString(xy[start[e] : start[e + 1]]).distance(shapely.Point(0, 0)) for e in range(len(start) - 1)
        ]
        if min(away) > 500.1:
            assert snaps.edge[i] == -1
        elif min(away) < 499.9:
            assert away[snaps.edge[i]] == pytest.approx(min(away), abs=1e-3)
            assert snaps.distance_m[i] == pytest.approx(min(away), abs=1e-3)
            on_lon, on_lat = positions(graph, snaps.edge[i : i + 1], snaps.fraction[i : i + 1])
            # a centimetre: fractions are of lengths on the ellipsoid, feet of the plane at the point
            assert GEOD.inv(on_lon[0], on_lat[0], snaps.lon[i], snaps.lat[i])[2] < 0.01


@given(st.integers(0, 3), st.floats(0, 1))
def test_positions_run_along_the_drawing(edge, fraction):
    graph, _ = build_graph(CROSS, WALK)
    lon, lat = positions(graph, np.array([edge], np.int32), np.array([fraction]))
    tail, head = graph.edges.tail[edge], graph.edges.head[edge]
    assert lon[0] == pytest.approx(graph.node_lon[tail] * (1 - fraction) + graph.node_lon[head] * fraction, abs=1e-8)
    assert lat[0] == pytest.approx(graph.node_lat[tail] * (1 - fraction) + graph.node_lat[head] * fraction, abs=1e-8)
