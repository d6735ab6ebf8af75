"""Outlines of one station and of all that count, as the service gives them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.coverage.question import Question
from geo.services.isochrones import (
    BandsError,
    StationOffNetworkError,
    isochrones_of_station,
    outlines_of_coverage,
)
from geo.store.facility_store import FacilityNotFoundError
from geo.streets.search import field, point_times
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import OFFICE, rule, station, toy_snapshot

TWO = [station(200, 200), station(1500, 1500, rules=[rule(OFFICE)])]


def test_one_station_is_outlined_alone_and_the_longest_limit_comes_first():
    city = toy_snapshot(TWO)
    document = isochrones_of_station(city, 102, minutes=(5, 15, 10)).to_geojson()
    assert [one["properties"]["minutes"] for one in document["features"]] == [15, 10, 5]
    assert document["facility"] == {"id": 102, "name": city.facilities["name"].loc[102]}
    shapes = [shapely.geometry.shape(one["geometry"]) for one in document["features"]]
    assert [shapely.contains_xy(shape, *lon_lat(1500, 1500)) for shape in shapes] == [True] * 3
    assert not any(shapely.contains_xy(shape, *lon_lat(200, 200)) for shape in shapes)
    assert document["bbox"] == pytest.approx(shapes[0].bounds)
    properties = document["features"][1]["properties"]
    assert (properties["mode"], properties["stations"], properties["lattice_m"]) == ("walk", 1, 10)
    assert 0 <= properties["unreached_share"] < 0.1


def test_all_stations_are_outlined_together_by_the_hour():
    city = toy_snapshot(TWO)
    noon = outlines_of_coverage(city, Question(minutes=8, at="weekday 12:30"))
    night = outlines_of_coverage(city, Question(minutes=8, at="weekday 23:00"))
    assert (noon.stations, night.stations) == (2, 1)
    assert len(noon.bands[0].outline.geoms) == 2
    assert noon.bands[0].limit_ds == 4800
    alone = isochrones_of_station(city, 101, minutes=(8,)).bands[0]
    assert shapely.equals(night.bands[0].outline, alone.outline)


def test_every_cell_whose_centre_street_is_in_time_lies_inside():
    """The outline and the coverage answer speak of the same field."""
    city = toy_snapshot(TWO)
    layer = city.layer("walk")
    centre = layer.grid.centre
    joined = centre.edge >= 0
    time_ds, _ = point_times(layer.graph, layer.targets, field(layer.graph, layer.targets), centre)
    in_time = joined & (time_ds < 4800)
    assert in_time.any()
    outline = outlines_of_coverage(city, Question(minutes=8)).bands[0].outline
    assert shapely.intersects_xy(outline, centre.lon[in_time], centre.lat[in_time]).all()


def test_when_no_station_counts_the_outline_is_empty_and_says_so():
    city = toy_snapshot([station(1500, 1500, rules=[rule(OFFICE)])])
    document = outlines_of_coverage(city, Question(at="sunday 12:30")).to_geojson()
    (feature,) = document["features"]
    assert "bbox" not in document
    assert feature["geometry"] == {"type": "MultiPolygon", "coordinates": []}
    assert feature["properties"]["stations"] == 0


def test_what_cannot_be_outlined_is_refused_in_a_sentence():
    city = toy_snapshot([*TWO, station(9000, 9000)])
    with pytest.raises(FacilityNotFoundError, match="99"):
        isochrones_of_station(city, 99)
    with pytest.raises(StationOffNetworkError, match="103"):
        isochrones_of_station(city, 103)


@pytest.mark.parametrize("minutes", [(), (0.5,), (61,), (5, 5), (1, 2, 3, 4, 5, 6, 7), (float("nan"),)])
def test_limits_out_of_range_are_refused(minutes):
    with pytest.raises(BandsError):
        isochrones_of_station(toy_snapshot(TWO), 101, minutes=minutes)


def test_an_outline_is_plain_data():
    """Nothing in the document needs numpy to be read."""
    document = isochrones_of_station(toy_snapshot(TWO), 101).to_geojson()
    values = [value for one in document["features"] for value in one["properties"].values()]
    assert not any(isinstance(value, np.generic) for value in [*values, *document["bbox"]])
