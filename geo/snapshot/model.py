"""The immutable read model of one city: everything a question needs, in memory, decided at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.errors import NotFoundError, UnavailableError
from geo.snapshot.masks import FacilityMasks
from geo.snapshot.openings import OpeningsAhead
from geo.types import Bools, Box, Cells, Floats, Ints

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.coverage.grid import CellGrid
    from geo.coverage.land import LandCells
    from geo.places.hours import Timetable
    from geo.places.place_index import PlaceIndex
    from geo.streets.graph import StreetGraph
    from geo.streets.search import HubTimes, Labels, Targets
    from geo.streets.snap import EdgeIndex

LABELS_PER_NODE = 16
"""How many nearest facilities every street node remembers per mode."""


class ModeNotInSnapshotError(UnavailableError):
    """The snapshot has no streets for a mode."""

    def __init__(self, mode: str, modes: Mapping[str, object]) -> None:
        super().__init__(f"This snapshot has no streets for mode `{mode}`; it has {', '.join(modes) or 'none'}.")


class NoDemandError(NotFoundError):
    """The snapshot has no demand of the kind asked for."""

    def __init__(self, code: str, layers: Mapping[str, object]) -> None:
        there = (
            f"there is {', '.join(layers)}" if layers else "there is none yet: `yiquan import demand FILE` brings it"
        )
        super().__init__(f"This city has no demand layer `{code}`; {there}.")


@dataclass(frozen=True, slots=True)
class City:
    """Which city this is."""

    city_id: int
    slug: str
    name: str
    name_en: str
    is_synthetic: bool


@dataclass(frozen=True, eq=False)
class ModeLayer:
    """One way of moving: its streets, the facilities joined to them, and what was computed once for all questions."""

    graph: StreetGraph
    index: EdgeIndex
    targets: Targets
    labels: Labels
    hubs: HubTimes
    grid: CellGrid
    grid_name: str
    joined: Bools
    """Which facilities stand at a street of this mode."""
    area_of_cell: Mapping[str, Ints]
    """For each level, the row of `areas` that each cell of the grid belongs to, -1 for none."""
    people: Mapping[str, Floats]
    """For each demand layer, the people in each cell of the grid; they sum to the layer's total."""
    land: LandCells | None = None
    """Built-up land by cell; None where the streets' extract has none mapped."""

    @property
    def mode(self) -> str:
        """Code of the mode."""
        return str(self.graph.mode.code)


@dataclass(frozen=True, eq=False)
class DemandLayer:
    """People per cell, and where the figure comes from."""

    code: str
    resolution: int
    cells: Cells
    people: Floats
    is_estimate: bool
    method: str
    source: str
    as_of: str | None

    @property
    def total_people(self) -> float:
        """All people of the layer."""
        return float(self.people.sum())


@dataclass(frozen=True, eq=False)
class Snapshot:
    """
    One city at one moment. Nothing in it changes; a new one replaces it as a whole.

    The position of a row in `facilities` is the facility index of every kernel, mask and timetable. Frames and arrays
    are shared by all requests and must not be written to.
    """

    id: str
    city: City
    made_at: datetime
    revision: int
    state_hash: str
    street_network_id: int
    street_network_name: str
    street_network_built_at: datetime
    folder: Path
    facilities: pd.DataFrame
    lon: Floats
    lat: Floats
    timetable: Timetable
    openings: OpeningsAhead
    masks: FacilityMasks
    doubted: Bools
    """Which facilities riders doubt at present (待核实)."""
    modes: Mapping[str, ModeLayer]
    demand: Mapping[str, DemandLayer]
    areas: GeoDataFrame
    hosts: pd.DataFrame
    """Buildings and places of the street extract: `osm_id`, `host_type`, `name`, `opening_hours`, `lon`, `lat`."""
    places: PlaceIndex
    declared: list[dict[str, Any]]
    box: Box
    position_of_id: Mapping[int, int] = field(repr=False)
    """Position of each facility id."""
    facility_ids: tuple[int, ...] = field(repr=False)

    def layer(self, mode: str) -> ModeLayer:
        """The layer of a mode; raises ModeNotInSnapshotError."""
        try:
            return self.modes[mode]
        except KeyError:
            raise ModeNotInSnapshotError(mode, self.modes) from None

    def demand_layer(self, code: str) -> DemandLayer:
        """The demand layer of a code; raises NoDemandError."""
        try:
            return self.demand[code]
        except KeyError:
            raise NoDemandError(code, self.demand) from None
