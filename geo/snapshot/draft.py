"""A snapshot being written, and what it takes over from the one before: most changes move no station, no border."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.snapshot.folders import DamagedSnapshotError, SnapshotFolder, read_manifest


@dataclass(frozen=True)
class Former:
    """The snapshot before, if it is whole: its folder, and for each array a digest of what it was computed from."""

    folder: Path
    bases: dict[str, str]

    @classmethod
    def of(cls, snapshots: SnapshotFolder) -> Former | None:
        """The current snapshot; None if there is none or it is damaged."""
        current = snapshots.current_id()
        if current is None:
            return None
        try:
            manifest: dict[str, Any] = read_manifest(snapshots.path / current)
        except DamagedSnapshotError:
            return None
        return cls(snapshots.path / current, manifest["bases"])


class Draft:
    """The folder a snapshot is written into. `bases` says what every array in it was computed from."""

    def __init__(self, folder: Path, former: Former | None) -> None:
        self.folder, self.former = folder, former
        self.bases: dict[str, str] = {}

    def write(self, name: str, array: NDArray[Any]) -> None:
        """Write an array."""
        np.save(self.folder / f"{name}.npy", array, allow_pickle=False)

    def read(self, name: str) -> NDArray[Any]:
        """An array that was written."""
        return np.asarray(np.load(self.folder / f"{name}.npy", allow_pickle=False))

    def settle(self, names: tuple[str, ...], basis: str, compute: Callable[[], Iterable[NDArray[Any]]]) -> None:
        """Write arrays: those of the snapshot before if they were computed from the same, else newly computed ones."""
        former = self.former
        if former is not None and all(former.bases.get(name) == basis for name in names):
            for name in names:
                shutil.copyfile(former.folder / f"{name}.npy", self.folder / f"{name}.npy")
        else:
            for name, array in zip(names, compute(), strict=True):
                self.write(name, array)
        self.bases |= dict.fromkeys(names, basis)


def basis_of(*parts: bytes) -> str:
    """One digest of what something is computed from."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode())
        digest.update(part)
    return digest.hexdigest()
