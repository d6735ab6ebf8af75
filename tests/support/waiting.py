"""Tests wait for a state and never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 300
"""How long anything is waited for. Only what never comes costs this much; a machine with other work has all of it."""


def wait_until(condition: Callable[[], object], timeout_s: float = PATIENCE_S, *, what: str = "nothing came") -> float:
    """Wait until something is true; returns the seconds it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < timeout_s, f"{what} within {timeout_s} s"
        time.sleep(0.05)
    return time.monotonic() - started
