"""The rider's page without a network: kept by its worker after one visit, renewed by content, complete by itself."""

from __future__ import annotations

import json
import re

import pytest

import api.routers.pages as pages_router
from api.settings import ApiSettings
from tests.support.axe import axe_violations
from tests.support.browser import PHONE
from tests.support.service import running_service
from tests.web_map.conftest import NOW, held, toy_city
from tests.web_map.test_rider_in_browser import DESK, HERE, found, names, said
from web_map import assets
from web_map.installable import FACTS, manifest, service_worker
from web_map.page import HTML_LANG

ABSENT = r"Failed to load resource: (net::ERR_|the server responded with a status of 503)"


def served():
    return running_service(ApiSettings(), clock=lambda: NOW, holder=held(toy_city()))


def kept_visit(new_page, url, lang, screen):
    """A first visit, until everything for the time without a network is on the phone."""
    page = new_page(tolerates=ABSENT, geolocation=HERE, permissions=["geolocation"], **screen)
    page.clock.set_fixed_time(NOW)
    page.goto(f"{url}/?lang={lang}")
    page.locator("#offline-note", has_text=re.compile("手机上已有|are on your phone")).wait_for()
    return page


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "screen"), [("zh", PHONE), ("en", DESK)], ids=["phone", "desk"])
def test_after_one_visit_the_page_reloads_lists_and_searches_without_a_server(new_page, lang, screen):
    with served() as client:
        page = kept_visit(new_page, str(client.base_url).rstrip("/"), lang, screen)
    page.reload()
    page.locator("#demo-banner").wait_for(state="visible")
    found(page)
    assert said(page, {"zh": "网络不通", "en": "No connection"}[lang])
    assert names(page)[0] == "近处驿站"
    assert page.locator(".estimate").count() == len(names(page))
    assert page.locator(".card", has_text="办公驿站").locator(".opening").inner_text().startswith(
        {"zh": "到达时开放，至 17:00", "en": "Open on arrival, until 17:00"}[lang]
    )  # fmt: skip
    page.locator(".pin").first.wait_for()
    page.locator(".area-name", has_text={"zh": "西区", "en": "West"}[lang]).wait_for(state="attached")
    assert axe_violations(page, seven_to_one=True) == []

    page.locator("[data-chip=open]").click()
    page.locator("[data-chip=water_hot]").click()
    page.wait_for_function("() => document.querySelectorAll('.card').length === 1")
    page.locator("#where").fill("西南")
    page.locator("[role=option]").first.click()
    page.locator("#status", has_text=re.compile("网络不通|No connection")).wait_for()

    page.locator("[data-act=report]").first.click()
    page.locator("[data-report=good_confirm]").click()
    page.locator("#sheet-note", has_text=re.compile("已存在手机上|Kept on your phone")).wait_for()
    page.keyboard.press("Escape")
    page.locator("#language").click()  # the other language was kept too
    page.wait_for_function("lang => document.documentElement.lang !== lang", arg=HTML_LANG[lang])
    assert page.evaluate("JSON.parse(localStorage.getItem('yiquan.reports')).length") == 1


@pytest.mark.browser
def test_a_changed_page_comes_at_once_and_its_worker_takes_over(new_page, monkeypatch):
    with served() as client:
        url = str(client.base_url).rstrip("/")
        page = kept_visit(new_page, url, "zh", PHONE)
        body, policy = pages_router.rider_page("zh")
        changed = body.replace("找最近的驿站</span>".encode(), "换了新页面</span>".encode())
        monkeypatch.setattr(pages_router, "rider_page", lambda lang: (changed, policy))
        newer = service_worker().replace(b'VERSION = "', b'VERSION = "newer')
        monkeypatch.setattr(pages_router, "service_worker", lambda: newer)
        page.evaluate("navigator.serviceWorker.getRegistration().then(it => it.update()).then(() => null)")
        page.locator("#updated").wait_for(state="visible")
        assert axe_violations(page, seven_to_one=True) == []
        page.locator("#reload").click()
        page.get_by_text("换了新页面").wait_for(state="attached")
        kept = page.evaluate("caches.keys()")
        assert sorted(kept) == sorted(["yiquan-facts", kept[0] if "newer" in kept[0] else kept[-1]])
    page.reload()
    page.get_by_text("换了新页面").wait_for(state="attached")


@pytest.mark.browser
def test_without_workers_the_list_of_stations_is_kept_all_the_same(new_page):
    with served() as client:
        page = new_page(tolerates=ABSENT, geolocation=HERE, permissions=["geolocation"], **PHONE)
        page.add_init_script("delete Navigator.prototype.serviceWorker")
        page.clock.set_fixed_time(NOW)
        page.goto(f"{str(client.base_url).rstrip('/')}/?lang=zh")
        page.locator("#offline-note", has_text="手机上已有").wait_for()
        page.evaluate("Rider.stations = null")
    found(page)
    said(page, "网络不通")
    assert names(page)[0] == "近处驿站"


def test_the_worker_names_what_it_keeps_and_changes_with_it():
    lines = dict(re.findall(r"^const ([A-Z]+) = (.*);$", service_worker().decode(), re.MULTILINE))
    assert json.loads(lines["PAGES"]) == ["/?lang=zh", "/?lang=en"]
    assert json.loads(lines["FACTS"]) == list(FACTS)
    for path in json.loads(lines["FILES"]):
        assert assets.lookup(path.removeprefix(assets.PREFIX)).immutable
    assert re.fullmatch(r"[0-9a-f]{16}", json.loads(lines["VERSION"]))


def test_the_worker_may_ask_the_origin_and_a_kept_answer_keeps_its_policy():
    with served() as client:
        answer = client.get("/sw.js")
        assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
        assert answer.headers["cache-control"] == "no-cache"
        again = client.get("/sw.js", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["content-security-policy"]) == (
            304,
            answer.headers["content-security-policy"],
        )


@pytest.mark.parametrize("lang", HTML_LANG)
def test_the_manifest_is_what_phones_ask_for_to_install_a_page(lang):
    described = json.loads(manifest(lang))
    assert described["lang"] == HTML_LANG[lang]
    assert {"192x192", "512x512", "any"} == {icon["sizes"] for icon in described["icons"]}
    assert "maskable" in {icon["purpose"] for icon in described["icons"]}
    for icon in described["icons"]:
        assert assets.lookup(icon["src"].removeprefix(assets.PREFIX)).media_type == icon["type"]
    assert described["start_url"].startswith(described["scope"])
    with served() as client:
        answer = client.get(f"/manifest.webmanifest?lang={lang}")
        assert answer.headers["content-type"] == "application/manifest+json"
        assert answer.json() == described
