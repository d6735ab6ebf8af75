"""
The command line: `yiquan …`.

Every command is parse, ask, answer, like an endpoint: the work is a service's. This module holds the assembly and the
one place where errors become sentences and exit statuses; the commands live in one module per noun.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli import (
    cities,
    coverage,
    database,
    demo,
    imports,
    keys,
    nearest,
    reports,
    scenarios,
    service,
    site,
    snapshots,
    wishes,
)
from api.cli.console import REFUSED, Speaker
from api.cli.export import export
from api.cli.report import report
from geo.errors import YiquanError

HELP = """Yiquan 驿圈: places for workers without an office, and who can reach them in ten minutes.

A city in four commands:

\b
  yiquan city new qingdao --name 青岛
  yiquan import streets shandong-latest.osm.pbf
  yiquan import register 驿站.xlsx --datum gcj02
  yiquan coverage run --mode walk --minutes 10

Every command that reports something takes --json: one object on standard output. Exit status: 0 all went well,
1 refused, 2 wrong words, 3 done but some rows were refused.
"""

app = typer.Typer(
    name="yiquan",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(database.app, name="db")
app.add_typer(cities.app, name="city")
app.add_typer(imports.app, name="import")
app.add_typer(coverage.app, name="coverage")
app.add_typer(scenarios.app, name="scenario")
app.add_typer(site.app, name="site")
app.add_typer(snapshots.app, name="snapshot")
app.add_typer(reports.app, name="reports")
app.add_typer(wishes.app, name="wishes")
app.add_typer(keys.app, name="key")
# A longitude west of Greenwich is a number, not an option.
app.command("nearest", context_settings={"ignore_unknown_options": True})(nearest.nearest)
app.command("report")(report)
app.command("export")(export)
app.command("serve")(service.serve)
app.command("warm-up")(service.warm_up)
app.command("demo")(demo.demo)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"yiquan {version('yiquan')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run a command; a refusal is one sentence on standard error and status 1, never a traceback."""
    speaker = Speaker(as_json="--json" in sys.argv[1:])
    try:
        app()
    except YiquanError as error:
        speaker.refuse(error, type(error).__name__)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        speaker.note("yiquan: interrupted; nothing is half-written.")
        sys.exit(130)


__all__ = ["app", "main"]
