"""
Scenarios: what was tried on a city, kept under a name, opened again by its code, compared with another.

A scenario keeps its question, its changes and what came out. When the facts have changed since, it is worked out anew
on the present ones and says so: a plan is shared for months, and nobody should take last year's figures for today's.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from geo.coverage.question import Question
from geo.errors import ConflictError, ForbiddenError, InputError, TooOftenError, YiquanError
from geo.services.changes import Add, Change, Close, WhatIf, change_from_dict
from geo.services.single_changes import worths
from geo.services.what_if import describe, input_hash, summed_up, tried
from geo.store import city_store, scenario_store
from geo.store.scenario_store import ScenarioHead, StoredScenario

if TYPE_CHECKING:
    from geo.snapshot.model import Snapshot

WHAT_IF, SITING = "what_if", "siting"
"""The kinds of scenarios; a siting has what siting said of it in its result, under the name of its kind."""

TODAY = "today"
"""The kind of the side of a comparison that changes nothing."""

LONGEST_NAME = 80
"""The most characters a name may have."""

JOINERS = "\u200c\u200d"

CODE_LENGTH = 10
CODE_LETTERS = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
"""What codes are made of: no letter that is taken for another when a code is read out. Ten of them are 58 bits."""

MOST_PER_HOUR = 200
"""How many scenarios a city takes in an hour, from everybody together."""

MOST_KEPT = 20_000
"""How many scenarios a city keeps."""


class ScenarioNameError(InputError):
    """A name that is none, or too long for a list."""

    def __init__(self) -> None:
        super().__init__(f"A scenario needs a name of 1 to {LONGEST_NAME} characters.")


class WrongSecretError(ForbiddenError):
    """Somebody else's scenario is to be deleted."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Scenario {code} can be deleted only with the secret that was given to whoever saved it.")


class TooManyScenariosError(TooOftenError):
    """More scenarios were saved in an hour than are taken."""

    def __init__(self) -> None:
        super().__init__(f"More than {MOST_PER_HOUR} scenarios were saved in this hour; save this one later.", 600)


class ShelfFullError(ConflictError):
    """The city keeps as many scenarios as it may."""

    def __init__(self) -> None:
        super().__init__(f"The city keeps {MOST_KEPT:,} scenarios already; delete some that nobody needs.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario that is not kept yet; question, changes and result are plain data."""

    kind: str
    name: str
    question: dict[str, Any]
    changes: list[dict[str, Any]]
    result: dict[str, Any]
    snapshot_id: str
    input_hash: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What whoever saved a scenario gets: its code for everybody, and the secret that lets them delete it."""

    code: str
    secret: str
    created_at: datetime


# ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────────────


def save_what_if(engine: Engine, snapshot: Snapshot, name: str, asked: WhatIf, *, now: datetime) -> Kept:
    """
    Work a what-if out and keep it under a name.

    Raises
    ------
    ScenarioNameError
        The name says nothing, or too much.
    TooManyScenariosError, ShelfFullError
        No more scenarios are taken now, or at all.
    ChangesError, FacilityNotFoundError, ModeNotInSnapshotError, NoDemandError
        As `geo.services.what_if.answer` does.
    """
    draft = Draft(
        kind=WHAT_IF,
        name=name,
        question=asked.question.as_dict(),
        changes=[change.as_dict() for change in asked.changes],
        result=result_of(snapshot, asked),
        snapshot_id=snapshot.id,
        input_hash=input_hash(snapshot, asked),
    )
    return keep(engine, snapshot.city.slug, draft, now=now)


def keep(engine: Engine, city_slug: str, draft: Draft, *, now: datetime) -> Kept:
    """Keep a scenario of any kind; raises as `save_what_if` does."""
    secret, code = secrets.token_urlsafe(24), new_code()
    values = asdict(draft) | {"name": plain_name(draft.name), "code": code, "secret_digest": digest_of(secret)}
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        if scenario_store.count_since(connection, city_id, now - timedelta(hours=1)) >= MOST_PER_HOUR:
            raise TooManyScenariosError
        if scenario_store.count_all(connection, city_id) >= MOST_KEPT:
            raise ShelfFullError
        return Kept(code, secret, scenario_store.add_scenario(connection, city_id, values))


def plain_name(text: str) -> str:
    """A name as a list shows it: one form for each character, single blanks, no controls; raises ScenarioNameError."""
    # what turns the direction of writing would turn the rest of the list, too; joiners make emoji and Persian words
    readable = "".join(one if one in JOINERS or unicodedata.category(one)[0] != "C" else " " for one in text)
    name = " ".join(unicodedata.normalize("NFC", readable).split())
    if len(name) > LONGEST_NAME or not any(unicodedata.category(one)[0] in "LNPS" for one in name):
        raise ScenarioNameError
    return name


def new_code() -> str:
    """A code that nobody guesses."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is long and random, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def delete_scenario(engine: Engine, city_slug: str, code: str, secret: str | None) -> None:
    """
    Forget a scenario. Without a secret (None) nothing is asked: that is for whoever runs the installation.

    Raises
    ------
    ScenarioNotFoundError
        There is none of this code.
    WrongSecretError
        The secret is not the one that was given out.
    """
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        stored = scenario_store.load_scenario(connection, city_id, code)
        if secret is not None and not hmac.compare_digest(digest_of(secret), stored.secret_digest):
            raise WrongSecretError(code)
        scenario_store.delete_scenario(connection, city_id, code)


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────


def list_scenarios(engine: Engine, city_slug: str, *, limit: int = 50, before: str | None = None) -> list[ScenarioHead]:
    """A city's scenarios, the newest first; `before` a scenario's code gives the page after it."""
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        return scenario_store.list_scenarios(connection, city_id, limit=limit, before=before)


def load_scenario(engine: Engine, city_slug: str, code: str) -> StoredScenario:
    """A scenario as it was saved; raises ScenarioNotFoundError."""
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        return scenario_store.load_scenario(connection, city_id, code)


@dataclass(frozen=True, slots=True)
class Present:
    """
    A scenario on the present facts.

    `is_same`: nothing it depends on has changed since it was saved. `dropped` are the numbers (from 0) of changes about
    stations that are no longer there. Where it cannot be worked out any more, `result` is None and `problem` says why.
    """

    snapshot_id: str
    is_same: bool
    result: dict[str, Any] | None
    dropped: tuple[int, ...] = ()
    problem: str | None = None


def on_present_facts(snapshot: Snapshot, stored: StoredScenario) -> Present:
    """A stored what-if as it is today: what was saved if nothing has changed, else worked out anew."""
    changes = [change_from_dict(change) for change in stored.changes]
    gone = tuple(place for place, change in enumerate(changes) if not _is_possible(snapshot, change))
    left = tuple(change for place, change in enumerate(changes) if place not in gone)
    try:
        asked = WhatIf(Question.from_dict(stored.question), left)
        if not gone and input_hash(snapshot, asked) == stored.input_hash:
            return Present(snapshot.id, True, stored.result)
        return Present(snapshot.id, False, result_of(snapshot, asked), gone)
    except YiquanError as error:  # what was asked of other facts may not be possible with these: that is the answer
        return Present(snapshot.id, False, None, gone, str(error))


def _is_possible(snapshot: Snapshot, change: Change) -> bool:
    return isinstance(change, Add) or change.facility_id in snapshot.position_of_id


def result_of(snapshot: Snapshot, asked: WhatIf) -> dict[str, Any]:
    """What comes out of a what-if, as it is kept: people, areas, notices, and what every change is worth."""
    after = tried(snapshot, asked)
    document = describe(summed_up(snapshot, after))
    weighed = worths(snapshot, after)
    each = None if weighed is None else [asdict(worth) for worth in weighed]
    return {name: value for name, value in document.items() if name not in ("parameters", "changes")} | {"each": each}


# ── comparing ───────────────────────────────────────────────────────────────────────────────────────────────────


def compare_scenarios(engine: Engine, snapshot: Snapshot, code_a: str, code_b: str | None) -> dict[str, Any]:
    """
    Two scenarios of whatever kinds side by side, on the present facts: people, districts, sites, cost and gap.

    Without a second one the first stands beside the city as it is.

    Raises
    ------
    ScenarioNotFoundError
        There is none of this code.
    InputError
        One of them cannot be worked out on the present facts; the message says which and why.
    """
    side_a, result_a = _worked_out(engine, snapshot, code_a)
    side_b, result_b = (
        _as_it_stands(snapshot, side_a, result_a) if code_b is None else _worked_out(engine, snapshot, code_b)
    )
    asked_a, asked_b = side_a["question"], side_b["question"]
    return {
        "snapshot": snapshot.id,
        "a": side_a,
        "b": side_b,
        "asked_differently": sorted(name for name in asked_a if asked_a[name] != asked_b.get(name)),
        "districts": _districts(result_a, result_b),
    }


def _worked_out(engine: Engine, snapshot: Snapshot, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A scenario as a side of a comparison, and its result; raises as `compare_scenarios` does."""
    stored = load_scenario(engine, snapshot.city.slug, code)
    present = on_present_facts(snapshot, stored)
    result = _result_or_refusal(stored, present)
    return _side(stored, present, result), result


def _as_it_stands(
    snapshot: Snapshot, beside: dict[str, Any], result: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The city of today, asked as another side was: what that one has before its changes."""
    same = {
        "share": "share_before",
        "covered": "covered_before",
        "stations": "stations_before",
    }
    districts = [
        {**row, **{name: row[before] for name, before in same.items()}, "change": 0} for row in result["districts"]
    ]
    before = result["people"]["before"]
    people = {"before": before, "after": before, "change": 0, "gained": 0.0, "lost": 0.0}
    side = {
        "code": None,
        "kind": TODAY,
        "name": "",
        "created_at": snapshot.made_at,
        "question": beside["question"],
        "changes": [],
        "is_same": True,
        "dropped": [],
        "people": people,
        "sites": 0,
        "closed": 0,
        "cost": None,
        "gap_percent": None,
    }
    return side, {"people": people, "districts": districts}


def _result_or_refusal(stored: StoredScenario, present: Present) -> dict[str, Any]:
    if present.result is None:
        raise InputError(f"Scenario {stored.code} cannot be worked out on the present facts: {present.problem}")
    return present.result


def _side(stored: StoredScenario, present: Present, result: dict[str, Any]) -> dict[str, Any]:
    """A scenario as a side of a comparison; cost and gap are what siting told when it was saved."""
    siting = stored.result.get(SITING)
    kinds = [change["kind"] for place, change in enumerate(stored.changes) if place not in present.dropped]
    return {
        "code": stored.code,
        "kind": stored.kind,
        "name": stored.name,
        "created_at": stored.created_at,
        "question": stored.question,
        "changes": stored.changes,
        "is_same": present.is_same,
        "dropped": list(present.dropped),
        "people": result["people"],
        "sites": kinds.count(Add.kind),
        "closed": kinds.count(Close.kind),
        "cost": None if siting is None else _cost_of(siting["sites"]),
        "gap_percent": None if siting is None else siting["bound"]["gap_percent"],
    }


def _cost_of(sites: Sequence[Mapping[str, Any]]) -> float | None:
    """What the sites cost together; None where that of one is not known."""
    costs = [site["cost"] if site.get("paid") is None else site["paid"] for site in sites]
    return None if None in costs or not costs else float(sum(costs))


def _districts(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    """Every district with its share before and after in both; the districts of one snapshot are the same."""
    of_b = {row["code"]: row for row in b["districts"]}
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "people": row["people"],
            **{f"{name}_a": row[name] for name in ("share_before", "share", "change")},
            **{f"{name}_b": of_b[row["code"]][name] for name in ("share_before", "share", "change")},
        }
        for row in a["districts"]
        if row["code"] in of_b
    ]
