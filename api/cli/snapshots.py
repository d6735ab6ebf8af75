"""`yiquan snapshot …`: what the service answers from."""

from __future__ import annotations

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city
from geo.services.snapshots import fresh_snapshot
from geo.settings import Settings

app = typer.Typer(no_args_is_help=True, help="What the service answers from: build.")


@app.callback()
def _group() -> None:
    """Keep `build` a word of its own while it is the only one."""


@app.command()
def build(city: CityName = None, as_json: AsJson = False) -> None:
    """
    Build and publish the snapshot of the present facts, unless it is there. A running service does this by itself.

    Example: yiquan snapshot build
    """
    settings, speaker = Settings(), Speaker(as_json)
    engine, slug = open_city(settings, city)
    with speaker.progress() as progress:
        snapshot = fresh_snapshot(engine, settings, slug, progress=progress)
    facts = {"snapshot": snapshot.id, "revision": snapshot.revision, "facilities": len(snapshot.facilities)}
    speaker.answer(facts, f"Snapshot {snapshot.id}: {len(snapshot.facilities)} facilities.")
