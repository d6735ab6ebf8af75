"""`yiquan coverage export` and `yiquan coverage repeat`: a run as a file, and the proof that it comes out the same."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import REFUSED, Speaker
from api.cli.options import AsJson, CityName, open_city, open_snapshot
from geo.services.run_files import files_of, read_run_file, run_file, write_run_file
from geo.services.run_files import repeat as repeat_run
from geo.settings import Settings


def export(
    run_id: Annotated[int, typer.Argument(metavar="RUN", help="Number of a stored run.")],
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Write down what a run was made from: question, files by digest, versions, hashes of input and result.

    Example: yiquan coverage export 3 coverage-3.json
    """
    engine, slug = open_city(Settings(), city)
    content = run_file(engine, slug, run_id)
    write_run_file(path, content)
    Speaker(as_json).answer(content | {"file": str(path)}, f"Run {run_id} is described in {path}.")


def repeat(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A run file.")],
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Make a run again from its file, without storing it; ends with status 1 if an input or the result is another.

    It is asked of the city that the file names, or of the one named by --city.

    Example: yiquan coverage repeat coverage-3.json
    """
    content = read_run_file(path)
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city or content.get("city")) as (engine, snapshot, progress):
        repeated = repeat_run(snapshot, content, files=files_of(engine, snapshot), progress=progress)
    inputs = "The question and the city are the same" if repeated.same_input else "The inputs are not what they were"
    result = "the result is the same, to the bit." if repeated.same_result else "the result is another."
    changed = [f"{name} was {then} and is {now}." for name, (then, now) in repeated.other_versions.items()]
    speaker.answer(asdict(repeated), f"{inputs}; {result}", *map(str, repeated.differences), *changed)
    if not (repeated.same_input and repeated.same_result):
        raise typer.Exit(REFUSED)
