"""
Where a station could go: buildings of the street extract, a union's own list, points along streets as a fallback.

Or places that riders wished for, or stations that could be taken in. Every candidate is looked at by a checklist. Why
one was left out is kept, so that an answer can say it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo.cells import parents
from geo.errors import InputError
from geo.places.candidate_list import ListedCandidate
from geo.places.hours import Slot, Timetable, parse_hours
from geo.places.vocabulary import HOST_TYPES
from geo.services import coverage
from geo.services.siting.checklist import RULES, with_checks
from geo.store.facility_store import FacilityNotFoundError
from geo.types import Bools, Floats, Longs

if TYPE_CHECKING:
    from geo.coverage.question import Question
    from geo.services.wishes import AcceptedWish
    from geo.snapshot.model import ModeLayer, Snapshot
    from geo.streets.snap import Snaps

SOURCES: Final = ("hosts", "list", "streets", "wishes")
MOST_STREET_POINTS = 2_000
"""How many points along streets stand in where no hosts are known: those amid most people without a station."""
STREET_POINT_RESOLUTION = 9
"""One point along the streets in each cell of this resolution, some 350 m apart."""

LEFT_OUT: Final = {
    "off_network": ("附近没有可通行的街道", "no permitted street near"),
    "outside_area": ("不在所选区域内", "outside the area asked for"),
    "zone": ("在排除区域内", "inside an excluded zone"),
    "rule": ("不符合要求的条件", "fails a condition asked for"),
    "closed_then": ("在所问时段不开放", "closed at the hour asked"),
    "no_cost": ("没有写明费用", "its cost is not known"),
    "same_place": ("与另一候选点是同一地点", "the place of another candidate"),
}
"""Why a candidate takes no part, in Chinese and English; the first that holds counts."""


class CandidateError(InputError):
    """Candidates that cannot be asked for like this; `zh` says it in Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


class NoCandidatesError(InputError):
    """Nothing is left to choose from."""

    def __init__(self, considered: int, left_out: Mapping[str, int]) -> None:
        why = "; ".join(f"{count} {LEFT_OUT[reason][1]}" for reason, count in left_out.items())
        super().__init__(
            f"None of the {considered:,} candidates can take part ({why or 'there are none'}): "
            "give a list of candidates, other types of hosts, or ask for points along streets."
        )
        zh = "；".join(f"{count:,} 个{LEFT_OUT[reason][0]}" for reason, count in left_out.items())
        self.zh = (
            f"{considered:,} 个候选点都不能参加选择（{zh or '没有候选点'}）：请换一份清单、换场所类型，或改用街边点。"
        )
        self.facts = {"considered": considered, "left_out": dict(left_out)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place (WGS-84 degrees). `key` names it in questions and answers; `checks` has True, False or None by rule."""

    key: str
    name: str
    kind: str | None
    lon: float
    lat: float
    cost: float | None = None
    hours: str | None = None
    capacity: int | None = None
    checks: Mapping[str, bool | None] = field(default_factory=dict)

    @property
    def score(self) -> int:
        """How many rules hold, less those that do not."""
        return sum(1 if known else -1 for known in self.checks.values() if known is not None)

    def as_dict(self) -> dict[str, Any]:
        """The candidate as plain data."""
        return {
            "key": self.key,
            "name": self.name,
            "kind": self.kind,
            "lon": self.lon,
            "lat": self.lat,
            "cost": self.cost,
            "hours": self.hours,
            "capacity": self.capacity,
            "checks": dict(self.checks),
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """
    Which places are candidates.

    Without `sources`: the list where one is given, else hosts where the city has any, else points along streets.
    `zones` is GeoJSON text of polygons (WGS-84) in which no station may open. `require` names rules a candidate must
    not fail; with `strict` it must be known to keep them. `optional` stations (facility ids) do not count in the
    question, by their type or network, and could be taken in; they come on top of the sources. `wished` are the wishes
    of riders that operators accepted, for the source `wishes`.
    """

    sources: tuple[str, ...] = ()
    host_types: tuple[str, ...] = ()
    listed: tuple[ListedCandidate, ...] = ()
    zones: str | None = None
    require: tuple[str, ...] = ()
    strict: bool = False
    optional: tuple[int, ...] = ()
    wished: tuple[AcceptedWish, ...] = ()

    def __post_init__(self) -> None:
        """Refuse words their lists do not hold."""
        for words, known, what in (
            (self.sources, SOURCES, "source of candidates"),
            (self.host_types, HOST_TYPES.codes, "type of host"),
            (self.require, RULES.codes, "rule"),
        ):
            for word in words:
                if word not in known:
                    raise CandidateError(
                        f"`{word[:40]}` is no {what}; there are {', '.join(known)}.",
                        f"“{word[:40]}”不在可选之列；可选：{'、'.join(known)}。",
                    )
        if "list" in self.sources and not self.listed:
            raise CandidateError(
                "The list of candidates is empty; give one, or ask for hosts or streets.",
                "候选点清单是空的；请上传清单，或改用地图上的场所或街边点。",
            )
        if "wishes" in self.sources and not self.wished:
            raise CandidateError(
                "No wish of a rider has been accepted yet; review wishes first, or ask for hosts or streets.",
                "还没有已采纳的骑手心愿；请先审核心愿，或改用地图上的场所或街边点。",
            )
        if self.zones is not None:
            excluded_area(self.zones)

    def as_dict(self) -> dict[str, Any]:
        """The wish as plain data."""
        return {
            "sources": list(self.sources),
            "host_types": list(self.host_types),
            "listed": [one.as_dict() for one in self.listed],
            "zones": None if self.zones is None else json.loads(self.zones),
            "require": list(self.require),
            "strict": self.strict,
            "optional": list(self.optional),
            "wished": [one.as_dict() for one in self.wished],
        }


@dataclass(frozen=True, eq=False)
class Gathered:
    """
    Candidates of a question: those that may be chosen, where they join the streets, and how many were left out and why.

    `source` is what they come from. `thinned` points along streets were not looked at, because others lie amid more
    people.
    """

    usable: tuple[Candidate, ...]
    snaps: Snaps
    left_out: Mapping[str, int]
    left_out_keys: Mapping[str, str]
    """The reason by key."""
    unusable: tuple[Candidate, ...]
    """Those left out."""
    considered: int
    source: str
    thinned: int = 0


def gather(
    snapshot: Snapshot,
    question: Question,
    wish: Wish,
    outside_people: Floats,
    *,
    default_cost: float | None,
    priced: bool,
    hours: tuple[str, ...] = (),
    outside_area: Callable[[Floats, Floats], Bools] | None = None,
) -> Gathered:
    """
    The candidates of a question.

    `outside_people` are those without a station in every cell of the mode's grid. Where the question is `priced`, a
    candidate without a cost takes the default one, and is left out where there is none. `hours` of the week are asked
    in place of that of the question; who is closed at all of them is left out. `outside_area` says which positions
    lie outside of the area asked for.

    Raises
    ------
    NoCandidatesError
        Nothing is left to choose from.
    CandidateError, FacilityNotFoundError
        An optional station counts already, or is not there.
    """
    layer = snapshot.layer(question.mode)
    sources = wish.sources or (("list",) if wish.listed else ("hosts",) if len(snapshot.hosts) else ("streets",))
    found: list[Candidate] = []
    thinned = 0
    if "list" in sources:
        found += [_of_list(one) for one in wish.listed]
    if "hosts" in sources:
        found += _of_hosts(snapshot, wish.host_types)
    if "wishes" in sources:
        found += [_of_wish(one) for one in wish.wished]
    if "streets" in sources:
        points, thinned = _of_streets(layer, outside_people)
        found += points
    found += _of_stations(snapshot, question, wish.optional)
    checked = with_checks(snapshot, found)
    lon, lat = positions(checked)
    snaps = layer.index.snap(lon, lat)
    cost = [default_cost if one.cost is None else one.cost for one in checked]
    reasons = {
        "off_network": snaps.edge < 0,
        "outside_area": np.zeros(len(lon), np.bool_) if outside_area is None else outside_area(lon, lat),
        "zone": _in_zones(wish.zones, lon, lat),
        "rule": np.array([_fails(one, wish) for one in checked], np.bool_),
        "closed_then": (open_then(hours or (question.at,), checked) == 0).all(axis=1),
        "no_cost": np.array([priced and one is None for one in cost], np.bool_),
        "same_place": _repeated(lon, lat),
    }
    why = np.full(len(checked), "", dtype=object)
    for reason, holds in reversed(reasons.items()):
        why[holds] = reason
    stays = np.flatnonzero(why == "")
    left_out = {reason: count for reason, count in Counter(why.tolist()).items() if reason}
    if not stays.size:
        raise NoCandidatesError(len(checked), left_out)
    return Gathered(
        usable=tuple(checked[place] for place in stays.tolist()),
        snaps=snaps.take(stays.astype(np.int32)),
        left_out=left_out,
        left_out_keys={one.key: reason for one, reason in zip(checked, why.tolist(), strict=True) if reason},
        unusable=tuple(one for one, reason in zip(checked, why.tolist(), strict=True) if reason),
        considered=len(checked),
        source="+".join(sources),
        thinned=thinned,
    )


def positions(candidates: list[Candidate]) -> tuple[Floats, Floats]:
    """Longitudes and latitudes."""
    return np.array([one.lon for one in candidates]), np.array([one.lat for one in candidates])


def open_then(hours: Sequence[str | None], candidates: Sequence[Candidate]) -> Longs:
    """
    Whether each candidate is open at each of some hours, int64[candidates, hours].

    1 or 0, or -1 where that is not known or the hour is none in particular.
    """
    answer = np.full((len(candidates), len(hours)), -1, np.int64)
    stated = [place for place, one in enumerate(candidates) if one.hours]
    if stated:
        timetable = Timetable.from_hours([parse_hours(candidates[place].hours or "") for place in stated])
        for column, at in enumerate(hours):
            if at is not None:
                answer[stated, column] = timetable.open_mask_slot(Slot.parse(at))
    return answer


def excluded_area(zones: str) -> shapely.Geometry:
    """
    The union of the polygons of a GeoJSON text.

    Raises
    ------
    CandidateError
        It is no GeoJSON, or holds no polygon, or lies outside of longitude and latitude.
    """
    try:
        shapes = shapely.from_geojson(zones)
    except shapely.errors.GEOSException:
        raise CandidateError(
            "The excluded zones are no GeoJSON; give polygons in longitude and latitude.",
            "排除区域不是 GeoJSON；请给经纬度多边形。",
        ) from None
    polygons = [part for part in shapely.get_parts(shapes) if part.geom_type in ("Polygon", "MultiPolygon")]
    if not polygons:
        raise CandidateError(
            "The excluded zones hold no polygon; draw them as polygons.", "排除区域里没有多边形；请画成多边形。"
        )
    west, south, east, north = shapely.total_bounds(polygons)
    if min(west + 180, south + 90, 180 - east, 90 - north) < 0:
        raise CandidateError(
            "The excluded zones are not in degrees; save them in WGS-84 longitude and latitude.",
            "排除区域不是经纬度；请存成 WGS-84 经纬度。",
        )
    return shapely.union_all(shapely.make_valid(polygons))


def _of_list(one: ListedCandidate) -> Candidate:
    checks = {
        "street_facing": one.street_facing,
        "ground_floor": one.ground_floor,
        "parking": one.parking,
        "toilet": one.toilet,
    }
    return Candidate(
        f"list:{one.row}", one.name, one.host_type, one.lon, one.lat, one.cost, one.hours, one.capacity, checks
    )


def _of_wish(one: AcceptedWish) -> Candidate:
    return Candidate(f"wish:{one.cell}", f"骑手心愿（{one.people} 人）", None, one.lon, one.lat)


def _of_hosts(snapshot: Snapshot, host_types: tuple[str, ...]) -> list[Candidate]:
    hosts = snapshot.hosts
    kept = hosts[hosts["host_type"].isin(host_types)] if host_types else hosts
    columns = (kept[name].tolist() for name in ("osm_id", "name", "host_type", "lon", "lat", "opening_hours"))
    return [
        Candidate(f"host:{osm_id}", name or HOST_TYPES.term(kind).zh, kind, lon, lat, hours=hours or None)
        for osm_id, name, kind, lon, lat, hours in zip(*columns, strict=True)
    ]


def _of_stations(snapshot: Snapshot, question: Question, ids: tuple[int, ...]) -> list[Candidate]:
    """Stations that do not count and could be taken in, as candidates; their hours are taken to fit then."""
    counts = coverage.eligible_stations(snapshot, replace(question, at=None))
    found = []
    for facility_id in ids:
        position = snapshot.position_of_id.get(facility_id)
        if position is None:
            raise FacilityNotFoundError(facility_id)
        if counts[position]:
            raise CandidateError(
                f"Facility {facility_id} counts in this question already, so it cannot be taken in; leave it out.",
                f"站点 {facility_id} 已符合所问条件，不必再纳入；请去掉。",
            )
        name = str(snapshot.facilities["name"].iloc[position])
        lon, lat = float(snapshot.lon[position]), float(snapshot.lat[position])
        found.append(Candidate(f"station:{facility_id}", name, None, lon, lat))
    return found


def _of_streets(layer: ModeLayer, outside_people: Floats) -> tuple[list[Candidate], int]:
    """One point on a street in every coarse cell, where most people without a station live; how many were left."""
    grid = layer.grid
    may = np.flatnonzero((grid.centre.edge >= 0) & (outside_people > 0))
    coarse = parents(grid.cells[may], min(STREET_POINT_RESOLUTION, grid.resolution))
    _, group = np.unique(coarse, return_inverse=True)
    whom = np.bincount(group, outside_people[may])
    order = np.lexsort((may, -outside_people[may], group))
    first = order[np.concatenate(([True], np.diff(group[order]) > 0))] if len(order) else order
    best = first[np.lexsort((may[first], -whom[group[first]]))]
    kept = may[best[:MOST_STREET_POINTS]]
    lon, lat = grid.centre.lon[kept].tolist(), grid.centre.lat[kept].tolist()
    points = [Candidate(f"street:{x:.5f},{y:.5f}", "街边点", None, x, y) for x, y in zip(lon, lat, strict=True)]
    return points, max(0, len(best) - MOST_STREET_POINTS)


def _in_zones(zones: str | None, lon: Floats, lat: Floats) -> Bools:
    if zones is None:
        return np.zeros(len(lon), np.bool_)
    area = excluded_area(zones)
    shapely.prepare(area)
    return np.asarray(shapely.intersects_xy(area, lon, lat), np.bool_)


def _fails(one: Candidate, wish: Wish) -> bool:
    return any(one.checks[rule] is False or (wish.strict and one.checks[rule] is None) for rule in wish.require)


def _repeated(lon: Floats, lat: Floats) -> Bools:
    """Points at which a candidate before them stands already, to a metre."""
    place = np.round(np.stack([lon, lat], axis=1), 5)
    _, first = np.unique(place, axis=0, return_index=True)
    repeated = np.ones(len(lon), np.bool_)
    repeated[first] = False
    return repeated
