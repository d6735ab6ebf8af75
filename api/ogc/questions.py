"""Requests for features, read strictly: the fixed parameters, and one for every property that can be asked about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from api.dependencies import SHANGHAI
from api.ogc.media import OF_ITEM, OF_ITEMS, Medium
from api.parameters import INSTANT, Parameter, ParameterTable, choice, instant, integer, json_number, truth
from geo.features.crs import BY_URI, CRS84_URI
from geo.features.table import NUMERIC, Column, FeatureTable, Kind

DEFAULT_PAGE = 100
LONGEST_PAGE = 10_000
"""Features on a page: unless said otherwise, and at most. QGIS asks for the most, GDAL for a thousand."""

Period = tuple[str | None, str | None]
"""First and last day of a stretch of time, None where it has no end."""


def box(text: str) -> tuple[float, ...]:
    """Four numbers, or six of which the heights are left out."""
    numbers = tuple(float(json_number(part)) for part in text.split(","))
    if len(numbers) not in (4, 6):
        raise ValueError("must be four numbers: west, south, east, north (six with heights)")
    return numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])


def crs_uri(text: str) -> str:
    """One of the reference systems; safe brackets of a CURIE do no harm."""
    if text not in BY_URI:
        raise ValueError(f"must be one of {', '.join(BY_URI)}")
    return text


def period(text: str) -> Period:
    """A moment, a day, or a stretch between two, `..` or nothing for an open end."""
    first, slash, last = text.partition("/")
    if not slash:
        day = day_of(first)
        return day, day
    start, end = (None if part in ("", "..") else day_of(part) for part in (first, last))
    if start is None and end is None and text != "../..":
        raise ValueError("must have at least one end")
    if start is not None and end is not None and start > end:
        raise ValueError("must begin before it ends")
    return start, end


def day_of(text: str) -> str:
    """The day (in Shanghai) of a moment, or a day itself."""
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError("holds a day that does not exist") from None
    if not INSTANT.fullmatch(text):
        raise ValueError("must be like 2026-11-20T00:00:00Z, 2026-11-20, or a stretch such as 2026-01-01/..")
    moment: datetime = instant(text)
    return moment.astimezone(SHANGHAI).date().isoformat()


def names(text: str) -> tuple[str, ...]:
    """Words parted by commas, in the order given."""
    return tuple(part for part in text.split(",") if part)


def known_names(there: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Names of properties."""
    wanted = names(text)
    if not set(wanted) <= set(there):
        raise ValueError(f"must be properties parted by commas, of: {', '.join(there)}")
    return wanted


def written(text: str) -> str:
    """Any text."""
    return text


STRING: Mapping[str, Any] = {"type": "string"}
CRS_SCHEMA = {"type": "string", "format": "uri", "enum": [*BY_URI]}

LIMIT = Parameter(
    "limit",
    integer(1, LONGEST_PAGE, clamp=True),
    {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE},
    "Features on a page; more than the maximum means the maximum.",
    DEFAULT_PAGE,
)
BBOX = Parameter(
    "bbox",
    box,
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
    "Only features that meet this box. West beyond east crosses the antimeridian.",
)
BBOX_CRS = Parameter("bbox-crs", crs_uri, CRS_SCHEMA, "Reference system of `bbox`.", CRS84_URI)
CRS = Parameter("crs", crs_uri, CRS_SCHEMA, "Reference system of the answer, axes in its authority's order.", CRS84_URI)
DATETIME = Parameter(
    "datetime", period, STRING, "Only features of this moment, day or stretch, where a collection has a time."
)
FILTER = Parameter("filter", written, STRING, "A CQL2 filter.")
FILTER_LANG = Parameter(
    "filter-lang",
    choice("cql2-text", "cql2-json"),
    {"type": "string", "enum": ["cql2-text", "cql2-json"]},
    "How `filter` is written.",
    "cql2-text",
)
FILTER_CRS = Parameter("filter-crs", crs_uri, CRS_SCHEMA, "Reference system of shapes in `filter`.", CRS84_URI)
SORTBY = Parameter(
    "sortby",
    written,
    {"type": "array", "items": {"type": "string"}},
    "Properties to sort by, `-` in front for descending; the id decides among equals.",
    "",
)
SKIP_GEOMETRY = Parameter("skipGeometry", truth, {"type": "boolean"}, "true: no shapes.", False)
IDS = Parameter("ids", names, {"type": "array", "items": {"type": "string"}}, "Only features of these ids.")
COLLECTIONS = Parameter(
    "collections", names, {"type": "array", "items": {"type": "string"}}, "Only these collections. Left out: all."
)
Q = Parameter("q", written, STRING, "Only features one of whose texts holds this, capitals or not.")
CURSOR = Parameter("cursor", written, STRING, "Where a page goes on; from a `next` link, as it is.")
LANG = Parameter(
    "lang", choice("zh", "en"), {"type": "string", "enum": ["zh", "en"]}, "Language of titles; else Accept-Language."
)


def form(offered: tuple[Medium, ...]) -> Parameter:
    """`f`: the form of the answer, stronger than Accept."""
    options = [one.f for one in offered]
    return Parameter("f", choice(*options), {"type": "string", "enum": options}, "Form of the answer; else Accept.")


def of_documents(offered: tuple[Medium, ...]) -> ParameterTable:
    """What an address takes that describes something."""
    return ParameterTable((form(offered), LANG))


FIXED = (
    *(LIMIT, BBOX, BBOX_CRS, CRS, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, SORTBY, SKIP_GEOMETRY, IDS, Q, CURSOR),
    *(form(OF_ITEMS), LANG),
)
"""The parameters every collection's items take."""


def properties_parameter(table: FeatureTable) -> Parameter:
    """`properties`: which of a collection's properties to send."""
    there = tuple(table.columns)
    return Parameter(
        "properties",
        partial(known_names, there),
        {"type": "array", "items": {"type": "string", "enum": list(there)}},
        "Properties to send. Left out: all.",
    )


ITEMS_TABLES: WeakKeyDictionary[FeatureTable, ParameterTable] = WeakKeyDictionary()
"""What the items of each table take, once for as long as the table is kept."""


def of_items(table: FeatureTable) -> ParameterTable:
    """What a collection's items take: the fixed parameters, the choice of properties, one for every property."""
    if table not in ITEMS_TABLES:
        ITEMS_TABLES[table] = items_table(table)
    return ITEMS_TABLES[table]


def items_table(table: FeatureTable) -> ParameterTable:
    """The same, made anew."""
    return ParameterTable((*FIXED, properties_parameter(table), *map(of_column, table.columns.values())))


def of_item(table: FeatureTable) -> ParameterTable:
    """What one feature takes."""
    return ParameterTable((CRS, form(OF_ITEM), LANG, properties_parameter(table)))


def of_column(column: Column) -> Parameter:
    """A property as a parameter: features that have exactly this value, or all of these words."""
    return Parameter(column.name, READERS[column.kind](column), schema_of(column), column.title["en"])


def schema_of(column: Column) -> dict[str, Any]:
    """A property's values in the words of JSON Schema."""
    if column.kind is Kind.WORDS:
        items = {"type": "string"} | ({"enum": list(column.options)} if column.options else {})
        return {"type": "array", "items": items}
    schema: dict[str, Any] = {
        Kind.INTEGER: {"type": "integer"},
        Kind.NUMBER: {"type": "number"},
        Kind.BOOLEAN: {"type": "boolean"},
        Kind.DATE: {"type": "string", "format": "date"},
        Kind.INSTANT: {"type": "string", "format": "date-time"},
    }.get(column.kind, {"type": "string"})
    return schema | ({"enum": list(column.options)} if column.options else {})


def finite(text: str) -> float:
    """A number."""
    return float(json_number(text))


def option_of(column: Column) -> Callable[[str], str]:
    """A text, one of the options where there are any."""
    return choice(*column.options) if column.options else written


def words_of(column: Column) -> Callable[[str], tuple[str, ...]]:
    """Words that a feature must all have."""
    return partial(known_names, column.options) if column.options else names


READERS: Mapping[Kind, Callable[[Column], Callable[[str], Any]]] = {
    Kind.TEXT: option_of,
    Kind.INTEGER: lambda column: finite,
    Kind.NUMBER: lambda column: finite,
    Kind.BOOLEAN: lambda column: truth,
    Kind.DATE: lambda column: day_of,
    Kind.INSTANT: lambda column: written,
    Kind.WORDS: words_of,
}


@dataclass(frozen=True)
class ItemsQuestion:
    """A request for features with everything in it read and checked."""

    values: Mapping[str, Any]

    def tree(self, table: FeatureTable) -> list[dict[str, Any]]:
        """The properties asked about, as parts of a filter."""
        return [
            equals(column, self.values[name])
            for name, column in table.columns.items()
            if self.values.get(name) is not None
        ]


def equals(column: Column, value: Any) -> dict[str, Any]:
    """One property that must have a value, as CQL2."""
    if column.kind is Kind.WORDS:
        return {"op": "a_contains", "args": [{"property": column.name}, list(value)]}
    literal = {Kind.DATE: "date", Kind.INSTANT: "timestamp"}.get(column.kind)
    wanted = {literal: value} if literal else float(value) if column.kind in NUMERIC else value
    return {"op": "=", "args": [{"property": column.name}, wanted]}
