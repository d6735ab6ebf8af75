"""Streets cut at cell boundaries: no metre lost, no metre in the wrong cell, the same pieces every time."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import cells_to_points, points_to_cells
from geo.coverage.grid import CUT_TOLERANCE_M, CellGrid, build_grid, cut_streets
from geo.streets.snap import EdgeIndex, Snaps, positions
from tests.support.grid_city import grid_graph

GRAPH = grid_graph()
FAR = points_to_cells([121.5], [36.6], 10)


@pytest.mark.parametrize("resolution", [6, 8, 9, 10, 11, 12])
def test_pieces_of_an_edge_follow_one_another_and_sum_to_it(resolution):
    pieces = cut_streets(GRAPH, resolution)
    assert np.bincount(pieces.edge, weights=pieces.length_m) == pytest.approx(GRAPH.edges.length_m, rel=1e-12)
    same_edge = np.diff(pieces.edge) == 0
    assert (pieces.start[1:][same_edge] == pieces.end[:-1][same_edge]).all()
    assert (pieces.start[1:][~same_edge] == 0).all()
    assert (pieces.end[:-1][~same_edge] == 1).all()
    assert (pieces.cell[1:][same_edge] != pieces.cell[:-1][same_edge]).all()
    assert pieces.street_m.sum() == pytest.approx(GRAPH.edges.length_m.sum())


@settings(max_examples=30, deadline=None)
@given(st.integers(7, 13), st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_every_point_of_a_piece_lies_in_its_cell(resolution, pick, part):
    """Any point of any piece, a hand's breadth off its ends, is in the cell the piece claims."""
    pieces = cut_streets(GRAPH, resolution)
    one = pick % len(pieces.cell)
    edge = pieces.edge[one : one + 1]
    margin = CUT_TOLERANCE_M / GRAPH.edges.length_m[edge[0]]
    start, end = pieces.start[one] + margin, pieces.end[one] - margin
    if start > end:
        return
    lon, lat = positions(GRAPH, edge, np.array([start + part * (end - start)]))
    assert points_to_cells(lon, lat, resolution)[0] == pieces.cells[pieces.cell[one]]


def test_the_same_streets_are_cut_into_the_same_pieces():
    first, second = cut_streets(GRAPH, 10), cut_streets(GRAPH, 10)
    for column in fields(first):
        assert np.array_equal(getattr(first, column.name), getattr(second, column.name))


def test_a_grid_holds_street_cells_and_inhabited_cells():
    pieces = cut_streets(GRAPH, 10)
    grid = build_grid(EdgeIndex(GRAPH), pieces, 10, FAR)
    assert set(grid.cells) == set(pieces.cells) | set(FAR)
    assert grid.street_m.sum() == pytest.approx(pieces.street_m.sum())
    lonely = np.flatnonzero(grid.street_m == 0)
    assert grid.cells[lonely].tolist() == FAR.tolist()
    assert grid.centre.edge[lonely].tolist() == [-1]
    assert np.array_equal([grid.lon, grid.lat], cells_to_points(grid.cells))


def test_a_grid_without_inhabited_cells_is_the_streets_alone():
    pieces = cut_streets(GRAPH, 9)
    grid = build_grid(EdgeIndex(GRAPH), pieces, 9, FAR[:0])
    assert np.array_equal(grid.cells, pieces.cells)
    assert len(grid) == len(pieces.cells)


def test_a_saved_grid_is_the_same_grid(tmp_path):
    grid = build_grid(EdgeIndex(GRAPH), cut_streets(GRAPH, 10), 10, FAR)
    grid.save(tmp_path / "grid")
    loaded = CellGrid.load(tmp_path / "grid")
    assert loaded.resolution == 10
    for column in fields(CellGrid):
        if column.name != "centre":
            assert np.array_equal(getattr(loaded, column.name), getattr(grid, column.name))
    for column in fields(Snaps):
        assert np.array_equal(getattr(loaded.centre, column.name), getattr(grid.centre, column.name))
