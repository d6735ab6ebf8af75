"""Keys at the door: which headers carry them, what is answered without one, and that none is left anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from api.dependencies import SHANGHAI
from api.logs import JsonLines
from api.schemas.operators import ReportQueue
from api.settings import ApiSettings
from geo.services.keys import MOST_FAILURES_PER_HOUR, new_key
from geo.store.engine import make_engine
from tests.support.command_line import CommandLine
from tests.support.proxy import database_proxy
from tests.support.service import running_service
from tests.support.toy_holder import holder_with_city
from tests.support.toy_snapshot import station, toy_snapshot

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 300)])
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=SHANGHAI)
QUEUE = "/reports"


@pytest.fixture
def client(database_url: str, tmp_path) -> Iterator[httpx.Client]:
    holder = holder_with_city(SNAPSHOT, database_url, ApiSettings(data_dir=tmp_path))
    with running_service(ApiSettings(data_dir=tmp_path), holder=holder, clock=lambda: NOW) as client:
        yield client


def key_for(url: str, *scopes: str, name: str = "甲") -> str:
    engine = make_engine(url)
    _, key = new_key(engine, SNAPSHOT.city.slug, name, scopes=scopes, now=NOW)
    engine.dispose()
    return key


def test_a_key_comes_in_either_header(client: httpx.Client, database_url: str):
    key = key_for(database_url, "reports:read")
    for headers in ({"Authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"X-API-Key": key}):
        answer = client.get(QUEUE, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        ReportQueue.model_validate_json(answer.content)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x"},
        {"X-API-Key": ""},
    ],
)
def test_without_a_good_key_the_answer_says_how_to_show_one(client: httpx.Client, headers: dict[str, str]):
    answer = client.get(QUEUE, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_in_the_address_is_not_looked_at(client: httpx.Client, database_url: str):
    key = key_for(database_url, "reports:read")
    for name in ("key", "api_key", "X-API-Key", "access_token"):
        assert client.get(QUEUE, params={name: key}).status_code == 401
        assert client.get(QUEUE, params={name: key}, headers={"X-API-Key": key}).status_code == 400


def test_a_key_is_given_once(client: httpx.Client, database_url: str):
    key = key_for(database_url, "reports:read")
    answer = client.get(QUEUE, headers={"Authorization": f"Bearer {key}", "X-API-Key": key})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "X-API-Key")


def test_a_key_without_the_scope_is_refused(client: httpx.Client, database_url: str):
    answer = client.get(QUEUE, headers={"X-API-Key": key_for(database_url, "stations:write")})
    assert answer.status_code == 403
    assert "reports:read" in answer.json()["detail"]


def test_many_wrong_keys_are_answered_429(client: httpx.Client):
    codes = [client.get(QUEUE, headers={"X-API-Key": "wrong"}) for _ in range(MOST_FAILURES_PER_HOUR + 1)]
    assert {answer.status_code for answer in codes[:-1]} == {401}
    assert codes[-1].status_code == 429
    assert int(codes[-1].headers["retry-after"]) > 0


def test_without_the_database_nobody_is_known(database_url: str, tmp_path):
    key = key_for_city(database_url, tmp_path)
    with database_proxy(database_url) as (proxy, through):
        holder = holder_with_city_there(through, tmp_path)
        with running_service(ApiSettings(data_dir=tmp_path), holder=holder, clock=lambda: NOW) as client:
            proxy.down()
            answer = client.get(QUEUE, headers={"X-API-Key": key})
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
            assert client.get(QUEUE).status_code == 401


def key_for_city(url: str, data_dir) -> str:
    holder_with_city(SNAPSHOT, url, ApiSettings(data_dir=data_dir))
    return key_for(url, "reports:read")


def holder_with_city_there(url: str, data_dir):
    from tests.support.toy_holder import ToyHolder

    return ToyHolder(SNAPSHOT, url, ApiSettings(data_dir=data_dir))


class Lines(logging.Handler):
    """Every line of the service's logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("httpx", "httpcore")):
            self.lines += [self.format(record), logging.Formatter().format(record)]


def test_no_key_is_left_in_a_log(client: httpx.Client, database_url: str):
    key = key_for(database_url, "reports:read")
    lines, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    try:
        for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, {"X-API-Key": f"{key}x"}):
            client.get(QUEUE, headers=headers)
            client.get(f"{QUEUE}/{key}", headers=headers)
            client.get(QUEUE, params={"key": key}, headers=headers)
    finally:
        root.removeHandler(lines)
        root.setLevel(level)
    assert len(lines.lines) > 5
    assert not [line for line in lines.lines if key[12:] in line or key[:11] in line]


@pytest.mark.slow
def test_keys_are_made_listed_and_revoked_on_the_command_line(client: httpx.Client, database_url: str, tmp_path):
    yiquan = CommandLine(database_url, tmp_path)
    made = yiquan.ok("key", "new", "数据处", "--scope", "reports:read", "--days", "30")
    headers = {"X-API-Key": made["key"]}
    assert client.get(QUEUE, headers=headers).status_code == 200
    listed = yiquan.ok("key", "list")["keys"]
    assert [(one["name"], one["prefix"]) for one in listed] == [("数据处", made["prefix"])]
    assert "key" not in listed[0]
    assert made["key"] not in yiquan.run("key", "list").out
    assert yiquan.ok("key", "revoke", made["prefix"])["name"] == "数据处"
    assert client.get(QUEUE, headers=headers).status_code == 401
    assert yiquan.run("key", "new", "x", "--scope", "all").status == 1
