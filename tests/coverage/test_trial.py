"""A place's gain is what the whole answer says it is, and trying leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import points_to_cells
from geo.coverage.changes import CellLinks
from geo.coverage.demand import PeopleByCell
from geo.coverage.question import Question
from geo.coverage.trial import Trials
from geo.services.changes import Add, WhatIf
from geo.services.coverage import eligible_stations, ground_of
from geo.services.what_if import answer
from geo.streets.incremental import copy_of
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import NO_AREAS, station, toy_snapshot

STATIONS = [station(200, 200), station(1500, 300), station(310, 1600), station(900, 900, status="retired")]
EVERYWHERE = points_to_cells(*lon_lat(*np.meshgrid(np.arange(-150, 2150, 60.0), np.arange(-150, 2150, 60.0))), 10)
SNAPSHOTS = [
    toy_snapshot(STATIONS),
    # people in cells without a street, too
    toy_snapshot(
        STATIONS,
        areas=NO_AREAS,
        people=PeopleByCell(np.unique(EVERYWHERE), np.full(len(np.unique(EVERYWHERE)), 37.0)),
    ),
]


def trials_of(snapshot, minutes):
    question = Question(minutes=minutes)
    layer, ground = snapshot.modes["walk"], ground_of(snapshot, "walk", "residents")
    counted = ~(ground.group_outside | ground.group_off_network)
    return Trials.within(
        layer.graph,
        layer.grid,
        CellLinks.of_grid(layer.graph, layer.grid),
        layer.targets,
        question.limit_ds,
        ground.by_cell(np.where(counted, ground.group_people, 0.0)),
        eligible=eligible_stations(snapshot, question),
        overhead_ds=layer.graph.mode.arrival_overhead_ds,
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SNAPSHOTS), st.floats(-50, 2050), st.floats(-50, 2050), st.sampled_from([2.0, 6.0, 15.0]))
def test_a_gain_is_that_of_the_whole_answer(snapshot, x_m, y_m, minutes):
    lon, lat = lon_lat(x_m, y_m)
    trials = trials_of(snapshot, minutes)
    before = copy_of(trials.live)
    place = snapshot.modes["walk"].index.snap(np.array([lon]), np.array([lat]))
    whole = answer(snapshot, WhatIf(Question(minutes=minutes), (Add(lon, lat),)))
    assert trials.gain(place) == pytest.approx(whole.gained, abs=1e-6)
    np.testing.assert_array_equal(trials.live.time_ds, before.time_ds)
    np.testing.assert_array_equal(trials.live.facility, before.facility)


def test_a_place_off_the_network_gains_nobody():
    layer = SNAPSHOTS[0].modes["walk"]
    assert trials_of(SNAPSHOTS[0], 10).gain(layer.index.snap(np.array([121.4]), np.array([37.1]))) == 0.0
