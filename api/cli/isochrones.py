"""`yiquan coverage isochrone`: the ground within reach, written as GeoJSON for any map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from geo.coverage.question import Question
from geo.errors import InputError
from geo.services.isochrones import Outlines, isochrones_of_station, outlines_of_coverage
from geo.snapshot.model import Snapshot
from geo.streets.isochrone import ACCESS_M


def isochrone(
    out: Annotated[Path, typer.Option(dir_okay=False, help="The GeoJSON file to write.")],
    facility: Annotated[int | None, typer.Option(min=1, help="Id of one station. Left out: all stations.")] = None,
    minutes: Annotated[list[float] | None, typer.Option(help="A limit in minutes; repeat for several.")] = None,
    mode: Annotated[str, typer.Option(help="walk or ebike.")] = "walk",
    at: Annotated[
        str | None, typer.Option(help='Hour of the week, e.g. "weekday 19:00", for all stations: those open then.')
    ] = None,
    access_m: Annotated[float, typer.Option(help="How far from a street ground belongs to it, in metres.")] = ACCESS_M,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Outline the ground from which a station is reached in time.

    Example: yiquan coverage isochrone --facility 12 --minutes 5 --minutes 10 --out station12.geojson
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, progress):
        progress("drawing outlines")
        outlines = _outlines(snapshot, facility, minutes or [10.0], mode, at, access_m)
    document = outlines.to_geojson()
    out.write_bytes(orjson.dumps(document))
    bands = [feature["properties"] for feature in document["features"]]
    speaker.answer({"out": str(out), "bands": bands}, *map(_line, bands), f"Written to {out}.")


def _outlines(
    snapshot: Snapshot, facility: int | None, minutes: list[float], mode: str, at: str | None, access_m: float
) -> Outlines:
    if facility is not None and at is not None:
        raise InputError("`--at` chooses among stations by their hours; leave it out for one station.")
    if facility is not None:
        return isochrones_of_station(snapshot, facility, mode=mode, minutes=minutes, access_m=access_m)
    return outlines_of_coverage(snapshot, Question(mode=mode, at=at), minutes=minutes, access_m=access_m)


def _line(band: dict[str, Any]) -> str:
    return (
        f"{band['minutes']:g} minutes ({band['mode']}): {band['area_km2']:,.2f} km², "
        f"{band['reached_street_km']:,.1f} km of street in reach; of the streets inside {band['unreached_share']:.1%} "
        f"and of the area {band['unreached_area_share']:.1%} are not."
    )
