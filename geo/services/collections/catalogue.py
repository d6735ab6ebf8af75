"""Which collections there are, by id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from geo.errors import NotFoundError
from geo.features.table import FeatureTable
from geo.services import runs
from geo.services.collections import of_runs, of_snapshot
from geo.snapshot.model import Snapshot

RUNS_SHOWN = 20
"""How many of the newest runs are listed; older ones are still there under their number."""

RUN_COLLECTION = re.compile(r"(coverage|gaps)-([1-9][0-9]{0,17})")


class CollectionNotFoundError(NotFoundError):
    """There is no collection of this id."""

    def __init__(self, identity: str) -> None:
        shown = identity if re.fullmatch("[a-z0-9-]{1,40}", identity) else "like this"
        super().__init__(f"There is no collection {shown}. `/collections` lists them.")


@dataclass(frozen=True)
class Collection:
    """One collection: id, names, what a feature is, how its table is made. `version` changes when the table would."""

    id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    geometry_type: str
    version: str
    make: Callable[[], FeatureTable]
    time_property: str | None = None
    """The column that `datetime` looks at."""


def collections_in_memory(snapshot: Snapshot) -> list[Collection]:
    """The collections made from a snapshot, in the order they are listed."""
    return [
        Collection(
            kind.id,
            kind.title,
            kind.description,
            kind.geometry_type,
            snapshot.id,
            lambda make=kind.make: make(snapshot),  # type: ignore[misc]
            kind.time_property,
        )
        for kind in of_snapshot.KINDS
    ]


def collections_of_runs(engine: Engine, city_slug: str) -> list[Collection]:
    """The collections of the newest stored runs; raises what the database raises when it cannot answer."""
    found = runs.list_runs(engine, city_slug, limit=RUNS_SHOWN)
    return [one for run in found for one in of_run(engine, run)]


def of_run(engine: Engine, run: Mapping[str, object]) -> list[Collection]:
    """Cells and gaps of one run."""
    number = int(str(run["run_id"]))
    said = of_runs.question_in_words(run)
    return [
        Collection(
            f"{kind.id}-{number}",
            {lang: f"{kind.title[lang]} · {said[lang]}" for lang in kind.title},
            kind.description,
            "Polygon" if kind.id == "coverage" else "MultiPolygon",
            f"run-{number}",
            lambda make=kind.make: make(engine, number),  # type: ignore[misc]
        )
        for kind in of_runs.KINDS
    ]


def collection(snapshot: Snapshot, engine_of: Callable[[], Engine], identity: str) -> Collection:
    """
    The collection of an id.

    Raises
    ------
    CollectionNotFoundError, RunNotFoundError
        There is none.
    DatabaseUnavailableError
        It is one of a stored run, and the database cannot be reached.
    """
    for one in collections_in_memory(snapshot):
        if one.id == identity:
            return one
    match = RUN_COLLECTION.fullmatch(identity)
    if match is None:
        raise CollectionNotFoundError(identity)
    engine = engine_of()
    run = runs.get_run(engine, snapshot.city.slug, int(match[2]))
    return next(one for one in of_run(engine, run) if one.id == identity)
