from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geo.streets.clip import clip_streets, inside, widened
from geo.streets.extract import read_extract
from tests.support.graphs import ways_of
from tests.support.osm import write_osm

GEOD = Geod(ellps="WGS84")
BOX = shapely.MultiPolygon([shapely.box(120.0, 36.0, 120.1, 36.1)])


@pytest.mark.parametrize("azimuth", [0, 90, 180, 270])
def test_the_halo_is_as_wide_as_it_says(azimuth):
    lon, lat, _ = GEOD.fwd([120.05], [36.05], [azimuth], [0])
    edge = {0: (120.05, 36.1), 90: (120.1, 36.05), 180: (120.05, 36.0), 270: (120.0, 36.05)}[azimuth]
    near = GEOD.fwd(*edge, azimuth, 4900)[:2]
    far = GEOD.fwd(*edge, azimuth, 5100)[:2]
    points = np.array([near, far])
    assert inside(widened(BOX, 5000), points[:, 0], points[:, 1]).tolist() == [True, False]
    assert inside(BOX, lon, lat).all()


def test_streets_that_reach_into_the_city_stay_whole():
    nodes = {1: (120.05, 36.05), 2: (120.3, 36.05), 3: (120.3, 36.06), 4: (120.4, 36.06)}
    clipped = clip_streets(ways_of(nodes, [[1, 2], [3, 4], [2, 3]]), BOX, halo_m=1000)
    assert clipped.way_id.tolist() == [100]
    assert clipped.refs.tolist() == [1, 2]
    assert clipped.node_id.tolist() == [1, 2]
    assert clipped.way_start.tolist() == [0, 2]
    assert clipped.directions["walk"].tolist() == [3]


def test_refs_that_the_extract_lacks_are_no_reason_to_keep_a_street():
    clipped = clip_streets(ways_of({1: (120.05, 36.05)}, [[0, -1]]), BOX)
    assert len(clipped.way_id) == 0


@pytest.fixture
def province(tmp_path):
    """A city 0.1 degrees wide with a street, a toilet and a district, and the same again far to the east."""
    nodes, ways, relations, node_tags = {}, [], [], {}
    for part, (name, x) in enumerate([("青岛市", 0), ("烟台市", 400)]):
        first = 100 * part + 1
        corners = [(x, 0), (x + 100, 0), (x + 100, 100), (x, 100)]
        nodes |= {first + i: corner for i, corner in enumerate([*corners, (x + 10, 10), (x + 20, 10)])}
        ring = [first, first + 1, first + 2, first + 3, first]
        ways += [(first, ring, {}), (first + 1, [first + 4, first + 5], {"highway": "residential"})]
        admin = {"type": "boundary", "boundary": "administrative"}
        members = [("w", first, "outer")]
        relations += [
            (first, members, {**admin, "admin_level": "5", "name": name}),
            (first + 1, members, {**admin, "admin_level": "6", "name": f"{name}某区", "ref": "1"}),
        ]
        node_tags[first + 4] = {"amenity": "toilets"}
    return write_osm(tmp_path / "province.osm.pbf", nodes=nodes, ways=ways, relations=relations, node_tags=node_tags)


def test_a_city_is_cut_out_of_its_province(province):
    extract = read_extract(province, city_names=["青岛", "青岛市"])
    assert (extract.report.clipped_to, extract.report.ways_outside) == ("青岛市", 1)
    assert extract.streets.way_id.tolist() == [2]
    assert [area.name for area in extract.areas] == ["青岛市某区"]
    assert [host.osm_id for host in extract.hosts] == ["n5"]


def test_without_its_boundary_nothing_is_cut(province):
    extract = read_extract(province, city_names=["济南市"])
    assert (extract.report.clipped_to, extract.report.ways_outside) == (None, 0)
    assert len(extract.streets.way_id) == 2


def test_two_areas_with_one_code_are_both_kept(province):
    areas = read_extract(province).areas
    assert [area.code for area in areas] == ["1", "osm-r102"]
