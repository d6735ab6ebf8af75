"""Reports are taken down once, counted per station, limited per phone and hour, and answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, insert, text

from geo.places.hours.timetable import SHANGHAI
from geo.services.rider_reports import (
    MOST_PER_HOUR,
    MOST_PER_STATION_PER_HOUR,
    Report,
    ReportNotFoundError,
    StationCodeError,
    TooManyReportsError,
    answer_station,
    dismiss_reports,
    open_reports,
    reports_of_station,
    take_report,
    verification_queue,
)
from geo.store import city_store, report_store
from geo.store.report_store import ReportsBusyError, StationNotFoundError
from geo.store.tables import facility, network_membership, site

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=SHANGHAI)
LOCKED = "locked_in_hours"


@pytest.fixture
def city_id(engine: Engine) -> int:
    """A city with three stations: 1 and 2 have the same code in two networks, 3 has one of its own."""
    with engine.begin() as connection:
        city_id = city_store.create_city(connection, "qingdao", name="青岛").city_id
        place = {"city_id": city_id, "geom": "SRID=4326;POINT(120.38 36.07)", "coord_datum": "wgs84"}
        site_id = connection.execute(insert(site).values(place).returning(site.c.site_id)).scalar_one()
        for number in (1, 2, 3):
            row = {"facility_id": number, "city_id": city_id, "site_id": site_id, "facility_type": "union_station"}
            connection.execute(insert(facility).values(row | {"name": f"驿站 {number}"}))
        for number, network, code in ((1, "union_station", "7"), (2, "sanitation", "7"), (3, "union_station", "A-3")):
            row = {"city_id": city_id, "facility_id": number, "network_code": network, "code": code}
            connection.execute(insert(network_membership).values(row))
    return city_id


def sent(kind: str = LOCKED, *, station: int = 1, rider: str = "", at: datetime = NOW, **facts: Any) -> Report:
    """A report of a rider, a new one each time unless named."""
    number = uuid4()
    reporter = (rider or number.hex).ljust(16, "x")
    return Report(**{"report_id": number, "facility_id": station, "kind": kind, "amenity": None, "at": at,
                     "reporter": reporter} | facts)  # fmt: skip


def take(engine: Engine, city_id: int, *reports: Report, now: datetime = NOW) -> None:
    """Take several down."""
    for one in reports:
        take_report(engine, city_id, one, now=now)


def revision(engine: Engine) -> int:
    """How often the facts of the city have changed."""
    with engine.connect() as connection:
        return city_store.city_by_slug(connection, "qingdao").revision


def doubted(engine: Engine, city_id: int) -> list[int]:
    """The stations in doubt."""
    with engine.connect() as connection:
        return report_store.doubted(connection, city_id)


def test_three_riders_bring_a_station_into_doubt_and_only_the_third_changes_what_others_see(
    engine: Engine, city_id: int
):
    before = revision(engine)
    take(engine, city_id, sent(), sent("entry_refused"))
    assert (doubted(engine, city_id), revision(engine)) == ([], before)
    take(engine, city_id, sent())
    assert (doubted(engine, city_id), revision(engine)) == ([1], before + 1)
    take(engine, city_id, sent(), sent())
    assert (doubted(engine, city_id), revision(engine)) == ([1], before + 1)


def test_one_rider_counts_once_and_the_same_report_is_one(engine: Engine, city_id: int):
    one = sent(rider="always the same one")
    assert take_report(engine, city_id, one, now=NOW) is True
    assert take_report(engine, city_id, one, now=NOW) is False
    take(engine, city_id, *(sent(rider="always the same one") for _ in range(5)))
    assert doubted(engine, city_id) == []
    assert reports_of_station(engine, 1, now=NOW)["open"][0]["riders"] == 1


def test_a_report_sent_again_costs_nothing_of_the_hour(engine: Engine, city_id: int):
    one = sent(rider="poor network all day")
    for _ in range(3 * MOST_PER_HOUR):
        take(engine, city_id, one)
    take(engine, city_id, *(sent(rider="poor network all day") for _ in range(MOST_PER_HOUR - 1)))
    with pytest.raises(TooManyReportsError):
        take(engine, city_id, sent(rider="poor network all day"))


def test_a_phone_has_ten_an_hour_whichever_worker_it_meets(engine: Engine, city_id: int):
    """Two engines are two workers: nothing is kept in either."""
    from geo.store.engine import make_engine

    other = make_engine(engine.url.render_as_string(hide_password=False))
    for number in range(MOST_PER_HOUR):
        take(engine if number % 2 else other, city_id, sent(rider="a busy rider", station=1 + number % 3))
    with pytest.raises(TooManyReportsError, match="more than 10 reports") as caught:
        take(other, city_id, sent(rider="a busy rider"))
    assert caught.value.retry_after_s == 40 * 60 + 1
    other.dispose()
    take(engine, city_id, sent(rider="a busy rider"), now=NOW + timedelta(minutes=40))
    take(engine, city_id, sent(rider="another rider"))


def test_a_station_takes_so_many_an_hour_and_no_flood(engine: Engine, city_id: int):
    take(engine, city_id, *(sent("full") for _ in range(MOST_PER_STATION_PER_HOUR)))
    with pytest.raises(TooManyReportsError, match="station"):
        take(engine, city_id, sent("full"))
    take(engine, city_id, sent("full", station=2))


def test_three_at_the_same_moment_are_three(engine: Engine, city_id: int):
    """Each alone would see fewer than three: they are judged one after the other."""
    reports = [sent() for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda one: take_report(engine, city_id, one, now=NOW), reports))
    assert doubted(engine, city_id) == [1]


def test_a_report_that_does_not_get_its_turn_is_to_come_again_and_leaves_nothing(engine: Engine, city_id: int):
    """Somebody else holds the station for longer than a report waits."""
    from geo.store.engine import make_entry_engine

    impatient = make_entry_engine(engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        report_store.lock_station(connection, 1)
        with pytest.raises(ReportsBusyError, match="did not get its turn"):
            take(impatient, city_id, sent())
    impatient.dispose()
    assert rows(engine, "report") == rows(engine, "report_pace") == []


def test_what_a_clock_puts_into_the_future_happened_now(engine: Engine, city_id: int):
    take(engine, city_id, sent(at=NOW + timedelta(days=400)))
    assert reports_of_station(engine, 1, now=NOW)["open"][0]["last_on"] == "2026-11-20"


def test_a_report_that_waited_two_months_on_a_phone_counts_no_more(engine: Engine, city_id: int):
    take(engine, city_id, *(sent(at=NOW - timedelta(days=60)) for _ in range(3)))
    assert doubted(engine, city_id) == []
    assert reports_of_station(engine, 1, now=NOW)["open"] == []


def test_a_report_on_a_station_that_is_gone_says_so_and_leaves_nothing(engine: Engine, city_id: int):
    with pytest.raises(StationNotFoundError, match="99"):
        take(engine, city_id, sent(station=99))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM report_pace")).scalar() == 0


def test_confirmations_are_told_with_their_day_and_lift_a_doubt(engine: Engine, city_id: int):
    take(engine, city_id, sent(), sent(), sent())
    before = revision(engine)
    take(engine, city_id, sent("good_confirm", at=NOW + timedelta(minutes=5)), now=NOW + timedelta(minutes=5))
    assert (doubted(engine, city_id), revision(engine)) == ([], before + 1)
    said = reports_of_station(engine, 1, now=NOW + timedelta(minutes=6))
    assert said["confirmed"] == {"riders": 1, "last_on": "2026-11-20"}
    assert said["open"] == [{"kind": LOCKED, "amenity": None, "riders": 3, "last_on": "2026-11-20"}]
    assert said["doubt"] is None


def test_an_answer_lifts_the_doubt_and_is_told(engine: Engine, city_id: int):
    take(engine, city_id, *(sent("amenity_broken", station=3, amenity="microwave") for _ in range(3)))
    assert reports_of_station(engine, 3, now=NOW)["doubt"] == {
        "subject": "amenity:microwave", "riders": 3, "since": "2026-11-20", "until": "2026-12-20",
    }  # fmt: skip
    before = revision(engine)
    assert answer_station(engine, "qingdao", "A-3", by="市南区总工会", note="已修好", now=NOW) == ("驿站 3", 3)
    assert (doubted(engine, city_id), revision(engine)) == ([], before + 1)
    said = reports_of_station(engine, 3, now=NOW)
    assert (said["doubt"], said["open"]) == (None, [])
    assert said["answer"] == {"note": "已修好", "by": "市南区总工会", "on": "2026-11-20"}
    take(engine, city_id, sent("amenity_broken", station=3, amenity="microwave"))
    assert doubted(engine, city_id) == []


def test_what_is_dismissed_counts_no_more_and_is_not_told(engine: Engine, city_id: int):
    take(engine, city_id, *(sent(station=3) for _ in range(4)))
    _, _, listed = open_reports(engine, "qingdao", "A-3")
    assert dismiss_reports(engine, "qingdao", [listed[0]["report_id"]], by="值班", now=NOW) == 1
    assert doubted(engine, city_id) == [3]
    assert dismiss_reports(engine, "qingdao", [listed[1]["report_id"]], by="值班", now=NOW) == 1
    assert doubted(engine, city_id) == []
    assert reports_of_station(engine, 3, now=NOW)["answer"] is None
    with pytest.raises(ReportNotFoundError):
        dismiss_reports(engine, "qingdao", [listed[1]["report_id"]], by="值班", now=NOW)


def test_the_queue_begins_with_what_is_in_doubt_and_leaves_confirmations_out(engine: Engine, city_id: int):
    take(engine, city_id, *(sent("full", station=2) for _ in range(5)), *(sent(station=3) for _ in range(3)))
    take(engine, city_id, sent("good_confirm"))
    queue = verification_queue(engine, "qingdao")
    assert [(row["facility_id"], row["code"], row["reports"], row["doubt"]) for row in queue] == [
        (3, "A-3", 3, "door"),
        (2, "7", 5, None),
    ]


@pytest.mark.parametrize(("code", "said"), [("7", "several stations"), ("nope", "No station")])
def test_a_code_that_means_no_one_station_is_refused_in_a_sentence(engine: Engine, city_id: int, code: str, said: str):
    with pytest.raises(StationCodeError, match=said):
        answer_station(engine, "qingdao", code, by="值班", note=None, now=NOW)


def test_a_number_names_a_station_where_no_code_does(engine: Engine, city_id: int):
    assert open_reports(engine, "qingdao", "2")[1] == "驿站 2"


def test_doubts_lapse_and_say_so_once(engine: Engine, city_id: int):
    take(engine, city_id, sent(), sent(), sent())
    before = revision(engine)
    for later, lapsed in ((timedelta(days=29), 0), (timedelta(days=30), 1), (timedelta(days=31), 0)):
        with engine.begin() as connection:
            assert report_store.let_lapse(connection, city_id, NOW + later) == lapsed
    assert (doubted(engine, city_id), revision(engine)) == ([], before + 1)


# ── nobody can be followed ──────────────────────────────────────────────────────────────────────────────────────


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    """Everything a table holds."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()]


def test_one_riders_reports_on_two_stations_have_nothing_in_common(engine: Engine, city_id: int):
    take(engine, city_id, sent(rider="the very same rider"), sent(rider="the very same rider", station=2))
    first, second = rows(engine, "report")
    shared = {name for name in first if first[name] == second[name]}
    assert shared == {"city_id", "kind", "amenity_code", "happened_at", "received_at", "answer_id"}
    assert "the very same" not in str(rows(engine, "report") + rows(engine, "report_pace"))


def test_the_name_that_the_hourly_limit_needs_is_another_one_every_day_and_forgotten(engine: Engine, city_id: int):
    take(engine, city_id, sent(rider="the very same rider"))
    today = {row["sender_digest"] for row in rows(engine, "report_pace")}
    salt = rows(engine, "report_salt")[0]["salt"]
    tomorrow = NOW + timedelta(days=1, minutes=50)
    take(engine, city_id, sent(rider="the very same rider"), now=tomorrow)
    assert today & {row["sender_digest"] for row in rows(engine, "report_pace")} == set()
    assert [row["day"] for row in rows(engine, "report_salt")] == [tomorrow.date()]
    assert rows(engine, "report_salt")[0]["salt"] != salt


def test_reports_have_no_column_for_a_position_an_address_or_words(engine: Engine, city_id: int):
    take(engine, city_id, sent())
    assert set(rows(engine, "report")[0]) == {
        "report_id", "city_id", "facility_id", "kind", "amenity_code", "happened_at", "received_at",
        "reporter_digest", "answer_id",
    }  # fmt: skip
    assert isinstance(rows(engine, "report")[0]["report_id"], UUID)
