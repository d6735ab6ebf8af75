"""From incoming rows to sites and facilities, and back: who is who, which doors are shared, what an undo restores."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo.store import change_store, facility_store, import_store
from geo.store.city_store import City
from geo.store.import_store import IncomingRow
from tests.support.facts import facts_of, rows_to_the_letter
from tests.support.incoming import incoming

TEMPORARY = text("DROP TABLE IF EXISTS site_change, facility_change, incoming, facility_document")


def bring_in(connection: Connection, city: City, rows: Sequence[IncomingRow]) -> tuple[int, dict[str, int]]:
    """Take rows as one batch; returns its number and the rows by fate."""
    batch_id = import_store.open_batch(connection, city.city_id, kind="register", file_name="rows", sha256="0" * 64)
    change_store.prepare(connection)
    fates = import_store.stage(connection, city.city_id, rows)
    import_store.list_changes(connection, city.city_id, batch_id=batch_id, source_id=None)
    change_store.write(connection, city.city_id, batch_id, actor="test")
    facility_store.assign_areas(connection, city.city_id)
    connection.execute(TEMPORARY)
    return batch_id, fates


def take_back(connection: Connection, city: City, batch_id: int) -> None:
    change_store.prepare(connection)
    change_store.turn_round(connection, batch_id)
    change_store.write(connection, city.city_id, batch_id, actor=change_store.UNDO)
    facility_store.assign_areas(connection, city.city_id)
    connection.execute(text("UPDATE import_batch SET status = 'undone' WHERE batch_id = :batch"), {"batch": batch_id})
    connection.execute(TEMPORARY)


def doors(connection: Connection) -> dict[str, tuple[int, str]]:
    """Number of the site and its position, by the code of the facility."""
    rows = connection.execute(
        text(
            "SELECT code, site_id, ST_AsText(geom) AS place FROM network_membership"
            " JOIN facility USING (facility_id) JOIN site USING (site_id)"
        )
    )
    return {row.code: (row.site_id, row.place) for row in rows}


def fates(added: int = 0, changed: int = 0, unchanged: int = 0) -> dict[str, int]:
    return {"added": added, "changed": changed, "unchanged": unchanged}


def test_the_same_rows_twice_change_nothing(connection: Connection, city: City) -> None:
    rows = [incoming(2, "1"), incoming(3, "2", lon=120.1), incoming(4, None, "无码", lon=120.2)]
    assert bring_in(connection, city, rows)[1] == fates(added=3)
    before = rows_to_the_letter(connection)
    assert bring_in(connection, city, rows)[1] == fates(unchanged=3)
    assert rows_to_the_letter(connection) == before


def test_the_order_of_the_rows_does_not_matter_to_who_is_who(connection: Connection, city: City) -> None:
    rows = [incoming(2, "1"), incoming(3, "2", lon=120.1)]
    bring_in(connection, city, rows)
    moved_down = [incoming(7, "2", lon=120.1), incoming(9, "1")]
    assert bring_in(connection, city, moved_down)[1] == fates(unchanged=2)


def test_facilities_are_numbered_in_the_order_of_the_file(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(row, str(row), lon=120 + row / 1000) for row in range(300, 1, -1)])
    frame = facility_store.load_facilities(connection, city.city_id)
    assert frame["code"].tolist() == [str(row) for row in range(2, 301)]


def test_a_code_finds_its_facility_whatever_else_has_changed(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1", "旧名")])
    before = facility_store.load_facilities(connection, city.city_id).index.tolist()
    changed = incoming(2, "1", "新名", lon=121, address="新址", phone="12351", amenities=("books", "tv"))
    assert bring_in(connection, city, [changed])[1] == fates(changed=1)
    after = facility_store.load_facilities(connection, city.city_id)
    assert after.index.tolist() == before
    assert after.iloc[0][["name", "address", "public_phone", "amenities"]].to_dict() == {
        "name": "新名",
        "address": "新址",
        "public_phone": "12351",
        "amenities": {"books": "available", "tv": "available"},
    }


def test_without_a_code_name_type_and_place_to_a_metre_decide(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, None, "甲")])
    near, far = incoming(2, None, "甲", lat=36.000005, phone="1"), incoming(2, None, "甲", lat=36.00002)
    assert bring_in(connection, city, [near])[1] == fates(changed=1)
    assert bring_in(connection, city, [far])[1] == fates(added=1)


def test_a_facility_gets_its_code_later_and_keeps_it_when_a_register_leaves_it_out(
    connection: Connection, city: City
) -> None:
    for row in (incoming(2, None, "甲"), incoming(2, "A1", "甲"), incoming(2, None, "甲", phone="1")):
        bring_in(connection, city, [row])
    frame = facility_store.load_facilities(connection, city.city_id)
    assert frame["code"].tolist() == ["A1"]
    assert frame["public_phone"].tolist() == ["1"]


def test_the_same_code_in_another_network_is_another_facility(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1")])
    assert bring_in(connection, city, [incoming(2, "1", network="sanitation")])[1] == fates(added=1)
    frame = facility_store.load_facilities(connection, city.city_id)
    assert frame["networks"].tolist() == [["union_station"], ["sanitation"]]


def test_a_plate_of_another_network_survives_an_import(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1")])
    connection.execute(
        text(
            "INSERT INTO network_membership (city_id, facility_id, network_code, code)"
            " SELECT city_id, facility_id, 'sanitation', 'H9' FROM facility"
        )
    )
    bring_in(connection, city, [incoming(2, "1", phone="1")])
    frame = facility_store.load_facilities(connection, city.city_id)
    assert frame["networks"].tolist() == [["sanitation", "union_station"]]


def test_two_facilities_exchange_their_codes(connection: Connection, city: City) -> None:
    """Each keeps its number and changes its name; the rule of one code per network holds all the while."""
    bring_in(connection, city, [incoming(2, "1", "甲"), incoming(3, "2", "乙")])
    assert bring_in(connection, city, [incoming(2, "2", "甲"), incoming(3, "1", "乙")])[1] == fates(changed=2)
    assert facility_store.load_facilities(connection, city.city_id)["name"].tolist() == ["乙", "甲"]


def test_what_a_keeper_wrote_survives_an_import(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1")])
    connection.execute(
        text(
            "INSERT INTO opening_exception (facility_id, on_date, kind, closed)"
            " SELECT facility_id, DATE '2026-10-01', 'keeper', true FROM facility"
        )
    )
    bring_in(connection, city, [incoming(2, "1", phone="1")])
    exceptions = facility_store.load_facilities(connection, city.city_id)["exceptions"].iloc[0]
    assert [(row["on_date"], row["closed"]) for row in exceptions] == [("2026-10-01", True)]


def test_doors_described_alike_are_one_site(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1", address="路1号"), incoming(3, "2", address="路1号"), incoming(4, "3")])
    found = doors(connection)
    assert found["1"][0] == found["2"][0] != found["3"][0]
    bring_in(connection, city, [incoming(2, "H1", address="路1号", network="sanitation")])
    assert doors(connection)["H1"][0] == found["1"][0]


def test_a_corrected_door_keeps_its_number(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1"), incoming(3, "2")])
    before = doors(connection)["1"][0]
    bring_in(connection, city, [incoming(2, "1", lon=121), incoming(3, "2", lon=121)])
    assert doors(connection) == {"1": (before, "POINT(121 36)"), "2": (before, "POINT(121 36)")}


def test_a_facility_that_leaves_a_shared_door_leaves_the_door_where_it_is(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1"), incoming(3, "2")])
    before = doors(connection)["1"][0]
    bring_in(connection, city, [incoming(2, "1", lon=121)])
    after = doors(connection)
    assert after["2"] == (before, "POINT(120 36)")
    assert after["1"][0] != before
    assert after["1"][1] == "POINT(121 36)"


def test_a_door_does_not_move_from_under_a_facility_of_another_register(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1")])
    bring_in(connection, city, [incoming(2, "H1", network="sanitation")])
    bring_in(connection, city, [incoming(2, "1", lon=121)])
    assert doors(connection)["H1"][1] == "POINT(120 36)"
    assert doors(connection)["1"][1] == "POINT(121 36)"


def test_two_facilities_exchange_their_doors(connection: Connection, city: City) -> None:
    bring_in(connection, city, [incoming(2, "1", lon=120), incoming(3, "2", lon=121)])
    before = doors(connection)
    bring_in(connection, city, [incoming(2, "1", lon=121), incoming(3, "2", lon=120)])
    assert doors(connection) == {"1": before["2"], "2": before["1"]}


def test_undo_of_the_first_import_leaves_nothing(connection: Connection, city: City) -> None:
    before = rows_to_the_letter(connection)
    batch_id, _ = bring_in(connection, city, [incoming(2, "1"), incoming(3, "2", lon=121)])
    take_back(connection, city, batch_id)
    assert rows_to_the_letter(connection) == before


def test_undo_restores_changed_facilities_to_the_letter(connection: Connection, city: City) -> None:
    """Even the time of the last change comes back."""
    bring_in(connection, city, [incoming(2, "1", "甲", lon=120.123456789012), incoming(3, "2", "乙", lon=121)])
    before = rows_to_the_letter(connection)
    changed = [
        incoming(2, "1", "丙", lon=122, amenities=()),
        incoming(3, "2", "乙", lon=120),
        incoming(4, "3", lon=123),
    ]
    batch_id, found = bring_in(connection, city, changed)
    assert found == fates(added=1, changed=2)
    take_back(connection, city, batch_id)
    assert rows_to_the_letter(connection) == before


def test_imports_are_undone_from_the_last_to_the_first(connection: Connection, city: City) -> None:
    first, _ = bring_in(connection, city, [incoming(2, "1"), incoming(3, "2", lon=121)])
    second, _ = bring_in(connection, city, [incoming(2, "1", phone="1")])
    assert change_store.later_changes(connection, first) == {second: 1}
    assert change_store.later_changes(connection, second) == {}
    take_back(connection, city, second)
    assert change_store.later_changes(connection, first) == {}


def test_an_import_of_other_facilities_does_not_stand_in_the_way(connection: Connection, city: City) -> None:
    first, _ = bring_in(connection, city, [incoming(2, "1")])
    bring_in(connection, city, [incoming(2, "H1", network="sanitation", lon=121)])
    assert change_store.later_changes(connection, first) == {}


def test_undo_leaves_a_door_where_a_later_facility_stands(connection: Connection, city: City) -> None:
    first, _ = bring_in(connection, city, [incoming(2, "1")])
    bring_in(connection, city, [incoming(2, "H1", network="sanitation")])
    assert change_store.later_changes(connection, first) == {}
    take_back(connection, city, first)
    assert {code: place for code, (_, place) in doors(connection).items()} == {"H1": "POINT(120 36)"}


def test_a_door_that_an_import_moved_does_not_move_back_under_a_later_facility(
    connection: Connection, city: City
) -> None:
    bring_in(connection, city, [incoming(2, "1")])
    moved, _ = bring_in(connection, city, [incoming(2, "1", lon=121)])
    later, _ = bring_in(connection, city, [incoming(2, "H1", network="sanitation", lon=121)])
    assert change_store.later_changes(connection, moved) == {later: 1}


CODES = st.sampled_from(["1", "2", "3", None])
PLACES = st.sampled_from([120 + tenth / 10 for tenth in range(8)])
PHONES = st.sampled_from([None, "1"])


@st.composite
def registers(draw: st.DrawFn) -> list[IncomingRow]:
    """Up to five rows with distinct identities, many of them at the same doors."""
    drawn = draw(st.lists(st.tuples(CODES, PLACES, PHONES), max_size=5, unique_by=lambda row: row[0] or row[1]))
    return [
        incoming(number, code, f"站{code or ''}", lon=lon, phone=phone)
        for number, (code, lon, phone) in enumerate(drawn, 2)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(registers(), min_size=1, max_size=4))
def test_undoing_any_imports_in_reverse_restores_every_step(
    connection: Connection, city: City, files: list[list[IncomingRow]]
) -> None:
    with connection.begin_nested() as savepoint:
        steps = []
        for rows in files:
            steps.append((rows_to_the_letter(connection), bring_in(connection, city, rows)[0]))
            assert bring_in(connection, city, rows)[1]["added"] == 0
        for before, batch_id in reversed(steps):
            take_back(connection, city, batch_id)
            assert rows_to_the_letter(connection) == before
        savepoint.rollback()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(registers(), min_size=1, max_size=3), registers())
def test_the_last_register_has_the_last_word(
    connection: Connection, city: City, earlier: list[list[IncomingRow]], last: list[IncomingRow]
) -> None:
    """Whatever came before, the facilities with codes end as the last register describes them."""
    last = [row for row in last if row.code is not None]
    with connection.begin_nested() as savepoint:
        for rows in [*earlier, last]:
            bring_in(connection, city, rows)
        frame = facility_store.load_facilities(connection, city.city_id).set_index("code")
        for row in last:
            assert frame.loc[row.code, "public_phone"] == row.facility["public_phone"]
            assert f"POINT({frame.loc[row.code, 'lon']} 36.0)" in row.geog
        assert len(facts_of(connection, city.city_id)) == len(frame)
        savepoint.rollback()
