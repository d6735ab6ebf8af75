"""Collections made from the snapshot alone: they go on being served when the database does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.features.table import Column, FeatureTable, Kind
from geo.places import vocabulary
from geo.places.vocabulary import Table
from geo.snapshot.masks import USABLE_AMENITY
from geo.snapshot.model import Snapshot

Titles = Mapping[str, str]


@dataclass(frozen=True)
class SnapshotKind:
    """A collection that every snapshot has."""

    id: str
    title: Titles
    description: Titles
    geometry_type: str
    make: Callable[[Snapshot], FeatureTable]
    time_property: str | None = None


def named(zh: str, en: str) -> Titles:
    """A title in both languages."""
    return {"zh": zh, "en": en}


def plain(value: Any) -> Any:
    """A cell of a frame as JSON has it; None where it is empty."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    return value


def texts(values: Sequence[Any]) -> list[str | None]:
    """Cells as texts, dates in ISO form."""
    return [None if plain(value) is None else str(value) for value in values]


def numbers(values: Sequence[Any]) -> list[float | None]:
    """Cells as numbers."""
    return [None if plain(value) is None else float(value) for value in values]


def truths(values: Sequence[Any]) -> list[bool | None]:
    """Cells as true or false."""
    return [None if plain(value) is None else bool(value) for value in values]


def usable(states: Mapping[str, str]) -> list[str]:
    """The amenities that can be used, in alphabetical order."""
    return sorted(code for code, state in states.items() if state in USABLE_AMENITY)


def table_of(version: str, ids: Sequence[str], columns: Sequence[Column], geometry: Any) -> FeatureTable:
    """A table with its rows in the order of their ids and its outlines counter-clockwise (RFC 7946, 3.1.6)."""
    identities = np.array(list(ids), dtype=object)
    order = np.argsort(identities, kind="stable")
    in_order = {
        one.name: replace(one, values=one.values[order], known=one.known[order])  # noqa: PD011
        for one in columns
    }
    shapes = shapely.orient_polygons(np.asarray(geometry, dtype=object)[order])
    return FeatureTable(version, identities[order], in_order, shapes)


def coded(name: str, title: Titles, values: Sequence[Any], table: Table) -> Column:
    """A column of codes of one vocabulary."""
    return Column.of(name, Kind.TEXT, title, texts(values), options=table.codes)


def words(name: str, title: Titles, values: Sequence[Any], table: Table) -> Column:
    """A column of lists of codes of one vocabulary."""
    return Column.of(name, Kind.WORDS, title, [list(value) for value in values], options=table.codes)


def stations(snapshot: Snapshot) -> FeatureTable:
    """Every facility the public may know, at its entrance."""
    return stations_of(snapshot.id, snapshot.facilities, snapshot.doubted.tolist())


def stations_of(version: str, rows: pd.DataFrame, doubted: Sequence[bool]) -> FeatureTable:
    """Facilities of a frame as `facility_store.load_facilities` gives it, from wherever it comes."""

    def text(name: str, title: Titles, source: str | None = None) -> Column:
        return Column.of(name, Kind.TEXT, title, texts(rows[source or name].tolist()))

    columns = [
        text("code", named("编号", "Code")),
        text("name", named("名称", "Name")),
        coded("type", named("类型", "Type"), rows["facility_type"].tolist(), vocabulary.FACILITY_TYPES),
        coded("class", named("等级", "Class"), rows["facility_class"].tolist(), vocabulary.FACILITY_CLASSES),
        words("networks", named("所属网络", "Networks"), rows["networks"].tolist(), vocabulary.NETWORKS),
        coded("status", named("状态", "Status"), rows["status"].tolist(), vocabulary.STATUSES),
        text("district", named("区市", "District")),
        text("street", named("镇街", "Sub-district")),
        text("address", named("地址", "Address")),
        text("landmark", named("位置提示", "Landmark"), "landmark_hint"),
        text("hours", named("开放时间", "Opening hours"), "hours_text"),
        words(
            "amenities",
            named("可用设施", "Usable amenities"),
            [usable(states) for states in rows["amenities"]],
            vocabulary.AMENITIES,
        ),
        words("entry", named("进入方式", "Ways to get in"), rows["entry_methods"].tolist(), vocabulary.ENTRY_METHODS),
        words("groups", named("服务对象", "For whom"), rows["user_groups"].tolist(), vocabulary.USER_GROUPS),
        text("floor", named("楼层", "Floor")),
        coded("bike_parking", named("停车", "Bike parking"), rows["bike_parking"].tolist(), vocabulary.BIKE_PARKING),
        coded("attended", named("值守", "Attended"), rows["attended"].tolist(), vocabulary.ATTENDED),
        Column.of("seats", Kind.INTEGER, named("座位", "Seats"), numbers(rows["seats"].tolist())),
        Column.of("capacity", Kind.INTEGER, named("容量", "Capacity"), numbers(rows["capacity_people"].tolist())),
        Column.of("step_free", Kind.BOOLEAN, named("无障碍", "Step-free"), truths(rows["step_free"].tolist())),
        text("public_phone", named("公开电话", "Public phone")),
        Column.of("verified", Kind.DATE, named("核实日期", "Verified on"), texts(rows["last_verified_on"].tolist())),
        Column.of("doubted", Kind.BOOLEAN, named("待核实", "Doubted by riders"), truths(doubted)),
        text("source", named("来源", "Source"), "source_name"),
        Column.of("synthetic", Kind.BOOLEAN, named("演示数据", "Made up"), truths(rows["is_synthetic"].tolist())),
    ]
    ids = [str(identity) for identity in rows.index]
    points = shapely.points(rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float))
    return table_of(version, ids, columns, points)


def areas(snapshot: Snapshot, level: str) -> FeatureTable:
    """The areas of one level, with their official codes as ids where they have one."""
    rows = snapshot.areas[snapshot.areas["level"] == level].reset_index(drop=True)
    columns = [
        Column.of("code", Kind.TEXT, named("代码", "Code"), texts(rows["code"].tolist())),
        Column.of("name", Kind.TEXT, named("名称", "Name"), texts(rows["name"].tolist())),
        Column.of("name_en", Kind.TEXT, named("英文名", "English name"), texts(rows["name_en"].tolist())),
        Column.of(
            "parent", Kind.TEXT, named("上级代码", "Code of the area above"), texts(rows["parent_code"].tolist())
        ),
    ]
    ids = [code or f"{level}-{row}" for row, code in enumerate(texts(rows["code"].tolist()))]
    if len(set(ids)) < len(ids):
        ids = [f"{level}-{row}" for row in range(len(rows))]
    return table_of(snapshot.id, ids, columns, rows.geometry.to_numpy())


def streets(snapshot: Snapshot) -> FeatureTable:
    """Every piece of street between two junctions that anybody may walk or ride, with the way it comes from."""
    graph = next(iter(snapshot.modes.values())).graph
    edges = graph.edges
    starts, ends = np.asarray(edges.shape_start[:-1]), np.asarray(edges.shape_start[1:])
    rows = np.repeat(np.arange(len(starts)), ends - starts)
    lines = shapely.linestrings(np.column_stack([graph.shape_lon, graph.shape_lat]), indices=rows)
    ways = np.asarray(edges.way_id).tolist()
    columns = [
        Column.of(
            "name", Kind.TEXT, named("名称", "Name"), [graph.name_of(edge) or None for edge in range(len(starts))]
        ),
        Column.of("way", Kind.INTEGER, named("OSM 道路编号", "OSM way"), [float(way) for way in ways]),
        Column.of("length_m", Kind.NUMBER, named("长度", "Length"), np.asarray(edges.length_m).tolist(), unit="m"),
    ]
    return table_of(snapshot.id, numbered(ways), columns, lines)


def numbered(ways: Sequence[int]) -> list[str]:
    """Ids of the pieces of ways: the way, and which piece of it."""
    seen: dict[int, int] = {}
    ids = []
    for way in ways:
        seen[way] = seen.get(way, 0) + 1
        ids.append(f"{way}-{seen[way]}")
    return ids


def hosts(snapshot: Snapshot) -> FeatureTable:
    """Buildings and places of the street extract that could take a station in: candidates before anybody asked."""
    rows = snapshot.hosts
    columns = [
        Column.of("name", Kind.TEXT, named("名称", "Name"), texts(rows["name"].tolist())),
        coded("type", named("类型", "Type"), rows["host_type"].tolist(), vocabulary.HOST_TYPES),
        Column.of("hours", Kind.TEXT, named("开放时间", "Opening hours"), texts(rows["opening_hours"].tolist())),
    ]
    points = shapely.points(rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float))
    ids = [identity.replace("/", "-") for identity in texts(rows["osm_id"].tolist()) if identity is not None]
    return table_of(snapshot.id, ids, columns, points)


GRID_TYPES = frozenset({"grid_town", "grid_base"})
"""Facility types that look after an area."""


def grid_areas(snapshot: Snapshot) -> FeatureTable:
    """The sub-district every grid workstation looks after, as far as the register says which."""
    rows = snapshot.facilities
    outlines = {
        area.name: area.geometry for area in snapshot.areas[snapshot.areas["level"] == "street"].itertuples(index=False)
    }
    chosen = [
        place
        for place, (kind, street) in enumerate(zip(rows["facility_type"], rows["street"], strict=True))
        if kind in GRID_TYPES and street in outlines
    ]
    own = rows.iloc[chosen]
    columns = [
        Column.of("station", Kind.TEXT, named("工作站", "Workstation"), texts(own["name"].tolist())),
        Column.of("district", Kind.TEXT, named("区市", "District"), texts(own["district"].tolist())),
        Column.of("street", Kind.TEXT, named("镇街", "Sub-district"), texts(own["street"].tolist())),
        Column.of("public_phone", Kind.TEXT, named("公开电话", "Public phone"), texts(own["public_phone"].tolist())),
    ]
    shapes = np.array([outlines[street] for street in own["street"]], dtype=object)
    return table_of(snapshot.id, [str(snapshot.facility_ids[place]) for place in chosen], columns, shapes)


KINDS = (
    SnapshotKind(
        "stations",
        named("驿站与服务设施", "Stations and other facilities"),
        named("登记册中对公众开放的设施，位置为入口。", "Every facility of the register the public may know."),
        "Point",
        stations,
        "verified",
    ),
    SnapshotKind(
        "districts",
        named("区市", "Districts"),
        named("区市边界，来自道路底图。", "District boundaries, from the street extract."),
        "MultiPolygon",
        lambda snapshot: areas(snapshot, "district"),
    ),
    SnapshotKind(
        "subdistricts",
        named("镇街", "Sub-districts"),
        named("镇街边界，来自道路底图。", "Boundaries of sub-districts and towns, from the street extract."),
        "MultiPolygon",
        lambda snapshot: areas(snapshot, "street"),
    ),
    SnapshotKind(
        "streets",
        named("道路", "Streets"),
        named("可步行或骑行的道路路段。", "Pieces of street between junctions that one may walk."),
        "LineString",
        streets,
    ),
    SnapshotKind(
        "grid-areas",
        named("网格工作站服务范围", "Service areas of grid workstations"),
        named("网格工作站与其所在镇街。", "Grid workstations with the sub-district each looks after."),
        "MultiPolygon",
        grid_areas,
    ),
    SnapshotKind(
        "candidates",
        named("候选场所", "Candidate hosts"),
        named(
            "可承载驿站的建筑与场所，来自道路底图。", "Buildings that could take a station in, from the street extract."
        ),
        "Point",
        hosts,
    ),
)
"""In the order they are listed."""
