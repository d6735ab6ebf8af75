"""Choice, minutes and room on towns one can count by hand, and against the formulas written out in full."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import points_to_cells
from geo.coverage.access import (
    BIN_DS,
    STEP_WEIGHTS,
    Decay,
    choice,
    decay_weights,
    floating_catchments,
    people_in_reach,
    supply_of,
    travel_times,
)
from geo.coverage.field import cell_coverage
from geo.coverage.grid import build_grid, cut_streets
from geo.streets.search import ReachLists, Targets, field, k_labels, reach_lists
from geo.streets.snap import EdgeIndex
from tests.support.grid_city import grid_graph, lon_lat

GRAPH = grid_graph(12, 12)
INDEX = EdgeIndex(GRAPH)
BESIDE = points_to_cells(*[[one] for one in lon_lat(-120, 500)], 10)
GRID = build_grid(INDEX, cut_streets(GRAPH, 10), 10, BESIDE)
PEOPLE = np.random.default_rng(7).integers(0, 500, len(GRID)).astype(np.float64)
EVERY_METRE = np.asarray(GRID.street_m)
"""One person per metre of street, which makes people out of lengths."""

SPOTS_M = st.lists(st.tuples(st.floats(0, 1100), st.floats(0, 1100)), min_size=1, max_size=6)


def stations(spots):
    lon, lat = np.array([lon_lat(*spot) for spot in spots]).T
    return Targets.join(GRAPH, INDEX.snap(lon, lat))


def all_of(targets):
    return np.ones(targets.count, dtype=bool)


def chosen(targets, minutes, people=PEOPLE, eligible=None):
    labels = k_labels(GRAPH, targets, 4)
    eligible = all_of(targets) if eligible is None else eligible
    return choice(GRID, GRAPH, targets, labels, people, round(minutes * 600), eligible)


def covered(targets, minutes, eligible=None):
    travel = field(GRAPH, targets, eligible)
    return cell_coverage(GRID, GRAPH, targets, travel, round(minutes * 600), eligible=eligible)


def times(targets, people=PEOPLE, eligible=None, rows=None):
    row = np.zeros(len(GRID), dtype=np.int64) if rows is None else rows
    travel = field(GRAPH, targets, eligible)
    centre_ds = covered(targets, 10, eligible).time_ds
    every = np.arange(len(GRID))
    return travel_times(
        GRID, GRAPH, targets, travel, centre_ds, every, row, people, int(row.max()) + 1, eligible=eligible
    )


# choice


def test_two_stations_at_the_ends_of_a_street_share_its_middle():
    """Along the southern street, 300 m (at 1.2 m/s) reach from 0 to 300 and from 200 to 500: 100 m have both."""
    street = grid_graph(6, 1)
    grid = build_grid(EdgeIndex(street), cut_streets(street, 10), 10, np.zeros(0, dtype=np.uint64))
    targets = Targets.join(street, EdgeIndex(street).snap(*np.array([lon_lat(0, 0), lon_lat(500, 0)]).T))
    labels = k_labels(street, targets, 2)
    picked, piece_m = choice(grid, street, targets, labels, grid.street_m, 2500, all_of(targets))
    metres = (picked.share * grid.street_m[:, None]).sum(axis=0)
    assert metres.tolist() == pytest.approx([500, 100, 0], abs=1)
    assert picked.people_alone.tolist() == pytest.approx([200, 200], abs=1)
    assert piece_m.sum() == pytest.approx(500, abs=1)


def test_at_one_corner_all_stations_count_and_nobody_depends_on_one():
    picked, _ = chosen(stations([(500, 500)] * 4), 8)
    assert picked.share[:, 0].sum() > 0
    np.testing.assert_array_equal(picked.share[:, 0], picked.share[:, 2])
    assert (picked.people_alone == 0).all()


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.floats(1, 15), st.data())
def test_choice_begins_with_coverage_and_falls_with_every_further_station(spots, minutes, data):
    targets = stations(spots)
    eligible = np.array([data.draw(st.booleans()) for _ in spots])
    picked, _ = chosen(targets, minutes, eligible=eligible)
    share = covered(targets, minutes, eligible).share
    np.testing.assert_allclose(picked.share[:, 0], share, atol=1e-9)
    assert (np.diff(picked.share, axis=1) <= 1e-12).all()
    exactly_one = (PEOPLE * (picked.share[:, 0] - picked.share[:, 1])).sum()
    assert picked.people_alone.sum() == pytest.approx(exactly_one, abs=1e-6)
    assert (picked.people_alone[~eligible] == 0).all()


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.floats(1, 15), st.integers(0, 5))
def test_who_depends_on_a_station_alone_is_out_when_it_closes(spots, minutes, which):
    targets = stations(spots)
    closed = which % len(spots)
    alone = chosen(targets, minutes)[0].people_alone[closed]
    others = np.arange(len(spots)) != closed
    lost = (PEOPLE * (covered(targets, minutes).share - covered(targets, minutes, others).share)).sum()
    assert alone == pytest.approx(lost, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.tuples(st.floats(0, 1100), st.floats(0, 1100)), st.floats(1, 15))
def test_another_station_never_leaves_less_choice(spots, another, minutes):
    few, more = (chosen(stations(some), minutes)[0].share for some in (spots, [*spots, another]))
    assert (more >= few - 1e-9).all()


def test_a_cell_beside_the_streets_chooses_from_its_centre():
    place = np.flatnonzero(GRID.cells == BESIDE[0])[0]
    assert GRID.street_m[place] == 0
    people = np.where(np.arange(len(GRID)) == place, 10.0, 0.0)
    targets = stations([(0, 500), (0, 600), (1000, 1000)])
    picked, _ = chosen(targets, 10, people)
    assert picked.share[place].tolist() == [1, 1, 0]
    assert chosen(targets, 10, people, np.array([True, False, True]))[0].people_alone.tolist() == [10, 0, 0]


# minutes


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.integers(0, 20), st.data())
def test_minutes_add_up_to_coverage_at_every_limit(spots, minutes, data):
    targets = stations(spots)
    eligible = np.array([data.draw(st.booleans()) for _ in spots])
    added = times(targets, eligible=eligible)
    assert added.people.sum() == pytest.approx(PEOPLE.sum())
    share = covered(targets, minutes, eligible).share
    assert added.within(minutes * 600)[0] == pytest.approx((PEOPLE * share).sum(), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(SPOTS_M, st.floats(0.05, 0.95))
def test_a_quantile_is_the_least_limit_that_covers_so_many(spots, part):
    targets = stations(spots)
    minutes = float(times(targets).quantile_min(part)[0])
    shares = [(PEOPLE * covered(targets, limit).share).sum() / PEOPLE.sum() for limit in (minutes - 0.1, minutes + 0.1)]
    assert shares[0] - 1e-9 <= part <= shares[1] + 1e-9


def test_the_mean_along_a_single_street_is_a_quarter_of_its_length():
    """1,000 m with a station in the middle: between 0 and 500 m away, 250 m on average, at 1.2 m/s."""
    street = grid_graph(11, 1)
    index = EdgeIndex(street)
    grid = build_grid(index, cut_streets(street, 10), 10, np.zeros(0, dtype=np.uint64))
    targets = Targets.join(street, index.snap(*np.array([lon_lat(500, 0)]).T))
    every, one_row = np.arange(len(grid)), np.zeros(len(grid), dtype=np.int64)
    travel = field(street, targets)
    centre_ds = np.zeros(len(grid), dtype=np.int32)
    added = travel_times(grid, street, targets, travel, centre_ds, every, one_row, grid.street_m, 1)
    assert added.mean_min[0] == pytest.approx(250 / 1.2 / 60, rel=2e-3)
    assert added.quantile_min(0.5)[0] == pytest.approx(250 / 1.2 / 60, rel=2e-3)
    assert added.quantile_min(0.9)[0] == pytest.approx(450 / 1.2 / 60, rel=2e-3)


def test_rows_put_together_are_the_city():
    rows = np.arange(len(GRID)) % 3
    targets = stations([(250, 330), (900, 940)])
    whole = times(targets, rows=rows).grouped(np.zeros(3, dtype=np.int64), 1)
    np.testing.assert_allclose(whole.people, times(targets).people, atol=1e-9)
    np.testing.assert_allclose(whole.mean_min, times(targets).mean_min)


def test_nobody_is_served_in_time_where_no_station_counts():
    none = times(stations([(0, 0)]), eligible=np.zeros(1, dtype=bool))
    assert np.isnan(none.mean_min).all()
    assert np.isnan(none.quantile_min(0.5)).all()
    assert none.people[0, -1] == pytest.approx(PEOPLE.sum())
    assert BIN_DS * 10 == 600


# floating catchments

PLACES = st.lists(st.floats(0, 50), min_size=6, max_size=6)


def dense(reach, people, places, weigh):
    """The two steps with whole matrices, as textbooks write them: people in rows, stations in columns."""
    weight = np.zeros((len(people), len(places)))
    weight[reach.point, reach.facility] = [weigh(one) for one in reach.time_ds.tolist()]
    wanted = people @ weight
    ratio = np.divide(places, wanted, out=np.zeros(len(places)), where=wanted > 0)
    return weight @ ratio


def zone(time_ds):
    return next(weight for end, weight in zip((2000, 4000, 6000), (1.0, 0.68, 0.22), strict=True) if time_ds <= end)


def gauss(time_ds):
    return (np.exp(-0.5 * (time_ds / 6000) ** 2) - np.exp(-0.5)) / (1 - np.exp(-0.5))


@settings(max_examples=30, deadline=None)
@given(SPOTS_M, PLACES, st.sampled_from([(Decay.NONE, lambda _: 1.0), (Decay.STEP, zone), (Decay.GAUSS, gauss)]))
def test_catchments_equal_the_textbook_and_hand_out_every_place_in_reach(spots, places, how):
    decay, weigh = how
    targets, capacity = stations(spots), np.array(places[: len(spots)])
    reach = reach_lists(GRAPH, targets, GRID.centre, 6000)
    catchments = floating_catchments(reach, PEOPLE, capacity, decay)
    np.testing.assert_allclose(catchments.access, dense(reach, PEOPLE, capacity, weigh), atol=1e-12)
    handed_out = capacity[catchments.demand > 0].sum()
    assert (PEOPLE * catchments.access).sum() == pytest.approx(handed_out, abs=1e-9)


def test_two_cells_and_two_stations_by_hand():
    """
    A (10 people) reaches station 0 only, B (30 people) both. Station 0 has 8 seats for 40 people, 0.2 each; station 1
    has 6 for 30, 0.2 each: A has 0.2, B 0.4.
    """
    reach = ReachLists(6000, np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), np.array([0, 9, 6000], np.int32))
    people, places = np.array([10.0, 30.0]), np.array([8.0, 6.0])
    catchments = floating_catchments(reach, people, places, Decay.NONE)
    assert catchments.access.tolist() == pytest.approx([0.2, 0.4])
    assert people_in_reach(reach, people).tolist() == [40, 30]
    # with steps, B counts 0.22 at station 1, so its seats are fewer for fewer: 6 / 6.6 each, and 0.22 of it for B
    stepped = floating_catchments(reach, people, places, Decay.STEP)
    assert stepped.access.tolist() == pytest.approx([0.2, 0.2 + 6 / 6.6 * 0.22])


def test_a_station_nobody_reaches_gives_nobody_anything():
    reach = ReachLists(6000, np.array([0, 0, 1]), np.array([0], np.int32), np.array([10], np.int32))
    catchments = floating_catchments(reach, np.array([5.0]), np.array([100.0, 10.0]), Decay.NONE)
    assert catchments.access.tolist() == [2.0]
    assert catchments.ratio.tolist() == [0.0, 2.0]


def test_weights_fall_from_the_door_to_the_limit():
    limit = 6000
    time_ds = np.arange(0, limit + 1, 100, dtype=np.int32)
    for decay in Decay:
        weights = decay_weights(time_ds, limit, decay)
        assert weights[0] == 1
        assert (np.diff(weights) <= 0).all()
        assert (weights >= 0).all()
    assert decay_weights(time_ds, limit, Decay.GAUSS)[-1] == pytest.approx(0)
    borders = np.array([2000, 2001, 4000, 4001, 6000], np.int32)
    first, second, last = STEP_WEIGHTS
    assert decay_weights(borders, limit, Decay.STEP).tolist() == [first, second, second, last, last]


# capacity


def test_places_come_from_the_first_rule_that_knows():
    nothing = np.nan
    supply = supply_of(
        np.array([4, nothing, nothing, nothing, 8, 99, 0]),
        np.array([nothing, 20, nothing, nothing, 50, nothing, nothing]),
        np.array(["basic", "smart", "basic", None, "basic", "smart", "basic"], dtype=object),
        np.array([True, True, True, True, True, False, True]),
    )
    # the third stands at the median of 4, 8 and 0; the fourth has no class that anybody stated, so 4, 20, 8, 0 count
    assert supply.places.tolist() == [4, 20, 4, 6, 8, 0, 0]
    assert (supply.stated, supply.stated_people, supply.assumed_class, supply.assumed_city) == (3, 1, 1, 1)
    assert supply.unit == "seats"


def test_where_nobody_states_anything_stations_are_counted():
    unknown = np.full(3, np.nan)
    supply = supply_of(unknown, unknown, np.array(["basic"] * 3, dtype=object), np.array([True, False, True]))
    assert supply.places.tolist() == [1, 0, 1]
    assert supply.unit == "stations"
