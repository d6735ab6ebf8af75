"""`yiquan scenario …`: what planners tried and kept, from the same shelf as the planner's page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city, open_snapshot
from api.cli.question import asks_question
from api.cli.what_if import AddWords, CloseIds, HoursWords, MoveWords, changes_of
from geo.coverage.question import Question
from geo.services import scenarios
from geo.services.changes import WhatIf
from geo.services.snapshots import fresh_snapshot
from geo.settings import Settings
from geo.store.scenario_store import ScenarioHead

app = typer.Typer(no_args_is_help=True, help="Scenarios: keep a what-if under a name, open, compare and delete it.")

Code = Annotated[str, typer.Argument(metavar="CODE")]


@app.command()
@asks_question()
def save(
    question: Question,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    add: AddWords = None,
    move: MoveWords = None,
    close: CloseIds = None,
    hours: HoursWords = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Work a what-if out and keep it under a name; the planner's page opens it by its code.

    Example: yiquan scenario save 市南加密 --minutes 10 --add 120.3826,36.0671 --close 17
    """
    asked = WhatIf(question, changes_of(add or [], move or [], close or [], hours or []))
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, _):
        kept = scenarios.save_what_if(engine, snapshot, name, asked, now=datetime.now(UTC))
    speaker.answer(asdict(kept), f"Kept as {kept.code}: /planner#s={kept.code} opens it.")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    List the scenarios, newest first.

    Example: yiquan scenario list
    """
    engine, slug = open_city(Settings(), city)
    found = scenarios.list_scenarios(engine, slug, limit=limit)
    speaker = Speaker(as_json)
    if as_json:
        speaker.answer({"scenarios": [asdict(one) for one in found]})
    columns = ["code", "name", "kind", "made", "question", "changes", "people"]
    speaker.table("Scenarios", columns, [_head_cells(one) for one in found])


@app.command()
def show(code: Code, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Open a scenario on the present facts.

    Example: yiquan scenario show 7kQm2xWb9T
    """
    speaker, settings = Speaker(as_json), Settings()
    engine, slug = open_city(settings, city)
    stored = scenarios.load_scenario(engine, slug, code)
    document = {name: value for name, value in asdict(stored).items() if name != "secret_digest"}
    with speaker.progress() as progress:
        snapshot = fresh_snapshot(engine, settings, slug, progress=progress)
        present = scenarios.on_present_facts(snapshot, stored)
    speaker.answer(document | {"present": asdict(present)}, stored.name, *_present_lines(present))
    if present.result:
        columns = ["district", "people", "change", "share before", "share after"]
        changed = [row for row in present.result["districts"] if row["change"]]
        speaker.table("Districts", columns, [_district_cells(row) for row in changed])


@app.command()
def compare(
    a: Code,
    b: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Left out: the city as it stands.", show_default=False)
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Put two scenarios side by side, what-ifs and sitings alike, or one beside what stands today, on the present facts.

    Example: yiquan scenario compare 7kQm2xWb9T hR4vNc8pJd
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, _):
        both = scenarios.compare_scenarios(engine, snapshot, a, b)
    differs = ", ".join(both["asked_differently"])
    lines = [f"They were asked differently: {differs}."] if differs else []
    speaker.answer(both, *[_side_line(both[side]) for side in ("a", "b")], *lines)
    columns = ["district", "people", _name_of(both["a"]), _name_of(both["b"]), "b less a"]
    speaker.table("Share covered", columns, [_both_cells(row) for row in both["districts"]])


@app.command()
def delete(
    code: Code,
    secret: Annotated[
        str | None, typer.Option(help="What saving it answered. Left out: whoever runs the installation may.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Forget a scenario.

    Example: yiquan scenario delete 7kQm2xWb9T
    """
    engine, slug = open_city(Settings(), city)
    scenarios.delete_scenario(engine, slug, code, secret)
    Speaker(as_json).answer({"deleted": code}, f"Scenario {code} is gone.")


def _head_cells(head: ScenarioHead) -> tuple[object, ...]:
    asked, change = head.question, (head.people or {}).get("change")
    question = " ".join(str(asked[name]) for name in ("mode", "minutes", "at") if asked.get(name))
    made = head.created_at.isoformat(" ", "minutes")
    return head.code, head.name, head.kind, made, question, head.changes, None if change is None else f"{change:+,}"


def _present_lines(present: scenarios.Present) -> list[str]:
    lines = [] if present.is_same else ["Facts have changed since it was saved; this is on the present ones."]
    if present.dropped:
        lines.append(f"{len(present.dropped)} changes are about stations that are no longer there and were left out.")
    if present.result is None:
        return [*lines, f"It cannot be worked out any more: {present.problem}"]
    people = present.result["people"]
    before, after = people["before"]["share"], people["after"]["share"]
    return [*lines, f"{before:.1%} of the people are covered, {after:.1%} would be: {people['change']:+,} people."]


def _side_line(side: dict[str, Any]) -> str:
    people, changes = side["people"], len(side["changes"])
    told = [f"{people['change']:+,} people", f"{people['after']['share']:.1%} covered", f"{side['sites']} new stations"]
    told += [] if side["cost"] is None else [f"cost {side['cost']:,g}"]
    told += [] if side["gap_percent"] is None else [f"at most {side['gap_percent']:.2f} % from the best"]
    return f"{_name_of(side)} ({changes} changes): {', '.join(told)}."


def _name_of(side: dict[str, Any]) -> str:
    return "today" if side["code"] is None else str(side["name"])


def _district_cells(row: dict[str, Any]) -> tuple[object, ...]:
    return row["name"], f"{row['people']:,}", f"{row['change']:+,}", f"{row['share_before']:.1%}", f"{row['share']:.1%}"


def _both_cells(row: dict[str, Any]) -> tuple[object, ...]:
    shares = f"{row['share_a']:.1%}", f"{row['share_b']:.1%}"
    return row["name"], f"{row['people']:,}", *shares, f"{row['change_b'] - row['change_a']:+,}"
