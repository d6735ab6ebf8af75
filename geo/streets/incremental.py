"""
A field of travel times that changes facility by facility: what opens, closes or moves costs its own surroundings only.

Every function leaves the field exactly as `search.field` would compute it for the facilities that are then eligible,
ties included, and hands back what was there before, so that a change can be undone. Fields are changed in place: take a
`copy_of` one that others read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.errors import InputError
from geo.streets import change_kernels, kernels
from geo.streets.graph import LONGEST_DS, StreetGraph
from geo.streets.search import EVERYONE, Field, Targets
from geo.streets.snap import Snaps
from geo.types import Bools, Ints, Longs


@dataclass(frozen=True)
class FieldChange:
    """The nodes one change has touched, each once, with the time and the facility they had before."""

    node: Ints
    time_ds: Ints
    facility: Ints


def copy_of(field: Field) -> Field:
    """A field of one's own."""
    return Field(np.array(field.time_ds), np.array(field.facility))


def add_facility(
    graph: StreetGraph, targets: Targets, field: Field, facility: int, cutoff_ds: int | None = None
) -> FieldChange:
    """
    Let one of the joined facilities into a field that was searched without it.

    `cutoff_ds` must be the field's own. A facility off the network changes nothing.
    """
    _require_known(targets, facility)
    mine = targets.seed_facility == facility
    return _add(graph, field, facility, (targets.seed_node[mine], targets.seed_ds[mine]), cutoff_ds)


def add_newcomer(
    graph: StreetGraph,
    field: Field,
    facility: int,
    place: Snaps,
    overhead_ds: int = 0,
    cutoff_ds: int | None = None,
) -> FieldChange:
    """
    Let a facility that is joined nowhere yet into a field: it stands at a place (the first row of `place`) and has a
    number of its own. `overhead_ds` is as in `Targets.join`, `cutoff_ds` must be the field's own.
    """
    node, time_ds, number = (np.empty(2, np.int32) for _ in range(3))
    edges = graph.edges.tail, graph.edges.head, graph.edges.forward_ds, graph.edges.backward_ds
    extra_ds = (place.access_ds[:1] + np.int32(overhead_ds)).astype(np.int32)
    count = kernels.make_seeds(edges, (place.edge[:1], place.fraction[:1], extra_ds), node, time_ds, number)
    return _add(graph, field, facility, (node[:count], time_ds[:count]), cutoff_ds)


def remove_facility(
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    facility: int,
    eligible: Bools | None = None,
    cutoff_ds: int | None = None,
) -> FieldChange:
    """
    Take a facility out of a field; its nodes go to the nearest of the others.

    `eligible` are those who remain; the one that leaves may still be marked. `targets` must join every facility of the
    field where the field has it, and `cutoff_ds` must be the field's own.
    """
    _require_known(targets, facility)
    if eligible is not None and len(eligible) != targets.count:
        raise InputError(f"The filter has {len(eligible)} rows for {targets.count} facilities.")
    touched = change_kernels.remove_from_field(
        (graph.reverse.indptr, graph.reverse.packed),
        (graph.forward.indptr, graph.forward.packed),
        targets.seed_node[targets.seed_facility == facility],
        (targets.seed_start, targets.seed_ds, targets.seed_facility),
        EVERYONE if eligible is None else eligible,
        facility,
        _cutoff(cutoff_ds),
        field.time_ds,
        field.facility,
    )
    return _change(*touched)


def undo(field: Field, change: FieldChange) -> None:
    """Take back the latest change of a field; changes are taken back in the reverse order of their making."""
    field.time_ds[change.node] = change.time_ds
    field.facility[change.node] = change.facility


def rejoined(graph: StreetGraph, targets: Targets, facilities: Ints, snaps: Snaps, overhead_ds: int = 0) -> Targets:
    """
    The facilities with some of them standing elsewhere, and new ones.

    Row i of `snaps` is where `facilities[i]` stands; numbers from `targets.count` on are new and leave none out. What
    `Targets.join` would make of all of them together.
    """
    fresh = Targets.join(graph, snaps, overhead_ds)
    count = max(targets.count, int(facilities.max(initial=-1)) + 1)
    moved = np.zeros(count, np.bool_)
    moved[facilities] = True
    if not moved[targets.count :].all():
        raise InputError(f"New facilities are numbered from {targets.count} on without a gap.")
    stays, stands = ~moved[targets.seed_facility], ~moved[targets.edge_facility]

    node = np.concatenate([targets.seed_node[stays], fresh.seed_node])
    facility = np.concatenate([targets.seed_facility[stays], facilities[fresh.seed_facility]]).astype(np.int32)
    order = np.lexsort((facility, node))
    edge = np.concatenate([targets.edge_edge[stands], fresh.edge_edge])
    on_edge = np.concatenate([targets.edge_facility[stands], facilities[fresh.edge_facility]]).astype(np.int32)
    by_edge = np.lexsort((on_edge, edge))
    per_node = np.bincount(node, minlength=graph.node_count)
    return Targets(
        count=count,
        seed_start=np.concatenate(([0], np.cumsum(per_node))).astype(np.int32),
        seed_node=node[order],
        seed_ds=np.concatenate([targets.seed_ds[stays], fresh.seed_ds])[order],
        seed_facility=facility[order],
        edge_edge=edge[by_edge],
        edge_fraction=np.concatenate([targets.edge_fraction[stands], fresh.edge_fraction])[by_edge],
        edge_extra_ds=np.concatenate([targets.edge_extra_ds[stands], fresh.edge_extra_ds])[by_edge],
        edge_facility=on_edge[by_edge],
        most_on_one_edge=int(np.unique(edge, return_counts=True)[1].max(initial=0)),
    )


def _add(
    graph: StreetGraph, field: Field, facility: int, seeds: tuple[Ints, Ints], cutoff_ds: int | None
) -> FieldChange:
    """Let a facility with these seeds (node, time) into a field."""
    touched = change_kernels.add_to_field(
        (graph.reverse.indptr, graph.reverse.packed),
        seeds,
        facility,
        _cutoff(cutoff_ds),
        field.time_ds,
        field.facility,
    )
    return _change(*touched)


def _change(node: Ints, was: Longs) -> FieldChange:
    """A kernel's log with its keys taken apart."""
    return FieldChange(node, (was >> 32).astype(np.int32), (was & change_kernels.LABEL_BITS).astype(np.int32))


def _require_known(targets: Targets, facility: int) -> None:
    if not 0 <= facility < targets.count:
        raise InputError(f"There is no facility {facility} among {targets.count}.")


def _cutoff(cutoff_ds: int | None) -> int:
    return LONGEST_DS if cutoff_ds is None else min(int(cutoff_ds), LONGEST_DS)
