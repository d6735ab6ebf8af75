"""Pages without scripts say what the data is in the reader's language, and hold whatever a register holds."""

from __future__ import annotations

import re

import pytest

from geo.services.collections.of_runs import question_in_words
from tests.support.axe import axe_violations
from tests.support.browser import PHONE
from tests.web_map.conftest import HOSTILE_NAMES

SMALLEST = {"viewport": {"width": 320, "height": 640}}
BROKEN_WORDS = """
() => [...document.querySelectorAll('td')].filter((cell) =>
  /^[\\x21-\\x7e]{3,20}$/.test(cell.textContent)).filter((cell) => {
  const words = document.createRange();
  words.selectNodeContents((cell.querySelector('a') || cell).firstChild);
  return words.getClientRects().length > 1;
}).map((cell) => cell.textContent)
"""
"""Cells that hold one short word and need more than a line for it."""


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["stations/items", "stations/items/101", "stations/queryables", "stations"])
def test_a_page_without_scripts_fits_the_smallest_screen_and_breaks_no_word(new_page, city_url, path, lang):
    page = new_page(**SMALLEST)
    page.goto(f"{city_url}/collections/{path}?f=html&lang={lang}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(BROKEN_WORDS) == []
    assert axe_violations(page) == []
    assert page.locator("#demo-banner").is_visible() == (path != "stations/queryables")
    assert page.locator(".trail a").first.inner_text() == {"zh": "首页", "en": "Home"}[lang]
    assert {"zh": "本文档", "en": "This document"}[lang] in page.locator(".links").inner_text()
    if lang == "zh":
        assert re.findall(r"This document|The features|Properties", page.locator("main").inner_text()) == []


@pytest.mark.browser
def test_a_reader_pages_through_features_and_changes_language_on_the_way(new_page, city_url):
    page = new_page(**PHONE)
    page.goto(f"{city_url}/collections/stations/items?f=html&lang=zh&limit=9")
    page.get_by_role("link", name="下一页").first.click()
    page.locator("header .bar-link").click()
    assert page.evaluate("document.documentElement.lang") == "en"
    shown = page.locator("td:nth-child(3)").all_inner_texts()
    assert set(HOSTILE_NAMES) & set(shown)
    assert page.locator("img").count() == 0
    page.locator("tbody a").first.click()
    assert page.locator("tbody th", has_text="Class").count() == 1
    assert "not registered" in page.locator("tbody").inner_text()
    page.locator(".trail a").nth(1).focus()
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_stored_run_is_called_by_its_question_without_decimals_or_code_words():
    run = {"run_id": 3, "parameters": {"mode": "walk", "minutes": 10.0, "at": "weekday 23:00"}}
    assert question_in_words(run) == {
        "zh": "第 3 次运算，步行 10 分钟，工作日 23:00",
        "en": "run 3, 10 minutes on foot, weekdays 23:00",
    }
    later = {"run_id": 4, "parameters": {"mode": "ebike", "minutes": 7.5, "at": None}}
    assert question_in_words(later)["zh"] == "第 4 次运算，电动车 7.5 分钟"
