"""OGC API Features Part 4 on stations: added, replaced, changed in part, taken out, by whoever has a key for it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.callers import CallerDep
from api.dependencies import HolderDep, ServedDep
from api.errors import ParameterError
from api.ogc import documents
from api.ogc.bodies import FEATURE_TYPES, PATCH_TYPES, body_crs, description_of, feature_body, merged
from api.ogc.media import GEOJSON
from api.ogc.validators import states_held, strong_tag
from api.ogc.writers import features
from api.parameters import ParameterTable
from api.routers.features import base_of, found
from geo.features.crs import CRS84_URI, ReferenceSystem, reference_system
from geo.features.selection import Selection
from geo.features.table import FeatureTable
from geo.services import station_writes
from geo.services.collections import collections_in_memory
from geo.services.register_import import home_around
from geo.services.station_description import Description, PropertyError
from geo.services.station_writes import Sent, Written, state_of
from geo.snapshot.holder import SnapshotHolder

router = APIRouter(include_in_schema=False)

STATIONS = "/collections/stations/items"
STATION = STATIONS + "/{feature_id}"

NOTHING = ParameterTable(())

SHOWN_WITHIN_S = 10.0
"""How long an answer waits for a snapshot that shows the change, unless `Prefer: wait=` says otherwise."""

LONGEST_WAIT_S = 60.0
LOOK_AGAIN_S = 0.1

READ = ("GET", "HEAD", "OPTIONS")
WAIT = re.compile(r"\bwait\s*=\s*\"?([0-9]{1,5})\"?")


@router.options("/collections/{collection_id}/items")
async def allowed_on_items(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """What can be done with the features of a collection."""
    one = await found(request, served, holder)
    is_open = one.id == "stations"
    headers = {"Accept-Post": ", ".join(FEATURE_TYPES)} if is_open else {}
    return allowed([*READ, "POST"] if is_open else READ, headers)


@router.options("/collections/{collection_id}/items/{feature_id}")
async def allowed_on_item(request: Request, served: ServedDep, holder: HolderDep) -> Response:
    """What can be done with one feature."""
    one = await found(request, served, holder)
    is_open = one.id == "stations"
    headers = {"Accept-Patch": ", ".join(PATCH_TYPES)} if is_open else {}
    return allowed([*READ, "PUT", "PATCH", "DELETE"] if is_open else READ, headers)


def allowed(methods: Any, headers: Mapping[str, str]) -> Response:
    """An answer that says which methods there are."""
    return Response(status_code=204, headers={"Allow": ", ".join(methods), "Cache-Control": "no-cache", **headers})


@router.post(STATIONS)
async def add_station(request: Request, served: ServedDep, holder: HolderDep, caller: CallerDep) -> Response:
    """Add a station."""
    NOTHING.read_query(request.scope["query_string"])
    content, digest = await feature_body(request, FEATURE_TYPES)
    wanted = description_of(content, body_crs(request))
    write = partial(
        station_writes.add_station, wanted=wanted, home=home_around(served.snapshot.box), sent=sent(request, digest)
    )
    written = await run_in_threadpool(
        naming_the_property, write, holder.entry_engine, served.snapshot.city.slug, caller
    )
    preferred = await until_shown(request, holder, written)
    answer = written_answer(request, served, written, status=201)
    answer.headers["Location"] = f"{base_of(request)}{STATIONS}/{written.facility_id}"
    answer.headers.update(preferred)
    return answer


@router.put(STATION)
async def replace_station(request: Request, served: ServedDep, holder: HolderDep, caller: CallerDep) -> Response:
    """Put a whole description in the place of a station's."""
    content, digest = await feature_body(request, FEATURE_TYPES)
    wanted = description_of(content, body_crs(request), request.path_params["feature_id"])
    return await changed(request, served, holder, caller, lambda shown, now: wanted, digest)


@router.patch(STATION)
async def update_station(request: Request, served: ServedDep, holder: HolderDep, caller: CallerDep) -> Response:
    """Change parts of a station's description."""
    patch, digest = await feature_body(request, PATCH_TYPES)
    identity, crs = request.path_params["feature_id"], body_crs(request)
    return await changed(request, served, holder, caller, partial(patched, identity, crs, patch), digest)


def patched(
    identity: str, crs: ReferenceSystem, patch: Mapping[str, Any], shown: Mapping[str, Any], now: Description
) -> Description:
    """A station's description with a merge patch applied; the patch's geometry is in its own reference system."""
    if "geometry" in patch and not isinstance(patch["geometry"], dict):
        raise ParameterError("geometry", "`geometry` cannot be taken away: a station is somewhere.")
    held = {"type": "Feature", "id": identity, "properties": dict(shown)}
    whole = merged(held | {"geometry": {"type": "Point"}}, patch)
    if "geometry" in patch:
        return description_of(whole, crs, identity)
    here = {"type": "Point", "coordinates": [now.lon, now.lat]}
    return description_of(whole | {"geometry": here}, reference_system(CRS84_URI), identity)


@router.delete(STATION)
async def remove_station(request: Request, served: ServedDep, holder: HolderDep, caller: CallerDep) -> Response:
    """Take a station out; it is retired and hidden, and can be brought back."""
    NOTHING.read_query(request.scope["query_string"])
    identity = request.path_params["feature_id"]
    write = partial(
        station_writes.remove_station,
        identity=identity,
        held=states_held(request),
        sent=sent(request, hashlib.sha256(b"").hexdigest()),
    )
    written = await run_in_threadpool(write, holder.entry_engine, served.snapshot.city.slug, caller)
    preferred = await until_shown(request, holder, written)
    return Response(status_code=204, headers={"Cache-Control": "no-store", **preferred})


async def changed(
    request: Request, served: Any, holder: SnapshotHolder, caller: Any, wanted_of: Any, digest: str
) -> Response:
    """Answer a replacement or a change in part with the station as it is now."""
    NOTHING.read_query(request.scope["query_string"])
    write = partial(
        station_writes.change_station,
        identity=request.path_params["feature_id"],
        wanted_of=wanted_of,
        held=states_held(request),
        home=home_around(served.snapshot.box),
        sent=sent(request, digest),
    )
    written = await run_in_threadpool(
        naming_the_property, write, holder.entry_engine, served.snapshot.city.slug, caller
    )
    preferred = await until_shown(request, holder, written)
    answer = written_answer(request, served, written, status=200)
    # What is answered is the feature as GET would answer it, so its ETag may stand here (RFC 9110, 8.7).
    answer.headers["Content-Location"] = f"{base_of(request)}{STATIONS}/{written.facility_id}"
    answer.headers.update(preferred)
    return answer


def naming_the_property(write: Any, *arguments: Any) -> Written:
    """Carry out a write; a property that is refused is named as a parameter would be."""
    try:
        written: Written = write(*arguments)
    except PropertyError as error:
        raise ParameterError(error.name, str(error)) from None
    return written


def sent(request: Request, digest: str) -> Sent:
    """What is written down of a request."""
    return Sent(f"{request.method} {request.url.path}", digest)


async def until_shown(request: Request, holder: SnapshotHolder, written: Written) -> dict[str, str]:
    """Wait until the snapshot shows a change, so that who writes reads what was written; says what was preferred."""
    preferred = ", ".join(request.headers.getlist("prefer"))
    match = WAIT.search(preferred)
    wait_s = SHOWN_WITHIN_S if match is None else min(float(match[1]), LONGEST_WAIT_S)
    ends = asyncio.get_running_loop().time() + wait_s
    while holder.snapshot.revision < written.revision and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(LOOK_AGAIN_S)
    return {} if match is None else {"Preference-Applied": f"wait={match[1]}"}


def written_answer(request: Request, served: Any, written: Written, *, status: int) -> Response:
    """A station as it is after a change, with the tag by which the next change is made."""
    table: FeatureTable = written.table
    (one,) = (one for one in collections_in_memory(served.snapshot) if one.id == "stations")
    selection = Selection(table, np.array([0]), None, False, reference_system(CRS84_URI), one.time_property)
    links = documents.item_links(base_of(request), one, str(written.facility_id), GEOJSON, "zh")
    body = orjson.dumps({**features(selection)[0], "links": links})
    headers = {
        "ETag": strong_tag(request, state_of(table, 0), body),
        "Content-Crs": f"<{CRS84_URI}>",
        "Cache-Control": "no-store",
    }
    return Response(body, status, media_type=GEOJSON.type, headers=headers)
