"""Which facilities can be open at all in the next hour: asked once per minute, used by all its questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from geo.types import Bools

if TYPE_CHECKING:
    from geo.places.hours import OpenState, Timetable

HORIZON_MIN = 60
"""How far ahead (in minutes) a look-up reaches."""

MINUTES_KEPT = 32
"""How many look-ups are remembered; people ask about now, a batch may ask about other moments."""

STATES_KEPT = 1 << 15
"""How many states of single places are remembered: a few thousand places, at a dozen minutes of arrival."""

MOMENTS_KEPT = 512
"""How many single minutes are remembered."""


class OpeningsAhead:
    """The facilities of one timetable that are open at some moment of the hour that begins at a given minute."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        self.known: dict[datetime, Bools] = {}
        self._state = lru_cache(maxsize=STATES_KEPT)(self._state_of_minute)
        self.open_at = lru_cache(maxsize=MOMENTS_KEPT)(self._open_at)

    def state(self, place: int, at: datetime) -> OpenState:
        """Whether a place is open at a moment, until when or from when: the same throughout a minute, so remembered."""
        return self._state(place, int(at.timestamp()) // 60)

    def _state_of_minute(self, place: int, minute: int) -> OpenState:
        return self.timetable.state(place, datetime.fromtimestamp(60 * minute, UTC))

    def within_the_hour(self, at: datetime) -> Bools:
        """
        Facilities that are open at some moment between `at` and an hour later. Shared: not to be written to.

        Never misses one. It may hold one too many, that closes in the very minute of `at`, because the caller asks
        again for the exact moment of arrival.
        """
        minute = at.astimezone(UTC).replace(second=0, microsecond=0)
        found = self.known.get(minute)
        if found is None:
            found = self.look_ahead(minute)
            if len(self.known) >= MINUTES_KEPT:
                self.known = {}
            self.known[minute] = found
        return found

    def _open_at(self, minute: datetime) -> Bools:
        """Facilities that are open at a moment, which is a whole minute. Shared: not to be written to."""
        return np.asarray(self.timetable.open_mask(minute) == 1, dtype=np.bool_)

    def look_ahead(self, minute: datetime) -> Bools:
        """Ask for every minute of the hour. Doors open and close on whole minutes, so none is missed in between."""
        minutes = (minute + timedelta(minutes=ahead) for ahead in range(HORIZON_MIN + 2))
        return np.asarray(np.logical_or.reduce([self.open_at(one) for one in minutes]), dtype=np.bool_)
