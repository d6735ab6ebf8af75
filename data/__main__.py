"""`python -m data FOLDER`: write the demo city into a folder."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from data.demo_city import DEFAULT_SEED, make_demo_city
from geo.errors import InputError


def main() -> int:
    """Write the demo city and print what it is as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m data", description="Write the synthetic demo city into a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="above 0 and at most 1; smaller towns and counts")
    given = parser.parse_args()
    try:
        files = make_demo_city(given.folder, seed=given.seed, scale=given.scale)
    except InputError as error:
        parser.error(str(error))
    told = {"extract": files.extract, "register": files.register, "census": files.census}
    report = {name: str(path) for name, path in told.items()} | asdict(files.facts)
    print(json.dumps(report | {"faults": [asdict(fault) for fault in files.faults]}, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
