"""
Map tiles in one folder: a table of where each tile lies, and all tiles in a row, gzipped, mapped into memory.

    key.npy      uint64, ascending: zoom, column and row of every tile as one number
    start.npy    int64: where each tile begins in the row, and where the last one ends
    tiles.bin    the tiles
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import UnavailableError
from geo.snapshot.folders import DamagedSnapshotError, read_manifest, sync_folder, write_manifest
from geo.types import Cells, Longs

_AXIS_BITS = 29


class TilePackError(UnavailableError):
    """A folder holds no whole pack of tiles."""


def tile_key(zoom: int, x: int, y: int) -> int:
    """Zoom, column and row as one number."""
    return zoom << 2 * _AXIS_BITS | x << _AXIS_BITS | y


@dataclass(frozen=True, eq=False)
class TilePack:
    """Tiles that can be looked up. `version` changes when any tile does."""

    version: str
    key: Cells
    start: Longs
    tiles: NDArray[Any]

    def __len__(self) -> int:
        """How many tiles there are."""
        return len(self.key)

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """A tile, gzipped; None where there is nothing to draw."""
        if not (0 <= zoom <= _AXIS_BITS and 0 <= x < 1 << zoom and 0 <= y < 1 << zoom):
            return None
        wanted = np.uint64(tile_key(zoom, x, y))
        at = int(np.searchsorted(self.key, wanted))
        if at == len(self.key) or self.key[at] != wanted:
            return None
        return bytes(self.tiles[int(self.start[at]) : int(self.start[at + 1])])

    @classmethod
    def open(cls, folder: Path) -> TilePack:
        """
        Open a pack, memory-mapped.

        Raises
        ------
        TilePackError
            There is none, or a file is not as it was written.
        """
        try:
            manifest = read_manifest(folder)
        except DamagedSnapshotError:
            raise TilePackError(f"{folder} holds no whole map tiles.") from None
        key, start = (np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ("key", "start"))
        empty = not (folder / "tiles.bin").stat().st_size
        tiles = np.empty(0, np.uint8) if empty else np.memmap(folder / "tiles.bin", mode="r")
        return cls(manifest["version"], key, start, tiles)


def write_pack(folder: Path, version: str, tiles: Iterable[tuple[int, bytes]]) -> None:
    """
    Write tiles (by `tile_key`, in any order) as a pack, whole or not at all.

    The parts that come under one key are put one after another, which for vector tiles is their union, layer by layer.
    """
    parts: dict[int, list[bytes]] = {}
    for key, body in tiles:
        parts.setdefault(key, []).append(body)
    keys = sorted(parts)
    draft = folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        start = np.zeros(len(keys) + 1, np.int64)
        with (draft / "tiles.bin").open("wb") as file:
            for at, key in enumerate(keys):
                start[at + 1] = start[at] + file.write(gzip.compress(b"".join(parts[key]), 6, mtime=0))
        np.save(draft / "key.npy", np.array(keys, np.uint64))
        np.save(draft / "start.npy", start)
        write_manifest(draft, {"version": version})
        sync_folder(draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
