"""Candidates for being one place: near ones, alike ones, each pair once, nothing merged."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.measure import distances_m
from geo.places.matching import core_name, likeness, match_candidates

METRE_NORTH = 1 / 111_000


def test_two_plates_on_one_door_are_suggested_and_neighbours_are_for_review() -> None:
    names = ["中山公园工会驿站", "中山公园环卫爱心驿站", "文登路邮政支局驿站", "远处驿站"]
    lat = 36.06 + np.array([0, 8, 80, 500]) * METRE_NORTH
    pairs = match_candidates(names, np.full(4, 120.33), lat)
    assert [(pair.first, pair.second, pair.kind, pair.duplicate) for pair in pairs] == [
        (0, 1, "colocated", True),
        (1, 2, "review", False),
        (0, 2, "review", False),
    ]


def test_one_name_at_two_positions_is_reported_as_such() -> None:
    names = ["第一人民医院工会驿站", "香港路银行驿站", "第一人民医院户外劳动者驿站"]
    pairs = match_candidates(names, [120.33, 120.34, 120.33], [36.06, 36.06, 36.0612])
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [(0, 2, "same_name")]
    assert 120 < pairs[0].distance_m < 140


def test_generic_words_do_not_make_names_alike() -> None:
    assert likeness(core_name("福州路工会驿站"), core_name("台东工会驿站")) < 0.3
    assert likeness(core_name("福州路工会驿站"), core_name("福州路户外劳动者驿站")) == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(120, 120.004), st.floats(36, 36.004)), max_size=12))
def test_near_pairs_are_those_of_brute_force(points: list[tuple[float, float]]) -> None:
    lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    names = [chr(0x4E00 + place) * 2 for place in range(len(points))]
    found = {(pair.first, pair.second) for pair in match_candidates(names, lon, lat) if pair.distance_m <= 100}
    expected = set()
    for a in range(len(points)):
        for b in range(a + 1, len(points)):
            if distances_m(lon[a], lat[a], lon[b], lat[b])[0] <= 100:
                expected.add((a, b))
    assert found == expected
