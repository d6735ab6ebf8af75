"""What a planner does at a desk, on the real application in a real browser."""

from __future__ import annotations

import re

import pytest

from tests.support.browser import PHONE

pytestmark = pytest.mark.browser

DESK = {"viewport": {"width": 1440, "height": 900}}


def opened(new_page, url, *, lang="zh", hash_="", **options):
    return shown(new_page(**(DESK | options)), url, lang, hash_)


def shown(page, url, lang="zh", hash_=""):
    page.goto(f"{url}/planner?lang={lang}{hash_}")
    settled(page)
    return page


def settled(page):
    """Wait until the answer to the last question is drawn."""
    page.wait_for_timeout(250)
    page.locator("#progress").wait_for(state="hidden")
    page.locator("#parts .part").first.wait_for()


def figures(page):
    """The four parts of the account, as numbers."""
    return [int(text.replace(",", "")) for text in page.locator("#parts dd").all_inner_texts()]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_the_figures_account_for_everybody(new_page, city_url, lang, screen):
    page = opened(new_page, city_url, lang=lang, **screen)
    total = int(re.search(r"[\d,]{3,}", page.locator("#estimate-note").inner_text())[0].replace(",", ""))
    assert abs(sum(figures(page)) - total) <= 2
    assert page.locator("#share").inner_text().endswith("%")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_more_minutes_cover_more_people_and_the_legend_breaks_there(new_page, city_url):
    page = opened(new_page, city_url)
    before = figures(page)[0]
    page.locator("#minutes").fill("15")
    settled(page)
    assert figures(page)[0] > before
    assert "上限 15 分钟" in page.locator("#legend-classes").inner_text()
    assert "t=15" in page.evaluate("location.hash")


def test_the_mode_and_the_hour_are_part_of_the_question(new_page, city_url):
    page = opened(new_page, city_url)
    walking = figures(page)[0]
    page.locator("[data-mode=ebike]").click()
    settled(page)
    assert figures(page)[0] > walking
    page.locator("#day").select_option("sunday")
    settled(page)
    assert "at=sunday" in page.evaluate("location.hash")
    assert page.locator("#unknown-note").is_visible()


def test_the_address_restores_the_whole_question(new_page, city_url):
    page = opened(new_page, city_url, hash_="#m=ebike&t=6&at=weekday+19:00&type=union_station&c=share")
    assert page.locator("[data-mode=ebike]").get_attribute("aria-pressed") == "true"
    assert page.locator("#minutes-output").inner_text() == "6 分钟"
    assert page.locator("#hour").input_value() == "19:00"
    assert page.locator("[data-colour=share]").get_attribute("aria-pressed") == "true"


def test_the_page_works_after_a_reload_too(new_page, city_url):
    """A browser then asks whether its copy is still good, and takes over the headers of the answer."""
    page = opened(new_page, city_url)
    page.reload()
    settled(page)
    assert figures(page)[0] > 0


def test_cells_are_painted_and_say_their_minutes(new_page, city_url):
    page = opened(new_page, city_url)
    page.wait_for_timeout(500)
    painted = page.evaluate(
        """[...document.querySelectorAll('#map_main canvas.leaflet-tile')].reduce((sum, tile) => {
             const data = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data;
             for (let i = 3; i < data.length; i += 4) sum += data[i] > 0; return sum; }, 0)"""
    )
    assert painted > 10_000
    page.evaluate("map_main.setView([36.0745, 120.3855], 16, {animate: false})")
    page.locator("#show-facilities").uncheck()
    page.locator("#show-gaps").uncheck()
    page.locator("#map_main").click(position={"x": 350, "y": 300})
    page.locator(".pop").wait_for()
    assert re.search(r"\d+ 分钟到最近站点", page.locator(".pop").inner_text())


def test_gaps_are_ranked_and_lead_to_their_place(new_page, city_url):
    page = opened(new_page, city_url, hash_="#t=5")
    people = [
        int(re.match(r"[\d,]+", text)[0].replace(",", "")) for text in page.locator(".gap-people").all_inner_texts()
    ]
    assert people == sorted(people, reverse=True)
    page.locator(".gap").first.click()
    assert page.locator(".gap").first.get_attribute("aria-pressed") == "true"
    assert "第 1 号缺口" in page.locator(".pop").inner_text()
    page.wait_for_timeout(300)
    assert "g=" in page.evaluate("location.hash")


def test_tables_sort_by_every_column_and_say_so(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-districts").click()
    column = page.locator("#districts th", has=page.locator("[data-sort=people]"))
    page.locator("#districts [data-sort=people]").click()
    assert column.get_attribute("aria-sort") == "descending"
    page.locator("#districts [data-sort=people]").click()
    assert column.get_attribute("aria-sort") == "ascending"
    rows = [int(text.replace(",", "")) for text in page.locator("#districts tbody td:nth-child(2)").all_inner_texts()]
    assert rows == sorted(rows)
    page.locator("#districts .link", has_text="西区").click()
    page.locator("#tab-streets").click()
    assert set(page.locator("#streets tbody td small").all_inner_texts()) == {"西区"}
    assert "西南街道" in page.locator("#streets").inner_text()


def test_names_of_areas_are_never_read_as_markup(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-districts").click()
    assert "<b onclick=alert(1)>东区</b>" in page.locator("#districts").inner_text()
    assert page.locator("b").count() == 0


def test_a_declared_figure_stands_beside_what_is_mapped_with_its_quote(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-declared").click()
    text = page.locator("#declared").inner_text()
    assert re.search(r"已上图 \d+ / 公布 约 20", text)
    assert "建成驿站约20个<script>" in text
    assert "玩具市总工会" in text


def test_tabs_work_by_arrow_keys(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-gaps").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-districts").get_attribute("aria-selected") == "true"
    assert page.locator("#panel-districts").is_visible()


def test_a_station_opens_with_its_name_as_text(new_page, city_url):
    page = opened(new_page, city_url)
    page.evaluate("map_main.setView([36.0727, 120.3833], 17, {animate: false})")
    page.locator("#show-gaps").uncheck()
    page.wait_for_timeout(400)
    box = page.locator("#map_main").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".pop").wait_for()
    assert page.title() == "驿圈：驿站覆盖规划"
    assert page.locator("img[src=x]").count() == 0


def test_a_refusal_is_shown_in_the_servers_words_with_a_way_to_try_again(lenient_page, city_url):
    page = shown(lenient_page, city_url)
    refusal = '{"detail": "人口数据尚未导入。", "title": "x"}'
    page.route("**/coverage?*", lambda route: route.fulfill(status=503, body=refusal, content_type="application/json"))
    page.locator("#minutes").fill("12")
    page.locator("#problem").wait_for(state="visible")
    assert "人口数据尚未导入" in page.locator("#problem").inner_text()
    page.unroute("**/coverage?*")
    page.locator("#problem button").click()
    page.locator("#problem").wait_for(state="hidden")


def test_a_small_zoom_asks_for_merged_cells_and_a_large_one_for_all(new_page, city_url):
    page = new_page(**DESK)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/coverage/cells" in request.url else None)
    shown(page, city_url, hash_="#v=120.385,36.074,10")
    assert ["resolution=8" in url for url in asked] == [True]
    page.evaluate("map_main.setZoom(14, {animate: false})")
    page.wait_for_timeout(500)
    assert "resolution=10" in asked[-1]
    page.evaluate("map_main.setZoom(10, {animate: false})")
    page.wait_for_timeout(300)
    assert len(asked) == 2


# ── measures, trials, reach ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_measures_come_when_their_tab_is_opened_and_add_up(new_page, city_url, lang, screen):
    page = new_page(**screen)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    shown(page, city_url, lang)
    page.locator("#tab-measures").click()
    page.locator(".heat").wait_for()
    choice = [int(text.split()[0].replace(",", "")) for text in page.locator("#measures .parts dd").all_inner_texts()]
    covered, outside, off_network, _ = figures(page)
    assert abs(choice[0] - outside - off_network) <= 2
    assert abs(sum(choice[1:]) - covered) <= 2
    assert page.locator("#measures .targets li").count() == 3
    assert page.locator(".heat tbody td").count() == 168
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_curve_meets_the_headline_at_the_limit(new_page, city_url):
    page = opened(new_page, city_url, hash_="#t=5")
    page.locator("#tab-measures").click()
    page.locator("#measures summary").click()
    row = page.locator("#measures details tr", has_text="5 分钟").first.inner_text()
    assert row.split("\t")[-1] == page.locator("#share").inner_text()


def test_a_trial_adds_a_station_repaints_its_cells_and_takes_it_back(new_page, city_url):
    page = opened(new_page, city_url, hash_="#t=5&v=120.3925,36.0795,15")
    before = painted_bytes(page)
    page.locator("#trial-start").click()
    page.locator("#trial-middle").click()
    page.locator("#trial-answer .headline").wait_for()
    assert page.locator("#trial-answer .headline strong").inner_text().startswith("+")
    assert re.search(r"试算中\s+\+[\d,]+ 人 · [\d.]+ % → [\d.]+ %", page.locator("#trial-strip").inner_text())
    assert painted_bytes(page) != before
    page.locator("[data-shown=before]").click()
    assert painted_bytes(page) == before
    page.locator("#trial-undo").click()
    page.locator("#trial-answer .empty").wait_for()
    page.locator("[data-shown=after]").click()
    assert painted_bytes(page) == before


def test_a_click_on_the_map_tries_a_station_and_one_without_a_street_is_said_to_do_nothing(new_page, city_url):
    page = opened(new_page, city_url, hash_="#v=120.3925,36.0795,12")
    page.locator("#trial-start").click()
    page.locator("#trial").wait_for()
    page.locator("#map_main").click(position={"x": 60, "y": 600})
    page.locator("#trial-changes .doubt").wait_for()
    assert "没有可通行的街道" in page.locator("#trial-changes").inner_text()
    assert page.locator("#trial-answer .headline strong").inner_text() == "±0"


def test_a_station_is_closed_on_trial_from_its_popup_and_the_address_keeps_it(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-measures").click()
    page.locator("#measures td .link").first.click()
    page.locator(".pop-buttons button").nth(1).click()
    page.locator("#trial-answer .headline").wait_for()
    assert page.locator("#trial-answer .headline strong").inner_text().startswith("−")
    closed = page.locator("#trial-changes .close .link").inner_text()
    page.wait_for_timeout(400)
    again = new_page(**DESK)
    again.goto(page.url)
    again.locator("#trial-answer .headline").wait_for()
    assert again.locator("#trial-changes .close .link").inner_text() == closed
    again.locator("#trial-end").click()
    again.wait_for_timeout(400)
    assert "try=" not in again.url


def test_a_stations_reach_is_outlined_with_its_error(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-measures").click()
    page.locator("#measures td .link").first.click()
    page.locator(".pop-buttons button").first.click()
    page.locator("#reach").wait_for()
    assert re.search(r"轮廓为近似：其中 \d+\.\d % 的街道实际不可达", page.locator("#reach").inner_text())
    page.locator("#reach-end").click()
    assert page.locator("#reach").is_hidden()


def painted_bytes(page):
    """The bytes the cell layer paints from, as one number that changes with any of them."""
    return page.evaluate(
        """lattice_layer_cells._blocks.flatMap((block) => block.columns).reduce(
             (sum, column) => column.reduce((part, byte, i) => (part * 31 + byte) % 1000000007, sum), 7)"""
    )
