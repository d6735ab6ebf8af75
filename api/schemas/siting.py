"""What answers about siting look like, for the API's description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Model


class SoFarAnswer(Model):
    """The best answer on the way."""

    sites: int
    gained: int = Field(description="People newly covered.")
    more_at_most: int = Field(description="People that no choice can bring on top.")
    gap_percent: float
    seconds: float


class JobError(Model):
    """Why a question has no answer."""

    kind: str
    detail: str


class JobAnswer(Model):
    """A siting question: waiting, running, done, cancelled (perhaps with what was found by then) or failed."""

    job: str
    kind: Literal["plan", "curve", "check"]
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    step: str
    so_far: SoFarAnswer | None
    result: dict[str, Any] | None
    error: JobError | None
    waiting_before: int


class ListProblemAnswer(Model):
    """One thing wrong with one cell of a list; an error keeps the row out."""

    row: int
    column: str
    value: str
    severity: Literal["error", "warning"]
    code: str
    problem: str
    remedy: str
    problem_en: str
    remedy_en: str


class CandidatesRead(Model):
    """A list of candidates as it was read: rows for `candidates` of POST /siting, and what is wrong with others."""

    candidates: list[dict[str, Any]]
    problems: list[ListProblemAnswer]
    rows_read: int
    rows_refused: int
