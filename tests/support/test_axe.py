"""axe sees what is wrong with a page, and nothing where nothing is."""

from __future__ import annotations

import pytest

from tests.support.axe import axe_violations
from tests.support.browser import NewPage

pytestmark = pytest.mark.browser

POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">"
GOOD = f"<!doctype html><html lang=zh>{POLICY}<title>驿圈</title><main><h1>驿站</h1><p>附近</p></main>"


def test_a_sound_page_under_a_strict_policy_has_no_violation(new_page: NewPage) -> None:
    page = new_page()
    page.set_content(GOOD)
    assert axe_violations(page, seven_to_one=True) == []


def test_what_is_wrong_is_named_with_its_place(new_page: NewPage) -> None:
    page = new_page()
    page.set_content(GOOD.replace("<p>附近", "<p><button id=mute></button><b style='color:#767676'>附近</b>"))
    assert [line.split(":")[:2] for line in axe_violations(page)] == [["button-name", " #mute"]]
    assert {line.split(":")[0] for line in axe_violations(page, seven_to_one=True)} == {
        "button-name",
        "color-contrast-enhanced",
    }
