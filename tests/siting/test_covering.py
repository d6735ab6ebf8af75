"""Maximal covering: the best by trying everything, bounds that hold, and what must never change an answer."""

from __future__ import annotations

import numpy as np
import pytest

from geo.siting.certificate import check_certificate
from geo.siting.covering import Effort, Status, improving_cover, solve_cover
from geo.siting.problem import Question, Sites
from tests.siting.instances import Instance

BLOCKS = Effort(seconds=60, blocks=40)
KINDS = {"sites": {}, "costs": {"costs": True}, "parts of people": {"fractions": True, "costs": True}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch", range(4))
def test_the_answer_is_the_best_of_all_choices_and_its_bounds_hold(kind, batch):
    for seed in range(50 * batch, 50 * batch + 50):
        instance = Instance(seed, **KINDS[kind])
        question = instance.question()
        answer = solve_cover(question, BLOCKS)
        best = max(instance.covered(sites) for sites in instance.choices())
        everything = np.concatenate([instance.standing, answer.chosen])
        assert answer.covered == instance.covered(everything)
        assert instance.cost[answer.chosen].sum() <= instance.budget + 1e-9
        assert set(instance.forced) <= set(answer.chosen)
        assert not set(instance.forbidden) & set(answer.chosen)
        assert answer.covered <= best <= answer.upper
        assert best - answer.covered < 1.0
        assert answer.status is Status.PROVED
        # the stored certificate alone, checked anew, is never below the truth
        opened = instance.covered(np.concatenate([instance.standing, instance.forced]).astype(int))
        assert opened + check_certificate(answer.certificate, question) >= best - 1e-9


def test_the_certificate_proves_its_bound_on_other_data_too_or_proves_less():
    instance, other = Instance(5), Instance(5)
    answer = solve_cover(instance.question(), BLOCKS)
    other.people = instance.people + 3
    best = max(other.covered(sites) for sites in other.choices())
    opened = other.covered(np.concatenate([other.standing, other.forced]).astype(int))
    assert opened + check_certificate(answer.certificate, other.question()) >= best


def test_prices_of_another_question_never_make_a_bound_false():
    for seed in range(40):
        instance = Instance(seed, costs=seed % 2 == 1)
        answer = solve_cover(instance.question(), BLOCKS)
        if len(answer.chosen) and answer.chosen[0] in instance.free:
            instance.forbidden = np.union1d(instance.forbidden, answer.chosen[:1])
            instance.free = np.setdiff1d(instance.free, answer.chosen[:1])
        instance.people[::3] += 5
        question = instance.question()
        again = solve_cover(question, BLOCKS, dual=answer.certificate)
        best = max(instance.covered(sites) for sites in instance.choices())
        opened = instance.covered(np.concatenate([instance.standing, instance.forced]).astype(int))
        assert again.covered <= best <= again.upper
        assert opened + check_certificate(again.certificate, question) >= best - 1e-9


def test_prices_of_a_question_much_like_this_one_begin_near_the_bound():
    lists, people = (part := city(900, 200, seed=1)).lists, part.people
    answer = solve_cover(part, Effort(seconds=1000, blocks=12))
    like = Question.of(lists, people, budget=part.budget, sites=Sites.of(200, forbidden=answer.chosen[:1]))
    cold, warm = (solve_cover(like, Effort(blocks=0), dual=dual).upper for dual in (None, answer.certificate))
    assert warm <= cold
    assert warm <= answer.upper + 1e-6


def test_the_same_seed_and_blocks_give_the_same_sites():
    big = city(900, 200, seed=1)
    runs = [solve_cover(big, Effort(seconds=1000, blocks=5, seed=7)) for _ in range(2)]
    assert runs[0].chosen.tolist() == runs[1].chosen.tolist()
    assert runs[0].upper == runs[1].upper
    assert runs[0].certificate.u_grains.tolist() == runs[1].certificate.u_grains.tolist()


def test_answers_get_better_while_one_watches_and_can_be_stopped():
    answers = list(improving_cover(city(900, 200, seed=2), Effort(seconds=1000, blocks=6)))
    assert len(answers) >= 2
    covered, upper = [a.covered for a in answers], [a.upper for a in answers]
    assert covered == sorted(covered)
    assert upper == sorted(upper, reverse=True)
    assert answers[-1].certificate is not None
    stopped = list(improving_cover(city(900, 200, seed=2), Effort(cancelled=lambda: True)))
    assert len(stopped) == 2
    assert stopped[-1].covered <= answers[-1].covered


def test_a_start_is_never_made_worse():
    question = city(900, 200, seed=3)
    good = solve_cover(question, Effort(seconds=1000, blocks=8))
    again = solve_cover(question, Effort(seconds=1000, blocks=0, seed=9), start=good.chosen)
    assert again.covered >= good.covered


def test_a_start_that_no_longer_fits_is_trimmed_and_serves():
    question = city(900, 200, seed=3)
    good = solve_cover(question, Effort(seconds=1000, blocks=8))
    budget = question.budget - 2
    closed = Sites.of(200, forbidden=good.chosen[:1], standing=good.chosen[1:2])
    for roles, free in ((Sites.of(200), good.chosen), (closed, good.chosen[2:])):
        fewer = Question.of(question.lists, question.people, sites=roles, budget=budget)
        again = solve_cover(fewer, Effort(blocks=0), start=np.append(good.chosen, 5_000))
        reached = question.lists.counts(np.concatenate([roles.standing, free])) > 0
        # whatever two of them lose least, the others cover the rest
        assert again.covered >= question.people[reached].sum() * (1 - 2 / len(free))
        assert len(again.chosen) <= budget
        assert not set(roles.forbidden) & set(again.chosen)


def test_what_an_earlier_answer_knew_answers_the_same_question_at_once():
    question = city(900, 200, seed=4)
    known = solve_cover(question, Effort(seconds=1000, blocks=12))
    effort = Effort(seconds=1000, target=known.gap + 1e-9)
    answers = list(improving_cover(question, effort, start=known.chosen, dual=known.certificate))
    assert len(answers) == 2
    assert answers[-1].covered >= known.covered
    assert answers[-1].gap <= effort.target


def test_sites_opened_in_part_cover_no_more_than_any_bound_and_no_less_than_the_answer():
    for seed in range(3):
        answer = solve_cover(city(900, 200, seed), Effort(seconds=1000, blocks=6))
        assert answer.covered <= answer.relaxed <= answer.upper


@pytest.mark.parametrize("seed", range(30))
def test_more_candidates_more_money_and_more_minutes_never_cover_fewer(seed):
    instance = Instance(seed, costs=True, roles=False)
    lists = instance.all_pairs.within(300)
    base = ask(instance, lists, instance.budget)
    assert ask(instance, lists, instance.budget + 0.5).covered >= base.covered
    assert ask(instance, instance.all_pairs.within(360), instance.budget).covered >= base.covered
    fewer = ask(instance, lists, instance.budget, forbidden=[0])
    assert fewer.covered <= base.covered
    # and no bound lies below what fewer means achieved
    assert base.upper >= fewer.covered


def ask(instance, lists, budget, forbidden=()):
    sites = Sites.of(len(instance.cost), cost=instance.cost, forbidden=list(forbidden))
    return solve_cover(Question.of(lists, instance.people, sites=sites, budget=budget), BLOCKS)


def test_a_closable_station_counts_only_if_it_is_paid_for():
    instance = Instance(3, roles=False)
    count = len(instance.cost)
    keep = Sites.of(count, closable=[0, 1])
    answer = solve_cover(Question.of(instance.lists, instance.people, sites=keep, choose=2), BLOCKS)
    best = max(instance.covered([a, b]) for a in range(count) for b in range(a))
    assert answer.covered == best
    assert answer.before == 0


def test_a_candidate_that_costs_nothing_is_opened():
    instance = Instance(4, roles=False)
    cost = np.ones(len(instance.cost))
    cost[2] = 0
    sites = Sites.of(len(cost), cost=cost)
    answer = solve_cover(Question.of(instance.lists, instance.people, sites=sites, budget=1.0), BLOCKS)
    assert 2 in answer.chosen
    assert answer.spent <= 1.0


def test_who_can_never_be_covered_is_counted_apart():
    instance = Instance(6, roles=False)
    answer = solve_cover(instance.question(), BLOCKS)
    assert answer.unreachable == instance.people[~instance.covers.any(axis=0)].sum()


def city(rows, sites, seed):
    """A square city: sites on a lattice's rows, each covering a disc."""
    random = np.random.default_rng(seed)
    side = int(np.sqrt(rows))
    x, y = np.arange(rows) % side, np.arange(rows) // side
    at = random.choice(rows, sites, replace=False)
    covers = np.hypot(x[at][:, None] - x, y[at][:, None] - y) <= random.uniform(2, 4, sites)[:, None]
    instance = Instance(0, roles=False)
    instance.covers, instance.people = covers, random.integers(1, 100, rows).astype(float)
    instance.time_ds = np.zeros(covers.shape, np.int32)
    return Question.of(instance.lists, instance.people, choose=12)
