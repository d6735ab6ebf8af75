"""What is measured against other engines is measured rightly, and an engine that is missing is said, not raised."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import engines
from benchmarks.agreement import Agreement, Answers, Network, Trial, Walk, every_so_far, times_along
from benchmarks.rivals import places_of
from geo.streets import search
from geo.streets.extract import read_extract
from geo.streets.search import Targets
from tests.support.graphs import graph_of, snaps_at
from tests.support.real_data import real_data

RING = graph_of([(0, 1, 100, 100), (1, 2, 100, 100), (2, 3, 100, 100), (3, 0, 500, 500)], node_count=4)
MICRODEGREES = st.tuples(st.integers(-180_000_000, 180_000_000), st.integers(-90_000_000, 90_000_000))


def encoded(numbers: list[int]) -> str:
    """Numbers as the polyline format writes them, from its description."""
    text = ""
    for number in numbers:
        rest = 2 * number if number >= 0 else -2 * number - 1
        while rest >= 32:
            text += chr((rest % 32 + 32) + 63)
            rest //= 32
        text += chr(rest + 63)
    return text


@given(st.lists(MICRODEGREES, min_size=1, max_size=20))
def test_an_encoded_line_is_read_back(places):
    steps = np.diff(np.array([(0, 0), *places]), axis=0)[:, ::-1].ravel().tolist()
    assert np.rint(1e6 * np.array(places_of(encoded(steps)))).astype(int).tolist() == [list(each) for each in places]


def test_a_walk_counts_down_to_its_end():
    """From the middle of the first street over the second to the middle of the third: 5 s, 10 s and 5 s."""
    station, point = snaps_at([(2, 0.5, 0)]), snaps_at([(0, 0.5, 70)])
    walk = Walk.of(Network.of(RING, station), point, 0)
    assert walk.edges.tolist() == [1]
    assert walk.left_s.tolist() == [20.0, 10.0, 0.0]


def test_a_walk_along_one_street_has_no_edge_between():
    station, point = snaps_at([(1, 0.75, 0)]), snaps_at([(1, 0.25, 0)])
    walk = Walk.of(Network.of(RING, station), point, 0)
    assert walk.edges.tolist() == []
    assert walk.left_s.tolist() == [5.0, 0.0]


def test_times_along_stops_leave_out_the_legs_to_the_street():
    assert times_along(RING, snaps_at([(0, 0.5, 900), (1, 0.5, 900), (2, 0.5, 900)])).tolist() == [10.0, 10.0]


def test_a_route_is_looked_at_in_pieces_that_are_long_enough():
    assert every_so_far(np.array([0.0, 4.0, 16.0, 17.0, 40.0, 41.0]), 15).tolist() == [0, 2, 4, 5]
    assert every_so_far(np.array([0.0, 1.0]), 15).tolist() == [0, 1]


def test_an_engine_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(engines, "PYTHON", Path("/nowhere/python"))
    (words,) = engines.against("osrm", None)
    assert words.startswith(f"osrm: not installed for {sys.executable}; left out.")


def test_an_engine_that_fails_costs_one_sentence(monkeypatch):
    monkeypatch.setattr(engines, "has_engine", lambda _: True)
    monkeypatch.setattr(engines, "RIVALS", Path("/nowhere/rivals.py"))
    (words,) = engines.against("valhalla", None)
    assert words.startswith("valhalla: 'version' failed: ")


def test_an_engine_that_answers_as_we_do_agrees(monkeypatch):
    """Our own search, asked as an engine is asked, differs by rounding alone."""
    monkeypatch.setattr("benchmarks.agreement.POINTS", 20)
    extract = real_data("porto/streets.osm.pbf")
    trial = Trial(extract, read_extract(extract).streets)

    def ask(verb, start, goals):
        ends = trial.index.snap(*np.array([start, *(goals if verb == "table" else [goals])]).T)
        joined = np.column_stack((ends.lon, ends.lat)).tolist()
        if verb == "route":
            return joined
        on_street = ends.take(np.arange(len(ends)))
        on_street.access_ds[:] = 0
        targets = Targets.join(trial.graph, on_street)
        everyone = np.arange(1, len(ends), dtype=np.int32)
        seconds = search.times_to(trial.graph, targets, None, on_street.take(np.array([0])), everyone) / 10
        return seconds.tolist(), (1.2 * seconds).tolist(), joined

    first = next(Agreement(trial, Answers.of("ours", trial, ask), ask).words())
    assert "from 20 of 20 points: median ratio 1.0000" in first
    assert float(re.search(r"p90 ([\d.]+) s", first)[1]) <= 0.2
    assert "100.0 % agree" in first
