"""Siting answers on the shelf of scenarios: kept under a name with question, changes and result."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from geo.services.scenarios import Draft, Kept, keep
from geo.services.siting import SitingPlan
from geo.services.siting_words import describe

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

SITING = "siting"


def save_plan(engine: Engine, snapshot: Snapshot, name: str, answered: SitingPlan, *, now: datetime) -> Kept:
    """
    Keep a siting answer; its changes are those of a what-if, so that it can be tried further.

    Raises
    ------
    ScenarioNameError, TooManyScenariosError, ShelfFullError
        As `geo.services.scenarios.keep` does.
    """
    document = describe(snapshot, answered)
    draft = Draft(
        kind=SITING,
        name=name,
        question=document.pop("parameters"),
        changes=document.pop("changes"),
        result=document,
        snapshot_id=snapshot.id,
        input_hash=answered.input_hash,
    )
    return keep(engine, snapshot.city.slug, draft, now=now)
