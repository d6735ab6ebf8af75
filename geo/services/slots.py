"""The same circle at fourteen hours of the week: whom the stations reach when they are open, and whom when not."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from geo.coverage.field import cell_coverage
from geo.coverage.question import Question
from geo.coverage.summary import Tally
from geo.places.hours import Slot
from geo.progress import Progress, silent
from geo.services import coverage
from geo.services.coverage import GAPS_SHOWN, CoverageAnswer, CoverageRun, eligible_stations, ground_of
from geo.services.run_inputs import made_with
from geo.snapshot.model import Snapshot
from geo.store import city_store, run_store
from geo.streets.search import field
from geo.types import Bools

TIMES = ("05:00", "08:00", "12:30", "15:00", "19:00", "23:00", "02:00")
"""Sweepers begin at five, riders have their peaks at noon and at seven, and both work past midnight."""
DAYS = ("weekday", "weekend")
STANDARD_SLOTS = tuple(f"{day} {time}" for day in DAYS for time in TIMES)

DISTRICT_COLUMNS = ("code", "name", "people")


@dataclass(frozen=True, slots=True)
class SlotAnswer:
    """
    One hour of the week: people by fate, the stations that are open, and those of which nobody knows.

    `districts` is the table of `geo.services.coverage.answer`.
    """

    slot: str
    tally: Tally
    stations: int
    unknown_hours: int
    districts: pd.DataFrame


def over_the_week(
    snapshot: Snapshot,
    question: Question,
    slots: tuple[str, ...] = STANDARD_SLOTS,
    *,
    progress: Progress = silent,
) -> list[SlotAnswer]:
    """
    Answer a question at some hours of the week, each as `coverage.answer` would; the question's own hour is left out.

    Hours at which the same stations are open are computed once.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError, SlotError
        As `coverage.answer` and `Slot.parse` do.
    """
    passing = eligible_stations(snapshot, replace(question, at=None))
    answers: list[SlotAnswer] = []
    known: dict[bytes, tuple[Tally, pd.DataFrame]] = {}
    for slot in slots:
        progress("measuring travel times by hour", len(answers), len(slots))
        opening = snapshot.timetable.open_mask_slot(Slot.parse(slot))
        eligible = passing & (opening == 1)
        key = eligible.tobytes()
        if key not in known:
            known[key] = _within(snapshot, question, eligible)
        unknown = int((passing & (opening < 0)).sum())
        answers.append(SlotAnswer(slot, known[key][0], int(eligible.sum()), unknown, known[key][1]))
    return answers


def describe(snapshot: Snapshot, question: Question, answers: list[SlotAnswer]) -> dict[str, Any]:
    """The hours as plain data, as the wire has them: people by hour, and covered people by district and hour."""
    demand = snapshot.demand_layer(question.demand)
    covered = [one.districts["covered"].tolist() for one in answers]
    districts = answers[0].districts[list(DISTRICT_COLUMNS)].to_dict("records") if answers else []
    return {
        "parameters": replace(question, at=None).as_dict(),
        "snapshot": snapshot.id,
        "method": coverage.METHOD,
        "slots": [
            {
                "slot": one.slot,
                "people": one.tally.as_dict(),
                "stations": one.stations,
                "unknown_hours": one.unknown_hours,
            }
            for one in answers
        ],
        "slot_districts": [row | {"covered": [hour[i] for hour in covered]} for i, row in enumerate(districts)],
        "estimate": demand.is_estimate,
        "sources": [demand.source, snapshot.street_network_name],
    }


@dataclass(frozen=True, slots=True)
class WeekRun:
    """The standard hours answered, with the answer without hours beside them, and what a stored run says of both."""

    always: CoverageAnswer
    input_hash: str
    result_hash: str
    document: dict[str, Any]


def answer_week(snapshot: Snapshot, question: Question, *, progress: Progress = silent) -> WeekRun:
    """Answer the fourteen standard hours and the question without hours, as a run keeps them."""
    question = replace(question, at=None)
    answers = over_the_week(snapshot, question, progress=progress)
    progress("measuring travel times")
    always = coverage.answer(snapshot, question, gap_limit=None)
    input_hash, result_hash = _hashes(always, answers)
    document = coverage.describe(snapshot, always, gap_limit=GAPS_SHOWN) | describe(snapshot, question, answers)
    parameters = document["parameters"] | {"slots": [one.slot for one in answers]}
    return WeekRun(always, input_hash, result_hash, document | {"parameters": parameters, "input_hash": input_hash})


def run_slots(engine: Engine, snapshot: Snapshot, question: Question, *, progress: Progress = silent) -> CoverageRun:
    """
    Answer the fourteen standard hours and store them as one run, with the cells and gaps of the question without hours.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        As `coverage.answer` does.
    """
    week = answer_week(snapshot, question, progress=progress)
    progress("writing the run")
    with engine.begin() as connection:
        document = week.document | {"made_with": made_with(connection, snapshot)}
        run_id = run_store.add_run(
            connection,
            city_store.city_by_slug(connection, snapshot.city.slug).city_id,
            snapshot_id=snapshot.id,
            parameters=document["parameters"],
            input_hash=week.input_hash,
            result_hash=week.result_hash,
            summary=document,
        )
        run_store.add_cells(connection, run_id, coverage.cell_frame(week.always))
        run_store.add_gaps(connection, run_id, coverage.gap_frame(snapshot, week.always))
    return CoverageRun(run_id, week.input_hash, week.result_hash, document)


def _within(snapshot: Snapshot, question: Question, eligible: Bools) -> tuple[Tally, pd.DataFrame]:
    """People by fate and the district table when just these stations count."""
    layer, ground = snapshot.layer(question.mode), ground_of(snapshot, question.mode, question.demand)
    # nothing beyond the limit is asked for, so that nothing beyond it is searched
    travel = field(layer.graph, layer.targets, eligible, question.limit_ds)
    within = cell_coverage(
        layer.grid,
        layer.graph,
        layer.targets,
        travel,
        question.limit_ds,
        eligible=eligible,
        outside_area=ground.outside,
    )
    whole, districts, _ = ground.tables(ground.fates(within.share), eligible)
    return whole, districts


def _hashes(always: CoverageAnswer, answers: list[SlotAnswer]) -> tuple[str, str]:
    """What went in and what came out, hours included."""
    slots = "\n".join(one.slot for one in answers)
    results = [f"{one.slot} {asdict(one.tally)} {np.asarray(one.districts['covered']).tolist()}" for one in answers]
    input_hash = hashlib.sha256(f"{always.input_hash}\n{slots}".encode()).hexdigest()
    return input_hash, hashlib.sha256("\n".join([always.result_hash, *results]).encode()).hexdigest()
