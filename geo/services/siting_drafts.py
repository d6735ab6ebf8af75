"""Siting answers on the shelf of scenarios: kept under a name with question, changes and result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from geo.services.scenarios import Draft, Kept, keep

SITING = "siting"


def save_answer(engine: Engine, city_slug: str, name: str, document: dict[str, Any], *, now: datetime) -> Kept:
    """
    Keep a siting answer (as `siting_words.describe` gives it); its changes are those of a what-if, to be tried further.

    Raises
    ------
    ScenarioNameError, TooManyScenariosError, ShelfFullError
        As `geo.services.scenarios.keep` does.
    """
    apart = ("parameters", "changes", "snapshot", "input_hash")
    draft = Draft(
        kind=SITING,
        name=name,
        question=document["parameters"],
        changes=document["changes"],
        result={part: value for part, value in document.items() if part not in apart},
        snapshot_id=document["snapshot"],
        input_hash=document["input_hash"],
    )
    return keep(engine, city_slug, draft, now=now)
