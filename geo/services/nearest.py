"""
The nearest facilities by real travel time that a person can use and finds open.

The answer is exact: it equals a shortest-path search over every facility that passes the filters. Filters come before
ranking, and whether a door is open is decided at the moment of arrival, not of asking.

A station that riders doubt (待核实) is ranked as though it were ten minutes farther, and told with its true time. It is
moved down, not left out: it may be the only one, and the doubt may be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from geo.measure import distances_m
from geo.places.hours import OpenState
from geo.snapshot.masks import FacilityFilter
from geo.snapshot.model import ModeLayer, Snapshot
from geo.snapshot.openings import HORIZON_MIN
from geo.streets import search
from geo.streets.snap import Snaps
from geo.types import Bools

HORIZON_DS = HORIZON_MIN * 600
"""How far ahead (in deciseconds) openings are looked up for all facilities at once."""

DOUBT_DS = 6000
"""How much farther (in deciseconds) a doubted station counts in the ranking: ten minutes."""

MAX_HITS = 20
"""The most facilities one question is answered with."""

FALLBACK_POOL = 40
"""Among how many of the nearest facilities the one that lets a person in first is looked for, when none is open."""


@dataclass(frozen=True, slots=True)
class NearestQuestion:
    """Who asks: from where, how moving, when leaving, and what the place must have."""

    lon: float
    lat: float
    at: datetime
    mode: str = "walk"
    limit: int = 5
    max_s: float | None = None
    must_be_open: bool = False
    filters: FacilityFilter = field(default_factory=FacilityFilter)


@dataclass(frozen=True, slots=True)
class Hit:
    """One facility of an answer. `time_ds_by_mode` has None for a mode in which it cannot be reached."""

    position: int
    facility_id: int
    time_ds: int
    time_ds_by_mode: Mapping[str, int | None]
    straight_m: float
    open_now: OpenState
    open_on_arrival: OpenState
    doubted: bool


@dataclass(frozen=True, slots=True)
class Nearest:
    """
    An answer, nearest first, doubted ones as though `DOUBT_DS` farther, ties by facility id.

    `off_network` says that no street is near enough to the point: then there are no hits, and that is not the same as
    no facility. `fallback` is filled when open ones were asked for and none is within an hour: places by the moment
    they let one in.
    """

    question: NearestQuestion
    hits: tuple[Hit, ...]
    snap_m: float | None
    off_network: bool = False
    fallback: tuple[Hit, ...] = ()


def nearest(snapshot: Snapshot, question: NearestQuestion) -> Nearest:
    """Find the facilities with the shortest trip from a point, among those that pass the filters."""
    layer = snapshot.layer(question.mode)
    start = layer.index.snap(np.array([question.lon]), np.array([question.lat]))
    if start.edge[0] < 0:
        return Nearest(question, (), None, off_network=True)
    eligible = snapshot.masks.eligible(question.filters)
    found = in_order(
        snapshot, [fitting(snapshot, layer, start, question, among) for among in by_doubt(snapshot, eligible)]
    )
    hits = described(snapshot, question, found[: question.limit])
    is_late = all(hit.time_ds > HORIZON_DS for hit in hits)
    fallback = opening_next(snapshot, layer, start, question, eligible) if question.must_be_open and is_late else ()
    return Nearest(question, hits, float(start.distance_m[0]), fallback=fallback)


Found = list[tuple[int, int]]
"""Facility positions with travel times in deciseconds, nearest first."""


def by_doubt(snapshot: Snapshot, eligible: Bools) -> list[Bools]:
    """The eligible facilities, those nobody doubts apart from the others; each part has an order of its own."""
    doubted = eligible & snapshot.doubted
    return [eligible & ~snapshot.doubted, doubted] if doubted.any() else [eligible]


def in_order(snapshot: Snapshot, parts: list[Found]) -> Found:
    """
    What was found in each part as one ranking.

    Exact: what is among the first of all is among the first of its part, and within a part doubt changes no order.
    """
    if len(parts) == 1:
        return parts[0]
    return sorted(
        (pair for part in parts for pair in part),
        key=lambda pair: (pair[1] + DOUBT_DS * bool(snapshot.doubted[pair[0]]), pair[0]),
    )


def fitting(snapshot: Snapshot, layer: ModeLayer, start: Snaps, question: NearestQuestion, among: Bools) -> Found:
    """The nearest of some facilities that a question takes for an answer."""
    if question.must_be_open:
        return open_on_arrival(snapshot, layer, start, question, among)
    return ranked(layer, start, question.limit, among, cutoff_ds(question.max_s))


def ranked(layer: ModeLayer, start: Snaps, limit: int, eligible: Bools, cutoff: int | None) -> Found:
    """The nearest eligible facilities from one point."""
    place = (layer.graph, layer.targets, layer.labels)
    facility, time_ds = search.nearest(*place, start, limit, eligible, cutoff, hubs=layer.hubs)
    return list(zip(facility.tolist(), time_ds.tolist(), strict=True))


def cutoff_ds(max_s: float | None) -> int | None:
    """The longest trip allowed, in whole deciseconds."""
    return None if max_s is None else int(max_s * 10)


def open_on_arrival(
    snapshot: Snapshot, layer: ModeLayer, start: Snaps, question: NearestQuestion, eligible: Bools
) -> Found:
    """
    The nearest eligible facilities that are open when one gets there.

    Within the horizon only those are looked at that are open at some moment of it: at night one in twenty is. Only
    when they do not suffice, trips of any length are checked one by one.
    """
    cutoff = cutoff_ds(question.max_s)
    near = HORIZON_DS if cutoff is None else min(cutoff, HORIZON_DS)
    soon = eligible & snapshot.openings.within_the_hour(question.at)
    found = first_open(snapshot, layer, start, question, soon, near)
    if len(found) == question.limit or (cutoff is not None and cutoff <= HORIZON_DS):
        return found
    return first_open(snapshot, layer, start, question, eligible, cutoff)


def first_open(
    snapshot: Snapshot, layer: ModeLayer, start: Snaps, question: NearestQuestion, among: Bools, cutoff: int | None
) -> Found:
    """The first ranked facilities that are open on arrival, asking for longer rankings until there are enough."""
    asked, possible = question.limit, int(among.sum())
    while possible:
        candidates = ranked(layer, start, asked, among, cutoff)
        found = [
            (position, time_ds)
            for position, time_ds in candidates
            if snapshot.openings.state(position, arrival(question.at, time_ds)).state == "open"
        ]
        if len(found) >= question.limit or len(candidates) < asked or asked >= possible:
            return found[: question.limit]
        asked *= 4
    return []


def arrival(at: datetime, time_ds: int) -> datetime:
    """The moment of arrival after a trip."""
    return at + timedelta(milliseconds=100 * time_ds)


def opening_next(
    snapshot: Snapshot, layer: ModeLayer, start: Snaps, question: NearestQuestion, eligible: Bools
) -> tuple[Hit, ...]:
    """Among the nearest eligible facilities, those that let a person in first, waiting at the door included."""
    cutoff = cutoff_ds(question.max_s)
    near = [ranked(layer, start, FALLBACK_POOL, among, cutoff) for among in by_doubt(snapshot, eligible)]
    pool = described(snapshot, question, in_order(snapshot, near)[:FALLBACK_POOL])
    waiting = [(hit.open_on_arrival.opens_at, rank, hit) for rank, hit in enumerate(pool)]
    ordered = sorted(((opens_at, rank, hit) for opens_at, rank, hit in waiting if opens_at), key=lambda row: row[:2])
    return tuple(hit for _, _, hit in ordered[: question.limit])


def described(snapshot: Snapshot, question: NearestQuestion, found: Found) -> tuple[Hit, ...]:
    """The found facilities with what a person wants to know of each."""
    if not found:
        return ()
    positions = [position for position, _ in found]
    others = {
        mode: times_to(layer, question.lon, question.lat, positions)
        for mode, layer in snapshot.modes.items()
        if mode != question.mode
    }
    straight_m = distances_m(question.lon, question.lat, snapshot.lon[positions], snapshot.lat[positions])
    return tuple(
        Hit(
            position,
            snapshot.facility_ids[position],
            time_ds,
            {mode: time_ds if mode == question.mode else others[mode].get(position) for mode in snapshot.modes},
            float(straight_m[rank]),
            snapshot.openings.state(position, question.at),
            snapshot.openings.state(position, arrival(question.at, time_ds)),
            bool(snapshot.doubted[position]),
        )
        for rank, (position, time_ds) in enumerate(found)
    )


def times_to(layer: ModeLayer, lon: float, lat: float, positions: list[int]) -> dict[int, int]:
    """Exact travel times (in deciseconds) of one mode to given facilities; those out of its reach are left out."""
    start = layer.index.snap(np.array([lon]), np.array([lat]))
    if start.edge[0] < 0:
        return {}
    wanted = np.zeros(layer.targets.count, dtype=bool)
    wanted[positions] = layer.joined[positions]
    return dict(ranked(layer, start, len(positions), wanted, None))
