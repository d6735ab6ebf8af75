"""
The nearest facilities of many points at once: what `geo.services.nearest` answers for one, in columns.

The same rules, row by row the same answers (held in tests): filters before ranking, open on arrival, doubted stations
ten minutes farther. What differs is that nothing is done point by point outside the kernels, for ten thousand visits
of the interpreter cost more than all their shortest paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

import numpy as np

from geo.services.nearest import DOUBT_DS, HORIZON_DS, NearestQuestion, by_doubt, cutoff_ds
from geo.snapshot.model import ModeLayer, Snapshot
from geo.streets import search
from geo.streets.search import MOST_LABELS, NO_HUBS, Labels
from geo.streets.snap import Snaps
from geo.types import Bools, Floats, Ints, Longs

T = TypeVar("T")

WORTH_LABELS_POINTS = 1_000
WORTH_LABELS_SHARE = 0.6
"""
From how many points on, and up to which share of facilities that pass, a filter gets labels of its own.

The labels there are know the nearest facilities of any kind, so with a filter a point looks through many nodes. To
label all nodes anew costs as much as some thousand such looks, and then the whole batch, and the next ones with the
same filter, cost what a batch without a filter does.
"""

FILTERS_KEPT = 4
"""Of how many filters labels are kept, 8 bytes for each node and place of the ranking."""

CURVE_BITS = 10
"""How fine (in halvings of each side) points are put in order before they are looked up."""


@dataclass(frozen=True, slots=True)
class NearestOfMany:
    """
    Answers for many points, each a list in the order of the ranking: facility ids and seconds.

    `doubted` holds the ids among them that riders doubt.

    `outside_network` holds the positions of the points that no street is near to.
    """

    ids: list[list[str]]
    travel_s: list[list[float]]
    outside_network: list[int]
    doubted: list[str]


@dataclass(frozen=True, slots=True)
class Rankings:
    """Facility positions and times in deciseconds, nearest first (shape `(p, k)`); -1 where there are no more."""

    facility: Ints
    time_ds: Ints

    @property
    def counts(self) -> Longs:
        """How many each point has (shape `(p,)`)."""
        return np.asarray(np.count_nonzero(self.facility >= 0, axis=1))

    def rows(self, chosen: Longs) -> Rankings:
        """Those of some points."""
        return Rankings(self.facility[chosen], self.time_ds[chosen])

    def columns(self, order: Longs, count: int) -> Rankings:
        """The first entries of every point in another order (shape `(p, k)`)."""
        first = order[:, :count]
        return Rankings(np.take_along_axis(self.facility, first, 1), np.take_along_axis(self.time_ds, first, 1))


def nearest_of_many(snapshot: Snapshot, lon: Floats, lat: Floats, question: NearestQuestion) -> NearestOfMany:
    """The facilities with the shortest trip from each of many points (WGS-84); the question's own point is not used."""
    layer = snapshot.layer(question.mode)
    order = along_a_curve(lon, lat)
    starts = layer.index.snap(lon[order], lat[order])
    eligible = snapshot.masks.eligible(question.filters)
    parts = [fitting(snapshot, layer, starts, question, among) for among in by_doubt(snapshot, eligible)]
    found = in_one_order(snapshot, parts, question.limit).rows(np.argsort(order))
    ids = np.array([str(facility_id) for facility_id in snapshot.facility_ids], dtype=object)
    named = np.unique(found.facility[found.facility >= 0])
    return NearestOfMany(
        ids=cut(ids[found.facility].tolist(), found),
        travel_s=cut((found.time_ds / 10).tolist(), found),
        outside_network=np.sort(order[starts.edge < 0]).tolist(),
        doubted=ids[named[snapshot.doubted[named]]].tolist(),
    )


def along_a_curve(lon: Floats, lat: Floats) -> Longs:
    """An order in which neighbours follow each other (Morton's), so that streets are still in the processor's cache."""
    steps = (1 << CURVE_BITS) - 1
    x, y = (((side - side.min()) * (steps / max(float(np.ptp(side)), 1e-9))).astype(np.uint32) for side in (lon, lat))
    return np.argsort(spread(x) | spread(y) << np.uint32(1), kind="stable")


def spread(number: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """The bits of numbers below 2^16 with a zero between each two."""
    for shift, kept in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        number = (number | number << np.uint32(shift)) & np.uint32(kept)
    return number


def cut(rows: list[list[T]], found: Rankings) -> list[list[T]]:
    """Lists without what stands for no facility; most are full and stay as they are."""
    counts = found.counts
    for row in np.flatnonzero(counts < found.facility.shape[1]).tolist():
        rows[row] = rows[row][: counts[row]]
    return rows


def in_one_order(snapshot: Snapshot, parts: list[Rankings], limit: int) -> Rankings:
    """What was found among the doubted and among the others as one ranking, as `nearest.in_order` has it."""
    if len(parts) == 1:
        return parts[0]
    together = Rankings(*(np.concatenate(side, axis=1) for side in zip(*map(columns_of, parts), strict=True)))
    rank_ds = together.time_ds + DOUBT_DS * snapshot.doubted[together.facility].astype(np.int64)
    key = np.where(together.facility < 0, np.iinfo(np.int64).max, rank_ds << 32 | together.facility)
    return together.columns(np.argsort(key, axis=1, kind="stable"), limit)


def columns_of(found: Rankings) -> tuple[Ints, Ints]:
    """Facilities and times."""
    return found.facility, found.time_ds


def fitting(snapshot: Snapshot, layer: ModeLayer, starts: Snaps, question: NearestQuestion, among: Bools) -> Rankings:
    """For each of many points, the nearest of some facilities that the question takes for an answer."""
    if question.must_be_open:
        return open_on_arrival(snapshot, layer, starts, question, among)
    return ranked(layer, starts, question.limit, among, cutoff_ds(question.max_s))


def ranked(layer: ModeLayer, starts: Snaps, limit: int, eligible: Bools, cutoff: int | None) -> Rankings:
    """The nearest eligible facilities from each of many points."""
    labels, hubs = layer.labels, layer.hubs
    if len(starts) >= WORTH_LABELS_POINTS and limit <= MOST_LABELS and np.mean(eligible) < WORTH_LABELS_SHARE:
        labels, hubs = labels_of_filter(layer, eligible.tobytes(), limit), NO_HUBS
    place = (layer.graph, layer.targets, labels)
    return Rankings(*search.nearest_of_many(*place, starts, limit, eligible, cutoff, hubs=hubs))


@lru_cache(maxsize=FILTERS_KEPT)
def labels_of_filter(layer: ModeLayer, eligible: bytes, limit: int) -> Labels:
    """The nearest facilities of every node among those that pass a filter, which are given as bytes, one for each."""
    return search.k_labels(layer.graph, layer.targets, limit, np.frombuffer(eligible, dtype=np.bool_))


def open_on_arrival(
    snapshot: Snapshot, layer: ModeLayer, starts: Snaps, question: NearestQuestion, eligible: Bools
) -> Rankings:
    """The nearest eligible facilities that are open when one gets there, first of all those within the horizon."""
    cutoff = cutoff_ds(question.max_s)
    near = HORIZON_DS if cutoff is None else min(cutoff, HORIZON_DS)
    soon = eligible & snapshot.openings.within_the_hour(question.at)
    found = first_open(snapshot, layer, starts, question, soon, near)
    if cutoff is not None and cutoff <= HORIZON_DS:
        return found
    short = np.flatnonzero(found.counts < question.limit).astype(np.int32)
    farther = first_open(snapshot, layer, starts.take(short), question, eligible, cutoff)
    found.facility[short], found.time_ds[short] = farther.facility, farther.time_ds
    return found


def first_open(
    snapshot: Snapshot, layer: ModeLayer, starts: Snaps, question: NearestQuestion, among: Bools, cutoff: int | None
) -> Rankings:
    """The first ranked facilities that are open on arrival; points that have too few get longer rankings."""
    limit, possible = question.limit, int(np.count_nonzero(among))
    found = Rankings(np.full((len(starts), limit), -1, np.int32), np.full((len(starts), limit), -1, np.int32))
    left, asked = np.arange(len(starts), dtype=np.int32), min(limit, possible)
    while len(left) and asked:
        candidates = ranked(layer, starts.take(left), asked, among, cutoff)
        is_open = open_when_reached(snapshot, candidates, question.at)
        taken = candidates.columns(np.argsort(~is_open, axis=1, kind="stable"), limit)
        enough = np.count_nonzero(is_open, axis=1)
        width = taken.facility.shape[1]
        has_none = np.arange(width) >= enough[:, None]
        found.facility[left, :width] = np.where(has_none, -1, taken.facility)
        found.time_ds[left, :width] = taken.time_ds
        if asked == possible:
            break
        left = left[(enough < limit) & (candidates.facility[:, -1] >= 0)]
        asked = min(4 * asked, possible)
    return found


def open_when_reached(snapshot: Snapshot, found: Rankings, at: datetime) -> Bools:
    """Which facilities are open at the moment of arrival (shape `(p, k)`). Doors open and close on whole minutes."""
    minute = at.replace(second=0, microsecond=0)
    late_ds = (at - minute) / timedelta(milliseconds=100)
    ahead = np.where(found.facility < 0, 0, (found.time_ds + late_ds) // 600).astype(np.int64)
    minutes, which = np.unique(ahead, return_inverse=True)
    masks = np.array([snapshot.openings.open_at(minute + timedelta(minutes=int(one))) for one in minutes])
    return masks[which.reshape(ahead.shape), found.facility] & (found.facility >= 0)
