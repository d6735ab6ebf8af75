"""Scenarios over HTTP: saved, listed, opened, compared and deleted, and refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from api.schemas.scenarios import KeptAnswer, ScenarioAnswer, ScenariosAnswer, SideBySideAnswer
from api.settings import ApiSettings
from geo.coverage.question import Question
from geo.services.siting.candidates import Wish
from geo.services.siting.drafts import save_answer
from geo.services.siting.question import Siting
from geo.store.engine import make_engine
from tests.support.grid_city import lon_lat
from tests.support.kept_sitings import siting_document
from tests.support.proxy import database_proxy
from tests.support.service import running_service
from tests.support.toy_holder import ToyHolder, holder_with_city
from tests.support.toy_snapshot import station, toy_snapshot

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 300), station(310, 1600)])
FIRST, SECOND, THIRD = SNAPSHOT.facility_ids
LON, LAT = lon_lat(1000, 1000)
ADD = {"kind": "add", "lon": LON, "lat": LAT}
QUESTION = {"mode": "walk", "minutes": 5, "at": "weekday 10:00", "type": ["union_station"]}


@pytest.fixture
def holder(database_url: str, tmp_path) -> ToyHolder:
    return holder_with_city(SNAPSHOT, database_url, ApiSettings(data_dir=tmp_path, scenarios_per_hour=5))


@pytest.fixture
def client(holder: ToyHolder) -> Iterator[httpx.Client]:
    assert isinstance(holder.settings, ApiSettings)
    with running_service(holder.settings, holder=holder) as client:
        yield client


def saved(client: httpx.Client, **parts: object) -> dict[str, str]:
    got = client.post("/scenarios", json={"name": "东区方案", "question": QUESTION, "changes": [ADD], **parts})
    assert got.status_code == 201, got.text
    KeptAnswer.model_validate_json(got.content)
    assert got.headers["location"] == f"/scenarios/{got.json()['code']}"
    return dict(got.json())


def test_a_scenario_goes_in_and_comes_out_as_it_was_asked(client: httpx.Client):
    changes = [
        ADD | {"hours": "06:00-22:00", "type": "union_station"},
        {"kind": "move", "id": SECOND, "lon": LON, "lat": LAT},
        {"kind": "close", "id": FIRST},
        {"kind": "hours", "id": THIRD, "hours": "24/7"},
    ]
    code = saved(client, changes=changes)["code"]
    got = client.get(f"/scenarios/{code}")
    ScenarioAnswer.model_validate_json(got.content)
    found = got.json()
    assert found["changes"] == changes
    assert found["question"] == QUESTION | {"demand": "residents"}
    assert found["present"]["is_same"]
    # what came out can be asked for again with what was stored
    again = client.post("/what-if", json=found["question"] | {"changes": found["changes"]}).json()
    assert again["people"] == found["present"]["result"]["people"] == found["saved"]["result"]["people"]
    assert again["input_hash"] == found["present"]["result"]["input_hash"]


def test_the_list_is_a_page_long_and_says_what_follows(client: httpx.Client):
    codes = [saved(client, name=f"方案 {n}")["code"] for n in range(3)]
    first = client.get("/scenarios", params={"limit": 2})
    ScenariosAnswer.model_validate_json(first.content)
    assert [one["code"] for one in first.json()["scenarios"]] == codes[:0:-1]
    assert first.json()["scenarios"][0]["question"]["type"] == ["union_station"]
    rest = client.get("/scenarios", params={"limit": 2, "before": first.json()["next"]}).json()
    assert ([one["code"] for one in rest["scenarios"]], rest["next"]) == (codes[:1], None)


def test_on_changed_facts_a_scenario_says_that_it_is_worked_out_anew(client: httpx.Client, holder: ToyHolder):
    code = saved(client, changes=[ADD, {"kind": "close", "id": THIRD}])["code"]
    fewer = toy_snapshot([station(200, 200), station(1500, 300)])
    holder.now_holds(replace(fewer, id="20270101T000000Z-later", state_hash="1" * 64))
    got = client.get(f"/scenarios/{code}")
    ScenarioAnswer.model_validate_json(got.content)
    present = got.json()["present"]
    assert (present["snapshot"], present["is_same"], present["dropped"]) == ("20270101T000000Z-later", False, [1])
    assert present["result"]["people"] != got.json()["saved"]["result"]["people"]


def test_two_scenarios_stand_side_by_side(client: httpx.Client):
    a = saved(client)["code"]
    b = saved(client, question=QUESTION | {"minutes": 7})["code"]
    got = client.get("/scenarios/compare", params={"a": a, "b": b})
    SideBySideAnswer.model_validate_json(got.content)
    both = got.json()
    assert both["asked_differently"] == ["minutes"]
    assert both["a"]["people"]["after"]["covered"] < both["b"]["people"]["after"]["covered"]
    assert [row["name"] for row in both["districts"]] == ["西区", "东区"]
    got = client.get("/scenarios/compare", params={"a": a})
    SideBySideAnswer.model_validate_json(got.content)
    assert (got.json()["b"]["kind"], got.json()["b"]["people"]["change"]) == ("today", 0)


def test_only_the_secret_deletes(client: httpx.Client):
    kept = saved(client)
    address = f"/scenarios/{kept['code']}"
    assert client.delete(address).status_code == 403
    assert client.delete(address, headers={"X-Scenario-Secret": "guessed"}).status_code == 403
    assert client.get(address).status_code == 200
    assert client.delete(address, headers={"X-Scenario-Secret": kept["secret"]}).status_code == 204
    assert client.get(address).status_code == 404


def test_an_address_that_saves_too_often_is_told_when_to_come_again(client: httpx.Client):
    for _ in range(5):
        saved(client)
    got = client.post("/scenarios", json={"name": "又一个", "changes": [ADD]})
    assert got.status_code == 429
    assert int(got.headers["retry-after"]) > 0
    assert len(client.get("/scenarios").json()["scenarios"]) == 5


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ([], 400, "a JSON object with `name` and `changes`"),
        ({"changes": [ADD]}, 400, "`name` must be a text"),
        ({"name": " ", "changes": [ADD]}, 400, "1 to 80 characters"),
        ({"name": "长" * 81, "changes": [ADD]}, 400, "1 to 80 characters"),
        ({"name": "a"}, 400, "list of 1 to"),
        ({"name": "a", "changes": [ADD], "kind": "siting"}, 400, "`kind` must be what_if"),
        ({"name": "a", "changes": [ADD], "colour": 1}, 400, "nothing else"),
        ({"name": "a", "changes": [ADD], "question": []}, 400, "`question` must be an object"),
        ({"name": "a", "changes": [ADD], "question": {"minutes": 0}}, 400, "between 1 and 120"),
        ({"name": "a", "changes": [{"kind": "close", "id": 7}]}, 404, "no facility 7"),
        ({"name": "a" * 400_000, "changes": [ADD]}, 413, "larger than"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(client: httpx.Client, body, code, said):
    got = client.post("/scenarios", json=body)
    assert got.status_code == code
    assert said in got.json()["detail"]
    assert client.get("/scenarios").json()["scenarios"] == []


@pytest.mark.parametrize("code", ["2222222222", "nocode", "../../etc", "%F0%9F%9A%B2", "0OIl1_-aaa"])
def test_an_unknown_code_is_not_found(client: httpx.Client, code: str):
    assert client.get(f"/scenarios/{code}").status_code == 404
    assert client.delete(f"/scenarios/{code}", headers={"X-Scenario-Secret": "a"}).status_code == 404


def test_without_the_database_a_trial_is_answered_and_saving_says_why_not(holder: ToyHolder):
    assert isinstance(holder.settings, ApiSettings)
    with (
        database_proxy(holder.url or "") as (proxy, through),
        running_service(holder.settings, holder=ToyHolder(SNAPSHOT, through, holder.settings)) as client,
    ):
        code = saved(client)["code"]
        proxy.down()
        for got in (
            client.post("/scenarios", json={"name": "a", "changes": [ADD]}),
            client.get(f"/scenarios/{code}"),
            client.get("/scenarios"),
        ):
            assert got.status_code == 503
            assert "database does not answer" in got.json()["detail"]
        assert client.post("/what-if/parts", json={"changes": [ADD]}).status_code == 200
        proxy.up()
        assert client.get(f"/scenarios/{code}").status_code == 200


# ── reports ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_tells_a_scenario_on_its_own_question(client: httpx.Client):
    code = saved(client, name="东区方案", changes=[ADD, {"kind": "close", "id": FIRST}])["code"]
    people = client.get(f"/scenarios/{code}").json()["present"]["result"]["people"]
    page = client.get("/report", params={"scenario": code, "lang": "en"})
    assert page.status_code == 200
    assert f"code {code}" in page.text
    assert f"({round(people['change']):+,})" in page.text
    assert "5 minutes" in page.text  # the question's, not the ten of a question nobody asked
    for form in ("pdf", "xlsx", "gpkg", "png"):
        assert client.get("/report", params={"scenario": code, "format": form}).status_code == 200
    plain = client.get("/report", params={"mode": "walk", "minutes": 5, "at": "weekday 10:00", "type": "union_station"})
    assert code not in plain.text


def test_a_siting_is_opened_compared_and_reported_like_a_what_if(client: httpx.Client, database_url: str):
    asked = Siting(Question(minutes=5), Wish(sources=("streets",)), choose=2, seconds=1.0)
    engine, document = make_engine(database_url), siting_document(SNAPSHOT, asked)
    siting = save_answer(engine, SNAPSHOT.city.slug, "选址", document, now=datetime.now(UTC)).code
    engine.dispose()
    assert client.get(f"/scenarios/{siting}").json()["present"]["is_same"]
    got = client.get("/scenarios/compare", params={"a": siting, "b": saved(client)["code"]})
    SideBySideAnswer.model_validate_json(got.content)
    assert [got.json()[side]["kind"] for side in ("a", "b")] == ["siting", "what_if"]
    begins = {"html": b"<!doctype html>", "pdf": b"%PDF", "xlsx": b"PK", "gpkg": b"SQLite format 3", "png": b"\x89PNG"}
    for form, first in begins.items():
        report = client.get("/report", params={"scenario": siting, "format": form})
        assert (report.status_code, report.content[: len(first)]) == (200, first)
        assert siting in report.headers["content-disposition"]


@pytest.mark.parametrize(
    ("wish", "wrong"),
    [({"minutes": "12"}, "minutes"), ({"type": "union_station"}, "type"), ({"format": "docx"}, "format")],
)
def test_a_scenarios_report_takes_no_other_question_and_no_form_there_is_not(client, wish, wrong):
    code = saved(client)["code"]
    got = client.get("/report", params={"scenario": code, **wish})
    assert (got.status_code, got.json()["parameter"]) == (400, wrong)


def test_a_report_of_a_scenario_that_is_not_there_is_not_found(client: httpx.Client):
    assert client.get("/report", params={"scenario": "2222222222"}).status_code == 404
    assert client.get("/report", params={"scenario": "no code"}).json()["parameter"] == "scenario"
