"""Isochrones: every reached street inside, what is out of reach a hole, and the figures beside them true."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.measure import line_lengths_m, polygon_areas_km2
from geo.streets import isochrone, search
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.graph import StreetGraph
from geo.streets.isochrone import AccessDistanceError, Isochrone, isochrones, strip_m
from geo.streets.modes import EBIKE, WALK
from geo.streets.search import Targets
from geo.streets.snap import EdgeIndex, Snaps, positions
from geo.types import Bools, Floats, Ints
from tests.support.graphs import Town, towns
from tests.support.grid_city import graph_of_lines, grid_graph, lon_lat
from tests.support.real_data import real_data

SAMPLE_M = 1.0
"""How densely (in metres) streets are sampled when an outline's figures are counted again."""

CENTIMETRE_M = 0.01
"""Coordinates are rounded to it, and one band may stand out of another by it."""


def square(west_m: float, south_m: float, side_m: float) -> list[tuple[float, float]]:
    """A street around a square."""
    east_m, north_m = west_m + side_m, south_m + side_m
    return [(west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m), (west_m, south_m)]


def snapped(graph: StreetGraph, spots_m: list[tuple[float, float]]) -> Snaps:
    """Places by metres from the corner, joined to the streets."""
    lon, lat = np.array([lon_lat(*spot) for spot in spots_m]).T
    return EdgeIndex(graph).snap(lon, lat)


def drawn(
    graph: StreetGraph,
    facilities: Snaps,
    minutes: list[float],
    *,
    eligible: Bools | None = None,
    access_m: float = isochrone.ACCESS_M,
) -> list[Isochrone]:
    """The isochrones of facilities without any overhead."""
    targets = Targets.join(graph, facilities)
    limits = [round(600 * one) for one in minutes]
    field = search.field(graph, targets, eligible, max(limits))
    return isochrones(graph, targets, field, limits, eligible=eligible, access_m=access_m)


def sampled(graph: StreetGraph) -> Snaps:
    """Positions along every street, each standing for about one metre of it."""
    pieces = np.maximum(1, np.rint(graph.edges.length_m / SAMPLE_M)).astype(np.int64)
    edge = np.repeat(np.arange(graph.edge_count), pieces).astype(np.int32)
    first = np.repeat(np.cumsum(pieces) - pieces, pieces)
    fraction = (np.arange(len(edge)) - first + 0.5) / pieces[edge]
    return standing(graph, edge, fraction)


def standing(graph: StreetGraph, edge: Ints, fraction: Floats) -> Snaps:
    """Positions on streets as points without a way to the street."""
    lon, lat = positions(graph, edge, fraction)
    nothing = np.zeros(len(edge))
    return Snaps(edge, fraction, nothing, np.zeros(len(edge), np.int32), lon, lat)


def times(graph: StreetGraph, facilities: Snaps, points: Snaps, eligible: Bools | None = None) -> Ints:
    """Travel time of points to their nearest facility."""
    targets = Targets.join(graph, facilities)
    return search.point_times(graph, targets, search.field(graph, targets, eligible), points, eligible)[0]


def inside(one: Isochrone, points: Snaps) -> Bools:
    shapely.prepare(one.outline)
    return np.asarray(shapely.intersects_xy(one.outline, points.lon, points.lat))


def check_against_samples(graph: StreetGraph, facilities: Snaps, one: Isochrone) -> None:
    """Every sampled position that is reached lies inside, and the lengths are those of the samples."""
    points = sampled(graph)
    # half a decisecond is lost or won by counting whole ones
    time_ds = times(graph, facilities, points)
    within = inside(one, points)
    weight_m = (graph.edges.length_m / np.bincount(points.edge, minlength=graph.edge_count))[points.edge]
    reached = time_ds < one.limit_ds
    assert within[reached].all()
    assert one.reached_m == pytest.approx(weight_m[time_ds <= one.limit_ds].sum(), rel=0.01, abs=15)
    assert one.unreached_m == pytest.approx(weight_m[within & (time_ds > one.limit_ds)].sum(), rel=0.01, abs=15)
    assert one.outline.is_valid


# ── what is reached ─────────────────────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=60)
@given(towns(), st.integers(0, 900))
def test_reached_stretches_add_up_to_the_covered_length(town: Town, limit_ds: int):
    """Disjoint, in order, and edge by edge as long as what counts as covered."""
    graph = town.graph
    targets = Targets.join(graph, town.facilities, town.overhead_ds)
    field = search.field(graph, targets, town.eligible)
    reached = search.reached_stretches(graph, targets, field, limit_ds, town.eligible)
    assert (reached.end >= reached.start).all()
    same = np.diff(reached.edge) == 0
    assert (np.diff(reached.edge) >= 0).all()
    assert (reached.start[1:][same] > reached.end[:-1][same]).all()
    length_m = np.zeros(graph.edge_count)
    np.add.at(length_m, reached.edge, (reached.end - reached.start) * graph.edges.length_m[reached.edge])
    whole = np.arange(graph.edge_count, dtype=np.int32)
    ends = np.zeros(graph.edge_count), np.ones(graph.edge_count)
    covered = search.covered_length_m(graph, targets, field, limit_ds, whole, *ends, town.eligible)
    assert length_m == pytest.approx(covered, abs=1e-6)


def test_ten_minutes_on_a_lattice_are_a_diamond():
    """From a crossing one gets 700 m along streets in any direction; with 50 m to each side of them."""
    graph = grid_graph(21, 21, 100.0)
    one = drawn(graph, snapped(graph, [(1000, 1000)]), [700 / WALK.speed_ms / 60])[0]
    check_against_samples(graph, snapped(graph, [(1000, 1000)]), one)
    west, south, east, north = one.outline.bounds
    (x0, y0), (x1, y1) = lon_lat(300, 300), lon_lat(1700, 1700)
    assert (west, south) == pytest.approx((x0, y0), abs=2.5e-4)
    assert (east, north) == pytest.approx((x1, y1), abs=2.5e-4)
    assert 0.98 < one.area_km2 < 1.15
    assert one.area_km2 == pytest.approx(float(polygon_areas_km2(np.array([one.outline], dtype=object))[0]))


def test_a_block_without_a_street_is_a_hole():
    graph = grid_graph(5, 5, 300.0)
    one = drawn(graph, snapped(graph, [(600, 600)]), [60])[0]
    (ground,) = one.outline.geoms
    assert len(ground.interiors) == 16
    for hole in ground.interiors:
        assert float(polygon_areas_km2(np.array([shapely.Polygon(hole)], dtype=object))[0]) == pytest.approx(
            0.2**2, rel=0.05
        )


def test_a_courtyard_without_a_gate_is_a_hole_and_its_streets_are_not_inside():
    """The streets around can be walked; those of the yard, 60 m behind them, lead nowhere."""
    around, yard = square(0, 0, 400), square(60, 60, 280)
    graph = graph_of_lines([around, yard, [(60, 60), (340, 340)]])
    facilities = snapped(graph, [(200, 0)])
    one = drawn(graph, facilities, [60])[0]
    check_against_samples(graph, facilities, one)
    (ground,) = one.outline.geoms
    assert len(ground.interiors) == 1
    assert one.unreached_m == 0
    assert not shapely.contains_xy(one.outline, *lon_lat(200, 200))
    # between the two streets the nearer one decides
    assert shapely.contains_xy(one.outline, *lon_lat(200, 20))
    assert not shapely.contains_xy(one.outline, *lon_lat(200, 45))


def test_a_carriageway_next_to_a_reached_one_is_inside_and_counted():
    """Ten metres apart, not joined: no polygon can part them, so the outline says what it cannot keep out."""
    graph = graph_of_lines([[(0, 0), (500, 0)], [(0, 10), (500, 10)]])
    facilities = snapped(graph, [(250, -5)])
    one = drawn(graph, facilities, [60])[0]
    check_against_samples(graph, facilities, one)
    assert one.unreached_share == pytest.approx(0.5, abs=0.01)
    assert one.unreached_area_share == pytest.approx((strip_m(10) - 5) / (strip_m(10) + 50), abs=0.05)


def test_a_one_way_street_counts_from_where_it_leads_to_the_station():
    graph = graph_of_lines([[(0, 0), (500, 0), (1000, 0)]], one_way=frozenset({0}))
    one = drawn(graph, snapped(graph, [(500, 0)]), [5])[0]
    assert shapely.contains_xy(one.outline, *lon_lat(200, 0))
    assert not shapely.contains_xy(one.outline, *lon_lat(550, 0))


def test_a_limit_in_the_middle_of_a_street_ends_there():
    graph = graph_of_lines([[(0, 0), (2000, 0)]])
    one = drawn(graph, snapped(graph, [(1000, 0)]), [5])[0]
    assert one.reached_m == pytest.approx(2 * 300 * WALK.speed_ms, abs=1)
    for east_m in (1000 + 300 * WALK.speed_ms - 1, 1000 - 300 * WALK.speed_ms + 1):
        assert shapely.contains_xy(one.outline, *lon_lat(east_m, 0))
    assert not shapely.contains_xy(one.outline, *lon_lat(1000 + 300 * WALK.speed_ms + strip_m(10) + 3, 0))


def test_islands_are_outlined_apart():
    graph = graph_of_lines([square(0, 0, 100), square(1000, 1000, 100), square(2000, 0, 100)])
    facilities = snapped(graph, [(50, 0), (1050, 1000)])
    one = drawn(graph, facilities, [10])[0]
    check_against_samples(graph, facilities, one)
    assert len(one.outline.geoms) == 2
    only_second = drawn(graph, facilities, [10], eligible=np.array([False, True]))[0]
    assert len(only_second.outline.geoms) == 1
    assert shapely.contains_xy(only_second.outline, *lon_lat(1000, 1050))


def test_without_a_station_on_a_street_there_is_nothing():
    graph = grid_graph(3, 3)
    far = EdgeIndex(graph).snap(*(np.array([one]) for one in lon_lat(5000, 5000)))
    for one in drawn(graph, far, [5, 10]):
        assert one.outline.is_empty
        assert (one.area_km2, one.reached_m, one.unreached_share) == (0, 0, 0)


def test_a_station_reached_only_from_its_own_door_has_a_spot_of_ground():
    """No time left for any street: the position itself is reached, and lies inside."""
    graph = grid_graph(3, 3)
    targets = Targets.join(graph, snapped(graph, [(150, 100)]))
    one = isochrones(graph, targets, search.field(graph, targets, None, 0), [0])[0]
    assert shapely.contains_xy(one.outline, *lon_lat(150, 100))
    assert 0 < one.area_km2 < 0.002


@pytest.mark.parametrize("access_m", [0, 24.9, 201, float("nan")])
def test_an_access_distance_out_of_range_is_refused(access_m):
    graph = grid_graph(3, 3)
    with pytest.raises(AccessDistanceError):
        drawn(graph, snapped(graph, [(100, 100)]), [5], access_m=access_m)


def test_farther_from_the_street_means_more_ground():
    graph = grid_graph(5, 5, 400.0)
    narrow, wide = (drawn(graph, snapped(graph, [(800, 800)]), [30], access_m=m)[0] for m in (30, 90))
    assert wide.area_km2 > 2 * narrow.area_km2
    assert wide.reached_m == narrow.reached_m


# ── shape ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rings_run_as_rfc_7946_wants():
    graph = grid_graph(5, 5, 300.0)
    for ground in drawn(graph, snapped(graph, [(600, 600)]), [60])[0].outline.geoms:
        assert ground.exterior.is_ccw
        assert ground.interiors
        assert not any(hole.is_ccw for hole in ground.interiors)


def test_a_longer_limit_contains_a_shorter_one_whatever_the_order_asked_in():
    graph = graph_of_lines(crooked(11, 12))
    minutes = [10, 2.5, 5, 7.5]
    bands = sorted(drawn(graph, snapped(graph, [(500, 500)]), minutes), key=lambda one: one.limit_ds)
    assert [one.limit_ds for one in bands] == [1500, 3000, 4500, 6000]
    for less, more in pairwise(bands):
        assert lost_m(less, more) < CENTIMETRE_M
        assert less.area_km2 < more.area_km2


def test_a_lattice_made_coarser_still_loses_no_street(monkeypatch):
    monkeypatch.setattr(isochrone, "MOST_NODES", 5000)
    graph = graph_of_lines(crooked(11, 5))
    facilities = snapped(graph, [(500, 500)])
    one = drawn(graph, facilities, [8])[0]
    assert one.step_m > isochrone.STEP_M
    check_against_samples(graph, facilities, one)


def crooked(side: int, seed: int) -> list[list[tuple[float, float]]]:
    """A lattice of streets, shifted at random, with a third of them left out."""
    random = np.random.default_rng(seed)
    x, y = (100.0 * np.indices((side, side)) + random.uniform(-35, 35, (2, side, side))).round(1)
    spots = [[(float(x[i, j]), float(y[i, j])) for j in range(side)] for i in range(side)]
    across = [[spots[i][j], spots[i + 1][j]] for i in range(side - 1) for j in range(side)]
    along = [[spots[i][j], spots[i][j + 1]] for i in range(side) for j in range(side - 1)]
    return [line for line in across + along if random.random() < 0.67]


def lost_m(less: Isochrone, more: Isochrone) -> float:
    """Ground of a shorter limit that a longer one leaves out, as the width (in metres) of a strip along the outline."""
    rest = shapely.difference(less.outline, more.outline)
    if not rest.area:
        return 0.0
    rest_m2 = 1e6 * float(polygon_areas_km2(np.array([rest], dtype=object))[0])
    return rest_m2 / float(line_lengths_m(np.array(shapely.get_parts(less.outline.boundary), dtype=object)).sum())


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.floats(1, 12), st.sampled_from([WALK, EBIKE]), st.integers(1, 3))
def test_random_towns_are_outlined_truly(seed, minutes, mode, count):
    """Streets at random angles, one-way ones and islands among them: nothing lost, lengths true, bands nested."""
    lines = crooked(9, seed)
    one_way = frozenset(range(0, len(lines), 4))
    graph = graph_of_lines(lines, mode=mode, one_way=one_way)
    random = np.random.default_rng(seed)
    facilities = snapped(graph, [(float(x), float(y)) for x, y in random.uniform(0, 800, (count, 2))])
    less, more = drawn(graph, facilities, [minutes, 1.3 * minutes])
    check_against_samples(graph, facilities, less)
    check_against_samples(graph, facilities, more)
    assert lost_m(less, more) < CENTIMETRE_M


# ── honesty ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def places_inside(one: Isochrone, count: int, seed: int) -> tuple[Floats, Floats]:
    """Places strewn evenly over an outline."""
    random = np.random.default_rng(seed)
    west, south, east, north = one.outline.bounds
    lon, lat = random.uniform(west, east, 20 * count), random.uniform(south, north, 20 * count)
    there = np.flatnonzero(shapely.contains_xy(one.outline, lon, lat))[:count]
    return lon[there], lat[there]


def test_the_share_of_area_without_reach_is_that_of_places_strewn_over_it():
    graph = graph_of_lines(crooked(11, 3))
    facilities = snapped(graph, [(500, 500)])
    one = drawn(graph, facilities, [8])[0]
    places = EdgeIndex(graph).snap(*places_inside(one, 20_000, 1))
    late = times(graph, facilities, places) > one.limit_ds
    assert one.unreached_area_share == pytest.approx(float(late.mean()), abs=0.015)
    assert 0 < one.unreached_area_share < 0.15


@cache
def porto() -> tuple[StreetGraph, Snaps]:
    graph, _ = build_graph(read_extract(real_data("porto/streets.osm.pbf")).streets, WALK)
    random = np.random.default_rng(784)
    near = random.integers(0, graph.node_count, 784)
    lon, lat = (axis[near] + random.normal(0, 0.0003, 784) for axis in (graph.node_lon, graph.node_lat))
    return graph, EdgeIndex(graph).snap(lon, lat)


@pytest.mark.slow
def test_porto_is_outlined_truly_as_a_whole_and_station_by_station():
    graph, facilities = porto()
    points = sampled(graph)
    weight_m = (graph.edges.length_m / np.bincount(points.edge, minlength=graph.edge_count))[points.edge]
    whole = drawn(graph, facilities, [10])[0]
    time_ds, within = times(graph, facilities, points), inside(whole, points)
    assert within[time_ds < whole.limit_ds].all()
    late_m = weight_m[within & (time_ds > whole.limit_ds)].sum()
    assert whole.unreached_m == pytest.approx(late_m, rel=0.01)
    assert whole.unreached_share == pytest.approx(late_m / weight_m[within].sum(), abs=0.001)
    assert whole.unreached_share < 0.05
    assert whole.outline.is_valid
    for station in range(0, 784, 196):
        eligible = np.arange(784) == station
        bands = drawn(graph, facilities, [5, 10, 15], eligible=eligible)
        for one in bands:
            assert inside(one, points)[times(graph, facilities, points, eligible) < one.limit_ds].all()
            assert one.unreached_share < 0.25
        assert lost_m(bands[0], bands[1]) < CENTIMETRE_M
        assert lost_m(bands[1], bands[2]) < CENTIMETRE_M
