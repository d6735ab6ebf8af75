"""
One private PostgreSQL cluster in a folder: made whole or not at all, started by whoever comes first, never handed out
as superuser.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from geo.errors import UnavailableError
from geo.store.cluster import accounts, packages
from geo.store.cluster.accounts import Account
from geo.store.cluster.postmaster import clear_stale_locks, living_postmaster
from geo.store.cluster.programs import ProgramError, child_environment, run
from geo.store.cluster.servers import NoServerError, Server, installed_servers
from geo.store.cluster.setup import (
    APP_RO,
    APP_RW,
    DATABASE_SQL,
    OWNER,
    ROLES_SQL,
    SUPERUSER,
    client_authentication,
    server_settings,
    user_names,
)

try:
    import fcntl
except ImportError:  # Windows: `_require_system` says so before it is missed
    fcntl = None  # type: ignore[assignment]

__all__ = ["APP_RO", "APP_RW", "OWNER", "Cluster", "ClusterStatus", "private_database_url"]

DATABASE = "yiquan"
"""The database of a cluster; tests make more."""

SOCKET_PATH_LIMIT = 80
"""Bytes a socket folder's path may have: the kernel holds 107, and the server appends `/.s.PGSQL.5432.lock`."""

ELSEWHERE = Path("/var/lib/yiquan")
"""Where databases go whose data folder is closed to the account that runs the server."""

OWNER_NOTE = "data-folder"
"""File in such a database's folder: to which data folder it belongs."""

LOG_LIMIT_BYTES = 10_000_000
"""A log larger than this is put aside at the next start; the one before it goes."""

START_LIMIT_S = 60
"""How long a server may take to start or to recover."""


class ClusterError(UnavailableError):
    """The private database could not be made, started or reached."""


class FolderRefusedError(ClusterError):
    """The folder belongs to another account."""


class OtherMajorError(ClusterError):
    """The data were made by another major version than the servers that are here."""

    def __init__(self, base: Path, made_by: int, here: list[int]) -> None:
        found = f"this system has {', '.join(map(str, here))}" if here else "this system has another one"
        super().__init__(
            f"The data in {base} were made by PostgreSQL {made_by} and {found}: install PostgreSQL {made_by} with "
            f"PostGIS, dump with its pg_dump, move {base} away, start again and restore; nothing in it was touched."
        )


@dataclass(frozen=True)
class ClusterStatus:
    """What there is, without making, fetching or starting anything."""

    state: str
    """`absent`, `stopped`, `starting` or `running`."""
    folder: Path
    major: int | None
    pid: int | None
    url: str | None
    log: Path


def _silently(words: str) -> None:
    """Say nothing."""


class Cluster:
    """
    One private cluster below a data folder; `test=True` is a second one beside it that is fast and may be lost.

    `say` is given a sentence before each step that takes long.
    """

    def __init__(self, root: Path, *, test: bool = False, say: packages.Say = _silently) -> None:
        _require_system()
        self.root = root.resolve()
        self.test = test
        self._say = say
        self._suffix = "-test" if test else ""

    # ------------------------------------------------------------------ what people call

    def start(self, *, role: str = OWNER) -> str:
        """
        Make what is missing, start the server if it is not running, and return the SQLAlchemy URL for a role.

        Safe to call from several processes at once, after kill -9, after a reboot and after a change of settings.

        Raises
        ------
        UnavailableError
            One sentence: no server, no account, a folder of another account, another major version, or the server's
            own words.
        """
        with self._locked():
            account = self._account  # before a server is fetched that nobody could run
            self._server = self._choose_server()
            self._own(self.base, account)
            self._own(self._socket, account)
            if not (self._data / "PG_VERSION").exists():
                self._make()
            self._apply_settings()
            if not self._is_running():
                self._launch()
            self._apply_roles()
            self._require_database()
        return self.url(DATABASE, role=role)

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server if it runs; `mode` is one of pg_ctl's."""
        if not self._existing_bases():
            return
        with self._locked():
            if living_postmaster(self._data):
                self._server = self._choose_server()
                self._program("pg_ctl", "-D", "data", "-m", mode, "-w", "-t", str(START_LIMIT_S), "stop")

    def status(self) -> ClusterStatus:
        """Tell what there is, without making, fetching or starting anything."""
        if not self._existing_bases():
            return ClusterStatus("absent", self.base, None, None, None, self.log)
        self.require_access()
        postmaster = living_postmaster(self._data)
        state = "stopped" if postmaster is None else "running" if postmaster.ready else "starting"
        url = self.url(DATABASE) if state == "running" else None
        return ClusterStatus(
            state, self.base, self._existing_major(), postmaster.pid if postmaster else None, url, self.log
        )

    def psql(self, *words: str, database: str = DATABASE, role: str = OWNER) -> int:
        """Run psql on the terminal, as a role that is no superuser, and return its exit status."""
        self.start()
        command = [self._server.program("psql"), "-h", str(self._reached_socket()), "-U", role, "-d", database, *words]
        return subprocess.run(command, env=child_environment(self._server.environment), check=False).returncode

    def destroy(self) -> None:
        """Stop a test cluster and remove every trace of it."""
        if not self.test:
            raise ValueError("Only a test cluster can be destroyed.")
        if not self._existing_bases():
            return
        with contextlib.suppress(ProgramError):
            self.stop(mode="immediate")
        for folder in (self._socket, *self._existing_bases()):
            shutil.rmtree(folder, ignore_errors=True)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database of the owner role, with PostGIS or copied from a template, and return the owner's URL."""
        source = _identifier(template) if template else "template0"
        self._sql(f"create database {_identifier(name)} owner {OWNER} template {source}")
        if template is None:
            self._sql(DATABASE_SQL, database=name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, together with the connections it still has."""
        self._sql(f"drop database if exists {_identifier(name)} with (force)")

    def url(self, database: str, *, role: str = OWNER) -> str:
        """SQLAlchemy URL of a database of the running server, for a role that is no superuser."""
        return f"postgresql+psycopg://{role}@/{database}?host={quote(str(self._reached_socket()), safe='/')}"

    # ------------------------------------------------------------------ where things are

    @cached_property
    def home(self) -> Path:
        """
        The folder that holds the clusters and the unpacked packages: the data folder, where the server's account can
        reach it.

        Below a private folder (root's home, say) it is one under /var/lib. What exists already decides before the mode
        bits do: otherwise a chmod somewhere above would make the data seem to vanish.
        """
        if not accounts.is_root() or any(self.root.glob("pg[0-9]*")):
            return self.root
        if elsewhere := self._noted_home():
            return elsewhere
        if accounts.can_pass(self.root, accounts.server_account(self.root)):
            return self.root
        return ELSEWHERE / _digest(self.root)

    def _noted_home(self) -> Path | None:
        """
        The folder under /var/lib that this data folder noted down, so that renaming the data folder loses nothing.

        A copy brings the note along too, and must not share the database of its original: the folder knows its owner.
        """
        noted = _text_of(self._note)
        if noted is None or not Path(noted).is_dir():
            return None
        owner = Path(_text_of(Path(noted) / OWNER_NOTE) or self.root)
        return Path(noted) if owner == self.root or not owner.exists() else None

    def _note_home(self) -> None:
        if self.home != self.root and _text_of(self.home / OWNER_NOTE) != str(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            self._note.write_text(str(self.home), "utf-8")
            (self.home / OWNER_NOTE).write_text(str(self.root), "utf-8")

    @property
    def _note(self) -> Path:
        return self.root / "database-is-in"

    def _make_home(self) -> None:
        """Make the folder; where root makes it, a strict umask must not shut the server's account out."""
        for folder in reversed([self.home, *self.home.parents]):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
        self._note_home()

    @property
    def base(self) -> Path:
        """Folder of this cluster; it carries the major version, because data of one major are no use to another."""
        bases = self._existing_bases()
        major = self._server.major if "_server" in self.__dict__ else None
        name = f"pg{major}{self._suffix}" if major else bases[-1].name if bases else f"pg{self._suffix}"
        return self.home / name

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.base / "log"

    @property
    def _data(self) -> Path:
        return self.base / "data"

    @property
    def _socket(self) -> Path:
        """
        Folder of the socket: in the cluster, or a short one where that path is too long or too odd for a list of
        folders.
        """
        socket = self.base / "socket"
        plain = re.fullmatch(r"[A-Za-z0-9_./-]+", str(socket)) and len(str(socket)) < SOCKET_PATH_LIMIT
        # Not the caller's TMPDIR: two callers with different ones would look for the server in different places.
        return socket if plain else Path("/tmp") / f"yiquan-{_digest(socket)}"

    def _reached_socket(self) -> Path:
        """
        Where the running server really listens, which after the folder was renamed is not where it would listen now.
        """
        postmaster = living_postmaster(self._data)
        return postmaster.socket if postmaster and postmaster.socket.is_dir() else self._socket

    def _existing_bases(self) -> list[Path]:
        """Folders of this kind of cluster, oldest major first."""
        pattern = re.compile(rf"pg(\d+){self._suffix}")
        found = [
            (int(match.group(1)), path) for path in self.home.glob("pg*") if (match := pattern.fullmatch(path.name))
        ]
        return [path for _, path in sorted(found)]

    def _existing_major(self) -> int | None:
        """Major version that made the data that are here, or None if there are none."""
        made = [base for base in self._existing_bases() if (base / "data").exists()]
        return int(re.sub(r"\D", "", made[-1].name)) if made else None

    # ------------------------------------------------------------------ whose it is

    @cached_property
    def _account(self) -> Account:
        """The account that runs the server."""
        bases = self._existing_bases()
        return accounts.server_account(bases[-1] if bases else self.home / "pg")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time, fetching included: the second one waits and then finds everything ready."""
        self.require_access()
        with (self.home / "pg.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say("Waiting for another start of the same database.")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def require_access(self) -> None:
        """Say in one sentence that the folder is another account's, before a bare permission error does."""
        try:
            self._make_home()
        except OSError as error:
            raise FolderRefusedError(f"{_cannot_write(self.home)} ({error.strerror}).") from error
        if accounts.is_root():
            return
        for folder in [*self._existing_bases(), self.home]:
            if folder != self.home and folder.stat().st_uid != os.geteuid():
                owner = accounts.account_of(folder.stat().st_uid)
                raise FolderRefusedError(
                    f"The database in {folder} belongs to {owner.name if owner else 'another account'} and you are "
                    f"{accounts.person()}: go on as root or as that account, or choose another folder with YIQUAN_DATA."
                )
        if not os.access(self.home, os.W_OK | os.X_OK):
            raise FolderRefusedError(f"{_cannot_write(self.home)}.")
        lock = self.home / "pg.lock"
        if lock.exists() and not os.access(lock, os.W_OK):
            raise FolderRefusedError(
                f"{lock} was made by another account, so {self.home} was used by it first: go on as that account, "
                "remove the file if nothing runs there, or choose another folder with YIQUAN_DATA."
            )

    def _own(self, folder: Path, account: Account) -> None:
        """Make a folder the server's account has for itself; refuse one that somebody else put there first."""
        folder.mkdir(exist_ok=True)
        status = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or status.st_uid not in {os.geteuid(), account.uid}:
            raise FolderRefusedError(
                f"{folder} belongs to someone else: remove it or choose another folder with YIQUAN_DATA."
            )
        if accounts.is_root():
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        folder.chmod(0o700)

    def _write(self, path: Path, text: str) -> None:
        """Replace a small file at once, for the server's account."""
        number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if accounts.is_root():
            os.chown(name, self._account.uid, self._account.gid)
        Path(name).rename(path)

    # ------------------------------------------------------------------ making and starting

    def _choose_server(self) -> Server:
        """
        The server for the data that are here; for none, the newest installed one, else the unpacked one, else one
        fetched now.

        Raises
        ------
        OtherMajorError
            Data are here and no server of their major version is.
        """
        made_by = self._existing_major()
        installed = installed_servers()
        servers = [*installed, *packages.unpacked_servers(self.home)]
        if made_by is not None and not self.test:
            for server in servers:
                if server.major == made_by:
                    return server
        elif servers:
            return servers[0]
        if servers or not packages.is_apt_here():
            if made_by is not None:
                raise OtherMajorError(self.home / f"pg{made_by}", made_by, sorted({server.major for server in servers}))
            raise NoServerError("and this system has no Debian packages to unpack one from")
        server = packages.fetch_server(self.home, self._say)
        if made_by is not None and server.major != made_by and not self.test:
            raise OtherMajorError(self.home / f"pg{made_by}", made_by, [server.major])
        return server

    def _make(self) -> None:
        """A cluster appears whole or not at all: it is made beside its place and renamed."""
        self._say("Making a new database.")
        if self._data.exists():  # without PG_VERSION it was never ours or was damaged by hand: put aside, not deleted
            self._data.rename(self.base / f"data.unreadable-{time.time_ns()}")
        fresh = self.base / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._program(
            *(
                "initdb",
                "-D",
                str(fresh),
                "-U",
                SUPERUSER,
                "-A",
                "reject",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-instructions",
            ),
            "--no-sync" if self.test else "--data-checksums",
        )
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include 'yiquan.conf'\n")
            file.flush()
            os.fsync(file.fileno())
        self._write_settings(fresh)
        fresh.rename(self._data)

    def _write_settings(self, data: Path) -> bool:
        """Write the files that are wholly ours where they differ; whether any did."""
        files = {
            "yiquan.conf": server_settings(self._socket, test=self.test),
            "pg_hba.conf": client_authentication(),
            "pg_ident.conf": user_names(self._account.name),
        }
        stale = [name for name, text in files.items() if _text_of(data / name) != text]
        for name in stale:
            self._write(data / name, files[name])
        return bool(stale)

    def _apply_settings(self) -> None:
        """Bring an older cluster's settings up to date; those that need a restart come with the next one."""
        if self._write_settings(self._data) and self._is_running():
            self._program("pg_ctl", "-D", "data", "reload")

    def _is_running(self) -> bool:
        """Whether the server lives and answers; one that is still recovering is waited for."""
        deadline = time.monotonic() + START_LIMIT_S
        while living_postmaster(self._data):
            if self._answers():
                return True
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"PostgreSQL runs in {self.base} but has not answered for {START_LIMIT_S} s; see {self.log}."
                )
            time.sleep(0.1)
        return False

    def _answers(self) -> bool:
        try:
            self._program("pg_isready", "-q", "-U", SUPERUSER, "-d", "postgres", "-h", str(self._reached_socket()))
        except ProgramError:
            return False
        return True

    def _launch(self) -> None:
        """Start the server, with patience for what a killed one leaves behind for a moment."""
        self._put_log_aside()
        start = ("pg_ctl", "-D", "data", "-l", "log", "-w", "-t", str(START_LIMIT_S), "start")
        # The process number of a killed server stays taken until it is reaped, and its memory until its children
        # notice.
        for pause_s in (0.1, 0.3, 0.6, 1.0, 2.0, 4.0, 8.0, None):
            clear_stale_locks(self._data, self._socket)
            read_from = self.log.stat().st_size if self.log.exists() else 0
            try:
                self._program(*start, detached=True)
            except ProgramError:
                said = self._log_since(read_from)
                if pause_s is None or not re.search("already exists|still in use", said):
                    raise ClusterError(
                        f"PostgreSQL {self._server.major} did not start: {_gravest(said)}. The log is {self.log}."
                    ) from None
                time.sleep(pause_s)
            else:
                return

    def _log_since(self, offset: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(offset)
            return file.read().decode("utf-8", "replace")

    def _put_log_aside(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.rename(self.log.with_name("log.old"))

    def _apply_roles(self) -> None:
        """Create the roles, or bring an older cluster's up to date."""
        wanted = hashlib.sha256(ROLES_SQL.encode()).hexdigest()
        stamp = self._data / "yiquan.roles"
        if _text_of(stamp) != wanted:
            self._sql(ROLES_SQL)
            self._write(stamp, wanted)

    def _require_database(self) -> None:
        """Create the one database, or finish one whose making was cut short."""
        if not self._sql(f"select 1 from pg_database where datname = '{DATABASE}'"):
            self.create_database(DATABASE)
        elif not self._sql("select 1 from pg_extension where extname = 'postgis'", database=DATABASE):
            self._sql(DATABASE_SQL, database=DATABASE)

    # ------------------------------------------------------------------ programs of the server

    @cached_property
    def _server(self) -> Server:
        """The programs to use; `start` and `stop` choose anew under the lock."""
        return self._choose_server()

    def _program(self, name: str, *words: str, detached: bool = False) -> str:
        # In the cluster's folder, so that its files can be named without their path: pg_ctl hands them to a shell, and
        # the path may hold a quote or a dollar sign.
        return run(
            [self._server.program(name), *words],
            environment=self._server.environment,
            cwd=self.base,
            account=self._account if accounts.is_root() else None,
            detached=detached,
        )

    def _sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run SQL as the superuser, which nothing but this class does."""
        words = ("-XqAt", "-v", "ON_ERROR_STOP=1", "-h", str(self._reached_socket()), "-U", SUPERUSER, "-d", database)
        return self._program("psql", *words, "-c", statement).strip()


def private_database_url(data_dir: Path, *, role: str = OWNER, say: packages.Say = _silently) -> str:
    """Return the SQLAlchemy URL of the private database in a data folder, made and started if need be."""
    return Cluster(data_dir, say=say).start(role=role)


def _require_system() -> None:
    if fcntl is None:
        raise ClusterError(
            "A private database needs Linux or macOS: on Windows run a PostGIS container and set DATABASE_URL."
        )


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _identifier(name: str) -> str:
    """A database's name as SQL; names come from this code, and anything else is a mistake in it."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"{name!r} is no name for a database.")
    return f'"{name}"'


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None


def _cannot_write(folder: Path) -> str:
    return (
        f"{accounts.person()} cannot write in {folder}: choose another data folder with YIQUAN_DATA, "
        "or have that one handed over"
    )


def _gravest(log: str) -> str:
    """The line of a server's log that says why it gave up."""
    lines = [line.strip() for line in log.splitlines() if re.search("FATAL|PANIC", line)] or log.strip().splitlines()
    return re.sub(r"^.*?(FATAL|PANIC):\s*", "", lines[-1]) if lines else "it said nothing"
