"""
The planner's page on slow networks, and its cells beside the other ways to put 60,000 of them on a folium map.

The page is the real one, twice: of the demo city, opened where it shows cells of resolution 9, and of a made-up city in
which 60,000 cells are lived in, every one of them on the page. It is *interactive* when the figures of the question in
the address are drawn (its mark `yiquan.answered`; from then on every control listens) and every tile of the map shows
its cells (`yiquan.painted`), whichever is later, in milliseconds since the visit began. At that moment the slider is
moved for the first time, while the rest of the page (outlines, stations, measures) still comes, and once more at rest.
What is measured shares the machine with whatever else runs on it: the load average stands beside each figure.

The rivals get 60,000 cells and nothing else on the page: folium's own GeoJson, and Leaflet.VectorGrid (npm
`leaflet.vectorgrid`, fetched for the measurement alone) slicing the same GeoJSON in the browser. Their weight is page
and data in brotli.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
import folium
import numpy as np
from jinja2 import Template

from api.settings import ApiSettings
from benchmarks.made_city import made_city
from benchmarks.pages import Network, mark_ms, metric, slowed_page, verdict
from benchmarks.timing import Row
from geo.cells import cells_to_points, cells_to_polygons, disk, points_to_cells
from geo.types import Bytes, Cells
from tests.support.service import running_service
from tests.web_map.conftest import held
from web_map import assets
from web_map.figure import LatticeLayer, LocalFigure
from web_map.lattice import MINUTE_STEPS, LatticeFrame

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

REPEATS = 5
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
NETWORKS = (Network("unthrottled", -1, 0, 1), Network("3G 1.6 Mbps/150 ms, CPU ÷4", 1600, 150, 4))
WITH_CELLS = "#t=10&v=120.25,36.36,11"
"""An address with a zoom at which cells of resolution 9 are shown: some 43,000 in the demo city."""

OF_MADE_CITY = "#t=10&v=120.173,36.14,13"
"""The middle of the made-up city, where cells are shown as they were computed."""

KB, INTERACTIVE_S, REPAINT_MS, FRAMES_PER_S = 220, 1.5, 100, 30
"""What the page may weigh, when it must be of use on 3G, how long a slider may take, how smoothly cells move."""

RIVAL_WITHIN_MS = 180_000
VECTORGRID = "leaflet.vectorgrid@1.3.0"
ORIGIN = "http://cells.invalid"
"""Where the pages of cells pretend to lie; the browser is given every file by hand."""

FRAME = Template(
    "<!doctype html><meta charset=utf-8><style>html,body{height:100%;margin:0}</style><style>{{style}}</style>"
    "<script>{{switches}}</script>{{links}}{{body}}<script>{{script}}</script>"
)
PAN = """
() => new Promise(done => { const steps = []; let last = performance.now(), left = 90;
  const step = now => { steps.push(now - last); last = now;
    if (left-- === 0) return done(steps.slice(5)); map_main.panBy([14, left % 30 < 15 ? 6 : -6], { animate: false });
    requestAnimationFrame(step); };
  requestAnimationFrame(step); })
"""
SLIDE = """
() => new Promise(done => { const slider = document.getElementById('minutes'), began = performance.now();
  lattice_layer_cells.once('painted', () => done(performance.now() - began));
  slider.value = Number(slider.value) + 1; slider.dispatchEvent(new Event('input')); })
"""

BEFORE = """
ready => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
  .filter(one => one.responseEnd && one.responseEnd <= ready)
  .reduce(([bytes, count], one) => [bytes + one.transferSize, count + 1], [0, 0])
"""


def planner_rows(browser: Browser, address: str) -> Iterator[Row | str]:
    """Rows of the planner's page and of its cells beside their rivals."""
    yield from city_rows(browser, "demo city", address, WITH_CELLS)
    with running_service(ApiSettings(), holder=held(made_city())) as client:
        yield from city_rows(browser, "made-up city", str(client.base_url).rstrip("/"), OF_MADE_CITY)
    yield from cell_rows(browser)


# ── the page ────────────────────────────────────────────────────────────────────────────────────────────────────────


def city_rows(browser: Browser, city: str, address: str, hash_: str) -> Iterator[Row | str]:
    """The page of one city on every network."""
    url = f"{address}/planner?lang=zh{hash_}"
    visit(browser, url, NETWORKS[0])  # the server's first answers are made, not kept
    for network in NETWORKS:
        yield from page_rows(city, network, [visit(browser, url, network) for _ in range(REPEATS)])


def page_rows(city: str, network: Network, visits: list[dict[str, float]]) -> Iterator[Row | str]:
    """What some visits on one network came to."""
    median = {name: statistics.median(one[name] for one in visits) for name in visits[0]}
    where = f"{city}, {network.name}"
    yield Row("planner: figures and cells are there", where, "yiquan", median["cpu_ms"], median["ready_ms"])
    yield Row("planner: slider to repaint", where, "yiquan", median["repaint_ms"], median["repaint_ms"])
    ready_s = median["ready_ms"] / 1000
    yield (
        f"planner, {where}: {median['cells']:,.0f} cells, interactive after {ready_s:.2f} s "
        f"(budget {INTERACTIVE_S} s: {verdict(ready_s <= INTERACTIVE_S)}; "
        f"from {min(one['ready_ms'] for one in visits) / 1000:.2f} s), "
        f"slider repaint at once {median['at_once_ms']:.0f} ms, at rest {median['repaint_ms']:.0f} ms "
        f"(budget {REPAINT_MS} ms: {verdict(median['repaint_ms'] <= REPAINT_MS)}), "
        f"{median['first_kb']:.0f} kB in {median['first_requests']:.0f} requests until then, "
        f"{median['kb']:.0f} kB with everything (budget {KB} kB: {verdict(median['kb'] <= KB)}), "
        f"load {median['load']:.1f}"
    )


def visit(browser: Browser, url: str, network: Network) -> dict[str, float]:
    """One first visit."""
    with slowed_page(browser, network, DESK) as (page, session, traffic):
        page.goto(url, wait_until="commit")
        ready_ms = max(mark_ms(page, "yiquan.answered"), mark_ms(page, "yiquan.painted"))
        cpu_ms = 1000 * metric(session, "TaskDuration")
        at_once_ms = page.evaluate(SLIDE)
        page.locator("#beyond .choice").wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        repaint_ms = page.evaluate(SLIDE)
        first_bytes, first_requests = page.evaluate(BEFORE, ready_ms)
        cells = page.evaluate(
            "lattice_layer_cells._blocks.reduce((n, b) => n + b.columns.minutes.reduce((m, v) => m + (v < 255), 0), 0)"
        )
    return {
        "ready_ms": ready_ms,
        "cpu_ms": cpu_ms,
        "first_kb": first_bytes / 1000,
        "first_requests": first_requests,
        "kb": traffic.bytes / 1000,
        "cells": cells,
        "at_once_ms": at_once_ms,
        "repaint_ms": repaint_ms,
        "load": os.getloadavg()[0],
    }


# ── cells beside their rivals ───────────────────────────────────────────────────────────────────────────────────────


def cell_rows(browser: Browser) -> Iterator[Row | str]:
    """60,000 cells three ways, and a million our way."""
    cells = made_cells(9, 60_000)
    shown = {"yiquan": our_page(cells), "folium GeoJson": geojson_page(cells)}
    vectorgrid = vectorgrid_page(cells)
    if vectorgrid is None:
        yield f"VectorGrid is left out: {VECTORGRID} could not be fetched with npm"
    else:
        shown["VectorGrid"] = vectorgrid
    for tool, files in shown.items():
        yield from shown_cells(browser, tool, "60,000 cells", files)
    yield from shown_cells(browser, "yiquan", "1,000,000 cells", our_page(made_cells(10, 1_000_000)))


def shown_cells(browser: Browser, tool: str, data: str, files: dict[str, bytes]) -> Iterator[Row | str]:
    """Open a page of cells, wait until they are painted, and move the map."""
    context = browser.new_context(**DESK)
    page = context.new_page()
    page.route("**/*", lambda route: give(route, files))
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    kb = sum(len(brotli.compress(body, quality=6)) for body in files.values()) / 1000
    from playwright.sync_api import TimeoutError

    try:
        page.goto(f"{ORIGIN}/", wait_until="commit", timeout=RIVAL_WITHIN_MS)
        page.wait_for_function("window.paintedAt > 0", timeout=RIVAL_WITHIN_MS)
        painted_ms, cpu_ms = page.evaluate("window.paintedAt"), 1000 * metric(session, "TaskDuration")
        steps = page.evaluate(PAN)
        per_s = 1000 / statistics.mean(steps)
        yield Row("cells: painted", data, tool, cpu_ms, painted_ms)
        yield Row("cells: one step of panning", data, tool, statistics.median(steps), statistics.mean(steps))
        budget = f" (budget {FRAMES_PER_S}: {verdict(per_s >= FRAMES_PER_S)})" if tool == "yiquan" else ""
        when = f"painted after {painted_ms / 1000:.2f} s"
        yield f"{data}, {tool}: {kb:,.0f} kB, {when}, {per_s:.0f} frames per second{budget}"
    except TimeoutError as error:  # a rival that does not come to an end has no figure, and that is the result
        yield f"{data}, {tool}: {kb:,.0f} kB, not painted in time: {str(error).splitlines()[0]}"
    context.close()


def give(route: Route, files: dict[str, bytes]) -> None:
    """A file of the page, one of our own vendored ones for what folium links to, or nothing."""
    url = route.request.url
    name = url.removeprefix(ORIGIN)
    if name in files:
        route.fulfill(body=files[name], content_type="text/html" if name == "/" else "application/octet-stream")
    elif name.startswith(assets.PREFIX):
        asset = assets.lookup(name.removeprefix(assets.PREFIX))
        route.fulfill(body=asset.body, content_type=asset.media_type)
    elif url.rsplit("/", 1)[-1] in ("leaflet.js", "leaflet.css"):
        file = assets.lookup(assets.url(f"vendor/leaflet/{url.rsplit('/', 1)[-1]}").removeprefix(assets.PREFIX))
        route.fulfill(body=file.body, content_type=file.media_type)
    else:
        route.fulfill(body=b"")


@cache
def made_cells(resolution: int, count: int) -> Cells:
    """So many cells of a disk around the middle of Qingdao."""
    rings = int(np.ceil(np.sqrt(count / 3)))
    middle = int(points_to_cells([120.2465], [36.3575], resolution)[0])
    return np.asarray(np.sort(disk(middle, rings)[:count]), dtype=np.uint64)


def minutes_of(cells: Cells) -> Bytes:
    """Travel times as a city has them: low around some hundred stations, uneven in between, the same every time."""
    random = np.random.default_rng(60)
    lon, lat = cells_to_points(cells)
    chosen = random.integers(0, len(cells), 300)
    nearest = np.full(len(cells), np.inf)
    for one in chosen:
        nearest = np.minimum(nearest, np.hypot((lon - lon[one]) * 90, (lat - lat[one]) * 111))
    minutes = nearest * 15 * random.lognormal(0, 0.2, len(cells))
    return np.clip(minutes * MINUTE_STEPS, 0, 254).astype(np.uint8)


def blank_map() -> folium.Map:
    """A map of the middle of the cells without a base map."""
    chart = folium.Map(
        location=(36.3575, 120.2465), zoom_start=11, tiles=None, prefer_canvas=True, zoom_animation=False
    )
    chart._id = "main"
    return chart


def our_page(cells: Cells) -> dict[str, bytes]:
    """The cells as our layer."""
    frame = LatticeFrame.of(cells)
    body = frame.encode_packed([minutes_of(cells)], np.ones(len(cells), dtype=np.bool_))
    figure, chart = LocalFigure(FRAME), blank_map()
    layer = LatticeLayer(url="/cells", name="cells", columns=["minutes"])
    layer._id = "cells"
    layer.add_to(chart)
    figure.add_child(chart)
    start = (
        "<script>lattice_layer_cells.setColours(v => v <= 40 ? '#2b5c9b' : v <= 80 ? '#f7b267' : '#9c1c2b');"
        "lattice_layer_cells.on('painted', () => window.paintedAt = window.paintedAt || performance.now());</script>"
    )
    return {"/": figure.rendered().html + start.encode(), "/cells": body}


def features(cells: Cells) -> dict[str, Any]:
    """The cells as GeoJSON, to a metre."""
    rings = [np.round(np.asarray(one.exterior.coords), 5).tolist() for one in cells_to_polygons(cells)]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"m": value}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for value, ring in zip(minutes_of(cells).tolist(), rings, strict=True)
        ],
    }


def geojson_page(cells: Cells) -> dict[str, bytes]:
    """The cells as folium's own GeoJson, coloured as its manual says."""
    chart = blank_map()

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        value = feature["properties"]["m"]
        return {"fillColor": "#2b5c9b" if value <= 40 else "#f7b267" if value <= 80 else "#9c1c2b", "weight": 0}

    folium.GeoJson(features(cells), style_function=style).add_to(chart)
    painted = "<script>requestAnimationFrame(() => setTimeout(() => window.paintedAt = performance.now()))</script>"
    return {"/": (chart.get_root().render() + painted).encode()}


def vectorgrid_page(cells: Cells) -> dict[str, bytes] | None:
    """The cells through Leaflet.VectorGrid; None where npm cannot fetch it."""
    program = shutil.which("npm")
    with tempfile.TemporaryDirectory() as folder:
        if program is None or subprocess.run([program, "pack", VECTORGRID], cwd=folder, capture_output=True).returncode:
            return None
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            script = package.extractfile("package/dist/Leaflet.VectorGrid.bundled.min.js")
            library = script.read() if script else b""
    page = """<!doctype html><meta charset=utf-8><style>html,body,#map{height:100%;margin:0}</style>
<link rel=stylesheet href="/leaflet.css"><div id=map></div><script src="/leaflet.js"></script>
<script src="/vectorgrid"></script><script>L.DomEvent.fakeStop = L.DomEvent.fakeStop || function () {};
var map_main = L.map('map', { zoomAnimation: false }).setView([36.3575, 120.2465], 11);
fetch('/cells').then(answer => answer.json()).then(cells => {
  const colour = v => v <= 40 ? '#2b5c9b' : v <= 80 ? '#f7b267' : '#9c1c2b';
  const note = () => requestAnimationFrame(() => window.paintedAt = window.paintedAt || performance.now());
  L.vectorGrid.slicer(cells, { rendererFactory: L.canvas.tile, vectorTileLayerStyles: { sliced: p =>
    ({ fill: true, fillColor: colour(p.m), fillOpacity: 0.8, stroke: false }) } })
    .on('load', note).addTo(map_main); });
</script>"""
    return {"/": page.encode(), "/vectorgrid": library, "/cells": json.dumps(features(cells)).encode()}
