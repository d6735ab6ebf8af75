"""The documentation page names every operation, and every example on it works."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from html import unescape

import httpx
import pytest

from api.reference import GROUPS
from tests.api.conftest import NOON, api_settings
from tests.support.axe import axe_violations
from tests.support.service import running_service

ENTRIES = [entry for group in GROUPS for entry in group.entries]


@pytest.fixture(scope="module")
def page(service):
    return service.get("/api.html", params={"lang": "en"}).text


def lines_for_a_shell(page):
    return [unescape(one) for one in re.findall(r"<pre[^>]*>(curl [^<]*)</pre>", page)]


def operations_in(service):
    """Method and address of every operation, those of single collections under their open address too."""
    paths = service.get("/api").json()["paths"]
    ids = "|".join(one["id"] for one in service.get("/collections").json()["collections"])
    opened = {path: re.sub(f"^/collections/({ids})(?=/|$)", "/collections/{collectionId}", path) for path in paths}
    return {(method, one) for path, item in paths.items() for method in item for one in (path, opened[path])}


def test_every_operation_is_named_on_the_page(service, page):
    named = {
        (method.lower(), unescape(path))
        for method, path in re.findall(r'class="method">([A-Z]+)</span> <code>([^<]+)</code>', page)
    }
    of_one = re.compile("/collections/(?![{])")  # reading is told once for all collections
    assert {
        (method, path)
        for method, path in operations_in(service)
        if "{collectionId}" not in path and not (method == "get" and of_one.match(path))
    } <= named
    assert {entry.key for entry in ENTRIES} <= named


def test_the_page_describes_nothing_that_is_not_there(service):
    assert {entry.key for entry in ENTRIES} <= operations_in(service)


@pytest.mark.slow
def test_every_example_works_as_it_stands(own_city):
    with running_service(api_settings(own_city), clock=lambda: NOON) as client:
        lines = lines_for_a_shell(client.get("/api.html").text)
        examples = [shlex.split(line) for line in lines if "\n" not in line]
        assert len(examples) == sum(entry.example is not None for entry in ENTRIES)
        for _, address, *options in examples:
            if options:
                body, header = options[options.index("-d") + 1], options[options.index("-H") + 1]
                answer = client.post(address, content=body.encode(), headers=[tuple(header.split(": "))])
            else:
                answer = client.get(address)
            assert answer.status_code in (200, 201, 202), (address, answer.text[:300])


def test_the_lines_for_geopandas_run(page):
    (lines,) = (unescape(one) for one in re.findall(r"<pre[^>]*>(import geopandas[^<]*)</pre>", page))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert "name_right" in said.getvalue()


@pytest.mark.parametrize(("lang", "words"), [("zh", "接口说明"), ("en", "The API")])
def test_it_is_a_page_in_both_languages_without_anything_from_elsewhere(service: httpx.Client, lang: str, words: str):
    answer = service.get("/api.html", params={"lang": lang})
    assert f"<h1>{words}</h1>" in answer.text
    assert answer.headers["content-language"] == lang
    assert "script" not in answer.text.replace("JavaScript", "").replace("description", "")
    sources = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', answer.text)
    assert sources
    assert all(source.startswith("/static/") for source in sources)


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_open_to_everybody_on_a_telephone_and_a_desk(service, new_page, lang):
    for width, height in ((390, 844), (1440, 900)):
        page = new_page(viewport={"width": width, "height": height})
        page.goto(f"{service.base_url}/api.html?lang={lang}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe_violations(page) == []
