"""Following the stations over HTTP."""

from __future__ import annotations

import httpx
import pytest

from api.schemas.changes import ChangesAnswer
from geo.services.station_changes import cursor_at
from tests.support.small_city import SmallCity


def test_from_the_beginning_every_station_is_told_as_the_collection_has_it(
    service: httpx.Client, small_city: SmallCity
):
    since, told = cursor_at(small_city.slug, 0), {}
    while True:
        answer = service.get("/changes", params={"since": since, "limit": 30})
        ChangesAnswer.model_validate_json(answer.content)
        content = answer.json()
        told |= {one["id"]: one for one in content["changes"]}
        since = content["cursor"]
        if not content["more"]:
            break
    assert {one["change"] for one in told.values()} == {"added"}
    there = service.get("/collections/stations/items", params={"limit": 10000}).json()["features"]
    assert {one["id"]: one for one in there} == {identity: one["feature"] for identity, one in told.items()}
    assert service.get("/changes", params={"since": since}).json() == {"changes": [], "cursor": since, "more": False}


def test_without_a_cursor_it_says_where_to_begin(service: httpx.Client):
    answer = service.get("/changes")
    ChangesAnswer.model_validate_json(answer.content)
    assert answer.json()["changes"] == []
    begun = service.get("/changes", params={"since": answer.json()["cursor"]})
    assert begun.status_code == 200
    held = service.get("/changes", headers={"If-None-Match": answer.headers["etag"]})
    assert held.status_code == 304


@pytest.mark.parametrize(
    ("query", "code", "named"),
    [
        ("since=", 400, "since"),
        ("since=x", 400, "since"),
        ("since=2026-01-01T00:00:00Z", 400, "since"),
        ("limit=0", 400, "limit"),
        ("limit=x", 400, "limit"),
        ("since=x&since=y", 400, "since"),
        ("until=x", 400, "until"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(service: httpx.Client, query: str, code: int, named: str):
    answer = service.get(f"/changes?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (code, named)


def test_a_cursor_from_another_log_is_gone(service: httpx.Client, small_city: SmallCity):
    for cursor in (cursor_at("elsewhere", 0), cursor_at(small_city.slug, 10**12)):
        answer = service.get("/changes", params={"since": cursor})
        assert answer.status_code == 410
        assert "since" in answer.json()["detail"]
