"""What answers about siting look like, for the API's description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Model


class SoFarAnswer(Model):
    """The best answer on the way."""

    sites: int
    gained: int | None = Field(description="People newly covered; null where ways are made shorter.")
    more_at_most: int | None = Field(description="People that no choice can bring on top.")
    mean_minutes: float | None = Field(description="The mean way to the nearest station, for the task median.")
    gap_percent: float
    seconds: float


class JobError(Model):
    """Why a question has no answer."""

    kind: str
    name: str = Field(description="As in the type of a problem: lower case and hyphens.")
    detail: str
    zh: str = Field(description="The whole sentence in Chinese.")
    en: str
    facts: dict[str, Any] = Field(description="The numbers and names in the sentence.")


class StepWords(Model):
    """What is being done at the moment."""

    zh: str
    en: str


class JobAnswer(Model):
    """A siting question: waiting, running, done, cancelled (perhaps with what was found by then) or failed."""

    job: str
    kind: Literal["plan", "curve", "check", "places"]
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    step: str = Field(description="candidates, reach, choosing, explaining, curve, counting or ranking.")
    words: StepWords
    done: int | None = Field(description="How much of the step is done, of `total`; null where that is not known.")
    total: int | None
    seconds: float = Field(description="Since the work began.")
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
