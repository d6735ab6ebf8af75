"""Coverage questions on a town one can draw: filters, hours, what nobody knows, and the same answer every time."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cells import points_to_cells
from geo.coverage.demand import PeopleByCell
from geo.coverage.question import MinutesError, Question, UnknownWordError
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.services.coverage import answer, cell_frame, describe, eligible_stations, gap_frame, minutes_curve
from tests.support.toy_snapshot import NO_AREAS, OFFICE, rule, station, toy_snapshot

STATIONS = [
    station(200, 200, amenities={"water_hot": "available", "microwave": "absent"}, facility_class="smart24h"),
    station(1500, 300, amenities={"water_hot": "unknown"}, rules=[rule(OFFICE)]),
    station(300, 1600, amenities={"water_hot": "broken"}, rules=[], facility_type="sanitation_station"),
    station(1600, 1600, networks=["sanitation"], entry_methods=["app_qr"], user_groups=["sanitation"]),
    station(1000, 1000, status="retired"),
]
SNAPSHOT = toy_snapshot(STATIONS)


def eligible(**asked):
    return np.flatnonzero(eligible_stations(SNAPSHOT, Question(**asked))).tolist()


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        ({}, [0, 1, 2, 3]),
        ({"types": ("sanitation_station",)}, [2]),
        ({"types": ("环卫爱心驿站", "union_station")}, [0, 1, 2, 3]),
        ({"classes": ("smart24h",)}, [0]),
        ({"networks": ("sanitation",)}, [3]),
        ({"amenities": ("water_hot",)}, [0]),
        ({"amenities": ("water_hot", "microwave")}, []),
        ({"entry": ("app_qr",)}, [3]),
        ({"groups": ("rider",)}, [0, 1, 2]),
        ({"groups": ("sanitation",)}, [0, 1, 2, 3]),
        ({"at": "weekday 10:00"}, [0, 1, 3]),
        ({"at": "weekday 19:00"}, [0, 3]),
        ({"at": "saturday 10:00", "groups": ("rider",)}, [0]),
    ],
)
def test_a_station_counts_if_it_has_what_is_asked_for(asked, positions):
    assert eligible(**asked) == positions


def test_what_nobody_knows_does_not_count_but_its_effect_is_shown():
    answered = answer(SNAPSHOT, Question(minutes=5, amenities=("water_hot",), at="weekday 10:00"))
    assert np.flatnonzero(answered.eligible).tolist() == [0]
    unknown = answered.unknown
    # the second has unknown water, the fourth none written down; the third's water is broken, and broken is known
    assert (unknown.stations, unknown.unknown_amenities, unknown.unknown_hours) == (2, 2, 0)
    generous = answer(SNAPSHOT, Question(minutes=5, at="weekday 10:00"))
    assert answered.tally.covered < unknown.covered == generous.tally.covered


def test_unknown_hours_are_shown_as_unknown_hours():
    unknown = answer(SNAPSHOT, Question(minutes=5, at="weekday 19:00")).unknown
    assert (unknown.stations, unknown.unknown_hours, unknown.unknown_amenities) == (1, 1, 0)
    assert answer(SNAPSHOT, Question(minutes=5)).unknown is None


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 40), st.floats(1, 40), st.sampled_from([None, "weekday 10:00", "weekday 19:00"]))
def test_answers_add_up_and_grow_with_the_limit(one, other, at):
    short, long = (answer(SNAPSHOT, Question(minutes=minutes, at=at)) for minutes in sorted((one, other)))
    for answered in (short, long):
        tally = answered.tally
        assert tally.covered + tally.outside + tally.off_network + tally.outside_area == tally.total
        assert answered.districts["people"].sum() + tally.outside_area == tally.total
        assert answered.streets["covered"].sum() == answered.districts["covered"].sum() == tally.covered
        assert answered.covered_people.sum() == pytest.approx(tally.covered, abs=1)
    assert long.tally.covered >= short.tally.covered
    assert (long.coverage.share >= short.coverage.share).all()


def test_every_person_of_the_source_is_in_the_answer():
    assert answer(SNAPSHOT, Question()).tally.total == round(SNAPSHOT.demand["residents"].people.sum())


def test_no_eligible_station_covers_nobody_and_all_people_are_in_gaps():
    answered = answer(SNAPSHOT, Question(minutes=60, amenities=("water_hot", "microwave")), gap_limit=None)
    assert answered.tally.covered == 0
    assert not answered.eligible.any()
    in_gaps = sum(gap.people for gap in answered.gaps.listed)
    assert in_gaps == pytest.approx(answered.tally.outside, abs=len(answered.gaps.listed) + 1)
    assert all(gap.nearest == -1 for gap in answered.gaps.listed)


def test_the_same_question_has_the_same_hashes_and_another_has_others():
    first, again = answer(SNAPSHOT, Question(minutes=7)), answer(toy_snapshot(STATIONS), Question(minutes=7.0))
    assert (first.input_hash, first.result_hash) == (again.input_hash, again.result_hash)
    other = answer(SNAPSHOT, Question(minutes=8))
    assert other.input_hash != first.input_hash
    assert other.result_hash != first.result_hash
    elsewhere = answer(replace(SNAPSHOT, state_hash="1" * 64), Question(minutes=7))
    assert elsewhere.input_hash != first.input_hash
    assert elsewhere.result_hash == first.result_hash


def test_people_far_from_every_street_are_off_the_network_not_uncovered():
    home, far = points_to_cells([120.385, 120.395], [36.075, 36.085], 9), points_to_cells([120.9], [36.5], 9)
    cells = np.sort(np.unique(np.concatenate([home, far])))
    people = PeopleByCell(cells, np.where(cells == far[0], 77.0, 100.0))
    in_no_area = answer(toy_snapshot(STATIONS, people=people, areas=NO_AREAS), Question()).tally
    assert (in_no_area.off_network, in_no_area.outside_area) == (77, 0)
    in_area = answer(toy_snapshot(STATIONS, people=people), Question()).tally
    assert (in_area.off_network, in_area.outside_area) == (0, 77)
    assert in_no_area.total == in_area.total == people.total


def test_the_curve_rises_and_meets_the_answer():
    curve = minutes_curve(SNAPSHOT, Question())
    covered = [point["covered"] for point in curve]
    assert len(curve) == 61
    assert covered == sorted(covered)
    assert covered[10] == pytest.approx(answer(SNAPSHOT, Question(minutes=10)).tally.covered, abs=1)
    assert curve[60]["share"] == pytest.approx(1.0)


def test_the_document_is_plain_json_with_names():
    answered = answer(SNAPSHOT, Question(minutes=5))
    document = json.loads(orjson.dumps(describe(SNAPSHOT, answered), option=orjson.OPT_SERIALIZE_NUMPY))
    assert document["people"]["total"] == answered.tally.total
    assert [row["name"] for row in document["districts"]] == ["西区", "东区"]
    assert document["gaps"][0]["nearest"]["name"].startswith("驿站")
    assert document["gaps"][0]["nearest"]["id"] in SNAPSHOT.facility_ids
    assert document["estimate"] is False
    assert json.loads(json.dumps(describe(SNAPSHOT, answered))) == document


def test_frames_name_states_and_leave_out_minutes_that_are_none():
    answered = answer(SNAPSHOT, Question(minutes=60, amenities=("water_hot", "microwave")))
    cells = cell_frame(answered)
    assert cells["minutes_ds"].isna().all()
    assert set(cells["state"]) <= {"outside", "outside_area"}
    gaps = gap_frame(SNAPSHOT, answer(SNAPSHOT, Question(minutes=5)))
    assert gaps["rank"].tolist() == list(range(1, len(gaps) + 1))
    assert (gaps.geometry.geom_type == "MultiPolygon").all()


def test_equal_questions_are_written_the_same():
    one = Question(types=("环卫爱心驿站", "union_station"), at="weekday 19:00", minutes=10)
    other = Question(
        types=("union_station", "sanitation_station", "union_station"), at="工作日 19:00", minutes=10.00001
    )
    assert one == other
    assert one.canonical() == other.canonical()
    assert Question.from_dict(json.loads(one.canonical())) == one


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"minutes": 0}, MinutesError, "0 minutes is out of range"),
        ({"minutes": 121}, MinutesError, "1 to 120"),
        ({"minutes": float("nan")}, MinutesError, "nan minutes"),
        ({"amenities": ("sauna",)}, UnknownWordError, "`sauna` is none of the amenities"),
        ({"at": "someday"}, InputError, "someday"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(asked, error, said):
    with pytest.raises(error, match=said):
        Question(**asked)


def test_a_mode_or_a_layer_that_is_not_there_is_named():
    with pytest.raises(UnavailableError, match="ebike"):
        answer(SNAPSHOT, Question(mode="ebike"))
    with pytest.raises(NotFoundError, match="riders"):
        answer(SNAPSHOT, Question(demand="riders"))


def test_a_station_more_never_covers_fewer():
    fewer = answer(toy_snapshot(STATIONS[:2]), Question(minutes=6)).tally.covered
    assert answer(toy_snapshot(STATIONS[:4]), Question(minutes=6)).tally.covered >= fewer > 0
