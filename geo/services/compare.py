"""Two stored runs side by side: who has come into the circle and who has dropped out, where, and which gaps closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Engine

from geo.cells import common_resolution, parents
from geo.coverage.demand import sum_by_cell
from geo.errors import InputError
from geo.services.runs import head_of
from geo.store import city_store, run_store
from geo.store.run_store import StoredRun
from geo.types import Cells, Floats

SAME_GROUND_DEG2 = 1e-10
"""Two gaps share ground if they have more than this (square degrees, about a square metre) in common; hexagons that
only touch share less."""

LEAST_CHANGE = 1e-6
"""Fewer people than this (a person is shared out in millionths) are the rounding of sums."""

COUNTS = ("people", "covered", "stations")
GAP_FACTS = ("stable_id", "rank", "people", "cells", "district", "street")


class DifferentPeopleError(InputError):
    """Runs that count different people."""

    def __init__(self, layer_a: str, layer_b: str) -> None:
        super().__init__(
            f"One run counts `{layer_a}` and the other `{layer_b}`; compare runs of one demand layer with one another."
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """A stored run with its cells and gaps."""

    run: StoredRun
    cells: pd.DataFrame
    gaps: gpd.GeoDataFrame


def compare_runs(engine: Engine, city_slug: str, run_a: int, run_b: int) -> dict[str, Any]:
    """
    Compare two stored runs of a city, a the earlier by intent: every change is b less a.

    Raises
    ------
    RunNotFoundError
        The city has no such run.
    DifferentPeopleError
        They count different people.
    """
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        results = [
            RunResult(
                run_store.load_run(connection, city.city_id, number),
                run_store.load_cells(connection, number),
                run_store.load_gaps(connection, number),
            )
            for number in (run_a, run_b)
        ]
    return compare(*results)


def compare(a: RunResult, b: RunResult) -> dict[str, Any]:
    """Two results as one document of plain values; raises DifferentPeopleError."""
    layers = [str(one.run.parameters["demand"]) for one in (a, b)]
    if layers[0] != layers[1]:
        raise DifferentPeopleError(*layers)
    streets = area_changes(a, b, "streets", ("district_code", "code"))
    return {
        "a": head_of(a.run),
        "b": head_of(b.run),
        "differs": differences(a.run, b.run),
        "same_result": a.run.result_hash == b.run.result_hash,
        "people": people_changes(a, b),
        "districts": area_changes(a, b, "districts", ("code",)),
        "streets_changed": [row for row in streets if row["change"] or row["people_a"] != row["people_b"]],
        "gaps": gap_changes(a.gaps, b.gaps),
    }


def differences(a: StoredRun, b: StoredRun) -> dict[str, Any]:
    """What the two runs do not have in common: parts of the question with both values, and the state of the city."""
    names = sorted(a.parameters.keys() | b.parameters.keys())
    asked = {name: [one.parameters.get(name) for one in (a, b)] for name in names}
    return {
        "parameters": {name: values for name, values in asked.items() if values[0] != values[1]},
        "snapshot": None if a.snapshot_id == b.snapshot_id else [a.snapshot_id, b.snapshot_id],
        "method": None if a.summary["method"] == b.summary["method"] else [a.summary["method"], b.summary["method"]],
    }


def people_changes(a: RunResult, b: RunResult) -> dict[str, Any]:
    """
    Covered people before and after; gained and lost are counted apart, cell by cell.

    Cells of two resolutions meet at the coarser one.
    """
    one, other = a.run.summary["people"], b.run.summary["people"]
    resolution, change = covered_change(a.cells, b.cells)
    return {
        "total_a": one["total"],
        "total_b": other["total"],
        "covered_a": one["covered"],
        "covered_b": other["covered"],
        "change": other["covered"] - one["covered"],
        "share_a": one["share"],
        "share_b": other["share"],
        "gained": float(change[change > 0].sum()),
        "lost": float(-change[change < 0].sum()),
        "cells_better": int((change > 0).sum()),
        "cells_worse": int((change < 0).sum()),
        "resolution": resolution,
    }


def covered_change(a: pd.DataFrame, b: pd.DataFrame) -> tuple[int, Floats]:
    """The resolution at which two tables of cells meet, and by how many covered people each cell there changes."""
    cells: list[Cells] = [one["h3"].to_numpy(dtype=np.uint64) for one in (a, b)]
    resolution = min(common_resolution(one) for one in cells)
    covered = [one["covered_people"].to_numpy(dtype=np.float64) for one in (a, b)]
    together = sum_by_cell(
        np.concatenate([parents(one, resolution) for one in cells]), np.concatenate([-covered[0], covered[1]])
    )
    return resolution, np.where(np.abs(together.people) > LEAST_CHANGE, together.people, 0.0)


def area_changes(a: RunResult, b: RunResult, table: str, key: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every area of either run with its figures in both; one that a run does not know has zeros there."""
    rows = [{tuple(row[name] for name in key): row for row in one.run.summary[table]} for one in (a, b)]
    changes = []
    for code in dict.fromkeys([*rows[1], *rows[0]]):
        found = [side.get(code) for side in rows]
        known = found[1] or found[0] or {}
        named = {name: known[name] for name in ("code", "name", "district_code", "district") if name in known}
        figures = {
            f"{name}_{side}": row[name] if row else 0
            for name in (*COUNTS, "share")
            for side, row in zip("ab", found, strict=True)
        }
        changes.append(named | figures | {"change": figures["covered_b"] - figures["covered_a"]})
    return changes


def gap_changes(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> dict[str, Any]:
    """
    What became of the gaps: the same by their stable id, changed where they share ground, closed or opened where none.

    Gaps grow together and fall apart, so a change is between the gaps that were there and those that are there now.
    """
    same = set(a["stable_id"]) & set(b["stable_id"])
    old, new = a[~a["stable_id"].isin(same)], b[~b["stable_id"].isin(same)]
    patches = together(len(old), len(new), shared_ground(old, new))
    facts = [([gap_facts(old.iloc[i]) for i in was], [gap_facts(new.iloc[i]) for i in now]) for was, now in patches]
    return {
        "count_a": len(a),
        "count_b": len(b),
        "same": len(same),
        "closed": [gap for was, now in facts if not now for gap in was],
        "opened": [gap for was, now in facts if not was for gap in now],
        "changed": [{"before": was, "after": now} for was, now in facts if was and now],
    }


def shared_ground(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> list[tuple[int, int]]:
    """Pairs of positions of gaps that share ground."""
    outlines = old.geometry.to_numpy(), new.geometry.to_numpy()
    other, one = shapely.STRtree(outlines[0]).query(outlines[1], predicate="intersects")
    common = shapely.area(shapely.intersection(outlines[0][one], outlines[1][other]))
    shared = common > SAME_GROUND_DEG2
    return list(zip(one[shared].tolist(), other[shared].tolist(), strict=True))


def together(old: int, new: int, pairs: list[tuple[int, int]]) -> list[tuple[list[int], list[int]]]:
    """Sort positions of old and new gaps into groups that hang together by pairs, in the order of their first gap."""
    links: dict[int, set[int]] = {i: set() for i in range(old + new)}
    for one, other in pairs:
        links[one].add(old + other)
        links[old + other].add(one)
    groups = []
    while links:
        reached, waiting = set[int](), [next(iter(links))]
        while waiting:
            one = waiting.pop()
            if one not in reached:
                reached.add(one)
                waiting.extend(links.pop(one))
        groups.append((sorted(i for i in reached if i < old), sorted(i - old for i in reached if i >= old)))
    return groups


def gap_facts(gap: pd.Series[Any]) -> dict[str, Any]:
    """One gap in plain values."""
    facts = {name: gap[name] for name in GAP_FACTS}
    point = gap["suggested_geom"]
    return {
        "id": facts.pop("stable_id"),
        **facts,
        "people": float(facts["people"]),
        "suggested": None if point is None else [point.x, point.y],
    }
