"""
What a request costs: ours beside tipg over the same stations, and beside a KNN endpoint as services usually have it.

The demo city is made in a folder of its own with its own PostGIS; its stations are copied into one plain indexed table
for the rivals. Every server runs as one process of its own and is asked the same things over one kept connection.
Counted is the processor time of the server's process alone; the rivals' database works beside them and is not counted.
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
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.timing import Row
from geo.store.cluster import Cluster

ROOT = Path(__file__).resolve().parent.parent
RIVALS_PYTHON = ROOT / ".tools/engines/bin/python"
REQUESTS = 2000
WARM_REQUESTS = 200
START_S = 900
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SEED = 20260101
BATCH = 10_000

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
GOALS = "Goals: items at least 5 times tipg, /nearest at least 10 times the KNN endpoint and at most 0.25 ms."


def rows() -> Iterator[Row | str]:
    """Items, one item, the nearest, a batch: ours first, then the rival that does the same."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(our_service(folder))
        cluster = Cluster(folder)
        url = cluster.start()
        points, ids = prepared(url)
        yield f"{REQUESTS:,} requests each, one connection; processor time of the server's process. {GOALS}"
        yield from of_items(ours, url, points, ids)
        yield from of_nearest(ours, url, points)
        cluster.stop()


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


def of_items(ours: Server, url: str, points: Sequence[tuple[float, float]], ids: Sequence[str]) -> Iterator[Row | str]:
    """A box with ten features, and one feature."""
    boxes = [
        f"bbox={lon - 0.02:.5f},{lat - 0.02:.5f},{lon + 0.02:.5f},{lat + 0.02:.5f}&limit=10" for lon, lat in points
    ]
    yield asked("items_bbox_10", ours, [f"/collections/stations/items?{box}" for box in boxes])
    yield asked("one_item", ours, [f"/collections/stations/items/{one}" for one in ids])
    if not RIVALS_PYTHON.exists():
        yield "No environment for rivals: tipg is left out (`run.py bench api` makes it)."
        return
    variables = {"DATABASE_URL": url.replace("+psycopg", ""), "TIPG_DB_SCHEMAS": '["rival"]'}
    with server("tipg", RIVALS_PYTHON, "tipg.main:app", "/healthz", variables) as tipg:
        address = "/collections/rival.stations/items"
        yield asked("items_bbox_10", tipg, [f"{address}?{box}" for box in boxes])
        yield asked("one_item", tipg, [f"{address}/{one}" for one in ids])


def of_nearest(ours: Server, url: str, points: Sequence[tuple[float, float]]) -> Iterator[Row | str]:
    """The five nearest to a place, alone and ten thousand at once."""
    places = [f"lon={lon + 0.003:.5f}&lat={lat + 0.002:.5f}" for lon, lat in points]
    yield asked("nearest_5", ours, [f"/nearest?{place}&limit=5&mode=walk" for place in places])
    with server(
        "fastapi+geoalchemy2 knn", Path(sys.executable), "benchmarks.knn_endpoint:app", "/docs", {"DATABASE_URL": url}
    ) as knn:
        yield asked("nearest_5", knn, [f"/knn?{place}&limit=5" for place in places])
    yield batch(ours, points)


def batch(ours: Server, points: Sequence[tuple[float, float]]) -> Row | str:
    """Ten thousand places in one request, the time of each place."""
    many = [points[place % len(points)] for place in range(BATCH)]
    body = json.dumps({"points": many, "limit": 3, "mode": "walk"}).encode()
    ours.post("/nearest", body)
    rounds = 5
    cpu, wall = ours.cpu_s(), time.perf_counter()
    for _ in range(rounds):
        ours.post("/nearest", body)
    cpu, wall = ours.cpu_s() - cpu, time.perf_counter() - wall
    points_asked = rounds * BATCH
    return Row("nearest_3_of_batch", "demo city", ours.name, 1000 * cpu / points_asked, 1000 * wall / points_asked)


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
        """Processor seconds of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def asked(work: str, of: Server, paths: Sequence[str]) -> Row:
    """Ask for every path over one connection."""
    for path in paths[:WARM_REQUESTS]:
        of.get(path)
    cpu, wall = of.cpu_s(), time.perf_counter()
    for path in paths:
        of.get(path)
    cpu, wall = of.cpu_s() - cpu, time.perf_counter() - wall
    return Row(work, "demo city", of.name, 1000 * cpu / len(paths), 1000 * wall / len(paths))


@contextmanager
def our_service(folder: Path) -> Iterator[Server]:
    """The demo city, made and served by the product's own command."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("yiquan")), "demo", "--port", str(port)]
    with running("yiquan", command, port, "/readyz", {"YIQUAN_DATA": str(folder)}) as ours:
        yield ours


@contextmanager
def server(name: str, python: Path, app: str, ready: str, variables: dict[str, str]) -> Iterator[Server]:
    """A rival under uvicorn."""
    port = free_port()
    command = [str(python), "-m", "uvicorn", app, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    with running(name, command, port, ready, variables) as rival:
        yield rival


@contextmanager
def running(name: str, command: list[str], port: int, ready: str, variables: dict[str, str]) -> Iterator[Server]:
    """A server from its command until it is no longer needed."""
    environment = {**os.environ, **variables}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
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
