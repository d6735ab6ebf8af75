"""Rows of a register in the form of the tables: documents with the columns of site and facility, and their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from geo.places.register import RegisterRow, RowProblem
from geo.store.import_store import IncomingRow

SITE_FIELDS = (
    "address",
    "landmark_hint",
    "floor",
    "host_type",
    "host_name",
    "bike_parking",
    "step_free",
    "area_m2",
    "seats",
    "capacity_people",
)
FACILITY_FIELDS = (
    "name",
    "facility_type",
    "facility_class",
    "star",
    "attended",
    "first_use_needs",
    "entry_note",
    "status",
    "public_phone",
    "note",
)
"""Fields that a row and its table call by the same name."""


NETWORK_OF_TYPE = {
    "sanitation_station": "sanitation",
    "driver_home": "driver_home",
    "rider_station": "rider_station",
    "worker_home": "worker_home",
    "shared_worker_home": "worker_home",
    "grid_town": "grid",
    "grid_base": "grid",
    "mother_room": "mother_room",
    "childcare_station": "childcare",
    "childcare_centre": "childcare",
    "public_toilet": "public_toilet",
}
"""The network of a facility whose register names none; every other type is a matter of the union stations."""


def network_of(row: RegisterRow) -> str:
    """The network in which a row has its code."""
    return row.networks[0] if row.networks else NETWORK_OF_TYPE.get(row.facility_type, "union_station")


def unique_rows(rows: Iterable[RegisterRow]) -> tuple[list[RegisterRow], list[RowProblem]]:
    """
    Every station once: a second row with the same identity is a problem, not a station.

    Identity is the code in the network, or name, type and position where there is no code.
    """
    first: dict[tuple[Any, ...], int] = {}
    kept, problems = [], []
    for row in rows:
        identity = _identity(row)
        if identity in first:
            column, value, message = ("编号", row.code, "code_twice") if row.code else ("", row.name, "row_twice")
            problems.append(RowProblem(row.row, column, value or "", message, "error", {"first": first[identity]}))
        else:
            first[identity] = row.row
            kept.append(row)
    return kept, problems


def _identity(row: RegisterRow) -> tuple[Any, ...]:
    if row.code is not None:
        return network_of(row), row.code
    # Seven decimals are a centimetre: the same cell of a spreadsheet, however it was converted.
    return network_of(row), row.name, row.facility_type, round(row.lon, 7), round(row.lat, 7)


def incoming_row(row: RegisterRow, *, synthetic: bool, org_ids: Mapping[str, int]) -> IncomingRow:
    """A row as the stores take it; `org_ids` gives the number of every organisation that rows name."""
    site = site_document(row, synthetic=synthetic)
    facility = facility_document(row, synthetic=synthetic)
    children = children_documents(row)
    return IncomingRow(
        row_number=row.row,
        network_code=network_of(row),
        code=row.code,
        name=row.name,
        facility_type=row.facility_type,
        geog=site["geom"],
        site_hash=digest(site),
        # The organisation by its name: its number differs from database to database.
        content_hash=digest([site, facility, children, row.org]),
        site=site,
        facility=facility | {"org_id": org_ids.get(row.org or "")},
        children=children,
    )


def site_document(row: RegisterRow, *, synthetic: bool) -> dict[str, Any]:
    """What the row says about the door: two rows that say the same stand at the same door."""
    return {name: getattr(row, name) for name in SITE_FIELDS} | {
        # repr of a float is the shortest text that reads back as the same float.
        "geom": f"SRID=4326;POINT({row.lon!r} {row.lat!r})",
        "raw_lng": row.raw_lon,
        "raw_lat": row.raw_lat,
        "coord_datum": str(row.datum),
        "coord_method": "synthetic" if synthetic or row.is_synthetic else None,
        "district_stated": row.district,
        "street_stated": row.street,
    }


def facility_document(row: RegisterRow, *, synthetic: bool) -> dict[str, Any]:
    """What the row says about the facility itself."""
    return {name: getattr(row, name) for name in FACILITY_FIELDS} | {
        "alt_names": list(row.alt_names),
        "user_groups": sorted(row.user_groups),
        "entry_methods": list(row.entry_methods),
        "opened_on": _iso(row.opened_on),
        "last_verified_on": _iso(row.last_verified_on),
        "hours_text": row.hours.text or None,
        "hours_certain": row.hours.certain,
        "is_synthetic": synthetic or row.is_synthetic,
        "visible": True,
    }


def children_documents(row: RegisterRow) -> dict[str, list[dict[str, Any]]]:
    """What hangs on the facility: plates, amenities, services, opening rules."""
    own = network_of(row)
    return {
        # The code is the one of the network whose register this is; other plates are named without theirs.
        "memberships": [
            {"network_code": network, "code": row.code if network == own else None}
            for network in dict.fromkeys([own, *row.networks])
        ],
        "amenities": [{"amenity_code": code, "state": state} for code, state in sorted(row.amenities.items())],
        "services": [{"service_code": code} for code in sorted(row.services)],
        "rules": [rule.to_dict() | {"ordinal": ordinal} for ordinal, rule in enumerate(row.hours.rules)],
    }


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def digest(document: Any) -> str:
    """SHA-256 of a document, whatever the order of its keys."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
