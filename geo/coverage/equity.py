"""
Who gets how much: inequality over people and between streets, stations by class of road, and the figures a city is held
to.

Every measure weighs by people, never by cells or districts: a thousand people count a thousand times, wherever they are
drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.streets.graph import HIGHWAYS
from geo.types import Bools, Bytes, Floats, Ints, Longs

LORENZ_PARTS = 20
"""Into how many equal parts of the people a Lorenz curve is cut."""


# ----------------------------------------------------------------------------------------------------------- inequality
def lorenz(values: Floats, people: Floats, parts: int = LORENZ_PARTS) -> Floats:
    """
    Share of the whole that the worst-served 0, 1/parts, … all of the people have between them.

    `values` are per person. Lorenz (1905), *Publications of the American Statistical Association* 9. All zeros where
    there is nothing to share.
    """
    of_people, of_values = _lorenz_corners(values, people)
    return np.asarray(np.interp(np.linspace(0.0, 1.0, parts + 1), of_people, of_values), dtype=np.float64)


def gini(values: Floats, people: Floats) -> float:
    """
    Gini coefficient over people: 0 where everybody has the same, towards 1 where one has everything.

    One less twice the area under the Lorenz curve, 1 - Σ (p_i - p_{i-1}) (q_i + q_{i-1}), over people sorted by what
    they have (Gini 1912, *Variabilità e mutabilità*; Brown 1994 for grouped data). 0 where there is nothing to share.
    """
    of_people, of_values = _lorenz_corners(values, people)
    if of_values[-1] == 0:
        return 0.0
    area = float((np.diff(of_people) * (of_values[1:] + of_values[:-1])).sum())
    return min(max(1.0 - area, 0.0), 1.0)


def _lorenz_corners(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Corners of the Lorenz curve, both columns from 0; the second stays 0 where there is nothing to share."""
    order = np.argsort(values, kind="stable")
    counted, had = np.cumsum(people[order]), np.cumsum((in_units_of_most(values) * people)[order])
    if len(values) == 0 or counted[-1] <= 0:
        return np.array([0.0, 1.0]), np.array([0.0, 0.0])
    whole = had[-1] if had[-1] > 0 else 1.0
    return np.r_[0.0, counted / counted[-1]], np.r_[0.0, had / whole]


@dataclass(frozen=True, slots=True)
class Theil:
    """Theil's T and its two parts, `total = within + between`; 0 where everybody has the same."""

    total: float
    within: float
    between: float

    def as_dict(self) -> dict[str, float]:
        """The index as the wire has it, with the part of it that lies between groups."""
        part = self.between / self.total if self.total > 0 else 0.0
        return {"total": self.total, "within": self.within, "between": self.between, "between_part": part}


def theil(values: Floats, people: Floats, group: Longs, groups: int) -> Theil:
    """
    Theil's T over people, divided into what lies within groups (such as streets) and what lies between them.

    T = Σ (P_i/P) (x_i/μ) ln(x_i/μ), where nothing (x = 0) adds nothing; between groups the same with their means,
    within them Σ s_g T_g, s_g being the group's part of everything (Theil 1967, *Economics and Information Theory*;
    Shorrocks 1980). The largest value is ln P, not 1.
    """
    values = in_units_of_most(values)
    everyone = float(people.sum())
    everything = float((values * people).sum())
    if everyone <= 0 or everything <= 0:
        return Theil(0.0, 0.0, 0.0)
    mean = everything / everyone
    had = np.bincount(group, weights=values * people, minlength=groups)
    counted = np.bincount(group, weights=people, minlength=groups)
    means = np.where(counted > 0, had / np.where(counted > 0, counted, 1.0), 0.0)
    total = _entropy(people / everyone, values / mean)
    between = _entropy(counted / everyone, means / mean)
    own_mean = np.where(means > 0, means, 1.0)[group]
    # weighted by the group's part of everything: its people's part times its mean in units of the city's
    within = float((people / everyone * own_mean / mean * _x_ln_x(values / own_mean)).sum())
    return Theil(total, within, between)


def in_units_of_most(values: Floats) -> Floats:
    """The same in units of the largest: inequality has no unit, and numbers near the smallest there are lose digits."""
    most = float(values.max(initial=0.0))
    return values / most if most > 0 else values


def _entropy(weight: Floats, relative: Floats) -> float:
    return float((weight * _x_ln_x(relative)).sum())


def _x_ln_x(x: Floats) -> Floats:
    return np.where(x > 0, x * np.log(np.where(x > 0, x, 1.0)), 0.0)


# --------------------------------------------------------------------------------------------------------- road classes
ROAD_CLASSES: dict[str, tuple[str, ...]] = {
    "trunk": ("motorway", "trunk"),
    "primary": ("primary",),
    "secondary": ("secondary",),
    "tertiary": ("tertiary",),
    "local": ("unclassified", "residential", "living_street", "road", "busway"),
    "service": ("service",),
    "path": ("pedestrian", "footway", "steps", "path", "cycleway", "track", "bridleway", "corridor", "platform"),
    "other": ("other", "elevator"),
}
"""Classes of road for the supply index, the largest first; link roads belong with the road they lead to."""

_CLASS_OF_HIGHWAY = np.array(
    [
        next(at for at, members in enumerate(ROAD_CLASSES.values()) if highway.removesuffix("_link") in members)
        for highway in HIGHWAYS
    ],
    dtype=np.int64,
)


def road_class_supply(highway: Bytes, length_m: Floats, people: Floats, station_highway: Bytes) -> pd.DataFrame:
    """
    Stations against streets and people by class of road.

    `index_by_street` is the class's part of the stations over its part of the street length, `index_by_people` over its
    part of the people: location quotients (Florence 1939), 1 where a class has its due, below where it has less. A
    study of Xiamen Island (2024) is reported to have found the secondary trunk roads under-supplied.

    Parameters
    ----------
    highway, length_m, people
        Class (a position in `HIGHWAYS`), metres, and people of every piece of street.
    station_highway
        Class of the street every station stands at.

    Returns
    -------
    Frame with road_class, street_km, people, stations, stations_per_km, index_by_street, index_by_people; classes
    without a street are left out, indices are NaN where there is nothing to divide by.
    """
    road, count = _CLASS_OF_HIGHWAY[highway], len(ROAD_CLASSES)
    street_km = np.bincount(road, weights=length_m, minlength=count) / 1000.0
    residents = np.bincount(road, weights=people, minlength=count)
    stations = np.bincount(_CLASS_OF_HIGHWAY[station_highway], minlength=count)
    frame = pd.DataFrame(
        {
            "road_class": list(ROAD_CLASSES),
            "street_km": street_km,
            "people": residents,
            "stations": stations,
            "stations_per_km": _ratio(stations.astype(np.float64), street_km),
            "index_by_street": _ratio(_part(stations), _part(street_km)),
            "index_by_people": _ratio(_part(stations), _part(residents)),
        }
    )
    return frame.loc[street_km > 0].reset_index(drop=True)


def _part(column: NDArray[Any]) -> Floats:
    whole = float(column.sum())
    return column / whole if whole > 0 else np.full(len(column), np.nan)


def _ratio(over: Floats, under: Floats) -> Floats:
    return np.where(under > 0, over / np.where(under > 0, under, 1.0), np.nan)


# ---------------------------------------------------------------------------------------------- census spread otherwise
@dataclass(frozen=True, slots=True)
class SpreadBand:
    """
    Between what the covered share lies when the same census is spread over its districts in other defensible ways.

    `by_method` names every way with its share. It bounds what the spreading does, not the truth.
    """

    low: float
    high: float
    by_method: dict[str, float]


def spread_band(
    covered_by_district: Floats,
    people_by_district: Floats,
    cell_district: Longs,
    share: Floats,
    weights: dict[str, Floats],
    as_imported: str,
) -> SpreadBand:
    """
    Spread every district's people anew by other weights of its cells, and see what would be covered.

    A district whose cells have no weight keeps its share. `cell_district` is each cell's district, -1 for none;
    `people_by_district` are those in the study area. `as_imported` names the way the covered people were spread.
    """
    inside, count = cell_district >= 0, len(people_by_district)
    people = float(people_by_district.sum())
    today = np.where(people_by_district > 0, covered_by_district / np.maximum(people_by_district, 1e-12), 0.0)
    by_method = {as_imported: _weighted(today, people_by_district, people)}
    for method, weight in weights.items():
        group, chosen = cell_district[inside], weight[inside]
        whole = np.bincount(group, weights=chosen, minlength=count)
        reached = np.bincount(group, weights=chosen * share[inside], minlength=count)
        other = np.where(whole > 0, reached / np.where(whole > 0, whole, 1.0), today)
        by_method[method] = _weighted(other, people_by_district, people)
    return SpreadBand(min(by_method.values()), max(by_method.values()), by_method)


def _weighted(share: Floats, people: Floats, whole: float) -> float:
    return float((share * people).sum() / whole) if whole > 0 else 0.0


# -------------------------------------------------------------------------------------------------------------- targets
@dataclass(frozen=True, slots=True)
class Target:
    """A figure some city or union set itself: what is measured, how much of it, who says so, and where."""

    code: str
    zh: str
    en: str
    metric: str
    share: float
    owner: str
    source: str
    note: str


TARGETS = (
    Target(
        "coverage_85",
        "服务人口覆盖率 85%",
        "85 % of people within the circle",
        "covered",
        0.85,
        "上海市 (2025)",
        "人文地理 2024, https://html.rhhz.net/RWDL/html/20240207.htm",
        "Shanghai's figure for its 15-minute community life circles; taken over as a yardstick.",
    ),
    Target(
        "coverage_99",
        "服务人口覆盖率 99%",
        "99 % of people within the circle",
        "covered",
        0.99,
        "上海市 (2035)",
        "人文地理 2024, https://html.rhhz.net/RWDL/html/20240207.htm",
        "Shanghai's figure for its 15-minute community life circles; taken over as a yardstick.",
    ),
    Target(
        "open_24h_15",
        "24 小时驿站占 15%",
        "15 % of stations open round the clock",
        "open_24h",
        0.15,
        "浙江省",
        "reported of Zhejiang's programme; the original was not seen",
        "Counted among the stations of the question whose hours are known to be round the clock.",
    ),
)
"""The figures a plan is scored against. They are other cities' own, for other circles: yardsticks, not duties."""


def score(measured: dict[str, float], targets: tuple[Target, ...] = TARGETS) -> list[dict[str, Any]]:
    """Every target beside what was measured: the share, what is missing to it, and whether it is met."""
    return [
        {
            "code": target.code,
            "name": target.zh,
            "name_en": target.en,
            "target": target.share,
            "measured": measured[target.metric],
            "missing": max(0.0, target.share - measured[target.metric]),
            "met": measured[target.metric] >= target.share,
            "owner": target.owner,
            "source": target.source,
            "note": target.note,
        }
        for target in targets
        if target.metric in measured
    ]


def stations_alone(ids: tuple[int, ...], people_alone: Floats, eligible: Bools) -> Ints:
    """Positions of the eligible facilities, those that most people depend on alone first; ties by id."""
    chosen = np.flatnonzero(eligible)
    order = np.lexsort((np.array(ids, dtype=np.int64)[chosen], -people_alone[chosen]))
    return chosen[order].astype(np.int32)
