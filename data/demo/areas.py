"""
Districts and streets of the demo city as OSM holds them: border ways that neighbours share, and relations that name
the ways.

Streets are the land nearest to their drawn centre within the district. Borders are cut where three areas meet, so a
border is written once and every area closes exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.ops import linemerge, polygonize

from data.demo.geography import district_shapes, polygons_of, roughened
from data.demo.plane import to_plane
from data.demo.sheet import points_at
from data.demo.towns import TOWNS
from data.qingdao import STREETS
from geo.types import Floats, Longs

_GRID_M = 0.1

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Border:
    """A line between two streets (or a street and the outside), with every area whose outline it belongs to."""

    line: LineString
    area_codes: tuple[str, ...]


def _town_points(code: str) -> tuple[list[str], Floats]:
    """Codes and drawn centres of the streets of one district."""
    towns = [town for town in TOWNS if town.code.startswith(code)]
    x_m, y_m = to_plane([town.lon for town in towns], [town.lat for town in towns])
    return [town.code for town in towns], np.column_stack([x_m, y_m])


def _street_faces(shape: MultiPolygon, points: Floats) -> list[tuple[int, Polygon]]:
    """The pieces of a district with the number of the centre nearest to each."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shape, only_edges=True)
    pieces = shapely.get_parts(shapely.intersection(shapely.get_parts(cells), shape)).tolist()
    edges = [piece.coords for piece in pieces if isinstance(piece, LineString) and not piece.is_empty]
    crooked = [LineString(roughened(np.array(edge), key, strength=0.07)) for key, edge in enumerate(edges)]
    lines = shapely.unary_union([shape.boundary, *crooked], grid_size=_GRID_M)
    land = shape.buffer(1.0)
    faces = [face for face in polygonize(lines) if land.contains(face)]
    middles = np.array([face.representative_point().coords[0] for face in faces])
    nearest = np.argmin(((middles[:, None, :] - points[None, :, :]) ** 2).sum(axis=2), axis=1)
    return list(zip(nearest.tolist(), faces, strict=True))


@cache
def street_shapes() -> dict[str, MultiPolygon]:
    """Outline of every street and town on the sheet by code; together they fill their district."""
    shapes: dict[str, MultiPolygon] = {}
    for district_code, district in district_shapes().items():
        codes, points = _town_points(district_code)
        faces = defaultdict(list)
        for number, face in _street_faces(district, points):
            faces[codes[number]].append(face)
        for code in codes:
            joined = shapely.unary_union(faces[code], grid_size=_GRID_M)
            shapes[code] = MultiPolygon(polygons_of(joined))
    return shapes


def _segments(faces: list[Polygon]) -> Iterator[tuple[Point, Point]]:
    """Every straight piece around some faces, its ends in a fixed order; twice where two faces of one area touch."""
    for face in faces:
        for ring in (face.exterior, *face.interiors):
            points = [(round(x, 1), round(y, 1)) for x, y in ring.coords]
            for start, end in pairwise(points):
                if start != end:
                    yield (start, end) if start < end else (end, start)


def _noded(shapes: dict[str, MultiPolygon]) -> dict[str, list[Polygon]]:
    """
    The same areas cut into faces that meet point to point, so that shared borders have equal pieces.

    Snapping leaves slivers a decimetre wide along the borders; each face goes to exactly one area, the nearest.
    """
    lines = shapely.unary_union([shape.boundary for shape in shapes.values()], grid_size=_GRID_M)
    faces = list(polygonize(lines))
    codes = list(shapes)
    tree = shapely.STRtree(list(shapes.values()))
    owners = tree.nearest([face.representative_point() for face in faces])
    found: dict[str, list[Polygon]] = {code: [] for code in codes}
    for face, owner in zip(faces, owners.tolist(), strict=True):
        found[codes[owner]].append(face)
    return found


@cache
def borders() -> tuple[Border, ...]:
    """All borders, each once, cut where three areas meet, in a fixed order."""
    owners: dict[tuple[Point, Point], list[str]] = defaultdict(list)
    for code, faces in _noded(street_shapes()).items():
        for segment in _segments(faces):
            owners[segment].append(code)
    by_owners: dict[tuple[str, ...], list[tuple[Point, Point]]] = defaultdict(list)
    for segment, around in owners.items():
        if len(set(around)) == len(around):
            by_owners[tuple(sorted(around))].append(segment)
    found = []
    for codes in sorted(by_owners):
        merged = linemerge(by_owners[codes])
        lines = sorted(getattr(merged, "geoms", [merged]), key=lambda line: line.bounds)
        found += [Border(line, _areas_along(codes)) for line in lines]
    return tuple(found)


def _areas_along(street_codes: tuple[str, ...]) -> tuple[str, ...]:
    """The streets on a border, and their districts where it is a district's border too."""
    districts = [code[:6] for code in street_codes]
    outer = [code for code in districts if districts.count(code) == 1]
    return (*sorted(set(outer)), *street_codes)


@cache
def _street_tree() -> shapely.STRtree:
    """The streets, in the order of `data.qingdao.STREETS`, ready to be asked for the nearest."""
    return shapely.STRtree([street_shapes()[street.code] for street in STREETS])


def street_index(x_m: Floats, y_m: Floats) -> Longs:
    """Which street of `data.qingdao.STREETS` each point of the sheet lies in; at sea, the nearest one."""
    return np.asarray(_street_tree().nearest(points_at(x_m, y_m)), dtype=np.int64)
