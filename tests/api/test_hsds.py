"""HSDS 3.0 over HTTP: every field is a fact of the city, pages are whole, questions are read strictly."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.schemas.hsds import (
    AtLocationOnItsOwn,
    AtLocationPage,
    FullService,
    HsdsRoot,
    OrganizationPage,
    OrganizationWithServices,
    ServicePage,
    Taxonomy,
    TaxonomyPage,
    TaxonomyTerm,
    TermPage,
)
from geo.places import vocabulary
from geo.services.hsds.identity import identity
from tests.support.small_city import SmallCity

SOME_ID = "0d6f6c1e-6f1b-4c8e-9a51-2f3d5b7e9c10"


def every(service: httpx.Client, listed: str, **asked: Any) -> list[dict[str, Any]]:
    """All records of a list, page by page; the envelope is held on the way."""
    found: list[dict[str, Any]] = []
    number = 1
    while True:
        page = service.get(f"/hsds/{listed}", params={"page": number, "per_page": 40, **asked}).json()
        found += page["contents"]
        assert page["size"] == len(page["contents"])
        assert (page["page_number"], page["first_page"]) == (number, number == 1)
        if page["last_page"]:
            assert (page["total_items"], page["total_pages"]) == (len(found), number if found else 0)
            return found
        number += 1


@pytest.fixture(scope="module")
def at_locations(service: httpx.Client) -> list[dict[str, Any]]:
    """Every service at every location, whole."""
    return every(service, "service_at_locations", full="true")


def rows_of(small_city: SmallCity) -> dict[str, tuple[int, dict[str, Any]]]:
    """The register's facts by the id of the location."""
    snapshot, slug = small_city.snapshot, small_city.slug
    records = snapshot.facilities.to_dict("records")
    return {
        identity(slug, "location", number): (place, {str(key): value for key, value in record.items()})
        for place, (number, record) in enumerate(zip(snapshot.facility_ids, records, strict=True))
    }


def given(value: Any) -> Any:
    """A cell of the register, None where it is empty."""
    return None if value is None or value != value else value


def values_of(record: dict[str, Any], taxonomy: str, *kinds: str) -> dict[str, str | None]:
    """Codes and values of the attributes of one taxonomy."""
    named = {
        "amenities": "设施",
        "networks": "所属网络",
        "entry_methods": "进入方式",
        "user_groups": "服务对象",
        "statuses": "状态",
    }
    return {
        one["taxonomy_term"]["code"]: one.get("value")
        for one in record["attributes"]
        if one["taxonomy_term"]["taxonomy"] == named[taxonomy] and (not kinds or one["link_type"] in kinds)
    }


def test_every_field_of_a_place_is_what_the_register_says(small_city: SmallCity, at_locations: list[dict[str, Any]]):
    rows = rows_of(small_city)
    snapshot = small_city.snapshot
    assert {one["location_id"] for one in at_locations} == set(rows)
    for one in at_locations:
        place, row = rows[one["location_id"]]
        where = one["location"]
        assert (where["latitude"], where["longitude"]) == pytest.approx((snapshot.lat[place], snapshot.lon[place]))
        assert where["name"] == row["name"]
        assert where.get("external_identifier") == given(row["code"])
        assert where.get("description") == given(row["landmark_hint"])
        (address,) = where["addresses"]
        assert address["address_1"] == row["address"]
        # Where no district's outline covers a door, nobody knows the code that names the province.
        province = "山东省" if given(row["district_code"]) else ""
        assert (address["city"], address["region"], address["state_province"]) == ("青岛", row["district"], province)
        assert [access["description"][:5] for access in where["accessibility"]] == {
            None: [],
            True: ["入口无台阶"],
            False: ["入口有台阶"],
        }[given(row["step_free"])]
        assert one.get("assured_date") == given(row["last_verified_on"])
        assert one["assurer"] == row["source_name"]
        assert [phone["number"] for phone in one["phones"]] == [row["public_phone"]] * bool(row["public_phone"])
        assert one["status"] == {"active": "active", "temporarily_closed": "temporarily closed"}[row["status"]]
        assert values_of(one, "amenities") == {
            code: state for code, state in row["amenities"].items() if state != "unknown"
        }
        assert set(values_of(one, "networks")) == set(row["networks"])
        assert set(values_of(one, "entry_methods")) == set(row["entry_methods"])
        assert set(values_of(one, "user_groups")) == set(row["user_groups"])
        assert set(values_of(one, "statuses")) == {row["status"]}
        assert "演示数据" in one["description"]
        said = {schedule["description"] for schedule in one["schedules"]}
        assert said == ({row["hours_text"]} if given(row["hours_text"]) else set())


def test_a_station_has_a_place_in_each_of_its_services_and_each_service_its_stations(
    service: httpx.Client, small_city: SmallCity, at_locations: list[dict[str, Any]]
):
    rows = rows_of(small_city)
    services = {one["id"]: one for one in every(service, "services", full="true")}
    offered: dict[str, set[str]] = {}
    for one in at_locations:
        code = services[one["service_id"]]["attributes"][0]["taxonomy_term"]["code"]
        offered.setdefault(one["location_id"], set()).add(code)
    for location_id, (_, row) in rows.items():
        assert offered[location_id] == {row["facility_type"], *row["services"]}
    for one in services.values():
        own = [at for at in at_locations if at["service_id"] == one["id"]]
        assert [at["id"] for at in own] == [at["id"] for at in one["service_at_locations"]]
        assert one["last_modified"] == max(at["last_modified"] for at in own)
        dates = [at.get("assured_date") for at in own]
        assert one.get("assured_date") == (min(map(str, dates)) if all(dates) else None)
        assert one["organization"]["id"] == one["organization_id"]


def test_records_are_what_the_description_says(service: httpx.Client, at_locations: list[dict[str, Any]]):
    at = at_locations[0]
    (first,) = service.get("/hsds/services", params={"per_page": 1}).json()["contents"]
    term = at["attributes"][0]["taxonomy_term"]
    for path, model in (
        ("", HsdsRoot),
        ("/", HsdsRoot),
        ("/services", ServicePage),
        ("/services?full=true&per_page=2", ServicePage),
        ("/services?minimal=true", ServicePage),
        (f"/services/{first['id']}", FullService),
        ("/organizations", OrganizationPage),
        ("/organizations?full=true", OrganizationPage),
        (f"/organizations/{first['organization_id']}", OrganizationWithServices),
        (f"/organizations/{first['organization_id']}?full_service=true", OrganizationWithServices),
        ("/service_at_locations", AtLocationPage),
        ("/service_at_locations?full=true", AtLocationPage),
        (f"/service_at_locations/{at['id']}", AtLocationOnItsOwn),
        ("/taxonomies", TaxonomyPage),
        (f"/taxonomies/{term['taxonomy_id']}", Taxonomy),
        ("/taxonomy_terms", TermPage),
        (f"/taxonomy_terms/{term['id']}", TaxonomyTerm),
    ):
        answer = service.get(f"/hsds{path}")
        assert answer.status_code == 200, path
        model.model_validate_json(answer.content)
        assert b":null" not in answer.content, path
    assert service.get(f"/hsds/service_at_locations/{at['id']}").json() == at


def test_ids_are_uuids_that_name_one_thing_each(at_locations: list[dict[str, Any]]):
    assert len({one["id"] for one in at_locations}) == len(at_locations)
    for one in at_locations:
        own = [*one["schedules"], *one["attributes"], *one["phones"], *one["location"]["addresses"]]
        assert all(UUID(record["id"]).version == 5 for record in own)
        assert len({record["id"] for record in own}) == len(own)


def test_the_root_says_which_version_and_where_it_is_described(service: httpx.Client):
    root = service.get("/hsds").json()
    assert root["version"] == "3.0"
    assert service.get(root["openapi_url"]).json()["paths"]["/hsds/services"]["get"]
    page, _, anchor = root["profile"].partition("#")
    assert f'id="{anchor}"' in service.get(page).text
    assert "演示数据" in root["description"]


def test_terms_narrow_to_what_has_them_and_can_be_used(service: httpx.Client, at_locations: list[dict[str, Any]]):
    terms = {one["code"]: one for one in every(service, "taxonomy_terms")}
    assert {term.code for table in (vocabulary.AMENITIES, vocabulary.USER_GROUPS) for term in table} <= set(terms)
    water = every(service, "service_at_locations", taxonomy_term_id=terms["water_hot"]["id"], full="true")
    assert [one["id"] for one in water] == [
        one["id"] for one in at_locations if values_of(one, "amenities").get("water_hot") in ("available", "limited")
    ]
    assert 0 < len(water) < len(at_locations)
    drink = every(service, "service_at_locations", taxonomy_term_id=terms["need/drink"]["id"], full="true")
    usable = [{*values_of(one, "amenities", "amenity")} & {"water_hot", "water_cold"} for one in at_locations]
    assert len(drink) == sum(map(bool, usable))
    below = every(service, "taxonomy_terms", parent_id=terms["need/drink"]["id"])
    assert {one["code"] for one in below} == {"water_hot", "water_cold"}
    assert all("parent_id" not in one for one in every(service, "taxonomy_terms", top_only="true"))
    assert every(service, "services", taxonomy_term_id=SOME_ID) == []


def test_organisations_words_and_moments_narrow_too(service: httpx.Client, at_locations: list[dict[str, Any]]):
    owners = every(service, "organizations")
    of_owner = [every(service, "service_at_locations", organization_id=one["id"]) for one in owners]
    assert sum(map(len, of_owner)) == len(at_locations)
    assert every(service, "services", organization_id=SOME_ID) == []
    name = at_locations[0]["location"]["name"]
    assert {one["location"]["name"] for one in every(service, "service_at_locations", search=name)} == {name}
    assert len(every(service, "services", search="UNION STATION")) >= 1
    moments = sorted(one["last_modified"] for one in at_locations)
    assert len(every(service, "service_at_locations", modified_after=moments[-1])) == moments.count(moments[-1])
    assert every(service, "service_at_locations", modified_after="2100-01-01") == []
    empty = service.get("/hsds/services", params={"modified_after": "2100-01-01T00:00:00Z"}).json()
    assert (empty["empty"], empty["total_items"], empty["first_page"], empty["last_page"]) == (True, 0, True, True)


def test_a_minimal_list_has_everything_on_one_page(service: httpx.Client):
    page = service.get("/hsds/services", params={"minimal": "true"}).json()
    assert page["total_pages"] == 1
    assert page["size"] == page["total_items"] == len(every(service, "services"))
    assert {frozenset(one) for one in page["contents"]} == {frozenset({"id", "last_modified"})}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("services?page=0", "page"),
        ("services?page=x", "page"),
        ("services?per_page=0", "per_page"),
        ("services?per_page=1&per_page=2", "per_page"),
        ("services?search=", "search"),
        ("services?taxonomy_term_id=water", "taxonomy_term_id"),
        ("services?taxonomy_id=1", "taxonomy_id"),
        ("services?organization_id=x", "organization_id"),
        ("services?modified_after=yesterday", "modified_after"),
        ("services?modified_after=2026-02-30", "modified_after"),
        ("services?minimal=1", "minimal"),
        ("services?full=yes", "full"),
        ("services?format=xml", "format"),
        ("services?postcode=266000", "postcode"),
        (f"services/{SOME_ID}?full=true", "full"),
        ("organizations?full_service=x", "full_service"),
        ("service_at_locations?minimal=true", "minimal"),
        ("taxonomy_terms?parent_id=x", "parent_id"),
        ("taxonomies?taxonomy_id=x", "taxonomy_id"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(service: httpx.Client, path: str, named: str):
    answer = service.get(f"/hsds/{path}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, named)
    assert answer.headers["content-type"] == "application/problem+json"


LISTS = ["services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms"]


@pytest.mark.parametrize("listed", LISTS)
def test_what_is_not_there_is_404_and_says_where_to_look(service: httpx.Client, listed: str):
    for identity_ in (SOME_ID, "x", "%00"):
        answer = service.get(f"/hsds/{listed}/{identity_}")
        assert answer.status_code == 404
        assert f"/hsds/{listed}" in answer.json()["detail"]


def test_whoever_holds_an_answer_gets_304(service: httpx.Client):
    for path in ("", "/services", "/organizations?full=true", "/service_at_locations?per_page=3", "/taxonomy_terms"):
        first = service.get(f"/hsds{path}")
        again = service.get(f"/hsds{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = service.get(f"/hsds{path}{'&' if '?' in path else '?'}nothing=1", headers={"If-None-Match": "*"})
        assert other.status_code == 400
