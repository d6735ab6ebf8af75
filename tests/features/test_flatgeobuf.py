"""FlatGeobuf is read back by GDAL: in the order asked for, or indexed; empty and without shapes as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyogrio
import pytest
import shapely

from geo.features.crs import reference_system
from geo.features.flatgeobuf import write_flatgeobuf
from geo.features.selection import Selection
from geo.features.table import FeatureTable
from tests.support.features import a_table

ORDER = np.array([5, 2, 7, 0, 1, 3, 6, 4])


def written(folder, selection, *, indexed=False):
    path = folder / "features.fgb"
    write_flatgeobuf(selection, path, shape="Point", indexed=indexed)
    return path


def test_rows_come_in_the_order_asked_for_and_with_their_types(tmp_path):
    table = a_table()
    path = written(tmp_path, replace(Selection.everything(table), rows=ORDER))
    frame = pyogrio.read_dataframe(path)
    assert frame["id"].tolist() == table.ids[ORDER].tolist()
    seats = [None if value != value else int(value) for value in frame["seats"]]
    assert seats == table.columns["seats"].plain(ORDER)
    kinds = dict(zip(pyogrio.read_info(path)["fields"], pyogrio.read_info(path)["ogr_types"], strict=True))
    assert kinds["seats"] == "OFTInteger64"
    assert kinds["people"] == "OFTReal"
    assert kinds["verified"] == "OFTDateTime"


def test_an_index_finds_what_lies_in_a_box(tmp_path):
    table = a_table()
    path = written(tmp_path, Selection.everything(table), indexed=True)
    assert pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]
    west, south, east, north = shapely.bounds(table.geometry[3]).tolist()
    inside = pyogrio.read_dataframe(path, bbox=(west - 1e-9, south - 1e-9, east + 1e-9, north + 1e-9))
    assert table.ids[3] in inside["id"].tolist()
    assert len(inside) < len(table)


@pytest.mark.parametrize("code", ["4326", "4547"])
def test_east_stands_first_in_every_reference_system(tmp_path, code):
    system = reference_system(f"http://www.opengis.net/def/crs/EPSG/0/{code}")
    table = a_table()
    frame = pyogrio.read_dataframe(written(tmp_path, replace(Selection.everything(table), crs=system)))
    assert frame.crs.to_epsg() == int(code)
    back = shapely.get_coordinates(frame.to_crs("OGC:CRS84").geometry.to_numpy())
    assert np.abs(back - shapely.get_coordinates(table.geometry)).max() < 3e-7


@pytest.mark.parametrize("indexed", [True, False])
def test_nothing_and_no_shapes_are_files_too(tmp_path, indexed):
    whole = Selection.everything(a_table())
    assert len(pyogrio.read_dataframe(written(tmp_path, replace(whole, rows=ORDER[:0]), indexed=indexed))) == 0
    bare = pyogrio.read_dataframe(written(tmp_path, replace(whole, skip_geometry=True), indexed=indexed))
    assert bare["id"].tolist() == whole.table.ids.tolist()
    assert bare.geometry.isna().all()


def test_shapes_of_two_types_share_a_file(tmp_path):
    square = shapely.box(120, 36, 121, 37)
    shapes = np.array([square, shapely.MultiPolygon([square])], dtype=object)
    table = FeatureTable("v1", np.array(["a", "b"], dtype=object), {}, shapes)
    frame = pyogrio.read_dataframe(written(tmp_path, Selection.everything(table)))
    assert frame.geometry.geom_type.tolist() == ["Polygon", "MultiPolygon"]
