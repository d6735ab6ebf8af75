"""
Pages for people who look at the data with a browser: a title, links, a table. No script, nothing inline.

The same values as the JSON beside them, codes by their names; everything that came from a register is escaped by the
template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from geo.features.table import Column
from geo.places import vocabulary
from geo.services.collections import Collection
from web_map import assets
from web_map.figure import policy
from web_map.page import ENVIRONMENT, HTML_LANG, texts

Cell = str | int | float | tuple[str, str] | None
"""What stands in a table; a pair is a title and the address it leads to."""

_NAMED_CODES = {
    table.codes: table
    for table in (
        vocabulary.FACILITY_TYPES,
        vocabulary.FACILITY_CLASSES,
        vocabulary.NETWORKS,
        vocabulary.STATUSES,
        vocabulary.AMENITIES,
        vocabulary.ENTRY_METHODS,
        vocabulary.USER_GROUPS,
        vocabulary.BIKE_PARKING,
        vocabulary.ATTENDED,
        vocabulary.HOST_TYPES,
    )
}
"""The tables that columns take their codes from. A column knows its codes and not their names."""


@dataclass(frozen=True)
class Visit:
    """How somebody came: in which language, where the same is in the other one, whether what is shown is made up."""

    lang: str
    other_address: str
    is_demo: bool

    def t(self, key: str) -> str:
        """A text of the pages."""
        return texts(self.lang)[key]

    def address(self, path: str) -> str:
        """Where a page of ours is in this language."""
        return f"{path}?{urlencode({'f': 'html', 'lang': self.lang})}"

    def trail(self, *collections: Collection) -> list[tuple[str, str]]:
        """The pages above: home, all collections, and the one collection that is given."""
        above = [(self.t("browse.home"), f"/?lang={self.lang}")]
        if collections:
            above.append((self.t("browse.collections"), self.address("/collections")))
        return above + [(one.title[self.lang], self.address(f"/collections/{one.id}")) for one in collections]

    def frame(self) -> dict[str, object]:
        """What the frame of a page without scripts is filled with."""
        return {
            "t": self.t,
            "asset": assets.url,
            "lang": self.lang,
            "html_lang": HTML_LANG[self.lang],
            "other_html_lang": next(HTML_LANG[one] for one in HTML_LANG if one != self.lang),
            "other_address": self.other_address,
            "is_demo": self.is_demo,
        }


Links = Sequence[Mapping[str, Any]]
"""Objects with `href`, `rel`, `type`, `title`."""


def conformance_page(visit: Visit, classes: Iterable[str], links: Links) -> tuple[bytes, str]:
    """The page of the conformance classes, with its Content-Security-Policy."""
    t = visit.t
    return browse_page(
        visit,
        title=t("browse.conformance"),
        description=t("browse.conformance_detail"),
        trail=visit.trail(),
        links=links,
        headings=[t("browse.requirements")],
        rows=[[one] for one in classes],
    )


def collections_page(visit: Visit, collections: Iterable[Collection], links: Links) -> tuple[bytes, str]:
    """The page of all collections, with its Content-Security-Policy."""
    t, lang = visit.t, visit.lang
    return browse_page(
        visit,
        title=t("browse.collections"),
        trail=visit.trail(),
        links=links,
        headings=[t("browse.name"), t("browse.description")],
        rows=[
            [(one.title[lang], visit.address(f"/collections/{one.id}/items")), one.description[lang]]
            for one in collections
        ],
    )


def collection_page(visit: Visit, collection: Collection, links: Links) -> tuple[bytes, str]:
    """The page of one collection, with its Content-Security-Policy."""
    return browse_page(
        visit,
        title=collection.title[visit.lang],
        description=collection.description[visit.lang],
        trail=[*visit.trail(collection)[:-1]],
        links=links,
        action=(visit.t("browse.features"), visit.address(f"/collections/{collection.id}/items")),
    )


def schema_page(
    visit: Visit, collection: Collection, kind: str, properties: Mapping[str, Mapping[str, Any]], links: Links
) -> tuple[bytes, str]:
    """The page of what features hold, can be filtered by or sorted by, with its Content-Security-Policy."""
    t = visit.t
    kinds = {
        "queryables": t("browse.queryables"),
        "sortables": t("browse.sortables"),
        "schema": t("browse.schema"),
    }
    return browse_page(
        visit,
        title=f"{collection.title[visit.lang]} · {kinds[kind]}",
        description=collection.description[visit.lang],
        trail=visit.trail(collection),
        links=links,
        headings=[t("browse.property"), t("browse.name"), t("browse.type"), t("browse.codes")],
        rows=[
            [name, about.get("title"), about.get("type") or about.get("format"), codes_in_words(about, visit.lang)]
            for name, about in properties.items()
        ],
    )


def codes_in_words(about: Mapping[str, Any], lang: str) -> str | None:
    """The values a property can have, each with its name."""
    codes = tuple(about.get("enum") or about.get("items", {}).get("enum") or ())
    table = _NAMED_CODES.get(codes)
    if table is None:
        return ", ".join(codes) or None
    return ", ".join(f"{code} {vocabulary.label(table, code, lang)}" for code in codes)


def items_page(
    visit: Visit,
    collection: Collection,
    ids: Sequence[str],
    columns: Sequence[tuple[Column, Sequence[Any]]],
    links: Links,
    *,
    matched: int,
) -> tuple[bytes, str]:
    """The page of some features, each column with its values in their order, with its Content-Security-Policy."""
    own = [(identity, visit.address(f"/collections/{collection.id}/items/{identity}")) for identity in ids]
    counted = visit.t("browse.counted") if len(ids) else visit.t("browse.nothing")
    return browse_page(
        visit,
        title=collection.title[visit.lang],
        description=collection.description[visit.lang],
        trail=visit.trail(collection),
        links=links,
        headings=["id", *(heading(column, visit.lang) for column, _ in columns)],
        rows=list(
            zip(own, *([shown(visit, column, one) for one in values] for column, values in columns), strict=True)
        ),
        note=counted.format(matched=f"{matched:,}", shown=f"{len(ids):,}"),
    )


def item_page(
    visit: Visit,
    collection: Collection,
    identity: str,
    columns: Sequence[tuple[Column, Any]],
    links: Links,
) -> tuple[bytes, str]:
    """The page of one feature, each column with its value: a line for each property, with its policy."""
    values = {column.name: value for column, value in columns}
    not_given = visit.t("browse.not_given")
    return browse_page(
        visit,
        title=str(values.get("name") or f"{collection.title[visit.lang]} · {identity}"),
        trail=visit.trail(collection),
        links=links,
        rows=[
            ("id", identity),
            *((heading(column, visit.lang), shown(visit, column, value) or not_given) for column, value in columns),
        ],
    )


def heading(column: Column, lang: str) -> str:
    """What a column is called, with its unit."""
    return f"{column.title[lang]} ({column.unit})" if column.unit else column.title[lang]


def shown(visit: Visit, column: Column, value: Any) -> str | None:
    """A value for people: codes by their names, numbers in groups of three."""
    if value is None or value == []:
        return None
    if isinstance(value, bool):
        return visit.t("browse.yes") if value else visit.t("browse.no")
    if isinstance(value, int | float):
        return f"{value:,}"
    table = _NAMED_CODES.get(column.options or ())
    words = [value] if isinstance(value, str) else value
    if table is not None:
        words = [vocabulary.label(table, word, visit.lang) if word in table else word for word in words]
    return visit.t("common.comma").join(words)


def browse_page(
    visit: Visit,
    *,
    title: str,
    trail: Sequence[tuple[str, str]],
    links: Links,
    description: str = "",
    headings: Sequence[str] = (),
    rows: Sequence[Sequence[Cell]] = (),
    note: str = "",
    action: tuple[str, str] | None = None,
) -> tuple[bytes, str]:
    """
    A page with its Content-Security-Policy. Without headings, the first cell of every row is what the row is about.

    `action` is what most people come for, and where it leads; else it is the next page, where there is one.
    """
    onward = next((str(one["href"]) for one in links if one["rel"] == "next"), None)
    page = ENVIRONMENT.get_template("browse.html").render(
        **visit.frame(),
        title=title,
        description=description,
        trail=trail,
        links=[one | {"href": in_language(one, visit.lang)} for one in map(dict, links)],
        headings=headings,
        rows=rows,
        note=note,
        action=action or (onward and (visit.t("browse.onward"), onward)),
    )
    return page.encode("utf-8"), policy()


def in_language(link: Mapping[str, Any], lang: str) -> str:
    """Where a link leads, in the language of the page it stands on; files have none."""
    href = str(link["href"])
    if link["rel"] == "enclosure" or "lang=" in href:
        return href
    return f"{href}{'&' if '?' in href else '?'}lang={lang}"
