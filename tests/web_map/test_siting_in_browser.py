"""What a planner asks of siting on the page: tasks, the curve, zones, marks, one address; what becomes of an answer."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

import api.routers.siting as siting_over_http
from api.settings import ApiSettings
from geo.places.vocabulary import HOST_TYPES
from geo.services.siting.tasks import SoFar
from geo.store.cluster import Cluster
from tests.services.siting.test_planning import PLACES, hosts_frame
from tests.support.axe import axe_violations
from tests.support.browser import PHONE
from tests.support.grid_city import lon_lat
from tests.support.service import running_service
from tests.support.toy_holder import holder_with_city
from tests.web_map.conftest import NOW, toy_city
from tests.web_map.test_planner_in_browser import DESK, LANGUAGES, SCREENS, address, fits, settled, shown
from web_map.assets import every_asset
from web_map.page import texts

MIDDLE = "#t=4&v=120.3925,36.0795,15"
HOSTS_EVERYWHERE = ["bank", "toilet", "community", "restaurant", "mall"] * 5


@pytest.fixture(scope="module")
def url(cluster: Cluster, template_database: str, tmp_path_factory) -> Iterator[str]:
    """Address of a service of the toy city with hosts; the tests of this module share it and its database."""
    city = replace(toy_city(), hosts=hosts_frame(PLACES, host_type=HOSTS_EVERYWHERE))
    name = f"sitings_{os.getpid()}"
    settings = ApiSettings(
        data_dir=tmp_path_factory.mktemp("sitings"), scenarios_per_hour=1000, sitings_per_hour=10_000
    )
    holder = holder_with_city(city, cluster.create_database(name, template=template_database), settings)
    with running_service(settings, clock=lambda: NOW, holder=holder) as client:
        yield str(client.base_url).rstrip("/")
    cluster.drop_database(name)


def opened(page, url, lang="zh", hash_=MIDDLE):
    shown(page, url, lang, hash_)
    page.locator("#site-start").click()
    page.locator("#site-zone-district option").first.wait_for(state="attached")
    return page


def answered(page):
    """Wait until nothing is worked at; whatever came of it is on the page then."""
    page.locator('#site[aria-busy="false"]').wait_for()
    page.locator("#site-headline, #site-answer .problem, #site-list-said .problem").first.wait_for()
    return page


def asked(page, **numbers):
    for name, value in numbers.items():
        page.locator(f"#site-{name}").fill(str(value))
    page.locator("#site-ask").click()
    return answered(page)


def names(page):
    return [text.split(". ", 1)[1] for text in page.locator(".site-list > li > .link").all_inner_texts()]


def number_in(text):
    return int("".join(filter(str.isdigit, text)))


def said(page):
    return page.locator("#site-answer").inner_text()


# ── what is fetched, and what it is called ──────────────────────────────────────────────────────────────────────────


def test_the_panel_costs_nothing_until_it_is_opened_and_little_then():
    bundles = {"siting.": 0, "site.zh.": 0}
    for asset in every_asset():
        for name in bundles:
            if asset.path.startswith(name):
                bundles[name] += len(asset.br or asset.body)
    assert bundles["siting."] > 0
    assert sum(bundles.values()) < 25_000


def test_hosts_have_the_names_of_the_vocabulary():
    source = next(asset for asset in every_asset() if asset.path.startswith("siting.") and asset.path.endswith(".js"))
    keys = dict(re.findall(r'(\w+):t\("(site\.host_[a-z]+)"\)', source.body.decode()))
    for lang in ("zh", "en"):
        assert {code: texts(lang)[key] for code, key in keys.items()} == {
            term.code: getattr(term, lang) for term in HOST_TYPES
        }


# ── every task ──────────────────────────────────────────────────────────────────────────────────────────────────────

TASKS = {
    "most": {"sites": 3},
    "budget": {"budget": 70000, "cost": 30000},
    "share": {"share": 40},
    "all": {},
    "backup": {"sites": 2, "second": 40},
    "median": {"sites": 2, "farthest": 30},
    "center": {"sites": 4, "farthest": 60},
    "capacity": {"sites": 2, "seats": 100},
}


@pytest.mark.slow
@pytest.mark.browser
@LANGUAGES
@SCREENS
def test_every_task_is_answered_with_how_far_it_is_from_the_best(new_page, url, lang, screen):
    page = opened(new_page(**screen), url, lang)
    assert axe_violations(page) == []
    for task, numbers in TASKS.items():
        page.locator("#site-task").select_option(task)
        asked(page, **numbers)
        assert page.locator("#site-headline").inner_text(), task
        assert page.locator(".site-verdict").inner_text(), task
        assert page.locator(".site-list > li").count() == page.locator(".site-pin").count() > 0, task
        assert page.evaluate("document.activeElement.id") == "site-headline"
        assert fits(page)
    assert axe_violations(page) == []


@pytest.mark.browser
@LANGUAGES
def test_hours_are_asked_together_and_longer_ones_compete_with_new_stations(new_page, url, lang):
    page = opened(new_page(**DESK), url, lang)
    page.locator("#site-task").select_option("budget")
    page.locator("#site-more > summary").click()
    page.locator("#site-longer").select_option("24/7")
    asked(page, budget=60000, cost=50000)
    assert page.locator("#site-answer .problem").inner_text() == texts(lang)["site.no_hour"]
    for hour in ("weekday 12:00", "weekday 23:00"):
        page.locator(f'[data-set="slots"][value="{hour}"]').check(force=True)
    asked(page)
    assert page.locator(".site-verdict").inner_text()
    assert "早市驿站" in said(page)
    assert texts(lang)["site.longer_heading"] in said(page)
    assert axe_violations(page) == []


@pytest.mark.browser
def test_sites_go_on_into_the_trial_that_counts_the_same(new_page, url):
    page = asked(opened(new_page(**PHONE), url, "en"), sites=3)
    assert "Proved" in said(page)
    gained = [number_in(text) for text in page.locator(".site-list .worth").all_inner_texts()]
    page.locator("#site-try").click()
    page.locator("#trial-answer .headline").wait_for()
    page.locator('#trial[aria-busy="false"]').wait_for()
    assert page.locator("#trial-changes li").count() == 3
    counted = page.locator("#trial-answer .headline strong").inner_text()
    assert number_in(counted) == pytest.approx(sum(gained), abs=3)


@pytest.mark.browser
@LANGUAGES
def test_what_cannot_be_is_refused_in_the_language_of_the_page(new_page, url, lang):
    page = opened(new_page(**DESK), url, lang)
    page.locator("#site-task").select_option("share")
    asked(page, share=100)
    refused = page.locator("#site-answer .problem").inner_text()
    assert re.search(r"\d", refused)
    assert bool(re.search(r"[\u4e00-\u9fff]", refused)) is (lang == "zh")

    page.locator('[data-set="sources"][value="hosts"]').uncheck(force=True)
    asked(page, share=40)
    assert page.locator("#site-answer .problem").inner_text() == texts(lang)["site.no_sources"]

    page.locator('[data-set="sources"][value="list"]').check(force=True)
    asked(page)
    assert page.locator("#site-answer .problem").inner_text() == texts(lang)["site.no_file"]
    assert axe_violations(page) == []


@pytest.mark.browser
def test_a_number_out_of_range_is_told_at_its_field_and_nothing_is_sent(new_page, url):
    page = opened(new_page(**DESK), url)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator("#site-sites").fill("501")
    page.locator("#site-ask").click()
    assert page.evaluate("document.activeElement.id") == "site-sites"
    assert not page.locator("#site-sites").evaluate("field => field.checkValidity()")
    assert sent == []


# ── candidates: a list, zones, marks ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
def test_a_file_with_a_bad_row_is_used_without_it_and_the_row_is_told(new_page, url, tmp_path):
    (lon, lat), (lon2, lat2) = lon_lat(1000, 1000), lon_lat(600, 1400)
    path = tmp_path / "候选.csv"
    path.write_text(f"名称,经度,纬度,费用\n甲,{lon},{lat},5000\n<b>乙</b>,{lon2},{lat2},-1\n", encoding="utf-8")
    page = opened(new_page(**DESK), url)
    page.locator("#site-task").select_option("budget")
    page.locator('[data-set="sources"][value="hosts"]').uncheck(force=True)
    page.locator('[data-set="sources"][value="list"]').check(force=True)
    page.locator("#site-datum").select_option("wgs84")
    page.locator("#site-file").set_input_files(path)
    page.locator("#site-list-said summary").click()
    assert "第 3 行 费用：费用是负数" in page.locator("#site-list-said").inner_text()
    asked(page)
    assert names(page) == ["甲"]
    assert "费用 5,000 元" in said(page)


@pytest.mark.browser
@LANGUAGES
@SCREENS
def test_a_zone_is_tapped_or_typed_or_a_district_and_stays_in_the_address(new_page, url, lang, screen):
    page = opened(new_page(**screen), url, lang)
    before = names(asked(page, sites=3))
    page.locator("#site-zones > summary").click()

    page.locator("#site-zone-draw").click()
    assert page.locator("#site-pick").is_visible()
    box = page.locator("#map-box .folium-map").bounding_box()
    for x, y in ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.locator("#site-pick-done").click()
    assert page.locator("#site-zone-list li").count() == 1
    assert page.locator("#trial-changes li").count() == 0

    corners = [lon_lat(*place) for place in ((-60, -60), (2100, -60), (2100, 900), (-60, 900))]
    page.locator("#site-zone-text").fill(" ".join(f"{lon:.5f},{lat:.5f}" for lon, lat in corners))
    page.locator("#site-zone-type").click()
    page.locator("#site-zone-district").select_option(index=1)
    page.locator("#site-zone-add").click()
    assert page.locator("#site-zone-list li").count() == 3
    assert axe_violations(page) == []

    after = names(asked(page, sites=1))
    assert set(after) - set(before) or len(after) < len(before)
    kept = address(page)
    page.goto("about:blank")
    page.goto(f"{url}/planner?lang={lang}{kept}")
    settled(page)
    page.locator("#site-zone-list li").nth(2).wait_for(state="attached")
    assert page.locator("#site-sites").input_value() == "1"
    assert names(asked(page)) == after

    page.locator("#site-zones > summary").click()
    page.locator("#site-zone-list .remove").first.focus()
    for left in (2, 1, 0):
        page.keyboard.press("Enter")
        assert page.locator("#site-zone-list li").count() == left
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.browser
def test_a_zone_is_drawn_without_a_pointer_and_given_up_by_escape(new_page, url):
    page = opened(new_page(**DESK), url)
    page.locator("#site-zones > summary").press("Enter")
    page.locator("#site-zone-draw").press("Enter")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(350)
    assert "3" in page.locator("#site-pick [role=status]").inner_text()
    page.locator("#site-pick-done").press("Enter")
    assert page.locator("#site-zone-list li").count() == 1
    assert page.evaluate("document.activeElement.id") == "site-zone-draw"

    page.locator("#site-zone-draw").press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#site-pick").is_hidden()
    assert page.locator("#site-zone-list li").count() == 1


@pytest.mark.browser
def test_a_site_is_forbidden_another_forced_and_one_swapped_for_its_like(new_page, url):
    page = asked(opened(new_page(**DESK), url), sites=3)
    first, second, _ = names(page)
    cards = page.locator(".site-list > li")
    cards.nth(0).locator('[data-mark="forbid"]').click()
    cards.nth(1).locator('[data-mark="force"]').click()
    assert cards.nth(0).locator('[data-mark="forbid"]').get_attribute("aria-pressed") == "true"
    assert page.locator("#site-stale").is_visible()
    assert "2" in page.locator("#site-marked-n").inner_text()
    page.locator("#site-stale button").click()
    answered(page)
    again = names(page)
    assert first not in again
    assert second in again

    swap = page.locator(".site-instead button.plain").first
    wanted = page.locator(".site-instead .link").first.inner_text()
    swap.click()
    answered(page)
    assert wanted in names(page)


@pytest.mark.browser
def test_candidates_are_marked_on_the_map_and_in_a_list_beside_it(new_page, url):
    page = opened(new_page(**DESK), url)
    page.locator("#site-marked > summary").click()
    page.locator("#site-show").check()
    page.locator("#site-candidates .site-near summary").click()
    row = page.locator("#site-candidates .site-rows li").first
    name = row.locator("span").first.evaluate("one => one.firstChild.data")
    row.locator('[data-mark="force"]').click()
    assert name in page.locator("#site-marked-list").inner_text()
    assert name in names(asked(page, sites=1))

    page.locator("#site-marked-list .remove").click()
    assert page.locator("#site-marked-list li").count() == 0


# ── the curve, one address ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
@LANGUAGES
@SCREENS
def test_the_curve_is_read_by_slider_and_table_and_its_number_is_taken(new_page, url, lang, screen):
    page = opened(new_page(**screen), url, lang)
    page.locator("#site-curve").click()
    slider = page.locator("#site-point")
    slider.wait_for()
    slider.focus()
    page.keyboard.press("Home")
    one = number_in(page.locator(".site-point").inner_text().split("+")[1].split()[0])
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == page.locator(".site-point").inner_text()
    page.locator(".site-curve details summary").click()
    table = [number_in(text) for text in page.locator(".site-curve tbody tr td:nth-child(2)").all_inner_texts()]
    assert table[0] == one
    assert table == sorted(table)
    page.locator(".site-curve tbody button").nth(3).click()
    assert page.locator("#site-sites").input_value() == "4"
    assert axe_violations(page) == []
    assert fits(page)
    page.locator("#site-point-ask").click()
    answered(page)
    assert len(names(page)) == 2


@pytest.mark.browser
@LANGUAGES
@SCREENS
def test_an_address_is_found_by_name_or_on_the_map_and_taken_as_a_candidate(new_page, url, lang, screen):
    page = opened(new_page(**screen), url, lang)
    page.locator("#site-check > summary").press("Enter")
    page.locator("#site-where").fill("香港")
    page.locator("#site-places [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator("#site-where").get_attribute("aria-activedescendant") == "site-place-0"
    assert axe_violations(page) == []
    page.keyboard.press("Enter")
    page.locator("#site-checked h3").wait_for()
    told = page.locator("#site-checked").inner_text()
    assert "香港" in told
    assert re.search(r"25", told), "the rank among 25 candidates"
    assert page.locator("#site-checked tbody tr").count() == 5
    assert page.locator("#site-checked thead th").count() == 3

    page.locator("#site-check-map").press("Enter")
    page.keyboard.press("Enter")
    page.locator("#site-checked h3:focus").wait_for()
    place = page.locator("#site-checked h3").inner_text()
    assert re.search(r"120\.39\d\d, 36\.0[78]\d\d", place)
    assert axe_violations(page) == []
    assert fits(page)
    page.locator("#site-check-own").click()
    assert page.locator("#site-marked-list li").count() == 2
    assert place in names(asked(page, sites=2))


# ── following, stopping, keeping ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
@LANGUAGES
def test_the_shrinking_gap_is_told_and_a_stopped_question_keeps_its_best(new_page, url, lang, monkeypatch):
    """The search is held where a large city's would be, so that somebody can stop it."""
    plan = siting_over_http.plan

    def held_plan(snapshot, asked, *, progress, show, cancelled):
        progress("choosing")
        show(SoFar(2, 100.0, 125.0, 0.25, 0.1))
        ends = time.monotonic() + 240
        while not cancelled() and time.monotonic() < ends:
            time.sleep(0.02)
        return plan(snapshot, asked, show=show)

    monkeypatch.setattr(siting_over_http, "plan", held_plan)
    page = opened(new_page(**PHONE), url, lang)
    page.locator("#site-ask").click()
    bar = page.locator("#site-now progress[value]")
    bar.wait_for()
    words = page.locator("#site-now [role=status]").inner_text()
    assert "25.0 %" in words
    assert "100" in words
    assert float(bar.get_attribute("value")) == 75
    assert axe_violations(page) == []
    page.locator("#site-stop").click()
    answered(page)
    assert texts(lang)["site.stopped_early"] in said(page)
    assert names(page)


@pytest.mark.browser
@LANGUAGES
@SCREENS
def test_an_answer_is_kept_shared_opened_again_and_compared(new_page, url, lang, screen):
    page = asked(opened(new_page(**screen), url, lang), sites=2)
    chosen = names(page)
    kept = []
    for name in ("甲", "乙"):
        if not page.locator("#site-kept").get_attribute("open") and not kept:
            page.locator("#site-kept > summary").click()
        page.locator("#siting-name").fill(f"选址 {name} {lang} {len(screen)}")
        page.locator("#site-kept .save button").click()
        page.locator("#site-kept .reports a").first.wait_for()
        kept.append(page.locator("#site-kept .share input").input_value())
        page.wait_for_timeout(200)
    forms = [link.get_attribute("href") for link in page.locator(".reports a").all()]
    assert all(any(f"format={form}" in link for link in forms) for form in ("html", "pdf", "xlsx"))
    assert "sc=" in address(page)
    page.locator("#siting-shelf > summary").click()
    page.locator("#siting-shelf li input").nth(1).wait_for()
    for box in page.locator("#siting-shelf li input").all()[:2]:
        box.check()
    page.locator("#siting-compare").click()
    page.locator("#siting-shelf table").first.wait_for()
    assert axe_violations(page) == []
    assert fits(page)

    page.goto("about:blank")
    page.goto(kept[0])
    page.locator("#site-headline").wait_for()
    assert names(page) == chosen
    assert page.locator("#site-sites").input_value() == "2"
    assert page.locator(".site-verdict").inner_text()
    assert page.locator("#site-stale").is_hidden()


@pytest.mark.browser
def test_before_and_after_lie_side_by_side_on_the_map(new_page, url):
    page = asked(opened(new_page(**DESK), url), sites=3)
    page.locator('[data-view="both"]').click()
    page.locator(".swipe:not([hidden]) .swipe-handle").first.wait_for()
    assert page.locator('[data-view="both"]').get_attribute("aria-pressed") == "true"
    assert axe_violations(page) == []
    page.locator('[data-view="before"]').click()
    page.locator(".swipe:not([hidden])").wait_for(state="detached")


@pytest.mark.browser
@LANGUAGES
def test_a_question_is_put_and_answered_with_keys_alone(new_page, url, lang):
    page = shown(new_page(**DESK), url, lang, MIDDLE)
    page.locator("#site-start").focus()
    page.keyboard.press("Enter")
    page.locator("#site:focus").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "site-task"
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    answered(page)
    assert page.evaluate("document.activeElement.id") == "site-headline"
    assert len(names(page)) == 2
    page.locator("#site-start").focus()
    page.keyboard.press("Enter")
    assert page.locator("#site").is_hidden()
    assert "site=" not in address(page)


@pytest.mark.browser
def test_a_wish_that_cannot_be_read_from_the_address_is_as_usual(new_page, url):
    held = {"sites": 9999, "task": "nope", "zones": [{"ring": [[1, 2]]}, None], "force": [{"key": 1}]}
    hostile = base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    for text in ("%25%25", hostile):
        page = shown(new_page(**DESK), url, "zh", f"#t=4&site={text}")
        page.locator("#site-ask").wait_for()
        assert page.locator("#site-task").input_value() == "most"
        assert page.locator("#site-sites").input_value() in ("5", "500")
        assert page.locator("#site-zone-list li").count() == 0
