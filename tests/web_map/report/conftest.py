"""Reports on the toy city, whose register is hostile: markup, quotes, 400 characters, emoji, right-to-left text."""

from __future__ import annotations

import pytest

from geo.coverage.question import Question
from geo.services.planner_report import PlannerReport, report_on
from tests.web_map.conftest import toy_city


@pytest.fixture(scope="package")
def report() -> PlannerReport:
    """A walk of ten minutes to any station."""
    return report_on(toy_city(), Question())


@pytest.fixture(scope="package")
def wide_awake() -> PlannerReport:
    """A report with every wish, at an hour at which most stations are closed, with a longer limit than is measured."""
    return report_on(
        toy_city(),
        Question(minutes=90, at="sunday 03:00", types=("union_station",), amenities=("water_hot",), groups=("anyone",)),
    )
