"""Floors that cost people: their certificate bounds every choice that keeps them."""

from dataclasses import replace

import pytest

from geo.siting.covering import Effort
from geo.siting.equity import check_floors, solve_with_floors
from tests.siting.instances import Instance

EFFORT = Effort(seconds=20, blocks=20)


@pytest.mark.parametrize("seed", [110, 114, 181, 209, 240, 308])
def test_a_floor_that_costs_people_has_a_certificate_that_holds_whatever_the_weights(seed):
    instance = Instance(seed, costs=seed % 2 == 1)
    floor = instance.random.uniform(0.1, 0.7)
    question = instance.question()
    answer = solve_with_floors(question, floor, EFFORT)
    certificate = answer.floors_certificate
    assert answer.price > 0
    assert certificate.extra.any()
    assert certificate.bound == check_floors(certificate, question, answer.floors) >= answer.covered
    for extra in (certificate.extra * 0, certificate.extra * 2, certificate.extra + 700):
        other = replace(certificate, extra=extra)
        assert check_floors(other, question, answer.floors) >= answer.covered
