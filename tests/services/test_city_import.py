from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from geo.datum import Datum, from_wgs84
from geo.errors import InputError
from geo.services.cities import new_city
from geo.services.city_import import import_areas, import_streets
from geo.services.street_files import ImportRunningError, StreetFolder, load_current_graph
from geo.settings import Settings
from geo.store import area_store, city_store, host_store, street_store
from geo.streets.area_file import AreaFileError
from geo.streets.extract import ExtractError
from geo.streets.graph import GraphFolderError
from tests.support.osm import LAT, LON, STEP, small_town, write_osm
from tests.support.real_data import real_data


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def city(engine):
    new_city(engine, "qingdao", name="青岛")
    with engine.connect() as connection:
        return city_store.city_by_slug(connection, "qingdao")


@pytest.fixture
def town(tmp_path):
    return small_town(tmp_path / "town.osm.pbf")


def revision(engine, city):
    with engine.connect() as connection:
        return city_store.revision(connection, city.city_id)


def square(west, south, side, **properties):
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def geojson(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return path


def test_a_town_comes_in_with_streets_areas_and_hosts(engine, settings, city, town):
    report = import_streets(engine, settings, "qingdao", town)
    assert report.changed
    assert report.graphs["walk"].nodes == 25
    assert report.extract.unclosed_areas == ["开口区 (r303)"]
    assert report.dropped()["hosts closed to the public"] == 1
    with engine.connect() as connection:
        graph = load_current_graph(connection, settings, city, "walk")
        areas = area_store.load_areas(connection, city.city_id)
        hosts = host_store.load_hosts(connection, city.city_id)
    assert graph.node_count == 25
    assert "香港中路" in graph.names
    assert areas[["level", "code", "name", "parent_code"]].to_numpy().tolist() == [
        ["district", "370202", "市南区", None],
        ["district", "osm-r302", "市北区", None],
        ["street", "osm-w401", "云南路街道", "370202"],
    ]
    assert hosts[["osm_id", "host_type", "name"]].to_numpy().tolist() == [
        ["n501", "toilet", "公厕一号"],
        ["w601", "park", "小鱼山公园"],
    ]
    assert revision(engine, city) == 1


def test_the_same_extract_twice_changes_nothing(engine, settings, city, town):
    first = import_streets(engine, settings, "qingdao", town)
    again = import_streets(engine, settings, "qingdao", town)
    assert not again.changed
    assert again.graphs == first.graphs
    assert revision(engine, city) == 1
    assert StreetFolder(settings, "qingdao").numbers() == [1]


def test_another_speed_builds_the_network_again(engine, settings, city, town):
    import_streets(engine, settings, "qingdao", town)
    slower = settings.model_copy(update={"walk_speed_ms": 1.0})
    assert import_streets(engine, slower, "qingdao", town).changed
    with engine.connect() as connection:
        assert load_current_graph(connection, slower, city, "walk").mode.speed_ms == 1.0


def test_damaged_graph_files_are_built_again(engine, settings, city, town):
    import_streets(engine, settings, "qingdao", town)
    file = settings.data_dir / "cities/qingdao/streets/1/walk/shape_lon.npy"
    file.write_bytes(file.read_bytes()[:200])
    with engine.connect() as connection, pytest.raises(GraphFolderError):
        load_current_graph(connection, settings, city, "walk")
    assert import_streets(engine, settings, "qingdao", town).changed


def test_a_network_stays_while_a_snapshot_names_it_and_goes_after(engine, settings, city, town, tmp_path):
    for number in (1, 2, 3):
        # a longer street each time, so that the files differ
        other = tmp_path / f"{number}.osm.pbf"
        nodes = {1: (0.0, 0.0), 2: (float(number), 0.0)}
        write_osm(other, nodes=nodes, ways=[(1, [1, 2], {"highway": "residential"})])
        import_streets(engine, settings, "qingdao", other)
        if number == 1:
            snapshot = settings.data_dir / "cities/qingdao/snapshots/20250101T000000Z-abcdef"
            snapshot.mkdir(parents=True)
            (snapshot / "manifest.json").write_text('0\n{"network": {"street_network_id": 1}}\n', "utf-8")
    assert StreetFolder(settings, "qingdao").numbers() == [1, 2, 3]
    import_streets(engine, settings, "qingdao", town)
    assert StreetFolder(settings, "qingdao").numbers() == [1, 3, 4]
    with engine.connect() as connection:
        assert street_store.network_ids(connection, city.city_id) == [1, 3, 4]


def test_a_bad_file_leaves_the_streets_as_they_were(engine, settings, city, town, tmp_path):
    import_streets(engine, settings, "qingdao", town)
    bad = tmp_path / "bad.osm.pbf"
    bad.write_bytes(town.read_bytes()[:-200])
    with pytest.raises(ExtractError):
        import_streets(engine, settings, "qingdao", bad)
    assert revision(engine, city) == 1
    assert StreetFolder(settings, "qingdao").numbers() == [1]


def test_two_imports_of_one_city_do_not_mix(engine, settings, city, town):
    with StreetFolder(settings, "qingdao").importing(), pytest.raises(ImportRunningError):
        import_streets(engine, settings, "qingdao", town)


@pytest.mark.parametrize("moment", ["before the rename", "before the commit"])
def test_an_import_killed_half_way_leaves_no_trace(engine, settings, city, town, moment, database_url):
    import_streets(engine, settings, "qingdao", town)
    slower = {"YIQUAN_DATA": str(settings.data_dir), "DATABASE_URL": database_url, "YIQUAN_WALK_SPEED_MS": "1.0"}
    script = f"""
        import os, signal
        from pathlib import Path
        from geo.services import city_import, street_files
        from geo.settings import Settings
        from geo.store.engine import make_engine

        publish = street_files.StreetFolder.publish

        def die(self, draft, network_id):
            if {moment!r} == "before the commit":
                publish(self, draft, network_id)
            os.kill(os.getpid(), signal.SIGKILL)

        street_files.StreetFolder.publish = die
        settings = Settings()
        city_import.import_streets(make_engine(settings.database_url), settings, "qingdao", Path({str(town)!r}))
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=os.environ | slower, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with engine.connect() as connection:
        assert street_store.current_network(connection, city.city_id)["street_network_id"] == 1
    assert revision(engine, city) == 1

    # the next import cleans up and comes in whole
    quicker = settings.model_copy(update={"walk_speed_ms": 1.3})
    assert import_streets(engine, quicker, "qingdao", town).changed
    with engine.connect() as connection:
        network = street_store.current_network(connection, city.city_id)
    assert StreetFolder(settings, "qingdao").numbers() == [1, network["street_network_id"]]
    assert [entry.name for entry in StreetFolder(settings, "qingdao").path.glob(".draft*")] == []


def test_an_area_file_takes_the_place_of_a_level_and_no_extract_takes_it_back(engine, settings, city, town, tmp_path):
    import_streets(engine, settings, "qingdao", town)
    file = geojson(tmp_path / "d.geojson", square(LON - STEP, LAT - STEP, 10 * STEP, district="市南区", adcode=370202))
    report = import_areas(engine, settings, "qingdao", file, level="district")
    assert report.changed
    assert not import_areas(engine, settings, "qingdao", file, level="district").changed
    slower = settings.model_copy(update={"walk_speed_ms": 1.0})
    assert import_streets(engine, slower, "qingdao", town).areas_kept_from_file == ["district"]
    with engine.connect() as connection:
        areas = area_store.load_areas(connection, city.city_id)
    assert areas[["level", "code"]].to_numpy().tolist() == [["district", "370202"], ["street", "osm-w401"]]
    assert revision(engine, city) == 3


def test_areas_in_another_datum_are_moved(engine, settings, city, tmp_path):
    lon, lat = from_wgs84([LON], [LAT], Datum.GCJ02)
    file = geojson(tmp_path / "g.geojson", square(float(lon[0]), float(lat[0]), 0.01, name="某区", adcode="370299"))
    import_areas(engine, settings, "qingdao", file, level="district", datum=Datum.GCJ02)
    with engine.connect() as connection:
        west, south, _, _ = area_store.load_areas(connection, city.city_id).total_bounds
    # two metres: the shift is not the same at every corner
    assert (west, south) == pytest.approx((LON, LAT), abs=2e-5)


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ([], "holds no area"),
        ([square(120, 36, 1)], "has no name"),
        ([square(500_000, 4_000_000, 1000, name="x")], "not in degrees"),
        ([{"type": "Feature", "properties": {"name": "x"}, "geometry": None}], "no polygon"),
        ([square(120, 36, 1, name="a", code="1"), square(121, 36, 1, name="b", code="1")], "several areas"),
    ],
)
def test_bad_area_files_are_refused_in_one_sentence(engine, settings, city, tmp_path, features, says):
    with pytest.raises(AreaFileError, match=says):
        import_areas(engine, settings, "qingdao", geojson(tmp_path / "bad.geojson", *features), level="district")
    assert revision(engine, city) == 0


def test_text_is_no_area_file(engine, settings, city, tmp_path):
    file = tmp_path / "a.geojson"
    file.write_text("name,code\n", "utf-8")
    with pytest.raises(AreaFileError, match="no GeoJSON"):
        import_areas(engine, settings, "qingdao", file, level="district")
    with pytest.raises(InputError, match="no area level"):
        import_areas(engine, settings, "qingdao", file, level="province")


def test_the_streets_and_districts_of_qingdao_come_in(engine, settings, city):
    districts = import_areas(engine, settings, "qingdao", real_data("qingdao/districts.geojson"), level="district")
    streets = import_areas(engine, settings, "qingdao", real_data("qingdao/streets.geojson"), level="street")
    assert (districts.areas, streets.areas) == (10, 135)
    with engine.connect() as connection:
        areas = area_store.load_areas(connection, city.city_id)
    yunnan = areas[areas["code"] == "370202004"].iloc[0]
    assert (yunnan["name"], yunnan["parent_code"]) == ("云南路街道", "370202")
    assert areas.is_valid.all()


def test_a_real_extract_comes_in_with_every_kilometre_accounted_for(engine, settings, city):
    steps = []
    report = import_streets(
        engine,
        settings,
        "qingdao",
        real_data("porto_alegre/poa_osm.pbf"),
        progress=lambda step, done=0, total=None: steps.append(step),
    )
    walk = report.graphs["walk"]
    # the extract's README counts 2,027 km of ways; those no walker may use and those on islands are missing
    assert 1800 < walk.length_km < 2027
    assert 0 < walk.island_length_km < 30
    assert set(report.taken()) >= {"walk: km of street", "ebike: km of street", "hosts"}
    assert steps[-1] == "writing streets"
    with engine.connect() as connection:
        assert (
            len(host_store.load_hosts(connection, city.city_id)) == report.hosts == sum(report.extract.hosts.values())
        )
        assert load_current_graph(connection, settings, city, "ebike").length_km == report.graphs["ebike"].length_km
