"""Real data made by others, kept beside the repository and never in it."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Where the files lie when they are there at all: `../shared/data`, seen from the root of the repository."""


def real_data(name: str) -> Path:
    """
    Return the path of a real data file, such as `porto/streets.osm.pbf`; skip the test, with the reason, if it is
    absent.
    """
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"real data is not here: ../shared/data/{name}")
    return path
