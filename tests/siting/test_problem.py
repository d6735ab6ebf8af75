"""What cannot be asked gets one clear error, with the place and the remedy."""

from __future__ import annotations

import numpy as np
import pytest

from geo.errors import InputError
from geo.siting.backup import solve_backup
from geo.siting.capacity import solve_capacity
from geo.siting.center import solve_center
from geo.siting.cover import CoverListError, CoverLists
from geo.siting.covering import Effort, solve_cover
from geo.siting.curve import gain_curve
from geo.siting.equity import solve_with_floors
from geo.siting.median import solve_median
from geo.siting.problem import OutOfReachError, Question, Sites, SitingInputError, TooFewCandidatesError
from geo.siting.smallest import smallest_for

LISTS = CoverLists.of([0, 2, 4, 5], [0, 1, 1, 2, 3], 5)
PEOPLE = [10.0, 20.0, 30.0, 40.0, 50.0]
LABELLED = {"label": [0, 0, 0, 1, 1], "label_names": ("市南区", "崂山区")}


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({"cost": [1, -2, 1]}, "cost of site 1 is negative"),
        ({"cost": [1, np.nan, 1]}, "cost of site 1 is not a number"),
        ({"cost": [1, 2]}, "2 costs for 3 sites"),
        ({"forced": [3]}, "Forced site 3 is not one of the 3 sites"),
        ({"standing": [1, 1]}, "Site 1 is standing twice"),
        ({"forced": [2], "forbidden": [2]}, "Site 2 is forced and forbidden at once"),
        ({"standing": [0], "forced": [0]}, "Site 0 is standing and forced at once"),
    ],
)
def test_roles_that_contradict_are_refused(roles, words):
    with pytest.raises(SitingInputError, match=words):
        Sites.of(3, **roles)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([0.0] * 5, "no demand"),
        ([1, 2, -3, 4, 5], "Row 2 counts -3 people"),
        ([1, 2, np.inf, 4, 5], "Row 2 counts inf people"),
        ([1, 2], "people for 2 rows, but 5"),
    ],
)
def test_demand_that_is_none_is_refused(people, words):
    with pytest.raises(SitingInputError, match=words):
        Question.of(LISTS, people, choose=1)


def test_more_sites_than_candidates_are_refused_with_both_numbers():
    with pytest.raises(TooFewCandidatesError, match="3 sites are wanted, but only 2 candidates") as refusal:
        Question.of(LISTS, PEOPLE, sites=Sites.of(3, forbidden=[1]), choose=3)
    assert (refusal.value.wanted, refusal.value.there_are) == (3, 2)


def test_a_budget_below_zero_or_below_what_is_forced_is_refused():
    with pytest.raises(SitingInputError, match="budget of -1"):
        Question.of(LISTS, PEOPLE, budget=-1.0)
    with pytest.raises(OutOfReachError, match="2 forced sites costing 2") as refusal:
        Question.of(LISTS, PEOPLE, sites=Sites.of(3, forced=[0, 1]), budget=1.5)
    assert refusal.value.lacks == 0.5
    with pytest.raises(SitingInputError, match="not for both"):
        Question.of(LISTS, PEOPLE, sites=Sites.of(3, cost=[1, 2, 3]), choose=1)
    with pytest.raises(SitingInputError, match="has no budget"):
        solve_cover(Question.of(LISTS, PEOPLE))


def test_a_target_nobody_can_reach_says_how_many_it_lacks():
    question = Question.of(LISTS, PEOPLE)
    with pytest.raises(OutOfReachError, match="120 covered people cannot be kept: it lacks 20") as refusal:
        smallest_for(question, 120.0)
    assert refusal.value.lacks == 20
    assert refusal.value.remedy.startswith("Lower the target")


def test_a_floor_no_site_can_keep_names_its_district():
    question = Question.of(LISTS, PEOPLE, choose=3, **LABELLED)
    with pytest.raises(OutOfReachError, match="60% in 崂山区 cannot be kept: it lacks 14") as refusal:
        solve_with_floors(question, 0.6)
    assert refusal.value.lacks == pytest.approx(0.6 * 90 - 40)


def test_floors_that_the_budget_does_not_pay_for_name_the_district_that_lacks_most():
    question = Question.of(LISTS, PEOPLE, choose=1, **LABELLED)
    with pytest.raises(OutOfReachError, match="budget of 1") as refusal:
        solve_with_floors(question, 0.4)
    assert 0 < refusal.value.lacks <= 36


def test_problems_name_what_they_need():
    question = Question.of(LISTS, PEOPLE, choose=1)
    costly = Question.of(LISTS, PEOPLE, sites=Sites.of(3, cost=[1, 2, 3]), budget=2.0)
    timed = CoverLists.of([0, 2, 4, 5], [0, 1, 1, 2, 3], 5, np.array([10, 20, 30, 40, 50]))
    for call, words in (
        (lambda: solve_median(question, 100), "travel times"),
        (lambda: solve_median(Question.of(timed, PEOPLE, choose=1), 40), "lists go to 50"),
        (lambda: solve_center(question), "travel times"),
        (lambda: solve_backup(question, 1.5), "0 to 1 of a first"),
        (lambda: solve_capacity(question, [1.0, -1.0, 2.0]), "capacity of zero or more"),
        (lambda: gain_curve(costly, 3), "counts sites"),
        (lambda: solve_with_floors(question, 0.5), "labelled by district"),
        (lambda: solve_with_floors(Question.of(LISTS, PEOPLE, choose=1, **LABELLED), 1.5), "from 0 to 1"),
        (lambda: LISTS.within(100), "no travel times"),
    ):
        with pytest.raises(InputError, match=words):
            call()


@pytest.mark.parametrize(
    ("start", "rows", "words"),
    [
        ([0, 2], [0, 0], "names row 0 twice"),
        ([0, 2], [0, 9], "names row 9"),
        ([0, 3], [0, 1], "do not fit"),
    ],
)
def test_cover_lists_that_contradict_themselves_are_refused(start, rows, words):
    with pytest.raises(CoverListError, match=words):
        CoverLists.of(start, rows, 5)


def test_a_question_without_anybody_left_to_win_is_answered():
    sites = Sites.of(3, standing=[0, 1, 2])
    answer = solve_cover(Question.of(LISTS, PEOPLE, sites=sites, budget=3.0), Effort(seconds=5))
    assert answer.covered == answer.before == answer.upper == 100
    assert answer.unreachable == 50
