"""kill -9 of the service, alone and while it builds: the next start is clean and answers as before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from geo.store.city_store import bump_revision
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity
from tests.support.waiting import PATIENCE_S, wait_until

HERE = {"lon": "120.3826", "lat": "36.0671", "limit": "5"}


@contextmanager
def served(city: SmallCity) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The service as a process of its own, on a free port, ready to answer."""
    process = CommandLine(city.url, city.settings.data_dir).start("serve", "--port", "0")
    assert process.stderr is not None
    address = next(found[0] for line in process.stderr if (found := re.findall(r"http://[\d.]+:\d+", line)))
    try:
        with httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
            wait_until(lambda: client.get("/readyz").json()["status"] == "ready")
            yield process, client
    finally:
        process.kill()
        process.communicate()


def found(client: httpx.Client) -> list[tuple[str, Any]]:
    """Who is nearest, and how far."""
    answer = client.get("/nearest", params=HERE)
    assert answer.status_code == 200
    return [(one["id"], one["properties"]["travel_s"]) for one in answer.json()["features"]]


@pytest.mark.slow
def test_a_killed_service_starts_again_and_answers_as_before(own_city: SmallCity) -> None:
    with served(own_city) as (process, client):
        before = found(client)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with served(own_city) as (_, client):
        assert found(client) == before != []


@pytest.mark.slow
def test_a_service_killed_while_it_builds_leaves_nothing_half_made(own_city: SmallCity) -> None:
    snapshots = own_city.settings.data_dir / "cities" / own_city.slug / "snapshots"
    with served(own_city) as (process, client):
        before = found(client)
        engine = own_city.engine()
        with engine.begin() as connection:
            bump_revision(connection, connection.execute(text("SELECT city_id FROM city")).scalar_one())
        engine.dispose()
        wait_until(
            lambda: any(path.name.startswith(".draft-") for path in snapshots.iterdir()) or moved(client, own_city)
        )
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with served(own_city) as (_, client):
        wait_until(lambda: moved(client, own_city))
        assert found(client) == before
        whole = [path for path in snapshots.iterdir() if path.is_dir()]
        assert all((path / "manifest.json").exists() for path in whole)


def moved(client: httpx.Client, city: SmallCity) -> bool:
    """Whether a newer snapshot than the city's first is served."""
    return bool(client.get("/readyz").json()["snapshot"]["id"] != city.snapshot.id)
