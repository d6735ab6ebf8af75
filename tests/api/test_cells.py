"""What is near a cell is what is near its middle, and caches may keep it."""

from __future__ import annotations

import pytest

from geo.cells import cells_to_points, cells_to_texts, points_to_cells


@pytest.fixture(scope="module")
def cell(service):
    stations = service.get("/stations.json").json()
    return points_to_cells([stations["lon"][0]], [stations["lat"][0]], 9)


@pytest.mark.parametrize("asked", [{}, {"mode": "ebike", "open": "now"}, {"amenities": "water_hot", "limit": 3}])
def test_a_cell_has_the_hits_of_its_middle(service, cell, asked):
    (lon,), (lat,) = cells_to_points(cell)
    of_cell = service.get(f"/cells/{cells_to_texts(cell)[0]}", params=asked)
    of_middle = service.get("/nearest", params={"lon": float(lon), "lat": float(lat), **asked})
    assert of_cell.json()["features"] == of_middle.json()["features"]
    assert of_cell.json()["features"]


def test_caches_may_keep_it_and_are_told_when_it_is_the_same(service, cell):
    path = f"/cells/{cells_to_texts(cell)[0]}"
    first = service.get(path)
    assert first.headers["cache-control"].startswith("public, max-age=300")
    assert service.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    ("h3", "said"), [("x", "not an H3 cell"), ("0", "not an H3 cell"), ("8031fffffffffff", "of resolution")]
)
def test_what_is_no_cell_of_a_sensible_size_is_refused(service, h3, said):
    answer = service.get(f"/cells/{h3}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "h3")
    assert said in answer.json()["detail"]


def test_a_position_is_no_parameter_here(service, cell):
    answer = service.get(f"/cells/{cells_to_texts(cell)[0]}", params={"lon": 120})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "lon")
