"""The report of a scenario says in every form what the scenario says: before and after, districts, changes."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import openpyxl
import pytest

from geo.coverage.question import Question
from geo.services.changes import Add, ChangeHours, Close, Move, WhatIf
from geo.services.planner_report import report_on
from geo.services.scenario_report import ScenarioPart, told
from geo.services.scenarios import result_of
from geo.services.what_if import input_hash
from geo.store.scenario_store import StoredScenario
from tests.support.grid_city import lon_lat
from tests.support.pdf import pages_of
from tests.web_map.conftest import HOSTILE_NAMES, toy_city
from web_map.report.content import document_of
from web_map.report.html import html_of
from web_map.report.pdf import pdf_of
from web_map.report.scenario import scenario_sentences
from web_map.report.tables import xlsx_of
from web_map.report.words import Words, count, share, signed

NAME = f"方案{HOSTILE_NAMES[0]}"
LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture(scope="module")
def report():
    city = toy_city()
    first, second, third = city.facility_ids[:3]
    asked = WhatIf(
        Question(minutes=5),
        (
            Add(*lon_lat(1500, 1500), name=HOSTILE_NAMES[3]),
            Move(first, *lon_lat(1200, 300)),
            Close(second),
            ChangeHours(third, "24/7"),
        ),
    )
    stored = StoredScenario(
        "7kQm2xWb9T", "", "what_if", NAME, asked.question.as_dict(), [one.as_dict() for one in asked.changes],
        result_of(city, asked), city.id, input_hash(city, asked), datetime(2026, 1, 6, 20, tzinfo=UTC),
    )  # fmt: skip
    return report_on(city, asked.question, scenario=told(city, stored))


def part_of(report) -> ScenarioPart:
    assert report.scenario is not None
    return report.scenario


def squeezed(text):
    return re.sub(r"\s", "", text)


@LANGUAGES
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_every_form_tells_before_after_and_what_changes(report, form, lang):
    scenario, words = part_of(report), Words(lang)
    people = scenario.people
    said = "".join(pages_of(pdf_of(report, lang))) if form == "pdf" else html_of(report, lang)[0].decode("utf-8")
    said = squeezed(said)
    for figure in (people["before"]["covered"], people["after"]["covered"], people["gained"], people["lost"]):
        assert count(figure) in said
    assert people["change"] != 0
    assert signed(people["change"]) in said
    assert share(people["after"]["share"]) in said
    for key in ("scenario", "scenario_districts", "changes_table", "change_add", "change_close", "change_new_hours"):
        assert squeezed(words.t(f"report.{key}")) in said


@LANGUAGES
def test_a_sentence_says_the_day_in_shanghai_and_the_number_of_changes(report, lang):
    saved, outcome = scenario_sentences(part_of(report), Words(lang))
    assert "2026-01-07" in saved
    assert "4" in saved
    assert signed(part_of(report).people["change"]) in outcome


@LANGUAGES
def test_the_workbook_has_the_districts_and_the_changes_as_numbers(report, lang):
    words, scenario = Words(lang), part_of(report)
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(report, lang)))
    sheet = book[words.t("report.sheet_scenario")]
    values = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows() if row[0].value}
    row = scenario.districts[0]
    name = row["name"] if lang == "zh" else "West"
    assert values[name][1:4] == pytest.approx([row["people"], row["covered_before"], row["covered"]])
    changes = book[words.t("report.sheet_changes")]
    listed = [row for row in changes.iter_rows(values_only=True) if row[0] in (1, 2, 3, 4)]
    assert [line[1] for line in listed] == [
        words.t(f"report.change_{kind}") for kind in ("add", "move", "close", "new_hours")
    ]
    assert [line[5] for line in listed] == pytest.approx([change.people for change in scenario.changes])


def test_markup_in_a_scenarios_name_stays_text(report):
    page = html_of(report, "zh")[0].decode("utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_report_without_a_scenario_says_nothing_of_one(report):
    plain = report_on(report.snapshot, report.question)
    assert "scenario" not in [section.key for section in document_of(plain, "zh").sections]
    keys = [section.key for section in document_of(report, "zh").sections]
    assert keys[:3] == ["summary", "scenario", "scale"]
