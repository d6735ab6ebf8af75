"""
OSRM and Valhalla on the same extract at the same walking speed: do the answers agree, and what does each cost?

The engines run as child processes in an environment of their own, `.tools/engines`, which `run.py bench engines` makes
with a Python that their wheels support. What is missing is said and left out.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.agreement import CANDIDATES, SHOWN, Agreement, Answers, Ask, Trial
from benchmarks.cities import PORTO
from benchmarks.timing import Row, measure
from geo.streets import search
from geo.streets.build import build_graph
from geo.streets.extract import read_extract
from geo.streets.modes import EBIKE, WALK

ENGINES = ("osrm", "valhalla")
PYTHON = Path(__file__).resolve().parent.parent / ".tools/engines/bin/python"
RIVALS = Path(__file__).with_name("rivals.py")
WALK_KMH = 3.6 * WALK.speed_ms
STEPS_KMH = 3.6 * WALK.steps_speed_ms
ROUNDS = 3
GOAL = "Goal: median ratio within 1 %, p90 of the absolute difference at most 25 s."


class EngineFailedError(Exception):
    """An engine ended before it answered."""


def rows() -> Iterator[Row | str]:
    """Ours first, then engine by engine: what it costs, how it agrees, and the causes of the largest differences."""
    if not PORTO.exists():
        yield f"No extract at {PORTO}: nothing to compare on."
        return
    yield measure("graph_build", "porto", "yiquan", build_as_installed, repeats=ROUNDS, warm=False)
    trial = Trial(PORTO, read_extract(PORTO).streets)
    yield our_nearest(trial)
    yield (
        f"Walking at {WALK_KMH:.2f} km/h, from door to door; at most {SHOWN} largest differences each, seconds theirs "
        f"less ours. {GOAL}"
    )
    for name in ENGINES:
        yield from against(name, trial)


def build_as_installed() -> None:
    """From the file to the graphs of both modes, as an import of a city does it."""
    streets = read_extract(PORTO).streets
    for mode in (WALK, EBIKE):
        build_graph(streets, mode)


def our_nearest(trial: Trial) -> Row:
    """The twenty nearest of one place, from its longitude and latitude: joined to the streets, then read off labels."""
    network, places = trial.network, itertools.cycle(trial.points)

    def ask() -> None:
        lon, lat = next(places)
        point = trial.index.snap(lon[None], lat[None])
        search.nearest(trial.graph, network.targets, network.labels, point, CANDIDATES)

    return measure("nearest", "porto", "yiquan", ask, calls=len(trial.points), repeats=ROUNDS)


def against(name: str, trial: Trial) -> Iterator[Row | str]:
    """One engine: built, timed, compared. An engine that is not here or fails costs one sentence."""
    if not has_engine(name):
        yield f"{name}: not installed for {engine_python()}; left out. The newest wheels want Python 3.12."
        return
    try:
        with started(name) as ask:
            yield f"{name} {ask('version')}, from its wheel:"
            yield Row("graph_build", "porto", name, **ask("build", str(PORTO), WALK_KMH, STEPS_KMH))
            ask("open", WALK_KMH)
            yield Row("nearest", "porto", name, **ask("time_tables", questions_by_air(trial), ROUNDS))
            yield from Agreement(trial, Answers.of(name, trial, ask), ask).words()
    except EngineFailedError as failed:
        yield f"{name}: {failed}"


def questions_by_air(trial: Trial) -> list[Any]:
    """What one asks an engine for the nearest: a table from the point to the candidates as the crow flies."""
    return [[point.tolist(), trial.facilities[trial.nearest_by_air(point)].tolist()] for point in trial.points]


def engine_python() -> Path:
    """The Python that has the engines: the environment made for them, or this one."""
    return PYTHON if PYTHON.exists() else Path(sys.executable)


def has_engine(name: str) -> bool:
    """Whether an engine can be imported."""
    command = [str(engine_python()), "-c", f"import {name}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def started(name: str) -> Iterator[Ask]:
    """Start an engine in a folder of its own; the value asks it questions. Both are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        command = [str(engine_python()), str(RIVALS), name, folder]
        # In its own folder: an engine's builder leaves notes of its own where it stands.
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder
        )

        def ask(verb: str, *arguments: Any) -> Any:
            assert child.stdin is not None
            assert child.stdout is not None
            with suppress(BrokenPipeError):
                print(json.dumps([verb, arguments]), file=child.stdin, flush=True)
            answer = child.stdout.readline()
            if not answer:
                log.seek(0)
                raise EngineFailedError(f"'{verb}' failed: {log.read()[-1000:].strip()}")
            return json.loads(answer)

        with child:
            try:
                yield ask
            finally:
                child.terminate()
