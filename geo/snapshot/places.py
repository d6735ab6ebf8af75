"""Everything of a city that has a name and can be asked for by it: areas, roads, stations, hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from geo.coverage.areas import NO_AREA, area_of_points
from geo.places.place_index import Place, PlaceIndex
from geo.streets.graph import StreetGraph
from geo.types import Floats, Ints

PIECES_PER_ROAD = 24
"""How many pieces of a road are looked at to say in which districts it runs."""

BETWEEN = " · "


def index_of_city(
    areas: gpd.GeoDataFrame, graphs: Mapping[str, StreetGraph], facilities: pd.DataFrame, hosts: pd.DataFrame
) -> PlaceIndex:
    """The index of a city's names."""
    return PlaceIndex.of(
        [
            *areas_by_name(areas),
            *roads_by_name(areas, graphs),
            *stations_by_name(facilities),
            *hosts_by_name(areas, hosts),
        ]
    )


def areas_by_name(areas: gpd.GeoDataFrame) -> Iterator[Place]:
    """Districts and streets (镇街), each at a point that is surely inside."""
    names = dict(zip(areas["code"], areas["name"], strict=True))
    for row, inside in zip(
        areas.itertuples(index=False), shapely.point_on_surface(areas.geometry.to_numpy()), strict=True
    ):
        yield Place(row.name, row.name_en, row.level, names.get(row.parent_code), inside.x, inside.y)


def roads_by_name(areas: gpd.GeoDataFrame, graphs: Mapping[str, StreetGraph]) -> Iterator[Place]:
    """Roads, once per district they run through, each at one of its own pieces near the middle of them."""
    for graph in graphs.values():
        edges = sample_of_roads(graph.edges.name_id)
        if edges.size == 0:
            continue
        name = graph.edges.name_id[edges]
        middle = (graph.edges.shape_start[edges] + graph.edges.shape_start[edges + 1]) // 2
        lon, lat = graph.shape_lon[middle], graph.shape_lat[middle]
        district = area_of_points(lon, lat, areas, "district")
        groups, group = np.unique(np.column_stack((name, district)), axis=0, return_inverse=True)
        for (name_id, row), piece in zip(
            groups.tolist(), middle_of_each(group.ravel().astype(np.int32), lon, lat), strict=True
        ):
            context = None if row == NO_AREA else str(areas["name"].iloc[row])
            yield Place(graph.names[name_id], None, "road", context, float(lon[piece]), float(lat[piece]))


def sample_of_roads(name_id: Ints) -> Ints:
    """Some pieces of every named road, spread over all of them."""
    named = np.flatnonzero(name_id >= 0)
    by_road = named[np.argsort(name_id[named], kind="stable")]
    _, start, count = np.unique(name_id[by_road], return_index=True, return_counts=True)
    rank = np.arange(len(by_road)) - np.repeat(start, count)
    step = np.maximum(np.repeat(count, count) // PIECES_PER_ROAD, 1)
    return np.asarray(by_road[rank % step == 0], dtype=np.int32)


def middle_of_each(group: Ints, lon: Floats, lat: Floats) -> Ints:
    """For each group of points the one nearest to their mean; degrees will do, for it is only to be on the road."""
    count = np.bincount(group)
    away = (lon - (np.bincount(group, lon) / count)[group]) ** 2 + (lat - (np.bincount(group, lat) / count)[group]) ** 2
    order = np.lexsort((away, group))
    return np.asarray(order[np.searchsorted(group[order], np.arange(len(count)))], dtype=np.int32)


def stations_by_name(facilities: pd.DataFrame) -> Iterator[Place]:
    """Stations."""
    for name, district, street, lon, lat in facilities[["name", "district", "street", "lon", "lat"]].itertuples(
        index=False
    ):
        yield Place(name, None, "station", joined(district, street), float(lon), float(lat))


def hosts_by_name(areas: gpd.GeoDataFrame, hosts: pd.DataFrame) -> Iterator[Place]:
    """Banks, bus stations, parks and the like that have a name."""
    named = hosts[hosts["name"].notna()]
    lon, lat = (named[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    of_level = {level: area_of_points(lon, lat, areas, level) for level in ("district", "street")}
    names = areas["name"].tolist()
    for row, name in enumerate(named["name"]):
        where = [None if rows[row] == NO_AREA else names[rows[row]] for rows in of_level.values()]
        yield Place(name, None, "host", joined(*where), float(lon[row]), float(lat[row]))


def joined(*names: str | None) -> str | None:
    """Names of areas from the larger to the smaller, as one text."""
    return BETWEEN.join(name for name in names if name) or None


def save_places(index: PlaceIndex, path: Path) -> None:
    """Write an index, with what was spelled out."""
    rows = [
        (one.name, one.name_en, one.kind, one.context, one.lon, one.lat, syllables)
        for one, syllables in zip(index.places, index.syllables, strict=True)
    ]
    path.write_bytes(orjson.dumps(rows))


def load_places(path: Path) -> PlaceIndex:
    """Read an index."""
    rows = orjson.loads(path.read_bytes())
    return PlaceIndex([Place(*row[:-1]) for row in rows], [row[-1] for row in rows])
