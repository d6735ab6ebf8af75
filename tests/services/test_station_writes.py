"""Single writes of stations in the database: against registers, shared doors, plates and an import at work."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text

from geo.datum import CHINA_BOX, Datum
from geo.services.cities import new_city
from geo.services.collections.of_snapshot import stations_of
from geo.services.keys import Caller, DistrictError
from geo.services.register_import import home_around, import_register, undo_import
from geo.services.station_description import Description
from geo.services.station_writes import (
    ANY_STATE,
    Sent,
    StationChangedError,
    Written,
    add_station,
    change_station,
    remove_station,
    state_of,
)
from geo.store import city_store, facility_store
from geo.store.city_store import CityInUseError
from geo.store.engine import make_engine, make_entry_engine
from tests.support.small_city import SmallCity

CALLER = Caller(1, "市总工会", frozenset({"stations:write"}), None)
SENT = Sent("TEST", "0" * 64)


@pytest.fixture
def engine_of_city(own_city: SmallCity) -> Iterator[Engine]:
    engine = make_engine(own_city.url)
    yield engine
    engine.dispose()


def change(engine: Engine, city: SmallCity, identity: int, **properties: Any) -> Written:
    """Change some properties of a station, whatever it is now."""
    return change_station(
        engine,
        city.slug,
        CALLER,
        str(identity),
        lambda shown, now: Description(dict(shown) | properties, now.lon, now.lat),
        ANY_STATE,
        home_around(city.snapshot.box),
        SENT,
    )


def column(engine: Engine, query: str, **values: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query), values).scalars())


def shared_door(engine: Engine) -> tuple[int, list[int]]:
    """A door with two facilities; made, because the small city need not have one."""
    with engine.begin() as connection:
        one, other = connection.execute(text("SELECT facility_id FROM facility ORDER BY 1 LIMIT 2")).scalars()
        door = connection.execute(text("SELECT site_id FROM facility WHERE facility_id = :one"), {"one": one}).scalar()
        connection.execute(
            text("UPDATE facility SET site_id = :door WHERE facility_id = :other"), {"door": door, "other": other}
        )
    return int(door), [one, other]


def test_a_change_of_one_of_two_at_a_door_leaves_the_other_alone(own_city: SmallCity, engine_of_city: Engine):
    door, (one, other) = shared_door(engine_of_city)
    change(engine_of_city, own_city, one, floor="3")
    doors = "SELECT site_id FROM facility WHERE facility_id = :number"
    assert column(engine_of_city, doors, number=other) == [door]
    (moved,) = column(engine_of_city, doors, number=one)
    assert moved != door
    floors = "SELECT floor FROM site WHERE site_id = ANY (:doors) ORDER BY site_id = :door DESC"
    assert column(engine_of_city, floors, doors=[door, moved], door=door)[1] == "3"


def test_a_change_of_the_facility_alone_leaves_its_door_as_it_is(own_city: SmallCity, engine_of_city: Engine):
    number = own_city.snapshot.facility_ids[0]
    query = "SELECT to_jsonb(site)::text FROM site JOIN facility USING (site_id) WHERE facility_id = :number"
    before = column(engine_of_city, query, number=number)
    change(engine_of_city, own_city, number, public_phone="0532-9")
    assert column(engine_of_city, query, number=number) == before


def test_plates_are_those_that_were_wanted(own_city: SmallCity, engine_of_city: Engine):
    number = own_city.snapshot.facility_ids[0]
    plates = (
        "SELECT network_code || ' ' || coalesce(code, '-') FROM network_membership WHERE facility_id = :number "
        "ORDER BY 1"
    )
    change(engine_of_city, own_city, number, networks=["union_station"], code="Q-7")
    assert column(engine_of_city, plates, number=number) == ["union_station Q-7"]
    written = change(engine_of_city, own_city, number, networks=["sanitation", "union_station"])
    assert column(engine_of_city, plates, number=number) == ["sanitation -", "union_station Q-7"]
    assert written.table.columns["code"].values[0] == "Q-7"
    change(engine_of_city, own_city, number, code=None)
    assert column(engine_of_city, plates, number=number) == ["sanitation -", "union_station -"]


def test_a_later_register_has_the_last_word_and_undoing_it_gives_the_edit_back(
    own_city: SmallCity, engine_of_city: Engine
):
    number = own_city.snapshot.facility_ids[0]
    names = "SELECT name FROM facility WHERE facility_id = :number"
    (registered,) = column(engine_of_city, names, number=number)
    change(engine_of_city, own_city, number, name="改名驿站", seats=77)
    gone = own_city.snapshot.facility_ids[1]
    remove_station(engine_of_city, own_city.slug, CALLER, str(gone), ANY_STATE, SENT)
    report = import_register(
        engine_of_city, own_city.settings, own_city.slug, own_city.files.register, datum=Datum.GCJ02, synthetic=True
    )
    assert report.rows_changed == 2
    assert column(engine_of_city, names, number=number) == [registered]
    assert column(engine_of_city, "SELECT visible FROM facility WHERE facility_id = :number", number=gone) == [True]
    assert report.batch_id is not None
    undo_import(engine_of_city, own_city.slug, report.batch_id)
    assert column(engine_of_city, names, number=number) == ["改名驿站"]
    assert column(engine_of_city, "SELECT visible FROM facility WHERE facility_id = :number", number=gone) == [False]


def test_while_an_import_is_at_work_a_writer_is_asked_to_come_again(own_city: SmallCity, engine_of_city: Engine):
    entry = make_entry_engine(own_city.url)
    with engine_of_city.begin() as connection:
        city_store.lock_city(connection, city_store.city_by_slug(connection, own_city.slug).city_id)
        with pytest.raises(CityInUseError):
            change(entry, own_city, own_city.snapshot.facility_ids[0], seats=1)
    assert change(entry, own_city, own_city.snapshot.facility_ids[0], seats=78).batch_id is not None
    entry.dispose()


def test_editors_who_name_the_state_they_saw_lose_nothing(engine: Engine, database_url: str):
    """Without that name the last writer would win, and the count would come out short."""
    new_city(engine, "jinan", name="济南")
    wanted = Description({"name": "驿站", "seats": 0}, 117.0201, 36.6512)
    number = str(add_station(engine, "jinan", CALLER, wanted, CHINA_BOX, SENT).facility_id)
    entry, times, editors = make_entry_engine(database_url), 5, 4

    def add_seats() -> None:
        done = 0
        while done < times:
            with entry.connect() as connection:
                rows = facility_store.load_facilities(connection, 1, [int(number)])
            seen = stations_of("", rows, [False])

            def one_more(
                shown: Any, now: Description, seats: int = int(seen.columns["seats"].values[0])
            ) -> Description:
                return Description(dict(shown) | {"seats": seats + 1}, now.lon, now.lat)

            try:
                change_station(entry, "jinan", CALLER, number, one_more, [state_of(seen, 0)], CHINA_BOX, SENT)
                done += 1
            except (StationChangedError, CityInUseError):
                continue

    with ThreadPoolExecutor(editors) as pool:
        for future in [pool.submit(add_seats) for _ in range(editors)]:
            future.result()
    entry.dispose()
    assert column(engine, "SELECT seats FROM site") == [times * editors]


def test_a_city_without_areas_takes_stations_of_keys_for_everywhere(engine: Engine):
    new_city(engine, "jinan", name="济南")
    wanted = Description({"name": "驿站"}, 117.0201, 36.6512)
    written = add_station(engine, "jinan", CALLER, wanted, CHINA_BOX, SENT)
    assert written.revision == 1
    assert written.table.ids.tolist() == [str(written.facility_id)]
    limited = Caller(2, "区工会", frozenset({"stations:write"}), "370102")
    with pytest.raises(DistrictError):
        add_station(engine, "jinan", limited, Description({"name": "二站"}, 117.03, 36.66), CHINA_BOX, SENT)
    assert column(engine, "SELECT count(*) FROM facility") == [1]
