"""Sixty requests with faults of fifteen kinds: each is told which parameter is wrong, and nothing of what is inside."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

ITEMS = "/collections/stations/items"
PLACE = "lon=120.38&lat=36.07"

# kind of fault, method, address, what is sent, status, parameter (None where the fault is none of one)
FAULTS: list[tuple[str, str, str, dict[str, Any], int, str | None]] = [
    ("unknown", "GET", f"/nearest?{PLACE}&radius=5", {}, 400, "radius"),
    ("unknown", "GET", f"{ITEMS}?colour=red", {}, 400, "colour"),
    ("unknown", "GET", "/coverage?minuets=10", {}, 400, "minuets"),
    ("unknown", "GET", "/hsds/services?postcode=266000", {}, 400, "postcode"),
    ("repeated", "GET", f"/nearest?{PLACE}&lon=1", {}, 400, "lon"),
    ("repeated", "GET", f"{ITEMS}?limit=1&limit=2", {}, 400, "limit"),
    ("repeated", "GET", "/changes?limit=1&limit=1", {}, 400, "limit"),
    ("repeated", "GET", "/coverage?mode=walk&mode=ebike", {}, 400, "mode"),
    ("missing", "GET", "/nearest?lat=36", {}, 400, "lon"),
    ("missing", "GET", "/grid?lon=120", {}, 400, "lat"),
    ("missing", "POST", "/nearest", {"json": {"limit": 3}}, 400, "points"),
    ("missing", "GET", "/isochrones", {}, 400, "facility"),
    ("number", "GET", "/nearest?lon=120,38&lat=36", {}, 400, "lon"),
    ("number", "GET", "/nearest?lon=0x78&lat=36", {}, 400, "lon"),
    ("number", "GET", "/nearest?lon=+120&lat=36", {}, 400, "lon"),
    ("number", "GET", f"{ITEMS}?limit=ten", {}, 400, "limit"),
    ("not finite", "GET", "/nearest?lon=nan&lat=36", {}, 400, "lon"),
    ("not finite", "GET", "/nearest?lon=120&lat=Infinity", {}, 400, "lat"),
    ("not finite", "GET", "/nearest?lon=1e999&lat=36", {}, 400, "lon"),
    ("not finite", "GET", f"{ITEMS}?bbox=nan,1,2,3", {}, 400, "bbox"),
    ("range", "GET", "/nearest?lon=181&lat=36", {}, 400, "lon"),
    ("range", "GET", "/nearest?lon=120&lat=-90.1", {}, 400, "lat"),
    ("range", "GET", "/coverage?minutes=100000", {}, 400, "minutes"),
    ("range", "GET", "/hsds/services?page=0", {}, 400, "page"),
    ("word", "GET", f"/nearest?{PLACE}&mode=fly", {}, 400, "mode"),
    ("word", "GET", f"/nearest?{PLACE}&amenities=gold", {}, 400, "amenities"),
    ("word", "GET", f"{ITEMS}?f=xml", {}, 400, "f"),
    ("word", "GET", "/areas?level=village", {}, 400, "level"),
    ("moment", "GET", f"/nearest?{PLACE}&open=yesterday", {}, 400, "open"),
    ("moment", "GET", f"/nearest?{PLACE}&open=2026-02-30T12:00:00Z", {}, 400, "open"),
    ("moment", "GET", f"{ITEMS}?datetime=2026-13-01", {}, 400, "datetime"),
    ("moment", "GET", "/hsds/services?modified_after=2026-11-20T12:00:00", {}, 400, "modified_after"),
    ("box", "GET", f"{ITEMS}?bbox=1,2,3", {}, 400, "bbox"),
    ("box", "GET", f"{ITEMS}?bbox=1,9,2,3", {}, 400, "bbox"),
    ("box", "GET", f"{ITEMS}?bbox=1,2,3,4&bbox-crs=EPSG:4326", {}, 400, "bbox-crs"),
    ("box", "GET", f"{ITEMS}?crs=http://example.org/4326", {}, 400, "crs"),
    ("filter", "GET", f"{ITEMS}?filter=seats%20%3D%3D%201", {}, 400, "filter"),
    ("filter", "GET", f"{ITEMS}?filter=1%3D1;DROP%20TABLE%20facility", {}, 400, "filter"),
    ("filter", "GET", f"{ITEMS}?filter=S_DWITHIN(geometry,POINT(1%201),1,m)", {}, 400, "filter"),
    ("filter", "GET", f"{ITEMS}?filter=seats%3D1&filter-lang=sql", {}, 400, "filter-lang"),
    ("order", "GET", f"{ITEMS}?sortby=secret", {}, 400, "sortby"),
    ("order", "GET", f"{ITEMS}?sortby=name,name", {}, 400, "sortby"),
    ("order", "GET", f"{ITEMS}?cursor=AAAA", {}, 400, "cursor"),
    ("order", "GET", "/changes?since=now", {}, 400, "since"),
    ("encoding", "GET", "/nearest?lon=%ff&lat=36", {}, 400, "query"),
    ("encoding", "GET", f"/nearest?{PLACE}&=1", {}, 400, "…"),
    ("encoding", "GET", f"/nearest?{PLACE}&%00=1", {}, 400, "…"),
    ("encoding", "GET", "/nearest?lon", {}, 400, "query"),
    ("body", "POST", "/nearest", {"content": b"{"}, 400, "body"),
    ("body", "POST", "/nearest", {"json": [1, 2]}, 400, "body"),
    ("body", "POST", "/what-if", {"content": b"\xff\xfe"}, 400, "body"),
    ("body", "POST", "/reports", {"content": b"null"}, 400, "body"),
    ("member", "POST", "/nearest", {"json": {"points": [["120", 36]]}}, 400, "points"),
    ("member", "POST", "/nearest", {"json": {"points": [[120, 36]], "speed": 9}}, 400, "speed"),
    ("member", "POST", "/what-if", {"json": {"changes": [{"kind": "burn"}]}}, 400, "changes[0]"),
    ("member", "POST", "/reports", {"json": {"station": "1; --"}}, 400, "station"),
    ("header", "GET", ITEMS, {"headers": {"Accept": "image/png"}}, 406, None),
    ("header", "GET", "/reports", {"headers": {"Authorization": "Bearer x'--"}}, 401, None),
    ("header", "DELETE", "/nearest", {}, 405, None),
    ("header", "GET", "/reports", {"headers": [("X-API-Key", "a"), ("X-API-Key", "b")]}, 400, "X-API-Key"),
    ("size", "POST", "/reports", {"content": b"{" + b" " * 5000}, 413, None),
    ("size", "GET", "/nearest?" + "&".join(f"a{n}=1" for n in range(60)), {}, 400, "query"),
    ("size", "GET", f"/nearest?lon={'9' * 500}&lat=36", {}, 400, "lon"),
    ("size", "GET", f"/hsds/services?search={'a' * 500}", {}, 400, "search"),
]

INSIDE = ("Traceback", "SELECT ", "INSERT ", "psycopg", "sqlalchemy", 'File "', ".py", "facility_id")
"""Words that an answer has only if it shows what is inside."""


def test_there_are_sixty_of_fifteen_kinds():
    assert len(FAULTS) >= 60
    assert len({kind for kind, *_ in FAULTS}) >= 15


@pytest.mark.parametrize(("kind", "method", "address", "sent", "code", "named"), FAULTS)
def test_a_fault_is_named_and_nothing_inside_is_shown(
    service: httpx.Client, kind: str, method: str, address: str, sent: dict[str, Any], code: int, named: str | None
):
    answer = service.request(method, address, **sent)
    assert answer.status_code == code, (kind, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(problem)
    assert problem["status"] == code
    assert problem.get("parameter") == named
    assert not [word for word in INSIDE if word in answer.text]
