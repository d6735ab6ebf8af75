"""
Riders' reports: taken down, counted, answered.

A report changes what others see only when it brings a station into doubt or out of it; then, and only then, the
city's revision counts up and the next snapshot shows it. Nobody's position is in a report, and no table of ours can
say who sent it: see `geo/store/tables/reports.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from geo.errors import InputError, NotFoundError, TooOftenError
from geo.places.doubt import CONFIRMS, WINDOW, Said, doubt_of
from geo.places.hours.timetable import SHANGHAI
from geo.services.hourly import first_over
from geo.store import city_store, report_store
from geo.store.engine import in_turn
from geo.store.report_store import NewReport

MOST_PER_HOUR = 10
"""How many reports one phone may send in an hour of the clock."""

MOST_PER_STATION_PER_HOUR = 60
"""How many reports on one station are taken in an hour, whoever sends them: a flood must not fill the database."""


class TooManyReportsError(TooOftenError):
    """A phone, or everybody together about one station, sent more than is taken in an hour."""

    def __init__(self, what: str, most: int, retry_after_s: int) -> None:
        super().__init__(
            f"{what} more than {most} reports in this hour. Keep it and send it again in {retry_after_s} seconds.",
            retry_after_s,
        )


class ReportNotFoundError(NotFoundError):
    """No open report has this number."""

    def __init__(self, report_id: UUID) -> None:
        super().__init__(f"There is no open report {report_id}; `yiquan reports list --station CODE` shows them.")


class StationCodeError(InputError):
    """A code that names no station, or more than one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a phone sends. `reporter` was made on the phone and says nothing of it."""

    report_id: UUID
    facility_id: int
    kind: str
    amenity: str | None
    at: datetime
    reporter: str


def take_report(engine: Engine, city_id: int, sent: Report, *, now: datetime) -> bool:
    """
    Take a report down; returns whether it is new. The same number twice is one report, however often it is sent.

    Raises
    ------
    TooManyReportsError
        The phone, or the station, has had its share of this hour. Nothing was written.
    StationNotFoundError
        The station is not there any more.
    DatabaseUnavailableError, ReportsBusyError
        The database does not answer, or not in time.
    """
    with in_turn(report_store.ReportsBusyError), engine.begin() as connection:
        if report_store.is_known(connection, sent.report_id):
            return False
        keep_pace(connection, sent, now)
        report_store.lock_station(connection, sent.facility_id)
        new = NewReport(
            report_id=sent.report_id,
            city_id=city_id,
            facility_id=sent.facility_id,
            kind=sent.kind,
            amenity_code=sent.amenity,
            # A phone's clock may run ahead; nothing has happened that has not happened yet.
            happened_at=min(sent.at, now),
            received_at=now,
            reporter_digest=reporter_digest(sent.reporter, sent.facility_id),
        )
        is_new = report_store.add_report(connection, new)
        judge(connection, city_id, sent.facility_id, now)
    return is_new


def reporter_digest(reporter: str, facility_id: int) -> str:
    """The name under which a reporter counts at one station; at another station it is another one."""
    return hashlib.sha256(f"yiquan report {facility_id} {reporter}".encode()).hexdigest()


def keep_pace(connection: Connection, sent: Report, now: datetime) -> None:
    """Count the report against its sender's hour and its station's; raises TooManyReportsError."""
    counted = ((f"phone {sent.reporter}", MOST_PER_HOUR), (f"station {sent.facility_id}", MOST_PER_STATION_PER_HOUR))
    over = first_over(connection, counted, now)
    if over is not None:
        place, retry_after_s = over
        whose = ("This phone has sent", "This station has had")[place]
        raise TooManyReportsError(whose, counted[place][1], retry_after_s)


def judge(connection: Connection, city_id: int, facility_id: int, now: datetime) -> None:
    """Decide anew whether a station is in doubt; the caller holds its lock."""
    rows = report_store.open_reports(connection, facility_id, now - WINDOW)
    doubt = doubt_of([Said(*row) for row in rows], now)
    said = None if doubt is None else (doubt.subject, doubt.reporters, doubt.since, doubt.until)
    if report_store.set_doubt(connection, city_id, facility_id, said):
        city_store.bump_revision(connection, city_id)


# ── what others may know ────────────────────────────────────────────────────────────────────────────────────────


def reports_of_station(engine: Engine, facility_id: int, *, now: datetime) -> dict[str, Any]:
    """
    What riders said of a station lately, to the day: doubt, confirmations, open reports by kind, the last answer.

    Days and counts only, so that nobody can tell from it who stood at the door when.
    """
    with engine.connect() as connection:
        counts = report_store.counts(connection, facility_id, now - WINDOW)
        doubt = report_store.doubt_row(connection, facility_id)
        answer = report_store.last_answer(connection, facility_id)
    confirmed = next((row for row in counts if row["kind"] == CONFIRMS), None)
    return {
        "doubt": None
        if doubt is None
        else {
            "subject": doubt["subject"],
            "riders": doubt["reporters"],
            "since": day_of(doubt["since"]),
            "until": day_of(doubt["until"]),
        },
        "confirmed": None
        if confirmed is None
        else {"riders": confirmed["riders"], "last_on": day_of(confirmed["last_at"])},
        "open": [
            {
                "kind": row["kind"],
                "amenity": row["amenity_code"],
                "riders": row["riders"],
                "last_on": day_of(row["last_at"]),
            }
            for row in counts
            if row["kind"] != CONFIRMS
        ],
        "answer": None
        if answer is None
        else {"note": answer["note"], "by": answer["answered_by"], "on": day_of(answer["answered_at"])},
    }


def day_of(moment: datetime) -> str:
    """The day of a moment, in the city."""
    return moment.astimezone(SHANGHAI).date().isoformat()


# ── the verification queue ──────────────────────────────────────────────────────────────────────────────────────


def verification_queue(engine: Engine, city_slug: str) -> list[dict[str, Any]]:
    """Stations with reports that wait for an answer: those in doubt first, then the most reported."""
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        return report_store.queue(connection, city.city_id)


def open_reports(engine: Engine, city_slug: str, code: str) -> tuple[int, str, list[dict[str, Any]]]:
    """One station's number, name and open reports; raises StationCodeError."""
    with engine.connect() as connection:
        city = city_store.city_by_slug(connection, city_slug)
        facility_id, name = station_of_code(connection, city.city_id, code)
        return facility_id, name, report_store.open_of_station(connection, facility_id)


def answer_station(
    engine: Engine, city_slug: str, code: str, *, by: str, note: str | None, now: datetime
) -> tuple[str, int]:
    """
    Answer what was reported of a station, which lifts its doubt; returns its name and how many reports were settled.

    Raises
    ------
    StationCodeError
        The code names no station, or several.
    """
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        facility_id, name = station_of_code(connection, city_id, code)
        report_store.lock_station(connection, facility_id)
        settled = report_store.answer(
            connection, city_id, facility_id, outcome="answered", by=by, note=note, at=now, report_ids=None
        )
        judge(connection, city_id, facility_id, now)
    return name, settled


def dismiss_reports(engine: Engine, city_slug: str, report_ids: list[UUID], *, by: str, now: datetime) -> int:
    """Take reports out of the count, because they are not true; nothing of it is shown. Raises ReportNotFoundError."""
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        stations: dict[int, list[UUID]] = {}
        for report_id in report_ids:
            facility_id = report_store.station_of_report(connection, report_id, city_id)
            if facility_id is None:
                raise ReportNotFoundError(report_id)
            stations.setdefault(facility_id, []).append(report_id)
        # In the order of their numbers: two operators who dismiss the same stations wait, they do not lock each other.
        settled = 0
        for facility_id in sorted(stations):
            report_store.lock_station(connection, facility_id)
            settled += report_store.answer(
                connection,
                city_id,
                facility_id,
                outcome="dismissed",
                by=by,
                note=None,
                at=now,
                report_ids=stations[facility_id],
            )
            judge(connection, city_id, facility_id, now)
    return settled


def station_of_code(connection: Connection, city_id: int, code: str) -> tuple[int, str]:
    """The one station that a code (of any network) or a number names; raises StationCodeError."""
    found = report_store.stations_by_code(connection, city_id, code)
    if not found:
        raise StationCodeError(f"No station of this city has the code or number {code!r}.")
    if len(found) > 1:
        named = ", ".join(f"{number} ({name}, {network})" for number, name, network in found)
        raise StationCodeError(f"The code {code!r} names several stations: {named}. Give the number instead.")
    return found[0][0], found[0][1]
