"""Parts of all choices: together they bound a median only if none is missing."""

import numpy as np
import pytest

from geo.siting.branches import Branch, BranchTree, is_every_choice
from geo.siting.median import _Instance, check_branches, check_median
from tests.siting.instances import Instance

BEYOND_DS = 2000


def tree_of(instance, splits):
    question = instance.question(lists=instance.lists)
    kernel_side = _Instance.of(question, BEYOND_DS)
    tree = BranchTree(kernel_side.ways, kernel_side.far, kernel_side.role, kernel_side.choose)
    sites, cost = kernel_side.greedy()
    prices = kernel_side.first_prices(sites)
    root = check_median(np.floor(prices * 1024).astype(np.int64), question, kernel_side.far)
    tree.begin(root, prices)
    for _ in range(splits):
        tree.split(sites, cost, kernel_side.worth)
    branches = tuple(Branch(path, np.floor(own * 1024).astype(np.int64)) for _, _, path, own in tree.parts)
    return question, kernel_side.far, root, branches


def best_of(instance):
    times = np.where(instance.covers, instance.time_ds, BEYOND_DS)
    return min(
        float((times[sites].min(axis=0, initial=BEYOND_DS) * instance.people).sum()) for sites in instance.choices()
    )


@pytest.mark.parametrize("seed", range(30))
def test_splitting_raises_the_bound_and_never_above_the_best(seed):
    instance = Instance(seed)
    question, far, root, branches = tree_of(instance, 6)
    assert root - 1 <= check_branches(branches, question, far) <= best_of(instance) + 1e-6


def test_a_missing_part_proves_nothing():
    question, far, _, branches = tree_of(Instance(3), 3)
    assert len(branches) > 1
    assert check_branches(branches, question, far) > 0
    assert check_branches(branches[1:], question, far) == 0
    assert check_branches((), question, far) == 0


def test_parts_ask_the_same_question_at_the_same_turn():
    assert is_every_choice([()])
    assert is_every_choice([((4, True),), ((4, False), (7, True)), ((4, False), (7, False))])
    assert not is_every_choice([((4, True),), ((7, False),)])
    assert not is_every_choice([((4, True),), ((4, False), (7, True))])
    assert not is_every_choice([(), ((4, True),)])
