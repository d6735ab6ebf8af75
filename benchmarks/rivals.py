"""
OSRM and Valhalla behind one line of JSON per question: `python rivals.py osrm|valhalla FOLDER`.

Runs in an environment of its own, because the engines' wheels want a newer Python than the product does: it imports
nothing but the standard library and the engine. Every line of standard input is `[verb, arguments]`, every line of
standard output the answer. The engines log to standard output themselves, so the answers go through a copy of it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any

Place = list[float]
"""Longitude and latitude."""
Table = list[Any]
"""Seconds, metres, and the places where the start and the goals join the streets."""
FARTHEST_M = 500_000
"""Limits of the services, out of the way of a city."""


class Osrm:
    """OSRM with its own walking profile, at our speeds, prepared for multi-level Dijkstra."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = version("osrm-bindings")

    def build(self, extract: str, walk_kmh: float, steps_kmh: float) -> None:
        """Extract, partition, customise."""
        package = package_folder("osrm")
        profiles = self.folder / "profiles"
        shutil.copytree(package / "share/profiles", profiles, dirs_exist_ok=True)
        rules = (profiles / "foot.lua").read_text("utf-8")
        for theirs, ours in (
            ("walking_speed = 5\n", f"walking_speed = {walk_kmh}\n"),
            ("steps           = walking_speed", f"steps = {steps_kmh}"),
        ):
            if theirs not in rules:
                raise SystemExit(f"OSRM's walking profile has changed: '{theirs.strip()}' is not in it.")
            rules = rules.replace(theirs, ours)
        (profiles / "ours.lua").write_text(rules, "utf-8")
        base = self.folder / "streets"
        quietly(package / "bin/osrm-extract", "-p", profiles / "ours.lua", extract, "-o", base)
        quietly(package / "bin/osrm-partition", f"{base}.osrm")
        quietly(package / "bin/osrm-customize", f"{base}.osrm")

    def open(self, walk_kmh: float) -> None:
        """Load what was built; the speed is in it."""
        import osrm  # type: ignore[import-not-found, unused-ignore]

        self.osrm = osrm
        self.engine = osrm.OSRM(
            storage_config=str(self.folder / "streets.osrm"), algorithm="MLD", use_shared_memory=False
        )

    def table(self, start: Place, goals: list[Place]) -> Table:
        """Seconds and metres from one place to others, None where there is no way, and where all of them join."""
        asked = self.osrm.TableParameters(
            coordinates=[tuple(start), *map(tuple, goals)],
            sources=[0],
            destinations=list(range(1, len(goals) + 1)),
            annotations=["duration", "distance"],
        )
        answer = self.engine.Table(asked)
        ends = [*answer["sources"], *answer["destinations"]]
        return [list(answer["durations"][0]), list(answer["distances"][0]), [list(end["location"]) for end in ends]]

    def joined(self, places: list[Place]) -> list[Place]:
        """Where places join the streets."""
        return [self.join(place) for place in places]

    def join(self, place: Place) -> Place:
        """Where one place joins the streets."""
        answer = self.engine.Nearest(self.osrm.NearestParameters(coordinates=[tuple(place)]))
        return list(answer["waypoints"][0]["location"])

    def route(self, start: Place, goal: Place) -> list[Place]:
        """The way it takes."""
        asked = self.osrm.RouteParameters(
            coordinates=[tuple(start), tuple(goal)], geometries="geojson", overview="full"
        )
        line = self.engine.Route(asked)["routes"][0]["geometry"]["coordinates"]
        return [list(place) for place in line]


class Valhalla:
    """
    Valhalla on foot at our speed, told to look for the shortest way.

    Otherwise it goes out of its way to avoid roundabouts, alleys and the like. At one speed the shortest way is the
    quickest.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ("pyvalhalla", "pyvalhalla-weekly")
        self.version = next(found for found in map(version_or_none, names) if found)

    def config(self) -> dict[str, Any]:
        """Its settings, with the limits of a public service out of the way."""
        from valhalla import get_config  # type: ignore[import-not-found, unused-ignore]

        config: dict[str, Any] = get_config(tile_extract="", tile_dir=str(self.folder))
        limits = config["service_limits"]["pedestrian"]
        limits |= {"max_locations": 1000, "max_matrix_location_pairs": 100_000, "max_matrix_distance": FARTHEST_M}
        return config

    def build(self, extract: str, walk_kmh: float, steps_kmh: float) -> None:
        """Build the tiles, for all of its modes at once; there is no other way."""
        file = self.folder / "valhalla.json"
        file.write_text(json.dumps(self.config()), "utf-8")
        quietly(package_folder("valhalla") / "bin/valhalla_build_tiles", "-c", file, extract)

    def open(self, walk_kmh: float) -> None:
        """Load the tiles."""
        from valhalla import Actor

        self.actor = Actor(self.config())
        self.costing = {
            "costing": "pedestrian",
            "costing_options": {"pedestrian": {"walking_speed": walk_kmh, "shortest": True}},
        }

    def table(self, start: Place, goals: list[Place]) -> Table:
        """Seconds and metres from one place to others, None where there is no way, and where all of them join."""
        asked = {"sources": [as_location(start)], "targets": [as_location(goal) for goal in goals], **self.costing}
        answer = self.actor.matrix(asked)
        cells = answer["sources_to_targets"][0]
        metres = [None if cell["distance"] is None else 1000 * cell["distance"] for cell in cells]
        ends = [[end["lon"], end["lat"]] for end in (*answer["sources"], *answer["targets"])]
        return [[cell["time"] for cell in cells], metres, ends]

    def joined(self, places: list[Place]) -> list[Place]:
        """Where places join the streets."""
        answers = self.actor.locate({"locations": [as_location(place) for place in places], **self.costing})
        return [
            [answer["edges"][0]["correlated_lon"], answer["edges"][0]["correlated_lat"]]
            if answer["edges"]
            else [float("inf"), float("inf")]
            for answer in answers
        ]

    def route(self, start: Place, goal: Place) -> list[Place]:
        """The way it takes."""
        asked = {"locations": [as_location(start), as_location(goal)], **self.costing}
        return places_of(self.actor.route(asked)["trip"]["legs"][0]["shape"])


ENGINES: dict[str, Callable[[Path], Osrm | Valhalla]] = {"osrm": Osrm, "valhalla": Valhalla}


def as_location(place: Place) -> dict[str, float]:
    """A place as Valhalla wants it."""
    return {"lon": place[0], "lat": place[1]}


def places_of(line: str) -> list[Place]:
    """
    The places of an encoded polyline of six digits: differences, zigzag, five bits a character, the least first.

    Valhalla's own decoder moves from version to version.
    """
    numbers, value, shift = [], 0, 0
    for character in line:
        bits = ord(character) - 63
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lat, lon = (accumulate(numbers[start::2]) for start in (0, 1))
    return [[east / 1e6, north / 1e6] for east, north in zip(lon, lat, strict=True)]


def version_or_none(name: str) -> str | None:
    """Version of a distribution, None if it is not installed."""
    try:
        return version(name)
    except ModuleNotFoundError:
        return None


def package_folder(name: str) -> Path:
    """Where a package lies."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed.")
    return Path(spec.origin).parent


def quietly(*command: str | Path) -> None:
    """Run a program of an engine; what it says is shown only if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout)[-2000:]}")


def spent_s() -> tuple[float, float]:
    """Processor time of this process and of the programs it has run, and wall time."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used), time.perf_counter()


def timed(calls: Iterable[Callable[[], object]]) -> dict[str, float]:
    """Milliseconds of all the calls together."""
    cpu_s, wall_s = spent_s()
    for call in calls:
        call()
    cpu_after_s, wall_after_s = spent_s()
    return {"cpu_ms": 1000 * (cpu_after_s - cpu_s), "wall_ms": 1000 * (wall_after_s - wall_s)}


def answer(engine: Osrm | Valhalla, verb: str, arguments: list[Any]) -> Any:
    """One question to an engine."""
    if verb == "version":
        return engine.version
    if verb == "build":
        return timed([lambda: engine.build(*arguments)])
    if verb == "time_tables":
        questions, rounds = arguments
        ask = [lambda question=question: engine.table(*question) for question in questions]
        each = [timed(ask) for _ in range(rounds)]
        return {unit: statistics.median(row[unit] for row in each) / len(ask) for unit in ("cpu_ms", "wall_ms")}
    return getattr(engine, verb)(*arguments)


def main() -> None:
    """Answer until nobody asks any more."""
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        engine = ENGINES[sys.argv[1]](Path(sys.argv[2]))
        for line in sys.stdin:
            print(json.dumps(answer(engine, *json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
