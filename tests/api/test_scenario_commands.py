"""`yiquan scenario …` and the service have one shelf."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


@pytest.mark.slow
def test_what_the_command_line_keeps_is_listed_opened_compared_and_deleted(own_city: SmallCity):
    yiquan = CommandLine(own_city.url, own_city.settings.data_dir)
    snapshot = own_city.snapshot
    first, place = snapshot.facility_ids[0], f"{snapshot.lon[0] + 0.01:.5f},{snapshot.lat[0]:.5f}"
    closing = yiquan.ok("scenario", "save", "关一个", "--close", str(first))
    moving = yiquan.ok("scenario", "save", "搬一个", "--move", f"{first}={place}", "--minutes", "10")
    listed = yiquan.ok("scenario", "list")["scenarios"]
    assert [one["code"] for one in listed] == [moving["code"], closing["code"]]

    shown = yiquan.ok("scenario", "show", closing["code"])
    assert shown["present"]["is_same"]
    assert shown["changes"] == [{"kind": "close", "id": first}]
    assert "secret_digest" not in shown

    both = yiquan.ok("scenario", "compare", closing["code"], moving["code"])
    assert both["b"]["people"]["change"] >= both["a"]["people"]["change"]
    assert both["asked_differently"] == []

    path = own_city.settings.data_dir / "方案报告.xlsx"
    written = yiquan.ok("report", "--scenario", moving["code"], "--out", path)
    assert (written["format"], path.read_bytes()[:2]) == ("xlsx", b"PK")
    other = yiquan.run("report", "--scenario", moving["code"], "--minutes", "15")
    assert (other.status, other.out) == (1, "")
    assert "brings its own question" in other.err

    refused = yiquan.run("scenario", "delete", closing["code"], "--secret", "guessed")
    assert (refused.status, refused.out) == (1, "")
    assert "only with the secret" in refused.err
    yiquan.ok("scenario", "delete", closing["code"], "--secret", closing["secret"])
    yiquan.ok("scenario", "delete", moving["code"])
    assert yiquan.ok("scenario", "list")["scenarios"] == []
