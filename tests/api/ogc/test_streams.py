"""Features as streams: every row in the order asked for, whoever reads them, and no more memory for more rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tracemalloc
from dataclasses import replace

import brotli
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from api.ogc.media import CSV, FLATGEOBUF, GEOJSON, GEOJSONSEQ, GEOPARQUET, JSONFG
from api.ogc.writers import WRITERS
from geo.features.selection import Selection
from geo.features.table import Column, FeatureTable, Kind

ITEMS = "/collections/stations/items"
STREETS = "/collections/streets/items"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
ENVELOPE = {"links": [], "featureType": "stations", "geometryType": "Point"}

FORMS = [GEOJSON, JSONFG, GEOJSONSEQ, CSV, FLATGEOBUF, GEOPARQUET]
STREAMS = [GEOJSONSEQ, CSV, FLATGEOBUF, GEOPARQUET]
FILE_FORMS = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.f)


def frame_of(form, body, folder):
    """Ids, seats and places of a body, by whichever library reads that form."""
    if form is GEOPARQUET:
        return gpd.read_parquet(io.BytesIO(body))
    if form is CSV:
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
        places = [(float(row["lon"]), float(row["lat"])) for row in rows]
        return gpd.GeoDataFrame({"id": [row["id"] for row in rows]}, geometry=shapely.points(places))
    if form in (GEOJSON, JSONFG, GEOJSONSEQ):
        found = (
            [json.loads(text) for text in body.split(b"\x1e")[1:]]
            if form is GEOJSONSEQ
            else json.loads(body)["features"]
        )
        shapes = [shapely.from_geojson(json.dumps(one.get("place") or one["geometry"])) for one in found]
        return gpd.GeoDataFrame({"id": [one["id"] for one in found]}, geometry=shapes)
    path = folder / "answer.fgb"
    path.write_bytes(body)
    return pyogrio.read_dataframe(path)


@FILE_FORMS
def test_a_form_is_asked_for_by_name_or_by_accept_with_filter_sorting_and_reference_system(service, tmp_path, form):
    asked = {"filter": "seats >= 4", "sortby": "-seats,name", "crs": MERCATOR, "limit": 10000}
    wanted = service.get(ITEMS, params=asked).json()["features"]
    assert len(wanted) > 3
    by_name = service.get(ITEMS, params={**asked, "f": form.f})
    by_type = service.get(ITEMS, params=asked, headers={"Accept": form.type})
    for answer in (by_name, by_type):
        assert answer.headers["content-type"].split(";")[0] == form.type
        assert answer.headers["content-crs"] == f"<{MERCATOR}>"
        frame = frame_of(form, answer.content, tmp_path)
        assert frame["id"].tolist() == [one["id"] for one in wanted]
        places = [[x, y] for x, y in zip(frame.geometry.x, frame.geometry.y, strict=True)]
        assert places == [one["geometry"]["coordinates"] for one in wanted]


@pytest.mark.parametrize("form", STREAMS, ids=lambda form: form.f)
def test_a_form_without_a_place_for_links_says_in_the_header_where_it_goes_on(service, form):
    address, seen, matched = f"{ITEMS}?f={form.f}&limit=40&sortby=name", 0, None
    while address:
        answer = service.get(address)
        matched = matched or int(answer.headers["ogc-numbermatched"])
        seen += int(answer.headers["ogc-numberreturned"])
        onward = re.search('<([^>]*)>; rel="next"', answer.headers["link"])
        address = onward and onward[1]
    assert seen == matched == service.get(ITEMS, params={"limit": 1}).json()["numberMatched"]


@FILE_FORMS
def test_long_answers_are_whole_and_compressed_on_the_way(service, tmp_path, form):
    asked = {"f": form.f, "limit": 10000, "properties": "name"}
    whole = service.get(STREETS, params={"limit": 10000}).json()["numberReturned"]
    assert whole > 200
    plain = service.get(STREETS, params=asked, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["transfer-encoding"] == "chunked"
    for coding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        with service.stream("GET", STREETS, params=asked, headers={"Accept-Encoding": coding}) as answer:
            raw = b"".join(answer.iter_raw())
        if form is GEOPARQUET:
            assert "content-encoding" not in answer.headers
        else:
            assert answer.headers["content-encoding"] == coding
            raw = unpack(raw)
        if form not in (GEOJSON, JSONFG):  # these hold the moment they were made
            assert raw == plain.content
    again = service.get(STREETS, params=asked, headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def many(count):
    """A selection of so many points."""
    ids = np.array([f"{place:07d}" for place in range(count)], dtype=object)
    names = Column.of("name", Kind.TEXT, {"zh": "名", "en": "name"}, [f"第 {place} 站" for place in range(count)])
    points = shapely.points(120 + np.arange(count) / 1e5, np.full(count, 36.0))
    return Selection.everything(FeatureTable("v1", ids, {"name": names}, points))


@pytest.mark.parametrize("form", [GEOJSON, JSONFG, GEOJSONSEQ, CSV], ids=lambda form: form.f)
def test_memory_does_not_grow_with_the_answer(form):
    def peak(selection):
        tracemalloc.start()
        size = sum(len(piece) for piece in WRITERS[form](selection, ENVELOPE))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most, size

    whole = many(24_000)
    (small, small_size), (large, large_size) = peak(replace(whole, rows=whole.rows[:6_000])), peak(whole)
    assert large_size > 3.9 * small_size
    assert large < 1.2 * small


def test_arrow_holds_no_more_than_a_group_of_rows():
    held = [pa.total_allocated_bytes() for _ in WRITERS[GEOPARQUET](many(60_000), ENVELOPE)]
    assert len(held) == 7
    assert max(held[1:]) < 1.5 * held[1]
