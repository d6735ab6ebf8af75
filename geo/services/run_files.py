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
from geo.services.run_inputs import Difference, differences, facts_of, inputs_of, other_files, versions
from geo.services.runs import get_run
from geo.services.slots import answer_week
from geo.snapshot.model import Snapshot

FORMAT = "yiquan-run/1"
NEEDED = {"parameters": dict, "input_hash": str, "result_hash": str}
OPTIONAL = {"city": str, "method": str, "state_hash": str, "versions": dict, "facts": dict, "inputs": list}
"""What a run file holds that `repeat` reads; what is optional may be null."""


class RunFileError(InputError):
    """A file that is no run file."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} is no run file: {problem}. `yiquan coverage export RUN FILE` writes one.")


@dataclass(frozen=True, slots=True)
class Repeated:
    """
    A run made again: whether the question and the city are what they were, and whether the result is, to the bit.

    `differences` name what the run was made from and is not the same now: the method, parts of the city, and the files
    that brought them. `other_versions` are the programs that have changed, with the version then and now.
    """

    input_hash: str
    result_hash: str
    same_input: bool
    same_result: bool
    differences: list[Difference]
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
        "state_hash": made_with.get("state_hash"),
        "method": run["summary"]["method"],
        "versions": made_with.get("versions"),
        "facts": made_with.get("facts"),
        "inputs": made_with.get("inputs"),
        "parameters": run["parameters"],
        "seed": None,
        "input_hash": run["input_hash"],
        "result_hash": run["result_hash"],
        "people": run["people"],
        "summary": {name: value for name, value in run["summary"].items() if name != "made_with"},
    }


def write_run_file(path: Path, content: Mapping[str, Any]) -> None:
    """Write the content of a run file; raises InputError where nothing can be written."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        path.write_bytes(text)
    except OSError as problem:
        raise InputError(
            f"{path} cannot be written ({problem.strerror}); name a file in a folder that exists."
        ) from None


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
    missing = [name for name, kind in NEEDED.items() if not isinstance(content.get(name), kind)]
    missing += [name for name, kind in OPTIONAL.items() if not isinstance(content.get(name), kind | None)]
    if missing:
        raise RunFileError(path, f"it lacks {', '.join(missing)}")
    texts = (content.get("facts") or {}).values()
    if not all(map(_is_file, content.get("inputs") or ())) or not all(isinstance(one, str) for one in texts):
        raise RunFileError(path, "its `facts` or `inputs` are not as they were written")
    return content


def repeat(
    snapshot: Snapshot,
    content: Mapping[str, Any],
    *,
    files: list[dict[str, Any]] | None = None,
    progress: Progress = silent,
) -> Repeated:
    """
    Ask the question of a run file again of a city as it is now, and compare.

    `files` are those the city's facts came from, as `files_of` lists them: with them, those that came or went are named
    where the facts are not the same.

    Raises
    ------
    InputError, ModeNotInSnapshotError, NoDemandError
        The question cannot be asked of this city.
    """
    question = question_of(content)
    progress("measuring travel times")
    if "slots" in content["parameters"]:
        week = answer_week(snapshot, question, progress=progress)
        hashes = week.input_hash, week.result_hash
    else:
        answered = coverage.answer(snapshot, question, gap_limit=0)
        hashes = answered.input_hash, answered.result_hash
    progress("comparing inputs")
    different = _differences(snapshot, content, hashes[0], files)
    then, now = content.get("versions") or {}, versions()
    changed = {name: (then.get(name), now.get(name)) for name in sorted({*then, *now}) if then}
    return Repeated(
        *hashes,
        same_input=not different,
        same_result=hashes[1] == content["result_hash"],
        differences=different,
        other_versions={name: pair for name, pair in changed.items() if pair[0] != pair[1]},
    )


def question_of(content: Mapping[str, Any]) -> Question:
    """The question of a run file; raises InputError for one that is none."""
    try:
        return Question.from_dict(content["parameters"])
    except (TypeError, ValueError, AttributeError):
        raise InputError("The `parameters` of the run file are not those of a coverage question.") from None


def files_of(engine: Engine, snapshot: Snapshot) -> list[dict[str, Any]] | None:
    """The files a city's facts came from; None if it has changed since the snapshot was made."""
    with engine.connect() as connection:
        return inputs_of(connection, snapshot)


def _is_file(one: object) -> bool:
    """Whether an entry of `inputs` says which file it is."""
    return isinstance(one, dict) and {"kind", "name", "sha256"} <= one.keys()


def _differences(
    snapshot: Snapshot, content: Mapping[str, Any], input_hash: str, files: list[dict[str, Any]] | None
) -> list[Difference]:
    """What the run was made from and is not the same now; none only if its input has the same hash."""
    method = content.get("method") or coverage.METHOD
    found = [] if method == coverage.METHOD else [Difference("method", method, coverage.METHOD)]
    if content.get("facts"):
        found += differences(content["facts"], facts_of(snapshot))
    if input_hash != content["input_hash"] and not found:
        # every part of the city is the same: then another question was asked, or a city is put together otherwise
        same_state = content.get("state_hash") == snapshot.state_hash
        found = [Difference("question" if same_state else "city as a whole", content["input_hash"], input_hash)]
    # files explain a difference, and are none: a register read twice leaves the stations as they were
    if found and content.get("inputs") and files is not None:
        found += other_files(content["inputs"], files)
    return found
