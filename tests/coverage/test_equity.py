"""Inequality, road classes, spread of the census and targets: what the formulas promise, on figures one can check."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.equity import (
    ROAD_CLASSES,
    TARGETS,
    gini,
    lorenz,
    road_class_supply,
    score,
    spread_band,
    stations_alone,
    theil,
)
from geo.streets.graph import HIGHWAYS

AMOUNTS = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
PERSONS = st.tuples(AMOUNTS, st.floats(1e-3, 1e5), st.integers(0, 3))
TOWNS = st.lists(PERSONS, min_size=1, max_size=30)


def columns(town):
    values, people, group = zip(*town, strict=True)
    return np.array(values), np.array(people), np.array(group)


# inequality


@given(TOWNS)
def test_gini_lies_between_none_and_all(town):
    values, people, _ = columns(town)
    assert 0 <= gini(values, people) <= 1


@given(st.floats(0, 1e6), st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=30))
def test_where_everybody_has_the_same_nothing_is_unequal(value, people):
    same = np.full(len(people), value)
    group = np.arange(len(people)) % 2
    assert gini(same, np.array(people)) == pytest.approx(0, abs=1e-9)
    found = theil(same, np.array(people), group, 2)
    assert (found.total, found.within, found.between) == pytest.approx((0, 0, 0), abs=1e-9)


def test_gini_of_four_people_by_hand():
    """1, 2, 3, 4: the mean difference between two of the 16 pairs is 20 / 16, half of it over the mean 2.5 is 0.25."""
    assert gini(np.array([4.0, 1.0, 3.0, 2.0]), np.ones(4)) == pytest.approx(0.25)
    assert gini(np.array([1.0, 0.0]), np.array([1.0, 99.0])) == pytest.approx(0.99)


@given(TOWNS)
def test_gini_is_half_the_mean_difference_over_the_mean(town):
    values, people, _ = columns(town)
    mean = (values * people).sum() / people.sum()
    pairs = np.abs(values[:, None] - values) * people[:, None] * people
    expected = pairs.sum() / people.sum() ** 2 / (2 * mean) if mean > 0 else 0.0
    assert gini(values, people) == pytest.approx(expected, abs=1e-9)


@given(TOWNS, st.floats(0.01, 100), st.integers(1, 5))
def test_what_counts_is_shares_and_people_not_units_and_rows(town, unit, copies):
    values, people, group = columns(town)
    cut = np.repeat(people / copies, copies)
    more, again = np.repeat(values, copies), np.repeat(group, copies)
    assert gini(more * unit, cut) == pytest.approx(gini(values, people), abs=1e-9)
    one, other = theil(values, people, group, 4), theil(more * unit, cut, again, 4)
    assert (other.total, other.between) == pytest.approx((one.total, one.between), abs=1e-9)


@given(TOWNS)
def test_theil_is_what_lies_within_and_what_lies_between(town):
    values, people, group = columns(town)
    found = theil(values, people, group, 4)
    assert found.within + found.between == pytest.approx(found.total, abs=1e-9)
    assert found.within >= -1e-9
    assert found.between >= -1e-9
    alone = theil(values, people, np.arange(len(values)), len(values))
    assert alone.within == pytest.approx(0, abs=1e-9)
    assert theil(values, people, group * 0, 1).between == pytest.approx(0, abs=1e-9)


def test_theil_of_one_who_has_everything_is_the_logarithm_of_the_people():
    found = theil(np.array([5.0, 0.0, 0.0, 0.0]), np.ones(4), np.array([0, 0, 1, 1]), 2)
    assert found.total == pytest.approx(np.log(4))
    assert found.between == pytest.approx(np.log(2))
    assert found.as_dict()["between_part"] == pytest.approx(0.5)


@given(TOWNS)
def test_the_lorenz_curve_hangs_below_the_diagonal(town):
    values, people, _ = columns(town)
    curve = lorenz(values, people, 10)
    assert curve[0] == 0
    assert (np.diff(curve) >= -1e-12).all()
    assert (curve <= np.linspace(0, 1, 11) + 1e-9).all()
    assert curve[-1] == pytest.approx(1.0 if values.any() else 0.0)


def test_nobody_and_nothing_are_not_unequal():
    nobody = np.zeros(0)
    assert gini(nobody, nobody) == 0
    assert lorenz(nobody, nobody, 2).tolist() == [0, 0, 0]
    assert theil(nobody, nobody, np.zeros(0, dtype=np.int64), 0).total == 0
    assert gini(np.zeros(3), np.ones(3)) == 0


# roads


def test_a_class_with_twice_its_part_of_the_stations_has_an_index_of_two():
    residential, primary, link = (HIGHWAYS.index(one) for one in ("residential", "primary", "primary_link"))
    table = road_class_supply(
        np.array([residential, primary, link], dtype=np.uint8),
        np.array([6000.0, 1500.0, 500.0]),
        np.array([900.0, 60.0, 40.0]),
        np.array([residential, primary], dtype=np.uint8),
    ).set_index("road_class")
    assert table.index.tolist() == ["primary", "local"]
    assert table.loc["primary", ["street_km", "people", "stations", "stations_per_km"]].tolist() == [2, 100, 1, 0.5]
    assert table["index_by_street"].tolist() == pytest.approx([2, 2 / 3])
    assert table["index_by_people"].tolist() == pytest.approx([5, 0.5 / 0.9])


def test_without_stations_there_is_no_index_and_every_highway_has_a_class():
    every = np.arange(len(HIGHWAYS), dtype=np.uint8)
    ones = np.ones(len(HIGHWAYS))
    table = road_class_supply(every, ones, ones, every[:0])
    assert table["road_class"].tolist() == list(ROAD_CLASSES)
    assert table["people"].sum() == len(HIGHWAYS)
    assert table["index_by_street"].isna().all()


# the census spread otherwise


def test_the_band_spans_the_ways_to_spread_a_census():
    """Two districts: all of the first one's 100 people spread over cells 0 and 1, the second has no weights at all."""
    band = spread_band(
        np.array([50.0, 30.0]),
        np.array([100.0, 100.0]),
        np.array([0, 0, 1, -1]),
        np.array([1.0, 0.0, 0.5, 1.0]),
        {"by street": np.array([3.0, 1.0, 0.0, 9.0]), "evenly": np.array([1.0, 3.0, 0.0, 9.0])},
        "as it came",
    )
    assert band.by_method == pytest.approx({"as it came": 0.4, "by street": 0.525, "evenly": 0.275})
    assert (band.low, band.high) == pytest.approx((0.275, 0.525))


# targets


def test_targets_are_scored_by_what_is_missing():
    scored = {one["code"]: one for one in score({"covered": 0.9, "open_24h": 0.15})}
    assert scored["coverage_85"]["met"]
    assert scored["coverage_85"]["missing"] == 0
    assert not scored["coverage_99"]["met"]
    assert scored["coverage_99"]["missing"] == pytest.approx(0.09)
    assert scored["open_24h_15"]["met"]
    assert score({}) == []


def test_every_target_says_whose_it_is():
    assert [target.share for target in TARGETS] == [0.85, 0.99, 0.15]
    assert all(target.owner and target.source and target.zh and target.en for target in TARGETS)


def test_the_station_that_most_depend_on_comes_first():
    order = stations_alone((7, 5, 9, 1), np.array([1.0, 4.0, 4.0, 50.0]), np.array([True, True, True, False]))
    assert order.tolist() == [1, 2, 0]
