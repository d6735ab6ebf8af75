"""Changes that are tried on a city: a station opens, moves, closes or keeps other hours. Words, and no computing."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from geo.coverage.question import Question
from geo.errors import InputError
from geo.places.vocabulary import FACILITY_TYPES

MOST_CHANGES = 1000
"""The most changes one question may hold."""


class ChangesError(InputError):
    """The changes of a what-if cannot be made as they are asked for; `place` is the number of the offender, from 0."""

    def __init__(self, place: int, problem: str) -> None:
        super().__init__(f"Change {place + 1}: {problem}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Add:
    """
    Open a station (WGS-84 degrees); without hours it never closes, without a type it is of one the question asks for.

    Networks, amenities and ways in are those the question asks for: what is not built yet can still have them.
    """

    kind: ClassVar[str] = "add"
    lon: float
    lat: float
    name: str = ""
    hours: str | None = None
    facility_type: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data; what is not said is left out."""
        said = {"name": self.name, "hours": self.hours, "type": self.facility_type}
        spoken = {name: value for name, value in said.items() if value}
        return {"kind": self.kind, "lon": self.lon, "lat": self.lat, **spoken}


@dataclass(frozen=True, slots=True)
class Move:
    """Let a station stand elsewhere (WGS-84 degrees)."""

    kind: ClassVar[str] = "move"
    facility_id: int
    lon: float
    lat: float

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return {"kind": self.kind, "id": self.facility_id, "lon": self.lon, "lat": self.lat}


@dataclass(frozen=True, slots=True)
class Close:
    """Close a station for good."""

    kind: ClassVar[str] = "close"
    facility_id: int

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return {"kind": self.kind, "id": self.facility_id}


@dataclass(frozen=True, slots=True)
class ChangeHours:
    """Let a station keep other hours, written as in a register or as in OpenStreetMap."""

    kind: ClassVar[str] = "hours"
    facility_id: int
    hours: str

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return {"kind": self.kind, "id": self.facility_id, "hours": self.hours}


Change: TypeAlias = Add | Move | Close | ChangeHours


def change_from_dict(stored: Mapping[str, Any]) -> Change:
    """The change that `as_dict` wrote."""
    if stored["kind"] == Add.kind:
        return Add(stored["lon"], stored["lat"], stored.get("name", ""), stored.get("hours"), stored.get("type"))
    if stored["kind"] == Move.kind:
        return Move(stored["id"], stored["lon"], stored["lat"])
    if stored["kind"] == Close.kind:
        return Close(stored["id"])
    return ChangeHours(stored["id"], stored["hours"])


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A coverage question, and what is to be different; changes are numbered in the order given."""

    question: Question
    changes: tuple[Change, ...]
    most: ClassVar[int] = MOST_CHANGES

    def __post_init__(self) -> None:
        """Refuse what no city could do."""
        if not 1 <= len(self.changes) <= self.most:
            raise InputError(f"Ask for 1 to {self.most:,} changes, not {len(self.changes):,}.")
        asked: Counter[tuple[int, str]] = Counter()
        for place, change in enumerate(self.changes):
            if isinstance(change, Add | Move):
                _require_position(place, change.lon, change.lat)
            if isinstance(change, Add):
                _require_type(place, change.facility_type)
            else:
                asked[change.facility_id, change.kind] += 1
                if asked[change.facility_id, change.kind] > 1:
                    raise ChangesError(place, f"facility {change.facility_id} is changed twice in the same way.")
        for place, change in enumerate(self.changes):
            if isinstance(change, Close) and any((change.facility_id, kind) in asked for kind in ("move", "hours")):
                raise ChangesError(place, f"facility {change.facility_id} cannot close and be changed as well.")

    def canonical(self) -> str:
        """The question and its changes as the one text that equal ones share."""
        changes = [change.as_dict() for change in self.changes]
        return self.question.canonical() + json.dumps(changes, sort_keys=True, ensure_ascii=False)


def _require_position(place: int, lon: float, lat: float) -> None:
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise ChangesError(place, f"({lon}, {lat}) is no position in degrees, longitude first.")


def _require_type(place: int, facility_type: str | None) -> None:
    if facility_type is not None and facility_type not in FACILITY_TYPES.codes:
        raise ChangesError(
            place, f"`{facility_type[:40]}` is no type of station; there are {', '.join(FACILITY_TYPES.codes)}."
        )
