"""GeoParquet is read back by geopandas with every row, every type and the reference system, whatever is unknown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo.features import geoparquet
from geo.features.crs import SYSTEMS
from geo.features.selection import Selection
from geo.features.table import FeatureTable
from tests.support.features import a_table


def file_of(selection):
    return b"".join(geoparquet.pieces(selection))


def metadata_of(file):
    return json.loads(pq.ParquetFile(io.BytesIO(file)).schema_arrow.metadata[b"geo"])


def grid(count):
    """Points on a line towards the east, one millidegree apart."""
    ids = np.array([f"{place:06d}" for place in range(count)], dtype=object)
    return FeatureTable("v1", ids, {}, shapely.points(120 + np.arange(count) / 1000, np.full(count, 36.0)))


@given(st.permutations(range(8)))
def test_rows_values_and_unknowns_are_those_of_the_table_in_the_order_asked_for(order):
    table = a_table()
    read = pq.read_table(io.BytesIO(file_of(replace(Selection.everything(table), rows=np.array(order)))))
    assert read["id"].to_pylist() == table.ids[order].tolist()
    for name, column in table.columns.items():
        found = read[name].to_pylist()
        if name == "changed":
            assert [moment is None for moment in found] == (~column.known[order]).tolist()
        else:
            as_json = [str(value) if hasattr(value, "isoformat") else value for value in found]
            assert as_json == column.plain(np.array(order)), name


def test_types_are_those_of_the_properties():
    schema = pq.ParquetFile(io.BytesIO(file_of(Selection.everything(a_table())))).schema_arrow
    kinds = {name: str(schema.field(name).type) for name in ("seats", "people", "open", "verified", "changed", "name")}
    assert kinds == {
        "seats": "int64",
        "people": "double",
        "open": "bool",
        "verified": "date32[day]",
        "changed": "timestamp[us, tz=UTC]",
        "name": "string",
    }
    assert str(schema.field("amenities").type).startswith("list<")


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.authority)
def test_the_reference_system_is_the_one_asked_for_and_east_stands_first(system):
    table = a_table()
    file = file_of(replace(Selection.everything(table), crs=system))
    frame = gpd.read_parquet(io.BytesIO(file))
    assert frame.crs == CRS.from_user_input(system.authority)
    back = frame.to_crs("OGC:CRS84")
    wanted = shapely.get_coordinates(table.geometry)
    assert np.abs(shapely.get_coordinates(back.geometry.to_numpy()) - wanted).max() < 3e-7
    assert metadata_of(file)["columns"]["geometry"]["bbox"] == pytest.approx(frame.total_bounds.tolist())


def test_the_metadata_says_what_geoparquet_1_1_asks_for():
    said = metadata_of(file_of(Selection.everything(a_table())))
    assert (said["version"], said["primary_column"]) == ("1.1.0", "geometry")
    column = said["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["Point"]
    assert column["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert column["covering"]["bbox"]["xmax"] == ["bbox", "xmax"]


def test_boxes_let_a_reader_skip_what_lies_elsewhere():
    table = grid(2 * geoparquet.ROWS_PER_GROUP + 1)
    file = file_of(Selection.everything(table))
    read = pq.ParquetFile(io.BytesIO(file))
    assert read.num_row_groups == 3
    west = [
        next(
            group.column(place).statistics
            for place in range(group.num_columns)
            if group.column(place).path_in_schema == "bbox.xmin"
        )
        for group in map(read.metadata.row_group, range(3))
    ]
    assert [round(one.min, 3) for one in west] == [120.0, 130.0, 140.0]
    inside = gpd.read_parquet(io.BytesIO(file), bbox=(125.0005, 35, 125.0105, 37))
    assert len(inside) == 10


def test_a_file_comes_in_pieces_of_so_many_rows():
    pieces = geoparquet.pieces(Selection.everything(grid(3 * geoparquet.ROWS_PER_GROUP)))
    sizes = [len(piece) for piece in pieces]
    assert len(sizes) == 4
    assert max(sizes) < 0.6 * sum(sizes)


@pytest.mark.parametrize("selection", [
    replace(Selection.everything(a_table()), rows=np.arange(0)),
    replace(Selection.everything(a_table()), skip_geometry=True),
], ids=["nothing", "no shapes"])  # fmt: skip
def test_files_without_rows_or_shapes_can_be_read(selection):
    frame = gpd.read_parquet(io.BytesIO(file_of(selection)))
    assert len(frame) == len(selection.rows)
    assert frame.geometry.isna().all()
    assert "bbox" not in metadata_of(file_of(selection))["columns"]["geometry"]


def test_only_the_properties_asked_for_are_written():
    frame = gpd.read_parquet(io.BytesIO(file_of(replace(Selection.everything(a_table()), properties=("seats",)))))
    assert frame.columns.tolist() == ["id", "seats", "geometry"]
