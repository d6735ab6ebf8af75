"""A station's page in a real browser: at the door, in the sun, without a network, with a hostile register."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import insert, select, text

from api.dependencies import SHANGHAI
from api.settings import ApiSettings
from geo.store.engine import make_engine
from geo.store.tables import facility, report, site
from tests.support.axe import axe_violations
from tests.support.browser import PHONE, NewPage
from tests.support.service import running_service
from tests.support.toy_holder import holder_with_city
from tests.support.toy_snapshot import ALL_DAY, rule, toy_snapshot
from tests.support.waiting import wait_until
from tests.web_map.conftest import HOSTILE_NAMES, door, held, toy_areas

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from geo.snapshot.model import Snapshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK = {"viewport": {"width": 1440, "height": 900}}
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


KEPT = "async () => (await (await caches.open('yiquan-visited')).keys()).length"
"""How many answers of station pages a phone has kept."""


def toy() -> Snapshot:
    """One station that is open all day, one of which nothing is known, and some with hostile names."""
    known = {
        "amenities": {"water_hot": "available", "microwave": "broken", "tv": "absent", "seat": "limited"},
        "amenities_checked": {"water_hot": "2026-10-02"},
        "entry_methods": ["wechat_scan"], "entry_note": "进门左手边", "floor": "1", "hours_text": "24小时",
        "rules": [rule({**ALL_DAY, "holiday_policy": "open"})], "last_verified_on": "2026-10-02",
        "address": "演示路 1 号", "codes": {"union_station": "A-1", "sanitation": "S-9"}, "code": "A-1",
        "public_phone": "0532-1", "services": ["legal_aid"],
    }  # fmt: skip
    rows = [door(100, 100, name="近处驿站", **known), door(300, 100, name="不详驿站", rules=[], codes={"grid": "B-2"})]
    rows += [
        door(100 * n, 400, name=name, address=name, entry_note=name, codes={"union_station": f"H-{n}"})
        for n, name in enumerate(HOSTILE_NAMES)
    ]
    return toy_snapshot(rows, areas=toy_areas())


@pytest.fixture
def station_url(database_url: str, tmp_path: object) -> Iterator[str]:
    """Address of a service over these stations and a real database that takes reports."""
    snapshot = toy()
    settings = ApiSettings.model_validate({"database_url": database_url, "data_dir": tmp_path})
    holder = holder_with_city(snapshot, database_url, settings)
    holder.database.answered(1)
    holder.poll_s = 600.0
    engine = make_engine(database_url)
    with engine.begin() as connection:
        place = {"city_id": 1, "geom": "SRID=4326;POINT(120.38 36.07)", "coord_datum": "wgs84"}
        site_id = connection.execute(insert(site).values(place).returning(site.c.site_id)).scalar_one()
        rows = [
            {"facility_id": number, "city_id": 1, "site_id": site_id, "name": "驿站", "facility_type": "union_station"}
            for number in snapshot.facility_ids
        ]
        connection.execute(insert(facility), rows)
        assert connection.execute(text("SELECT city_id FROM city")).scalar_one() == snapshot.city.city_id
    engine.dispose()
    with running_service(settings, clock=lambda: datetime.now(SHANGHAI), holder=holder) as client:
        yield str(client.base_url).rstrip("/")


def kinds_taken(database_url: str) -> list[tuple[str, str | None]]:
    """The reports in the database: kind and amenity."""
    engine = make_engine(database_url)
    with engine.connect() as connection:
        rows = connection.execute(select(report.c.kind, report.c.amenity_code).order_by(report.c.received_at)).all()
    engine.dispose()
    return [(kind, amenity) for kind, amenity in rows]


def settled(page: Page) -> None:
    """Wait until the page has shown what riders said."""
    page.wait_for_selector("#reports > *")


@SIZES
@LANGUAGES
def test_a_page_says_whether_the_door_is_open_and_no_rule_of_accessibility_is_broken(
    new_page: NewPage, station_url: str, size: dict[str, object], lang: str
):
    page = new_page(**size)
    page.goto(f"{station_url}/s/A-1?lang={lang}")
    settled(page)
    words = {"zh": "现在开放，全天不关门", "en": "Open now, never closes"}[lang]
    assert page.inner_text("#opening") == words
    today = datetime.now(SHANGHAI).isoweekday()
    assert page.get_attribute("tr[aria-current]", "data-day") == str(today)
    assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[lang]
    assert axe_violations(page, seven_to_one=True) == []
    page.click(".maps summary")
    page.click("#night")
    assert axe_violations(page, seven_to_one=True) == []
    page.click("#report")
    assert axe_violations(page, seven_to_one=True) == []
    page.click("[data-report=amenity_broken]")
    assert axe_violations(page, seven_to_one=True) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@SIZES
@LANGUAGES
def test_pages_without_a_station_are_sound_too(new_page: NewPage, station_url: str, size: dict[str, object], lang: str):
    """By its text alone: the browser's console counts a 404 as an error."""
    page = new_page(**size)
    page.goto(f"{station_url}/s/B-2?lang={lang}")
    settled(page)
    assert page.inner_text("#opening") == {"zh": "开放时间不详", "en": "Hours not known"}[lang]
    assert axe_violations(page, seven_to_one=True) == []
    lost = httpx.get(f"{station_url}/s/nope?lang={lang}").text
    page.route("**/lost", lambda route: route.fulfill(body=lost, content_type="text/html; charset=utf-8"))
    page.goto(f"{station_url}/lost")
    assert axe_violations(page, seven_to_one=True) == []
    assert page.get_attribute("a.go", "href") == f"/?lang={lang}"


@SIZES
def test_two_taps_report_and_everybody_sees_it(
    new_page: NewPage, station_url: str, database_url: str, size: dict[str, object]
):
    page = new_page(**size)
    page.goto(f"{station_url}/s/A-1")
    settled(page)
    assert "没有骑手反馈" in page.inner_text("#reports")
    page.click("#report")
    page.click("[data-report=good_confirm]")
    page.wait_for_selector("#sheet-note:has-text('谢谢')")
    page.wait_for_selector("#reports:has-text('1 位骑手近期确认')")
    page.click("#sheet-close")
    page.click("#report")
    page.click("[data-report=amenity_broken]")
    page.click("[data-amenity=water_hot]")
    page.wait_for_selector("#reports:has-text('热水')")
    assert kinds_taken(database_url) == [("good_confirm", None), ("amenity_broken", "water_hot")]


def test_the_whole_of_it_with_the_keyboard(new_page: NewPage, station_url: str, database_url: str):
    page = new_page(**DESK)
    page.goto(f"{station_url}/s/A-1")
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "report":
            break
    page.keyboard.press("Enter")
    for _ in range(10):
        if page.evaluate("document.activeElement.dataset.report") == "locked_in_hours":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sheet-note:has-text('谢谢')")
    assert page.evaluate("document.activeElement.id") == "sheet-close"
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('sheet').open")
    assert kinds_taken(database_url) == [("locked_in_hours", None)]


def test_without_a_network_a_report_waits_on_the_phone_and_goes_by_itself_later(
    new_page: NewPage, station_url: str, database_url: str
):
    page = new_page(**PHONE)
    page.goto(f"{station_url}/s/A-1")
    settled(page)
    # The browser writes a line of its own for a request that fails, which is no fault of the page: so none is made.
    page.evaluate(
        """() => {
          const ask = window.fetch;
          window.fetch = (url, how) => (navigator.onLine ? ask(url, how) : Promise.reject(new TypeError("offline")));
        }"""
    )
    page.context.set_offline(True)
    page.click("#report")
    page.click("[data-report=full]")
    page.wait_for_selector("#sheet-note:has-text('已存在手机上')")
    assert kinds_taken(database_url) == []
    page.context.set_offline(False)
    wait_until(lambda: page.evaluate("localStorage.getItem('yiquan.reports')") == "[]")
    assert kinds_taken(database_url) == [("full", None)]


@SIZES
def test_a_hostile_register_is_shown_as_words(new_page: NewPage, station_url: str, size: dict[str, object]):
    page = new_page(**size)
    for number, name in enumerate(HOSTILE_NAMES):
        page.goto(f"{station_url}/s/H-{number}")
        settled(page)
        assert page.text_content("h1") == name
        assert "broken in" not in page.title() or name[:20] in page.title()
        assert page.evaluate("document.title") != "broken in"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@LANGUAGES
def test_the_other_language_is_one_tap_away_and_settings_stay(new_page: NewPage, station_url: str, lang: str):
    page = new_page(**PHONE)
    page.goto(f"{station_url}/s/S-9?lang={lang}&network=sanitation")
    page.click("#large")
    page.click("#night")
    page.click("#language")
    page.wait_for_url("**lang=" + {"zh": "en", "en": "zh"}[lang] + "*")
    assert "network=sanitation" in page.url
    assert page.get_attribute("html", "data-theme") == "night"
    assert page.get_attribute("html", "data-type") == "large"
    assert page.text_content("h1") == "近处驿站"


def test_what_is_to_be_read_needs_no_script_and_few_bytes(new_page: NewPage, station_url: str):
    """One answer holds everything; with its script it is a tenth of what a rider's page may weigh."""
    page = new_page(java_script_enabled=False, **PHONE)
    page.goto(f"{station_url}/s/A-1")
    for words in ("近处驿站", "24小时", "微信扫码", "热水", "演示路 1 号"):
        assert words in page.inner_text("main")
    assert not page.is_visible("#report")
    with httpx.Client(headers={"Accept-Encoding": "br"}) as client, client.stream("GET", f"{station_url}/s/A-1") as got:
        assert len(b"".join(got.iter_raw())) < 12_000


def test_targets_are_large_enough_for_gloves(new_page: NewPage, station_url: str):
    page = new_page(**PHONE)
    page.goto(f"{station_url}/s/A-1")
    settled(page)
    page.click(".maps summary")
    page.click("#report")
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary')].filter(one => one.checkVisibility() &&
             !one.classList.contains('skip') && one.getBoundingClientRect().height < 47.5).map(one => one.outerHTML)"""
    )
    assert small == []


@pytest.mark.parametrize("came_from", ["the door", "the list"])
def test_a_page_that_was_visited_opens_without_a_server(new_page: NewPage, came_from: str):
    """By the code on its door at the very first visit, or from the rider's page; what is open is still told."""
    page = new_page(tolerates=r"Failed to load resource", **PHONE)
    with running_service(ApiSettings(), clock=lambda: datetime.now(SHANGHAI), holder=held(toy())) as client:
        url = str(client.base_url).rstrip("/")
        if came_from == "the list":
            page.goto(f"{url}/?lang=zh")
            page.wait_for_function("() => navigator.serviceWorker.controller")
        page.goto(f"{url}/s/A-1?lang=zh")
        page.wait_for_selector("#reports > *")
        wait_until(lambda: page.evaluate(KEPT) == 2)
        page.wait_for_function("() => navigator.serviceWorker.controller")
    page.reload()
    assert page.text_content("h1") == "近处驿站"
    assert page.inner_text("#opening") == "现在开放，全天不关门"
    assert "暂时看不到" in page.inner_text("#reports")
