"""A private cluster survives what happens to clusters. Every test here starts real servers."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from geo.errors import UnavailableError
from geo.store.cluster import APP_RO, APP_RW, OWNER, Cluster, packages
from geo.store.cluster.accounts import account_named, is_root
from geo.store.cluster.cluster import ELSEWHERE, FolderRefusedError, OtherMajorError
from tests.support.waiting import PATIENCE_S

ODD_NAME = "项目 驿圈, 'it''s' \"the\" [one] 100% " + "long" * 20
needs_root = pytest.mark.skipif(not is_root(), reason="only root can act as another account")


@pytest.fixture
def folder(cluster: Cluster) -> Iterator[Path]:
    """A data folder that other accounts may enter, with the packages at hand and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="yiquan-cluster-", dir="/tmp"))
    folder.chmod(0o755)
    lend_packages(cluster, folder)
    yield folder
    stop_everything(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def mould(cluster: Cluster) -> Iterator[Path]:
    """A test cluster that was made and stopped, to be copied: what is made from nothing has tests of its own."""
    mould = Path(tempfile.mkdtemp(prefix="yiquan-cluster-", dir="/tmp"))
    mould.chmod(0o755)
    lend_packages(cluster, mould)
    made = Cluster(mould, test=True)
    made.start()
    made.stop()
    made.log.unlink()
    yield made.base
    stop_everything(mould)
    shutil.rmtree(mould)


@pytest.fixture
def made(mould: Path, folder: Path) -> Path:
    """A data folder with a test cluster that was made earlier, owners and all."""
    subprocess.run(["cp", "-a", mould, folder], check=True)
    return folder


def lend_packages(cluster: Cluster, folder: Path) -> None:
    """Let a folder use the packages the session has fetched, so that a test does not fetch them again."""
    if (cluster.home / "deb").exists():
        (folder / "deb").symlink_to(cluster.home / "deb")


def open_folder(cluster: Cluster, folder: Path) -> Path:
    """Make a data folder that other accounts may enter whatever the umask is, with the packages at hand."""
    folder.mkdir()
    folder.chmod(0o755)
    lend_packages(cluster, folder)
    return folder


def stop_everything(folder: Path) -> None:
    for lock in folder.rglob("postmaster.pid"):
        lines = lock.read_text().splitlines()
        kill_server(int(lines[0]))
        if lines[4].startswith("/tmp/yiquan-"):
            shutil.rmtree(lines[4], ignore_errors=True)


def kill_server(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def ask(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run a statement in a transaction of its own; rows, if it has any."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(statement, values or None)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def pid_of(cluster: Cluster) -> int:
    pid = cluster.status().pid
    assert pid is not None
    return pid


def in_child(work: Callable[[], object], *, account: str | None = None) -> object:
    """Return what a function returns in a child process, as another account if named; errors come as sentences."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def child() -> None:
        try:
            if account:
                identity = pwd.getpwnam(account)
                os.setgroups([])
                os.setgid(identity.pw_gid)
                os.setuid(identity.pw_uid)
            sending.send(work())
        except Exception as error:  # whatever it is, the parent has to hear of it
            sending.send(f"{type(error).__name__}: {error}")

    process = context.Process(target=child)
    process.start()
    sending.close()
    assert receiving.poll(PATIENCE_S), "the child did not answer"
    answer = receiving.recv()
    process.join()
    return answer


def test_a_fresh_folder_becomes_a_postgis(folder):
    url = Cluster(folder).start()
    assert ask(url, "select ST_AsText(ST_MakePoint(120.38, 36.07)), current_user") == [("POINT(120.38 36.07)", OWNER)]


def test_starting_twice_finds_the_same_server(made):
    first = Cluster(made, test=True)
    url = first.start()
    assert Cluster(made, test=True).start() == url
    assert pid_of(Cluster(made, test=True)) == pid_of(first)


def test_a_stopped_server_keeps_its_rows(folder):
    cluster = Cluster(folder)
    ask(cluster.start(), "create table kept as select 7 as n")
    cluster.stop()
    assert cluster.status().state == "stopped"
    assert ask(Cluster(folder).start(), "select n from kept") == [(7,)]


def test_asking_for_the_status_makes_nothing(folder):
    before = sorted(folder.rglob("*"))
    assert Cluster(folder).status().state == "absent"
    Cluster(folder).stop()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.slow
def test_eight_first_starts_at_once_in_an_odd_folder_make_one_cluster(cluster, folder):
    odd = open_folder(cluster, folder / ODD_NAME)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def start() -> None:
        try:
            answers.put(Cluster(odd).start())
        except UnavailableError as error:
            answers.put(str(error))

    starts = [context.Process(target=start) for _ in range(8)]
    for process in starts:
        process.start()
    urls = [answers.get() for _ in starts]
    for process in starts:
        process.join()

    assert len(set(urls)) == 1
    assert ask(urls[0], "select count(*) from pg_database where datname = 'yiquan'") == [(1,)]


def test_a_killed_server_comes_back_with_every_committed_row(folder):
    cluster = Cluster(folder)
    ask(cluster.start(), "create table kept as select generate_series(1, 1000) as n")
    kill_server(pid_of(cluster))
    assert ask(Cluster(folder).start(), "select count(*) from kept") == [(1000,)]


def test_a_lock_file_that_names_somebody_else_is_no_server(made):
    cluster = Cluster(made, test=True)
    cluster.start()
    old = pid_of(cluster)
    lock = cluster.base / "data/postmaster.pid"
    words = lock.read_text()
    cluster.stop()
    account = None if not is_root() else lock.parent.stat().st_uid
    somebody = subprocess.Popen(["sleep", "60"], user=account, start_new_session=True)
    try:
        lock.write_text(words.replace(str(old), str(somebody.pid), 1))
        os.chown(lock, lock.parent.stat().st_uid, lock.parent.stat().st_gid)
        assert cluster.status().state == "stopped"
        assert ask(Cluster(made, test=True).start(), "select 1") == [(1,)]
    finally:
        somebody.kill()
        somebody.wait()


def test_a_half_made_cluster_is_made_again(made):
    cluster = Cluster(made, test=True)
    cluster.start()
    cluster.stop()
    (cluster.base / "data").rename(cluster.base / "data.new")
    assert ask(Cluster(made, test=True).start(), "select 1") == [(1,)]
    assert not (cluster.base / "data.new").exists()


def test_a_database_whose_making_was_cut_short_is_finished(made):
    cluster = Cluster(made, test=True)
    cluster.start()
    cluster._sql("drop database yiquan")
    cluster._sql("create database yiquan owner owner template template0")
    assert ask(Cluster(made, test=True).start(), "select extname from pg_extension where extname = 'postgis'") == [
        ("postgis",)
    ]


def test_data_that_cannot_be_read_are_put_aside_and_not_deleted(made):
    cluster = Cluster(made, test=True)
    cluster.start()
    cluster.stop()
    (cluster.base / "data/PG_VERSION").unlink()
    assert ask(Cluster(made, test=True).start(), "select 1") == [(1,)]
    assert [path.name.split("-")[0] for path in cluster.base.glob("data.unreadable*")] == ["data.unreadable"]


def test_data_of_another_major_version_are_refused_by_name(folder):
    (folder / "pg14/data").mkdir(parents=True)
    with pytest.raises(OtherMajorError, match=rf"{folder}/pg14 were made by PostgreSQL 14"):
        Cluster(folder).start()
    assert [path.name for path in folder.glob("pg*") if path.is_dir()] == ["pg14"]


def test_settings_and_roles_that_changed_are_applied_again(made):
    cluster = Cluster(made, test=True)
    url = cluster.start()
    wanted = (cluster.base / "data/yiquan.conf").read_text()
    cluster.stop()
    (cluster.base / "data/yiquan.conf").write_text(wanted.replace("max_connections = 60", "max_connections = 20"))
    (cluster.base / "data/yiquan.roles").write_text("of an older version")
    assert Cluster(made, test=True).start() == url
    assert ask(url, "show max_connections") == [("60",)]


def test_the_service_is_never_superuser_and_readers_only_read(made):
    cluster = Cluster(made, test=True)
    owner, writer, reader = (cluster.start(role=role) for role in (OWNER, APP_RW, APP_RO))
    rights = "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user"
    assert [ask(url, rights) for url in (owner, writer, reader)] == [[(False,)]] * 3
    ask(owner, "create table fact (n int)")
    ask(writer, "insert into fact values (1)")
    assert ask(reader, "select n from fact") == [(1,)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask(reader, "insert into fact values (2)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(reader, "set default_transaction_read_only = off; commit; insert into fact values (2)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(writer, "drop table fact")


def test_a_position_in_a_failing_statement_does_not_reach_the_log(made):
    cluster = Cluster(made, test=True)
    url = cluster.start()
    for statement in ("select 1 / (%s::float8 * 0)::int", "select '120.380777 36.0'::int, %s"):
        with pytest.raises(psycopg.errors.DataError):
            ask(url, statement, 120.380777)
    cluster.stop()
    log = cluster.log.read_text()
    assert "database system is shut down" in log
    assert "statement" not in log.lower()


def test_a_folder_that_was_renamed_while_the_server_ran_still_works(cluster, folder):
    old, new = open_folder(cluster, folder / "old"), folder / "new"
    ask(Cluster(old, test=True).start(), "create table kept as select 7 as n")
    old.rename(new)
    assert ask(Cluster(new, test=True).start(), "select n from kept") == [(7,)]


@needs_root
def test_root_hands_the_server_to_an_account_without_rights(made):
    cluster = Cluster(made, test=True)
    cluster.start()
    assert Path(f"/proc/{pid_of(cluster)}").stat().st_uid != 0


@needs_root
def test_the_superuser_may_not_come_in_even_as_root(made):
    url = Cluster(made, test=True).start().replace(f"//{OWNER}@", "//postgres@")
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        ask(url, "select 1")


@needs_root
def test_an_ordinary_user_needs_no_root(folder):
    nobody = account_named("nobody")
    os.chown(folder, nobody.uid, nobody.gid)
    url = in_child(lambda: Cluster(folder, test=True).start(), account="nobody")
    assert ask(url, "select current_user") == [(OWNER,)]
    assert Path(f"/proc/{pid_of(Cluster(folder, test=True))}").stat().st_uid == nobody.uid


@needs_root
def test_root_goes_on_with_the_cluster_of_an_ordinary_user(folder):
    nobody = account_named("nobody")
    os.chown(folder, nobody.uid, nobody.gid)
    url = in_child(lambda: Cluster(folder, test=True).start(), account="nobody")
    Cluster(folder, test=True).stop()
    assert Cluster(folder, test=True).start() == url
    assert in_child(lambda: Cluster(folder, test=True).start(), account="nobody") == url


@needs_root
@pytest.mark.parametrize("owner", ["root", "nobody"])
def test_a_folder_that_root_used_first_is_refused_in_one_sentence(made, owner):
    Cluster(made, test=True).start()
    os.chown(made, pwd.getpwnam(owner).pw_uid, -1)
    answer = in_child(lambda: Cluster(made, test=True).start(), account="nobody")
    assert str(answer).startswith("FolderRefusedError: The database in ")
    assert "belongs to" in str(answer)
    assert str(answer).endswith("YIQUAN_DATA.")


@needs_root
def test_a_folder_without_write_permission_is_refused_in_one_sentence(folder):
    answer = in_child(lambda: Cluster(folder, test=True).start(), account="nobody")
    assert str(answer).startswith("FolderRefusedError: nobody cannot write in ")


@pytest.fixture
def private(folder: Path) -> Iterator[Path]:
    """A folder closed to everybody but root, and nothing left of the databases that were made for it elsewhere."""
    before = set(ELSEWHERE.glob("*"))
    private = folder / "private"
    private.mkdir(mode=0o700)
    yield private
    for elsewhere in set(ELSEWHERE.glob("*")) - before:
        stop_everything(elsewhere)
        shutil.rmtree(elsewhere)


def start_elsewhere(cluster: Cluster, data: Path) -> Cluster:
    """Start a cluster that cannot lie in its data folder, with the packages at hand."""
    there = Cluster(data, test=True)
    assert there.home.is_relative_to(ELSEWHERE)
    if not (there.home / "deb").exists():
        there._make_home()
        lend_packages(cluster, there.home)
    there.start()
    return there


@needs_root
def test_a_folder_below_a_private_one_has_its_database_elsewhere_and_survives_a_renaming(cluster, private):
    there = start_elsewhere(cluster, private / "data")
    ask(there.url("yiquan"), "create table kept as select 7 as n")
    (private / "data").rename(private / "renamed")
    assert ask(Cluster(private / "renamed", test=True).start(), "select n from kept") == [(7,)]


@needs_root
def test_a_copy_of_a_data_folder_does_not_share_the_database_of_its_original(cluster, private):
    original = start_elsewhere(cluster, private / "data")
    shutil.copytree(private / "data", private / "copy")
    copy = start_elsewhere(cluster, private / "copy")
    assert copy.home != original.home
    assert Cluster(private / "data", test=True).home == original.home


@needs_root
def test_a_socket_folder_somebody_else_put_there_is_refused(cluster, folder):
    odd = open_folder(cluster, folder / "a,b")
    there = Cluster(odd, test=True)
    there.start()
    there.stop()
    socket = there._socket
    shutil.rmtree(socket)
    socket.mkdir()
    nobody = account_named("nobody")
    os.chown(socket, nobody.uid, nobody.gid)
    try:
        with pytest.raises(FolderRefusedError, match="belongs to someone else"):
            Cluster(odd, test=True).start()
    finally:
        shutil.rmtree(socket)


def test_an_account_without_a_name_is_told_so(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setattr(os, "access", lambda *_: True)
    with pytest.raises(UnavailableError, match="User number 54321 has no name"):
        Cluster(folder / "new", test=True).start()


@pytest.mark.slow
@pytest.mark.skipif(not packages.is_apt_here(), reason="this system has no Debian packages")
def test_what_an_interrupted_download_left_behind_is_cleared(folder):
    (folder / ".unpack-old/usr").mkdir(parents=True)
    (folder / "apt/cache").mkdir(parents=True)
    (folder / "apt/cache/half.deb").touch()
    with packages.apt_client(folder) as client:
        assert not (folder / ".unpack-old").exists()
        assert not (folder / "apt/cache/half.deb").exists()
        assert client.names("^postgresql-[0-9]+-postgis-3$")
    assert not (folder / "apt").exists()


def test_a_test_database_is_a_copy_of_its_template(cluster):
    template = cluster.create_database("template_copy_test")
    ask(template, "create table kept as select 7 as n")
    copy = cluster.create_database("copy_test", template="template_copy_test")
    assert ask(copy, "select n from kept") == [(7,)]
    for name in ("copy_test", "template_copy_test"):
        cluster.drop_database(name)


def test_only_a_test_cluster_can_be_destroyed(folder):
    with pytest.raises(ValueError, match="test cluster"):
        Cluster(folder).destroy()
