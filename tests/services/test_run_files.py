"""A run file repeats to the bit on the same city and says so when anything is another."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson
import pytest

from geo.coverage.question import Question
from geo.errors import InputError
from geo.services.cities import new_city
from geo.services.coverage import METHOD, run_coverage
from geo.services.run_files import RunFileError, read_run_file, repeat, run_file, write_run_file
from geo.services.run_inputs import COMPUTING, facts_of, versions
from geo.services.slots import run_slots
from tests.support.grid_city import grid_graph
from tests.support.toy_snapshot import NO_AREAS, station, toy_snapshot

STATIONS = [station(200, 200), station(1500, 1500)]
SNAPSHOT = toy_snapshot(STATIONS)
WHOLE = '{"format": "yiquan-run/1", "parameters": {}, "input_hash": "", "result_hash": "", %s}'


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
        assert again.differences == []
        assert not repeat(moved, content).same_result
        assert not repeat(replace(moved, state_hash="1" * 64), content).same_input


def test_a_run_file_says_what_was_asked_of_which_city_and_what_came_out(files):
    content = files[0]
    assert content["state_hash"] == SNAPSHOT.state_hash
    assert content["facts"] == facts_of(toy_snapshot(STATIONS))
    assert content["summary"]["people"] == content["people"]
    assert "made_with" not in content["summary"]


@pytest.mark.parametrize(
    ("city", "named"),
    [
        (toy_snapshot([station(200, 200), station(1500, 1200)]), ["stations"]),
        (toy_snapshot([station(200, 200), station(1500, 1500, name="又名")]), ["stations"]),
        (toy_snapshot(STATIONS, graph=grid_graph(20, 19)), ["people of layer residents", "streets for walk"]),
        (toy_snapshot(STATIONS, areas=NO_AREAS), ["areas"]),
        (replace(SNAPSHOT, declared=[{"metric": "stations", "value": 784}]), ["declared figures"]),
        (replace(SNAPSHOT, city=replace(SNAPSHOT.city, name="别的市")), ["city"]),
    ],
)
def test_what_is_another_is_named_one_by_one(files, city, named):
    for content in files:
        again = repeat(city, content)
        assert [one.what for one in again.differences] == named
        assert not again.same_input
        assert all(one.then and one.now and one.then != one.now for one in again.differences)


def test_files_are_named_where_the_facts_are_another(files):
    then = [{"kind": "register", "name": "a.xlsx", "sha256": "a" * 64}]
    now = [*then, {"kind": "register", "name": "b.xlsx", "sha256": "b" * 64}]
    content = files[0] | {"inputs": then}
    assert repeat(SNAPSHOT, content, files=now).differences == []
    moved = toy_snapshot([station(200, 200), station(1500, 1200)])
    said = [str(one) for one in repeat(moved, content, files=now).differences]
    assert said[1:] == ["file of register `b.xlsx` (bbbbbbbbbbbb) is here now and was not then."]
    assert said[0].startswith(f"stations: {content['facts']['stations'][:12]} then, ")
    without = [str(one) for one in repeat(moved, content, files=[]).differences]
    assert without[1:] == ["file of register `a.xlsx` (aaaaaaaaaaaa) was here then and is not now."]


def test_a_question_that_was_changed_by_hand_is_noticed(files):
    for content in files:
        asked = content | {"parameters": content["parameters"] | {"minutes": 9.0}}
        assert [one.what for one in repeat(SNAPSHOT, asked).differences] == ["question"]
    with pytest.raises(InputError, match="not those of a coverage question"):
        repeat(SNAPSHOT, files[0] | {"parameters": {"minutes": "nine"}})
    with pytest.raises(InputError, match="out of range"):
        repeat(SNAPSHOT, files[0] | {"parameters": {"minutes": 1e9}})


def test_another_method_and_another_build_of_the_same_city_are_named(files):
    older = files[0] | {"method": "by centres"}
    assert str(repeat(SNAPSHOT, older).differences[0]) == f"method: by centres then, {METHOD} now."
    rebuilt = replace(SNAPSHOT, state_hash="1" * 64)
    again = repeat(rebuilt, files[0])
    assert [one.what for one in again.differences] == ["city as a whole"]
    assert again.same_result


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
        (WHOLE % '"facts": []', "it lacks facts"),
        (WHOLE % '"facts": {"stations": 7}', "its `facts` or `inputs`"),
        (WHOLE % '"inputs": [{"kind": "register"}]', "its `facts` or `inputs`"),
    ],
)
def test_what_is_no_run_file_is_refused_in_words(tmp_path, text, said):
    path = tmp_path / "run.json"
    with pytest.raises(RunFileError, match="it cannot be read"):
        read_run_file(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunFileError, match=said):
        read_run_file(path)


def test_a_run_file_is_read_as_it_was_written(files, tmp_path):
    path = tmp_path / "run.json"
    write_run_file(path, files[0])
    assert read_run_file(path) == files[0]
    with pytest.raises(InputError, match="cannot be written"):
        write_run_file(tmp_path / "nowhere" / "run.json", files[0])
