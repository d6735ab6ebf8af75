"""The base map by setting: what the city says of it, tiles of our own streets, Tianditu through our origin."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from api.basemap import BasemapSettingError, Tianditu, basemap_of
from api.main import create_app
from api.settings import ApiSettings
from geo.services.street_tiles import TileOrder, make_tiles
from geo.streets.drawn import DRAWN_FILE
from tests.api.conftest import api_settings
from tests.services.test_street_tiles import tile_at
from tests.support.service import running_service
from tests.support.waiting import wait_until

KEY = "0123456789abcdef0123456789abcdef"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


class StandIn(BaseHTTPRequestHandler):
    """A server that answers as Tianditu does; what it was asked for is on its server."""

    def do_GET(self) -> None:
        """Answer by the layer asked for."""
        asked = parse_qs(urlsplit(self.path).query)
        self.server.asked.append((urlsplit(self.path).path, {name: value[0] for name, value in asked.items()}))
        answers = {
            "vec_w": (200, "image/png", PNG),
            "cva_w": (200, "text/html", "密钥无效".encode()),
            "img_w": (403, "application/json", b'{"code": 1}'),
            "cia_w": (302, "text/html", b""),
            "ter_w": (200, "image/png", PNG + bytes(600_000)),
        }
        status, kind, body = answers[asked["T"][0]]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/DataServer?T=vec_w&x=1&y=1&l=1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def stand_in() -> Iterator[tuple[str, list]]:
    """The server's address, and what it has been asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def tianditu(small_city):
    with stand_in() as (url, asked):
        options = {"basemap": "tianditu", "tianditu_key": KEY, "tianditu_url": url, "map_approval": "GS(2026)0001号"}
        with running_service(api_settings(small_city, **options)) as client:
            yield client, asked


@pytest.fixture(scope="module")
def selfhost(small_city):
    make_tiles(TileOrder.of(small_city.settings, small_city.snapshot))
    with running_service(api_settings(small_city, basemap="selfhost")) as client:
        yield client


def test_without_a_setting_there_is_none(service):
    assert service.get("/city.json").json()["basemap"] == {
        "kind": "none",
        "attribution": None,
        "approval": None,
        "url": None,
    }
    for address in ("/tiles/streets/14/13675/6392.mvt", "/basemap/tianditu/vec/14/13675/6392"):
        refused = service.get(address)
        assert refused.status_code == 404
        assert "YIQUAN_BASEMAP" in refused.json()["detail"]


def middle_tile(client, zoom):
    lon, lat = client.get("/stations.json").json()["lon"][0], client.get("/stations.json").json()["lat"][0]
    return "/tiles/streets/{}/{}/{}.mvt".format(*tile_at(lon, lat, zoom))


def test_own_streets_are_served_compressed_versioned_and_by_tag(selfhost):
    described = selfhost.get("/city.json").json()["basemap"]
    assert described["kind"] == "selfhost"
    assert described["attribution"] == "© OpenStreetMap contributors"
    version = described["url"].partition("?v=")[2]
    address = middle_tile(selfhost, 14)
    tile = selfhost.get(address, params={"v": version}, headers={"Accept-Encoding": "gzip"})
    assert tile.status_code == 200
    assert tile.headers["content-encoding"] == "gzip"
    assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in tile.headers["cache-control"]
    assert b"roads_minor" in tile.content
    plain = selfhost.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "immutable" not in plain.headers["cache-control"]
    assert plain.content == tile.content
    kept = selfhost.get(address, headers={"If-None-Match": tile.headers["etag"]})
    assert kept.status_code == 304


def test_the_sea_is_an_empty_tile(selfhost):
    empty = selfhost.get("/tiles/streets/14/14000/6392.mvt")
    assert (empty.status_code, empty.content) == (204, b"")


@pytest.mark.parametrize("place", ["19/1/1", "-1/0/0", "2/x/1", "2/262144/1"])
def test_a_place_that_cannot_be_is_refused(selfhost, place):
    assert selfhost.get(f"/tiles/streets/{place}.mvt").status_code == 422


def without_tiles(city):
    """The folder of the city's streets, freed of tiles that were copied with it."""
    streets = TileOrder.of(city.settings, city.snapshot).streets
    for folder in streets.glob("tiles-*"):
        shutil.rmtree(folder)
    return streets


@pytest.mark.slow
def test_tiles_are_made_while_the_service_answers(own_city):
    """Until they are there the city names no address of tiles, and a tile that is asked for is empty."""
    without_tiles(own_city)
    with running_service(api_settings(own_city, basemap="selfhost")) as client:
        assert client.get("/city.json").json()["basemap"]["url"] is None
        early = client.get("/tiles/streets/14/13675/6392.mvt")
        assert (early.status_code, early.headers["cache-control"]) == (204, "no-store")
        wait_until(lambda: client.get("/city.json").json()["basemap"]["url"], what="the tiles were not made")
        assert client.get(middle_tile(client, 14)).status_code == 200


def test_tiles_that_cannot_be_made_leave_the_service_as_it_is(own_city):
    (without_tiles(own_city) / DRAWN_FILE).unlink()
    with running_service(api_settings(own_city, basemap="selfhost")) as client:
        assert client.get("/city.json").json()["basemap"]["url"] is None
        assert client.get("/readyz").status_code == 200


def test_tianditu_is_asked_by_the_server_once_and_the_key_stays_there(tianditu):
    client, asked = tianditu
    described = client.get("/city.json").json()["basemap"]
    assert described == {
        "kind": "tianditu",
        "attribution": "天地图",
        "approval": "审图号：GS(2026)0001号",
        "url": "/basemap/tianditu/{layer}/{z}/{x}/{y}",
    }
    address = "/basemap/tianditu/vec/14/13675/6392"
    first = client.get(address)
    assert (first.status_code, first.content, first.headers["content-type"]) == (200, PNG, "image/png")
    assert client.get(address).content == PNG
    assert client.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    wanted = {"T": "vec_w", "x": "13675", "y": "6392", "l": "14", "tk": KEY}
    assert asked.count(("/DataServer", wanted)) == 1
    assert KEY not in str(first.headers) + client.get("/city.json").text + client.get("/planner").text


@pytest.mark.parametrize("layer", ["cva", "img", "cia", "ter"])
def test_what_is_no_picture_is_not_passed_on(tianditu, layer):
    client, asked = tianditu
    refused = client.get(f"/basemap/tianditu/{layer}/3/6/3")
    assert refused.status_code == 503
    assert KEY not in refused.text
    assert "Tianditu sent" in refused.json()["detail"]
    # a redirect is not followed: the key would go with it
    assert ("/DataServer", {"T": "vec_w", "x": "1", "y": "1", "l": "1"}) not in asked


def test_an_unknown_layer_is_refused(tianditu):
    assert tianditu[0].get("/basemap/tianditu/secret/3/6/3").status_code == 422


def test_while_tianditu_is_silent_it_is_not_asked_for_every_tile(small_city):
    """Nobody listens at the address; the first picture finds that out, the others do not wait."""
    options = {"basemap": "tianditu", "tianditu_key": KEY, "tianditu_url": "http://127.0.0.1:9"}
    with running_service(api_settings(small_city, **options)) as client:
        first = client.get("/basemap/tianditu/vec/3/6/3")
        assert first.status_code == 503
        assert "cannot be reached" in first.json()["detail"]
        others = [client.get(f"/basemap/tianditu/vec/3/{x}/3") for x in range(8)]
        assert {answer.status_code for answer in others} == {503}
        assert all("a moment ago" in answer.json()["detail"] for answer in others)
        assert client.get("/planner").status_code == client.get("/city.json").status_code == 200


def test_a_server_that_never_ends_its_answer_is_left(monkeypatch):
    monkeypatch.setattr("api.basemap.PATIENCE_S", 0.3)

    class Dripping(StandIn):
        def do_GET(self) -> None:
            """Send a byte now and then."""
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            for _ in range(50):
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    source = Tianditu(f"http://127.0.0.1:{server.server_port}", KEY, None)
    started = time.monotonic()
    try:
        with pytest.raises(Exception, match="cannot be reached") as problem:
            source._fetched("vec", 3, 6, 3)
        assert KEY not in str(problem.value)
        assert time.monotonic() - started < 2
    finally:
        source.stop()
        server.shutdown()
        thread.join()
        server.server_close()


def test_tianditu_without_a_key_does_not_start():
    settings = ApiSettings(basemap="tianditu", tianditu_key=None)
    with pytest.raises(BasemapSettingError, match="YIQUAN_TIANDITU_KEY"):
        create_app(settings)
    assert isinstance(basemap_of(settings.model_copy(update={"tianditu_key": KEY})), Tianditu)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("GS(2026)0001号", "审图号：GS(2026)0001号"), ("审图号：GS 1", "审图号：GS 1"), (" ", None), (None, None)],
)
def test_the_approval_is_shown_with_its_name(number, shown):
    settings = ApiSettings(basemap="selfhost", map_approval=number)
    assert basemap_of(settings).described()["approval"] == shown
