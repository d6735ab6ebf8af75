"""Pages of one question stay pages of one answer while registers are imported and undone behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.datum import Datum
from geo.services.register_import import import_register, undo_import
from tests.api.conftest import NOON, api_settings
from tests.api.ogc.test_features import FILTERS, ITEMS, SORTS, links_of
from tests.api.test_changes import register_of
from tests.support.service import running_service
from tests.support.small_city import SmallCity
from tests.support.waiting import wait_until

EXAMPLES = 5
"""Each waits until an import has ended and is served."""


def pages(client: httpx.Client, asked: dict[str, str | int]) -> Iterator[dict]:
    """The pages of a question, by their own links."""
    answer = client.get(ITEMS, params=asked)
    while True:
        assert answer.status_code == 200, answer.text
        yield answer.json()
        onward = links_of(answer.json()).get(("next", "application/geo+json"))
        if onward is None:
            return
        answer = client.get(onward)


@pytest.mark.slow
def test_every_station_comes_exactly_once_though_an_import_ends_between_two_pages(own_city: SmallCity, tmp_path: Path):
    engine, done = own_city.engine(), threading.Event()
    register = register_of(tmp_path / "new.xlsx", "甲站", "乙站", "丙站", city=own_city)

    def import_and_undo() -> None:
        while not done.is_set():
            report = import_register(
                engine, own_city.settings, own_city.slug, register, datum=Datum.WGS84, network="union_station"
            )
            undo_import(engine, own_city.slug, report.batch_id)

    with running_service(api_settings(own_city, snapshot_poll_s=0.2), clock=lambda: NOON) as client:

        def served() -> str:
            return str(client.get("/readyz").json()["snapshot"]["id"])

        always = {one["id"] for page in pages(client, {"limit": 1000}) for one in page["features"]}

        @settings(max_examples=EXAMPLES, deadline=None)
        @given(SORTS, st.integers(3, 60), st.sampled_from(FILTERS))
        def page_through(sort: list[tuple[str, str]], limit: int, filter_: str) -> None:
            asked = {"limit": limit, "sortby": ",".join(sign + name for sign, name in sort)}
            found, counts = [], set()
            for number, page in enumerate(pages(client, asked | ({"filter": filter_} if filter_ else {}))):
                found += [one["id"] for one in page["features"]]
                counts.add(page["numberMatched"])
                if number == 0:
                    before = served()
                    wait_until(lambda before=before: served() != before)
            assert counts == {len(found)}
            assert len(found) == len(set(found))
            assert filter_ or always <= set(found)

        importing = threading.Thread(target=import_and_undo)
        importing.start()
        try:
            page_through()
        finally:
            done.set()
            importing.join()
    engine.dispose()
