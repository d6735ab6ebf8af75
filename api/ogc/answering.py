"""From a request for features to the rows that answer it: one filter, one order, one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely

from api.errors import ParameterError
from api.ogc.questions import ItemsQuestion, Period
from geo.errors import InputError
from geo.features.crs import ReferenceSystem, reference_system
from geo.features.expressions import read_filter
from geo.features.paging import Cursor, Rows, page, read_sort
from geo.features.predicate import box_of, features_that_pass
from geo.features.table import FeatureTable, Kind
from geo.services.collections import Collection
from geo.types import Bools

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """The rows of one page in order, how many pass in all, and where the next page goes on."""

    rows: Rows
    matched: int
    next: Cursor | None


def page_of(collection: Collection, table: FeatureTable, values: Mapping[str, Any], cursor: Cursor | None) -> Page:
    """
    The page a request asks for.

    Raises
    ------
    ParameterError
        The filter, the order or the cursor is not one of this collection's.
    """
    keys = naming("sortby", lambda: read_sort(values["sortby"], table))
    passing = everything_that_passes(collection, table, values)
    rows, following = naming("cursor", lambda: page(table, passing, keys, values["limit"], cursor))
    return Page(rows, int(np.count_nonzero(passing)), following)


def naming(parameter: str, read: Callable[[], T]) -> T:
    """What `read` gives; an error of the core is given the parameter it came from."""
    try:
        return read()
    except ParameterError:
        raise
    except InputError as error:
        raise ParameterError(parameter, str(error)) from None


def everything_that_passes(collection: Collection, table: FeatureTable, values: Mapping[str, Any]) -> Bools:
    """The features that every part of a request lets through (shape `(n,)`)."""
    passing = np.ones(len(table), dtype=bool)
    if values["bbox"] is not None:
        passing &= meeting(table, values["bbox"], reference_system(values["bbox-crs"]))
    if values["ids"] is not None:
        passing &= of_ids(table, values["ids"])
    if values["datetime"] is not None and collection.time_property is not None:
        passing &= within(table, collection.time_property, values["datetime"])
    if values["q"]:
        passing &= holding(table, values["q"])
    for part in ItemsQuestion(values).tree(table):
        passing &= features_that_pass(part, table)
    if values["filter"] is not None:
        passing &= naming("filter", lambda: filtered(table, values))
    return passing


def filtered(table: FeatureTable, values: Mapping[str, Any]) -> Bools:
    """The features a CQL2 filter is true of."""
    tree = read_filter(values["filter"], values["filter-lang"])
    return features_that_pass(tree, table, to_crs84=reference_system(values["filter-crs"]).to_crs84)


def meeting(table: FeatureTable, box: tuple[float, ...], crs: ReferenceSystem) -> Bools:
    """The features that meet a box. Nothing lies in a box that has no place on earth."""
    shape = box_in_crs84(box, crs)
    hits = np.zeros(len(table), dtype=bool)
    if shape is not None:
        hits[table.tree.query(shape, predicate="intersects")] = True
    return hits


def box_in_crs84(box: tuple[float, ...], crs: ReferenceSystem) -> Any:
    """A box of any system as a shape in CRS84, its sides bent with enough vertices to stay where they were."""
    west, south, east, north = box
    if crs.is_geographic:
        degrees = [south, west, north, east] if crs.is_latitude_first else [*box]
        return naming("bbox", lambda: box_of(degrees))
    if west > east or south > north:
        raise ParameterError("bbox", "`bbox` has its second corner before its first; only degrees can cross a line.")
    sides = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south) / 16 or 1)
    bent = crs.to_crs84(np.array([sides], dtype=object))[0]
    return bent if np.isfinite(bent.bounds).all() else None


def of_ids(table: FeatureTable, ids: tuple[str, ...]) -> Bools:
    """The features of some ids; ids that are not there are no error."""
    hits = np.zeros(len(table), dtype=bool)
    hits[[table.row_of[identity] for identity in ids if identity in table.row_of]] = True
    return hits


def within(table: FeatureTable, name: str, period: Period) -> Bools:
    """The features whose day lies in a stretch of time; one without a day lies in none."""
    column = table.columns[name]
    start, end = period
    hits = column.known.copy()
    if start is not None:
        hits &= column.values >= start
    if end is not None:
        hits &= column.values <= end
    return hits


def holding(table: FeatureTable, wanted: str) -> Bools:
    """The features one of whose texts holds a text, capitals or not."""
    folded = wanted.casefold()
    hits = np.zeros(len(table), dtype=bool)
    for column in table.columns.values():
        if column.kind is Kind.TEXT and column.options is None:
            hits |= np.fromiter((folded in text.casefold() for text in column.values), dtype=bool, count=len(table))
    return hits
