"""Siting over HTTP: taken as background work, followed, stopped, kept as a scenario, and refused in words."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from api.schemas.scenarios import KeptAnswer, ScenarioAnswer
from api.schemas.siting import CandidatesRead, JobAnswer
from api.settings import ApiSettings
from api.siting_desk import MOST_KEPT, MOST_WAITING, JobNotFoundError, Outcome, SitingDesk, TooManyQuestionsError
from geo.errors import InputError
from geo.services.siting.question import CancelledError
from tests.services.siting.test_planning import PLACES, SNAPSHOT, hosts_frame
from tests.support.grid_city import lon_lat
from tests.support.service import running_service
from tests.support.toy_holder import holder_with_city
from tests.support.toy_snapshot import station, toy_snapshot

LON, LAT = lon_lat(1000, 1000)


@pytest.fixture
def client(database_url: str, tmp_path) -> Iterator[httpx.Client]:
    settings = ApiSettings(data_dir=tmp_path)
    with running_service(settings, holder=holder_with_city(SNAPSHOT, database_url, settings)) as client:
        yield client


def answered(client: httpx.Client, path: str = "/siting", **question: Any) -> dict[str, Any]:
    """Ask, follow the address given until there is an answer."""
    taken = client.post(path, json={"minutes": 4, **question})
    assert taken.status_code == 202, taken.text
    JobAnswer.model_validate_json(taken.content)
    for _ in range(600):
        got = client.get(taken.headers["location"])
        JobAnswer.model_validate_json(got.content)
        if got.json()["state"] not in ("waiting", "running"):
            return dict(got.json())
        time.sleep(0.05)
    raise AssertionError("no answer within half a minute")


def test_a_plan_is_followed_to_its_answer_and_kept_as_a_scenario(client: httpx.Client):
    job = answered(client, sites=3)
    assert (job["state"], job["error"]) == ("done", None)
    result = job["result"]
    assert len(result["sites"]) == 3
    assert job["so_far"]["gained"] == pytest.approx(result["bound"]["found"], abs=1)
    # what is handed on to the what-if gives the same people
    again = client.post("/what-if", json={"minutes": 4, "changes": result["changes"]}).json()
    assert again["people"] == result["people"]

    kept = client.post(f"/siting/{job['job']}/scenario", json={"name": "三个新站"})
    assert kept.status_code == 201
    KeptAnswer.model_validate_json(kept.content)
    opened = client.get(kept.headers["location"])
    ScenarioAnswer.model_validate_json(opened.content)
    found = opened.json()
    assert (found["kind"], found["changes"]) == ("siting", result["changes"])
    # it opens like a what-if, and holds what siting said of it
    assert found["present"]["is_same"]
    assert found["question"] == {"mode": "walk", "minutes": 4.0, "demand": "residents"}
    assert found["saved"]["result"]["siting"]["bound"] == result["bound"]
    assert client.get("/scenarios").json()["scenarios"][0]["people"]["change"] == result["people"]["change"]


def test_one_seed_gives_one_answer(client: httpx.Client):
    first, second = (answered(client, sites=4, seed=7)["result"] for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_an_address_and_a_curve_are_answered_too(client: httpx.Client):
    check = answered(client, "/siting/check", lon=LON, lat=LAT)["result"]
    assert (check["candidates"], len(check["by_mode_and_hour"])) == (len(PLACES), 5)
    curve = answered(client, "/siting/curve", most=5)["result"]
    assert len(curve["gained"]) == len(curve["order"]) == 5


def test_a_list_is_read_and_sent_back_as_candidates(client: httpx.Client):
    rows = f"名称,经度,纬度,费用\n甲,{LON},{LAT},5000\n乙,{LON},{LAT},5000\n丙,{LON + 0.003},{LAT},8000\n"
    read = client.post("/siting/candidates", params={"datum": "wgs84"}, content=rows.encode("gb18030"))
    CandidatesRead.model_validate_json(read.content)
    assert (read.json()["rows_read"], read.json()["rows_refused"]) == (3, 1)
    job = answered(client, budget=6000, candidates=read.json()["candidates"])
    assert [row["key"] for row in job["result"]["sites"]] == ["list:2"]
    assert job["result"]["candidates"]["source"] == "list"


def test_what_cannot_be_kept_to_fails_with_the_constraint_and_by_how_much(client: httpx.Client):
    job = answered(client, task="share", share=1.0, minutes=1)
    assert job["state"] == "failed"
    assert (job["error"]["kind"], job["error"]["name"]) == ("OutOfReachError", "out-of-reach")
    assert "lacks" in job["error"]["detail"]
    assert "还差" in job["error"]["zh"]
    assert job["error"]["facts"]["lacks"] > 0
    kept = client.post(f"/siting/{job['job']}/scenario", json={"name": "x"})
    assert kept.status_code == 409


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "number of sites or a budget"),
        ({"sites": 0}, "`sites` must be between 1"),
        ({"budget": -1}, "`budget` must be between 0"),
        ({"sites": 3, "nonsense": 1}, "no parameter `nonsense`"),
        ({"sites": 3, "candidates": []}, "list of 1 to"),
        ({"sites": 3, "candidates": [{"name": "a", "lon": 120, "lat": 36, "cost": -1}]}, "candidates[0]"),
        ({"sites": 3, "candidates": [{"name": "a", "lon": 120, "lat": 36, "row": 1}] * 2}, "same `row`"),
        ({"sites": 3, "zones": {"type": "Point", "coordinates": [120, 36]}}, "no polygon"),
        ({"sites": 3, "force": "host:n1"}, "`force` must be a list"),
        ({"sites": 3, "may_close": [True]}, "`may_close` must be a list"),
        ({"budget": 5, "default_cost": -1}, "`default_cost` must be between 0"),
        ({"sites": 3, "candidates": [{"name": "a", "lon": 120, "lat": 36}] * 2}, "is the place of `candidates[0]`"),
        ({"sites": 3, "layers": {"residents": 0}}, "weight of 0"),
        ({"sites": 3, "layers": ["residents"]}, "`layers` must be an object"),
        ({"sites": 3, "slots": [{"weight": 2}]}, "In `slots[0]`: `at` is missing"),
        ({"sites": 3, "at": "weekday 19:00", "slots": [{"at": "weekday 12:00"}]}, "about several"),
        ({"sites": 3, "extend": [{"station": 101, "hours": "24/7", "cost": -1}]}, "extend[0]"),
        ({"task": "median", "budget": 5}, "no use for a budget"),
        ({"task": "capacity", "sites": 3}, "how many people one station serves"),
        ({"sites": 3, "sources": ["wishes"]}, "No wish"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_at_once(client: httpx.Client, body: dict[str, Any], says: str):
    got = client.post("/siting", json=body)
    assert got.status_code == 400
    assert says in got.json()["detail"]
    # the page shows a whole sentence in its language
    assert got.json()["en"] == got.json()["detail"]
    assert re.search("[\u4e00-\u9fff]", got.json()["zh"])


@pytest.mark.parametrize(
    ("body", "kind", "in_chinese"),
    [
        ({"sites": len(PLACES) + 1}, "TooFewCandidatesError", "候选点可选"),
        (
            {"sites": 1, "candidates": [{"name": "a", "lon": LON + 1, "lat": LAT}]},
            "NoCandidatesError",
            "没有可通行的街道",
        ),
        ({"sites": 1, "force": ["host:nowhere"]}, "UnknownCandidateError", "不是这个问题的候选点"),
        ({"sites": 1, "layers": {"riders": 1}}, "NoDemandError", "riders"),
        ({"budget": 1, "default_cost": 2, "force": ["host:n1"]}, "OutOfReachError", "预算不够"),
    ],
)
def test_a_question_without_an_answer_fails_in_both_languages(
    client: httpx.Client, body: dict[str, Any], kind: str, in_chinese: str
):
    job = answered(client, **body)
    assert (job["state"], job["result"], job["error"]["kind"]) == ("failed", None, kind)
    assert in_chinese in job["error"]["zh"]


def test_every_task_has_one_outer_shape_and_is_kept_as_a_scenario(client: httpx.Client):
    tasks: tuple[dict[str, Any], ...] = (
        {"task": "most", "sites": 2, "slots": [{"at": "weekday 12:00"}, {"at": "weekday 22:00", "weight": 2}]},
        {"task": "all"},
        {"task": "backup", "sites": 2},
        {"task": "median", "sites": 2},
        {"task": "center", "sites": 2},
        {"task": "capacity", "sites": 2, "capacity": 80},
    )
    shapes = []
    for task in tasks:
        job = answered(client, **task)
        assert job["state"] == "done", job["error"]
        result = job["result"]
        assert result["task"] == task["task"]
        assert result["words"]["zh"][0].startswith("新建")
        assert result["bound"]["unit_zh"]
        shapes.append(set(result) - {"began_from", "spent", "price", "price_at_most"})
        kept = client.post(f"/siting/{job['job']}/scenario", json={"name": task["task"]})
        assert kept.status_code == 201, kept.text
    assert all(shape == shapes[0] for shape in shapes)


def test_a_what_if_begins_from_the_answer_before_and_its_certificate_is_fetched_and_checked(client: httpx.Client):
    first = answered(client, sites=3, certificate=True)
    path = f"/siting/{first['job']}/certificate"
    got = client.get(path)
    assert got.headers["content-type"] == "application/octet-stream"
    held = np.load(io.BytesIO(got.content))
    assert float(held["bound"]) == first["result"]["bound"]["certificate"]["bound"]
    assert len(held["site_start"]) > len(PLACES)
    best = first["result"]["sites"][0]["key"]
    second = answered(client, sites=3, forbid=[best], after=first["job"], curve=False)
    assert second["result"]["began_from"] == first["result"]["input_hash"]
    assert best not in [row["key"] for row in second["result"]["sites"]]
    assert second["result"]["curve"] is None
    assert client.get(f"/siting/{second['job']}/certificate").status_code == 404
    assert client.post("/siting", json={"sites": 3, "after": "nothing"}).status_code == 404


def test_all_candidates_are_listed_for_a_map(client: httpx.Client):
    ring = [[LON - 1, LAT - 1], [LON, LAT - 1], [LON, LAT + 1], [LON - 1, LAT + 1], [LON - 1, LAT - 1]]
    zones = {"type": "Polygon", "coordinates": [ring]}
    listed = answered(client, "/siting/places", zones=zones)["result"]
    columns = listed["columns"]
    assert {len(column) for column in columns.values()} == {len(PLACES)}
    assert [reason is None for reason in columns["reason"]] == [lon > LON for lon in columns["lon"]]
    assert all(
        (adds is None) == (reason is not None) for adds, reason in zip(columns["adds"], columns["reason"], strict=True)
    )
    assert listed["candidates"]["left_out"][0]["examples"]
    assert client.post("/siting/places", json={"force": ["a"]}).status_code == 400


def test_a_number_nobody_gave_is_not_found(client: httpx.Client):
    assert client.get("/siting/none").status_code == 404
    assert client.delete("/siting/none").status_code == 404


def test_a_waiting_question_is_stopped_and_a_running_one_keeps_what_it_found():
    desk, begun, go_on = SitingDesk(), threading.Event(), threading.Event()

    def work(progress, show, cancelled):
        progress("choosing", 1, 3)
        show({"sites": 1})
        begun.set()
        go_on.wait(10)
        return Outcome({"stopped": cancelled()})

    running, waiting = desk.ask("plan", work), desk.ask("plan", work)
    begun.wait(10)
    assert (running.step, running.so_far, desk.look(waiting.number)[1]) == ("choosing", {"sites": 1}, 0)
    told = running.as_dict()
    assert (told["words"]["zh"], told["done"], told["total"]) == ("正在选择站点", 1, 3)
    desk.cancel(waiting.number)
    desk.cancel(running.number)
    go_on.set()
    desk.stop()
    assert (waiting.state, waiting.result) == ("cancelled", None)
    assert (running.state, running.result) == ("cancelled", {"stopped": True})


def test_a_question_that_has_found_nothing_yet_is_stopped_at_once():
    desk, begun, go_on = SitingDesk(), threading.Event(), threading.Event()

    def making_lists(progress, show, cancelled):
        progress("reach")
        begun.set()
        go_on.wait(10)
        raise CancelledError

    job = desk.ask("plan", making_lists)
    begun.wait(10)
    desk.cancel(job.number)
    assert (job.state, job.result, job.error) == ("cancelled", None, None)
    go_on.set()
    desk.stop()
    assert (job.state, job.result, job.error) == ("cancelled", None, None)


def test_the_queue_is_bounded_and_old_answers_are_forgotten():
    desk, go_on = SitingDesk(), threading.Event()
    begun = threading.Event()

    def held(progress, show, cancelled):
        begun.set()
        go_on.wait(10)
        return Outcome({})

    first = desk.ask("plan", held)
    begun.wait(10)
    for _ in range(MOST_WAITING):
        desk.ask("plan", held)
    with pytest.raises(TooManyQuestionsError):
        desk.ask("plan", held)
    go_on.set()
    for _ in range(MOST_KEPT + 1):
        while True:
            try:
                last = desk.ask("plan", held)
            except TooManyQuestionsError:
                time.sleep(0.01)
            else:
                break
    desk.stop()
    assert desk.look(last.number)[0] is last
    with pytest.raises(JobNotFoundError):
        desk.look(first.number)


def test_what_fails_says_why_and_the_next_question_is_answered(caplog: pytest.LogCaptureFixture):
    desk = SitingDesk()

    def refused(*_: object):
        raise InputError("a sentence")

    def broken(*_: object):
        raise ZeroDivisionError

    jobs = [desk.ask("plan", work) for work in (refused, broken, lambda *_: Outcome({"fine": True}))]
    for _ in range(200):
        if jobs[-1].state == "done":
            break
        time.sleep(0.05)
    assert [job.state for job in jobs] == ["failed", "failed", "done"]
    assert jobs[0].error is not None
    assert (jobs[0].error["kind"], jobs[0].error["name"], jobs[0].error["en"]) == ("InputError", "input", "a sentence")
    assert "a sentence" in jobs[0].error["zh"]
    assert jobs[1].error is not None
    assert "log" in jobs[1].error["detail"]
    assert "ZeroDivisionError" in caplog.text


def test_a_station_that_may_close_comes_back_as_a_change(database_url: str, tmp_path):
    settings = ApiSettings(data_dir=tmp_path)
    crowded = toy_snapshot([station(200, 200), station(230, 200)], hosts=hosts_frame(PLACES))
    with running_service(settings, holder=holder_with_city(crowded, database_url, settings)) as client:
        result = answered(client, sites=1, may_close=[crowded.facility_ids[1]])["result"]
    assert {"kind": "close", "id": crowded.facility_ids[1]} in result["changes"]
