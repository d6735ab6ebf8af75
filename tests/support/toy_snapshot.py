"""A snapshot of a city one can draw: square blocks, a handful of stations, two districts, people in every cell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.cells import parents
from geo.coverage.areas import LEVELS, area_of_cells
from geo.coverage.demand import PeopleByCell, spread_to_grid, sum_by_cell
from geo.coverage.grid import build_grid, cut_streets
from geo.places.hours import Timetable
from geo.places.place_index import PlaceIndex
from geo.snapshot.masks import FacilityMasks
from geo.snapshot.model import City, DemandLayer, ModeLayer, Snapshot
from geo.snapshot.openings import OpeningsAhead
from geo.streets.graph import StreetGraph
from geo.streets.hubs import hub_times, link_hubs
from geo.streets.search import Targets, k_labels
from geo.streets.snap import EdgeIndex
from tests.support.grid_city import areas_frame, box_area, grid_graph, lon_lat

ALL_DAY = {"byday": [1, 2, 3, 4, 5, 6, 7], "opens_min": 0, "closes_min": 1440}
OFFICE = {"byday": [1, 2, 3, 4, 5], "opens_min": 540, "closes_min": 1020}

TWO_DISTRICTS = areas_frame(
    [
        ("district", "1", "西区", None, box_area(-50, -50, 1000, 2000)),
        ("district", "2", "东区", None, box_area(1000, -50, 2000, 2000)),
        ("street", "11", "西南街道", "1", box_area(-50, -50, 1000, 1000)),
        ("street", "21", "东街道", "2", box_area(1000, -50, 2000, 2000)),
    ]
)
NO_AREAS = areas_frame([])
NO_HOSTS = pd.DataFrame(
    {"osm_id": [], "host_type": [], "name": [], "opening_hours": [], "lon": np.zeros(0), "lat": np.zeros(0)}
)


def station(x_m: float, y_m: float, **facts: Any) -> dict[str, Any]:
    """One row of the facility frame: open all day, for anyone, with nothing known about it, unless said otherwise."""
    lon, lat = lon_lat(x_m, y_m)
    plain = {
        "name": f"驿站 {x_m:g}/{y_m:g}",
        "facility_type": "union_station",
        "facility_class": "basic",
        "networks": ["union_station"],
        "status": "active",
        "lon": lon,
        "lat": lat,
        "rules": [rule(ALL_DAY)],
        "exceptions": [],
        "amenities": {},
        "entry_methods": ["open_door"],
        "first_use_needs": None,
        "user_groups": ["anyone"],
        "step_free": None,
        "doubted": False,
        "codes": {},
        "amenities_checked": {},
        "district_code": None,
        "street_code": None,
    }
    return plain | facts


def rule(hours: dict[str, Any]) -> dict[str, Any]:
    """One row of the opening rules."""
    whole_year = {"valid_from": None, "valid_to": None, "season": None, "holiday_policy": "unknown", "certain": True}
    return whole_year | hours


def toy_snapshot(
    stations: list[dict[str, Any]],
    *,
    graph: StreetGraph | None = None,
    areas: gpd.GeoDataFrame = TWO_DISTRICTS,
    people: PeopleByCell | None = None,
    hosts: pd.DataFrame | None = None,
) -> Snapshot:
    """Put a snapshot together in memory, with the parts the real builder uses."""
    streets = grid_graph(20, 20) if graph is None else graph
    index = EdgeIndex(streets)
    facilities = pd.DataFrame(stations, index=pd.RangeIndex(101, 101 + len(stations), name="facility_id"))
    doubted = facilities.pop("doubted").to_numpy(dtype=bool)
    lon, lat = facilities["lon"].to_numpy(dtype=np.float64), facilities["lat"].to_numpy(dtype=np.float64)
    pieces = cut_streets(streets, 10)
    layer = demand_layer(people or people_by_street(pieces.cells, pieces.street_m))
    spread = spread_to_grid(PeopleByCell(layer.cells, layer.people), 10, pieces.cells, pieces.street_m)
    grid = build_grid(index, pieces, 10, spread.cells)
    on_grid = np.zeros(len(grid))
    on_grid[np.searchsorted(grid.cells, spread.cells)] = spread.people
    snaps = index.snap(lon, lat)
    targets = Targets.join(streets, snaps)
    mode = ModeLayer(
        graph=streets,
        index=index,
        targets=targets,
        labels=k_labels(streets, targets, 4),
        hubs=hub_times(streets, targets, link_hubs(streets, quarter_bits=5)),
        grid=grid,
        grid_name="grid-toy",
        joined=snaps.edge >= 0,
        area_of_cell={level: area_of_cells(grid.cells, grid.lon, grid.lat, areas, level) for level in LEVELS},
        people={layer.code: on_grid},
    )
    timetable = Timetable.from_frame(facilities)
    made_at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    return Snapshot(
        id="20260105T080000Z-toytoyto",
        city=City(1, "toy", "玩具市", "Toy City", True),
        made_at=made_at,
        revision=1,
        state_hash="0" * 64,
        street_network_id=1,
        street_network_name="toy.osm.pbf",
        street_network_built_at=made_at,
        folder=Path("/nowhere"),
        facilities=facilities,
        lon=lon,
        lat=lat,
        timetable=timetable,
        openings=OpeningsAhead(timetable),
        masks=FacilityMasks.of_facilities(facilities),
        doubted=doubted,
        modes={"walk": mode},
        demand={layer.code: layer},
        areas=areas,
        hosts=NO_HOSTS if hosts is None else hosts,
        places=PlaceIndex.of([]),
        declared=[],
        box=streets.bounds,
        position_of_id={number: position for position, number in enumerate(facilities.index.tolist())},
        facility_ids=tuple(facilities.index.tolist()),
    )


def people_by_street(cells: np.ndarray, street_m: np.ndarray) -> PeopleByCell:
    """One person for every three metres of street, counted by cell of resolution 9."""
    return sum_by_cell(parents(cells, 9), np.floor(street_m / 3))


def demand_layer(people: PeopleByCell) -> DemandLayer:
    """The people as a layer of residents."""
    return DemandLayer("residents", 9, people.cells, people.people, False, "counted", "toy.csv", "2026")
