"""`yiquan snapshot …`: what the service answers from."""

from __future__ import annotations

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot

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
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, _):
        facts = {"snapshot": snapshot.id, "revision": snapshot.revision, "facilities": len(snapshot.facilities)}
    speaker.answer(facts, f"Snapshot {snapshot.id}: {len(snapshot.facilities)} facilities.")
