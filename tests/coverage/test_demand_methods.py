"""How people came into cells is said in both languages, whatever was kept."""

from __future__ import annotations

import re

import pytest

from geo.coverage.demand import LAND_METHOD, STREETS_METHOD
from geo.coverage.demand_methods import COUNT_METHOD, DEMAND_METHODS, told

KEPT = {
    f"{COUNT_METHOD.format(resolution=8)}, column people": "cells",
    f"{STREETS_METHOD}, column 常住人口": "streets",
    f"{LAND_METHOD}, column a, column b": "land",
    STREETS_METHOD: "streets",
}


@pytest.mark.parametrize(("sentence", "code"), KEPT.items())
def test_what_importers_keep_has_a_code_and_a_chinese_sentence(sentence: str, code: str):
    method = told(sentence)
    assert (method.code, method.en) == (code, sentence)
    assert method.code in DEMAND_METHODS.codes
    words = re.sub("“.*”", "", method.zh)  # the heading of a column is in the language of its table
    assert re.findall("[a-z]{2,}", words) == []
    assert ("列" in words) == ("column" in sentence)


def test_the_column_and_the_resolution_are_told():
    assert (
        told("counted by H3 cell of resolution 8, column 常住人口").zh == "按 8 级 H3 网格单元直接统计，取“常住人口”列"
    )
    assert told(f"{LAND_METHOD}, column a, column b").zh.endswith("取“a, column b”列")


def test_somebody_elses_method_stands_for_itself():
    method = told("counted by hand, column people")
    assert (method.code, method.zh, method.en) == (None, *["counted by hand, column people"] * 2)
