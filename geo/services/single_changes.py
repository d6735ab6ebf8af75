"""
What every single change of a what-if is worth, in people: by itself, and on top of all the others.

Two stations in one street share their people. So a change has two figures: what it does to the city as it stands when
it is the only one, and what would be missing of the whole if it alone were left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.coverage.field import cell_coverage
from geo.services.changes import Add, Change, Move
from geo.services.what_if import Plan, Standing, Tried, planned
from geo.streets.incremental import add_facility, copy_of, rejoined, remove_facility, undo
from geo.types import Bools, Floats

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot
    from geo.streets.search import Field, Targets

MOST_SINGLE = 100
"""Of how many changes the single ones are weighed; each costs a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Worth:
    """People whom one change brings within the limit (negative: takes out of it): `alone`, and `beyond` the others."""

    alone: float
    beyond: float


@dataclass(frozen=True, eq=False)
class World:
    """A city in some state: who stands where, who counts, the field (one's own, changed and put back), the shares."""

    targets: Targets
    eligible: Bools
    live: Field
    share: Floats


def worths(snapshot: Snapshot, after: Tried) -> list[Worth] | None:
    """What every change is worth, in the order asked; None where there are more than `MOST_SINGLE`."""
    standing, plan, changes = after.standing, after.plan, after.asked.changes
    if len(changes) > MOST_SINGLE:
        return None
    counted = _counted_people(standing)
    before = World(standing.layer.targets, standing.eligible, copy_of(standing.field), standing.coverage.share)
    then = World(plan.targets, plan.eligible, copy_of(after.live), after.coverage.share)
    found = []
    for change, number in zip(changes, plan.numbers.tolist(), strict=True):
        only = planned(snapshot, standing, (change,))
        without = _without(snapshot, standing, plan, number, change)
        alone = _difference(standing, counted, before, only.targets, only.eligible, int(only.numbers[0]))
        found.append(Worth(alone, -_difference(standing, counted, then, *without, number)))
    return found


def _counted_people(standing: Standing) -> Floats:
    """People of every cell who can be counted as covered."""
    ground = standing.ground
    return ground.by_cell(np.where(ground.group_outside | ground.group_off_network, 0.0, ground.group_people))


def _without(snapshot: Snapshot, standing: Standing, plan: Plan, number: int, change: Change) -> tuple[Targets, Bools]:
    """Who stands where and who counts when a plan is carried out but for one change, which is about one station."""
    targets, eligible = plan.targets, plan.eligible.copy()
    if isinstance(change, Move):
        layer = standing.layer
        home = layer.index.snap(snapshot.lon[number : number + 1], snapshot.lat[number : number + 1])
        itself = np.array([number], np.int32)
        targets = rejoined(layer.graph, plan.targets, itself, home, layer.graph.mode.arrival_overhead_ds)
    elif isinstance(change, Add):
        eligible[number] = False
    else:  # one that closes, or keeps other hours, stands where it stood or is moved to
        eligible[number] = standing.eligible[number]
    return targets, eligible


def _difference(
    standing: Standing, counted: Floats, world: World, targets: Targets, eligible: Bools, number: int
) -> float:
    """People who come within the limit when one station of a world stands and counts otherwise."""
    layer, undone = standing.layer, []
    if number < len(world.eligible) and world.eligible[number]:
        remaining = world.eligible.copy()
        remaining[number] = False
        undone.append(remove_facility(layer.graph, world.targets, world.live, number, remaining))
    if eligible[number]:
        undone.append(add_facility(layer.graph, targets, world.live, number))
    nodes = np.unique(np.concatenate([np.empty(0, np.int32), *(change.node for change in undone)]))
    edges = [joined.edge_edge[joined.edge_facility == number] for joined in (world.targets, targets)]
    cells = standing.links.cells_around(layer.grid, nodes, np.concatenate(edges))
    anew = cell_coverage(
        standing.links.part_of(layer.grid, cells),
        layer.graph,
        targets,
        world.live,
        standing.question.limit_ds,
        eligible=eligible,
        outside_area=standing.ground.outside[cells],
    )
    for change in reversed(undone):
        undo(world.live, change)
    return float((anew.share - world.share[cells]) @ counted[cells])
