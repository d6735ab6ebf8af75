"""Snapshots on disk: published whole or not at all, and never served damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geo.snapshot.folders import (
    MANIFEST,
    DamagedSnapshotError,
    SnapshotFolder,
    cities_on_disk,
    read_manifest,
    write_manifest,
)

FIRST, SECOND, THIRD = (f"2026010{day}T000000Z-0a0a0a0a" for day in (1, 2, 3))


@pytest.fixture
def folder(tmp_path: Path) -> SnapshotFolder:
    return SnapshotFolder(tmp_path, "toy")


def publish(folder: SnapshotFolder, snapshot_id: str, content: str = "content") -> Path:
    with folder.new_folder(snapshot_id) as draft:
        (draft / "facts.txt").write_text(content)
        write_manifest(draft, {"id": snapshot_id})
    return folder.path / snapshot_id


def fail_half_way(folder: SnapshotFolder, snapshot_id: str) -> None:
    with folder.new_folder(snapshot_id) as draft:
        (draft / "facts.txt").write_text("half")
        raise OSError("disk full")


def test_a_published_snapshot_is_the_current_one(folder: SnapshotFolder):
    publish(folder, FIRST)
    publish(folder, SECOND)
    assert folder.current_id() == SECOND
    assert read_manifest(folder.path / SECOND)["id"] == SECOND
    assert [path.name for path in folder.candidates()] == [SECOND, FIRST]


def test_a_snapshot_that_fails_half_way_leaves_nothing(folder: SnapshotFolder):
    publish(folder, FIRST)
    with pytest.raises(OSError, match="disk full"):
        fail_half_way(folder, SECOND)
    assert folder.current_id() == FIRST
    assert folder.ids() == [FIRST]
    assert sorted(path.name for path in folder.path.iterdir()) == [FIRST, "current"]


@pytest.mark.parametrize("name", ["facts.txt", MANIFEST])
@pytest.mark.parametrize("damage", ["changed", "cut short", "gone", "one bit"])
def test_damage_is_noticed(folder: SnapshotFolder, name: str, damage: str):
    path = publish(folder, FIRST, "x" * 5000) / name
    body = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        middle = len(body) // 2
        flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        path.write_bytes({"changed": b"other", "cut short": body[:-1], "one bit": flipped}[damage])
    with pytest.raises(DamagedSnapshotError, match=FIRST):
        read_manifest(folder.path / FIRST)


def test_a_snapshot_of_another_version_is_refused(folder: SnapshotFolder):
    with folder.new_folder(FIRST) as draft:
        write_manifest(draft, {"id": FIRST, "format": 0})
    with pytest.raises(DamagedSnapshotError, match="version"):
        read_manifest(folder.path / FIRST)


@pytest.mark.parametrize("content", ["", "../../etc", "nonsense\n", "\x00\xff"])
def test_a_current_file_that_names_nothing_is_no_current_snapshot(folder: SnapshotFolder, content: str):
    publish(folder, FIRST)
    (folder.path / "current").write_bytes(content.encode("latin-1"))
    assert folder.current_id() is None
    assert [path.name for path in folder.candidates()] == [FIRST]


def test_the_last_two_stay_and_drafts_of_the_killed_go(folder: SnapshotFolder):
    for one in (FIRST, SECOND, THIRD):
        publish(folder, one)
    (folder.path / f".draft-{FIRST}").mkdir()
    with folder.building():
        folder.prune()
    assert folder.ids() == [THIRD, SECOND]
    assert not list(folder.path.glob(".draft*"))


def test_the_current_one_stays_although_it_is_not_the_newest(folder: SnapshotFolder):
    for one in (FIRST, SECOND, THIRD):
        publish(folder, one)
    folder.make_current(FIRST)
    folder.prune()
    assert folder.ids() == [THIRD, FIRST]


def test_cities_are_found_without_a_database(tmp_path: Path):
    for slug in ("west", "east"):
        publish(SnapshotFolder(tmp_path, slug), FIRST)
    (tmp_path / "cities" / "empty" / "snapshots").mkdir(parents=True)
    assert cities_on_disk(tmp_path) == ["east", "west"]
    shutil.rmtree(tmp_path / "cities")
    assert cities_on_disk(tmp_path) == []
