"""
axe-core 4.14.1 looks over pages (npm package `axe-core`, MPL-2.0, unchanged; the licences lie beside it).

It runs inside the page through the debugger, which a page's Content-Security-Policy does not concern, and sees what a
screen reader would: call it again in every state of a page.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PINNED = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""SHA-256 of the file as it was published."""

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""The rules that are run: WCAG 2.2 to level AA, and what is good practice beyond it."""

SEVEN_TO_ONE = "color-contrast-enhanced"
"""The rule for contrast of 7:1, which pages for use in the sun are held to besides."""

NOT_PROMISED = ("identical-links-same-purpose", "meta-refresh-no-exceptions")

RUN = """
(asked) => axe.run(document, asked).then(found => found.violations.flatMap(rule =>
  rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}: ${node.any.concat(node.all, node.none)
    .map(check => check.message).join('; ')}`)))
"""


@cache
def source() -> str:
    """The script, as it was published; anything else is refused."""
    body = (Path(__file__).parent / "axe.min.js").read_bytes()
    assert hashlib.sha256(body).hexdigest() == PINNED, "axe.min.js is not the file that was pinned; restore it"
    return body.decode("utf-8")


FADED_IN = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect && Number.isFinite(one.effect.getComputedTiming().endTime))
  .map((one) => one.finished.catch(() => null)))"""
"""Waits for what comes and goes: half faded in, a popup has no contrast yet. What turns for ever is not waited for."""


def axe_violations(page: Page, *, seven_to_one: bool = False) -> list[str]:
    """
    What breaks a rule on a page as it is now, one line per element: rule, where, why.

    `seven_to_one` asks for contrast of 7:1 where 4.5:1 would do.
    """
    page.evaluate(FADED_IN)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(source())
    # Level AAA has rules beyond contrast, which nothing here promises.
    rules = {SEVEN_TO_ONE: {"enabled": seven_to_one}} | {key: {"enabled": False} for key in NOT_PROMISED}
    asked = {"runOnly": {"type": "tag", "values": TAGS + (("wcag2aaa",) if seven_to_one else ())}, "rules": rules}
    found: list[str] = page.evaluate(RUN, asked)
    return found
