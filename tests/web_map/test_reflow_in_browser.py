"""Pages enlarged fourfold, in the reader's own colours, without motion: nothing is out of sight and nothing lost."""

from __future__ import annotations

import pytest

from tests.support.axe import axe_violations
from tests.web_map.test_rider_in_browser import HERE, NO_SIDEWAYS, NOW

pytestmark = pytest.mark.browser

NO_DATABASE = "Failed to load resource: the server responded with a status of 503"
PAGES = {
    "rider": ("/?lang={lang}", ".card"),
    "station": ("/s/101?by=number&lang={lang}", "#opening"),
    "planner": ("/planner?lang={lang}#m=walk&t=10", "#legend-classes li"),
}
FOURFOLD = {"viewport": {"width": 320, "height": 256}}
"""What is left in CSS pixels of a window of 1280 by 1024 at 400 per cent (WCAG 2.2, 1.4.10)."""

OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('.bar > *')].filter((one) => one.checkVisibility()).map((one) => {
    const words = document.createRange();
    words.selectNodeContents(one);
    return one.matches('h1, .home') ? words.getBoundingClientRect() : one.getBoundingClientRect();
  });
  const lie = (one, other) => one.right > other.left + 1 && other.right > one.left + 1;
  return boxes.some((one, n) => boxes.slice(n + 1).some((other) => lie(one, other)));
}"""
"""Whether parts of the bar at the top lie on one another."""

MOVING = """() => document.getAnimations().filter((one) => one.playState === 'running').length"""


def shown(new_page, city_url, name, lang, **options):
    path, sign = PAGES[name]
    page = new_page(tolerates=NO_DATABASE, geolocation=HERE, permissions=["geolocation"], **options)
    page.clock.set_fixed_time(NOW)
    page.goto(city_url + path.format(lang=lang))
    if name == "rider":
        page.locator("#find").click()
    page.locator(sign).first.wait_for(state="attached")
    return page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_enlarged_fourfold_has_nothing_to_the_side(new_page, city_url, name, lang):
    page = shown(new_page, city_url, name, lang, **FOURFOLD)
    assert page.evaluate(NO_SIDEWAYS)
    assert not page.evaluate(OVERLAPS)
    assert axe_violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_in_the_readers_own_colours_a_choice_can_be_told_and_nothing_moves(new_page, city_url, name):
    page = shown(new_page, city_url, name, "zh", forced_colors="active", reduced_motion="reduce", color_scheme="dark")
    backgrounds = page.evaluate(
        """() => [...document.querySelectorAll('button[aria-pressed]')].filter((one) => one.checkVisibility())
          .map((one) => [one.getAttribute('aria-pressed'), getComputedStyle(one).backgroundColor])"""
    )
    chosen = {colour for pressed, colour in backgrounds if pressed == "true"}
    others = {colour for pressed, colour in backgrounds if pressed == "false"}
    assert not chosen & others
    assert chosen or name == "station"
    assert page.evaluate(MOVING) == 0


def test_names_of_districts_do_not_lie_on_one_another(new_page, city_url):
    page = shown(new_page, city_url, "rider", "en")
    page.locator(".leaflet-container").wait_for()
    seen = page.evaluate(
        """() => {
          const square = (name, west, side) => ({
            type: 'Feature', properties: { name },
            geometry: { type: 'Polygon', coordinates: [[[west, 36], [west + side, 36], [west + side, 36 + side],
              [west, 36 + side], [west, 36]]] },
          });
          const frame = document.createElement('div');
          Object.assign(frame.style, { width: '400px', height: '300px' });
          document.body.append(frame);
          const map = L.map(frame).setView([36, 120], 7, { animate: false });
          const features = [square('small', 120, 0.04), square('large', 120.05, 0.06), square('far', 121.5, 0.05)];
          Yiquan.drawDistricts(map, { type: 'FeatureCollection', features }, {});
          const names = () => [...frame.querySelectorAll('.area-name')].filter((one) => one.checkVisibility());
          const said = () => names().map((one) => one.textContent).sort();
          const from_afar = said();
          map.setView([36, 120], 13, { animate: false });
          return [from_afar, said()];
        }"""
    )
    assert seen == [["far", "large"], ["far", "large", "small"]]
