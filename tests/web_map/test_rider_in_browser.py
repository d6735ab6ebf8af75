"""What a rider does with a thumb, on the real application in a real browser."""

from __future__ import annotations

import pytest

from tests.support.browser import PHONE
from tests.support.grid_city import lon_lat
from tests.web_map.conftest import HOSTILE_NAMES

pytestmark = pytest.mark.browser

HERE = dict(zip(("longitude", "latitude"), lon_lat(110, 120), strict=True))
FAR_OUT = dict(zip(("longitude", "latitude"), lon_lat(9_000, -9_000), strict=True))
SMALL_TARGETS = """
[...document.querySelectorAll('button, a[href], select, summary')]
  .filter((one) => one.offsetParent && !one.closest('dialog') && !one.classList.contains('skip'))
  .map((one) => ({ name: one.id || one.className || one.textContent, box: one.getBoundingClientRect() }))
  .filter(({ box }) => box.height < 48 || box.width < 44)
  .map(({ name, box }) => `${name} ${box.width}x${box.height}`)
"""

DESK = {"viewport": {"width": 1440, "height": 900}}


def opened(new_page, url, *, lang="zh", query="", **options):
    return shown(new_page(**({"geolocation": HERE, "permissions": ["geolocation"]} | options)), url, lang, query)


def shown(page, url, lang="zh", query=""):
    page.goto(f"{url}/?lang={lang}{query}")
    page.locator("#demo-banner").wait_for(state="visible")
    return page


def found(page):
    page.locator("#find").click()
    page.locator(".card").first.wait_for()
    return page


def names(page):
    return page.locator(".card h2").all_inner_texts()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_one_tap_lists_the_nearest_stations_by_real_minutes(new_page, city_url, lang, screen):
    page = found(opened(new_page, city_url, lang=lang, **screen))
    assert names(page)[0] == "近处驿站"
    assert "妈妈小屋" not in names(page)
    assert "停用驿站" not in names(page)
    first = page.locator(".card").first
    assert first.locator(".time-main strong").inner_text().isdigit()
    assert first.locator(".time-other").count() == 2
    assert first.locator(".opening.open").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_card_says_how_to_get_in_and_what_nobody_checked(new_page, city_url):
    card = found(opened(new_page, city_url)).locator(".card").first
    assert "微信扫码" in card.locator(".entry").inner_text()
    assert "1 楼" in card.locator(".entry").inner_text()
    words = card.locator(".word").all_inner_texts()
    assert words[0] == "热水"
    assert "微波炉 故障" in words
    assert "手机充电 未核实" in words
    assert "2026-10-02" in card.locator(".fresh").inner_text()


def test_closed_and_unknown_hours_are_said_in_words(new_page, city_url):
    page = found(opened(new_page, city_url))
    sentence = {name: page.locator(".card", has_text=name).locator(".opening").inner_text() for name in names(page)[:4]}
    assert sentence["办公驿站"].startswith("到达时开放，至 17:00")
    assert sentence["早市驿站"].startswith("到达时未开放")
    assert sentence["时间不详驿站"] == "开放时间不详"


def test_filters_come_before_ranking_and_stay_in_the_address(new_page, city_url):
    page = found(opened(new_page, city_url))
    page.locator("[data-chip=water_hot]").click()
    page.wait_for_timeout(600)
    assert names(page) == ["近处驿站"]
    assert "need=water_hot" in page.url
    page.reload()
    page.locator(".card").first.wait_for()
    assert page.locator("[data-chip=water_hot]").get_attribute("aria-pressed") == "true"
    assert names(page) == ["近处驿站"]


def test_every_kind_can_be_asked_for(new_page, city_url):
    page = found(opened(new_page, city_url, query="&type=all&mode=walk"))
    assert "妈妈小屋" in names(page)
    assert page.locator("[data-mode=walk]").get_attribute("aria-pressed") == "true"


def test_the_handoff_offers_the_map_applications_and_closes_by_key(new_page, city_url):
    page = found(opened(new_page, city_url))
    page.locator(".go").first.click()
    links = page.locator("#handoff a")
    assert [address.split("/")[2] for address in links.evaluate_all("all => all.map(a => a.href)")] == [
        "uri.amap.com", "api.map.baidu.com", "apis.map.qq.com", "maps.apple.com",
    ]  # fmt: skip
    page.keyboard.press("Escape")
    assert page.locator("#handoff").is_hidden()


def test_without_a_position_a_street_or_the_map_will_do(new_page, city_url):
    page = opened(new_page, city_url, permissions=[])
    page.locator("#find").click()
    page.locator("#place").wait_for(state="visible")
    assert "定位许可" in page.locator("#status").inner_text()
    page.locator("#place-district").select_option("西区")
    page.locator("#place-street").select_option("西南街道")
    page.locator(".card").first.wait_for()
    assert "街镇" in page.locator("#status").inner_text()
    page.locator("#map").click(position={"x": 60, "y": 150})
    page.get_by_text("按你在地图上点的位置").wait_for()


def test_without_a_network_the_list_is_estimated_and_says_so(lenient_page, city_url):
    page = lenient_page
    page.context.set_geolocation(HERE)
    found(shown(page, city_url))
    page.wait_for_timeout(500)
    page.route("**/nearest?*", lambda route: route.abort())
    page.locator("[data-mode=walk]").click()
    page.locator(".estimate").first.wait_for()
    assert names(page)[0] == "近处驿站"
    assert "直线距离估算" in page.locator("#status").inner_text()
    page.unroute("**/nearest?*")
    page.get_by_role("button", name="重试").click()
    page.locator(".estimate").first.wait_for(state="detached")


def test_a_position_off_the_streets_is_said_to_be_so(new_page, city_url):
    page = found(opened(new_page, city_url, geolocation=FAR_OUT))
    assert "附近没有道路" in page.locator("#status").inner_text()
    assert page.locator(".estimate").count() > 0


def test_names_are_never_read_as_markup(new_page, city_url):
    page = found(opened(new_page, city_url, query="&type=all"))
    title = page.title()
    page.locator(".more summary").first.click()
    page.locator(".go").nth(5).click()
    shown = set(names(page)) | {page.locator("#handoff-title").inner_text()}
    assert [name for name in HOSTILE_NAMES[:3] if name in shown]
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == title


def test_the_language_changes_with_everything_kept(new_page, city_url):
    page = found(opened(new_page, city_url))
    page.locator("[data-chip=open]").click()
    page.locator("#language").click()
    page.locator(".card").first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("[data-chip=open]").get_attribute("aria-pressed") == "true"
    assert "Open on arrival" in page.locator(".opening").first.inner_text()


def test_everything_to_tap_is_large_enough(new_page, city_url):
    page = found(opened(new_page, city_url, **PHONE))
    small = page.evaluate(SMALL_TARGETS)
    assert small == []


def test_an_injected_script_does_not_run(lenient_page, city_url):
    page = shown(lenient_page, city_url)
    inject = "const s = document.createElement('script'); s.textContent = code; document.body.append(s);"
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate(f"(code) => {{ {inject} }}", "document.title = 'broken in'")
    assert page.title() != "broken in"
