"""
What a planner signs: one coverage question with all that belongs beside its answer, decided once for every format.

A page, a PDF, a workbook and a picture of one report can be laid beside one another and say the same, because none of
them computes anything: they show this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geo.coverage.question import Question
from geo.places.vocabulary import AMENITIES, FACILITY_CLASSES
from geo.progress import Progress, silent
from geo.services import coverage, declared, measures, slots
from geo.services.coverage import CoverageAnswer
from geo.services.measures import LONGEST_MINUTES, Measures, round_the_clock
from geo.services.scenario_report import ScenarioPart
from geo.services.slots import SlotAnswer
from geo.streets.modes import Mode
from geo.types import Bools

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

SHANGHAI = ZoneInfo("Asia/Shanghai")

FRESH_DAYS = (90, 180, 365)
"""Up to how many days ago a check of a station is fresh, fair, and old; beyond that nobody should rely on it."""


@dataclass(frozen=True, slots=True)
class Register:
    """
    What is known about the stations that count, by when somebody last looked.

    `by_age` counts those checked within each of `FRESH_DAYS` (each station once, in the first that fits), then those
    checked earlier, then those never checked; it sums to `stations`.
    """

    sources: tuple[str, ...]
    stations: int
    on_the_map: int
    synthetic: int
    by_age: tuple[int, ...]
    newest_check: date | None


@dataclass(frozen=True, slots=True)
class AmenityCount:
    """At how many of the stations that count an amenity can be used, is not there, or was never looked for."""

    code: str
    usable: int
    absent: int
    unknown: int


@dataclass(frozen=True, slots=True)
class PlannerReport:
    """
    One question about a city, answered, with all that a report says beside the answer.

    `document` is the answer as `/coverage` sends it, with every gap. `measures` is None where the limit is longer than
    measures are taken for. `hours` are the fourteen standard hours of the week, without the question's own hour.
    `classes` counts the stations that count by class. `scenario` is what was tried on the city; everything else is the
    city as it stands. `run_id` is the number of the stored run with the same answer, where one is stored.
    """

    snapshot: Snapshot
    question: Question
    answered: CoverageAnswer
    document: Mapping[str, Any]
    measures: Measures | None
    hours: tuple[SlotAnswer, ...]
    declared: tuple[Mapping[str, Any], ...]
    register: Register
    amenities: tuple[AmenityCount, ...]
    classes: tuple[tuple[str, int], ...]
    scenario: ScenarioPart | None = None
    run_id: int | None = None

    @property
    def mode(self) -> Mode:
        """How people move in this report."""
        return self.snapshot.layer(self.question.mode).graph.mode

    @property
    def as_of(self) -> datetime:
        """When the facts were gathered (Asia/Shanghai): the date of the report, so that it is the same tomorrow."""
        return self.snapshot.made_at.astimezone(SHANGHAI)

    @property
    def is_synthetic(self) -> bool:
        """Whether anything in it is made up."""
        return self.snapshot.city.is_synthetic or self.register.synthetic > 0

    @property
    def english_names(self) -> dict[str, str]:
        """English names of areas by code, where there are any."""
        areas = self.snapshot.areas
        pairs = zip(areas["code"], areas["name_en"], strict=True) if "name_en" in areas else ()
        return {code: name for code, name in pairs if isinstance(name, str) and name}


def report_on(
    snapshot: Snapshot,
    question: Question,
    *,
    scenario: ScenarioPart | None = None,
    run_id: int | None = None,
    progress: Progress = silent,
) -> PlannerReport:
    """
    Answer a coverage question as a planner's report, from a snapshot alone.

    With a `scenario` (whose question is then to be asked) the report tells that besides.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        The snapshot has no streets for the mode, or no people of the layer asked for.
    """
    progress("measuring travel times")
    answered = coverage.answer(snapshot, question, gap_limit=None)
    progress("measuring choice and fairness")
    measured = measures.measures(snapshot, question) if question.minutes <= LONGEST_MINUTES else None
    hours = slots.over_the_week(snapshot, question, progress=progress)
    return PlannerReport(
        snapshot=snapshot,
        question=question,
        answered=answered,
        document=coverage.describe(snapshot, answered),
        measures=measured,
        hours=tuple(hours),
        declared=tuple(declared.declared_and_mapped(snapshot)),
        register=_register(snapshot, answered.eligible),
        amenities=_amenities(snapshot, answered.eligible),
        classes=_classes(snapshot, answered.eligible),
        scenario=scenario,
        run_id=run_id,
    )


def facility_table(report: PlannerReport) -> pd.DataFrame:
    """`facility_rows` of a report, with the people who depend on each station where measures were taken."""
    table = facility_rows(report.snapshot, report.answered.eligible)
    if report.measures is None:
        return table
    depending = report.measures.facilities.set_index("id")[["people_alone", "people_in_reach"]]
    return table.join(depending, on="id")


def facility_rows(snapshot: Snapshot, counts: Bools) -> pd.DataFrame:
    """
    Every facility of the city, in snapshot order: who it is, and whether it counts.

    Columns id, code, name, type, class, networks, status, counts, open_24h (1, 0, -1 unknown), hours, district, street,
    address, seats, verified, source, synthetic, lon, lat. Texts are empty where nothing is known, numbers NaN.
    """
    rows = snapshot.facilities.reindex(columns=[*_TEXTS.values(), "networks", "is_synthetic", "seats"])
    table = pd.DataFrame({"id": np.array(snapshot.facility_ids, dtype=np.int64)})
    for name, column in _TEXTS.items():
        table[name] = [_text(value) for value in rows[column]]
    table["networks"] = [",".join(value) if isinstance(value, list) else "" for value in rows["networks"]]
    table["counts"] = counts
    table["open_24h"] = round_the_clock(snapshot).astype(np.int64)
    table["seats"] = pd.to_numeric(rows["seats"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    table["synthetic"] = [value is True for value in rows["is_synthetic"]]
    table["lon"], table["lat"] = snapshot.lon, snapshot.lat
    return table


_TEXTS = {
    "code": "code",
    "name": "name",
    "type": "facility_type",
    "class": "facility_class",
    "status": "status",
    "hours": "hours_text",
    "district": "district",
    "street": "street",
    "address": "address",
    "verified": "last_verified_on",
    "source": "source_name",
}
"""Columns of `facility_table` that are texts, and what the snapshot calls them."""


def _register(snapshot: Snapshot, eligible: Bools) -> Register:
    rows = snapshot.facilities.reindex(columns=["last_verified_on", "source_name", "is_synthetic"])
    counted = rows[eligible]
    days = [_day(value) for value in counted["last_verified_on"]]
    today = snapshot.made_at.astimezone(SHANGHAI).date()
    place = [_age_class(today, day) for day in days]
    return Register(
        sources=tuple(sorted({value for value in rows["source_name"] if isinstance(value, str) and value})),
        stations=int(eligible.sum()),
        on_the_map=len(rows),
        synthetic=sum(value is True for value in rows["is_synthetic"]),
        by_age=tuple(np.bincount(place, minlength=len(FRESH_DAYS) + 2).tolist()),
        newest_check=max((day for day in days if day is not None), default=None),
    )


def _age_class(today: date, checked: date | None) -> int:
    """Place among `by_age`."""
    if checked is None:
        return len(FRESH_DAYS) + 1
    age = (today - checked).days
    return next((place for place, days in enumerate(FRESH_DAYS) if age <= days), len(FRESH_DAYS))


def _day(value: object) -> date | None:
    """A day as the snapshot holds it, a date or its text; None for anything else."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _amenities(snapshot: Snapshot, eligible: Bools) -> tuple[AmenityCount, ...]:
    """Every amenity that somebody looked for anywhere, in the order of the vocabulary."""
    nowhere = np.zeros(len(eligible), dtype=np.bool_)
    counts = []
    for code in AMENITIES.codes:
        known = snapshot.masks.known.get(code, nowhere) & eligible
        usable = snapshot.masks.available.get(code, nowhere) & eligible
        if known.any():
            number, there = int(known.sum()), int(usable.sum())
            counts.append(AmenityCount(code, there, number - there, int(eligible.sum()) - number))
    return tuple(counts)


def _classes(snapshot: Snapshot, eligible: Bools) -> tuple[tuple[str, int], ...]:
    """Stations that count by class, in the order of the vocabulary; those without a class last, under an empty code."""
    words = pd.Series(snapshot.facilities["facility_class"].to_numpy(dtype=object)[eligible])
    found = words[words.isin(FACILITY_CLASSES.codes)].value_counts()
    named = [(code, int(found[code])) for code in FACILITY_CLASSES.codes if code in found]
    rest = int(eligible.sum()) - sum(number for _, number in named)
    return tuple([*named, ("", rest)] if rest else named)


def _text(value: object) -> str:
    """A cell of the facility frame as text, empty for what is missing."""
    return "" if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) else str(value)


def made_at_utc(report: PlannerReport) -> datetime:
    """The moment of the facts in UTC, which files carry as their date of making."""
    return report.snapshot.made_at.astimezone(UTC)
