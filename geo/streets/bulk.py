"""
An OSM file read in bulk: columns of numbers instead of an object for every node and every reference.

pyosmium hands out Python objects one by one, and making them takes ten times as long as reading the file. So osmium is
asked to write what passed its filters in forms that are read as a whole: ways as OPL (osmium's own text form, one way
to a line), node places as libosmium's sparse list of numbers and positions. Both are made in C++ and go through a
folder of temporary files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from osmium.io import File, Reader
from osmium.osm import NODE, WAY

from geo.types import Floats, Longs

WAYS_AT_ONCE = 50_000
"""How many ways' references wait as text before they become numbers."""

_PLACE = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
"""A line of libosmium's sparse list: a node, and its place in steps of one ten-millionth of a degree."""
_NOWHERE_X, _NOWHERE_Y = 1_800_000_000, 900_000_000
_ESCAPED = re.compile("%([0-9a-fA-F]+)%")


def ways_as_text(path: Path, scratch: Path, *filters: Any) -> Iterator[tuple[int, dict[str, str], str]]:
    """Every way that passes the filters: its number, its tags, and its nodes as OPL has them (see `References`)."""
    with Reader(str(path), WAY) as reader, osmium.SimpleWriter(File(str(scratch), "opl,add_metadata=none")) as writer:
        osmium.apply(reader, *filters, writer)
    with scratch.open(encoding="utf-8") as lines:
        for line in lines:
            front, _, refs = line.rstrip("\n").partition(" N")
            number, _, tags = front.partition(" T")
            yield int(number[1:]), _tags(tags), refs
    scratch.unlink()


def _tags(text: str) -> dict[str, str]:
    """The tags of one line. Commas, equal signs, blanks and the like come escaped by their code points."""
    if not text:
        return {}
    pairs = (pair.partition("=") for pair in text.split(","))
    if "%" not in text:
        return {key: value for key, _, value in pairs}
    return {_unescaped(key): _unescaped(value) for key, _, value in pairs}


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def distinct(numbers: Longs) -> Longs:
    """The numbers, each once, ascending. Sorted, not hashed as numpy does: a third of the time for these."""
    ascending = np.sort(numbers)
    return ascending[np.concatenate(([True], ascending[1:] != ascending[:-1]))[: len(ascending)]]


@dataclass
class References:
    """The nodes of many ways one after another: text while they come in, numbers in the end."""

    size: list[int] = field(default_factory=list)
    _waiting: list[str] = field(default_factory=list)
    _numbers: list[Longs] = field(default_factory=list)

    def __len__(self) -> int:
        """How many ways have come in."""
        return len(self.size)

    def append(self, refs: str) -> None:
        """Take in a way with at least one node, written `n1,n2,n3`."""
        self.size.append(refs.count(",") + 1)
        self._waiting.append(refs)
        if len(self._waiting) >= WAYS_AT_ONCE:
            self._read()

    def columns(self) -> tuple[Longs, Longs]:
        """Node numbers in a row, and for every way, and one beyond the last, where its own begin."""
        self._read()
        start = np.concatenate(([0], np.cumsum(np.array(self.size, np.int64))))
        return np.concatenate([np.empty(0, np.int64), *self._numbers]), start

    def _read(self) -> None:
        text = ",".join(self._waiting).replace("n", "")
        self._numbers.append(np.fromstring(text, dtype=np.int64, sep=","))
        self._waiting.clear()


@dataclass(frozen=True)
class Places:
    """Where nodes are. `node_id` ascends; degrees are WGS-84."""

    node_id: Longs
    lon: Floats
    lat: Floats

    @classmethod
    def read(cls, path: Path, scratch: Path, wanted: Longs) -> Places:
        """The places of those of the wanted nodes that the file holds; `wanted` ascends."""
        table = osmium.index.create_map(f"sparse_file_array,{scratch}")
        with Reader(str(path), NODE) as reader:
            osmium.apply(reader, osmium.NodeLocationsForWays(table))
        # the list is written in pieces that are let go with the table
        del table
        lines = np.fromfile(scratch, _PLACE)
        scratch.unlink()
        somewhere = (np.abs(lines["x"].astype(np.int64)) <= _NOWHERE_X) & (np.abs(lines["y"]) <= _NOWHERE_Y)
        lines = lines[(lines["id"] > 0) & somewhere]
        ids = lines["id"].astype(np.int64)
        kept = _are_among(ids, wanted)
        ids, lines = ids[kept], lines[kept]
        order = np.argsort(ids, kind="stable")
        return cls(ids[order], lines["x"][order] / 1e7, lines["y"][order] / 1e7)

    def find(self, refs: Longs) -> Longs:
        """Positions of nodes among these, -1 for those that are not there."""
        if not len(self.node_id):
            return np.full(len(refs), -1, np.int64)
        at = np.minimum(np.searchsorted(self.node_id, refs), len(self.node_id) - 1)
        return np.where(self.node_id[at] == refs, at, -1)

    def of(self, wanted: Longs) -> Places:
        """These places of some nodes alone; `wanted` ascends."""
        kept = _are_among(self.node_id, wanted)
        return Places(self.node_id[kept], self.lon[kept], self.lat[kept])


def _are_among(ids: Longs, wanted: Longs) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of some numbers are among ascending wanted ones."""
    if not len(wanted):
        return np.zeros(len(ids), np.bool_)
    at = np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)
    return np.asarray(wanted[at] == ids, np.bool_)
