"""`yiquan wishes …`: where riders want a station, waiting for a decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city
from api.cli.reports import local
from api.dependencies import SHANGHAI
from geo.places.vocabulary import AMENITIES, WISH_HOURS, WISH_STATES, Table, label
from geo.services import wishes
from geo.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Riders' wishes for stations: list, show, accept, decline, built.")

Cell = Annotated[str, typer.Argument(metavar="WISH", help="Cell of the wish, as `list` shows it.")]
By = Annotated[str, typer.Option("--by", help="Who decides; the change log keeps it.")]
Note = Annotated[str | None, typer.Option(help="Why, in words.")]


@app.command("list")
def list_wishes(
    state: Annotated[
        str | None, typer.Option(help=f"Only wishes of this state: {', '.join(WISH_STATES.codes)}.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    List the places where riders want a station, those of most riders first.

    Example: yiquan wishes list --state new
    """
    if state is not None and state not in WISH_STATES.codes:
        raise typer.BadParameter(f"must be one of {', '.join(WISH_STATES.codes)}", param_hint="--state")
    engine, slug = open_city(Settings(), city)
    found = wishes.list_wishes(engine, slug, state=state)
    speaker = Speaker(as_json)
    if as_json:
        speaker.answer({"wishes": found})
    columns = ["wish", "riders", "where", "needs", "hours", "last", "state", "more since"]
    speaker.table("Wishes", columns, [_cells(one) for one in found])


@app.command()
def show(cell: Cell, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Show one place where a station is wanted, with all that was decided of it.

    Example: yiquan wishes show 8931aa42a8fffff
    """
    engine, slug = open_city(Settings(), city)
    one = wishes.wish_in_full(engine, slug, cell)
    speaker = Speaker(as_json)
    speaker.answer(one, f"{_where(one)} ({one['lon']}, {one['lat']}): {_line(one)}")
    rows = [(local(each["at"]), each["was"], each["state"], each["by"], each["note"]) for each in one["decisions"]]
    speaker.table("Decisions", ["when", "was", "then", "by", "note"], rows)


@app.command()
def accept(cell: Cell, by: By, note: Note = None, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Accept a wish: the place becomes a candidate of siting.

    Example: yiquan wishes accept 8931aa42a8fffff --by 市南区总工会
    """
    _decide(cell, "accepted", by, note, city, as_json)


@app.command()
def decline(cell: Cell, by: By, note: Note = None, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Decline a wish; it stays in the list with the reason.

    Example: yiquan wishes decline 8931aa42a8fffff --by 市南区总工会 --note 旁边已有规划
    """
    _decide(cell, "declined", by, note, city, as_json)


@app.command()
def built(cell: Cell, by: By, note: Note = None, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Say that a station stands there now; the place is no candidate any more.

    Example: yiquan wishes built 8931aa42a8fffff --by 市南区总工会
    """
    _decide(cell, "built", by, note, city, as_json)


@app.command()
def reopen(cell: Cell, by: By, note: Note = None, city: CityName = None, as_json: AsJson = False) -> None:
    """
    Put a wish back among the new ones.

    Example: yiquan wishes reopen 8931aa42a8fffff --by 市南区总工会
    """
    _decide(cell, "new", by, note, city, as_json)


def _decide(cell: str, state: str, by: str, note: str | None, city: str | None, as_json: bool) -> None:
    engine, slug = open_city(Settings(), city)
    one = wishes.review(engine, slug, cell, state=state, note=note, by=by, now=datetime.now(SHANGHAI))
    Speaker(as_json).answer(one, f"{_where(one)}: {_line(one)}")


def _line(one: dict[str, Any]) -> str:
    return f"{one['people']} riders want a station here; {label(WISH_STATES, one['state'])}."


def _where(one: dict[str, Any]) -> str:
    return " · ".join(name for name in (one["district"], one["street"]) if name) or one["cell"]


def _cells(one: dict[str, Any]) -> tuple[object, ...]:
    needs, hours = (_counted(table, one[name]) for table, name in ((AMENITIES, "needs"), (WISH_HOURS, "hours")))
    state = label(WISH_STATES, one["state"])
    return one["cell"], one["people"], _where(one), needs, hours, one["last_on"], state, one["since_decided"]


def _counted(table: Table, people_by_code: dict[str, int]) -> str:
    """What is wished, with how many riders wish it."""
    return ", ".join(f"{label(table, code)} {people}" for code, people in people_by_code.items())
