"""`yiquan export`: a whole collection as a file for a GIS or a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.report import Language, OutFileError
from geo.services.collection_files import FORMATS, Order, write_collection
from geo.services.collections import collection, collections_in_memory


def export(
    name: Annotated[str, typer.Argument(help="Collection: stations, districts, streets …, coverage-3, gaps-3.")],
    out: Annotated[Path | None, typer.Option(help="File to write. Default: the collection's name.")] = None,
    form: Annotated[str | None, typer.Option("--format", help=f"One of {', '.join(FORMATS)}. Default: gpkg.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of titles.")] = Language.ZH,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Write a whole collection, the same file that /exports serves.

    Example: yiquan export stations --format xlsx --out 驿站.xlsx
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (engine, snapshot, progress):
        one = collection(snapshot, lambda: engine, name)
        kind = form or (out.suffix.lstrip(".") if out else "") or "gpkg"
        path = out or Path(f"{one.id}.{kind}")
        progress(f"writing {path.name}")
        table = one.make()
        try:
            write_collection(Order(one, table, lang.value, snapshot.made_at), kind, path.resolve())
        except OSError as error:
            raise OutFileError(path, error.strerror or type(error).__name__) from None
    speaker.answer(
        {
            "file": str(path),
            "features": len(table),
            "collections": [each.id for each in collections_in_memory(snapshot)],
        },
        f"{path}: {len(table):,} features.",
    )
