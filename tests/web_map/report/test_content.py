"""What a report says is what coverage says, in both languages and in every form."""

import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import openpyxl
import orjson
import pyogrio
import pytest

from geo.services import coverage
from tests.support.pdf import pages_of
from tests.web_map.conftest import toy_city
from web_map.report.content import document_of
from web_map.report.document import Table
from web_map.report.html import html_of
from web_map.report.pdf import pdf_of
from web_map.report.render import FORMS, rendered
from web_map.report.tables import gpkg_of, xlsx_of
from web_map.report.words import Words, count, share

LANGUAGES = ("zh", "en")


def tables(document):
    return {
        block.caption: block for section in document.sections for block in section.blocks if isinstance(block, Table)
    }


def without_spaces(text):
    return re.sub(r"\s", "", text)


def said_in(form, report, lang):
    """Every word of a report in a form, without the blanks that forms break lines with."""
    if form == "pdf":
        return without_spaces("".join(pages_of(pdf_of(report, lang))))
    if form == "html":
        return without_spaces(re.sub(r"<[^>]+>", "", html_of(report, lang)[0].decode()))
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(report, lang)))
    values = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    return without_spaces(" ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in values))


@pytest.mark.parametrize("form", ["html", "pdf", "xlsx"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_has_the_figures_of_coverage(report, form, lang):
    answered = coverage.describe(report.snapshot, coverage.answer(report.snapshot, report.question))
    said = said_in(form, report, lang)
    people = answered["people"]
    for name in ("total", "covered", "outside"):
        assert count(people[name]) in said, name
    assert share(people["share"]) in said
    assert answered["input_hash"] in said
    assert report.answered.result_hash in said
    assert report.snapshot.id in said


@pytest.mark.parametrize("form", ["html", "pdf", "xlsx"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_says_what_is_made_up_what_is_asked_and_where_facts_come_from(report, form, lang):
    said, t = said_in(form, report, lang), Words(lang).t
    for text in (t("report.synthetic"), t("report.how_exact"), t("report.limits_text"), "toy.osm.pbf", "toy.csv"):
        assert without_spaces(text) in said, text
    assert "2026-01-05" in said


@pytest.mark.parametrize("form", ["html", "pdf", "xlsx"])
def test_a_report_of_a_stored_run_has_its_number(report, form):
    assert "运算编号第417次" in said_in(form, replace(report, run_id=417), "zh")
    assert "运算编号" not in said_in(form, report, "zh")


def test_tables_hold_the_rows_of_coverage(report):
    document = document_of(report, "zh")
    districts = tables(document)["各区市覆盖"]
    answered = coverage.describe(report.snapshot, report.answered)
    assert [row[1:5] for row in districts.rows] == [
        (row["people"], row["covered"], row["outside"], row["off_network"]) for row in answered["districts"]
    ]
    assert [sum(column) for column in zip(*(row[1:5] for row in districts.rows), strict=True)] == list(
        districts.total[1:5]
    )
    assert [row[3] for row in tables(document)["空白区（按圈外人数排序）"].rows] == [
        gap["people"] for gap in answered["gaps"][:40]
    ]


def test_everybody_is_accounted_for(report):
    fates = tables(document_of(report, "zh"))["人口去向"]
    assert sum(row[1] for row in fates.rows) == fates.total[1] == report.document["people"]["total"]


def test_stations_are_counted_once_by_age_and_by_class(report):
    assert sum(report.register.by_age) == sum(number for _, number in report.classes) == report.register.stations
    for one in report.amenities:
        assert one.usable + one.absent + one.unknown == report.register.stations


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_long_limit_and_an_hour_leave_out_only_what_cannot_be_said(wide_awake, lang):
    document = document_of(wide_awake, lang)
    words = Words(lang)
    said = said_in("pdf", wide_awake, lang)
    assert without_spaces(words.t("report.too_long")) in said
    assert without_spaces(words.slot("sunday 03:00")) in said
    assert without_spaces(document.question) in said
    assert without_spaces(words.t("report.summary_unknown", n="x", share="y").split("x")[0]) in said


def test_a_real_city_bears_no_warning_and_names_its_street_data(report):
    city = toy_city(synthetic=False)
    facilities = city.facilities.assign(is_synthetic=False)
    real = replace(
        report, snapshot=replace(city, facilities=facilities), register=replace(report.register, synthetic=0)
    )
    document = document_of(real, "zh")
    assert document.warning is None
    assert document.short_warning is None
    assert "© OpenStreetMap" in str(document.sections[-1])
    assert "© OpenStreetMap" not in str(document_of(report, "zh").sections[-1])


def test_one_made_up_station_makes_a_report_a_demonstration(report):
    city = toy_city(synthetic=False)
    assert document_of(replace(report, snapshot=city), "zh").warning is not None


@pytest.mark.parametrize("form", FORMS)
def test_the_same_report_is_the_same_bytes(report, form):
    assert rendered(report, form, "zh").body == rendered(report, form, "zh").body


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_left_of_a_language_in_the_other(report, lang):
    texts = Words(lang)
    other = Words("en" if lang == "zh" else "zh")
    said = json.dumps(orjson.loads(orjson.dumps(document_of(report, lang))), ensure_ascii=False)
    for key in ("report.title", "report.coverage_share", "report.how_exact", "report.synthetic"):
        assert texts.t(key) in said
        assert other.t(key) not in said


def test_a_geopackage_says_what_it_is_and_opens_in_colour(report, tmp_path):
    path = tmp_path / "report.gpkg"
    path.write_bytes(gpkg_of(report, "zh"))
    layers = dict(pyogrio.list_layers(path))
    assert {"cells", "districts", "gaps", "facilities", "about", "layer_styles"} <= set(layers)
    about = pyogrio.read_dataframe(path, layer="about")
    assert report.answered.result_hash in set(about["content"])
    assert Words("zh").t("report.synthetic") in set(about["content"])
    styles = pyogrio.read_dataframe(path, layer="layer_styles").set_index("f_table_name")
    assert {"cells", "districts", "streets", "gaps", "facilities"} == set(styles.index)
    rules = ElementTree.fromstring(styles.loc["cells", "styleQML"]).findall(".//rule")
    assert [rule.get("filter") for rule in rules][1:3] == [
        '"minutes" > 5 AND "minutes" <= 10',
        '"minutes" > 10 AND "minutes" <= 15',
    ]


def test_the_layers_of_a_geopackage_are_the_answer(report, tmp_path):
    path = tmp_path / "report.gpkg"
    path.write_bytes(gpkg_of(report, "en"))
    cells = pyogrio.read_dataframe(path, layer="cells")
    assert cells.crs == "EPSG:4326"
    assert cells["people"].sum() == pytest.approx(report.document["people"]["total"], abs=1)
    assert cells["covered_people"].sum() == pytest.approx(report.document["people"]["covered"], abs=1)
    assert cells.geometry.is_valid.all()
    facilities = pyogrio.read_dataframe(path, layer="facilities")
    assert facilities["name"].tolist() == report.snapshot.facilities["name"].tolist()
    assert facilities["counts"].sum() == report.document["stations"]
    districts = pyogrio.read_dataframe(path, layer="districts")
    assert districts["covered"].tolist() == [row["covered"] for row in report.document["districts"]]
    gaps = pyogrio.read_dataframe(path, layer="gaps")
    assert gaps["people"].tolist() == pytest.approx([gap["people"] for gap in report.document["gaps"]], abs=0.01)
