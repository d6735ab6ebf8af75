"""How work is timed and shown: medians of processor time and of wall time, one row per work and tool."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

WIDTH = 140
"""Columns of a table that is not printed on a terminal."""
ENOUGH_CALLS = 500
"""From so many calls on a 99th percentile says something."""


@dataclass(frozen=True)
class Row:
    """
    One work done by one tool on one city. Milliseconds are per call; `p99_ms` is the processor time that 99 of 100
    calls stay below, where many calls were made.
    """

    work: str
    data: str
    tool: str
    cpu_ms: float
    wall_ms: float
    p99_ms: float | None = None


def measure(
    work: str, data: str, tool: str, call: Callable[[], Any], *, repeats: int = 7, calls: int = 1, warm: bool = True
) -> Row:
    """
    Time a call: the median of `repeats` rounds of `calls` calls each, after one round that does not count.

    Processor time is of all threads, so that a tool that uses two cores pays for both.
    """
    rounds = []
    for number in range(repeats + warm):
        wall, cpu = time.perf_counter(), [time.process_time()]
        for _ in range(calls):
            call()
            cpu.append(time.process_time())
        spent = cpu[-1] - cpu[0], time.perf_counter() - wall, percentile_99(cpu)
        if number or not warm:
            rounds.append(spent)
    cpu_s, wall_s, p99_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    p99_ms = 1000 * p99_s if calls >= ENOUGH_CALLS else None
    return Row(work, data, tool, 1000 * cpu_s / calls, 1000 * wall_s / calls, p99_ms)


def percentile_99(clock: list[float]) -> float:
    """What 99 of 100 steps of a clock stay below."""
    steps = sorted(after - before for before, after in pairwise(clock))
    return steps[min(len(steps) - 1, len(steps) * 99 // 100)]


def show(measured: Iterable[Row | str], *, as_json: bool, output: TextIO) -> None:
    """
    Print rows as one JSON list, or as a table with the ratio to the first tool of every work.

    Words between the rows are printed as they come; where `output` is the list, they go to standard error.
    """
    rows = []
    for found in measured:
        if isinstance(found, Row):
            rows.append(found)
        else:
            print(found, file=sys.stderr if as_json else output, flush=True)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1), file=output)
        return
    table = Table("work", "data", "tool", "cpu ms", "wall ms", "p99 ms", "ratio", title="medians")
    ours: dict[tuple[str, str], float] = {}
    for row in rows:
        base = ours.setdefault((row.work, row.data), row.cpu_ms)
        ratio = f"{row.cpu_ms / base:.1f}" if base else ""
        p99 = "" if row.p99_ms is None else f"{row.p99_ms:.4g}"
        table.add_row(row.work, row.data, row.tool, f"{row.cpu_ms:.4g}", f"{row.wall_ms:.4g}", p99, ratio)
    # A file or a pipe has no width of its own, and eighty columns would cut the names.
    Console(file=output, width=None if output.isatty() else WIDTH).print(table)
