"""
Take README's pictures of the real pages: `python -m benchmarks.pictures http://127.0.0.1:8000`.

The service must be running with the demo city (`python3 run.py demo`). The position is given to the browser, the clock
is the machine's.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

from tests.support.browser import FLAGS, PHONE, browser_program

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
HERE = {"longitude": 120.3826, "latitude": 36.0671}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
SIZES: dict[str, dict[str, Any]] = {"390": {**PHONE, "device_scale_factor": 1}, "1440": DESKTOP}
SETTLE_MS = 2500
"""How long (in milliseconds) tiles fade in after the last answer has come."""


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the address below the service's, what a person taps, what to wait for and scroll to."""

    name: str
    path: str
    taps: tuple[str, ...] = ()
    scroll: str | None = None


SHOTS = (
    Shot("rider", "/?lang={lang}", ("#find",)),
    Shot("station", "/s/{code}?lang={lang}"),
    Shot("planner", "/planner?lang={lang}#m=walk&t=10"),
    Shot("measures", "/planner?lang={lang}#m=walk&t=10", ("#tab-measures",), "#tab-measures"),
    Shot("trial", "/planner?lang={lang}#m=walk&t=10&v=120.38,36.08,14", ("#trial-start", "#trial-middle"), "#trial"),
    Shot("site", "/planner?lang={lang}#m=walk&t=10", ("#site-start", "#site-ask"), "#site-answer .site-headline"),
)
"""What README shows. The planner's address has a question in it, so no tour is offered."""


def main() -> None:
    """Take every picture at both sizes in both languages."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    FOLDER.mkdir(parents=True, exist_ok=True)
    code = a_station(address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=FLAGS)
        for size, options in SIZES.items():
            for lang in ("zh", "en"):
                for shot in SHOTS:
                    path = shot.path.format(lang=lang, code=quote(code))
                    take(browser, shot, address + path, options, FOLDER / f"{shot.name}-{size}-{lang}.png")
        browser.close()


def a_station(address: str) -> str:
    """The code of the union station with the most to say."""
    with urlopen(f"{address}/stations.json") as answer:
        stations = json.load(answer)
    rows = zip(stations["type"], stations["status"], stations["available"], strict=True)
    has = [len(words) if (kind, status) == ("union_station", "active") else -1 for kind, status, words in rows]
    return str(stations["code"][has.index(max(has))])


def take(browser: Browser, shot: Shot, address: str, options: dict[str, Any], file: Path) -> None:
    """Open a page, tap what a person would, wait until it is quiet, and keep what is to be seen."""
    settings: dict[str, Any] = {
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "geolocation": HERE,
        "permissions": ["geolocation"],
    }
    context = browser.new_context(**(settings | options))
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    for tap in shot.taps:
        page.click(tap)
        page.wait_for_load_state("networkidle")
    if shot.scroll:
        page.locator(shot.scroll).evaluate("element => element.scrollIntoView()")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(file))
    context.close()
    print(file.name)


if __name__ == "__main__":
    main()
