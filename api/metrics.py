"""
What the service counts of itself, in Prometheus' words.

A label is a route's template, a method or a code and nothing else: no position, key, id or name can reach one. Each
process counts its own requests; what is asked of the snapshot and the database is looked up when somebody reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, QueuePool
from sqlalchemy.exc import SQLAlchemyError

from geo.errors import YiquanError
from geo.snapshot.holder import SnapshotHolder
from geo.store import import_store

TEXT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper ends of the classes of latency (in seconds)."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "other"
"""The label of methods that are none of ours: whoever asks can invent any number of them."""

PREFIX: Final = "yiquan_"


class Metrics:
    """The counts of one process, in a registry of their own."""

    def __init__(self, holder: SnapshotHolder) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            f"{PREFIX}requests_total",
            "Requests answered, by route template, method and status.",
            ("route", "method", "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            f"{PREFIX}request_seconds",
            "How long answers took, by route template.",
            ("route",),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.registry.register(StateOf(holder))
        # The children of a metric are looked up under a lock and checked each time; here once for each combination.
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def count(self, route: str, method: str, code: int, elapsed_s: float) -> None:
        """Count one answer."""
        key = route, method, code
        children = self._children.get(key)
        if children is None:
            known = method if method in METHODS else OTHER
            children = self._requests.labels(route, known, str(code)), self._seconds.labels(route)
            if known != OTHER:
                self._children[key] = children
        children[0].inc()
        children[1].observe(elapsed_s)

    def text(self) -> bytes:
        """Everything, as it is read."""
        return generate_latest(self.registry)


class StateOf(Collector):
    """Snapshot, database and imports as they are at the moment of reading."""

    def __init__(self, holder: SnapshotHolder) -> None:
        self.holder = holder

    def collect(self) -> Iterator[Metric]:
        """The gauges; what nobody can tell without a snapshot or a database is left out."""
        state = self.holder.state()
        yield gauge("up", "Whether this process can answer.", state["status"] != "unready")
        yield gauge("db_up", "Whether the database answers.", state["database"]["state"] == "up")
        yield gauge("snapshot_building", "Whether a snapshot is being built.", state["building"])
        snapshot = state["snapshot"]
        if snapshot is not None:
            yield gauge("snapshot_age_seconds", "Seconds since the snapshot was made.", snapshot["age_s"])
            yield gauge("snapshot_stale", "Whether the facts have changed since.", snapshot["stale"])
            yield gauge("facilities", "Facilities in the snapshot.", snapshot["facilities"])
        yield self.pools()
        if snapshot is not None and state["database"]["state"] == "up":
            yield from self.imports()

    def pools(self) -> Metric:
        """Connections in use, by what they are for."""
        found = GaugeMetricFamily(f"{PREFIX}db_connections_in_use", "Connections in use.", labels=("pool",))
        for name, engine in self.holder.engines_made().items():
            found.add_metric((name,), in_use(engine))
        return found

    def imports(self) -> Iterator[Metric]:
        """Rows of all imports of the city, by what became of them."""
        try:
            with self.holder.engine.connect() as connection:
                rows = import_store.rows_by_outcome(connection, self.holder.snapshot.city.city_id)
        except (SQLAlchemyError, YiquanError):
            return
        yield counted("import_rows", "Rows of imports, by outcome.", rows)


def gauge(name: str, words: str, value: float) -> Metric:
    """One number."""
    return GaugeMetricFamily(PREFIX + name, words, float(value))


def counted(name: str, words: str, rows: Mapping[str, int]) -> Metric:
    """Numbers that only grow, by outcome."""
    found = CounterMetricFamily(PREFIX + name, words, labels=("outcome",))
    for outcome, count in rows.items():
        found.add_metric((outcome,), count)
    return found


def in_use(engine: Engine) -> int:
    """How many connections of an engine's pool somebody has."""
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0
