"""A station's page says what is known, in both languages, and takes a register's words for words."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.web_map.conftest import HOSTILE_NAMES
from web_map.page import HTML_LANG
from web_map.station import (
    StationFacts,
    missing_page,
    several_page,
    spans_of_day,
    station_page,
    unready_page,
    week_table,
)

DAY = 1440


def facts(**said: Any) -> StationFacts:
    """A station of which little is known, unless said otherwise."""
    record = {
        "code": "370202-YZ-0012", "name": "驿站", "type": "union_station", "class": None, "status": "active",
        "address": None, "landmark": None, "district": None, "street": None, "hours": None, "amenities": {},
        "services": [], "entry": [], "groups": [], "first_use_needs": None, "entry_note": None, "attended": None,
        "floor": None, "bike_parking": None, "step_free": None, "public_phone": None, "verified": None,
        "source": None, "synthetic": False, "doubted": False,
    }  # fmt: skip
    links = {"amap": "https://uri.amap.com/navigation?to=1,2", "baidu": "https://api.map.baidu.com/marker?x=1",
             "tencent": "https://apis.map.qq.com/uri/v1/routeplan?x=1", "apple": "https://maps.apple.com/?x=1",
             "geo": "geo:36,120"}  # fmt: skip
    of_page = {name: said.pop(name) for name in tuple(said) if name in StationFacts.__dataclass_fields__}
    base: dict[str, Any] = {
        "facility_id": "101", "record": record | said, "codes": {}, "lon": 120.38, "lat": 36.07, "city": "青岛",
        "week": None, "ahead": [], "exceptions": [], "checked": {}, "handoff": {"walk": links},
        "today": date(2026, 11, 20), "as_of": "2026-11-19",
    }  # fmt: skip
    return StationFacts(**base | of_page)


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text people see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            del self.inside[len(self.inside) - 1 - self.inside[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.inside):
            self.text.append(data)

    @property
    def words(self) -> str:
        """The text of the page."""
        return " ".join(" ".join(self.text).split())


def html_of(page: tuple[bytes, str]) -> str:
    """The HTML of a page."""
    return page[0].decode("utf-8")


# ── the week ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("week", "days"),
    [
        ([], [[]] * 7),
        ([[0, 7 * DAY]], [["00:00–24:00"]] * 7),
        ([[0, 5 * DAY]], [["00:00–24:00"]] * 5 + [[]] * 2),
        ([[480, 690], [840, 1080]], [["08:00–11:30", "14:00–18:00"], *[[]] * 6]),
        # past midnight it stands on the day it begins
        ([[1200, 1560]], [["20:00–02:00"], *[[]] * 6]),
        ([[1200, 1440]], [["20:00–24:00"], *[[]] * 6]),
        # also from Sunday into Monday
        ([[0, 120], [6 * DAY + 1200, 7 * DAY]], [*[[]] * 6, ["20:00–02:00"]]),
        # a day and a night or longer is cut at midnight
        ([[1200, 1200 + 2 * DAY]], [["20:00–24:00"], ["00:00–24:00"], ["00:00–20:00"], *[[]] * 4]),
        ([[0, 360], [5 * DAY, 7 * DAY]], [["00:00–06:00"], *[[]] * 4, ["00:00–24:00"], ["00:00–24:00"]]),
    ],
)
def test_hours_stand_on_the_day_they_begin(week: list[list[int]], days: list[list[str]]):
    assert [spans_of_day(week, weekday) for weekday in range(1, 8)] == days


def test_every_open_minute_of_a_random_week_is_in_the_table_once():
    """Read back from the words, and compared minute by minute."""
    import random

    dice = random.Random(7)
    for _ in range(200):
        edges = sorted(dice.sample(range(0, 7 * DAY + 1, 30), 2 * dice.randint(1, 8)))
        week = [edges[i : i + 2] for i in range(0, len(edges), 2)]
        minutes = [minute for opens, closes in week for minute in range(opens, closes)]
        told = []
        for weekday in range(1, 8):
            for span in spans_of_day(week, weekday):
                opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in span.split("–"))
                closes += DAY if closes <= opens else 0
                told += [((weekday - 1) * DAY + minute) % (7 * DAY) for minute in range(opens, closes)]
        assert sorted(told) == minutes


def test_hours_nobody_knows_are_no_table():
    assert week_table(None, "zh") is None
    words = Elements(html_of(station_page("zh", facts(hours="早上到晚上")))).words
    assert "早上到晚上" in words
    assert "每天的具体时间尚未核实" in words


# ── what is said ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", HTML_LANG)
def test_a_page_says_everything_that_is_known(lang: Any):
    known = facts(
        name="近处驿站", address="演示路 1 号", floor="2", entry=["wechat_scan"], first_use_needs="app",
        amenities={"water_hot": "available", "microwave": "broken"}, checked={"water_hot": "2026-10-02"},
        services=["legal_aid"], public_phone="0532-1", codes={"union_station": "A-1", "sanitation": "B-2"},
        week=[[0, 7 * DAY]], synthetic=True, step_free=True, bike_parking="reserved", verified="2026-10-01",
        exceptions=[{"on_date": "2026-11-25", "kind": "repair", "closed": True, "note": None}],
    )  # fmt: skip
    page = Elements(html_of(station_page(lang, known)))
    for words in ("近处驿站", "演示路 1 号", "0532-1", "A-1", "B-2", "00:00–24:00", "2026-10-02", "2026-11-25"):
        assert words in page.words
    chinese = ("工会驿站", "微信扫码", "热水", "故障", "法律援助", "需下载App", "演示数据", "专用停放区", "维修")
    english = ("Union station", "WeChat scan", "Hot water", "Broken", "Legal aid", "An app", "Demo data", "Repair")
    for words in chinese if lang == "zh" else english:
        assert words in page.words


def test_what_nobody_checked_is_unknown_and_not_absent():
    words = Elements(html_of(station_page("zh", facts(amenities={"water_hot": "available"})))).words
    assert "没人查看过（不代表没有）： 微波炉、手机充电" in words
    assert words.count("未核实") >= 3


def test_a_doubted_station_says_so_first():
    assert "待核实" in Elements(html_of(station_page("zh", facts(doubted=True)))).words
    assert "待核实" not in Elements(html_of(station_page("zh", facts()))).words


def test_machines_read_the_same_station():
    known = facts(
        name="驿站 </script>", address="路", week=[[480, 1020]], amenities={"seat": "absent", "tv": "unknown"}
    )
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html_of(station_page("zh", known)), re.S)
    assert block is not None
    data = json.loads(block[1])
    assert (data["@type"], data["name"]) == ("LocalBusiness", "驿站 </script>")
    assert data["geo"] == {"@type": "GeoCoordinates", "longitude": 120.38, "latitude": 36.07}
    assert [(one["dayOfWeek"][19:], one["opens"], one["closes"]) for one in data["openingHoursSpecification"]] == [
        ("Monday", "08:00", "17:00")
    ]
    assert [(one["name"], one["value"]) for one in data["amenityFeature"]] == [("座椅", False)]


# ── a register may say anything ─────────────────────────────────────────────────────────────────────────────────

PLAIN = html_of(station_page("zh", facts()))


@pytest.mark.parametrize("hostile", [*HOSTILE_NAMES, "\" onmouseover=alert(1) x='", "{{ 7*7 }}", "<!--", "a\x00b"])
def test_a_registers_words_make_no_element(hostile: str):
    texts = "name address landmark district street hours entry_note floor source public_phone code first_use_needs"
    said = dict.fromkeys((*texts.split(), "attended", "type"), hostile)
    lists = {"entry": [hostile], "groups": [hostile], "services": [hostile]}
    exception = {"on_date": "2026-11-25", "kind": hostile, "closed": True, "note": hostile}
    station = facts(**said, **lists, codes={hostile: hostile}, exceptions=[exception], city=hostile)
    for lang in HTML_LANG:
        page = Elements(html_of(station_page(lang, station)))  # type: ignore[arg-type]
        assert {tag for tag, _ in page.elements} <= {tag for tag, _ in Elements(PLAIN).elements} | {
            "li",
            "ul",
            "h3",
            "time",
            "strong",
        }
        assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
        assert all((attributes.get("href") or "/").split(":")[0] in ("https", "geo", "tel") or
                   (attributes.get("href") or "/")[0] in "/#?" for _, attributes in page.elements)  # fmt: skip
        assert [tag for tag, _ in page.elements].count("script") == 4


@pytest.mark.parametrize("lang", HTML_LANG)
def test_the_policy_knows_our_own_script_and_style_only(lang: Any):
    """Made before anything of a register is in the page, and the same for every station."""
    html, policy = station_page(lang, facts(name="<script>alert(1)</script>"))
    scripts = re.findall(r"<script>(.*?)</script>", html.decode(), re.S)
    styles = re.findall(r"<style>(.*?)</style>", html.decode(), re.S)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts + styles}
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert "unsafe" not in policy
    assert policy == station_page(lang, facts())[1]


def test_an_english_page_says_which_of_its_words_are_chinese():
    """A voice that reads English aloud has no sounds for a name on a Chinese door, and maps and signs have it so."""
    html = html_of(station_page("en", facts()))
    assert re.search(r'<h1[^>]* lang="zh-CN">', html)
    assert '<html lang="en"' in html


@pytest.mark.parametrize("lang", HTML_LANG)
def test_pages_without_a_station_lead_on(lang: Any):
    several = [("甲 <b>", "工会驿站", "/s/7?network=union_station&lang=zh"), ("乙", "", "/s/7?network=sanitation")]
    for page in (missing_page(lang, "<x>"), several_page(lang, "7", several), unready_page(lang)):
        html = html_of(page)
        assert f'<html lang="{HTML_LANG[lang]}"' in html
        assert html.count("<h1") == html.count("<main") == 1
        assert f'href="/?lang={lang}"' in html
        assert "<b>" not in html
        assert "<x>" not in html
