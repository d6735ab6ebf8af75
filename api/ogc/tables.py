"""
The tables that features are answered from, kept while anybody may still be paging through them.

An import replaces the snapshot every time it changes a fact. Whoever is on page three of twenty goes on with the table
that page one was cut from, so that nothing is lost and nothing comes twice; the last few versions of each collection
are kept for that, and a cursor of one that is gone is answered 410.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from api.errors import GoneError
from geo.features.paging import Cursor
from geo.features.table import FeatureTable
from geo.services.collections import Collection

VERSIONS_KEPT = 6
"""Versions of one collection. An import takes some seconds, so this is half a minute of imports without a pause."""

TABLES_KEPT = 24
"""Tables of all collections: a million cells of one take about half a gigabyte."""


class CursorGoneError(GoneError):
    """The facts a cursor was cut from are no longer kept."""

    def __init__(self) -> None:
        super().__init__("The facts this page was cut from have been replaced; begin again without `cursor`.")


class TablesKept:
    """Tables by collection and version, the most recently used kept. Safe to use from several threads."""

    def __init__(self) -> None:
        self._tables: OrderedDict[tuple[str, str], FeatureTable] = OrderedDict()
        self._lock = threading.Lock()

    def table(self, collection: Collection) -> FeatureTable:
        """The table of a collection as it is now; made if nobody asked for it yet."""
        key = collection.id, collection.version
        with self._lock:
            if key not in self._tables:
                self._tables[key] = collection.make()
                self._forget(collection.id)
            self._tables.move_to_end(key)
            return self._tables[key]

    def table_of_cursor(self, collection: Collection, cursor: Cursor) -> FeatureTable:
        """The table a cursor was cut from; raises CursorGoneError."""
        if cursor.version == collection.version:
            return self.table(collection)
        with self._lock:
            try:
                return self._tables[collection.id, cursor.version]
            except KeyError:
                raise CursorGoneError from None

    def is_made(self, collection: Collection) -> bool:
        """Whether the table is there already, and costs nothing to ask for."""
        return (collection.id, collection.version) in self._tables

    def _forget(self, identity: str) -> None:
        versions = [key for key in self._tables if key[0] == identity]
        for key in versions[:-VERSIONS_KEPT]:
            del self._tables[key]
        while len(self._tables) > TABLES_KEPT:
            self._tables.popitem(last=False)
