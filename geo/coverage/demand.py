"""
Who is where: people by H3 cell, brought to the cells of a grid without losing one of them.

Two kinds of source exist. A table of H3 cells of any resolution is a count and stays one. A census by district says
nothing of where in the district its people are; spread over the district's residential streets it becomes an estimate,
and is called one from then on. Reading the tables is in `demand_tables`; here are columns only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.cells import NO_CELL, cell_areas_km2, children, common_resolution, parents, positions_in
from geo.errors import InputError
from geo.types import Bools, Cells, Floats, Longs

GRAINS_PER_PERSON = 2.0**20
"""
A person is shared out in grains of a millionth, a power of two, so that sums are exact in binary: whole people spread
over any number of cells, grouped in any way and summed in any order give the same whole people, up to eight thousand
million of them.
"""

EVEN_SHARE_M = 1e-9
"""Street length (in metres) below which a cell counts as having no street at all."""

RESIDENTIAL_STREETS = frozenset({"residential", "living_street", "unclassified"})
"""Classes of street people live along. Minor streets of towns and villages in China are mapped as unclassified as often
as residential; service ways are left out, because most of them lead into yards, car parks and factories."""

DISTRICT_METHOD = "district totals spread over cells by length of residential streets"
"""How a census by district becomes people by cell; printed with every figure made from it."""

OFF_LAND_USE_WEIGHT = 0.1
"""Weight of a residential street outside land mapped as residential, where such land is mapped at all.

Not zero: land use is never mapped completely, and a district whose houses are missing from it keeps its people."""


@dataclass(frozen=True, slots=True)
class PeopleByCell:
    """People in cells of one resolution; `cells` is sorted and without doubles."""

    cells: Cells
    people: Floats

    @property
    def total(self) -> float:
        """All people in the table."""
        return float(self.people.sum())


def spread_to_grid(source: PeopleByCell, resolution: int, street_cells: Cells, street_m: Floats) -> PeopleByCell:
    """
    Bring people to the cells of one resolution; their sum stays what it is.

    To finer cells each cell's people are shared among its children by the children's street length, because people live
    along streets and not on hillsides; where no child has a street, by area. To coarser cells people are summed.

    Parameters
    ----------
    resolution
        Resolution of the grid.
    street_cells, street_m
        Cells of that resolution with their street length (in metres), sorted by cell.
    """
    inhabited = source.people > 0
    cells, people = source.cells[inhabited], source.people[inhabited]
    if cells.size == 0:
        return PeopleByCell(cells, people)
    own = common_resolution(cells)
    if own >= resolution:
        return sum_by_cell(parents(cells, resolution), people)
    below, parent = children(cells, resolution)
    weight = _child_weights(below, parent, len(cells), street_cells, street_m)
    used = weight > 0
    return sum_by_cell(below[used], share_out(people, parent[used], weight[used]))


def sum_by_cell(cells: Cells, people: Floats) -> PeopleByCell:
    """Sum people who stand in the same cell, and sort by cell."""
    unique, inverse = np.unique(cells, return_inverse=True)
    return PeopleByCell(unique, np.bincount(inverse, weights=people, minlength=len(unique)).astype(np.float64))


def share_out(totals: Floats, group: Longs, weight: Floats) -> Floats:
    """
    Share each group's total among its members by weight, so that the members sum to the total again.

    Shares are whole grains (`GRAINS_PER_PERSON`); what is lost in division goes to the heaviest member of the group.
    Groups whose weights are all zero get nothing: the caller decides what that means.
    """
    weight_sum = np.bincount(group, weights=weight, minlength=len(totals))
    shared = totals[group] * weight / np.where(weight_sum > 0, weight_sum, 1.0)[group]
    shared = np.floor(shared * GRAINS_PER_PERSON) / GRAINS_PER_PERSON
    lost = np.where(weight_sum > 0, totals - np.bincount(group, weights=shared, minlength=len(totals)), 0.0)
    by_group_then_weight = np.lexsort((weight, group))
    last_of_group = np.r_[np.diff(group[by_group_then_weight]) != 0, True] if len(group) else np.zeros(0, dtype=bool)
    heaviest = by_group_then_weight[last_of_group]
    shared[heaviest] += lost[group[heaviest]]
    return shared


def spread_districts(
    totals: Floats,
    cells: Cells,
    district: Longs,
    residential_m: Floats,
    street_m: Floats,
    *,
    residential_land: Bools | None = None,
) -> PeopleByCell:
    """
    Spread each district's people over its cells by length of residential streets: an estimate (`DISTRICT_METHOD`).

    A district without residential streets is spread over all its streets, one without any street over its area.

    Parameters
    ----------
    totals
        People of each district.
    cells, district
        Sorted cells of one resolution and for each the district its centre is in (`NO_CELL` for none).
    residential_m, street_m
        Length (in metres) of residential and of all streets in each cell.
    residential_land
        Cells on land mapped as residential; streets elsewhere then weigh `OFF_LAND_USE_WEIGHT`.

    Raises
    ------
    InputError
        A district with people has no cell at all.
    """
    inside = district != NO_CELL
    group, chosen = district[inside], cells[inside]
    residential = residential_m[inside]
    if residential_land is not None:
        residential = residential * np.where(residential_land[inside], 1.0, OFF_LAND_USE_WEIGHT)
    weight = _first_that_weighs(len(totals), group, [residential, street_m[inside], cell_areas_km2(chosen)])
    without = np.flatnonzero((np.bincount(group, minlength=len(totals)) == 0) & (totals > 0))
    if without.size:
        raise InputError(
            f"{without.size} of {len(totals)} districts with people have no cell; import their areas first."
        )
    return sum_by_cell(chosen, share_out(totals, group, weight))


def _child_weights(below: Cells, parent: Longs, parents_count: int, street_cells: Cells, street_m: Floats) -> Floats:
    place = positions_in(street_cells, below)
    streets = np.where(place != NO_CELL, street_m[place] if len(street_m) else 0.0, 0.0)
    return _first_that_weighs(parents_count, parent, [streets, cell_areas_km2(below)])


def _first_that_weighs(groups: int, group: Longs, candidates: list[Floats]) -> Floats:
    """For every group, the first of several weight columns that is not zero throughout it."""
    weight = np.zeros(len(group))
    open_groups = np.ones(groups, dtype=bool)
    for column in candidates:
        taken = open_groups & (np.bincount(group, weights=column, minlength=groups) > EVEN_SHARE_M)
        weight = np.where(taken[group], column, weight)
        open_groups &= ~taken
    return weight
