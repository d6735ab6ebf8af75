"""
How soon a page is of use, and what it weighs: the real pages in the real browser, on networks as people have them.

The network and the processor are slowed by the browser itself (its DevTools protocol), and bytes are what came over
the wire (`encodedDataLength`, headers included). Every visit is a first one: nothing is kept from the visit before.
Moments are the page's own marks: `yiquan.ready` when a tap is answered, `yiquan.list` when the first cards stand.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from api.server import address_of, listen
from benchmarks.timing import Row
from tests.support.browser import BROWSERS, FLAGS, PHONE, browser_program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

REPEATS = 5
HERE = {"longitude": 120.3826, "latitude": 36.0671}
RIDER = {**PHONE, "geolocation": HERE, "permissions": ["geolocation"]}
"""Options of a browser context: a rider's telephone that knows where it is."""
WAIT_S = 60
"""How long (in seconds) anything may take before the measurement gives up."""

MADE_WITHIN_S = 900
"""How long (in seconds) the demo city may take where it is not there yet."""

ASKED_EVERY_MS = 150
"""How long (in milliseconds) between two looks for a mark: a page of a slowed processor feels every one of them."""

QUIET_S = 0.6
"""So long (in seconds) nothing may be asked for a page to count as loaded; below the page's own pause."""

RIDER_KB, RIDER_REQUESTS = 110, 12
"""What the rider's page may weigh with its list and its map."""


@dataclass(frozen=True)
class Network:
    """A network and a processor: kilobits and milliseconds as the names of networks say them, and how much slower."""

    name: str
    kbps: float
    latency_ms: float
    slowdown: int
    list_within_s: float | None = None


NETWORKS = (
    Network("unthrottled", -1, 0, 1),
    Network("3G 1.6 Mbps/150 ms, CPU ÷4", 1600, 150, 4, list_within_s=2.0),
    Network("400 kbps/400 ms, CPU ÷4", 400, 400, 4, list_within_s=4.5),
)


@dataclass
class Traffic:
    """What came over the wire for one page."""

    requests: int = 0
    bytes: int = 0
    under_way: set[str] = field(default_factory=set)
    last_at: float = field(default_factory=time.monotonic)

    def watch(self, session: CDPSession) -> None:
        """Count from now on."""
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)
        session.on("Network.loadingFailed", self._ended)

    def _asked(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.requests += 1
            self.under_way.add(event["requestId"])

    def _came(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]
        self._ended(event)

    def _ended(self, event: dict[str, Any]) -> None:
        self.under_way.discard(event["requestId"])
        self.last_at = time.monotonic()


@dataclass(frozen=True)
class Visit:
    """One first visit: moments in milliseconds since it began, processor time of the page, and its traffic."""

    ready_ms: float
    list_ms: float
    tap_ms: float
    cpu_ms: float
    traffic: Traffic
    list_bytes: int


def rows() -> Iterator[Row | str]:
    """Rows of `python -m benchmarks pages`."""
    if not any(map(shutil.which, BROWSERS)):
        yield "pages are left out: no browser is here (Debian: apt-get install chromium)"
        return
    from playwright.sync_api import sync_playwright

    with demo_service() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=FLAGS)
        rider_visit(browser, address, NETWORKS[0])  # the server's first answers are made, not kept
        for network in NETWORKS:
            yield from rider_rows(browser, address, network)
        yield from import_module("benchmarks.planner_page").planner_rows(browser, address)
        yield from import_module("benchmarks.trial_page").trial_rows(browser, address)
        browser.close()


def rider_rows(browser: Browser, address: str, network: Network) -> Iterator[Row | str]:
    """The rider's page on one network: by link with a position, and by one tap."""
    visits = [rider_visit(browser, address, network) for _ in range(REPEATS)]

    def median(name: str) -> float:
        return float(statistics.median(getattr(visit, name) for visit in visits))

    for work, name in (
        ("rider: a tap is answered", "ready_ms"),
        ("rider: list by a link with a position", "list_ms"),
        ("rider: from the tap to the list", "tap_ms"),
    ):
        yield Row(work, network.name, "yiquan", median("cpu_ms"), median(name))
    kb = statistics.median(visit.traffic.bytes for visit in visits) / 1000
    requests = max(visit.traffic.requests for visit in visits)
    yield (
        f"rider, {network.name}: {kb:.1f} kB in {requests} requests with list and map "
        f"(budget {RIDER_KB} kB in {RIDER_REQUESTS}: {verdict(kb <= RIDER_KB and requests <= RIDER_REQUESTS)}), "
        f"of them {statistics.median(visit.list_bytes for visit in visits) / 1000:.1f} kB until the list"
    )
    if network.list_within_s is not None:
        list_s = max(median("list_ms"), median("ready_ms") + median("tap_ms")) / 1000
        yield (
            f"rider, {network.name}: list usable after {list_s:.2f} s "
            f"(budget {network.list_within_s} s: {verdict(list_s <= network.list_within_s)})"
        )


def rider_visit(browser: Browser, address: str, network: Network) -> Visit:
    """One visit by link and one by tap, each in a browser that knows nothing yet."""
    with slowed_page(browser, network, RIDER) as (page, session, traffic):
        page.goto(f"{address}/?lang=zh&at={HERE['longitude']},{HERE['latitude']}", wait_until="commit")
        list_ms = mark_ms(page, "yiquan.list")
        list_bytes = traffic.bytes
        until_quiet(page, traffic)
        cpu_ms = 1000 * metric(session, "TaskDuration")
    with slowed_page(browser, network, RIDER) as (page, session, _):
        page.goto(f"{address}/?lang=zh", wait_until="commit")
        ready_ms = mark_ms(page, "yiquan.ready")
        tapped_ms = page.evaluate(
            "() => { const at = performance.now(); document.getElementById('find').click(); return at; }"
        )
        tap_ms = mark_ms(page, "yiquan.list") - tapped_ms
    return Visit(ready_ms, list_ms, tap_ms, cpu_ms, traffic, list_bytes)


@contextmanager
def slowed_page(
    browser: Browser, network: Network, options: Mapping[str, Any]
) -> Iterator[tuple[Page, CDPSession, Traffic]]:
    """A page on a network, with its traffic, by options of a browser context; nothing is kept from any other page."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    page = context.new_page()
    session, traffic = context.new_cdp_session(page), Traffic()
    session.send("Network.enable")
    session.send("Performance.enable")
    throughput = network.kbps * 1000 / 8 if network.kbps > 0 else -1
    slow = {"offline": False, "latency": network.latency_ms, "downloadThroughput": throughput}
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": throughput})
    session.send("Emulation.setCPUThrottlingRate", {"rate": network.slowdown})
    traffic.watch(session)
    yield page, session, traffic
    context.close()


def mark_ms(page: Page, name: str) -> float:
    """When the page made a mark, in milliseconds since the visit began."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        at = page.evaluate("name => performance.getEntriesByName(name).map(mark => mark.startTime)", name)
        if at:
            return float(at[0])
        page.wait_for_timeout(ASKED_EVERY_MS)
    raise TimeoutError(f"the page made no mark {name} within {WAIT_S} s")


def until_quiet(page: Page, traffic: Traffic) -> None:
    """Wait until the list's map is there and nothing has come for a while."""
    page.locator(".pin").first.wait_for(state="attached", timeout=1000 * WAIT_S)
    while traffic.under_way or time.monotonic() - traffic.last_at < QUIET_S:
        page.wait_for_timeout(50)


def metric(session: CDPSession, name: str) -> float:
    """One of the browser's own figures of a page, in seconds."""
    figures = session.send("Performance.getMetrics")["metrics"]
    return float(next(figure["value"] for figure in figures if figure["name"] == name))


def verdict(is_met: bool) -> str:
    """In a word."""
    return "met" if is_met else "MISSED"


@contextmanager
def demo_service() -> Iterator[str]:
    """The demo city served by a process of its own, as `yiquan demo` does; made first where it is not there."""
    probe = listen("127.0.0.1", 0)
    address, port = address_of(probe), probe.getsockname()[1]
    probe.close()
    command = [str(Path(sys.executable).with_name("yiquan")), "demo", "--port", str(port)]
    served = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + MADE_WITHIN_S
        while not is_ready(address):
            if served.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{' '.join(command)} ended or took too long; run it by itself to see why")
            time.sleep(0.5)
        yield address
    finally:
        served.terminate()
        served.wait(timeout=30)


def is_ready(address: str) -> bool:
    """Whether a service answers from facts."""
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
