"""The report of a kept siting says in every form which sites, why, in which order, and how far from the best."""

from __future__ import annotations

import io
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyogrio
import pytest
from PIL import Image

from geo.services.planner_report import PlannerReport
from tests.support.kept_sitings import CODE
from tests.support.pdf import pages_of
from web_map.report.content import document_of
from web_map.report.document import MapView
from web_map.report.html import html_of
from web_map.report.pdf import pdf_of
from web_map.report.picture import SIZES, picture_of
from web_map.report.render import file_name
from web_map.report.siting import checks, gap_words, sites_table, siting_facts, task_words, why
from web_map.report.tables import gpkg_of, xlsx_of
from web_map.report.words import Words, count

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture(scope="module")
def report(siting_report: PlannerReport) -> PlannerReport:
    """The report of every test here."""
    return siting_report


def siting_of(report: PlannerReport):
    assert report.scenario is not None
    assert report.scenario.siting is not None
    return report.scenario.siting


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@LANGUAGES
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_every_form_tells_sites_bound_and_who_stays_outside(report: PlannerReport, form: str, lang: str):
    siting, words = siting_of(report), Words(lang)
    said = "".join(pages_of(pdf_of(report, lang))) if form == "pdf" else html_of(report, lang)[0].decode("utf-8")
    said = squeezed(said)
    assert len(siting["sites"]) == 3
    for site in siting["sites"]:
        assert f"{site['lon']:.5f}" in said
        assert count(site["people"]) in said
    for sentence in siting["words"][lang]:
        assert squeezed(sentence) in said
    for told_fact in (*siting_facts(siting, words)[0], gap_words(siting, words)):
        assert squeezed(told_fact) in said
    for outside in siting["outside"]:
        assert squeezed(outside[lang]) in said
    for key in ("siting", "sites_table", "scenario_districts", "map_before", "map_after", "synthetic"):
        assert squeezed(words.t(f"report.{key}")) in said
    assert squeezed(words.t("report.changes_table")) not in said  # it opens sites and does nothing else


@LANGUAGES
def test_the_document_has_its_sites_first_and_a_map_before_and_after(report: PlannerReport, lang: str):
    document = document_of(report, lang)
    assert [section.key for section in document.sections][:4] == ["summary", "siting", "scenario", "scale"]
    views = [block.name for section in document.sections for block in section.blocks if isinstance(block, MapView)]
    assert views[:2] == ["before", "after"]


def test_the_page_carries_both_maps_as_pictures_and_markup_stays_text(report: PlannerReport):
    page = html_of(report, "zh")[0].decode("utf-8")
    pictures = re.findall(r'<img class="still" src="data:image/png;base64,([^"]+)" alt="([^"]+)">', page)
    assert [alt for _, alt in pictures] == [Words("zh").t("report.map_before"), Words("zh").t("report.map_after")]
    assert pictures[0][0] != pictures[1][0]
    assert "<img src=x" not in page


@LANGUAGES
def test_the_workbook_has_sites_with_reasons_alternatives_outside_and_curve(report: PlannerReport, lang: str):
    words, siting = Words(lang), siting_of(report)
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(report, lang)))
    names = [
        words.t("report.sheet_sites"),
        words.t("report.sheet_alternatives"),
        words.t("report.sheet_lost_role"),
        words.t("report.sheet_outside"),
        words.t("report.sheet_curve"),
        words.t("report.sheet_scenario"),
    ]
    assert book.sheetnames[5:-1] == names
    sheet = book[names[0]]
    rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [row[0] for row in rows] == [1, 2, 3]
    assert [row[3] for row in rows] == [site["people"] for site in siting["sites"]]
    assert [row[11] for row in rows] == [why(site, words) for site in siting["sites"]]
    assert any(
        sentence in str(row[0]) for row in sheet.iter_rows(values_only=True) for sentence in siting["words"][lang]
    )
    curve = [row for row in book[names[4]].iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [row[1] for row in curve] == siting["curve"]["gained"]
    assert {one["A1"].value for one in book} == {words.t("report.synthetic")}


def test_the_geopackage_has_sites_changed_cells_and_styles(report: PlannerReport, tmp_path: Path):
    path = tmp_path / "siting.gpkg"
    path.write_bytes(gpkg_of(report, "zh"))
    layers = dict(pyogrio.list_layers(path).tolist())
    assert layers["cells_changed"] == "Polygon"
    assert layers["sites"] == layers["changes"] == "Point"
    sites = pyogrio.read_dataframe(path, layer="sites")
    assert sites["order"].tolist() == [1, 2, 3]
    assert sites["people"].tolist() == [site["people"] for site in siting_of(report)["sites"]]
    with sqlite3.connect(path) as connection:
        styled = {name for (name,) in connection.execute("SELECT f_table_name FROM layer_styles")}
    connection.close()
    assert {"cells_changed", "sites", "changes"} <= styled
    assert set(layers) - styled == {"about", "layer_styles"}


@LANGUAGES
def test_the_picture_shows_both_maps_and_is_the_same_bytes_again(report: PlannerReport, lang: str):
    first = picture_of(report, lang)
    assert first == picture_of(report, lang)
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.size == (1600 * SIZES["small"], 1131 * SIZES["small"])
        above, below = (picture.crop((60, top, 1040, top + 400)).tobytes() for top in (80, 80 + 533))
    assert above != below
    plain = picture_of(replace(report, scenario=None), lang)
    assert plain != first


def test_a_file_is_named_after_its_scenario(report: PlannerReport):
    assert file_name(report, "png", "zh").endswith(f"-{CODE}-zh.png")
    assert CODE not in file_name(replace(report, scenario=None), "png", "zh")


@LANGUAGES
def test_every_task_and_status_has_words(report: PlannerReport, lang: str):
    words, siting = Words(lang), dict(siting_of(report))
    tasks = ("most", "share", "all", "backup", "median", "center", "capacity")
    said = {task_words({**siting, "parameters": {"task": task}}, words) for task in tasks}
    assert len(said) == len(tasks)
    states = ("proved", "within", "stopped")
    told_gaps = {gap_words({**siting, "bound": {**siting["bound"], "status": state}}, words) for state in states}
    assert len(told_gaps) == len(states)


def test_a_checklist_leaves_out_what_nobody_knows():
    site = {"checks": {"toilet": True, "parking": False, "ground_floor": None}}
    assert checks(site, Words("en")) == "Toilet in it or within 50 m ✓, Room to park ✗"


def test_costs_stand_in_the_table_where_they_are_known(report: PlannerReport):
    table = sites_table(siting_of(report), Words("zh"))
    assert len(table.columns) == len(table.rows[0])
