"""
The street network of one mode as arrays: nodes, directed arcs for searching, physical edges for standing on.

A graph never changes once it is built. It is stored as one `.npy` file per array and memory-mapped when it is loaded,
so that opening a city of half a million nodes costs milliseconds and several processes share the same pages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from geo.streets.modes import EBIKE, WALK, Mode
from geo.streets.modes import HIGHWAYS as HIGHWAYS
from geo.types import Box, Bytes, Floats, Ints, Longs

FORMAT = 1
"""Version of the stored arrays; a folder of another version is refused and has to be built again."""
NOT_ALLOWED = -1
"""Travel time of a direction in which an edge may not be used."""
LONGEST_DS = 2**30 - 1
"""The longest travel time (in deciseconds, 3.4 years) the kernels count; sums of two such times still fit."""


class GraphFolderError(InputError):
    """A folder does not hold a street graph of the present format."""


@dataclass(frozen=True)
class Arcs:
    """
    Directed arcs in compressed rows: those of node `v` are `packed[indptr[v]:indptr[v + 1]]`.

    `packed` is int32[m, 2], head and weight (in deciseconds) side by side, so that one relaxation touches one cache
    line. `longest_ds` bounds every weight.
    """

    indptr: Ints
    packed: NDArray[np.int32]
    longest_ds: int

    @property
    def head(self) -> Ints:
        """Where every arc leads."""
        return self.packed[:, 0]

    @property
    def weight_ds(self) -> Ints:
        """Travel time of every arc."""
        return self.packed[:, 1]


@dataclass(frozen=True)
class Edges:
    """
    Physical pieces of street between two nodes, drawn from `tail` to `head`.

    Loops and parallel pieces are all here; the arcs keep the lightest. `forward_ds` and `backward_ds` are -1 where the
    direction is not allowed. The drawing of edge `e` is `shape_lon/lat/m[shape_start[e]:shape_start[e + 1]]` of the
    graph, both ends included. `name_id` is -1 where a street has no name, `highway` a position in `HIGHWAYS`.
    """

    tail: Ints
    head: Ints
    length_m: Floats
    forward_ds: Ints
    backward_ds: Ints
    shape_start: Longs
    name_id: Ints
    highway: Bytes
    way_id: Longs


@dataclass(frozen=True)
class StreetGraph:
    """
    The streets one mode may use.

    Nodes stand in Morton order, so that neighbours in space are neighbours in memory. `forward` holds the arcs in the
    direction of travel; `reverse` holds, for every node, the arcs that lead to it, which is what a search *towards* the
    facilities walks. `shape_m` counts the metres from the edge's tail to every vertex of its drawing, on the ellipsoid.
    """

    mode: Mode
    node_lon: Floats
    node_lat: Floats
    forward: Arcs
    reverse: Arcs
    edges: Edges
    shape_lon: Floats
    shape_lat: Floats
    shape_m: Floats
    names: list[str]

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.node_lon)

    @property
    def edge_count(self) -> int:
        """How many physical edges there are."""
        return len(self.edges.tail)

    @property
    def length_km(self) -> float:
        """Length of all streets (in kilometres), every piece once."""
        return float(self.edges.length_m.sum()) / 1000

    @property
    def bounds(self) -> Box:
        """The box around all streets."""
        return Box(
            float(self.shape_lon.min()),
            float(self.shape_lat.min()),
            float(self.shape_lon.max()),
            float(self.shape_lat.max()),
        )

    def name_of(self, edge: int) -> str:
        """Name of the street an edge belongs to, empty where it has none."""
        name_id = int(self.edges.name_id[edge])
        return self.names[name_id] if name_id >= 0 else ""

    def save(self, folder: Path) -> None:
        """Write every array into a folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays().items():
            np.save(folder / f"{name}.npy", array)
        (folder / "graph.json").write_text(json.dumps(self._facts(), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> StreetGraph:
        """
        Open a stored graph, memory-mapped.

        Raises
        ------
        GraphFolderError
            The folder holds no graph, half of one, or one of another format.
        """
        try:
            facts = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
            if facts["format"] != FORMAT:
                raise GraphFolderError(f"{folder} holds a street graph of another version; import the streets again.")
            return cls._from_stored(folder, facts)
        except (OSError, ValueError, KeyError) as problem:
            raise GraphFolderError(f"{folder} holds no complete street graph; import the streets again.") from problem

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """Every array by the name of its file."""
        arcs = {
            f"{side}_{part}": getattr(getattr(self, side), part)
            for side in ("forward", "reverse")
            for part in ("indptr", "packed")
        }
        edges = {f"edge_{part}": array for part, array in vars(self.edges).items()}
        own = ("node_lon", "node_lat", "shape_lon", "shape_lat", "shape_m")
        return arcs | edges | {name: getattr(self, name) for name in own}

    def _facts(self) -> dict[str, Any]:
        """What is stored beside the arrays."""
        return {
            "format": FORMAT,
            "mode": self.mode.code,
            "mode_numbers": {key: value for key, value in vars(self.mode).items() if isinstance(value, int | float)},
            "longest_ds": self.forward.longest_ds,
            "names": self.names,
        }

    @classmethod
    def _from_stored(cls, folder: Path, facts: dict[str, Any]) -> StreetGraph:
        """Put a graph together from its folder."""

        def mapped(name: str) -> NDArray[Any]:
            return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))

        def arcs(side: str) -> Arcs:
            return Arcs(mapped(f"{side}_indptr"), mapped(f"{side}_packed"), facts["longest_ds"])

        known = {mode.code: mode for mode in (WALK, EBIKE)}
        return cls(
            mode=replace(known[facts["mode"]], **facts["mode_numbers"]),
            forward=arcs("forward"),
            reverse=arcs("reverse"),
            edges=Edges(**{part: mapped(f"edge_{part}") for part in Edges.__dataclass_fields__}),
            names=facts["names"],
            **{name: mapped(name) for name in ("node_lon", "node_lat", "shape_lon", "shape_lat", "shape_m")},
        )
