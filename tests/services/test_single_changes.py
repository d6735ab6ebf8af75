"""What a change is worth equals what the whole question says with it alone, and without it alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from geo.coverage.question import Question
from geo.services import single_changes
from geo.services.changes import Add, ChangeHours, Close, Move, WhatIf
from geo.services.single_changes import worths
from geo.services.what_if import answer, standing_of, tried
from tests.services.test_what_if import IDS, QUESTIONS, SNAPSHOT, changes
from tests.support.grid_city import lon_lat


def covered(question, wanted):
    """People within the limit after some changes, not rounded."""
    after = answer(SNAPSHOT, WhatIf(question, tuple(wanted))).coverage if wanted else None
    standing = standing_of(SNAPSHOT, question)
    return standing.ground.fates((after or standing.coverage).share)[:, 0].sum()


@settings(max_examples=30, deadline=None)
@given(QUESTIONS, changes())
def test_both_figures_equal_whole_recomputations(question, wanted):
    found = worths(SNAPSHOT, tried(SNAPSHOT, WhatIf(question, wanted)))
    base, whole = covered(question, ()), covered(question, wanted)
    for place, (change, worth) in enumerate(zip(wanted, found, strict=True)):
        assert worth.alone == pytest.approx(covered(question, [change]) - base, abs=1e-6)
        rest = [*wanted[:place], *wanted[place + 1 :]]
        assert worth.beyond == pytest.approx(whole - covered(question, rest), abs=1e-6)


def test_two_stations_at_one_place_are_each_worth_nothing_beyond_the_other():
    place = lon_lat(1000, 1000)
    one, other = worths(SNAPSHOT, tried(SNAPSHOT, WhatIf(Question(minutes=5), (Add(*place), Add(*place)))))
    assert one.alone == other.alone > 0
    assert one.beyond == other.beyond == 0


def test_weighing_leaves_the_field_as_it_was():
    wanted = (Add(*lon_lat(1000, 1000)), Close(IDS[0]), Move(IDS[2], *lon_lat(900, 1500)))
    after = tried(SNAPSHOT, WhatIf(Question(minutes=5), wanted))
    time_ds, standing = after.live.time_ds.copy(), after.standing.field.time_ds.copy()
    assert worths(SNAPSHOT, after) == worths(SNAPSHOT, after)
    np.testing.assert_array_equal(after.live.time_ds, time_ds)
    np.testing.assert_array_equal(after.standing.field.time_ds, standing)


def test_more_changes_than_can_be_weighed_at_once_are_not_weighed(monkeypatch):
    monkeypatch.setattr(single_changes, "MOST_SINGLE", 1)
    wanted = (Add(*lon_lat(1000, 1000)), ChangeHours(IDS[0], "24/7"))
    assert worths(SNAPSHOT, tried(SNAPSHOT, WhatIf(Question(minutes=5), wanted))) is None
