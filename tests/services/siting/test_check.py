"""One address: what it adds is what coverage counts, and its rank is its place among the candidates."""

from __future__ import annotations

import pytest

from geo.coverage.question import Question
from geo.datum import Datum, from_wgs84
from geo.services import coverage
from geo.services.siting.check import Address, OffNetworkAddressError, check_address
from geo.services.siting.planning import plan
from tests.services.siting.test_planning import PLACES, QUESTION, SNAPSHOT, covered_with, siting
from tests.support.grid_city import lon_lat


def test_what_an_address_adds_is_what_coverage_counts():
    place = lon_lat(1000, 1000)
    checked = check_address(SNAPSHOT, siting(choose=1), Address(*place))
    before = float(coverage.answer(SNAPSHOT, QUESTION).covered_people.sum())
    assert checked["adds"] == pytest.approx(covered_with(place) - before, abs=1)
    assert checked["within"] == pytest.approx(checked["adds"] + checked["already"], abs=1)
    at_night = next(row for row in checked["by_mode_and_hour"] if row["at"] == "weekday 23:00")
    assert at_night["adds"] >= checked["adds"]
    assert "多覆盖" in checked["words"]["zh"][0]


def test_the_best_candidate_ranks_first_and_an_address_amid_stations_last():
    answered = plan(SNAPSHOT, siting(choose=1))
    best = answered.prepared.candidates[int(answered.found.chosen[0])]
    first = check_address(SNAPSHOT, siting(choose=1), Address(best.lon, best.lat))
    assert (first["rank"], first["candidates"], first["best"]["key"]) == (1, len(PLACES), best.key)
    beside = check_address(SNAPSHOT, siting(choose=1), Address(*lon_lat(200, 200)))
    assert (beside["adds"], beside["rank"]) == (0, len(PLACES) + 1 - sum_of_useless())


def sum_of_useless() -> int:
    """How many candidates add nobody either."""
    before = covered_with(lon_lat(200, 200))
    return sum(covered_with(lon_lat(*place)) - before < 0.5 for place in PLACES)


def test_an_address_shut_at_the_hour_asked_adds_nobody_then():
    question = Question(minutes=4, at="weekday 23:00")
    lon, lat = lon_lat(1000, 1000)
    shut = check_address(SNAPSHOT, siting(choose=1, question=question), Address(lon, lat, hours="Mo-Fr 09:00-17:00"))
    assert shut["adds"] == 0
    states = {row["at"]: row["open"] for row in shut["by_mode_and_hour"]}
    assert (states["weekday 12:00"], states["weekday 23:00"], states[None]) == (True, False, None)


def test_an_address_in_amaps_datum_lands_where_it_is_and_one_at_sea_is_refused():
    lon, lat = lon_lat(1000, 1000)
    shifted = from_wgs84([lon], [lat], Datum.GCJ02)
    address = Address.at(float(shifted[0][0]), float(shifted[1][0]), Datum.GCJ02)
    assert (address.lon, address.lat) == pytest.approx((lon, lat), abs=1e-7)
    with pytest.raises(OffNetworkAddressError, match="no permitted street"):
        check_address(SNAPSHOT, siting(choose=1), Address(*lon_lat(90_000, 0)))
