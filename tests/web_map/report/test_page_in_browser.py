"""The one-file page in a real browser, from a disk, without a network, with a hostile register."""

from __future__ import annotations

import pytest

from tests.support.axe import axe_violations
from web_map.report.html import html_of

pytestmark = pytest.mark.browser

DESK = {"viewport": {"width": 1200, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def files(report, siting_report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    for lang in ("zh", "en"):
        (folder / f"{lang}.html").write_bytes(html_of(report, lang)[0])
        (folder / f"siting-{lang}.html").write_bytes(html_of(siting_report, lang)[0])
    return folder


def opened(new_page, files, lang="zh", **options):
    """A page opened from a disk, offline, with every request it makes."""
    page = new_page(offline=True, **(DESK | options))
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"file://{files / lang}.html")
    page.locator(".leaflet-marker-icon").first.wait_for()
    page.wait_for_timeout(400)
    return page, requests


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_it_opens_from_a_disk_and_asks_for_nothing(new_page, files, lang, screen):
    page, requests = opened(new_page, files, lang, **screen)
    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [f"file://{files / lang}.html"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[lang]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_wrong(new_page, files, lang, screen):
    page, _ = opened(new_page, files, lang, **screen)
    assert axe_violations(page) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_a_siting_shows_both_maps_and_axe_finds_nothing_wrong(new_page, files, lang):
    page, requests = opened(new_page, files, f"siting-{lang}", **PHONE)
    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [f"file://{files}/siting-{lang}.html"]
    widths = page.locator("img.still").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert widths == [1000, 1000]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe_violations(page) == []


def test_the_map_paints_its_cells(new_page, files):
    page, _ = opened(new_page, files)
    painted = page.evaluate(
        """() => [...document.querySelectorAll("canvas.leaflet-tile")].reduce((sum, tile) => {
          const pixels = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data;
          for (let at = 3; at < pixels.length; at += 4) sum += pixels[at] > 0;
          return sum;
        }, 0)"""
    )
    assert painted > 1000


def test_a_click_on_a_cell_says_what_it_holds(new_page, files):
    page, _ = opened(new_page, files)
    box = page.locator(".map").bounding_box()
    page.evaluate("document.querySelector('.map').scrollIntoView({block: 'center', behavior: 'instant'})")
    box = page.locator(".map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.62, box["y"] + box["height"] * 0.35)
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "人口" in popup.inner_text()


def test_nothing_in_the_register_runs(new_page, files):
    page, _ = opened(new_page, files)
    assert page.title() == "驿站覆盖规划报告 · 玩具市"
    assert page.locator("img[onerror], [onclick]").count() == 0
    assert page.locator("td", has_text="<b onclick=alert(1)>东区</b>").count() > 0


def test_tables_sort_by_numbers_and_say_so(new_page, files):
    page, _ = opened(new_page, files)
    table = page.locator("table", has=page.locator("caption", has_text="各区市覆盖"))

    def people():
        return [int(text.replace(",", "")) for text in table.locator("tbody tr td:nth-child(2)").all_inner_texts()]

    heading = table.locator("th").nth(1)
    heading.locator("button").click()
    assert people() == sorted(people(), reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"
    heading.locator("button").click()
    assert people() == sorted(people())
    assert heading.get_attribute("aria-sort") == "ascending"


def test_the_policy_of_the_page_lets_nothing_in(new_page, files):
    text = (files / "zh.html").read_text("utf-8")
    policy = text.split('http-equiv="Content-Security-Policy" content="', 1)[1].split('"', 1)[0]
    assert "default-src &#39;none&#39;" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert " style=" not in text.split("<body>", 1)[1].split("<script>", 1)[0]
