"""The documentation page names every operation, and every example on it works."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from types import MappingProxyType

import httpx
import pytest

from api.reference import GROUPS
from geo.coverage.question import Question
from geo.services.coverage import run_coverage
from geo.services.keys import new_key
from geo.store.tables.codes import KEY_SCOPE
from tests.api.conftest import NOON, api_settings
from tests.support.axe import axe_violations
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.waiting import wait_until

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


def asked_as(client: httpx.Client, line: list[str], own: Mapping[str, str] = MappingProxyType({})) -> httpx.Response:
    """What a service answers to a line for a shell, a variable standing for what is one's own; it must be success."""
    words = [re.sub(r"\$([A-Z_]+)", lambda name: own[name[1]], word) for word in line[1:]]
    headers, method, body, address = {}, None, None, ""
    rest = iter(words)
    for word in rest:
        if word == "-H":
            name, value = next(rest).split(": ")
            headers[name] = value
        elif word == "-X":
            method = next(rest)
        elif word == "-d":
            body = next(rest).encode()
        elif word == "--data-binary":
            body = Path(own[next(rest)]).read_bytes()
        elif word == "-o":
            next(rest)
        else:
            address = word
    answer = client.request(method or ("GET" if body is None else "POST"), address, content=body, headers=headers)
    assert answer.status_code in (200, 201, 202, 204), (line, answer.text[:300])
    return answer


def variables(city: SmallCity, client: httpx.Client, said: Mapping[tuple[str, str], httpx.Response]) -> dict[str, str]:
    """A key, and what the examples made, for those that need something of one's own."""
    engine = city.engine()
    try:
        _, key = new_key(engine, city.slug, "desk", scopes=KEY_SCOPE, now=NOON)
        runs = [run_coverage(engine, city.snapshot, Question(minutes=minutes)).run_id for minutes in (10, 15)]
    finally:
        engine.dispose()
    scenario, job = said["post", "/scenarios"].json(), str(said["post", "/siting"].json()["job"])
    wait_until(lambda: client.get(f"/siting/{job}").json()["state"] not in ("waiting", "running"))
    (wish,) = client.get("/wishes", headers={"Authorization": f"Bearer {key}"}).json()["wishes"]
    return {
        "KEY": key,
        "RUN": str(runs[0]),
        "RUN_AFTER": str(runs[1]),
        "CODE": scenario["code"],
        "SECRET": scenario["secret"],
        "JOB": job,
        "CELL": wish["cell"],
    }


@pytest.mark.slow
def test_every_example_works_as_it_stands_or_with_something_of_ones_own(own_city, tmp_path):
    with running_service(api_settings(own_city), clock=lambda: NOON) as client:
        lines = lines_for_a_shell(client.get("/api.html").text)
        examples = [shlex.split(line) for line in lines if "\n" not in line]
        assert len(examples) == len(ENTRIES)
        said: dict[tuple[str, str], httpx.Response] = {}
        for entry, line in zip(ENTRIES, examples, strict=True):
            if entry.example is not None:
                said[entry.key] = asked_as(client, line)
        (tmp_path / "candidates.csv").write_text("名称,经度,纬度\n甲银行,120.38,36.07\n", "utf-8")
        own = variables(own_city, client, said) | {"@candidates.csv": str(tmp_path / "candidates.csv")}
        for entry, line in zip(ENTRIES, examples, strict=True):
            if entry.example is None:
                asked_as(client, line, own)


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
