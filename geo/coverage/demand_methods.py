"""
How people came into cells, as a code with its two names.

A city keeps the method of a layer as one English sentence, which is also what its figures are known by; whoever reads
Chinese is told the same by the code behind it. A sentence nobody here wrote stands for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo.coverage.demand import AT_WORK_WEIGHT, LAND_METHOD, STREETS_METHOD, STRIP_M
from geo.places.vocabulary import Table, Term

COUNT_METHOD = "counted by H3 cell of resolution {resolution}"

DEMAND_METHODS = Table(
    "demand methods",
    (
        Term("cells", "按 H3 网格单元直接统计", "Counted by H3 cell"),
        Term("streets", "按居住街道长度将分区人口分摊到网格", STREETS_METHOD),
        Term(
            "land",
            f"按居住用地将分区人口分摊到网格：已测绘的居住用地，以及其余居住街道两侧共 {STRIP_M:g} 米的条带；"
            f"条带位于工作用地上时按 {AT_WORK_WEIGHT:g} 计",
            LAND_METHOD,
        ),
    ),
)
"""The ways people come into cells."""

_COLUMN = re.compile(r", column (?P<column>.*)\Z", re.DOTALL)
_COUNTED = re.compile(re.escape(COUNT_METHOD).replace(r"\{resolution\}", r"(\d{1,2})"))


@dataclass(frozen=True, slots=True)
class ToldMethod:
    """A method as it is kept: its code (None for a sentence nobody here wrote), and what is said in both languages."""

    code: str | None
    zh: str
    en: str


def told(sentence: str) -> ToldMethod:
    """What the sentence kept with a layer means, with the column of the table the people came from."""
    found = _COLUMN.search(sentence)
    method = sentence[: found.start()] if found else sentence
    counted = _COUNTED.fullmatch(method)
    if counted:
        return _with_column("cells", f"按 {counted[1]} 级 H3 网格单元直接统计", sentence, found)
    term = next((term for term in DEMAND_METHODS if term.en == method), None)
    if term is None:
        return ToldMethod(None, sentence, sentence)
    return _with_column(term.code, term.zh, sentence, found)


def _with_column(code: str, zh: str, sentence: str, found: re.Match[str] | None) -> ToldMethod:
    return ToldMethod(code, f"{zh}，取“{found['column']}”列" if found else zh, sentence)
