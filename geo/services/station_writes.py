"""
Stations written one by one: added, replaced, changed in part, taken out.

Each write is what an import of one row would be: the city's lock, a batch of its own, every change in the log under
the name of whoever shows the key, and `yiquan import undo` takes it back. A station that is taken out is retired and
hidden, never lost. Who changes a station says which state of it was seen; the state is worked out from the database
inside the transaction, so of two people who saw the same, one is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from geo.errors import ConflictError, NotFoundError, StaleError
from geo.features.table import FeatureTable
from geo.places.register import RegisterRow, RowProblem
from geo.services.collections.of_snapshot import stations_of
from geo.services.keys import STATIONS_WRITE, Caller
from geo.services.register_checks import district_problems
from geo.services.register_rows import incoming_row
from geo.services.station_description import (
    Description,
    Plate,
    changed_properties,
    checked,
    described,
    edit_of,
    read_description,
    removal_of,
)
from geo.store import (
    change_store,
    city_store,
    edit_store,
    facility_store,
    import_store,
    report_store,
    source_store,
)
from geo.store.city_store import City
from geo.store.engine import in_turn
from geo.store.import_store import RowError
from geo.store.source_store import Source
from geo.types import Box

NOT_OF_THE_STATE = frozenset({"doubted"})
"""What riders do to a station is no reason to refuse its keeper's change."""

ANY_STATE = frozenset({"*"})
"""Held by whoever does not mind what a station is at present."""


class StationNotFoundError(NotFoundError):
    """No station that may be shown has this id."""

    def __init__(self, identity: str) -> None:
        shown = identity if identity.isprintable() and len(identity) <= 40 else "like this"
        super().__init__(f"The collection stations has no feature {shown}.")


class StationExistsError(ConflictError):
    """What is to be added is there."""

    def __init__(self, facility_id: int) -> None:
        super().__init__(
            f"This station is there already, with the same code, or the same name, type and place: feature "
            f"{facility_id}. Change that one."
        )


class StationRuleError(ConflictError):
    """A rule of the database refuses a change that looked right."""

    def __init__(self, error: IntegrityError) -> None:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if name == "uq_network_membership_city_id_network_code_code":
            super().__init__("Another station of this network has this `code`; a code names one.")
        else:
            super().__init__(f"The change breaks the rule {name} of the database; nothing was written.")


class StationChangedError(StaleError):
    """Somebody has changed the station since it was read."""

    def __init__(self) -> None:
        super().__init__("The station is not what it was when you read it. Read it again and change what is there now.")


@dataclass(frozen=True)
class Sent:
    """What is written down of a request: its name in the list of imports, and the digest of its body."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Written:
    """What came of a write: the station as it is now (a table of one row, none after a removal), and what to wait for.

    `revision` is that of the city's facts; a snapshot of it or a later one shows the change. `batch_id` is what
    `yiquan import undo` takes, None where nothing had to change. `warnings` are doubts that were written down.
    """

    facility_id: int
    table: FeatureTable
    revision: int
    batch_id: int | None
    warnings: tuple[RowProblem, ...] = ()


def state_of(table: FeatureTable, row: int) -> str:
    """A short digest of what a station says: the same from the snapshot and from the database, if the facts are."""
    place = np.array([row])
    point = table.geometry[row]
    said: dict[str, Any] = {name: column.plain(place)[0] for name, column in table.columns.items()}
    kept = {name: value for name, value in said.items() if name not in NOT_OF_THE_STATE}
    whole = [table.ids[row], round(point.x, 7), round(point.y, 7), kept]
    return hashlib.blake2b(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS), digest_size=10).hexdigest()


def add_station(engine: Engine, city_slug: str, caller: Caller, wanted: Description, home: Box, sent: Sent) -> Written:
    """
    Add a station. One that was taken out before, by code or by name, type and place, comes back under its old id.

    Raises
    ------
    ScopeError, DistrictError
        The key is not for this.
    PropertyError
        The description cannot be used.
    StationExistsError, StationRuleError
        It is there already, or contradicts what is there.
    CityInUseError, DatabaseUnavailableError
        Later, perhaps.
    """
    caller.require(STATIONS_WRITE)
    with _turn(engine, city_slug) as (connection, city):
        columns = stations_of("", facility_store.load_facilities(connection, city.city_id, []), []).columns
        row, doubts = read_description(checked(wanted, columns), home)
        change_store.prepare(connection)
        incoming = incoming_row(row, synthetic=city.is_synthetic, org_ids={})
        import_store.stage(connection, city.city_id, [incoming])
        fate, known = edit_store.only_fate(connection)
        if known is not None:
            if len(facility_store.load_facilities(connection, city.city_id, [known])):
                raise StationExistsError(known)
            edit_store.take_as_changed(connection)
        return _write(connection, city, caller, sent, row, doubts, fate="added" if fate == "added" else "changed")


def change_station(
    engine: Engine,
    city_slug: str,
    caller: Caller,
    identity: str,
    wanted_of: Callable[[Mapping[str, Any], Description], Description],
    held: Collection[str],
    home: Box,
    sent: Sent,
) -> Written:
    """
    Give a station a new description, which `wanted_of` makes from all its properties and what can be written of it.

    Raises
    ------
    StationNotFoundError, StationChangedError
        There is none of this id, or it is in none of the states held.
    ScopeError, DistrictError, PropertyError, StationRuleError, CityInUseError, DatabaseUnavailableError
        As in `add_station`.
    """
    caller.require(STATIONS_WRITE)
    with _turn(engine, city_slug) as (connection, city):
        facility_id, table, now = _seen(connection, city, caller, identity, held)
        shown = {name: column.plain(np.array([0]))[0] for name, column in table.columns.items()}
        wanted = checked(wanted_of(shown, now), table.columns)
        changed = changed_properties(now, wanted)
        if not changed:
            revision = city_store.revision(connection, city.city_id)
            return Written(facility_id, table, revision, None)
        row, doubts = read_description(wanted, home)
        change_store.prepare(connection)
        stored = edit_store.stage(connection, city.city_id, facility_id)
        edit, plates = edit_of(stored, now, row, changed)
        edit_store.put(connection, stored, edit)
        told = [problem for problem in doubts if problem.column in changed]
        return _write(connection, city, caller, sent, row, told, fate="changed", plates=plates)


def remove_station(
    engine: Engine, city_slug: str, caller: Caller, identity: str, held: Collection[str], sent: Sent
) -> Written:
    """
    Retire a station and hide it; raises as `change_station` does.

    A register that names it later brings it back: the union's word is the later one then.
    """
    caller.require(STATIONS_WRITE)
    with _turn(engine, city_slug) as (connection, city):
        facility_id, *_ = _seen(connection, city, caller, identity, held)
        change_store.prepare(connection)
        stored = edit_store.stage(connection, city.city_id, facility_id)
        edit_store.put(connection, stored, removal_of(stored))
        return _write(connection, city, caller, sent, None, [], fate="removed")


@contextmanager
def _turn(engine: Engine, city_slug: str) -> Iterator[tuple[Connection, City]]:
    """A transaction in which nobody else changes the city, and errors of the database are sentences."""
    try:
        with in_turn(city_store.CityInUseError), engine.begin() as connection:
            city = city_store.city_by_slug(connection, city_slug)
            city_store.take_turn(connection, city.city_id)
            yield connection, city
    except IntegrityError as error:
        raise StationRuleError(error) from None


def _seen(
    connection: Connection, city: City, caller: Caller, identity: str, held: Collection[str]
) -> tuple[int, FeatureTable, Description]:
    """A station that a caller may change, if it is in one of the states the caller holds."""
    facility_id = int(identity) if identity.isascii() and identity.isdigit() and len(identity) < 19 else 0
    table = _table(connection, city, facility_id) if str(facility_id) == identity else None
    if table is None or not len(table):
        raise StationNotFoundError(identity)
    caller.require_district(_district(connection, city, facility_id))
    if not ANY_STATE & set(held) and state_of(table, 0) not in held:
        raise StationChangedError
    return facility_id, table, described(table, 0)


def _table(connection: Connection, city: City, facility_id: int) -> FeatureTable:
    rows = facility_store.load_facilities(connection, city.city_id, [facility_id])
    is_doubted = report_store.doubt_row(connection, facility_id) is not None
    return stations_of("", rows, [is_doubted] * len(rows))


def _district(connection: Connection, city: City, facility_id: int) -> str | None:
    rows = facility_store.load_facilities(connection, city.city_id, [facility_id])
    return None if rows.empty else rows["district_code"].iloc[0]


def _write(
    connection: Connection,
    city: City,
    caller: Caller,
    sent: Sent,
    row: RegisterRow | None,
    doubts: list[RowProblem],
    *,
    fate: str,
    plates: list[Plate] | None = None,
) -> Written:
    """Write what is staged under a batch of its own, as an import does."""
    city_id = city.city_id
    source_id = source_store.ensure_source(connection, city_id, Source(kind="register", name=caller.name))
    batch_id = import_store.open_batch(
        connection,
        city_id,
        kind="edit",
        file_name=sent.name,
        sha256=sent.sha256,
        datum="wgs84",
        strict=True,
        source_id=source_id,
    )
    import_store.list_changes(connection, city_id, batch_id=batch_id, source_id=source_id)
    if plates is not None:
        edit_store.put_plates(connection, plates)
    facility_id = edit_store.only_facility(connection)
    change_store.write(connection, city_id, batch_id, actor=caller.name)
    facility_store.assign_areas(connection, city_id)
    if row is not None:
        caller.require_district(_district(connection, city, facility_id))
        placed = import_store.placed_rows(connection)
        doubts = [*doubts, *district_problems(placed, [row], district_heading="district")]
    _close(connection, batch_id, fate, doubts)
    revision = city_store.bump_revision(connection, city_id)
    return Written(facility_id, _table(connection, city, facility_id), revision, batch_id, tuple(doubts))


def _close(connection: Connection, batch_id: int, fate: str, doubts: list[RowProblem]) -> None:
    """Keep the doubts with the batch, and what it did."""
    errors = [
        RowError(one.row, one.column or None, one.value or None, one.problem, one.remedy, one.severity)
        for one in doubts
    ]
    import_store.add_row_errors(connection, batch_id, errors)
    is_new = fate == "added"
    import_store.close_batch(
        connection,
        batch_id,
        rows_read=1,
        rows_added=int(is_new),
        rows_changed=int(not is_new),
        report={"notes": [fate]},
    )
