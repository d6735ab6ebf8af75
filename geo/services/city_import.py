"""A city comes in: streets, boundaries and hosts from an OSM extract, better boundaries from an area file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, Engine

from geo.datum import Datum
from geo.errors import InputError
from geo.progress import Progress, silent
from geo.services.street_files import StreetFolder
from geo.settings import Settings
from geo.store import area_store, city_store, facility_store, host_store, source_store, street_store
from geo.store.city_store import City
from geo.store.source_store import Source
from geo.streets.area_file import read_area_file
from geo.streets.areas import LEVELS, AdminArea
from geo.streets.build import MIN_COMPONENT_M, GraphReport, build_graph
from geo.streets.extract import Extract, ExtractReport, read_extract
from geo.streets.graph import StreetGraph
from geo.streets.hosts import Host
from geo.streets.modes import Mode, modes

READING = 2
"""Version of what is read from an extract; one that was read otherwise is read anew. 2: platforms, land use."""

OSM_LICENCE = "ODbL 1.0, © OpenStreetMap contributors"


@dataclass(frozen=True)
class StreetsReport:
    """What an import of streets did: what the city has now, and what was left out and why."""

    file: str
    sha256: str
    changed: bool
    seconds: float
    graphs: dict[str, GraphReport]
    extract: ExtractReport | None = None
    hosts: int = 0
    areas: dict[str, int] = field(default_factory=dict)
    areas_kept_from_file: list[str] = field(default_factory=list)

    def taken(self) -> dict[str, Any]:
        """What came in, as lines of a table."""
        lines: dict[str, Any] = {}
        for code, graph in self.graphs.items():
            lines[f"{code}: km of street"] = round(graph.length_km, 1)
            lines[f"{code}: nodes"] = graph.nodes
            lines[f"{code}: edges"] = graph.edges
            lines[f"{code}: one-way edges"] = graph.one_way_edges
        lines |= {f"areas: {level}": count for level, count in self.areas.items()}
        if self.extract is not None:
            lines |= {f"land: {kind}": count for kind, count in self.extract.land.items()}
        return lines | {"hosts": self.hosts}

    def dropped(self) -> dict[str, Any]:
        """What was left out, as lines of a table."""
        lines: dict[str, Any] = {}
        if self.extract is not None:
            for code, count in self.extract.ways_taken.items():
                lines[f"{code}: ways without access"] = self.extract.ways - self.extract.ways_outside - count
        for code, graph in self.graphs.items():
            lines[f"{code}: islands"] = graph.islands
            lines[f"{code}: km on islands"] = round(graph.island_length_km, 1)
            lines[f"{code}: edges on islands"] = graph.island_edges
            lines[f"{code}: ends at barriers"] = graph.barriers
        if self.extract is not None:
            if self.extract.clipped_to:
                lines[f"ways beyond {self.extract.clipped_to}"] = self.extract.ways_outside
            lines["nodes missing from the extract"] = self.extract.missing_nodes
            lines["hosts closed to the public"] = self.extract.private_hosts
            lines["boundaries that do not close"] = len(self.extract.unclosed_areas)
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data: the two tables, and every figure behind them."""
        return asdict(self) | {"taken": self.taken(), "dropped": self.dropped()}


@dataclass(frozen=True)
class AreasReport:
    """What an import of areas did."""

    file: str
    sha256: str
    level: str
    changed: bool
    areas: int
    names: list[str]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def import_streets(
    engine: Engine,
    settings: Settings,
    city_slug: str,
    path: Path,
    *,
    progress: Progress = silent,
    min_component_m: float = MIN_COMPONENT_M,
) -> StreetsReport:
    """
    Bring the streets, boundaries and hosts of an OSM extract into a city, in place of those of an earlier extract.

    The same file at the same speeds changes nothing. Nothing is half done: graph files are written beside the old ones,
    and files and rows change together when the transaction ends. Areas that came from an area file stay.

    Raises
    ------
    ExtractError, NoStreetsError
        The file is no usable extract.
    CityNotFoundError, ImportRunningError
        There is no such city, or somebody else is importing its streets.
    """
    started = time.monotonic()
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
    folder = StreetFolder(settings, city_slug)
    with folder.importing():
        sha256 = sha256_of(path)
        speeds = modes(settings)
        known = _already_there(engine, city, folder, sha256, speeds)
        if known is not None:
            return StreetsReport(path.name, sha256, False, time.monotonic() - started, known)
        extract = read_extract(path, modes=list(speeds.values()), city_names=names_of(city), progress=progress)
        graphs, reports = _build(extract, speeds, min_component_m, progress)
        report = StreetsReport(
            path.name, sha256, True, 0.0, reports, extract.report, len(extract.hosts), dict(extract.report.areas)
        )
        progress("writing streets")
        _forget_unused(engine, city, folder)
        return _write(engine, city, folder, graphs, extract, report, started)


def names_of(city: City) -> set[str]:
    """What a map may call the whole city: 青岛 is 青岛市 there."""
    names = {city.name, f"{city.name.removesuffix('市')}市"}
    return names | {city.name_en} if city.name_en else names


def _already_there(
    engine: Engine, city: City, folder: StreetFolder, sha256: str, speeds: Mapping[str, Mode]
) -> dict[str, GraphReport] | None:
    """
    The graphs' reports if the network in use was built from this file, by these rules, at these speeds, and is whole.
    """
    with engine.connect() as connection:
        network = street_store.current_network(connection, city.city_id)
    if network is None or network["extract_sha256"] != sha256 or network["report"].get("rules") != _rules(speeds):
        return None
    if not folder.is_whole(network["street_network_id"], list(speeds)):
        return None
    return {code: GraphReport(**graph) for code, graph in network["report"]["graphs"].items()}


def _rules(speeds: Mapping[str, Mode]) -> str:
    """A digest of everything about the modes, and of how extracts are read, that goes into a graph."""
    of_modes = [(code, sorted(_plain(mode).items())) for code, mode in speeds.items()]
    return hashlib.sha256(repr((READING, of_modes)).encode()).hexdigest()


def _plain(mode: Mode) -> dict[str, Any]:
    """A mode's facts in an order that does not change from run to run."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in vars(mode).items()}


def _build(
    extract: Extract, speeds: Mapping[str, Mode], min_component_m: float, progress: Progress
) -> tuple[dict[str, StreetGraph], dict[str, GraphReport]]:
    """The graph of every mode."""
    graphs, reports = {}, {}
    for done, (code, mode) in enumerate(speeds.items()):
        progress("building graphs", done, len(speeds))
        graphs[code], reports[code] = build_graph(extract.streets, mode, min_component_m=min_component_m)
    progress("building graphs", len(speeds), len(speeds))
    return graphs, reports


def _forget_unused(engine: Engine, city: City, folder: StreetFolder) -> None:
    """Let go of the files and rows of networks that nothing uses any more, and of what a killed import left."""
    with engine.connect() as connection:
        network = street_store.current_network(connection, city.city_id)
    current = {network["street_network_id"]} if network else set()
    folder.remove_unused(current)
    there = set(folder.numbers())
    with engine.begin() as connection:
        gone = [one for one in street_store.network_ids(connection, city.city_id) if one not in there | current]
        street_store.delete_networks(connection, gone)


def _write(
    engine: Engine,
    city: City,
    folder: StreetFolder,
    graphs: Mapping[str, StreetGraph],
    extract: Extract,
    report: StreetsReport,
    started: float,
) -> StreetsReport:
    """
    Publish files and rows together; if the transaction fails, nothing points to the files and the next import removes
    them.
    """
    with folder.draft(graphs, extract) as draft, engine.begin() as connection:
        city_store.lock_city(connection, city.city_id)
        kept = sorted(set(area_store.levels_from_files(connection, city.city_id)))
        report = StreetsReport(**{**vars(report), "areas_kept_from_file": kept, "seconds": time.monotonic() - started})
        network_id = street_store.next_network_id(connection)
        rules = _rules({code: graph.mode for code, graph in graphs.items()})
        street_store.add_current_network(
            connection,
            city.city_id,
            network_id,
            extract_name=report.file,
            extract_sha256=report.sha256,
            folder=(folder.path / str(network_id)).relative_to(folder.data_dir).as_posix(),
            report=report.to_dict() | {"rules": rules},
        )
        described = Source(kind="osm", name=report.file, licence=OSM_LICENCE, sha256=report.sha256)
        source_id = source_store.ensure_source(connection, city.city_id, described)
        _write_areas(connection, city, extract.areas, kept, source_id, network_id)
        facility_store.assign_areas(connection, city.city_id)
        host_store.add_hosts(connection, city.city_id, network_id, _host_frame(extract.hosts))
        city_store.bump_revision(connection, city.city_id)
        folder.publish(draft, network_id)
    return report


def _write_areas(
    connection: Connection, city: City, areas: list[AdminArea], kept: list[str], source_id: int, network_id: int
) -> None:
    """Put the extract's areas in place of the last extract's, level by level, but for levels that an area file gave."""
    frame = with_parents(_area_frame(areas))
    for level in LEVELS.values():
        if level not in kept:
            of_level = frame[frame["level"] == level]
            area_store.replace_level(
                connection, city.city_id, level, of_level, source_id=source_id, street_network_id=network_id
            )


def _area_frame(areas: list[AdminArea]) -> gpd.GeoDataFrame:
    """Areas as a frame of the stored columns."""
    columns = ("level", "code", "name", "name_en", "admin_level")
    rows = pd.DataFrame({name: [getattr(area, name) for area in areas] for name in columns})
    return gpd.GeoDataFrame(rows, geometry=[area.geometry for area in areas], crs="EPSG:4326")


def with_parents(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The same areas with `parent_code`: the district that a street lies in, judged by a point inside the street.

    A code that is there already stays.
    """
    districts = areas[areas["level"] == "district"]
    parent = areas["parent_code"].copy() if "parent_code" in areas else pd.Series(None, index=areas.index, dtype=object)
    wanting = areas.index[(areas["level"] == "street") & parent.isna()]
    inside = areas.geometry.loc[wanting].representative_point()
    for code, shape in zip(districts["code"], districts.geometry, strict=True):
        hit = inside.index[inside.within(shape)]
        parent.loc[hit] = parent.loc[hit].fillna(code)
    return areas.assign(parent_code=parent)


def _host_frame(hosts: list[Host]) -> pd.DataFrame:
    """Hosts as a frame of the stored columns."""
    columns = ("osm_id", "host_type", "name", "opening_hours", "lon", "lat")
    return pd.DataFrame({name: [getattr(host, name) for host in hosts] for name in columns}, columns=list(columns))


def import_areas(
    engine: Engine,
    settings: Settings,
    city_slug: str,
    path: Path,
    *,
    level: str,
    datum: Datum = Datum.WGS84,
) -> AreasReport:
    """
    Bring districts or streets (镇街) of a GeoJSON file into a city, in place of all areas of that level.

    The same file for the same level changes nothing. From then on no extract overwrites this level.

    Raises
    ------
    AreaFileError
        The file is no GeoJSON with named polygons in degrees.
    CityNotFoundError, InputError
        There is no such city or no such level.
    """
    if level not in LEVELS.values():
        raise InputError(f"There is no area level '{level}': write {' or '.join(LEVELS.values())}.")
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
    areas = read_area_file(path, level=level, datum=datum)
    sha256 = sha256_of(path)
    report = AreasReport(path.name, sha256, level, True, len(areas), areas["name"].tolist())
    with engine.begin() as connection:
        city_store.lock_city(connection, city.city_id)
        if area_store.levels_from_files(connection, city.city_id).get(level) == sha256:
            return AreasReport(**{**vars(report), "changed": False})
        described = Source(kind="other", name=path.name, sha256=sha256)
        source_id = source_store.ensure_source(connection, city.city_id, described)
        area_store.replace_level(connection, city.city_id, level, areas, source_id=source_id)
        _renew_parents(connection, city.city_id)
        facility_store.assign_areas(connection, city.city_id)
        city_store.bump_revision(connection, city.city_id)
    return report


def _renew_parents(connection: Connection, city_id: int) -> None:
    """Find the district of every street that does not name one."""
    areas = area_store.load_areas(connection, city_id)
    area_store.set_parents(connection, city_id, with_parents(areas))


def sha256_of(path: Path) -> str:
    """Digest of a file, by which it is known again."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
