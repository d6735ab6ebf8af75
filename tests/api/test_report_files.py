"""A report of a whole city from the command line: the service's own bytes, and a refusal where it cannot be written."""

from __future__ import annotations

import pytest

import yiquan
from tests.support.command_line import CommandLine
from tests.support.pdf import pages_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def yiquan_command(small_city):
    return CommandLine(small_city.url, small_city.settings.data_dir)


def test_the_command_writes_what_the_service_sends(yiquan_command, service, tmp_path):
    path = tmp_path / "覆盖报告.pdf"
    said = yiquan_command.ok("report", "--minutes", "15", "--type", "工会驿站", "--out", path)
    sent = service.get("/report", params={"minutes": "15", "type": "union_station", "format": "pdf", "lang": "zh"})
    assert path.read_bytes() == sent.content
    assert (said["format"], said["file"], said["bytes"]) == ("pdf", str(path), len(sent.content))
    covered = service.get("/coverage", params={"minutes": "15", "type": "union_station"}).json()
    assert said["input_hash"] == covered["input_hash"]
    pages = pages_of(sent.content)
    assert f"{covered['people']['covered']:,}" in pages[0]
    assert "演示数据" in pages[-1]


def test_a_report_that_cannot_be_written_is_refused_in_a_sentence(yiquan_command, tmp_path):
    said = yiquan_command.run("report", "--out", tmp_path / "nowhere" / "report.png")
    assert said.status == 1
    assert "nowhere" in said.err
    assert "Traceback" not in said.err


def test_a_notebook_opens_the_snapshot_the_service_serves(small_city, service):
    city = yiquan.open_city(settings=small_city.settings)
    answer = yiquan.ask(city, minutes=15)
    served = service.get("/coverage", params={"minutes": "15"}).json()
    assert answer.tally.covered == served["people"]["covered"]
    assert answer.input_hash == served["input_hash"]
