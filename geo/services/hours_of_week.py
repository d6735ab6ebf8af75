"""The circle at every hour of the week: how many people reach a station that is open then."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.coverage.ground import Ground
from geo.coverage.question import Question
from geo.coverage.successive import shares_of_sets
from geo.coverage.summary import Tally, tally
from geo.places.hours import Slot
from geo.progress import Progress, silent
from geo.services.coverage import METHOD, eligible_stations, ground_of
from geo.types import Floats, Longs

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

HOURS_OF_WEEK = tuple(Slot((day,), hour * 60) for day in range(1, 8) for hour in range(24))
"""Every full hour of an ordinary week, from Monday 00:00."""


@dataclass(frozen=True, slots=True)
class WeekAnswer:
    """
    A question answered at every full hour of an ordinary week.

    `tallies`, `stations` (open ones that pass the filters) and `unknown_hours` (those of which nobody knows) are in the
    order of `HOURS_OF_WEEK`; `always` is the answer when hours do not count.
    """

    question: Question
    snapshot_id: str
    always: Tally
    tallies: tuple[Tally, ...]
    stations: Longs
    unknown_hours: Longs


def coverage_by_hour(snapshot: Snapshot, question: Question, *, progress: Progress = silent) -> WeekAnswer:
    """
    Answer a question at all 168 hours of the week, each as `coverage.answer` would; its own hour is left out.

    Hours at which the same stations are open are computed once.

    Raises
    ------
    ModeNotInSnapshotError, NoDemandError
        The snapshot has no streets for the mode, or no people of the layer asked for.
    """
    question = replace(question, at=None)
    layer, ground = snapshot.layer(question.mode), ground_of(snapshot, question.mode, question.demand)
    passing = eligible_stations(snapshot, question)
    opening = np.array([snapshot.timetable.open_mask_slot(hour) for hour in HOURS_OF_WEEK])
    by_hour = passing & (opening == 1)
    sets, set_of_row = distinct_rows(np.vstack([by_hour, passing]))

    tallies: dict[int, Tally] = {}
    people = Counted.of(ground)
    joined = layer.grid, layer.graph, layer.targets
    for row, share in shares_of_sets(*joined, question.limit_ds, sets, ground.by_cell(people.people) > 0):
        progress("measuring travel times by hour", len(tallies), len(sets))
        tallies[row] = people.tally(share)
    *hours, always = (tallies[row] for row in set_of_row)
    return WeekAnswer(
        question=question,
        snapshot_id=snapshot.id,
        always=always,
        tallies=tuple(hours),
        stations=by_hour.sum(axis=1),
        unknown_hours=(passing & (opening < 0)).sum(axis=1),
    )


def describe(snapshot: Snapshot, week: WeekAnswer) -> dict[str, Any]:
    """The week as plain data, as the wire has it: one column per figure, one row per hour from Monday 00:00."""
    demand = snapshot.demand_layer(week.question.demand)
    rows = [asdict(one) for one in week.tallies]
    return {
        "parameters": week.question.as_dict(),
        "snapshot": week.snapshot_id,
        "method": METHOD,
        "always": week.always.as_dict(),
        "hours": {
            "slot": [str(hour) for hour in HOURS_OF_WEEK],
            **{name: [row[name] for row in rows] for name in rows[0]},
            "stations": week.stations.tolist(),
            "unknown_hours": week.unknown_hours.tolist(),
        },
        "estimate": demand.is_estimate,
        "sources": [demand.source, snapshot.street_network_name],
    }


def distinct_rows(rows: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[int]]:
    """The different rows of a table in the order of their first appearance, and for every row which of them it is."""
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(row.tobytes(), len(numbers)) for row in rows]
    first = [which.index(number) for number in range(len(numbers))]
    return rows[first], which


@dataclass(frozen=True, slots=True)
class Counted:
    """
    The people whom hours can make a difference to, by group of the ground, and how many the others are.

    People outside the study area or off the network are so at every hour.
    """

    cell: Longs
    people: Floats
    off_network: float
    outside_area: float

    @classmethod
    def of(cls, ground: Ground) -> Counted:
        """Part the people of a ground."""
        fates = ground.fates(np.zeros(len(ground.people)))
        _, _, off_network, outside_area = fates.sum(axis=0).tolist()
        return cls(ground.group_cell, fates[:, 1], off_network, outside_area)

    def tally(self, share: Floats) -> Tally:
        """People by fate, from the share of each cell's streets within the limit."""
        covered = self.people * share[self.cell]
        # running sums, for they add in the order in which `tally` adds its columns: equal to the last bit
        sums = [np.cumsum(column)[-1] if len(column) else 0.0 for column in (covered, self.people - covered)]
        return tally(np.array([[*sums, self.off_network, self.outside_area]]))
