"""
Holds the snapshot that is served, and keeps it fresh.

A thread looks at the city's revision every few seconds. When it has changed, a child process builds the next
snapshot, so that building takes nothing from the requests but a share of the processor; then one reference is
swapped. With the database down or frozen, the thread notices and everybody else goes on.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geo.errors import UnavailableError, YiquanError
from geo.settings import Settings
from geo.snapshot.child import BuildProcess
from geo.snapshot.folders import SnapshotFolder, cities_on_disk
from geo.snapshot.load import load_snapshot
from geo.snapshot.model import Snapshot
from geo.store import report_store
from geo.store.engine import DatabaseUnavailableError, database_url, make_engine, make_entry_engine
from geo.store.snapshot_store import NoTablesError, revisions

logger = logging.getLogger("yiquan.snapshot")

BUILDING_TICK_S = 0.1
"""How often (in seconds) a running build is looked at."""

RETRY_S = 10.0
"""How long (in seconds) to wait before a failed build of the same facts is tried again."""

LAPSE_S = 60.0
"""How often (in seconds) doubts are looked at whether they are too old."""

NO_CITY = (
    "No city is loaded yet. `yiquan demo` makes the demo city; for one's own: `yiquan city new NAME`, "
    "`yiquan import streets FILE.osm.pbf`, `yiquan import register FILE`."
)


class NoSnapshotError(UnavailableError):
    """There is nothing to answer from yet."""


class SnapshotHolder:
    """
    The one place where the snapshot in use is kept.

    `prepare` is called with every snapshot before it is swapped in, in this class's thread: warming up happens there.
    """

    def __init__(
        self,
        settings: Settings,
        engine_url: str | None = None,
        *,
        poll_s: float = 2.0,
        timeout_s: float = 2.0,
        prepare: Callable[[Snapshot], object] | None = None,
    ) -> None:
        self.settings = settings
        self.poll_s, self.timeout_s = poll_s, timeout_s
        self.prepare = prepare or (lambda snapshot: None)
        self.url = engine_url
        self.slug = settings.city
        self.problems: dict[str, str] = {}
        self._refused: set[str] = set()
        self.database = DatabaseWatch()
        self._snapshot: Snapshot | None = None
        self._engine: Engine | None = None
        self._entry_engine: Engine | None = None
        self._build: BuildProcess | None = None
        self._failed: tuple[int, float] | None = None
        self._next_lapse = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshot", daemon=True)

    # ── for everybody ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot to answer from; raises NoSnapshotError while there is none."""
        snapshot = self._snapshot
        if snapshot is None:
            raise NoSnapshotError(self.reason_for_none)
        return snapshot

    @property
    def engine(self) -> Engine:
        """An engine that only reads, for answers kept in the database; raises DatabaseUnavailableError."""
        if self._engine is None:
            self._engine = make_engine(self._known_url, read_only=True)
        return self._engine

    @property
    def entry_engine(self) -> Engine:
        """
        An engine for what people send (reports, scenarios); raises DatabaseUnavailableError.

        At once while the database is known to be down: each writer that waited would hold one of few threads.
        """
        if self.database.is_down(self.patience_s):
            raise DatabaseUnavailableError(self.database.problem or "it has been silent for a while.")
        if self._entry_engine is None:
            self._entry_engine = make_entry_engine(self._known_url)
        return self._entry_engine

    def engines_made(self) -> dict[str, Engine]:
        """The engines that somebody has needed so far, by what they are for."""
        engines = {"read": self._engine, "entry": self._entry_engine}
        return {name: engine for name, engine in engines.items() if engine is not None}

    @property
    def _known_url(self) -> str:
        if self.url is None:
            raise DatabaseUnavailableError(self.database.problem or "it is not started yet.")
        return self.url

    @property
    def reason_for_none(self) -> str:
        """Why there is no snapshot, and what to do about it."""
        if self.problem:
            return self.problem
        if self._build is not None:
            return "The first snapshot is being built; it is there in a moment."
        if self.database.problem:
            return f"There is no snapshot on disk, and the database does not answer: {self.database.problem}"
        return NO_CITY

    @property
    def problem(self) -> str | None:
        """What keeps the snapshot from being fresh, in a sentence; None if nothing does."""
        return next(iter(self.problems.values()), None)

    @property
    def is_stale(self) -> bool:
        """Whether the facts have changed since the snapshot was made, or nobody can tell."""
        snapshot = self._snapshot
        return snapshot is None or self.database.is_down(self.patience_s) or self.database.revision != snapshot.revision

    @property
    def patience_s(self) -> float:
        """How long (in seconds) the database may stay silent before it counts as down: it may freeze in mid-answer."""
        return self.poll_s + 2 * self.timeout_s + 1

    def state(self) -> dict[str, Any]:
        """Readiness in words: `ready`, `degraded` or `unready`, and why."""
        snapshot = self._snapshot
        down = self.database.is_down(self.patience_s)
        status = "unready" if snapshot is None else "degraded" if down or self.problem else "ready"
        return {
            "status": status,
            "problem": self.reason_for_none if snapshot is None else self.problem,
            "snapshot": None if snapshot is None else self._described(snapshot),
            "database": {"state": self.database.state(self.patience_s), "problem": self.database.problem},
            "building": self._build is not None,
        }

    def _described(self, snapshot: Snapshot) -> dict[str, Any]:
        age = datetime.now(UTC) - snapshot.made_at
        return {
            "id": snapshot.id,
            "city": snapshot.city.slug,
            "made_at": snapshot.made_at.isoformat(),
            "age_s": round(age.total_seconds()),
            "stale": self.is_stale,
            "facilities": len(snapshot.facilities),
        }

    def start(self) -> None:
        """Load what is on disk, then watch. Returns when there is something to answer from, or nothing to load."""
        self._load_any()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a running build is ended, its draft is removed by the next one."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * self.timeout_s + 1)
        if self._build is not None:
            self._build.end()
        for engine in (self._engine, self._entry_engine):
            if engine is not None:
                engine.dispose()

    # ── the watching thread ─────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        next_look = time.monotonic()
        while not self._stopping.wait(BUILDING_TICK_S if self._build else max(0.0, next_look - time.monotonic())):
            try:
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + self.poll_s
                    self._look()
                self._finish_build()
            except Exception as error:  # the thread must outlive everything: without it nothing is ever fresh again
                self.problems["watch"] = f"Looking for new facts failed ({type(error).__name__})."
                logger.exception("snapshot watch failed")
            else:
                self.problems.pop("watch", None)

    def _look(self) -> None:
        """Ask the database what is new, take what another process has published, and begin a build if needed."""
        self._take_published()
        try:
            url = self.url = self.url or database_url(self.settings)
            found = revisions(url, timeout_s=self.timeout_s)
        except (psycopg.Error, YiquanError) as error:
            self.database.went_down(first_line(error))
            return
        except NoTablesError:
            self.database.answered(None)
            return
        self._let_doubts_lapse()
        slug = self._city_among(found)
        self.database.answered(found.get(slug) if slug else None)
        if slug and self._build is None and self._is_due(found[slug]):
            self.slug = slug
            logger.info("snapshot build begins", extra={"city": slug, "revision": found[slug]})
            self._build = BuildProcess(self.settings, url, slug, found[slug])

    def _let_doubts_lapse(self) -> None:
        """Lift the doubts of riders that have become too old, now and then; the new revision brings the snapshot."""
        snapshot = self._snapshot
        if snapshot is None or not snapshot.doubted.any() or time.monotonic() < self._next_lapse:
            return
        self._next_lapse = time.monotonic() + LAPSE_S
        try:
            with self.entry_engine.begin() as connection:
                report_store.let_lapse(connection, snapshot.city.city_id, datetime.now(UTC))
        except (SQLAlchemyError, YiquanError) as error:
            # A doubt that stands a minute longer harms nobody.
            logger.warning("doubts not looked at", extra={"problem": type(error).__name__})

    def _city_among(self, found: dict[str, int]) -> str | None:
        """The city to serve: the one set, else the one being served, else the only one there is."""
        self.problems.pop("city", None)
        wanted = self.settings.city or (self._snapshot.city.slug if self._snapshot else None)
        if wanted is None and len(found) == 1:
            return next(iter(found))
        if wanted in found:
            return wanted
        if wanted:
            self.problems["city"] = f"There is no city {wanted} in the database."
        elif found:
            self.problems["city"] = f"There are several cities ({', '.join(found)}): choose one with YIQUAN_CITY."
        return None

    def _is_due(self, revision: int) -> bool:
        """Whether a build should begin: the facts are others, and they did not fail a moment ago."""
        if self._snapshot is not None and self._snapshot.revision == revision:
            return False
        if self._failed is None:
            return True
        failed_revision, failed_at = self._failed
        return revision != failed_revision or time.monotonic() - failed_at >= RETRY_S

    def _finish_build(self) -> None:
        """Take over a build that has ended."""
        build = self._build
        if build is None or not build.has_ended():
            return
        self._build = None
        outcome = build.outcome()
        if outcome.snapshot_id is None:
            self._failed = build.revision, time.monotonic()
            self.problems["build"] = outcome.problem or ""
            logger.warning("snapshot build failed", extra={"city": build.slug, "problem": outcome.problem})
            return
        self._failed = None
        self.problems.pop("build", None)
        self._take_published()

    def _take_published(self) -> None:
        """Swap in the snapshot that `current` names, if it is another one than ours."""
        if self.slug is None:
            return
        folder = SnapshotFolder(self.settings.data_dir, self.slug)
        current = folder.current_id()
        ours = self._snapshot
        if current is not None and current not in self._refused and (ours is None or ours.id != current):
            self._load(folder.path / current)

    def _load_any(self) -> None:
        """Load the current snapshot, or the one before it if that one is damaged."""
        if self.slug is None:
            on_disk = cities_on_disk(self.settings.data_dir)
            if len(on_disk) != 1:
                return
            self.slug = on_disk[0]
        any(self._load(folder) for folder in SnapshotFolder(self.settings.data_dir, self.slug).candidates())

    def _load(self, folder: Path) -> bool:
        """
        Put a snapshot in the place of the one in use; a damaged one is refused, and the one in use stays.

        The swap is one assignment: a request has either the old one or the new.
        """
        try:
            with collector_paused():
                snapshot = load_snapshot(folder, self.settings, like=self._snapshot)
                self.prepare(snapshot)
        except YiquanError as error:
            self._refused.add(folder.name)
            self.problems["load"] = str(error)
            logger.warning("snapshot refused", extra={"snapshot_id": folder.name, "problem": str(error)})
            return False
        self._snapshot = snapshot
        # A fall-back in the place of a damaged one is no reason to be content.
        if not self._refused or folder.name == self._newest(snapshot.city.slug):
            self.problems.pop("load", None)
        logger.info("snapshot in use", extra={"city": snapshot.city.slug, "snapshot_id": snapshot.id})
        return True

    def _newest(self, slug: str) -> str | None:
        return SnapshotFolder(self.settings.data_dir, slug).current_id()


@contextmanager
def collector_paused() -> Iterator[None]:
    """
    Keep the garbage collector from running while a snapshot is loaded, and run it once afterwards.

    A hundred thousand new objects set it off again and again, and it holds the interpreter each time: requests were
    seen to wait 300 ms for it, against 40. The run afterwards lets go of the snapshot before the last, whose parts
    refer to one another, and of its mapped files.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
        gc.collect()


class DatabaseWatch:
    """When the database last answered, and what it said."""

    def __init__(self) -> None:
        self.revision: int | None = None
        self.problem: str | None = None
        self.last_answer: float | None = None
        self.first_asked = time.monotonic()

    def answered(self, revision: int | None) -> None:
        """It answered."""
        self.revision, self.problem, self.last_answer = revision, None, time.monotonic()

    def went_down(self, problem: str) -> None:
        """It did not."""
        self.problem = problem

    def is_down(self, patience_s: float) -> bool:
        """Whether it said no, or has said nothing for too long."""
        since = self.first_asked if self.last_answer is None else self.last_answer
        return self.problem is not None or time.monotonic() - since > patience_s

    def state(self, patience_s: float) -> str:
        """`up`, `down`, or `unknown` before the first answer."""
        if self.is_down(patience_s):
            return "down"
        return "unknown" if self.last_answer is None else "up"


def first_line(error: Exception) -> str:
    """The first line of an error: drivers append pages to it."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
