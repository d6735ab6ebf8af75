"""The documentation of the API for people: every operation with an example, and how programs are pointed at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from web_map.browse import Visit
from web_map.figure import policy
from web_map.page import ENVIRONMENT


def reference_page(
    visit: Visit, *, base: str, sections: Sequence[tuple[str, str, Sequence[Any]]], snippets: Sequence[tuple[str, str]]
) -> tuple[bytes, str]:
    """
    A page with its Content-Security-Policy. No script, nothing inline.

    Parameters
    ----------
    sections
        Id, heading and operations of every part; an operation has `method`, `path`, `words`, `address`, `curl`.
    snippets
        Names of programs and what to write in them.
    """
    page = ENVIRONMENT.get_template("reference.html").render(
        **visit.frame(),
        base=base,
        sections=sections,
        snippets=snippets,
    )
    return page.encode("utf-8"), policy()
