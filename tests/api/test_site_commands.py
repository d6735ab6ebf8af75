"""`yiquan site …` from the command line: plans, curves, addresses, and lists with bad rows."""

from __future__ import annotations

import numpy as np
import pytest

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
