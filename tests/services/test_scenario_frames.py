"""A kept siting or what-if as frames says what its answer says, place by place and cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from geo.coverage.question import Question
from geo.services.changes import Close
from geo.services.scenario_frames import (
    alternatives_frame,
    changed_cells_frame,
    changes_frame,
    lost_role_frame,
    sites_frame,
)
from geo.services.scenario_report import ScenarioPart, told
from geo.services.siting.question import Siting
from tests.services.siting.test_planning import SNAPSHOT
from tests.support.kept_sitings import stored_siting

STANDS = tuple(int(number) for number in SNAPSHOT.facility_ids)


@pytest.fixture(scope="module")
def part() -> ScenarioPart:
    """Three sites for a walk of four minutes; any of the three stations may close for one more."""
    asked = Siting(Question(minutes=4), choose=4, may_close=STANDS, default_cost=2.0, seconds=2.0)
    return told(SNAPSHOT, stored_siting(SNAPSHOT, asked))


def test_a_siting_is_told_with_its_sites_and_the_city_before_and_after(part: ScenarioPart):
    assert part.siting is not None
    assert part.is_same
    assert part.people == part.siting["people"]
    adds = [change for change in part.changes if change.kind == "add"]
    assert [(one.lon, one.lat) for one in adds] == [(site["lon"], site["lat"]) for site in part.siting["sites"]]
    closed = [change for change in part.changes if change.kind == Close.kind]
    assert part.is_more_than_sites == bool(closed)
    assert len(part.stations_after) == len(STANDS) + len(adds) - len(closed)


def test_the_sites_are_points_in_building_order(part: ScenarioPart):
    siting = part.siting
    assert siting is not None
    frame = sites_frame(siting)
    assert frame["order"].tolist() == list(range(1, len(siting["sites"]) + 1))
    assert frame["people"].tolist() == [site["people"] for site in siting["sites"]]
    assert (frame.geometry.x == frame["lon"]).all()
    assert np.cumsum(frame["people"]).tolist() == pytest.approx(frame["gained_so_far"].tolist(), abs=len(frame))
    assert frame["paid"].isna().all()  # no money was asked about
    others = alternatives_frame(siting)
    assert set(others["for_site"]) <= set(frame["order"])
    assert others["key"].isin(frame["key"]).sum() == 0
    assert len(lost_role_frame(siting)) == len(siting["lost_role"])


def test_the_cells_that_change_hold_the_people_gained(part: ScenarioPart):
    cells = changed_cells_frame(part)
    assert len(cells) == len(part.answered.changed) > 0
    gained = cells.loc[cells["people_gained"] > 0, "people_gained"].sum()
    assert gained == pytest.approx(part.people["gained"], abs=0.01 * len(cells))
    nearer = cells["minutes_after"].fillna(np.inf) < cells["minutes_before"].fillna(np.inf)
    assert nearer.any()
    assert cells.crs == "EPSG:4326"


def test_changes_have_their_numbers_and_places(part: ScenarioPart):
    frame = changes_frame(part)
    assert frame["number"].tolist() == [n for n, one in enumerate(part.changes, 1) if one.lon is not None]
    assert set(frame["change"]) <= {"add", "close"}
    assert frame["hours"].map(type).eq(str).all()
