"""What a rider does with a thumb, or with keys alone, on the real application in a real browser."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from api.settings import ApiSettings
from tests.support.axe import axe_violations
from tests.support.browser import PHONE
from tests.support.grid_city import lon_lat
from tests.support.service import running_service
from tests.support.toy_snapshot import OFFICE, rule, toy_snapshot
from tests.web_map.conftest import HOSTILE_NAMES, NOW, door, held, toy_areas

pytestmark = pytest.mark.browser

HERE = dict(zip(("longitude", "latitude"), lon_lat(110, 120), strict=True))
FAR_OUT = dict(zip(("longitude", "latitude"), lon_lat(9_000, -9_000), strict=True))
AT = f"{HERE['longitude']:.6f},{HERE['latitude']:.6f}"
AT_NIGHT = NOW.replace(hour=3)
SMALL_TARGETS = """
[...document.querySelectorAll('button, a[href], select, summary, input, [role=option]')]
  .filter((one) => one.offsetParent && !one.classList.contains('skip'))
  .map((one) => ({ name: one.id || one.className || one.textContent, box: one.getBoundingClientRect() }))
  .filter(({ box }) => box.height < 48 || box.width < 48)
  .map(({ name, box }) => `${name} ${box.width}x${box.height}`)
"""
NO_SIDEWAYS = "() => document.documentElement.scrollWidth <= window.innerWidth"

DESK = {"viewport": {"width": 1440, "height": 900}}
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])

AGENTS = {
    "android": "Mozilla/5.0 (Linux; Android 14; 22081212C) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Safari/604.1",
    "harmony": "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile",
    "wechat": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile MicroMessenger/8.0.47",
    "desk": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
}
OFFERED = {
    "android": ["amap_ebike", "amap", "baidu", "tencent", "geo", "copy"],
    "ios": ["amap_ebike", "amap", "baidu", "tencent", "apple", "copy"],
    "harmony": ["amap", "baidu", "tencent", "copy"],
    "wechat": ["copy", "amap", "tencent", "baidu"],
    "desk": ["amap", "baidu", "tencent", "copy"],
}


def city_at_night(*more):
    """A city at three in the night: nine offices around, two public toilets, and what else is given."""
    offices = [door(100 + 50 * n, 100, name=f"办公 {n}", rules=[rule(OFFICE)]) for n in range(9)]
    lon, lat = zip(lon_lat(300, 300), lon_lat(600, 600), strict=True)
    named = {"osm_id": ["n1", "n2"], "name": [HOSTILE_NAMES[0], None], "opening_hours": ["24/7", None]}
    toilets = pd.DataFrame(named, dtype=object).assign(host_type="toilet", lon=lon, lat=lat)
    return serving(toy_snapshot([*offices, *more], hosts=toilets, areas=toy_areas()), at=AT_NIGHT)


@contextmanager
def serving(city, *, at=NOW):
    """Address of the service of a city."""
    with running_service(ApiSettings(), clock=lambda: at, holder=held(city)) as client:
        yield str(client.base_url).rstrip("/")


def opened(new_page, url, *, lang="zh", query="", at=NOW, **options):
    """The page as a rider opens it, at the hour the service has."""
    page = new_page(**({"geolocation": HERE, "permissions": ["geolocation"]} | options))
    page.clock.set_fixed_time(at)
    page.goto(f"{url}/?lang={lang}{query}")
    page.locator("#demo-banner").wait_for(state="visible")
    return page


def found(page):
    page.locator("#find").click()
    page.locator(".card").first.wait_for()
    return page


def names(page):
    return page.locator(".card h3").all_inner_texts()


def said(page, words):
    """Wait until the status says some words, and return all it says."""
    page.locator("#status", has_text=words).wait_for()
    return page.locator("#status").inner_text()


# ---------------------------------------------------------------------- one tap


@LANGUAGES
@SCREENS
def test_one_tap_lists_the_nearest_by_real_minutes_and_every_state_is_accessible(new_page, city_url, lang, screen):
    page = opened(new_page, city_url, lang=lang, **screen)
    look = lambda: axe_violations(page, seven_to_one=True)  # noqa: E731 - said once, used in every state
    assert look() == []
    found(page)
    assert names(page)[0] == "近处驿站"
    assert {"妈妈小屋", "停用驿站"}.isdisjoint(names(page))
    first = page.locator(".card").first
    assert first.locator("h3").get_attribute("lang") == "zh-CN"
    assert first.locator(".trip strong").inner_text().isdigit()
    assert first.locator(".opening.open").count() == 1
    page.locator(".more summary").first.click()
    page.locator(".pin").first.wait_for()
    assert look() == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(NO_SIDEWAYS)

    for button in (".go", "[data-act=report]"):
        page.locator(button).first.click()
        assert look() == []
        assert page.evaluate(SMALL_TARGETS) == []
        page.keyboard.press("Escape")
    page.locator("#where").fill("香港")
    page.locator("[role=option]").first.wait_for()
    assert look() == []
    page.keyboard.press("Escape")

    page.locator("#night").click()
    page.locator("#large").click()
    assert look() == []
    assert page.evaluate(NO_SIDEWAYS)
    assert page.evaluate("getComputedStyle(document.querySelector('.card h3')).fontSize") > "20"
    page.reload()
    assert page.evaluate("[document.documentElement.dataset.theme, document.documentElement.dataset.type]") == [
        "night",
        "large",
    ]


def test_a_card_says_how_to_get_in_and_what_nobody_checked(new_page, city_url):
    page = found(opened(new_page, city_url))
    card = page.locator(".card").first
    facts = card.locator(".facts").inner_text()
    assert all(word in facts for word in ("微信扫码", "1 楼", "谁都可以进", "进门左手边"))
    assert re.search(r"停车\s+未核实", facts)
    words = card.locator(".word").all_inner_texts()
    assert words[0] == "热水"
    assert {"微波炉 故障", "手机充电 未核实"} <= set(words)
    assert "24 小时" in card.locator(".badge").all_inner_texts()
    assert "2026-10-02" in card.locator(".fresh").inner_text()
    sentence = {name: page.locator(".card", has_text=name).locator(".opening").inner_text() for name in names(page)[:4]}
    assert sentence["办公驿站"] == "到达时开放，至 17:00"
    assert sentence["早市驿站"] == "到达时未开放，周一 05:00 开门"
    assert sentence["时间不详驿站"] == "开放时间不详"


def test_a_doubted_station_says_so_and_comes_later(new_page):
    doubted = door(100, 100, name="有人报告的驿站", doubted=True, bike_parking="kerb", step_free=True)
    city = toy_snapshot([doubted, door(300, 300, name="稍远的驿站")], areas=toy_areas())
    with serving(city) as url:
        page = found(opened(new_page, url, query="&mode=walk"))
        assert names(page) == ["稍远的驿站", "有人报告的驿站"]
        assert page.locator(".card").nth(1).locator(".badge").all_inner_texts() == ["待核实", "无台阶"]
        assert "路边停放" in page.locator(".card").nth(1).locator(".facts").inner_text()


def test_wishes_come_before_ranking_and_stay_in_the_address(new_page, city_url):
    page = opened(new_page, city_url, query=f"&need=water_hot,umbrella&open=now&at={AT}")
    said(page, "没有同时满足")
    assert page.locator("[data-chip=umbrella]").get_attribute("aria-pressed") == "true"
    page.locator("[data-chip=umbrella]").click()
    page.locator(".card").first.wait_for()
    assert names(page) == ["近处驿站"]
    assert page.locator(".word.wanted").all_inner_texts() == ["热水"]
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["need"], asked["open"], asked["at"]) == (["water_hot"], ["now"], [AT])
    page.locator("[data-chip=water_hot]").click()
    page.locator("[data-chip=noapp]").click()
    page.locator("[data-chip=allday]").click()
    page.wait_for_function("() => document.querySelectorAll('.card').length === 1")
    page.locator("[data-chip=every]").click()
    page.locator("[data-chip=allday]").click()
    page.locator(".card", has_text="妈妈小屋").wait_for()
    page.locator("[data-mode=walk]").click()
    page.locator(".trip", has_text="步行").first.wait_for()
    page.locator("#language").click()
    page.locator(".trip", has_text="min walk").first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("[data-chip=noapp]").get_attribute("aria-pressed") == "true"
    assert "From the position in the link" in page.locator("#status").inner_text()


def test_at_night_open_doors_come_first_however_far(new_page):
    with city_at_night(door(1500, 1500, name="通宵驿站")) as url:
        page = found(opened(new_page, url, query="&mode=walk", at=AT_NIGHT, color_scheme="dark"))
        said(page, "到达时都不开门")
        assert names(page)[0] == "通宵驿站"
        assert page.locator(".group h2").all_inner_texts() == ["到达时开着的，最近的几个", "更近，但到达时不开门"]
        assert page.locator(".card.best h3").inner_text() == "通宵驿站"
        assert axe_violations(page, seven_to_one=True) == []


def test_where_nothing_is_open_it_says_what_opens_next_and_where_a_toilet_is(new_page):
    with city_at_night() as url:
        page = opened(new_page, url, query="&mode=walk&need=seat", at=AT_NIGHT, **PHONE)
        page.locator("#find").click()
        said(page, "没有同时满足")
        for tap in (page.get_by_role("button", name="清除全部条件"), page.locator("[data-chip=open]")):
            with page.expect_response("**/amenities-nearby?*"):
                tap.click()
            page.locator(".card.toilet").nth(1).wait_for()
            assert said(page, "现在都没开门")
            assert page.locator(".group h2").all_inner_texts() == ["接下来最早开门的", "最近的公共厕所"]
            assert page.locator(".card .opening").first.inner_text() == "到达时未开放，09:00 开门"
        assert page.locator(".card.toilet h3").all_inner_texts() == [HOSTILE_NAMES[0], "公共厕所"]
        assert "24 小时" in page.locator(".card.toilet").first.inner_text()
        assert axe_violations(page, seven_to_one=True) == []


# ---------------------------------------------------------------------- where one is


@LANGUAGES
def test_without_a_position_a_name_the_map_or_a_link_will_do_by_keys_alone(new_page, city_url, lang):
    page = opened(new_page, city_url, lang=lang, permissions=[], **(PHONE if lang == "zh" else DESK))
    page.locator("#find").focus()
    page.keyboard.press("Enter")
    page.locator("#place").wait_for(state="visible")
    assert axe_violations(page, seven_to_one=True) == []
    page.locator("#go-search").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("xgzl")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator("#where").get_attribute("aria-activedescendant") == "place-0"
    page.keyboard.press("Enter")
    page.locator(".card").first.wait_for()
    assert "香港中路" in page.locator("#status").inner_text()
    assert page.locator("#place").is_hidden()

    page.locator(".leaflet-container").wait_for()
    page.locator("#map-centre").focus()
    page.keyboard.press("Enter")
    said(page, {"zh": "地图上", "en": "on the map"}[lang])
    page.locator("#map").click(position={"x": 60, "y": 150})
    page.locator(".card").first.wait_for()


def test_a_coarse_position_is_said_to_be_coarse_and_a_broken_link_is_none(new_page, city_url):
    page = opened(new_page, city_url, query="&at=here,there", geolocation=HERE | {"accuracy": 900})
    assert page.locator(".card").count() == 0
    found(page)
    assert "误差约 900 米" in said(page, "定位不准")
    page.locator(".pin").first.wait_for()
    assert "at" not in parse_qs(urlsplit(page.url).query)


def test_a_position_off_the_streets_is_said_to_be_so(new_page, city_url):
    page = found(opened(new_page, city_url, geolocation=FAR_OUT))
    assert "附近没有道路" in page.locator("#status").inner_text()
    assert page.locator(".estimate").count() > 0


def test_a_position_can_stay_on_the_phone(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#local-only").click()
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    found(page)
    said(page, "位置没有离开手机")
    assert names(page)[0] == "近处驿站"
    page.locator("[data-mode=walk]").click()
    page.locator(".trip", has_text="步行").first.wait_for()
    page.locator(".pin").first.wait_for()
    asked = {urlsplit(url).path for url in sent}
    assert "/stations.json" in asked
    assert not {"/nearest", "/grid", "/amenities-nearby"} & asked
    assert not [url for url in sent if f"{HERE['latitude']:.4f}" in url]


def test_the_grid_workstation_of_the_street_is_one_button(new_page):
    stations = [door(100, 100, name="驿站"), door(600, 600, name="西南网格", facility_type="grid_town")]
    city = toy_snapshot([one | {"street_code": "11"} for one in stations], areas=toy_areas())
    with serving(city) as url:
        page = found(opened(new_page, url, query="&mode=walk"))
        page.locator("#grid").click()
        said(page, "西南街道")
        assert names(page) == ["西南网格"]


# ---------------------------------------------------------------------- on to a map, and back with a report


@pytest.mark.parametrize("platform", AGENTS)
def test_each_platform_is_offered_its_own_maps(new_page, city_url, platform):
    page = found(opened(new_page, city_url, user_agent=AGENTS[platform], **(DESK if platform == "desk" else PHONE)))
    page.locator(".go").first.click()
    assert page.locator("[data-map]").evaluate_all("all => all.map(one => one.dataset.map)") == OFFERED[platform]
    links = page.locator("a[data-map]").evaluate_all("all => all.map(one => one.href)")
    assert {urlsplit(link).scheme for link in links} <= {"https", "geo"}
    assert ("右上角" in page.locator("#sheet-note").inner_text()) == (platform == "wechat")
    page.keyboard.press("Escape")
    assert page.locator("#sheet").is_hidden()


def test_inside_wechat_its_own_map_opens_at_the_entrance(new_page, city_url):
    page = opened(new_page, city_url, user_agent=AGENTS["wechat"], **PHONE)
    page.evaluate("window.wx = { openLocation: (place) => (window.openedAt = place) }")
    found(page).locator(".go").first.click()
    page.locator("[data-map=wechat]").click()
    place = page.evaluate("window.openedAt")
    assert (place["name"], place["scale"]) == ("近处驿站", 17)
    assert place["latitude"] == pytest.approx(36.071, abs=0.001)
    assert place["longitude"] == pytest.approx(120.386, abs=0.001)  # GCJ-02: 457 m east of the WGS-84 it was stored in


def test_an_estimate_is_handed_off_with_its_datum_named(new_page, city_url):
    page = opened(new_page, city_url, user_agent=AGENTS["ios"], **PHONE)
    page.locator("#local-only").click()
    found(page).locator(".go").first.click()
    links = dict(page.locator("a[data-map]").evaluate_all("all => all.map(one => [one.dataset.map, one.href])"))
    assert "coordinate=wgs84" in links["amap"]
    assert "coord_type=wgs84" in links["baidu"]
    assert "coord_type=1" in links["tencent"]
    assert "apple" not in links  # it has no word for the datum


def test_a_report_takes_two_taps_and_waits_for_the_network(new_page, city_url):
    page = found(opened(new_page, city_url, tolerates="Failed to load resource", query="&need=water_hot", **PHONE))
    sent = []

    def take(route):
        sent.append(route.request.post_data_json)
        route.fulfill(status=202, content_type="application/json", body='{"accepted": true}')

    page.route("**/reports", lambda route: route.abort())
    page.locator("[data-act=report]").first.click()
    kinds = page.locator("[data-report]").evaluate_all("all => all.map(one => one.dataset.report)")
    assert sorted(kinds) == sorted(
        ["good_confirm", "locked_in_hours", "entry_refused", "app_barrier", "moved", "amenity_broken", "full"]
    )
    page.locator("[data-report=amenity_broken]").click()
    page.locator("#sheet-note", has_text="已存在手机上").wait_for()
    kept = page.evaluate("JSON.parse(localStorage.getItem('yiquan.reports'))")
    page.unroute("**/reports")
    page.route("**/reports", take)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_function("() => localStorage.getItem('yiquan.reports') === '[]'")
    assert sent == kept
    assert {**sent[0], "id": "", "at": "", "reporter": ""} == {
        "id": "", "at": "", "reporter": "", "station": "101", "kind": "amenity_broken", "amenity": "water_hot",
    }  # fmt: skip
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", sent[0]["id"])
    assert re.fullmatch(r"[0-9a-f]{32}", sent[0]["reporter"])
    assert datetime.fromisoformat(sent[0]["at"]).astimezone(NOW.tzinfo) == NOW
    page.keyboard.press("Escape")
    page.locator("[data-act=report]").first.click()
    page.locator("[data-report=full]").click()
    page.locator("#sheet-note", has_text="谢谢").wait_for()
    assert sent[1]["reporter"] == sent[0]["reporter"]


@LANGUAGES
def test_where_nothing_is_open_a_station_is_wished_for_in_two_taps_and_the_wish_waits_for_the_network(new_page, lang):
    with city_at_night() as url:
        page = opened(new_page, url, lang=lang, at=AT_NIGHT, query="&mode=walk", tolerates="Failed to load", **PHONE)
        assert page.locator("#wish").count() == 0
        page.locator("#find").click()
        page.locator("#wish").wait_for()
        assert axe_violations(page, seven_to_one=True) == []
        page.route("**/wishes", lambda route: route.fulfill(status=429, headers={"Retry-After": "60"}))
        page.locator("#wish").click()
        page.locator("[data-wish=seat]").click()
        page.locator("[data-wish=night]").click()
        assert axe_violations(page, seven_to_one=True) == []
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(NO_SIDEWAYS)
        page.locator("#wish-send").click()
        page.locator("#sheet-note", has_text={"zh": "已存在手机上", "en": "Kept on the phone"}[lang]).wait_for()
        assert page.locator("#wish").is_hidden()

        # A report that comes after it does not wait for it.
        page.keyboard.press("Escape")
        page.route("**/reports", lambda route: route.fulfill(status=202, json={"accepted": True}))
        page.locator("[data-act=report]").first.click()
        page.locator("[data-report=full]").click()
        page.locator("#sheet-note", has_text={"zh": "谢谢", "en": "Thank"}[lang]).wait_for()

        sent = []
        page.unroute("**/wishes")
        page.route("**/wishes", lambda route: (sent.append(route.request.post_data_json), route.fulfill(status=202)))
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_function("() => localStorage.getItem('yiquan.reports') === '[]'")
        (wish,) = sent
        assert set(wish) == {"id", "at", "reporter", "lon", "lat", "needs", "hours"}
        assert (wish["needs"], wish["hours"]) == (["seat"], ["night"])
        assert (wish["lon"], wish["lat"]) == tuple(round(HERE[name], 4) for name in ("longitude", "latitude"))


def test_where_an_open_station_is_near_nobody_is_asked_to_wish_for_one(new_page, city_url):
    page = found(opened(new_page, city_url, **PHONE))
    assert page.locator("#wish").is_hidden()


# ---------------------------------------------------------------------- what a register may hold


def test_names_are_never_read_as_markup(new_page, city_url):
    page = found(opened(new_page, city_url, query="&type=all", **PHONE))
    title = page.title()
    page.locator(".more summary").first.click()
    page.locator(".go").nth(5).click()
    page.keyboard.press("Escape")
    page.locator("#where").fill("香港")
    page.locator("[role=option]").nth(1).wait_for()
    shown = {*names(page), page.locator("#sheet-title").inner_text(), *page.locator(".found-name").all_inner_texts()}
    assert [name for name in HOSTILE_NAMES[:3] if name in shown]
    assert f"香港{HOSTILE_NAMES[0]}" in shown
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == title
    assert page.evaluate(NO_SIDEWAYS)


def test_an_injected_script_does_not_run(lenient_page, city_url):
    page = opened(lambda **_: lenient_page, city_url)
    inject = "const s = document.createElement('script'); s.textContent = code; document.body.append(s);"
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate(f"(code) => {{ {inject} }}", "document.title = 'broken in'")
    assert page.title() != "broken in"
