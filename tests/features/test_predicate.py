"""Filters over whole columns say what a filter over one feature at a time says, with unknown as SQL has it."""

from __future__ import annotations

import fnmatch

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.features.expressions import FilterError, read_filter
from geo.features.predicate import box_of, features_that_pass
from tests.support.features import COLUMNS, a_table

TABLE = a_table()


def passing(text):
    return TABLE.ids[features_that_pass(read_filter(text, "cql2-text"), TABLE)].tolist()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("seats = 4", ["00", "04", "07"]),
        ("seats <> 4", ["02", "03", "05"]),
        ("NOT seats = 4", ["02", "03", "05"]),
        ("seats IS NULL", ["01", "06"]),
        ("seats IS NOT NULL AND seats < 5", ["00", "02", "04", "07"]),
        ("seats = 4 OR open = true", ["00", "03", "04", "06", "07"]),
        ("open", ["00", "03", "06"]),
        ("NOT open", ["01", "04", "07"]),
        ("people BETWEEN 1.5 AND 2.5", ["00", "01", "03", "07"]),
        ("people > seats", []),
        ("seats IN (0, 12)", ["02", "03"]),
        ("seats NOT IN (0, 12)", ["00", "04", "05", "07"]),
        ("name = 'O''Hara'", ["07"]),
        ("name LIKE '市南%'", ["00", "06"]),
        ("name LIKE '市南_号'", ["00", "06"]),
        (r"name LIKE '100\%\_x'", ["04"]),
        ("name NOT LIKE '%n%'", ["00", "04", "05", "06", "07"]),
        ("CASEI(name) = CASEI('ZHONGSHAN')", ["01", "02"]),
        ("CASEI(name) LIKE CASEI('ZHONG%')", ["01", "02"]),
        ("name = ''", ["05"]),
        ("verified >= DATE('2026-01-02')", ["00", "03", "06"]),
        ("verified >= '2026-01-02'", ["00", "03", "06"]),
        ("changed < TIMESTAMP('2026-06-01T12:00:00+08:00')", ["01"]),
        ("A_CONTAINS(amenities, ('water_hot'))", ["00", "03"]),
        ("A_OVERLAPS(amenities, ('seat', 'toilet_inside'))", ["03", "04", "07"]),
        ("NOT A_CONTAINS(amenities, ('water_hot'))", ["01", "04", "05", "07"]),
        ("A_EQUALS(amenities, ('seat', 'water_hot'))", ["03"]),
        ("A_CONTAINEDBY(amenities, ('seat', 'water_hot'))", ["00", "01", "03", "04", "05"]),
        ("S_INTERSECTS(geometry, BBOX(120.05, 36, 120.35, 37))", ["01", "02", "03"]),
        ("S_INTERSECTS(geometry, POINT(120.2 36.2))", ["02"]),
        ("S_WITHIN(geometry, POLYGON((120.55 36.5, 121 36.5, 121 37, 120.55 36.5)))", []),
        ("S_DISJOINT(geometry, BBOX(120.05, 36, 120.75, 37))", ["00"]),
        ("S_EQUALS(POINT(120.2 36.2), geometry)", ["02"]),
        ("geometry IS NULL", []),
        ("true", [f"{row:02d}" for row in range(8)]),
    ],
)
def test_a_filter_passes_these_features(text, ids):
    assert passing(text) == ids


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seat = 4", "no property `seat`"),
        ("seats = 'four'", "a number with a text"),
        ("name > 4", "a text with a number"),
        ("name LIKE 4", "LIKE"),
        ("seats", "not true or false"),
        ("open < true", "neither is more"),
        ("amenities = 'seat'", "list of words"),
        ("A_CONTAINS(name, ('seat'))", "not a list of words"),
        ("A_CONTAINS(amenities, (4))", "list of texts"),
        ("S_INTERSECTS(geometry, geometry)", "one shape"),
        ("S_INTERSECTS(geometry, POINT(1))", "WKT in text"),
        ("S_INTERSECTS(geometry, POLYGON((0 0)))", "shape in the filter"),
        ("S_BUFFER(geometry, 3) = 1", "cannot stand inside"),
        ("seats + 1 = 2", "calculates"),
        ("FOO(seats)", "no operator `foo`"),
        ("verified = DATE('2026-13-01')", "A date is written"),
        ("verified = 'yesterday'", "A date is written"),
    ],
)
def test_a_filter_that_asks_for_what_is_not_there_is_refused_in_one_sentence(text, said):
    with pytest.raises(FilterError, match=said):
        passing(text)


@pytest.mark.parametrize(
    "tree",
    [None, 4, "x", [], {}, {"op": 4, "args": []}, {"op": "=", "args": [1]}, {"op": "and", "args": []},
     {"op": "not", "args": [1, 2]},
     {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3]}]},
     {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 5, 3, 4]}]},
     {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point"}]},
     {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": 3, "coordinates": [1, 2]}]},
     {"op": "in", "args": [{"property": "seats"}, 4]}, {"op": "between", "args": [{"property": "seats"}, 4]},
     {"op": "=", "args": [{"property": ["x"]}, 4]}, {"op": "=", "args": [{"property": "seats"}, None]},
     {"op": "=", "args": [{"property": "verified"}, {"date": 4}]}],
)  # fmt: skip
def test_a_tree_that_is_no_filter_is_refused(tree):
    with pytest.raises(FilterError):
        features_that_pass(tree, TABLE)


def test_a_box_over_the_antimeridian_is_both_its_ends():
    box = box_of([170, -10, -170, 10])
    assert box.contains(shapely.Point(175, 0))
    assert box.contains(shapely.Point(-175, 0))
    assert not box.intersects(shapely.Point(0, 0))


def one_truth(tree, row):
    """The filter of one feature by plain Python: True, False or None."""
    name, arguments = tree["op"], tree["args"]
    if name in ("and", "or"):
        parts = [one_truth(part, row) for part in arguments]
        decisive = name == "or"
        return decisive if decisive in parts else None if None in parts else not decisive
    if name == "not":
        inner = one_truth(arguments[0], row)
        return None if inner is None else not inner
    value = COLUMNS[arguments[0]["property"]][1][row]
    if name == "isNull":
        return value is None
    if value is None:
        return None
    other = arguments[1]
    return {
        "=": lambda: value == other,
        "<>": lambda: value != other,
        "<": lambda: value < other,
        ">=": lambda: value >= other,
        "in": lambda: value in other,
        "like": lambda: fnmatch.fnmatchcase(value, other.replace("%", "*").replace("_", "?")),
    }[name]()


def property_of(name):
    return st.just({"property": name})


def comparison(name, values):
    return st.builds(
        lambda op, left, right: {"op": op, "args": [left, right]},
        st.sampled_from(["=", "<>", "<", ">="]),
        property_of(name),
        values,
    )


LEAVES = st.one_of(
    comparison("seats", st.sampled_from([0, 4, 7, 12, 13])),
    comparison("people", st.sampled_from([1.5, -3.0, 2.5, 1e9])),
    comparison("name", st.sampled_from(["zhongshan", "", "市南一号"])),
    st.builds(lambda left, right: {"op": "in", "args": [left, right]}, property_of("seats"), st.just([4, 12])),
    st.builds(
        lambda left, right: {"op": "like", "args": [left, right]},
        property_of("name"),
        st.sampled_from(["市%", "%n", "_hong%"]),
    ),
    st.builds(
        lambda inner: {"op": "isNull", "args": [inner]}, st.sampled_from([{"property": name} for name in COLUMNS])
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda parts, op: {"op": op, "args": parts},
            st.lists(inner, min_size=1, max_size=3),
            st.sampled_from(["and", "or"]),
        ),
        st.builds(lambda part: {"op": "not", "args": [part]}, inner),
    ),
    max_leaves=8,
)


@given(TREES)
def test_whole_columns_agree_with_one_feature_at_a_time(tree):
    wanted = [one_truth(tree, row) is True for row in range(len(TABLE))]
    np.testing.assert_array_equal(features_that_pass(tree, TABLE), wanted)
