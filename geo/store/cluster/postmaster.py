"""
Is a server alive in this data folder? What `postmaster.pid` says, checked against the process it names.

PostgreSQL itself trusts the number: after a reboot, or in a container whose numbers start small, it belongs to
somebody else, and the server then refuses to start for as long as that process lives.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Postmaster:
    """A living server."""

    pid: int
    socket: Path
    ready: bool


def living_postmaster(data: Path) -> Postmaster | None:
    """Return the server that runs in a data folder, or None if none does, whatever the lock file says."""
    lines = _lines(data / "postmaster.pid")
    pid = _number(lines)
    if pid is None or not _is_server_in(pid, data):
        return None
    socket = Path(lines[4]) if len(lines) > 4 and lines[4] else data
    return Postmaster(pid, socket, ready=len(lines) > 7 and lines[7].strip() == "ready")


def clear_stale_locks(data: Path, socket: Path) -> None:
    """Remove lock files whose process is no server of this folder; the server's own check of its memory stays."""
    for lock in (data / "postmaster.pid", *socket.glob(".s.PGSQL.*.lock")):
        pid = _number(_lines(lock))
        if pid is not None and not _is_server_in(pid, data):
            lock.unlink(missing_ok=True)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _number(lines: list[str]) -> int | None:
    """Process number in the first line; the server writes it negative when it runs in the foreground."""
    try:
        return abs(int(lines[0])) or None
    except (IndexError, ValueError):
        return None


def _is_server_in(pid: int, data: Path) -> bool:
    """Whether a process is a PostgreSQL server whose working folder, where that can be seen, is the data folder."""
    if not _is_postgres(pid):
        return False
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return True


def _is_postgres(pid: int) -> bool:
    """Whether a process lives and is called postgres; one that is dead and not reaped yet does not live."""
    proc = Path(f"/proc/{pid}")
    if Path("/proc/self/stat").exists():
        words = "".join(_lines(proc / "stat")[:1])
        name, _, rest = words.partition("(")[2].rpartition(")")
        return name.startswith(("postgres", "postmaster")) and rest.split()[:1] != ["Z"]
    ps = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
    told = subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip()
    state, _, command = told.partition(" ")
    return Path(command.strip()).name.startswith(("postgres", "postmaster")) and not state.startswith("Z")
