"""
How a command speaks: to a person with tables, bars and sentences, to a script with one JSON object.

Standard output carries the answer and nothing else; progress, hints and errors go to standard error, so that `--json`
can be piped whatever happens on the way.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from geo.progress import Progress as ProgressListener

REFUSED = 1
"""The command did nothing, or could not finish; standard error says why."""
PARTLY = 3
"""The command did its work, but some rows of the input were refused."""

PIPE_WIDTH = 140
"""Columns of a table in a pipe or a file, which have no width of their own."""


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


@dataclass(slots=True)
class Speaker:
    """Says things to whoever called the command."""

    as_json: bool = False
    out: Console = field(default_factory=_console)
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def answer(self, payload: dict[str, Any], *lines: str) -> None:
        """Give the answer: the payload to a script, the lines to a person."""
        if self.as_json:
            sys.stdout.buffer.write(
                orjson.dumps(payload, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY, default=str)
            )
            sys.stdout.buffer.write(b"\n")
            sys.stdout.flush()
            return
        for line in lines:
            self.out.print(line, markup=False, soft_wrap=True)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table to a person; a script has it in the payload already."""
        if self.as_json:
            return
        table = Table(title=title, title_justify="left", header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*("" if value is None else str(value).replace("[", "\\[") for value in row))
        self.out.print(table)

    def note(self, sentence: str) -> None:
        """Say something on the side, on standard error."""
        self.err.print(sentence, markup=False, soft_wrap=True)

    def refuse(self, error: BaseException, kind: str) -> None:
        """Say why the command could not do its work."""
        if self.as_json:
            self.answer({"error": {"kind": kind, "detail": str(error)}})
        self.err.print(f"yiquan: {error}", markup=False, soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[ProgressListener]:
        """Show a bar for every step while a long work runs; silent where nobody looks."""
        if self.as_json or not self.err.is_terminal:
            yield _quiet
            return
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=self.err,
            transient=True,
        ) as bars:
            yield _Bars(bars)


def _quiet(step: str, done: int = 0, total: int | None = None) -> None:
    return


@dataclass(slots=True)
class _Bars:
    """One bar per step, in the order the steps are named."""

    bars: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, step: str, done: int = 0, total: int | None = None) -> None:
        if step not in self.tasks:
            self._finish_previous()
            self.tasks[step] = self.bars.add_task(step, total=total)
        self.bars.update(self.tasks[step], completed=done, total=total)

    def _finish_previous(self) -> None:
        for task in self.tasks.values():
            self.bars.update(task, total=1, completed=1)
