"""
The land of the demo city, drawn by hand from general knowledge to one or two kilometres: coast, bay, district
borders, hills.

The lines are our own sketch and copy no map. Each border is one arc, used by both of its neighbours, so the
districts fit together without gaps. Arcs are then roughened a little, always in the same way: the shape of the land
does not depend on the seed. Outlines are good for a demonstration and for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from data.demo.chance import chance
from data.demo.plane import shape_on_plane, to_plane

_LAND_SEED = 3702
_ROUGH_STEP_M = 450.0

LonLatLine = tuple[tuple[float, float], ...]

# Where three borders, or a border and the coast, meet; arcs ending in x are borders with a neighbour of the city.
_RIZHAO = (119.635, 35.585)
_ZHUCHENG = (119.66, 36.03)
_GAOMI = (119.92, 36.46)
_ZHAOYUAN = (120.24, 37.06)
_LAIYANG = (120.62, 36.70)
_DINGZI = (120.745, 36.63)
_HONGSHIYA = (120.085, 36.150)
_DAGU_MOUTH = (120.115, 36.228)
_LIUTING_SHORE = (120.357, 36.205)
_CANGKOU_SHORE = (120.338, 36.150)
_XIAOGANG = (120.304, 36.074)
_MAIDAO = (120.436, 36.060)
_AOSHAN_BAY = (120.672, 36.300)
_PINGDU_LAIXI_JIMO = (120.26, 36.62)
_PINGDU_JIMO_JIAOZHOU = (120.16, 36.46)
_JIMO_JIAOZHOU_CHENGYANG = (120.215, 36.385)
_JIMO_CHENGYANG_LAOSHAN = (120.585, 36.305)
_CHENGYANG_LAOSHAN_LICANG = (120.49, 36.207)
_LICANG_LAOSHAN_SHIBEI = (120.437, 36.137)
_SHIBEI_LAOSHAN_SHINAN = (120.425, 36.087)

ARCS: dict[str, LonLatLine] = {
    "coast_huangdao": (
        _RIZHAO, (119.69, 35.605), (119.735, 35.592), (119.785, 35.580), (119.80, 35.605), (119.775, 35.640),
        (119.80, 35.665), (119.85, 35.655), (119.88, 35.632), (119.915, 35.628), (119.925, 35.655), (119.915, 35.690),
        (119.925, 35.725), (119.955, 35.735), (119.985, 35.705), (120.02, 35.712), (120.06, 35.735), (120.075, 35.770),
        (120.055, 35.805), (120.045, 35.840), (120.065, 35.872), (120.105, 35.895), (120.145, 35.902),
        (120.165, 35.925), (120.168, 35.945), (120.190, 35.957), (120.222, 35.962), (120.222, 35.948),
        (120.200, 35.930), (120.183, 35.905), (120.200, 35.900), (120.225, 35.930), (120.255, 35.957),
        (120.285, 35.975),
        (120.300, 36.000), (120.283, 36.017), (120.255, 36.005), (120.228, 35.998), (120.205, 36.008),
        (120.225, 36.022), (120.240, 36.045), (120.232, 36.068), (120.195, 36.080), (120.155, 36.083),
        (120.118, 36.105), (120.098, 36.128), _HONGSHIYA,
    ),
    "coast_jiaozhou": (_HONGSHIYA, (120.088, 36.175), (120.100, 36.205), _DAGU_MOUTH),
    "coast_chengyang": (
        _DAGU_MOUTH, (120.150, 36.222), (120.190, 36.212), (120.218, 36.205), (120.228, 36.180), (120.245, 36.160),
        (120.275, 36.152), (120.297, 36.170), (120.300, 36.200), (120.318, 36.228), (120.340, 36.232), _LIUTING_SHORE,
    ),
    "coast_licang": (_LIUTING_SHORE, (120.353, 36.185), (120.346, 36.165), _CANGKOU_SHORE),
    "coast_shibei": (_CANGKOU_SHORE, (120.328, 36.130), (120.318, 36.108), (120.306, 36.094), _XIAOGANG),
    "coast_shinan": (
        _XIAOGANG, (120.290, 36.066), (120.278, 36.050), (120.288, 36.046), (120.303, 36.056), (120.318, 36.061),
        (120.332, 36.058), (120.341, 36.045), (120.350, 36.055), (120.362, 36.043), (120.372, 36.054),
        (120.385, 36.061), (120.396, 36.053), (120.413, 36.058), _MAIDAO,
    ),
    "coast_laoshan": (
        _MAIDAO, (120.452, 36.073), (120.475, 36.087), (120.498, 36.083), (120.520, 36.092), (120.545, 36.104),
        (120.562, 36.088), (120.585, 36.108), (120.615, 36.112), (120.650, 36.122), (120.700, 36.136),
        (120.715, 36.155), (120.690, 36.178), (120.682, 36.210), (120.668, 36.240), (120.690, 36.265),
        (120.700, 36.285), _AOSHAN_BAY,
    ),
    "coast_jimo": (
        _AOSHAN_BAY, (120.668, 36.330), (120.688, 36.360), (120.722, 36.345), (120.758, 36.320), (120.775, 36.345),
        (120.765, 36.380), (120.800, 36.402), (120.845, 36.392), (120.870, 36.420), (120.910, 36.428),
        (120.942, 36.462), (120.925, 36.500), (120.885, 36.520), (120.900, 36.552), (120.862, 36.575),
        (120.815, 36.585), (120.772, 36.598), _DINGZI,
    ),
    "jimo_x": (_DINGZI, (120.70, 36.665), (120.66, 36.680), _LAIYANG),
    "laixi_x": (
        _LAIYANG, (120.66, 36.75), (120.64, 36.83), (120.685, 36.90), (120.665, 36.98), (120.615, 37.045),
        (120.54, 37.115), (120.45, 37.135), (120.37, 37.105), (120.30, 37.085), _ZHAOYUAN,
    ),
    "pingdu_x_north": (
        _ZHAOYUAN, (120.16, 37.085), (120.08, 37.115), (119.98, 37.085), (119.90, 37.055), (119.82, 37.095),
        (119.72, 37.035), (119.62, 37.03), (119.555, 36.96), (119.535, 36.86), (119.56, 36.76), (119.62, 36.66),
        (119.72, 36.56), (119.82, 36.50), _GAOMI,
    ),
    "jiaozhou_x": (
        _GAOMI, (119.895, 36.39), (119.845, 36.33), (119.79, 36.27), (119.735, 36.215), (119.64, 36.185),
        (119.595, 36.12), (119.61, 36.06), _ZHUCHENG,
    ),
    "huangdao_x": (
        _ZHUCHENG, (119.585, 35.99), (119.60, 35.92), (119.535, 35.85), (119.505, 35.77), (119.525, 35.69),
        (119.585, 35.63), _RIZHAO,
    ),
    "huangdao_jiaozhou": (
        _ZHUCHENG, (119.75, 36.045), (119.83, 36.060), (119.90, 36.075), (119.95, 36.105), (120.00, 36.115),
        (120.05, 36.140), _HONGSHIYA,
    ),
    "pingdu_laixi": (
        _ZHAOYUAN, (120.225, 36.98), (120.195, 36.90), (120.235, 36.82), (120.270, 36.74), (120.285, 36.68),
        _PINGDU_LAIXI_JIMO,
    ),
    "laixi_jimo": (_PINGDU_LAIXI_JIMO, (120.36, 36.630), (120.46, 36.660), (120.54, 36.680), _LAIYANG),
    "pingdu_jimo": (_PINGDU_LAIXI_JIMO, (120.205, 36.560), (120.175, 36.510), _PINGDU_JIMO_JIAOZHOU),
    "pingdu_jiaozhou": (_GAOMI, (119.98, 36.450), (120.06, 36.475), _PINGDU_JIMO_JIAOZHOU),
    "jimo_jiaozhou": (_PINGDU_JIMO_JIAOZHOU, (120.145, 36.425), (120.18, 36.395), _JIMO_JIAOZHOU_CHENGYANG),
    "jiaozhou_chengyang": (
        _JIMO_JIAOZHOU_CHENGYANG, (120.205, 36.330), (120.170, 36.285), (120.130, 36.255), _DAGU_MOUTH,
    ),
    "jimo_chengyang": (
        _JIMO_JIAOZHOU_CHENGYANG, (120.28, 36.365), (120.36, 36.357), (120.43, 36.360), (120.50, 36.350),
        (120.55, 36.325), _JIMO_CHENGYANG_LAOSHAN,
    ),
    "jimo_laoshan": (_JIMO_CHENGYANG_LAOSHAN, (120.63, 36.315), _AOSHAN_BAY),
    "chengyang_laoshan": (_JIMO_CHENGYANG_LAOSHAN, (120.555, 36.255), (120.530, 36.222), _CHENGYANG_LAOSHAN_LICANG),
    "chengyang_licang": (
        _CHENGYANG_LAOSHAN_LICANG, (120.45, 36.218), (120.41, 36.223), (120.38, 36.217), _LIUTING_SHORE,
    ),
    "licang_laoshan": (_CHENGYANG_LAOSHAN_LICANG, (120.487, 36.180), (120.462, 36.157), _LICANG_LAOSHAN_SHIBEI),
    "licang_shibei": (_LICANG_LAOSHAN_SHIBEI, (120.41, 36.147), (120.38, 36.152), _CANGKOU_SHORE),
    "shibei_laoshan": (_LICANG_LAOSHAN_SHIBEI, (120.432, 36.115), _SHIBEI_LAOSHAN_SHINAN),
    "shibei_shinan": (
        _SHIBEI_LAOSHAN_SHINAN, (120.400, 36.086), (120.372, 36.080), (120.347, 36.074), (120.325, 36.075), _XIAOGANG,
    ),
    "shinan_laoshan": (_SHIBEI_LAOSHAN_SHINAN, (120.432, 36.075), _MAIDAO),
}  # fmt: skip
"""Every border and stretch of coast, once, in WGS-84 degrees."""

RINGS: dict[str, tuple[str, ...]] = {
    "370202": ("coast_shinan", "-shinan_laoshan", "shibei_shinan"),
    "370203": ("coast_shibei", "-shibei_shinan", "-shibei_laoshan", "licang_shibei"),
    "370211": ("coast_huangdao", "-huangdao_jiaozhou", "huangdao_x"),
    "370212": (
        "coast_laoshan", "-jimo_laoshan", "chengyang_laoshan", "licang_laoshan", "shibei_laoshan", "shinan_laoshan",
    ),
    "370213": ("coast_licang", "-licang_shibei", "-licang_laoshan", "chengyang_licang"),
    "370214": (
        "coast_chengyang", "-chengyang_licang", "-chengyang_laoshan", "-jimo_chengyang", "jiaozhou_chengyang",
    ),
    "370215": (
        "coast_jimo", "jimo_x", "-laixi_jimo", "pingdu_jimo", "jimo_jiaozhou", "jimo_chengyang", "jimo_laoshan",
    ),
    "370281": (
        "coast_jiaozhou", "-jiaozhou_chengyang", "-jimo_jiaozhou", "-pingdu_jiaozhou", "jiaozhou_x",
        "huangdao_jiaozhou",
    ),
    "370283": ("pingdu_x_north", "pingdu_jiaozhou", "-pingdu_jimo", "-pingdu_laixi"),
    "370285": ("laixi_x", "pingdu_laixi", "laixi_jimo"),
}  # fmt: skip
"""The arcs around each district, in order; a minus walks an arc backwards."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A rough ellipse on the sheet: an island or a hill. Degrees for the middle, kilometres for the half axes."""

    name: str
    lon: float
    lat: float
    half_east_km: float
    half_north_km: float
    turn_deg: float = 0.0


ISLANDS = {
    "370211": (Blob("灵山岛", 120.163, 35.768, 1.1, 2.3), Blob("竹岔岛", 120.308, 35.942, 0.55, 0.4)),
    "370215": (Blob("田横岛", 120.968, 36.415, 1.5, 0.5), Blob("大管岛", 120.775, 36.235, 0.5, 0.35)),
}
"""Islands by the district they belong to."""

HILLS = (
    Blob("崂山", 120.615, 36.185, 5.6, 6.2, 20),
    Blob("崂山西麓", 120.545, 36.205, 2.4, 3.2, -15),
    Blob("三标山", 120.585, 36.265, 3.0, 2.0),
    Blob("浮山", 120.418, 36.089, 1.8, 0.6, 8),
    Blob("太平山", 120.350, 36.069, 0.75, 0.5),
    Blob("信号山", 120.331, 36.0665, 0.2, 0.17),
    Blob("北岭山", 120.347, 36.1000, 0.25, 0.2),
    Blob("双山", 120.397, 36.123, 0.5, 0.35),
    Blob("老虎山", 120.437, 36.150, 0.9, 0.6, 25),
    Blob("卧狼齿山", 120.485, 36.168, 1.0, 1.3),
    Blob("石老人浴场北山", 120.478, 36.108, 0.9, 0.6),
    Blob("丹山", 120.462, 36.222, 1.0, 0.6),
    Blob("马山", 120.385, 36.382, 0.7, 0.5),
    Blob("四舍山", 120.600, 36.360, 2.4, 1.6),
    Blob("鹤山", 120.640, 36.300, 1.6, 1.0),
    Blob("天柱山", 120.640, 36.470, 2.6, 1.8),
    Blob("小珠山", 120.085, 35.985, 4.0, 3.6, 30),
    Blob("大珠山", 120.025, 35.765, 1.9, 2.9, -10),
    Blob("铁橛山", 119.875, 35.885, 4.2, 3.2, 20),
    Blob("藏马山", 119.810, 35.815, 2.4, 2.0),
    Blob("琅琊台", 119.905, 35.650, 0.7, 0.6),
    Blob("艾山", 119.900, 36.135, 1.8, 1.4),
    Blob("大泽山", 120.020, 37.025, 6.5, 3.6, -15),
    Blob("茶山", 120.110, 36.945, 2.4, 2.0),
    Blob("两目山", 119.880, 37.000, 2.2, 1.4),
    Blob("莱西北山", 120.500, 37.070, 3.4, 1.8, 10),
)
"""Hills that keep streets away; only a footpath climbs them."""

MOTORWAYS: tuple[tuple[str, str, LonLatLine], ...] = (
    ("胶州湾大桥", "G22", (
        (120.352, 36.157), (120.325, 36.158), (120.270, 36.140), (120.215, 36.132), (120.155, 36.118),
        (120.100, 36.092),
    )),
    ("青兰高速", "G22", (
        (120.100, 36.092), (120.060, 36.085), (119.960, 36.085), (119.850, 36.100), (119.700, 36.110),
        (119.615, 36.105),
    )),
    ("沈海高速", "G15", (
        (120.500, 37.050), (120.440, 36.950), (120.400, 36.780), (120.330, 36.600), (120.250, 36.460),
        (120.130, 36.360), (120.100, 36.240), (120.030, 36.130), (119.960, 35.960), (119.830, 35.760),
        (119.680, 35.640),
    )),
    ("青银高速", "G20", (
        (120.455, 36.150), (120.440, 36.205), (120.350, 36.260), (120.250, 36.310), (120.120, 36.375),
        (119.980, 36.420), (119.935, 36.452),
    )),
    ("青新高速", "S16", (
        (120.420, 36.330), (120.330, 36.480), (120.230, 36.600), (120.110, 36.720), (120.080, 36.850),
        (119.930, 36.890), (119.700, 36.960), (119.580, 36.965),
    )),
    ("龙青高速", "S19", (
        (120.540, 36.360), (120.570, 36.500), (120.600, 36.680), (120.610, 36.800), (120.590, 36.960),
        (120.560, 37.070),
    )),
)  # fmt: skip
"""Name, number and line of the motorways: never walkable, crossing everything else on bridges."""


def roughened(line: NDArray[np.float64], key: int, *, strength: float = 0.09) -> NDArray[np.float64]:
    """Break a line on the sheet into shorter steps, each pushed a little sideways; the ends stay where they are."""
    level = 0
    while np.max(np.hypot(*np.diff(line, axis=0).T)) > _ROUGH_STEP_M:
        start, step = line[:-1], np.diff(line, axis=0)
        push = (chance(_LAND_SEED, key, level, np.arange(len(step))) - 0.5) * 2 * strength
        middle = start + step / 2 + np.column_stack([-step[:, 1], step[:, 0]]) * push[:, None]
        line = np.vstack([np.stack([start, middle], axis=1).reshape(-1, 2), line[-1:]])
        level += 1
    return line


def blob_shape(blob: Blob) -> Polygon:
    """Outline of an island or hill on the sheet."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    key = sum(blob.name.encode())
    wobble = 1 + sum(0.10 * np.sin(k * angle + 6.3 * chance(_LAND_SEED, key, k)[0]) for k in (2, 3, 5))
    east, north = 1e3 * blob.half_east_km * np.cos(angle) * wobble, 1e3 * blob.half_north_km * np.sin(angle) * wobble
    turn = np.radians(blob.turn_deg)
    x_m, y_m = to_plane(blob.lon, blob.lat)
    return Polygon(
        np.column_stack(
            [x_m + east * np.cos(turn) - north * np.sin(turn), y_m + east * np.sin(turn) + north * np.cos(turn)]
        )
    )


def polygons_of(shape: BaseGeometry) -> list[Polygon]:
    """The polygons a shape is made of; lines and points that an overlay left behind are dropped."""
    return [part for part in shapely.get_parts(shape).tolist() if isinstance(part, Polygon)]


@cache
def _arc(name: str) -> NDArray[np.float64]:
    """An arc on the sheet, roughened."""
    return np.round(roughened(shape_on_plane(ARCS[name]), sum(name.encode())), 2)


def _ring(arcs: tuple[str, ...]) -> Polygon:
    """The outline that some arcs make when walked one after the other."""
    lines = [_arc(name[1:])[::-1] if name.startswith("-") else _arc(name) for name in arcs]
    return Polygon(np.vstack([line[:-1] for line in lines]))


@cache
def district_shapes() -> dict[str, MultiPolygon]:
    """Outline of every district on the sheet, islands included, by code."""
    shapes = {}
    for code, arcs in RINGS.items():
        parts = [_ring(arcs), *[blob_shape(blob) for blob in ISLANDS.get(code, ())]]
        shapes[code] = MultiPolygon(parts)
    return shapes


@cache
def mainland() -> Polygon:
    """The ten districts without their islands, on the sheet."""
    joined = shapely.unary_union([_ring(arcs) for arcs in RINGS.values()], grid_size=0.01)
    return max(polygons_of(joined), key=lambda part: part.area)


@cache
def hills() -> MultiPolygon:
    """All hills on the sheet."""
    joined = shapely.unary_union([blob_shape(blob) for blob in HILLS])
    return MultiPolygon(polygons_of(joined))
