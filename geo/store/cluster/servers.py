"""PostgreSQL servers that are installed already and have PostGIS."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import UnavailableError
from geo.store.cluster.programs import ProgramError, run

MIN_MAJOR = 15
"""Oldest PostgreSQL the product runs on."""

BIN_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu, PGDG for both
    "/usr/pgsql-*/bin",  # PGDG for Fedora, Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",  # EDB
)

HOW_TO_INSTALL = (
    "Debian, Ubuntu: apt-get install postgresql postgresql-postgis; "
    "Fedora: dnf install postgresql-server postgis; "
    "macOS: brew install postgresql@17 postgis; "
    "anywhere: conda install -c conda-forge postgis, or run a PostGIS container and set DATABASE_URL"
)


class NoServerError(UnavailableError):
    """No PostgreSQL with PostGIS is installed, and none could be fetched."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"No PostgreSQL {MIN_MAJOR} or newer with PostGIS was found ({reason}). {HOW_TO_INSTALL}.")


@dataclass(frozen=True)
class Server:
    """The programs of one PostgreSQL and what they need in their environment."""

    bindir: Path
    major: int
    environment: Mapping[str, str] = field(default_factory=dict)

    def program(self, name: str) -> str:
        """Path of one of its programs."""
        return str(self.bindir / name)


def server_at(bindir: Path, environment: Mapping[str, str] | None = None) -> Server | None:
    """Return the server whose programs lie in a folder, or None if they cannot be run."""
    extra = dict(environment or {})
    try:
        words = run([str(bindir / "postgres"), "--version"], environment=extra)
    except ProgramError:
        return None
    version = re.search(r"(\d+)", words)
    return Server(bindir, int(version.group(1)), extra) if version else None


def has_postgis(server: Server) -> bool:
    """Whether `CREATE EXTENSION postgis` would find its control file, in the layout of any known packaging."""
    up = server.bindir.parents
    shares = [up[0] / "share", up[0] / "share/postgresql", up[0] / f"share/postgresql@{server.major}"]
    if len(up) > 3:  # Debian: /usr/lib/postgresql/15/bin beside /usr/share/postgresql/15
        shares.append(up[3] / "share/postgresql" / str(server.major))
    return any((share / "extension/postgis.control").exists() for share in [*shares, *_told_share(server)])


def _told_share(server: Server) -> list[Path]:
    """The share folder as the server's own `pg_config` tells it, if it has one."""
    try:
        return [Path(run([server.program("pg_config"), "--sharedir"], environment=server.environment).strip())]
    except ProgramError:
        return []


def installed_servers() -> list[Server]:
    """Installed servers that are new enough and have PostGIS, newest first."""
    folders = [found for pattern in BIN_FOLDERS for found in sorted(Path("/").glob(pattern.lstrip("/")))]
    if prefix := os.environ.get("CONDA_PREFIX"):
        folders.append(Path(prefix) / "bin")
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    servers = [server for folder in dict.fromkeys(folders) if (server := server_at(folder))]
    usable = [server for server in servers if server.major >= MIN_MAJOR and has_postgis(server)]
    return sorted(usable, key=lambda server: server.major, reverse=True)
