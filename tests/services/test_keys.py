"""Keys: made once, kept as digests, told from guesses, revoked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from geo.places.hours.timetable import SHANGHAI
from geo.services import keys
from geo.services.cities import new_city
from geo.services.keys import (
    MOST_FAILURES_PER_HOUR,
    DistrictError,
    KeyNotFoundError,
    KeyWordsError,
    ScopeError,
    TooManyWrongKeysError,
    UnknownKeyError,
    list_keys,
    new_key,
    recognise,
    revoke_key,
)
from geo.store import city_store
from geo.store.key_store import KeyNameTakenError

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=SHANGHAI)
WRITE = ["stations:write"]


@pytest.fixture
def city(engine: Engine) -> int:
    new_city(engine, "qingdao", name="青岛")
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, "qingdao").city_id
        connection.execute(
            text(
                "INSERT INTO area (city_id, level, code, name, geom) VALUES (:city, 'district', '370202', '市南区', "
                "ST_Multi(ST_MakeEnvelope(120.3, 36, 120.4, 36.1, 4326)))"
            ),
            {"city": city_id},
        )
    return city_id


def known(engine: Engine, city: int, shown: str, *, address: str = "10.0.0.1", now: datetime = NOW) -> keys.Caller:
    return recognise(engine, city, shown, address=address, now=now)


def test_a_key_opens_what_it_is_for_and_nothing_else(engine: Engine, city: int):
    stored, key = new_key(engine, "qingdao", " 市南区 总工会 ", scopes=WRITE, district="市南区", now=NOW)
    caller = known(engine, city, key)
    assert (caller.name, caller.district_code) == ("市南区 总工会", "370202")
    caller.require("stations:write")
    caller.require_district("370202")
    with pytest.raises(ScopeError, match="reports:read"):
        caller.require("reports:read")
    for other in ("370203", None):
        with pytest.raises(DistrictError):
            caller.require_district(other)
    assert stored.last_used_on is None
    assert list_keys(engine, "qingdao")[0].last_used_on == NOW.date()


def test_the_secret_is_nowhere_in_the_database(engine: Engine, city: int):
    _, key = new_key(engine, "qingdao", "甲", scopes=WRITE, now=NOW)
    with engine.connect() as connection:
        (row,) = connection.execute(text("SELECT api_key::text FROM api_key")).scalars()
    secret = key.rpartition("yq_")[2][9:]
    assert len(secret) == 43
    assert secret not in row


def test_two_keys_share_nothing(engine: Engine, city: int):
    made = [new_key(engine, "qingdao", name, scopes=WRITE, now=NOW)[1] for name in ("甲", "乙")]
    assert made[0][3:11] != made[1][3:11]
    assert made[0][12:] != made[1][12:]
    mixed = made[0][:12] + made[1][12:]
    with pytest.raises(UnknownKeyError):
        known(engine, city, mixed)


@pytest.mark.parametrize(
    "shown", ["", "x", "yq_", "yq_aaaaaaaa_" + "b" * 43, "yq_AAAAAAAA_" + "b" * 43, "' OR 1=1 --", "驿" * 60, "\0"]
)
def test_what_is_no_key_opens_nothing(engine: Engine, city: int, shown: str):
    new_key(engine, "qingdao", "甲", scopes=WRITE, now=NOW)
    with pytest.raises(UnknownKeyError):
        known(engine, city, shown)


def test_a_key_changed_in_one_letter_opens_nothing(engine: Engine, city: int):
    _, key = new_key(engine, "qingdao", "甲", scopes=WRITE, now=NOW)
    for place in (5, 20, len(key) - 1):
        other = "a" if key[place] != "a" else "b"
        with pytest.raises(UnknownKeyError):
            known(engine, city, key[:place] + other + key[place + 1 :])


def test_a_key_of_another_city_opens_nothing(engine: Engine, city: int):
    new_city(engine, "jinan", name="济南")
    _, key = new_key(engine, "jinan", "甲", scopes=WRITE, now=NOW)
    with pytest.raises(UnknownKeyError):
        known(engine, city, key)


def test_a_key_ends_when_it_expires_and_when_it_is_revoked(engine: Engine, city: int):
    _, brief = new_key(engine, "qingdao", "短", scopes=WRITE, days=1, now=NOW)
    _, long = new_key(engine, "qingdao", "长", scopes=WRITE, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    assert known(engine, city, brief, now=tomorrow - timedelta(seconds=1)).name == "短"
    with pytest.raises(UnknownKeyError):
        known(engine, city, brief, now=tomorrow)
    assert revoke_key(engine, "qingdao", "长").name == "长"
    with pytest.raises(UnknownKeyError):
        known(engine, city, long)
    with pytest.raises(KeyNotFoundError):
        revoke_key(engine, "qingdao", "无此人")


def test_an_address_with_many_wrong_keys_is_told_to_wait_and_its_right_key_still_opens(engine: Engine, city: int):
    _, key = new_key(engine, "qingdao", "甲", scopes=WRITE, now=NOW)
    for _ in range(MOST_FAILURES_PER_HOUR):
        with pytest.raises(UnknownKeyError):
            known(engine, city, "wrong")
    with pytest.raises(TooManyWrongKeysError) as caught:
        known(engine, city, "wrong")
    assert 0 < caught.value.retry_after_s <= 3601
    assert known(engine, city, key).name == "甲"
    with pytest.raises(UnknownKeyError):
        known(engine, city, "wrong", address="10.0.0.2")
    with pytest.raises(UnknownKeyError):
        known(engine, city, "wrong", now=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("", {}),
        ("　", {}),
        ("a" * 81, {}),
        ("a\x00b", {}),
        ("undo", {}),
        ("import", {}),
        ("甲", {"scopes": []}),
        ("甲", {"scopes": ["everything"]}),
        ("甲", {"district": "市北区"}),
        ("甲", {"days": 0}),
        ("甲", {"days": 99999}),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(engine: Engine, city: int, name: str, options: dict[str, object]):
    asked = {"scopes": WRITE, "now": NOW} | options
    with pytest.raises(KeyWordsError):
        new_key(engine, "qingdao", name, **asked)  # type: ignore[arg-type]
    assert list_keys(engine, "qingdao") == []


def test_a_name_is_given_once(engine: Engine, city: int):
    new_key(engine, "qingdao", "甲", scopes=WRITE, now=NOW)
    with pytest.raises(KeyNameTakenError):
        new_key(engine, "qingdao", "甲", scopes=WRITE, now=NOW)
