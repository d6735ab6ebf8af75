"""
Demo cities, drawn once for a whole run: a small one for most facts, the whole one for the counts that are declared.

A run is several processes that share one folder of temporary files. Whoever needs a city first draws it; the others
wait and read what was drawn. Nobody changes it.
"""

from __future__ import annotations

import fcntl
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the fixtures import what they need, so that tests of pure modules start without it
    from data.demo_city import DemoFiles

SMALL = 0.05
"""Share of the whole city's streets and stations."""


def drawn_once(folders: pytest.TempPathFactory, name: str, scale: float) -> DemoFiles:
    """Draw a city, or read what another process of this run has drawn. One that was killed half way leaves no trace."""
    from data.demo_city import make_demo_city

    room = folders.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else folders.getbasetemp()
    folder, drawn = room / name, room / f"{name}.pickle"
    with (room / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not drawn.exists():
            draft = drawn.with_suffix(".draft")
            draft.write_bytes(pickle.dumps(make_demo_city(folder, scale=scale)))
            draft.replace(drawn)
    return read(drawn)


def read(drawn: Path) -> DemoFiles:
    """What a process of this run wrote a moment ago."""
    from data.demo_city import DemoFiles

    files = pickle.loads(drawn.read_bytes())
    assert isinstance(files, DemoFiles)
    return files


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """Files of a small city."""
    return drawn_once(tmp_path_factory, "small_demo_city", SMALL)


@pytest.fixture(scope="session")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """Files of the city as `yiquan demo` makes it."""
    return drawn_once(tmp_path_factory, "whole_demo_city", 1.0)
