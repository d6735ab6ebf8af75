"""What a planner tries on the map, compares and keeps: the real application, a real browser, a real database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.settings import ApiSettings
from geo.snapshot.model import Snapshot
from geo.store.cluster import Cluster
from tests.support.axe import axe_violations
from tests.support.browser import PHONE
from tests.support.proxy import DatabaseProxy, database_proxy
from tests.support.service import running_service
from tests.support.toy_holder import ToyHolder, holder_with_city
from tests.web_map.conftest import NOW, toy_city
from tests.web_map.test_planner_in_browser import DESK, opened, settled, shown

pytestmark = pytest.mark.browser

MIDDLE = "#t=5&v=120.3925,36.0795,15"
"""Five minutes' walk, looking at the middle of the toy city, where there is no station."""


class Shelf:
    """A running service with a database that can be taken away, and the facts it serves."""

    def __init__(self, url: str, holder: ToyHolder, proxy: DatabaseProxy) -> None:
        self.url, self.holder, self.proxy = url, holder, proxy


@pytest.fixture(scope="module")
def city() -> Snapshot:
    return toy_city()


@pytest.fixture
def shelf(city: Snapshot, database_url: str, tmp_path) -> Iterator[Shelf]:
    settings = ApiSettings(data_dir=tmp_path)
    with database_proxy(database_url) as (proxy, through):
        holder = holder_with_city(city, database_url, settings)
        holder.url = through
        with running_service(settings, clock=lambda: NOW, holder=holder) as client:
            yield Shelf(str(client.base_url).rstrip("/"), holder, proxy)


@pytest.fixture(scope="module")
def shelf_for_all(city: Snapshot, cluster: Cluster, template_database: str, tmp_path_factory) -> Iterator[str]:
    """Address of a service whose database the tests of this module share."""
    import os

    name = f"trials_{os.getpid()}"
    settings = ApiSettings(data_dir=tmp_path_factory.mktemp("trials"), scenarios_per_hour=1000)
    holder = holder_with_city(city, cluster.create_database(name, template=template_database), settings)
    with running_service(settings, clock=lambda: NOW, holder=holder) as client:
        yield str(client.base_url).rstrip("/")
    cluster.drop_database(name)


def begun(page):
    page.locator("#trial-start").click()
    page.locator("#trial-middle").wait_for()
    return page


def answered(page):
    """Wait until the answer to the present changes is drawn, with what each is worth."""
    page.locator("#trial-answer .headline").wait_for()
    page.locator('#trial[aria-busy="false"]').wait_for()
    page.locator("#trial-changes li:last-child .worth:not(:empty)").wait_for()
    return page.locator("#trial-answer .headline strong").inner_text()


def with_one_station(page):
    begun(page).locator("#trial-middle").click()
    answered(page)
    return page


def saved_as(page, name):
    page.locator("#scenario-name").fill(name)
    page.locator(".save button").click()
    link = page.locator(".share input")
    link.wait_for()
    return link.input_value()


def painted_bytes(page):
    """The bytes the cells are painted from, as one number that changes with any of them."""
    return page.evaluate(
        """lattice_layer_cells._blocks.flatMap((_, n) => Object.values(lattice_layer_cells._columnsOf(n))).reduce(
             (sum, column) => column.reduce((part, byte, i) => (part * 31 + byte) % 1000000007, sum), 7)"""
    )


def until(page, condition):
    """Wait for a condition of the page; the pages' policy refuses what Playwright itself would evaluate for that."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def address(page):
    page.wait_for_timeout(350)
    return page.evaluate("location.hash")


# ── changing ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_one_exchange_brings_figures_cells_and_worth(new_page, shelf_for_all, lang, screen):
    page = new_page(**screen)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "what-if" in request.url else None)
    shown(page, shelf_for_all, lang, MIDDLE)
    before = painted_bytes(page)
    with_one_station(page)
    assert [url.rpartition("/")[2] for url in asked] == ["parts"]
    figure = page.locator("#trial-answer .headline strong").inner_text()
    assert figure.startswith("+")
    assert page.locator("#trial-changes .worth").inner_text().startswith(figure)
    assert painted_bytes(page) != before
    assert page.evaluate("performance.getEntriesByName('yiquan.trial').length") == 1
    assert page.locator(".gains tbody tr").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe_violations(page) == []


def test_undo_and_redo_go_through_every_step_by_button_and_by_key(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_=MIDDLE))
    page.locator("#trial-middle").click()
    assert page.locator("#trial-changes li").count() == 2
    page.locator("#trial-undo").click()
    page.keyboard.press("Control+z")
    assert page.locator("#trial-changes li").count() == 0
    page.locator("#trial-redo").click()
    page.keyboard.press("Control+Shift+z")
    assert page.locator("#trial-changes li").count() == 2
    assert page.locator("#trial-redo").is_disabled()
    page.locator("#trial-reset").click()
    assert page.locator("#trial-changes li").count() == 0
    page.locator("#trial-undo").click()
    assert page.locator("#trial-changes li").count() == 2


def test_two_stations_at_one_place_are_worth_less_together(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_=MIDDLE))
    page.locator("#trial-middle").click()
    answered(page)
    worth = page.locator("#trial-changes .worth").first
    worth.filter(has_text="方案中").wait_for()
    assert re.fullmatch(r"单独 \+[\d,]+ · 方案中 ±0", worth.inner_text())


def test_a_new_station_has_a_type_and_hours_to_choose(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_="#t=5&at=weekday 19:00&v=120.3925,36.0795,15"))
    item = page.locator("#trial-changes li")
    item.locator("select").nth(1).select_option("Mo-Fr 09:00-17:00")
    item.locator(".doubt").wait_for()
    assert "在所问时段不开放" in item.inner_text()
    item.locator("select").nth(1).select_option("custom")
    item.locator("input").fill("周一至周五 18:00-23:00")
    item.locator("input").press("Enter")
    item.locator(".doubt").wait_for(state="detached")
    assert answered(page).startswith("+")
    item.locator("select").first.select_option("mother_room")
    item.locator(".doubt").wait_for()
    assert "类型不在所问类型之内" in item.inner_text()
    again = new_page(**DESK)
    address(page)
    again.goto(page.url)
    again.locator("#trial-changes .doubt").wait_for()
    assert again.locator("#trial-changes input").input_value() == "周一至周五 18:00-23:00"
    assert again.locator("#trial-changes select").first.input_value() == "mother_room"


def test_hours_that_cannot_be_read_are_named_in_the_pages_language(lenient_page, shelf_for_all):
    page = with_one_station(shown(lenient_page, shelf_for_all, hash_=MIDDLE))
    item = page.locator("#trial-changes li")
    item.locator("select").nth(1).select_option("custom")
    item.locator("input").fill("随便什么时候")
    item.locator("input").press("Enter")
    page.locator("#trial-answer .problem").wait_for()
    assert "第 1 项的开放时间读不懂" in page.locator("#trial-answer").inner_text()


def popup_of_a_station(page, action):
    page.locator("#tab-measures").click()
    page.locator("#measures td .link").first.click()
    page.locator(".pop-buttons button", has_text=action).click()


def test_a_station_moves_to_where_the_map_is_clicked(new_page, shelf_for_all):
    page = opened(new_page, shelf_for_all, hash_="#t=5")
    popup_of_a_station(page, "试着搬迁")
    page.locator("#trial-pick").wait_for()
    box = page.locator("#map_main").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + 150, box["y"] + box["height"] / 2 + 120)
    answered(page)
    assert page.locator("#trial-changes li.move").count() == 1
    assert page.locator("#trial-pick").is_hidden()
    pin = page.locator(".trial-pin.move").bounding_box()
    before = address(page)
    page.mouse.move(pin["x"] + 17, pin["y"] + 17)
    page.mouse.down()
    page.mouse.move(pin["x"] + 80, pin["y"] + 60, steps=4)
    page.mouse.up()
    assert address(page) != before
    assert page.locator("#trial-changes li.move").count() == 1


def test_the_whole_way_goes_by_keyboard(new_page, shelf_for_all):
    """Add, move under the cross with arrow keys, choose hours, save: no pointer."""
    page = opened(new_page, shelf_for_all, hash_=MIDDLE)
    page.locator("#trial-start").focus()
    page.keyboard.press("Enter")
    page.locator("#trial-middle").wait_for()
    page.locator("#trial-middle").focus()
    page.keyboard.press("Enter")
    answered(page)
    before = address(page)
    page.locator("#trial-changes li").get_by_role("button", name="换位置").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "map_main"
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    answered(page)
    assert address(page) != before
    page.locator("#trial-changes li").get_by_role("button", name="换位置").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#trial-pick").is_hidden()
    page.locator("#scenario-name").focus()
    page.keyboard.type("键盘方案")
    page.keyboard.press("Enter")
    page.locator(".share input").wait_for()


def test_the_focus_stays_in_the_list_while_it_is_redrawn(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_=MIDDLE))
    page.locator("#trial-middle").click()
    answered(page)
    page.locator("#trial-changes .remove").first.focus()
    page.keyboard.press("Enter")
    answered(page)
    assert page.evaluate("document.activeElement.className") == "remove"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "trial-undo"


def test_other_hours_of_a_station_matter_once_an_hour_is_asked_about(new_page, shelf_for_all):
    page = opened(new_page, shelf_for_all, hash_="#t=5")
    popup_of_a_station(page, "试改时间")
    page.locator("#trial-changes .doubt button").click()
    until(page, "() => location.hash.includes('weekday')")
    settled(page)
    answered(page)
    assert page.locator("#trial-changes .doubt").count() == 0


# ── before and after ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_divider_moves_by_buttons_by_keys_and_by_dragging(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_=MIDDLE))
    page.locator("[data-shown=both]").click()
    handle = page.locator(".swipe-handle")
    at = lambda: int(handle.get_attribute("aria-valuenow"))  # noqa: E731 - asked again and again
    assert at() == 50
    page.locator(".swipe-step").first.click()
    assert at() == 40
    handle.focus()
    page.keyboard.press("ArrowRight")
    assert at() == 45
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 26, box["y"] + 26)
    page.mouse.down()
    page.mouse.move(box["x"] + 226, box["y"] + 26, steps=3)
    page.mouse.up()
    assert at() > 55
    assert page.locator("#trial-changes li").count() == 1  # none of this put a station on the map
    assert "左侧" in handle.get_attribute("aria-valuetext")
    assert axe_violations(page) == []
    page.locator("[data-shown=before]").click()
    assert handle.is_hidden()


def test_left_of_the_divider_is_the_city_as_it_stands(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_=MIDDLE))
    page.locator("[data-shown=both]").click()
    page.wait_for_timeout(300)
    clips = page.evaluate(
        "[...document.querySelectorAll('.leaflet-tile-pane .leaflet-layer')].map((layer) => layer.style.clipPath)"
    )
    assert len([clip for clip in clips if clip.startswith("polygon")]) == 2
    page.evaluate("void map_main.panBy([40, 0], {animate: false})")
    moved = page.evaluate(
        "[...document.querySelectorAll('.leaflet-tile-pane .leaflet-layer')].map((layer) => layer.style.clipPath)"
    )
    assert moved != clips
    page.locator("[data-shown=after]").click()
    assert page.evaluate("lattice_layer_cells.getContainer().style.clipPath") == ""


# ── scenarios ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_a_scenario_is_saved_and_its_link_opens_it_elsewhere(new_page, shelf_for_all, lang, screen):
    page = with_one_station(opened(new_page, shelf_for_all, lang=lang, hash_=MIDDLE, **screen))
    figure = answered(page)
    link = saved_as(page, f"<b>方案</b> {lang} 🚲")
    assert re.search(r"#s=[0-9A-Za-z]{10}$", link)
    assert "s=" in address(page)
    assert axe_violations(page) == []
    other = new_page(**screen)
    other.goto(link)
    other.locator("#trial-answer .headline").wait_for()
    assert answered(other) == figure
    assert other.locator("#minutes").input_value() == "5"
    assert f"<b>方案</b> {lang} 🚲" in other.locator("#trial-tag").inner_text()
    other.locator("#trial-middle").click()
    assert "s=" not in address(other)
    assert other.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_shelf_lists_compares_and_deletes(shelf, new_page):
    page = with_one_station(opened(new_page, shelf.url, hash_=MIDDLE))
    saved_as(page, "小方案")
    page.evaluate("void map_main.panBy([150, 100], {animate: false})")
    page.locator("#trial-middle").click()
    answered(page)
    saved_as(page, "大方案")
    page.locator("#scenario-shelf summary").click()
    rows = page.locator(".scenarios li")
    rows.nth(1).wait_for()
    assert [text.split("\n")[0] for text in page.locator(".scenarios .link").all_inner_texts()] == ["大方案", "小方案"]
    for box in page.locator(".scenarios input").all():
        box.check()
    page.locator("#scenario-compare").click()
    page.locator(".both table").first.wait_for()
    assert page.locator(".both thead").first.inner_text().split() == ["方案对比", "大方案", "小方案"]
    built = page.locator(".both tr", has_text="新增站点").first
    assert built.inner_text().split() == ["新增站点", "2", "1"]
    assert axe_violations(page) == []
    rows.first.locator(".remove").click()
    rows.first.locator(".remove").click()
    until(page, "() => document.querySelectorAll('.scenarios li').length === 1")
    rows.first.locator(".link").click()
    until(page, "() => document.getElementById('trial-changes').children.length === 1")
    assert "小方案" in page.locator("#trial-tag").inner_text()


def test_a_saved_scenario_offers_its_report(shelf, new_page):
    page = with_one_station(opened(new_page, shelf.url, hash_=MIDDLE))
    saved_as(page, "带走的方案")
    links = page.locator(".saved .reports a")
    assert links.all_inner_texts() == ["HTML", "PDF", "Excel", "GeoPackage", "PNG"]
    report = page.request.get(shelf.url + links.first.get_attribute("href"))
    assert report.ok
    assert "“带走的方案”" in report.text()
    assert page.request.get(shelf.url + links.nth(3).get_attribute("href")).body().startswith(b"SQLite format 3")


def test_whoever_did_not_save_it_cannot_delete_it(shelf, new_page):
    saved_as(with_one_station(opened(new_page, shelf.url, hash_=MIDDLE)), "别人的方案")
    other = begun(opened(new_page, shelf.url))
    other.locator("#scenario-shelf summary").click()
    other.locator(".scenarios .link").wait_for()
    assert other.locator(".scenarios .remove").count() == 0


def test_on_changed_facts_a_scenario_says_that_it_was_worked_out_anew(shelf, city, new_page):
    link = saved_as(with_one_station(opened(new_page, shelf.url, hash_=MIDDLE)), "去年的方案")
    shelf.holder.now_holds(replace(city, id="20270101T000000Z-later", state_hash="1" * 64))
    other = new_page(**DESK)
    other.goto(link)
    other.locator("#trial-source .doubt").wait_for()
    assert "数据在保存后有更新" in other.locator("#trial-source").inner_text()


def test_without_the_database_trying_goes_on_and_nothing_is_lost(shelf, lenient_page):
    page = with_one_station(shown(lenient_page, shelf.url, hash_=MIDDLE))
    shelf.proxy.down()
    page.locator("#scenario-name").fill("存不下")
    page.locator(".save button").click()
    page.locator(".saved .problem").wait_for()
    assert "数据库没有响应" in page.locator(".saved").inner_text()
    assert "改动都在本页地址里" in page.locator(".saved").inner_text()
    page.locator("#trial-middle").click()
    answered(page)
    address(page)
    page.reload()
    page.locator("#trial-answer .headline").wait_for()
    assert page.locator("#trial-changes li").count() == 2
    shelf.proxy.up()
    saved_as(page, "存下了")


def test_a_link_to_a_scenario_that_is_gone_says_so(lenient_page, shelf_for_all):
    lenient_page.goto(f"{shelf_for_all}/planner?lang=zh#s=2222222222")
    lenient_page.locator("#trial-answer .problem").wait_for()
    assert "没有这个方案" in lenient_page.locator("#trial-answer").inner_text()


# ── the address ─────────────────────────────────────────────────────────────────────────────────────────────────────


ADDRESS_OF_EVERY_KIND = """() => {
  const { pack, unpack, wire } = Yiquan.trialChanges;
  const station = { id: "9007199254740993", name: "站", lon: 120.38, lat: 36.07 };
  const find = (id) => (id === station.id ? station : null);
  const changes = [
    { kind: "add", lon: 120.38261, lat: 36.06712 },
    { kind: "add", lon: -120.38261, lat: -36.06712, type: "mother_room", hours: "周一至周五 9:00-17:00; Sa 10:00" },
    { kind: "move", ...station, home: { lon: 120.38, lat: 36.07 }, lon: 120.4, lat: 36.1 },
    { kind: "close", ...station },
    { kind: "hours", ...station, hours: "24/7" },
  ];
  const text = pack(changes);
  const read = (packed) => unpack(packed, find);
  return {
    sent: JSON.stringify(read(text).map(wire)) === JSON.stringify(changes.map(wire)),
    plain: new URLSearchParams({ w: text }).toString() === "w=" + text,
    one: pack(changes.slice(0, 1)).length,
    cut: read(text.slice(0, 30)).length,
    junk: read("zz.a.m.*.h1*9.x-").length,
  };
}"""


def test_every_kind_of_change_survives_the_address_to_the_letter(new_page, shelf_for_all):
    page = with_one_station(opened(new_page, shelf_for_all, hash_=MIDDLE))
    found = page.evaluate(ADDRESS_OF_EVERY_KIND)
    assert found == {"sent": True, "plain": True, "one": 11, "cut": 2, "junk": 0}
