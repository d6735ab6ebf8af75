"""
Which account runs the database: PostgreSQL refuses root, and every folder on the way must let that account through.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from geo.errors import UnavailableError

try:
    import pwd
except ImportError:  # Windows has neither accounts of this kind nor the sockets used here
    pwd = None  # type: ignore[assignment]

OWN_ACCOUNT = "yiquan-db"
"""System account made for the database where root starts it and nobody is called `postgres`."""


class AccountError(UnavailableError):
    """There is no account the database could run under."""


@dataclass(frozen=True)
class Account:
    """A named account of the operating system."""

    name: str
    uid: int
    gid: int


def is_root() -> bool:
    """Whether this process may act as any account."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def account_of(uid: int) -> Account | None:
    """Return the account with this number, or None if it has no name."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def account_named(name: str) -> Account | None:
    """Return the account with this name, or None if there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def person() -> str:
    """Name of whoever runs this process, for sentences."""
    account = account_of(os.geteuid())
    return account.name if account else f"user number {os.geteuid()}"


def server_account(folder: Path) -> Account:
    """
    Return the account that runs, or will run, the database in a folder.

    An ordinary user runs it as himself. Root hands it to whoever owns the folder already, else to `postgres`, else to
    an account made for it: `nobody` is shared with other services, which could then read the database.

    Raises
    ------
    AccountError
        The user number has no name, or root finds no account and cannot make one.
    """
    if not is_root():
        account = account_of(os.geteuid())
        if account is None:
            raise AccountError(
                f"User number {os.geteuid()} has no name in the password file and PostgreSQL refuses to run for it: "
                "use a named user, or set DATABASE_URL to a server that runs elsewhere."
            )
        return account
    with contextlib.suppress(FileNotFoundError):
        owner = account_of(folder.stat().st_uid)
        if owner is not None and owner.uid != 0:
            return owner
    return account_named("postgres") or account_named(OWN_ACCOUNT) or _made_account()


def _made_account() -> Account:
    """Make a system account without login, home or group members."""
    if useradd := shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin"):
        words = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*words, OWN_ACCOUNT], capture_output=True, check=False)
    account = account_named(OWN_ACCOUNT)
    if account is None:
        raise AccountError(
            "PostgreSQL refuses to run as root and no account for it could be made: run as an ordinary user, "
            "or add a user called postgres."
        )
    return account


def can_pass(folder: Path, account: Account) -> bool:
    """Whether an account can walk through a folder and all its parents, as far as they exist."""
    return all(_may_enter(part.stat(), account) for part in [folder, *folder.parents] if part.exists())


def _may_enter(status: os.stat_result, account: Account) -> bool:
    """Whether the mode bits let the account into one folder."""
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
