"""
Pages in a real browser: Debian's Chromium, driven by Playwright.

Two things fail a test by themselves, whatever it looks at: a message on the console that is an error, and a request
that leaves the origin of the page. `new_page` makes pages that are watched for both, `page` is one with nothing
special about it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A browser in a container, that asks nobody but the page's own origin."""

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
"""Options for `new_page`: a telephone as riders have it."""

NewPage = Callable[..., "Page"]


def browser_program() -> str:
    """Path of the browser; without one the test is skipped with the reason, in CI it fails."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        skip_or_fail("no browser is here (Debian: apt-get install chromium)")
    return found


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test that cannot run here, or fail it in CI, where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Watch:
    """
    What must not happen on a page: console errors, uncaught exceptions, requests to other origins.

    `tolerates` is a pattern of what the console may say, for tests that take the network or the server away.
    """

    def __init__(self, tolerates: str = r"(?!)") -> None:
        self.offences: list[str] = []
        self._tolerated = re.compile(tolerates)
        self._origin: str | None = None

    def attach(self, page: Page) -> None:
        """Watch a page from its first request on, which tells its origin."""
        page.on("console", lambda message: message.type == "error" and self._note("console", message.text))
        page.on("pageerror", lambda error: self._note("uncaught", str(error)))
        page.on("request", self._see)

    def _note(self, kind: str, words: str) -> None:
        if not self._tolerated.search(words):
            self.offences.append(f"{kind}: {words}")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"http", "https", "ws", "wss"}:
            return  # data:, blob: and about: stay in the page
        self._origin = self._origin or address.netloc
        if address.netloc != self._origin:
            self._note("left the origin", request.url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session."""
    from playwright.sync_api import sync_playwright

    program = browser_program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


CONTEXTS = pytest.StashKey[list["BrowserContext"]]()
"""Contexts that `new_page` has made for a test."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Close a test's pages before the fixtures that serve them: a page that loses its server complains of it."""
    try:
        return (yield)
    finally:
        for context in item.stash.get(CONTEXTS, []):
            context.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """
    Make watched pages with options of a browser context, such as `viewport=…`, `geolocation=…`, `locale="en"`.

    `tolerates=…` is a pattern of what the console may say.
    """
    watches: list[Watch] = []
    contexts = request.node.stash.setdefault(CONTEXTS, [])

    def make(*, tolerates: str = r"(?!)", **options: Any) -> Page:
        chosen = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(**chosen)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(tolerates))
        watches[-1].attach(page)
        return page

    yield make
    for context in contexts:
        context.close()
    offences = [offence for watch in watches for offence in watch.offences]
    assert offences == [], offences


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A watched page of a desktop browser in Chinese."""
    return new_page()
