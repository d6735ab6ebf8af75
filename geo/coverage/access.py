"""
How well people are served, beyond inside or outside: how many stations they can choose from, how long they travel, and
how much room there is for each of them.

Three ways of judging, each where it is right. Choice and minutes are counted along the streets of a cell, exactly along
partial edges, and agree with coverage to the last metre. The floating catchments judge a cell by the time from its
centre, as their literature does with zones. Whoever is off the network is in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.coverage.field import WHOLE_SHARE
from geo.streets.search import ReachLists, facilities_within_m, k_labels, nearest_of_many, time_histogram
from geo.types import UNREACHED, Bools, Floats, Ints, Longs

if TYPE_CHECKING:
    from geo.coverage.grid import CellGrid
    from geo.streets.graph import StreetGraph
    from geo.streets.search import Field, Labels, Targets

DEEPEST = 3
"""Choice is counted up to this many stations: one, two, three or more."""

BIN_DS = 60
"""Travel times are added up in bins of six seconds; inside a bin they are taken as evenly spread."""

BINS = 2400
"""How many bins there are: four hours. What takes longer is beyond any quantile."""


# --------------------------------------------------------------------------------------------------------------- choice
@dataclass(frozen=True, slots=True)
class Choice:
    """
    How many eligible facilities people can choose from within the limit.

    `share[c, d]` (0 to 1) of cell c's streets reaches at least d + 1 of them; the first column is coverage.
    `people_alone[f]` reach facility f and no other: they are outside the day it closes.
    """

    share: NDArray[np.float64]
    people_alone: Floats


def choice(
    grid: CellGrid,
    graph: StreetGraph,
    targets: Targets,
    all_labels: Labels,
    people: Floats,
    limit_ds: int,
    eligible: Bools,
) -> tuple[Choice, Floats]:
    """
    Count the facilities within the limit along every street.

    `people` are those of every cell who count; they live evenly along its streets. A cell without streets is judged by
    its centre. `all_labels` are those of the graph with every facility eligible.

    Returns
    -------
    The choice, and the metres of every piece of the grid from which the limit is kept.
    """
    labels = k_labels(graph, targets, DEEPEST, eligible, limit_ds)
    has_street = grid.street_m > 0
    per_m = np.where(has_street, people, 0.0) / np.where(has_street, grid.street_m, 1.0)
    within_m, alone = facilities_within_m(
        graph,
        targets,
        labels,
        limit_ds,
        grid.piece_edge,
        grid.piece_from,
        grid.piece_to,
        per_m[grid.piece_cell],
        eligible,
    )
    columns = [np.bincount(grid.piece_cell, weights=within_m[:, d], minlength=len(grid)) for d in range(DEEPEST)]
    share = np.stack(columns, axis=1) / np.where(has_street, grid.street_m, 1.0)[:, None]
    share = np.where(share >= WHOLE_SHARE, 1.0, share)

    by_centre = np.flatnonzero(~has_street)
    facility, time_ds = nearest_of_many(
        graph, targets, all_labels, grid.centre.take(by_centre.astype(np.int32)), DEEPEST, eligible, limit_ds
    )
    counted = (facility >= 0) & (time_ds <= limit_ds)
    share[by_centre, : counted.shape[1]] = counted
    only = counted.sum(axis=1) == 1
    np.add.at(alone, facility[only, 0], people[by_centre[only]])
    return Choice(share, alone), within_m[:, 0]


# -------------------------------------------------------------------------------------------------------------- minutes
@dataclass(frozen=True, slots=True)
class TravelTimes:
    """
    People of some rows (districts, streets) by travel time to the nearest eligible facility.

    `people[r, 0]` are there already, `people[r, b]` need more than b - 1 and at most b bins of `BIN_DS`, the last but
    one column needs longer than all bins, the last reaches nothing. `time_sum_ds` is people times deciseconds of those
    who reach something.
    """

    people: NDArray[np.float64]
    time_sum_ds: Floats

    def grouped(self, group: Longs, count: int) -> TravelTimes:
        """The same people in fewer rows: row r goes to `group[r]`."""
        people = np.zeros((count, self.people.shape[1]))
        np.add.at(people, group, self.people)
        time_sum_ds = np.bincount(group, weights=self.time_sum_ds, minlength=count).astype(np.float64)
        return TravelTimes(people, time_sum_ds)

    @property
    def mean_min(self) -> Floats:
        """Mean minutes of those who reach a facility at all; NaN where nobody does."""
        reaching = self.people[:, :-1].sum(axis=1)
        there = reaching > 0
        return np.where(there, self.time_sum_ds / np.where(there, reaching, 1.0) / 600.0, np.nan)

    def quantile_min(self, part: float) -> Floats:
        """
        Minutes within which `part` (0 to 1) of the people of every row are served; NaN where no time is enough.

        Those who reach nothing count: where a fifth of the people is cut off there is no 90th percentile.
        """
        within = np.cumsum(self.people[:, :-2], axis=1)
        wanted = part * self.people.sum(axis=1)
        served = (within[:, -1] >= wanted) & (wanted > 0)
        column = np.argmax(within >= wanted[:, None], axis=1)
        row = np.arange(len(column))
        before = np.where(column > 0, within[row, column - 1], 0.0)
        inside = (wanted - before) / np.where(self.people[row, column] > 0, self.people[row, column], 1.0)
        bins = np.where(column > 0, column - 1 + inside, 0.0)
        return np.where(served, bins * BIN_DS / 600.0, np.nan)

    def within(self, limit_ds: int) -> Floats:
        """People of every row within a limit that is a whole number of bins."""
        return np.asarray(self.people[:, : limit_ds // BIN_DS + 1].sum(axis=1), dtype=np.float64)


def travel_times(
    grid: CellGrid,
    graph: StreetGraph,
    targets: Targets,
    field: Field,
    centre_ds: Ints,
    group_cell: Longs,
    group_row: Longs,
    group_people: Floats,
    rows: int,
    *,
    eligible: Bools | None = None,
) -> TravelTimes:
    """
    Add up groups of people by travel time.

    The people of a group live evenly along the streets of its cell, those of a cell without streets at its centre
    (`centre_ds`). `field` must have been searched without a cut-off and with the same `eligible`.
    """
    on_street = grid.street_m[group_cell] > 0
    cell, row, people = group_cell[on_street], group_row[on_street], group_people[on_street]
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], np.arange(len(grid) + 1)).astype(np.int64)
    histogram, time_sum = time_histogram(
        graph,
        targets,
        field,
        (grid.piece_edge, grid.piece_from, grid.piece_to, grid.piece_cell),
        (start, row[order].astype(np.int32), (people / grid.street_m[cell])[order]),
        rows=rows,
        bins=BINS,
        bin_ds=BIN_DS,
        eligible=eligible,
    )
    away_ds = centre_ds[group_cell[~on_street]]
    reached = away_ds != UNREACHED
    column = np.where(reached, np.minimum(-(-away_ds.astype(np.int64) // BIN_DS), BINS + 1), BINS + 2)
    np.add.at(histogram, (group_row[~on_street], column), group_people[~on_street])
    np.add.at(time_sum, group_row[~on_street], np.where(reached, group_people[~on_street] * away_ds, 0.0))
    return TravelTimes(histogram, time_sum)


# -------------------------------------------------------------------------------------------------- floating catchments
class Decay(StrEnum):
    """
    How much less a facility is worth the farther it is.

    `none`: as much at the limit as next door (2SFCA). `step`: by thirds of the limit (E2SFCA). `gauss`: steadily, to
    nothing at the limit (Gaussian 2SFCA).
    """

    NONE = "none"
    STEP = "step"
    GAUSS = "gauss"


STEP_WEIGHTS = (1.0, 0.68, 0.22)
"""Weights of the first, second and last third of the limit: Luo & Qi (2009), the slower of their two sets, given there
for 10, 20 and 30 minutes."""

DECAY_METHODS: Mapping[Decay, str] = {
    Decay.NONE: "two-step floating catchment area (Radke & Mu 2000; Luo & Wang 2003)",
    Decay.STEP: "enhanced two-step floating catchment area, weights 1, 0.68, 0.22 by thirds of the limit "
    "(Luo & Qi 2009)",
    Decay.GAUSS: "Gaussian two-step floating catchment area (Dai 2010)",
}


def decay_weights(time_ds: Ints, limit_ds: int, decay: Decay) -> Floats:
    """
    Weight (0 to 1) of every travel time up to the limit.

    Gaussian after Dai (2010), *Health & Place* 16: (exp(-(t/T)²/2) - exp(-1/2)) / (1 - exp(-1/2)), 1 at the door and 0
    at the limit T. Steps after Luo & Qi (2009), *Health & Place* 15; a time on a border belongs to the nearer zone.
    """
    part = time_ds / max(limit_ds, 1)
    if decay is Decay.NONE:
        return np.ones(len(time_ds))
    if decay is Decay.STEP:
        zone = np.clip(np.ceil(part * len(STEP_WEIGHTS) - 1e-12).astype(np.int64) - 1, 0, len(STEP_WEIGHTS) - 1)
        return np.array(STEP_WEIGHTS)[zone]
    at_limit = np.exp(-0.5)
    return np.asarray((np.exp(-0.5 * part**2) - at_limit) / (1.0 - at_limit), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Catchments:
    """
    The two steps of a floating catchment area.

    `demand[f]` is the weighted number of people who can reach facility f, `ratio[f]` its places per such person.
    `access[p]` is the sum of the weighted ratios a point can reach: places per person there.
    """

    demand: Floats
    ratio: Floats
    access: Floats


def floating_catchments(reach: ReachLists, people: Floats, capacity: Floats, decay: Decay) -> Catchments:
    """
    Places per person at every point, by the two-step floating catchment area method.

    Step 1, for every facility j: R_j = S_j / Σ_k P_k W(t_kj). Step 2, for every point i: A_i = Σ_j R_j W(t_ij). Both
    sums run over pairs within the limit. Radke & Mu (2000), *Geographic Information Sciences* 6; Luo & Wang (2003),
    *Environment and Planning B* 30; with W as in `decay_weights`. The places of every facility that anybody reaches are
    handed out in full: Σ P_i A_i = Σ S_j.

    Times lead from the point to the facility, for that is the way people need.
    """
    facility = reach.facility
    weight = decay_weights(reach.time_ds, reach.limit_ds, decay)
    demand = np.bincount(facility, weights=weight * people[reach.point], minlength=len(capacity)).astype(np.float64)
    wanted = demand > 0
    ratio = np.where(wanted, capacity / np.where(wanted, demand, 1.0), 0.0)
    access = np.bincount(reach.point, weights=weight * ratio[facility], minlength=len(people)).astype(np.float64)
    return Catchments(demand, ratio, access)


def people_in_reach(reach: ReachLists, people: Floats) -> Floats:
    """People whose cell's centre is within the limit of each facility; one person counts at every facility in reach."""
    counted = np.bincount(reach.facility, weights=people[reach.point], minlength=len(reach.start) - 1)
    return counted.astype(np.float64)


# ------------------------------------------------------------------------------------------------------------- capacity
@dataclass(frozen=True, slots=True)
class Supply:
    """
    Places at every facility, 0 where it does not count, and how they became known.

    `stated` have their seats in the register, `stated_people` the people they hold, `assumed_class` stand at the median
    of their class, `assumed_city` at the median of all. Where no facility states anything each counts 1 (`unit` is then
    `stations`).
    """

    places: Floats
    unit: str
    stated: int
    stated_people: int
    assumed_class: int
    assumed_city: int

    def as_dict(self) -> dict[str, Any]:
        """The rule and its counts as the wire has them."""
        names = ("unit", "stated", "stated_people", "assumed_class", "assumed_city")
        return {"places": float(self.places.sum())} | {name: getattr(self, name) for name in names}


def supply_of(seats: Floats, capacity_people: Floats, classes: NDArray[Any], eligible: Bools) -> Supply:
    """
    Places at every eligible facility, by the first rule that gives a number.

    Its seats; the people it can hold; the median of the eligible facilities of its class; the median of all eligible;
    1. `seats` and `capacity_people` are NaN where nobody stated them. A stated zero is a zero.
    """
    known = np.where(np.isnan(seats), capacity_people, seats)
    known = np.where(eligible & (known >= 0), known, np.nan)
    stated = ~np.isnan(known)
    if not stated.any():
        return Supply(eligible.astype(np.float64), "stations", 0, 0, 0, 0)
    places, by_class = known.copy(), np.zeros(len(known), dtype=np.bool_)
    names, number = np.unique(classes.astype(str), return_inverse=True)
    for one in range(len(names)):
        same = number == one
        if (same & stated).any():
            places[same & ~stated] = np.median(known[same & stated])
            by_class |= same & ~stated & eligible
    by_city = eligible & np.isnan(places)
    places[by_city] = np.median(known[stated])
    return Supply(
        np.where(eligible, places, 0.0),
        "seats",
        stated=int((stated & ~np.isnan(seats)).sum()),
        stated_people=int((stated & np.isnan(seats)).sum()),
        assumed_class=int(by_class.sum()),
        assumed_city=int(by_city.sum()),
    )
