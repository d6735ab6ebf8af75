"""The columns of a snapshot that HSDS speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.services.collections.of_snapshot import plain, texts, truths
from geo.services.hsds.schedules import ScheduleRow, schedule_rows
from geo.snapshot.model import Snapshot

Record = dict[str, Any]
Moments = NDArray[np.datetime64]


@dataclass(frozen=True)
class Stations:
    """The columns of all facilities that HSDS speaks of, each of them with one entry for every facility."""

    ids: Sequence[int]
    lon: Sequence[float]
    lat: Sequence[float]
    text: Mapping[str, list[str | None]]
    """Columns of words, None where nothing is known."""
    words: Mapping[str, list[Sequence[str]]]
    """Columns of lists of codes."""
    amenities: Sequence[Mapping[str, str]]
    """States of amenities by their codes."""
    step_free: Sequence[bool | None]
    synthetic: Sequence[bool]
    doubted: Sequence[bool]
    changed: Moments
    schedules: Sequence[Sequence[ScheduleRow]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Stations:
        """The columns of a snapshot."""
        frame, timetable = snapshot.facilities, snapshot.timetable
        return cls(
            ids=snapshot.facility_ids,
            lon=snapshot.lon.tolist(),
            lat=snapshot.lat.tolist(),
            text={name: texts(column(frame, name)) for name in TEXT_COLUMNS},
            words={name: [tuple(value or ()) for value in column(frame, name)] for name in WORD_COLUMNS},
            amenities=frame["amenities"].tolist(),
            step_free=truths(column(frame, "step_free")),
            synthetic=[bool(value) for value in column(frame, "is_synthetic")],
            doubted=snapshot.doubted.tolist(),
            changed=moments(column(frame, "changed_at"), snapshot.made_at),
            schedules=schedule_rows(timetable.rules, frame["exceptions"].tolist(), snapshot.made_at.date()),
        )


TEXT_COLUMNS: Final = (
    *("code", "name", "facility_type", "facility_class", "status", "address", "landmark_hint", "district", "street"),
    *("district_code", "hours_text", "first_use_needs", "entry_note", "attended", "floor", "bike_parking"),
    *("public_phone", "last_verified_on", "source_name", "operator", "seats", "capacity_people"),
)
WORD_COLUMNS: Final = ("networks", "services", "entry_methods", "user_groups")


def column(frame: pd.DataFrame, name: str) -> list[Any]:
    """A column as plain values; one that a snapshot of an earlier version lacks is unknown throughout."""
    return [plain(value) for value in frame[name].tolist()] if name in frame else [None] * len(frame)


def moments(values: Iterable[Any], else_at: datetime) -> Moments:
    """Moments in UTC to the millisecond; where none is known, the one the facts were read at."""
    known = [else_at if value is None else datetime.fromisoformat(str(value)) for value in values]
    return np.array([one.astimezone(UTC).replace(tzinfo=None) for one in known], dtype="datetime64[ms]")


def present(values: Mapping[str, Any]) -> Record:
    """The members of which anything is known."""
    return {name: value for name, value in values.items() if value is not None}


def instant(moment: np.datetime64) -> str:
    """A moment in UTC, to the millisecond."""
    return f"{np.datetime_as_string(moment, unit='ms')}Z"
