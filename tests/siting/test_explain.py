"""What a meeting is told, on a street one can draw: five groups of people, four sites."""

from __future__ import annotations

import numpy as np
import pytest

from geo.siting.cover import CoverLists
from geo.siting.covering import Effort, solve_cover
from geo.siting.curve import gain_curve
from geo.siting.explain import Why, check_address, explain, lacks_people, why_outside
from geo.siting.problem import Question, Sites
from tests.siting.instances import Instance

#         site 0: rows 0 1     site 1: rows 1 2     site 2: rows 2 3     site 3: row 1
LISTS = CoverLists.of([0, 2, 4, 6, 7], [0, 1, 1, 2, 2, 3, 1], 5)
PEOPLE = [100.0, 10.0, 40.0, 1.0, 7.0]


def test_people_of_a_site_are_told_apart():
    question = Question.of(LISTS, PEOPLE, sites=Sites.of(4, standing=[0]), choose=2)
    report = explain(question, np.array([1, 2]))
    first, second = report.sites
    assert (first.within, first.sole, first.shared, first.marginal) == (40, 0, 40, 40)
    assert (second.within, second.sole, second.shared, second.marginal) == (41, 1, 40, 1)
    assert report.overlap.tolist() == [[50, 40], [40, 41]]


def test_a_standing_station_loses_the_people_it_alone_had():
    question = Question.of(LISTS, PEOPLE, sites=Sites.of(4, standing=[0]), choose=1)
    report = explain(question, np.array([1]))
    assert report.sole_before.tolist() == [110]
    assert report.sole_after.tolist() == [100]


def test_alternatives_lose_little_and_say_how_much():
    question = Question.of(LISTS, PEOPLE, sites=Sites.of(4, standing=[0]), choose=1)
    report = explain(question, np.array([2])).sites[0]
    assert report.alternatives.tolist() == []
    cheap = explain(question, np.array([1])).sites[0]
    assert cheap.alternatives.tolist() == [2]
    assert cheap.alternative_loss.tolist() == [-1]


def test_everybody_outside_has_a_reason():
    sites = Sites.of(4, cost=[1, 1, 9, 1], forbidden=[0])
    question = Question.of(LISTS, PEOPLE, sites=sites, budget=1.0)
    why, people = why_outside(question, np.array([3]))
    assert why.tolist() == [
        Why.ONLY_FORBIDDEN,
        Why.COVERED_NOW,
        Why.NOT_WORTH_IT,
        Why.TOO_DEAR,
        Why.NO_SITE_NEAR,
    ]
    assert sum(people.values()) == sum(PEOPLE)


def test_an_address_is_ranked_among_the_candidates():
    question = Question.of(
        LISTS, PEOPLE, sites=Sites.of(4, standing=[0]), choose=1, label=[0, 0, 1, 1, 1], label_names=("a", "b")
    )
    report = check_address(question, 1, np.array([2]))
    assert (report.gain, report.already, report.rank, report.candidates) == (40, 10, 2, 3)
    assert report.gain_by_label.tolist() == [0, 40]
    assert report.with_chosen == 0


@pytest.mark.parametrize("seed", range(20))
def test_no_best_choice_holds_a_site_that_lacks_more_than_the_gap(seed):
    instance = Instance(seed, roles=False)
    question = instance.question()
    answer = solve_cover(question, Effort(seconds=60, blocks=40))
    lacks, slack = lacks_people(question, answer.certificate, answer.gained)
    best = max(instance.covered(sites) for sites in instance.choices())
    for sites in instance.choices():
        if instance.covered(sites) == best:
            assert (lacks[sites] <= slack + 1e-3).all()


@pytest.mark.parametrize("seed", range(20))
def test_the_curve_brackets_the_best_of_every_number_of_sites(seed):
    instance = Instance(seed, roles=False)
    curve = gain_curve(Question.of(instance.lists, instance.people, choose=1), 4, Effort(seconds=60))
    chosen = list(instance.choices(within_budget=False))
    for count in range(1, len(curve.gained) + 1):
        best = max(instance.covered(sites) for sites in chosen if len(sites) <= count)
        assert curve.gained[count - 1] <= best <= curve.upper[count - 1] + 1e-6
    assert (np.diff(curve.gained) >= 0).all()
    assert 1 <= curve.knee <= len(curve.gained)
