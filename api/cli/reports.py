"""`yiquan reports …`: what riders found, waiting for an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city
from api.dependencies import SHANGHAI
from geo.places import vocabulary
from geo.services import rider_reports
from geo.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Riders' reports: list, answer, dismiss.")

Station = Annotated[str, typer.Argument(metavar="STATION", help="Code of any network, or the station's number.")]
By = Annotated[str, typer.Option("--by", help="Who answers; riders see it.")]


@app.command("list")
def list_reports(
    station: Annotated[
        str | None, typer.Option(help="Every open report of one station, by its code or number.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    List the stations whose reports wait for an answer: those in doubt first.

    Example: yiquan reports list; yiquan reports list --station 370202-YZ-0012
    """
    engine, slug = open_city(Settings(), city)
    speaker = Speaker(as_json)
    if station is not None:
        number, name, reports = rider_reports.open_reports(engine, slug, station)
        rows = [
            (
                one["report_id"],
                told(one["kind"], one["amenity_code"]),
                local(one["happened_at"]),
                local(one["received_at"]),
            )
            for one in reports
        ]
        speaker.table(f"{name} ({number})", ["report", "what", "when", "received"], rows)
        if as_json:
            speaker.answer({"station": number, "name": name, "reports": reports})
        return
    queue = rider_reports.verification_queue(engine, slug)
    speaker.table("Waiting for an answer", ["station", "code", "name", "reports", "riders", "what", "last", "doubt"], [
        (row["facility_id"], row["code"], row["name"], row["reports"], row["riders"],
         "、".join(told(kind, None) for kind in sorted(row["kinds"])), local(row["last_at"]), row["doubt"] or "")
        for row in queue
    ])  # fmt: skip
    if as_json:
        speaker.answer({"stations": queue})
    elif not queue:
        speaker.note("Nothing waits for an answer.")


@app.command()
def answer(
    station: Station,
    by: By,
    note: Annotated[str | None, typer.Option(help="What was found or done; riders see it.")] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Answer everything reported of a station: its doubt is lifted, its page shows the answer.

    Correct the register as well if the riders were right; the next import brings it in.

    Example: yiquan reports answer 370202-YZ-0012 --by 市南区总工会 --note 已更换门锁
    """
    engine, slug = open_city(Settings(), city)
    name, settled = rider_reports.answer_station(engine, slug, station, by=by, note=note, now=datetime.now(SHANGHAI))
    Speaker(as_json).answer({"station": name, "settled": settled}, f"{name}: {settled} reports are answered.")


@app.command()
def dismiss(
    report: Annotated[list[UUID], typer.Argument(metavar="REPORT…", help="Numbers that `list --station` shows.")],
    by: Annotated[str, typer.Option("--by", help="Who dismisses them; kept, not shown.")],
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Take reports that are not true out of the count; nothing of it is shown.

    Example: yiquan reports dismiss 0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10 --by 市南区总工会
    """
    engine, slug = open_city(Settings(), city)
    settled = rider_reports.dismiss_reports(engine, slug, report, by=by, now=datetime.now(SHANGHAI))
    Speaker(as_json).answer({"dismissed": settled}, f"{settled} reports are dismissed.")


def told(kind: str, amenity: str | None) -> str:
    """What was reported, in Chinese, as the register's keepers read it."""
    said = vocabulary.label(vocabulary.REPORT_KINDS, kind)
    return f"{said}（{vocabulary.label(vocabulary.AMENITIES, amenity)}）" if amenity else said


def local(moment: Any) -> str:
    """A moment in the city, to the minute."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
