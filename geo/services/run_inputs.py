"""What a run was made from, so that it can be made again: files by their digests, programs by their versions."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection

from geo.snapshot.build import as_json, described
from geo.snapshot.frames import plain
from geo.store import area_store, city_store, demand_store, import_store, street_store

if TYPE_CHECKING:
    from geo.snapshot.model import DemandLayer, ModeLayer, Snapshot

COMPUTING = ("yiquan", "numpy", "numba", "h3", "shapely", "pandas", "osmium")
"""The packages whose versions figures can depend on."""

DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Difference:
    """Something a run was made from that is not the same now; None for a digest where it was not there at all."""

    what: str
    then: str | None
    now: str | None

    def __str__(self) -> str:
        then, now = _shortened(self.then), _shortened(self.now)
        if then is None:
            return f"{self.what} ({now}) is here now and was not then."
        if now is None:
            return f"{self.what} ({then}) was here then and is not now."
        return f"{self.what}: {then} then, {now} now."


def made_with(connection: Connection, snapshot: Snapshot) -> dict[str, Any]:
    """What a run that is made now is made with."""
    return {
        "versions": versions(),
        "state_hash": snapshot.state_hash,
        "facts": facts_of(snapshot),
        "inputs": inputs_of(connection, snapshot),
    }


def versions() -> dict[str, str]:
    """Versions of the product, of Python and of what figures are computed with; `0` for what is not installed."""
    return {"python": platform.python_version()} | {name: _version(name) for name in COMPUTING}


def inputs_of(connection: Connection, snapshot: Snapshot) -> list[dict[str, Any]] | None:
    """
    The files a snapshot's facts came from, each with what it is and its SHA-256; registers in the order of import.

    None if the city has changed since the snapshot was made: what is known then is of another state.
    """
    city = city_store.city_by_slug(connection, snapshot.city.slug)
    if city.revision != snapshot.revision:
        return None
    network = street_store.current_network(connection, city.city_id)
    files = [] if network is None else [("streets", network["extract_name"], network["extract_sha256"])]
    levels = area_store.levels_from_files(connection, city.city_id)
    files += [("areas", level, digest) for level, digest in levels.items()]
    layers = demand_store.layer_files(connection, city.city_id)
    files += [(f"demand:{code}", source, digest) for code, source, digest in layers]
    batches = sorted(import_store.list_batches(connection, city.city_id), key=lambda batch: batch.batch_id)
    files += [(batch.kind, batch.file_name, batch.sha256) for batch in batches if batch.status == "applied"]
    return [{"kind": kind, "name": name, "sha256": digest} for kind, name, digest in files]


def facts_of(snapshot: Snapshot) -> dict[str, str]:
    """
    SHA-256 of every part of a city that an answer depends on, taken from what the snapshot holds.

    Files are where facts came from; these are the facts themselves, after every edit, addition and undone import.
    """
    stations = {str(name): [plain(value) for value in column] for name, column in snapshot.facilities.items()}
    areas = snapshot.areas.drop(columns="geometry").to_dict("list")
    return {
        "city": _digest(as_json(asdict(snapshot.city))),
        "stations": _digest(as_json([snapshot.facility_ids, stations])),
        "areas": _digest(as_json(areas), *snapshot.areas.geometry.to_wkb()),
        "declared figures": _digest(as_json(snapshot.declared)),
        **{f"people of layer {code}": _digest_of_people(layer) for code, layer in sorted(snapshot.demand.items())},
        **{f"streets for {mode}": _digest_of_streets(layer) for mode, layer in sorted(snapshot.modes.items())},
    }


def differences(then: dict[str, str], now: dict[str, str]) -> list[Difference]:
    """The parts of a city whose digests are not the same, in alphabetical order."""
    both = {name: (then.get(name), now.get(name)) for name in sorted({*then, *now})}
    return [Difference(name, *pair) for name, pair in both.items() if pair[0] != pair[1]]


def other_files(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[Difference]:
    """The files of one list that are not in the other."""
    gone, come = ([one for one in some if one not in others] for some, others in ((then, now), (now, then)))
    return [
        *[Difference(_file(one), str(one["sha256"]), None) for one in gone],
        *[Difference(_file(one), None, str(one["sha256"])) for one in come],
    ]


def _shortened(text: str | None) -> str | None:
    """A digest by its beginning, which is enough to tell it from another; other texts as they are."""
    return text[:12] if text is not None and len(text) == DIGEST_LENGTH else text


def _file(one: dict[str, Any]) -> str:
    return f"file of {one['kind']} `{one['name']}`"


def _digest_of_people(layer: DemandLayer) -> str:
    columns = (np.ascontiguousarray(layer.cells), np.ascontiguousarray(layer.people))
    return _digest(as_json(described(layer)), *(column.tobytes() for column in columns))


def _digest_of_streets(layer: ModeLayer) -> str:
    """Digest of where a mode may go, how fast, and where its streets are cut into cells."""
    graph, grid = layer.graph, layer.grid
    mode = {name: value for name, value in vars(graph.mode).items() if isinstance(value, int | float)}
    edges = [getattr(graph.edges, one.name) for one in fields(graph.edges)]
    # not the cells themselves: those without a street come and go with the people
    columns = [graph.shape_lon, graph.shape_lat, *edges, grid.piece_edge, grid.piece_from, grid.piece_to]
    return _digest(as_json(mode), *(np.ascontiguousarray(column).tobytes() for column in columns))


def _digest(*parts: bytes) -> str:
    """One digest of several parts, of which none can pass for a piece of its neighbour."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode())
        digest.update(part)
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "0"
