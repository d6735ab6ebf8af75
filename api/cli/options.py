"""Words that mean the same in every command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import Engine

from api.cli.console import Speaker
from geo.progress import Progress
from geo.services.cities import resolve_city
from geo.services.snapshots import fresh_snapshot
from geo.settings import Settings
from geo.store.cluster import private_database_url
from geo.store.engine import database_url, make_engine, upgrade
from geo.store.given_server import require_usable

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output instead of text.")]
CityName = Annotated[
    str | None, typer.Option("--city", "-c", help="City to work on. Default: $YIQUAN_CITY, else the only one there is.")
]


def open_store(settings: Settings) -> Engine:
    """Connect to the database of the settings: checked if it is somebody's, started if ours, at the newest schema."""
    if settings.database_url:
        url = database_url(settings)
        require_usable(url)
    else:
        url = private_database_url(settings.data_dir, say=Speaker().note)
    upgrade(url)
    return make_engine(url)


def open_city(settings: Settings, named: str | None) -> tuple[Engine, str]:
    """The database, and the city a command is about."""
    engine = open_store(settings)
    return engine, resolve_city(engine, named or settings.city)


@contextmanager
def open_snapshot(speaker: Speaker, named: str | None) -> Iterator[tuple[Engine, Snapshot, Progress]]:
    """The database, the present facts of the city a command is about, and a listener to show the work's steps to."""
    settings = Settings()
    engine, slug = open_city(settings, named)
    with speaker.progress() as progress:
        yield engine, fresh_snapshot(engine, settings, slug, progress=progress), progress
