"""The nearest facility is the one with the shortest trip that fits and is open when one gets there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo.services.nearest import DOUBT_DS, NearestQuestion, arrival, nearest
from geo.services.nearest_of_many import nearest_of_many
from geo.snapshot.masks import FacilityFilter
from geo.snapshot.model import Snapshot
from geo.streets.graph import StreetGraph
from tests.support.grid_city import grid_graph, lon_lat
from tests.support.oracle import Oracle
from tests.support.toy_snapshot import ALL_DAY, NO_AREAS, OFFICE, rule, station, toy_snapshot

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY_NOON = datetime(2026, 11, 18, 12, tzinfo=SHANGHAI)
WALKED_IN_A_MINUTE_M = 72.0


def asked(x_m: float, y_m: float, at: datetime = WEDNESDAY_NOON, **wishes: Any) -> NearestQuestion:
    """A question from a place in the drawn city."""
    lon, lat = lon_lat(x_m, y_m)
    return NearestQuestion(lon, lat, at, **wishes)


def ids(snapshot: Snapshot, question: NearestQuestion) -> list[int]:
    """The facilities of the answer, nearest first."""
    return [hit.facility_id for hit in nearest(snapshot, question).hits]


def hours(opens_min: int, closes_min: int) -> dict[str, Any]:
    """Open every day between two minutes, holidays too."""
    return station_hours([{**ALL_DAY, "opens_min": opens_min, "closes_min": closes_min, "holiday_policy": "open"}])


def station_hours(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rules of a station."""
    return {"rules": [rule(row) for row in rows]}


def long_road(blocks: int) -> StreetGraph:
    """Two parallel streets of many blocks of a hundred metres."""
    return grid_graph(blocks, 2)


def test_the_way_counts_and_not_the_line():
    """Across the block is 141 m of line and 200 m of street; straight along is 170 m of both."""
    snapshot = toy_snapshot([station(200, 200), station(270, 100)])
    assert ids(snapshot, asked(100, 100)) == [102, 101]


def test_times_are_those_of_the_street():
    snapshot = toy_snapshot([station(500, 100)])
    hit = nearest(snapshot, asked(140, 100)).hits[0]
    assert hit.time_ds == pytest.approx(360 / 1.2 * 10, rel=2e-3)
    assert hit.straight_m == pytest.approx(360, rel=2e-3)
    assert hit.time_ds_by_mode == {"walk": hit.time_ds}


def test_filters_come_before_ranking():
    """The one with hot water is the ninth by distance, and the first answer."""
    stations = [station(100 + 50 * n, 100) for n in range(8)]
    stations.append(station(900, 500, amenities={"water_hot": "available"}))
    wish = FacilityFilter(amenities=frozenset({"water_hot"}))
    assert ids(toy_snapshot(stations), asked(100, 100, limit=1, filters=wish)) == [109]


@pytest.mark.parametrize(
    ("facts", "wish"),
    [
        ({"facility_type": "rider_station"}, FacilityFilter(types=frozenset({"rider_station", "driver_home"}))),
        ({"facility_class": "smart24h"}, FacilityFilter(classes=frozenset({"smart24h"}))),
        ({"networks": ["sanitation", "grid"]}, FacilityFilter(networks=frozenset({"grid"}))),
        ({"entry_methods": ["face", "pin"]}, FacilityFilter(entry=frozenset({"pin"}))),
        ({"amenities": {"seat": "limited"}}, FacilityFilter(amenities=frozenset({"seat"}))),
        ({"amenities": {"seat": "available"}}, FacilityFilter(amenities_any=frozenset({"seat", "shower"}))),
        ({"step_free": True}, FacilityFilter(step_free=True)),
        ({"entry_methods": ["open_door"], "first_use_needs": "register"}, FacilityFilter(no_app=True)),
    ],
)
def test_every_filter_lets_only_the_fitting_one_pass(facts: dict[str, Any], wish: FacilityFilter):
    other = {"entry_methods": ["app_qr"]}
    snapshot = toy_snapshot([station(100, 100, **other), station(900, 900, **facts), station(110, 100, **other)])
    assert ids(snapshot, asked(100, 100, filters=wish)) == [102]


@pytest.mark.parametrize("state", ["unknown", "absent", "broken"])
def test_an_amenity_that_cannot_be_relied_on_does_not_count(state: str):
    snapshot = toy_snapshot([station(100, 100, amenities={"water_hot": state})])
    wish = FacilityFilter(amenities=frozenset({"water_hot"}))
    assert ids(snapshot, asked(100, 100, filters=wish)) == []


def test_what_is_open_to_anyone_is_open_to_riders():
    snapshot = toy_snapshot(
        [
            station(100, 100, user_groups=["sanitation"]),
            station(200, 100, user_groups=["rider", "courier"]),
            station(300, 100, user_groups=["anyone"]),
            station(400, 100, user_groups=[]),
        ]
    )
    wish = FacilityFilter(groups=frozenset({"rider"}))
    assert ids(snapshot, asked(100, 100, filters=wish)) == [102, 103, 104]


@pytest.mark.parametrize(
    ("ways", "first_use_needs", "is_free_of_an_app"),
    [
        (["open_door"], None, True),  # a door open to everybody asks a newcomer for nothing
        (["open_door"], "app", False),
        (["app_qr"], "none", False),
        (["app_qr", "member_qr"], "register", False),
        (["app_qr", "pin"], "none", True),
        (["pin"], "register", True),
        (["wechat_scan"], "register", True),
        (["wechat_scan"], None, False),  # nobody knows what the scan wants the first time
        (["staff"], "app", False),
        ([], "none", False),  # nobody knows how to get in
        ([], None, False),
    ],
)
def test_free_of_an_app_is_what_is_known_to_be(ways: list[str], first_use_needs: str | None, is_free_of_an_app: bool):
    snapshot = toy_snapshot([station(100, 100, entry_methods=ways, first_use_needs=first_use_needs)])
    assert ids(snapshot, asked(100, 100, filters=FacilityFilter(no_app=True))) == [101] * is_free_of_an_app


@pytest.mark.parametrize("status", ["planned", "temporarily_closed", "suspended", "retired"])
def test_nobody_is_sent_to_a_place_that_is_not_in_service(status: str):
    snapshot = toy_snapshot([station(100, 100, status=status), station(300, 100)])
    assert ids(snapshot, asked(100, 100)) == [102]


def test_two_at_the_same_door_come_in_the_order_of_their_ids():
    snapshot = toy_snapshot([station(500, 500), station(500, 500), station(500, 500)])
    assert ids(snapshot, asked(100, 100)) == [101, 102, 103]


def test_a_trip_of_exactly_the_limit_is_within_it():
    snapshot = toy_snapshot([station(500, 100)])
    time_s = nearest(snapshot, asked(100, 100)).hits[0].time_ds / 10
    assert ids(snapshot, asked(100, 100, max_s=time_s)) == [101]
    assert ids(snapshot, asked(100, 100, max_s=time_s - 0.1)) == []


def test_far_from_every_street_is_not_the_same_as_no_facility():
    answer = nearest(toy_snapshot([station(100, 100)]), asked(-900, -900))
    assert answer.off_network
    assert (answer.hits, answer.snap_m) == ((), None)
    assert not nearest(toy_snapshot([station(100, 100)]), asked(100, 100, max_s=0)).off_network


# ── open on arrival ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_door_that_closes_on_the_way_is_no_answer():
    """Closing is at 12:05 and the walk takes almost seven minutes."""
    snapshot = toy_snapshot([station(600, 100, **hours(8 * 60, 12 * 60 + 5)), station(1500, 100)])
    assert ids(snapshot, asked(100, 100, must_be_open=True)) == [102]
    hit = nearest(snapshot, asked(100, 100)).hits[0]
    assert (hit.open_now.state, hit.open_on_arrival.state) == ("open", "closed")


def test_a_door_that_opens_on_the_way_is_an_answer():
    """Opening is at 12:05."""
    snapshot = toy_snapshot([station(600, 100, **hours(12 * 60 + 5, 20 * 60)), station(1500, 100)])
    answer = nearest(snapshot, asked(100, 100, must_be_open=True, limit=1))
    assert [hit.facility_id for hit in answer.hits] == [101]
    assert (answer.hits[0].open_now.state, answer.hits[0].open_on_arrival.state) == ("closed", "open")


def test_a_door_past_midnight_is_open():
    snapshot = toy_snapshot([station(600, 100, **hours(20 * 60, 26 * 60))])
    late = datetime(2026, 11, 19, 1, 30, tzinfo=SHANGHAI)
    assert ids(snapshot, asked(100, 100, late, must_be_open=True)) == [101]
    assert ids(snapshot, asked(100, 100, late.replace(minute=54), must_be_open=True)) == []


def test_hours_nobody_knows_are_not_open():
    """Shown when anything will do, with its hours unknown; not when an open door is asked for."""
    snapshot = toy_snapshot([station(200, 100, rules=[]), station(900, 100)])
    assert ids(snapshot, asked(100, 100, must_be_open=True)) == [102]
    assert nearest(snapshot, asked(100, 100)).hits[0].open_on_arrival.state == "unknown"


def test_when_nothing_is_open_the_one_that_lets_in_first_is_named_first():
    """At midnight: one opens at nine round the corner, one at six far away, one is never open."""
    snapshot = toy_snapshot(
        [
            station(100, 100, **hours(9 * 60, 18 * 60)),
            station(1500, 1500, **hours(6 * 60, 18 * 60)),
            station(100, 200, rules=[]),
        ]
    )
    midnight = datetime(2026, 11, 18, 0, 0, tzinfo=SHANGHAI)
    answer = nearest(snapshot, asked(100, 100, midnight, must_be_open=True))
    assert answer.hits == ()
    assert [hit.facility_id for hit in answer.fallback] == [102, 101]
    assert answer.fallback[0].open_on_arrival.opens_at == midnight.replace(hour=6)


def test_nothing_is_offered_instead_when_an_open_door_was_found():
    snapshot = toy_snapshot([station(100, 100), station(200, 100, **hours(18 * 60, 19 * 60))])
    assert nearest(snapshot, asked(100, 100, must_be_open=True)).fallback == ()


def test_a_door_that_opens_after_the_hour_looked_ahead_is_found_by_who_walks_longer():
    """It opens at 13:10; the walk is 5.4 km and takes 75 minutes."""
    snapshot = toy_snapshot(
        [station(300, 0, **hours(7 * 60, 8 * 60)), station(5500, 0, **hours(13 * 60 + 10, 14 * 60))],
        graph=long_road(60),
        areas=NO_AREAS,
    )
    answer = nearest(snapshot, asked(100, 0, must_be_open=True))
    assert [hit.facility_id for hit in answer.hits] == [102]
    assert answer.hits[0].time_ds > 36_000
    assert ids(snapshot, asked(100, 0, must_be_open=True, max_s=3600)) == []


def test_many_closed_doors_do_not_hide_the_open_one():
    """Two hundred closed ones are nearer; far more than a node remembers."""
    closed = [station(20 * n, 0, **hours(1 * 60, 2 * 60)) for n in range(200)]
    snapshot = toy_snapshot([*closed, station(5000, 100)], graph=long_road(60), areas=NO_AREAS)
    assert ids(snapshot, asked(0, 0, must_be_open=True, limit=3)) == [301]


# ── against brute force ─────────────────────────────────────────────────────────────────────────────────────────

KINDS = ("union_station", "rider_station", "mother_room")
QUESTIONS = (
    {},
    {"filters": FacilityFilter(types=frozenset({"rider_station"}))},
    {"filters": FacilityFilter(amenities=frozenset({"water_hot"}), types=frozenset({"mother_room"}))},
    {"max_s": 400.0},
    {"filters": FacilityFilter(no_app=True), "limit": 20},
    {"must_be_open": True, "filters": FacilityFilter(no_app=True)},
    {"must_be_open": True},
    {"must_be_open": True, "max_s": 900.0, "filters": FacilityFilter(types=frozenset({"union_station"}))},
    {"must_be_open": True, "at": datetime(2026, 11, 21, 7, 48, 30, tzinfo=SHANGHAI)},
    {"must_be_open": True, "at": datetime(2026, 11, 18, 23, 50, tzinfo=SHANGHAI), "limit": 20},
)


WAYS_IN = (["open_door"], ["staff", "app_qr"], ["wechat_scan"], ["app_qr"], ["member_qr"], [])


def random_city(seed: int, count: int = 90) -> Snapshot:
    """Stations anywhere in the drawn city, with all kinds of hours and things in them."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        opens = int(random.choice([0, 390, 475, 480, 540, 715]))
        closes = int(random.choice([725, 1020, 1200, 1430, 1560]))
        kind = random.integers(4)
        rules = [[], [rule(OFFICE)], [rule(ALL_DAY)], [rule({**ALL_DAY, "opens_min": opens, "closes_min": closes})]][
            kind
        ]
        rows.append(
            station(
                *random.uniform(-50, 1950, 2).round(),
                facility_type=str(random.choice(KINDS)),
                amenities={"water_hot": str(random.choice(["available", "limited", "unknown"]))},
                status=str(random.choice(["active", "active", "active", "suspended"])),
                entry_methods=WAYS_IN[random.integers(len(WAYS_IN))],
                first_use_needs=[None, "none", "register", "app"][random.integers(4)],
                doubted=bool(random.random() < 0.2),
                rules=rules,
            )
        )
    return toy_snapshot(rows)


def brute_force(snapshot: Snapshot, question: NearestQuestion, times_ds: np.ndarray) -> list[tuple[int, int]]:
    """(facility id, time) by looking at every facility; a doubted one counts as though ten minutes farther."""
    passing = snapshot.masks.eligible(question.filters)
    if question.filters.no_app:
        passing = passing & lets_in_without_app(snapshot)
    found = [
        (int(time_ds) + DOUBT_DS * bool(snapshot.doubted[position]), position, int(time_ds))
        for position, time_ds in enumerate(times_ds)
        if passing[position]
        and (question.max_s is None or time_ds <= question.max_s * 10)
        and (
            not question.must_be_open
            or snapshot.timetable.state(position, arrival(question.at, int(time_ds))).state == "open"
        )
    ]
    return [(snapshot.facility_ids[position], time_ds) for _, position, time_ds in sorted(found)[: question.limit]]


def lets_in_without_app(snapshot: Snapshot) -> np.ndarray:
    """For each facility whether somebody without an application surely gets in, read off its row."""
    by_app, sure = {"app_qr", "member_qr"}, []
    for _, row in snapshot.facilities.iterrows():
        ways, first = set(row["entry_methods"]) - by_app, row["first_use_needs"]
        sure.append(
            bool(ways) and (first in ("none", "register") or (not isinstance(first, str) and "open_door" in ways))
        )
    return np.array(sure)


@pytest.mark.parametrize("seed", range(3))
def test_every_answer_equals_brute_force(seed: int):
    """60 points, 10 kinds of question, every facility looked at by another program's shortest paths."""
    snapshot = random_city(seed)
    layer = snapshot.modes["walk"]
    random = np.random.default_rng(1000 + seed)
    x, y = random.uniform(-50, 1950, (2, 60))
    lon, lat = lon_lat(x, y)
    points = layer.index.snap(lon, lat)
    _, keys = Oracle(layer.graph, layer.index.snap(snapshot.lon, snapshot.lat), points).keys()
    times_ds = np.full(keys.shape, -1)
    for row, column in np.ndindex(*keys.shape):
        times_ds[row, keys[row, column] & 0xFFFFFFFF] = keys[row, column] >> 32
    for wishes in QUESTIONS:
        for row in range(len(points)):
            question = NearestQuestion(float(lon[row]), float(lat[row]), **{"at": WEDNESDAY_NOON, **wishes})
            expected = brute_force(snapshot, question, times_ds[row])
            answer = nearest(snapshot, question)
            assert [(hit.facility_id, hit.time_ds) for hit in answer.hits] == expected
            assert [hit.time_ds_by_mode["walk"] for hit in answer.hits] == [time for _, time in expected]


@pytest.mark.parametrize("worth_labels_points", [1, 1000], ids=["labels of the filter", "labels of all"])
def test_many_points_at_once_answer_like_one_by_one(monkeypatch, worth_labels_points):
    monkeypatch.setattr("geo.services.nearest_of_many.WORTH_LABELS_POINTS", worth_labels_points)
    snapshot = random_city(7)
    x, y = np.random.default_rng(8).uniform(-500, 1950, (2, 80))
    lon, lat = lon_lat(x, y)
    for wishes in QUESTIONS:
        question = NearestQuestion(0.0, 0.0, **{"at": WEDNESDAY_NOON, **wishes})
        many = nearest_of_many(snapshot, lon, lat, question)
        one_by_one = [
            nearest(snapshot, replace(question, lon=float(a), lat=float(b))) for a, b in zip(lon, lat, strict=True)
        ]
        assert many.ids == [[str(hit.facility_id) for hit in one.hits] for one in one_by_one]
        assert many.travel_s == [[hit.time_ds / 10 for hit in one.hits] for one in one_by_one]
        assert many.outside_network == [row for row, one in enumerate(one_by_one) if one.off_network]
        doubted = {hit.facility_id for one in one_by_one for hit in one.hits if hit.doubted}
        assert many.doubted == [str(number) for number in sorted(doubted)]


# ── doubt ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_doubted_station_ranks_as_though_ten_minutes_farther_and_tells_its_true_time():
    """Ten minutes are 720 m of walking: 100 m away and doubted stands between 800 and 840 m away and believed."""
    snapshot = toy_snapshot([station(200, 100, doubted=True), station(900, 100), station(940, 100)])
    answer = nearest(snapshot, asked(100, 100))
    assert [hit.facility_id for hit in answer.hits] == [102, 101, 103]
    assert [hit.doubted for hit in answer.hits] == [False, True, False]
    assert answer.hits[1].time_ds == pytest.approx(100 / 1.2 * 10, rel=2e-3)


def test_a_doubted_station_is_still_an_answer_within_the_longest_trip():
    """The limit is on the trip, not on the rank."""
    snapshot = toy_snapshot([station(200, 100, doubted=True)])
    assert ids(snapshot, asked(100, 100, max_s=120.0)) == [101]
    assert ids(snapshot, asked(100, 100, must_be_open=True)) == [101]


def test_when_nothing_is_open_the_doubted_one_comes_second_of_two_that_open_together():
    opening = hours(9 * 60, 18 * 60)
    snapshot = toy_snapshot([station(100, 200, doubted=True, **opening), station(500, 100, **opening)])
    midnight = datetime(2026, 11, 18, 0, 0, tzinfo=SHANGHAI)
    fallback = nearest(snapshot, asked(100, 100, midnight, must_be_open=True)).fallback
    assert [hit.facility_id for hit in fallback] == [102, 101]
