"""A run of the demo city repeats to the bit as long as the city is what it was, and again once it is so again."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.coverage.question import Question
from geo.services.coverage import run_coverage
from geo.services.demand_import import import_demand
from geo.services.run_files import files_of, read_run_file, repeat, run_file, write_run_file
from geo.services.snapshots import fresh_snapshot
from tests.support.command_line import CommandLine
from tests.support.small_city import SmallCity


def other_census(census: Path, folder: Path) -> Path:
    """The census with one district of other people."""
    heading, first, *rest = census.read_text("utf-8").splitlines()
    code, name, people = first.split(",")
    path = folder / "census-other.csv"
    path.write_text("\n".join([heading, f"{code},{name},{int(people) // 2}", *rest]) + "\n", "utf-8")
    return path


@pytest.mark.slow
def test_a_run_repeats_until_the_city_changes_and_then_says_what_did(own_city: SmallCity, tmp_path: Path):
    engine, settings, slug = own_city.engine(), own_city.settings, own_city.slug
    path = tmp_path / "run.json"
    census = {"by": "district", "as_of": "2020"}
    try:
        snapshot = fresh_snapshot(engine, settings, slug)
        run = run_coverage(engine, snapshot, Question(mode="ebike", minutes=5, at="weekday 19:00"))
        write_run_file(path, run_file(engine, slug, run.run_id))
        content = read_run_file(path)
        again = repeat(snapshot, content, files=files_of(engine, snapshot))
        assert (again.same_input, again.same_result, again.differences, again.other_versions) == (True, True, [], {})

        import_demand(engine, settings, slug, other_census(own_city.files.census, tmp_path), **census)
        said = CommandLine(own_city.url, settings.data_dir).run("coverage", "repeat", path)
        assert said.status == 1
        changed = fresh_snapshot(engine, settings, slug)
        other = repeat(changed, content, files=files_of(engine, changed))
        assert not other.same_input
        assert not other.same_result
        assert [(one.what, one.then is None, one.now is None) for one in other.differences] == [
            ("people of layer residents", False, False),
            ("file of demand:residents `census.csv`", False, True),
            ("file of demand:residents `census-other.csv`", True, False),
        ]
        shown = " ".join(said.out.split())
        assert "The inputs are not what they were; the result is another." in shown
        assert all(str(one) in shown for one in other.differences)

        import_demand(engine, settings, slug, own_city.files.census, **census)
        back = fresh_snapshot(engine, settings, slug)
        assert back.id != snapshot.id
        again = repeat(back, content, files=files_of(engine, back))
        assert (again.same_input, again.same_result) == (True, True)
    finally:
        engine.dispose()
