"""`python -m benchmarks NAME [--json]`: print measurements side by side."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks.timing import show

SUITES = ("field",)


def main() -> None:
    """Run the suites that were asked for, all of them if none was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="*", choices=[*SUITES, []], help=f"one of {', '.join(SUITES)}; all if none")
    parser.add_argument("--json", action="store_true", help="print one list of rows and nothing else")
    asked = parser.parse_args()
    show(
        (row for name in asked.suite or SUITES for row in import_module(f"benchmarks.{name}").rows()),
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
