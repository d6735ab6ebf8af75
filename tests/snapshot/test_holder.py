"""What is served stays served, whatever happens to the database or the files, and is fresh again soon after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geo.services.cities import new_city
from geo.settings import Settings
from geo.snapshot.build import build_fresh
from geo.snapshot.folders import SnapshotFolder
from geo.snapshot.holder import NoSnapshotError, SnapshotHolder
from geo.store.city_store import bump_revision
from tests.snapshot.test_build import flip_a_bit
from tests.support.proxy import database_proxy
from tests.support.small_city import SmallCity
from tests.support.waiting import wait_until

POLL_S = 0.2
"""Much more than it takes: the machine may be busy. The promise itself is tested in tests/api."""


@contextmanager
def holding(settings: Settings, url: str | None = None, **options: Any) -> Iterator[SnapshotHolder]:
    """A holder at work."""
    holder = SnapshotHolder(settings, url, poll_s=POLL_S, timeout_s=1.0, **options)
    holder.start()
    try:
        yield holder
    finally:
        holder.stop()


def rename_first(city: SmallCity, name: str) -> None:
    """Change a fact as an import would."""
    engine = city.engine()
    with engine.begin() as connection:
        update = text("UPDATE facility SET name = :name WHERE facility_id = :first")
        connection.execute(update, {"name": name, "first": city.snapshot.facility_ids[0]})
        bump_revision(connection, city.snapshot.city.city_id)
    engine.dispose()


def first_name(holder: SnapshotHolder) -> str:
    """The name that is served."""
    return str(holder.snapshot.facilities["name"].iloc[0])


def snapshots(city: SmallCity) -> SnapshotFolder:
    """The city's snapshots on disk."""
    return SnapshotFolder(city.settings.data_dir, city.slug)


def test_what_is_on_disk_is_served_at_once_without_a_database(own_city: SmallCity):
    with holding(own_city.settings, "postgresql://nobody@127.0.0.1:1/nothing") as holder:
        assert holder.snapshot.id == own_city.snapshot.id
        wait_until(lambda: holder.state()["status"] == "degraded")
        assert holder.state()["database"]["state"] == "down"
        assert holder.is_stale


def test_a_change_is_served_without_a_restart(own_city: SmallCity):
    with holding(own_city.settings, own_city.url) as holder:
        wait_until(lambda: holder.state()["status"] == "ready" and not holder.is_stale)
        rename_first(own_city, "新驿站")
        wait_until(lambda: first_name(holder) == "新驿站")
        assert holder.state()["status"] == "ready"
        assert not holder.is_stale
    assert len(snapshots(own_city).ids()) == 2


@pytest.mark.parametrize("fault", ["down", "frozen"])
def test_a_database_that_is_gone_takes_nothing_away(own_city: SmallCity, fault: str):
    with database_proxy(own_city.url) as (proxy, url), holding(own_city.settings, url) as holder:
        wait_until(lambda: holder.state()["status"] == "ready")
        getattr(proxy, fault)()
        wait_until(lambda: holder.state()["database"]["state"] == "down")
        rename_first(own_city, "停电时改名")
        assert holder.state()["status"] == "degraded"
        assert holder.snapshot.id == own_city.snapshot.id
        proxy.up()
        wait_until(lambda: holder.state()["status"] == "ready")
        wait_until(lambda: first_name(holder) == "停电时改名")


def test_the_one_before_is_served_when_the_current_one_is_damaged(own_city: SmallCity):
    engine = own_city.engine()
    damaged = build_fresh(engine, own_city.settings, own_city.slug)
    engine.dispose()
    flip_a_bit(snapshots(own_city).path / damaged / "facilities.json")
    with holding(own_city.settings, "postgresql://nobody@127.0.0.1:1/nothing") as holder:
        assert holder.snapshot.id == own_city.snapshot.id
        assert damaged in (holder.state()["problem"] or "")
        assert holder.state()["status"] == "degraded"


def test_a_damaged_one_that_is_published_is_refused_and_the_one_in_use_kept(own_city: SmallCity):
    with holding(own_city.settings, "postgresql://nobody@127.0.0.1:1/nothing") as holder:
        folder = snapshots(own_city)
        copied = "20990101T000000Z-0badbad0"
        shutil.copytree(folder.path / own_city.snapshot.id, folder.path / copied)
        flip_a_bit(folder.path / copied / "walk-label-facility.npy")
        folder.make_current(copied)
        wait_until(lambda: copied in (holder.state()["problem"] or ""))
        assert holder.snapshot.id == own_city.snapshot.id


def test_when_all_are_damaged_a_new_one_is_made_from_the_database(own_city: SmallCity):
    flip_a_bit(snapshots(own_city).path / own_city.snapshot.id / "facilities.json")
    with holding(own_city.settings, own_city.url) as holder:
        wait_until(lambda: holder.state()["status"] == "ready")
        assert holder.snapshot.id != own_city.snapshot.id
        assert holder.problem is None


def test_two_processes_make_one_snapshot(own_city: SmallCity):
    with holding(own_city.settings, own_city.url) as one, holding(own_city.settings, own_city.url) as other:
        rename_first(own_city, "只建一次")
        wait_until(lambda: first_name(one) == first_name(other) == "只建一次")
        assert one.snapshot.id == other.snapshot.id
    assert snapshots(own_city).ids() == sorted([one.snapshot.id, own_city.snapshot.id], reverse=True)


def test_an_empty_database_is_said_to_be_empty(empty_database_url: str, tmp_path: Path):
    with holding(Settings(data_dir=tmp_path, database_url=empty_database_url)) as holder:
        wait_until(lambda: holder.state()["database"]["state"] == "up")
        with pytest.raises(NoSnapshotError, match="yiquan city new"):
            _ = holder.snapshot
        assert holder.state()["status"] == "unready"


def test_an_incomplete_city_names_the_command_that_completes_it(database_url: str, tmp_path: Path):
    from geo.store.engine import make_engine

    engine = make_engine(database_url)
    new_city(engine, "bare", name="空城")
    engine.dispose()
    with holding(Settings(data_dir=tmp_path, database_url=database_url)) as holder:
        wait_until(lambda: "yiquan import streets" in (holder.problem or ""))
        with pytest.raises(NoSnapshotError, match="yiquan import streets"):
            _ = holder.snapshot


def test_of_several_cities_one_must_be_chosen(own_city: SmallCity):
    engine = own_city.engine()
    new_city(engine, "another", name="另一城")
    engine.dispose()
    shutil.rmtree(snapshots(own_city).path)
    with holding(own_city.settings, own_city.url) as holder:
        wait_until(lambda: "YIQUAN_CITY" in (holder.problem or ""))
    chosen = own_city.settings.model_copy(update={"city": own_city.slug})
    with holding(chosen, own_city.url) as holder:
        wait_until(lambda: holder.state()["status"] == "ready")
        assert holder.snapshot.city.slug == own_city.slug


def test_what_is_swapped_in_was_prepared_before(own_city: SmallCity):
    prepared: list[str] = []
    with holding(own_city.settings, own_city.url, prepare=lambda snapshot: prepared.append(snapshot.id)) as holder:
        assert prepared == [holder.snapshot.id]
