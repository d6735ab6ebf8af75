"""Tiles of a town one can draw: what is in them, from which zoom, and that they are made once."""

from __future__ import annotations

import gzip
import math
import subprocess
from dataclasses import replace

import geopandas
import pyogrio
import pytest

from geo.services.street_tiles import LAST_ZOOM, TileOrder, joined, make_tiles
from geo.settings import Settings
from geo.snapshot.frames import save_areas
from geo.streets.drawn import DRAWN_FILE, DrawnStreetsError, drawn_streets, save_drawn
from geo.streets.extract import read_extract
from geo.streets.land import LAND_FILE, RESIDENTIAL, WATER, Land
from tests.support.grid_city import areas_frame, box_area
from tests.support.osm import LAT, LON, STEP, small_town, write_osm
from tests.support.toy_snapshot import TWO_DISTRICTS, station, toy_snapshot
from tests.support.waiting import PATIENCE_S

HOMES = box_area(0, 0, 300, 300)
LAKE = box_area(300, 300, 900, 900)


def ordered(folder, extract, *, areas=TWO_DISTRICTS, land=()):
    streets = folder / "7"
    streets.mkdir(parents=True)
    save_drawn(extract.streets, streets / DRAWN_FILE)
    Land.of(list(land)).save(streets / LAND_FILE)
    save_areas(areas.assign(name_en=None), folder / "areas.json")
    return TileOrder(streets, folder / "areas.json", streets / "tiles-abc")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    extract = read_extract(small_town(folder / "town.osm.pbf"))
    middle = extract.areas[0].geometry
    areas = areas_frame([("district", "1", "市南区", None, middle), ("street", "11", "云南路街道", "1", middle)])
    order = ordered(folder, extract, areas=areas, land=[(RESIDENTIAL, middle), (WATER, LAKE)])
    make_tiles(order)
    return order, extract


def tile_at(lon, lat, zoom):
    n, phi = 1 << zoom, math.radians(lat)
    return zoom, int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(phi)) / math.pi) / 2 * n)


def layers(body, folder):
    """The layers of a tile as GDAL reads them: a reader that is not ours."""
    file = folder / "tile.mvt"
    file.write_bytes(gzip.decompress(body))
    return {name: pyogrio.read_dataframe(file, layer=name) for name, _ in pyogrio.list_layers(file)}


def test_a_tile_holds_streets_land_borders_and_names(town, tmp_path):
    order, _ = town
    found = layers(order.open().tile(*tile_at(LON + 2 * STEP, LAT + 2 * STEP, LAST_ZOOM)), tmp_path)
    assert set(found) == {"ground", "land", "roads_major", "roads_middle", "roads_minor", "borders", "names"}
    assert found["roads_major"][["class", "name"]].to_numpy().tolist() == [["primary", "香港中路"]]
    assert set(found["roads_middle"]["class"]) == {"tertiary"}
    assert set(found["roads_minor"]["class"]) == {"residential"}
    assert set(found["names"]["name"]) == {"市南区", "云南路街道"}
    assert "residential" in set(found["land"]["kind"])


def test_names_of_main_roads_are_there_before_their_bends(town, tmp_path):
    order, _ = town
    zoom_13 = layers(order.open().tile(*tile_at(LON + 2 * STEP, LAT + 2 * STEP, 13)), tmp_path)
    assert zoom_13["roads_major_names"]["name"].tolist() == ["香港中路"]
    assert len(zoom_13["roads_major_names"].geometry[0].coords) == 2
    zoom_14 = layers(order.open().tile(*tile_at(LON + 2 * STEP, LAT + 2 * STEP, 14)), tmp_path)
    assert "roads_major_names" not in zoom_14


def test_from_afar_there_are_main_roads_and_districts_alone(town, tmp_path):
    order, _ = town
    found = layers(order.open().tile(*tile_at(LON + STEP, LAT + STEP, 8)), tmp_path)
    assert "roads_major" in found
    assert not {"roads_middle", "roads_minor"} & set(found)


def test_streets_lie_where_they_were_mapped(town, tmp_path):
    order, extract = town
    zoom, x, y = tile_at(LON + 2 * STEP, LAT + 2 * STEP, LAST_ZOOM)
    line = layers(order.open().tile(zoom, x, y), tmp_path)["roads_major"].geometry[0]
    drawn = drawn_streets(extract.streets)
    west, _, east, _ = drawn[drawn["class"] == "primary"].total_bounds
    # a tile's own coordinates: 4096 steps to a side, rows from the top as the file has no place of its own
    side = 360 / (1 << zoom)
    xs, _ = line.xy
    place = [(x + step / 4096) * side - 180 for step in (min(xs), max(xs))]
    at = (x * side - 180, (x + 1) * side - 180)
    # what reaches beyond the tile is cut off by the reader
    assert place[0] == pytest.approx(max(west, at[0]), abs=2 * side / 4096)
    assert place[1] == pytest.approx(min(east, at[1]), abs=2 * side / 4096)


def test_beyond_the_city_there_is_no_tile(town):
    order, _ = town
    assert order.open().tile(*tile_at(LON + 5, LAT, LAST_ZOOM)) is None


def test_tiles_are_made_once_and_former_ones_go(tmp_path):
    order = ordered(tmp_path, read_extract(small_town(tmp_path / "town.osm.pbf")))
    make_tiles(order)
    stamp = (order.target / "tiles.bin").stat().st_mtime_ns
    make_tiles(order)
    assert (order.target / "tiles.bin").stat().st_mtime_ns == stamp
    later = TileOrder(order.streets, order.areas, order.streets / "tiles-def")
    make_tiles(later)
    assert later.open().version == "def"
    assert order.open() is None


def test_a_network_without_drawings_says_what_to_do(tmp_path):
    order = ordered(tmp_path, read_extract(small_town(tmp_path / "town.osm.pbf")))
    (order.streets / DRAWN_FILE).unlink()
    with pytest.raises(DrawnStreetsError, match="import the streets again"):
        make_tiles(order)
    assert order.start().wait(timeout=PATIENCE_S) == 1


def test_another_process_makes_the_same_tiles(tmp_path):
    order = ordered(tmp_path, read_extract(small_town(tmp_path / "town.osm.pbf")))
    make_tiles(order)
    here = (order.target / "tiles.bin").read_bytes()
    there = TileOrder(order.streets, order.areas, order.streets / "tiles-abd")
    work = there.start()
    assert isinstance(work, subprocess.Popen)
    assert work.wait(timeout=PATIENCE_S) == 0
    assert (there.target / "tiles.bin").read_bytes() == here


def test_a_named_street_is_one_line_as_far_as_it_goes_on(tmp_path):
    nodes = {number: (float(number), 0.0) for number in range(1, 8)}
    named = {"highway": "residential", "name": "银川西路"}
    ways = [(1, [1, 2], named), (2, [2, 3], named), (3, [5, 6], named), (4, [6, 7], {"highway": "residential"})]
    frame = joined(drawn_streets(read_extract(write_osm(tmp_path / "j.osm.pbf", nodes=nodes, ways=ways)).streets))
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert sorted(len(line.coords) for line in frame.geometry[frame["name"].notna()]) == [2, 3]
    assert len(frame) == 3


def test_other_streets_or_areas_are_other_tiles(tmp_path):
    """Browsers keep a tile for ever under the version in its address."""
    settings = Settings(data_dir=tmp_path)
    streets = tmp_path / "cities" / "toy" / "streets" / "1"
    streets.mkdir(parents=True)
    snapshot = replace(toy_snapshot([station(0, 0)]), folder=tmp_path)
    versions = []
    for file in (tmp_path / "areas.json", streets / DRAWN_FILE, streets / LAND_FILE):
        for content in (b"one", b"two"):
            (tmp_path / "areas.json").touch()
            file.write_bytes(content)
            versions.append(TileOrder.of(settings, snapshot).target.name)
    assert TileOrder.of(settings, snapshot).target.name == versions[-1]
    assert len(set(versions)) == len(versions)
