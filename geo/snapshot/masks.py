"""Which facilities pass a filter: one boolean per facility and word, so that filters cost nothing at question time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from geo.types import Bools

IN_SERVICE = frozenset({"active"})
"""Statuses of facilities that a person can be sent to; the others may be listed but are never an answer."""

USABLE_AMENITY = frozenset({"available", "limited"})
"""Amenity states that satisfy a wish. `unknown` does not, and is not `absent` either: it is shown as unknown."""

WAYS_BY_APP = frozenset({"app_qr", "member_qr"})
"""Ways in that take the union's own application. A WeChat scan is none of them: every rider has WeChat."""

OPEN_DOOR = "open_door"
"""The way in that asks for nothing at all, the first time as little as later."""

FIRST_USE_WITHOUT_APP = frozenset({"none", "register"})
"""What a first visit may need and still be possible without an application."""

FOR_EVERYONE = "anyone"
"""The user group that includes all others."""


@dataclass(frozen=True, slots=True)
class FacilityFilter:
    """
    What a facility must have to be an answer. Empty means anything.

    Between fields all must hold. Within `types`, `classes`, `networks`, `entry` and `amenities_any` one of the words is
    enough; of `amenities` every one must be there. `no_app` wants a door that is known to open without an application.
    """

    types: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    amenities: frozenset[str] = frozenset()
    amenities_any: frozenset[str] = frozenset()
    entry: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    step_free: bool | None = None
    no_app: bool = False


Words = Mapping[str, Bools]
"""For each word of one column, the facilities that bear it."""


@dataclass(frozen=True, slots=True)
class FacilityMasks:
    """
    Boolean columns over the facilities of one snapshot, in facility order.

    `available` holds the facilities where an amenity can be used, `known` those where somebody checked it.
    """

    in_service: Bools
    types: Words
    classes: Words
    networks: Words
    available: Words
    known: Words
    entry: Words
    groups: Words
    step_free: Bools
    no_app: Bools
    eligible: Callable[[FacilityFilter], Bools] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The same few filters are asked again and again.
        object.__setattr__(self, "eligible", lru_cache(maxsize=512)(self._eligible))

    @classmethod
    def of_facilities(cls, facilities: pd.DataFrame) -> FacilityMasks:
        """Read the masks off the facility frame of `facility_store.load_facilities`."""
        amenities = facilities["amenities"]
        return cls(
            in_service=facilities["status"].isin(IN_SERVICE).to_numpy(dtype=bool),
            types=words([[value] for value in facilities["facility_type"]]),
            classes=words([[value] for value in facilities["facility_class"]]),
            networks=words(facilities["networks"]),
            available=words([[code for code, state in row.items() if state in USABLE_AMENITY] for row in amenities]),
            known=words([[code for code, state in row.items() if state != "unknown"] for row in amenities]),
            entry=words(facilities["entry_methods"]),
            groups=words([[*row] or [FOR_EVERYONE] for row in facilities["user_groups"]]),
            step_free=np.array([value is True for value in facilities["step_free"]], dtype=bool),
            no_app=without_app(facilities),
        )

    def _eligible(self, wanted: FacilityFilter) -> Bools:
        """Which facilities pass a filter, in service ones only. The result is shared."""
        passing = self.in_service.copy()
        for columns, codes in (
            (self.types, wanted.types),
            (self.classes, wanted.classes),
            (self.networks, wanted.networks),
            (self.available, wanted.amenities_any),
            (self.entry, wanted.entry),
            (self.groups, wanted.groups | {FOR_EVERYONE} if wanted.groups else wanted.groups),
        ):
            if codes:
                passing &= any_of(columns, codes, len(passing))
        for code in wanted.amenities:
            passing &= any_of(self.available, (code,), len(passing))
        if wanted.step_free is not None:
            passing &= self.step_free == wanted.step_free
        if wanted.no_app:
            passing &= self.no_app
        # every request with this filter gets this very array
        passing.setflags(write=False)
        return passing


def without_app(facilities: pd.DataFrame) -> Bools:
    """
    Which facilities are known to let in a person who has no application.

    There must be a way in without one, and a first visit must not need one either. Where nobody wrote down what a first
    visit needs, only an open door tells it: a door with a lock may ask a newcomer for anything.
    """
    rows = zip(facilities["entry_methods"], facilities["first_use_needs"], strict=True)
    return np.array([lets_in_without_app(set(ways), None if pd.isna(needs) else needs) for ways, needs in rows], bool)


def lets_in_without_app(ways: set[str], first_use_needs: str | None) -> bool:
    """Whether one facility is known to let in a person without an application, from its ways in and its first visit."""
    if first_use_needs is None:
        return OPEN_DOOR in ways
    return first_use_needs in FIRST_USE_WITHOUT_APP and not ways <= WAYS_BY_APP


def words(rows: Iterable[Iterable[str | None]]) -> dict[str, Bools]:
    """For each word that occurs, the rows in which it does."""
    lists = [[word for word in row if word] for row in rows]
    columns = {word: np.zeros(len(lists), dtype=bool) for word in sorted({word for row in lists for word in row})}
    for position, row in enumerate(lists):
        for word in row:
            columns[word][position] = True
    return columns


def any_of(columns: Words, codes: Iterable[str], count: int) -> Bools:
    """The rows that bear at least one of the words; a word nobody bears matches nothing."""
    present = [columns[code] for code in codes if code in columns]
    return np.logical_or.reduce(present) if present else np.zeros(count, dtype=bool)
