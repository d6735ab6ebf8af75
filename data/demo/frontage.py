"""Street fronts: every stretch of public street with how many people live along it, to put doors on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from data.demo.areas import street_index
from data.demo.blocks import Lattice
from data.demo.sheet import Segments, Sheet
from data.qingdao import DISTRICT_BY_CODE, STREETS
from geo.types import Bools, Floats, Longs

_WEIGHT_BY_KIND = {
    "primary": 0.7,
    "secondary": 0.9,
    "tertiary": 1.0,
    "residential": 1.0,
    "living_street": 0.8,
    "unclassified": 0.05,
}
"""How many doors a metre of street has, by kind; other kinds have none."""

_VILLAGE_WEIGHT = 0.16
"""A lane outside the towns holds fewer people per metre than a town street."""


@dataclass(frozen=True, slots=True)
class Frontage:
    """One row per stretch of street: its middle, direction and residents, and the street or town it lies in."""

    x_m: Floats
    y_m: Floats
    along_x: Floats
    along_y: Floats
    length_m: Floats
    density: Floats
    people: Floats
    street: Longs
    name: list[str]
    kind: list[str]

    @property
    def in_town(self) -> Bools:
        """Fronts on built-up land."""
        return self.density > 0


@dataclass(frozen=True, slots=True)
class Door:
    """A place at the side of a street."""

    x_m: float
    y_m: float
    front: int


def frontage_of(sheet: Sheet, lattice: Lattice) -> Frontage:
    """All street fronts of the city; the people on the fronts of a district add up to the district."""
    x_m, y_m = sheet.positions()
    pieces = Segments.of(sheet.ways)
    per_metre = np.array([_WEIGHT_BY_KIND.get(way.tags.get("highway", ""), 0.0) for way in sheet.ways])[pieces.way]
    start, end, way = (column[per_metre > 0] for column in (pieces.start, pieces.end, pieces.way))
    dx, dy = x_m[end] - x_m[start], y_m[end] - y_m[start]
    length_m = np.maximum(np.hypot(dx, dy), 0.01)
    middle_x, middle_y = (x_m[start] + x_m[end]) / 2, (y_m[start] + y_m[end]) / 2
    density = lattice.density(middle_x, middle_y)
    street = street_index(middle_x, middle_y)
    weight = per_metre[per_metre > 0] * length_m * np.where(density > 0, 0.25 + density, _VILLAGE_WEIGHT)
    tags = [sheet.ways[number].tags for number in way.tolist()]
    return Frontage(
        middle_x,
        middle_y,
        dx / length_m,
        dy / length_m,
        length_m,
        density,
        _shared_out(weight, street),
        street,
        [tag.get("name", "") for tag in tags],
        [tag["highway"] for tag in tags],
    )


def _shared_out(weight: Floats, street: Longs) -> Floats:
    """The people of each district, shared out over its fronts by weight."""
    code_of = np.array([int(item.district_code) for item in STREETS])
    district = code_of[street]
    people = np.zeros(len(weight))
    for code, facts in DISTRICT_BY_CODE.items():
        rows = district == int(code)
        people[rows] = facts.people * weight[rows] / max(weight[rows].sum(), 1e-9)
    return people


def pick_doors(
    fronts: Frontage, weight: Floats, count: int, chances: np.random.Generator, *, apart_m: float, aside_m: float = 14.0
) -> list[Door]:
    """Choose doors at street fronts with chance in proportion to a weight, no two closer than some metres."""
    likely = np.flatnonzero(weight > 0)
    # Exponential keys sorted give a weighted sample without replacement in one pass.
    key = chances.exponential(size=len(likely)) / weight[likely]
    doors: list[Door] = []
    cells: dict[tuple[int, int], list[Door]] = defaultdict(list)
    side = np.where(chances.random(len(likely)) < 0.5, -1.0, 1.0) * aside_m * chances.uniform(0.6, 1.6, len(likely))
    shift = (chances.random(len(likely)) - 0.5) * 0.6
    for rank in np.argsort(key, kind="stable").tolist():
        if len(doors) == count:
            break
        front = int(likely[rank])
        along = shift[rank] * fronts.length_m[front]
        x = float(fronts.x_m[front] + along * fronts.along_x[front] - side[rank] * fronts.along_y[front])
        y = float(fronts.y_m[front] + along * fronts.along_y[front] + side[rank] * fronts.along_x[front])
        column, row = int(x // apart_m), int(y // apart_m)
        near = (door for dx in (-1, 0, 1) for dy in (-1, 0, 1) for door in cells[column + dx, row + dy])
        if all((door.x_m - x) ** 2 + (door.y_m - y) ** 2 >= apart_m**2 for door in near):
            door = Door(x, y, front)
            doors.append(door)
            cells[column, row].append(door)
    return doors
