"""A siting answer is what coverage counts, is best as far as its bound says, and says why of everything else."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo.cells import cells_to_points
from geo.coverage.demand import PeopleByCell
from geo.coverage.question import Question
from geo.places.candidate_list import ListedCandidate
from geo.services import coverage, what_if
from geo.services.changes import Add, WhatIf
from geo.services.siting.candidates import CandidateError, NoCandidatesError, Wish, gather
from geo.services.siting.lists import prepare
from geo.services.siting.planning import gain_curve, plan
from geo.services.siting.question import CancelledError, Siting, SitingQuestionError, UnknownCandidateError
from geo.services.siting.words import describe
from geo.siting.covering import Status
from geo.siting.problem import OutOfReachError, TooFewCandidatesError
from geo.store.facility_store import FacilityNotFoundError
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import OFFICE, rule, station, toy_snapshot

PLACES = [(100 + 450 * column, 150 + 420 * row) for column in range(5) for row in range(5)]


def hosts_frame(places: list[tuple[float, float]], **columns: list[object]) -> pd.DataFrame:
    lon, lat = zip(*(lon_lat(*place) for place in places), strict=True)
    plain = {
        "osm_id": [f"n{number}" for number in range(len(places))],
        "host_type": ["bank"] * len(places),
        "name": [f"银行 {number}" for number in range(len(places))],
        "opening_hours": [None] * len(places),
    }
    frame = pd.DataFrame({**plain, **columns}, dtype=object)
    return frame.assign(lon=lon, lat=lat)


STATIONS = [station(200, 200), station(1500, 300), station(310, 1600, rules=[rule(OFFICE)])]
SNAPSHOT = toy_snapshot(STATIONS, hosts=hosts_frame(PLACES))
QUESTION = Question(minutes=4)


def siting(**how: object) -> Siting:
    return Siting(**{"question": QUESTION, "choose": 3, "seconds": 5.0, **how})


def listed(row: int, x_m: float, y_m: float, **facts: object) -> ListedCandidate:
    lon, lat = lon_lat(x_m, y_m)
    return ListedCandidate(row=row, name=f"点 {row}", lon=lon, lat=lat, **facts)


def covered_with(*places: tuple[float, float], question: Question = QUESTION) -> float:
    """People covered when stations open at some places, to the fraction: asked of the coverage service."""
    adds = tuple(Add(lon, lat) for lon, lat in places)
    after = what_if.tried(SNAPSHOT, WhatIf(question, adds))
    return float(after.standing.ground.fates(after.coverage.share)[:, 0].sum())


def chosen_places(answered) -> list[tuple[float, float]]:
    return [(one.lon, one.lat) for one in (answered.prepared.candidates[s] for s in answered.found.chosen.tolist())]


def test_the_answer_equals_the_recount_by_the_coverage_service():
    for minutes, choose in itertools.product((2, 4, 7), (1, 3, 6)):
        asked = siting(question=Question(minutes=minutes), choose=choose)
        answered = plan(SNAPSHOT, asked)
        recounted = covered_with(*chosen_places(answered), question=asked.question)
        assert answered.covered == pytest.approx(recounted, abs=0.01)
        assert round(answered.covered) == pytest.approx(answered.recount.after.covered, abs=1)
        before = coverage.answer(SNAPSHOT, asked.question).covered_people.sum()
        assert answered.before == pytest.approx(before, abs=0.01)


def test_no_two_sites_are_better_than_the_two_that_are_proved_best():
    answered = plan(SNAPSHOT, siting(choose=2))
    assert answered.found.status is Status.PROVED
    everyone = [(one.lon, one.lat) for one in answered.prepared.candidates]
    best = max(covered_with(*pair) for pair in itertools.combinations(everyone, 2))
    assert answered.covered == pytest.approx(best, abs=1.0)
    assert answered.before + answered.found.bound >= best - 0.01


def test_the_certificate_is_found_again_on_the_raw_lists():
    answered = plan(SNAPSHOT, siting())
    assert answered.found.certificate.holds()
    document = describe(SNAPSHOT, answered)
    assert len(document["bound"]["certificate"]["hash"]) == 64
    again = describe(SNAPSHOT, plan(SNAPSHOT, siting()))
    assert {**again, "seconds": 0} == {**document, "seconds": 0}


def test_a_budget_is_kept_and_another_yuan_never_harms():
    rows = tuple(listed(n, *place, cost=1000.0 * (1 + n % 3)) for n, place in enumerate(PLACES, 2))
    best = 0.0
    for budget in (1000, 2500, 4000, 4001, 8000):
        answered = plan(SNAPSHOT, siting(choose=None, budget=budget, wish=Wish(listed=rows)))
        assert answered.posed.question.sites.cost[answered.found.chosen].sum() <= budget
        assert answered.found.bound >= best - 1
        best = max(best, answered.found.value)
        assert all(row["paid"] for row in describe(SNAPSHOT, answered)["sites"])


def test_a_share_is_reached_and_no_fewer_sites_reach_it():
    before = coverage.answer(SNAPSHOT, QUESTION).tally.share
    wanted = before + 0.3
    answered = plan(SNAPSHOT, siting(task="share", choose=None, share=wanted))
    assert answered.recount.after.share >= wanted - 1e-6
    fewer = plan(SNAPSHOT, siting(choose=int(answered.found.bound) - 1))
    assert fewer.recount.after.share < wanted
    with pytest.raises(OutOfReachError, match="lacks"):
        plan(SNAPSHOT, siting(task="share", choose=None, share=1.0, question=Question(minutes=1)))


def test_a_floor_holds_in_every_district_and_shows_its_price():
    east = cells_to_points(SNAPSHOT.demand["residents"].cells)[0] > lon_lat(1000, 0)[0]
    residents = SNAPSHOT.demand["residents"]
    people = PeopleByCell(residents.cells, residents.people * np.where(east, 10.0, 1.0))
    lopsided = toy_snapshot([station(1000, 1000)], hosts=hosts_frame(PLACES), people=people)
    plain = plan(lopsided, siting(choose=4))
    shares = [row["share"] for row in describe(lopsided, plain)["districts"]]
    floor = min(shares) + 0.1
    answered = plan(lopsided, siting(choose=4, floor=floor))
    document = describe(lopsided, answered)
    assert min(row["share"] for row in document["districts"]) >= floor - 0.001 > min(shares)
    assert document["price"] == pytest.approx(plain.covered - answered.covered, abs=1)
    with pytest.raises(OutOfReachError, match="区"):
        plan(SNAPSHOT, siting(choose=1, floor=0.95))


def test_backup_counts_those_with_two_stations():
    answered = plan(SNAPSHOT, siting(task="backup", second=0.5))
    bound = describe(SNAPSHOT, answered)["bound"]
    assert bound["covered_once"] == pytest.approx(answered.covered, abs=0.01)
    assert bound["found"] == pytest.approx(bound["covered_once"] + 0.5 * bound["covered_twice"], abs=0.01)
    assert bound["at_best"] >= bound["found"] - 0.01


def test_a_station_that_may_close_is_traded_for_a_better_place():
    crowded = toy_snapshot([station(200, 200), station(230, 200)], hosts=hosts_frame(PLACES))
    asked = siting(choose=1, may_close=(crowded.facility_ids[1],))
    answered = plan(crowded, asked)
    document = describe(crowded, answered)
    assert [one["id"] for one in document["closed"]] == [crowded.facility_ids[1]]
    assert len(document["sites"]) == 2
    assert document["people"]["change"] == pytest.approx(answered.gained, abs=1)
    assert answered.gained > plan(crowded, siting(choose=1)).gained
    with pytest.raises(FacilityNotFoundError):
        plan(crowded, siting(may_close=(999,)))


def test_forced_sites_are_in_and_forbidden_ones_out():
    free = plan(SNAPSHOT, siting())
    best = free.prepared.candidates[int(free.found.chosen[0])].key
    other = next(one.key for n, one in enumerate(free.prepared.candidates) if n not in free.found.chosen)
    held = plan(SNAPSHOT, siting(force=(other,), forbid=(best,)))
    keys = [row["key"] for row in describe(SNAPSHOT, held)["sites"]]
    assert other in keys
    assert best not in keys
    assert held.found.bound <= free.found.bound + 1
    with pytest.raises(UnknownCandidateError, match="no candidate"):
        plan(SNAPSHOT, siting(force=("host:nowhere",)))


def test_who_is_outside_adds_up_to_everybody():
    answered = plan(SNAPSHOT, siting())
    assert sum(answered.outside.values()) == pytest.approx(answered.posed.people.sum())
    document = describe(SNAPSHOT, answered)
    assert document["words"]["zh"][0].startswith("新建 3 个站")
    assert [row["order"] for row in document["sites"]] == [1, 2, 3]
    gained = [row["people"] for row in document["sites"]]
    assert gained == sorted(gained, reverse=True)
    assert document["curve"]["gained"][2] <= document["curve"]["at_most"][2]
    assert document["near_misses"]["of"] == len(answered.prepared.candidates) - 3


def test_the_hour_decides_who_stands_and_which_hosts_can_take_part():
    hours = ["Mo-Fr 09:00-17:00" if n % 2 else None for n in range(len(PLACES))]
    snapshot = toy_snapshot(STATIONS, hosts=hosts_frame(PLACES, opening_hours=hours))
    at_night = siting(question=Question(minutes=4, at="weekday 23:00"))
    answered = plan(snapshot, at_night)
    assert describe(snapshot, answered)["candidates"]["left_out"][0]["reason"] == "closed_then"
    assert answered.recount.after.covered == pytest.approx(answered.covered, abs=1)
    by_day = plan(snapshot, siting(question=Question(minutes=4, at="weekday 10:00")))
    assert by_day.recount.after.covered == pytest.approx(by_day.covered, abs=1)
    assert not by_day.prepared.gathered.left_out


def test_zones_rules_doubles_and_the_network_leave_candidates_out_and_say_so():
    lon, lat = lon_lat(0, 0)
    east, north = lon_lat(300, 300)
    ring = [[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]
    rows = (
        listed(2, 150, 150, ground_floor=True),
        listed(3, 900, 900, ground_floor=False),
        listed(4, 1200, 1200, ground_floor=True),
        listed(5, 1200, 1200),
        listed(6, 50_000, 50_000, ground_floor=True),
        listed(7, 1300, 600),
    )
    zones = json.dumps({"type": "Polygon", "coordinates": [ring]})
    wish = Wish(listed=rows, zones=zones, require=("ground_floor",))
    answered = plan(SNAPSHOT, siting(choose=1, wish=wish))
    gathered = answered.prepared.gathered
    assert gathered.left_out == {"zone": 1, "rule": 1, "same_place": 1, "off_network": 1}
    assert [one.key for one in gathered.usable] == ["list:4", "list:7"]
    with pytest.raises(UnknownCandidateError, match="excluded zone"):
        plan(SNAPSHOT, siting(choose=1, wish=wish, force=("list:2",)))
    strict = plan(SNAPSHOT, siting(choose=1, wish=replace(wish, strict=True)))
    assert [one.key for one in strict.prepared.candidates] == ["list:4"]
    with pytest.raises(NoCandidatesError, match="no permitted street"):
        plan(SNAPSHOT, siting(choose=1, wish=Wish(listed=rows[4:5])))


def test_what_the_map_knows_fills_the_checklist_and_the_rest_stays_unknown():
    kinds = ["toilet", "bank", "restaurant", "bank"]
    hosts = hosts_frame([(500, 500), (520, 500), (1500, 1500), (1000, 200)], host_type=kinds)
    snapshot = toy_snapshot(STATIONS, hosts=hosts)
    beside, far = (prepare(snapshot, siting(choose=1)).candidates[place] for place in (1, 3))
    assert beside.checks["toilet"] is True
    assert far.checks["toilet"] is None
    assert (beside.checks["near_pickup"], far.checks["ground_floor"]) == (False, None)
    assert (beside.score, far.score) == (0, -1)


def test_streets_stand_in_where_no_host_is_known():
    snapshot = toy_snapshot(STATIONS)
    answered = plan(snapshot, siting())
    assert answered.prepared.gathered.source == "streets"
    assert answered.gained > 0
    assert answered.recount.after.covered == pytest.approx(answered.covered, abs=1)


def test_the_curve_grows_and_stays_under_its_bound():
    prepared, drawn = gain_curve(SNAPSHOT, siting(), 8)
    assert len(drawn.gained) == 8
    assert (np.diff(drawn.gained) >= 0).all()
    assert (drawn.gained <= drawn.upper + 1e-6).all()
    three = plan(SNAPSHOT, siting())
    assert drawn.upper[2] >= three.found.value - 1e-6
    assert 1 <= drawn.knee <= 8
    assert len(prepared.candidates) == len(PLACES)


def test_a_cancelled_question_stops():
    with pytest.raises(CancelledError):
        plan(SNAPSHOT, siting(), cancelled=lambda: True)


def test_every_better_answer_is_shown_on_the_way():
    seen = []
    answered = plan(SNAPSHOT, siting(), show=seen.append)
    assert seen[-1].gained == pytest.approx(answered.found.value)
    assert all(one.at_most >= answered.found.value - 1 for one in seen)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"choose": 0}, "number of sites of 0"),
        ({"choose": None}, "either a number"),
        ({"choose": 3, "budget": 5.0}, "either a number"),
        ({"choose": None, "budget": -1.0}, "budget of -1"),
        ({"task": "guess"}, "no task"),
        ({"task": "share", "share": 0.5}, "no use for a number"),
        ({"task": "share", "choose": None}, "neither a number"),
        ({"task": "share", "choose": None, "share": 1.5}, "out of range"),
        ({"task": "backup", "floor": 0.5}, "floor"),
        ({"floor": float("nan")}, "out of range"),
        ({"choose": None, "budget": 5.0, "may_close": (101,)}, "costs to keep"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(how, says):
    with pytest.raises(SitingQuestionError, match=says):
        siting(**how)


def test_more_sites_than_candidates_and_words_without_meaning_are_refused():
    with pytest.raises(TooFewCandidatesError):
        plan(SNAPSHOT, siting(choose=len(PLACES) + 1))
    for wish, says in (
        ({"host_types": ("castle",)}, "type of host"),
        ({"require": ("nice",)}, "rule"),
        ({"sources": ("list",)}, "empty"),
        ({"zones": "{}"}, "GeoJSON"),
        ({"zones": '{"type":"Point","coordinates":[120,36]}'}, "no polygon"),
        ({"zones": '{"type":"Polygon","coordinates":[[[0,0],[1e6,0],[1e6,1e6],[0,0]]]}'}, "degrees"),
    ):
        with pytest.raises(CandidateError, match=says):
            Wish(**wish)


def test_a_candidate_without_a_cost_is_left_out_of_a_budget_unless_there_is_a_usual_cost():
    rows = (listed(2, 900, 900, cost=10.0), listed(3, 1300, 1300))
    wish = Wish(listed=rows)
    kept = gather(SNAPSHOT, QUESTION, wish, np.zeros(1), default_cost=None, priced=True)
    assert ([one.key for one in kept.usable], kept.left_out) == (["list:2"], {"no_cost": 1})
    assert len(gather(SNAPSHOT, QUESTION, wish, np.zeros(1), default_cost=5.0, priced=True).usable) == 2
