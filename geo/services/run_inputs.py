"""What a run was made from, so that it can be made again: files by their digests, programs by their versions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from geo.store import area_store, city_store, demand_store, import_store, street_store

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

COMPUTING = ("yiquan", "numpy", "numba", "h3", "shapely", "pandas", "osmium")
"""The packages whose versions figures can depend on."""


def made_with(connection: Connection, snapshot: Snapshot) -> dict[str, Any]:
    """What a run that is made now is made with."""
    return {"versions": versions(), "inputs": inputs_of(connection, snapshot)}


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


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "0"
