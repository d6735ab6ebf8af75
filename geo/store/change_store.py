"""
Changes to sites and facilities as documents, before and after: written, logged, and turned round.

An import fills two temporary tables with changes and `write` carries them out; an undo fills them from the log, the
other way round, and calls the same `write`. So there is one way to change a facility, and what it logs is what it
did.

A facility's document is its row and what a register says about it. What others wrote about it (exceptions of its
keeper, evidence) is no part of it, so no import touches that.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    Text,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import LateralFromClause

from geo.store.statements import statement
from geo.store.tables import (
    amenity_at_facility,
    change_log,
    facility,
    network_membership,
    opening_rule,
    service_at_facility,
    site,
)

passing = MetaData()
"""Tables that live as long as a transaction."""


def _change_table(name: str, key: str) -> Table:
    return Table(
        name,
        passing,
        Column(key, BigInteger, primary_key=True, autoincrement=False),
        Column("action", Text, nullable=False),
        Column("before", JSONB),
        Column("after", JSONB),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )


site_change = _change_table("site_change", "site_id")
facility_change = _change_table("facility_change", "facility_id")

CHILDREN = {
    "memberships": network_membership,
    "amenities": amenity_at_facility,
    "services": service_at_facility,
    "rules": opening_rule,
}
"""The rows a register gives a facility, by their name in its document."""

UNDO = "undo"
"""Who takes a batch back, as the log names it."""

INVERSE = {"insert": "delete", "update": "update", "delete": "insert"}


def prepare(connection: Connection) -> None:
    """Make the empty lists of changes; they vanish with the transaction."""
    # Every step joins whole sets, but the planner has no figures for tables that were filled a moment ago, takes them
    # for a few rows and loops: 1.3 s instead of 0.02 s for 2,400 rows. ANALYZE would be stale again after each step.
    connection.execute(text("SET LOCAL enable_nestloop = off"))
    passing.create_all(connection, tables=[site_change, facility_change], checkfirst=False)


def write(connection: Connection, city_id: int, batch_id: int, *, actor: str) -> None:
    """Carry out the listed changes and log them under a batch."""
    _write_rows(connection, site, site_change, document=site_change.c.after)
    _write_rows(connection, facility, facility_change, document=facility_change.c.after["facility"])
    _write_children(connection, city_id)
    _delete_rows(connection)
    for change, table in ((site_change, site), (facility_change, facility)):
        _log(connection, change, table, city_id=city_id, batch_id=batch_id, actor=actor)


def stored_columns(table: Table) -> list[Column[Any]]:
    """The columns that are written; generated ones follow by themselves."""
    return [column for column in table.columns if column.computed is None]


def _record(table: Table, base: ColumnElement[Any], document: ColumnElement[Any]) -> LateralFromClause:
    """The document as a row of the table, what it does not name taken from the base row."""
    names = [column.name for column in stored_columns(table)]
    return func.jsonb_populate_record(base, document).table_valued(*names, name="record").lateral()


def _write_rows(connection: Connection, table: Table, change: Table, *, document: ColumnElement[Any]) -> None:
    key = next(iter(table.primary_key)).name
    names = [column.name for column in stored_columns(table)]

    blank = _record(table, literal_column(f"NULL::{table.name}"), document)
    fresh = select(*(blank.c[name] for name in names)).select_from(change).join(blank, literal(True))
    connection.execute(
        insert(table).from_select(names, fresh.where(change.c.action == "insert").order_by(change.c[key]))
    )

    old = table.alias("old")
    told = _record(table, literal_column("old"), document)
    rows = (
        select(*(told.c[name] for name in names))
        .select_from(change.join(old, old.c[key] == change.c[key]))
        .join(told, literal(True))
        .where(change.c.action == "update")
        .subquery("told")
    )
    values = {name: rows.c[name] for name in names if name != key}
    connection.execute(update(table).values(values).where(table.c[key] == rows.c[key]))


def _write_children(connection: Connection, city_id: int) -> None:
    """Give every changed facility the rows of its new document, and no others."""
    changed = select(facility_change.c.facility_id).where(facility_change.c.action == "update")
    for child in CHILDREN.values():
        connection.execute(delete(child).where(child.c.facility_id.in_(changed)))
    for part, child in CHILDREN.items():
        names = [column.name for column in child.columns if column.name not in {"facility_id", "city_id"}]
        base: ColumnElement[Any] = literal_column(f"NULL::{child.name}")
        rows = (
            func.jsonb_populate_recordset(base, facility_change.c.after[part])
            .table_valued(*names, name="record")
            .lateral()
        )
        owners: dict[str, ColumnElement[Any]] = {"facility_id": facility_change.c.facility_id}
        if "city_id" in child.columns:
            owners["city_id"] = literal(city_id)
        told = (
            select(*owners.values(), *(rows.c[name] for name in names))
            .select_from(facility_change)
            .join(rows, literal(True))
            .where(facility_change.c.action != "delete")
        )
        connection.execute(insert(child).from_select([*owners, *names], told))


def _delete_rows(connection: Connection) -> None:
    """Remove what is to go: facilities, and the doors nobody stands at any more."""
    gone = select(facility_change.c.facility_id).where(facility_change.c.action == "delete")
    connection.execute(delete(facility).where(facility.c.facility_id.in_(gone)))
    empty = select(site_change.c.site_id).where(
        site_change.c.action == "delete", ~exists().where(facility.c.site_id == site_change.c.site_id)
    )
    connection.execute(delete(site).where(site.c.site_id.in_(empty)))


def _log(connection: Connection, change: Table, table: Table, *, city_id: int, batch_id: int, actor: str) -> None:
    key = next(iter(table.primary_key)).name
    entries = select(
        literal(city_id),
        literal(batch_id),
        literal(table.name),
        change.c[key],
        change.c.action,
        change.c.before,
        change.c.after,
        literal(actor),
    ).order_by(change.c[key])
    columns = ["city_id", "batch_id", "table_name", "row_id", "action", "before", "after", "actor"]
    connection.execute(insert(change_log).from_select(columns, entries))


def turn_round(connection: Connection, batch_id: int) -> None:
    """List what would undo a batch: what it inserted goes, what it changed returns to what it was."""
    for change, table in ((site_change, site), (facility_change, facility)):
        key = next(iter(table.primary_key)).name
        inverse = case(INVERSE, value=change_log.c.action)
        # From the end to the beginning: the document after becomes the one before.
        entries = select(change_log.c.row_id, inverse, change_log.c.after, change_log.c.before).where(
            change_log.c.batch_id == batch_id, change_log.c.table_name == table.name, change_log.c.actor != UNDO
        )
        connection.execute(insert(change).from_select([key, "action", "before", "after"], entries))


def later_changes(connection: Connection, batch_id: int) -> dict[int, int]:
    """The later imports that stand in the way of undoing a batch, each with the number of facilities concerned."""
    rows = connection.execute(statement("undo_conflicts"), {"batch_id": batch_id})
    return {int(row.batch_id): int(row.facilities) for row in rows}


def counts(connection: Connection) -> dict[str, int]:
    """How many facilities the listed changes insert, update and delete."""
    found = connection.execute(select(facility_change.c.action, func.count()).group_by(facility_change.c.action))
    return dict.fromkeys(INVERSE, 0) | {str(action): int(count) for action, count in found}
