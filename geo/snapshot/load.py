"""Reads a snapshot from disk into memory: arrays mapped, small tables read, every file checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from geo.places.hours import Timetable
from geo.settings import Settings
from geo.snapshot.folders import DamagedSnapshotError, read_manifest
from geo.snapshot.frames import load_areas, load_facilities, load_hosts
from geo.snapshot.layers import StreetLayer, digests, open_streets
from geo.snapshot.masks import FacilityMasks
from geo.snapshot.model import City, DemandLayer, ModeLayer, Snapshot
from geo.snapshot.openings import OpeningsAhead
from geo.snapshot.places import load_places
from geo.streets.graph import GraphFolderError
from geo.streets.search import HubTimes, Labels, Targets
from geo.types import Box, Floats


def load_snapshot(folder: Path, settings: Settings, *, like: Snapshot | None = None) -> Snapshot:
    """
    Load a snapshot.

    Parameters
    ----------
    like
        A snapshot in memory; the streets it has in common with this one are shared, not opened again.

    Raises
    ------
    DamagedSnapshotError
        A file is not as it was written, or the streets it was made for are gone.
    """
    manifest = read_manifest(folder)
    facilities = load_facilities(folder / "facilities.json")
    lon, lat = (np.ascontiguousarray(facilities[name], dtype=np.float64) for name in ("lon", "lat"))
    timetable = Timetable.from_frame(facilities)
    ids = tuple(facilities.index.tolist())
    network = manifest["network"]
    return Snapshot(
        id=manifest["id"],
        city=City(**manifest["city"]),
        made_at=datetime.fromisoformat(manifest["made_at"]),
        revision=manifest["revision"],
        state_hash=manifest["state_hash"],
        street_network_id=network["street_network_id"],
        street_network_name=network["extract_name"],
        street_network_built_at=datetime.fromisoformat(network["built_at"]),
        folder=folder,
        facilities=facilities,
        lon=lon,
        lat=lat,
        timetable=timetable,
        openings=OpeningsAhead(timetable),
        masks=FacilityMasks.of_facilities(facilities),
        doubted=np.isin(ids, orjson.loads((folder / "doubted.json").read_bytes())),
        modes={
            mode: load_mode(folder, settings.data_dir, network, mode, facts, (lon, lat), like)
            for mode, facts in manifest["modes"].items()
        },
        demand={layer["code"]: load_demand(folder, layer) for layer in manifest["demand"]},
        areas=load_areas(folder / "areas.json"),
        hosts=load_hosts(folder / "hosts.json"),
        places=load_places(folder / "places.json"),
        declared=orjson.loads((folder / "declared.json").read_bytes()),
        box=Box(*manifest["box"]),
        position_of_id={facility_id: position for position, facility_id in enumerate(ids)},
        facility_ids=ids,
    )


def load_mode(
    folder: Path,
    data_dir: Path,
    network: dict[str, Any],
    mode: str,
    facts: dict[str, Any],
    places: tuple[Floats, Floats],
    like: Snapshot | None,
) -> ModeLayer:
    """One mode of a snapshot: the shared streets, and what this snapshot's facilities make of them."""
    streets = shared_streets(like, network, mode, facts["grid"])
    if streets is None:
        streets = checked_streets(folder, data_dir / network["folder"] / mode, facts)
    snaps = streets.index.snap(*places)
    return ModeLayer(
        graph=streets.graph,
        index=streets.index,
        grid=streets.grid,
        grid_name=streets.grid_name,
        targets=Targets.join(streets.graph, snaps, streets.graph.mode.arrival_overhead_ds),
        labels=Labels(mapped(folder / f"{mode}-label-time.npy"), mapped(folder / f"{mode}-label-facility.npy")),
        hubs=HubTimes(mapped(folder / f"{mode}-hub-row.npy"), mapped(folder / f"{mode}-hub-time.npy")),
        joined=snaps.edge >= 0,
        area_of_cell={level: mapped(folder / f"{mode}-area-{level}.npy") for level in facts["levels"]},
        people={code: mapped(folder / f"{mode}-people-{code}.npy") for code in facts["demand"]},
        land=streets.land,
    )


def shared_streets(like: Snapshot | None, network: dict[str, Any], mode: str, grid_name: str) -> StreetLayer | None:
    """The streets of a snapshot in memory, if they are the ones wanted."""
    if like is None or like.street_network_id != network["street_network_id"] or mode not in like.modes:
        return None
    layer = like.modes[mode]
    if layer.grid_name != grid_name:
        return None
    return StreetLayer(layer.graph, layer.index, layer.grid, grid_name, layer.land)


def checked_streets(folder: Path, streets: Path, facts: dict[str, Any]) -> StreetLayer:
    """The streets a snapshot was made for, if they are still what they were."""
    try:
        if digests(streets) != facts["graph"]:
            raise DamagedSnapshotError(folder, f"the streets in {streets} were changed")
        return open_streets(streets, facts["grid"], with_land=facts["land"])
    except (OSError, GraphFolderError):
        raise DamagedSnapshotError(folder, f"the streets in {streets} are gone") from None


def load_demand(folder: Path, facts: dict[str, Any]) -> DemandLayer:
    """One demand layer."""
    code = facts["code"]
    cells, people = mapped(folder / f"demand-{code}-cells.npy"), mapped(folder / f"demand-{code}-people.npy")
    return DemandLayer(cells=cells, people=people, **facts)


def mapped(path: Path) -> NDArray[Any]:
    """An array of a file, mapped into memory: read when it is used, shared by all processes."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
