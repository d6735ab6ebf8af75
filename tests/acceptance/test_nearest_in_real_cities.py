"""GET /nearest on two real cities against scipy over every facility: 2,000 points, both modes, five filters."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from api.settings import ApiSettings
from geo.datum import Datum
from geo.places.vocabulary import AMENITIES, label
from geo.services.cities import new_city
from geo.services.city_import import import_streets
from geo.services.nearest import arrival
from geo.services.register_import import import_register
from geo.services.snapshots import fresh_snapshot
from geo.settings import Settings
from geo.snapshot.masks import FacilityFilter
from geo.snapshot.model import Snapshot
from geo.store.cluster import Cluster
from geo.store.engine import make_engine
from geo.types import Floats
from tests.api.test_nearest import hits, times_by_brute_force
from tests.support.helsinki import helsinki_extract
from tests.support.real_data import real_data
from tests.support.service import running_service

CITIES = {"porto-alegre": lambda: real_data("porto_alegre/poa_osm.pbf"), "helsinki": helsinki_extract}
FACILITIES, POINTS, LIMIT = 250, 2_000, 5
EVENING = "2026-11-20T19:30:00+08:00"

HOURS = ("24小时", "08:00-20:00", "周一至周五 09:00-17:00", "18:00-次日02:00")
KINDS = {"工会驿站": "union_station", "职工之家": "worker_home", "爱心妈妈小屋": "mother_room"}
WATER, WATER_AND_POWER = frozenset({"water_hot"}), frozenset({"water_hot", "phone_charge"})

FILTERS: tuple[tuple[dict[str, str], FacilityFilter], ...] = (
    ({}, FacilityFilter()),
    ({"type": "worker_home,mother_room"}, FacilityFilter(types=frozenset({"worker_home", "mother_room"}))),
    ({"amenities": "water_hot,phone_charge"}, FacilityFilter(amenities=WATER_AND_POWER)),
    ({"open": EVENING}, FacilityFilter()),
    (
        {"type": "union_station", "amenities": "water_hot", "open": EVENING},
        FacilityFilter(types=frozenset({"union_station"}), amenities=WATER),
    ),
)


@pytest.fixture(scope="module", params=CITIES)
def city(
    request: pytest.FixtureRequest, cluster: Cluster, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, Snapshot]]:
    """A real city's streets with made-up facilities, brought in by the importers."""
    extract = CITIES[request.param]()  # first, because it may skip
    folder = tmp_path_factory.mktemp(request.param)
    database = f"real_{os.getpid()}_{request.param.replace('-', '_')}"
    url = cluster.create_database(database, template=template_database)
    settings = Settings(database_url=url, data_dir=folder / "data", city=request.param)
    engine = make_engine(url)
    new_city(engine, request.param, name=request.param)
    streets = import_streets(engine, settings, request.param, extract)
    assert streets.changed
    write_register(folder / "register.csv", settings.data_dir)
    report = import_register(
        engine, settings, request.param, folder / "register.csv", datum=Datum.WGS84, synthetic=True
    )
    assert report.rows_added == FACILITIES
    snapshot = fresh_snapshot(engine, settings, request.param)
    engine.dispose()
    yield settings, snapshot
    cluster.drop_database(database)


def write_register(path: Path, data_dir: Path) -> None:
    """Facilities about the streets of the city, with kinds, hours and amenities by chance."""
    random = np.random.default_rng(11)
    lon, lat = near_streets(data_dir, FACILITIES, random, spread=0.0005)
    words = [label(AMENITIES, code, "zh") for code in ("water_hot", "phone_charge", "microwave", "seat")]
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["编号", "站点名称", "类型", "经度", "纬度", "开放时间", "服务设施"])
        for number in range(FACILITIES):
            has = "、".join(word for word in words if random.random() < 0.5)
            kind, hours = random.choice(list(KINDS)), random.choice(HOURS)
            sheet.writerow(
                [f"T{number}", f"测试站{number}", kind, f"{lon[number]:.6f}", f"{lat[number]:.6f}", hours, has]
            )


def near_streets(data_dir: Path, count: int, random: np.random.Generator, *, spread: float) -> tuple[Floats, Floats]:
    """Points about the crossings of a city, some degrees off."""
    folder = next(data_dir.glob("cities/*/streets/*/walk"))
    nodes = np.load(folder / "node_lon.npy"), np.load(folder / "node_lat.npy")
    chosen = random.integers(0, len(nodes[0]), count)
    return nodes[0][chosen] + random.normal(0, spread, count), nodes[1][chosen] + random.normal(0, spread, count)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_every_answer_is_scipys(city: tuple[Settings, Snapshot], mode: str) -> None:
    settings, snapshot = city
    # Wide enough that some points lie off the network.
    lon, lat = near_streets(settings.data_dir, POINTS, np.random.default_rng(12), spread=0.002)
    lon, lat = np.round(lon, 7), np.round(lat, 7)
    times = times_by_brute_force(snapshot, mode, lon, lat)
    api = ApiSettings(database_url=settings.database_url, data_dir=settings.data_dir, city=settings.city)
    differences = answered = 0
    with running_service(api) as service:
        for parameters, wanted in FILTERS:
            passing = snapshot.masks.eligible(wanted)
            for row in range(POINTS):
                place = {"lon": f"{lon[row]:.7f}", "lat": f"{lat[row]:.7f}", "mode": mode, "limit": str(LIMIT)}
                answer = service.get("/nearest", params={**place, "fields": "travel_s", **parameters})
                expected = best(snapshot, times[row], passing, parameters.get("open"))
                differences += hits(answer.json()) != expected
                answered += len(expected)
    assert differences == 0
    assert answered > POINTS * LIMIT


def best(snapshot: Snapshot, times: Floats, passing: np.ndarray, at: str | None) -> list[tuple[str, float]]:
    """The least (time, id) of those that pass and, if asked, are open at their own moment of arrival."""
    able = np.flatnonzero((times >= 0) & passing)
    found: list[tuple[str, float]] = []
    for one in sorted(able.tolist(), key=lambda one: (times[one], snapshot.facility_ids[one])):
        if at is None or is_open(snapshot, one, arrival(datetime.fromisoformat(at), int(times[one]))):
            found.append((str(snapshot.facility_ids[one]), int(times[one]) / 10))
        if len(found) == LIMIT:
            break
    return found


def is_open(snapshot: Snapshot, position: int, moment: datetime) -> bool:
    """Whether a facility is open at a moment."""
    return snapshot.timetable.state(position, moment).state == "open"
