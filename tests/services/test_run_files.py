"""A run file repeats to the bit on the same city and says so when anything is another."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson
import pytest

from geo.coverage.question import Question
from geo.services.cities import new_city
from geo.services.coverage import run_coverage
from geo.services.run_files import RunFileError, read_run_file, repeat, run_file
from geo.services.run_inputs import COMPUTING, versions
from geo.services.slots import run_slots
from tests.support.toy_snapshot import station, toy_snapshot

STATIONS = [station(200, 200), station(1500, 1500)]
SNAPSHOT = toy_snapshot(STATIONS)


@pytest.fixture
def files(engine):
    """The run files of a plain run and of the hours of the week."""
    new_city(engine, "toy", name="玩具市")
    question = Question(minutes=6, at="weekday 19:00", groups=("rider",))
    runs = run_coverage(engine, SNAPSHOT, question), run_slots(engine, SNAPSHOT, question)
    return [json.loads(orjson.dumps(run_file(engine, "toy", run.run_id))) for run in runs]


def test_a_run_repeats_to_the_bit_and_another_city_does_not(files):
    moved = toy_snapshot([station(200, 200), station(1500, 1200)])
    for content in files:
        again = repeat(toy_snapshot(STATIONS), content)
        assert (again.same_input, again.same_result, again.other_versions) == (True, True, {})
        assert not repeat(moved, content).same_result
        assert not repeat(replace(moved, state_hash="1" * 64), content).same_input


def test_programs_of_another_version_are_named(files):
    content = files[0] | {"versions": files[0]["versions"] | {"numpy": "1.0", "gone": "3"}}
    other = repeat(SNAPSHOT, content).other_versions
    assert other == {"numpy": ("1.0", versions()["numpy"]), "gone": ("3", None)}
    assert set(files[0]["versions"]) == {"python", *COMPUTING}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON"),
        ("[]", "its `format`"),
        ('{"format": "yiquan-run/1", "parameters": {}}', "it lacks input_hash, result_hash"),
        ('{"format": "yiquan-run/1", "parameters": 1, "input_hash": "", "result_hash": ""}', "it lacks parameters"),
    ],
)
def test_what_is_no_run_file_is_refused_in_words(tmp_path, text, said):
    path = tmp_path / "run.json"
    with pytest.raises(RunFileError, match="it cannot be read"):
        read_run_file(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunFileError, match=said):
        read_run_file(path)
