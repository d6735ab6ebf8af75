"""
The two pages. Each is the same bytes for everybody in one language: no register text, no data, no random id.

What changes comes as JSON and is set as text, so a page can be cached, its policy cannot bless what somebody typed
into a register, and an outage of the database never shows here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import folium
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from geo.errors import InputError
from web_map import assets
from web_map.figure import LatticeLayer, LocalFigure, RenderedPage, policy

Language = Literal["zh", "en"]

HTML_LANG: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}
"""What stands in `<html lang>`."""

_FOLDER = Path(__file__).parent
_ENVIRONMENT = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
_WORLD_OF_CHINA = (35.0, 105.0)


class UnknownLanguageError(InputError):
    """A language the pages do not speak."""

    def __init__(self, lang: str) -> None:
        super().__init__(f"The pages speak {' and '.join(HTML_LANG)}, not {lang!r}.")


@lru_cache(maxsize=len(HTML_LANG))
def rider_page(lang: Language) -> tuple[bytes, str]:
    """The rider's page in a language, with its Content-Security-Policy; raises UnknownLanguageError."""
    page = _ENVIRONMENT.get_template("rider.html").render(**_frame_values(lang, "rider"))
    return page.encode("utf-8"), policy()


@lru_cache(maxsize=len(HTML_LANG))
def planner_page(lang: Language) -> tuple[bytes, str]:
    """The planner's page in a language, with its Content-Security-Policy; raises UnknownLanguageError."""
    figure = LocalFigure(_ENVIRONMENT.get_template("planner.html"), **_frame_values(lang, "planner"))
    figure.add_child(planner_map())
    rendered: RenderedPage = figure.rendered()
    return rendered.html, rendered.csp


def planner_map() -> folium.Map:
    """
    The planner's map with its empty cell layer; the page's script fills it.

    Ids are fixed, because random ones would change the page and its policy at every start. The map opens on the
    country and moves to the city as soon as the page knows where that is.
    """
    chart = folium.Map(
        location=_WORLD_OF_CHINA,
        zoom_start=4,
        tiles=None,
        zoom_control=False,
        prefer_canvas=True,
        maxZoom=18,
        minZoom=4,
    )
    chart._id = "main"
    cells = LatticeLayer(name="cells")
    cells._id = "cells"
    cells.add_to(chart)
    return chart


@lru_cache(maxsize=len(HTML_LANG))
def texts(lang: str) -> dict[str, str]:
    """Every text of the pages in a language; raises UnknownLanguageError."""
    if lang not in HTML_LANG:
        raise UnknownLanguageError(lang)
    families = sorted((_FOLDER / "text" / lang).glob("*.json"))
    return {key: text for family in families for key, text in json.loads(family.read_text("utf-8")).items()}


@lru_cache(maxsize=1)
def _texts_in_scripts() -> frozenset[str]:
    """Keys that the scripts use; the others are in the page already and need not travel twice."""
    parts = [part for parts in assets.BUNDLES.values() for part in parts if part.endswith(".js")]
    scripts = "".join((assets.FOLDER / part).read_text("utf-8") for part in parts)
    return frozenset(re.findall(r"""\bt\("([a-z_.]+)\"""", scripts))


def _frame_values(lang: str, page: str) -> dict[str, object]:
    words = texts(lang)
    other = next(one for one in HTML_LANG if one != lang)
    wanted = {
        key: text for key, text in words.items() if key.split(".")[0] in ("common", page) and key in _texts_in_scripts()
    }
    return {
        "t": words.__getitem__,
        "asset": assets.url,
        "lang": lang,
        "html_lang": HTML_LANG[lang],
        "other_lang": other,
        "other_html_lang": HTML_LANG[other],
        "page_data": _script_json({"lang": lang, "texts": wanted}),
    }


def _script_json(value: object) -> Markup:
    """JSON that can stand inside a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
