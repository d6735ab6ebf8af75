"""Reports on the toy city, whose register is hostile: markup, quotes, 400 characters, emoji, right-to-left text."""

from __future__ import annotations

import pytest

from geo.coverage.question import Question
from geo.services.planner_report import PlannerReport, report_on
from geo.services.scenario_report import told
from geo.services.siting.candidates import Wish
from geo.services.siting.question import Siting
from tests.support.kept_sitings import stored_siting
from tests.web_map.conftest import HOSTILE_NAMES, toy_city


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


@pytest.fixture(scope="package")
def siting_report() -> PlannerReport:
    """Three sites along the streets of the toy city, for a walk of five minutes, kept under a hostile name."""
    city = toy_city()
    asked = Siting(Question(minutes=5), Wish(sources=("streets",)), choose=3, seconds=1.0)
    stored = stored_siting(city, asked, name=f"选址{HOSTILE_NAMES[0]}")
    return report_on(city, asked.question, scenario=told(city, stored))
