"""Why there is no answer, as whole sentences in Chinese and English, with the numbers a page may show apart."""

from __future__ import annotations

from typing import Any

from geo.errors import YiquanError
from geo.services.siting.question import Siting
from geo.siting.capacity import MOST_PAIRS
from geo.siting.problem import OutOfReachError, SitingInputError, TooFewCandidatesError
from geo.siting.reach import OffNetworkSiteError

NO_OTHER_WORDS = "无法回答这个问题"
"""Before an English sentence that nobody has put in Chinese."""


def refusal(error: YiquanError) -> dict[str, Any]:
    """What is told of an error: its kind, the sentence in both languages, and the numbers in it."""
    en = str(error)
    zh = error.zh or f"{NO_OTHER_WORDS}：{en}"
    return {"kind": type(error).__name__, "detail": en, "zh": zh, "en": en, "facts": facts_of(error)}


def facts_of(error: YiquanError) -> dict[str, Any]:
    """The numbers and names in an error's sentence, as plain data."""
    facts = dict(getattr(error, "facts", {}))
    for name in ("constraint", "lacks", "wanted", "there_are", "parameter", "facility_id"):
        if hasattr(error, name):
            facts[name] = getattr(error, name)
    return facts


def in_chinese(error: SitingInputError, asked: Siting) -> str:
    """The solver's refusals in Chinese; it knows sites and rows, and the question what they mean."""
    if isinstance(error, TooFewCandidatesError):
        return f"要选 {error.wanted:,} 个站，但只有 {error.there_are:,} 个候选点可选；请减少站数或增加候选点。"
    if isinstance(error, OutOfReachError):
        return _out_of_reach(error, asked)
    if isinstance(error, OffNetworkSiteError):
        return f"有 {len(error.sites):,} 个地点附近没有可通行的街道；请改正位置或去掉它们。"
    if asked.task == "capacity":
        return f"容量问题最多能算 {MOST_PAIRS:,} 对“站点—街段”，这个问题超出了；请限定一个街道、减少候选点或缩短时间。"
    return f"{NO_OTHER_WORDS}：{error}"


def _out_of_reach(error: OutOfReachError, asked: Siting) -> str:
    lacks = f"{error.lacks:,.0f}" if error.lacks >= 1 else f"{error.lacks:.3g}"
    if error.constraint.startswith("The budget"):
        what = "预算" if asked.is_priced else "站数"
        return f"{what}不够付必选的候选点，还差 {lacks}；请提高{what}或减少必选。"
    if asked.task == "share":
        remedy = "请降低目标、增加候选点或放宽时间"
        return f"覆盖率 {asked.share or 0:.1%} 达不到：所有候选点都建站，也还差 {lacks} 人；{remedy}。"
    if asked.task == "center":
        return (
            f"{asked.choose} 个站不能让每个人都在 {asked.farthest_ds / 600:g} 分钟之内，至少还差 {lacks} 个站；"
            "请增加站数或放宽最远路程。"
        )
    if asked.floor is not None or asked.street_floor is not None:
        floor = asked.floor if asked.street_floor is None else asked.street_floor
        where = _area_in(error.constraint)
        return f"{where}的覆盖率底线 {floor or 0:.0%} 守不住，还差 {lacks} 人；请降低底线、增加预算或在那里增加候选点。"
    return f"要求无法满足，还差 {lacks}；请放宽要求。"


def _area_in(constraint: str) -> str:
    """The area that a floor's sentence names: behind `in`, up to a comma."""
    return constraint.partition(" in ")[2].partition(",")[0] or "有的区域"
