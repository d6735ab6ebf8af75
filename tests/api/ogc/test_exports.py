"""Whole collections as files: every format holds every feature, in parts or at once, from the service or by command."""

from __future__ import annotations

import csv
import io
import sqlite3

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from geo.services.collection_files import FORMATS
from tests.support.command_line import CommandLine

READ_BY_GDAL = ["gpkg", "geojson", "fgb"]


@pytest.fixture(scope="module")
def everything(service):
    return service.get("/collections/stations/items", params={"limit": 10000}).json()["features"]


@pytest.mark.parametrize("kind", READ_BY_GDAL)
def test_a_file_holds_every_feature_with_its_properties(service, everything, tmp_path, kind):
    answer = service.get(f"/exports/stations.{kind}")
    assert answer.headers["content-type"] == FORMATS[kind].media_type
    assert f'filename="stations.{kind}"' in answer.headers["content-disposition"]
    path = tmp_path / f"stations.{kind}"
    path.write_bytes(answer.content)
    frame = pyogrio.read_dataframe(path, layer="stations").sort_values("id")
    assert frame["id"].astype(str).tolist() == [one["id"] for one in everything]
    assert frame["name"].tolist() == [one["properties"]["name"] for one in everything]
    seats = [None if value != value else value for value in frame["seats"].tolist()]
    assert seats == [one["properties"]["seats"] for one in everything]
    lon = [one["geometry"]["coordinates"][0] for one in everything]
    assert frame.geometry.x.tolist() == pytest.approx(lon, abs=1e-6)


def test_geoparquet_holds_every_feature_with_types_and_reference_system(service, everything):
    answer = service.get("/exports/stations.parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    frame = gpd.read_parquet(io.BytesIO(answer.content)).set_index("id").sort_index()
    assert frame.index.tolist() == [one["id"] for one in everything]
    assert frame.crs.to_string() == "OGC:CRS84"
    for name in ("name", "seats", "step_free", "amenities", "verified", "synthetic"):
        found = [plain(value) for value in frame[name]]
        assert found == [one["properties"][name] for one in everything], name
    assert [[x, y] for x, y in zip(frame.geometry.x, frame.geometry.y, strict=True)] == [
        one["geometry"]["coordinates"] for one in everything
    ]


def plain(value):
    """A cell of a frame as JSON has it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return None if value is None or value != value else value


def test_a_part_of_a_geoparquet_file_can_be_asked_for(service):
    (link,) = [
        one for one in service.get("/collections/stations").json()["links"]
        if one["rel"] == "enclosure" and one["type"] == "application/vnd.apache.parquet"
    ]  # fmt: skip
    whole = service.get(link["href"])
    foot = service.get(link["href"], headers={"Range": "bytes=-8", "If-Range": whole.headers["etag"]})
    assert (foot.status_code, foot.content) == (206, whole.content[-8:])
    assert foot.content.endswith(b"PAR1")


def test_a_geopackage_brings_its_style(service, tmp_path):
    path = tmp_path / "stations.gpkg"
    path.write_bytes(service.get("/exports/stations.gpkg").content)
    with sqlite3.connect(path) as connection:
        ((name, style),) = connection.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    connection.close()
    assert name == "stations"
    assert "SimpleMarker" in style


def test_tables_hold_every_row_under_a_heading(service, everything):
    rows = list(csv.DictReader(io.StringIO(service.get("/exports/stations.csv").content.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == [one["id"] for one in everything]
    assert [float(row["lat"]) for row in rows] == [one["geometry"]["coordinates"][1] for one in everything]
    book = openpyxl.load_workbook(io.BytesIO(service.get("/exports/stations.xlsx").content), read_only=True)
    (sheet,) = book.worksheets
    names = {row[2] for row in sheet.iter_rows(values_only=True)}
    assert {one["properties"]["name"] for one in everything} <= names


def test_tiles_come_as_one_archive(service):
    assert service.get("/exports/stations.pmtiles").content.startswith(b"PMTiles")


@pytest.mark.parametrize("identity", ["districts", "streets", "grid-areas", "candidates"])
def test_other_collections_are_written_as_well(service, tmp_path, identity):
    wanted = service.get(f"/collections/{identity}/items", params={"limit": 1}).json()["numberMatched"]
    path = tmp_path / f"{identity}.fgb"
    path.write_bytes(service.get(f"/exports/{identity}.fgb").content)
    assert len(pyogrio.read_dataframe(path)) == wanted


def test_a_download_can_be_resumed_and_a_held_one_is_304(service):
    whole = service.get("/exports/stations.csv")
    tag = whole.headers["etag"]
    assert not tag.startswith("W/")
    part = service.get("/exports/stations.csv", headers={"Range": "bytes=100-199", "If-Range": tag})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert service.get("/exports/stations.csv", headers={"If-None-Match": tag}).status_code == 304
    other = service.get("/exports/stations.csv", headers={"Range": "bytes=100-199", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    assert service.get("/exports/stations.csv", headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


@pytest.mark.parametrize("name", ["stations.exe", "stations", ".gpkg", "nothing.csv", "..%2Fx.csv", "coverage-99.csv"])
def test_what_is_not_there_is_404(service, name):
    answer = service.get(f"/exports/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_command_writes_what_the_service_serves(service, small_city, tmp_path):
    command = CommandLine(small_city.settings.database_url, small_city.settings.data_dir)
    path = tmp_path / "驿站.csv"
    answer = command.ok("export", "stations", "--out", path)
    served = service.get("/exports/stations.csv", headers={"Accept-Language": "zh"}).content
    assert path.read_bytes() == served
    assert answer["features"] == len(served.splitlines()) - 1
    parquet = tmp_path / "驿站.parquet"
    assert command.ok("export", "stations", "--format", "parquet", "--out", parquet)["features"] == answer["features"]
    assert parquet.read_bytes() == service.get("/exports/stations.parquet").content
    refused = command.run("export", "stations", "--format", "exe")
    assert refused.status == 1
    assert "gpkg" in refused.err
