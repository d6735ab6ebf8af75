"""What a meeting is told of a siting answer: a few sentences in Chinese and English, with figures and no formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.siting.covering import Status
from geo.siting.explain import Why

if TYPE_CHECKING:
    from geo.services.siting.planning import SitingPlan
    from geo.services.siting.tasks import Found

Both = tuple[list[str], list[str]]
"""Sentences in Chinese, and the same in English."""

WHY: Final[dict[Why | None, tuple[str, str]]] = {
    Why.COVERED_BEFORE: ("已在服务圈内", "within reach already"),
    Why.COVERED_NOW: ("新站带来的", "reached by the new stations"),
    Why.NO_SITE_NEAR: ("附近没有候选点", "no candidate is near"),
    Why.ONLY_FORBIDDEN: ("附近只有被禁止的候选点", "only forbidden candidates are near"),
    Why.TOO_DEAR: ("附近的候选点超出预算", "every candidate near costs more than the budget"),
    Why.NOT_WORTH_IT: (
        "附近有候选点，但同样的名额或预算用在别处能覆盖更多人",
        "candidates are near, but the same sites or money bring more people elsewhere",
    ),
    None: ("住处附近没有可通行的街道", "no street leads to where they live"),
}
"""Why people are inside or still outside; None are those off the network."""

UNITS: Final = {
    "people_gained": ("人", "people"),
    "people_served": ("人", "people"),
    "value": ("人（两次覆盖按折算）", "people, the second cover at its worth"),
    "sites": ("个站", "stations"),
    "mean_minutes": ("分钟", "minutes"),
    "farthest_minutes": ("分钟", "minutes"),
}
"""The unit of what each task makes large or small."""


def sentences(answered: SitingPlan, people: dict[str, Any]) -> dict[str, list[str]]:
    """What a meeting is told, by language; `people` are those before and after by the coverage service."""
    parts = [
        _whom_it_brings(answered, people),
        _how_good(answered),
        _what_it_costs(answered),
        _who_is_outside(answered),
    ]
    return {"zh": [line for zh, _ in parts for line in zh], "en": [line for _, en in parts for line in en]}


def _whom_it_brings(answered: SitingPlan, people: dict[str, Any]) -> Both:
    before, after, change = people["before"], people["after"], people["change"]
    at = answered.asked.first_question.at
    when_zh, when_en = (f"（{at}）", f" ({at})") if answered.asked.slots else ("", "")
    built_zh, built_en = _what_is_built(answered.found)
    zh = [
        f"{built_zh}，可多覆盖 {change:,} 人{when_zh}。",
        f"覆盖率由 {before['share']:.2%} 变为 {after['share']:.2%}。",
    ]
    en = [
        f"{built_en}: {change:,} more people are within reach{when_en}.",
        f"The share covered goes from {before['share']:.2%} to {after['share']:.2%}.",
    ]
    if answered.asked.area is not None and len(answered.recounts) == 1:
        inside = answered.recounts[0].after - answered.recounts[0].before
        zh.append(f"其中{answered.asked.area}内多覆盖 {inside:,.0f} 人。")
        en.append(f"{inside:,.0f} of them live in {answered.asked.area}.")
    if len(answered.recounts) > 1:
        gained = sum(one.weight * (one.after - one.before) for one in answered.recounts)
        count = len(answered.recounts)
        zh.append(f"按 {count} 个图层与时段加权，共多覆盖 {gained:,.0f}。")
        en.append(f"Weighed over {count} layers and hours, that is {gained:,.0f} more in all.")
    return zh, en


def _what_is_built(found: Found) -> tuple[str, str]:
    count, longer, closed = len(found.chosen), len(found.longer), len(found.closed)
    zh, en = [f"新建 {count} 个站"], [f"{count} new stations"]
    if longer:
        zh.append(f"延长 {longer} 个站的开放时间")
        en.append(f"longer hours at {longer} stations")
    if closed:
        zh.append(f"关闭 {closed} 个站")
        en.append(f"{closed} closed")
    return "、".join(zh), ", ".join(en)


def _how_good(answered: SitingPlan) -> Both:
    """How far the answer can be from the best."""
    found = answered.found
    if found.of == "sites":
        return _fewest(answered)
    if found.of in ("mean_minutes", "farthest_minutes"):
        return _ways(answered)
    if found.status is Status.PROVED:
        return _proved(found)
    more = max(0, int(found.bound - found.value + 1e-6))
    zh = [f"任何别的选法最多还能多 {more:,} 人（新增部分的 {found.gap:.2%}）。"]
    en = [f"No other choice can bring more than {more:,} people on top ({found.gap:.2%} of what is gained)."]
    return zh, en


def _proved(found: Found) -> Both:
    anyone = found.certificate is not None and found.proof != "branch and bound"
    zh = [f"已证明：在这些候选点里没有更好的选法（{'附可复核的证书' if anyone else '由精确求解器得出'}）。"]
    how = "anybody can check the certificate" if anyone else "by an exact solver"
    en = [f"Proved: no other choice among these candidates is better ({how})."]
    return zh, en


def _fewest(answered: SitingPlan) -> Both:
    found = answered.found
    share = found.extra.get("share")
    aim_zh = "要让有候选点可达的人全部进入服务圈" if share is None else f"要覆盖 {share:.1%} 的人"
    aim_en = (
        "To bring everybody within reach whom any candidate reaches"
        if share is None
        else f"To cover {share:.1%} of the people"
    )
    if found.status is Status.PROVED:
        zh = f"{aim_zh}，至少需要新建 {found.value:g} 个站，已证明不能更少。"
        en = f"{aim_en} takes {found.value:g} new stations; proved: no fewer do."
    else:
        zh = f"{aim_zh}，{found.value:g} 个站足够，少于 {found.bound:g} 个肯定不够。"
        en = f"{aim_en}, {found.value:g} new stations do; fewer than {found.bound:g} do not."
    return [zh], [en]


def _ways(answered: SitingPlan) -> Both:
    found, measure = answered.found, answered.found.measure or {}
    if found.of == "mean_minutes":
        before, farthest = measure["mean_minutes_before"], measure["at_most_minutes"]
        zh = [
            f"到最近站点的平均路程由 {before:.2f} 分钟降到 {found.value:.2f} 分钟"
            f"（超过 {farthest:g} 分钟的按 {farthest:g} 分钟计）。"
        ]
        en = [
            f"The mean way to the nearest station goes from {before:.2f} to {found.value:.2f} minutes "
            f"(ways beyond {farthest:g} minutes count as that)."
        ]
    else:
        before, beyond = measure["farthest_minutes_before"], measure["was_beyond"]
        zh = [f"最远的人由{'超过 ' if beyond else ' '}{before:.1f} 分钟降到 {found.value:.1f} 分钟。"]
        en = [
            f"Nobody has farther than {found.value:.1f} minutes; it was {'more than ' if beyond else ''}{before:.1f}."
        ]
        if measure["unreachable"] >= 1:
            zh.append(f"另有 {measure['unreachable']:,.0f} 人离所有候选点和站点都太远，不计在内。")
            en.append(f"{measure['unreachable']:,.0f} people are too far from every candidate and station to count.")
    if found.status is Status.PROVED:
        told = _proved(found)
        return zh + told[0], en + told[1]
    zh.append(f"任何别的选法都不会少于 {found.bound:.2f} 分钟（差距 {found.gap:.2%}）。")
    en.append(f"No other choice comes below {found.bound:.2f} minutes (a gap of {found.gap:.2%}).")
    return zh, en


def _what_it_costs(answered: SitingPlan) -> Both:
    """What a floor costs, who has two stations, who finds room."""
    found = answered.found
    zh, en = [], []
    if "price" in found.extra:
        price = round(found.extra["price"])
        zh.append(f"为守住底线，比不设底线少覆盖 {price:,} 人。")
        en.append(f"The floor costs {price:,} people against none.")
    if "covered_twice" in found.extra:
        twice = round(found.extra["covered_twice"])
        zh.append(f"其中 {twice:,} 人有两个以上的站可去。")
        en.append(f"{twice:,} people then have two stations or more within reach.")
    if found.of == "people_served" and found.measure is not None:
        before, served, room = (found.measure[name] for name in ("served_before", "served", "room"))
        zh.append(f"按容量能服务 {served:,.0f} 人（现在 {before:,.0f} 人），全部站点共可容纳 {room:,.0f} 人。")
        en.append(f"There is room for {served:,.0f} people ({before:,.0f} today), of {room:,.0f} in all stations.")
    return zh, en


def _who_is_outside(answered: SitingPlan) -> Both:
    """Who is still outside, and why."""
    reasons = (Why.NO_SITE_NEAR, Why.ONLY_FORBIDDEN, Why.TOO_DEAR, Why.NOT_WORTH_IT)
    there = [(answered.outside[why], WHY[why]) for why in reasons]
    there = [(people, why) for people, why in there if people >= 1]
    lost = answered.prepared.off_network(answered.asked)
    if lost >= 1:
        there.append((lost, WHY[None]))
    if not there:
        return [], []
    # over several layers and hours a person counts more than once, and by weight
    weighed = len(answered.recounts) > 1
    unit_zh, unit_en = ("人（加权）", "people (weighed)") if weighed else ("人", "people")
    zh = "；".join(f"{round(people):,} {unit_zh}，{why[0]}" for people, why in there)
    en = "; ".join(f"{round(people):,} {unit_en}, {why[1]}" for people, why in there)
    return [f"仍在服务圈外：{zh}。"], [f"Still outside: {en}."]
