"""A kept what-if as a report tells it is what the what-if answers, change by change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from geo.services.scenario_report import NotPossibleNowError, told
from geo.services.scenarios import result_of
from geo.services.what_if import answer, describe, input_hash
from geo.store.scenario_store import StoredScenario
from tests.services.test_scenarios import ASKED, FIRST, SNAPSHOT, STATIONS
from tests.support.toy_snapshot import toy_snapshot

STORED = StoredScenario(
    code="7kQm2xWb9T",
    secret_digest="",
    kind="what_if",
    name="东区加密",
    question=ASKED.question.as_dict(),
    changes=[change.as_dict() for change in ASKED.changes],
    result=result_of(SNAPSHOT, ASKED),
    snapshot_id=SNAPSHOT.id,
    input_hash=input_hash(SNAPSHOT, ASKED),
    created_at=datetime(2026, 1, 6, tzinfo=UTC),
)


def test_the_figures_are_those_of_the_what_if():
    part, document = told(SNAPSHOT, STORED), describe(answer(SNAPSHOT, ASKED))
    assert (part.code, part.question, part.is_same) == (STORED.code, ASKED.question, True)
    assert part.people == document["people"]
    assert list(part.districts) == document["districts"]


def test_every_change_is_told_with_its_station_its_place_and_its_worth():
    changes = told(SNAPSHOT, STORED).changes
    assert [change.kind for change in changes] == ["add", "move", "close", "hours"]
    assert [change.station for change in changes] == ["新站", *(STATIONS[place]["name"] for place in (1, 0, 2))]
    assert changes[0].facility_type == "union_station"
    assert (changes[1].lon, changes[1].lat) == (ASKED.changes[1].lon, ASKED.changes[1].lat)
    assert (changes[2].lon, changes[2].lat) == (SNAPSHOT.lon[0], SNAPSHOT.lat[0])
    assert [change.hours for change in changes] == ["06:00-22:00", None, None, "24/7"]
    assert [change.people for change in changes] == [one["beyond"] for one in STORED.result["each"]]
    assert not any(change.was_dropped for change in changes)


def test_a_change_of_a_station_that_is_gone_is_told_as_left_out_and_the_others_keep_their_worth():
    """The first station is not there any more; closing it was the third change."""
    later = replace(
        toy_snapshot(STATIONS[1:]), facility_ids=SNAPSHOT.facility_ids[1:], position_of_id={FIRST + 1: 0, FIRST + 2: 1}
    )
    part = told(later, STORED)
    assert not part.is_same
    assert [change.was_dropped for change in part.changes] == [False, False, True, False]
    assert part.changes[2].people is None
    assert part.changes[2].station == str(FIRST)
    assert all(part.changes[place].people is not None for place in (0, 1, 3))


def test_stations_stand_afterwards_where_the_changes_put_them():
    part = told(SNAPSHOT, STORED)
    there = {(round(lon, 6), round(lat, 6)) for lon, lat in part.stations_after.tolist()}
    new, moved = ASKED.changes[0], ASKED.changes[1]
    assert {(round(one.lon, 6), round(one.lat, 6)) for one in (new, moved)} <= there
    assert (round(SNAPSHOT.lon[0], 6), round(SNAPSHOT.lat[0], 6)) not in there
    assert part.siting is None
    assert part.is_more_than_sites


def test_what_is_not_possible_any_more_is_refused():
    asked = STORED.question | {"demand": "jobs"}
    with pytest.raises(NotPossibleNowError, match="jobs"):
        told(SNAPSHOT, replace(STORED, question=asked))
