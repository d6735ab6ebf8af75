"""
Take README's pictures of the real pages: `python -m benchmarks.pictures http://127.0.0.1:8000`.

The service must be running with the demo city (`python3 run.py demo`). The position is given to the browser, the clock
is the machine's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.support.browser import FLAGS, PHONE, browser_program

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
HERE = {"longitude": 120.3826, "latitude": 36.0671}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
SIZES = {"390": {**PHONE, "device_scale_factor": 1}, "1440": DESKTOP}
SETTLE_MS = 2500
"""How long (in milliseconds) tiles fade in after the last answer has come."""


def main() -> None:
    """Take every picture at both sizes in both languages."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=FLAGS)
        for size, options in SIZES.items():
            for lang in ("zh", "en"):
                take(browser, f"{address}/?lang={lang}", options, FOLDER / f"rider-{size}-{lang}.png", tap="#find")
                planner = f"{address}/planner?lang={lang}"
                take(browser, planner, options, FOLDER / f"planner-{size}-{lang}.png")
                take(
                    browser, planner, options, FOLDER / f"measures-{size}-{lang}.png", tap="#tab-measures", scroll=True
                )
        browser.close()


def take(
    browser: Browser, address: str, options: dict[str, object], file: Path, *, tap: str = "", scroll: bool = False
) -> None:
    """Open a page, tap what a person would, wait until it is quiet, and keep what is to be seen."""
    settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "geolocation": HERE, "permissions": ["geolocation"]}
    context = browser.new_context(**{**settings, **options})
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    if tap:
        page.click(tap)
        page.wait_for_load_state("networkidle")
    if scroll:
        page.locator(tap).evaluate("element => element.scrollIntoView()")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(file))
    context.close()
    print(file.name)


if __name__ == "__main__":
    main()
