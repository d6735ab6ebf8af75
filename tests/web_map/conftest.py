"""A small city on the real application, without a database: everything a page meets, hostile names included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest

from api.settings import ApiSettings
from geo.places.place_index import Place, PlaceIndex
from geo.snapshot.holder import SnapshotHolder
from geo.snapshot.model import Snapshot
from geo.store import engine as store_engine
from geo.store.engine import DatabaseUnavailableError
from geo.streets.modes import EBIKE
from tests.support.grid_city import areas_frame, box_area, grid_graph, lon_lat
from tests.support.service import running_service
from tests.support.toy_snapshot import OFFICE, rule, station, toy_snapshot
from tests.support.waiting import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine

HOSTILE_NAMES = (
    "<img src=x onerror=\"document.title='broken in'\">驿站",
    "`${document.title='broken in'}`驿站",
    "</script><script>document.title='broken in'</script>驿站",
    "很长的名字" * 80,
    "🚲🍜 驿站 😀",
    "\u202eمحطة驿站",
)
"""Names that a register may hold and that no page may take for anything but a name."""

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Friday at noon."""

UNKNOWN = dict.fromkeys(
    (
        *("code", "address", "landmark_hint", "hours_text", "first_use_needs", "entry_note", "attended", "floor"),
        *("bike_parking", "seats", "capacity_people", "public_phone", "last_verified_on", "source_name"),
    )
)
IN_THE_WEST = {"district": "西区", "street": "西南街道"}


def door(x_m: float, y_m: float, **facts: Any) -> dict[str, Any]:
    """A row of the facility frame with every column the wire needs."""
    return station(x_m, y_m, **({**UNKNOWN, **IN_THE_WEST, "services": [], "is_synthetic": True} | facts))


def toy_stations() -> list[dict[str, Any]]:
    """Twelve stations in the west: open, closed, of unknown hours, of other kinds, and with hostile names."""
    early = rule(OFFICE | {"opens_min": 300, "closes_min": 480})
    known = {
        "amenities": {"water_hot": "available", "microwave": "broken", "tv": "absent"},
        "entry_methods": ["wechat_scan"],
        "first_use_needs": "register",
        "entry_note": "进门左手边",
        "floor": "1",
        "hours_text": "24小时",
        "facility_class": "smart24h",
        "last_verified_on": "2026-10-02",
        "address": "演示路 1 号",
    }
    return [
        door(100, 100, name="近处驿站", **known),
        door(100, 300, name="办公驿站", rules=[rule(OFFICE)], hours_text="周一至周五 09:00-17:00"),
        door(300, 100, name="早市驿站", rules=[early], hours_text="05:00-08:00"),
        door(300, 200, name="时间不详驿站", rules=[]),
        door(200, 200, name="妈妈小屋", facility_type="mother_room"),
        door(700, 700, name="停用驿站", status="closed"),
        *(door(400 + 100 * n, 400, name=name) for n, name in enumerate(HOSTILE_NAMES)),
    ]


def toy_areas() -> Any:
    """Two districts, one with a name that is markup."""
    return areas_frame(
        [
            ("district", "1", "西区", None, box_area(-50, -50, 1000, 2000)),
            ("district", "2", "<b onclick=alert(1)>东区</b>", None, box_area(1000, -50, 2000, 2000)),
            ("street", "11", "西南街道", "1", box_area(-50, -50, 1000, 1000)),
            ("street", "21", "东街道", "2", box_area(1000, -50, 2000, 2000)),
        ]
    ).assign(name_en=["West", "East", None, None])


def toy_city(*, synthetic: bool = True) -> Snapshot:
    """The city with streets for both modes and one declared figure."""
    stations, areas = toy_stations(), toy_areas()
    walk = toy_snapshot(stations, areas=areas)
    ride = toy_snapshot(stations, areas=areas, graph=grid_graph(20, 20, mode=EBIKE))
    figure = {
        "metric": "union_stations", "value": 20, "qualifier": "about", "wording": "建成驿站约20个<script>",
        "area": "玩具市", "as_of": "2025", "owner": "玩具市总工会", "source_name": "公报", "source_url": None,
        "facility_type": "union_station", "facility_class": None,
    }  # fmt: skip
    modes = {"walk": walk.modes["walk"], "ebike": ride.modes["ebike" if "ebike" in ride.modes else "walk"]}
    return replace(
        walk,
        modes=modes,
        declared=[figure],
        places=PlaceIndex.of(toy_places()),
        city=replace(walk.city, is_synthetic=synthetic),
    )


def toy_places() -> list[Place]:
    """What can be searched for by name, something hostile included."""
    road = Place("香港中路", None, "road", "西区", *lon_lat(300, 300))
    street = Place("西南街道", "Southwest", "street", "西区", *lon_lat(500, 500))
    return [road, street, Place(f"香港{HOSTILE_NAMES[0]}", None, "host", "西区", *lon_lat(700, 300))]


class FixedHolder:
    """Has one snapshot for ever, and no database behind it."""

    is_stale = False

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def start(self) -> None:
        """There is nothing to watch."""

    def stop(self) -> None:
        """There is nothing to stop."""

    @property
    def engine(self) -> Engine:
        """There is none."""
        raise DatabaseUnavailableError("this city has no database.")


def held(snapshot: Snapshot) -> SnapshotHolder:
    """A holder that has one snapshot for ever."""
    return cast(SnapshotHolder, FixedHolder(snapshot))


@pytest.fixture(scope="module", autouse=True)
def patient_database() -> Iterator[None]:
    """Pages are judged here, and not how soon a busy database is given up, which a page is told with a 503."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_engine, "CONNECT_TIMEOUT_S", PATIENCE_S)
        patch.setattr(store_engine, "POOL_TIMEOUT_S", PATIENCE_S)
        for options in (store_engine.READ_ONLY_OPTIONS, store_engine.ENTRY_OPTIONS):
            patch.setitem(options, "statement_timeout", str(PATIENCE_S * 1000))
            patch.setitem(options, "lock_timeout", str(PATIENCE_S * 1000))
        yield


@pytest.fixture
def lenient_page(browser: Browser) -> Iterator[Page]:
    """A page that is not watched: for tests that make the console complain on purpose."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.grant_permissions(["geolocation"])
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def city_url() -> Iterator[str]:
    """Address of the service of the toy city."""
    with running_service(ApiSettings(), clock=lambda: NOW, holder=held(toy_city())) as client:
        yield str(client.base_url).rstrip("/")
