"""Running other programs: whose account, which environment, and an error that carries their last words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from geo.errors import UnavailableError
from geo.store.cluster.accounts import Account

LAST_WORDS = 600
"""How many characters of a failed program's output go into the error."""


class ProgramError(UnavailableError):
    """A program the database needs did not do its work."""

    def __init__(self, command: Sequence[str], status: int | str, output: str) -> None:
        said = output.strip()[-LAST_WORDS:] or "it said nothing"
        super().__init__(f"{Path(command[0]).name} failed ({status}): {said}")
        self.output = output


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """
    Return our environment without the caller's `PG…` variables, plus some of our own.

    A caller's PGHOST, PGDATA or PGOPTIONS would send our commands to another server.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    locale = "C.UTF-8" if sys.platform.startswith("linux") else "C"
    return {**kept, "LC_ALL": locale, **extra}


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
    account: Account | None = None,
    detached: bool = False,
) -> str:
    """
    Run a program to its end and return what it printed.

    It runs in `/` unless told otherwise: PostgreSQL's programs fail where the caller's folder is closed to their
    account. `account` drops root's rights first. `detached` is for programs that leave a server behind: the server
    would inherit the pipe, and waiting for its end would be waiting for ever; such a program's words are lost.

    Raises
    ------
    ProgramError
        The program is missing, may not be run as that account, or ended with another status than 0.
    """
    identity: dict[str, object] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        result = subprocess.run(
            list(command),
            env=child_environment(environment or {}),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if detached else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            **identity,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramError(command, "not run", str(error)) from error
    output = result.stdout or ""
    if result.returncode:
        raise ProgramError(command, result.returncode, output)
    return output
