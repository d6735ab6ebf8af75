"""What a planner asks about coverage: every word checked and brought to one form, so that equal questions are equal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from geo.errors import InputError
from geo.places.hours import Slot
from geo.places.vocabulary import (
    AMENITIES,
    ENTRY_METHODS,
    FACILITY_CLASSES,
    FACILITY_TYPES,
    NETWORKS,
    USER_GROUPS,
    Table,
    codes_of,
)

DS_PER_MINUTE = 600

LONGEST_MINUTES = 120.0
"""The longest limit that is asked for; beyond two hours nobody speaks of a service circle."""

CHOICES: Mapping[str, Table] = {
    "types": FACILITY_TYPES,
    "networks": NETWORKS,
    "classes": FACILITY_CLASSES,
    "amenities": AMENITIES,
    "entry": ENTRY_METHODS,
    "groups": USER_GROUPS,
}
"""The parts of a question that choose from a closed list."""


class MinutesError(InputError):
    """A time limit out of range."""

    def __init__(self, minutes: float) -> None:
        super().__init__(f"A limit of {minutes:g} minutes is out of range: ask for 1 to {LONGEST_MINUTES:g}.")


class UnknownWordError(InputError):
    """A word that its list does not hold."""

    def __init__(self, part: str, word: str) -> None:
        known = ", ".join(CHOICES[part].codes)
        super().__init__(f"`{word}` is none of the {part}; there are {known}.")
        self.part = part
        self.word = word


@dataclass(frozen=True, slots=True)
class Question:
    """
    Which people reach which facilities within how many minutes.

    Of `types`, `networks`, `classes`, `entry` and `groups` one word is enough, of `amenities` all must be available.
    `at` is an hour of the week such as `weekday 19:00`; unset, opening hours do not count. Make one with `ask`.
    """

    mode: str = "walk"
    minutes: float = 10.0
    at: str | None = None
    types: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    amenities: tuple[str, ...] = ()
    entry: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    demand: str = "residents"

    def __post_init__(self) -> None:
        """Check every word and bring it to its one form."""
        if not 1.0 <= self.minutes <= LONGEST_MINUTES:
            raise MinutesError(self.minutes)
        # whole deciseconds, for that is what is compared
        object.__setattr__(self, "minutes", round(self.minutes * DS_PER_MINUTE) / DS_PER_MINUTE)
        for part, table in CHOICES.items():
            object.__setattr__(self, part, _codes(part, table, getattr(self, part)))
        if self.at is not None:
            object.__setattr__(self, "at", str(Slot.parse(self.at)))

    @property
    def limit_ds(self) -> int:
        """The limit in deciseconds."""
        return round(self.minutes * DS_PER_MINUTE)

    @property
    def slot(self) -> Slot | None:
        """The hour of the week asked about."""
        return None if self.at is None else Slot.parse(self.at)

    def as_dict(self) -> dict[str, Any]:
        """The question as plain data, every part named."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def canonical(self) -> str:
        """The question as the one text that equal questions share."""
        return json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Question:
        """The question of a stored run."""
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in stored.items() if name in known}
        return cls(**values)


def _codes(part: str, table: Table, words: Iterable[str]) -> tuple[str, ...]:
    found: set[str] = set()
    for word in words:
        codes = codes_of(table, word)
        if not codes:
            raise UnknownWordError(part, word)
        found.update(codes)
    return tuple(sorted(found))
