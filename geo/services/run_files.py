"""A run as a file one can hand on: what it was made from, and the proof that it comes out the same again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from geo.coverage.question import Question
from geo.errors import InputError
from geo.progress import Progress, silent
from geo.services import coverage
from geo.services.run_inputs import versions
from geo.services.runs import get_run
from geo.services.slots import answer_week
from geo.snapshot.model import Snapshot

FORMAT = "yiquan-run/1"
NEEDED = ("parameters", "input_hash", "result_hash")


class RunFileError(InputError):
    """A file that is no run file."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} is no run file: {problem}. `yiquan coverage save RUN FILE` writes one.")


@dataclass(frozen=True, slots=True)
class Repeated:
    """
    A run made again: whether the question and the city are what they were, and whether the result is, to the bit.

    `other_versions` are the programs that have changed, with the version then and now.
    """

    input_hash: str
    result_hash: str
    same_input: bool
    same_result: bool
    other_versions: dict[str, tuple[str | None, str | None]]


def run_file(engine: Engine, city_slug: str, run_id: int) -> dict[str, Any]:
    """
    A stored run as the content of a run file; raises RunNotFoundError.

    `seed` is None because nothing in a coverage run is drawn by chance. `inputs` is None where the city had changed
    while the run was made.
    """
    run = get_run(engine, city_slug, run_id)
    made_with = run["summary"].get("made_with", {})
    return {
        "format": FORMAT,
        "city": city_slug,
        "run": run_id,
        "made_at": run["created_at"].isoformat(),
        "snapshot": run["snapshot_id"],
        "method": run["summary"]["method"],
        "versions": made_with.get("versions"),
        "inputs": made_with.get("inputs"),
        "parameters": run["parameters"],
        "seed": None,
        "input_hash": run["input_hash"],
        "result_hash": run["result_hash"],
        "people": run["people"],
    }


def read_run_file(path: Path) -> dict[str, Any]:
    """The content of a run file; raises RunFileError."""
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise RunFileError(path, f"it cannot be read ({problem.strerror})") from None
    except orjson.JSONDecodeError:
        raise RunFileError(path, "it is not JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RunFileError(path, f"its `format` is not `{FORMAT}`")
    missing = [name for name in NEEDED if name not in content]
    if missing or not isinstance(content["parameters"], dict):
        raise RunFileError(path, f"it lacks {', '.join(missing) or 'parameters'}")
    return content


def repeat(snapshot: Snapshot, content: Mapping[str, Any], *, progress: Progress = silent) -> Repeated:
    """
    Ask the question of a run file again of a city as it is now, and compare.

    Raises
    ------
    InputError, ModeNotInSnapshotError, NoDemandError
        The question cannot be asked of this city.
    """
    question = Question.from_dict(content["parameters"])
    progress("measuring travel times")
    if "slots" in content["parameters"]:
        week = answer_week(snapshot, question, progress=progress)
        hashes = week.input_hash, week.result_hash
    else:
        answered = coverage.answer(snapshot, question, gap_limit=0)
        hashes = answered.input_hash, answered.result_hash
    then, now = content.get("versions") or {}, versions()
    changed = {name: (then.get(name), now.get(name)) for name in sorted({*then, *now}) if then}
    return Repeated(
        *hashes,
        same_input=hashes[0] == content["input_hash"],
        same_result=hashes[1] == content["result_hash"],
        other_versions={name: pair for name, pair in changed.items() if pair[0] != pair[1]},
    )
