"""What a planner asks of siting on the page: sites with their bound, a file with a bad row, and on into the trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.settings import ApiSettings
from tests.services.test_siting import PLACES, hosts_frame
from tests.support.axe import axe_violations
from tests.support.browser import PHONE
from tests.support.grid_city import lon_lat
from tests.support.service import running_service
from tests.web_map.conftest import NOW, held, toy_city
from tests.web_map.test_planner_in_browser import DESK, shown

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Address of a service of the toy city, with hosts."""
    city = replace(toy_city(), hosts=hosts_frame(PLACES))
    with running_service(ApiSettings(), clock=lambda: NOW, holder=held(city)) as client:
        yield str(client.base_url).rstrip("/")


def opened(page, url, lang="zh"):
    shown(page, url, lang, "#t=4")
    page.locator("#site-start").click()
    page.locator("#site-ask").wait_for()
    return page


def asked(page):
    page.locator("#site-ask").click()
    page.locator(".site-list li, #site-answer .problem").first.wait_for()
    return page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_sites_come_with_their_bound_and_go_on_into_the_trial(new_page, url, lang, screen):
    page = opened(new_page(**screen), url, lang)
    page.locator("#site-amount").fill("3")
    asked(page)
    words = page.locator("#site-answer").inner_text()
    assert ("已证明" if lang == "zh" else "Proved") in words
    assert page.locator(".site-list li").count() == page.locator(".site-pin").count() == 3
    assert axe_violations(page) == []
    gained = [int("".join(filter(str.isdigit, text))) for text in page.locator(".site-list .worth").all_inner_texts()]
    page.locator("#site-try").click()
    page.locator("#trial-answer .headline").wait_for()
    page.locator('#trial[aria-busy="false"]').wait_for()
    assert page.locator("#trial-changes li").count() == 3
    counted = page.locator("#trial-answer .headline strong").inner_text()
    assert int("".join(filter(str.isdigit, counted))) == pytest.approx(sum(gained), abs=3)


def test_a_share_says_how_many_are_enough_and_an_impossible_one_says_what_it_lacks(new_page, url):
    page = opened(new_page(**DESK), url)
    page.locator("#site-by").select_option("share")
    page.locator("#site-amount").fill("100")
    asked(page)
    refused = page.locator("#site-answer .problem").inner_text()
    assert "请放宽数量、预算或覆盖率" in refused
    assert "lacks" in refused
    page.locator("#site-amount").fill("40")
    page.locator("#site-ask").click()
    page.locator("#site-answer .site-headline").wait_for()
    assert "要覆盖 40.0% 的人" in page.locator("#site-answer").inner_text()


def test_a_file_with_a_bad_row_is_used_without_it_and_the_row_is_told(new_page, url, tmp_path):
    (lon, lat), (lon2, lat2) = lon_lat(1000, 1000), lon_lat(600, 1400)
    path = tmp_path / "候选.csv"
    path.write_text(f"名称,经度,纬度,费用\n甲,{lon},{lat},5000\n<b>乙</b>,{lon2},{lat2},-1\n", encoding="utf-8")
    page = opened(new_page(**DESK), url)
    page.locator("#site-by").select_option("budget")
    page.locator("#site-from").select_option("list")
    page.locator("#site-datum").select_option("wgs84")
    page.locator("#site-file").set_input_files(path)
    asked(page)
    assert page.locator(".site-list li").count() == 1
    page.locator("#site-answer summary").click()
    told = page.locator("#site-answer details").inner_text()
    assert "第 3 行 费用：费用是负数" in told
