"""A what-if answers as if the whole question were asked again of a city in which the changes were made."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.question import Question
from geo.errors import InputError, NotFoundError
from geo.places.hours import parse_hours
from geo.services import coverage
from geo.services.changes import Add, ChangeHours, ChangesError, Close, Move, WhatIf
from geo.services.what_if import answer, describe
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import OFFICE, rule, station, toy_snapshot

STATIONS = [
    station(200, 200),
    station(1500, 300, rules=[rule(OFFICE)]),
    station(310, 1600),
    station(1600, 1640, networks=["sanitation"]),
    station(1000, 1000, status="retired"),
    station(1020, 200, rules=[]),
]
SNAPSHOT = toy_snapshot(STATIONS)
IDS = SNAPSHOT.facility_ids

PLACES = st.tuples(st.integers(-100, 2100), st.integers(-100, 2100))
HOURS = st.sampled_from(["24/7", "Mo-Fr 09:00-17:00", "Sa,Su 08:00-20:00"])
QUESTIONS = st.builds(
    Question,
    minutes=st.floats(1, 30),
    at=st.sampled_from([None, "weekday 10:00", "weekday 19:00", "saturday 12:00"]),
    networks=st.sampled_from([(), ("sanitation",)]),
)


@st.composite
def changes(draw):
    """Changes that go together: some stations move, keep other hours or close, some open."""
    wanted = []
    for facility_id in IDS:
        what = draw(st.sets(st.sampled_from(["move", "hours"]))) or draw(st.sampled_from([set(), {"close"}]))
        if "close" in what:
            wanted.append(Close(facility_id))
        if "hours" in what:
            wanted.append(ChangeHours(facility_id, draw(HOURS)))
        if "move" in what:
            wanted.append(Move(facility_id, *lon_lat(*draw(PLACES))))
    wanted += [
        Add(*lon_lat(*place), hours=draw(st.one_of(st.none(), HOURS)))
        for place in draw(st.lists(PLACES, min_size=0 if wanted else 1, max_size=3))
    ]
    return tuple(draw(st.permutations(wanted)))


def rules_of(hours):
    return [read.to_dict() for read in parse_hours(hours).rules]


def built(wanted):
    """The toy city with the changes made for real."""
    rows = [dict(row) for row in STATIONS]
    for change in wanted:
        if isinstance(change, Add):
            hours = {} if change.hours is None else {"rules": rules_of(change.hours)}
            everything = {"networks": ["union_station", "sanitation"], "lon": change.lon, "lat": change.lat}
            rows.append(station(0, 0, **everything, **hours))
        elif isinstance(change, Move):
            rows[IDS.index(change.facility_id)] |= {"lon": change.lon, "lat": change.lat}
        elif isinstance(change, Close):
            rows[IDS.index(change.facility_id)]["status"] = "retired"
        else:
            rows[IDS.index(change.facility_id)]["rules"] = rules_of(change.hours)
    return toy_snapshot(rows)


@settings(max_examples=40, deadline=None)
@given(QUESTIONS, changes())
def test_equals_a_full_recompute_to_the_bit(question, wanted):
    got = answer(SNAPSHOT, WhatIf(question, wanted))
    before, after = coverage.answer(SNAPSHOT, question), coverage.answer(built(wanted), question)
    for name in ("time_ds", "facility", "share", "state"):
        np.testing.assert_array_equal(getattr(got.coverage, name), getattr(after.coverage, name))
    assert (got.before, got.after) == (before.tally, after.tally)
    for table, old, new in (
        (got.districts, before.districts, after.districts),
        (got.streets, before.streets, after.streets),
    ):
        for name in ("covered", "share", "stations"):
            np.testing.assert_array_equal(table[name], new[name])
            np.testing.assert_array_equal(table[f"{name}_before"], old[name])
        assert table["change"].sum() == got.after.covered - got.before.covered
    assert got.gained - got.lost == pytest.approx(got.after.covered - got.before.covered, abs=1.01)
    assert got.people_change.sum() == pytest.approx(got.gained - got.lost)
    untouched = np.setdiff1d(np.arange(len(got.coverage.share)), got.changed)
    np.testing.assert_array_equal(before.coverage.time_ds[untouched], after.coverage.time_ds[untouched])
    np.testing.assert_array_equal(before.coverage.share[untouched], after.coverage.share[untouched])


def test_opening_a_station_gains_and_closing_it_all_loses():
    opened = answer(SNAPSHOT, WhatIf(Question(minutes=5), (Add(*lon_lat(1000, 1000)),)))
    assert opened.gained > 0
    assert opened.lost == 0
    assert opened.after.covered > opened.before.covered
    assert opened.districts["stations"].sum() == opened.districts["stations_before"].sum() + 1
    closed = answer(SNAPSHOT, WhatIf(Question(minutes=5), tuple(Close(one) for one in IDS)))
    assert closed.after.covered == 0
    assert closed.lost == pytest.approx(closed.before.covered, abs=1)


def test_only_cells_around_a_change_are_named():
    got = answer(SNAPSHOT, WhatIf(Question(minutes=5), (Move(IDS[2], *lon_lat(330, 1600)),)))
    assert 0 < len(got.changed) < len(got.coverage.share) / 2
    assert (np.diff(got.cells.astype(np.int64)) > 0).all()


def test_changes_that_do_nothing_say_why():
    far = Add(121.5, 37.0)
    got = answer(SNAPSHOT, WhatIf(Question(), (far, Close(IDS[4]), ChangeHours(IDS[0], "Mo-Fr 09:00-17:00"))))
    assert [(notice.place, notice.code) for notice in got.notices] == [
        (0, "off_network"),
        (1, "not_counted"),
        (2, "hours_not_asked"),
    ]
    assert len(got.changed) == 0
    assert got.before == got.after
    late = WhatIf(Question(at="weekday 19:00"), (Add(*lon_lat(500, 500), hours="Mo-Fr 09:00-17:00"),))
    assert [notice.code for notice in answer(SNAPSHOT, late).notices] == ["closed_then"]


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ((), InputError, "1 to 1,000 changes, not 0"),
        ((Add(float("nan"), 36.0),), ChangesError, r"Change 1: \(nan, 36.0\) is no position"),
        ((Add(120.0, 36.0), Move(IDS[0], 190.0, 36.0)), ChangesError, "Change 2"),
        ((Close(IDS[0]), Close(IDS[0])), ChangesError, "changed twice"),
        ((Close(IDS[0]), ChangeHours(IDS[0], "24/7")), ChangesError, "cannot close and be changed"),
        ((ChangeHours(IDS[0], "whenever we like"),), ChangesError, "`whenever we like` cannot be read"),
        ((Close(9),), NotFoundError, "no facility 9"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(wanted, error, said):
    with pytest.raises(error, match=said):
        answer(SNAPSHOT, WhatIf(Question(), wanted))


def test_users_side_by_side_get_what_each_would_get_alone():
    snapshot = toy_snapshot(STATIONS)
    asked = [
        WhatIf(Question(minutes=minutes), (Add(*lon_lat(x, x)), Close(IDS[x % 4])))
        for minutes in (4, 8)
        for x in range(100, 1900, 200)
    ]
    alone = [describe(answer(toy_snapshot(STATIONS), one)) for one in asked[:3]]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: describe(answer(snapshot, one)), asked))
    assert together[:3] == alone
    assert together == [describe(answer(snapshot, one)) for one in asked]


def test_equal_questions_have_equal_hashes_and_tables_are_plain():
    asked = WhatIf(Question(minutes=5), (Add(*lon_lat(1000, 1000), name="新站"),))
    one, again = (describe(answer(toy_snapshot(STATIONS), asked)) for _ in range(2))
    assert one == again
    other = WhatIf(Question(minutes=5), (Add(*lon_lat(1000, 1100), name="新站"),))
    assert describe(answer(SNAPSHOT, other))["input_hash"] != one["input_hash"]
    assert json.loads(json.dumps(one)) == one


def test_a_station_between_two_others_changes_its_block_although_no_corner_changes():
    layer = SNAPSHOT.modes["walk"]
    graph, centre = layer.graph, layer.grid.centre
    cell = np.flatnonzero((centre.fraction > 0.3) & (centre.fraction < 0.7))[0]
    corners = [graph.edges.tail[centre.edge[cell]], graph.edges.head[centre.edge[cell]]]
    at_corners = [station(0, 0, lon=graph.node_lon[node], lat=graph.node_lat[node]) for node in corners]
    between = Add(float(centre.lon[cell]), float(centre.lat[cell]))
    got = answer(toy_snapshot(at_corners), WhatIf(Question(), (between,)))
    after = coverage.answer(toy_snapshot([*at_corners, station(0, 0, lon=between.lon, lat=between.lat)]), Question())
    np.testing.assert_array_equal(got.coverage.time_ds, after.coverage.time_ds)
    assert cell in got.changed


@pytest.mark.parametrize("types", [(), ("union_station",), ("union_station", "sanitation_station")])
def test_a_new_station_counts_if_its_type_is_asked_for(types):
    question, place = Question(minutes=5, types=types), lon_lat(1000, 1000)
    plain = answer(SNAPSHOT, WhatIf(question, (Add(*place),)))
    same = answer(SNAPSHOT, WhatIf(question, (Add(*place, facility_type="union_station"),)))
    other = answer(SNAPSHOT, WhatIf(question, (Add(*place, facility_type="sanitation_station"),)))
    assert same.after == plain.after != plain.before
    is_counted = not types or "sanitation_station" in types
    assert (other.after == plain.after) == is_counted
    assert [notice.code for notice in other.notices] == ([] if is_counted else ["not_of_type"])
    with pytest.raises(ChangesError, match="`kiosk` is no type of station"):
        WhatIf(question, (Add(*place, facility_type="kiosk"),))
