"""The description of the API is true: real answers are what it says, member by member."""

from __future__ import annotations

import httpx
import pytest
from pydantic import BaseModel

from api.schemas.answers import BatchAnswer, CityAnswer, Facility, NearestAnswer, Problem, Ready, StationsAnswer
from api.schemas.rider import AmenitiesNearby, GridWorkstations, PlacesAnswer, StationReports
from tests.support.small_city import SmallCity


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/nearest?{place}", NearestAnswer),
        ("/nearest?{place}&coord=bd09&mode=ebike&open=now&limit=20", NearestAnswer),
        ("/nearest?lon=0&lat=0", NearestAnswer),
        ("/nearest?{place}&type=childcare_station&open=2026-11-18T03:00:00Z&max_s=3600", NearestAnswer),
        ("/facilities/{id}", Facility),
        ("/facilities/{id}?coord=gcj02", Facility),
        ("/city.json", CityAnswer),
        ("/stations.json", StationsAnswer),
        ("/readyz", Ready),
        ("/places?q=a", PlacesAnswer),
        ("/grid?{place}", GridWorkstations),
        ("/amenities-nearby?{place}&coord=gcj02", AmenitiesNearby),
        ("/facilities/{id}/reports", StationReports),
        ("/nearest?lon=1", Problem),
        ("/nope", Problem),
        ("/coverage?demand=nobody", Problem),
    ],
)
def test_an_answer_is_what_the_description_says(
    service: httpx.Client, small_city: SmallCity, path: str, model: type[BaseModel]
):
    snapshot = small_city.snapshot
    place = f"lon={snapshot.lon[0]:.6f}&lat={snapshot.lat[0]:.6f}"
    answer = service.get(path.format(place=place, id=snapshot.facility_ids[0]))
    model.model_validate_json(answer.content)


def test_a_batch_is_what_the_description_says(service: httpx.Client, small_city: SmallCity):
    snapshot = small_city.snapshot
    points = list(zip(snapshot.lon[:5].tolist(), snapshot.lat[:5].tolist(), strict=True))
    BatchAnswer.model_validate_json(service.post("/nearest", json={"points": [*points, (0.0, 0.0)]}).content)


def test_every_address_says_what_it_answers(service: httpx.Client):
    document = service.get("/api").json()
    described = document["paths"]["/nearest"]["get"]["responses"]
    assert described["200"]["content"]["application/geo+json"]["schema"]["$ref"].endswith("NearestAnswer")
    refusal = document["components"]["responses"][described["400"]["$ref"].rpartition("/")[2]]
    assert refusal["content"]["application/problem+json"]["schema"]["$ref"].endswith("Problem")
    assert "#/components" in str(document)
    assert "http" not in {reference.split("/")[0] for reference in str(document).split("'$ref': '")[1:]}
