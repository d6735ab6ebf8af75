"""Refusals on the wire have names, and pages have a sentence in both languages for every family of them."""

from __future__ import annotations

import re

import httpx
import pytest

import api.main
from api.errors import PROBLEM_NAMES, STATUS_OF_FAMILY, BodyTooLargeError, name_of, status_of
from geo.errors import YiquanError
from geo.snapshot.model import NoDemandError
from web_map import assets
from web_map.page import planner_page, rider_page, texts

SCRIPT = (assets.FOLDER / "shared" / "app.js").read_text("utf-8")
BY_NAME = dict(re.findall(r'^    "([a-z-]+)": t\("(common\.refused_[a-z_]+)"\),$', SCRIPT, re.MULTILINE))
BY_STATUS = dict(re.findall(r'^    (\d{3}): t\("(common\.refused_[a-z_]+)"\),$', SCRIPT, re.MULTILINE))
"""The two tables of the script that every page has."""


def kinds_of(family: type[YiquanError]) -> set[type[YiquanError]]:
    """A class of errors with all that descend from it, of every module the service uses."""
    return {family}.union(*(kinds_of(one) for one in family.__subclasses__()))


def test_a_refusal_is_named_after_its_class():
    assert name_of(NoDemandError("jobs", {})) == "no-demand"
    assert name_of(BodyTooLargeError(1)) == "body-too-large"


@pytest.mark.parametrize("status", sorted({int(status) for _, status in STATUS_OF_FAMILY} | {413, 405, 500}))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_family_of_errors_has_a_sentence_in_both_languages(status: int, lang: str):
    sentence = texts(lang)[BY_STATUS[str(status)]]
    assert sentence.endswith("。" if lang == "zh" else ".")
    assert bool(re.search("[\u4e00-\u9fff]", sentence)) == (lang == "zh")


def test_pages_know_no_problem_that_cannot_happen():
    """A class that is renamed would leave its sentence behind, and the page would speak English again."""
    assert len(BY_NAME) > 15
    assert api.main.create_app  # it brings the modules that the classes are in
    assert set(BY_NAME) <= {name_of(one.__new__(one)) for one in kinds_of(YiquanError)}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", [rider_page, planner_page])
def test_the_sentences_are_in_every_page(page, lang: str):
    html = page(lang)[0].decode("utf-8")
    assert all(f'"{key}"' in html for key in {*BY_NAME.values(), *BY_STATUS.values()})


def test_the_body_of_a_refusal_bears_its_name(service: httpx.Client):
    named = {
        "/nearest?lon=1": ("parameter", 400),
        "/facilities/999999999": ("facility-not-found", 404),
        "/coverage?demand=jobs": ("no-demand", 404),
    }
    for address, (name, status) in named.items():
        answer = service.get(address)
        assert (answer.status_code, answer.json()["type"]) == (status, PROBLEM_NAMES + name)
    assert service.get("/nowhere").json()["type"] == "about:blank"


def test_a_body_that_is_too_large_is_no_bad_request():
    assert status_of(BodyTooLargeError(1)) == 413
