"""The code tables: unique codes, unambiguous words, both languages."""

from __future__ import annotations

import pytest

from geo.places import vocabulary
from geo.places.vocabulary import (
    AMENITIES,
    COMPOUNDS,
    DATUMS,
    ENTRY_METHODS,
    FACILITY_TYPES,
    NEEDS,
    Table,
    UnknownCodeError,
    code_of,
    codes_of,
    label,
    normal_word,
)

TABLES = [table for table in vars(vocabulary).values() if isinstance(table, Table)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_codes_are_unique_and_every_term_has_both_names(table: Table) -> None:
    assert len(set(table.codes)) == len(table.terms)
    assert all(term.zh and term.en for term in table)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_word_means_two_codes(table: Table) -> None:
    meanings: dict[str, set[str]] = {}
    for term in table:
        for word in (term.code, term.zh, term.en, *term.synonyms):
            meanings.setdefault(normal_word(word), set()).add(term.code)
    assert {word: codes for word, codes in meanings.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("table", "word", "code"),
    [
        (FACILITY_TYPES, "工会驿站", "union_station"),
        (FACILITY_TYPES, " 户外劳动者 驿站 ", "union_station"),
        (FACILITY_TYPES, "UNION_STATION", "union_station"),
        (FACILITY_TYPES, "Union station", "union_station"),
        (AMENITIES, "drink", "water_cold"),
        (AMENITIES, "ac", "aircon"),
        (AMENITIES, "seat", "seat"),
        (AMENITIES, "charging", "phone_charge"),
        (AMENITIES, "ＷｉＦｉ", "wifi"),
        (AMENITIES, "first_aid", "first_aid"),
        (ENTRY_METHODS, "齐鲁工惠", "app_qr"),
        (DATUMS, "GCJ-02", "gcj02"),
        (DATUMS, "百度坐标", "bd09"),
        (DATUMS, "国家2000", "cgcs2000"),
        (AMENITIES, "游泳池", None),
    ],
)
def test_words_people_write_find_their_code(table: Table, word: str, code: str | None) -> None:
    assert code_of(table, word) == code


def test_a_word_may_name_two_amenities() -> None:
    assert codes_of(AMENITIES, "桌椅") == ("table", "seat")
    assert codes_of(AMENITIES, "冷暖空调") == ("aircon", "heating")
    assert codes_of(AMENITIES, "热水") == ("water_hot",)
    assert codes_of(AMENITIES, "游泳池") == ()


def test_compounds_name_codes_that_exist_and_are_no_single_word() -> None:
    tables = {table.name: table for table in TABLES}
    for name, words in COMPOUNDS.items():
        for word, codes in words.items():
            assert word == normal_word(word)
            assert code_of(tables[name], word) is None
            assert all(code in tables[name] for code in codes)


def test_every_amenity_serves_a_known_need() -> None:
    assert {term.group for term in AMENITIES} <= set(NEEDS.codes)
    assert AMENITIES.in_group("drink") == ("water_hot", "water_cold")


def test_labels_come_in_both_languages_and_unknown_codes_are_named() -> None:
    assert label(AMENITIES, "aed") == "除颤仪"
    assert label(AMENITIES, "aed", "en") == "AED"
    with pytest.raises(UnknownCodeError, match="no code 'sauna'"):
        label(AMENITIES, "sauna")
