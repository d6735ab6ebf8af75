"""
From a click on the planner's map to the changed cells painted: the network's answer, not an estimate, in one exchange.

The page measures itself (`yiquan.trial`): from the click through the question, the answer on every street concerned and
the figures of the whole city, to the frame that shows the changed cells.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.pages import WAIT_S, Network, slowed_page, verdict
from benchmarks.planner_page import DESK
from benchmarks.timing import Row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAINTED_WITHIN_MS = 200
CLICKS = 12
VIEWS = {
    "walk, cells of resolution 10": "#m=walk&t=10&v=120.385,36.085,14",
    "e-bike": "#m=ebike&t=10&v=120.385,36.085,13",
}
NETWORKS = (Network("unthrottled", -1, 0, 1), Network("20 Mbps/20 ms", 20_000, 20, 1))


def trial_rows(browser: Browser, address: str) -> Iterator[Row | str]:
    """Rows of the what-if: a dozen stations put on the map one after the other, in both modes."""
    for name, hash_ in VIEWS.items():
        for network in NETWORKS:
            painted_ms = clicks_ms(browser, f"{address}/planner?lang=zh{hash_}", network)
            median_ms, worst_ms = statistics.median(painted_ms), max(painted_ms)
            yield Row(f"planner: what if, {name}: click to painted", network.name, "yiquan", median_ms, median_ms)
            yield (
                f"what if, {name}, {network.name}: click to painted {median_ms:.0f} ms, worst of {CLICKS} "
                f"{worst_ms:.0f} ms (budget {PAINTED_WITHIN_MS} ms: {verdict(median_ms <= PAINTED_WITHIN_MS)})"
            )


def clicks_ms(browser: Browser, url: str, network: Network) -> list[float]:
    """How long each of some clicks took until its cells were painted; every click adds to those before it."""
    with slowed_page(browser, network, DESK) as (page, _, _):
        page.goto(url, wait_until="commit")
        page.locator("#parts .part").first.wait_for(timeout=1000 * WAIT_S)
        for shown in ("#show-facilities", "#show-gaps"):  # a click on one of their pins would open it
            page.locator(shown).uncheck()
        page.locator("#trial-start").click()
        page.locator("#trial-middle").wait_for()
        box = page.locator("#map_main").bounding_box()
        assert box is not None
        for click in range(CLICKS):
            # a walk over the free part of the map, so that no click meets the legend or another pin
            x, y = 0.12 + 0.045 * click, 0.35 + 0.4 * (click * 5 % 7) / 7
            page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
            until_painted(page, click + 1)
        return [
            float(one) for one in page.evaluate("performance.getEntriesByName('yiquan.trial').map(e => e.duration)")
        ]


def until_painted(page: Page, count: int) -> None:
    """Wait until so many answers have been painted; raises TimeoutError."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if page.evaluate("performance.getEntriesByName('yiquan.trial').length") >= count:
            return
        page.wait_for_timeout(40)
    raise TimeoutError(f"the cells after change {count} were not painted within {WAIT_S} s")
