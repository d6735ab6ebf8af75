"""`yiquan coverage compare` and `yiquan coverage slots`: two runs, or the hours of the week, side by side."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city, open_snapshot
from api.cli.question import asks_question
from geo.coverage.question import Question
from geo.services.compare import compare_runs
from geo.services.slots import run_slots
from geo.settings import Settings

Words = list[str]
SHOWN_GAPS = 10


def compare(
    run_a: Annotated[int, typer.Argument(metavar="RUN", help="The run to start from.")],
    run_b: Annotated[int, typer.Argument(metavar="RUN", help="The run to end with.")],
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Compare two stored runs: who came into the circle, who dropped out, which gaps closed.

    Example: yiquan coverage compare 3 7
    """
    engine, slug = open_city(Settings(), city)
    compared = compare_runs(engine, slug, run_a, run_b)
    speaker = Speaker(as_json)
    speaker.answer(compared, *_lines(run_a, run_b, compared))
    columns = ["district", "people", "covered before", "covered after", "change", "share before", "share after"]
    speaker.table("Districts", columns, [_district_cells(row) for row in compared["districts"]])
    for fate in ("closed", "opened"):
        gaps = compared["gaps"][fate]
        columns = ["people", "district", "street"]
        rows = [(f"{gap['people']:,.0f}", gap["district"], gap["street"]) for gap in gaps[:SHOWN_GAPS]]
        speaker.table(f"Gaps {fate} ({len(rows)} of {len(gaps)})", columns, rows)


@asks_question(hour=False)
def slots(
    question: Question,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Compute coverage at the fourteen standard hours of the week, and store it as one run.

    Example: yiquan coverage slots --mode ebike --minutes 10
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        stored = run_slots(engine, snapshot, question, progress=progress)
    hashes = {"run_id": stored.run_id, "input_hash": stored.input_hash, "result_hash": stored.result_hash}
    line = f"Run {stored.run_id}: {question.mode}, {question.minutes:g} minutes, by hour of the week."
    speaker.answer(hashes | stored.document, line)
    columns = ["hour", "people covered", "share", "stations open", "hours unknown"]
    speaker.table("Hours of the week", columns, [_slot_cells(row) for row in stored.document["slots"]])


def _lines(run_a: int, run_b: int, compared: dict[str, Any]) -> list[str]:
    people, gaps = compared["people"], compared["gaps"]
    if compared["same_result"]:
        return [f"Runs {run_a} and {run_b} have the same result, to the bit."]
    asked = compared["differs"]["parameters"]
    return [
        f"From run {run_a} to run {run_b}: {people['share_a']:.1%} to {people['share_b']:.1%} of the people covered, "
        f"{people['change']:+,} people ({people['gained']:,.0f} gained, {people['lost']:,.0f} lost).",
        f"Gaps: {gaps['count_a']} to {gaps['count_b']}; {len(gaps['closed'])} closed, {len(gaps['opened'])} opened, "
        f"{len(gaps['changed'])} changed, {gaps['same']} the same.",
        *[f"Asked differently: {name} {values[0]} and {values[1]}." for name, values in asked.items()],
    ]


def _district_cells(row: dict[str, Any]) -> tuple[object, ...]:
    counts = (f"{row[name]:,}" for name in ("people_b", "covered_a", "covered_b"))
    return row["name"], *counts, f"{row['change']:+,}", f"{row['share_a']:.1%}", f"{row['share_b']:.1%}"


def _slot_cells(row: dict[str, Any]) -> tuple[object, ...]:
    people = row["people"]
    return row["slot"], f"{people['covered']:,}", f"{people['share']:.1%}", row["stations"], row["unknown_hours"]
