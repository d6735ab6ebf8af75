"""One address under the lamp: whom a station there would add by mode and hour, what it shares, how it ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.coverage.field import cell_coverage
from geo.datum import Datum, to_wgs84
from geo.errors import InputError
from geo.progress import Progress, silent
from geo.services import what_if
from geo.services.changes import Add, WhatIf
from geo.services.siting.candidates import Candidate, open_then
from geo.services.siting.checklist import RULES, with_checks
from geo.services.siting.lists import Prepared, heed, prepare
from geo.services.siting.planning import input_hash
from geo.services.siting.question import Siting
from geo.services.what_if import standing_of
from geo.siting.cover import reached_rows
from geo.streets.search import Targets, field
from geo.types import Floats

if TYPE_CHECKING:
    from geo.coverage.question import Question
    from geo.snapshot.model import Snapshot

HOURS_ASKED: Final = (None, "weekday 12:00", "weekday 19:00", "weekday 23:00", "saturday 12:00")
"""Hours of the week an address is looked at; None counts stations whatever their hours."""


class OffNetworkAddressError(InputError):
    """Nobody could get to an address."""

    def __init__(self, lon: float, lat: float) -> None:
        super().__init__(
            f"There is no permitted street near {lon:.5f},{lat:.5f}, so nobody could get there; check the position "
            "and its datum."
        )
        self.zh = f"{lon:.5f},{lat:.5f} 附近没有可通行的街道，任何人都到不了；请核对位置和坐标系。"


@dataclass(frozen=True, slots=True)
class Address:
    """A place asked about (WGS-84 degrees)."""

    lon: float
    lat: float
    name: str = ""
    hours: str | None = None

    @classmethod
    def at(
        cls, lon: float, lat: float, datum: Datum = Datum.WGS84, name: str = "", hours: str | None = None
    ) -> Address:
        """An address in some datum."""
        x, y = to_wgs84([lon], [lat], datum)
        return cls(float(x[0]), float(y[0]), name, hours)


def check_address(
    snapshot: Snapshot,
    asked: Siting,
    address: Address,
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """
    What a station at an address would do: people it adds by mode and hour, overlap, checklist, rank.

    The rank is among the candidates of `asked` by people added in its question, 1 being the best.

    Raises
    ------
    OffNetworkAddressError
        No permitted street is near.
    NoCandidatesError, ModeNotInSnapshotError, NoDemandError, CancelledError
        As `geo.services.siting.planning.plan` does.
    """
    question = asked.question
    layer = snapshot.layer(question.mode)
    if layer.index.snap(np.array([address.lon]), np.array([address.lat])).edge[0] < 0:
        raise OffNetworkAddressError(address.lon, address.lat)
    place = with_checks(
        snapshot, [Candidate("address", address.name, None, address.lon, address.lat, hours=address.hours)]
    )[0]
    progress("counting")
    own = added(snapshot, question, place)
    table = []
    for mode in snapshot.modes:
        for at in dict.fromkeys((*HOURS_ASKED, question.at)):
            heed(cancelled)
            table.append({"mode": mode, "at": at, **added(snapshot, replace(question, mode=mode, at=at), place)})
    progress("ranking")
    rank, candidates, best = _rank(snapshot, asked, own["adds"], progress, cancelled)
    return {
        "parameters": {**asked.question.as_dict(), **asked.wish.as_dict()},
        "snapshot": snapshot.id,
        "input_hash": input_hash(snapshot, asked),
        "address": place.as_dict(),
        "adds": round(own["adds"]),
        "within": round(own["within"]),
        "already": round(own["already"]),
        "rank": rank,
        "candidates": candidates,
        "best": best,
        "by_mode_and_hour": [
            {**row, **{name: round(row[name]) for name in ("adds", "within", "already")}} for row in table
        ],
        "words": _words(own, place, rank, candidates),
    }


def added(snapshot: Snapshot, question: Question, place: Candidate) -> dict[str, Any]:
    """
    People whom a station at a place adds to those covered, all within its reach, and those of them covered already.

    `open` says whether it is open at the hour asked; where that is not known it is counted as open.
    """
    standing = standing_of(snapshot, question)
    known = int(open_then((question.at,), [place])[0, 0])
    is_open = None if known < 0 else known == 1
    if is_open is False:
        return {"adds": 0.0, "within": 0.0, "already": 0.0, "open": False}
    add = Add(place.lon, place.lat, hours=place.hours if is_open else None)
    after = what_if.tried(snapshot, WhatIf(question, (add,)))
    ground, layer = standing.ground, standing.layer
    covered_after = ground.fates(after.coverage.share)[:, 0]
    alone = Targets.join(
        layer.graph,
        layer.index.snap(np.array([place.lon]), np.array([place.lat])),
        layer.graph.mode.arrival_overhead_ds,
    )
    travel = field(layer.graph, alone, None, question.limit_ds)
    only = cell_coverage(layer.grid, layer.graph, alone, travel, question.limit_ds, outside_area=ground.outside)
    within = float(ground.fates(only.share)[:, 0].sum())
    adds = float(covered_after.sum() - standing.fates[:, 0].sum())
    return {"adds": adds, "within": within, "already": max(0.0, within - adds), "open": is_open}


def _rank(
    snapshot: Snapshot, asked: Siting, adds: float, progress: Progress, cancelled: Callable[[], bool]
) -> tuple[int, int, dict[str, Any]]:
    """The rank by people added, of how many candidates, and the best of them."""
    prepared = prepare(snapshot, asked, progress=progress, cancelled=cancelled)
    count = len(prepared.candidates)
    gains = gains_alone(asked, prepared)
    best = int(np.argmax(gains))
    # half a person: the same place must not come after itself by the rounding of sums
    better = int((gains > adds + 0.5).sum())
    return better + 1, count, {**prepared.candidates[best].as_dict(), "adds": round(float(gains[best]))}


def gains_alone(asked: Siting, prepared: Prepared) -> Floats:
    """People whom each candidate would add by itself, float64[candidates]."""
    lists, count = prepared.lists, len(prepared.candidates)
    standing = count + np.arange(len(prepared.stations))
    missing = np.where(reached_rows(lists, standing), 0.0, prepared.weighted(asked))
    summed = np.concatenate(([0.0], np.cumsum(missing[lists.site_row])))
    return (summed[lists.site_start[1:]] - summed[lists.site_start[:-1]])[:count]


def candidate_table(
    snapshot: Snapshot,
    asked: Siting,
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, list[Any]]:
    """
    Every candidate of a question as columns of equal length, for a map: who takes part and whom it would add alone.

    `reason` is the code of `LEFT_OUT` for one that takes no part, whose `adds` is None. Raises as `plan` does.
    """
    prepared = prepare(snapshot, asked, progress=progress, cancelled=cancelled)
    gathered = prepared.gathered
    rows = [
        (one, float(adds), None)
        for one, adds in zip(gathered.usable, gains_alone(asked, prepared).tolist(), strict=True)
    ] + [(one, None, gathered.left_out_keys[one.key]) for one in gathered.unusable]
    columns = {
        name: [getattr(one, name) for one, _, _ in rows]
        for name in ("key", "name", "kind", "lon", "lat", "cost", "score")
    }
    return columns | {
        "adds": [None if adds is None else round(adds) for _, adds, _ in rows],
        "reason": [reason for _, _, reason in rows],
    }


def _words(own: dict[str, Any], place: Candidate, rank: int, candidates: int) -> dict[str, list[str]]:
    named = {state: [term for term in RULES if place.checks[term.code] is state] for state in (True, False, None)}
    zh = [
        f"在这里设站，可多覆盖 {own['adds']:,.0f} 人；服务圈内共 {own['within']:,.0f} 人，"
        f"其中 {own['already']:,.0f} 人已有站可去。",
        f"在 {candidates:,} 个候选点当中排第 {rank:,}。",
        "条件："
        + "；".join(
            f"{word}：{'、'.join(term.zh for term in named[state])}"
            for state, word in ((True, "符合"), (False, "不符合"), (None, "未知"))
            if named[state]
        )
        + "。",
    ]
    en = [
        f"A station here brings {own['adds']:,.0f} more people within reach; of {own['within']:,.0f} in its circle "
        f"{own['already']:,.0f} have a station already.",
        f"It ranks {rank:,} among {candidates:,} candidates.",
        "Conditions: "
        + "; ".join(
            f"{word}: {', '.join(term.en for term in named[state])}"
            for state, word in ((True, "kept"), (False, "not kept"), (None, "unknown"))
            if named[state]
        )
        + ".",
    ]
    return {"zh": zh, "en": en}
