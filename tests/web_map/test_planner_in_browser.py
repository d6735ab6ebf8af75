"""What a planner does at a desk, on the real application in a real browser; a page is loaded for a walk, not a fact."""

from __future__ import annotations

import re

import pytest

from tests.support.axe import axe_violations
from tests.support.browser import PHONE

pytestmark = pytest.mark.browser

DESK = {"viewport": {"width": 1440, "height": 900}}
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


def opened(new_page, url, *, lang="zh", hash_="#t=10", **options):
    """A planner's page with its answer drawn; an address with a question in it, so that no tour begins."""
    return shown(new_page(**(DESK | options)), url, lang, hash_)


def shown(page, url, lang="zh", hash_="#t=10"):
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


def address(page):
    page.wait_for_timeout(350)  # it is written when the hand rests
    return page.evaluate("location.hash")


def requests_of(page, part):
    """Addresses that hold `part`, as they are asked from now on."""
    asked = []
    page.on("request", lambda request: asked.append(request.url) if part in request.url else None)
    return asked


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@LANGUAGES
@SCREENS
def test_figures_add_up_and_measures_agree_with_them(new_page, city_url, lang, screen):
    page = new_page(**screen)
    asked = requests_of(page, "/coverage")
    shown(page, city_url, lang)
    total = int(re.search(r"[\d,]{3,}", page.locator("#estimate-note").inner_text())[0].replace(",", ""))
    assert abs(sum(figures(page)) - total) <= 2
    assert page.locator("#share").inner_text().endswith("%")
    assert fits(page)

    page.locator("#beyond .choice").wait_for()
    choice = [int(text.split()[0].replace(",", "")) for text in page.locator("#beyond dd").all_inner_texts()]
    covered, outside, off_network, _ = figures(page)
    assert abs(choice[0] - outside - off_network) <= 2
    assert abs(sum(choice[1:]) - covered) <= 2
    assert "%" in page.locator(".day-and-night").inner_text()

    assert not any("hours" in url for url in asked)
    page.locator("#tab-measures").click()
    page.locator("#hours-of-week").scroll_into_view_if_needed()
    page.locator(".heat").wait_for()
    assert page.locator(".heat tbody td").count() == 168
    assert page.locator("#measures .targets li").count() == 3
    page.locator("#measures summary").click()
    row = page.locator("#measures details tr", has_text=re.compile("^10 (分钟|min)")).inner_text()
    assert row.split("\t")[-1] == page.locator("#share").inner_text()
    for picture in ("svg[role=img][aria-label]", ".lorenz", ".index"):
        assert page.locator(f"#measures {picture}").count() >= 1, picture
    assert fits(page)
    # the head of the page asked first, and nobody asked again
    assert len(asked) == len(set(asked))


def test_while_the_slider_moves_the_headline_is_read_off_the_curve_and_the_measures_wait(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#beyond .choice").wait_for()
    measured = requests_of(page, "/coverage/measures")
    before = figures(page)[0]
    foreseen = page.evaluate(
        """() => { const slider = document.getElementById('minutes');
            for (slider.value = 11; slider.value <= 15; slider.value++) {
              slider.dispatchEvent(new Event('input'));
              if (slider.value === '15') break;
            }
            return document.getElementById('share').textContent; }"""
    )
    settled(page)
    assert page.locator("#share").inner_text() == foreseen
    assert figures(page)[0] > before
    assert "上限 15 分钟" in page.locator("#legend-classes").inner_text()
    assert "t=15" in address(page)
    page.wait_for_timeout(900)
    assert len(measured) == 1
    assert "minutes=15" in measured[0]


def test_every_control_is_part_of_the_question_and_of_the_address(new_page, city_url):
    page = opened(new_page, city_url)
    walking, counting = figures(page)[0], page.locator("#filters-now").inner_text()
    asked = requests_of(page, "/coverage?")
    page.locator("[data-mode=ebike]").click()
    settled(page)
    assert figures(page)[0] > walking
    page.locator("#day").select_option("sunday")
    page.locator("#hour").select_option("08:00")
    settled(page)
    assert page.locator("#unknown-note").is_visible()
    page.locator("#filters summary").click()
    page.locator("#types .pill", has_text="妈妈小屋").click()
    page.locator("#station-classes .pill", has_text="24小时智能化").click()
    page.locator("#amenities .pill").first.click()
    page.locator("#group").select_option("rider")
    page.locator("#show-empty").check()
    page.locator("[data-colour=share]").click()
    settled(page)
    assert page.locator("#filters-now").inner_text() != counting
    kept = address(page)
    for part in (
        "m=ebike",
        "at=sunday+08:00",
        "type=mother_room,union_station",
        "cls=smart24h",
        "am=",
        "grp=rider",
        "e=1",
    ):
        assert part in kept.replace("%3A", ":"), part
    for part in ("mode=ebike", "at=sunday", "type=mother_room", "class=smart24h", "amenity=", "group=rider"):
        assert part in asked[-1], part

    again = shown(new_page(**DESK), city_url, hash_=kept)
    assert figures(again) == figures(page)
    assert again.locator("[data-mode=ebike]").get_attribute("aria-pressed") == "true"
    assert again.locator("#hour").input_value() == "08:00"
    assert again.locator("#group").input_value() == "rider"
    assert (
        again.locator("#station-classes input:checked").count()
        == again.locator("#amenities input:checked").count()
        == 1
    )
    assert again.locator("#show-empty").is_checked()
    assert again.locator("[data-colour=share]").get_attribute("aria-pressed") == "true"
    again.locator("#filters summary").click()
    again.locator("#filters-clear").click()
    settled(again)
    assert "cls=" not in address(again)
    assert again.locator("#types input:checked").count() == 1


def test_the_page_works_after_a_reload_too(new_page, city_url):
    """A browser then asks whether its copy is still good, and takes over the headers of the answer."""
    page = opened(new_page, city_url)
    page.reload()
    settled(page)
    assert figures(page)[0] > 0


# ── map ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cells_are_painted_and_say_their_minutes_and_people(new_page, city_url):
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
    settled(page)
    asked = requests_of(page, "columns=people")
    page.locator("#map_main").click(position={"x": 350, "y": 300})
    page.locator(".pop", has_text=re.compile(r"约 [\d,]+ 人")).wait_for()
    assert re.search(r"\d+ 分钟到最近站点", page.locator(".pop").inner_text())
    assert len(asked) == 1
    page.wait_for_timeout(300)  # the popup fades in, and a half faded text has half its contrast
    assert axe_violations(page) == []


@LANGUAGES
def test_every_way_to_colour_has_a_legend_without_holes(new_page, city_url, lang):
    page = opened(new_page, city_url, lang=lang)
    seen = set()
    for colour in ("minutes", "share", "people"):
        page.locator(f"[data-colour={colour}]").click()
        settled(page)
        legend = page.locator("#legend-classes").inner_text()
        assert "{" not in legend
        assert page.locator("#legend-classes i").count() >= 5
        seen.add(legend)
    assert len(seen) == 3


def test_a_small_zoom_asks_for_merged_cells_and_a_large_one_for_all(new_page, city_url):
    page = new_page(**DESK)
    asked = requests_of(page, "/coverage/cells")
    shown(page, city_url, hash_="#v=120.385,36.074,10")
    assert ["resolution=8" in url for url in asked] == [True]
    page.evaluate("map_main.setZoom(14, {animate: false})")
    page.wait_for_timeout(500)
    assert "resolution=10" in asked[-1]
    page.evaluate("map_main.setZoom(10, {animate: false})")
    page.wait_for_timeout(300)
    assert len(asked) == 2


def test_a_station_says_what_is_known_of_it_with_its_name_as_text(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#show-gaps").uncheck()
    page.evaluate(
        """fetch('/coverage/stations').then((answer) => answer.json()).then(({ name, lat, lon }) => {
             const hostile = name.findIndex((one) => one.startsWith('<img'));
             map_main.setView([lat[hostile], lon[hostile]], 17, { animate: false }); })"""
    )
    page.wait_for_timeout(400)
    box = page.locator("#map_main").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".pop-facts", has_text="西区").wait_for()
    assert page.locator(".pop strong").inner_text().startswith("<img src=x onerror=")
    assert page.title() == "驿圈：驿站覆盖规划"
    assert page.locator("img[src=x]").count() == 0
    assert axe_violations(page) == []


def test_a_stations_reach_is_outlined_with_its_error(new_page, city_url):
    page = opened(new_page, city_url, hash_="#tab=measures")
    page.locator("#measures td .link").first.click()
    page.locator(".pop-buttons button").first.click()
    page.locator("#reach").wait_for()
    assert re.search(r"轮廓为近似：其中 \d+\.\d % 的街道实际不可达", page.locator("#reach").inner_text())
    assert axe_violations(page) == []
    page.locator("#reach-end").click()
    assert page.locator("#reach").is_hidden()


def test_a_base_map_lies_below_the_cells_with_its_source_and_number(lenient_page, city_url):
    page = lenient_page
    tiles = requests_of(page, "/ground/")
    ground = {
        "kind": "tianditu",
        "attribution": "天地图",
        "approval": "审图号 GS(2026)1",
        "url": "/ground/{z}/{x}/{y}.png",
    }

    def with_ground(route):
        route.fulfill(json=route.fetch().json() | {"basemap": ground})

    page.route("**/city.json", with_ground)
    page.route("**/ground/**", lambda route: route.fulfill(status=204))
    shown(page, city_url)
    page.locator(".leaflet-control-attribution", has_text="审图号 GS(2026)1").wait_for()
    page.wait_for_timeout(300)
    assert tiles
    assert page.evaluate("!map_main.getPane('land') && getComputedStyle(map_main.getPane('basemap')).zIndex < 200")
    assert page.locator(".area-name").count() == 0
    assert axe_violations(page) == []


@LANGUAGES
@SCREENS
def test_a_page_whose_answers_have_not_come_is_whole_and_accessible(new_page, city_url, lang, screen):
    page, held = new_page(**screen), []
    page.route("**/coverage?*", lambda route: held.append(route))
    page.goto(f"{city_url}/planner?lang={lang}#t=10")
    page.locator("#progress").wait_for(state="visible")
    page.locator("#group option").first.wait_for(state="attached")
    assert page.locator("#figures").get_attribute("aria-busy") == "true"
    assert axe_violations(page) == []
    assert fits(page)
    held.pop().continue_()
    settled(page)


# ── lists and tables ────────────────────────────────────────────────────────────────────────────────────────────────


def test_gaps_are_ranked_and_lead_to_their_place(new_page, city_url):
    page = opened(new_page, city_url, hash_="#t=5")
    people = [
        int(re.match(r"[\d,]+", text)[0].replace(",", "")) for text in page.locator(".gap-people").all_inner_texts()
    ]
    assert people == sorted(people, reverse=True)
    assert f"列出最大的 {len(people)} 处" in page.locator("#gaps-count").inner_text()
    page.locator(".gap").first.click()
    assert page.locator(".gap").first.get_attribute("aria-pressed") == "true"
    assert "第 1 号缺口" in page.locator(".pop").inner_text()
    assert "g=" in address(page)


def test_tables_sort_by_every_column_and_names_are_never_markup(new_page, city_url):
    page = opened(new_page, city_url)
    page.locator("#tab-districts").click()
    for column in ("name", "people", "share", "missing", "stations"):
        heading = page.locator("#districts th", has=page.locator(f"[data-sort={column}]"))
        page.locator(f"#districts [data-sort={column}]").click()
        first = heading.get_attribute("aria-sort")
        page.locator(f"#districts [data-sort={column}]").click()
        assert {first, heading.get_attribute("aria-sort")} == {"ascending", "descending"}
    page.locator("#districts [data-sort=people]").click()
    rows = [int(text.replace(",", "")) for text in page.locator("#districts tbody td:nth-child(2)").all_inner_texts()]
    assert rows == sorted(rows, reverse=True)
    assert "<b onclick=alert(1)>东区</b>" in page.locator("#districts").inner_text()
    assert page.locator("b").count() == 0
    page.locator("#districts .link", has_text="西区").click()
    asked = requests_of(page, "/coverage?")
    page.locator("#tab-streets").click()
    page.locator("#streets tbody td small").first.wait_for()
    assert len(asked) == 1  # not before somebody looks
    assert set(page.locator("#streets tbody td small").all_inner_texts()) == {"西区"}
    assert "西南街道" in page.locator("#streets").inner_text()
    assert "tab=streets" in address(page)


def test_a_declared_figure_stands_beside_what_is_mapped_with_its_quote(new_page, city_url):
    page = opened(new_page, city_url, hash_="#tab=declared")
    text = page.locator("#declared").inner_text()
    assert re.search(r"已上图 \d+ / 公布 约 20", text)
    assert "建成驿站约20个<script>" in text
    assert page.locator("#declared blockquote").first.get_attribute("lang") == "zh-CN"
    assert "玩具市总工会" in text


def test_the_report_menu_holds_the_question(new_page, city_url):
    page = opened(new_page, city_url, lang="en", hash_="#m=ebike&t=7&type=all")
    page.locator("#report-menu summary").click()
    links = page.locator("#report-menu a").evaluate_all("links => links.map(link => link.href.split('/').pop())")
    assert [re.search("format=([a-z]+)", link)[1] for link in links] == ["html", "pdf", "xlsx", "gpkg", "png"]
    assert all("mode=ebike&minutes=7" in link and "lang=en" in link and "type=" not in link for link in links)
    page.keyboard.press("Escape")
    assert page.locator("#report-menu a").first.is_hidden()


# ── first visit, refusals, keyboard, everybody ──────────────────────────────────────────────────────────────────────


@LANGUAGES
@SCREENS
def test_the_first_visit_gets_a_tour_of_four_steps_and_later_ones_do_not(new_page, city_url, lang, screen):
    page = new_page(**screen)
    page.goto(f"{city_url}/planner?lang={lang}")
    page.locator(".tour").wait_for()
    titles = set()
    for step in range(4):
        titles.add(page.locator("#tour-title").inner_text())
        assert page.locator(".toured").count() == 1
        assert axe_violations(page) == []
        assert fits(page)
        if step < 3:
            page.keyboard.press("ArrowRight")
    assert len(titles) == 4
    page.keyboard.press("Escape")
    assert page.locator(".tour, .toured").count() == 0
    page.reload()
    settled(page)
    page.wait_for_timeout(600)
    assert page.locator(".tour").count() == 0
    page.locator("#tour-start").click()
    page.locator(".tour .link").click()
    assert page.locator(".tour").count() == 0
    assert page.evaluate("document.activeElement.id") == "tour-start"


def test_a_refusal_is_shown_in_the_servers_words_with_a_way_to_try_again(lenient_page, city_url):
    page = shown(lenient_page, city_url)
    refusal = '{"detail": "人口数据尚未导入。", "title": "x"}'
    page.route("**/coverage?*", lambda route: route.fulfill(status=503, body=refusal, content_type="application/json"))
    page.route("**/coverage/measures?*", lambda route: route.abort())
    page.locator("#minutes").fill("12")
    page.locator("#problem").wait_for(state="visible")
    assert "人口数据尚未导入" in page.locator("#problem").inner_text()
    page.locator("#tab-measures").click()
    page.locator("#measures .problem").wait_for()
    assert axe_violations(page) == []
    page.unroute("**/coverage?*")
    page.unroute("**/coverage/measures?*")
    page.locator("#problem button").click()
    page.locator("#problem").wait_for(state="hidden")
    page.locator("#measures .facts").first.wait_for()


def test_a_city_that_does_not_answer_is_asked_again_and_work_over_a_second_shows_progress(lenient_page, city_url):
    page = lenient_page
    page.route("**/city.json", lambda route: route.abort())
    page.goto(f"{city_url}/planner?lang=zh#t=10")
    page.locator("#problem").wait_for(state="visible")
    assert "稍后自动重试" in page.locator("#problem").inner_text()
    page.unroute("**/city.json")
    page.locator("#parts .part").first.wait_for()
    assert page.locator("#problem").is_hidden()
    settled(page)

    held = []
    page.route("**/coverage?*", lambda route: held.append(route))
    page.locator("#minutes").fill("12")
    page.locator("#progress").wait_for(state="visible")
    assert page.locator("#figures").get_attribute("aria-busy") == "true"
    page.wait_for_timeout(300)
    assert axe_violations(page) == []
    held[-1].continue_()
    page.locator("#progress").wait_for(state="hidden")


def test_a_question_can_be_put_and_answers_read_with_the_keyboard_alone(new_page, city_url):
    page = opened(new_page, city_url, hash_="#t=5")
    press = page.keyboard.press

    def tab_to(selector):
        for _ in range(80):
            press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached with the tabulator key")

    press("Tab")
    press("Enter")
    assert page.evaluate("document.activeElement.id") == "figures"
    page.locator("h1").evaluate("heading => { heading.tabIndex = -1; heading.focus(); }")
    tab_to("[data-mode=ebike]")
    press("Enter")
    tab_to("#minutes")
    press("ArrowRight")
    assert page.locator("#minutes-output").inner_text() == "6 分钟"
    tab_to("#filters summary")
    press("Enter")
    tab_to("#types input")
    press("Space")
    settled(page)
    assert "type=" in address(page)
    tab_to("#report-menu summary")
    tab_to("[role=tab]")
    press("ArrowRight")
    assert page.locator("#panel-districts").is_visible()
    assert page.locator("#tab-districts").get_attribute("aria-selected") == "true"
    press("End")
    assert page.locator("#panel-declared").is_visible()
    press("Home")
    tab_to(".gap")
    press("Enter")
    assert page.locator(".pop").count() == 1


@LANGUAGES
@SCREENS
def test_no_state_breaks_a_rule_of_accessibility(new_page, city_url, lang, screen):
    page = opened(new_page, city_url, lang=lang, **screen)
    page.locator("#beyond .choice").wait_for()
    for tab in ("gaps", "districts", "streets", "measures", "declared"):
        page.locator(f"#tab-{tab}").click()
        page.wait_for_timeout(200)
        assert axe_violations(page) == [], tab
        assert fits(page), tab
    page.locator("#filters summary").click()
    page.locator("#report-menu summary").click()
    assert axe_violations(page) == []
    assert fits(page)
    page.keyboard.press("Escape")
    page.locator("#tab-gaps").click()
    page.locator(".gap").first.click()
    page.wait_for_timeout(500)
    assert axe_violations(page) == []
