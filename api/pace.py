"""How often one address may send something: counted in memory, forgotten after an hour, written nowhere."""

from __future__ import annotations

import threading
import time
from collections import deque

from geo.errors import TooOftenError

WINDOW_S = 3600.0

MOST_ADDRESSES = 10_000
"""How many addresses are counted at once; beyond that the one heard of longest ago is forgotten."""


class Pace:
    """Counts what comes from each address within an hour."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._times: dict[str, deque[float]] = {}
        self._counting = threading.Lock()

    def count(self, address: str, *, now_s: float | None = None) -> None:
        """
        Count one more from an address; `now_s` is a monotonic clock's time.

        Raises
        ------
        TooOftenError
            The address has sent its share of this hour. What it tried is not counted.
        """
        now = time.monotonic() if now_s is None else now_s
        with self._counting:
            times = self._times.pop(address, deque())
            while times and times[0] <= now - WINDOW_S:
                times.popleft()
            self._times[address] = times  # and in again as the newest
            if len(times) >= self.most:
                wait_s = int(times[0] + WINDOW_S - now) + 1
                raise TooOftenError(
                    f"More than {self.most} came from this address within an hour; try again in {wait_s} seconds.",
                    wait_s,
                )
            times.append(now)
            while len(self._times) > MOST_ADDRESSES:
                del self._times[next(iter(self._times))]
