"""What is read of the demo cities, once per session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import osmium
import pytest

from data.demo_city import DemoFiles
from geo.types import Floats, Longs


@dataclass(frozen=True)
class OsmTables:
    """An extract as plain tables."""

    lon: Floats
    lat: Floats
    tagged: list[dict[str, str]]
    ways: list[tuple[dict[str, str], Longs]]
    relations: list[tuple[dict[str, str], list[int]]]

    def nodes_of(self, *, walkable: bool) -> Longs:
        """Nodes of streets, those on bridges and in tunnels left out; positions in `lon` and `lat`."""
        over_water = ("bridge", "tunnel")
        ways = [
            nodes
            for tags, nodes in self.ways
            if "highway" in tags and (not walkable or not any(tag in tags for tag in over_water))
        ]
        return np.unique(np.concatenate(ways)) - 1


def read_tables(path: Path) -> OsmTables:
    """Read an extract with pyosmium; node numbers run from 1 without gaps."""
    lon, lat, tagged, ways, relations = [], [], [], [], []
    for thing in osmium.FileProcessor(str(path)):
        tags = dict(thing.tags)
        if thing.is_node():
            lon.append(thing.lon)
            lat.append(thing.lat)
            if tags:
                tagged.append(tags)
        elif thing.is_way():
            ways.append((tags, np.array([node.ref for node in thing.nodes], np.int64)))
        else:
            relations.append((tags, [member.ref for member in thing.members]))
    return OsmTables(np.array(lon), np.array(lat), tagged, ways, relations)


@pytest.fixture(scope="session")
def small_tables(small_files: DemoFiles) -> OsmTables:
    return read_tables(small_files.extract)


@pytest.fixture(scope="session")
def whole_tables(whole_files: DemoFiles) -> OsmTables:
    return read_tables(whole_files.extract)


def read_rows(path: Path) -> list[dict[str, object]]:
    """Rows of a register by heading, the first of them being row 2 of the sheet."""
    values = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    return [dict(zip(values[0], row, strict=True)) for row in values[1:]]


@pytest.fixture(scope="session")
def whole_rows(whole_files: DemoFiles) -> list[dict[str, object]]:
    return read_rows(whole_files.register)
