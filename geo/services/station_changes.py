"""
Stations as other programs follow them: what came, what changed, what went, after a place in the change log.

Every entry holds the station as it is now, not as it was in between, so entries may be applied in any order and twice
without harm. What riders doubt, and areas that were drawn anew, are no changes of stations and are not in the log.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from geo.errors import InputError, YiquanError
from geo.features.table import FeatureTable
from geo.services.collections.of_snapshot import stations_of
from geo.store import city_store, facility_store, log_store, report_store
from geo.store.log_store import Logged

PLACE = re.compile(r"([a-z0-9-]{1,80}):(0|[1-9][0-9]{0,17})")

OVERLAP = timedelta(minutes=10)
"""
How far before a snapshot following begins: whoever has read it has everything older.

A snapshot is read in one transaction a moment before it gets its date, and a change is dated when its transaction
begins; an import takes some minutes at most.
"""


class FollowingError(InputError):
    """A cursor that no answer gave."""

    def __init__(self) -> None:
        super().__init__("`since` must be the `cursor` of an earlier answer, as it is.")


class TooFarBehindError(YiquanError):
    """The log no longer has the place a cursor names."""

    def __init__(self) -> None:
        super().__init__(
            "The log no longer goes back to this cursor. Read the whole collection again, and follow from the cursor "
            "that GET /changes without `since` answers."
        )


@dataclass(frozen=True, slots=True)
class StationChange:
    """One station that is not as it was; `row` is its row in the table of those there are, None where it is gone."""

    facility_id: int
    change: str
    at: datetime
    row: int | None


@dataclass(frozen=True)
class Following:
    """A stretch of the log: each station once, the stations that are there, where to go on, whether there is more."""

    changes: list[StationChange]
    table: FeatureTable
    cursor: str
    has_more: bool


def place_of(cursor: str, city_slug: str) -> int:
    """
    The change a cursor names.

    Raises
    ------
    FollowingError
        It is no cursor.
    TooFarBehindError
        It is one of another city.
    """
    try:
        plain = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        raise FollowingError from None
    match = PLACE.fullmatch(plain)
    if match is None or cursor_at(match[1], int(match[2])) != cursor:
        raise FollowingError
    if match[1] != city_slug:
        raise TooFarBehindError
    return int(match[2])


def cursor_at(city_slug: str, change_id: int) -> str:
    """A place in the log of a city, for clients to send back as it is."""
    return urlsafe_b64encode(f"{city_slug}:{change_id}".encode()).decode().rstrip("=")


def beginning(engine: Engine, city_slug: str, snapshot_made_at: datetime) -> str:
    """Where to follow from for whoever reads the collection from a snapshot."""
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        last = log_store.last_before(connection, city_id, snapshot_made_at - OVERLAP)
    return cursor_at(city_slug, last)


def changes_since(engine: Engine, city_slug: str, cursor: str, *, limit: int) -> Following:
    """
    What happened after a cursor, at most `limit` entries of the log.

    Raises
    ------
    FollowingError, TooFarBehindError
        The cursor is none, or older than the log, or of a log that was replaced.
    """
    since = place_of(cursor, city_slug)
    with engine.connect() as connection:
        # One view of log and stations, or a station could go between the two.
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        if since and not log_store.holds(connection, city_id, since):
            raise TooFarBehindError
        logged = log_store.changes_since(connection, city_id, since, limit=limit + 1)
        page = logged[:limit]
        rows = facility_store.load_facilities(connection, city_id, sorted({one.facility_id for one in page}))
        in_doubt = set(report_store.doubted(connection, city_id))
    table = stations_of("", rows, [number in in_doubt for number in rows.index])
    last = page[-1].change_id if page else since
    return Following(summed_up(page, table), table, cursor_at(city_slug, last), len(logged) > limit)


def summed_up(page: Iterable[Logged], table: FeatureTable) -> list[StationChange]:
    """Each station of a stretch of the log once, in the order of its last change."""
    first: dict[int, Logged] = {}
    last: dict[int, Logged] = {}
    for one in page:
        first.setdefault(one.facility_id, one)
        last.pop(one.facility_id, None)
        last[one.facility_id] = one
    return [
        StationChange(number, kind_of(first[number], row), one.at, row)
        for number, one in last.items()
        for row in [table.row_of.get(str(number))]
    ]


def kind_of(first: Logged, row: int | None) -> str:
    """What to do about a station: what it was before the stretch, against what there is now."""
    if row is None:
        return "deleted"
    return "changed" if first.was_visible else "added"
