"""What sites gain all at once is what trying them one by one says, in cells with streets and without."""

from __future__ import annotations

import numpy as np
import pytest

from geo.coverage.gains import crowd_on
from geo.coverage.question import Question
from geo.services.coverage import eligible_stations, ground_of
from geo.streets.gains import gains
from tests.coverage.test_trial import SNAPSHOTS, trials_of
from tests.support.grid_city import lon_lat


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=["people on streets", "people without a street, too"])
@pytest.mark.parametrize("minutes", [2.0, 6.0, 15.0])
def test_gains_at_once_equal_trials_one_by_one(snapshot, minutes):
    question = Question(minutes=minutes)
    layer, ground = snapshot.modes["walk"], ground_of(snapshot, "walk", "residents")
    counted = ~(ground.group_outside | ground.group_off_network)
    people = ground.by_cell(np.where(counted, ground.group_people, 0.0))
    random = np.random.default_rng(5)
    sites = layer.index.snap(*lon_lat(*random.uniform(-50, 2050, (2, 100))))
    trials = trials_of(snapshot, minutes)
    got = gains(
        layer.graph,
        layer.targets,
        trials.live,
        question.limit_ds,
        crowd_on(layer.grid, layer.graph, people),
        sites,
        overhead_ds=layer.graph.mode.arrival_overhead_ds,
        eligible=eligible_stations(snapshot, question),
    )
    one_by_one = [trials.gain(sites.take(np.array([site]))) for site in range(len(sites))]
    np.testing.assert_allclose(got, one_by_one, rtol=0, atol=1e-6)
    assert got.max() > 0
