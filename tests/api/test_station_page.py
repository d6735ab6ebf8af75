"""The code on a door opens the page of that door, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from api.settings import ApiSettings
from api.station_addresses import StationAddresses
from geo.snapshot.holder import NoSnapshotError, SnapshotHolder
from tests.api.conftest import NOON
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.toy_snapshot import ALL_DAY, OFFICE, rule, toy_snapshot
from tests.web_map.conftest import door, held

CODES: tuple[dict[str, str], ...] = (
    {"union_station": "A-1", "sanitation": "7"},
    {"union_station": "7"},
    {"sanitation": "A/3 号"},
    {},
    {"grid": "104"},
    {"rider_station": "Ａ－９"},
)
"""Codes of six stations, 101 to 106: 7 is two doors, and the code of the fifth is the number of the fourth."""


def toy() -> Any:
    """The drawn city with those codes, and all kinds of hours."""
    night = rule({**ALL_DAY, "opens_min": 1200, "closes_min": 1560, "holiday_policy": "open"})
    rules = ([rule(OFFICE)], [rule(ALL_DAY)], [], [night], [rule(OFFICE)], [rule(OFFICE)])
    rows = [
        door(100 * (1 + row), 100, name=f"驿站 {101 + row}", codes=codes, rules=rules[row])
        for row, codes in enumerate(CODES)
    ]
    return toy_snapshot(rows)


@pytest.fixture(scope="module")
def toy_service() -> Iterator[httpx.Client]:
    """The service over it."""
    with running_service(ApiSettings(), clock=lambda: NOON, holder=held(toy())) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("A-1", 101),
        ("a-1", 101),
        ("%20A-1%20", 101),
        ("7?network=union_station", 102),
        ("7?network=sanitation", 101),
        ("7?network=sanitation&lang=en&utm=x", 101),
        ("A/3%20%E5%8F%B7", 103),
        ("A%2F3%20%E5%8F%B7", 103),
        ("A-9", 106),
        ("104", 105),
        ("104?by=number", 104),
        ("103", 103),
    ],
)
def test_a_code_opens_its_door(toy_service: httpx.Client, address: str, number: int):
    answer = toy_service.get(f"/s/{address}")
    assert answer.status_code == 200
    assert f"驿站 {number}</h1>" in answer.text


def test_a_code_of_two_doors_asks_which(toy_service: httpx.Client):
    answer = toy_service.get("/s/7")
    assert (answer.status_code, answer.text.count('<li><a class="plain"')) == (200, 2)
    for link in ("/s/A-1?lang=zh", "/s/7?network=union_station&amp;lang=zh"):
        assert link in answer.text


@pytest.mark.parametrize("address", ["nope", "", "999", "7?network=grid", "A-1/", "..%2F..", "%00", "A-1?by=number"])
def test_what_is_no_code_is_a_page_that_leads_on(toy_service: httpx.Client, address: str):
    answer = toy_service.get(f"/s/{address}")
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "no-store"
    assert 'href="/?lang=zh"' in answer.text


def test_without_a_city_the_page_says_to_wait():
    def none() -> Any:
        raise NoSnapshotError("There is nothing yet.")

    class Waiting(SimpleNamespace):
        snapshot = property(lambda self: none())

    holder = cast(SnapshotHolder, Waiting(is_stale=True, start=lambda: None, stop=lambda: None))
    with running_service(ApiSettings(), holder=holder) as client:
        answer = client.get("/s/A-1", headers={"Accept-Language": "en"})
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert '<html lang="en"' in answer.text


def test_every_address_we_hand_out_means_this_station(small_city: SmallCity):
    for snapshot in (toy(), small_city.snapshot):
        addresses = StationAddresses.of(snapshot)
        for position in range(len(snapshot.facilities)):
            path, _, query = addresses.address(position).partition("?")
            code = httpx.URL(path).path.removeprefix("/s/")
            asked = dict(part.split("=") for part in query.split("&")) if query else {}
            found = addresses.by_number(code) if "by" in asked else addresses.positions(code, asked.get("network"))
            assert found == (position,)


def test_a_hit_names_its_page_and_the_page_is_there(service: httpx.Client, small_city: SmallCity):
    snapshot = small_city.snapshot
    point = {"lon": float(snapshot.lon[0]), "lat": float(snapshot.lat[0]), "limit": 5}
    for hit in service.get("/nearest", params=point).json()["features"]:
        page = service.get(hit["properties"]["page"])
        assert page.status_code == 200
        assert hit["properties"]["name"] in page.text


def test_the_page_is_the_same_for_everybody_and_costs_nothing_the_second_time(toy_service: httpx.Client):
    first = toy_service.get("/s/A-1")
    assert first.content == toy_service.get("/s/a-1", headers={"Cookie": "who=me"}).content
    again = toy_service.get("/s/A-1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("content-security-policy", "etag", "vary", "content-language"):
        assert again.headers[name] == first.headers[name]
    assert toy_service.get("/s/A-1?lang=en").headers["etag"] != first.headers["etag"]
    assert "default-src 'none'" in first.headers["content-security-policy"]


def test_a_doubt_changes_the_page(toy_service: httpx.Client):
    snapshot = toy()
    doubted = snapshot.doubted.copy()
    doubted[0] = True
    with running_service(ApiSettings(), clock=lambda: NOON, holder=held(replace(snapshot, doubted=doubted))) as client:
        page = client.get("/s/A-1")
    assert "待核实</strong>" in page.text
    assert page.headers["etag"] != toy_service.get("/s/A-1").headers["etag"]


def test_the_days_ahead_are_those_of_the_timetable():
    """Minute by minute, for every kind of hours: over a weekend and into the next week."""
    from datetime import datetime, time, timedelta

    from api.routers.station import DAYS_AHEAD, openings_ahead
    from geo.places.hours.timetable import SHANGHAI

    snapshot = toy()
    for today in (NOON.date(), datetime(2026, 9, 28).date()):  # an ordinary week, and the one of National Day
        midnight = datetime.combine(today, time(), SHANGHAI)
        for position in range(len(snapshot.facilities)):
            stretches = openings_ahead(snapshot.timetable, position, today)
            for minutes in range(0, (DAYS_AHEAD - 1) * 1440, 35):
                moment = midnight + timedelta(minutes=minutes)
                told = next(
                    (
                        word
                        for begins, ends, word in stretches
                        if datetime.fromisoformat(begins) <= moment
                        and (ends is None or moment < datetime.fromisoformat(ends))
                    ),
                    "closed",
                )
                state = snapshot.timetable.state(position, moment)
                assert told.replace("perhaps", "open") == state.state, (position, moment)
