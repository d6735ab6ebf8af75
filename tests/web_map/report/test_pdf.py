"""A PDF is set without a browser: numbered pages, its own font, no word lost, whatever a register holds."""

import re
from dataclasses import replace

import pytest

from tests.support.pdf import pages_of
from web_map.report.fonts import BOX
from web_map.report.pdf import pdf_of
from web_map.report.words import Words


@pytest.fixture(scope="module")
def pages(report):
    return pages_of(pdf_of(report, "zh"))


def test_every_page_is_numbered_and_says_that_the_city_is_made_up(pages):
    for number, text in enumerate(pages, start=1):
        joined = text.replace("\n", "")
        assert f"第 {number} 页，共 {len(pages)} 页" in joined
        assert "演示数据" in joined


def test_the_first_page_has_the_headline_and_room_for_signatures(pages):
    for words in ("驿站覆盖规划报告", "玩具市", "编制", "审核", "批准", "日期", "步行 10 分钟内可到达驿站"):
        assert words in pages[0]


def test_the_four_words_head_the_report_in_their_order(pages):
    headings = [line for page in pages for line in page.split("\n") if line in ("规模", "覆盖", "效率", "品质")]
    assert headings == ["规模", "覆盖", "效率", "品质"]


def test_a_map_has_its_legend_scale_and_north(pages):
    page = next(page for page in pages if "到最近驿站（分钟）" in page)
    for words in ("北", "公里", "0–5", "5–10", "符合条件的驿站", "空白区编号", "区市界"):
        assert words in page


def test_characters_that_the_font_lacks_are_boxes_and_counted(report, pages):
    facilities = report.snapshot.facilities.assign(name="😀 㙦家驿站\u202e")
    odd = replace(report, snapshot=replace(report.snapshot, facilities=facilities))
    gaps = [
        gap | {"nearest": {"id": 1, "name": "😀 㙦家驿站\u202e", "minutes": 3.0}} for gap in report.document["gaps"]
    ]
    said = "".join(pages_of(pdf_of(replace(odd, document={**report.document, "gaps": gaps}), "zh")))
    assert f"{BOX} {BOX}家驿站{BOX}" in said
    assert re.search(r"有 [\d,]+ 个字符不在报告字体内", said)
    assert "个字符不在报告字体内" not in "".join(pages) or BOX in "".join(pages)


def test_a_name_of_four_hundred_characters_does_not_fill_a_page(report):
    gaps = [gap | {"nearest": {"id": 1, "name": "很长的名字" * 80, "minutes": 3.0}} for gap in report.document["gaps"]]
    long = pages_of(pdf_of(replace(report, document={**report.document, "gaps": gaps}), "zh"))
    assert "很长的名字" * 80 not in "".join(long).replace("\n", "")
    assert Words("zh").t("report.cut") in "".join(long).replace("\n", "")


def test_a_pdf_says_its_language_title_and_the_moment_of_its_facts(report):
    for lang, code in (("zh", b"zh-CN"), ("en", b"en")):
        body = pdf_of(report, lang)
        assert b"/Lang (" + code + b")" in body
        assert b"/CreationDate (D:20260105080000Z" in body
        assert b"/Title" in body
        assert b"/URI" not in body
        assert b"/JavaScript" not in body
