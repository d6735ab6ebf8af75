"""Selections come in parts that together are the whole, in the order that was asked for."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.features.crs import SYSTEMS, reference_system
from geo.features.selection import Selection
from tests.support.features import a_table

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@given(st.permutations(range(8)), st.integers(1, 9))
def test_parts_are_the_whole_in_its_order(order, at_once):
    whole = Selection(a_table(), np.array(order), None, False, SYSTEMS[0])
    parts = [*whole.parts(at_once)]
    assert [row for part in parts for row in part.rows] == order
    assert max(len(part.rows) for part in parts) <= at_once


def test_binary_formats_have_east_first_whatever_the_authority_says():
    for code, is_north_first in (("4326", True), ("4490", True), ("4547", True), ("3857", False)):
        chosen = Selection(a_table(), np.arange(8), None, False, reference_system(EPSG + code))
        there, binary = (shapely.get_coordinates(shapes) for shapes in (chosen.shapes(), chosen.shapes_east_first()))
        assert np.array_equal(binary, there[:, ::-1] if is_north_first else there)
