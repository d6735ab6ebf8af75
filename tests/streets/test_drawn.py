from __future__ import annotations

import pytest

from geo.streets.drawn import DrawnStreetsError, drawn_streets, load_drawn, save_drawn
from geo.streets.extract import read_extract
from tests.support.osm import LAT, LON, STEP, small_town, write_osm

LINE = {number: (float(number), 0.0) for number in range(1, 7)}


def steps(line):
    return [(round((x - LON) / STEP, 6), round((y - LAT) / STEP, 6)) for x, y in line.coords]


def drawn(tmp_path, ways, nodes=LINE):
    return drawn_streets(read_extract(write_osm(tmp_path / "d.osm.pbf", nodes=nodes, ways=ways)).streets)


def test_ways_are_drawn_with_their_class_and_name(tmp_path):
    ways = [(1, [1, 2, 3], {"highway": "primary", "name": "香港中路"}), (2, [3, 4], {"highway": "footway"})]
    frame = drawn(tmp_path, ways)
    assert frame["class"].tolist() == ["primary", "footway"]
    assert frame["name"][0] == "香港中路"
    assert frame["name"].isna().tolist() == [False, True]
    assert [steps(line) for line in frame.geometry] == [[(1, 0), (2, 0), (3, 0)], [(3, 0), (4, 0)]]


def test_a_motorway_is_drawn_although_nobody_may_walk_or_ride_there(tmp_path):
    ways = [(1, [1, 2], {"highway": "motorway"}), (2, [2, 3], {"highway": "residential"})]
    extract = read_extract(write_osm(tmp_path / "m.osm.pbf", nodes=LINE, ways=ways))
    assert drawn_streets(extract.streets)["class"].tolist() == ["motorway", "residential"]
    assert extract.report.ways_taken == {"walk": 1, "ebike": 1}


def test_a_line_is_broken_where_a_node_is_missing(tmp_path):
    ways = [(1, [1, 2, 99, 3, 4, 5], {"highway": "residential"}), (2, [98, 6, 97], {"highway": "residential"})]
    frame = drawn(tmp_path, ways)
    assert [steps(line) for line in frame.geometry] == [[(1, 0), (2, 0)], [(3, 0), (4, 0), (5, 0)]]


def test_kept_drawings_come_back(tmp_path):
    streets = read_extract(small_town(tmp_path / "town.osm.pbf")).streets
    save_drawn(streets, tmp_path / "streets.fgb")
    back, first = load_drawn(tmp_path / "streets.fgb"), drawn_streets(streets)
    assert back["class"].tolist() == first["class"].tolist()
    assert back["name"].fillna("").tolist() == first["name"].fillna("").tolist()
    assert back.geometry.geom_equals(first.geometry).all()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DrawnStreetsError, match=r"streets\.fgb holds no drawn streets"):
        load_drawn(tmp_path / "streets.fgb")
