"""`yiquan db …`: the private PostGIS, when DATABASE_URL names no other."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson
from geo.errors import ConflictError
from geo.settings import Settings
from geo.store.cluster import Cluster
from geo.store.engine import database_url, downgrade, upgrade

app = typer.Typer(no_args_is_help=True, help="The private PostGIS: start, stop, status, psql, migrate.")


class NotPrivateError(ConflictError):
    """The command is about the private cluster, and the settings name another server."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL names a database server of your own; yiquan starts and stops only its private one. "
            "Unset DATABASE_URL to use that."
        )


def _private_cluster(settings: Settings, speaker: Speaker) -> Cluster:
    if settings.database_url:
        raise NotPrivateError
    return Cluster(settings.data_dir, say=speaker.note)


@app.command()
def start(as_json: AsJson = False) -> None:
    """
    Start the private PostGIS (made on first use) and bring the schema to its newest state.

    Example: yiquan db start
    """
    speaker = Speaker(as_json)
    url = _private_cluster(Settings(), speaker).start()
    upgrade(url)
    speaker.answer({"state": "running", "url": url}, f"PostGIS is running: {url}")


@app.command()
def stop(as_json: AsJson = False) -> None:
    """
    Stop the private PostGIS; what is stored stays.

    Example: yiquan db stop
    """
    speaker = Speaker(as_json)
    _private_cluster(Settings(), speaker).stop()
    speaker.answer({"state": "stopped"}, "PostGIS is stopped.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """
    Say whether the private PostGIS runs, and where.

    Example: yiquan db status --json
    """
    speaker = Speaker(as_json)
    now = _private_cluster(Settings(), speaker).status()
    payload = {
        "state": now.state,
        "folder": str(now.folder),
        "major": now.major,
        "pid": now.pid,
        "url": now.url,
        "log": str(now.log),
    }
    speaker.answer(payload, f"PostGIS is {now.state}, in {now.folder}.", *([now.url] if now.url else []))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """
    Open psql on the private database; further words go to psql.

    Example: yiquan db psql -c "select postgis_full_version()"
    """
    raise typer.Exit(_private_cluster(Settings(), Speaker()).psql(*context.args))


@app.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="`head` is the newest; `base` removes every table.")] = "head",
    as_json: AsJson = False,
) -> None:
    """
    Bring the schema of the database to a revision.

    Example: yiquan db migrate
    """
    url = database_url(Settings())
    if revision == "head":
        upgrade(url)
    else:
        downgrade(url, revision)
    Speaker(as_json).answer({"schema": revision}, f"The schema is at {revision}.")
