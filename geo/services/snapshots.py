"""The snapshot of a city as it is now, for whoever needs one outside the running service."""

from __future__ import annotations

from sqlalchemy import Engine

from geo.progress import Progress, silent
from geo.settings import Settings
from geo.snapshot.build import build_fresh
from geo.snapshot.folders import SnapshotFolder
from geo.snapshot.load import load_snapshot
from geo.snapshot.model import Snapshot
from geo.store import city_store


def fresh_snapshot(engine: Engine, settings: Settings, city_slug: str, *, progress: Progress = silent) -> Snapshot:
    """
    The snapshot of a city's present facts: the published one if it has them, else a new one, published too.

    Raises
    ------
    CityNotFoundError
        There is no such city.
    NoStreetsError, NoFacilitiesError
        The city is not complete; the message names the command that completes it.
    """
    with engine.connect() as connection:
        revision = city_store.city_by_slug(connection, city_slug).revision
    progress("preparing the snapshot")
    published = build_fresh(engine, settings, city_slug, at_least=revision)
    return load_snapshot(SnapshotFolder(settings.data_dir, city_slug).path / published, settings)
