"""Every deviation from the documented parameters is refused, and the refusal names the parameter."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ParameterError
from api.parameters import (
    REQUIRED,
    Parameter,
    ParameterTable,
    canonical,
    choice,
    csv_of,
    instant,
    integer,
    number,
    truth,
)
from api.routers.coverage import ONE_QUESTION
from api.routers.nearest import MANY_POINTS, ONE_POINT

HERE = "lon=120.3&lat=36.1"

NUMBERS_NOBODY_DOCUMENTED = (
    "", " 1", "1 ", "+1", "01", "1.", ".5", "1e", "0x10", "1_000", "１２０", "NaN", "nan", "inf", "-Infinity", "1,5",
    "1e-999", "0.000000000000000000000000000000001e-320", "1e999", "--1", "1" * 41, "120.3\n",
)  # fmt: skip


def refused(query: str, table: ParameterTable = ONE_POINT) -> str:
    """The name of the parameter that a query is refused for."""
    with pytest.raises(ParameterError) as error:
        table.read_query(query.encode())
    assert error.value.parameter in str(error.value) or error.value.parameter in ("query", "…")
    return error.value.parameter


@pytest.mark.parametrize("text", NUMBERS_NOBODY_DOCUMENTED)
def test_a_number_is_spelled_as_json_spells_it(text: str):
    from urllib.parse import quote

    assert refused(f"lon={quote(text)}&lat=36") == "lon"


@pytest.mark.parametrize("text", ["120.3826", "-0", "0", "1e2", "1.2038e+2", "-179.99999999999", "0.0e5"])
def test_every_spelling_of_json_is_a_number(text: str):
    from urllib.parse import quote

    assert ONE_POINT.read_query(f"lon={quote(text)}&lat=36".encode())["lon"] == float(text)


@given(st.floats(-180, 180, allow_subnormal=False))
def test_a_number_arrives_as_it_was_sent(value: float):
    import orjson

    text = orjson.dumps(value).decode()
    assert number(-180, 180)(text) == value


@given(st.text(max_size=12))
def test_what_is_taken_as_a_number_is_one_to_json_too(text: str):
    import json

    try:
        value = number(-1e9, 1e9)(text)
    except ValueError:
        return
    assert re.fullmatch(r"[-+.eE0-9]+", text)
    assert math.isfinite(value)
    assert float(json.loads(text)) == value


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lat=36", "lon"),
        ("lon=120", "lat"),
        ("", "lon"),
        (f"{HERE}&lon=121", "lon"),
        (f"{HERE}&mode=walk&mode=walk", "mode"),
        (f"{HERE}&unknown=1", "unknown"),
        (f"{HERE}&Mode=walk", "Mode"),
        (f"{HERE}&mode=", "mode"),
        (f"{HERE}&mode=car", "mode"),
        (f"{HERE}&limit=0", "limit"),
        (f"{HERE}&limit=-1", "limit"),
        (f"{HERE}&limit=5.0", "limit"),
        (f"{HERE}&limit=1e1", "limit"),
        (f"{HERE}&limit=", "limit"),
        (f"{HERE}&max_s=-1", "max_s"),
        (f"{HERE}&max_s=3601", "max_s"),
        (f"{HERE}&coord=WGS84", "coord"),
        (f"{HERE}&coord=cgcs2000", "coord"),
        (f"{HERE}&open=yes", "open"),
        (f"{HERE}&open=2026-11-20", "open"),
        (f"{HERE}&open=2026-11-20T12:00:00", "open"),
        (f"{HERE}&open=2026-13-20T12:00:00Z", "open"),
        (f"{HERE}&open=2026-11-20T25:00:00Z", "open"),
        (f"{HERE}&open=2026-11-20T12:00:00%2B99:00", "open"),
        (f"{HERE}&amenities=water", "amenities"),
        (f"{HERE}&amenities=water_hot,,seat", "amenities"),
        (f"{HERE}&amenities=water_hot;seat", "amenities"),
        (f"{HERE}&type=pub", "type"),
        (f"{HERE}&accessible=1", "accessible"),
        (f"{HERE}&accessible=True", "accessible"),
        (f"{HERE}&fields=secret", "fields"),
        (f"{HERE}&lang=fr", "lang"),
        ("lon=181&lat=36", "lon"),
        ("lon=120&lat=-90.0001", "lat"),
        (f"{HERE}&", "query"),
        ("lon&lat=3", "query"),
        ("lon=%ff&lat=3", "query"),
        ("lon=1&lat=%zz", "lat"),
        ("&".join(f"a{number}=1" for number in range(60)), "query"),
        ("<script>=1", "<script>"),
        ("%00=1", "…"),
    ],
)
def test_a_question_that_is_not_as_documented_is_refused(query: str, parameter: str):
    assert refused(query) == parameter


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("minutes=0", "minutes"),
        ("minutes=121", "minutes"),
        ("minutes=ten", "minutes"),
        ("mode=walk&mode=ebike", "mode"),
        ("at=19:00", "at"),
        ("at=weekday", "at"),
        ("at=weekday+25:00", "at"),
        ("demand=People", "demand"),
        ("demand=", "demand"),
        ("amenities=water_hot", "amenities"),
        ("radius=5", "radius"),
    ],
)
def test_a_coverage_question_that_is_not_as_documented_is_refused(query: str, parameter: str):
    assert refused(query, ONE_QUESTION) == parameter


def test_more_than_the_most_means_the_most():
    """OGC: a limit above the maximum is no error."""
    assert ONE_POINT.read_query(f"{HERE}&limit=1000000".encode())["limit"] == 20


def test_an_empty_list_is_no_wish():
    """Forms send their empty fields."""
    values = ONE_POINT.read_query(f"{HERE}&type=&amenities=".encode())
    assert values["type"] == values["amenities"] == frozenset()


def test_what_is_not_given_has_its_documented_default():
    values = ONE_POINT.read_query(HERE.encode())
    described = {one["name"]: one["schema"].get("default") for one in ONE_POINT.describe()["parameters"]}
    assert values["mode"] == described["mode"] == "walk"
    assert values["limit"] == described["limit"] == 5
    assert values["coord"] == described["coord"] == "wgs84"
    assert values["open"] == described["open"] == "any"


@pytest.mark.parametrize(
    "text", ["2026-11-20T12:00:00+08:00", "2026-11-20T12:00:00 08:00", "2026-11-20T04:00:00Z", "2026-11-20t04:00z"]
)
def test_one_moment_can_be_written_in_several_ways(text: str):
    """An unescaped plus arrives as a space."""
    assert instant(text).astimezone(UTC) == datetime(2026, 11, 20, 4, tzinfo=UTC)


def test_equal_questions_have_one_canonical_form():
    one = ONE_POINT.read_query(f"{HERE}&type=union_station,rider_station&mode=walk".encode())
    other = ONE_POINT.read_query(f"type=rider_station,union_station&{HERE}".encode())
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"mode": ["walk", "ebike"]}, "mode"),
        ({"mode": 1}, "mode"),
        ({"mode": None}, "mode"),
        ({"limit": True}, "limit"),
        ({"limit": 2.5}, "limit"),
        ({"type": ["union_station,rider_station"]}, "type"),
        ({"type": {"a": 1}}, "type"),
        ({"lon": 1}, "lon"),
    ],
)
def test_a_body_is_held_to_the_same_table(body: dict[str, Any], parameter: str):
    with pytest.raises(ParameterError) as error:
        MANY_POINTS.read_object(body)
    assert error.value.parameter == parameter


def test_a_body_may_list_what_a_query_joins():
    values = MANY_POINTS.read_object({"type": ["union_station", "rider_station"], "limit": 3, "accessible": True})
    assert values["type"] == {"union_station", "rider_station"}
    assert (values["limit"], values["accessible"]) == (3, True)


def test_a_refusal_does_not_repeat_what_was_sent():
    """It may be a position."""
    with pytest.raises(ParameterError) as error:
        ONE_POINT.read_query(b"lon=120.3826543,36.0671234&lat=36")
    assert "120.3826543" not in str(error.value)


def test_a_table_describes_every_parameter_it_reads():
    readers = {"n": number(0, 1), "i": integer(0, 1), "c": choice("a"), "w": csv_of(("a",)), "t": truth}
    table = ParameterTable(tuple(Parameter(name, read, {"type": "x"}, "d", REQUIRED) for name, read in readers.items()))
    described = table.describe()["parameters"]
    assert [one["name"] for one in described] == list(readers)
    assert all(one["required"] and one["in"] == "query" for one in described)
