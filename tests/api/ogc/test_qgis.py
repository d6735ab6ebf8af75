"""
What QGIS looks for before it loads, pages, filters and edits, each taken from how its OAPIF provider reads a service;
and where the abstract tests of Features 1 to 4 are held.

Part 1 (17-069r4, annex A)
    landing page, API definition, conformance          test_features: a program is given the landing page …; every link
                                                       … leads somewhere; conformance is what tests hold
    collections, collection                            test_features: a collection is the same in the list and alone
    items: limit, bbox, datetime, unknown parameters   test_features: a limit beyond …; a box holds …; texts, days and
                                                       ids …; a request with a fault is refused …
    items: links, timeStamp, counts, paging            test_features: a page says how many …; every station comes
                                                       exactly once …; test_streams: a form without a place for links …
    one feature                                        test_features: a page says how many … (each feature alone)
    geojson, html                                      test_features: a page says how many …; pages for people …
    oas30                                              test_features: a description in older words …; test_description
Part 2 (18-058r1)
    crs lists, storageCrs                              test_features: a collection is the same in the list and alone
    crs, bbox-crs, Content-Crs, axes                   test_features: a reference system comes in its order …
    unknown crs is 400                                 test_features: a request with a fault is refused …
Part 3 (19-079r2) and CQL2 (21-065r2)
    queryables as JSON Schema, as parameters           test_features: every property …; here: simple filters
    filter, filter-lang, filter-crs, 400               test_features: filters in text and json …; a request with a fault
    cql2 operators and functions                       tests/features/test_predicate, test_expressions
Part 4 (20-002r1)
    create, replace, update, delete                    test_writes
    optimistic locking by ETags                        test_writes
    OPTIONS and Allow                                  here: editing
"""

from __future__ import annotations

import pytest

OGC = "http://www.opengis.net/spec/"
ITEMS = "/collections/stations/items"
SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"


@pytest.fixture(scope="module")
def described(service):
    """The description, found the way QGIS finds it: by the exact media type on the landing page."""
    links = service.get("/", headers={"Accept": "application/json"}).json()["links"]
    wanted = ("service-desc", "application/vnd.oai.openapi+json;version=3.0")
    (address,) = [link["href"] for link in links if (link["rel"], link["type"]) == wanted]
    assert any((link["rel"], link["type"]) == ("data", "application/json") for link in links)
    return service.get(address).json()


@pytest.fixture(scope="module")
def classes(service):
    """The declared classes, without the part that is the same in all."""
    return {one.removeprefix(OGC) for one in service.get("/conformance").json()["conformsTo"]}


def test_pages_can_be_a_thousand_rows_long(described, service):
    limit = described["components"]["parameters"]["limit"]["schema"]
    size = min(max(1000, limit["default"]), limit["maximum"])
    assert size == 1000
    page = service.get("/collections/streets/items", params={"limit": size}).json()
    assert page["numberReturned"] == min(size, page["numberMatched"]) > 100


def test_simple_filters_are_read_from_the_literal_address_of_every_collection(described, service):
    for one in service.get("/collections").json()["collections"]:
        item = described["paths"].get(f"/collections/{one['id']}/items")
        if item is None:
            assert one["id"].startswith(("coverage-", "gaps-"))  # of stored runs: reached by the open address
            continue
        queryables = service.get(f"/collections/{one['id']}/queryables").json()["properties"]
        by_name = {part["name"]: part for part in item["get"]["parameters"] if "name" in part}
        for name in set(queryables) - {"geometry"}:
            part = by_name[name]
            assert part["in"] == "query"
            assert part["style"] == "form"
            assert part["explode"] is False
            assert part["schema"]["type"] == queryables[name]["type"]


@pytest.mark.parametrize(
    ("classes_wanted", "filters"),
    [
        (
            ["cql2/1.0/conf/cql2-text", "cql2/1.0/conf/basic-cql2", "ogcapi-features-3/1.0/conf/filter",
             "ogcapi-features-3/1.0/conf/features-filter"],
            ["(seats >= 4)", "(seats IS NOT NULL)", "((name <> 'x') AND (NOT (seats < 2)))"],
        ),
        (
            ["cql2/1.0/conf/advanced-comparison-operators"],
            ["(name LIKE '%站%')", "(seats IN (2,4,6))", "(seats BETWEEN 2 AND 6)"],
        ),
        (
            ["cql2/1.0/conf/basic-spatial-functions", "cql2/1.0/conf/basic-spatial-operators"],
            ["S_INTERSECTS(geometry,BBOX(120,35,121,37))"],
        ),
    ],
)  # fmt: skip
def test_filters_are_pushed_down_by_classes_that_are_declared_and_taken(service, classes, classes_wanted, filters):
    assert set(classes_wanted) <= classes
    for text in filters:
        answer = service.get(ITEMS, params={"filter": text, "filter-lang": "cql2-text"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["numberMatched"] > 0


def test_types_come_from_the_schema_and_the_reference_systems_from_the_collection(service, classes):
    assert {"ogcapi-features-5/1.0/conf/schemas", "ogcapi-features-2/1.0/conf/crs"} <= classes
    collection = service.get("/collections/stations").json()
    (address,) = [link["href"] for link in collection["links"] if link["rel"] == SCHEMA_REL]
    schema = service.get(address).json()["properties"]
    assert schema["seats"]["type"] == "integer"
    assert schema["verified"] == schema["verified"] | {"type": "string", "format": "date"}
    assert schema["geometry"]["x-ogc-role"] == "primary-geometry"
    assert schema["geometry"]["format"] == "geometry-point"
    assert collection["storageCrs"] in collection["crs"]


def test_editing_is_offered_where_it_is_taken(service):
    some = service.get(ITEMS, params={"limit": 1}).json()["features"][0]["id"]
    for path, wanted in ((ITEMS, {"GET", "HEAD", "POST"}), (f"{ITEMS}/{some}", {"GET", "PUT", "PATCH", "DELETE"})):
        answer = service.options(path)
        assert answer.status_code in (200, 204)
        assert wanted <= set(answer.headers["allow"].replace(" ", "").split(","))
    allowed = service.options("/collections/streets/items").headers["allow"]
    assert "POST" not in allowed


@pytest.mark.parametrize("path", [ITEMS, "/collections", "/", "/api", "/conformance", "/collections/stations/schema"])
def test_head_is_get_without_a_body(service, path):
    got, head = service.get(path), service.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-crs", "cache-control", "vary"):
        assert head.headers.get(name) == got.headers.get(name), name
