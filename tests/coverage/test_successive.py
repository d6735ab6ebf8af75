"""Many sets of stations one after another give what each gives by itself, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geo.cells import points_to_cells
from geo.coverage.demand import PeopleByCell
from geo.coverage.field import cell_coverage
from geo.coverage.successive import by_likeness, shares_of_sets
from geo.streets.search import field
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import NO_AREAS, station, toy_snapshot

# the second is in the middle of a street, farther from its ends than the shortest limit; the last is far off
PLACES = [(200, 200), (250, 200), (1500, 300), (300, 1600), (1600, 1600), (1000, 1000), (30_000, 30_000)]
HOMES = [(150, 150), (950, 1120), (1700, 400), (2050, 2060)]


def city():
    """Stations in a square town; the last home is in a cell beside the streets, near enough to walk to them."""
    cells = np.unique(points_to_cells(*np.array([lon_lat(*home) for home in HOMES]).T, 10))
    people = PeopleByCell(cells, np.full(len(cells), 40.0))
    return toy_snapshot([station(*place) for place in PLACES], people=people, areas=NO_AREAS)


CITY = city()


@pytest.mark.parametrize("everywhere", [True, False])
@settings(max_examples=40, deadline=None)
@example(np.array([[0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0]], dtype=np.bool_), 300)
@given(
    arrays.arrays(np.bool_, st.tuples(st.integers(1, 8), st.just(len(PLACES)))),
    st.sampled_from([0, 300, 600, 3000, 6000, 20_000]),
)
def test_shares_are_those_of_every_set_by_itself(everywhere, sets, limit_ds):
    layer = CITY.modes["walk"]
    joined = layer.grid, layer.graph, layer.targets
    wanted = np.ones(len(layer.grid), np.bool_) if everywhere else layer.people["residents"] > 0
    seen = []
    for row, share in shares_of_sets(*joined, limit_ds, sets, wanted):
        travel = field(layer.graph, layer.targets, sets[row])
        alone = cell_coverage(*joined, travel, limit_ds, eligible=sets[row]).share
        np.testing.assert_array_equal(share, np.where(wanted, alone, 0.0))
        seen.append(row)
    assert sorted(seen) == list(range(len(sets)))


def test_the_city_has_cells_of_every_kind():
    grid, people = CITY.modes["walk"].grid, CITY.modes["walk"].people["residents"]
    assert ((grid.street_m <= 0) & (people > 0)).any()
    assert ((grid.street_m > 0) & (people > 0)).any()
    assert ((grid.street_m > 0) & (people == 0)).any()


def test_the_fullest_set_comes_first_and_then_always_the_most_like_it():
    sets = np.array([[0, 0, 0, 1], [1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0]], dtype=np.bool_)
    assert by_likeness(sets) == [1, 3, 2, 0]
    assert by_likeness(sets[:0]) == []
