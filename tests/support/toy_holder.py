"""A snapshot in memory beside a real database: for tests of what is kept there about a city one can draw."""

from __future__ import annotations

import math

from geo.services.cities import new_city
from geo.settings import Settings
from geo.snapshot.holder import SnapshotHolder
from geo.snapshot.model import Snapshot
from geo.store.engine import make_engine


class ToyHolder(SnapshotHolder):
    """Holds one snapshot until it is told another; nothing is watched."""

    def __init__(self, snapshot: Snapshot, url: str, settings: Settings) -> None:
        super().__init__(settings, url)
        self._snapshot = snapshot

    @property
    def patience_s(self) -> float:
        """Nobody asks the database whether it is there, so its silence means nothing."""
        return math.inf

    def start(self) -> None:
        """There is nothing to watch."""

    def now_holds(self, snapshot: Snapshot) -> None:
        """The facts have changed."""
        self._snapshot = snapshot


def holder_with_city(snapshot: Snapshot, url: str, settings: Settings) -> ToyHolder:
    """A holder of a snapshot, and a row for its city in the database."""
    engine = make_engine(url)
    new_city(engine, snapshot.city.slug, name=snapshot.city.name)
    engine.dispose()
    return ToyHolder(snapshot, url, settings)
