"""Siting answers on the shelf of scenarios: kept under a name with question, changes and result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from geo.errors import ConflictError
from geo.services.scenarios import SITING, Draft, Kept, keep


class NothingToKeepError(ConflictError):
    """An answer that opens and closes nothing."""

    def __init__(self) -> None:
        super().__init__("This answer opens and closes no station, so there is nothing to keep.")


def save_answer(engine: Engine, city_slug: str, name: str, document: dict[str, Any], *, now: datetime) -> Kept:
    """
    Keep a siting answer, as `words.describe` gives it.

    Its question and changes are those of the what-if that counted it again, so that it opens, is worked out anew on
    changed facts, and is tried further like any other; what siting asked and found is in the result.

    Raises
    ------
    NothingToKeepError
        The answer changes nothing.
    ScenarioNameError, TooManyScenariosError, ShelfFullError
        As `geo.services.scenarios.keep` does.
    """
    counted = document["what_if"]
    if counted is None:
        raise NothingToKeepError
    apart = ("question", "changes", "what_if")
    draft = Draft(
        kind=SITING,
        name=name,
        question=document["question"],
        changes=document["changes"],
        result=counted | {SITING: {part: value for part, value in document.items() if part not in apart}},
        snapshot_id=document["snapshot"],
        input_hash=counted["input_hash"],
    )
    return keep(engine, city_slug, draft, now=now)
