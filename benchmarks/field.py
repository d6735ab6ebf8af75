"""Travel time: fields, labels, nearest, and what it takes to have a graph, against scipy and (if installed) pandana."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks.circle import circle
from benchmarks.cities import PORTO, SPEED_MS, City, porto, synthetic, synthetic_ways
from benchmarks.timing import Row, measure
from geo.streets import search
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.graph import StreetGraph
from geo.streets.hubs import hub_times, link_hubs, quarter_bits_for
from geo.streets.modes import WALK, with_speed
from geo.streets.search import Targets
from geo.types import UNREACHED, Bools, Ints

TEN_MINUTES_DS = 6000
FILTERED_SHARES = {"": 0.3, ", 5 % pass": 0.05, ", 0.5 % pass": 0.005}
"""Shares of the facilities that filters let pass: what an hour and an amenity leave by day, at night, and hardly."""
NEVER_ZERO = 1e-6
"""What scipy gets for a weight of 0, which it would take for no arc. Far below a decisecond over any path."""


def rows() -> Iterator[Row]:
    """Every measurement, city by city."""
    for city in filter(None, (porto(), synthetic())):
        targets = Targets.join(city.graph, city.facilities)
        yield from fields(city, targets)
        yield from labels_and_nearest(city, targets)
        yield from graph_files(city)
        yield from circle(city, targets)


def fields(city: City, targets: Targets) -> Iterator[Row]:
    """Time from every node to the nearest of 784, within ten minutes and without limit; the answers must agree."""
    by_scipy = scipy_field(city.graph, targets)
    by_pandana = pandana_field(city)
    for work, cutoff_ds in (("field_10min", TEN_MINUTES_DS), ("field_all", None)):
        ours = search.field(city.graph, targets, None, cutoff_ds)
        agree(ours.time_ds, by_scipy(cutoff_ds))
        yield measure(work, city.name, "yiquan", lambda c=cutoff_ds: search.field(city.graph, targets, None, c))
        yield measure(work, city.name, "scipy", lambda c=cutoff_ds: by_scipy(c), repeats=3)
        if by_pandana is not None:
            yield measure(work, city.name, "pandana", lambda c=cutoff_ds: by_pandana(c), repeats=3)


def scipy_field(graph: StreetGraph, targets: Targets) -> Callable[[int | None], Ints]:
    """The field by scipy: one more node that leads to every seed. Quicker than `min_only`, and without a label."""
    n = graph.node_count
    head = np.concatenate((graph.reverse.head, targets.seed_node))
    weight = np.concatenate((graph.reverse.weight_ds, targets.seed_ds)).astype(np.float64)
    indptr = np.concatenate((graph.reverse.indptr, [len(head)]))
    matrix = csr_matrix((np.maximum(weight, NEVER_ZERO), head, indptr), shape=(n + 1, n + 1))

    def run(cutoff_ds: int | None) -> Ints:
        limit = np.inf if cutoff_ds is None else cutoff_ds + 0.5
        times = np.rint(dijkstra(matrix, indices=n, limit=limit))[:n]
        return np.where(np.isfinite(times), times, UNREACHED).astype(np.int32)

    return run


def agree(ours: Ints, theirs: Ints) -> None:
    """A measurement of two different answers says nothing."""
    differences = int((ours != theirs).sum())
    if differences:
        raise AssertionError(f"{differences} nodes differ; the benchmark compares nothing.")


def pandana_field(city: City) -> Callable[[int | None], object] | None:
    """
    The field by pandana on the real city, if it is installed (AGPL-3: a rival, never a dependency).

    Contracting the synthetic lattice takes it many minutes, so it is left out there. Its facilities stand on nodes,
    without the way from the door to the street, so its answer is another one.
    """
    if city.name != "porto":
        return None
    try:
        import pandana
        import pandas as pd
    except ImportError:
        return None
    graph = city.graph
    start = np.repeat(np.arange(graph.node_count), np.diff(graph.forward.indptr))
    weight = pd.DataFrame({"time": graph.forward.weight_ds.astype(float)})
    ends = (pd.Series(start), pd.Series(np.array(graph.forward.head)))
    network = pandana.Network(pd.Series(graph.node_lon), pd.Series(graph.node_lat), *ends, weight, twoway=False)

    def run(cutoff_ds: int | None) -> object:
        reach = 1e7 if cutoff_ds is None else cutoff_ds
        network.set_pois("stations", reach, 1, pd.Series(city.facilities.lon), pd.Series(city.facilities.lat))
        return network.nearest_pois(reach, "stations", num_pois=1)

    return run


def labels_and_nearest(city: City, targets: Targets) -> Iterator[Row]:
    """K nearest labels of every node, and the five nearest of one point, from all and through a filter."""
    graph = city.graph
    yield measure("labels_k8", city.name, "yiquan", lambda: search.k_labels(graph, targets, 8), repeats=3)
    labels = search.k_labels(graph, targets, 16)
    hubs = hub_times(graph, targets, link_hubs(graph, quarter_bits_for(graph, targets.count)))
    asked = itertools.cycle([city.points.take(np.array([p])) for p in range(len(city.points))])
    many = partial(measure, calls=len(city.points))
    yield many(
        "nearest", city.name, "yiquan", lambda: search.nearest(graph, targets, labels, next(asked), 5, hubs=hubs)
    )
    for note, share in FILTERED_SHARES.items():
        some = np.random.default_rng(10).random(targets.count) < share

        def ask(some: Bools = some) -> None:
            search.nearest(graph, targets, labels, next(asked), 5, some, hubs=hubs)

        yield many("nearest_filtered", f"{city.name}{note}", "yiquan", ask, repeats=3)
    matrix = csr_matrix((np.maximum(graph.forward.weight_ds, NEVER_ZERO), graph.forward.head, graph.forward.indptr))
    starts = itertools.cycle(graph.edges.head[city.points.edge[city.points.edge >= 0]].tolist())
    yield measure(
        "nearest",
        city.name,
        "scipy",
        lambda: dijkstra(matrix, indices=next(starts), limit=TEN_MINUTES_DS),
        calls=20,
        repeats=3,
    )


def graph_files(city: City) -> Iterator[Row]:
    """From an extract (or drawn ways) to a graph, and a stored graph opened again."""
    mode = with_speed(WALK, SPEED_MS)
    if city.name == "porto":
        yield measure(
            "graph_build",
            city.name,
            "yiquan",
            lambda: build_graph(read_extract(PORTO).streets, mode),
            repeats=3,
            warm=False,
        )
    else:
        ways = synthetic_ways()
        yield measure("graph_build", city.name, "yiquan", lambda: build_graph(ways, mode), repeats=3, warm=False)
    with tempfile.TemporaryDirectory() as room:
        city.graph.save(Path(room))
        yield measure("graph_load", city.name, "yiquan", lambda: StreetGraph.load(Path(room)))
