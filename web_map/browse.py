"""
Pages for people who look at the data with a browser: a title, links, a table. No script, nothing inline.

The same values as the JSON beside them; everything that came from a register is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web_map import assets
from web_map.figure import policy
from web_map.page import ENVIRONMENT, HTML_LANG, texts


def browse_page(
    lang: str,
    *,
    title: str,
    description: str,
    trail: Sequence[tuple[str, str]],
    links: Sequence[Mapping[str, Any]],
    headings: Sequence[str] = (),
    rows: Sequence[Sequence[Any]] = (),
    note: str = "",
) -> tuple[bytes, str]:
    """
    A page with its Content-Security-Policy.

    Parameters
    ----------
    trail
        Titles and addresses of the pages above.
    links
        Objects with `href`, `rel`, `title`.
    headings, rows
        The table; a cell that is a pair is a title and an address.
    """
    words = texts(lang)
    page = ENVIRONMENT.get_template("browse.html").render(
        t=words.__getitem__,
        asset=assets.url,
        lang=lang,
        html_lang=HTML_LANG[lang],
        title=title,
        description=description,
        trail=trail,
        links=links,
        headings=headings,
        rows=rows,
        note=note,
    )
    return page.encode("utf-8"), policy()
