"""`yiquan site …` from the command line: plans, curves, addresses, and lists with bad rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from api.cli import main
from geo.store.engine import make_engine
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


@pytest.mark.slow
def test_a_plan_is_made_proved_kept_and_checked(own_city: SmallCity, tmp_path):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    snapshot = own_city.snapshot
    proof = tmp_path / "proof.npz"
    words = ["--from", "streets", "--sites", "3", "--minutes", "3", "--certificate", proof, "--save", "三个新站"]
    planned = yiquan.ok("site", "plan", *words)
    assert len(planned["sites"]) == 3
    assert planned["people"]["change"] > 0
    assert planned["bound"]["certificate"]["checked"]
    # the promise of the file: the bound from whole numbers and raw lists alone
    held = np.load(proof)
    people, u = np.rint(held["people"] * 2**20).astype(np.int64), np.zeros(len(held["people"]), np.int64)
    lists = np.split(held["site_row"], held["site_start"][1:-1])
    for site in held["opened"]:
        people[lists[site]] = 0
    u[held["u_row"]] = held["u_grains"]
    u = np.minimum(u, people)
    within = np.unique(np.concatenate([lists[site] for site in held["choosable"]]))
    price = max(int(u[lists[site]].sum()) for site in held["choosable"])
    bound = min(int(people[within].sum()), int((people - u)[within].sum()) + int(held["budget_left"]) * price)
    assert bound / 2**20 == pytest.approx(float(held["bound"]), abs=1e-5)
    assert bound / 2**20 >= planned["bound"]["found"] - 0.01

    shown = yiquan.ok("scenario", "show", planned["scenario"]["code"])
    assert (shown["kind"], len(shown["changes"]), shown["present"]["is_same"]) == ("siting", 3, True)
    listed = yiquan.ok("scenario", "list")["scenarios"]
    assert listed[0]["people"]["change"] == planned["people"]["change"]

    drawn = yiquan.ok("site", "curve", "--from", "streets", "--most", "5", "--minutes", "3")
    assert drawn["gained"] == sorted(drawn["gained"])
    place = planned["sites"][0]
    checked = yiquan.ok("site", "check", f"{place['lon']},{place['lat']}", "--from", "streets", "--minutes", "3")
    assert checked["adds"] > 0
    assert {row["mode"] for row in checked["by_mode_and_hour"]} == set(snapshot.modes)


@pytest.mark.slow
def test_a_list_with_a_bad_row_is_used_without_it_and_says_so(own_city: SmallCity, tmp_path):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    snapshot = own_city.snapshot
    path = tmp_path / "候选.csv"
    lon, lat = snapshot.lon[0] + 0.01, snapshot.lat[0]
    path.write_text(f"名称,经度,纬度,费用\n甲,{lon},{lat},5\n乙,{lon},{lat + 0.002},-5\n", encoding="utf-8")
    said = yiquan.run("site", "plan", "--budget", "9", "--list", path, "--datum", "wgs84", "--json")
    assert said.status == 3
    assert [row["name"] for row in said.document["sites"]] == ["甲"]
    assert said.document["list_problems"][0]["problem"] == "费用是负数"

    refused = yiquan.run("site", "plan", "--sites", "99", "--list", path, "--datum", "wgs84")
    assert refused.status == 1
    assert "only 1 candidates" in refused.err


@pytest.fixture
def yiquan_here(own_city: SmallCity, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run `yiquan …` in this process, whose kernels are loaded: status, answer under --json, complaint."""
    monkeypatch.setenv("DATABASE_URL", own_city.url)
    monkeypatch.setenv("YIQUAN_DATA", str(own_city.settings.data_dir))
    engines = []

    def remembered(url: str):
        engines.append(make_engine(url))
        return engines[-1]

    # a command leaves its connections to the end of its process, and this one goes on
    monkeypatch.setattr("api.cli.options.make_engine", remembered)

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr("sys.argv", ["yiquan", *words, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), json.loads(said.out), said.err

    yield run
    for engine in engines:
        engine.dispose()


@pytest.mark.slow
def test_every_task_is_asked_from_the_command_line(own_city: SmallCity, yiquan_here):
    common = ("site", "plan", "--from", "streets", "--minutes", "3", "--no-curve", "--seconds", "5")
    _, near, _ = yiquan_here(*common, "--task", "median", "--sites", "2", "--farthest", "30")
    assert near["bound"]["of"] == "mean_minutes"
    assert near["measure"]["mean_minutes"] < near["measure"]["mean_minutes_before"]
    slots = ("--slot", "weekday 12:00", "--slot", "weekday 23:00=3")
    _, several, _ = yiquan_here(*common, "--sites", "2", "--layer", "residents=2", *slots)
    gained = sum(one["weight"] * (one["after"] - one["before"]) for one in several["recounts"])
    assert [one["weight"] for one in several["recounts"]] == [2.0, 6.0]
    assert several["bound"]["found"] == pytest.approx(gained, abs=0.1)
    _, listed, _ = yiquan_here("site", "places", "--from", "streets", "--minutes", "3")
    assert len(listed["columns"]["key"]) == listed["candidates"]["considered"]
    number = str(own_city.snapshot.facility_ids[0])
    status, refused, _ = yiquan_here(*common, "--sites", "2", "--extend", f"{number};24/7;dear", *slots)
    assert (status, "cannot be read" in refused["error"]["detail"]) == (1, True)


@pytest.mark.slow
def test_what_cannot_be_answered_is_refused_in_a_sentence(yiquan_here):
    for words, says in (
        (("--budget", "5", "--cost", "-1"), "usual cost of -1 is out of range"),
        (("--share", "1", "--minutes", "1"), "lacks"),
        (("--sites", "2", "--demand", "martians"), "no demand layer `martians`"),
        (("--sites", "2", "--from", "wishes"), "No wish of a rider has been accepted"),
    ):
        status, refused, complaint = yiquan_here("site", "plan", "--from", "streets", *words)
        assert status == 1
        assert says in refused["error"]["detail"]
        assert says in complaint


@pytest.mark.slow
def test_places_listed_twice_or_off_the_streets_are_named(own_city: SmallCity, yiquan_here, tmp_path):
    lon, lat = own_city.snapshot.lon[0] + 0.01, own_city.snapshot.lat[0]
    path = tmp_path / "候选.csv"
    path.write_text(f"名称,经度,纬度\n甲,{lon},{lat}\n乙,{lon},{lat}\n丙,{lon + 3},{lat}\n", encoding="utf-8")
    status, said, _ = yiquan_here("site", "plan", "--sites", "1", "--list", str(path), "--datum", "wgs84")
    assert status == 3
    assert said["list_problems"][0]["code"] == "same_place"
    left = said["candidates"]["left_out"][0]
    assert (left["reason"], [one["name"] for one in left["examples"]]) == ("off_network", ["丙"])
