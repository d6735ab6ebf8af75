"""`yiquan site …`: where the next stations go, with a proven distance to the best; one address under the lamp."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from api.cli.console import PARTLY, Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.question import asks_question
from api.cli.what_if import POSITION, ChangeSpellingError
from geo.coverage.question import Question
from geo.datum import Datum
from geo.errors import InputError
from geo.places.candidate_list import CandidateList, read_candidate_list
from geo.services import siting_drafts
from geo.services.siting import Siting, SitingPlan, gain_curve, plan
from geo.services.siting_candidates import Wish
from geo.services.siting_check import Address, check_address
from geo.services.siting_words import describe, describe_candidates, describe_curve

app = typer.Typer(no_args_is_help=True, help="Siting: where the next stations go, and what one address is worth.")

Words = list[str]

Choose = Annotated[int | None, typer.Option("--sites", "-n", help="How many new stations.")]
Budget = Annotated[float | None, typer.Option(help="What may be spent, in the unit of the costs.")]
Sources = Annotated[
    Words | None,
    typer.Option("--from", help="hosts (buildings of the map), list (your file), streets; repeat for several."),
]
HostTypes = Annotated[Words | None, typer.Option("--host-type", help="Only hosts of this type; repeat for several.")]
ListFile = Annotated[
    Path | None, typer.Option("--list", exists=True, dir_okay=False, help="Candidates as .xlsx or .csv.")
]
ListDatum = Annotated[Datum | None, typer.Option("--datum", help="Datum of the list, where it does not say.")]
Zones = Annotated[
    Path | None, typer.Option("--exclude", exists=True, dir_okay=False, help="GeoJSON polygons where none may open.")
]
Require = Annotated[
    Words | None,
    typer.Option(
        "--require", help="street_facing, ground_floor, parking, toilet or near_pickup: leave out what fails it."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Leave out what is not known to keep the conditions, too.")]
Cost = Annotated[float | None, typer.Option("--cost", help="Cost of candidates that state none.")]
Seed = Annotated[int, typer.Option(help="Same seed, same answer.")]
Seconds = Annotated[float, typer.Option(help="How long to search at most.")]


@app.command("plan")
@asks_question()
def plan_(
    question: Question,
    sites: Choose = None,
    budget: Budget = None,
    share: Annotated[float | None, typer.Option(help="Share of all people (0 to 1) to cover with the fewest.")] = None,
    backup: Annotated[
        float | None, typer.Option(help="A second station within reach is worth this much (0 to 1) of a first.")
    ] = None,
    floor: Annotated[float | None, typer.Option(help="Share (0 to 1) covered in every district at least.")] = None,
    from_: Sources = None,
    host_type: HostTypes = None,
    list_: ListFile = None,
    datum: ListDatum = None,
    exclude: Zones = None,
    require: Require = None,
    strict: Strict = False,
    force: Annotated[Words | None, typer.Option(help="Key of a candidate that must be chosen.")] = None,
    forbid: Annotated[Words | None, typer.Option(help="Key of a candidate that must not be chosen.")] = None,
    may_close: Annotated[list[int] | None, typer.Option(metavar="ID", help="A station that may close for it.")] = None,
    keep_cost: Annotated[float | None, typer.Option(help="What keeping such a station costs, in a budget.")] = None,
    cost: Cost = None,
    seed: Seed = 1,
    seconds: Seconds = 10.0,
    gap: Annotated[float, typer.Option(help="Good enough: 0.01 stops at a proven one per cent.")] = 0.0,
    save: Annotated[str | None, typer.Option(help="Keep the answer as a scenario of this name.")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Write cover lists and certificate to this .npz file, for anybody to check.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Choose the next stations: the most people for a number or a budget, or the fewest stations for a share.

    Example: yiquan site plan --sites 5 --minutes 10 --at "weekday 19:00" --host-type bank --host-type toilet
    """
    speaker = Speaker(as_json)
    listed = _listed(list_, datum)
    wish = _wish(from_, host_type, listed, exclude, require, strict)
    asked = Siting(
        question=question,
        wish=wish,
        task="share" if share is not None else "backup" if backup is not None else "most",
        choose=sites,
        budget=budget,
        share=share,
        second=0.3 if backup is None else backup,
        floor=floor,
        force=tuple(force or ()),
        forbid=tuple(forbid or ()),
        may_close=tuple(may_close or ()),
        default_cost=cost,
        keep_cost=keep_cost,
        seed=seed,
        seconds=seconds,
        target=gap,
    )
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        answered = plan(snapshot, asked, progress=progress)
    document = describe(snapshot, answered)
    lines = list(document["words"]["en"])
    if certificate is not None:
        _write_certificate(answered, certificate)
        lines.append(f"Cover lists and certificate are in {certificate}.")
    if save is not None:
        kept = siting_drafts.save_answer(engine, snapshot.city.slug, save, document, now=datetime.now(UTC))
        document["scenario"] = {"code": kept.code, "secret": kept.secret}
        lines.append(f"Kept as scenario {kept.code}.")
    speaker.answer(document | _problems(listed), *lines)
    columns = ["order", "key", "name", "lon", "lat", "people", "together", "only here", "checklist", "stand-ins"]
    speaker.table("New stations, in building order", columns, [_site_cells(row) for row in document["sites"]])
    _tell_problems(speaker, listed)


@app.command()
@asks_question()
def check(
    question: Question,
    place: Annotated[str, typer.Argument(metavar="LON,LAT")],
    datum: Annotated[Datum, typer.Option(help="Datum of the position.")] = Datum.WGS84,
    hours: Annotated[str | None, typer.Option(help="Opening hours of the place.")] = None,
    from_: Sources = None,
    host_type: HostTypes = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Look at one address: whom a station there adds by mode and hour, its conditions, its rank among the candidates.

    Example: yiquan site check 120.3826,36.0671 --minutes 10
    """
    match = POSITION.fullmatch(place)
    if match is None:
        raise ChangeSpellingError("check", place, "120.3826,36.0671")
    asked = Siting(question, _wish(from_, host_type, None, None, None, False), choose=1)
    address = Address.at(float(match[1]), float(match[2]), datum, hours=hours)
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, progress):
        document = check_address(snapshot, asked, address, progress=progress)
    speaker.answer(document, *document["words"]["en"])
    columns = ["mode", "hour", "adds", "within reach", "covered already", "open then"]
    rows = [
        (row["mode"], row["at"] or "any", *(f"{row[name]:,}" for name in ("adds", "within", "already")), row["open"])
        for row in document["by_mode_and_hour"]
    ]
    speaker.table("By mode and hour", columns, rows)


@app.command()
@asks_question()
def curve(
    question: Question,
    most: Annotated[int, typer.Option("--most", help="Draw the curve up to so many sites.")] = 30,
    from_: Sources = None,
    host_type: HostTypes = None,
    list_: ListFile = None,
    datum: ListDatum = None,
    exclude: Zones = None,
    require: Require = None,
    strict: Strict = False,
    seed: Seed = 1,
    seconds: Seconds = 10.0,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Draw how the gain grows with 1 … n new stations, a bound for each number, and where it pays less and less.

    Example: yiquan site curve --most 50 --minutes 10
    """
    listed = _listed(list_, datum)
    wish = _wish(from_, host_type, listed, exclude, require, strict)
    asked = Siting(question, wish, choose=1, seed=seed, seconds=seconds)
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, progress):
        prepared, drawn = gain_curve(snapshot, asked, most, progress=progress)
    document = describe_curve(prepared, drawn) | {"candidates": describe_candidates(prepared)} | _problems(listed)
    speaker.answer(document, f"Behind {drawn.knee} sites each one more brings less than on average.")
    columns = ["sites", "people gained", "at most", "gap", "next to build"]
    rows = [
        (number, f"{gained:,}", f"{at_most:,}", f"{gap:.2%}", candidate["name"])
        for number, (gained, at_most, gap, candidate) in enumerate(
            zip(document["gained"], document["at_most"], drawn.gap.tolist(), document["order"], strict=False), 1
        )
    ]
    speaker.table("Gain curve", columns, rows)
    _tell_problems(speaker, listed)


def _listed(path: Path | None, datum: Datum | None) -> CandidateList | None:
    return None if path is None else read_candidate_list(path, datum=datum)


def _wish(
    sources: Words | None,
    host_types: Words | None,
    listed: CandidateList | None,
    zones: Path | None,
    require: Words | None,
    strict: bool,
) -> Wish:
    if listed is not None and not listed.rows:
        raise InputError(f"None of the {listed.rows_read} rows of the list can be used; {_first_problem(listed)}")
    return Wish(
        sources=tuple(sources or ()),
        host_types=tuple(host_types or ()),
        listed=() if listed is None else listed.rows,
        zones=None if zones is None else zones.read_text(encoding="utf-8-sig"),
        require=tuple(require or ()),
        strict=strict,
    )


def _first_problem(listed: CandidateList) -> str:
    if not listed.problems:
        return "it has headings and nothing else."
    first = listed.problems[0].as_dict()
    return f"row {first['row']}, column {first['column']}: {first['problem_en']}; {first['remedy_en']}."


def _problems(listed: CandidateList | None) -> dict[str, Any]:
    return {} if listed is None else {"list_problems": [one.as_dict() for one in listed.problems]}


def _tell_problems(speaker: Speaker, listed: CandidateList | None) -> None:
    """The rows of a list that were refused or doubted; status 3 where any was refused."""
    if listed is None or not listed.problems:
        return
    rows = [one.as_dict() for one in listed.problems]
    columns = ["row", "column", "value", "severity", "problem", "remedy"]
    cells = [
        (r["row"], r["column"], r["value"], r["severity"], f"{r['problem']} ({r['problem_en']})", r["remedy_en"])
        for r in rows
    ]
    speaker.table("Rows of the list", columns, cells)
    if listed.rows_refused:
        raise typer.Exit(PARTLY)


def _site_cells(row: dict[str, Any]) -> tuple[object, ...]:
    kept = sum(known is True for known in row["checks"].values())
    failed = sum(known is False for known in row["checks"].values())
    place = f"{row['lon']:.6f}", f"{row['lat']:.6f}"
    counts = (f"{row[name]:,}" for name in ("people", "gained_so_far", "only_here"))
    checklist = f"{kept} kept, {failed} not, {len(row['checks']) - kept - failed} unknown"
    return row["order"], row["key"], row["name"], *place, *counts, checklist, row["alternatives_in_all"]


def _write_certificate(answered: SitingPlan, path: Path) -> None:
    """Everything that ten lines of whole numbers need to find the bound again."""
    found = answered.found
    if found.certificate is None:
        raise InputError("This answer has no certificate: an exact solver gave its bound. Ask without --certificate.")
    posed = found.proved
    np.savez_compressed(
        path,
        site_start=posed.lists.site_start,
        site_row=posed.lists.site_row,
        people=posed.people,
        cost=posed.sites.cost,
        opened=posed.opened,
        choosable=posed.choosable,
        budget_left=posed.left_to_spend,
        u_row=found.certificate.row,
        u_grains=found.certificate.u_grains,
        bound=found.certificate.bound,
        fingerprint=found.certificate.fingerprint,
    )
