"""What riders reported, what operators answered, and which stations are in doubt because of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from geo.errors import NotFoundError, UnavailableError
from geo.store import city_store
from geo.store.tables import (
    facility,
    network_membership,
    report,
    report_answer,
    report_pace,
    report_salt,
    station_doubt,
)

STATION_LOCK = 0x72_65_70_6F
"""First key of the advisory lock that lets one writer at a time judge a station; the second is the station's number."""

SALT_BYTES = 32
PACE_KEPT = timedelta(days=1)

TAKE_STATION_LOCK = text("SELECT pg_advisory_xact_lock(:lock, CAST(:facility AS integer))")

OPEN_SINCE = (
    select(report.c.kind, report.c.amenity_code, report.c.reporter_digest, report.c.happened_at)
    .where(
        report.c.facility_id == bindparam("facility_id"),
        report.c.happened_at > bindparam("since"),
        report.c.answer_id.is_(None),
    )
    .order_by(report.c.happened_at)
)
COUNT_SENDER = (
    upsert(report_pace)
    .values(sender_digest=bindparam("sender_digest"), hour=bindparam("hour"), reports=1)
    .on_conflict_do_update(
        index_elements=["sender_digest", "hour"], set_={"reports": report_pace.c.reports + literal_column("1")}
    )
    .returning(report_pace.c.reports)
)
DOUBTED = select(station_doubt.c.facility_id).where(station_doubt.c.city_id == bindparam("city_id"))
DOUBT = select(station_doubt).where(station_doubt.c.facility_id == bindparam("facility_id"))

COUNTS = (
    select(
        report.c.kind,
        report.c.amenity_code,
        func.count(report.c.reporter_digest.distinct()).label("riders"),
        func.max(report.c.happened_at).label("last_at"),
    )
    .where(
        report.c.facility_id == bindparam("facility_id"),
        report.c.happened_at > bindparam("since"),
        report.c.answer_id.is_(None),
    )
    .group_by(report.c.kind, report.c.amenity_code)
    .order_by(func.max(report.c.happened_at).desc(), report.c.kind)
)
LAST_ANSWER = (
    select(report_answer.c.note, report_answer.c.answered_by, report_answer.c.answered_at)
    .where(report_answer.c.facility_id == bindparam("facility_id"), report_answer.c.outcome == "answered")
    .order_by(report_answer.c.answered_at.desc())
    .limit(1)
)
CODE = (
    select(func.min(network_membership.c.code))
    .where(network_membership.c.facility_id == facility.c.facility_id)
    .scalar_subquery()
)
QUEUE = (
    select(
        facility.c.facility_id,
        CODE.label("code"),
        facility.c.name,
        func.count().label("reports"),
        func.count(report.c.reporter_digest.distinct()).label("riders"),
        func.array_agg(report.c.kind.distinct()).label("kinds"),
        func.max(report.c.happened_at).label("last_at"),
        station_doubt.c.subject.label("doubt"),
        station_doubt.c.until.label("doubt_until"),
    )
    .select_from(
        report.join(facility, facility.c.facility_id == report.c.facility_id).outerjoin(
            station_doubt, station_doubt.c.facility_id == report.c.facility_id
        )
    )
    .where(report.c.city_id == bindparam("city_id"), report.c.answer_id.is_(None), report.c.kind != "good_confirm")
    .group_by(facility.c.facility_id, station_doubt.c.facility_id)
    .order_by(station_doubt.c.subject.is_(None), func.count().desc(), facility.c.facility_id)
)
OPEN_OF_STATION = (
    select(report.c.report_id, report.c.kind, report.c.amenity_code, report.c.happened_at, report.c.received_at)
    .where(report.c.facility_id == bindparam("facility_id"), report.c.answer_id.is_(None))
    .order_by(report.c.happened_at.desc())
)


class StationNotFoundError(NotFoundError):
    """A report is about a station that is not there (any more)."""

    def __init__(self, facility_id: int) -> None:
        super().__init__(f"There is no station {facility_id}. `/stations.json` lists those there are.")
        self.facility_id = facility_id


class ReportsBusyError(UnavailableError):
    """So much is being written about one station that a report did not get its turn."""

    def __init__(self) -> None:
        super().__init__("The report did not get its turn. Keep it and send it again; nothing was written.")


@dataclass(frozen=True, slots=True)
class NewReport:
    """One report as it is written down."""

    report_id: UUID
    city_id: int
    facility_id: int
    kind: str
    amenity_code: str | None
    happened_at: datetime
    received_at: datetime
    reporter_digest: str


def lock_station(connection: Connection, facility_id: int) -> None:
    """
    Wait until no other transaction judges the station, and keep them out until this one ends.

    Two third reports at the same moment would otherwise each see only two others, and neither would raise the doubt.
    """
    connection.execute(TAKE_STATION_LOCK, {"lock": STATION_LOCK, "facility": facility_id})


def is_known(connection: Connection, report_id: UUID) -> bool:
    """Whether a report was taken down already."""
    return connection.execute(select(report.c.report_id).where(report.c.report_id == report_id)).first() is not None


def add_report(connection: Connection, new: NewReport) -> bool:
    """Write a report down; False if it was there already. Raises StationNotFoundError."""
    values = {name: getattr(new, name) for name in NewReport.__slots__}
    try:
        added = connection.execute(upsert(report).values(values).on_conflict_do_nothing().returning(report.c.report_id))
    except IntegrityError as error:
        if "fk_report_city_id_facility_id" in str(error.orig):
            raise StationNotFoundError(new.facility_id) from None
        raise
    return added.first() is not None


def salt_of(connection: Connection, day: date) -> bytes:
    """
    The secret of a day, made by whoever needs it first.

    Those of other days are removed, with the counts of more than a day ago: from then on nobody can tell whose they
    were.
    """
    wanted = select(report_salt.c.salt).where(report_salt.c.day == day)
    found = connection.execute(wanted).scalar_one_or_none()
    if found is None:
        fresh = {"day": day, "salt": secrets.token_bytes(SALT_BYTES)}
        connection.execute(upsert(report_salt).values(fresh).on_conflict_do_nothing())
        connection.execute(delete(report_salt).where(report_salt.c.day < day))
        found = connection.execute(wanted).scalar_one()
    return bytes(found)


def count_sender(connection: Connection, sender_digest: str, hour: datetime) -> int:
    """Count one more report of a sender in an hour; returns how many there are now, whichever worker took them."""
    return int(connection.execute(COUNT_SENDER, {"sender_digest": sender_digest, "hour": hour}).scalar_one())


def forget_counts(connection: Connection, now: datetime) -> None:
    """Remove the counts of senders that limit nothing any more."""
    connection.execute(delete(report_pace).where(report_pace.c.hour < now - PACE_KEPT))


def open_reports(connection: Connection, facility_id: int, since: datetime) -> list[tuple[str, str | None, str, Any]]:
    """What was reported of a station since a moment and not answered: (kind, amenity, reporter, moment), in order."""
    rows = connection.execute(OPEN_SINCE, {"facility_id": facility_id, "since": since})
    return [(row.kind, row.amenity_code, row.reporter_digest, row.happened_at) for row in rows]


def set_doubt(
    connection: Connection,
    city_id: int,
    facility_id: int,
    doubt: tuple[str, int, datetime, datetime] | None,
) -> bool:
    """
    Write down that a station is in doubt (subject, reporters, since, until), or that it is not.

    Returns whether it came into doubt or out of it; a doubt that only grows changes nothing that others look at.
    """
    was = connection.execute(DOUBT, {"facility_id": facility_id}).first() is not None
    if doubt is None:
        connection.execute(delete(station_doubt).where(station_doubt.c.facility_id == facility_id))
        return was
    subject, reporters, since, until = doubt
    said = {"subject": subject, "reporters": reporters, "since": since, "until": until}
    row = {"city_id": city_id, "facility_id": facility_id, **said}
    connection.execute(
        upsert(station_doubt).values(row).on_conflict_do_update(index_elements=["facility_id"], set_=said)
    )
    return not was


def doubted(connection: Connection, city_id: int) -> list[int]:
    """Numbers of the stations in doubt, ascending."""
    return sorted(int(number) for number in connection.execute(DOUBTED, {"city_id": city_id}).scalars())


def let_lapse(connection: Connection, city_id: int, now: datetime) -> int:
    """Lift the doubts whose reports have become too old to count, and say that facts changed; returns how many."""
    old = delete(station_doubt).where(station_doubt.c.city_id == city_id, station_doubt.c.until <= now)
    lapsed = connection.execute(old).rowcount
    if lapsed:
        city_store.bump_revision(connection, city_id)
    return lapsed


def doubt_row(connection: Connection, facility_id: int) -> dict[str, Any] | None:
    """The doubt about one station; None if there is none."""
    row = connection.execute(DOUBT, {"facility_id": facility_id}).mappings().one_or_none()
    return None if row is None else {name: row[name] for name in ("subject", "reporters", "since", "until")}


def counts(connection: Connection, facility_id: int, since: datetime) -> list[dict[str, Any]]:
    """Open reports of a station since a moment: kind, amenity, distinct riders, the last one's moment."""
    rows = connection.execute(COUNTS, {"facility_id": facility_id, "since": since})
    return [as_dict(row) for row in rows.mappings()]


def last_answer(connection: Connection, facility_id: int) -> dict[str, Any] | None:
    """The operator's last answer about a station: note, by whom, when."""
    row = connection.execute(LAST_ANSWER, {"facility_id": facility_id}).mappings().one_or_none()
    return None if row is None else as_dict(row)


def as_dict(row: RowMapping) -> dict[str, Any]:
    """A row with plain names: the database layer's own are a kind of text that JSON writers refuse."""
    return {str(name): value for name, value in row.items()}


def queue(connection: Connection, city_id: int) -> list[dict[str, Any]]:
    """Stations with open reports other than confirmations: those in doubt first, then the most reported."""
    return [as_dict(row) for row in connection.execute(QUEUE, {"city_id": city_id}).mappings()]


def open_of_station(connection: Connection, facility_id: int) -> list[dict[str, Any]]:
    """Every open report of a station, newest first, with the number to dismiss it by."""
    return [as_dict(row) for row in connection.execute(OPEN_OF_STATION, {"facility_id": facility_id}).mappings()]


def stations_by_code(connection: Connection, city_id: int, code: str) -> list[tuple[int, str, str]]:
    """Stations that bear a code in any network, or have it as their number: (number, name, network)."""
    of_network = (
        select(facility.c.facility_id, facility.c.name, network_membership.c.network_code)
        .select_from(facility.join(network_membership, facility.c.facility_id == network_membership.c.facility_id))
        .where(facility.c.city_id == city_id, network_membership.c.code == code)
        .order_by(facility.c.facility_id)
    )
    found = {row.facility_id: (int(row.facility_id), str(row.name), str(row.network_code)) for row in
             connection.execute(of_network)}  # fmt: skip
    if not found and code.isascii() and code.isdigit() and len(code) < 19:
        by_number = select(facility.c.facility_id, facility.c.name).where(
            facility.c.city_id == city_id, facility.c.facility_id == int(code)
        )
        return [(int(row.facility_id), str(row.name), "") for row in connection.execute(by_number)]
    return list(found.values())


def station_of_report(connection: Connection, report_id: UUID, city_id: int) -> int | None:
    """The station an open report of a city is about; None if there is no such report."""
    asked = select(report.c.facility_id).where(
        report.c.report_id == report_id, report.c.city_id == city_id, report.c.answer_id.is_(None)
    )
    found = connection.execute(asked).scalar_one_or_none()
    return None if found is None else int(found)


def answer(
    connection: Connection,
    city_id: int,
    facility_id: int,
    *,
    outcome: str,
    by: str,
    note: str | None,
    at: datetime,
    report_ids: Iterable[UUID] | None = None,
) -> int:
    """
    Write an answer down and settle reports with it: all open ones of the station, or only those named.

    Confirmations stay open: they say that all is well, and go on saying it. Returns how many reports were settled.
    """
    row = {
        "city_id": city_id,
        "facility_id": facility_id,
        "outcome": outcome,
        "note": note,
        "answered_by": by,
        "answered_at": at,
    }
    number = connection.execute(insert(report_answer).values(row).returning(report_answer.c.answer_id)).scalar_one()
    settled = update(report).where(report.c.facility_id == facility_id, report.c.answer_id.is_(None))
    settled = (
        settled.where(report.c.kind != "good_confirm")
        if report_ids is None
        else settled.where(report.c.report_id.in_(list(report_ids)))
    )
    return connection.execute(settled.values(answer_id=number)).rowcount
