"""A place is found by what people type, the best match first."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.places.place_index import KINDS, Place, PlaceIndex, folded, rank_of, spelled


def place(name: str, kind: str = "road", context: str | None = None, name_en: str | None = None) -> Place:
    """A place somewhere."""
    return Place(name, name_en, kind, context, 120.38, 36.07)


INDEX = PlaceIndex.of(
    [
        place("市南区", "district", name_en="Shinan District"),
        place("八大峡街道", "street", "市南区"),
        place("香港中路", context="市南区"),
        place("香港中路", context="市北区"),
        place("香港路"),
        place("石老人浴场", "host", "崂山区 · 金家岭街道"),
        place("石老人工会驿站", "station", "崂山区 · 金家岭街道"),
        place("重庆南路"),
        place("吕家庄"),
        place("Carrefour 超市", "host"),
        place("１号（东门）驿站", "station"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("香港路", "香港路"),
        ("香港", "香港路"),
        ("xianggangzhonglu", "香港中路"),
        ("xiang gang", "香港路"),
        ("slr", "石老人工会驿站"),
        ("slryc", "石老人浴场"),
        ("浴场", "石老人浴场"),
        ("yuchang", "石老人浴场"),
        ("shinan", "市南区"),
        ("District", "市南区"),
        ("CARREFOUR", "Carrefour 超市"),
        ("chongqing", "重庆南路"),
        ("cqnl", "重庆南路"),
        ("lvjiazhuang", "吕家庄"),
        ("lüjia", "吕家庄"),
        ("1号东门", "１号（东门）驿站"),
        ("badaxia", "八大峡街道"),
    ],
)
def test_what_people_type_finds_it_first(typed: str, first: str):
    assert INDEX.search(typed, 8)[0].name == first


def test_a_road_in_two_districts_is_two_places():
    found = INDEX.search("香港中路", 8)
    assert [(one.name, one.context) for one in found[:2]] == [("香港中路", "市北区"), ("香港中路", "市南区")]


def test_whole_names_come_before_beginnings_and_parts():
    assert [one.name for one in INDEX.search("香港", 8)] == ["香港路", "香港中路", "香港中路"]
    assert [one.name for one in INDEX.search("路", 8)][:1] == ["香港路"]


def test_pinyin_matches_from_the_start_of_a_syllable_only():
    """`an` is the end of `nan`, not a place that begins with it."""
    assert INDEX.search("anlu", 8) == []
    assert [one.name for one in INDEX.search("nanlu", 8)] == ["重庆南路"]


@pytest.mark.parametrize("typed", ["", " ", "。，", "没有这个地方", "zzzz", "\x00", "(", "\n"])
def test_what_is_nowhere_finds_nothing(typed: str):
    assert INDEX.search(typed, 8) == []


def test_hostile_names_are_places_like_any_other():
    names = ["<script>alert(1)</script>", "很长" * 200, "🚲🍜", "\u202eمحطة", "换\n行\r站", "", " "]
    index = PlaceIndex.of([place(name) for name in names])
    assert len(index.places) == 5
    assert [one.name for one in index.search("script", 3)] == ["<script>alert(1)</script>"]
    assert [one.name for one in index.search("换行站", 3)] == ["换\n行\r站"]
    assert [one.name for one in index.search("🚲", 3)] == ["🚲🍜"]


def test_syllables_know_words():
    assert spelled("重庆南路") == ("chong", "qing", "nan", "lu")
    assert spelled("重要") == ("zhong", "yao")


def by_looking_at_every_place(index: PlaceIndex, typed: str, limit: int) -> list[Place]:
    """The same answer without an index: every place is put into its class and sorted."""
    wanted = folded(typed)
    found = []
    for row, one in enumerate(index.places):
        syllables = index.syllables[row]
        name, english = folded(one.name), [folded(word) for word in (one.name_en or "").split()]
        pinyin, initials = "".join(syllables), "".join(part[0] for part in syllables)
        tails = ["".join(syllables[i:]) for i in range(len(syllables))] + [
            "".join(english[i:]) for i in range(len(english))
        ]
        whole = (name, pinyin, "".join(english))
        if wanted in whole:
            grade = 0
        elif any(text.startswith(wanted) for text in whole):
            grade = 1
        elif initials.startswith(wanted):
            grade = 2
        elif wanted in name or wanted in initials or any(tail.startswith(wanted) for tail in tails):
            grade = 3
        else:
            continue
        found.append((grade, row))
    return [index.places[row] for _, row in sorted(found)[:limit]]


NAMES = st.text("路山海南北石老人店abAB ", min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES, max_size=30), st.text("路山南北石老人ablsn", min_size=1, max_size=3), st.integers(1, 10))
def test_the_index_answers_like_looking_at_every_place(names: list[str], typed: str, limit: int):
    kinds = random.Random(len(names))
    index = PlaceIndex.of(
        [place(name, kinds.choice(KINDS), name_en=f"{name} of N" if len(name) > 3 else None) for name in names]
    )
    assert index.search(typed, limit) == by_looking_at_every_place(index, typed, limit)


def test_places_stand_in_the_order_of_equal_matches():
    assert [rank_of(one) for one in INDEX.places] == sorted(rank_of(one) for one in INDEX.places)
    assert all(letter not in folded("Ａ·b（c）") for letter in string.punctuation)
