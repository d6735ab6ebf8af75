"""
A real PostGIS for tests: one server per session, one migrated template, one database per test.

Several sessions may run on one checkout at the same time. They share the server, and the last one to leave removes
it; a server left over by a killed session is removed by the next one that finds itself alone. Held file locks tell
who is there, because the kernel releases them even after kill -9.
"""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.browser import browser, new_page, page, pytest_runtest_call

if TYPE_CHECKING:  # the fixtures import what they need, so that tests of pure modules start without a database driver
    from sqlalchemy import Engine

    from geo.store.cluster import Cluster

__all__ = [
    "browser",
    "cluster",
    "database_url",
    "empty_database_url",
    "engine",
    "new_page",
    "page",
    "pytest_runtest_call",
    "template_database",
]

pytest_plugins = ("tests.support.demo_city", "tests.support.small_city")

_numbers = itertools.count()

# A process beside others is late at any time, and that is no fault. All else is as hypothesis has it, here or in CI.
settings.register_profile("beside_others", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("beside_others")


def _is_alone(file: IO[str]) -> bool:
    """Whether no other session holds the lock; if so, this one holds it exclusively now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private test server without fsync, beside the real one, sharing its unpacked packages and nothing else."""
    from geo.settings import Settings
    from geo.store.cluster import Cluster

    data_dir = Settings().data_dir
    cluster = Cluster(data_dir, test=True)
    cluster.require_access()
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "test-sessions.lock").open("a") as sessions:
        if _is_alone(sessions):
            cluster.destroy()
        fcntl.flock(sessions, fcntl.LOCK_SH)
        cluster.start()
        yield cluster
        fcntl.flock(sessions, fcntl.LOCK_UN)
        if _is_alone(sessions):
            cluster.destroy()


@pytest.fixture(scope="session")
def template_database(cluster: Cluster) -> Iterator[str]:
    """Name of a database migrated to the head, to copy and never to connect to."""
    from geo.store.engine import upgrade

    name = f"template_{os.getpid()}"
    upgrade(cluster.create_database(name))
    yield name
    cluster.drop_database(name)


@pytest.fixture
def empty_database_url(cluster: Cluster) -> Iterator[str]:
    """URL of a new database with PostGIS and not one table, for tests of the migrations themselves."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    yield cluster.create_database(name)
    cluster.drop_database(name)


@pytest.fixture
def database_url(cluster: Cluster, template_database: str) -> Iterator[str]:
    """URL (owner role) of a migrated database of this test's own, dropped after it."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield cluster.create_database(name, template=template_database)
    cluster.drop_database(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on this test's own database."""
    from geo.store.engine import make_engine

    engine = make_engine(database_url)
    yield engine
    engine.dispose()
