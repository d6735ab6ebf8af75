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
from geo.places import vocabulary
from web_map import assets
from web_map.figure import LatticeLayer, LocalFigure, RenderedPage, policy

Language = Literal["zh", "en"]

HTML_LANG: Mapping[str, str] = {"zh": "zh-CN", "en": "en"}
"""What stands in `<html lang>`."""

LATER_FILES = ("vendor/leaflet/leaflet.css", "rider_map.css", "vendor/leaflet/leaflet.js", "rider_map.js")
"""What the rider's page loads when its list is there: style sheets first, scripts in the order they run."""

_FOLDER = Path(__file__).parent
ENVIRONMENT = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
_WORLD_OF_CHINA = (35.0, 105.0)
_ON_CARDS = {
    "facility_types": vocabulary.FACILITY_TYPES,
    "amenities": vocabulary.AMENITIES,
    "services": vocabulary.SERVICES,
    "entry_methods": vocabulary.ENTRY_METHODS,
    "first_use_needs": vocabulary.FIRST_USE_NEEDS,
    "user_groups": vocabulary.USER_GROUPS,
    "attended": vocabulary.ATTENDED,
    "bike_parking": vocabulary.BIKE_PARKING,
}
"""The tables whose codes stand on a rider's card."""


_FAMILIES = {"planner": ("planner", "tour"), "rider": ("rider", "wish")}
"""Families of texts that the scripts of a page use, where they are more than one."""


class UnknownLanguageError(InputError):
    """A language the pages do not speak."""

    def __init__(self, lang: str) -> None:
        super().__init__(f"The pages speak {' and '.join(HTML_LANG)}, not {lang!r}.")


@lru_cache(maxsize=len(HTML_LANG))
def rider_page(lang: Language) -> tuple[bytes, str]:
    """
    The rider's page in a language, with its Content-Security-Policy; raises UnknownLanguageError.

    Its style and the names of codes travel inside it, and Leaflet comes after the list: on a slow network every file
    that must be there before the first answer costs a round trip.
    """
    boot, style = assets.text("boot.js"), assets.text("rider.css")
    later = {"files": [assets.url(name) for name in LATER_FILES], "basemap": assets.url("basemap.js")}
    values = frame_values(lang, "rider", words=_names_of_codes(lang), **later)
    page = ENVIRONMENT.get_template("rider.html").render(**values, boot=Markup(boot), style=Markup(style))
    return page.encode("utf-8"), policy([boot], [style])


@lru_cache(maxsize=len(HTML_LANG))
def planner_page(lang: Language) -> tuple[bytes, str]:
    """
    The planner's page in a language, with its Content-Security-Policy; raises UnknownLanguageError.

    It carries its style, Leaflet and its scripts inside itself, and the first script in its head asks for the city, the
    figures and the cells: on a slow network the page is still coming while they are on their way, and nothing that a
    planner waits for is asked for by something else that had to come first. The browser keeps the page whole and asks
    whether it is still the same.
    """
    figure = LocalFigure(
        ENVIRONMENT.get_template("planner.html"),
        early=assets.text("early.js"),
        own=("planner.css", "planner.js"),
        **frame_values(lang, "planner"),
    )
    figure.add_child(planner_map())
    rendered: RenderedPage = figure.rendered()
    return rendered.html, rendered.csp


def planner_map() -> folium.Map:
    """
    The planner's map with its empty cell layer; the page's script fills it.

    Ids are fixed, because random ones would change the page and its policy at every start. The map opens on the
    country and moves to the city as soon as the page knows where that is; the layer is put on it there, or the country
    would be covered with tiles first.
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
    cells = LatticeLayer(name="cells", show=False)
    cells._id = "cells"
    cells.add_to(chart)
    return chart


def require_language(lang: str) -> None:
    """Raise `UnknownLanguageError` for a language the pages do not speak."""
    if lang not in HTML_LANG:
        raise UnknownLanguageError(lang)


@lru_cache(maxsize=len(HTML_LANG))
def texts(lang: str) -> dict[str, str]:
    """Every text of the pages in a language; raises UnknownLanguageError."""
    require_language(lang)
    families = sorted((_FOLDER / "text" / lang).glob("*.json"))
    return {key: text for family in families for key, text in json.loads(family.read_text("utf-8")).items()}


@lru_cache(maxsize=1)
def _texts_in_scripts() -> frozenset[str]:
    """Keys that the scripts use; the others are in the page already and need not travel twice."""
    parts = [part for parts in assets.BUNDLES.values() for part in parts if part.endswith(".js")]
    scripts = "".join((assets.FOLDER / part).read_text("utf-8") for part in parts)
    return frozenset(re.findall(r"""\bt\("([a-z_.]+)\"""", scripts))


def _names_of_codes(lang: str) -> dict[str, dict[str, str]]:
    """What the codes on a card mean, in one language; raises UnknownLanguageError."""
    require_language(lang)
    return {name: {term.code: getattr(term, lang) for term in table} for name, table in _ON_CARDS.items()}


def frame_values(lang: str, page: str, **data: object) -> dict[str, object]:
    """What a template is filled with; `data` reaches the page's script beside its texts."""
    words = texts(lang)
    other = next(one for one in HTML_LANG if one != lang)
    wanted = {
        key: text
        for key, text in words.items()
        if key.split(".")[0] in ("common", *_FAMILIES.get(page, (page,))) and key in _texts_in_scripts()
    }
    return {
        "t": words.__getitem__,
        "asset": assets.url,
        "lang": lang,
        "html_lang": HTML_LANG[lang],
        "other_lang": other,
        "other_html_lang": HTML_LANG[other],
        "page_data": script_json({"lang": lang, "texts": wanted, **data}),
    }


def script_json(value: object) -> Markup:
    """JSON that can stand inside a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
