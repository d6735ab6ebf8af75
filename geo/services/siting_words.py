"""A siting answer as plain data, and in sentences that a meeting can follow, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.services import what_if
from geo.services.siting import (
    ALTERNATIVES_SHOWN,
    METHOD,
    Found,
    Prepared,
    SitingPlan,
    SoFar,
    certificate_hash,
    is_checked,
)
from geo.services.siting_candidates import LEFT_OUT
from geo.siting.covering import Status
from geo.siting.curve import GainCurve
from geo.siting.explain import Why, lacks_people

if TYPE_CHECKING:
    from geo.siting.explain import SiteReport
    from geo.snapshot.model import Snapshot

NEAR_MISSES = 5
STATIONS_SHOWN = 10

WHY: Final = {
    Why.COVERED_BEFORE: ("已在服务圈内", "within reach already"),
    Why.COVERED_NOW: ("新站带来的", "reached by the new stations"),
    Why.NO_SITE_NEAR: ("附近没有候选点", "no candidate is near"),
    Why.ONLY_FORBIDDEN: ("附近只有被禁止的候选点", "only forbidden candidates are near"),
    Why.TOO_DEAR: ("附近的候选点超出预算", "every candidate near costs more than the budget"),
    Why.NOT_WORTH_IT: (
        "附近有候选点，但同样的名额或预算用在别处能覆盖更多人",
        "candidates are near, but the same sites or money bring more people elsewhere",
    ),
}
"""Why people are inside or still outside."""


def describe(snapshot: Snapshot, answered: SitingPlan) -> dict[str, Any]:
    """The answer as plain data, as the wire and a stored scenario have it."""
    asked, found, prepared = answered.asked, answered.found, answered.prepared
    return {
        "parameters": asked.as_dict(),
        "question": asked.question.as_dict(),
        "snapshot": answered.snapshot_id,
        "method": METHOD,
        "input_hash": answered.input_hash,
        "seconds": round(answered.seconds, 2),
        "words": sentences(answered),
        "people": _people(answered),
        "bound": _bound(answered),
        "sites": _sites(answered),
        "closed": [_station(snapshot, prepared, site) for site in found.closed.tolist()],
        "kept": [_station(snapshot, prepared, site) for site in found.kept.tolist()],
        "changes": [change.as_dict() for change in answered.changes],
        "what_if": _what_if(answered),
        "lost_role": _lost_role(snapshot, answered),
        "near_misses": _near_misses(answered),
        "outside": [
            {"reason": why.name.lower(), "people": round(people), "zh": WHY[why][0], "en": WHY[why][1]}
            for why, people in answered.outside.items()
        ],
        "candidates": describe_candidates(prepared),
        "curve": None if answered.curve is None else describe_curve(prepared, answered.curve),
        "districts": [] if answered.recount is None else answered.recount.districts.to_dict("records"),
        **{name: value for name, value in found.extra.items() if name in ("price", "price_at_most", "spent")},
    }


def describe_so_far(so_far: SoFar) -> dict[str, Any]:
    """An answer on the way: sites, people gained, and how many more there could be at most."""
    return {
        "sites": so_far.sites,
        "gained": round(so_far.gained),
        "more_at_most": max(0, int(so_far.at_most - so_far.gained + 1e-6)),
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
        {"reason": reason, "count": count, "zh": LEFT_OUT[reason][0], "en": LEFT_OUT[reason][1]}
        for reason, count in gathered.left_out.items()
    ]
    return {
        "source": gathered.source,
        "considered": gathered.considered,
        "usable": len(gathered.usable),
        "left_out": left_out,
        "thinned": gathered.thinned,
    }


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
    certificate = None
    if found.certificate is not None:
        certificate = {
            "hash": certificate_hash(found.certificate),
            "fingerprint": found.certificate.fingerprint,
            "bound": found.certificate.bound,
            "rows": len(found.certificate.row),
            "checked": is_checked(found),
        }
    counts_sites = answered.asked.task == "share"
    return {
        "of": "sites" if counts_sites else "value" if answered.asked.task == "backup" else "people_gained",
        "found": round(found.value, 3),
        "at_best": round(found.bound, 3),
        "gap_percent": round(100 * found.gap, 4),
        "more_at_most": None if counts_sites else max(0, int(found.bound - found.value + 1e-6)),
        "status": found.status.value,
        "proof": found.proof,
        "certificate": certificate,
        "seed": answered.asked.seed,
        **{name: found.extra[name] for name in ("covered_once", "covered_twice", "wanted") if name in found.extra},
    }


def _sites(answered: SitingPlan) -> list[dict[str, Any]]:
    """New sites in building order, each with its reasons."""
    candidates = answered.prepared.candidates
    reports = [one for one in answered.reasons.sites if one.site < len(candidates)]
    total = 0.0
    rows = []
    for order, report in enumerate(reports, 1):
        total += report.marginal
        rows.append(_site(answered, report) | {"order": order, "gained_so_far": round(total)})
    return rows


def _site(answered: SitingPlan, report: SiteReport) -> dict[str, Any]:
    candidates = answered.prepared.candidates
    costs_money = answered.asked.budget is not None
    stand_ins = [
        {**candidates[site].as_dict(), "loss": round(loss)}
        for site, loss in zip(report.alternatives.tolist(), report.alternative_loss.tolist(), strict=True)
        if site < len(candidates)
    ]
    return {
        **candidates[report.site].as_dict(),
        "paid": float(answered.posed.sites.cost[report.site]) if costs_money else None,
        "people": round(report.marginal),
        "only_here": round(report.sole),
        "shared": round(report.shared),
        "people_per_cost": round(report.per_cost, 4) if costs_money and np.isfinite(report.per_cost) else None,
        "alternatives": stand_ins[:ALTERNATIVES_SHOWN],
        "alternatives_in_all": len(stand_ins),
    }


def _station(snapshot: Snapshot, prepared: Prepared, site: int) -> dict[str, Any]:
    position = int(prepared.stations[site - len(prepared.candidates)])
    return {
        "id": snapshot.facility_ids[position],
        "name": snapshot.facilities["name"].iloc[position],
        "lon": float(snapshot.lon[position]),
        "lat": float(snapshot.lat[position]),
    }


def _lost_role(snapshot: Snapshot, answered: SitingPlan) -> list[dict[str, Any]]:
    """Stations that alone reached somebody and no longer do, those that lose most people first."""
    before, after = answered.reasons.sole_before, answered.reasons.sole_after
    gone = np.flatnonzero((before >= 1) & (after < 1))
    gone = gone[np.argsort(-before[gone], kind="stable")][:STATIONS_SHOWN]
    standing = answered.posed.sites.standing
    return [
        _station(snapshot, answered.prepared, int(standing[place])) | {"only_there_before": round(float(before[place]))}
        for place in gone.tolist()
    ]


def _near_misses(answered: SitingPlan) -> dict[str, Any] | None:
    """Candidates closest to a place in the answer: how many people each lacks; how many are ruled out for certain."""
    found, candidates = answered.found, answered.prepared.candidates
    if found.certificate is None or answered.asked.task != "most" or answered.asked.floor is not None:
        return None
    opened = answered.posed.lists.counts(answered.posed.opened) > 0
    gained = answered.covered - float(answered.posed.people[opened].sum())
    lacks, slack = lacks_people(answered.posed, found.certificate, gained)
    may = np.setdiff1d(answered.posed.choosable, np.concatenate([found.chosen, answered.posed.sites.closable]))
    nearest = may[np.argsort(lacks[may], kind="stable")][:NEAR_MISSES]
    return {
        "sites": [
            {**candidates[site].as_dict(), "lacks": max(0, round(float(lacks[site])))} for site in nearest.tolist()
        ],
        "ruled_out": int((lacks[may] > slack + 1).sum()),
        "of": len(may),
    }


def sentences(answered: SitingPlan) -> dict[str, list[str]]:
    """What a meeting is told, by language."""
    people, found = _people(answered), answered.found
    before, after = people["before"], people["after"]
    count, closed = len(found.chosen), len(found.closed)
    change = people["change"]
    zh = [f"新建 {count} 个站" + (f"、关闭 {closed} 个站" if closed else "") + f"，可多覆盖 {change:,} 人。"]
    en = [
        f"{count} new stations"
        + (f" and {closed} closed" if closed else "")
        + f" bring {change:,} more people within reach."
    ]
    zh.append(f"覆盖率由 {before['share']:.2%} 升至 {after['share']:.2%}。")
    en.append(f"The share covered goes from {before['share']:.2%} to {after['share']:.2%}.")
    told = _bound_words(answered)
    return {
        "zh": [*zh, *told[0], *_outside_words(answered, "zh")],
        "en": [*en, *told[1], *_outside_words(answered, "en")],
    }


def _bound_words(answered: SitingPlan) -> tuple[list[str], list[str]]:
    """How far the answer can be from the best, in words."""
    found = answered.found
    if answered.asked.task == "share":
        return _fewest_words(found)
    if found.status is Status.PROVED:
        anyone = found.proof == "certificate"
        zh = [f"已证明：在这些候选点里没有更好的选法（{'附可复核的证书' if anyone else '由精确求解器得出'}）。"]
        how = "anybody can check the certificate" if anyone else "by an exact solver"
        en = [f"Proved: no other choice among these candidates is better ({how})."]
    else:
        more = max(0, int(found.bound - found.value + 1e-6))
        zh = [f"任何别的选法最多还能多 {more:,} 人（新增部分的 {found.gap:.2%}）。"]
        en = [f"No other choice can bring more than {more:,} people on top ({found.gap:.2%} of what is gained)."]
    if "price" in found.extra:
        zh.append(f"为守住各区底线，比不设底线少覆盖 {round(found.extra['price']):,} 人。")
        en.append(f"The floor in every district costs {round(found.extra['price']):,} people against none.")
    if "covered_twice" in found.extra:
        zh.append(f"其中 {round(found.extra['covered_twice']):,} 人有两个以上的站可去。")
        en.append(f"{round(found.extra['covered_twice']):,} people then have two stations or more within reach.")
    return zh, en


def _fewest_words(found: Found) -> tuple[list[str], list[str]]:
    wanted = found.extra["share"]
    if found.status is Status.PROVED:
        zh = f"要覆盖 {wanted:.1%} 的人，至少需要新建 {found.value:g} 个站，已证明不能更少。"
        en = f"To cover {wanted:.1%} of the people takes {found.value:g} new stations; proved: no fewer do."
    else:
        zh = f"要覆盖 {wanted:.1%} 的人，{found.value:g} 个站足够，少于 {found.bound:g} 个肯定不够。"
        en = f"To cover {wanted:.1%} of the people, {found.value:g} new stations do; fewer than {found.bound:g} do not."
    return [zh], [en]


def _outside_words(answered: SitingPlan, lang: str) -> list[str]:
    """Who is still outside, and why."""
    reasons = (Why.NO_SITE_NEAR, Why.ONLY_FORBIDDEN, Why.TOO_DEAR, Why.NOT_WORTH_IT)
    there = [
        (answered.outside[why], WHY[why][0 if lang == "zh" else 1]) for why in reasons if answered.outside[why] >= 1
    ]
    if not there:
        return []
    if lang == "zh":
        return ["仍在服务圈外：" + "；".join(f"{round(people):,} 人，{why}" for people, why in there) + "。"]
    return ["Still outside: " + "; ".join(f"{round(people):,} people, {why}" for people, why in there) + "."]
