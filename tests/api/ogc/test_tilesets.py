"""OGC API Tiles: lists and metadata lead to tiles, and every feature lies in the tile it must lie in."""

from __future__ import annotations

import math
import re

import pyogrio
import pytest
from pyproj import Transformer

from geo.services.collection_tiles import FIRST_ZOOM, LAST_ZOOM, tile_of

TILES = "/collections/stations/tiles"
SQUARE = f"{TILES}/WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
STEP_DEG = 360 / 2**LAST_ZOOM / 4096


def relations(content):
    return {link["rel"].rpartition("/")[2]: link for link in content["links"]}


def features_in(tile, zoom, row, column, folder):
    """The features of a tile in degrees, read by GDAL, which learns its place from its name."""
    path = folder / str(zoom) / str(column) / f"{row}.mvt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tile)
    return pyogrio.read_dataframe(path, layer="stations").to_crs("EPSG:4326")


@pytest.fixture(scope="module")
def stations(service):
    """Place of every station by id."""
    found = service.get("/collections/stations/items", params={"limit": 10000}).json()["features"]
    return {feature["id"]: feature["geometry"]["coordinates"] for feature in found}


def test_a_collection_leads_to_its_tileset_and_that_to_tiles(service):
    collection = service.get("/collections/stations").json()
    listed = service.get(relations(collection)["tilesets-vector"]["href"]).json()["tilesets"]
    (brief,) = listed
    assert brief["dataType"] == "vector"
    assert brief["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    whole = service.get(relations(brief)["self"]["href"]).json()
    assert whole["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    assert {"tiling-scheme", "item", "geodata", "describedby", "stylesheet"} <= set(relations(whole))
    item = relations(whole)["item"]
    assert (item["type"], item["templated"]) == (MVT, True)
    limits = whole["tileMatrixSetLimits"][-1]
    address = item["href"].format(
        tileMatrix=limits["tileMatrix"], tileRow=limits["minTileRow"], tileCol=limits["minTileCol"]
    )
    assert service.get(address).status_code in (200, 204)
    (layer,) = whole["layers"]
    assert (layer["id"], layer["geometryDimension"]) == ("stations", 0)


def test_every_station_is_in_its_tile_at_its_place(service, stations, tmp_path):
    by_tile = {}
    for identity, (lon, lat) in stations.items():
        by_tile.setdefault(tile_of(lon, lat, LAST_ZOOM), set()).add(identity)
    for (row, column), wanted in [*by_tile.items()][:25]:
        answer = service.get(f"{SQUARE}/{LAST_ZOOM}/{row}/{column}")
        assert answer.headers["content-type"] == MVT
        rows = features_in(answer.content, LAST_ZOOM, row, column, tmp_path).set_index("id")
        assert wanted <= set(rows.index)
        for identity in wanted:
            lon, lat = stations[identity]
            point = rows.loc[[identity]].geometry.iloc[0]
            assert math.hypot(point.x - lon, point.y - lat) < 2 * STEP_DEG


def test_all_stations_are_in_the_tile_of_the_city_from_afar(service, stations, tmp_path):
    limits = service.get(SQUARE).json()["tileMatrixSetLimits"][0]
    assert limits["tileMatrix"] == str(FIRST_ZOOM)
    seen = set()
    for row in range(limits["minTileRow"], limits["maxTileRow"] + 1):
        for column in range(limits["minTileCol"], limits["maxTileCol"] + 1):
            answer = service.get(f"{SQUARE}/{FIRST_ZOOM}/{row}/{column}")
            if answer.status_code == 200:
                seen |= set(features_in(answer.content, FIRST_ZOOM, row, column, tmp_path)["id"])
    assert seen == set(stations)


def test_a_tile_can_be_kept_and_asked_for_again(service, stations):
    row, column = tile_of(*next(iter(stations.values())), LAST_ZOOM)
    answer = service.get(f"{SQUARE}/{LAST_ZOOM}/{row}/{column}")
    assert answer.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=86400"
    again = service.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = service.get(answer.url, headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert "content-encoding" not in plain.headers


def test_where_nothing_lies_there_is_no_content(service):
    answer = service.get(f"{SQUARE}/{LAST_ZOOM}/0/0")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "max-age=300" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "place", ["15/0/0", "5/0/0", "14/16384/0", "14/0/16384", "14/-1/0", "14/01/0", "x/0/0", "14/0/0.5"]
)
def test_a_tile_that_cannot_be_is_not_found(service, place):
    answer = service.get(f"{SQUARE}/{place}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_other_squares_collections_and_forms_are_refused(service):
    assert service.get(f"{TILES}/WorldCRS84Quad").status_code == 404
    assert service.get("/collections/nothing/tiles").status_code == 404
    assert service.get(f"{SQUARE}/14/0/0", params={"f": "png"}).status_code == 400
    assert service.get(f"{SQUARE}/14/0/0", headers={"Accept": "image/png"}).status_code == 406
    assert service.get(f"{SQUARE}/14/0/0", params={"colour": "red"}).json()["parameter"] == "colour"


def test_tilejson_and_style_name_the_same_tiles(service, stations):
    style = service.get(f"{SQUARE}/style.json").json()
    (source,) = style["sources"].values()
    described = service.get(source["url"]).json()
    assert described["tilejson"] == "3.0.0"
    assert [layer["source-layer"] for layer in style["layers"]] == [one["id"] for one in described["vector_layers"]]
    west, south, east, north = described["bounds"]
    places = [*stations.values()]  # to seven decimals, as GeoJSON has them
    assert west - 1e-7 <= min(lon for lon, _ in places) < max(lon for lon, _ in places) <= east + 1e-7
    assert south - 1e-7 <= min(lat for _, lat in places) < max(lat for _, lat in places) <= north + 1e-7
    row, column = tile_of(*next(iter(stations.values())), LAST_ZOOM)
    (template,) = described["tiles"]
    assert service.get(template.format(z=LAST_ZOOM, y=row, x=column)).status_code == 200


@pytest.mark.parametrize("identity", ["districts", "subdistricts", "streets", "grid-areas", "candidates"])
def test_every_collection_has_tiles(service, identity):
    address = f"/collections/{identity}/tiles/WebMercatorQuad"
    limits = service.get(address).json()["tileMatrixSetLimits"]
    answers = [
        service.get(f"{address}/{one['tileMatrix']}/{row}/{column}")
        for one in limits[:2]
        for row in range(one["minTileRow"], one["maxTileRow"] + 1)
        for column in range(one["minTileCol"], one["maxTileCol"] + 1)
    ]
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert any(answer.status_code == 200 for answer in answers) == bool(limits)


def test_the_way_tiles_are_cut_is_defined_here(service):
    landing = relations(service.get("/", params={"f": "json"}).json())
    (listed,) = service.get(landing["tiling-schemes"]["href"]).json()["tileMatrixSets"]
    whole = service.get(relations(listed)["self"]["href"]).json()
    assert (whole["id"], whole["uri"]) == ("WebMercatorQuad", listed["uri"])
    assert whole["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    to_degrees = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    for zoom, matrix in enumerate(whole["tileMatrices"]):
        assert matrix["id"] == str(zoom)
        assert matrix["matrixWidth"] == matrix["matrixHeight"] == 2**zoom
        assert matrix["scaleDenominator"] == pytest.approx(559082264.0287178 / 2**zoom, rel=1e-12)
        x, y = matrix["pointOfOrigin"]
        assert to_degrees.transform(x, y) == pytest.approx((-180, 85.0511287798), abs=1e-9)
        reach = matrix["cellSize"] * matrix["tileWidth"] * matrix["matrixWidth"]
        assert to_degrees.transform(x + reach, y - reach) == pytest.approx((180, -85.0511287798), abs=1e-9)
    assert [matrix["id"] for matrix in whole["tileMatrices"]][LAST_ZOOM] == str(LAST_ZOOM)
    assert service.get("/tileMatrixSets/WorldCRS84Quad").status_code == 404


def test_a_tileset_leads_to_the_definition_of_how_it_is_cut(service):
    for address in (SQUARE, "/tiles/WebMercatorQuad"):
        scheme = relations(service.get(address).json())["tiling-scheme"]
        assert service.get(scheme["href"]).json()["uri"] == service.get(address).json()["tileMatrixSetURI"]


def test_all_collections_share_tiles_and_some_can_be_chosen(service, stations, tmp_path):
    landing = relations(service.get("/", params={"f": "json"}).json())
    (brief,) = service.get(landing["tilesets-vector"]["href"]).json()["tilesets"]
    whole = service.get(relations(brief)["self"]["href"]).json()
    ids = [layer["id"] for layer in whole["layers"]]
    assert ids == ["stations", "districts", "subdistricts", "streets", "grid-areas", "candidates"]
    row, column = tile_of(*next(iter(stations.values())), LAST_ZOOM)
    item = relations(whole)["item"]["href"].format(tileMatrix=LAST_ZOOM, tileRow=row, tileCol=column)
    path = tmp_path / str(LAST_ZOOM) / str(column) / f"{row}.mvt"
    path.parent.mkdir(parents=True)
    path.write_bytes(service.get(item).content)
    there = set(pyogrio.list_layers(path)[:, 0])
    assert {"stations", "districts", "streets"} <= there <= set(ids)
    path.write_bytes(service.get(item, params={"collections": "stations"}).content)
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["stations"]
    alone = service.get(f"{SQUARE}/{LAST_ZOOM}/{row}/{column}").content
    assert path.read_bytes() == alone
    refused = service.get(item, params={"collections": "nothing"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "collections")
    empty = service.get(f"/tiles/WebMercatorQuad/{LAST_ZOOM}/0/0")
    assert (empty.status_code, empty.content) == (204, b"")
    assert service.get("/tiles/WebMercatorQuad/15/0/0").status_code == 404


PAINT = {
    "circle": {"circle-color", "circle-radius", "circle-stroke-color", "circle-stroke-width"},
    "line": {"line-color", "line-width"},
    "fill": {"fill-color", "fill-opacity"},
}
"""What the style specification (version 8) lets a layer of each type be painted with, as far as ours are."""


@pytest.mark.parametrize("path", [SQUARE, "/tiles/WebMercatorQuad", "/collections/districts/tiles/WebMercatorQuad"])
def test_a_style_keeps_to_the_specification_and_to_the_tiles(service, path):
    style = service.get(f"{path}/style.json").json()
    assert set(style) == {"version", "name", "sources", "layers"}
    assert style["version"] == 8
    ((name, source),) = style["sources"].items()
    assert set(source) == {"type", "url"}
    there = {layer["id"] for layer in service.get(source["url"]).json()["vector_layers"]}
    ids = [layer["id"] for layer in style["layers"]]
    assert len(ids) == len(set(ids))
    for layer in style["layers"]:
        assert set(layer) == {"id", "type", "source", "source-layer", "paint"}
        assert layer["source"] == name
        assert layer["source-layer"] in there
        assert set(layer["paint"]) <= PAINT[layer["type"]]
        for painted, value in layer["paint"].items():
            assert re.fullmatch("#[0-9a-f]{6}", value) if painted.endswith("color") else 0 < value <= 10
