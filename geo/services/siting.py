"""
Where the next stations should go: one question over a snapshot, answered with a bound on the best possible.

Streets, demand and stations are those of the coverage service, so that what is promised here is what coverage counts:
every answer is counted again by the ordinary what-if, and holds the figures of that count.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.coverage.areas import NO_AREA
from geo.coverage.question import Question
from geo.errors import ConflictError, InputError
from geo.places.hours import parse_hours
from geo.progress import Progress, silent
from geo.services import what_if
from geo.services.changes import Add, Change, Close, WhatIf
from geo.services.siting_candidates import LEFT_OUT, Candidate, Gathered, Wish, gather, hours_then
from geo.services.what_if import Standing, WhatIfAnswer, standing_of
from geo.siting import backup, covering, curve, equity, explain, problem, reach, smallest
from geo.siting.certificate import Certificate, check_certificate
from geo.store.facility_store import FacilityNotFoundError
from geo.streets.snap import Snaps
from geo.types import Floats, Longs

if TYPE_CHECKING:
    from geo.siting.reach import StreetRows
    from geo.snapshot.model import Snapshot

METHOD = "maximal covering on parts of streets, version 1"

TASKS: Final = ("most", "share", "backup")
MOST_SITES = 500
LONGEST_SECONDS = 300.0
BLOCKS = 120
"""Blocks of work after which the search ends, so that one seed gives one answer however quick the machine."""
MOST_PAIRS = 120_000_000
"""Pairs of a site and a part of a street that one question may hold: some 1.5 GB."""
PREPARED_KEPT = 2
LONGEST_CURVE = 150
ALTERNATIVES_SHOWN = 3


class SitingQuestionError(InputError):
    """A siting question that cannot be asked like this."""


class UnknownCandidateError(InputError):
    """A candidate is named that is none."""

    def __init__(self, key: str, reason: str | None) -> None:
        why = "is no candidate of this question" if reason is None else f"was left out: {LEFT_OUT[reason][1]}"
        super().__init__(f"`{key[:80]}` {why}; name a candidate by the key that an answer gives it.")


class CancelledError(ConflictError):
    """The work was stopped before there was a first answer."""

    def __init__(self) -> None:
        super().__init__("The question was cancelled before there was an answer; ask it again.")


@dataclass(frozen=True, slots=True)
class Siting:
    """
    What is asked: which stations count (`question`), which places may become one (`wish`), and how many or how much.

    `most`: the most people with `choose` new stations, or with a `budget`. `share`: the fewest stations that bring
    `share` (0 to 1) of the city's people within reach. `backup`: as `most`, where a second station within reach is
    worth `second` (0 to 1) of a first. `floor` (0 to 1) is the least share covered in every district. Candidates are
    named by their key in `force` and `forbid`, stations by their number in `may_close`: each of these counts as one of
    the places, or costs `keep_cost` to keep, so that closing it pays for another.
    """

    question: Question
    wish: Wish = field(default_factory=Wish)
    task: str = "most"
    choose: int | None = None
    budget: float | None = None
    share: float | None = None
    second: float = 0.3
    floor: float | None = None
    force: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    may_close: tuple[int, ...] = ()
    default_cost: float | None = None
    keep_cost: float | None = None
    seed: int = 1
    seconds: float = 10.0
    target: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no answer could be given to."""
        if self.task not in TASKS:
            raise SitingQuestionError(f"`{self.task}` is no task; there are {', '.join(TASKS)}.")
        if self.task == "share":
            if self.share is None or self.choose is not None or self.budget is not None:
                raise SitingQuestionError(
                    "For the task share give a share, and neither a number of sites nor a budget."
                )
            if self.floor is not None or self.may_close:
                raise SitingQuestionError("Floors and stations that may close go with a number of sites or a budget.")
        elif (self.choose is None) == (self.budget is None) or self.share is not None:
            raise SitingQuestionError("Give either a number of sites or a budget.")
        if self.task == "backup" and self.floor is not None:
            raise SitingQuestionError("A floor in every district goes with the task most.")
        if self.budget is not None and self.may_close and self.keep_cost is None:
            raise SitingQuestionError("Say what it costs to keep a station, so that closing it frees something.")
        for name, value, low, high in (
            ("number of sites", self.choose, 1, MOST_SITES),
            ("budget", self.budget, 0, 1e12),
            ("share", self.share, 0, 1),
            ("worth of a second station", self.second, 0, 1),
            ("floor", self.floor, 0, 1),
            ("default cost", self.default_cost, 0, 1e12),
            ("cost of keeping a station", self.keep_cost, 0.01, 1e12),
            ("number of seconds", self.seconds, 0.1, LONGEST_SECONDS),
            ("target", self.target, 0, 1),
        ):
            if value is not None and not low <= value <= high:
                raise SitingQuestionError(f"A {name} of {value:g} is out of range; give {low:g} to {high:g}.")

    def as_dict(self) -> dict[str, Any]:
        """The question as plain data, every part named."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("question", "wish")}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        return {**self.question.as_dict(), **self.wish.as_dict(), **plain}

    def canonical(self) -> str:
        """The question as the one text that equal questions share."""
        return json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, eq=False)
class Prepared:
    """
    Cover lists of a question: sites are the candidates, then the stations that count (`stations`, snapshot positions).
    """

    gathered: Gathered
    standing: Standing
    stations: Longs
    rows: StreetRows

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The places that may be chosen, by site number."""
        return self.gathered.usable


@dataclass(frozen=True, slots=True)
class SoFar:
    """The best answer found while the work goes on: people gained, and what no choice gains more than."""

    sites: int
    gained: float
    at_most: float
    seconds: float

    @property
    def gap(self) -> float:
        """How much more of the gain there could be, as a share."""
        return (self.at_most - self.gained) / self.gained if self.gained > 0 else float(self.at_most > 0)


@dataclass(frozen=True, eq=False)
class Found:
    """
    What a solver found, whatever the task: `chosen` are new sites in building order, `kept` and `closed` stations that
    may close (site numbers). People are counted on the rows. `value` is what is maximised or (share) minimised, `bound`
    what no choice goes beyond.
    """

    chosen: Longs
    kept: Longs
    closed: Longs
    value: float
    bound: float
    gap: float
    status: covering.Status
    proof: str
    certificate: Certificate | None
    proved: problem.Question
    """The question that the certificate is about."""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SitingPlan:
    """An answer with its reasons; `recount` is what the coverage service says of it, None where nothing changes."""

    asked: Siting
    snapshot_id: str
    input_hash: str
    prepared: Prepared
    posed: problem.Question
    found: Found
    before: float
    covered: float
    reasons: explain.Explanation
    outside: dict[explain.Why, float]
    curve: curve.GainCurve | None
    changes: tuple[Change, ...]
    recount: WhatIfAnswer | None
    seconds: float

    @property
    def gained(self) -> float:
        """People newly covered, those lost to closed stations taken off."""
        return self.covered - self.before


def plan(
    snapshot: Snapshot,
    asked: Siting,
    *,
    progress: Progress = silent,
    show: Callable[[SoFar], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SitingPlan:
    """
    Answer a siting question; `show` is told of every better answer on the way.

    A cancelled question gives the best found so far.

    Raises
    ------
    NoCandidatesError, UnknownCandidateError, geo.siting.problem.SitingInputError
        The question cannot be answered: which constraint fails, and by how much.
    CancelledError
        It was cancelled before there was an answer.
    FacilityNotFoundError, ModeNotInSnapshotError, NoDemandError
        As the coverage service does.
    """
    began = time.perf_counter()
    progress("finding candidates and whom they reach")
    prepared = prepare(snapshot, asked)
    if cancelled():
        raise CancelledError
    posed = pose(snapshot, asked, prepared)
    progress("choosing sites")
    effort = covering.Effort(
        seconds=asked.seconds, target=asked.target, blocks=BLOCKS, seed=asked.seed, cancelled=cancelled
    )
    lists, people = posed.lists, posed.people
    everything = np.concatenate([posed.sites.standing, posed.sites.closable])
    before = float(people[lists.counts(everything) > 0].sum())
    found = _solved(prepared, posed, asked, effort, before, show)
    progress("explaining the answer")
    open_then = np.concatenate([posed.sites.standing, found.kept, found.chosen])
    explained = posed.with_budget(found.value) if posed.budget is None else posed
    told = np.concatenate([found.kept, found.chosen])
    changes = _changes(snapshot, asked, prepared, found)
    return SitingPlan(
        asked=asked,
        snapshot_id=snapshot.id,
        input_hash=input_hash(snapshot, asked),
        prepared=prepared,
        posed=posed,
        found=found,
        before=before,
        covered=float(people[lists.counts(open_then) > 0].sum()),
        reasons=explain.explain(explained, told),
        outside=explain.why_outside(explained, told)[1],
        curve=_curve(asked, posed, effort, len(found.chosen)),
        changes=changes,
        recount=what_if.answer(snapshot, WhatIf(asked.question, changes)) if changes else None,
        seconds=time.perf_counter() - began,
    )


def gain_curve(snapshot: Snapshot, asked: Siting, most: int, *, progress: Progress = silent) -> tuple[Prepared, Any]:
    """How the gain grows with 1 … `most` sites: the prepared question and its `geo.siting.curve.GainCurve`."""
    if not 1 <= most <= MOST_SITES:
        raise SitingQuestionError(f"A curve of {most} sites is out of range; give 1 to {MOST_SITES}.")
    progress("finding candidates and whom they reach")
    asked = replace(asked, task="most", choose=min(most, 1), budget=None, share=None, may_close=(), floor=None)
    prepared = prepare(snapshot, asked)
    posed = pose(snapshot, asked, prepared)
    progress("drawing the curve")
    effort = covering.Effort(seconds=asked.seconds, blocks=BLOCKS, seed=asked.seed)
    return prepared, curve.gain_curve(posed, most, effort)


_prepared: weakref.WeakKeyDictionary[Snapshot, dict[str, Prepared]] = weakref.WeakKeyDictionary()
"""The cover lists made last; making them is most of the work, and a meeting asks about the same places again."""
_keeping = threading.Lock()


def prepare(snapshot: Snapshot, asked: Siting) -> Prepared:
    """
    Candidates of a question and whom they and the stations reach; the last ones made are kept.

    Raises
    ------
    NoCandidatesError
        Nothing is left to choose from.
    geo.siting.problem.SitingInputError
        There is no demand, or there are more pairs than one question may hold.
    """
    priced = asked.budget is not None
    key = json.dumps(
        [asked.question.canonical(), asked.wish.as_dict(), priced, asked.default_cost if priced else None],
        sort_keys=True,
    )
    with _keeping:
        known = _prepared.setdefault(snapshot, {}).pop(key, None)
        if known is not None:
            _prepared[snapshot][key] = known
            return known
    fresh = _prepare(snapshot, asked, priced)
    with _keeping:
        kept = _prepared.setdefault(snapshot, {})
        kept[key] = fresh
        for oldest in list(kept)[:-PREPARED_KEPT]:
            del kept[oldest]
    return fresh


def _prepare(snapshot: Snapshot, asked: Siting, priced: bool) -> Prepared:
    standing = standing_of(snapshot, asked.question)
    layer, ground = standing.layer, standing.ground
    gathered = gather(
        snapshot,
        asked.question,
        asked.wish,
        ground.by_cell(standing.fates[:, 1]),
        default_cost=asked.default_cost,
        priced=priced,
    )
    eligible = np.flatnonzero(standing.eligible)
    snaps = layer.index.snap(snapshot.lon[eligible], snapshot.lat[eligible])
    joined = np.flatnonzero(snaps.edge >= 0).astype(np.int32)
    counted = ~(ground.group_outside | ground.group_off_network)
    rows = reach.street_rows(
        layer.graph,
        layer.grid,
        ground.by_cell(np.where(counted, ground.group_people, 0.0)),
        _one_after_another(gathered.snaps, snaps.take(joined)),
        asked.question.limit_ds,
        overhead_ds=layer.graph.mode.arrival_overhead_ds,
        most_pairs=MOST_PAIRS,
    )
    return Prepared(gathered, standing, eligible[joined], rows)


def _one_after_another(first: Snaps, second: Snaps) -> Snaps:
    columns = zip(vars(first).values(), vars(second).values(), strict=True)
    return Snaps(*(np.concatenate(pair) for pair in columns))


def pose(snapshot: Snapshot, asked: Siting, prepared: Prepared) -> problem.Question:
    """The question over cover lists; raises as `plan` does."""
    candidates, stations = prepared.candidates, prepared.stations
    count = len(candidates)
    closable = count + _closable(snapshot, asked, stations)
    costs = np.ones(count + len(stations))
    if asked.budget is not None:
        costs[:count] = [asked.default_cost if one.cost is None else one.cost for one in candidates]
        costs[closable] = asked.keep_cost or 1.0
    number = {one.key: place for place, one in enumerate(candidates)}
    named = [_numbers(prepared.gathered, number, keys) for keys in (asked.force, asked.forbid)]
    sites = problem.Sites.of(
        len(costs),
        cost=costs,
        standing=np.setdiff1d(count + np.arange(len(stations)), closable),
        closable=closable,
        forced=named[0],
        forbidden=named[1],
    )
    places = None if asked.choose is None else asked.choose + len(closable)
    _require_enough(asked, sites, len(closable))
    lists, people = prepared.rows.lists, prepared.rows.people
    label, names = _districts(snapshot, prepared) if asked.floor is not None else (None, ())
    return problem.Question.of(
        lists, people, sites=sites, choose=places, budget=asked.budget, label=label, label_names=names
    )


def _require_enough(asked: Siting, sites: problem.Sites, closable: int) -> None:
    there_are = int(sites.free.sum()) - closable + len(sites.forced)
    if asked.choose is not None and asked.choose > there_are:
        raise problem.TooFewCandidatesError(asked.choose, there_are)


def _closable(snapshot: Snapshot, asked: Siting, stations: Longs) -> Longs:
    """Places in `stations` of those that may close."""
    place = {int(position): number for number, position in enumerate(stations)}
    found = []
    for facility_id in asked.may_close:
        position = snapshot.position_of_id.get(facility_id)
        if position is None:
            raise FacilityNotFoundError(facility_id)
        if position not in place:
            raise SitingQuestionError(
                f"Facility {facility_id} does not count in this question, so closing it changes nothing; leave it out."
            )
        found.append(place[position])
    return np.array(found, np.int64)


def _numbers(gathered: Gathered, number: dict[str, int], keys: tuple[str, ...]) -> list[int]:
    for key in keys:
        if key not in number:
            raise UnknownCandidateError(key, gathered.left_out_keys.get(key))
    return [number[key] for key in keys]


def _districts(snapshot: Snapshot, prepared: Prepared) -> tuple[Longs, tuple[str, ...]]:
    """The district of every row, and their names; the last label is for rows in none."""
    ground = prepared.standing.ground
    district = ground.district[prepared.rows.cell]
    there = np.unique(district[district != NO_AREA])
    if not there.size:
        raise SitingQuestionError("The city has no districts, so none can have a floor; import its areas first.")
    label = np.where(district == NO_AREA, len(there), np.searchsorted(there, district))
    return label.astype(np.int64), (*(ground.area_name(int(row)) for row in there), "-")


def _floors(prepared: Prepared, posed: problem.Question, floor: float) -> Floats:
    """
    The floor of every label as a share of those whom a street reaches.

    A planner means the share of everybody in the district, as tables show it, so that people off the network raise it.
    """
    ground = prepared.standing.ground
    names = posed.label_names
    label = posed.label
    assert label is not None
    rows = ground.district[prepared.rows.cell]
    lost = ground.group_off_network & ~ground.group_outside
    off = np.bincount(
        np.maximum(ground.district[ground.group_cell[lost]], 0), ground.group_people[lost], len(ground.areas) + 1
    )
    floors = np.zeros(len(names))
    for number in range(len(names) - 1):
        own = label == number
        reachable = float(posed.people[own].sum())
        everybody = reachable + float(off[rows[own][0]]) if own.any() else 0.0
        wanted = floor * everybody
        if wanted > reachable + 1e-6:
            raise problem.OutOfReachError(
                f"The floor of {floor:.0%} in {names[number]}",
                wanted - reachable,
                "So many people live where no street leads: lower the floor.",
            )
        floors[number] = min(1.0, wanted / reachable) if reachable else 0.0
    return floors


def _solved(
    prepared: Prepared,
    posed: problem.Question,
    asked: Siting,
    effort: covering.Effort,
    before: float,
    show: Callable[[SoFar], None],
) -> Found:
    if asked.task == "share":
        return _smallest(prepared, posed, asked, effort)
    extra: dict[str, Any]
    if asked.task == "backup":
        twice = backup.solve_backup(posed, asked.second, effort)
        extra = {"covered_once": twice.covered_once, "covered_twice": twice.covered_twice, "second": twice.beta}
        value, bound = twice.value, twice.upper
        return _found(posed, twice.chosen, value, bound, twice.gap, twice.status, twice.proof, None, extra)
    if asked.floor is not None:
        fair = equity.solve_with_floors(posed, _floors(prepared, posed, asked.floor), effort)
        extra = {"price": fair.price, "price_at_most": fair.price_at_most}
        gap = _share(fair.upper - fair.covered, fair.covered - before)
        certificate = fair.certificate
        return _found(
            posed,
            fair.chosen,
            fair.covered - before,
            fair.upper - before,
            gap,
            fair.status,
            fair.proof,
            certificate,
            extra,
        )
    last = None
    for last in covering.improving_cover(posed, effort):
        show(SoFar(len(last.chosen), last.covered - before, last.upper - before, last.seconds))
    if last is None:
        raise CancelledError
    gap = _share(last.upper - last.covered, last.covered - before)
    extra = {"spent": last.spent, "unreachable": last.unreachable, "reduced_to": list(last.reduced_to)}
    return _found(
        posed,
        last.chosen,
        last.covered - before,
        last.upper - before,
        gap,
        last.status,
        last.proof,
        last.certificate,
        extra,
    )


def _smallest(prepared: Prepared, posed: problem.Question, asked: Siting, effort: covering.Effort) -> Found:
    """The fewest sites for a share of all people of the city, those off the network included."""
    tally = prepared.standing.tally
    everybody = float(prepared.standing.fates[:, :3].sum())
    wanted = (asked.share or 0.0) * everybody
    fewest = smallest.smallest_for(posed, wanted, effort)
    extra = {
        "wanted": wanted,
        "share": asked.share,
        "share_before": tally.share,
        "unreachable": fewest.unreachable,
    }
    gap = _share(fewest.cost - fewest.lower, fewest.cost)
    certificate = fewest.certificate if fewest.proof == "certificate" else None
    found = _found(
        posed, fewest.chosen, fewest.cost, fewest.lower, gap, fewest.status, fewest.proof, certificate, extra
    )
    # what is proved is that one site less does not do
    return replace(found, proved=posed.with_budget(max(0.0, fewest.lower - 1)))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float(part > 1e-9)


def _found(
    posed: problem.Question,
    chosen: Longs,
    value: float,
    bound: float,
    gap: float,
    status: covering.Status,
    proof: str,
    certificate: Certificate | None,
    extra: dict[str, Any],
) -> Found:
    """An answer in the one form; sites that may close are told from new ones."""
    is_kept = np.isin(chosen, posed.sites.closable)
    return Found(
        chosen=chosen[~is_kept],
        kept=chosen[is_kept],
        closed=np.setdiff1d(posed.sites.closable, chosen),
        value=value,
        bound=bound,
        gap=max(0.0, gap),
        status=status,
        proof=proof,
        certificate=certificate,
        proved=posed,
        extra=extra,
    )


def _curve(asked: Siting, posed: problem.Question, effort: covering.Effort, chosen: int) -> curve.GainCurve | None:
    """The gain of 1 … n sites, where sites are counted and nothing else is asked."""
    if asked.task != "most" or asked.budget is not None or asked.may_close or asked.floor is not None:
        return None
    if effort.cancelled():
        return None
    most = min(LONGEST_CURVE, max(10, 2 * chosen))
    return curve.gain_curve(posed, most, replace(effort, seconds=min(effort.seconds, 5.0)))


def _changes(snapshot: Snapshot, asked: Siting, prepared: Prepared, found: Found) -> tuple[Change, ...]:
    """The answer as changes of a what-if: chosen places open, stations no longer kept close."""
    new = [prepared.candidates[site] for site in found.chosen.tolist()]
    is_open = hours_then(asked.question, new)
    # hours that say nothing certain of the hour asked would take a place out that was counted
    adds = [
        Add(one.lon, one.lat, one.name, one.hours if known == 1 and parse_hours(one.hours or "").rules else None)
        for one, known in zip(new, is_open.tolist(), strict=True)
    ]
    gone = prepared.stations[found.closed - len(prepared.candidates)]
    return (*adds, *(Close(snapshot.facility_ids[position]) for position in gone.tolist()))


def certificate_hash(certificate: Certificate) -> str:
    """SHA-256 of a certificate: its numbers, its bound, and what it is a certificate of."""
    digest = hashlib.sha256(certificate.fingerprint.encode())
    for column in (certificate.row, certificate.u_grains):
        digest.update(np.ascontiguousarray(column).astype("<i8").tobytes())
    digest.update(repr(certificate.bound).encode())
    return digest.hexdigest()


def is_checked(found: Found) -> bool | None:
    """Whether a pass over the raw lists finds the bound of the certificate again; None where there is none."""
    if found.certificate is None:
        return None
    return check_certificate(found.certificate, found.proved) == found.certificate.bound


def input_hash(snapshot: Snapshot, asked: Siting) -> str:
    """SHA-256 of everything the answer depends on: the question, the state of the city, the method."""
    return hashlib.sha256("\n".join((METHOD, snapshot.state_hash, asked.canonical())).encode()).hexdigest()
