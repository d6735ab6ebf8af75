"""Toilets of the street map by travel time, and the truth where there are none."""

from __future__ import annotations

import pandas as pd
import pytest

from geo.services.places_nearby import hosts_nearby
from geo.snapshot.model import Snapshot
from tests.support.grid_city import lon_lat
from tests.support.toy_snapshot import station, toy_snapshot


def hosts(*places: tuple[str, float, float]) -> pd.DataFrame:
    """Hosts of the drawn city: type and metres east and north."""
    points = [lon_lat(x_m, y_m) for _, x_m, y_m in places]
    return pd.DataFrame(
        {
            "osm_id": [f"n{row}" for row in range(len(places))],
            "host_type": [kind for kind, _, _ in places],
            "name": None,
            "opening_hours": None,
            "lon": [point[0] for point in points],
            "lat": [point[1] for point in points],
        }
    )


def city(*places: tuple[str, float, float]) -> Snapshot:
    """The drawn city with hosts."""
    return toy_snapshot([station(100, 100)], hosts=hosts(*places))


def test_the_way_counts_and_only_toilets_do():
    snapshot = city(("toilet", 200, 200), ("bank", 110, 100), ("toilet", 270, 100))
    answer = hosts_nearby(snapshot, "toilets", *lon_lat(100, 100), mode="walk", limit=5)
    assert answer.places["osm_id"].iloc[[hit.row for hit in answer.hits]].tolist() == ["n2", "n0"]
    assert answer.hits[0].time_ds == pytest.approx(170 / 1.2 * 10, rel=2e-3)
    assert answer.hits[0].time_ds_by_mode == {"walk": answer.hits[0].time_ds}
    assert len(answer.places) == 2


def test_where_none_is_mapped_there_are_none():
    answer = hosts_nearby(city(("bank", 110, 100)), "toilets", *lon_lat(100, 100), mode="walk", limit=5)
    assert (answer.hits, len(answer.places), answer.off_network) == ((), 0, False)


def test_off_the_streets_is_not_the_same_as_none():
    answer = hosts_nearby(city(("toilet", 200, 200)), "toilets", *lon_lat(-900, -900), mode="walk", limit=5)
    assert (answer.hits, len(answer.places), answer.off_network) == ((), 1, True)
