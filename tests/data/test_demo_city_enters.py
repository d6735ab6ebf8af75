"""The demo city comes in by the ordinary readers: districts, one walking network, exactly the faults put in."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from data.demo_city import DemoFiles
from data.qingdao import DISTRICTS, TOTAL_PEOPLE
from geo.coverage.demand_tables import read_district_table
from geo.datum import Datum
from geo.places.register import read_register
from geo.streets.build import build_graph
from geo.streets.extract import Extract, read_extract
from geo.streets.modes import EBIKE, WALK, Mode
from geo.types import Box


@pytest.fixture(scope="session")
def whole_extract(whole_files: DemoFiles) -> Extract:
    return read_extract(whole_files.extract)


def test_the_extract_gives_ten_districts_and_every_street(whole_extract: Extract):
    assert whole_extract.report.unclosed_areas == []
    names = {area.code: (area.name, area.name_en) for area in whole_extract.areas if area.level == "district"}
    assert names == {district.code: (district.name, district.name_en) for district in DISTRICTS}
    assert Counter(area.level for area in whole_extract.areas) == {"district": 10, "street": 141}


@pytest.mark.parametrize("mode", [WALK, EBIKE], ids=lambda mode: mode.code)
def test_nearly_all_streets_hang_together_and_the_islands_do_not(mode: Mode, whole_extract: Extract):
    whole, _ = build_graph(whole_extract.streets, mode, min_component_m=0.0)
    mainland, report = build_graph(whole_extract.streets, mode, min_component_m=50_000.0)
    share = float(np.sum(mainland.edges.length_m) / np.sum(whole.edges.length_m))
    assert 0.99 < share < 1.0
    assert report.islands > 4


def test_hosts_of_every_kind_are_found(whole_extract: Extract):
    found = Counter(host.host_type for host in whole_extract.hosts)
    assert found["toilet"] == 1_300
    for kind in (
        "bus_station",
        "bank",
        "fuel",
        "library",
        "community",
        "convenience_24h",
        "ev_station",
        "park",
        "metro",
    ):
        assert found[kind] >= 40, kind


@pytest.fixture(scope="session")
def whole_read(whole_files: DemoFiles):
    return read_register(whole_files.register, datum=Datum.GCJ02, city_box=Box(119.4, 35.5, 121.05, 37.2))


def test_the_register_reader_reports_exactly_the_faults(whole_files: DemoFiles, whole_read):
    told = {
        (problem.row, problem.code, problem.column, problem.value, problem.severity) for problem in whole_read.problems
    }
    put_in = {(fault.row, fault.kind, fault.column, fault.value, fault.severity) for fault in whole_files.faults}
    assert told == put_in


def test_every_sound_row_is_read_as_declared(whole_files: DemoFiles, whole_read):
    assert Counter(row.facility_type for row in whole_read.rows) == whole_files.facts.counts
    assert sum(row.facility_class == "smart24h" for row in whole_read.rows) == 87
    assert all(row.is_synthetic for row in whole_read.rows)


def test_the_census_is_read_with_every_person(whole_files: DemoFiles):
    table = read_district_table(whole_files.census)
    assert table.codes == [district.code for district in DISTRICTS]
    assert float(np.sum(table.people)) == TOTAL_PEOPLE
