"""The busiest addresses answer the same before the framework's router as behind it: bodies, headers, refusals."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx
import pytest

from api.dependencies import SHANGHAI
from api.hot_path import HotPath, HotRoute
from api.main import HOT, create_app
from api.settings import ApiSettings
from tests.support.grid_city import lon_lat
from tests.support.toy_holder import ToyHolder
from tests.support.toy_snapshot import station, toy_snapshot

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=SHANGHAI)
LON, LAT = lon_lat(100.0, 100.0)

ASKED = [
    f"/nearest?lon={LON}&lat={LAT}",
    f"/nearest?lon={LON}&lat={LAT}&open=now&limit=2&coord=gcj02&lang=en",
    "/nearest?lon=x&lat=0",
    "/nearest",
    "/cells/8931aa42c5bffff",
    "/cells/nothing",
    "/cells/%2F",
    "/collections/stations/items?limit=2",
    "/collections/stations/items?limit=2&f=html",
    "/collections/stations/items?filter=nothing%3D1",
    "/collections/nothing/items",
    "/collections/stations/items/101",
    "/collections/stations/items/nobody",
    "/collections/stations/tiles/WebMercatorQuad/99/0/0",
    "/collections/stations/tiles/Other/9/0/0",
    "/collections//items",
]
MOMENTS = ("x-request-id",)
"""What is never the same twice."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two applications over one snapshot without a database: with busy addresses, and without."""
    settings = ApiSettings(
        database_url="postgresql+psycopg://nobody@127.0.0.1:9/none", data_dir=tmp_path_factory.mktemp("data")
    )
    snapshot = toy_snapshot([station(200, 100), station(900, 100), station(940, 100)])

    def app(hot):
        return create_app(
            settings, holder=ToyHolder(snapshot, settings.database_url, settings), clock=lambda: NOON, hot=hot
        )

    return app(HOT), app(())


def answer_of(app, method, path):
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://yiquan.test") as client:
            return await client.request(method, path)

    return asyncio.run(ask())


def without_moments(answer):
    headers = {name: value for name, value in answer.headers.items() if name not in MOMENTS}
    body = answer.json() if "json" in answer.headers.get("content-type", "") and answer.content else answer.content
    if isinstance(body, dict):
        body.pop("timeStamp", None)
    return answer.status_code, headers, body


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH"])
def test_an_answer_is_the_same_on_either_way(both, method, path):
    hot, plain = (without_moments(answer_of(app, method, path)) for app in both)
    assert hot == plain


def test_a_route_takes_what_fits_it_whole_and_nothing_behind_a_prefix():
    route = HotRoute("/cells/{h3}", None)
    hot = HotPath(None, [route])
    asked = {"type": "http", "method": "GET", "path": "/cells/89"}
    assert hot.route_of(asked) == (route, {"h3": "89"})
    for other in ({"path": "/cells/"}, {"path": "/cells/89/x"}, {"method": "POST"}, {"root_path": "/yiquan"}):
        assert hot.route_of({**asked, **other}) is None
