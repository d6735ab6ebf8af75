"""People come into a real database: a count as it is, a census as an estimate, a bad file not at all."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.cells import cell_areas_km2, cells_to_points, cells_to_texts, points_to_cells
from geo.coverage.areas import area_of_cells
from geo.coverage.demand import LAND_METHOD, STREETS_METHOD
from geo.coverage.demand_tables import DemandTableError, UnknownAreaError
from geo.coverage.grid import cut_streets
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.services.cities import new_city
from geo.services.demand_import import LayerCodeError, import_demand, middles
from geo.settings import Settings
from geo.store import area_store, city_store, demand_store, source_store, street_store
from geo.store.source_store import Source
from geo.streets.land import INDUSTRIAL, LAND_FILE, RESIDENTIAL, Land
from geo.streets.snap import EdgeIndex
from tests.support.grid_city import areas_frame, box_area, grid_graph, lon_lat
from tests.support.real_data import real_data
from tests.support.toy_snapshot import TWO_DISTRICTS


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def city(engine):
    new_city(engine, "toy", name="玩具市")
    with engine.connect() as connection:
        return city_store.city_by_slug(connection, "toy")


@pytest.fixture
def streets(engine, settings, city):
    """Twenty by twenty blocks in two districts, as the importers would have written them."""
    with engine.begin() as connection:
        number = street_store.next_network_id(connection)
        folder = f"cities/toy/streets/{number}"
        grid_graph(20, 20).save(settings.data_dir / folder / "walk")
        street_store.add_current_network(
            connection,
            city.city_id,
            number,
            extract_name="toy.osm.pbf",
            extract_sha256="0" * 64,
            folder=folder,
            report={},
        )
        put_areas(connection, city, TWO_DISTRICTS)


def put_areas(connection, city, areas):
    source_id = source_store.ensure_source(connection, city.city_id, Source(kind="osm", name="toy"))
    for level in ("district", "street"):
        chosen = areas[areas["level"] == level].set_crs("EPSG:4326")
        area_store.replace_level(connection, city.city_id, level, chosen, source_id=source_id)


def layers(engine, city):
    with engine.connect() as connection:
        return {layer.code: layer for layer in demand_store.load_layers(connection, city.city_id)}


def revision(engine, city):
    with engine.connect() as connection:
        return city_store.revision(connection, city.city_id)


def people_file(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_count_by_cell_is_stored_as_it_is(engine, settings, city, tmp_path):
    cells = np.sort(points_to_cells([120.38, 120.40], [36.07, 36.09], 9))
    rows = "\n".join(f"{text},{people}" for text, people in zip(cells_to_texts(cells), (10.25, 0), strict=True))
    report = import_demand(engine, settings, "toy", people_file(tmp_path, f"h3,people\n{rows}\n"), as_of="2020-11")
    stored = layers(engine, city)["residents"]
    assert (report.people, report.cells, report.is_estimate, report.changed) == (10.25, 2, False, True)
    assert np.array_equal(stored.cells, cells)
    assert stored.people.tolist() == [10.25, 0]
    assert (stored.resolution, stored.as_of, stored.source) == (9, "2020-11", "people.csv")


def test_the_same_file_twice_changes_nothing_and_another_replaces_it(engine, settings, city, tmp_path):
    text = cells_to_texts(points_to_cells([120.38], [36.07], 9))[0]
    path = people_file(tmp_path, f"h3,people,riders\n{text},10,3\n")
    assert import_demand(engine, settings, "toy", path).changed
    before = revision(engine, city)
    assert not import_demand(engine, settings, "toy", path).changed
    assert revision(engine, city) == before
    assert import_demand(engine, settings, "toy", path, layer="riders").people == 3
    assert import_demand(engine, settings, "toy", people_file(tmp_path, f"h3,people\n{text},11\n")).changed
    assert revision(engine, city) == before + 2
    assert {code: layer.people.sum() for code, layer in layers(engine, city).items()} == {"residents": 11, "riders": 3}


@pytest.mark.usefixtures("streets")
def test_a_census_is_spread_over_each_district_and_called_an_estimate(engine, settings, city, tmp_path):
    path = people_file(tmp_path, "区县,常住人口\n西区,100003\n东区,7\n")
    report = import_demand(engine, settings, "toy", path, by="district")
    stored = layers(engine, city)["residents"]
    lon, lat = cells_to_points(stored.cells)
    district = area_of_cells(stored.cells, lon, lat, TWO_DISTRICTS, "district")
    assert report.is_estimate
    assert stored.is_estimate
    assert STREETS_METHOD in stored.method
    assert report.people == 100_010
    assert stored.people[district == 0].sum() == 100_003
    assert stored.people[district == 1].sum() == 7
    assert (stored.people[district == 0] > 0).sum() > 20


@pytest.mark.usefixtures("streets")
def test_where_land_is_mapped_a_census_goes_to_the_homes_and_not_to_the_works(engine, settings, city, tmp_path):
    estate, works = box_area(0, 0, 450, 900), box_area(450, 0, 1000, 2000)
    with engine.connect() as connection:
        folder = settings.data_dir / street_store.current_network(connection, city.city_id)["folder"]
    Land.of([(RESIDENTIAL, estate), (INDUSTRIAL, works)]).save(folder / LAND_FILE)
    path = people_file(tmp_path, "区县,常住人口\n西区,100003\n东区,7\n")
    report = import_demand(engine, settings, "toy", path, by="district")
    stored = layers(engine, city)["residents"]
    assert report.people == 100_010
    assert LAND_METHOD in stored.method
    lon, lat = cells_to_points(stored.cells)
    west = area_of_cells(stored.cells, lon, lat, TWO_DISTRICTS, "district") == 0
    assert stored.people[west].sum() == 100_003
    at_home, at_work = (shapely.contains_xy(ground, lon, lat) for ground in (estate, works))
    per_km2 = [
        stored.people[which].sum() / cell_areas_km2(stored.cells[which]).sum() for which in (at_home, at_work & west)
    ]
    # every street is residential, one every 100 m both ways: 20 m of it, a strip of 1,000 m², to every 1,000 m²
    assert per_km2[1] == pytest.approx(per_km2[0] / 10, rel=0.35)


def test_middles_of_pieces_lie_on_their_streets_and_in_their_cells():
    graph = grid_graph(20, 20)
    pieces = cut_streets(graph, 10)
    every = np.arange(len(pieces.cell))
    lon, lat = middles(graph, pieces, every)
    # crossings are cut to 5 cm, so that the middle of any longer piece is in the piece's own cell
    longer = pieces.length_m > 0.1
    assert (points_to_cells(lon[longer], lat[longer], 10) == pieces.cells[pieces.cell[longer]]).all()
    snaps = EdgeIndex(graph).snap(lon, lat)
    assert snaps.distance_m.max() < 0.01


@pytest.mark.usefixtures("streets")
def test_an_area_without_people_or_unknown_is_named(engine, settings, tmp_path):
    report = import_demand(engine, settings, "toy", people_file(tmp_path, "区县,人口\n西区,5\n"), by="district")
    assert report.areas_without_people == ["东区"]
    with pytest.raises(UnknownAreaError, match="no 南区"):
        import_demand(engine, settings, "toy", people_file(tmp_path, "区县,人口\n南区,5\n"), by="district")


@pytest.mark.usefixtures("streets")
def test_a_district_without_a_street_is_spread_over_its_area(engine, settings, city, tmp_path):
    island = areas_frame([("district", "9", "岛区", None, box_area(5000, 5000, 6500, 6500))])
    with engine.begin() as connection:
        put_areas(connection, city, island)
    path = people_file(tmp_path, "区县,人口\n岛区,500\n")
    assert import_demand(engine, settings, "toy", path, by="district").people == 500
    lon, lat = cells_to_points(layers(engine, city)["residents"].cells)
    assert lon.min() > lon_lat(4900, 0)[0]
    assert lat.max() < lon_lat(0, 6600)[1]


def test_a_census_before_the_streets_says_what_comes_first(engine, settings, city, tmp_path):
    with engine.begin() as connection:
        put_areas(connection, city, TWO_DISTRICTS)
    path = people_file(tmp_path, "区县,人口\n西区,5\n")
    with pytest.raises(UnavailableError, match="import streets FILE"):
        import_demand(engine, settings, "toy", path, by="district")


def test_a_bad_file_leaves_nothing_behind(engine, settings, city, tmp_path):
    text = cells_to_texts(points_to_cells([120.38], [36.07], 9))[0]
    import_demand(engine, settings, "toy", people_file(tmp_path, f"h3,people\n{text},10\n"))
    before = revision(engine, city)
    with pytest.raises(DemandTableError):
        import_demand(engine, settings, "toy", people_file(tmp_path, f"h3,people\n{text},-1\n"))
    assert revision(engine, city) == before
    assert layers(engine, city)["residents"].people.tolist() == [10]


def test_names_and_dates_that_cannot_be_are_refused(engine, settings, city, tmp_path):
    path = people_file(tmp_path, "h3,people\n8931aa42a8fffff,1\n")
    with pytest.raises(LayerCodeError):
        import_demand(engine, settings, city.slug, path, layer="Lieferando 骑手")
    with pytest.raises(InputError, match="not a date"):
        import_demand(engine, settings, city.slug, path, as_of="last year")
    with pytest.raises(NotFoundError):
        import_demand(engine, settings, "atlantis", path)


def test_porto_alegre_comes_in_with_everybody(engine, settings, city):
    report = import_demand(engine, settings, city.slug, real_data("porto_alegre/poa_hexgrid.csv"))
    assert report.people == layers(engine, city)["residents"].people.sum() == 812_935
