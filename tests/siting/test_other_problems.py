"""Smallest sets, medians, centres, floors, backup, capacity, hours: each held to trying everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.siting.backup import check_backup, solve_backup
from geo.siting.capacity import check_capacity, solve_capacity
from geo.siting.center import solve_center
from geo.siting.certificate import check_certificate
from geo.siting.covering import Effort, Status, solve_cover
from geo.siting.equity import highest_floor, price_of_equity, solve_with_floors
from geo.siting.hours import Ways, over_layers, question_of_hours, stacked
from geo.siting.median import check_branches, check_median, solve_median
from geo.siting.problem import OutOfReachError, Question
from geo.siting.smallest import check_smallest, smallest_cover, smallest_for
from tests.siting.instances import Instance

EFFORT = Effort(seconds=60, blocks=25)
BATCHES = [range(50 * batch, 50 * batch + 50) for batch in range(4)]
pytestmark = pytest.mark.parametrize("seeds", BATCHES, ids=["0-49", "50-99", "100-149", "150-199"])


def test_the_smallest_set_reaches_everybody_whom_any_site_reaches(seeds):
    for seed in seeds:
        instance = Instance(seed, costs=seed % 2 == 1)
        question = instance.question(budget=False)
        answer = smallest_cover(question, EFFORT)
        everything = np.concatenate([instance.standing, instance.forced, instance.free]).astype(int)
        most = instance.covered(everything)
        best = min(
            instance.cost[np.setdiff1d(sites, instance.standing)].sum()
            for sites in instance.choices(within_budget=False)
            if instance.covered(sites) == most
        )
        assert answer.covered == most == instance.covered(np.concatenate([instance.standing, answer.chosen]))
        assert answer.cost == pytest.approx(best)
        assert answer.status is Status.PROVED
        assert instance.cost[instance.forced].sum() + check_smallest(answer.prices, question) <= best + 1e-9


def test_the_smallest_set_for_a_target_reaches_it_and_nothing_cheaper_does(seeds):
    for seed in seeds:
        instance = Instance(seed, costs=seed % 2 == 1)
        question = instance.question(budget=False)
        everything = np.concatenate([instance.standing, instance.forced, instance.free]).astype(int)
        target = float(np.floor(instance.random.uniform(0.5, 1) * instance.covered(everything)))
        answer = smallest_for(question, target, EFFORT)
        best = min(
            instance.cost[np.setdiff1d(sites, instance.standing)].sum()
            for sites in instance.choices(within_budget=False)
            if instance.covered(sites) >= target
        )
        assert answer.covered >= target
        assert answer.cost == pytest.approx(best)
        assert answer.lower <= best + 1e-9
        if answer.certificate is not None:
            # with one site less the certified bound stays below the target
            opened = np.concatenate([instance.standing, instance.forced]).astype(int)
            fewer = question.with_budget(answer.lower - 1)
            assert instance.covered(opened) + check_certificate(answer.certificate, fewer) < target


def test_the_median_is_the_best_and_its_prices_prove_the_bound(seeds):
    for seed in seeds:
        instance = Instance(seed)
        lists = instance.all_pairs if seed % 2 else instance.lists
        question = instance.question(lists=lists)
        answer = solve_median(question, 2000, EFFORT)
        times = instance.time_ds if seed % 2 else np.where(instance.covers, instance.time_ds, 2000)
        ways = [float((times[sites].min(axis=0, initial=2000) * instance.people).sum()) for sites in instance.choices()]
        own = np.concatenate([instance.standing, answer.chosen])
        assert answer.cost == (times[own].min(axis=0, initial=2000) * instance.people).sum()
        assert answer.cost == pytest.approx(min(ways))
        assert answer.lower <= min(ways)
        assert check_median(answer.u, question, instance.people * 2000.0) <= min(ways)
        proven = check_branches(answer.branches, question, instance.people * 2000.0)
        assert answer.lower - 1 <= proven <= min(ways) + 1e-6


def test_the_centre_is_exact(seeds):
    for seed in seeds:
        instance = Instance(seed)
        question = instance.question(lists=instance.all_pairs)
        counted = instance.people > 0
        best = min(instance.time_ds[sites][:, counted].min(axis=0).max() for sites in instance.choices() if len(sites))
        answer = solve_center(question, EFFORT)
        own = np.concatenate([instance.standing, answer.chosen])
        assert answer.radius_ds == answer.lower_ds == best
        assert instance.time_ds[own][:, counted].min(axis=0).max() == best


def test_floors_are_kept_or_named_with_what_they_lack(seeds):
    kept = refused = 0
    for seed in seeds:
        instance = Instance(seed, costs=seed % 2 == 1)
        floor = instance.random.uniform(0.1, 0.7)
        total = np.bincount(instance.label, instance.people, 3)

        def keeps(sites, instance=instance, floor=floor, total=total):
            reached = np.where(instance.count(sites) > 0, instance.people, 0)
            return (np.bincount(instance.label, reached, 3) >= floor * total - 1e-6).all()

        good = [instance.covered(sites) for sites in instance.choices() if keeps(sites)]
        if not good:
            refused += 1
            with pytest.raises(OutOfReachError, match="floor") as refusal:
                solve_with_floors(instance.question(), floor, EFFORT)
            assert refusal.value.lacks > 0
            continue
        answer = solve_with_floors(instance.question(), floor, EFFORT)
        kept += 1
        own = np.concatenate([instance.standing, answer.chosen])
        assert keeps(own)
        assert instance.cost[answer.chosen].sum() <= instance.budget + 1e-9
        assert answer.covered == instance.covered(own) == max(good)
        assert answer.upper >= max(good)
        assert answer.price == answer.without_floors.covered - answer.covered
    assert kept > 5
    assert refused > 5


def test_the_highest_floor_is_the_best_worst_share(seeds):
    for seed in list(seeds)[:15]:
        instance = Instance(seed)
        total = np.bincount(instance.label, instance.people, 3)
        ever = np.bincount(instance.label, np.where(instance.covers[instance.free].any(axis=0), instance.people, 0), 3)
        opened = np.concatenate([instance.standing, instance.forced]).astype(int)
        ever = ever + np.bincount(instance.label, np.where(instance.count(opened) > 0, instance.people, 0), 3)
        compared = (total > 0) & (ever > 0)

        def worst(sites, instance=instance, total=total, compared=compared):
            reached = np.bincount(instance.label, np.where(instance.count(sites) > 0, instance.people, 0), 3)
            return (reached[compared] / total[compared]).min()

        floor, answer = highest_floor(instance.question(), EFFORT)
        assert floor == pytest.approx(max(worst(sites) for sites in instance.choices()), abs=1e-3)
        assert answer.share[compared[: len(answer.share)]].min() >= floor - 1e-5


def test_higher_floors_never_cost_less(seeds):
    for seed in list(seeds)[:10]:
        answers = price_of_equity(Instance(seed).question(), np.array([0.0, 0.2, 0.4]), EFFORT)
        covered = [answer.covered for answer in answers if answer is not None]
        assert covered == sorted(covered, reverse=True)
        assert answers[0].price == 0


def test_backup_is_the_best_of_all_choices(seeds):
    for seed in seeds:
        instance = Instance(seed, costs=seed % 2 == 1)
        beta = float(instance.random.uniform(0, 1))

        def value(sites, instance=instance, beta=beta):
            count = instance.count(sites)
            return instance.people[count >= 1].sum() + beta * instance.people[count >= 2].sum()

        answer = solve_backup(instance.question(), beta, EFFORT)
        best = max(value(sites) for sites in instance.choices())
        own = np.concatenate([instance.standing, answer.chosen])
        assert answer.value == pytest.approx(value(own))
        assert answer.covered_twice == instance.people[instance.count(own) >= 2].sum()
        assert answer.value <= best + 1e-6 <= answer.upper + 1e-3
        assert best - answer.value < 1.0
        # the stored certificate alone, checked anew, is never below the truth, whatever its numbers are
        certificate = answer.certificate
        assert certificate.bound == check_backup(certificate, instance.question(), beta) >= best - 1e-6
        assert answer.proof != "certificate" or answer.upper == max(answer.value, certificate.bound)
        for factor in (0, 3):
            other = replace(certificate, u_grains=certificate.u_grains // 2 * factor)
            assert check_backup(other, instance.question(), beta) >= best - 1e-6


def test_capacity_serves_the_most_and_fills_nobody_beyond_its_room(seeds):
    for seed in seeds:
        instance = Instance(seed, costs=seed % 2 == 1)
        room = instance.random.integers(0, 120, len(instance.cost)).astype(float)
        answer = solve_capacity(instance.question(), room, EFFORT)
        best = max(served(instance, room, sites) for sites in instance.choices())
        assert answer.served == pytest.approx(best, abs=1.0)
        assert answer.upper >= best - 1e-6
        assert (answer.load <= room + 1e-6).all()
        certificate = answer.certificate
        assert certificate.bound == check_capacity(certificate, instance.question(), room) >= best - 1e-6
        assert answer.proof != "certificate" or answer.upper == max(answer.served, certificate.bound)
        for u in (certificate.u * 0, certificate.u // 2, certificate.u * 2):
            assert check_capacity(replace(certificate, u=u), instance.question(), room) >= best - 1e-6


def served(instance, room, sites):
    """Most people with a seat: by Hall's condition, the least over sets of sites that do the serving."""
    best = np.inf
    for bits in range(2 ** len(sites)):
        full = np.array([bits >> k & 1 for k in range(len(sites))], bool)
        if len(sites) == 0:
            return 0.0
        others = np.asarray(sites)[~full]
        reached = instance.covers[others].any(axis=0) if len(others) else np.zeros(len(instance.people), bool)
        best = min(best, room[np.asarray(sites)[full]].sum() + instance.people[reached].sum())
    return float(best)


def test_longer_hours_compete_with_new_doors_in_one_budget(seeds):
    for seed in list(seeds)[:20]:
        instance = Instance(seed, roles=False)
        random, sites = instance.random, len(instance.cost)
        people = random.integers(0, 30, (len(instance.people), 3)).astype(float)
        people[0, 0] = 1.0
        day = np.array([True, True, False])
        # site 0 stands and is open by day: it may stay open at night; the others may open by day or around the clock
        ways = Ways(
            site=np.concatenate([[0], np.arange(1, sites), np.arange(1, sites)]),
            is_open=np.array([[False, False, True], *[day] * (sites - 1), *[[True] * 3] * (sites - 1)]),
            cost=np.concatenate([[1.0], np.full(sites - 1, 2.0), np.full(sites - 1, 3.5)]),
        )
        question = question_of_hours(
            instance.lists, people, ways, standing=np.array([0]), standing_open=day[None], budget=4.5
        )
        answer = solve_cover(question, EFFORT)

        def covered(chosen, instance=instance, ways=ways, people=people, day=day):
            reached = instance.covers[0][:, None] & day
            for way in chosen:
                reached = reached | (instance.covers[ways.site[way]][:, None] & ways.is_open[way])
            return people[reached].sum()

        affordable = [[], *([way] for way in range(len(ways.site)))]
        affordable += [[a, b] for a in range(len(ways.site)) for b in range(a) if ways.cost[a] + ways.cost[b] <= 4.5]
        triples = [[0, a, b] for a in range(1, sites) for b in range(1, a) if 1 + ways.cost[a] + ways.cost[b] <= 4.5]
        assert answer.covered == covered(answer.chosen) == max(covered(some) for some in affordable + triples)


def test_layers_of_demand_add_up(seeds):
    for seed in list(seeds)[:10]:
        instance = Instance(seed, roles=False)
        second = instance.random.integers(0, 50, len(instance.people)).astype(float)
        people, label, names = over_layers([(instance.people, 1.0), (second, 0.5)], ("residents", "riders"))
        question = Question.of(stacked(instance.lists, 2), people, choose=1, label=label, label_names=names)
        answer = solve_cover(question, EFFORT)
        both = instance.people + 0.5 * second
        assert answer.covered == max(both[covers].sum() for covers in instance.covers)
