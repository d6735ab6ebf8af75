"""The base map in a real browser: drawn below the pages, credited, of one origin, and never in the way."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import pyogrio
import pytest
from shapely import LineString

from api.settings import ApiSettings
from geo.services.street_tiles import TileOrder, make_tiles
from geo.snapshot.frames import save_areas
from geo.streets.drawn import DRAWN_FILE
from geo.streets.land import GREEN, LAND_FILE, RESIDENTIAL, Land
from tests.support.browser import PHONE
from tests.support.grid_city import box_area, lon_lat
from tests.support.service import running_service
from tests.web_map.conftest import NOW, held, toy_city

HERE = dict(zip(("longitude", "latitude"), lon_lat(150, 150), strict=True))
APPROVAL = "GS(2026)0001号 <b>"
PAINTED = """() => [...document.querySelectorAll(".leaflet-basemap-pane canvas")].some((tile) => {
  if (!tile.width) return false;
  const data = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data;
  return data.some((value) => value > 0);
})"""


@pytest.fixture(scope="module")
def selfhost(tmp_path_factory):
    folder = tmp_path_factory.mktemp("basemap")
    snapshot = replace(toy_city(), folder=folder / "snapshot")
    settings = ApiSettings(data_dir=folder, basemap="selfhost", map_approval=APPROVAL)
    order = TileOrder(folder / "cities" / "toy" / "streets" / "1", snapshot.folder / "areas.json", folder)
    order.streets.mkdir(parents=True)
    snapshot.folder.mkdir()
    save_areas(snapshot.areas, order.areas)
    lines = [LineString([lon_lat(0, 100 * n), lon_lat(1900, 100 * n)]) for n in range(20)]
    rows = {"class": ["primary", "tertiary", *["residential"] * 18], "name": ["香港中路", *[None] * 19]}
    frame = geopandas.GeoDataFrame(rows, geometry=lines, crs="EPSG:4326")
    pyogrio.write_dataframe(frame, order.streets / DRAWN_FILE, driver="FlatGeobuf")
    Land.of([(RESIDENTIAL, box_area(0, 0, 900, 900)), (GREEN, box_area(900, 900, 1500, 1500))]).save(
        order.streets / LAND_FILE
    )
    make_tiles(TileOrder.of(settings, snapshot))
    with running_service(settings, clock=lambda: NOW, holder=held(snapshot)) as client:
        yield str(client.base_url).rstrip("/")


def wait_for(page, script):
    for _ in range(100):
        if page.evaluate(script):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"it never was so: {script}")


def credit(page):
    shown = page.locator(".leaflet-control-attribution")
    shown.wait_for()
    shown.scroll_into_view_if_needed()
    return shown.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_planners_map_lies_on_its_own_streets_with_their_credit(new_page, selfhost, lang):
    page = new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{selfhost}/planner?lang={lang}")
    wait_for(page, PAINTED)
    assert f"© OpenStreetMap contributors · 审图号：{APPROVAL}" in credit(page)


@pytest.mark.slow
def test_the_riders_map_lies_on_streets_with_their_credit_on_a_phone(new_page, selfhost):
    page = new_page(**PHONE, geolocation=HERE, permissions=["geolocation"])
    page.goto(f"{selfhost}/")
    page.click("#find")
    page.locator("#map").scroll_into_view_if_needed()
    wait_for(page, PAINTED)
    assert "© OpenStreetMap contributors · 审图号" in credit(page)


@pytest.mark.slow
def test_night_repaints_what_lies_there(new_page, selfhost):
    page = new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{selfhost}/planner")
    wait_for(page, PAINTED)
    page.evaluate(
        """async () => {
          const { basemap } = await (await fetch("/city.json")).json();
          window.second = Yiquan.addBasemap(map_main, basemap, { night: true });
        }"""
    )
    brightest = """() => {
      const layers = document.querySelector(".leaflet-basemap-pane").children;
      const tiles = [...layers[layers.length - 1].querySelectorAll("canvas")].filter((tile) => tile.width);
      return Math.max(0, ...tiles.map((tile) => {
        const data = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data;
        // what is half transparent has no colour to rely on
        return data.reduce((most, value, at) => (at % 4 !== 0 || data[at + 3] < 255 ? most : Math.max(most, value)), 0);
      }));
    }"""
    wait_for(page, f"() => {{ const found = ({brightest})(); return found > 0 && found < 200; }}")
    page.evaluate("() => { window.second.setNight(false); }")
    wait_for(page, f"() => ({brightest})() > 200")


@pytest.mark.slow
def test_without_tianditu_the_page_stays_as_it_is(new_page):
    """Nobody listens where Tianditu should be; the pictures are missing, and nothing else is."""
    options = {"basemap": "tianditu", "tianditu_key": "k" * 32, "tianditu_url": "http://127.0.0.1:9"}
    with running_service(ApiSettings(**options), clock=lambda: NOW, holder=held(toy_city())) as client:
        page = new_page(viewport={"width": 1440, "height": 900}, tolerates="503")
        page.goto(f"{str(client.base_url).rstrip('/')}/planner")
        wait_for(page, "() => /\\d/.test(document.querySelector('#share').textContent)")
        assert "天地图" in credit(page)
        page.context.close()  # before the service stops, or the page would ask it in vain
