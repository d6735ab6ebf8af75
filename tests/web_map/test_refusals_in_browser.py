"""What the server refuses is said in the language of the page; what has no sentence keeps the server's words."""

from __future__ import annotations

import json

import pytest

from api.settings import ApiSettings
from tests.support.service import running_service
from tests.web_map.conftest import NOW, held, toy_city

pytestmark = pytest.mark.browser

WORDS = "The server's own words."
CLASH = "The request contradicts what is already there and was not taken."
REFUSALS = {
    "zh": {
        (503, "urn:yiquan:problem:database-unavailable"): "数据库没有响应，请稍后再试。",
        (404, "urn:yiquan:problem:no-demand"): "没有这个人口图层，请换一个。",
        (409, "about:blank"): f"请求与现有内容冲突，未被接受。（服务器原话：{WORDS}）",
        (418, "urn:yiquan:problem:new-kind"): f"请求未被接受（HTTP 418）。（服务器原话：{WORDS}）",
    },
    "en": {
        (503, "urn:yiquan:problem:database-unavailable"): "The database does not answer now; please try again later.",
        (404, "urn:yiquan:problem:no-demand"): "There is no such layer of people; choose another.",
        (
            409,
            "about:blank",
        ): f"{CLASH} The server says: {WORDS}",
        (418, "urn:yiquan:problem:new-kind"): f"The request was not taken (HTTP 418). The server says: {WORDS}",
    },
}
ASK = "() => Yiquan.askJson('/refused').catch((error) => [error.message, error.status])"


def answering(status, body, content_type):
    """A server that says just this."""
    return lambda route: route.fulfill(status=status, body=body, content_type=content_type)


@pytest.fixture(scope="module")
def city_url():
    with running_service(ApiSettings(), clock=lambda: NOW, holder=held(toy_city())) as client:
        yield str(client.base_url).rstrip("/")


@pytest.mark.parametrize("path", ["/", "/planner"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_refusal_is_said_in_the_language_of_the_page(lenient_page, city_url, path, lang):
    page = lenient_page
    page.goto(f"{city_url}{path}?lang={lang}")
    for (status, kind), sentence in REFUSALS[lang].items():
        body = json.dumps({"type": kind, "title": "A title", "status": status, "detail": WORDS})
        page.unroute("**/refused")
        page.route("**/refused", answering(status, body, "application/problem+json"))
        assert page.evaluate(ASK) == [sentence, status]


def test_what_is_no_problem_body_is_refused_in_words_too(lenient_page, city_url):
    """A gateway on the way answers with a page of its own."""
    page = lenient_page
    page.goto(f"{city_url}/?lang=zh")
    page.route("**/refused", answering(503, "<h1>503</h1>", "text/html"))
    assert page.evaluate(ASK) == ["服务暂时不可用，请稍后再试。", 503]


def test_a_planner_who_asks_for_people_that_are_not_there_is_told_so_in_chinese(lenient_page, city_url):
    page = lenient_page
    page.goto(f"{city_url}/planner?lang=zh#d=jobs")
    page.locator("#problem").wait_for(state="visible")
    assert "没有这个人口图层" in page.locator("#problem").inner_text()
