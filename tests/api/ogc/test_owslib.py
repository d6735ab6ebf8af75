"""OWSLib, a client others wrote, reads everything there is: that is what most scripts of GIS bureaus are made of."""

from __future__ import annotations

import pytest
from owslib.ogcapi.features import Features

from api.ogc.conformance import CONFORMS_TO


@pytest.fixture(scope="module")
def client(service):
    return Features(str(service.base_url))


def test_it_finds_its_way_from_the_landing_page(client):
    assert client.conformance()["conformsTo"] == list(CONFORMS_TO)
    assert client.api()["openapi"] == "3.0.3"
    assert client.feature_collections()[:2] == ["stations", "districts"]
    assert client.collection("stations")["itemType"] == "feature"


def test_it_reads_every_row_of_every_page(client):
    everything = client.collection_items("stations", limit=10000)
    ids, page, at = [], client.collection_items("stations", limit=25, sortby="name"), 1
    while True:
        ids += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        cursor = following[0].partition("cursor=")[2].partition("&")[0]
        page, at = client.collection_items("stations", limit=25, sortby="name", cursor=cursor), at + 1
    assert len(ids) == len(set(ids)) == everything["numberMatched"] == len(everything["features"])
    assert at == -(-len(ids) // 25)


def test_it_filters_by_what_the_queryables_name(client):
    properties = client.collection_queryables("stations")["properties"]
    assert properties["seats"]["type"] == "integer"
    found = client.collection_items("stations", filter="seats >= 10", limit=10000)["features"]
    assert found
    assert all(feature["properties"]["seats"] >= 10 for feature in found)
    west, south, east, north = client.collection("districts")["extent"]["spatial"]["bbox"][0]
    middle = [west, south, (west + east) / 2, north]
    inside = client.collection_items("stations", bbox=middle, limit=10000)["features"]
    assert inside
    assert all(feature["geometry"]["coordinates"][0] <= middle[2] for feature in inside)


def test_it_reads_one_feature_and_its_schema(client):
    (first,) = client.collection_items("stations", limit=1)["features"]
    assert client.collection_item("stations", first["id"])["properties"] == first["properties"]
    assert set(first["properties"]) <= set(client.collection_schema("stations")["properties"])
