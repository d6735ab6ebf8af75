"""Every feature comes exactly once, whatever it is sorted by and however small the pages are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.features.paging import Cursor, CursorError, SortError, SortKey, page, read_sort
from tests.support.features import COLUMNS, a_table

SORTABLE = [name for name in COLUMNS if name != "amenities"]
KEYS = st.lists(st.sampled_from([*SORTABLE, "id"]), max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(st.builds(SortKey, st.just(name), st.booleans()) for name in names))
)


def pages(table, keys, limit, passing=None):
    mask = table.ids == table.ids if passing is None else passing
    rows, cursor = page(table, mask, keys, limit)
    yield rows
    while cursor is not None:
        rows, cursor = page(table, mask, keys, limit, Cursor.read(cursor.written()))
        yield rows


@given(KEYS, st.integers(1, 9), st.lists(st.integers(0, 7), min_size=1, max_size=30))
def test_every_feature_comes_exactly_once_under_any_sort_and_page_size(keys, limit, drawn):
    table = a_table(sorted(set(drawn)))
    found = [row for rows in pages(table, keys, limit) for row in rows]
    assert sorted(found) == list(range(len(table)))
    (everything,) = pages(table, keys, 100)
    assert found == everything.tolist()


@given(KEYS, st.integers(1, 4))
def test_a_feature_that_leaves_between_pages_takes_no_other_with_it(keys, limit):
    table = a_table()
    rows, cursor = page(table, table.ids == table.ids, keys, limit)
    sent = set(table.ids[rows])
    assert cursor is not None
    smaller = a_table([row for row in range(8) if f"{row:02d}" != table.ids[rows[0]]], version="v2")
    while cursor is not None:
        rows, cursor = page(smaller, smaller.ids == smaller.ids, keys, limit, cursor)
        assert not sent & set(smaller.ids[rows])
        sent |= set(smaller.ids[rows])
    assert len(sent) == 8


def test_what_is_not_known_comes_last_either_way():
    table = a_table()
    for keys in (read_sort("seats", table), read_sort("-seats", table)):
        (rows,) = pages(table, keys, 100)
        assert table.ids[rows][-2:].tolist() == ["01", "06"]


def test_sorting_reads_signs_and_refuses_what_has_no_order():
    table = a_table()
    assert read_sort("+name,-seats", table) == (SortKey("name"), SortKey("seats", True))
    assert read_sort(" name", table) == (SortKey("name"),)
    for text in ("amenities", "nothing", "name,-name"):
        with pytest.raises(SortError):
            read_sort(text, table)


@pytest.mark.parametrize("text", ["", "x", "bm90IGpzb24", "WzEsMl0", "\u00fc", "W1tdLCBbXSwgW10sIFtdXQ"])
def test_a_cursor_that_nobody_made_is_refused(text):
    with pytest.raises(CursorError):
        Cursor.read(text)


def test_a_cursor_of_another_order_or_kind_is_refused():
    table = a_table()
    _, cursor = page(table, table.ids == table.ids, read_sort("seats", table), 2)
    with pytest.raises(CursorError):
        page(table, table.ids == table.ids, read_sort("-seats", table), 2, cursor)
    assert cursor is not None
    forged = Cursor(cursor.version, cursor.keys, ("text",), cursor.identity)
    with pytest.raises(CursorError):
        page(table, table.ids == table.ids, forged.keys, 2, forged)
