"""Hours of the week over HTTP and on the command line: the service's own figures, strict parameters, a tag."""

from __future__ import annotations

import httpx
import pytest

from api.errors import ParameterError
from api.routers.compare import ANY_HOUR
from geo.coverage.question import Question
from geo.services.hours_of_week import HOURS_OF_WEEK, coverage_by_hour, describe
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


def test_the_week_is_that_of_the_service_and_agrees_with_coverage(service: httpx.Client, small_city: SmallCity):
    snapshot = small_city.snapshot
    for mode in ("walk", "ebike"):
        body = service.get("/coverage/hours", params={"mode": mode, "minutes": 7}).json()
        assert body == describe(snapshot, coverage_by_hour(snapshot, Question(mode=mode, minutes=7)))
        for place in (5, 19, 75, 130, 167):
            asked = {"mode": mode, "minutes": 7, "at": str(HOURS_OF_WEEK[place])}
            alone = service.get("/coverage", params=asked).json()
            people = {name: body["hours"][name][place] for name in alone["people"]}
            assert people == alone["people"]
            assert body["hours"]["stations"][place] == alone["stations"]
        assert body["always"] == service.get("/coverage", params={"mode": mode, "minutes": 7}).json()["people"]
        assert len(set(body["hours"]["covered"])) > 5


def test_a_week_that_is_held_is_not_sent_again(service: httpx.Client):
    first = service.get("/coverage/hours", params={"minutes": 7})
    held = {"If-None-Match": first.headers["etag"]}
    assert service.get("/coverage/hours", params={"minutes": "7.0"}, headers=held).status_code == 304
    assert service.get("/coverage/hours", params={"minutes": 8}, headers=held).status_code == 200


@pytest.mark.parametrize("query", [b"at=weekday+19:00", b"minutes=0", b"mode=car", b"mode=walk&mode=walk", b"x=1"])
def test_what_the_week_does_not_know_is_refused(query):
    with pytest.raises(ParameterError):
        ANY_HOUR.read_query(query)


@pytest.mark.slow
def test_the_command_line_says_what_the_service_says(small_city: SmallCity):
    yiquan = CommandLine(small_city.url, small_city.settings.data_dir)
    snapshot = small_city.snapshot
    week = describe(snapshot, coverage_by_hour(snapshot, Question(minutes=7)))
    assert yiquan.ok("coverage", "hours", "--minutes", "7") == week
    said = yiquan.run("coverage", "hours", "--minutes", "7")
    assert said.status == 0
    assert f"{max(week['hours']['share']):.1%} of the people covered" in said.out
    assert "23:00" in said.out
