"""Measures of a town one can draw: they agree with coverage, with one another, and with what one can count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.access import Decay
from geo.coverage.land import LandCells
from geo.coverage.question import Question
from geo.errors import InputError
from geo.services.coverage import answer
from geo.services.measures import COUNTS, MeasuredMinutesError, WeightsError, measures, round_the_clock
from geo.snapshot.model import NoDemandError
from geo.streets.land import INDUSTRIAL, RESIDENTIAL, Land
from tests.support.grid_city import areas_frame, box_area
from tests.support.toy_snapshot import ALL_DAY, NO_AREAS, OFFICE, rule, station, toy_snapshot

STATIONS = [
    station(200, 200, seats=10.0, facility_class="smart24h"),
    station(1500, 300, seats=4.0, rules=[rule(OFFICE)]),
    station(300, 1600, seats=None, rules=[]),
    station(1600, 1600, seats=None, facility_class="smart24h"),
    station(1000, 1000, status="retired", seats=500.0),
]
SNAPSHOT = toy_snapshot(STATIONS)
FREE = toy_snapshot(STATIONS, areas=NO_AREAS)


def estimated(snapshot):
    layer = replace(snapshot.demand["residents"], is_estimate=True)
    return replace(snapshot, demand={"residents": layer})


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 40), st.sampled_from([None, "weekday 10:00", "weekday 19:00"]), st.sampled_from([SNAPSHOT, FREE]))
def test_everybody_covered_has_one_two_or_more_stations_in_every_table(minutes, at, snapshot):
    question = Question(minutes=minutes, at=at)
    answered, measured = answer(snapshot, question, gap_limit=0), measures(snapshot, question)
    assert measured.people == answered.tally
    assert sum(measured.by_count.values()) == answered.tally.covered
    for table, plain in ((measured.districts, answered.districts), (measured.streets, answered.streets)):
        assert table[list(plain.columns)].equals(plain)
        if len(table):
            assert (table[list(COUNTS)].sum(axis=1) == table["covered"]).all()
            assert (table[list(COUNTS)].to_numpy() >= 0).all()
            assert table[list(COUNTS)].sum().to_dict() == measured.by_count


def test_the_curve_is_coverage_at_every_limit():
    document = measures(SNAPSHOT, Question(minutes=10)).to_dict()
    for point in document["curve"][1::7]:
        tally = answer(SNAPSHOT, Question(minutes=point["minutes"]), gap_limit=0).tally
        assert point["covered"] == pytest.approx(tally.covered, abs=1)
        assert point["share"] == pytest.approx(tally.share, abs=1e-4)


@pytest.mark.parametrize("decay", list(Decay))
def test_all_seats_in_reach_are_handed_out(decay):
    measured = measures(SNAPSHOT, Question(minutes=15), decay=decay)
    assert measured.supply.places.tolist() == [10, 4, 4, 10, 0]
    assert (measured.supply.stated, measured.supply.assumed_class, measured.supply.assumed_city) == (2, 2, 0)
    assert (measured.room.access * measured.room.people).sum() == pytest.approx(28)
    document = measured.to_dict()["access"]
    assert document["mean"] == pytest.approx(1000 * 28 / measured.room.people.sum())
    theil = document["theil_by_street"]
    assert theil["within"] + theil["between"] == pytest.approx(theil["total"])
    assert 0 < document["gini"] < 1


def test_the_parts_of_a_whole_agree():
    measured = measures(SNAPSHOT, Question(minutes=10))
    people = measured.districts["people"].to_numpy()
    mean = (measured.districts["mean_minutes"] * people).sum() / people.sum()
    assert measured.times.mean_min[0] == pytest.approx(mean, rel=1e-3)
    room = (measured.districts["access_per_1000"] * people).sum() / people.sum()
    assert measured.to_dict()["access"]["mean"] == pytest.approx(room, rel=1e-3)
    assert measured.facilities["people_alone"].sum() == pytest.approx(measured.by_count["one"], abs=3)
    assert set(measured.facilities["id"]) == {101, 102, 103, 104}
    assert measured.streets_km.km == pytest.approx(2 * 20 * 1.9, rel=2e-3)
    assert measured.streets_km.residential_km == pytest.approx(measured.streets_km.km)
    assert measured.road_classes["stations"].sum() == 4


def test_who_depends_on_a_station_is_who_is_lost_without_it():
    whole = measures(SNAPSHOT, Question(minutes=10))
    without = toy_snapshot([*STATIONS[:3], STATIONS[3] | {"status": "retired"}, STATIONS[4]])
    lost = whole.people.covered - answer(without, Question(minutes=10)).tally.covered
    alone = whole.facilities.set_index("id")["people_alone"]
    assert alone[104] == pytest.approx(lost, abs=1)
    assert alone[104] > 0


def test_round_the_clock_means_every_minute_of_the_week():
    nights = [rule({"byday": [1, 2, 3, 4, 5, 6, 7], "opens_min": 480, "closes_min": 1920})]
    snapshot = toy_snapshot([station(100, 100), station(200, 200, rules=nights), *STATIONS[1:3]])
    assert round_the_clock(snapshot).tolist() == [1, 1, 0, -1]
    document = measures(snapshot, Question()).to_dict()
    assert document["open_24h"] == {"stations": 4, "open_24h": 2, "unknown": 1}
    target = next(one for one in document["targets"] if one["code"] == "open_24h_15")
    assert (target["measured"], target["met"]) == (0.5, True)
    assert ALL_DAY["closes_min"] == 1440


def test_layers_are_put_together_by_weight():
    riders = replace(SNAPSHOT.demand["residents"], code="riders", people=SNAPSHOT.demand["residents"].people[::-1])
    walk = SNAPSHOT.modes["walk"]
    of_riders = walk.people["residents"] * (np.arange(len(walk.grid)) % 2)
    both = replace(
        SNAPSHOT,
        demand=SNAPSHOT.demand | {"riders": riders},
        modes={"walk": replace(walk, people={**walk.people, "riders": of_riders})},
    )
    residents, of_both, doubled = (
        measures(both, Question(), weights=weights)
        for weights in ({"residents": 1.0}, {"residents": 1.0, "riders": 3.0}, {"residents": 2.0})
    )
    assert residents.people == measures(SNAPSHOT, Question()).people
    assert doubled.people.total == 2 * residents.people.total
    assert doubled.people.share == pytest.approx(residents.people.share)
    assert of_both.people.total == residents.people.total + round(3 * of_riders.sum())
    assert set(of_both.layers) == {"residents", "riders"}


@pytest.mark.parametrize("weights", [{"residents": -1.0}, {"residents": 0.0}, {"residents": float("nan")}])
def test_weights_that_weigh_nothing_are_refused(weights):
    with pytest.raises(WeightsError, match="weights of demand layers"):
        measures(SNAPSHOT, Question(), weights=weights)


def test_a_layer_that_is_not_there_is_named():
    with pytest.raises(NoDemandError, match="no demand layer `riders`"):
        measures(SNAPSHOT, Question(), weights={"riders": 1.0})


def test_two_hours_are_too_long_to_measure():
    with pytest.raises(MeasuredMinutesError, match="up to 60 minutes; 61 is more"):
        measures(SNAPSHOT, Question(minutes=61))
    assert issubclass(MeasuredMinutesError, InputError)


def test_the_band_is_for_estimates_only():
    assert measures(SNAPSHOT, Question()).band is None
    for snapshot in (estimated(SNAPSHOT), estimated(FREE)):
        measured = measures(snapshot, Question())
        assert measured.band.low - 1e-12 <= measured.people.share <= measured.band.high + 1e-12
        assert measured.band.by_method["counted"] == pytest.approx(measured.people.share)
        # the people of the town live along its streets, so spreading them so changes little
        assert measured.band.by_method["by length of all streets"] == pytest.approx(measured.people.share, abs=0.02)


def test_nothing_eligible_is_measured_and_not_divided_by():
    document = measures(SNAPSHOT, Question(types=("sanitation_station",))).to_dict()
    assert document["people"]["covered"] == 0
    assert document["by_count"] == dict.fromkeys(COUNTS, 0)
    assert document["minutes"] == {"mean_minutes": None, "median_minutes": None, "p90_minutes": None}
    assert document["access"]["mean"] == 0
    assert document["facilities"]["id"] == []
    assert document["districts"][0]["mean_minutes"] is None


def test_measures_are_plain_data_and_the_same_every_time():
    first, second = (measures(SNAPSHOT, Question(minutes=12)).to_dict() for _ in range(2))
    assert first == second
    assert orjson.loads(orjson.dumps(first)) == first
    assert first["built_up"]["basis"] == "street_length"
    assert first["built_up"]["share"] == pytest.approx(first["street_length"]["share"])
    assert first["built_up"]["km2"] is None
    assert {row["district"] for row in first["streets"]} == {"西区", "东区"}


def with_land(snapshot, *pieces):
    """The snapshot with built-up land on its cells."""
    land = LandCells.of(Land.of(list(pieces)), 10)
    return replace(snapshot, modes={"walk": replace(snapshot.modes["walk"], land=land)})


CITY = box_area(-50, -50, 2000, 2000)
INNER = box_area(100, 100, 1800, 1800)


def test_built_up_land_is_covered_by_the_share_of_its_cells_streets():
    measured = measures(with_land(SNAPSHOT, (INDUSTRIAL, INNER)), Question(minutes=5)).built_up
    assert measured.basis == "built_up_land"
    assert measured.km2 == pytest.approx(1.7**2, rel=2e-3)
    layer, covered = SNAPSHOT.modes["walk"], answer(SNAPSHOT, Question(minutes=5), gap_limit=0)
    land = LandCells.of(Land.of([(INDUSTRIAL, INNER)]), 10)
    expected = sum(
        km2 * covered.coverage.share[np.searchsorted(layer.grid.cells, cell)]
        for cell, km2 in zip(land.cells, land.built_km2, strict=True)
    )
    assert 0.1 < measured.share < 0.9
    assert measured.covered_km2 == pytest.approx(expected)
    assert measured.residential_km2 == 0
    assert measured.residential_share is None


def test_land_without_streets_is_not_covered_and_land_outside_the_city_not_counted():
    far_in_the_district = box_area(2200, 100, 2300, 200)
    areas = areas_frame([("district", "1", "大区", None, box_area(-50, -50, 3000, 2000))])
    wide = toy_snapshot(STATIONS, areas=areas)
    everything = ((RESIDENTIAL, far_in_the_district), (INDUSTRIAL, box_area(-2000, 0, -1900, 100)))
    measured = measures(with_land(wide, *everything), Question(minutes=60)).built_up
    assert measured.km2 == measured.off_network_km2 == pytest.approx(0.01, rel=1e-2)
    assert measured.share == measured.residential_share == 0


@settings(max_examples=8, deadline=None)
@given(st.floats(1, 30), st.floats(1, 20))
def test_more_minutes_never_cover_less_land(minutes, more):
    snapshot = with_land(SNAPSHOT, (RESIDENTIAL, CITY))
    less, wider = (measures(snapshot, Question(minutes=one)).built_up for one in (minutes, minutes + more))
    assert less.covered_km2 <= wider.covered_km2 + 1e-12
    assert less.km2 == wider.km2


def test_without_stations_no_land_is_covered():
    nobody = toy_snapshot([station(200, 200, status="retired")])
    assert measures(with_land(nobody, (RESIDENTIAL, CITY)), Question(minutes=60)).built_up.covered_km2 == 0
