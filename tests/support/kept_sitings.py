"""Sitings as the shelf of scenarios has them, worked out for real and never saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from geo.services.scenarios import SITING
from geo.services.siting.planning import plan
from geo.services.siting.question import Siting
from geo.services.siting.words import describe
from geo.snapshot.model import Snapshot
from geo.store.scenario_store import StoredScenario

CODE = "5iT1ngAbcD"
KEPT_AT = datetime(2026, 1, 6, 20, tzinfo=UTC)


def siting_document(snapshot: Snapshot, asked: Siting) -> dict[str, Any]:
    """The answer as plain data that JSON can hold."""
    document: dict[str, Any] = orjson.loads(
        orjson.dumps(describe(snapshot, plan(snapshot, asked)), option=orjson.OPT_SERIALIZE_NUMPY)
    )
    return document


def stored_siting(snapshot: Snapshot, asked: Siting, *, name: str = "选址方案") -> StoredScenario:
    """The answer as `geo.services.siting.drafts.save_answer` keeps it."""
    document = siting_document(snapshot, asked)
    counted = document["what_if"]
    said = {part: value for part, value in document.items() if part not in ("question", "changes", "what_if")}
    return StoredScenario(
        code=CODE,
        secret_digest="",
        kind=SITING,
        name=name,
        question=document["question"],
        changes=document["changes"],
        result=counted | {SITING: said},
        snapshot_id=snapshot.id,
        input_hash=counted["input_hash"],
        created_at=KEPT_AT,
    )
