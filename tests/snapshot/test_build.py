"""A snapshot holds what the database knows, and is the same for the same facts."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from geo.services.cities import new_city
from geo.services.city_import import import_streets
from geo.settings import Settings
from geo.snapshot import build
from geo.snapshot.build import NoFacilitiesError, NoStreetsError, build_fresh, build_snapshot
from geo.snapshot.folders import DamagedSnapshotError, SnapshotFolder, read_manifest
from geo.snapshot.load import load_snapshot
from geo.snapshot.model import ModeNotInSnapshotError, NoDemandError
from geo.store.city_store import CityNotFoundError, bump_revision
from geo.streets.hubs import hub_times, link_hubs
from geo.streets.search import k_labels
from geo.types import UNREACHED
from tests.support.small_city import SmallCity


def test_every_visible_facility_is_in_it_in_the_order_of_ids(small_city: SmallCity):
    snapshot = small_city.snapshot
    engine = small_city.engine()
    with engine.connect() as connection:
        ids = connection.execute(text("SELECT facility_id FROM facility WHERE visible ORDER BY 1")).scalars().all()
    engine.dispose()
    assert list(snapshot.facility_ids) == ids == snapshot.facilities.index.tolist()
    assert [snapshot.position_of_id[one] for one in ids] == list(range(len(ids)))
    assert snapshot.city.is_synthetic


def test_the_frame_survives_the_disk(small_city: SmallCity):
    """What comes from disk is what the database gave, value by value."""
    from geo.snapshot.build import read_facts
    from geo.snapshot.frames import plain

    engine = small_city.engine()
    facts = read_facts(engine, small_city.slug)
    engine.dispose()
    loaded = small_city.snapshot
    for name, column in facts.facilities.items():
        assert [plain(value) for value in column.tolist()] == [
            plain(value) for value in loaded.facilities[name].tolist()
        ]
    assert facts.areas.geometry.to_wkb().tolist() == loaded.areas.geometry.to_wkb().tolist()
    assert facts.areas["name"].tolist() == loaded.areas["name"].tolist()


def test_everybody_is_on_the_grid_of_every_mode(small_city: SmallCity):
    snapshot = small_city.snapshot
    total = snapshot.demand["residents"].total_people
    assert round(total) == small_city.files.facts.people
    for layer in snapshot.modes.values():
        assert layer.people["residents"].sum() == pytest.approx(total, abs=0.5)
        assert len(layer.people["residents"]) == len(layer.grid) == len(layer.area_of_cell["district"])


def test_labels_are_those_of_every_facility(small_city: SmallCity):
    for layer in small_city.snapshot.modes.values():
        fresh = k_labels(layer.graph, layer.targets, layer.labels.time_ds.shape[1])
        assert (fresh.time_ds == layer.labels.time_ds).all()
        assert (fresh.facility == layer.labels.facility).all()
        assert (layer.labels.time_ds < UNREACHED).any()


def test_the_same_facts_have_the_same_hash_and_other_facts_another(own_city: SmallCity):
    engine = own_city.engine()
    again = build_snapshot(engine, own_city.settings, own_city.slug)
    assert again.id != own_city.snapshot.id
    assert again.state_hash == own_city.snapshot.state_hash
    with engine.begin() as connection:
        rename = text("UPDATE facility SET name = name || '（新）' WHERE facility_id = :first")
        connection.execute(rename, {"first": again.facility_ids[0]})
        bump_revision(connection, own_city.snapshot.city.city_id)
    changed = build_snapshot(engine, own_city.settings, own_city.slug)
    with engine.connect() as connection:
        recorded = connection.execute(text("SELECT snapshot_id, state_hash FROM snapshot_version")).all()
    engine.dispose()
    assert changed.state_hash != again.state_hash
    assert changed.revision == again.revision + 1
    assert {one.id: one.state_hash for one in (own_city.snapshot, again, changed)} == dict(map(tuple, recorded))


def test_streets_are_opened_once_for_all_snapshots_on_them(own_city: SmallCity):
    engine = own_city.engine()
    first = build_snapshot(engine, own_city.settings, own_city.slug)
    grids = list((own_city.settings.data_dir / "cities" / own_city.slug / "streets").glob("*/walk/grid-*"))
    second_id = build_fresh(engine, own_city.settings, own_city.slug)
    engine.dispose()
    second = load_snapshot(first.folder.parent / second_id, own_city.settings, like=first)
    assert len(grids) == 1
    for mode, layer in second.modes.items():
        assert layer.graph is first.modes[mode].graph
        assert layer.grid is first.modes[mode].grid
        assert layer.targets is not first.modes[mode].targets


def test_one_that_another_process_made_meanwhile_is_good_enough(own_city: SmallCity):
    engine = own_city.engine()
    current = own_city.snapshot
    assert build_fresh(engine, own_city.settings, own_city.slug, at_least=current.revision) == current.id
    assert build_fresh(engine, own_city.settings, own_city.slug, at_least=current.revision + 1) != current.id
    engine.dispose()


@pytest.mark.parametrize(
    "name",
    ["facilities.json", "walk-label-time.npy", "manifest.json", "areas.json", "demand-residents-people.npy"],
)
def test_a_damaged_snapshot_is_refused(own_city: SmallCity, name: str):
    folder = own_city.settings.data_dir / "cities" / own_city.slug / "snapshots" / own_city.snapshot.id
    flip_a_bit(folder / name)
    with pytest.raises(DamagedSnapshotError, match="yiquan snapshot build"):
        load_snapshot(folder, own_city.settings)


@pytest.mark.parametrize("damage", ["graph", "grid", "gone"])
def test_a_snapshot_whose_streets_are_damaged_is_refused(own_city: SmallCity, damage: str):
    city = own_city.settings.data_dir / "cities" / own_city.slug
    streets = next((city / "streets").glob("*/walk"))
    if damage == "gone":
        shutil.rmtree(streets)
    else:
        flip_a_bit(streets / "forward_packed.npy" if damage == "graph" else next(streets.glob("grid-*/piece_from.npy")))
    with pytest.raises(DamagedSnapshotError):
        load_snapshot(city / "snapshots" / own_city.snapshot.id, own_city.settings)


@pytest.mark.parametrize("damage", ["grid", "other version"])
def test_a_grid_that_cannot_be_used_is_laid_anew(own_city: SmallCity, damage: str):
    """A grid is made from streets and people alone: a damaged one, or one of an older version, costs seconds only."""
    streets = own_city.settings.data_dir / "cities" / own_city.slug / "streets"
    for grid in streets.glob("*/walk/grid-*"):
        if damage == "grid":
            flip_a_bit(grid / "piece_from.npy")
        else:
            manifest = grid / "manifest.json"
            manifest.write_text(manifest.read_text("utf-8").replace('"format":', '"format":9'), "utf-8")
    engine = own_city.engine()
    mended = build_fresh(engine, own_city.settings, own_city.slug, at_least=own_city.snapshot.revision)
    engine.dispose()
    assert mended != own_city.snapshot.id
    load_snapshot(own_city.settings.data_dir / "cities" / own_city.slug / "snapshots" / mended, own_city.settings)


def test_a_city_that_is_not_complete_says_what_is_missing(database_url: str, small_city: SmallCity, tmp_path: Path):
    from geo.store.engine import make_engine

    engine, settings = make_engine(database_url), Settings(data_dir=tmp_path, database_url=database_url)
    with pytest.raises(CityNotFoundError, match="yiquan city new"):
        build_snapshot(engine, settings, "nowhere")
    new_city(engine, "bare", name="空城")
    with pytest.raises(NoStreetsError, match="yiquan import streets"):
        build_snapshot(engine, settings, "bare")
    import_streets(engine, settings, "bare", small_city.files.extract)
    with pytest.raises(NoFacilitiesError, match="yiquan import register"):
        build_snapshot(engine, settings, "bare")
    engine.dispose()
    assert SnapshotFolder(tmp_path, "bare").ids() == []


def test_what_a_snapshot_does_not_have_is_named(small_city: SmallCity):
    with pytest.raises(ModeNotInSnapshotError, match="walk, ebike"):
        small_city.snapshot.layer("car")
    with pytest.raises(NoDemandError, match="residents"):
        small_city.snapshot.demand_layer("tourists")


def test_a_city_without_people_still_finds_stations(own_city: SmallCity):
    engine = own_city.engine()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM demand_layer"))
    snapshot = build_snapshot(engine, own_city.settings, own_city.slug)
    engine.dispose()
    assert snapshot.demand == {}
    assert len(snapshot.modes["walk"].grid) > 0
    with pytest.raises(NoDemandError, match="yiquan import demand"):
        snapshot.demand_layer("residents")


def test_the_manifest_names_every_file(small_city: SmallCity):
    folder = small_city.snapshot.folder
    manifest = read_manifest(folder)
    assert {path.name for path in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    assert np.isfinite(manifest["box"]).all()


def flip_a_bit(path: Path) -> None:
    """Change one bit in the middle of a file."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 4
    path.write_bytes(body)


def test_what_did_not_change_is_taken_over(own_city: SmallCity, monkeypatch: pytest.MonkeyPatch):
    """A new name moves no station and no border: nothing is searched again. A moved station is."""
    searched: list[str] = []
    monkeypatch.setattr(
        build, "k_labels", lambda graph, *rest: searched.append(graph.mode.code) or k_labels(graph, *rest)
    )
    linked: list[str] = []
    monkeypatch.setattr(
        build, "link_hubs", lambda graph, bits: linked.append(graph.mode.code) or link_hubs(graph, bits)
    )
    engine, first = own_city.engine(), own_city.snapshot.facility_ids[0]
    with engine.begin() as connection:
        connection.execute(text("UPDATE facility SET name = '新名' WHERE facility_id = :first"), {"first": first})
    renamed = build_snapshot(engine, own_city.settings, own_city.slug)
    assert searched == []
    assert renamed.facilities["name"].iloc[0] == "新名"
    assert (renamed.modes["walk"].labels.time_ds == own_city.snapshot.modes["walk"].labels.time_ds).all()
    with engine.begin() as connection:
        move = "UPDATE site SET geom = ST_Translate(geom, 0.002, 0), entrance_geom = NULL FROM facility f"
        connection.execute(text(f"{move} WHERE site.site_id = f.site_id AND f.facility_id = :first"), {"first": first})
    moved = build_snapshot(engine, own_city.settings, own_city.slug)
    engine.dispose()
    assert searched == ["walk", "ebike"]
    assert linked == []
    walk = moved.modes["walk"]
    assert (k_labels(walk.graph, walk.targets, 16).time_ds == walk.labels.time_ds).all()
    assert (hub_times(walk.graph, walk.targets, link_hubs(walk.graph)).time_ds == walk.hubs.time_ds).all()
    assert (walk.hubs.row >= 0).any()
