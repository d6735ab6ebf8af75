"""How long work says where it is, without knowing who listens: a terminal's bar, a job's row, or nobody."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of every step of a long work: its name, how much is done, and of how much (`None` = not known)."""

    def __call__(self, step: str, done: int = 0, total: int | None = None) -> None:
        """Take note; must be quick and must not raise."""


def silent(step: str, done: int = 0, total: int | None = None) -> None:
    """Listen to nothing."""
