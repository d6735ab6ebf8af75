"""
The cells of a coverage answer as they are painted: at their own resolution, or merged for a smaller zoom.

A city's walking cells are a few hundred thousand, half a megabyte to send, and less than a pixel each when the whole
city is in view. Merged by two resolutions they are a twentieth of that and look the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.cells import common_resolution, parents
from geo.errors import InputError
from geo.types import Cells, Floats, Ints, Longs
from web_map.lattice import NO_DATA, LatticeFrame, minutes_to_bytes, people_to_bytes, shares_to_bytes


class TooFineError(InputError):
    """Cells are asked for at a finer resolution than they were computed at."""

    def __init__(self, resolution: int, own: int) -> None:
        super().__init__(f"These cells were computed at resolution {own}; ask for {own} or a smaller number.")
        self.resolution = resolution


@dataclass(frozen=True)
class CoverageLayer:
    """
    Cells of one grid at one resolution: where they sit in the lattice and, when merged, which of them each cell is in.

    Built once per grid and resolution; `encode` is then milliseconds.
    """

    frame: LatticeFrame
    part_of: Longs | None

    @classmethod
    def of(cls, cells: Cells, resolution: int | None = None) -> CoverageLayer:
        """Prepare a grid's cells, merged to a resolution if it is coarser than theirs; raises TooFineError."""
        if resolution is None or len(cells) == 0 or resolution == common_resolution(cells):
            return cls(LatticeFrame.of(cells), None)
        own = common_resolution(cells)
        if resolution > own:
            raise TooFineError(resolution, own)
        merged, part_of = np.unique(parents(cells, resolution), return_inverse=True)
        return cls(LatticeFrame.of(merged), part_of.astype(np.int64))

    def encode(self, time_ds: Ints, share: Floats, people: Floats, *, only: Longs | None = None) -> bytes:
        """
        Write minutes, share within the limit, and people of every cell as H3L1.

        Of merged cells the people are summed, the share is that of all their people, and the minutes are those of the
        cell where most of them live: an average would lie between a station's door and a village an hour away.

        `only` (positions in the grid) leaves every other cell without data. The bytes then have the same places as
        those of the whole grid, so that a page can lay them over what it has, and compress to next to nothing.
        """
        if self.part_of is not None:
            time_ds, share, people = _merge(self.part_of, self.frame.count, time_ds, share, people)
        columns = [minutes_to_bytes(time_ds), shares_to_bytes(share), people_to_bytes(people)]
        if only is not None:
            left_out = np.ones(self.frame.count, dtype=np.bool_)
            left_out[only if self.part_of is None else self.part_of[only]] = False
            columns = [np.where(left_out, NO_DATA, column).astype(np.uint8) for column in columns]
        return self.frame.encode(columns)


def _merge(part_of: Longs, count: int, time_ds: Ints, share: Floats, people: Floats) -> tuple[Ints, Floats, Floats]:
    total: Floats = np.bincount(part_of, weights=people, minlength=count).astype(np.float64)
    known = np.nan_to_num(share)
    covered = np.bincount(part_of, weights=people * known, minlength=count)
    plain = np.bincount(part_of, weights=known, minlength=count) / np.bincount(part_of, minlength=count)
    merged_share = np.where(total > 0, covered / np.where(total > 0, total, 1), plain)
    order = np.lexsort((people, part_of))
    fullest = order[np.append(part_of[order][1:] != part_of[order][:-1], True)]
    return time_ds[fullest], merged_share, total
