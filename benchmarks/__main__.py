"""`python -m benchmarks NAME [--json]`: print measurements side by side."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from benchmarks.timing import show

SUITES = ("field", "engines", "pages", "api", "siting")


def main() -> None:
    """Run the suites that were asked for, all of them if none was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="*", metavar="NAME", help=f"one of {', '.join(SUITES)}; all if none")
    parser.add_argument("--json", action="store_true", help="print one list of rows and nothing else")
    asked = parser.parse_args()
    unknown = set(asked.suite) - set(SUITES)
    if unknown:
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}; there is {', '.join(SUITES)}")
    with chatter_aside():
        rows = [row for name in asked.suite or SUITES for row in import_module(f"benchmarks.{name}").rows()]
    show(rows, as_json=asked.json)


@contextmanager
def chatter_aside() -> Iterator[None]:
    """Send what rivals' compiled parts print to standard error, so that standard output holds our rows alone."""
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(ours, 1)
        os.close(ours)


if __name__ == "__main__":
    main()
