"""Every task of siting: the best by brute force, proved, and counted again by the coverage service."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from geo.coverage.question import Question
from geo.services.changes import Add, ChangeHours
from geo.services.siting.candidates import CandidateError, Wish
from geo.services.siting.lists import EmptyDemandError, prepare
from geo.services.siting.planning import Built, plan
from geo.services.siting.posed import pose
from geo.services.siting.question import AskedHour, CancelledError, Extension, Siting, SitingQuestionError
from geo.services.siting.refusals import refusal
from geo.services.siting.tasks import ways_ds
from geo.services.siting.words import describe
from geo.services.wishes import AcceptedWish
from geo.siting.covering import Status
from geo.siting.problem import OutOfReachError, TooFewCandidatesError
from tests.services.siting.test_planning import PLACES, SNAPSHOT, STATIONS, hosts_frame, listed, siting
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import OFFICE, rule, station, toy_snapshot

AT_NIGHT, BY_DAY = "weekday 22:00", "weekday 11:00"


def with_riders(snapshot, weight_east: float = 5.0):
    """The city with a second layer of demand: the same places, but riders keep to the east."""
    residents, mode = snapshot.demand["residents"], snapshot.modes["walk"]
    east = mode.grid.lon > lon_lat(1000, 0)[0]
    riders = mode.people["residents"] * np.where(east, weight_east, 0.1)
    layer = replace(residents, code="riders", cells=mode.grid.cells, people=riders, resolution=10)
    people = {"residents": mode.people["residents"], "riders": riders}
    return replace(
        snapshot,
        demand={"residents": residents, "riders": layer},
        modes={"walk": replace(mode, people=people)},
    )


BOTH = with_riders(SNAPSHOT)


def weighted_gain(answered) -> float:
    """What the coverage service counts as gained over all layers and hours."""
    return sum(one.weight * (one.after - one.before) for one in answered.recounts)


def test_everybody_whom_a_candidate_reaches_is_covered_and_no_fewer_sites_do_that():
    answered = plan(SNAPSHOT, siting(task="all", choose=None))
    document = describe(SNAPSHOT, answered)
    left = {row["reason"]: row["people"] for row in document["outside"]}
    assert left["not_worth_it"] == left["only_forbidden"] == 0
    assert answered.found.status is Status.PROVED
    assert document["bound"]["of"] == "sites"
    assert document["bound"]["certificate"] is None or document["bound"]["certificate"]["checked"]
    assert answered.covered == pytest.approx(answered.recounts[0].after, abs=0.01)
    fewer = plan(SNAPSHOT, siting(choose=len(document["sites"]) - 1))
    assert fewer.covered < answered.covered - 0.5
    assert "至少需要" in " ".join(document["words"]["zh"])


@pytest.mark.parametrize("task", ["median", "center"])
def test_ways_are_as_short_as_no_two_other_sites_make_them(task: str):
    asked = siting(task=task, choose=2, farthest=40.0)
    answered = plan(SNAPSHOT, asked)
    posed = answered.posed
    question, standing = posed.question, posed.question.sites.standing
    reached = np.unique(question.lists.site_row)
    best = np.inf
    for pair in itertools.combinations(range(len(PLACES)), 2):
        ways = ways_ds(question, np.concatenate([standing, pair]), asked.farthest_ds)
        mean = float(question.people @ ways / question.people.sum())
        best = min(best, mean if task == "median" else float(ways[reached].max()))
    assert answered.found.value * 600 == pytest.approx(best, rel=1e-6)
    assert answered.found.bound <= answered.found.value + 1e-9
    document = describe(SNAPSHOT, answered)
    assert document["bound"]["status"] == "proved"
    if document["bound"]["certificate"] is not None:
        assert document["bound"]["certificate"]["checked"]
    before = document["measure"]["mean_minutes_before" if task == "median" else "farthest_minutes_before"]
    assert before > answered.found.value
    assert 0 < sum(row["nearest_for"] for row in document["sites"]) <= question.people.sum() + 1
    assert document["people"]["change"] == round(answered.recount.after.covered - answered.recount.before.covered)


def test_a_station_serves_no_more_people_than_it_has_room_for():
    small = plan(SNAPSHOT, siting(task="capacity", choose=2, capacity=50.0))
    document = describe(SNAPSHOT, small)
    assert all(row["serves"] <= 50 for row in document["sites"])
    assert document["measure"]["served"] <= document["measure"]["room"] == 50.0 * (2 + len(small.prepared.stations))
    assert document["measure"]["served_before"] < document["measure"]["served"]
    assert small.found.certificate.holds()
    assert small.found.certificate.claims >= small.found.value - 1e-6
    roomy = plan(SNAPSHOT, siting(task="capacity", choose=2, capacity=1e6))
    assert roomy.found.value == pytest.approx(plan(SNAPSHOT, siting(choose=2)).covered, abs=1.0)
    seats = Wish(listed=(listed(2, 900, 900, capacity=10), listed(3, 1300, 500)))
    stated = plan(SNAPSHOT, siting(task="capacity", choose=2, capacity=50.0, per_seat=3.0, wish=seats))
    serves = {row["key"]: row["serves"] for row in describe(SNAPSHOT, stated)["sites"]}
    assert serves["list:2"] <= 30


def test_layers_are_weighed_and_weighing_them_otherwise_is_another_question_on_the_same_lists():
    asked = siting(layers=(("residents", 1.0), ("riders", 2.0)))
    answered = plan(BOTH, asked)
    assert [(one.demand, one.weight) for one in answered.recounts] == [("residents", 1.0), ("riders", 2.0)]
    assert answered.found.value == pytest.approx(weighted_gain(answered), abs=0.05)
    other = replace(asked, layers=(("residents", 3.0), ("riders", 1.0)))
    assert prepare(BOTH, other) is answered.prepared
    residents = plan(BOTH, replace(asked, layers=(("residents", 1.0), ("riders", 1e-6))))
    assert residents.found.value == pytest.approx(plan(SNAPSHOT, siting()).found.value, rel=1e-3)


def test_several_hours_are_answered_at_once_and_counted_hour_by_hour():
    hours = ["Mo-Fr 09:00-17:00" if n % 2 else None for n in range(len(PLACES))]
    snapshot = toy_snapshot(STATIONS, hosts=hosts_frame(PLACES, opening_hours=hours))
    asked = siting(slots=(AskedHour(BY_DAY, 1.0), AskedHour(AT_NIGHT, 3.0)))
    answered = plan(snapshot, asked)
    assert answered.found.value == pytest.approx(weighted_gain(answered), abs=0.05)
    assert {(one.at, one.weight) for one in answered.recounts} == {(one.at, one.weight) for one in asked.slots}
    document = describe(snapshot, answered)
    assert document["question"]["at"] == str(asked.slots[1].at)
    # at night nobody of the office hours helps, and night counts most
    assert all(int(row["key"].removeprefix("host:n")) % 2 == 0 for row in document["sites"])
    twice = plan(snapshot, replace(asked, task="backup"))
    assert twice.found.value >= answered.found.value - 1e-6
    assert twice.found.certificate.holds()
    assert twice.found.certificate.claims >= twice.found.value - 1e-6


def test_longer_hours_compete_with_new_stations_for_one_budget():
    office = toy_snapshot([station(900, 900, rules=[rule(OFFICE)]), station(200, 200)], hosts=hosts_frame(PLACES))
    number = office.facility_ids[0]
    longer = Extension(number, "24/7", 0.2)
    slots = (AskedHour(BY_DAY), AskedHour(AT_NIGHT))
    asked = siting(choose=None, budget=1.2, default_cost=1.0, slots=slots, extend=(longer,))
    answered = plan(office, asked)
    document = describe(office, answered)
    assert [(row["id"], row["hours"]) for row in document["extended"]] == [(number, "24/7")]
    assert ChangeHours(number, "24/7") in answered.changes
    assert answered.found.value == pytest.approx(weighted_gain(answered), abs=0.05)
    assert document["extended"][0]["people"] > 0
    dear = plan(office, replace(asked, extend=(Extension(number, "24/7", 1.3),)))
    assert not dear.found.longer.size
    assert answered.found.value > dear.found.value + 0.5
    one_hour = plan(office, siting(choose=1, question=Question(minutes=4, at=AT_NIGHT), extend=(longer,)))
    assert one_hour.found.value == pytest.approx(weighted_gain(one_hour), abs=0.05)


@pytest.mark.parametrize(
    ("extend", "says"),
    [
        ((Extension(101, "9:00-12:00"),), "closed at an hour"),
        ((Extension(101, "perhaps"),), "do not say"),
        ((Extension(102, "24/7"),), "add nothing"),
        ((Extension(101, "24/7"), Extension(101, "Mo-Fr 00:00-18:00; Sa 00:00-24:00")), "neither"),
    ],
)
def test_longer_hours_that_make_no_sense_are_refused_in_both_languages(extend, says):
    office = toy_snapshot([station(900, 900, rules=[rule(OFFICE)]), station(200, 200)], hosts=hosts_frame(PLACES))
    slots = (AskedHour("weekday 16:00"), AskedHour(AT_NIGHT), AskedHour("saturday 12:00"), AskedHour("weekday 03:00"))
    if says == "neither":
        extend = (Extension(101, "Mo-Fr 00:00-18:00"), Extension(101, "Mo-Fr 09:00-24:00"))
    with pytest.raises(SitingQuestionError, match=says) as refused:
        plan(office, siting(slots=slots, extend=extend))
    assert "站点" in refused.value.zh


def test_a_station_that_does_not_count_can_be_taken_in():
    shops = toy_snapshot(
        [station(200, 200), station(1000, 1000, facility_type="worker_home")], hosts=hosts_frame(PLACES[:3])
    )
    first, other = shops.facility_ids
    only = Question(minutes=4, types=("union_station",))
    answered = plan(shops, siting(choose=1, question=only, wish=Wish(optional=(other,))))
    assert [row["key"] for row in describe(shops, answered)["sites"]] == [f"station:{other}"]
    assert answered.found.value == pytest.approx(weighted_gain(answered), abs=0.05)
    with pytest.raises(CandidateError, match="counts in this question already"):
        plan(shops, siting(choose=1, question=only, wish=Wish(optional=(first,))))


def test_accepted_wishes_are_candidates():
    lon, lat = lon_lat(1000, 1000)
    wished = (AcceptedWish("8931aa42a8fffff", lon, lat, 3),)
    answered = plan(SNAPSHOT, siting(choose=1, wish=Wish(sources=("wishes",), wished=wished)))
    assert [row["key"] for row in describe(SNAPSHOT, answered)["sites"]] == ["wish:8931aa42a8fffff"]
    with pytest.raises(CandidateError, match="No wish"):
        Wish(sources=("wishes",))


def test_a_floor_in_every_street_holds_in_the_table_of_streets():
    answered = plan(SNAPSHOT, siting(choose=6, street_floor=0.3))
    rows = describe(SNAPSHOT, answered)["streets"]
    assert min(row["share"] for row in rows if row["name"]) >= 0.3 - 0.001
    with pytest.raises(OutOfReachError) as refused:
        plan(SNAPSHOT, siting(choose=1, street_floor=0.95))
    assert "底线" in refused.value.zh


def test_an_area_counts_its_own_people_and_its_own_candidates():
    east = lon_lat(1000, 0)[0]
    answered = plan(SNAPSHOT, siting(choose=2, area="东区"))
    assert all(one.lon > east for one in answered.prepared.candidates)
    assert answered.prepared.gathered.left_out["outside_area"] > 0
    assert answered.found.value == pytest.approx(weighted_gain(answered), abs=0.05)
    assert answered.recount.after.covered - answered.recount.before.covered >= answered.found.value - 1
    assert plan(SNAPSHOT, siting(choose=2, area="2")).found.value == answered.found.value
    with pytest.raises(SitingQuestionError, match="no district") as refused:
        plan(SNAPSHOT, siting(choose=2, area="北区"))
    assert "北区" in refused.value.zh


def test_everybody_takes_as_many_stations_as_it_takes():
    changes = tuple(Add(*lon_lat(500, 500)) for _ in range(1001))
    assert len(Built(Question(), changes).changes) == 1001


def test_an_answer_begins_from_the_one_before_and_is_no_worse():
    first = plan(SNAPSHOT, siting(choose=4))
    gone = first.prepared.candidates[int(first.found.chosen[0])].key
    cold = plan(SNAPSHOT, siting(choose=4, forbid=(gone,)))
    warm = plan(SNAPSHOT, siting(choose=4, forbid=(gone,), start=first.start, with_curve=False))
    assert warm.prepared is first.prepared
    assert warm.found.extra["began_from"] == first.input_hash
    assert warm.found.value == pytest.approx(cold.found.value, abs=1.0)
    assert warm.curve is None
    assert warm.input_hash != cold.input_hash
    elsewhere = plan(SNAPSHOT, siting(choose=2, question=Question(minutes=6), start=first.start))
    assert elsewhere.found.extra["began_from"] is None


def test_a_question_is_stopped_while_cover_lists_are_made():
    stop = []

    def progress(step, done=0, total=None):
        if step == "reach":
            stop.append(step)

    with pytest.raises(CancelledError):
        plan(SNAPSHOT, siting(question=Question(minutes=9)), progress=progress, cancelled=lambda: bool(stop))
    assert stop == ["reach"]


def test_the_answer_says_who_shares_a_circle_and_who_lives_off_the_network():
    document = describe(SNAPSHOT, plan(SNAPSHOT, siting(choose=8, question=Question(minutes=7))))
    assert all(pair["a"] < pair["b"] <= 8 and pair["people"] > 0 for pair in document["overlap"])
    assert [row["people"] for row in document["overlap"]] == sorted(
        (row["people"] for row in document["overlap"]), reverse=True
    )
    assert document["outside"][-1]["reason"] == "off_network"


@pytest.mark.parametrize(
    ("how", "says", "in_chinese"),
    [
        ({"task": "all"}, "no use for a number of sites", "用不到站数"),
        ({"task": "median", "choose": None}, "chooses a number", "需要给出站数"),
        ({"task": "median", "choose": None, "budget": 5.0}, "no use for a budget", "用不到预算"),
        ({"task": "capacity"}, "how many people one station", "能服务多少人"),
        ({"capacity": 5.0}, "no use for a capacity", "用不到"),
        ({"farthest": 3.0, "task": "center"}, "farthest way of 3 is out of range", "最远路程"),
        ({"layers": (("riders", 0.0),)}, "weight of 0", "权重"),
        ({"layers": (("riders", 1.0), ("riders", 2.0))}, "named twice", "重复"),
        ({"extend": (Extension(101, "24/7"),)}, "at some hour only", "时段"),
        ({"floor": 0.1, "layers": (("a", 1.0), ("b", 1.0))}, "one layer", "底线"),
        ({"default_cost": -1.0, "choose": None, "budget": 5.0}, "usual cost of -1", "默认费用"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_both_languages(how, says, in_chinese):
    with pytest.raises(SitingQuestionError, match=says) as refused:
        siting(**how)
    told = refusal(refused.value)
    assert in_chinese in told["zh"]
    assert told["en"] == told["detail"]


def test_a_weight_and_a_cost_must_be_more_than_nothing():
    with pytest.raises(SitingQuestionError, match="weight of 0"):
        AskedHour("weekday 19:00", 0.0)
    with pytest.raises(SitingQuestionError, match="cost -1"):
        Extension(101, "24/7", -1.0)


def test_the_refusals_of_the_solver_have_words_in_both_languages_and_numbers():
    for asked, kind, facts, in_chinese in (
        (siting(choose=len(PLACES) + 1), TooFewCandidatesError, {"wanted", "there_are"}, "候选点可选"),
        (
            siting(task="share", choose=None, share=1.0, question=Question(minutes=1)),
            OutOfReachError,
            {"constraint", "lacks"},
            "覆盖率 100.0% 达不到",
        ),
        (
            siting(
                choose=None,
                budget=1.0,
                wish=Wish(listed=(listed(2, 900, 900, cost=5.0),)),
                force=("list:2",),
            ),
            OutOfReachError,
            {"constraint", "lacks"},
            "预算不够",
        ),
    ):
        with pytest.raises(kind) as refused:
            plan(SNAPSHOT, asked)
        told = refusal(refused.value)
        assert facts <= told["facts"].keys()
        assert in_chinese in told["zh"]
    empty = replace(
        SNAPSHOT,
        demand={"residents": replace(SNAPSHOT.demand["residents"], people=SNAPSHOT.demand["residents"].people * 0)},
        modes={
            "walk": replace(SNAPSHOT.modes["walk"], people={"residents": np.zeros(len(SNAPSHOT.modes["walk"].grid))})
        },
    )
    with pytest.raises(EmptyDemandError) as nobody:
        plan(empty, siting())
    assert "没有需求" in nobody.value.zh


def test_the_lists_of_a_question_are_posed_with_the_roles_it_names():
    asked: Siting = siting(force=("host:n3",), forbid=("host:n4",), may_close=(SNAPSHOT.facility_ids[0],))
    posed = pose(SNAPSHOT, asked, prepare(SNAPSHOT, asked))
    assert (posed.question.sites.forced.tolist(), posed.question.sites.forbidden.tolist()) == ([3], [4])
    assert posed.position(int(posed.question.sites.closable[0])) == 0
    assert posed.question.budget == 4
