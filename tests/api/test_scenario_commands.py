"""`yiquan scenario …` and the service have one shelf."""

from __future__ import annotations

import pytest

from api.cli.report import _require_scenario_alone
from geo.coverage.question import Question
from geo.errors import InputError
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


@pytest.mark.slow
def test_what_the_command_line_keeps_is_listed_opened_and_deleted(own_city: SmallCity):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    first = own_city.snapshot.facility_ids[0]
    closing = yiquan.ok("scenario", "save", "关一个", "--close", str(first))
    listed = yiquan.ok("scenario", "list")["scenarios"]
    assert [one["code"] for one in listed] == [closing["code"]]

    shown = yiquan.ok("scenario", "show", closing["code"])
    assert shown["present"]["is_same"]
    assert shown["changes"] == [{"kind": "close", "id": first}]
    assert "secret_digest" not in shown

    refused = yiquan.run("scenario", "delete", closing["code"], "--secret", "guessed")
    assert (refused.status, refused.out) == (1, "")
    assert "only with the secret" in refused.err
    yiquan.ok("scenario", "delete", closing["code"], "--secret", closing["secret"])
    assert yiquan.ok("scenario", "list")["scenarios"] == []


@pytest.mark.slow
def test_two_scenarios_are_compared_and_one_is_written_as_a_report(own_city: SmallCity):
    yiquan, snapshot = CommandLine(own_city.url, own_city.settings.data_dir), own_city.snapshot
    first, place = snapshot.facility_ids[0], f"{snapshot.lon[0] + 0.01:.5f},{snapshot.lat[0]:.5f}"
    closing = yiquan.ok("scenario", "save", "关一个", "--close", str(first))
    moving = yiquan.ok("scenario", "save", "搬一个", "--move", f"{first}={place}", "--minutes", "10")

    both = yiquan.ok("scenario", "compare", closing["code"], moving["code"])
    assert both["b"]["people"]["change"] >= both["a"]["people"]["change"]
    assert both["asked_differently"] == []
    beside_today = yiquan.ok("scenario", "compare", moving["code"])
    assert (beside_today["b"]["kind"], beside_today["b"]["people"]["change"]) == ("today", 0)

    for name, begins in (("方案报告.xlsx", b"PK"), ("方案.gpkg", b"SQLite format 3"), ("方案.png", b"\x89PNG")):
        path = own_city.settings.data_dir / name
        written = yiquan.ok("report", "--scenario", moving["code"], "--out", path)
        assert (f".{written['format']}", path.read_bytes()[: len(begins)]) == (path.suffix, begins)


def test_a_scenarios_report_takes_no_other_question():
    _require_scenario_alone(Question())
    with pytest.raises(InputError, match="brings its own question"):
        _require_scenario_alone(Question(minutes=15))
