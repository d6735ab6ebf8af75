"""
The cells of a coverage answer as they are painted: at their own resolution, or merged for a smaller zoom.

A city's walking cells are a few hundred thousand, half a megabyte to send, and less than a pixel each when the whole
city is in view. Merged by two resolutions they are a twentieth of that and look the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.cells import common_resolution, parents
from geo.errors import InputError
from geo.types import Cells, Floats, Ints, Longs
from web_map.lattice import (
    LatticeFrame,
    minutes_to_bytes,
    people_to_bytes,
    shares_to_bytes,
    whole_minutes_to_bytes,
)

COLUMNS = ("minutes", "share", "people")
"""What can be said of every cell, in the order of the columns of a whole file."""


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

    def encode(self, time_ds: Ints, share: Floats, people: Floats) -> bytes:
        """
        Write minutes, share within the limit, and people of every cell as H3L1.

        Of merged cells the people are summed, the share is that of all their people, and the minutes are those of the
        cell where most of them live: an average would lie between a station's door and a village an hour away.
        """
        if self.part_of is not None:
            time_ds, share, people = _merge(self.part_of, self.frame.count, time_ds, share, people)
        return self.frame.encode([minutes_to_bytes(time_ds), shares_to_bytes(share), people_to_bytes(people)])

    def encode_packed(
        self, time_ds: Ints, share: Floats, people: Floats, columns: Sequence[str], *, uninhabited: bool
    ) -> bytes:
        """
        Write some of the columns ("minutes", "share", "people") as H3L2; minutes are whole ones there.

        Without the `uninhabited` cells: nobody is covered or left out there, and where people are known at all a page
        paints the others. Minutes alone are then a third of what `encode` writes.
        """
        if self.part_of is not None:
            time_ds, share, people = _merge(self.part_of, self.frame.count, time_ds, share, people)
        kept = people > 0 if not uninhabited and people.any() else np.ones(self.frame.count, dtype=np.bool_)
        write = {
            "minutes": lambda: whole_minutes_to_bytes(time_ds),
            "share": lambda: shares_to_bytes(share),
            "people": lambda: people_to_bytes(people),
        }
        return self.frame.encode_packed([write[name]() for name in columns], kept)

    def encode_patch(self, time_ds: Ints, share: Floats, people: Floats, only: Longs) -> bytes:
        """
        Write some cells alone (`only`: their positions in the grid) as H3P1, with what the columns of the whole grid
        say of them: to lay over what `encode` has written.
        """
        touched = only
        if self.part_of is None:
            time_ds, share, people = time_ds[only], share[only], people[only]
        else:
            touched = np.unique(self.part_of[only])
            chosen = np.zeros(self.frame.count, dtype=np.bool_)
            chosen[touched] = True
            rows = np.flatnonzero(chosen[self.part_of])
            part_of = np.searchsorted(touched, self.part_of[rows])
            time_ds, share, people = _merge(part_of, len(touched), time_ds[rows], share[rows], people[rows])
        columns = [minutes_to_bytes(time_ds), shares_to_bytes(share), people_to_bytes(people)]
        return self.frame.encode_patch(touched, columns)


def _merge(part_of: Longs, count: int, time_ds: Ints, share: Floats, people: Floats) -> tuple[Ints, Floats, Floats]:
    total: Floats = np.bincount(part_of, weights=people, minlength=count).astype(np.float64)
    known = np.nan_to_num(share)
    covered = np.bincount(part_of, weights=people * known, minlength=count)
    plain = np.bincount(part_of, weights=known, minlength=count) / np.bincount(part_of, minlength=count)
    merged_share = np.where(total > 0, covered / np.where(total > 0, total, 1), plain)
    order = np.lexsort((people, part_of))
    fullest = order[np.append(part_of[order][1:] != part_of[order][:-1], True)]
    return time_ds[fullest], merged_share, total
