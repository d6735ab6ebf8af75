"""What a filter may look like, and that no text brings the process down."""

import pytest

from geo.features.expressions import DEEPEST_TEXT, FilterError, read_filter


def test_a_text_and_its_json_are_the_same_tree():
    tree = {
        "op": "and",
        "args": [{"op": ">=", "args": [{"property": "seats"}, 4]}, {"op": "isNull", "args": [{"property": "name"}]}],
    }
    assert read_filter("seats >= 4 AND name IS NULL", "cql2-text") == tree
    assert (
        read_filter(
            '{"op":"and","args":[{"op":">=","args":[{"property":"seats"},4]},{"op":"isNull","args":[{"property":"name"}]}]}',
            "cql2-json",
        )
        == tree
    )


@pytest.mark.parametrize("text", ["", "seats ==== 1", "'a", "x in ()", "\x00", "名称 = ", ")("])
def test_what_is_not_cql2_is_refused_in_one_sentence(text):
    with pytest.raises(FilterError, match="looks like"):
        read_filter(text, "cql2-text")


@pytest.mark.parametrize("text", ["{", "[1,", "NaN", ""])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(FilterError, match="not JSON"):
        read_filter(text, "cql2-json")


def test_brackets_that_would_exhaust_the_stack_are_refused_before_anything_descends_into_them():
    with pytest.raises(FilterError, match="brackets nest deeper"):
        read_filter("(" * 2000 + "a=1" + ")" * 2000, "cql2-text")
    with pytest.raises(FilterError, match="nests deeper"):
        read_filter("[" * 500 + "]" * 500, "cql2-json")
    assert read_filter("(" * DEEPEST_TEXT + "a=1" + ")" * DEEPEST_TEXT, "cql2-text")


@pytest.mark.parametrize(
    "text", ["NOT " * 1000 + "a=1", "a=" + "-" * 4000 + "1", "a=1" + "^1" * 2000, "a=1" + "+1" * 2000]
)
def test_chains_that_would_exhaust_the_stack_are_refused_as_well(text):
    with pytest.raises(FilterError, match=r"negates too often|calculates"):
        read_filter(text, "cql2-text")


@pytest.mark.parametrize(
    "text", ["a=1" + " OR a=1" * 580, "a = 1" + " AND b=-1" * 400, "a in (" + "1e+2," * 800 + "1e-5)"]
)
def test_long_filters_without_depth_are_read(text):
    assert read_filter(text, "cql2-text")["op"] in ("or", "and", "in")


def test_negative_coordinates_are_no_calculation():
    assert (
        read_filter("S_INTERSECTS(geometry, LINESTRING(-120 -36, -120.5 -36.5))", "cql2-text")["op"] == "s_intersects"
    )


def test_brackets_inside_a_quoted_text_do_not_nest():
    assert read_filter("name = '" + "(" * 100 + "'", "cql2-text")["op"] == "="


def test_a_filter_longer_than_anything_sensible_is_refused():
    with pytest.raises(FilterError, match="4,096"):
        read_filter("a=1" + " OR a=1" * 2000, "cql2-text")
