"""What the service tells Prometheus: routes, codes and times; never who asked, or from where."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Metrics
from api.settings import ApiSettings
from geo.services.keys import REPORTS_READ, new_key
from geo.store.engine import make_engine
from tests.api.conftest import NOON, api_settings
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.toy_holder import ToyHolder, holder_with_city
from tests.support.toy_snapshot import station, toy_snapshot

SNAPSHOT = toy_snapshot([station(200, 200), station(1500, 300)])


def values(client: httpx.Client, **headers: str) -> dict[tuple[str, str], float]:
    """Every sample, by its name and its labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_template_and_nothing_of_whoever_asked_is_in_a_label(
    service: httpx.Client, small_city: SmallCity
):
    snapshot = small_city.snapshot
    lon, lat, number = float(snapshot.lon[0]), float(snapshot.lat[0]), snapshot.facility_ids[0]
    before = values(service)
    for path in (
        f"/nearest?lon={lon:.6f}&lat={lat:.6f}",
        f"/facilities/{number}",
        "/facilities/secret-of-somebody",
        "/collections/stations/items/another-secret",
        "/no/such/place",
    ):
        service.get(path, headers={"X-API-Key": "yq_12345678_" + "s" * 43})
    service.request("PROPFIND", "/nearest")
    service.head("/healthz")
    after = values(service)

    def grown(route: str, method: str, code: int) -> float:
        key = ("yiquan_requests_total", f"code={code},method={method},route={route}")
        return after.get(key, 0) - before.get(key, 0)

    assert grown("/nearest", "GET", 200) >= 1
    assert grown("/facilities/{identity}", "GET", 200) >= 1
    assert grown("/facilities/{identity}", "GET", 404) >= 1
    assert grown("unmatched", "GET", 404) >= 1
    assert grown("/healthz", "HEAD", 200) >= 1
    assert sum(grown(route, "other", 405) for route in ("/nearest", "unmatched")) >= 1
    said = " ".join(f"{name} {labels}" for name, labels in after)
    for secret in (f"{lon:.4f}", f"{lat:.4f}", "secret", "yq_", "PROPFIND", f"={number},", "/no/such"):
        assert secret not in said
    assert after["yiquan_request_seconds_bucket", "le=+Inf,route=/nearest"] >= 1
    assert set(re.findall("le=([0-9.]+)", said)) >= {"0.005", "0.25", "2.5"}


def test_snapshot_database_and_imports_are_told(service: httpx.Client, small_city: SmallCity):
    service.get("/coverage/runs")  # the pools are made by whoever needs them first
    told = values(service)
    assert told["yiquan_up", ""] == told["yiquan_db_up", ""] == 1
    assert told["yiquan_facilities", ""] == len(small_city.snapshot.facilities)
    assert told["yiquan_snapshot_age_seconds", ""] >= 0
    assert told["yiquan_import_rows_total", "outcome=added"] >= len(small_city.snapshot.facilities)
    assert told["yiquan_db_connections_in_use", "pool=read"] >= 0


def test_another_machine_is_told_nothing_unless_keys_are_let_in(database_url: str, tmp_path: Path):
    holder = holder_with_city(SNAPSHOT, database_url, ApiSettings(data_dir=tmp_path))
    engine = make_engine(database_url)
    _, key = new_key(engine, SNAPSHOT.city.slug, "prometheus", scopes=[REPORTS_READ], now=NOON)
    engine.dispose()
    elsewhere = {"X-Forwarded-For": "198.51.100.1"}
    with running_service(ApiSettings(data_dir=tmp_path), holder=holder, clock=lambda: NOON) as client:
        assert client.get("/metrics").status_code == 200
        refused = client.get("/metrics", headers=elsewhere | {"Authorization": f"Bearer {key}"})
        assert (refused.status_code, "YIQUAN_METRICS" in refused.json()["detail"]) == (403, True)
    settings = ApiSettings(data_dir=tmp_path, metrics="key")
    again = ToyHolder(SNAPSHOT, database_url, settings)
    with running_service(settings, holder=again, clock=lambda: NOON) as client:
        assert client.get("/metrics", headers=elsewhere).status_code == 401
        assert client.get("/metrics", headers=elsewhere | {"X-API-Key": "wrong"}).status_code == 401
        assert values(client, **elsewhere, Authorization=f"Bearer {key}")["yiquan_up", ""] == 1


def test_without_a_database_the_rest_is_told(own_city: SmallCity):
    settings = api_settings(own_city, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    with running_service(settings) as client:
        told = values(client)
    assert told["yiquan_db_up", ""] == 0
    assert told["yiquan_up", ""] == 1
    assert ("yiquan_import_rows_total", "outcome=added") not in told


def test_methods_that_somebody_invents_make_no_labels(tmp_path: Path):
    metrics = Metrics(ToyHolder(SNAPSHOT, "postgresql://nobody@127.0.0.1:1/x", ApiSettings(data_dir=tmp_path)))
    for number in range(1000):
        metrics.count("unmatched", f"M{number}", 405, 0.001)
    assert metrics.text().count(b"yiquan_requests_total{") == 1
    assert b'method="other"' in metrics.text()


@pytest.mark.parametrize("path", ["/metrics?x=1", "/metrics?format=json"])
def test_it_takes_no_parameters(service: httpx.Client, path: str):
    assert service.get(path).status_code == 400
