"""OGC API Features as its clients see it: every declared class is held by something here."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.ogc.conformance import CONFORMS_TO

ITEMS = "/collections/stations/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
COLLECTIONS = ["stations", "districts", "subdistricts", "streets", "grid-areas", "candidates"]


@pytest.fixture(scope="module")
def everything(service):
    """All stations, in one answer."""
    return service.get(ITEMS, params={"limit": 10000}).json()["features"]


def links_of(content):
    return {(link["rel"], link["type"]): link["href"] for link in content["links"]}


def ids_of(answer):
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def test_a_program_is_given_the_landing_page_and_a_browser_the_riders(service):
    landing = service.get("/", headers={"Accept": "application/json"})
    rels = {link["rel"] for link in landing.json()["links"]}
    assert {"self", "service-desc", "service-doc", "conformance", "data"} <= rels
    (described,) = [link for link in landing.json()["links"] if link["rel"] == "service-desc"]
    assert described["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert service.get("/", params={"f": "json"}).json()["title"] == landing.json()["title"]
    for accept in ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*", ""):
        page = service.get("/", headers={"Accept": accept})
        assert page.headers["content-type"].startswith("text/html")
        assert "accept" in page.headers["vary"].lower().split(", ")


def test_every_link_of_the_landing_page_and_the_collections_leads_somewhere(service):
    landing = service.get("/", params={"f": "json"}).json()
    for document in (landing, service.get("/collections").json()):
        for link in document["links"]:
            if link["rel"] == "related":
                continue
            answer = service.get(link["href"])
            assert answer.status_code == 200, link
            assert answer.headers["content-type"].split(";")[0] == link["type"].split(";")[0], link


def test_conformance_is_what_tests_hold(service):
    assert service.get("/conformance").json()["conformsTo"] == list(CONFORMS_TO)


def test_a_collection_is_the_same_in_the_list_and_alone(service):
    listed = {one["id"]: one for one in service.get("/collections").json()["collections"]}
    assert [*listed][: len(COLLECTIONS)] == COLLECTIONS
    for identity in COLLECTIONS:
        alone = service.get(f"/collections/{identity}").json()
        assert alone == listed[identity]
        assert alone["crs"][0] == CRS84 == alone["storageCrs"]
        west, south, east, north = alone["extent"]["spatial"]["bbox"][0]
        assert west < east
        assert south < north
        for link in alone["links"]:
            answer = service.get(
                link["href"],
                params={
                    **dict(part.split("=") for part in link["href"].partition("?")[2].split("&") if part),
                    **({"limit": "1"} if link["rel"] == "items" else {}),
                },
            )
            assert answer.status_code == 200, link


@pytest.mark.parametrize("identity", COLLECTIONS)
def test_a_page_says_how_many_there_are_and_where_it_goes_on(service, identity):
    page = service.get(f"/collections/{identity}/items", params={"limit": 2})
    content = page.json()
    assert page.headers["content-type"] == "application/geo+json"
    assert page.headers["content-crs"] == f"<{CRS84}>"
    assert content["type"] == "FeatureCollection"
    assert content["numberReturned"] == len(content["features"]) <= 2
    assert content["numberMatched"] >= content["numberReturned"]
    assert content["timeStamp"].endswith("Z")
    has_more = content["numberMatched"] > content["numberReturned"]
    assert (("next", "application/geo+json") in links_of(content)) == has_more
    for feature in content["features"]:
        assert isinstance(feature["id"], str)
        alone = service.get(f"/collections/{identity}/items/{feature['id']}").json()
        assert {"self", "alternate", "collection"} <= {link["rel"] for link in alone.pop("links")}
        assert alone == feature
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape.is_valid
        if shape.geom_type.endswith("Polygon"):
            assert all(part.exterior.is_ccw for part in getattr(shape, "geoms", [shape]))


SORTABLE = ["name", "seats", "district", "verified", "step_free", "id", "type", "code"]
SORTS = st.lists(
    st.tuples(st.sampled_from(["", "-", "+"]), st.sampled_from(SORTABLE)), max_size=3, unique_by=lambda key: key[1]
)
FILTERS = ["", "seats IS NULL OR seats > 4", "district LIKE '%区'"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SORTS, st.integers(3, 60), st.sampled_from(FILTERS))
def test_every_station_comes_exactly_once_under_any_sort_filter_and_page_size(
    service, everything, sort, limit, filter_
):
    asked = {"limit": limit, "sortby": ",".join(sign + name for sign, name in sort)} | (
        {"filter": filter_} if filter_ else {}
    )
    answer, found = service.get(ITEMS, params=asked), []
    matched = answer.json()["numberMatched"]
    while True:
        found += ids_of(answer)
        onward = links_of(answer.json()).get(("next", "application/geo+json"))
        if onward is None:
            break
        answer = service.get(onward)
    assert len(found) == len(set(found)) == matched
    if not filter_:
        assert set(found) == {feature["id"] for feature in everything}


def test_a_limit_beyond_the_largest_means_the_largest(service):
    assert service.get(ITEMS, params={"limit": 999999}).status_code == 200


def test_a_box_holds_what_meets_it_and_crosses_the_antimeridian(service, everything):
    west, south, east, north = 120.3, 36.0, 120.45, 36.2
    inside = {
        one["id"]
        for one in everything
        if west <= one["geometry"]["coordinates"][0] <= east and south <= one["geometry"]["coordinates"][1] <= north
    }
    assert 0 < len(inside) < len(everything)
    assert set(ids_of(service.get(ITEMS, params={"bbox": f"{west},{south},{east},{north}", "limit": 10000}))) == inside
    assert (
        set(ids_of(service.get(ITEMS, params={"bbox": f"{west},{south},0,{east},{north},99", "limit": 10000})))
        == inside
    )
    flipped = {"bbox": f"{south},{west},{north},{east}", "bbox-crs": EPSG + "4326", "limit": 10000}
    assert set(ids_of(service.get(ITEMS, params=flipped))) == inside
    assert ids_of(service.get(ITEMS, params={"bbox": "170,-90,-170,90"})) == []
    assert len(ids_of(service.get(ITEMS, params={"bbox": "10,-90,-10,90", "limit": 10000}))) == len(everything)


@pytest.mark.parametrize("code", ["4326", "3857", "4490", "4547"])
def test_a_reference_system_comes_in_its_authoritys_order_and_boxes_in_it_find_the_same(service, everything, code):
    asked = {"crs": EPSG + code, "limit": 10000}
    answer = service.get(ITEMS, params=asked)
    assert answer.headers["content-crs"] == f"<{EPSG}{code}>"
    moved = {one["id"]: one["geometry"]["coordinates"] for one in answer.json()["features"]}
    some = everything[0]
    lon, lat = some["geometry"]["coordinates"]
    if code in ("4326", "4490"):
        assert moved[some["id"]] == pytest.approx([lat, lon], abs=1e-5)
    x, y = moved[some["id"]]
    reach = 0.001 if code in ("4326", "4490") else 100
    box = {"bbox": f"{x - reach},{y - reach},{x + reach},{y + reach}", "bbox-crs": EPSG + code, "limit": 10000}
    near = ids_of(service.get(ITEMS, params=box))
    assert some["id"] in near
    assert all(abs(moved[one][0] - x) <= reach * 1.01 and abs(moved[one][1] - y) <= reach * 1.01 for one in near)
    shape = f"POINT({x} {y})" if code != "3857" else f"BBOX({x - 1},{y - 1},{x + 1},{y + 1})"
    if code == "3857":
        found = ids_of(
            service.get(ITEMS, params={"filter": f"S_INTERSECTS(geometry, {shape})", "filter-crs": EPSG + code})
        )
        assert some["id"] in found


@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
def test_filters_in_text_and_json_find_the_same(service, everything, language):
    wanted = {
        one["id"] for one in everything if one["properties"]["seats"] is not None and one["properties"]["seats"] >= 6
    }
    text = "seats >= 6" if language == "cql2-text" else '{"op":">=","args":[{"property":"seats"},6]}'
    found = service.get(ITEMS, params={"filter": text, "filter-lang": language, "limit": 10000})
    assert set(ids_of(found)) == wanted
    assert found.json()["numberMatched"] == len(wanted)


def has(feature, name, value):
    """Whether a feature's property is this value, or holds all of these words."""
    own = feature["properties"][name]
    return set(value) <= set(own or []) if isinstance(value, list) else own == value


def test_every_property_is_a_parameter(service, everything):
    table = service.get("/collections/stations/queryables").json()["properties"]
    for name in set(table) - {"geometry"}:
        known = [one["properties"][name] for one in everything if one["properties"][name] not in (None, [])]
        if not known:
            continue
        text = ",".join(known[0]) if isinstance(known[0], list) else str(known[0])
        text = text.lower() if isinstance(known[0], bool) else text
        found = service.get(ITEMS, params={name: text, "limit": 10000})
        assert set(ids_of(found)) == {one["id"] for one in everything if has(one, name, known[0])}, name


def test_texts_days_and_ids_narrow_a_page(service, everything):
    some = everything[3]
    assert some["id"] in ids_of(service.get(ITEMS, params={"q": some["properties"]["name"][:4], "limit": 10000}))
    assert ids_of(service.get(ITEMS, params={"ids": f"{some['id']},nobody"})) == [some["id"]]
    day = next(one["properties"]["verified"] for one in everything if one["properties"]["verified"])
    of_day = {one["id"] for one in everything if one["properties"]["verified"] == day}
    for text in (day, f"{day}T12:00:00+08:00", f"{day}/{day}"):
        assert set(ids_of(service.get(ITEMS, params={"datetime": text, "limit": 10000}))) == of_day
    later = {one["id"] for one in everything if (one["properties"]["verified"] or "") >= day}
    for text in (f"{day}/..", f"{day}/"):
        assert set(ids_of(service.get(ITEMS, params={"datetime": text, "limit": 10000}))) == later


def test_properties_and_shapes_can_be_left_out(service):
    (feature,) = service.get(ITEMS, params={"limit": 1, "properties": "name,seats", "skipGeometry": "true"}).json()[
        "features"
    ]
    assert feature["geometry"] is None
    assert [*feature["properties"]] == ["name", "seats"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=x", "limit=1&limit=2", "nothing=1", "bbox=1,2,3", "bbox=1,2,3,x", "bbox=1,9,2,3",
        "bbox=nan,1,2,3",
        "crs=http://example.org/4326", "bbox-crs=EPSG:4326", "datetime=yesterday", "datetime=2026-02-30", "datetime=/",
        "datetime=2026-02-02/2026-01-01", "filter=seats%20%3D%3D%201", "filter=nothing%3D1", "filter-lang=sql",
        "filter=%28",
        "filter=seats%3D1&filter-lang=cql2-json", "filter-crs=x", "sortby=nothing", "sortby=amenities",
        "sortby=name,name",
        "properties=nothing", "skipGeometry=yes", "cursor=x", "cursor=bnVsbA", "f=xml", "lang=fr",
        "seats=many", "type=castle",
        "step_free=1", "verified=soon", "amenities=gold", "=", "%ff=1", "limit=%EF%BC%91",
    ],
)  # fmt: skip
def test_a_request_with_a_fault_is_refused_with_the_parameters_name(service, query):
    answer = service.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["parameter"]
    assert "Traceback" not in answer.text
    assert "SELECT" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/collections/nothing",
        "/collections/coverage-999",
        "/collections/gaps-0",
        "/collections/stations/items/x",
        "/collections/%00/items",
        "/collections/stations/other",
    ],
)
def test_what_is_not_there_is_404(service, path):
    answer = service.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_nobody_writes_is_406(service):
    for path in (ITEMS, "/collections", "/collections/stations/schema"):
        assert service.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert service.get(ITEMS, headers={"Accept": "image/png, */*;q=0.1"}).status_code == 200


def test_every_answer_is_304_to_whoever_holds_it_and_varies_by_what_it_depends_on(service):
    for path in (
        "/conformance",
        "/collections",
        "/collections/stations",
        "/collections/stations/schema",
        ITEMS,
        f"{ITEMS}?f=csv",
        "/api",
        "/?f=json",
    ):
        first = service.get(path)
        assert {"accept", "accept-language", "accept-encoding"} <= set(first.headers["vary"].lower().split(", "))
        again = service.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        other = service.get(path, headers={"If-None-Match": '"other"'})
        assert other.status_code == 200
    languages = {
        service.get("/collections", headers={"Accept-Language": lang}).headers["etag"] for lang in ("zh", "en")
    }
    assert len(languages) == 2


def test_csv_has_its_heading_even_when_it_is_empty(service, everything):
    answer = service.get(ITEMS, params={"f": "csv", "limit": 10000})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == [one["properties"]["name"] for one in everything]
    assert float(rows[0]["lon"]) == everything[0]["geometry"]["coordinates"][0]
    empty = service.get(ITEMS, params={"f": "csv", "ids": "nobody"}).content.decode("utf-8-sig")
    assert empty.splitlines()[0].startswith("id,code,name")
    assert len(empty.splitlines()) == 1


def test_sequences_and_jsonfg_say_the_same_as_geojson(service, everything):
    sequence = service.get(ITEMS, params={"f": "geojsonseq", "limit": 10000})
    assert sequence.headers["content-type"] == "application/geo+json-seq"
    texts = sequence.content.split(b"\x1e")
    assert texts[0] == b""
    assert [json.loads(text) for text in texts[1:]] == everything
    fg = service.get(ITEMS, params={"f": "jsonfg", "limit": 3, "crs": EPSG + "4326"}).json()
    assert fg["conformsTo"] == ["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"]
    assert fg["coordRefSys"] == EPSG + "4326"
    assert fg["featureType"] == "stations"
    for feature, plain in zip(fg["features"], everything, strict=False):
        assert feature["geometry"] is None
        assert feature["place"]["coordinates"] == plain["geometry"]["coordinates"][::-1]
        assert feature["time"] == (plain["properties"]["verified"] and {"date": plain["properties"]["verified"]})


def test_flatgeobuf_is_read_by_gdal_empty_or_not(service, everything, tmp_path):
    for asked, count in (({"limit": 10000}, len(everything)), ({"ids": "nobody"}, 0)):
        path = tmp_path / f"{count}.fgb"
        path.write_bytes(service.get(ITEMS, params={"f": "fgb", **asked}).content)
        frame = pyogrio.read_dataframe(path)
        assert len(frame) == count
        if count:
            assert sorted(frame["id"]) == sorted(one["id"] for one in everything)


def test_pages_for_people_are_whole_and_escaped(service):
    for path in (
        "/collections",
        "/collections/stations",
        "/collections/stations/queryables",
        ITEMS,
        "/conformance",
        "/api.html",
    ):
        page = service.get(path, params={"f": "html"})
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<h1>" in page.text
        assert "<script" not in page.text
        assert "unsafe" not in page.headers["content-security-policy"]


def read_by_gdal(service, identity, **asked):
    """How many rows GDAL reads, and their types. In a process of its own: it holds this one's lock while it waits."""
    script = (
        "import json, sys, pyogrio\n"
        "asked = {name: tuple(value) if name == 'bbox' else value for name, value in json.loads(sys.argv[2]).items()}\n"
        "frame = pyogrio.read_dataframe(sys.argv[1], **asked)\n"
        "print(json.dumps([len(frame), {name: str(kind) for name, kind in frame.dtypes.items()}]))"
    )
    address = f"OAPIF:{str(service.base_url).rstrip('/')}/collections/{identity}"
    read = subprocess.run(
        [sys.executable, "-c", script, address, json.dumps(asked)], capture_output=True, check=True, timeout=50
    )
    return json.loads(read.stdout)


@pytest.mark.parametrize("identity", COLLECTIONS)
def test_gdal_reads_every_row(service, identity):
    wanted = service.get(f"/collections/{identity}/items", params={"limit": 1}).json()["numberMatched"]
    assert read_by_gdal(service, identity)[0] == wanted


def test_gdal_reads_types_and_pushes_filters_and_boxes_down(service, everything):
    wanted = [one for one in everything if (one["properties"]["seats"] or 0) >= 6]
    rows, kinds = read_by_gdal(service, "stations", where="seats >= 6")
    assert rows == len(wanted)
    assert kinds["verified"].startswith("datetime")
    assert read_by_gdal(service, "stations", bbox=(120.3, 36.0, 120.45, 36.2))[0] < len(everything)


def test_a_description_in_older_words_names_every_address_and_what_clients_look_for(service):
    whole = service.get("/api").json()
    assert whole["openapi"] == "3.0.3"
    limit = whole["components"]["parameters"]["limit"]
    assert (limit["schema"]["maximum"], limit["schema"]["default"]) == (10000, 100)
    assert limit["style"] == "form"
    assert limit["explode"] is False
    names = {one.get("name") or one["$ref"].rpartition("/")[2] for one in whole["paths"][ITEMS]["get"]["parameters"]}
    assert {"limit", "bbox", "datetime", "filter", "sortby", "seats", "district"} <= names
    assert {"/nearest", "/coverage", "/what-if"} <= set(whole["paths"])
    text = json.dumps(whole)
    assert '"type": "null"' not in text
    assert '"$ref": "http' not in text
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}:
        node = whole
        for step in reference.split("/"):
            node = node[step]
