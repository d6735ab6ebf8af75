"""
Debian and Ubuntu packages unpacked into a folder, without root and without touching the system.

apt's own client does the work with a state folder of ours, so signatures are checked as always. Maintainer scripts
are not run; the little they do that matters is done here.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from geo.errors import UnavailableError
from geo.store.cluster.programs import ProgramError, run
from geo.store.cluster.servers import MIN_MAJOR, NoServerError, Server, has_postgis, server_at

SPACE_NEEDED_MB = 500
"""
Free space asked for before fetching: 56 MB of archives, 190 MB unpacked, twice that where nothing could be left out.
"""

OF_THE_SYSTEM = re.compile(
    r"^(libc6|libc-bin|libgcc-s1|gcc-\d+-base|dpkg.*|perl.*|lib.*-perl|adduser|debconf.*|cdebconf.*|locales|ucf|logrotate|tzdata.*|"
    r"sysvinit.*|init-system.*|netbase|openssl|ca-certificates|publicsuffix|sensible-utils|lsb-base|python3.*|passwd|"
    r"postgresql-common.*|postgresql-client-common|ssl-cert)$"
)
"""
Never fetched: what every system has, and what only maintainer scripts call.

Above all not the C library: one that does not belong to the running loader crashes every program that finds it first.
"""

RARELY_LOADED = re.compile(r"^(libllvm|libclang|libz3-|libgdal|libsfcgal)")
"""
Left out at first, 70 MB of it: the compiler of JIT, rasters, solids. Fetched after all if the server turns out to
need it.
"""

JUNK = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "etc", "var")

UNBEARABLE = re.compile(r"[:;\"$`\\\n]")
"""
What the folder of unpacked programs may not have in its name: initdb hands it to a shell, the loader splits at
colons.
"""

Say = Callable[[str], None]


class PackagesError(UnavailableError):
    """The packages of PostgreSQL and PostGIS could not be fetched or used."""


class AptClient:
    """apt with lists, cache and status of its own; the empty status makes it fetch the whole closure."""

    def __init__(self, state: Path) -> None:
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").write_text("")
        options = {
            "Dir::State::lists": state / "lists",
            "Dir::Cache": state / "cache",
            "Dir::State::status": state / "status",
            "Debug::NoLocking": "1",
            "APT::Sandbox::User": "",
            "APT::Install-Recommends": "0",
            "Acquire::Retries": "3",
            "Acquire::http::Timeout": "20",
            "Acquire::https::Timeout": "20",
        }
        self._options = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def _apt(self, program: str, *words: str, cwd: Path = Path("/")) -> str:
        return run([program, *self._options, *words], cwd=cwd)

    def update(self) -> str:
        """Read the package lists of the system's own sources; apt ends well even where it could not reach one."""
        return self._apt("apt-get", "-q", "update")

    def names(self, pattern: str) -> list[str]:
        """Names of the packages that match a regular expression."""
        lines = self._apt("apt-cache", "search", "--names-only", pattern).splitlines()
        return [line.split(" ", 1)[0] for line in lines]

    def closure(self, seeds: list[str], left_out: Callable[[str], object]) -> list[str]:
        """Names of the packages the seeds depend on, themselves included, less what is left out."""
        kept: set[str] = set()
        fresh = set(seeds)
        while fresh:
            kept |= fresh
            words = self._apt("apt-cache", "depends", "--important", *sorted(fresh))
            named = re.findall(r"^\s+\|?(?:Pre)?Depends: ([^<\s:]+)$", words, re.MULTILINE)
            fresh = {name for name in named if not left_out(name)} - kept
        return sorted(kept)

    def download(self, names: list[str], folder: Path) -> list[Path]:
        """Fetch packages into a folder; signatures and sums are apt's business."""
        folder.mkdir(parents=True, exist_ok=True)
        self._apt("apt-get", "-q", "download", *names, cwd=folder)
        return sorted(folder.glob("*.deb"))


@contextlib.contextmanager
def apt_client(root: Path) -> Iterator[AptClient]:
    """
    An updated package client whose state is gone afterwards; also what an interrupted one left behind.

    Raises
    ------
    PackagesError
        The lists cannot be read, or the disk is nearly full.
    """
    free_mb = shutil.disk_usage(root).free // 1_000_000
    if free_mb < SPACE_NEEDED_MB:
        raise PackagesError(f"{root} has {free_mb} MB of free space and fetching packages needs {SPACE_NEEDED_MB}.")
    state = root / "apt"
    for leftover in [state, *root.glob(".unpack-*")]:
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        client = AptClient(state)
        client.update()
        yield client
    except ProgramError as error:
        raise PackagesError(f"Packages could not be fetched; is the network there? {error}") from error
    finally:
        shutil.rmtree(state, ignore_errors=True)


def is_apt_here() -> bool:
    """Whether this system has the programs of Debian's packaging."""
    return all(shutil.which(program) for program in ("apt-get", "apt-cache", "dpkg-deb"))


def unpacked_servers(root: Path) -> list[Server]:
    """
    Servers unpacked below a data folder that can be run on this system, the running release's own first.

    After an upgrade of the operating system the old release's programs usually still run, and the old data need them.
    """
    mine = _release_folder(root)
    homes = sorted((root / "deb").glob("*"), key=lambda home: home != mine)
    servers = [server for home in homes if (server := _server_in(home))]
    return [server for server in servers if has_postgis(server) and not _missing_libraries(server)]


def fetch_server(root: Path, say: Say) -> Server:
    """
    Fetch and unpack the newest PostgreSQL with PostGIS that the system's sources offer.

    The folder appears whole or not at all: everything is unpacked and tried beside its place, then renamed.

    Raises
    ------
    NoServerError
        The sources have no such package.
    PackagesError
        It could not be fetched, or does not run.
    """
    if odd := UNBEARABLE.search(str(root)):
        raise PackagesError(
            f"PostgreSQL's own programs cannot run from {root} because of the {odd.group()} in its name: "
            "choose another data folder with YIQUAN_DATA, or install PostgreSQL with PostGIS."
        )
    started_s = time.monotonic()
    say("Reading the package lists (nothing is installed on the system).")
    with apt_client(root) as client:
        seeds = _seeds(client)
        beside = Path(tempfile.mkdtemp(prefix=".unpack-", dir=root))
        try:
            server = _unpack_closure(client, seeds, root / "apt/archives", beside, say)
            home = _release_folder(root)
            home.parent.mkdir(exist_ok=True)
            home.parent.chmod(0o755)  # a strict umask would shut out the account that runs the server
            shutil.rmtree(home, ignore_errors=True)
            os.sync()  # once, for thousands of files: after a power cut the new name must not lead to empty programs
            beside.rename(home)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    say(f"PostgreSQL {server.major} with PostGIS is unpacked ({time.monotonic() - started_s:.0f} s).")
    return _require_server(home)


def _seeds(client: AptClient) -> list[str]:
    """The packages to begin with, of the newest major there is."""
    found = client.names(r"^postgresql-[0-9]+-postgis-3$")
    major = max((int(name.split("-")[1]) for name in found), default=0)
    if major < MIN_MAJOR:
        raise NoServerError("the package sources, as far as they can be reached, offer none")
    server, postgis = f"postgresql-{major}", f"postgresql-{major}-postgis-3"
    return [server, f"postgresql-client-{major}", postgis, f"{postgis}-scripts", "libpq5", "proj-data"]


def _unpack_closure(client: AptClient, seeds: list[str], archives: Path, folder: Path, say: Say) -> Server:
    """Unpack what the seeds need, at first without what is rarely loaded, and try whether it runs."""
    server: Server | None = None
    missing: list[str] = []
    for everything in (False, True):
        left_out = OF_THE_SYSTEM.match if everything else _is_left_out
        names = client.closure(seeds, left_out)
        say(f"Fetching {len(names)} packages of {seeds[0]} and PostGIS.")
        for archive in client.download(names, archives):
            run(["dpkg-deb", "-x", str(archive), str(folder)])
            archive.unlink()
        _finish(folder)
        server = _server_in(folder)
        missing = _missing_libraries(server) if server else ["a server that can be run"]
        if server and not missing:
            return server
    raise PackagesError(
        f"The packages of {seeds[0]} lack {', '.join(missing)}; install PostgreSQL with PostGIS instead."
    )


def _is_left_out(name: str) -> bool:
    return bool(OF_THE_SYSTEM.match(name) or RARELY_LOADED.match(name))


def _finish(folder: Path) -> None:
    """
    Do what maintainer scripts would have done, drop what a server does not read, and let every account read the rest.
    """
    for junk in JUNK:
        shutil.rmtree(folder / junk, ignore_errors=True)
    for control in folder.glob("usr/share/postgresql/*/extension/*-3.control"):
        plain = control.with_name(control.name.replace("-3.control", ".control"))
        if not plain.exists():  # update-alternatives makes this link on a real system
            plain.symlink_to(control.name)
    folder.chmod(0o755)  # mkdtemp gives 0700


def _release_folder(root: Path) -> Path:
    """Where the packages of this release and machine belong."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text("utf-8").splitlines() if "=" in line
    )
    words = [release.get(key, "").strip("\"'") for key in ("ID", "VERSION_CODENAME")]
    return root / "deb" / "-".join([*words, os.uname().machine])


def _server_in(home: Path) -> Server | None:
    """The server unpacked in a folder, with the libraries and projection data that lie beside it."""
    bindirs = list(home.glob("usr/lib/postgresql/*/bin"))
    if not bindirs:
        return None
    libraries = [path for part in ("usr/lib", "lib") for path in sorted((home / part).glob("*-linux-gnu*"))]
    nested = [path / name for path in libraries for name in ("blas", "lapack") if (path / name).exists()]
    projections = str(home / "usr/share/proj")
    environment = {
        "LD_LIBRARY_PATH": ":".join(str(path) for path in [*libraries, *nested]),
        "PROJ_DATA": projections,
        "PROJ_LIB": projections,
    }
    return server_at(max(bindirs, key=lambda path: int(path.parent.name)), environment)


def _require_server(home: Path) -> Server:
    server = _server_in(home)
    if server is None:
        raise PackagesError(f"The server unpacked in {home} cannot be run; remove that folder and start again.")
    return server


def _missing_libraries(server: Server) -> list[str]:
    """Libraries the server or PostGIS would not find: here by name, not as a riddle at CREATE EXTENSION."""
    library = server.bindir.parent / "lib/postgis-3.so"
    files = [*(Path(server.program(name)) for name in ("postgres", "psql", "initdb")), library]
    if absent := [path.name for path in files if not path.exists()]:
        return absent
    words = run(["ldd", *map(str, files)], environment=server.environment)
    return sorted(set(re.findall(r"(\S+) => not found", words)))
