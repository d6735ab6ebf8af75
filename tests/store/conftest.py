"""One database for tests whose work is thrown away; a database for each would cost more than the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from geo.store import city_store
from geo.store.city_store import City
from geo.store.cluster import Cluster
from geo.store.engine import make_engine


@pytest.fixture(scope="module")
def shared_engine(cluster: Cluster, template_database: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine on a database that the tests of a module share; they must leave nothing behind."""
    name = f"shared_{os.getpid()}_{request.module.__name__.rpartition('.')[2]}"
    engine = make_engine(cluster.create_database(name, template=template_database))
    yield engine
    engine.dispose()
    cluster.drop_database(name)


@pytest.fixture
def connection(shared_engine: Engine) -> Iterator[Connection]:
    """A connection whose work is thrown away."""
    with shared_engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def city(connection: Connection) -> City:
    """An empty city."""
    return city_store.create_city(connection, "trial", name="试")
