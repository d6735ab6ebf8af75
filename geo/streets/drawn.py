"""
Streets as they are drawn on a map: whole ways with class and name, motorways too, which no mode may use.

Kept beside the graphs when an extract comes in, because a graph has forgotten what a map needs: it is cut at every
crossing, and lacks what nobody may walk or ride on.
"""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely

from geo.errors import UnavailableError
from geo.streets.build import StreetWays
from geo.streets.graph import HIGHWAYS

DRAWN_FILE = "streets.fgb"
"""Name of the file that stands beside a network's graphs."""


class DrawnStreetsError(UnavailableError):
    """Drawn streets on disk cannot be opened."""


def drawn_streets(ways: StreetWays) -> geopandas.GeoDataFrame:
    """
    Ways as lines (WGS-84) with `class` and `name`, in the order of the ways; what leads to missing nodes is left out.
    """
    at = np.searchsorted(ways.node_id, ways.refs)
    at[at == len(ways.node_id)] = 0
    there = ways.node_id[at] == ways.refs if len(ways.node_id) else np.zeros(len(ways.refs), np.bool_)
    way = np.repeat(np.arange(len(ways.way_id)), np.diff(ways.way_start))
    # a line is broken where a node is missing, and what is left of it needs two nodes
    run = np.cumsum(np.concatenate(([0], (way[1:] != way[:-1]) | ~there[1:] | ~there[:-1])))[: len(way)]
    long = there & (np.bincount(run, weights=there, minlength=len(way))[run] > 1) if len(way) else there
    kept, line = np.unique(run[long], return_inverse=True)
    points = np.column_stack((ways.node_lon[at[long]], ways.node_lat[at[long]]))
    lines = shapely.linestrings(points, indices=line) if len(kept) else np.empty(0, dtype=object)
    of_line = way[long][np.searchsorted(line, np.arange(len(kept)))]
    names = np.array([*ways.names, None], dtype=object)
    return geopandas.GeoDataFrame(
        {"class": np.array(HIGHWAYS, dtype=object)[ways.highway[of_line]], "name": names[ways.name_id[of_line]]},
        geometry=lines,
        crs="EPSG:4326",
    )


def save_drawn(ways: StreetWays, file: Path) -> None:
    """Write a FlatGeobuf file, which every GIS opens as well."""
    frame = drawn_streets(ways)
    pyogrio.write_dataframe(frame, file, driver="FlatGeobuf", geometry_type="LineString", SPATIAL_INDEX="NO")


def load_drawn(file: Path) -> geopandas.GeoDataFrame:
    """
    Read drawn streets.

    Raises
    ------
    DrawnStreetsError
        There is no such file, because the streets came in before they were kept, or it is damaged.
    """
    try:
        return pyogrio.read_dataframe(file)
    except pyogrio.errors.DataSourceError:
        raise DrawnStreetsError(f"{file} holds no drawn streets; import the streets again.") from None
