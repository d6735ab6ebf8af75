"""
Who is where: people by H3 cell, brought to the cells of a grid without losing one of them.

Two kinds of source exist. A table of H3 cells of any resolution is a count and stays one. A census by district says
nothing of where in the district its people are; spread over the district's residential land and streets it becomes an
estimate, and is called one from then on. Reading the tables is in `demand_tables`; here are columns only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.cells import NO_CELL, cell_areas_km2, children, common_resolution, parents, positions_in
from geo.errors import InputError
from geo.types import Cells, Floats, Longs

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

STREETS_METHOD = "district totals spread over cells by length of residential streets"
"""How a census by district becomes people by cell where no land use is mapped; printed with every figure made of it."""

STRIP_M = 50.0
"""Width (in metres, both sides together) of the ground along a residential street that counts as lived on where nobody
mapped what it is used for: two rows of houses with their yards."""

AT_WORK_WEIGHT = 0.1
"""Weight of the strip along a residential street on land mapped as commercial, retail or industrial.

Not zero: dormitories stand among works and flats above shops."""

LAND_METHOD = (
    f"district totals spread over cells by residential land: what is mapped as such, and strips of {STRIP_M:g} m along "
    f"residential streets elsewhere, weighing {AT_WORK_WEIGHT:g} on land mapped for work"
)
"""How a census by district becomes people by cell where land use is mapped."""


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


def homes_km2(residential_km2: Floats, unmapped_m: Floats, at_work_m: Floats) -> Floats:
    """
    Ground (in square kilometres) that people live on in each cell (`LAND_METHOD`).

    Land use is never mapped completely. A district whose homes are half mapped keeps its people in both halves, for
    unmapped ground along residential streets counts like mapped ground, and a single mapped estate draws no district
    into itself.

    Parameters
    ----------
    residential_km2
        Land mapped as residential.
    unmapped_m, at_work_m
        Length (in metres) of residential streets where no use of built-up land is mapped, and on land mapped for work.
    """
    return residential_km2 + STRIP_M / 1e6 * (unmapped_m + AT_WORK_WEIGHT * at_work_m)


def spread_districts(
    totals: Floats,
    cells: Cells,
    district: Longs,
    homes: Floats,
    street_m: Floats,
) -> PeopleByCell:
    """
    Spread each district's people over its cells by homes: an estimate (`STREETS_METHOD`, `LAND_METHOD`).

    A district without homes is spread over all its streets, one without any street over its area.

    Parameters
    ----------
    totals
        People of each district.
    cells, district
        Sorted cells of one resolution and for each the district its centre is in (`NO_CELL` for none).
    homes
        What people live on in each cell: metres of residential street, or ground (`homes_km2`).
    street_m
        Length (in metres) of all streets in each cell.

    Raises
    ------
    InputError
        A district with people has no cell at all.
    """
    inside = district != NO_CELL
    group, chosen = district[inside], cells[inside]
    weight = _first_that_weighs(len(totals), group, [homes[inside], street_m[inside], cell_areas_km2(chosen)])
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
