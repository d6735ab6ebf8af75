"""Registers come in whole, come in again without a trace, and go out again."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, delete, insert, text

from geo.datum import Datum, from_wgs84, to_wgs84
from geo.errors import ConflictError, InputError
from geo.measure import distances_m
from geo.places.register import RegisterError
from geo.services.cities import new_city
from geo.services.city_import import import_streets
from geo.services.register_import import (
    ImportUndoneError,
    LaterImportsError,
    RegisterRefusedByDatabaseError,
    import_register,
    list_imports,
    undo_import,
)
from geo.services.street_files import load_current_graph
from geo.settings import Settings
from geo.store import city_store, facility_store, import_store, tables
from geo.store.city_store import City
from geo.store.cluster import Cluster
from geo.store.engine import make_engine
from geo.store.import_store import BatchNotFoundError
from geo.streets.snap import positions
from tests.support.damaged_registers import DAMAGES, Rows, column, good_register, write_csv
from tests.support.facts import checksum, rows_to_the_letter
from tests.support.osm import write_osm
from tests.support.real_data import real_data
from tests.support.waiting import wait_until

NORTH = "SRID=4326;MULTIPOLYGON(((120.2 36.125,120.6 36.125,120.6 36.3,120.2 36.3,120.2 36.125)))"
SOUTH = "SRID=4326;MULTIPOLYGON(((120.2 36.0,120.6 36.0,120.6 36.125,120.2 36.125,120.2 36.0)))"


@pytest.fixture(scope="module")
def shared_url(cluster: Cluster, template_database: str) -> Iterator[str]:
    """One database for all tests of this module, for making one takes longer than most of them."""
    name = f"registers_{os.getpid()}"
    yield cluster.create_database(name, template=template_database)
    cluster.drop_database(name)


@pytest.fixture
def database_url(shared_url: str) -> str:
    return shared_url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the shared database; what a test wrote goes with its cities."""
    engine = make_engine(database_url)
    yield engine
    with engine.begin() as connection:
        connection.execute(delete(tables.city))
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def city(engine: Engine) -> City:
    new_city(engine, "qingdao", name="青岛")
    with engine.connect() as connection:
        return city_store.city_by_slug(connection, "qingdao")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return write_csv(good_register(40), tmp_path / "register.csv")


def changed(rows: Rows, **cells: str) -> Rows:
    """The register with other content in the first station's cells."""
    first = list(rows[1])
    for heading, content in cells.items():
        first[column(rows, heading)] = content
    return [rows[0], first, *rows[2:]]


def everything(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return rows_to_the_letter(connection) | {
            table: str(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar())
            for table in ("import_batch", "change_log", "import_row_error", "source", "org", "city_revision")
        }


def revision(engine: Engine, city: City) -> int:
    with engine.connect() as connection:
        return city_store.revision(connection, city.city_id)


def test_every_row_of_a_good_register_becomes_a_facility(engine, settings, city, register) -> None:
    report = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    assert (report.outcome, report.rows_read, report.rows_added, report.rows_failed) == ("applied", 40, 40, 0)
    with engine.connect() as connection:
        frame = facility_store.load_facilities(connection, city.city_id)
    rows = good_register(40)[1:]
    assert frame["code"].tolist() == [row[0] for row in rows]
    assert frame["name"].tolist() == [row[1] for row in rows]
    lon, lat = to_wgs84([float(row[4]) for row in rows], [float(row[5]) for row in rows], Datum.GCJ02)
    assert np.max(distances_m(lon, lat, frame["lon"].to_numpy(), frame["lat"].to_numpy())) < 1e-6
    assert frame["district"].tolist() == ["市北区"] * 40
    assert frame.iloc[0]["amenities"] == {"aircon": "available", "seat": "available", "water_cold": "available"}
    assert [(rule["byday"], rule["opens_min"], rule["closes_min"]) for rule in frame.iloc[3]["rules"]] == [
        ([1, 2, 3, 4, 5, 6, 7], 1080, 1560)
    ]
    assert frame["source_name"].unique().tolist() == ["register.csv"]


def test_the_same_file_twice_changes_nothing_and_says_so(engine, settings, city, register) -> None:
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    before, at = everything(engine), revision(engine, city)
    again = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    assert (again.outcome, again.rows_unchanged, again.batch_id) == ("unchanged", 40, None)
    assert "Nothing has changed" in again.notes[0]
    assert everything(engine) == before
    assert revision(engine, city) == at


def test_an_import_moves_the_revision_that_the_snapshot_follows(engine, settings, city, register) -> None:
    at = revision(engine, city)
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    assert revision(engine, city) == at + 1


def test_a_dry_run_says_what_would_happen_and_changes_nothing(engine, settings, city, register) -> None:
    before = everything(engine)
    report = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02, dry_run=True)
    assert (report.outcome, report.rows_added, report.batch_id) == ("dry_run", 40, None)
    assert everything(engine) == before


def test_good_rows_are_kept_and_bad_ones_reported_with_the_batch(engine, settings, city, tmp_path) -> None:
    path = write_csv(changed(good_register(40), 经度="待定"), tmp_path / "bad.csv")
    workbook = tmp_path / "problems.xlsx"
    report = import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02, problem_workbook=workbook)
    assert (report.rows_added, report.rows_failed) == (39, 1)
    with engine.connect() as connection:
        kept = import_store.row_errors(connection, report.batch_id)
    assert [(row.row_number, row.column_name, row.value) for row in kept] == [(2, "经度", "待定")]
    assert kept[0].problem
    assert kept[0].remedy
    assert "待定" in {str(cell.value) for sheet in load_workbook(workbook) for row in sheet for cell in row}


def test_strict_takes_all_rows_or_none(engine, settings, city, tmp_path, register) -> None:
    before = everything(engine)
    bad = write_csv(changed(good_register(40), 经度="待定"), tmp_path / "bad.csv")
    report = import_register(engine, settings, "qingdao", bad, datum=Datum.GCJ02, strict=True)
    assert (report.outcome, report.rows_added, report.rows_failed, report.batch_id) == ("refused", 0, 1, None)
    assert everything(engine) == before
    assert import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02, strict=True).rows_added == 40


def test_the_datum_is_asked_for_and_never_guessed(engine, settings, city, register) -> None:
    before = everything(engine)
    with pytest.raises(InputError, match="--datum"):
        import_register(engine, settings, "qingdao", register)
    assert everything(engine) == before


def test_undo_of_the_only_import_leaves_an_empty_city(engine, settings, city, register) -> None:
    with engine.connect() as connection:
        before = rows_to_the_letter(connection)
    report = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    at = revision(engine, city)
    undone = undo_import(engine, "qingdao", report.batch_id)
    assert (undone.removed, undone.restored) == (40, 0)
    with engine.connect() as connection:
        assert rows_to_the_letter(connection) == before
    assert revision(engine, city) == at + 1
    assert [batch.status for batch in list_imports(engine, "qingdao")] == ["undone"]


def test_undo_of_a_correction_brings_back_what_was_there_to_the_letter(
    engine, settings, city, register, tmp_path
) -> None:
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    with engine.connect() as connection:
        before = rows_to_the_letter(connection)
    corrected = changed(good_register(42), 经度="120.400000", 站点名称="改名驿站", 服务设施="", 开放时间="24小时")
    path = write_csv(corrected, tmp_path / "corrected.csv")
    report = import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02)
    # 42 stations are drawn anew: every position moves but no code changes.
    assert (report.rows_added, report.rows_changed) == (2, 40)
    undone = undo_import(engine, "qingdao", report.batch_id)
    assert (undone.removed, undone.restored) == (2, 40)
    with engine.connect() as connection:
        assert rows_to_the_letter(connection) == before


def test_undo_is_refused_while_a_later_import_stands_on_it(engine, settings, city, register, tmp_path) -> None:
    first = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    path = write_csv(changed(good_register(40), 站点名称="改名驿站"), tmp_path / "renamed.csv")
    second = import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02)
    assert (second.rows_changed, second.rows_unchanged) == (1, 39)
    before = everything(engine)
    with pytest.raises(LaterImportsError, match=f"Take import {second.batch_id} back first"):
        undo_import(engine, "qingdao", first.batch_id)
    assert everything(engine) == before
    undo_import(engine, "qingdao", second.batch_id)
    undo_import(engine, "qingdao", first.batch_id)
    with pytest.raises(ImportUndoneError):
        undo_import(engine, "qingdao", first.batch_id)


def test_an_import_of_another_city_cannot_be_undone_from_here(engine, settings, city, register) -> None:
    new_city(engine, "elsewhere", name="别处")
    report = import_register(engine, settings, "elsewhere", register, datum=Datum.GCJ02)
    with pytest.raises(BatchNotFoundError):
        undo_import(engine, "qingdao", report.batch_id)


def test_the_same_register_in_two_cities_makes_two_sets_of_facilities(engine, settings, city, register) -> None:
    new_city(engine, "elsewhere", name="别处")
    for slug in ("qingdao", "elsewhere"):
        assert import_register(engine, settings, slug, register, datum=Datum.GCJ02).rows_added == 40


def test_after_an_undo_the_file_comes_in_as_if_for_the_first_time(engine, settings, city, register) -> None:
    first = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    with engine.connect() as connection:
        undisturbed = checksum(connection, city.city_id)
    undo_import(engine, "qingdao", first.batch_id)
    assert import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02).rows_added == 40
    with engine.connect() as connection:
        assert checksum(connection, city.city_id) == undisturbed


def test_synthetic_data_mark_the_city_and_an_undo_unmarks_it(engine, settings, city, register) -> None:
    report = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02, synthetic=True)
    with engine.connect() as connection:
        assert city_store.city_by_slug(connection, "qingdao").is_synthetic
        assert facility_store.load_facilities(connection, city.city_id)["is_synthetic"].all()
    undo_import(engine, "qingdao", report.batch_id)
    with engine.connect() as connection:
        assert not city_store.city_by_slug(connection, "qingdao").is_synthetic


def with_areas(engine: Engine, city: City) -> None:
    with engine.begin() as connection:
        for code, name, shape in (("370203", "市北区", SOUTH), ("370213", "李沧区", NORTH)):
            row = {"city_id": city.city_id, "level": "district", "code": code, "name": name, "geom": shape}
            connection.execute(insert(tables.area).values(row))


def test_districts_come_from_the_polygons_and_contradictions_are_reported(engine, settings, city, register) -> None:
    with_areas(engine, city)
    report = import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    with engine.connect() as connection:
        frame = facility_store.load_facilities(connection, city.city_id)
    north = frame["lat"] > 36.125
    assert 5 < north.sum() < 35
    assert frame["district"].tolist() == ["李沧区" if there else "市北区" for there in north]
    assert frame["district_code"].tolist() == ["370213" if there else "370203" for there in north]
    doubted = {problem.row for problem in report.problems if problem.code == "district_differs"}
    assert doubted == {row for row, there in enumerate(north, start=2) if there}
    assert {problem.column for problem in report.problems} == {"所属区"}


def test_the_registers_own_district_stays_where_no_area_covers_the_point(engine, settings, city, register) -> None:
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    with engine.connect() as connection:
        assert set(facility_store.load_facilities(connection, city.city_id)["district"]) == {"市北区"}


def test_points_in_the_sea_are_named_with_their_distance(engine, settings, city, tmp_path) -> None:
    with_areas(engine, city)
    path = write_csv(changed(good_register(40), 经度="121.500000"), tmp_path / "sea.csv")
    report = import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02)
    sea = [problem for problem in report.problems if problem.code == "out_of_city"]
    assert [problem.row for problem in sea] == [2]
    assert 78 < sea[0].facts["distance_km"] < 84


def test_a_wrong_datum_is_doubted_where_districts_can_tell(engine, settings, city, tmp_path) -> None:
    """Points along a border: half a kilometre puts many of them on its other side."""
    with_areas(engine, city)
    rows = good_register(40)
    lat = column(rows, "纬度")
    stated = column(rows, "所属区")
    for place, row in enumerate(rows[1:]):
        row[lat] = f"{36.1255 + 0.0002 * (place % 2):.6f}"
        row[stated] = "市北区"
    path = write_csv(rows, tmp_path / "border.csv")
    report = import_register(engine, settings, "qingdao", path, datum=Datum.WGS84)
    assert any("gcj02" in note or "bd09" in note for note in report.notes)


def irregular_town(path: Path, lines: int = 20) -> Path:
    """Streets 3 to 12 steps apart in both directions, so that no shift brings points back onto them."""
    dice = random.Random(1)
    at = [sum(dice.randint(3, 12) for _ in range(line)) for line in range(lines)]
    nodes = {x * lines + y + 1: (at[x], at[y]) for x in range(lines) for y in range(lines)}
    tags = {"highway": "residential"}
    ways = [(1_000 + x, [x * lines + y + 1 for y in range(lines)], tags) for x in range(lines)]
    ways += [(2_000 + y, [x * lines + y + 1 for x in range(lines)], tags) for y in range(lines)]
    return write_osm(path, nodes=nodes, ways=ways)


@pytest.mark.parametrize("stated", [Datum.GCJ02, Datum.WGS84, Datum.BD09])
def test_a_wrong_datum_is_doubted_where_streets_can_tell(engine, settings, city, tmp_path, stated: Datum) -> None:
    import_streets(engine, settings, "qingdao", irregular_town(tmp_path / "town.osm.pbf"))
    with engine.connect() as connection:
        graph = load_current_graph(connection, settings, city, "walk")
    dice = np.random.default_rng(5)
    edges = dice.choice(graph.edge_count, 60, replace=False)
    lon, lat = positions(graph, edges.astype(np.int32), dice.uniform(0, 1, 60))
    rows = good_register(60)
    for row, x, y in zip(rows[1:], *from_wgs84(lon + 1e-4, lat + 1e-4, Datum.GCJ02), strict=True):
        row[column(rows, "经度")], row[column(rows, "纬度")] = f"{x:.6f}", f"{y:.6f}"
    path = write_csv(rows, tmp_path / "beside_streets.csv")
    report = import_register(engine, settings, "qingdao", path, datum=stated, dry_run=True)
    doubts = [note for note in report.notes if "fit gcj02 better" in note]
    assert len(doubts) == (0 if stated is Datum.GCJ02 else 1)


def test_likely_twins_are_reported_and_not_merged(engine, settings, city, register, tmp_path) -> None:
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    other = write_csv(good_register(40)[:3], tmp_path / "sanitation.csv")
    report = import_register(engine, settings, "qingdao", other, datum=Datum.GCJ02, network="环卫爱心驿站")
    assert report.rows_added == 2
    twins = [pair for pair in report.candidates if pair.duplicate]
    assert [{entry.name for entry in pair.entries} for pair in twins] == [{"第1工会驿站"}, {"第2工会驿站"}]
    assert all(pair.kind == "colocated" for pair in twins)


def test_stations_that_the_file_leaves_out_are_named_and_stay(engine, settings, city, register, tmp_path) -> None:
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    part = write_csv(good_register(40)[:31], tmp_path / "part.csv")
    report = import_register(engine, settings, "qingdao", part, datum=Datum.GCJ02)
    assert len(report.not_in_file) == 10
    assert "第31工会驿站 (QD031)" in report.not_in_file
    with engine.connect() as connection:
        assert len(facility_store.load_facilities(connection, city.city_id)) == 40


def test_a_second_row_of_the_same_name_and_place_is_refused(engine, settings, city, tmp_path) -> None:
    rows = good_register(5)
    rows = [row[1:] for row in [*rows, rows[2]]]
    report = import_register(engine, settings, "qingdao", write_csv(rows, tmp_path / "twice.csv"), datum=Datum.GCJ02)
    assert (report.rows_added, report.rows_failed) == (5, 1)
    refused = [problem for problem in report.problems if problem.severity == "error"]
    assert [(problem.row, problem.code, problem.facts["first"]) for problem in refused] == [(7, "row_twice", 3)]


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_a_damaged_register_never_leaves_half_of_itself(engine, settings, city, register, tmp_path, name: str) -> None:
    """Refused files change nothing at all; of others the good rows come in, under a batch that can be undone."""
    import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    before = everything(engine)
    with engine.connect() as connection:
        letters = rows_to_the_letter(connection)
    damage = DAMAGES[name]
    path = damage.make(good_register(60), tmp_path)
    if damage.refused_as is not None:
        with pytest.raises(RegisterError):
            import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02)
        assert everything(engine) == before
        return
    report = import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02)
    assert damage.rows_reported_as is None or damage.rows_reported_as in {one.code for one in report.problems}
    assert report.rows_failed == damage.bad_rows(60)
    assert report.rows_added + report.rows_changed + report.rows_unchanged + report.rows_failed == report.rows_read
    if report.batch_id is not None:
        undo_import(engine, "qingdao", report.batch_id)
    with engine.connect() as connection:
        assert rows_to_the_letter(connection) == letters


def test_a_rule_of_the_database_refuses_the_whole_file_in_one_sentence(engine, settings, city, register) -> None:
    before = everything(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE facility ADD CONSTRAINT no_ninth CHECK (name NOT LIKE '第9%')"))
    with pytest.raises(RegisterRefusedByDatabaseError, match="the rule no_ninth") as caught:
        import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE facility DROP CONSTRAINT no_ninth"))
    assert isinstance(caught.value, ConflictError)
    assert everything(engine) == before


def test_two_imports_at_once_make_every_facility_once(engine, settings, city, register) -> None:
    reports = []
    threads = [
        threading.Thread(
            target=lambda: reports.append(import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.outcome for report in reports) == ["applied", "unchanged", "unchanged", "unchanged"]
    with engine.connect() as connection:
        assert len(facility_store.load_facilities(connection, city.city_id)) == 40


IMPORTER = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    from geo.datum import Datum
    from geo.services.register_import import import_register
    from geo.settings import Settings
    from geo.store.engine import make_engine

    url, data_dir, path = sys.argv[1:]
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            settings = Settings(data_dir=Path(data_dir))
            import_register(make_engine(url), settings, "qingdao", Path(path), datum=Datum.GCJ02)
            os._exit(0)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)
""")
"""Forks an import for every line it reads, so that only the first pays for loading the libraries."""


class Importer:
    """Another process that imports a register and can be killed on the way."""

    def __init__(self, url: str, settings: Settings, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", IMPORTER, url, str(settings.data_dir), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *, kill_after_s: float | None = None) -> bool:
        """Import, or be killed; returns whether the import came to its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self.process.stdout.readline()) == 0

    def close(self) -> None:
        self.process.communicate()


@pytest.mark.slow
def test_a_killed_import_leaves_nothing_and_the_next_one_equals_an_undisturbed_one(
    engine, database_url, settings, city, tmp_path
) -> None:
    path = write_csv(good_register(400), tmp_path / "register.csv")
    importer = Importer(database_url, settings, path)
    assert importer.run()
    last = list_imports(engine, "qingdao")[0]
    whole_s = (last.finished_at - last.started_at).total_seconds() + 0.5
    with engine.connect() as connection:
        undisturbed = checksum(connection, city.city_id)
    undo_import(engine, "qingdao", last.batch_id)
    empty = everything(engine)

    dice, killed = random.Random(4), 0
    for _ in range(20):
        if importer.run(kill_after_s=dice.uniform(0.0, whole_s)):
            undo_import(engine, "qingdao", list_imports(engine, "qingdao")[0].batch_id)
            empty = everything(engine)
        else:
            killed += 1
            wait_for_the_dead(engine)
            assert everything(engine) == empty
    assert killed >= 5

    assert importer.run()
    importer.close()
    with engine.connect() as connection:
        assert checksum(connection, city.city_id) == undisturbed


def wait_for_the_dead(engine: Engine) -> None:
    """The server notices a moment later that its client is gone."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )

    def is_alone() -> bool:
        with engine.connect() as connection:
            return connection.execute(others).scalar() == 0

    wait_until(is_alone, what="the server still works for a process that is dead")


def test_the_zhengzhou_register_comes_in_to_the_decimetre(engine, settings, city) -> None:
    import geopandas as gpd

    path = real_data("zhengzhou/stations_gcj02.gb18030.csv")
    truth = gpd.read_file(real_data("zhengzhou/stations.geojson")).set_index("name").geometry
    report = import_register(engine, settings, "qingdao", path, datum=Datum.GCJ02)
    assert (report.rows_read, report.rows_added, report.rows_failed, report.encoding) == (82, 82, 0, "gb18030")
    with engine.connect() as connection:
        frame = facility_store.load_facilities(connection, city.city_id).set_index("name")
    truth = truth.loc[frame.index]
    offset_m = distances_m(truth.x.to_numpy(), truth.y.to_numpy(), frame["lon"].to_numpy(), frame["lat"].to_numpy())
    assert offset_m.max() < 0.1
    assert frame["hours_text"].nunique() == 17
    assert (frame["rules"].map(len).gt(0) | ~frame["hours_certain"]).all()


def test_a_dead_database_is_said_in_one_sentence(settings, register) -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(Exception, match="does not answer"):
        import_register(engine, settings, "qingdao", register, datum=Datum.GCJ02)
    engine.dispose()
