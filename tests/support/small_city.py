"""
A small demo city, brought in through the ordinary importers into a real PostGIS, with its first snapshot.

Made once per session. Tests that only read share it; tests that change something take a copy of the database and of
the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geo.settings import Settings
from geo.snapshot.model import Snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from data.demo_city import DemoFiles
    from geo.store.cluster import Cluster

_copies = count()


@dataclass(frozen=True)
class SmallCity:
    """The city: where its database and files are, what it was made from, and its snapshot."""

    settings: Settings
    url: str
    slug: str
    files: DemoFiles
    snapshot: Snapshot
    template: str
    """A database that nobody connects to, so that it can be copied."""

    def engine(self) -> Engine:
        """An engine on its database; the caller disposes of it."""
        from geo.store.engine import make_engine

        return make_engine(self.url)


@pytest.fixture(scope="session")
def small_city(
    cluster: Cluster, template_database: str, small_files: DemoFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallCity]:
    """The city that tests share. Not to be changed."""
    import os

    from geo.datum import Datum
    from geo.services.cities import import_declared, new_city
    from geo.services.city_import import import_streets
    from geo.services.demand_import import import_demand
    from geo.services.register_import import import_register
    from geo.snapshot.build import build_snapshot
    from geo.store.engine import make_engine

    folder = tmp_path_factory.mktemp("small_city")
    name = f"small_city_{os.getpid()}"
    url = cluster.create_database(name, template=template_database)
    settings = Settings(data_dir=folder / "data", database_url=url)
    files, facts = small_files, small_files.facts
    engine = make_engine(url)
    try:
        new_city(engine, facts.slug, name=facts.name, name_en=facts.name_en, is_synthetic=True)
        import_streets(engine, settings, facts.slug, files.extract)
        import_register(engine, settings, facts.slug, files.register, datum=Datum.GCJ02, synthetic=True)
        import_demand(engine, settings, facts.slug, files.census, by="district", as_of="2020")
        import_declared(engine, facts.slug, files.declared)
        snapshot = build_snapshot(engine, settings, facts.slug)
    finally:
        # a database that somebody is connected to cannot be copied
        engine.dispose()
    shared = f"{name}_shared"
    shared_url = cluster.create_database(shared, template=name)
    settings = settings.model_copy(update={"database_url": shared_url})
    yield SmallCity(settings, shared_url, facts.slug, files, snapshot, template=name)
    cluster.drop_database(shared)
    cluster.drop_database(name)


@pytest.fixture
def own_city(small_city: SmallCity, cluster: Cluster, tmp_path: Path) -> Iterator[SmallCity]:
    """A copy of the city for one test to change."""
    import os

    name = f"own_city_{os.getpid()}_{next(_copies)}"
    url = cluster.create_database(name, template=small_city.template)
    data_dir = tmp_path / "data"
    shutil.copytree(small_city.settings.data_dir, data_dir)
    yield replace(small_city, settings=Settings(data_dir=data_dir, database_url=url), url=url)
    cluster.drop_database(name)
