"""`yiquan coverage …`: who is inside the circle, stored as runs that can be repeated to the bit."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.compare import compare, slots
from api.cli.console import Speaker
from api.cli.hours import hours
from api.cli.isochrones import isochrone
from api.cli.measures import measures
from api.cli.options import AsJson, CityName, open_city, open_snapshot
from api.cli.question import asks_question
from api.cli.run_files import export, repeat
from api.cli.what_if import what_if
from geo.coverage.question import Question
from geo.services.coverage import run_coverage
from geo.services.runs import get_run, list_runs
from geo.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Coverage: ask, try changes, store runs, compare and repeat them.")
app.command()(measures)
app.command()(isochrone)
app.command()(slots)
app.command()(hours)
app.command()(compare)
app.command("what-if")(what_if)
app.command()(export)
app.command()(repeat)

SHOWN_GAPS = 10
Words = list[str]


@app.command()
@asks_question()
def run(
    question: Question,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Compute coverage of a city, and store it as a run.

    Example: yiquan coverage run --mode walk --minutes 10 --at "weekday 19:00" --amenity 热水
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        stored = run_coverage(engine, snapshot, question, progress=progress)
    hashes = {"run_id": stored.run_id, "input_hash": stored.input_hash, "result_hash": stored.result_hash}
    speaker.answer(hashes | stored.document, *_lines(stored.run_id, stored.document))
    _tables(speaker, stored.document)


@app.command("list")
def list_(city: CityName = None, as_json: AsJson = False) -> None:
    """
    List the stored runs, newest first.

    Example: yiquan coverage list
    """
    engine, slug = open_city(Settings(), city)
    runs = list_runs(engine, slug)
    speaker = Speaker(as_json)
    if as_json:
        speaker.answer({"runs": runs})
    columns = ["run", "made", "mode", "minutes", "at", "covered"]
    speaker.table("Runs", columns, [_run_row(one) for one in runs])


def _run_row(run: dict[str, Any]) -> tuple[object, ...]:
    asked, people = run["parameters"], run["people"]
    return run["run_id"], run["created_at"], asked["mode"], asked["minutes"], asked["at"], f"{people['share']:.1%}"


@app.command()
def show(run_id: Annotated[int, typer.Argument(metavar="RUN")], city: CityName = None, as_json: AsJson = False) -> None:
    """
    Show a stored run.

    Example: yiquan coverage show 3 --json
    """
    engine, slug = open_city(Settings(), city)
    stored = get_run(engine, slug, run_id)
    speaker = Speaker(as_json)
    speaker.answer(stored, *_lines(run_id, stored["summary"]))
    _tables(speaker, stored["summary"])


def _lines(run_id: int, document: dict[str, Any]) -> list[str]:
    people, asked = document["people"], document["parameters"]
    hour = f", {asked['at']}" if asked["at"] else ""
    estimate = " Where people live is an estimate." if document["estimate"] else ""
    return [
        f"Run {run_id}: {asked['mode']}, {asked['minutes']:g} minutes{hour}, {document['stations']} stations.",
        f"{people['share']:.1%} of the people in the study area are covered.{estimate}",
        f"{people['total']:,} people = {people['covered']:,} covered + {people['outside']:,} outside the circle + "
        f"{people['off_network']:,} off the network + {people['outside_area']:,} outside the study area.",
    ]


def _tables(speaker: Speaker, document: dict[str, Any]) -> None:
    columns = ["district", "people", "covered", "outside", "off network", "share", "stations"]
    speaker.table("Districts", columns, [_district_cells(row) for row in document["districts"]])
    shown, total = document["gaps"][:SHOWN_GAPS], len(document["gaps"])
    columns = ["people", "district", "street", "nearest", "minutes"]
    speaker.table(f"Largest gaps ({len(shown)} of {total})", columns, [_gap_cells(gap) for gap in shown])


def _district_cells(row: dict[str, Any]) -> tuple[object, ...]:
    counts = (f"{row[name]:,}" for name in ("people", "covered", "outside", "off_network"))
    return row["name"], *counts, f"{row['share']:.1%}", row["stations"]


def _gap_cells(gap: dict[str, Any]) -> tuple[object, ...]:
    nearest = gap["nearest"] or {"name": "none in reach", "minutes": float("nan")}
    return f"{gap['people']:,.0f}", gap["district"], gap["street"], nearest["name"], f"{nearest['minutes']:.0f}"
