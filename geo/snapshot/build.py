"""Builds the snapshot of a city from PostGIS and its street graphs, and publishes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Engine

from geo.coverage.areas import LEVELS, area_of_cells
from geo.coverage.grid import CellGrid
from geo.errors import UnavailableError
from geo.settings import Settings
from geo.snapshot.draft import Draft, Former, basis_of
from geo.snapshot.folders import FORMAT, DamagedSnapshotError, SnapshotFolder, write_manifest
from geo.snapshot.frames import plain, save_areas, save_facilities, save_hosts
from geo.snapshot.layers import StreetLayer, digests, people_on_grid, prepare_streets
from geo.snapshot.load import load_snapshot
from geo.snapshot.model import LABELS_PER_NODE, City, DemandLayer, Snapshot
from geo.snapshot.places import index_of_city, save_places
from geo.store import (
    area_store,
    city_store,
    demand_store,
    facility_store,
    host_store,
    report_store,
    snapshot_store,
    source_store,
    street_store,
)
from geo.streets.hubs import HubLinks, hub_times, link_hubs, quarter_bits_for
from geo.streets.modes import EBIKE, WALK
from geo.streets.search import Targets, k_labels
from geo.types import Box, Floats

MODES = (WALK.code, EBIKE.code)

NETWORK_FACTS = ("street_network_id", "extract_name", "extract_sha256", "built_at", "folder")
"""What a snapshot remembers of the streets it stands on."""


class NoStreetsError(UnavailableError):
    """The city has no street network."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"City {slug} has no streets yet: `yiquan import streets FILE.osm.pbf` brings them.")


class NoFacilitiesError(UnavailableError):
    """The city has no facility."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"City {slug} has no facilities yet: `yiquan import register FILE` brings them.")


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything the database knows that goes into a snapshot, read in one transaction."""

    city: City
    revision: int
    facilities: pd.DataFrame
    areas: gpd.GeoDataFrame
    declared: list[dict[str, Any]]
    demand: list[DemandLayer]
    network: dict[str, Any]
    hosts: pd.DataFrame
    doubted: list[int]


def build_snapshot(engine: Engine, settings: Settings, city_slug: str) -> Snapshot:
    """
    Build the snapshot of a city from the present facts, publish it, and load it.

    Raises
    ------
    CityNotFoundError
        There is no such city.
    NoStreetsError, NoFacilitiesError
        The city is not complete; the message names the command that completes it.
    """
    folder = SnapshotFolder(settings.data_dir, city_slug)
    snapshot_id = build_fresh(engine, settings, city_slug)
    return load_snapshot(folder.path / snapshot_id, settings)


def build_fresh(engine: Engine, settings: Settings, city_slug: str, *, at_least: int | None = None) -> str:
    """
    Build and publish a snapshot; returns its id.

    With `at_least`, one that another process has published meanwhile and that has this revision is good enough.
    """
    folder = SnapshotFolder(settings.data_dir, city_slug)
    with folder.building():
        published = published_id(folder, settings, at_least) if at_least is not None else None
        if published is None:
            published = publish(engine, settings, folder, read_facts(engine, city_slug))
        folder.prune()
    return published


def published_id(folder: SnapshotFolder, settings: Settings, at_least: int) -> str | None:
    """The id of the current snapshot, if it is whole and not older than a revision."""
    current = folder.current_id()
    if current is None:
        return None
    try:
        # Loaded, not only looked at: the streets it stands on may have been damaged since, and then it serves nobody.
        return current if load_snapshot(folder.path / current, settings).revision >= at_least else None
    except DamagedSnapshotError:
        return None


def read_facts(engine: Engine, city_slug: str) -> Facts:
    """Read what goes into a snapshot, as of one moment: an import meanwhile is in it whole or not at all."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        city = city_store.city_by_slug(connection, city_slug)
        network = street_store.current_network(connection, city.city_id)
        if network is None:
            raise NoStreetsError(city_slug)
        facilities = facility_store.load_facilities(connection, city.city_id)
        if facilities.empty:
            raise NoFacilitiesError(city_slug)
        return Facts(
            city=City(city.city_id, city.slug, city.name, city.name_en or city.slug, city.is_synthetic),
            revision=city.revision,
            facilities=facilities.sort_index(),
            areas=area_store.load_areas(connection, city.city_id),
            declared=[with_plain_names(row) for row in source_store.load_declared_figures(connection, city.city_id)],
            demand=[demand_layer_of(layer) for layer in demand_store.load_layers(connection, city.city_id)],
            network=network,
            hosts=host_store.load_hosts(connection, city.city_id),
            doubted=report_store.doubted(connection, city.city_id),
        )


def with_plain_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a plain dictionary: the database layer's names are a kind of text that JSON writers refuse."""
    return {str(name): plain(value) for name, value in row.items()}


def demand_layer_of(stored: demand_store.StoredDemand) -> DemandLayer:
    """A demand layer of the database as the snapshot keeps it."""
    return DemandLayer(
        code=stored.code,
        resolution=stored.resolution,
        cells=stored.cells,
        people=stored.people,
        is_estimate=stored.is_estimate,
        method=stored.method,
        source=stored.source,
        as_of=stored.as_of,
    )


def publish(engine: Engine, settings: Settings, folder: SnapshotFolder, facts: Facts) -> str:
    """Compute what a snapshot holds, write it beside the others, make it the current one, and record it."""
    network = settings.data_dir / facts.network["folder"]
    streets = {mode: prepare_streets(network / mode, facts.demand) for mode in MODES}
    state_hash = hash_of_state(facts, streets)
    made_at, snapshot_id = free_id(folder, state_hash)
    with folder.new_folder(snapshot_id) as path:
        draft = Draft(path, Former.of(folder))
        write_facts(draft, facts)
        write_names(draft, facts, streets)
        modes = {mode: write_mode(draft, layer, facts, network / mode) for mode, layer in streets.items()}
        write_manifest(
            path,
            {
                "id": snapshot_id,
                "city": asdict(facts.city),
                "made_at": made_at.isoformat(),
                "revision": facts.revision,
                "state_hash": state_hash,
                "network": {name: plain(facts.network[name]) for name in NETWORK_FACTS},
                "modes": modes,
                "bases": draft.bases,
                "demand": [described(layer) for layer in facts.demand],
                "box": box_of(facts.areas, streets),
            },
        )
    with engine.begin() as connection:
        snapshot_store.record_snapshot(
            connection,
            facts.city.city_id,
            snapshot_id=snapshot_id,
            made_at=made_at,
            revision=facts.revision,
            state_hash=state_hash,
        )
    return snapshot_id


def free_id(folder: SnapshotFolder, state_hash: str) -> tuple[datetime, str]:
    """A moment and an id made from it that no snapshot has; ids sort by time."""
    moment = datetime.now(UTC).replace(microsecond=0)
    taken = {one.split("-")[0] for one in folder.ids()}
    while f"{moment:%Y%m%dT%H%M%SZ}" in taken:
        moment += timedelta(seconds=1)
    return moment, f"{moment:%Y%m%dT%H%M%SZ}-{state_hash[:8]}"


def write_facts(draft: Draft, facts: Facts) -> None:
    """Write what was read."""
    save_facilities(facts.facilities, draft.folder / "facilities.json")
    save_areas(facts.areas, draft.folder / "areas.json")
    save_hosts(facts.hosts, draft.folder / "hosts.json")
    (draft.folder / "doubted.json").write_bytes(as_json(facts.doubted))
    (draft.folder / "declared.json").write_bytes(as_json(facts.declared))
    for layer in facts.demand:
        draft.write(f"demand-{layer.code}-cells", layer.cells)
        draft.write(f"demand-{layer.code}-people", layer.people)


def write_names(draft: Draft, facts: Facts, streets: Mapping[str, StreetLayer]) -> None:
    """Write the index by which areas, roads, stations and hosts are found."""
    graphs = {mode: layer.graph for mode, layer in streets.items()}
    save_places(index_of_city(facts.areas, graphs, facts.facilities, facts.hosts), draft.folder / "places.json")


def write_mode(draft: Draft, streets: StreetLayer, facts: Facts, folder: Path) -> dict[str, Any]:
    """Compute and write what a mode's streets and this snapshot's facts make together."""
    mode, grid, graph = streets.graph.mode.code, streets.grid, digests(folder)
    lon, lat = (np.ascontiguousarray(facts.facilities[name], dtype=np.float64) for name in ("lon", "lat"))
    of_streets = as_json([LABELS_PER_NODE, streets.grid_name, graph])
    draft.settle(
        (f"{mode}-label-time", f"{mode}-label-facility"),
        basis_of(of_streets, lon.tobytes(), lat.tobytes()),
        lambda: labels_of(streets, lon, lat),
    )
    bits = quarter_bits_for(streets.graph, len(lon))
    of_quarters = as_json([bits, graph])
    links = tuple(f"{mode}-hub-{part}" for part in ("row", "start", "link"))
    draft.settle(links, basis_of(of_quarters), lambda: vars(link_hubs(streets.graph, bits)).values())
    draft.settle(
        (f"{mode}-hub-time",),
        basis_of(of_quarters, lon.tobytes(), lat.tobytes()),
        lambda: [times_of_hubs(streets, lon, lat, HubLinks(*map(draft.read, links)))],
    )
    outlines = (draft.folder / "areas.json").read_bytes()
    for level in LEVELS:
        draft.settle(
            (f"{mode}-area-{level}",),
            basis_of(of_streets, outlines),
            partial(areas_of_grid, grid, facts.areas, level),
        )
    for layer in facts.demand:
        draft.write(f"{mode}-people-{layer.code}", people_on_grid(grid, layer))
    demand = [layer.code for layer in facts.demand]
    return {
        "grid": streets.grid_name,
        "graph": graph,
        "land": streets.land is not None,
        "levels": list(LEVELS),
        "demand": demand,
    }


def areas_of_grid(grid: CellGrid, areas: gpd.GeoDataFrame, level: str) -> list[NDArray[np.int32]]:
    """The area of one level that each cell belongs to, as the only column."""
    return [area_of_cells(grid.cells, grid.lon, grid.lat, areas, level)]


def labels_of(streets: StreetLayer, lon: Floats, lat: Floats) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The nearest facilities of every street node, all facilities counted: filters come when somebody asks."""
    labels = k_labels(streets.graph, joined(streets, lon, lat), LABELS_PER_NODE)
    return labels.time_ds, labels.facility


def times_of_hubs(streets: StreetLayer, lon: Floats, lat: Floats, links: HubLinks) -> NDArray[np.int32]:
    """The time from every hub of the streets to every facility: what answers a filter few pass."""
    return hub_times(streets.graph, joined(streets, lon, lat), links).time_ds


def joined(streets: StreetLayer, lon: Floats, lat: Floats) -> Targets:
    """Facilities joined to a mode's streets."""
    return Targets.join(streets.graph, streets.index.snap(lon, lat), streets.graph.mode.arrival_overhead_ds)


def described(layer: DemandLayer) -> dict[str, Any]:
    """A demand layer without its columns."""
    return {name: value for name, value in vars(layer).items() if name not in ("cells", "people")}


def box_of(areas: gpd.GeoDataFrame, streets: Mapping[str, StreetLayer]) -> list[float]:
    """The box around the city: around its areas, or around its streets where no areas are mapped."""
    if len(areas):
        return [float(side) for side in areas.total_bounds]
    boxes = [layer.graph.bounds for layer in streets.values()]
    whole = Box(
        min(box.west for box in boxes),
        min(box.south for box in boxes),
        max(box.east for box in boxes),
        max(box.north for box in boxes),
    )
    return list(whole)


NOT_COMPUTED_WITH = frozenset({"operator", "changed_at"})
"""Columns of facilities that no question filters or computes by."""


def hash_of_state(facts: Facts, streets: Mapping[str, StreetLayer]) -> str:
    """
    A digest of everything a computed result can depend on: the same facts always have the same one.

    What riders report is not in it. It moves a station down a list for a few weeks; no coverage, gap or site depends on
    it, and a stored run must not look like one of another city because somebody found a door locked.
    """
    digest = hashlib.sha256(f"{FORMAT} {LABELS_PER_NODE}".encode())
    columns = {
        str(name): [plain(value) for value in column.tolist()]
        for name, column in facts.facilities.items()
        if name not in NOT_COMPUTED_WITH
    }
    digest.update(as_json([asdict(facts.city), facts.facilities.index.tolist(), columns]))
    digest.update(as_json([facts.declared, facts.network["extract_sha256"]]))
    digest.update(as_json([facts.areas[["level", "code", "name"]].to_numpy().tolist()]))
    for shape in facts.areas.geometry.to_wkb():
        digest.update(shape)
    for layer in facts.demand:
        digest.update(as_json(described(layer)))
        digest.update(np.ascontiguousarray(layer.cells).tobytes())
        digest.update(np.ascontiguousarray(layer.people).tobytes())
    for mode, street_layer in streets.items():
        mode_facts = vars(street_layer.graph.mode).items()
        numbers = {name: value for name, value in mode_facts if isinstance(value, int | float)}
        digest.update(as_json([mode, street_layer.grid_name, numbers]))
        if street_layer.land is not None:
            digest.update(np.ascontiguousarray(street_layer.land.built_km2).tobytes())
    return digest.hexdigest()


def as_json(value: Any) -> bytes:
    """A value as JSON, always the same bytes for the same value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY, default=plain)
