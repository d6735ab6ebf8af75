"""
`yiquan demo`: a made-up city the shape of Qingdao, through the same front door as a real one, and served.

Every step is an ordinary import that changes nothing when it has been done, so an interrupted demo simply goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from api.cli.console import Speaker
from api.cli.options import AsJson, open_store
from api.cli.service import announce, service_settings
from api.settings import ApiSettings
from data.declared import DECLARED_FIGURES
from data.demo_city import DemoFiles, make_demo_city
from geo.coverage.question import Question
from geo.datum import Datum
from geo.progress import Progress
from geo.services import cities
from geo.services.city_import import import_streets
from geo.services.coverage import run_coverage
from geo.services.demand_import import import_demand
from geo.services.register_import import import_register
from geo.services.runs import list_runs
from geo.services.snapshots import fresh_snapshot

SLUG = "demo"
SEED = 20260101
CENSUS_DATE = "2020-11-01"
QUESTIONS = (
    Question(mode="walk", minutes=10),
    Question(mode="ebike", minutes=10),
    Question(mode="walk", minutes=10, at="weekday 23:00"),
)
"""The coverage runs a visitor finds: by foot, by e-bike, and at night."""


def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port. Default: 8000.")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make the city and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Make the demo city if it is not there, and serve it.

    Everything in it is made up (districts, census figures and declared figures excepted), and every page says so.

    Example: yiquan demo --port 8000
    """
    settings = service_settings(host, port, SLUG)
    speaker = Speaker(as_json)
    engine = open_store(settings)
    made = not is_complete(engine)
    if made:
        with speaker.progress() as progress:
            make(engine, settings, speaker, progress)
    speaker.answer({"city": SLUG, "made": made}, "The demo city is ready (演示数据 / demo data).")
    engine.dispose()
    if not no_serve:
        from api.server import serve

        serve(settings, ready=announce)


def is_complete(engine: Engine) -> bool:
    """Whether the demo city has everything, down to its last coverage run."""
    found = [city for city in cities.list_cities(engine) if city["slug"] == SLUG]
    return bool(found) and len(list_runs(engine, SLUG)) >= len(QUESTIONS)


def make(engine: Engine, settings: ApiSettings, speaker: Speaker, progress: Progress) -> None:
    """Write the demo city's files and bring them in: streets, people, register, declared figures, coverage."""
    if SLUG not in {city["slug"] for city in cities.list_cities(engine)}:
        cities.new_city(engine, SLUG, name="青岛(演示)", name_en="Qingdao (demo)", is_synthetic=True)
    files = written_files(settings.data_dir, progress)
    speaker.note("Importing streets …")
    import_streets(engine, settings, SLUG, files.extract, progress=progress)
    speaker.note("Importing people …")
    import_demand(engine, settings, SLUG, files.census, by="district", as_of=CENSUS_DATE, progress=progress)
    speaker.note("Importing the register …")
    register = import_register(
        engine, settings, SLUG, files.register, datum=Datum.GCJ02, synthetic=True, progress=progress
    )
    speaker.note(_register_sentence(register.to_dict()))
    cities.import_declared(engine, SLUG, DECLARED_FIGURES)
    snapshot = fresh_snapshot(engine, settings, SLUG, progress=progress)
    for question in QUESTIONS[len(list_runs(engine, SLUG)) :]:
        run = run_coverage(engine, snapshot, question, progress=progress)
        speaker.note(_coverage_sentence(run.document))


def written_files(data_dir: Path, progress: Progress) -> DemoFiles:
    """The demo city's files; the same seed writes the same bytes, so they are written anew rather than trusted."""
    folder = data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return make_demo_city(folder, seed=SEED, progress=progress)


def _register_sentence(report: dict[str, Any]) -> str:
    return (
        f"Register: {report['rows_read']} rows read, {report['rows_added']} facilities added, "
        f"{report['rows_failed']} rows refused (faults put there on purpose)."
    )


def _coverage_sentence(document: dict[str, Any]) -> str:
    people, asked = document["people"], document["parameters"]
    hour = f" at {asked['at']}" if asked["at"] else ""
    circle = f"{asked['mode']} {asked['minutes']:g} minutes{hour}"
    return f"Coverage, {circle}: {people['share']:.1%} of {people['total']:,} people."
