"""Stored coverage runs of a city, as the wire and the command line show them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine

from geo.coverage.question import Question
from geo.snapshot.model import Snapshot
from geo.store import city_store, run_store
from geo.store.run_store import StoredRun


def list_runs(engine: Engine, city_slug: str, *, limit: int = 50, before: int | None = None) -> list[dict[str, Any]]:
    """A city's runs without their tables, newest first; `before` a run's number gives the page after it."""
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        return [head_of(run) for run in run_store.list_runs(connection, city.city_id, limit=limit, before=before)]


def get_run(engine: Engine, city_slug: str, run_id: int) -> dict[str, Any]:
    """One run in full, without its cells; raises RunNotFoundError."""
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        run = run_store.load_run(connection, city.city_id, run_id)
    return head_of(run) | {"summary": run.summary}


def run_of_question(engine: Engine, snapshot: Snapshot, question: Question) -> int | None:
    """Number of the newest stored run that answers a question from a snapshot; None where none is stored."""
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, snapshot.city.slug)
        return run_store.newest_run_of(connection, city.city_id, snapshot.id, question.as_dict())


def head_of(run: StoredRun) -> dict[str, Any]:
    """A run without its tables."""
    head = {name: value for name, value in asdict(run).items() if name != "summary"}
    return head | {"people": run.summary.get("people")}
