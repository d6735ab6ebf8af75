"""
A kept what-if or siting as a part of a planner's report: before and after, district by district, every change by name.

What siting said of its sites (their order, people, cost, bound) stands as it was saved; how many people that means, and
the maps, are of the facts of the day, like everything of a what-if.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Engine

from geo.coverage.question import Question
from geo.errors import ConflictError
from geo.services.changes import Add, Change, Move, WhatIf, change_from_dict
from geo.services.scenarios import SITING, load_scenario, on_present_facts
from geo.services.what_if import Tried, WhatIfAnswer, summed_up, tried
from geo.store.scenario_store import StoredScenario
from geo.types import Floats

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot


class NotPossibleNowError(ConflictError):
    """A kept scenario cannot be worked out on the facts of the day."""

    def __init__(self, code: str, problem: str | None) -> None:
        super().__init__(f"Scenario {code} cannot be worked out on the present facts: {problem}")


@dataclass(frozen=True, slots=True)
class ToldChange:
    """
    One change as a reader knows it.

    `kind` is add, move, close or hours. `station` is the name of the station it is about, empty for a new one without
    a name; `lon` and `lat` (WGS-84 degrees) are where it stands afterwards, or stood. `people` are those whom it brings
    within the limit beyond all the others; None where changes are too many to be weighed one by one. `was_dropped`: its
    station is no longer there, so that it was left out. `remarks` are pairs of Chinese and English.
    """

    kind: str
    station: str
    lon: float | None
    lat: float | None
    hours: str | None
    facility_type: str | None
    people: float | None
    was_dropped: bool
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class ScenarioPart:
    """
    A kept what-if or siting on the facts of the day.

    `people` and `districts` are those of `geo.services.what_if.describe`. `is_same`: nothing it depends on has changed
    since it was saved. `answered` holds every cell before and after, `stations_after` (float64[n, 2], WGS-84 degrees)
    those that count then. `siting` is what siting said when it was saved, as `geo.services.siting.words.describe` has
    it without question, changes and count; None of a what-if.
    """

    code: str
    name: str
    created_at: datetime
    question: Question
    is_same: bool
    people: Mapping[str, Any]
    districts: Sequence[Mapping[str, Any]]
    changes: tuple[ToldChange, ...]
    answered: WhatIfAnswer
    stations_after: Floats
    siting: Mapping[str, Any] | None = None

    @property
    def is_more_than_sites(self) -> bool:
        """Whether anything else is to be done than opening stations, or could not be done any more."""
        return any(change.kind != Add.kind or change.was_dropped for change in self.changes)


def scenario_part(engine: Engine, snapshot: Snapshot, code: str) -> ScenarioPart:
    """
    A kept scenario, worked out on a snapshot.

    Raises
    ------
    ScenarioNotFoundError
        There is none of this code.
    NotPossibleNowError
        It cannot be worked out on the present facts.
    """
    return told(snapshot, load_scenario(engine, snapshot.city.slug, code))


def told(snapshot: Snapshot, stored: StoredScenario) -> ScenarioPart:
    """A stored scenario as a report tells it; raises NotPossibleNowError."""
    present = on_present_facts(snapshot, stored)
    if present.result is None:
        raise NotPossibleNowError(stored.code, present.problem)
    changes = [change_from_dict(change) for change in stored.changes]
    left = tuple(change for place, change in enumerate(changes) if place not in present.dropped)
    after = tried(snapshot, WhatIf(Question.from_dict(stored.question), left))
    return ScenarioPart(
        code=stored.code,
        name=stored.name,
        created_at=stored.created_at,
        question=Question.from_dict(stored.question),
        is_same=present.is_same,
        people=present.result["people"],
        districts=present.result["districts"],
        changes=_told_changes(snapshot, stored, present.dropped, present.result),
        answered=summed_up(snapshot, after),
        stations_after=_stations_after(snapshot, after),
        siting=stored.result.get(SITING),
    )


def _stations_after(snapshot: Snapshot, after: Tried) -> Floats:
    """Where the stations that count stand when the changes are made."""
    count = len(after.plan.eligible)
    where = np.full((count, 2), np.nan)
    where[: len(snapshot.lon)] = np.stack([snapshot.lon, snapshot.lat], axis=1)
    for number, change in zip(after.plan.numbers.tolist(), after.asked.changes, strict=True):
        if isinstance(change, Add | Move):
            where[number] = change.lon, change.lat
    return where[after.plan.eligible]


def _told_changes(
    snapshot: Snapshot, stored: StoredScenario, dropped: Sequence[int], result: Mapping[str, Any]
) -> tuple[ToldChange, ...]:
    """Every change; the result numbers those that were left after the dropped ones."""
    changes = [change_from_dict(change) for change in stored.changes]
    left = [place for place in range(len(changes)) if place not in dropped]
    worth = {} if result["each"] is None else dict(zip(left, result["each"], strict=True))
    remarks: dict[int, list[tuple[str, str]]] = {}
    for notice in result["notices"]:
        remarks.setdefault(left[notice["change"]], []).append((notice["zh"], notice["en"]))
    return tuple(
        _told_change(
            snapshot,
            change,
            people=worth[place]["beyond"] if place in worth else None,
            was_dropped=place in dropped,
            remarks=tuple(remarks.get(place, ())),
        )
        for place, change in enumerate(changes)
    )


def _told_change(
    snapshot: Snapshot,
    change: Change,
    *,
    people: float | None,
    was_dropped: bool,
    remarks: tuple[tuple[str, str], ...],
) -> ToldChange:
    where = (getattr(change, "lon", None), getattr(change, "lat", None))
    if isinstance(change, Add):
        name = change.name
    else:
        position = snapshot.position_of_id.get(change.facility_id)
        name = str(change.facility_id) if position is None else str(snapshot.facilities["name"].iloc[position])
        if where[0] is None and position is not None:
            where = (float(snapshot.lon[position]), float(snapshot.lat[position]))
    hours, facility_type = getattr(change, "hours", None), getattr(change, "facility_type", None)
    return ToldChange(change.kind, name, *where, hours, facility_type, people, was_dropped, remarks)
