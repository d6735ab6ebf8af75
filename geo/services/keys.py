"""
Keys for whoever may write: made once, told from guesses, revoked.

A key is `yq_PREFIX_SECRET`: the prefix finds its row and stands in lists, the secret is 256 random bits of which only
the SHA-256 is kept. So whoever reads the database cannot write in anybody's name, and a slow hash would protect
nothing: there is no dictionary of random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from geo.errors import ForbiddenError, InputError, NotFoundError, TooOftenError, UnknownCallerError
from geo.places.hours.timetable import SHANGHAI
from geo.store import area_store, city_store, key_store, report_store
from geo.store.change_store import UNDO
from geo.store.key_store import StoredKey
from geo.store.tables.codes import KEY_SCOPE

STATIONS_WRITE, REPORTS_READ, WISHES_REVIEW = KEY_SCOPE

KEY_FORM = re.compile(r"yq_([0-9a-z]{8})_([0-9A-Za-z_-]{43})")
PREFIX_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
SECRET_BYTES = 32

LONGEST_NAME = 80
LONGEST_DAYS = 3660

RESERVED_NAMES = frozenset({UNDO, "import"})
"""Who else stands in the change log."""

MOST_FAILURES_PER_HOUR = 20
"""How many wrong keys one address may show in an hour of the clock before it is told to wait."""

NO_KEY = hashlib.sha256(b"no key has this digest").hexdigest()
"""What a guess is compared with where no key begins like it, so that the comparison tells nothing."""


class UnknownKeyError(UnknownCallerError):
    """A key that is none, or is none any more; which of the two is nobody's business who has not got one."""

    def __init__(self) -> None:
        super().__init__("This key opens nothing here: it is misspelled, expired or revoked. `yiquan key list` tells.")


class TooManyWrongKeysError(TooOftenError):
    """An address has shown too many wrong keys."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"More than {MOST_FAILURES_PER_HOUR} wrong keys came from this address in this hour; try again in "
            f"{retry_after_s} seconds.",
            retry_after_s,
        )


class ScopeError(ForbiddenError):
    """The key is not for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This key lacks the scope {scope}; `yiquan key new --scope {scope}` makes one that has it.")


class DistrictError(ForbiddenError):
    """The key is for another district."""

    def __init__(self, district_code: str) -> None:
        super().__init__(f"This key is for stations of the district {district_code} alone; this one is not there.")


class KeyNotFoundError(NotFoundError):
    """No key has this name or prefix."""

    def __init__(self, named: str) -> None:
        super().__init__(f"This city has no key {named}; `yiquan key list` shows them.")


class KeyWordsError(InputError):
    """A key cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever shows a good key: under which name the log has it, what it may do, where (None: everywhere)."""

    key_id: int
    name: str
    scopes: frozenset[str]
    district_code: str | None

    def require(self, scope: str) -> None:
        """Raise ScopeError unless the key is for this."""
        if scope not in self.scopes:
            raise ScopeError(scope)

    def require_district(self, district_code: str | None) -> None:
        """Raise DistrictError unless the key is for this district."""
        if self.district_code is not None and district_code != self.district_code:
            raise DistrictError(self.district_code)


# ── for operators ───────────────────────────────────────────────────────────────────────────────────────────────


def new_key(
    engine: Engine,
    city_slug: str,
    name: str,
    *,
    scopes: Collection[str],
    district: str | None = None,
    days: int | None = None,
    now: datetime,
) -> tuple[StoredKey, str]:
    """
    Make a key; returns what is remembered of it, and the key itself, which nobody can show again.

    Parameters
    ----------
    name
        Who holds it. It stands in the change log, and as the source of the stations it writes.
    district
        Code or name of the one district whose stations it may write.
    days
        After how many days it expires; None never.

    Raises
    ------
    KeyWordsError, KeyNameTakenError, CityNotFoundError
        The name, a scope, the district or the time cannot be used; the name is taken; there is no such city.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable() or plain in RESERVED_NAMES:
        raise KeyWordsError(f"A key's name has 1 to {LONGEST_NAME} letters, and is not {' or '.join(RESERVED_NAMES)}.")
    if not scopes or not set(scopes) <= set(KEY_SCOPE):
        raise KeyWordsError(f"A key has one or more of the scopes {', '.join(KEY_SCOPE)}.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise KeyWordsError(f"A key expires after 1 to {LONGEST_DAYS} days, or never.")
    prefix = "".join(secrets.choice(PREFIX_LETTERS) for _ in range(8))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with engine.begin() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        stored = key_store.add_key(
            connection,
            city_id=city.city_id,
            name=plain,
            prefix=prefix,
            secret_digest=digest_of(secret),
            scopes=sorted(set(scopes)),
            district_code=None if district is None else district_code_of(connection, city.city_id, district),
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
    return stored, f"yq_{prefix}_{secret}"


def district_code_of(connection: Connection, city_id: int, district: str) -> str:
    """The code of a district by its code or name; raises KeyWordsError."""
    rows = area_store.codes_of_level(connection, city_id, "district")
    found = sorted({code for code, name in rows if district in (code, name)})
    if len(found) != 1:
        known = ", ".join(f"{name} ({code})" for code, name in rows) or "none with a code"
        raise KeyWordsError(f"There is no one district {district}; this city has: {known}.")
    return found[0]


def list_keys(engine: Engine, city_slug: str) -> list[StoredKey]:
    """The keys of a city, revoked ones too; raises CityNotFoundError."""
    with engine.connect() as connection:
        return key_store.list_keys(connection, city_store.city_by_slug(connection, city_slug).city_id)


def revoke_key(engine: Engine, city_slug: str, named: str) -> StoredKey:
    """Revoke the key of a name or prefix, at once and for good; raises KeyNotFoundError."""
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        for key in key_store.list_keys(connection, city_id):
            if named in (key.name, key.prefix):
                key_store.revoke_key(connection, key.key_id)
                return key
    raise KeyNotFoundError(named)


# ── at the door ─────────────────────────────────────────────────────────────────────────────────────────────────


def recognise(engine: Engine, city_id: int, shown: str, *, address: str, now: datetime) -> Caller:
    """
    Whose key this is.

    Failures are counted in the database, so all workers know of each other's. A good key is never kept out by other
    people's wrong ones at the same address: nobody guesses 256 bits, so the count protects the service's time and its
    log, and a typing error in one office must not stop the next desk.

    Raises
    ------
    UnknownKeyError
        It is no key of this city, or expired or revoked.
    TooManyWrongKeysError
        So are many others that came from this address.
    """
    match = KEY_FORM.fullmatch(shown)
    prefix, secret = match.groups() if match else ("", "")
    with engine.connect() as connection:
        stored = key_store.key_of_prefix(connection, city_id, prefix)
    is_right = hmac.compare_digest(digest_of(secret), NO_KEY if stored is None else stored.secret_digest)
    if stored is None or not is_right or not is_valid(stored, now):
        count_failure(engine, address, now)
        raise UnknownKeyError
    today = now.astimezone(SHANGHAI).date()
    if stored.last_used_on != today:
        with engine.begin() as connection:
            key_store.note_use(connection, stored.key_id, today)
    return Caller(stored.key_id, stored.name, frozenset(stored.scopes), stored.district_code)


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_valid(key: StoredKey, now: datetime) -> bool:
    """Whether a key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def count_failure(engine: Engine, address: str, now: datetime) -> None:
    """Count a wrong key against its address, under a name that is nobody's tomorrow; raises TooManyWrongKeysError."""
    local = now.astimezone(SHANGHAI)
    hour = local.replace(minute=0, second=0, microsecond=0)
    with engine.begin() as connection:
        salt = report_store.salt_of(connection, local.date())
        report_store.forget_counts(connection, now)
        digest = hmac.new(salt, f"wrong key {address}".encode(), hashlib.sha256).hexdigest()
        failures = report_store.count_sender(connection, digest, hour)
    if failures > MOST_FAILURES_PER_HOUR:
        raise TooManyWrongKeysError(int((hour + timedelta(hours=1) - local).total_seconds()) + 1)
