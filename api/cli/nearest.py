"""`yiquan nearest`: the rider's question, for a terminal or a script."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_city
from geo.datum import Datum, to_wgs84
from geo.errors import InputError
from geo.places.vocabulary import AMENITIES, FACILITY_TYPES, Table, codes_of
from geo.services import nearest as service
from geo.services.snapshots import fresh_snapshot
from geo.settings import Settings
from geo.snapshot.masks import FacilityFilter
from geo.snapshot.model import Snapshot

SHANGHAI = ZoneInfo("Asia/Shanghai")


def nearest(
    lon: Annotated[float, typer.Argument(help="Longitude in degrees.")],
    lat: Annotated[float, typer.Argument(help="Latitude in degrees.")],
    mode: Annotated[str, typer.Option(help="walk or ebike.")] = "walk",
    limit: Annotated[int, typer.Option(min=1, max=service.MAX_HITS, help="How many.")] = 5,
    datum: Annotated[Datum, typer.Option(help="Datum of the position.")] = Datum.WGS84,
    open_now: Annotated[bool, typer.Option("--open", help="Only places open on arrival.")] = False,
    types: Annotated[list[str] | None, typer.Option("--type", help="Facility type; repeat for several.")] = None,
    amenities: Annotated[
        list[str] | None, typer.Option("--amenity", help="Amenity that must be there; repeat: all must.")
    ] = None,
    no_app: Annotated[bool, typer.Option("--no-app", help="Only places known to need no application.")] = False,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Find the nearest facilities by real travel time.

    Example: yiquan nearest 120.3826 36.0671 --open --amenity 热水
    """
    settings = Settings()
    engine, slug = open_city(settings, city)
    snapshot = fresh_snapshot(engine, settings, slug)
    x, y = to_wgs84(np.array([lon]), np.array([lat]), datum)
    question = service.NearestQuestion(
        lon=float(x[0]),
        lat=float(y[0]),
        at=datetime.now(SHANGHAI),
        mode=mode,
        limit=limit,
        must_be_open=open_now,
        filters=FacilityFilter(
            types=_codes(FACILITY_TYPES, types), amenities=_codes(AMENITIES, amenities), no_app=no_app
        ),
    )
    answer = service.nearest(snapshot, question)
    rows = [_row(snapshot, hit) for hit in answer.hits]
    speaker = Speaker(as_json)
    speaker.answer(
        {"mode": mode, "off_network": answer.off_network, "snapshot": snapshot.id, "hits": rows}, *_remarks(answer)
    )
    columns = ["name", *(f"{code} min" for code in snapshot.modes), "open on arrival", "hours"]
    speaker.table(f"Nearest by {mode}", columns, [_cells(row) for row in rows])


def _codes(table: Table, words: list[str] | None) -> frozenset[str]:
    found: set[str] = set()
    for word in words or ():
        codes = codes_of(table, word)
        if not codes:
            raise InputError(f"`{word}` is none of the {table.name}; there are {', '.join(table.codes)}.")
        found.update(codes)
    return frozenset(found)


def _row(snapshot: Snapshot, hit: service.Hit) -> dict[str, Any]:
    facility = snapshot.facilities.iloc[hit.position]
    return {
        "id": hit.facility_id,
        "code": facility["code"],
        "name": facility["name"],
        "lon": float(snapshot.lon[hit.position]),
        "lat": float(snapshot.lat[hit.position]),
        "travel_s": {code: None if ds is None else ds / 10 for code, ds in hit.time_ds_by_mode.items()},
        "straight_m": round(hit.straight_m),
        "open_on_arrival": hit.open_on_arrival.state,
        "hours": facility["hours_text"],
    }


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["name"],
        *(_minutes(travel_s) for travel_s in row["travel_s"].values()),
        row["open_on_arrival"],
        row["hours"],
    )


def _minutes(travel_s: float | None) -> str:
    return "–" if travel_s is None else f"{travel_s / 60:.1f}"


def _remarks(answer: service.Nearest) -> list[str]:
    if answer.off_network:
        return ["No street that can be used is near this position."]
    return [] if answer.hits else ["No facility fits."]
