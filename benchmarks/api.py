"""
What a request costs: ours beside tipg over the same stations, and beside a KNN endpoint as services usually have it.

The demo city is made in a folder of its own with its own PostGIS; its stations are copied into one plain indexed table
for the rivals. Every server runs alone, as one process, and is asked the same things over one kept connection. Counted
is the processor time of the server's process and its children; the rivals' database works beside them and is not
counted. Ours is served three ways: every address behind the framework's router (plain), the busiest before it
(mounted, the product's own), and the same by Granian instead of uvicorn.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import numpy as np
from sqlalchemy import create_engine, make_url, text

from benchmarks.timing import Row
from geo.cells import cells_to_texts, points_to_cells
from geo.services.collection_tiles import tile_of
from geo.store.cluster import Cluster

ROOT = Path(__file__).resolve().parent.parent
RIVALS_PYTHON = ROOT / ".tools/engines/bin/python"
REQUESTS = 2000
WARM_REQUESTS = 200
START_S = 900
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SEED = 20260101
BATCH = 10_000
BATCHES = 5

PLAIN_TABLE = """
CREATE SCHEMA rival;
CREATE TABLE rival.stations AS
SELECT f.facility_id::text AS id, f.name, f.facility_type, f.facility_class, f.status, f.hours_text, s.district,
       s.street, s.address, s.seats, s.bike_parking, s.floor, f.last_verified_on, f.is_synthetic,
       COALESCE(s.entrance_geom, s.geom) AS geom
FROM facility f JOIN site s USING (site_id) WHERE f.visible;
ALTER TABLE rival.stations ADD PRIMARY KEY (id);
ALTER TABLE rival.stations ALTER COLUMN geom TYPE geometry(Point, 4326);
CREATE INDEX ON rival.stations USING gist (geom);
ANALYZE rival.stations;
"""
GOALS = (
    "Goals: items at least 5 times cheaper than tipg's, /nearest at least 10 times cheaper than the KNN endpoint's and "
    "at most 0.25 ms, 100,000 points of a batch a second and core."
)
TILE_ZOOM = 12
CELL_RESOLUTION = 9

Paths = dict[str, list[str]]
"""What is asked of a server, by the name of the work."""


def rows() -> Iterator[Row | str]:
    """What every server needs for items, one item, a tile, the nearest, a cell, and a batch; then the ratios."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_city(folder)
        cluster = Cluster(folder)
        url = cluster.start()
        stack.callback(cluster.stop)
        points, ids = prepared(url)
        yield f"{REQUESTS:,} requests each, one connection; processor time of the server. {GOALS}"
        found: list[Row] = []
        for one in chain(ours_three_ways(folder, points, ids), rivals(url, points, ids)):
            if isinstance(one, Row):
                found.append(one)
                yield in_words(one)
            yield one
        yield from compared(found)


def make_city(folder: Path) -> None:
    """Make the demo city."""
    command = [str(Path(sys.executable).with_name("yiquan")), "demo", "--no-serve"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "YIQUAN_DATA": str(folder)}, check=True, stdout=sys.stderr)


def prepared(url: str) -> tuple[list[tuple[float, float]], list[str]]:
    """Make the rivals' table; places to ask from, beside stations, and ids to ask for."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in filter(str.strip, PLAIN_TABLE.split(";")):
            connection.execute(text(statement))
        found = connection.execute(text("SELECT id, ST_X(geom), ST_Y(geom) FROM rival.stations ORDER BY id")).all()
    engine.dispose()
    drawn = random.Random(SEED).choices(found, k=REQUESTS)
    return [(lon, lat) for _, lon, lat in drawn], [identity for identity, _, _ in drawn]


def boxes_of(points: Sequence[tuple[float, float]]) -> list[str]:
    """A box around every place, ten features of it."""
    return [f"bbox={lon - 0.02:.5f},{lat - 0.02:.5f},{lon + 0.02:.5f},{lat + 0.02:.5f}&limit=10" for lon, lat in points]


def places_of(points: Sequence[tuple[float, float]]) -> list[str]:
    """A place some 300 m from every station drawn."""
    return [f"lon={lon + 0.003:.5f}&lat={lat + 0.002:.5f}" for lon, lat in points]


def ours_three_ways(folder: Path, points: Sequence[tuple[float, float]], ids: Sequence[str]) -> Iterator[Row | str]:
    """The same questions to the product behind three doors."""
    lon, lat = (np.array(side) for side in zip(*points, strict=True))
    tiles = [tile_of(*point, TILE_ZOOM) for point in points]
    stations = "/collections/stations"
    paths = {
        "items_bbox_10": [f"{stations}/items?{box}" for box in boxes_of(points)],
        "one_item": [f"{stations}/items/{one}" for one in ids],
        "one_tile": [f"{stations}/tiles/WebMercatorQuad/{TILE_ZOOM}/{row}/{column}" for row, column in tiles],
        "nearest_5": [f"/nearest?{place}&limit=5&mode=walk" for place in places_of(points)],
        "nearest_5_open": [f"/nearest?{place}&limit=5&mode=walk&open=now" for place in places_of(points)],
        "one_cell": [f"/cells/{cell}?limit=5" for cell in cells_to_texts(points_to_cells(lon, lat, CELL_RESOLUTION))],
    }
    variables = {"YIQUAN_DATA": str(folder)}
    for name, command in doors():
        with running(name, command, "/readyz", variables) as ours:
            yield from asked_all(ours, paths)
            if name == OURS:
                yield from batches(ours, points)


OURS = "yiquan mounted"


def doors() -> Iterator[tuple[str, list[str]]]:
    """How the product is served: names and commands, the port left open."""
    folder = Path(sys.executable).parent
    yield OURS, [str(folder / "yiquan"), "serve", "--port"]
    yield "yiquan plain", [*uvicorn(Path(sys.executable), "benchmarks.serving:plain"), "--factory", "--port"]
    if (folder / "granian").exists():
        granian = [
            str(folder / "granian"),
            "--interface",
            "asgi",
            "--workers",
            "1",
            "--no-ws",
            "--log-level",
            "warning",
        ]
        yield "yiquan Granian", [*granian, "--factory", "benchmarks.serving:mounted", "--port"]


def uvicorn(python: Path, app: str) -> list[str]:
    """The command of a server under uvicorn, without a log of requests."""
    return [str(python), "-m", "uvicorn", app, "--no-access-log", "--log-level", "warning"]


def rivals(url: str, points: Sequence[tuple[float, float]], ids: Sequence[str]) -> Iterator[Row | str]:
    """tipg over the same stations, and an endpoint with one KNN query."""
    knn = [*uvicorn(Path(sys.executable), "benchmarks.knn_endpoint:app"), "--port"]
    with running("fastapi+geoalchemy2 knn", knn, "/docs", {"DATABASE_URL": url}) as endpoint:
        yield from asked_all(endpoint, {"nearest_5": [f"/knn?{place}&limit=5" for place in places_of(points)]})
    if not RIVALS_PYTHON.exists():
        yield "No environment for rivals: tipg is left out (`run.py bench api` makes it)."
        return
    address = "/collections/rival.stations"
    tiles = [tile_of(*point, TILE_ZOOM) for point in points]
    paths = {
        "items_bbox_10": [f"{address}/items?{box}" for box in boxes_of(points)],
        "one_item": [f"{address}/items/{one}" for one in ids],
        "one_tile": [f"{address}/tiles/WebMercatorQuad/{TILE_ZOOM}/{column}/{row}" for row, column in tiles],
    }
    variables = {"DATABASE_URL": with_host_in_front(url), "TIPG_DB_SCHEMAS": '["rival"]'}
    with running("tipg", [*uvicorn(RIVALS_PYTHON, "tipg.main:app"), "--port"], "/healthz", variables) as tipg:
        yield from asked_all(tipg, paths)


def with_host_in_front(url: str) -> str:
    """A database's address as tipg takes it: one without a host before the name of the database is none to it."""
    address = make_url(url)
    socket_folder = address.query.get("host")
    if address.host or not isinstance(socket_folder, str):
        return address.set(drivername="postgresql").render_as_string(hide_password=False)
    return f"postgresql://{address.username}@{quote(socket_folder, safe='')}/{address.database}"


def batches(ours: Server, points: Sequence[tuple[float, float]]) -> Iterator[Row | str]:
    """Ten thousand places in one request, alike and with filters: the time of each place."""
    moves = random.Random(SEED + 1)
    many = [
        (round(lon + moves.gauss(0, 0.004), 6), round(lat + moves.gauss(0, 0.003), 6))
        for lon, lat in moves.choices(points, k=BATCH)
    ]
    for work, wishes in (
        ("batch_of_3", {}),
        ("batch_of_3_type", {"type": ["union_station"]}),
        ("batch_of_3_amenities", {"amenities": ["water_hot", "microwave"]}),
        ("batch_of_3_open", {"open": "2026-11-18T12:00:00+08:00"}),
    ):
        yield batch(ours, work, json.dumps({"points": many, "limit": 3, "mode": "walk", **wishes}).encode())


def batch(ours: Server, work: str, body: bytes) -> Row:
    """The same batch some times, one before that not counted."""
    ours.post("/nearest", body)
    cpu, wall = ours.cpu_s(), time.perf_counter()
    for _ in range(BATCHES):
        ours.post("/nearest", body)
    cpu, wall = ours.cpu_s() - cpu, time.perf_counter() - wall
    return Row(work, "demo city", ours.name, 1000 * cpu / (BATCHES * BATCH), 1000 * wall / (BATCHES * BATCH))


def in_words(row: Row) -> str:
    """What a row says, as soon as it is there: the table comes last."""
    what = "points" if row.work.startswith("batch") else "requests"
    return (
        f"{row.work}, {row.tool}: {1000 * row.cpu_ms:,.4g} µs of processor time, {1000 / row.cpu_ms:,.0f} {what} "
        f"a second and core, {1000 / row.wall_ms:,.0f} a second over one connection"
    )


def compared(found: Sequence[Row]) -> Iterator[str]:
    """What the goals are judged by, in words."""
    by_name = {(row.work, row.tool): row for row in found}
    for work, rival in (
        *((work, "tipg") for work in ("items_bbox_10", "one_item", "one_tile")),
        ("nearest_5", "fastapi+geoalchemy2 knn"),
    ):
        if (work, rival) in by_name:
            times = by_name[work, rival].cpu_ms / by_name[work, OURS].cpu_ms
            yield f"{work}: {rival} takes {times:.1f} times our processor time"


class Server:
    """A running server: what it is called, where it is, what processor time its process has used."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int) -> None:
        self.name, self.process = name, process
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str) -> bytes:
        """The body at a path; anything but 200 ends the measurement, for it would compare errors."""
        self.connection.request("GET", path)
        return self.body_of(path)

    def post(self, path: str, body: bytes) -> bytes:
        """The same for a body that is sent."""
        self.connection.request("POST", path, body, {"Content-Type": "application/json"})
        return self.body_of(path)

    def body_of(self, path: str) -> bytes:
        """The body of the answer that comes."""
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{self.name} answered {answer.status} at {path}: {body[:300]!r}")
        return body

    def cpu_s(self) -> float:
        """Processor seconds of the process and its children so far."""
        return sum(map(cpu_of, family(self.process.pid)))


def family(pid: int) -> list[int]:
    """A process and its children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in listed for one in family(int(child)))]


def cpu_of(pid: int) -> float:
    """Processor seconds of a process, threads that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def asked_all(of: Server, paths: Paths) -> Iterator[Row]:
    """Ask for every path over one connection, one work after the other."""
    for work, addresses in paths.items():
        for path in addresses[:WARM_REQUESTS]:
            of.get(path)
        cpu, wall = of.cpu_s(), time.perf_counter()
        for path in addresses:
            of.get(path)
        cpu, wall = of.cpu_s() - cpu, time.perf_counter() - wall
        yield Row(work, "demo city", of.name, 1000 * cpu / len(addresses), 1000 * wall / len(addresses))


@contextmanager
def running(name: str, command: list[str], ready: str, variables: dict[str, str]) -> Iterator[Server]:
    """A server from its command, which ends before the port, until it is no longer needed."""
    port = free_port()
    process = subprocess.Popen(
        [*command, str(port)],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(process, port, ready)
        yield Server(name, process, port)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def wait_for(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    """Until a server answers; raises RuntimeError when it ends or takes too long."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode} before it answered.")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.5)
    raise RuntimeError(f"The server did not answer within {START_S} s.")


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
