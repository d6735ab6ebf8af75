"""The change log for those who follow: nothing missed, nothing kept that is gone, told when it is too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geo.datum import CHINA_BOX
from geo.services.cities import new_city
from geo.services.keys import Caller
from geo.services.register_import import list_imports, undo_import
from geo.services.station_changes import (
    OVERLAP,
    FollowingError,
    TooFarBehindError,
    beginning,
    changes_since,
    cursor_at,
    place_of,
)
from geo.services.station_description import Description
from geo.services.station_writes import ANY_STATE, Sent, add_station, change_station, remove_station
from geo.store import city_store, facility_store

CALLER = Caller(1, "市总工会", frozenset({"stations:write"}), None)
SENT = Sent("TEST", "0" * 64)


@pytest.fixture
def store(engine: Engine) -> Engine:
    new_city(engine, "jinan", name="济南")
    return engine


def add(engine: Engine, name: str, place: int = 0) -> int:
    wanted = Description({"name": name}, 117.0201 + place / 100, 36.6512)
    return add_station(engine, "jinan", CALLER, wanted, CHINA_BOX, SENT).facility_id


def rename(engine: Engine, number: int, name: str) -> None:
    def wanted(shown: Any, now: Description) -> Description:
        return Description(dict(shown) | {"name": name}, now.lon, now.lat)

    change_station(engine, "jinan", CALLER, str(number), wanted, ANY_STATE, CHINA_BOX, SENT)


def remove(engine: Engine, number: int) -> None:
    remove_station(engine, "jinan", CALLER, str(number), ANY_STATE, SENT)


def told(engine: Engine, cursor: str, limit: int = 100) -> list[tuple[int, str]]:
    return [(one.facility_id, one.change) for one in changes_since(engine, "jinan", cursor, limit=limit).changes]


def names_there(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, "jinan").city_id
        rows = facility_store.load_facilities(connection, city_id)
    return {str(number): name for number, name in rows["name"].items()}


def followed(engine: Engine, cursor: str, limit: int, copy: dict[str, str]) -> str:
    """Bring a copy up to date, page by page; returns where to go on."""
    while True:
        found = changes_since(engine, "jinan", cursor, limit=limit)
        for one in found.changes:
            if one.row is None:
                copy.pop(str(one.facility_id), None)
            else:
                copy[str(one.facility_id)] = found.table.columns["name"].values[one.row]
        cursor = found.cursor
        if not found.has_more:
            return cursor


def test_a_station_is_told_once_as_what_it_has_become(store: Engine):
    start = cursor_at("jinan", 0)
    one, other, third = (add(store, name, place) for place, name in enumerate("甲乙丙"))
    assert told(store, start) == [(one, "added"), (other, "added"), (third, "added")]
    middle = changes_since(store, "jinan", start, limit=100).cursor
    rename(store, one, "甲二")
    remove(store, other)
    rename(store, one, "甲三")
    assert told(store, middle) == [(other, "deleted"), (one, "changed")]
    assert told(store, start) == [(third, "added"), (other, "deleted"), (one, "added")]
    end = changes_since(store, "jinan", middle, limit=100).cursor
    assert told(store, end) == []
    batch = next(one for one in list_imports(store, "jinan") if one.report["notes"] == ["removed"])
    undo_import(store, "jinan", batch.batch_id)
    assert told(store, end) == [(other, "added")]


STEPS = st.lists(st.tuples(st.sampled_from(["add", "rename", "remove"]), st.integers(0, 5)), min_size=1, max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, STEPS, st.integers(1, 5))
def test_whoever_follows_has_what_is_there(store: Engine, before: list[Any], after: list[Any], limit: int):
    counter = iter(range(10_000))

    def run(steps: list[Any]) -> None:
        for kind, which in steps:
            there = sorted(map(int, names_there(store)))
            if kind == "add" or not there:
                add(store, f"站{next(counter)}-{len(there)}", next(counter))
            elif kind == "rename":
                rename(store, there[which % len(there)], f"改{next(counter)}-{which}")
            else:
                remove(store, there[which % len(there)])

    with store.begin() as connection:
        connection.execute(text("TRUNCATE change_log, facility CASCADE"))
    copy: dict[str, str] = {}
    run(before)
    cursor = followed(store, cursor_at("jinan", 0), limit, copy)
    assert copy == names_there(store)
    run(after)
    followed(store, cursor, limit, copy)
    assert copy == names_there(store)


def test_following_begins_before_the_snapshot(store: Engine):
    number = add(store, "甲")
    now = datetime.now(UTC)
    assert told(store, beginning(store, "jinan", now)) == [(number, "added")]
    later = now + OVERLAP + timedelta(minutes=1)
    assert told(store, beginning(store, "jinan", later)) == []


def test_a_cursor_the_log_no_longer_holds_is_too_far_behind(store: Engine):
    add(store, "甲")
    cursor = changes_since(store, "jinan", cursor_at("jinan", 0), limit=10).cursor
    with store.begin() as connection:
        connection.execute(text("DELETE FROM change_log"))
    with pytest.raises(TooFarBehindError):
        changes_since(store, "jinan", cursor, limit=10)
    with pytest.raises(TooFarBehindError):
        changes_since(store, "jinan", cursor_at("jinan", 10**15), limit=10)
    with pytest.raises(TooFarBehindError):
        changes_since(store, "jinan", cursor_at("qingdao", 0), limit=10)


@pytest.mark.parametrize("cursor", ["", "x", "0", "amluYW4", "amluYW46LTE", "驿", "!", "a" * 199, "amluYW46MA=="])
def test_what_no_answer_gave_is_no_cursor(cursor: str):
    with pytest.raises(FollowingError):
        place_of(cursor, "jinan")
