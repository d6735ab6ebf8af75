"""`yiquan city …`: several cities side by side in one database."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, open_store
from geo.services import cities
from geo.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Cities: new, list, remove.")


@app.command()
def new(
    slug: Annotated[
        str, typer.Argument(metavar="NAME", help="Short name in Latin letters, digits and hyphens, e.g. qingdao.")
    ],
    name: Annotated[str | None, typer.Option("--name", help="Name that people see, e.g. 青岛. Default: NAME.")] = None,
    name_en: Annotated[str | None, typer.Option("--name-en", help="English name.")] = None,
    as_json: AsJson = False,
) -> None:
    """
    Make an empty city.

    Example: yiquan city new qingdao --name 青岛 --name-en Qingdao
    """
    city = cities.new_city(open_store(Settings()), slug, name=name or slug, name_en=name_en)
    Speaker(as_json).answer(
        {"city": city}, f"City {slug} is there. Next: yiquan import streets FILE.osm.pbf --city {slug}"
    )


@app.command("list")
def list_cities(as_json: AsJson = False) -> None:
    """
    List the cities and what they hold.

    Example: yiquan city list
    """
    rows = cities.list_cities(open_store(Settings()))
    speaker = Speaker(as_json)
    speaker.table("Cities", ["name", "shown as", "facilities", "data"], [
        (row["slug"], row["name"], row["facilities"], "synthetic" if row["is_synthetic"] else "real") for row in rows
    ])  # fmt: skip
    if as_json:
        speaker.answer({"cities": rows})


@app.command()
def remove(
    slug: Annotated[str, typer.Argument(metavar="NAME")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Remove a city with everything in it.

    Example: yiquan city remove trial --yes
    """
    settings = Settings()
    if not yes:
        typer.confirm(f"Remove city {slug} with its facilities, streets, runs and history?", abort=True, err=True)
    cities.remove_city(open_store(settings), settings, slug)
    Speaker(as_json).answer({"removed": slug}, f"City {slug} is gone.")
