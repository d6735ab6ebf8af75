"""
How much is taken from one sender in an hour of the clock, counted in the database, so that all workers know of it.

A sender has a name that is salted anew every day and forgotten with the salt: enough to count by, nothing to follow.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from geo.places.hours.timetable import SHANGHAI
from geo.store import report_store


def first_over(connection: Connection, counted: Iterable[tuple[str, int]], now: datetime) -> tuple[int, int] | None:
    """
    Count one more of each sender, up to the first of whom there are more than taken.

    `counted` are names, which nobody can read afterwards, each with the most that is taken. Returns which of them was
    too many and in how many seconds the next hour begins; None where none was. A refusal should undo the transaction,
    so that what is refused is not counted.
    """
    local = now.astimezone(SHANGHAI)
    hour = local.replace(minute=0, second=0, microsecond=0)
    salt = report_store.salt_of(connection, local.date())
    report_store.forget_counts(connection, now)
    for place, (name, most) in enumerate(counted):
        digest = hmac.new(salt, name.encode(), hashlib.sha256).hexdigest()
        if report_store.count_sender(connection, digest, hour) > most:
            return place, int((hour + timedelta(hours=1) - local).total_seconds()) + 1
    return None
