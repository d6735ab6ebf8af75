"""Places that OSM would show in such a city: toilets, bus stations, banks, shops, parks, housing estates, villages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from data.demo.blocks import Lattice
from data.demo.chance import chance, stream
from data.demo.frontage import Door, Frontage, pick_doors
from data.demo.geography import HILLS, blob_shape
from data.demo.names import estate_names
from data.demo.sheet import Tags
from data.demo.town_streets import buildable, inside
from data.demo.villages import Village
from data.qingdao import STREETS
from geo.types import Floats

TOILETS = 1_300
TOILETS_24H = 782

_ESTATES = 2_400
_PARKS = 110


@dataclass(frozen=True, slots=True)
class Place:
    """A point of interest on the sheet."""

    x_m: float
    y_m: float
    tags: Tags


@dataclass(frozen=True, slots=True)
class Ground:
    """A closed outline on the sheet with what it is used for."""

    x_m: Floats
    y_m: Floats
    tags: Tags


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of host: how many, how far apart, where, and how it is tagged."""

    name: str
    count: int
    apart_m: float
    weight: Callable[[Frontage], Floats]
    tags: Tags
    words: tuple[str, ...]
    hours: tuple[str, ...] = ()


def _by_people(fronts: Frontage) -> Floats:
    return fronts.people


def _in_town(fronts: Frontage) -> Floats:
    return fronts.people * fronts.in_town


def _on_main_roads(fronts: Frontage) -> Floats:
    main = np.isin(np.array(fronts.kind), ["primary", "secondary", "tertiary"])
    return np.where(main, np.sqrt(fronts.people * fronts.length_m), 0.0)


def _spread_out(fronts: Frontage) -> Floats:
    return np.sqrt(fronts.people) * np.where(fronts.in_town, 1.0, 0.3)


_BANKS = ("银行网点", "农商银行", "储蓄银行", "城市银行")

_KINDS = (
    _Kind("bus", 130, 500, _on_main_roads, {"amenity": "bus_station"}, ("公交场站", "公交首末站")),
    _Kind("bank", 720, 90, _in_town, {"amenity": "bank"}, _BANKS, ("Mo-Fr 08:30-16:30", "Mo-Su 09:00-16:00")),
    _Kind("fuel", 360, 700, _on_main_roads, {"amenity": "fuel"}, ("加油站",), ("24/7",)),
    _Kind("library", 42, 700, _in_town, {"amenity": "library"}, ("图书馆", "城市书房"), ("Tu-Su 09:00-17:00",)),
    _Kind(
        "community", 460, 300, _by_people, {"amenity": "community_centre"}, ("社区服务中心", "党群服务中心"),
        ("Mo-Fr 08:30-17:00",),
    ),
    _Kind("townhall", 150, 900, _spread_out, {"amenity": "townhall"}, ("便民服务中心",), ("Mo-Fr 09:00-17:00",)),
    _Kind("shop", 640, 110, _in_town, {"shop": "convenience", "opening_hours": "24/7"}, ("便利店", "24小时便利店")),
    _Kind("corner", 900, 80, _by_people, {"shop": "convenience"}, ("便利店", "超市"), ("Mo-Su 07:00-22:00",)),
    _Kind("charging", 520, 200, _by_people, {"amenity": "charging_station"}, ("充电站",), ("24/7",)),
    _Kind("pharmacy", 520, 120, _by_people, {"amenity": "pharmacy"}, ("大药房",), ("Mo-Su 08:00-21:00",)),
    _Kind("hospital", 95, 900, _by_people, {"amenity": "hospital"}, ("医院", "卫生院"), ("24/7",)),
    _Kind("post", 190, 500, _by_people, {"amenity": "post_office"}, ("邮政支局",), ("Mo-Su 08:30-17:00",)),
    _Kind("mall", 120, 500, _in_town, {"shop": "mall"}, ("购物中心", "商场"), ("Mo-Su 09:30-21:30",)),
    _Kind("food", 700, 80, _in_town, {"amenity": "fast_food"}, ("快餐店",), ("Mo-Su 07:00-21:00",)),
    _Kind("telecom", 150, 250, _in_town, {"office": "telecommunication"}, ("营业厅",), ("Mo-Su 09:00-17:30",)),
    _Kind("metro", 160, 420, _on_main_roads, {"railway": "subway_entrance"}, ("地铁站A口", "地铁站B口", "地铁站C口")),
)  # fmt: skip


def road_of(fronts: Frontage, front: int) -> str:
    """What people would call a place there: the road's name, or the street's or town's."""
    street = STREETS[int(fronts.street[front])].name
    return fronts.name[front] or street.removesuffix("街道").removesuffix("镇")


def places(fronts: Frontage, seed: int, scale: float) -> list[Place]:
    """All points of interest, toilets first."""
    found = list(_toilets(fronts, seed, scale))
    for kind in _KINDS:
        chances = stream(seed, kind.name)
        doors = pick_doors(
            fronts, kind.weight(fronts), max(2, round(kind.count * scale)), chances, apart_m=kind.apart_m
        )
        for number, door in enumerate(doors):
            tags = kind.tags | {"name": road_of(fronts, door.front) + kind.words[number % len(kind.words)]}
            if kind.hours:
                tags["opening_hours"] = kind.hours[number % len(kind.hours)]
            found.append(Place(door.x_m, door.y_m, tags))
    return found


def _toilets(fronts: Frontage, seed: int, scale: float) -> Iterator[Place]:
    """Public toilets; as declared, most never close."""
    count = max(2, round(TOILETS * scale))
    never_closed = max(1, round(TOILETS_24H * scale))
    doors: list[Door] = pick_doors(fronts, _spread_out(fronts), count, stream(seed, "toilets"), apart_m=160)
    for number, door in enumerate(doors):
        hours = "24/7" if number < never_closed else "Mo-Su 06:00-22:00"
        tags = {"amenity": "toilets", "access": "yes", "fee": "no", "opening_hours": hours}
        yield Place(door.x_m, door.y_m, tags | {"name": road_of(fronts, door.front) + "公厕"})


def grounds(lattice: Lattice, villages: list[Village], scale: float) -> list[Ground]:
    """Housing estates, parks, hills and village land as outlines."""
    return [*_blocks(lattice, scale), *_village_land(villages), *_hill_land()]


def _blocks(lattice: Lattice, scale: float) -> Iterator[Ground]:
    """Some blocks of the towns as housing estates, a few coarse ones as parks."""
    leaves = lattice.leaves()
    whim = chance(lattice.seed, 40, leaves.i, leaves.j)
    order = np.argsort(whim + 10 * (leaves.level == 0), kind="stable")[: round(1.3 * (_ESTATES + _PARKS) * scale)]
    side = 2 ** leaves.level[order]
    i, j = leaves.i[order], leaves.j[order]
    corners = [lattice.place(i + di * side, j + dj * side) for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))]
    x_m, y_m = np.stack([x for x, _ in corners], axis=1), np.stack([y for _, y in corners], axis=1)
    on_land = inside(buildable(), x_m.ravel(), y_m.ravel()).reshape(-1, 4).all(axis=1)
    middle_x, middle_y = x_m.mean(axis=1, keepdims=True), y_m.mean(axis=1, keepdims=True)
    x_m, y_m = x_m + 0.09 * (middle_x - x_m), y_m + 0.09 * (middle_y - y_m)
    names = estate_names()
    every = max(2, round(_ESTATES / _PARKS))
    for number, row in enumerate(np.flatnonzero(on_land).tolist()):
        name = names[(number * 37) % len(names)]
        if number % every == every - 1:
            yield Ground(x_m[row], y_m[row], {"leisure": "park", "name": name[:2] + "公园"})
        else:
            yield Ground(x_m[row], y_m[row], {"landuse": "residential", "name": name})


def _village_land(villages: list[Village]) -> Iterator[Ground]:
    """The land of each village as a square around its lanes."""
    for village in villages:
        half_m = 24.0 * np.sqrt(len(village.points)) + 70
        x_m = village.x_m + half_m * np.array([-1.0, 1.0, 1.0, -1.0])
        y_m = village.y_m + 0.8 * half_m * np.array([-1.0, -1.0, 1.0, 1.0])
        yield Ground(x_m, y_m, {"landuse": "residential", "name": village.name})


def _hill_land() -> Iterator[Ground]:
    """The hills as woods."""
    for blob in HILLS:
        x_m, y_m = np.array(blob_shape(blob).exterior.coords[:-1]).T
        yield Ground(x_m, y_m, {"natural": "wood", "name": blob.name})
