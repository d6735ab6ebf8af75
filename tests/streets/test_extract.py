from __future__ import annotations

import pytest

from geo.streets.extract import ExtractError, read_extract
from geo.streets.land import LAND_KINDS
from geo.streets.modes import BACKWARD, BOTH, FORWARD
from tests.support.osm import LAT, LON, STEP, small_town, write_osm

LINE = {1: (0.0, 0.0), 2: (1.0, 0.0), 3: (2.0, 0.0)}


@pytest.fixture
def town(tmp_path):
    return read_extract(small_town(tmp_path / "town.osm.pbf"))


def test_nodes_keep_their_places_to_the_unit_of_osm(town):
    at = town.streets.node_id.tolist().index(7)
    assert town.streets.node_lon[at] == pytest.approx(LON + STEP, abs=1e-9)
    assert town.streets.node_lat[at] == pytest.approx(LAT + STEP, abs=1e-9)


def test_every_street_is_there_once_with_its_name(town):
    assert town.report.ways == 10
    assert town.report.ways_taken == {"walk": 10, "ebike": 10}
    named = [way for way, name in zip(town.streets.way_id, town.streets.name_id, strict=True) if name >= 0]
    assert named == [12]
    assert town.streets.names == ["香港中路"]


def test_boundaries_close_from_ways_in_any_order(town):
    first, second = (area for area in town.areas if area.level == "district")
    assert (first.name, first.code, second.name_en) == ("市南区", "370202", "Shibei")
    # a border of 7 steps north and 3.5 steps east on either side
    assert first.geometry.area == pytest.approx(7 * 3.5 * STEP**2)
    assert second.geometry.area == pytest.approx(7 * 3.5 * STEP**2)
    assert first.geometry.intersection(second.geometry).area == 0
    assert town.report.unclosed_areas == ["开口区 (r303)"]


def test_an_enclave_is_a_hole(tmp_path):
    outer = {1: (0, 0), 2: (9, 0), 3: (9, 9), 4: (0, 9)}
    inner = {5: (3, 3), 6: (6, 3), 7: (6, 6), 8: (3, 6)}
    admin = {"type": "boundary", "boundary": "administrative", "admin_level": "6", "name": "环区"}
    path = write_osm(
        tmp_path / "hole.osm.pbf",
        nodes=outer | inner,
        ways=[(1, [1, 2, 3, 4, 1], {}), (2, [5, 6, 7, 8, 5], {}), (3, [1, 2], {"highway": "residential"})],
        relations=[(1, [("w", 1, "outer"), ("w", 2, "inner")], admin)],
    )
    (area,) = read_extract(path).areas
    assert area.geometry.area == pytest.approx((81 - 9) * STEP**2)
    assert len(area.geometry.geoms[0].interiors) == 1


def test_two_parts_of_one_district_are_one_area(tmp_path):
    nodes = {i + 1: (x, y) for i, (x, y) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1), (5, 0), (6, 0), (6, 1), (5, 1)])}
    admin = {"type": "boundary", "boundary": "administrative", "admin_level": "6", "name": "双岛区"}
    path = write_osm(
        tmp_path / "parts.osm.pbf",
        nodes=nodes,
        ways=[(1, [1, 2, 3, 4, 1], {}), (2, [5, 6, 7, 8, 5], {}), (3, [1, 2], {"highway": "residential"})],
        relations=[(1, [("w", 1, "outer"), ("w", 2, "outer")], admin)],
    )
    (area,) = read_extract(path).areas
    assert len(area.geometry.geoms) == 2


def test_hosts_are_points_and_rings_and_nothing_private(town):
    assert sorted((host.osm_id, host.host_type, host.name) for host in town.hosts) == [
        ("n501", "toilet", "公厕一号"),
        ("w601", "park", "小鱼山公园"),
    ]
    assert town.report.private_hosts == 1


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"shop": "convenience", "opening_hours": "24/7"}, "convenience_24h"),
        ({"shop": "convenience", "opening_hours": "08:00-22:00"}, None),
        ({"amenity": "charging_station"}, "ev_station"),
        ({"amenity": "townhall"}, "government_hall"),
        ({"amenity": "bench"}, None),
    ],
)
def test_hosts_are_told_by_their_tags(tmp_path, tags, code):
    path = write_osm(
        tmp_path / "one.osm.pbf", nodes=LINE, ways=[(1, [1, 2], {"highway": "residential"})], node_tags={3: tags}
    )
    assert [host.host_type for host in read_extract(path).hosts] == ([code] if code else [])


def test_directions_and_barriers_reach_the_arrays(tmp_path):
    path = write_osm(
        tmp_path / "rules.osm.pbf",
        nodes=LINE,
        ways=[
            (1, [1, 2], {"highway": "residential", "oneway": "yes"}),
            (2, [2, 3], {"highway": "residential", "oneway": "-1"}),
            (3, [1, 3], {"highway": "construction"}),
        ],
        node_tags={2: {"barrier": "gate", "access": "private", "foot": "yes"}},
    )
    extract = read_extract(path)
    assert extract.streets.way_id.tolist() == [1, 2]
    assert extract.streets.directions["walk"].tolist() == [BOTH, BOTH]
    assert extract.streets.directions["ebike"].tolist() == [FORWARD, BACKWARD]
    assert extract.streets.barriers["walk"].tolist() == []
    assert extract.streets.barriers["ebike"].tolist() == [2]
    assert extract.report.ways_by_class == {"residential": 2, "construction": 1}


def test_nodes_that_the_extract_lacks_are_counted(tmp_path):
    path = write_osm(tmp_path / "cut.osm.pbf", nodes=LINE, ways=[(1, [1, 2, 3, 99], {"highway": "residential"})])
    assert read_extract(path).report.missing_nodes == 1


def test_progress_names_every_step(tmp_path):
    steps = []
    read_extract(small_town(tmp_path / "town.osm.pbf"), progress=lambda step, done=0, total=None: steps.append(step))
    assert list(dict.fromkeys(steps)) == ["relations", "ways", "boundaries", "nodes", "points"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ExtractError, match="There is no file"):
        read_extract(tmp_path / "none.osm.pbf")


def test_a_folder_is_no_extract(tmp_path):
    with pytest.raises(ExtractError, match="There is no file"):
        read_extract(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.osm.pbf", b""),
        ("text.osm.pbf", "青岛市的街道".encode() * 50),
        ("picture.osm.pbf", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4),
        ("zeros.osm.pbf", bytes(4096)),
        ("table.xlsx", b"PK\x03\x04" + bytes(500)),
        ("table.csv", b"a,b\n1,2\n"),
        ("page.osm", b"<html><body>not found</body></html>"),
    ],
)
def test_foreign_files_are_refused_in_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ExtractError, match=name) as problem:
        read_extract(path)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_extract_is_refused(tmp_path, kept):
    content = small_town(tmp_path / "town.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ExtractError):
        read_extract(path)


def test_an_extract_without_streets_is_refused(tmp_path):
    with pytest.raises(ExtractError, match="holds no street"):
        read_extract(write_osm(tmp_path / "sea.osm.pbf", nodes=LINE))


def test_names_come_through_whatever_characters_they_hold(tmp_path):
    name = "东海西路 %=, @日 🛵 «Rua»\n二"
    path = write_osm(tmp_path / "n.osm.pbf", nodes=LINE, ways=[(1, [1, 2], {"highway": "primary", "name": name})])
    assert read_extract(path).streets.names == [name]


@pytest.mark.parametrize(("key", "value"), [("railway", "platform"), ("public_transport", "platform")])
def test_a_platform_is_walked_although_it_is_no_highway(tmp_path, key, value):
    ways = [(1, [1, 2], {"highway": "residential"}), (2, [2, 3], {key: value})]
    extract = read_extract(write_osm(tmp_path / "p.osm.pbf", nodes=LINE, ways=ways))
    assert extract.streets.way_id.tolist() == [1, 2]
    assert extract.streets.directions["walk"].tolist() == [BOTH, BOTH]
    assert extract.streets.directions["ebike"].tolist() == [BOTH, 0]
    assert extract.report.ways_by_class == {"residential": 1, "platform": 1}


def test_a_platform_behind_a_ticket_gate_is_not_walked(tmp_path):
    ways = [(1, [1, 2], {"highway": "residential"}), (2, [2, 3], {"railway": "platform", "access": "private"})]
    assert read_extract(write_osm(tmp_path / "p.osm.pbf", nodes=LINE, ways=ways)).streets.way_id.tolist() == [1]


SQUARE = {1: (0, 0), 2: (4, 0), 3: (4, 4), 4: (0, 4)}
COURT = {5: (1, 1), 6: (3, 1), 7: (3, 3), 8: (1, 3)}


def test_land_is_taken_with_its_kind_and_its_holes(tmp_path):
    path = write_osm(
        tmp_path / "land.osm.pbf",
        nodes=SQUARE | COURT,
        ways=[
            (1, [1, 2], {"highway": "residential"}),
            (2, [1, 2, 3, 4, 1], {}),
            (3, [5, 6, 7, 8, 5], {"landuse": "industrial"}),
            (4, [5, 6, 7], {"landuse": "retail"}),
            (5, [5, 6, 7, 99, 5], {"landuse": "retail"}),
        ],
        relations=[(1, [("w", 2, "outer"), ("w", 3, "inner")], {"type": "multipolygon", "landuse": "residential"})],
    )
    extract = read_extract(path)
    found = {
        LAND_KINDS[kind]: shape.area / STEP**2
        for kind, shape in zip(extract.land.kind, extract.land.shape, strict=True)
    }
    # an open line encloses nothing, and a ring with a node missing is not guessed
    assert found == pytest.approx({"residential": 16 - 4, "industrial": 4})
    assert extract.report.land == {"residential": 1, "industrial": 1}


def test_a_park_is_a_host_and_green_land(town):
    assert town.report.land == {"green": 1}


def test_an_extract_without_land_use_says_so(tmp_path):
    path = write_osm(tmp_path / "bare.osm.pbf", nodes=LINE, ways=[(1, [1, 2], {"highway": "residential"})])
    assert not read_extract(path).land.is_mapped
