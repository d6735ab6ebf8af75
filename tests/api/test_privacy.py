"""No rider's position is left anywhere: not in a log, not in the database, not in a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from uuid import uuid4

import h3
import httpx
import pytest
from sqlalchemy import text

import api.routers.nearest as nearest_router
from api.logs import JsonLines
from tests.api.conftest import api_settings
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.waiting import wait_until

LON, LAT = "120.3871964", "36.0653917"
"""A position that nothing else in the world writes with these digits."""

TRACES = (LON, LAT, LON[:8], LAT[:7], h3.latlng_to_cell(float(LAT), float(LON), 9)[:12])
"""What would give it away: its digits down to some ten metres, and its cell finer than resolution 8."""

ASKED = (
    f"/nearest?lon={LON}&lat={LAT}",
    f"/nearest?lon={LON}&lat={LAT}&mode=ebike&open=now&coord=gcj02",
    f"/nearest?lon={LON}&lat={LAT}&lat={LAT}",
    f"/nearest?lon={LON},{LAT}",
    f"/nearest?lon={LON}&lat={LAT}&unknown={LON}",
    f"/nearest?{LON}={LAT}",
    f"/nearest/{LON}/{LAT}",
    f"/facilities/{LON}",
    f"/coverage?at={LON}",
    f"/coverage/runs/{LON}",
    f"/static/{LON}",
    f"/city.json?lon={LON}&lat={LAT}",
    f"/healthz?{LON}",
    f"/planner?lon={LON}&lat={LAT}",
    f"/?at={LON},{LAT}",
    f"/grid?lon={LON}&lat={LAT}",
    f"/amenities-nearby?lon={LON}&lat={LAT}&kind=toilets",
    f"/places?q={LON}",
    f"/places?q={LON}&q={LAT}",
    f"/s/{LON}",
    f"/facilities/{LON}/reports",
)


class Lines(logging.Handler):
    """Every line the service would have logged, as JSON and as plain text; the client that asks logs what it asks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(("httpx", "httpcore")):
            return
        self.lines.append(self.format(record))
        self.lines.append(logging.Formatter().format(record))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("yiquan").setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def traces_in(text_: str) -> list[str]:
    """What of the position a text gives away."""
    return [trace for trace in TRACES if trace in text_]


def test_a_position_is_not_left_anywhere(own_city: SmallCity, lines: Lines, capfd: pytest.CaptureFixture[str]):
    """Through every route, right questions and wrong ones; then every log line, table and file is searched."""
    before = {path: path.stat().st_mtime_ns for path in own_city.settings.data_dir.rglob("*") if path.is_file()}
    with running_service(api_settings(own_city)) as client:
        for path in ASKED:
            client.get(path)
        client.post("/nearest", json={"points": [[float(LON), float(LAT)]]})
        client.post("/nearest", content=f'{{"points": [[{LON}, {LAT}, 1]]}}'.encode())
        client.post("/nearest", content=f"{LON} {LAT}".encode())
        client.get("/nearest", headers={"X-Request-Id": LON, "Referer": f"http://x/?lon={LON}"})
        client.post("/reports", json={"station": LON, "reporter": f"{LON}{LAT}", "lon": LON})
        wait_until(lambda: client.get("/readyz").json()["database"]["state"] == "up")
        assert client.post("/reports", json=good_report(own_city)).status_code == 202
        # A wish has its place on purpose, and keeps it to ten metres.
        wish = {"lon": float(LON), "lat": float(LAT), "reporter": TOKEN, "id": str(uuid4())}
        assert client.post("/wishes", json=wish).status_code == 400
        assert client.post("/wishes", json={**wish, "at": "2026-11-18T12:00:00+08:00"}).status_code == 202
    seen = [line for line in lines.lines if '"event":"request"' in line and "yiquan.access" in line]
    assert len(seen) >= len(ASKED)
    assert [line for line in lines.lines if traces_in(line)] == []
    printed = capfd.readouterr()
    assert traces_in(printed.out + printed.err) == []
    stored = everything_stored(own_city)
    assert traces_in(stored) == []
    assert "good_confirm" in stored
    assert TOKEN not in stored + printed.out + printed.err + "".join(lines.lines)
    # An outline of the city may have a corner with these digits; what counts is what was written since.
    files = [path for path in own_city.settings.data_dir.rglob("*") if path.is_file()]
    files = [path for path in files if path.stat().st_mtime_ns != before.get(path)]
    assert [path for path in files if any(trace.encode() in path.read_bytes() for trace in TRACES)] == []


def test_a_failure_nobody_foresaw_gives_nothing_away(
    own_city: SmallCity, lines: Lines, monkeypatch: pytest.MonkeyPatch
):
    """Its text quotes the position; neither the answer nor the log does."""

    def fail(snapshot: object, question: object) -> None:
        raise RuntimeError(f"could not make sense of {LON}, {LAT}")

    monkeypatch.setattr(nearest_router, "nearest", fail)
    with running_service(api_settings(own_city)) as client:
        answer = client.get(f"/nearest?lon={LON}&lat={LAT}")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert traces_in(answer.text) == []
    failures = [line for line in lines.lines if "request failed" in line and line.startswith("{")]
    assert len(failures) == 1
    assert "RuntimeError" in failures[0]
    assert "nearest.py" in failures[0]
    assert [line for line in lines.lines if traces_in(line)] == []


def test_a_log_line_names_the_route_and_not_the_address(service: httpx.Client, lines: Lines):
    service.get("/facilities/123456")
    wait_until(lambda: any("/facilities/{identity}" in line for line in lines.lines))
    assert not any("123456" in line for line in lines.lines if "yiquan.access" in line)


TOKEN = "a-phone-that-can-be-told"
"""What a phone calls itself. Not even that is kept."""


def good_report(city: SmallCity) -> dict[str, str]:
    """A report as a phone sends it."""
    return {
        "station": str(city.snapshot.facility_ids[0]),
        "kind": "good_confirm",
        "at": "2026-11-18T12:00:00+08:00",
        "reporter": TOKEN,
        "id": "0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10",
    }


def everything_stored(city: SmallCity) -> str:
    """Every row of every table, as text."""
    engine = city.engine()
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars().all() for name in tables]
    engine.dispose()
    return "\n".join(str(row) for table in rows for row in table)
