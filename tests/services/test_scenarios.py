"""A scenario is kept, opened on the facts of the day, compared, and deleted by whoever saved it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.question import Question
from geo.errors import InputError
from geo.services import scenarios
from geo.services.changes import Add, ChangeHours, Close, Move, WhatIf
from geo.services.cities import new_city
from geo.services.scenarios import (
    Draft,
    ScenarioNameError,
    ShelfFullError,
    TooManyScenariosError,
    WrongSecretError,
    compare_scenarios,
    delete_scenario,
    keep,
    list_scenarios,
    load_scenario,
    on_present_facts,
    plain_name,
    save_what_if,
)
from geo.services.siting.candidates import Wish
from geo.services.siting.drafts import save_answer
from geo.services.siting.question import Siting
from geo.services.what_if import answer, describe
from geo.store.scenario_store import ScenarioNotFoundError
from tests.support.grid_city import lon_lat
from tests.support.kept_sitings import siting_document
from tests.support.toy_snapshot import station, toy_snapshot

STATIONS = [station(200, 200), station(1500, 300), station(310, 1600)]
SNAPSHOT = toy_snapshot(STATIONS)
FIRST, SECOND, THIRD = SNAPSHOT.facility_ids
ASKED = WhatIf(
    Question(minutes=5, at="weekday 10:00"),
    (
        Add(*lon_lat(1000, 1000), name="新站", hours="06:00-22:00", facility_type="union_station"),
        Move(SECOND, *lon_lat(1400, 900)),
        Close(FIRST),
        ChangeHours(THIRD, "24/7"),
    ),
)
SIMPLE = WhatIf(Question(minutes=5), (Add(*lon_lat(1000, 1000)),))


def now():
    return datetime.now(UTC)


@pytest.fixture
def store(engine):
    new_city(engine, "toy", name="玩具市")
    return engine


def test_a_scenario_comes_back_with_what_was_asked_and_what_came_out(store):
    kept = save_what_if(store, SNAPSHOT, "  东区  加密\n方案 ", ASKED, now=now())
    stored = load_scenario(store, "toy", kept.code)
    assert (stored.name, stored.kind, stored.snapshot_id) == ("东区 加密 方案", "what_if", SNAPSHOT.id)
    present = on_present_facts(SNAPSHOT, stored)
    assert present.is_same
    assert (present.dropped, present.problem) == ((), None)
    document = describe(answer(SNAPSHOT, ASKED))
    assert present.result == json.loads(json.dumps(scenarios.result_of(SNAPSHOT, ASKED)))
    assert present.result["people"] == document["people"]
    assert len(present.result["each"]) == 4


def test_codes_can_stand_in_a_link_and_secrets_are_not_kept(store):
    kept = [save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now()) for _ in range(3)]
    assert len({one.code for one in kept}) == len({one.secret for one in kept}) == 3
    assert all(len(one.code) == 10 and one.code.isalnum() and one.code.isascii() for one in kept)
    assert kept[0].secret not in str(load_scenario(store, "toy", kept[0].code))


def test_on_other_facts_it_is_worked_out_anew_and_says_so(store):
    kept = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    fuller = replace(toy_snapshot([*STATIONS, station(1700, 1700)]), state_hash="1" * 64, id="20270101T000000Z-other")
    present = on_present_facts(fuller, load_scenario(store, "toy", kept.code))
    assert not present.is_same
    assert present.snapshot_id == fuller.id
    assert present.result["people"] == describe(answer(fuller, SIMPLE))["people"]
    assert present.result["people"] != describe(answer(SNAPSHOT, SIMPLE))["people"]


def test_a_change_about_a_station_that_is_gone_is_dropped_and_named(store):
    kept = save_what_if(store, SNAPSHOT, "方案", ASKED, now=now())
    fewer = replace(toy_snapshot(STATIONS[:2]), state_hash="2" * 64)
    present = on_present_facts(fewer, load_scenario(store, "toy", kept.code))
    assert present.dropped == (3,)
    assert present.result["people"] == describe(answer(fewer, WhatIf(ASKED.question, ASKED.changes[:3])))["people"]


def test_what_cannot_be_worked_out_any_more_says_why(store):
    only = WhatIf(Question(), (Close(THIRD),))
    kept = save_what_if(store, SNAPSHOT, "方案", only, now=now())
    present = on_present_facts(toy_snapshot(STATIONS[:2]), load_scenario(store, "toy", kept.code))
    assert present.result is None
    assert "1 to 1,000 changes" in present.problem
    riders = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    nobody = replace(SNAPSHOT, demand={}, state_hash="3" * 64)
    assert on_present_facts(nobody, load_scenario(store, "toy", riders.code)).problem


def test_the_list_has_the_newest_first_in_pages(store):
    codes = [save_what_if(store, SNAPSHOT, f"方案 {n}", SIMPLE, now=now()).code for n in range(3)]
    first = list_scenarios(store, "toy", limit=2)
    assert [one.code for one in first] == codes[:0:-1]
    assert first[0].people["after"]["covered"] > first[0].people["before"]["covered"]
    assert first[0].changes == 1
    assert [one.code for one in list_scenarios(store, "toy", before=codes[1])] == codes[:1]
    assert list_scenarios(store, "toy", before="nosuchcode") == []


def test_scenarios_of_another_city_are_not_found(store):
    kept = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    new_city(store, "other", name="别市")
    assert list_scenarios(store, "other") == []
    with pytest.raises(ScenarioNotFoundError, match=kept.code):
        load_scenario(store, "other", kept.code)
    with pytest.raises(ScenarioNotFoundError):
        delete_scenario(store, "other", kept.code, kept.secret)


def test_only_the_secret_deletes(store):
    kept = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    with pytest.raises(WrongSecretError):
        delete_scenario(store, "toy", kept.code, "guessed")
    delete_scenario(store, "toy", kept.code, kept.secret)
    with pytest.raises(ScenarioNotFoundError):
        load_scenario(store, "toy", kept.code)
    other = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    delete_scenario(store, "toy", other.code, None)
    assert list_scenarios(store, "toy") == []


def test_no_more_are_taken_than_the_hour_and_the_shelf_hold(store, monkeypatch):
    monkeypatch.setattr(scenarios, "MOST_PER_HOUR", 2)
    monkeypatch.setattr(scenarios, "MOST_KEPT", 3)
    for _ in range(2):
        save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    with pytest.raises(TooManyScenariosError):
        save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    later = now() + timedelta(hours=2)
    save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=later)
    with pytest.raises(ShelfFullError):
        save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=later)
    assert len(list_scenarios(store, "toy")) == 3


def test_two_stand_side_by_side_by_district_on_the_same_facts(store):
    bold = WhatIf(Question(minutes=5), (Add(*lon_lat(1000, 1000)), Add(*lon_lat(1600, 1600))))
    codes = [save_what_if(store, SNAPSHOT, name, one, now=now()).code for name, one in (("小", SIMPLE), ("大", bold))]
    both = compare_scenarios(store, SNAPSHOT, *codes)
    assert both["asked_differently"] == []
    assert both["b"]["people"]["after"]["covered"] > both["a"]["people"]["after"]["covered"]
    small, big = (describe(answer(SNAPSHOT, one))["districts"] for one in (SIMPLE, bold))
    assert [(row["share_a"], row["share_b"]) for row in both["districts"]] == [
        (one["share"], other["share"]) for one, other in zip(small, big, strict=True)
    ]
    longer = save_what_if(store, SNAPSHOT, "久", WhatIf(Question(minutes=9), SIMPLE.changes), now=now())
    assert compare_scenarios(store, SNAPSHOT, codes[0], longer.code)["asked_differently"] == ["minutes"]


def test_a_siting_stands_beside_a_what_if_with_its_sites_cost_and_gap(store):
    asked = Siting(Question(minutes=5), Wish(sources=("streets",)), budget=6.0, default_cost=2.0, seconds=1.0)
    siting = save_answer(store, "toy", "选址", siting_document(SNAPSHOT, asked), now=now())
    kept = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    both = compare_scenarios(store, SNAPSHOT, siting.code, kept.code)
    a, b = both["a"], both["b"]
    assert (a["kind"], a["sites"], a["closed"], a["cost"]) == ("siting", 3, 0, 6.0)
    assert a["gap_percent"] is not None
    assert (b["kind"], b["sites"], b["cost"], b["gap_percent"]) == ("what_if", 1, None, None)
    assert a["people"]["change"] > b["people"]["change"] > 0
    assert {one.kind for one in list_scenarios(store, "toy")} == {"siting", "what_if"}


def test_one_stands_beside_the_city_as_it_is(store):
    kept = save_what_if(store, SNAPSHOT, "方案", SIMPLE, now=now())
    both = compare_scenarios(store, SNAPSHOT, kept.code, None)
    a, today = both["a"], both["b"]
    assert (today["code"], today["kind"], today["changes"], today["sites"]) == (None, "today", [], 0)
    assert today["people"]["after"] == a["people"]["before"]
    assert today["people"]["change"] == 0
    assert both["asked_differently"] == []
    assert all(row["share_b"] == row["share_before_a"] and row["change_b"] == 0 for row in both["districts"])


def test_what_siting_kept_without_changes_cannot_be_worked_out_and_says_so(store):
    draft = Draft("siting", "选址", {}, [], {}, SNAPSHOT.id, "0" * 64)
    empty = keep(store, "toy", draft, now=now())
    with pytest.raises(InputError, match=empty.code):
        compare_scenarios(store, SNAPSHOT, empty.code, None)


@pytest.mark.parametrize("name", ["", "   ", "\u3000\u00a0", "\x00\x1b", "\u202e\u200d", "长" * 81])
def test_a_name_must_say_something_and_not_too_much(name):
    with pytest.raises(ScenarioNameError):
        plain_name(name)


@given(st.text())
def test_every_name_taken_can_be_stored_and_stays_as_it_is(text):
    try:
        name = plain_name(text)
    except ScenarioNameError:
        return
    assert 1 <= len(name) <= 80
    assert plain_name(name) == name
    assert "\x00" not in name
