"""`yiquan site …`: where the next stations go, with a proven distance to the best; one address under the lamp."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from api.cli.console import PARTLY, Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.question import asks_question
from api.cli.site_spelling import Words, extension_of, layers_of, list_in, weighed, wish_of, wished_in
from api.cli.what_if import POSITION, ChangeSpellingError
from geo.coverage.question import Question
from geo.datum import Datum
from geo.places.candidate_list import CandidateList
from geo.progress import Progress
from geo.services.siting.check import Address, candidate_table, check_address
from geo.services.siting.drafts import save_answer
from geo.services.siting.lists import prepare
from geo.services.siting.planning import STEPS, SitingPlan, gain_curve, plan
from geo.services.siting.proofs import write_proof
from geo.services.siting.question import TASKS, AskedHour, Siting, SitingQuestionError
from geo.services.siting.words import describe, describe_candidates, describe_curve

app = typer.Typer(no_args_is_help=True, help="Siting: where the next stations go, and what one address is worth.")

Choose = Annotated[int | None, typer.Option("--sites", "-n", help="How many new stations.")]
Budget = Annotated[float | None, typer.Option(help="What may be spent, in the unit of the costs.")]
Sources = Annotated[
    Words | None,
    typer.Option("--from", help="hosts (of the map), list (your file), wishes (of riders) or streets; repeat."),
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
Area = Annotated[
    str | None, typer.Option(help="Name or code of a district or street: only its people and candidates count.")
]
Layers = Annotated[
    Words | None,
    typer.Option("--layer", metavar="CODE=WEIGHT", help="A demand layer that counts, and how much; repeat."),
]
Optional = Annotated[
    list[int] | None,
    typer.Option("--optional", metavar="ID", help="A station that does not count and could be taken in; repeat."),
]
Seed = Annotated[int, typer.Option(help="Same seed, same answer.")]
Seconds = Annotated[float, typer.Option(help="How long to search at most.")]


@app.command("plan")
@asks_question()
def plan_(
    question: Question,
    task: Annotated[
        str | None, typer.Option(help=f"What is asked: {', '.join(TASKS)}. Left out: what the other options say.")
    ] = None,
    sites: Choose = None,
    budget: Budget = None,
    share: Annotated[float | None, typer.Option(help="Share of all people (0 to 1) to cover with the fewest.")] = None,
    backup: Annotated[
        float | None, typer.Option(help="A second station within reach is worth this much (0 to 1) of a first.")
    ] = None,
    floor: Annotated[float | None, typer.Option(help="Share (0 to 1) covered in every district at least.")] = None,
    street_floor: Annotated[float | None, typer.Option(help="The same in every street.")] = None,
    area: Area = None,
    layer: Layers = None,
    slot: Annotated[
        Words | None,
        typer.Option("--slot", metavar="HOUR=WEIGHT", help='One of several hours, as "weekday 19:00=2"; repeat.'),
    ] = None,
    extend: Annotated[
        Words | None,
        typer.Option("--extend", metavar="ID;HOURS;COST", help='Longer hours in the same budget: "101;24/7;0.2".'),
    ] = None,
    farthest: Annotated[
        float | None, typer.Option(help="For median and center: minutes up to which ways are looked at.")
    ] = None,
    capacity: Annotated[float | None, typer.Option(help="For capacity: people whom one station serves.")] = None,
    standing_capacity: Annotated[
        float | None, typer.Option(help="The same of stations that stand, where it differs.")
    ] = None,
    per_seat: Annotated[float, typer.Option(help="People served per seat that a list states.")] = 1.0,
    from_: Sources = None,
    host_type: HostTypes = None,
    list_: ListFile = None,
    datum: ListDatum = None,
    exclude: Zones = None,
    require: Require = None,
    strict: Strict = False,
    optional: Optional = None,
    force: Annotated[Words | None, typer.Option(help="Key of a candidate that must be chosen.")] = None,
    forbid: Annotated[Words | None, typer.Option(help="Key of a candidate that must not be chosen.")] = None,
    may_close: Annotated[list[int] | None, typer.Option(metavar="ID", help="A station that may close for it.")] = None,
    keep_cost: Annotated[float | None, typer.Option(help="What keeping such a station costs, in a budget.")] = None,
    cost: Cost = None,
    seed: Seed = 1,
    seconds: Seconds = 10.0,
    gap: Annotated[float, typer.Option(help="Good enough: 0.01 stops at a proven one per cent.")] = 0.0,
    with_curve: Annotated[
        bool, typer.Option("--curve/--no-curve", help="Draw the gain curve, too; without it, it is quicker.")
    ] = True,
    save: Annotated[str | None, typer.Option(help="Keep the answer as a scenario of this name.")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Write cover lists and certificate to this .npz file, for anybody to check.")
    ] = None,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Choose the next stations: most people, a share with the fewest, everybody, short ways, room, a second one near.

    Ctrl-C ends the search with the best answer so far; a second one ends the command.

    Example: yiquan site plan --sites 5 --minutes 10 --at "weekday 19:00" --host-type bank --host-type toilet
    """
    speaker = Speaker(as_json)
    listed = list_in(list_, datum)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        wished = wished_in(from_, engine, snapshot)
        asked = Siting(
            question=question,
            wish=wish_of(from_, host_type, listed, exclude, require, strict, optional, wished),
            task=task or ("share" if share is not None else "backup" if backup is not None else "most"),
            choose=sites,
            budget=budget,
            share=share,
            second=0.3 if backup is None else backup,
            floor=floor,
            street_floor=street_floor,
            area=area,
            layers=layers_of(layer),
            slots=tuple(AskedHour(*weighed("slot", one, "weekday 19:00=2")) for one in slot or ()),
            extend=tuple(map(extension_of, extend or ())),
            farthest=farthest,
            capacity=capacity,
            standing_capacity=standing_capacity,
            per_seat=per_seat,
            force=tuple(force or ()),
            forbid=tuple(forbid or ()),
            may_close=tuple(may_close or ()),
            default_cost=cost,
            keep_cost=keep_cost,
            seed=seed,
            seconds=seconds,
            target=gap,
            with_curve=with_curve,
        )
        with _until_interrupted() as cancelled:
            answered = plan(snapshot, asked, progress=_in_words(progress), cancelled=cancelled)
    document = describe(snapshot, answered)
    lines = list(document["words"]["en"])
    if certificate is not None:
        _write_certificate(answered, certificate)
        lines.append(f"Cover lists and certificate are in {certificate}.")
    if save is not None:
        kept = save_answer(engine, snapshot.city.slug, save, document, now=datetime.now(UTC))
        document["scenario"] = {"code": kept.code, "secret": kept.secret}
        lines.append(f"Kept as scenario {kept.code}.")
    speaker.answer(document | _problems(listed), *lines)
    columns = ["order", "key", "name", "lon", "lat", "people", "together", "only here", "checklist", "stand-ins"]
    speaker.table("New stations, in building order", columns, [_site_cells(row) for row in document["sites"]])
    _tell_longer(speaker, document)
    _tell_left_out(speaker, document)
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
    address = Address.at(float(match[1]), float(match[2]), datum, hours=hours)
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        wish = wish_of(from_, host_type, None, None, None, False, None, wished_in(from_, engine, snapshot))
        asked = Siting(question, wish, choose=1)
        document = check_address(snapshot, asked, address, progress=_in_words(progress))
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
    optional: Optional = None,
    area: Area = None,
    layer: Layers = None,
    seed: Seed = 1,
    seconds: Seconds = 10.0,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Draw how the gain grows with 1 … n new stations, a bound for each number, and where it pays less and less.

    Example: yiquan site curve --most 50 --minutes 10
    """
    listed = list_in(list_, datum)
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        wish = wish_of(from_, host_type, listed, exclude, require, strict, optional, wished_in(from_, engine, snapshot))
        asked = Siting(question, wish, choose=1, area=area, layers=layers_of(layer), seed=seed, seconds=seconds)
        with _until_interrupted() as cancelled:
            prepared, drawn = gain_curve(snapshot, asked, most, progress=_in_words(progress), cancelled=cancelled)
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


@app.command()
@asks_question()
def places(
    question: Question,
    from_: Sources = None,
    host_type: HostTypes = None,
    list_: ListFile = None,
    datum: ListDatum = None,
    exclude: Zones = None,
    require: Require = None,
    strict: Strict = False,
    optional: Optional = None,
    area: Area = None,
    layer: Layers = None,
    top: Annotated[int, typer.Option(help="How many rows the table shows; --json has all.")] = 50,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    List the candidates of a question: their keys, whom each would add alone, and why some take no part.

    Example: yiquan site places --minutes 10 --host-type bank --require ground_floor
    """
    listed = list_in(list_, datum)
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        wish = wish_of(from_, host_type, listed, exclude, require, strict, optional, wished_in(from_, engine, snapshot))
        asked = Siting(question, wish, choose=1, area=area, layers=layers_of(layer))
        with _until_interrupted() as cancelled:
            columns = candidate_table(snapshot, asked, progress=_in_words(progress), cancelled=cancelled)
        told = describe_candidates(prepare(snapshot, asked))
    document = {"columns": columns, "candidates": told} | _problems(listed)
    speaker.answer(document, f"{told['usable']:,} of {told['considered']:,} candidates can take part.")
    names = ("key", "name", "lon", "lat", "cost", "score", "adds")
    rows = sorted(zip(*(columns[name] for name in names), strict=True), key=lambda row: -(row[-1] or 0))
    speaker.table("Candidates, by whom they add", names, rows[:top])
    _tell_left_out(speaker, document)
    _tell_problems(speaker, listed)


def _in_words(progress: Progress) -> Progress:
    def told(step: str, done: int = 0, total: int | None = None) -> None:
        progress(STEPS.get(step, (step, step))[1], done, total)

    return told


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Whether somebody pressed Ctrl-C; pressed again, it ends the command as ever."""
    stop = threading.Event()

    def take_note(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, take_note)
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)


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


def _tell_longer(speaker: Speaker, document: dict[str, Any]) -> None:
    rows = [(one["id"], one["name"], one["hours"], one["cost"], f"{one['people']:,}") for one in document["extended"]]
    if rows:
        speaker.table("Longer hours that are worth it", ["id", "name", "hours", "cost", "people"], rows)


def _tell_left_out(speaker: Speaker, document: dict[str, Any]) -> None:
    """Why candidates take no part, the first few by name."""
    rows = [
        (f"{one['count']:,}", one["en"], ", ".join(f"{row['key']} {row['name']}" for row in one["examples"][:5]))
        for one in document["candidates"]["left_out"]
    ]
    if rows:
        speaker.table("Candidates that take no part", ["count", "why", "such as"], rows)


def _write_certificate(answered: SitingPlan, path: Path) -> None:
    proof = answered.found.certificate
    if proof is None:
        raise SitingQuestionError(
            "This answer has no certificate: an exact solver gave its bound. Ask without --certificate.",
            "这个答案没有证书：界限由精确求解器给出。请不要要求证书。",
        )
    write_proof(path, proof)
