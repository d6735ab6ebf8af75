"""The vocabulary as taxonomies: every code a term with its Chinese name, its English one as description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from geo.places import vocabulary
from geo.places.vocabulary import Table, Term
from geo.services.hsds.identity import identity

TAXONOMIES: Final[Mapping[str, tuple[str, str, Table]]] = {
    "facility_types": ("设施类型", "What a door is", vocabulary.FACILITY_TYPES),
    "services": ("服务项目", "What is done for people there", vocabulary.SERVICES),
    "networks": ("所属网络", "Whose plate a door carries", vocabulary.NETWORKS),
    "classes": ("等级", "Class of a station", vocabulary.FACILITY_CLASSES),
    "statuses": ("状态", "Whether a station works", vocabulary.STATUSES),
    "amenities": ("设施", "What is inside, under the needs it serves", vocabulary.AMENITIES),
    "entry_methods": ("进入方式", "Ways to get in", vocabulary.ENTRY_METHODS),
    "first_use": ("首次使用", "What a first visit needs", vocabulary.FIRST_USE_NEEDS),
    "user_groups": ("服务对象", "For whom", vocabulary.USER_GROUPS),
    "attended": ("值守", "Whether somebody is there", vocabulary.ATTENDED),
    "room": (
        "容量",
        "How many people it takes",
        Table("room", (Term("seats", "座位", "Seats"), Term("capacity", "可容纳人数", "People it takes"))),
    ),
}
"""Name, meaning and words of every taxonomy."""

WITH_PARENTS: Final = {"amenities": vocabulary.NEEDS}
"""Taxonomies whose terms stand under others: the group of a term is the code of the one above."""

LANGUAGE: Final = "zho"
"""The language of names, as ISO 639-2 has it."""


@dataclass(frozen=True)
class Terms:
    """All terms: as records in order, and by what they are."""

    taxonomies: tuple[dict[str, Any], ...]
    records: tuple[dict[str, Any], ...]
    by_code: Mapping[tuple[str, str], dict[str, Any]]
    """Records by taxonomy and code; a term above others is under `need/CODE`."""
    by_id: Mapping[str, dict[str, Any]]


@cache
def terms() -> Terms:
    """The taxonomies and their terms."""
    taxonomies = tuple(taxonomy(code) for code in TAXONOMIES)
    by_code = {
        (code, one): record
        for code, detail in zip(TAXONOMIES, taxonomies, strict=True)
        for one, record in records_of(code, detail)
    }
    return Terms(
        taxonomies=taxonomies,
        records=tuple(by_code.values()),
        by_code=by_code,
        by_id={record["id"]: record for record in by_code.values()},
    )


def taxonomy(code: str) -> dict[str, Any]:
    """One taxonomy as a record."""
    name, meaning, _ = TAXONOMIES[code]
    return {"id": identity("taxonomy", code), "name": name, "description": f"{meaning} ({code})"}


def records_of(taxonomy_code: str, detail: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The terms of a taxonomy by their codes, those above others first."""

    def term(code: str, words: Term, parent: str | None = None) -> tuple[str, dict[str, Any]]:
        said = {
            "id": identity("taxonomy", taxonomy_code, code),
            "code": code,
            "name": words.zh,
            "description": words.en,
            "taxonomy": detail["name"],
            "taxonomy_id": detail["id"],
            "language": LANGUAGE,
        }
        return code, said | ({"parent_id": identity("taxonomy", taxonomy_code, parent)} if parent else {})

    above = WITH_PARENTS.get(taxonomy_code)
    for need in above or ():
        yield term(f"need/{need.code}", need)
    for one in TAXONOMIES[taxonomy_code][2]:
        yield term(one.code, one, f"need/{one.group}" if above and one.group in above else None)


def with_those_below(term_id: str) -> frozenset[str]:
    """A term and the terms under it."""
    below = {record["id"] for record in terms().records if record.get("parent_id") == term_id}
    return frozenset({term_id, *below})


def attribute(
    link_id: str, link_entity: str, taxonomy_code: str, code: str, *, link_type: str, value: str | None = None
) -> dict[str, Any]:
    """The link from a record to a term."""
    record = terms().by_code[taxonomy_code, code]
    said = {
        "id": identity(link_id, "attribute", taxonomy_code, code),
        "link_id": link_id,
        "taxonomy_term_id": record["id"],
        "link_type": link_type,
        "link_entity": link_entity,
        "label": record["name"],
        "taxonomy_term": record,
    }
    return said | ({} if value is None else {"value": value})
