"""Changes, hours and runs side by side on the demo city: over HTTP and from a shell, the same figures."""

from __future__ import annotations

import httpx
import numpy as np
import pytest

from api.cli.what_if import ChangeSpellingError, changes_of
from geo.coverage.question import Question
from geo.services import what_if
from geo.services.changes import Add, ChangeHours, Close, Move, WhatIf
from geo.services.slots import STANDARD_SLOTS
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_a_what_if_of_the_demo_city_is_the_services_answer(service: httpx.Client, small_city: SmallCity, mode: str):
    snapshot = small_city.snapshot
    largest = service.get("/coverage", params={"mode": mode}).json()["gaps"][0]
    lon, lat = largest["suggested"]
    closed = snapshot.facility_ids[0]
    changes = [{"kind": "add", "lon": lon, "lat": lat}, {"kind": "close", "id": closed}]
    got = service.post("/what-if", json={"mode": mode, "changes": changes}).json()
    answered = what_if.answer(snapshot, WhatIf(Question(mode=mode), (Add(lon, lat), Close(closed))))
    assert got["people"]["after"] == answered.after.as_dict()
    assert got["people"]["gained"] > 0
    assert got["notices"] == []
    assert 0 < got["cells_changed"] < len(snapshot.modes[mode].grid)


@pytest.mark.slow
def test_runs_and_hours_compare_from_a_shell(own_city: SmallCity):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    week = yiquan.ok("coverage", "slots", "--minutes", "8")
    assert [row["slot"] for row in week["slots"]] == list(STANDARD_SLOTS)
    covered = np.array([row["people"]["covered"] for row in week["slots"]])
    assert 0 < covered.min() < covered.max()
    noon = yiquan.ok("coverage", "run", "--minutes", "8", "--at", "weekday 12:30")
    assert noon["people"] == week["slots"][STANDARD_SLOTS.index("weekday 12:30")]["people"]

    first, second = str(week["run_id"]), str(noon["run_id"])
    compared = yiquan.ok("coverage", "compare", first, second)
    assert compared["people"]["change"] == noon["people"]["covered"] - week["people"]["covered"]
    assert compared["people"]["gained"] == 0
    said = yiquan.run("coverage", "compare", first, second)
    assert said.status == 0
    assert "Asked differently: at None and weekday 12:30." in said.out
    assert yiquan.run("coverage", "compare", first, "99").status == 1
    assert yiquan.run("coverage", "show", first).status == 0


@pytest.mark.slow
def test_runs_are_repeated_from_their_files_in_a_shell(own_city: SmallCity):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    first = str(yiquan.ok("coverage", "slots", "--minutes", "8")["run_id"])
    second = str(yiquan.ok("coverage", "run", "--minutes", "8", "--at", "weekday 12:30")["run_id"])
    for run, name in ((first, "week.json"), (second, "noon.json")):
        file = own_city.settings.data_dir / name
        saved = yiquan.ok("coverage", "export", run, str(file))
        assert saved["seed"] is None
        assert {one["kind"] for one in saved["inputs"]} == {"streets", "demand:residents", "register"}
        assert all(len(one["sha256"]) == 64 for one in saved["inputs"])
        repeated = yiquan.ok("coverage", "repeat", str(file))
        assert (repeated["same_input"], repeated["same_result"]) == (True, True)
        assert repeated["other_versions"] == {}
    file.write_bytes(file.read_bytes().replace(b'"minutes": 8.0', b'"minutes": 9.0'))
    another = yiquan.run("coverage", "repeat", str(file))
    assert another.status == 1
    assert "the result is another" in another.out


@pytest.mark.slow
def test_changes_are_tried_from_a_shell(own_city: SmallCity):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    before = yiquan.ok("coverage", "run", "--minutes", "8")["people"]
    station = own_city.snapshot.facility_ids[0]
    place = f"{own_city.snapshot.lon[5]:.5f},{own_city.snapshot.lat[5]:.5f}"
    tried = yiquan.ok("coverage", "what-if", "--minutes", "8", "--close", str(station), "--add", f"{place};24/7")
    assert tried["people"]["before"] == before
    assert [change["kind"] for change in tried["changes"]] == ["add", "close"]
    assert len(tried["cells"]["h3"]) == tried["cells_changed"]


def test_changes_are_read_from_options():
    assert changes_of(["120.38,36.07;Mo-Fr 09:00-17:00"], ["17=120.3,-36"], [3], ["4=24/7"]) == (
        Add(120.38, 36.07, hours="Mo-Fr 09:00-17:00"),
        Move(17, 120.3, -36.0),
        Close(3),
        ChangeHours(4, "24/7"),
    )


UNREADABLE = (
    (["120.38 36.07"], [], [], []),
    ([], ["120.3,36"], [], []),
    ([], ["x=1,2"], [], []),
    ([], [], [], ["4"]),
)


@pytest.mark.parametrize("options", UNREADABLE)
def test_a_change_that_cannot_be_read_says_how_to_write_it(options):
    with pytest.raises(ChangeSpellingError, match="cannot be read; write it as `--"):
        changes_of(*options)
