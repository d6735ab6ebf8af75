"""
Labels for filters that few facilities pass, so that a rare need is answered as quickly as any.

Labels of all facilities say little when one in twenty passes: a search then goes through half the city. Labels of those
who pass say everything, but cost a search of the whole city, so they are made when a filter comes back, in the
background, and kept while the filter is in use. Answers are exact either way; only their speed differs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

from geo.streets.graph import StreetGraph
from geo.streets.search import Labels, Targets, k_labels
from geo.types import Bools

SELECTIVE = 0.4
"""A filter that lets a greater share pass is answered by the labels of all facilities in microseconds."""
KEPT_LABELS = 8
"""Labels a node keeps for a filter: a list of five, and a few that close before one arrives."""
KEPT_FILTERS = 6
"""Filters kept at a time, 32 MB each in a city of half a million nodes."""
REMEMBERED = 64
"""Filters remembered as having been asked for once."""


class FilteredLabels:
    """The labels to answer a filter from: those of all facilities, or those of the few that pass it."""

    def __init__(self, graph: StreetGraph, targets: Targets, of_all: Labels) -> None:
        self._graph, self._targets, self._of_all = graph, targets, of_all
        self._ready: OrderedDict[bytes, Labels] = OrderedDict()
        self._asked: OrderedDict[bytes, None] = OrderedDict()
        self._making: dict[bytes, threading.Thread] = {}
        self._lock = threading.Lock()

    def labels(self, eligible: Bools) -> Labels:
        """Labels from which `search.nearest` answers a filter exactly; quicker ones from the third question on."""
        if eligible.sum() >= SELECTIVE * max(len(eligible), 1):
            return self._of_all
        name = np.packbits(eligible).tobytes()
        with self._lock:
            ready = self._ready.get(name)
            if ready is not None:
                self._ready.move_to_end(name)
                return ready
            # one city at a time is searched: a flood of new filters must not take the processor from answering
            if name in self._asked and not self._making:
                maker = threading.Thread(target=self._make, args=(name, eligible.copy()), daemon=True)
                self._making[name] = maker
                maker.start()
            self._asked[name] = None
            self._asked.move_to_end(name)
            while len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
        return self._of_all

    def settle(self) -> None:
        """Wait for labels that are being made."""
        with self._lock:
            making = list(self._making.values())
        for maker in making:
            maker.join()

    def _make(self, name: bytes, eligible: Bools) -> None:
        labels = None
        try:
            labels = k_labels(self._graph, self._targets, KEPT_LABELS, eligible)
        finally:
            with self._lock:
                del self._making[name]
                if labels is not None:
                    self._ready[name] = labels
                while len(self._ready) > KEPT_FILTERS:
                    self._ready.popitem(last=False)
