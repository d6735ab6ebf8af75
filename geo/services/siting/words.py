"""A siting answer as plain data: one outer shape for every task, as the wire and a stored scenario have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.services import what_if
from geo.services.siting.candidates import LEFT_OUT
from geo.services.siting.lists import Prepared
from geo.services.siting.planning import METHOD, SitingPlan
from geo.services.siting.posed import Posed
from geo.services.siting.proofs import Proof
from geo.services.siting.sentences import UNITS, WHY, sentences
from geo.services.siting.tasks import SoFar, ways_ds
from geo.siting.curve import GainCurve
from geo.siting.explain import lacks_people

if TYPE_CHECKING:
    from geo.siting.explain import SiteReport
    from geo.snapshot.model import Snapshot
    from geo.types import Floats

ALTERNATIVES_SHOWN = 3
EXAMPLES_SHOWN = 20
"""How many of those left out for a reason are named."""
NEAR_MISSES = 5
STATIONS_SHOWN = 10
OVERLAPS_SHOWN = 200
PEOPLE_OF: Final = frozenset({"people_gained", "people_served"})
"""Answers whose value is a number of people, so that a gap is a number of people, too."""


def describe(snapshot: Snapshot, answered: SitingPlan) -> dict[str, Any]:
    """The answer as plain data, as the wire and a stored scenario have it."""
    asked, found, prepared, posed = answered.asked, answered.found, answered.prepared, answered.posed
    return {
        "task": asked.task,
        "parameters": asked.as_dict(),
        "question": asked.first_question.as_dict(),
        "snapshot": answered.snapshot_id,
        "method": METHOD,
        "input_hash": answered.input_hash,
        "seconds": round(answered.seconds, 2),
        "words": sentences(answered, _people(answered)),
        "people": _people(answered),
        "bound": _bound(answered),
        "measure": None if found.measure is None else _rounded(found.measure),
        "sites": _sites(answered),
        "extended": _extended(snapshot, answered),
        "closed": [_station(snapshot, posed, site) for site in found.closed.tolist()],
        "kept": [_station(snapshot, posed, site) for site in found.kept.tolist()],
        "changes": [change.as_dict() for change in answered.changes],
        "what_if": _what_if(answered),
        "recounts": [
            {
                "demand": one.demand,
                "at": one.at,
                "weight": one.weight,
                "before": round(one.before, 2),
                "after": round(one.after, 2),
            }
            for one in answered.recounts
        ],
        "overlap": _overlap(answered),
        "lost_role": _lost_role(snapshot, answered),
        "near_misses": _near_misses(answered),
        "outside": _outside(answered),
        "candidates": describe_candidates(prepared),
        "curve": None if answered.curve is None else describe_curve(prepared, answered.curve),
        "districts": [] if answered.recount is None else answered.recount.districts.to_dict("records"),
        "streets": _streets(answered),
        **{
            name: value
            for name, value in found.extra.items()
            if name in ("price", "price_at_most", "spent", "began_from")
        },
    }


def describe_so_far(so_far: SoFar) -> dict[str, Any]:
    """An answer on the way: sites, people gained, and how many more there could be at most; or minutes on average."""
    gained, at_most = so_far.gained, so_far.at_most
    return {
        "sites": so_far.sites,
        "gained": None if gained is None else round(gained),
        "more_at_most": None if gained is None or at_most is None else max(0, int(at_most - gained + 1e-6)),
        "mean_minutes": None if so_far.minutes is None else round(so_far.minutes, 3),
        "gap_percent": round(100 * so_far.gap, 3),
        "seconds": round(so_far.seconds, 2),
    }


def describe_curve(prepared: Prepared, drawn: GainCurve) -> dict[str, Any]:
    """People gained by 1 … n sites, a bound for each, the order to build in, and the knee."""
    return {
        "gained": np.rint(drawn.gained).astype(int).tolist(),
        "at_most": np.ceil(drawn.upper - 1e-6).astype(int).tolist(),
        "knee": drawn.knee,
        "order": [prepared.candidates[site].as_dict() for site in drawn.order.tolist()],
        "in_order": np.rint(drawn.gained_in_order).astype(int).tolist(),
    }


def describe_candidates(prepared: Prepared) -> dict[str, Any]:
    """How many places took part, and why others did not."""
    gathered = prepared.gathered
    left_out = [
        {
            "reason": reason,
            "count": count,
            "zh": LEFT_OUT[reason][0],
            "en": LEFT_OUT[reason][1],
            "examples": [
                {"key": one.key, "name": one.name}
                for one in gathered.unusable
                if gathered.left_out_keys[one.key] == reason
            ][:EXAMPLES_SHOWN],
        }
        for reason, count in gathered.left_out.items()
    ]
    return {
        "source": gathered.source,
        "considered": gathered.considered,
        "usable": len(gathered.usable),
        "left_out": left_out,
        "thinned": gathered.thinned,
    }


def _rounded(measure: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in measure.items()}


def _people(answered: SitingPlan) -> dict[str, Any]:
    """People before and after as the coverage service counts them."""
    tally = answered.prepared.standing.tally
    if answered.recount is not None:
        people: dict[str, Any] = what_if.describe(answered.recount)["people"]
        return people
    same = tally.as_dict()
    return {"before": same, "after": same, "change": 0, "gained": 0.0, "lost": 0.0}


def _what_if(answered: SitingPlan) -> dict[str, Any] | None:
    """The count by the coverage service, as a scenario keeps a what-if; None where nothing changes."""
    if answered.recount is None:
        return None
    counted = what_if.describe(answered.recount)
    return {name: value for name, value in counted.items() if name not in ("parameters", "changes")} | {"each": None}


def _bound(answered: SitingPlan) -> dict[str, Any]:
    """How far the answer can be from the best: of what is gained (or of the number of sites), never of the total."""
    found = answered.found
    zh, en = UNITS[found.of]
    return {
        "of": found.of,
        "unit_zh": zh,
        "unit_en": en,
        "found": round(found.value, 3),
        "at_best": round(found.bound, 3),
        "gap_percent": round(100 * found.gap, 4),
        "more_at_most": max(0, int(found.bound - found.value + 1e-6)) if found.of in PEOPLE_OF | {"value"} else None,
        "status": found.status.value,
        "proof": found.proof,
        "certificate": None if found.certificate is None else _certificate(found.certificate),
        "seed": answered.asked.seed,
        **{
            name: found.extra[name]
            for name in ("covered_once", "covered_twice", "wanted", "unreachable")
            if name in found.extra
        },
    }


def _certificate(proof: Proof) -> dict[str, Any]:
    return {
        "hash": proof.digest,
        "fingerprint": proof.fingerprint,
        "bound": proof.claims,
        "rows": max((len(column) for column in proof.numbers.values()), default=0),
        "checked": proof.holds(),
    }


def _sites(answered: SitingPlan) -> list[dict[str, Any]]:
    """New sites in building order, each with its reasons."""
    reports = [one for one in answered.reasons.sites if one.site < answered.posed.candidates]
    nearest = _nearest_for(answered)
    load = answered.found.extra.get("load")
    total = spent = 0.0
    rows = []
    for order, report in enumerate(reports, 1):
        total += report.marginal
        row = _site(answered, report)
        spent += row["paid"] or 0.0
        rows.append(
            row
            | {
                "order": order,
                "gained_so_far": round(total),
                "spent_so_far": None if row["paid"] is None else round(spent, 2),
                "nearest_for": None if nearest is None else round(float(nearest[report.site])),
                "serves": None if load is None else round(float(load[report.site])),
            }
        )
    return rows


def _nearest_for(answered: SitingPlan) -> Floats | None:
    """People for whom each site is the nearest, where ways are timed; the first of equally near ones has them."""
    if not answered.asked.is_timed:
        return None
    question, found = answered.posed.question, answered.found
    opened = np.concatenate([question.sites.standing, found.kept, found.chosen])
    best = ways_ds(question, opened, answered.asked.farthest_ds)
    people = np.zeros(question.lists.site_count)
    taken = np.zeros(question.lists.row_count, np.bool_)
    start, row = question.lists.sites
    assert question.lists.time_ds is not None
    for site in opened.tolist():
        part = slice(start[site], start[site + 1])
        own = row[part][(question.lists.time_ds[part] <= best[row[part]]) & ~taken[row[part]]]
        taken[own] = True
        people[site] = float(question.people[own].sum())
    return people


def _site(answered: SitingPlan, report: SiteReport) -> dict[str, Any]:
    candidates = answered.prepared.candidates
    costs_money = answered.asked.is_priced
    stand_ins = [
        {**candidates[site].as_dict(), "loss": round(loss)}
        for site, loss in zip(report.alternatives.tolist(), report.alternative_loss.tolist(), strict=True)
        if site < len(candidates)
    ]
    return {
        **candidates[report.site].as_dict(),
        "paid": float(answered.posed.question.sites.cost[report.site]) if costs_money else None,
        "people": round(report.marginal),
        "only_here": round(report.sole),
        "shared": round(report.shared),
        "people_per_cost": round(report.per_cost, 4) if costs_money and np.isfinite(report.per_cost) else None,
        "alternatives": stand_ins[:ALTERNATIVES_SHOWN],
        "alternatives_in_all": len(stand_ins),
    }


def _extended(snapshot: Snapshot, answered: SitingPlan) -> list[dict[str, Any]]:
    """Stations that stay open longer: what that costs and whom it brings, in building order."""
    first = answered.posed.candidates
    worth = {one.site: one.marginal for one in answered.reasons.sites}
    rows = []
    for site in answered.found.longer.tolist():
        one = answered.posed.extend[site - first]
        position = snapshot.position_of_id[one.station]
        place = {
            "id": one.station,
            "name": snapshot.facilities["name"].iloc[position],
            "lon": float(snapshot.lon[position]),
            "lat": float(snapshot.lat[position]),
        }
        rows.append(place | {"hours": one.hours, "cost": one.cost, "people": round(worth.get(site, 0.0))})
    return rows


def _station(snapshot: Snapshot, posed: Posed, site: int) -> dict[str, Any]:
    position = posed.position(site)
    return {
        "id": snapshot.facility_ids[position],
        "name": snapshot.facilities["name"].iloc[position],
        "lon": float(snapshot.lon[position]),
        "lat": float(snapshot.lat[position]),
    }


def _overlap(answered: SitingPlan) -> list[dict[str, Any]]:
    """Pairs of new sites, by their place in building order, whose circles share people; the most first."""
    new = [place for place, one in enumerate(answered.reasons.sites) if one.site < answered.posed.candidates]
    shared = answered.reasons.overlap[np.ix_(new, new)]
    a, b = np.nonzero(np.triu(shared, 1) >= 0.5)
    order = np.argsort(-shared[a, b], kind="stable")[:OVERLAPS_SHOWN]
    return [
        {"a": int(a[place]) + 1, "b": int(b[place]) + 1, "people": round(float(shared[a[place], b[place]]))}
        for place in order.tolist()
    ]


def _lost_role(snapshot: Snapshot, answered: SitingPlan) -> list[dict[str, Any]]:
    """Stations that alone reached somebody and no longer do, those that lose most people first."""
    before, after = answered.reasons.sole_before, answered.reasons.sole_after
    gone = np.flatnonzero((before >= 1) & (after < 1))
    gone = gone[np.argsort(-before[gone], kind="stable")][:STATIONS_SHOWN]
    standing = answered.posed.question.sites.standing
    return [
        _station(snapshot, answered.posed, int(standing[place])) | {"only_there_before": round(float(before[place]))}
        for place in gone.tolist()
    ]


def _near_misses(answered: SitingPlan) -> dict[str, Any] | None:
    """Candidates closest to a place in the answer: how many people each lacks; how many are ruled out for certain."""
    found, candidates, question = answered.found, answered.prepared.candidates, answered.posed.question
    if found.handed_on is None:
        return None
    opened = question.lists.counts(question.opened) > 0
    gained = answered.covered - float(question.people[opened].sum())
    lacks, slack = lacks_people(question, found.handed_on, gained)
    may = np.setdiff1d(question.choosable, found.chosen)
    may = may[may < len(candidates)]
    nearest = may[np.argsort(lacks[may], kind="stable")][:NEAR_MISSES]
    return {
        "sites": [
            {**candidates[site].as_dict(), "lacks": max(0, round(float(lacks[site])))} for site in nearest.tolist()
        ],
        "ruled_out": int((lacks[may] > slack + 1).sum()),
        "of": len(may),
    }


def _outside(answered: SitingPlan) -> list[dict[str, Any]]:
    """Who is within reach and who is not, by reason; those off the network have no row and come last."""
    rows = [
        {"reason": why.name.lower(), "people": round(people), "zh": WHY[why][0], "en": WHY[why][1]}
        for why, people in answered.outside.items()
    ]
    zh, en = WHY[None]
    lost = answered.prepared.off_network(answered.asked)
    return [*rows, {"reason": "off_network", "people": round(lost), "zh": zh, "en": en}]


def _streets(answered: SitingPlan) -> list[dict[str, Any]]:
    """Streets whose people change; all of them where each has a floor."""
    if answered.recount is None:
        return []
    streets = answered.recount.streets
    kept = streets if answered.asked.street_floor is not None else streets[streets["change"] != 0]
    return [{str(name): value for name, value in row.items()} for row in kept.to_dict("records")]
