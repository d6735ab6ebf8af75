"""Reports over HTTP: every form with its type and name, strict questions, one at a time, riders unharmed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import report_desk
from api.cli.report import Form, Language, Size
from api.languages import LANGUAGES
from api.report_desk import ReportDesk, ReportsWaitingError
from api.settings import ApiSettings
from geo.coverage.question import Question
from geo.services.planner_report import report_on
from tests.support.service import running_service
from tests.support.waiting import PATIENCE_S, wait_until
from tests.web_map.conftest import NOW, held, toy_city
from web_map.report.render import FORMS, SIZES, Rendered, rendered

BEGINS = {"html": b"<!doctype html>", "pdf": b"%PDF-", "xlsx": b"PK", "gpkg": b"SQLite format 3", "png": b"\x89PNG"}


@pytest.fixture(scope="module")
def city():
    return toy_city()


@pytest.fixture(scope="module")
def client(city):
    with running_service(ApiSettings(), clock=lambda: NOW, holder=held(city)) as client:
        yield client


@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_with_its_type_and_a_name(client, form):
    answer = client.get("/report", params={"format": form, "minutes": "10", "lang": "zh"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FORMS[form].media_type
    assert answer.content.startswith(BEGINS[form])
    assert f'filename="yiquan-toy-walk-10min-20260105-zh.{form}"' in answer.headers["content-disposition"]
    assert answer.headers["content-language"] == "zh"


def test_the_service_and_the_command_line_write_the_same_bytes(client, city):
    question = Question(minutes=12, amenities=("water_hot",))
    answer = client.get("/report", params={"minutes": "12", "amenity": "water_hot", "format": "pdf", "lang": "en"})
    assert answer.content == rendered(report_on(city, question), "pdf", "en").body


def test_a_page_has_its_own_policy_even_when_nothing_changed(client):
    first = client.get("/report", params={"lang": "en"})
    policy = first.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'sha256-" in policy
    assert policy.endswith("frame-ancestors 'self'")
    again = client.get("/report", params={"lang": "en"}, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == policy


def test_a_file_that_did_not_change_is_not_made_again(client):
    first = client.get("/report", params={"format": "png"})
    again = client.get("/report", params={"format": "png"}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_language_is_that_of_the_client_unless_asked(client):
    assert client.get("/report", headers={"Accept-Language": "en"}).headers["content-language"] == "en"
    assert (
        client.get("/report", params={"lang": "zh"}, headers={"Accept-Language": "en"}).headers["content-language"]
        == "zh"
    )


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("format=doc", "format"),
        ("format=pdf&format=png", "format"),
        ("lang=fr", "lang"),
        ("size=huge&format=png", "size"),
        ("minutes=0", "minutes"),
        ("mode=boat", "mode"),
        ("scenaro=x", "scenaro"),
        ("amenity=pool", "amenity"),
    ],
)
def test_a_wrong_question_is_refused_by_name(client, query, parameter):
    answer = client.get(f"/report?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_a_layer_nobody_imported_is_not_there(client):
    answer = client.get("/report", params={"demand": "riders"})
    assert answer.status_code == 404
    assert "riders" in answer.json()["detail"]


def test_a_picture_comes_in_two_sizes(client):
    small, large = (
        client.get("/report", params={"format": "png", "size": size}).content for size in ("small", "large")
    )
    widths = [int.from_bytes(body[16:20]) for body in (small, large)]
    assert widths == [1600, 3200]


def test_the_command_knows_the_forms_languages_and_sizes_there_are():
    assert [one.value for one in Form] == list(FORMS)
    assert [one.value for one in Language] == list(LANGUAGES)
    assert [one.value for one in Size] == list(SIZES)


# ── the desk ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def slow(monkeypatch):
    """A desk at which every report takes until `go` is set; counts how many are made at a time."""
    go, working, most, made = threading.Event(), [0], [0], []

    def work(report, form, lang, *, size):
        working[0] += 1
        most[0] = max(most[0], working[0])
        assert go.wait(20)
        working[0] -= 1
        made.append(form)
        return Rendered(b"x" * 600, form)

    monkeypatch.setattr(report_desk, "rendered", work)
    return go, most, made


def test_reports_are_made_one_at_a_time_and_once(slow, city):
    go, most, made = slow
    desk = ReportDesk()
    with ThreadPoolExecutor(5) as pool:
        asked = [
            pool.submit(desk.file, city, Question(), form, "zh", "small") for form in ("pdf", "pdf", "xlsx", "pdf")
        ]
        go.set()
        assert {one.result(timeout=PATIENCE_S).file_name for one in asked} == {"pdf", "xlsx"}
    assert most == [1]
    assert sorted(made) == ["pdf", "xlsx"]


def test_who_comes_when_several_wait_is_asked_to_come_back(slow, city):
    go, _, _ = slow
    desk = ReportDesk()
    with ThreadPoolExecutor(report_desk.MOST_WAITING + 1) as pool:
        asked = [
            pool.submit(desk.file, city, Question(minutes=5 + n), "pdf", "zh", "small")
            for n in range(report_desk.MOST_WAITING + 1)
        ]
        wait_until_full(desk)
        with pytest.raises(ReportsWaitingError, match="yiquan report"):
            desk.file(city, Question(minutes=50), "pdf", "zh", "small")
        go.set()
        assert all(one.result(timeout=PATIENCE_S) for one in asked)
    assert desk.file(city, Question(minutes=50), "pdf", "zh", "small")


def wait_until_full(desk):

    wait_until(lambda: desk._at_desk == report_desk.MOST_WAITING + 1, what="the desk did not fill")


def test_only_so_many_bytes_are_kept(slow, city):
    go, _, made = slow
    go.set()
    desk = ReportDesk(kept_bytes=1000)
    for form in ("pdf", "xlsx", "pdf"):
        desk.file(city, Question(), form, "zh", "small")
    assert made == ["pdf", "xlsx", "pdf"]


def test_a_report_that_fails_leaves_the_desk_free(monkeypatch, city):
    def fail(*_, **__):
        raise ValueError("broken")

    desk = ReportDesk()
    with monkeypatch.context() as patched:
        patched.setattr(report_desk, "rendered", fail)
        with pytest.raises(ValueError, match="broken"):
            desk.file(city, Question(), "png", "zh", "small")
    assert desk.file(city, Question(), "png", "zh", "small").body.startswith(b"\x89PNG")
