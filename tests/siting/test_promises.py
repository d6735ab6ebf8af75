"""What holds for every kind of siting question: more means make nothing worse, and the same question has one answer."""

from __future__ import annotations

import numpy as np
import pytest

from geo.siting.backup import solve_backup
from geo.siting.capacity import solve_capacity
from geo.siting.center import solve_center
from geo.siting.covering import Effort, solve_cover
from geo.siting.curve import gain_curve
from geo.siting.equity import solve_with_floors
from geo.siting.median import solve_median
from geo.siting.problem import OutOfReachError, Question, Sites
from geo.siting.smallest import smallest_cover, smallest_for
from tests.siting.instances import Instance

EFFORT = Effort(seconds=60, blocks=25, seed=3)
SEEDS = range(12)
MINUTES_DS = (300, 360)


def room_of(question):
    return np.full(question.lists.site_count, 40.0)


def least_worth(question):
    """A target that fewer candidates and fewer minutes reach, too."""
    return float(question.people.sum()) / 5


# what an answer is worth, its bound, and the sites it chose: more is better in all of them
KINDS = {
    "cover": lambda question: worth(answer := solve_cover(question, EFFORT), answer.covered, answer.upper),
    "backup": lambda question: worth(answer := solve_backup(question, 0.4, EFFORT), answer.value, answer.upper),
    "capacity": lambda question: worth(
        answer := solve_capacity(question, room_of(question), EFFORT), answer.served, answer.upper
    ),
    "floors": lambda question: worth(answer := solve_with_floors(question, 0.1, EFFORT), answer.covered, answer.upper),
    "median": lambda question: worth(answer := solve_median(question, 2000, EFFORT), -answer.cost, -answer.lower),
    "target": lambda question: worth(
        answer := smallest_for(question, least_worth(question), EFFORT), -answer.cost, -answer.lower
    ),
}


def worth(answer, value, bound):
    return value, bound, answer.chosen.tolist()


def asked(instance, limit_ds, budget, forbidden):
    sites = Sites.of(len(instance.cost), forbidden=forbidden)
    lists = instance.all_pairs.within(limit_ds)
    return Question.of(lists, instance.people, sites=sites, budget=budget, label=instance.label)


@pytest.mark.parametrize("kind", KINDS)
def test_a_candidate_a_yuan_or_a_minute_more_never_makes_an_answer_or_its_bound_worse(kind):
    compared = 0
    for seed in SEEDS:
        instance = Instance(seed, roles=False)
        short, long = MINUTES_DS
        try:
            value, bound, _ = KINDS[kind](asked(instance, short, 2.0, [0]))
        except OutOfReachError:
            continue
        for more in (
            asked(instance, short, 2.0, []),
            asked(instance, short, 3.0, [0]),
            asked(instance, long, 2.0, [0]),
        ):
            with_more, bound_of_more, _ = KINDS[kind](more)
            assert with_more >= value - 1e-6
            assert bound_of_more >= value - 1e-6
            # both are proved to a person, so the bounds cannot change places by more
            assert bound_of_more >= bound - 1.0
            compared += 1
    assert compared >= 15


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_question_and_seed_give_the_same_answer_and_bound(kind):
    question = asked(Instance(4, roles=False), 300, 2.0, [])
    assert KINDS[kind](question) == KINDS[kind](question)


def test_centres_and_whole_covers_get_no_worse_with_more_and_repeat():
    for seed in SEEDS:
        instance = Instance(seed, roles=False)
        few, many = (asked(instance, 2000, 2.0, forbidden) for forbidden in ([0], []))
        radius = [solve_center(question, EFFORT).radius_ds for question in (few, many, many.with_budget(3.0))]
        assert radius == sorted(radius, reverse=True)
        assert smallest_cover(few, EFFORT).cost >= smallest_cover(many, EFFORT).cost
        assert solve_center(many, EFFORT).chosen.tolist() == solve_center(many, EFFORT).chosen.tolist()


def test_a_gain_curve_never_falls_and_lies_under_its_bound():
    for seed in SEEDS:
        instance = Instance(seed, roles=False)
        curve = gain_curve(asked(instance, 300, 1.0, []), 4, EFFORT)
        assert (np.diff(curve.gained) >= 0).all()
        assert (curve.upper >= curve.gained).all()
        for size, gained, upper in zip(range(1, 5), curve.gained, curve.upper, strict=False):
            best = solve_cover(asked(instance, 300, float(size), []), EFFORT)
            assert gained <= best.covered <= upper + 1e-6
