"""Facts of Qingdao agree with themselves and, where the sources are at hand, with them."""

from __future__ import annotations

import csv
from collections import Counter

from data.declared import DECLARED_FIGURES
from data.demo.towns import TOWNS
from data.qingdao import DISTRICT_BY_CODE, DISTRICTS, HIGH_TECH_ZONE_PEOPLE, STREETS, TOTAL_PEOPLE
from geo.places.vocabulary import FACILITY_CLASSES, FACILITY_TYPES
from tests.support.real_data import real_data


def test_ten_districts_hold_every_resident_of_2020():
    assert len(DISTRICTS) == 10
    assert sum(district.people for district in DISTRICTS) == TOTAL_PEOPLE == 10_071_722


def test_urban_people_are_as_many_as_the_census_says_and_never_more_than_all():
    assert sum(district.urban_people for district in DISTRICTS) == 7_688_474
    assert all(0 < district.urban_share <= 1 for district in DISTRICTS)
    assert DISTRICT_BY_CODE["370202"].urban_share == 1


def test_every_street_belongs_to_a_district_and_has_one_drawn_centre():
    assert {street.district_code for street in STREETS} == set(DISTRICT_BY_CODE)
    assert sorted(town.code for town in TOWNS) == sorted(street.code for street in STREETS)


def test_the_west_coast_has_as_many_towns_as_town_workstations():
    assert Counter(street.district_code for street in STREETS)["370211"] == 23


def test_street_names_are_those_of_the_official_list():
    with real_data("qingdao/street_codes.csv").open(encoding="utf-8") as file:
        official = {row[0]: row[1] for row in csv.reader(file)}
    assert {street.code: street.name for street in STREETS} == official


def test_people_are_those_of_the_census_with_the_high_tech_zone_in_chengyang():
    with real_data("qingdao/census_2020_districts.csv").open(encoding="utf-8-sig") as file:
        census = {row["区县"]: int(row["人口数_合计"]) for row in csv.DictReader(file)}
    expected = {district.name: district.people for district in DISTRICTS}
    expected["城阳区"] -= HIGH_TECH_ZONE_PEOPLE
    assert census["青岛高新技术产业开发区"] == HIGH_TECH_ZONE_PEOPLE
    assert {name: census[name] for name in expected} == expected


def test_declared_figures_carry_their_words_and_their_owner():
    for figure in DECLARED_FIGURES:
        assert figure.wording
        assert figure.owner
        assert figure.source
        assert figure.as_of[:2] == "20"
    identity = [(figure.metric, figure.area, figure.owner, figure.as_of) for figure in DECLARED_FIGURES]
    assert len(set(identity)) == len(identity)


def test_the_number_of_a_declared_figure_stands_in_its_wording():
    written = {3_000_000: "300余万", 25_000: "2.5万余"}
    for figure in DECLARED_FIGURES:
        assert written.get(figure.value, str(figure.value)) in figure.wording


def test_a_hedge_of_the_wording_is_kept_as_qualifier():
    for figure in DECLARED_FIGURES:
        hedge = "more_than" if "余" in figure.wording.split("其中")[-1] else "exact"
        hedge = "nearly" if "近" in figure.wording else hedge
        assert figure.qualifier == hedge, figure.wording


def test_declared_figures_speak_of_known_types():
    for figure in DECLARED_FIGURES:
        assert figure.facility_type is None or figure.facility_type in FACILITY_TYPES
        assert figure.facility_class is None or figure.facility_class in FACILITY_CLASSES
