"""The service goes on answering while the world around it fails, and is fresh again soon after."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook

from api.server import AddressError, PortTakenError, address_of, listen
from api.settings import ApiSettings
from geo.datum import Datum
from geo.services.register_import import import_register
from geo.snapshot.folders import SnapshotFolder
from tests.api.conftest import api_settings
from tests.snapshot.test_build import flip_a_bit
from tests.support.proxy import database_proxy
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.waiting import wait_until

SLOWEST_S = 25.0
"""What no rider may wait: less than an answer that hangs (clients leave after 30 s), more than a busy machine costs."""


@dataclass
class Traffic:
    """What riders got while something happened."""

    codes: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0
    snapshots: set[str] = field(default_factory=set)


@contextmanager
def riders(client: httpx.Client, city: SmallCity) -> Iterator[Traffic]:
    """Ask for stations all the time, from two threads."""
    traffic, stopping = Traffic(), threading.Event()

    def ask(offset: int) -> None:
        with httpx.Client(base_url=client.base_url, timeout=30) as own:
            position = offset
            while not stopping.is_set():
                position = (position + 7) % len(city.snapshot.lon)
                point = {"lon": float(city.snapshot.lon[position]), "lat": float(city.snapshot.lat[position])}
                started = time.monotonic()
                answer = own.get("/nearest", params=point)
                traffic.slowest_s = max(traffic.slowest_s, time.monotonic() - started)
                traffic.codes[answer.status_code] += 1
                traffic.snapshots.add(answer.json()["snapshot"]["id"])
                stopping.wait(0.02)

    threads = [threading.Thread(target=ask, args=(offset,)) for offset in (0, 3)]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        stopping.set()
        for thread in threads:
            thread.join(timeout=60)


def status(client: httpx.Client) -> str:
    """What `/readyz` says in one word."""
    return str(client.get("/readyz").json()["status"])


def new_register(path: Path, city: SmallCity) -> Path:
    """A register with one new station at the door of another."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["驿站编号", "驿站名称", "类型", "经度", "纬度", "开放时间"])
    lon, lat = float(city.snapshot.lon[0]), float(city.snapshot.lat[0])
    sheet.append(["新-001", "刚刚建成的驿站", "工会驿站", lon, lat, "24小时"])
    book.save(path)
    return path


def test_a_new_station_is_found_without_a_restart_and_without_a_failed_request(own_city: SmallCity, tmp_path: Path):
    register = new_register(tmp_path / "new.xlsx", own_city)
    point = {"lon": float(own_city.snapshot.lon[0]), "lat": float(own_city.snapshot.lat[0]), "limit": 20}
    with running_service(api_settings(own_city)) as client:
        wait_until(lambda: status(client) == "ready")
        with riders(client, own_city) as traffic:
            engine = own_city.engine()
            report = import_register(
                engine, own_city.settings, own_city.slug, register, datum=Datum.WGS84, network="union_station"
            )
            engine.dispose()

            def is_found() -> bool:
                features = client.get("/nearest", params=point).json()["features"]
                return any(feature["properties"]["name"] == "刚刚建成的驿站" for feature in features)

            wait_until(is_found, what=f"the new station was not found ({report})")
            time.sleep(0.5)
        assert not client.get("/city.json").json()["snapshot"]["stale"]
    assert set(traffic.codes) == {200}
    assert len(traffic.snapshots) == 2
    assert traffic.slowest_s < SLOWEST_S


@pytest.mark.parametrize("fault", ["down", "frozen"])
def test_stations_are_found_while_the_database_is_away(own_city: SmallCity, fault: str):
    with database_proxy(own_city.url) as (proxy, url):
        settings = api_settings(own_city, database_url=url, database_timeout_s=1.0)
        with running_service(settings) as client:
            wait_until(lambda: status(client) == "ready")
            with riders(client, own_city) as traffic:
                getattr(proxy, fault)()
                wait_until(lambda: status(client) == "degraded")
                assert client.get("/readyz").status_code == 200
                assert client.get("/coverage").status_code == 200
                if fault == "down":
                    refused = client.get("/coverage/runs")
                    assert refused.status_code == 503
                    assert "database" in refused.json()["detail"]
                    assert int(refused.headers["retry-after"]) > 0
                proxy.up()
                back_s = wait_until(lambda: status(client) == "ready")
                assert client.get("/coverage/runs").status_code == 200
    assert set(traffic.codes) == {200}
    assert sum(traffic.codes.values()) > 20
    assert traffic.slowest_s < SLOWEST_S
    assert back_s < SLOWEST_S


def test_a_start_without_a_database_serves_what_is_on_disk(own_city: SmallCity):
    settings = api_settings(own_city, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    with running_service(settings) as client:
        assert client.get("/stations.json").json()["snapshot"] == own_city.snapshot.id
        wait_until(lambda: status(client) == "degraded")


def test_a_damaged_snapshot_and_no_database_is_said_to_be_so(own_city: SmallCity):
    folder = SnapshotFolder(own_city.settings.data_dir, own_city.slug)
    flip_a_bit(folder.path / own_city.snapshot.id / "facilities.json")
    settings = api_settings(own_city, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    with running_service(settings) as client:
        for path in ("/nearest?lon=120&lat=36", "/city.json", "/coverage"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "damaged" in answer.json()["detail"]
            assert "retry-after" in answer.headers
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200


def test_a_service_without_any_city_says_how_to_get_one(database_url: str, tmp_path: Path):
    settings = ApiSettings(data_dir=tmp_path, database_url=database_url, snapshot_poll_s=0.2)
    with running_service(settings) as client:
        wait_until(lambda: client.get("/readyz").json()["database"]["state"] == "up")
        answer = client.get("/nearest?lon=120&lat=36")
        assert answer.status_code == 503
        assert "yiquan demo" in answer.json()["detail"]


def test_a_taken_port_is_one_sentence():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"--port {port + 1}"):
            listen("127.0.0.1", port)
        assert address_of(first) == f"http://127.0.0.1:{port}"
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_one_sentence(host: str):
    with pytest.raises(AddressError, match="YIQUAN_HOST"):
        listen(host, 0)
