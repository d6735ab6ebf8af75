"""The watch over pages sees what it is there to see."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.support.browser import NewPage, Watch

pytestmark = pytest.mark.browser

PAGES = {
    "/good": "<!doctype html><html lang=zh><link rel=icon href='data:,'><title>驿圈</title><p>附近驿站</p>",
    "/noisy": "<!doctype html><link rel=icon href='data:,'><script>console.error('坏了')</script>",
    "/broken": "<!doctype html><link rel=icon href='data:,'><script>missing()</script>",
    "/leaving": "<!doctype html><link rel=icon href='data:,'><img src='http://other.invalid/tile.png'>",
}


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES[self.path].encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_good_page_is_in_chinese_and_passes(page, site):
    page.goto(f"{site}/good")
    assert page.inner_text("p") == "附近驿站"
    assert page.evaluate("navigator.language") == "zh-CN"


@pytest.mark.parametrize(
    ("path", "offence"),
    [
        ("/noisy", "console: 坏了"),
        ("/broken", "uncaught: missing"),
        ("/leaving", "left the origin: http://other.invalid/"),
    ],
)
def test_an_offence_is_noted(browser, site, path, offence):
    watch = Watch()
    page = browser.new_page()
    watch.attach(page)
    page.goto(f"{site}{path}")
    page.close()
    assert any(found.startswith(offence) for found in watch.offences)


def test_pages_of_one_test_may_differ(new_page: NewPage, site):
    for locale in ("zh-CN", "en-GB"):
        page = new_page(locale=locale)
        page.goto(f"{site}/good")
        assert page.evaluate("navigator.language") == locale
