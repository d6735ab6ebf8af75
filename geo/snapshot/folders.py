"""
Where snapshots lie on disk, how one is published, and how a damaged one is noticed.

    cities/<city>/snapshots/<snapshot id>/     the files of one snapshot, and `manifest.json` with the SHA-256 of each
    cities/<city>/snapshots/current            the id to serve
    cities/<city>/snapshots/.building          held while one is made, so that several processes make it once

A snapshot is written into a folder beside the others, synced to disk and renamed; `current` is replaced by rename
too. A crash at any moment leaves the previous one in place.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geo.errors import UnavailableError

FORMAT = 5
"""Version of the files; a snapshot of another version is made anew, not read."""

KEPT = 2
"""How many snapshots stay on disk: the current one, and the one before it to fall back on."""

MANIFEST = "manifest.json"
SNAPSHOT_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6,}")


class DamagedSnapshotError(UnavailableError):
    """A snapshot on disk is not what was written."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(
            f"The snapshot {folder.name} is damaged ({what}); it is not used. The next one is made by itself when the "
            "database is reachable, or at once by `yiquan snapshot build`."
        )


class SnapshotFolder:
    """The snapshots of one city on disk."""

    def __init__(self, data_dir: Path, slug: str) -> None:
        self.path = data_dir / "cities" / slug / "snapshots"
        self.slug = slug

    def current_id(self) -> str | None:
        """The id to serve; None if there is none or the file does not hold one."""
        try:
            text = (self.path / "current").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return text if SNAPSHOT_ID.fullmatch(text) else None

    def ids(self) -> list[str]:
        """All finished snapshots, newest first."""
        if not self.path.is_dir():
            return []
        return sorted((entry.name for entry in self.path.iterdir() if SNAPSHOT_ID.fullmatch(entry.name)), reverse=True)

    def candidates(self) -> list[Path]:
        """The folders to try to load: the current one, then the others, newest first."""
        current = self.current_id()
        order = [current, *self.ids()] if current else self.ids()
        return [self.path / one for one in dict.fromkeys(order)]

    @contextmanager
    def building(self) -> Iterator[None]:
        """Keep other processes from building while this one does. The kernel lets go of the lock even after kill -9."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".building").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def new_folder(self, snapshot_id: str) -> Iterator[Path]:
        """A folder to write a snapshot into; published at the end, removed if writing fails."""
        draft = self.path / f".draft-{snapshot_id}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            yield draft
            sync_folder(draft)
            draft.rename(self.path / snapshot_id)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.make_current(snapshot_id)

    def make_current(self, snapshot_id: str) -> None:
        """Point `current` at a snapshot, for good: the bytes are on disk before the name changes."""
        draft = self.path / ".current"
        with draft.open("w", encoding="ascii") as file:
            file.write(snapshot_id + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.path / "current")
        sync(self.path)

    def prune(self) -> None:
        """
        Remove all but the last snapshots, and drafts that a crash left. Call while holding the build lock.

        Processes that still serve a removed one go on: its pages stay until they let go.
        """
        kept = [folder.name for folder in self.candidates()[:KEPT]]
        for entry in self.path.iterdir():
            stale_draft = entry.name.startswith(".draft-")
            if stale_draft or (SNAPSHOT_ID.fullmatch(entry.name) and entry.name not in kept):
                shutil.rmtree(entry, ignore_errors=True)


def cities_on_disk(data_dir: Path) -> list[str]:
    """Short names of the cities that have a snapshot on disk, for a start without a database."""
    return sorted(file.parent.parent.name for file in (data_dir / "cities").glob("*/snapshots/current"))


# ── files and their digests ─────────────────────────────────────────────────────────────────────────────────────


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the manifest: the facts, and the digest of every other file of the folder."""
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    content = {"format": FORMAT, **facts, "files": files}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / MANIFEST).write_text(f"{digest}\n{text}", "utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """
    The facts of a snapshot, after checking that every file is as it was written.

    Raises
    ------
    DamagedSnapshotError
        A file is missing, changed or cut short, or of another version.
    """
    try:
        digest, _, text = (folder / MANIFEST).read_text("utf-8").partition("\n")
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise DamagedSnapshotError(folder, f"{MANIFEST} was changed")
        content: dict[str, Any] = json.loads(text)
        if content["format"] != FORMAT:
            raise DamagedSnapshotError(folder, "it is of another version of this program")
        for name, wanted in content["files"].items():
            if sha256_of(folder / name) != wanted:
                raise DamagedSnapshotError(folder, f"{name} was changed")
    except (OSError, ValueError, KeyError) as error:
        missing = getattr(error, "filename", None)
        what = f"{Path(missing).name} cannot be read" if missing else f"{MANIFEST} cannot be read"
        raise DamagedSnapshotError(folder, what) from None
    return content


def sha256_of(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Have every file of a folder, and the folder, on disk."""
    for path in folder.iterdir():
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Have one file or folder on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
