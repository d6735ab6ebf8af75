"""What is asked: demand, sites, what they cost and what may become of them; and what cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from geo.coverage.demand import GRAINS_PER_PERSON
from geo.errors import InputError
from geo.siting.cover import CoverLists
from geo.types import Bools, Floats, Ints, Longs

CENTS = 100
"""Costs are counted in hundredths of what they are given in, so that budgets can be checked in whole numbers."""

NOBODY: Longs = np.zeros(0, np.int64)


class SitingInputError(InputError):
    """A siting question that cannot be asked as it is."""


class TooFewCandidatesError(SitingInputError):
    """More sites are wanted than there are candidates."""

    def __init__(self, wanted: int, there_are: int) -> None:
        super().__init__(f"{wanted} sites are wanted, but only {there_are} candidates may be chosen; ask for fewer.")
        self.wanted, self.there_are = wanted, there_are


class OutOfReachError(SitingInputError):
    """
    A constraint that no choice of sites can keep. `constraint` names it, `lacks` says by how much it fails, `remedy`
    what to do.

    `lacks` is in people, or in sites or money where that is what the constraint counts.
    """

    def __init__(self, constraint: str, lacks: float, remedy: str) -> None:
        amount = f"{lacks:,.0f}" if lacks >= 1 else f"{lacks:.3g}"
        super().__init__(f"{constraint} cannot be kept: it lacks {amount}. {remedy}")
        self.constraint, self.lacks, self.remedy = constraint, lacks, remedy


@dataclass(frozen=True, eq=False)
class Sites:
    """
    Every place the lists speak of, and what may become of it.

    `cost` is float64[sites], in whole hundredths of a unit (yuan and fen): one each unless said otherwise, so that a
    budget of 5 is five sites. The others are site numbers. `standing` count and cost nothing; `closable` stand today
    and count only if their cost (of keeping them) is spent; `forced` are opened and paid for whatever happens;
    `forbidden` are never opened. All others are candidates. A candidate that costs nothing is opened at once: covering
    more never harms.
    """

    cost: Floats
    standing: Longs = field(default_factory=lambda: NOBODY)
    closable: Longs = field(default_factory=lambda: NOBODY)
    forced: Longs = field(default_factory=lambda: NOBODY)
    forbidden: Longs = field(default_factory=lambda: NOBODY)

    @classmethod
    def of(
        cls,
        count: int,
        *,
        cost: ArrayLike | None = None,
        standing: ArrayLike = (),
        closable: ArrayLike = (),
        forced: ArrayLike = (),
        forbidden: ArrayLike = (),
    ) -> Sites:
        """
        Take the roles of `count` sites.

        Raises
        ------
        SitingInputError
            A cost is negative or not a number, a site is not there, is named twice, or has two roles that exclude each
            other.
        """
        costs = np.ones(count) if cost is None else np.ascontiguousarray(cost, np.float64)
        if len(costs) != count:
            raise SitingInputError(f"There are {len(costs)} costs for {count} sites; give one for each.")
        for bad, what in ((~np.isfinite(costs), "not a number"), (costs < 0, "negative")):
            if bad.any():
                at = int(np.flatnonzero(bad)[0])
                raise SitingInputError(f"The cost of site {at} is {what} ({costs[at]:g}); give zero or more.")
        roles = {
            name: _site_numbers(name, given, count)
            for name, given in (
                ("standing", standing),
                ("closable", closable),
                ("forced", forced),
                ("forbidden", forbidden),
            )
        }
        for one, other in (
            ("standing", "closable"),
            ("standing", "forced"),
            ("standing", "forbidden"),
            ("forced", "forbidden"),
        ):
            both = np.intersect1d(roles[one], roles[other])
            if both.size:
                raise SitingInputError(f"Site {int(both[0])} is {one} and {other} at once; choose one of the two.")
        return cls(np.rint(costs * CENTS) / CENTS, **roles)

    @property
    def free(self) -> Bools:
        """Sites that may be chosen or not."""
        may = np.ones(len(self.cost), np.bool_)
        for fixed in (self.standing, self.forced, self.forbidden):
            may[fixed] = False
        return may


def _site_numbers(role: str, given: ArrayLike, count: int) -> Longs:
    """Site numbers of a role, ascending."""
    numbers = np.sort(np.asarray(given, np.int64).ravel())
    if numbers.size and (numbers[0] < 0 or numbers[-1] >= count):
        raise SitingInputError(f"{role.capitalize()} site {int(numbers[-1])} is not one of the {count} sites.")
    twice = np.flatnonzero(np.diff(numbers) == 0)
    if twice.size:
        raise SitingInputError(f"Site {int(numbers[twice[0]])} is {role} twice; name every site once.")
    return numbers


@dataclass(frozen=True, eq=False)
class Question:
    """
    A covering question: lists, people of the rows, sites with their roles, and a budget.

    `people` is float64[rows], multiples of a grain (2⁻²⁰ person). `label` is int32[rows]: the district, hour slot or
    demand layer a row belongs to; `label_names` says what the numbers mean. `budget` is in units of cost; None where
    the question has none (smallest sets).
    """

    lists: CoverLists
    people: Floats
    sites: Sites
    budget: float | None = None
    label: Ints | None = None
    label_names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        lists: CoverLists,
        people: ArrayLike,
        *,
        sites: Sites | None = None,
        choose: int | None = None,
        budget: float | None = None,
        label: ArrayLike | None = None,
        label_names: tuple[str, ...] = (),
    ) -> Question:
        """
        Ask for `choose` sites (each costing one) or for what a `budget` buys.

        Raises
        ------
        SitingInputError
            Demand is empty, negative or not a number; the budget is negative or does not pay for the forced sites.
        TooFewCandidatesError
            More sites are wanted than there are candidates.
        """
        whom = checked_people(people, lists.row_count)
        sites = Sites.of(lists.site_count) if sites is None else sites
        if len(sites.cost) != lists.site_count:
            raise SitingInputError(f"Roles are given for {len(sites.cost)} sites, lists for {lists.site_count}.")
        if choose is not None:
            if budget is not None or not (sites.cost == 1).all():
                raise SitingInputError("Ask either for a number of sites or for a budget with costs, not for both.")
            there_are = int(sites.free.sum()) + len(sites.forced)
            if choose < 0:
                raise SitingInputError(f"{choose} sites cannot be chosen; ask for zero or more.")
            if choose > there_are:
                raise TooFewCandidatesError(choose, there_are)
            budget = float(choose)
        if budget is not None:
            budget = _checked_budget(budget, sites)
        labels = None if label is None else np.ascontiguousarray(label, np.int32)
        if labels is not None and (len(labels) != lists.row_count or labels.min(initial=0) < 0):
            raise SitingInputError(f"Every one of the {lists.row_count} rows needs a label of zero or more.")
        return cls(lists, whom, sites, budget, labels, label_names)

    def with_budget(self, budget: float) -> Question:
        """The same question at another budget."""
        return replace(self, budget=_checked_budget(budget, self.sites))

    @property
    def opened(self) -> Longs:
        """Sites that count whatever is chosen: standing, forced, and free of charge."""
        free_of_charge = np.flatnonzero(self.sites.free & (self.sites.cost == 0))
        return np.concatenate([self.sites.standing, self.sites.forced, free_of_charge])

    @property
    def choosable(self) -> Longs:
        """Sites that may be chosen or not, and cost something."""
        return np.flatnonzero(self.sites.free & (self.sites.cost > 0))

    @property
    def left_to_spend(self) -> float:
        """What is left of the budget when the forced sites are paid."""
        if self.budget is None:
            raise SitingInputError("This question has no budget; give one, or a number of sites.")
        return (round(self.budget * CENTS) - round(float(self.sites.cost[self.sites.forced].sum()) * CENTS)) / CENTS

    @property
    def people_are_whole(self) -> bool:
        """Whether every row counts whole people, so that every bound may be rounded to whole people."""
        return bool((self.people == np.rint(self.people)).all())

    @property
    def step(self) -> float:
        """The least difference (in people) two answers can have and count as different: a person at most."""
        return 1.0

    def name_of(self, label: int) -> str:
        """What a label stands for."""
        return self.label_names[label] if label < len(self.label_names) else f"label {label}"


def checked_people(people: ArrayLike, rows: int) -> Floats:
    """
    People by row, brought to whole grains.

    Raises
    ------
    SitingInputError
        There are none, too few rows, or numbers that no count can be.
    """
    whom = np.ascontiguousarray(people, np.float64)
    if len(whom) != rows:
        raise SitingInputError(f"There are people for {len(whom)} rows, but {rows} rows of demand in the lists.")
    if not np.isfinite(whom).all() or (whom < 0).any():
        at = int(np.flatnonzero(~(np.isfinite(whom) & (whom >= 0)))[0])
        raise SitingInputError(f"Row {at} counts {whom[at]:g} people; give zero or more.")
    if not (whom > 0).any():
        raise SitingInputError("There is no demand: no row counts anybody. Import a demand source first.")
    return np.rint(whom * GRAINS_PER_PERSON) / GRAINS_PER_PERSON


def _checked_budget(budget: float, sites: Sites) -> float:
    if not np.isfinite(budget) or budget < 0:
        raise SitingInputError(f"A budget of {budget:g} is out of range; give zero or more.")
    budget = round(budget * CENTS) / CENTS
    needed = float(sites.cost[sites.forced].sum())
    if needed > budget + 1e-9:
        raise OutOfReachError(
            f"The budget of {budget:g} with {len(sites.forced)} forced sites costing {needed:g}",
            needed - budget,
            "Raise the budget or force fewer sites.",
        )
    return budget
