"""Wishes are taken down once, counted by rider and cell, limited per phone and hour, reviewed, and logged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import h3
import pytest
from sqlalchemy import Engine, insert, text

from geo.errors import InputError
from geo.places.hours.timetable import SHANGHAI
from geo.services.keys import WISHES_REVIEW, Caller, ScopeError
from geo.services.wishes import (
    CELL_RESOLUTION,
    MOST_PER_HOUR,
    OutsideCityError,
    ReviewError,
    TooManyWishesError,
    Wish,
    WishDistrictError,
    WishesBusyError,
    WishNotFoundError,
    accepted_wishes,
    list_wishes,
    review,
    take_wish,
    wish_in_full,
)
from geo.store import city_store
from geo.store.tables import area
from geo.types import Box

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=SHANGHAI)
HOME = Box(120.0, 35.9, 121.0, 36.5)
HERE = (120.38264, 36.06711)
FAR = (120.5, 36.2)
CELL = h3.latlng_to_cell(HERE[1], HERE[0], CELL_RESOLUTION)


@pytest.fixture
def city_id(engine: Engine) -> int:
    """A city with one district, in which `HERE` lies and `FAR` does not."""
    with engine.begin() as connection:
        city_id = city_store.create_city(connection, "qingdao", name="青岛").city_id
        outline = "SRID=4326;MULTIPOLYGON(((120.3 36, 120.4 36, 120.4 36.1, 120.3 36.1, 120.3 36)))"
        row = {"city_id": city_id, "level": "district", "code": "370202", "name": "市南区", "geom": outline}
        connection.execute(insert(area).values(row))
    return city_id


def wished(lon_lat: tuple[float, float] = HERE, *, rider: str = "", **facts: Any) -> Wish:
    """A wish of a rider, a new one each time unless named."""
    number = uuid4()
    plain: dict[str, Any] = {
        "wish_id": number,
        "lon": lon_lat[0],
        "lat": lon_lat[1],
        "needs": (),
        "hours": (),
        "at": NOW,
        "reporter": (rider or number.hex).ljust(16, "x"),
    }
    return Wish(**plain | facts)


def take(engine: Engine, city_id: int, *wishes: Wish, now: datetime = NOW) -> None:
    """Take several down."""
    for one in wishes:
        take_wish(engine, city_id, one, HOME, now=now)


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    """Everything a table holds."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()]


def test_nearby_wishes_of_several_riders_stand_as_one_with_a_count(engine: Engine, city_id: int):
    near = (HERE[0] + 0.0004, HERE[1] - 0.0002)
    assert h3.latlng_to_cell(near[1], near[0], CELL_RESOLUTION) == CELL
    take(
        engine,
        city_id,
        wished(needs=("water_hot", "seat"), hours=("night",)),
        wished(near, needs=("water_hot",)),
        wished(FAR),
    )
    first, second = list_wishes(engine, "qingdao")
    assert (first["cell"], first["people"], first["state"], first["district"]) == (CELL, 2, "new", "市南区")
    assert (list(first["needs"].items()), first["hours"]) == ([("water_hot", 2), ("seat", 1)], {"night": 1})
    assert (first["lon"], first["lat"]) == pytest.approx((HERE[0] + 0.0002, HERE[1] - 0.0001), abs=6e-5)
    assert (second["people"], second["district"], second["since_decided"]) == (1, None, None)
    assert [one["cell"] for one in list_wishes(engine, "qingdao", district_code="370202")] == [CELL]


def test_one_rider_counts_once_in_a_cell_and_the_last_wish_stands(engine: Engine, city_id: int):
    first = wished(rider="always the same one", needs=("seat",))
    assert take_wish(engine, city_id, first, HOME, now=NOW) is True
    assert take_wish(engine, city_id, first, HOME, now=NOW) is False
    take(engine, city_id, wished(rider="always the same one", needs=("toilet_inside",)))
    (only,) = list_wishes(engine, "qingdao")
    assert (only["people"], only["needs"]) == (1, {"toilet_inside": 1})


def test_a_wish_sent_again_costs_nothing_of_the_hour_and_the_sixth_new_one_has_to_wait(engine: Engine, city_id: int):
    places = [(120.3 + 0.01 * number, 36.2) for number in range(MOST_PER_HOUR + 1)]
    sent = [wished(place, rider="poor network all day") for place in places]
    for _ in range(3):
        take(engine, city_id, *sent[:MOST_PER_HOUR])
    with pytest.raises(TooManyWishesError, match="This phone has sent more than 5 wishes") as caught:
        take(engine, city_id, sent[-1])
    assert caught.value.retry_after_s == 40 * 60 + 1
    assert len(list_wishes(engine, "qingdao")) == MOST_PER_HOUR
    take(engine, city_id, sent[-1], now=NOW + timedelta(minutes=40))
    take(engine, city_id, wished(places[-1], rider="another rider"))


def test_a_city_takes_so_many_an_hour_and_no_flood(engine: Engine, city_id: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("geo.services.wishes.MOST_PER_CITY_PER_HOUR", 3)
    take(engine, city_id, *(wished() for _ in range(3)))
    with pytest.raises(TooManyWishesError, match="This city has had"):
        take(engine, city_id, wished())
    assert list_wishes(engine, "qingdao")[0]["people"] == 3


def test_a_wish_outside_of_the_city_or_for_everything_is_refused(engine: Engine, city_id: int):
    with pytest.raises(OutsideCityError):
        take(engine, city_id, wished((116.4, 39.9)))
    many = ("water_hot", "seat", "wifi", "toilet_inside", "shower", "locker", "fan", "heating", "books")
    with pytest.raises(InputError, match="8 needs"):
        take(engine, city_id, wished(needs=many))
    assert rows(engine, "wish") == rows(engine, "wish_place") == []


def test_what_a_clock_puts_into_the_future_was_wished_today(engine: Engine, city_id: int):
    take(engine, city_id, wished(at=NOW + timedelta(days=400)), wished(at=NOW - timedelta(days=3)))
    (one,) = list_wishes(engine, "qingdao")
    assert (one["first_on"].isoformat(), one["last_on"].isoformat()) == ("2026-11-17", "2026-11-20")


def test_a_review_is_kept_and_logged_and_more_wishes_show_beside_it(engine: Engine, city_id: int):
    take(engine, city_id, wished(), wished())
    told = review(engine, "qingdao", CELL, state="declined", note="已有规划", by="市南区总工会", now=NOW)
    assert (told["state"], told["note"], told["since_decided"]) == ("declined", "已有规划", 0)
    take(engine, city_id, wished(), wished(), wished())
    assert list_wishes(engine, "qingdao", state="declined")[0]["since_decided"] == 3
    assert list_wishes(engine, "qingdao", state="new") == []
    review(engine, "qingdao", CELL, state="accepted", note=None, by="市总工会", now=NOW + timedelta(days=1))
    decisions = wish_in_full(engine, "qingdao", CELL)["decisions"]
    assert [(one["was"], one["state"], one["by"], one["people"], one["note"]) for one in decisions] == [
        ("declined", "accepted", "市总工会", 5, None),
        ("new", "declined", "市南区总工会", 2, "已有规划"),
    ]
    logged = rows(engine, "change_log")
    assert {(row["table_name"], row["row_id"], row["action"]) for row in logged} == {
        ("wish_place", int(CELL, 16), "update")
    }


def test_only_accepted_places_become_candidates(engine: Engine, city_id: int):
    take(engine, city_id, wished(needs=("seat",)), wished(needs=("seat", "water_hot"), hours=("noon",)), wished(FAR))
    assert accepted_wishes(engine, "qingdao") == ()
    review(engine, "qingdao", CELL, state="accepted", note="", by="值班", now=NOW)
    (one,) = accepted_wishes(engine, "qingdao")
    assert one.as_dict() == {
        "cell": CELL,
        "lon": pytest.approx(HERE[0], abs=6e-5),
        "lat": pytest.approx(HERE[1], abs=6e-5),
        "people": 2,
        "needs": ["seat", "water_hot"],
        "hours": ["noon"],
    }
    review(engine, "qingdao", CELL, state="built", note=None, by="值班", now=NOW)
    assert accepted_wishes(engine, "qingdao") == ()


def test_a_key_reviews_where_and_what_it_is_for(engine: Engine, city_id: int):
    take(engine, city_id, wished(), wished(FAR))
    decision: dict[str, Any] = {"state": "accepted", "note": None, "by": "市南区总工会", "now": NOW}
    own = Caller(1, "市南区总工会", frozenset({WISHES_REVIEW}), "370202")
    review(engine, "qingdao", CELL, **decision, caller=own)
    with pytest.raises(WishDistrictError, match="370202"):
        review(engine, "qingdao", h3.latlng_to_cell(FAR[1], FAR[0], CELL_RESOLUTION), **decision, caller=own)
    with pytest.raises(ScopeError, match="wishes:review"):
        review(engine, "qingdao", CELL, **decision, caller=Caller(2, "别人", frozenset({"stations:write"}), None))


@pytest.mark.parametrize(
    ("facts", "said"),
    [({"state": "maybe"}, "new, accepted"), ({"by": " \u3000"}, "who decides"), ({"note": "长" * 301}, "300")],
)
def test_a_review_that_cannot_be_written_down_is_refused(
    engine: Engine, city_id: int, facts: dict[str, Any], said: str
):
    take(engine, city_id, wished())
    plain: dict[str, Any] = {"state": "accepted", "note": None, "by": "值班", "now": NOW}
    with pytest.raises(ReviewError, match=said):
        review(engine, "qingdao", CELL, **plain | facts)


@pytest.mark.parametrize("cell", ["", "nothing", h3.cell_to_parent(CELL), h3.latlng_to_cell(36.4, 120.9, 9)])
def test_a_cell_in_which_nobody_wants_a_station_is_not_found(engine: Engine, city_id: int, cell: str):
    take(engine, city_id, wished())
    with pytest.raises(WishNotFoundError):
        wish_in_full(engine, "qingdao", cell)


def test_a_wish_that_does_not_get_its_turn_is_to_come_again_and_leaves_nothing(engine: Engine, city_id: int):
    """Somebody else holds the place for longer than a wish waits."""
    from geo.store.engine import make_entry_engine

    impatient = make_entry_engine(engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE wish_place IN EXCLUSIVE MODE"))
        with pytest.raises(WishesBusyError, match="did not get its turn"):
            take(impatient, city_id, wished())
    impatient.dispose()
    assert rows(engine, "wish") == rows(engine, "report_pace") == []


# ── nobody can be followed ──────────────────────────────────────────────────────────────────────────────────────


def test_the_wishes_of_one_rider_in_two_cells_have_nothing_in_common(engine: Engine, city_id: int):
    take(engine, city_id, wished(rider="the very same rider"), wished(FAR, rider="the very same rider"))
    first, second = rows(engine, "wish")
    assert {name for name in first if first[name] == second[name]} == {"city_id", "needs", "hours", "wished_on"}
    assert "the very same" not in str(rows(engine, "wish") + rows(engine, "report_pace"))


def test_a_place_is_kept_to_ten_metres_and_a_day_and_nothing_else(engine: Engine, city_id: int):
    take(engine, city_id, wished((120.38264871, 36.06711993)))
    with engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT ST_AsText(geom) FROM wish")).scalars()
    assert kept == "POINT(120.3826 36.0671)"
    assert set(rows(engine, "wish")[0]) == {
        "wish_id", "city_id", "cell", "geom", "needs", "hours", "wished_on", "reporter_digest",
    }  # fmt: skip
