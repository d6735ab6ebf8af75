"""
How far other engines' walking times are from ours on the same extract, and why: one cause for every large difference.

Times are from door to door. An engine tells the time between the two places where it joins the streets; the straight
legs to and from them are added at our speed, as they are in our own answers. An engine's nearest facility is the least
over candidates that hold our twenty nearest and the twenty nearest as the crow flies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import NODE, WAY

from benchmarks.cities import FACILITIES, scattered_near
from geo.measure import distances_m
from geo.streets import search
from geo.streets.build import StreetWays, build_graph
from geo.streets.graph import StreetGraph
from geo.streets.modes import WALK, barrier_stops, directions
from geo.streets.search import Labels, Targets
from geo.streets.snap import EdgeIndex, Snaps, positions
from geo.types import UNREACHED, Bools, Floats, Ints

POINTS = 300
CANDIDATES = 20
ROUTED = 3
"""How many of an engine's nearest by its table are looked at by their routes, which tell where they really begin."""
SHOWN = 10
"""How many of the largest differences are explained."""
TEN_MINUTES_S = 600
SAME_STREET_M = 8.0
"""
A place on one network that joins another farther away than this is on a street the other lacks. Valhalla joins a node
within five metres rather than the street beside it.
"""
PIECE_M = 15.0
"""Least length (in metres) of the pieces that a route is looked at in."""
TELLING_S = 5.0
"""A piece that costs the other side less than this much more is not worth a word."""
TELLING = (
    "highway",
    "route",
    "railway",
    "man_made",
    "access",
    "foot",
    "area",
    "oneway:foot",
    "conveying",
    "sidewalk",
    "junction",
    "layer",
)
"""Tags worth showing where one side uses a way and the other does not."""
NEAR_DEG = 3e-5
"""About three metres: where features of the extract are looked for around a place."""

JOINING = "joining another street"
WAYS = "ways that only one side may use"
"""The parts of a difference that have streets to name."""

Places = Floats
"""Longitudes and latitudes, float64[n, 2]."""
Ask = Callable[..., Any]
"""One question to an engine: a verb and its arguments."""


@dataclass(frozen=True)
class Network:
    """Our streets at one speed on steps, with facilities joined to them somewhere."""

    graph: StreetGraph
    targets: Targets
    labels: Labels

    @classmethod
    def of(cls, graph: StreetGraph, facilities: Snaps) -> Network:
        """Join facilities and search their labels."""
        targets = Targets.join(graph, facilities)
        return cls(graph, targets, search.k_labels(graph, targets, CANDIDATES + 4))

    def nearest(self, points: Snaps, count: int) -> tuple[Ints, Ints]:
        """The nearest facilities of every point and the times to them, int32[p, count]."""
        return search.nearest_of_many(self.graph, self.targets, self.labels, points, count)


class Trial:
    """Points, facilities and our own answers, which every engine is held against."""

    def __init__(self, extract: Path, streets: StreetWays) -> None:
        self.extract = extract
        self.graph, _ = build_graph(streets, WALK)
        # the same streets, nodes and edges; only the time on steps differs
        self.even_graph, _ = build_graph(streets, replace(WALK, steps_speed_ms=WALK.speed_ms))
        self.index = EdgeIndex(self.graph)
        random = np.random.default_rng(FACILITIES)
        self.facilities = scattered_near(self.graph, random, FACILITIES)
        self.points = scattered_near(self.graph, random, POINTS)
        self.facility_snaps, self.point_snaps = (self.index.snap(*each.T) for each in (self.facilities, self.points))
        self.network = Network.of(self.graph, self.facility_snaps)
        self.facility, self.time_ds = self.network.nearest(self.point_snaps, CANDIDATES)

    @cached_property
    def candidates(self) -> list[Ints]:
        """For every point our nearest facilities and the nearest as the crow flies."""
        return [
            np.union1d(ours[ours >= 0], self.nearest_by_air(point)).astype(np.int32)
            for ours, point in zip(self.facility, self.points, strict=True)
        ]

    def nearest_by_air(self, point: Floats) -> Ints:
        """The nearest facilities as the crow flies."""
        far_m = distances_m(*np.broadcast_to(point, self.facilities.shape).T, *self.facilities.T)
        return np.argsort(far_m, kind="stable")[:CANDIDATES].astype(np.int32)

    @cached_property
    def features(self) -> Features:
        """What the extract holds along the streets, whether we use it or not."""
        return Features.read(self.extract)


@dataclass(frozen=True)
class Answers:
    """
    What one engine says: where it joins, and for every point its nearest facility (-1 if none), the seconds from door
    to door, and how many of them are not walking: waits at crossings and gates, and slower surfaces.
    """

    tool: str
    points: Places
    facilities: Places
    facility: Ints
    door_s: Floats
    waiting_s: Floats

    @classmethod
    def of(cls, tool: str, trial: Trial, ask: Ask) -> Answers:
        """
        Ask an engine for every point.

        It may join a place to one street or another, whichever leads there, and its table does not always say which;
        the ends of its route do. What is kept of a facility is where it joins for the last point that is nearest to it.
        """
        points, facilities = trial.points.copy(), trial.facilities.copy()
        facility = np.full(len(points), -1, np.int32)
        door_s, waiting_s = np.full((2, len(points)), np.nan)
        for point, candidates in enumerate(trial.candidates):
            start, goals = trial.points[point], trial.facilities[candidates]
            seconds, metres, ends = ask("table", start.tolist(), goals.tolist())
            street_s = np.array(seconds, float)
            by_table_s = street_s + legs_s(np.array(ends, float), start, goals)
            for goal in np.argsort(by_table_s, kind="stable")[:ROUTED].tolist():
                if not np.isfinite(by_table_s[goal]):
                    continue
                route = np.array(ask("route", start.tolist(), goals[goal].tolist()), float)
                total_s = street_s[goal] + legs_s(route[[0, -1]], start, goals[goal : goal + 1])[0]
                if np.isnan(door_s[point]) or total_s < door_s[point]:
                    facility[point], door_s[point] = candidates[goal], total_s
                    waiting_s[point] = street_s[goal] - metres[goal] / WALK.speed_ms
                    points[point], facilities[candidates[goal]] = route[0], route[-1]
        return cls(tool, points, facilities, facility, door_s, waiting_s)


def legs_s(joined: Places, start: Floats, goals: Places) -> Floats:
    """Seconds of the straight legs from a start and to each of some goals; row 0 is where the start joins."""
    leg_m: Floats = distances_m(*joined.T, *np.vstack((start, goals)).T)
    return (np.asarray(leg_m[0]) + leg_m[1:]) / WALK.off_street_speed_ms


@dataclass(frozen=True)
class Agreement:
    """An engine's nearest walking times beside ours, over the points that both can answer."""

    trial: Trial
    answers: Answers
    ask: Ask

    @cached_property
    def ours_s(self) -> Floats:
        """Our seconds to the nearest facility."""
        return in_seconds(self.trial.time_ds)

    @cached_property
    def both(self) -> Bools:
        """Which points both can answer."""
        return np.isfinite(self.ours_s) & np.isfinite(self.answers.door_s)

    @cached_property
    def difference_s(self) -> Floats:
        """Theirs less ours."""
        return self.answers.door_s - self.ours_s

    @cached_property
    def legs_m(self) -> tuple[Floats, Floats]:
        """Metres from points and from facilities to where the engine joins them."""
        trial, answers = self.trial, self.answers
        return (
            distances_m(*trial.points.T, *answers.points.T),
            distances_m(*trial.facilities.T, *answers.facilities.T),
        )

    def words(self) -> Iterator[str]:
        """The figures, and the causes of the largest differences."""
        theirs, ours, both = self.answers.door_s[self.both], self.ours_s[self.both], self.both
        far_s = np.abs(self.difference_s[both])
        same = (theirs <= TEN_MINUTES_S) == (ours <= TEN_MINUTES_S)
        yield (
            f"{self.answers.tool}: nearest of {FACILITIES} on foot from {both.sum()} of {len(both)} points: "
            f"median ratio {np.median(theirs / ours):.4f}, absolute difference median {np.median(far_s):.1f} s, "
            f"p90 {np.percentile(far_s, 90):.1f} s; {100 * same.mean():.1f} % agree on within 10 minutes."
        )
        ranked = np.flatnonzero(both)[np.argsort(-far_s, kind="stable")]
        for number, point in enumerate(ranked[:SHOWN].tolist(), start=1):
            yield f"{number:>4}. {self.facts(point)}\n      {self.cause(point)}"

    def facts(self, point: int) -> str:
        """Where a difference is and how large."""
        trial, answers = self.trial, self.answers
        lon, lat = trial.points[point]
        ours, theirs = trial.facility[point, 0], answers.facility[point]
        joined = (
            f"point joins at {trial.point_snaps.distance_m[point]:.0f} m (theirs {self.legs_m[0][point]:.0f}), "
            f"station at {trial.facility_snaps.distance_m[ours]:.0f} m (theirs {self.legs_m[1][theirs]:.0f})"
        )
        other = "" if ours == theirs else ", another station"
        return (
            f"{lon:.5f},{lat:.5f}: ours {self.ours_s[point]:.0f} s, theirs {answers.door_s[point]:.0f} s "
            f"({self.difference_s[point]:+.0f}); {joined}{other}"
        )

    def cause(self, point: int) -> str:
        """The part of a difference that is largest in its direction, every part, and the streets behind them."""
        parts = {
            JOINING: self.moved_s[point],
            "waits at crossings or gates, slow surfaces": self.answers.waiting_s[point],
            "steps, slower with us": self.steps_s[point],
        }
        parts[WAYS] = self.difference_s[point] - sum(parts.values())
        first = max(parts, key=lambda part: parts[part] * np.sign(self.difference_s[point]))
        told = ", ".join(f"{part} {seconds:+.0f} s" for part, seconds in parts.items() if abs(seconds) >= 1)
        streets = [
            *(self.joins(point) if abs(parts[JOINING]) >= TELLING_S else []),
            *(self.ways(point) if abs(parts[WAYS]) >= TELLING_S else []),
        ]
        return f"{first} [{told}]" + (f": {'; '.join(streets)}" if streets else "")

    def joins(self, point: int) -> Iterator[str]:
        """Which streets the point and the stations join on either side, where that is not the same."""
        trial, answers = self.trial, self.answers
        ends = (
            ("point", trial.point_snaps.edge[point], answers.points[point]),
            (
                "station",
                trial.facility_snaps.edge[trial.facility[point, 0]],
                answers.facilities[answers.facility[point]],
            ),
        )
        for end, edge, place in ends:
            ours = trial.features.of_way(trial.graph.edges.way_id[edge])
            theirs = trial.features.ways_at(place[None])[0]
            if ours != theirs:
                yield f"{end} on {ours}, theirs on {theirs}"

    @cached_property
    def moved(self) -> tuple[Snaps, Snaps]:
        """Points and facilities joined to our streets where the engine joins them, with the engine's legs."""
        answers = self.answers
        return self.at(answers.points, self.legs_m[0]), self.at(answers.facilities, self.legs_m[1])

    def at(self, places: Places, leg_m: Floats) -> Snaps:
        """Places on our streets, with a leg of some metres before them."""
        access_ds = np.rint(10 * leg_m / WALK.off_street_speed_ms).astype(np.int32)
        return replace(self.trial.index.snap(*places.T), access_ds=access_ds)

    @cached_property
    def moved_network(self) -> Network:
        """Our streets with the facilities where the engine joins them."""
        return Network.of(self.trial.graph, self.moved[1])

    @cached_property
    def moved_times_s(self) -> Floats:
        """Our seconds from where the engine joins to where the engine joins."""
        return in_seconds(self.moved_network.nearest(self.moved[0], 1)[1])

    @cached_property
    def moved_s(self) -> Floats:
        """What our answer changes by if we join where the engine does."""
        return self.moved_times_s - self.ours_s

    @cached_property
    def steps_s(self) -> Floats:
        """What our answer changes by, from there, if steps were as quick as streets; OSRM knows our speed on them."""
        if self.answers.tool == "osrm":
            return np.zeros(len(self.ours_s))
        even = Network.of(self.trial.even_graph, self.moved[1])
        return in_seconds(even.nearest(self.moved[0], 1)[1]) - self.moved_times_s

    def ways(self, point: int) -> list[str]:
        """Where one side's way costs the other more: the stretches, with what the extract says of them."""
        told = [*dict.fromkeys((*self.lost_by_us(point), *self.lost_by_them(point)))]
        return told or ["no single stretch: the engine weighs ways by more than time, and takes another"]

    def lost_by_us(self, point: int) -> Iterator[str]:
        """Stretches of the engine's route that take us longer, or that we lack."""
        trial, facility = self.trial, self.answers.facility[point]
        route = np.array(self.ask("route", trial.points[point].tolist(), trial.facilities[facility].tolist()), float)
        if len(route) < 2:
            return
        along_m = np.concatenate(([0.0], np.cumsum(distances_m(*route[1:].T, *route[:-1].T))))
        stops = every_so_far(along_m, PIECE_M)
        snaps = trial.index.snap(*route[stops].T)
        ours_s = times_along(trial.graph, snaps)
        for leg, lost_s in enumerate(ours_s - np.diff(along_m[stops]) / WALK.speed_ms):
            if lost_s >= TELLING_S:
                stretch = route[stops[leg] : stops[leg + 1] + 1]
                middle = (stretch[1:] + stretch[:-1]) / 2
                told = trial.features.ways_at(middle) + trial.features.closed_barriers_at(stretch)
                yield f"we lose {lost_s:.0f} s on {', '.join(told)}"

    def lost_by_them(self, point: int) -> Iterator[str]:
        """Stretches of our way that take the engine longer, or that it lacks."""
        trial, network, start = self.trial, self.moved_network, self.moved[0].take(np.array([point]))
        facility = int(network.nearest(start, 1)[0][0, 0])
        if facility < 0:
            return
        walk = Walk.of(network, start, facility)
        ends = [self.answers.points[point], self.answers.facilities[facility]]
        places = np.concatenate((ends[:1], walk.middle(trial.graph), ends[1:]))
        edges = np.concatenate(([start.edge[0]], walk.edges, [self.moved[1].edge[facility]]))
        joined = np.array(self.ask("joined", places.tolist()), float)
        off = distances_m(*places.T, *joined.T) > SAME_STREET_M
        for leg, expected_s in enumerate(-np.diff(walk.left_s)):
            seconds = self.ask("table", places[leg].tolist(), [places[leg + 1].tolist()])[0][0]
            lost_s = np.inf if seconds is None else seconds - expected_s
            if lost_s >= TELLING_S or off[leg]:
                told = dict.fromkeys(
                    trial.features.of_way(trial.graph.edges.way_id[edge]) for edge in edges[leg : leg + 2]
                )
                verb = "lacks" if off[leg] or off[leg + 1] else f"loses {lost_s:.0f} s on"
                barriers = trial.features.open_barriers_at(places[leg : leg + 2])
                yield f"it {verb} {', '.join([*told, *barriers])}"


@dataclass(frozen=True)
class Walk:
    """
    A quickest way: the edges between the first and the last, and the seconds that are left at its start, in the middle
    of every one of them, and at its end.
    """

    edges: Ints
    left_s: Floats

    @classmethod
    def of(cls, network: Network, start: Snaps, facility: int) -> Walk:
        """Follow the times to a facility down from a point (one row)."""
        graph = network.graph
        only = np.arange(network.targets.count) == facility
        time_ds = search.field(graph, network.targets, only).time_ds
        total_ds = int(search.nearest(graph, network.targets, None, start, 1, only)[1][0] - start.access_ds[0])
        edges, left_ds = [], [float(total_ds)]
        node = first_node(graph, start, time_ds, total_ds)
        while node >= 0:
            after = next_node(graph, node, time_ds)
            if after >= 0:
                edges.append(edge_between(graph, node, after))
                left_ds.append((int(time_ds[node]) + int(time_ds[after])) / 2)
            node = after
        return cls(np.array(edges, np.int32), np.array([*left_ds, 0.0]) / 10)

    def middle(self, graph: StreetGraph) -> Places:
        """The middle of every edge."""
        return np.column_stack(positions(graph, self.edges, np.full(len(self.edges), 0.5)))


def first_node(graph: StreetGraph, start: Snaps, time_ds: Ints, total_ds: int) -> int:
    """The end of its edge by which a way begins, -1 if it never leaves the edge."""
    edges, edge, fraction = graph.edges, int(start.edge[0]), float(start.fraction[0])
    ends = (
        (int(edges.head[edge]), int(edges.forward_ds[edge]), 1 - fraction),
        (int(edges.tail[edge]), int(edges.backward_ds[edge]), fraction),
    )
    least_ds, node = min(
        (int(time_ds[end]) + round(whole_ds * share), end) for end, whole_ds, share in ends if whole_ds >= 0
    )
    return node if least_ds <= total_ds + 1 else -1


def next_node(graph: StreetGraph, node: int, time_ds: Ints) -> int:
    """The node by which the time from a node is what it is, -1 if the facility stands on an edge of this one."""
    arcs = slice(graph.forward.indptr[node], graph.forward.indptr[node + 1])
    head, weight_ds = graph.forward.head[arcs], graph.forward.weight_ds[arcs]
    onward = (weight_ds > 0) & (time_ds[head].astype(np.int64) + weight_ds == time_ds[node])
    return int(head[np.argmax(onward)]) if onward.any() else -1


def edge_between(graph: StreetGraph, node: int, after: int) -> int:
    """The shortest edge between two neighbours."""
    tail, head = graph.edges.tail, graph.edges.head
    between = np.flatnonzero(((tail == node) & (head == after)) | ((head == node) & (tail == after)))
    return int(between[np.argmin(graph.edges.length_m[between])])


def times_along(graph: StreetGraph, stops: Snaps) -> Floats:
    """Our seconds from each stop to the next."""
    on_street = replace(stops, access_ds=np.zeros(len(stops), np.int32))
    targets = Targets.join(graph, on_street)
    legs = [
        search.times_to(graph, targets, None, on_street.take(np.array([stop])), np.array([stop + 1], np.int32))[0]
        for stop in range(len(stops) - 1)
    ]
    return in_seconds(np.array(legs, np.int32).reshape(-1, 1), np.inf)


def every_so_far(along_m: Floats, piece_m: float) -> Ints:
    """Positions of vertices at least some metres apart, the first and the last among them."""
    kept = [0]
    for vertex in range(1, len(along_m) - 1):
        if along_m[vertex] - along_m[kept[-1]] >= piece_m:
            kept.append(vertex)
    return np.array([*kept, len(along_m) - 1], np.int32)


@dataclass(frozen=True)
class Features:
    """Every way of an extract that somebody may walk on, and every barrier, with their tags."""

    ways: shapely.STRtree
    way_ids: list[int]
    way_words: list[str]
    barriers: shapely.STRtree
    barrier_words: list[str]
    barrier_closed: Bools

    @classmethod
    def read(cls, extract: Path) -> Features:
        """Read an extract once more, without our rules."""
        lines, way_ids, way_words = [], [], []
        ways: Any = osmium.FileProcessor(str(extract), NODE | WAY).with_locations().with_filter(EntityFilter(WAY))
        for way in ways.with_filter(KeyFilter("highway", "route", "railway", "man_made")):
            places = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            if len(places) > 1:
                lines.append(shapely.LineString(places))
                way_ids.append(way.id)
                way_words.append(way_in_words(way.id, dict(way.tags)))
        spots, barrier_words, closed = [], [], []
        nodes: Any = osmium.FileProcessor(str(extract), NODE).with_filter(KeyFilter("barrier"))
        for node in nodes:
            tags = dict(node.tags)
            spots.append(shapely.Point(node.location.lon, node.location.lat))
            barrier_words.append(f"barrier {node.id} ({in_words(tags, ('barrier', 'access', 'foot', 'locked'))})")
            closed.append(barrier_stops(WALK, tags))
        return cls(
            shapely.STRtree(lines), way_ids, way_words, shapely.STRtree(spots), barrier_words, np.array(closed, bool)
        )

    @cached_property
    def by_id(self) -> dict[int, str]:
        """The words for every way by its number."""
        return dict(zip(self.way_ids, self.way_words, strict=True))

    def of_way(self, way_id: int) -> str:
        """A way in words."""
        return self.by_id[int(way_id)]

    def ways_at(self, places: Places) -> list[str]:
        """The nearest way of each place, each once."""
        if not len(places):
            return []
        found: list[int] = np.asarray(self.ways.nearest(shapely.points(places))).tolist()
        return [self.way_words[way] for way in dict.fromkeys(found)]

    def closed_barriers_at(self, places: Places) -> list[str]:
        """Barriers at some places that stop us."""
        return self.barriers_at(places, self.barrier_closed)

    def open_barriers_at(self, places: Places) -> list[str]:
        """Barriers at some places that do not stop us."""
        return self.barriers_at(places, ~self.barrier_closed)

    def barriers_at(self, places: Places, chosen: Bools) -> list[str]:
        """Those of the chosen barriers that stand at some places, to a metre."""
        if not len(places) or not len(chosen):
            return []
        _, found = self.barriers.query(shapely.points(places), predicate="dwithin", distance=NEAR_DEG / 3)
        return [self.barrier_words[barrier] for barrier in np.unique(found[chosen[found]]).tolist()]


def way_in_words(way_id: int, tags: dict[str, str]) -> str:
    """A way by its number, the tags that tell what it is, and what our rules say of it."""
    verdict = "open to us" if directions(WALK, tags) else "closed by our rules"
    return f"way {way_id} ({in_words(tags, TELLING)}; {verdict})"


def in_words(tags: dict[str, str], keys: tuple[str, ...]) -> str:
    """Some tags."""
    return " ".join(f"{key}={tags[key]}" for key in keys if key in tags)


def in_seconds(time_ds: Ints, none: float = np.nan) -> Floats:
    """The first column of times in seconds, `none` where there is none."""
    first = time_ds[:, 0]
    return np.where(first == UNREACHED, none, first / 10)
