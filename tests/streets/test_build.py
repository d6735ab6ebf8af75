from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from geo.streets import kernels
from geo.streets.build import NoStreetsError, TopSpeedError, build_graph, morton_order
from geo.streets.graph import HIGHWAYS, GraphFolderError, StreetGraph
from geo.streets.modes import BACKWARD, EBIKE, FORWARD, WALK
from tests.support.graphs import towns, ways_of

EAST = 0.001
"""One step of the drawings below in degrees of longitude."""


def row(count: int) -> dict[int, tuple[float, float]]:
    """Nodes 1, 2, 3 … in a row to the east."""
    return {i + 1: (120 + EAST * i, 36.0) for i in range(count)}


def test_lengths_are_metres_on_the_ellipsoid():
    graph, _ = build_graph(ways_of(row(3), [[1, 2, 3]]), WALK)
    _, _, expected = Geod(ellps="WGS84").inv(120, 36, 120 + 2 * EAST, 36)
    # millimetres: a middle vertex on the parallel lies beside the geodesic
    assert graph.edges.length_m.tolist() == pytest.approx([expected], abs=0.001)
    assert graph.shape_m.tolist() == pytest.approx([0, expected / 2, expected], abs=0.001)


def test_times_are_rounded_deciseconds_at_the_speed_of_the_class():
    ways = ways_of(row(3), [[1, 2], [2, 3]], highway=[HIGHWAYS.index("residential"), HIGHWAYS.index("steps")])
    graph, _ = build_graph(ways, WALK)
    assert graph.edges.forward_ds.tolist() == np.rint(10 * graph.edges.length_m / [1.2, 0.6]).tolist()


def test_ways_are_cut_where_they_meet_and_nowhere_else():
    nodes = row(5) | {6: (120 + 2 * EAST, 36.001)}
    graph, report = build_graph(ways_of(nodes, [[1, 2, 3, 4, 5], [3, 6]]), WALK)
    assert report.edges == 3
    assert report.nodes == 4
    assert sorted(np.diff(graph.edges.shape_start).tolist()) == [2, 3, 3]


def test_a_way_that_crosses_itself_is_cut_there():
    graph, _ = build_graph(ways_of(row(3) | {4: (120.0005, 36.001)}, [[1, 2, 3, 4, 2]]), WALK)
    assert graph.edge_count == 2
    assert (graph.edges.tail == graph.edges.head).sum() == 1


def test_loops_are_edges_to_stand_on_but_lead_nowhere():
    nodes = {1: (120.0, 36.0), 2: (120.001, 36.0), 3: (120.001, 36.001)}
    graph, _ = build_graph(ways_of(nodes, [[1, 2, 3, 1]]), WALK)
    assert graph.edge_count == 1
    assert len(graph.forward.head) == 0


def test_parallel_streets_are_both_there_and_the_lightest_is_taken():
    nodes = row(2) | {3: (120.0005, 36.001)}
    graph, _ = build_graph(ways_of(nodes, [[1, 2], [1, 3, 2]]), WALK)
    assert graph.edge_count == 2
    assert graph.forward.weight_ds.tolist() == [graph.edges.forward_ds.min()] * 2


def test_a_street_is_cut_where_the_extract_lacks_a_node():
    nodes = row(5)
    del nodes[3]
    graph, report = build_graph(ways_of(nodes, [[1, 2, 3, 4, 5]]), WALK, min_component_m=0)
    assert report.missing_nodes == 1
    assert graph.edge_count == 2
    assert graph.length_km == pytest.approx(2 * 0.0902, abs=0.001)


def test_a_node_named_twice_in_a_row_counts_once():
    graph, report = build_graph(ways_of(row(3), [[1, 2, 2, 3]]), WALK)
    assert (report.edges, report.missing_nodes) == (1, 0)
    assert len(graph.shape_lon) == 3


def test_a_barrier_ends_the_street_on_both_sides():
    graph, report = build_graph(ways_of(row(5), [[1, 2, 3, 4, 5]], barriers=[3]), WALK, min_component_m=0)
    assert report.barriers == 2
    assert graph.edge_count == 2
    assert graph.node_count == 4
    assert len(set(graph.edges.tail.tolist() + graph.edges.head.tolist())) == 4


def test_a_barrier_where_streets_cross_parts_all_of_them():
    nodes = row(3) | {4: (120.001, 36.001)}
    graph, _ = build_graph(ways_of(nodes, [[1, 2, 3], [2, 4]], barriers=[2]), WALK, min_component_m=0)
    assert graph.edge_count == 3
    assert graph.node_count == 6


def test_one_way_streets_lead_one_way():
    ways = ways_of(row(2), [[1, 2], [2, 1]], directions=[FORWARD, BACKWARD], mode=EBIKE)
    # both lead from 1 to 2, so nobody gets back: two parts, the longer of which is kept
    graph, _ = build_graph(ways, EBIKE, min_component_m=0)
    assert (graph.edges.forward_ds >= 0).sum() == 1
    assert (graph.edges.backward_ds >= 0).sum() == 1
    assert len(graph.forward.head) == 1


def test_islands_are_dropped_and_counted():
    nodes = row(5) | {i + 10: (121 + EAST * i, 36.0) for i in range(2)}
    graph, report = build_graph(ways_of(nodes, [[1, 2, 3, 4, 5], [10, 11]]), WALK)
    assert (report.islands, report.island_edges, report.island_nodes) == (1, 1, 2)
    assert report.island_length_km == pytest.approx(0.0902, abs=0.001)
    assert graph.bounds.east < 121


def test_an_island_long_enough_stays():
    nodes = row(5) | {i + 10: (121 + EAST * i, 36.0) for i in range(2)}
    _, report = build_graph(ways_of(nodes, [[1, 2, 3, 4, 5], [10, 11]]), WALK, min_component_m=80)
    assert (report.islands, report.nodes) == (0, 4)


def test_a_dead_end_that_leads_only_in_is_an_island():
    ways = ways_of(row(4), [[1, 2], [2, 3], [3, 4]], directions=[3, 3, FORWARD], mode=EBIKE)
    _, report = build_graph(ways, EBIKE)
    assert (report.islands, report.island_edges) == (1, 1)


def test_no_edge_may_beat_the_top_speed():
    with pytest.raises(TopSpeedError, match="faster"):
        build_graph(ways_of(row(2), [[1, 2]]), replace(WALK, top_speed_ms=1.1))


def test_no_street_for_a_mode_is_an_error():
    with pytest.raises(NoStreetsError, match="ebike"):
        build_graph(ways_of(row(2), [[1, 2]], directions=[0], mode=EBIKE), EBIKE)


def test_a_graph_is_the_same_after_a_round_trip_through_its_folder(tmp_path):
    graph, _ = build_graph(ways_of(row(5) | {6: (120.002, 36.001)}, [[1, 2, 3, 4, 5], [3, 6]]), WALK)
    graph.save(tmp_path / "walk")
    again = StreetGraph.load(tmp_path / "walk")
    assert again.mode == graph.mode
    assert again.names == graph.names
    assert again.forward.longest_ds == graph.forward.longest_ds
    for name, array in graph._arrays().items():
        np.testing.assert_array_equal(again._arrays()[name], array, strict=True)


@pytest.mark.parametrize("damage", ["no folder", "a file less", "a short file", "another version"])
def test_a_damaged_folder_is_refused_with_a_remedy(tmp_path, damage):
    folder = tmp_path / "walk"
    build_graph(ways_of(row(5), [[1, 2, 3, 4, 5]]), WALK)[0].save(folder)
    if damage == "no folder":
        folder = tmp_path / "ebike"
    elif damage == "a file less":
        (folder / "edge_head.npy").unlink()
    elif damage == "a short file":
        (folder / "edge_head.npy").write_bytes((folder / "edge_head.npy").read_bytes()[:-4])
    else:
        facts = (folder / "graph.json").read_text("utf-8").replace('"format": 1', '"format": 0')
        (folder / "graph.json").write_text(facts, "utf-8")
    with pytest.raises(GraphFolderError, match="import the streets again"):
        StreetGraph.load(folder)


@settings(max_examples=200, deadline=None)
@given(towns())
def test_strong_components_equal_scipy(town):
    arcs, n = town.graph.forward, town.graph.node_count
    matrix = csr_matrix((np.ones(len(arcs.head)), np.array(arcs.head), arcs.indptr), shape=(n, n))
    count, expected = connected_components(matrix, directed=True, connection="strong")
    found = np.empty(n, np.int32)
    assert kernels.strong_components((arcs.indptr, arcs.packed), found) == count
    # the same partition, whatever the numbers
    assert len(set(zip(found.tolist(), expected.tolist(), strict=True))) == count


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=50))
def test_morton_order_is_a_permutation(points):
    lon, lat = np.array(points).T
    assert sorted(morton_order(lon, lat).tolist()) == list(range(len(points)))


def test_morton_order_visits_quarters_one_after_another():
    lon, lat = np.array([0.0, 1, 0, 1, 2, 3, 2, 3]) * 1e-7, np.array([0.0, 0, 1, 1, 0, 0, 1, 1]) * 1e-7
    assert morton_order(lon, lat).tolist() == list(range(8))
