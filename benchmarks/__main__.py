"""`python -m benchmarks NAME[/PART] ... [--json]`: print measurements side by side."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from typing import TextIO

from benchmarks.timing import Row, show

SUITES = ("field", "engines", "pages", "api", "siting")


def main() -> None:
    """Run the suites that were asked for, all of them if none was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "suite", nargs="*", metavar="NAME[/PART]", help=f"one of {', '.join(SUITES)}, all if none; or siting/PART"
    )
    parser.add_argument("--json", action="store_true", help="print one list of rows and nothing else")
    asked = parser.parse_args()
    names = {word.partition("/")[0] for word in asked.suite}
    if unknown := names - set(SUITES):
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}; there is {', '.join(SUITES)}")
    with chatter_aside() as output:
        try:
            found = [suite_of(word) for word in asked.suite or SUITES]
        except KeyError as part:
            parser.error(f"there is no part {part}")
        show(chain.from_iterable(rows() for rows in found), as_json=asked.json, output=output)


def suite_of(word: str) -> Callable[[], Iterable[Row | str]]:
    """What makes the rows of a suite, or of one of its parts."""
    name, _, part = word.partition("/")
    suite = import_module(f"benchmarks.{name}")
    rows: Callable[[], Iterable[Row | str]] = getattr(suite, "PARTS", {})[part] if part else suite.rows
    return rows


@contextmanager
def chatter_aside() -> Iterator[TextIO]:
    """Send what rivals' compiled parts print to standard error; what is yielded is standard output, for our rows."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as ours:
        os.dup2(2, 1)
        try:
            yield ours
        finally:
            sys.stdout.flush()
            ours.flush()
            os.dup2(ours.fileno(), 1)


if __name__ == "__main__":
    main()
