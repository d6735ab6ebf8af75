"""
A station as a GIS or another program describes it, checked and turned into what the register's tables hold.

The properties are those that the collection of stations answers, so that what was read can be changed and sent back.
They are read by the same functions as a row of a register; only words that the vocabulary does not know are refused
here, where a register keeps them as a note, because a program can be told and a paper cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from geo.datum import Datum
from geo.errors import InputError
from geo.features.table import Column, FeatureTable, Kind
from geo.places.register import RegisterRow, RowProblem, read_single
from geo.services.register_rows import NETWORK_OF_TYPE, children_documents, digest, facility_document, site_document
from geo.snapshot.masks import USABLE_AMENITY
from geo.store.edit_store import Edit, Stored
from geo.types import Box

FIELD_OF = {
    "code": "code",
    "name": "name",
    "type": "facility_type",
    "class": "facility_class",
    "networks": "networks",
    "status": "status",
    "district": "district",
    "street": "street",
    "address": "address",
    "landmark": "landmark_hint",
    "hours": "hours",
    "amenities": "amenities",
    "entry": "entry_methods",
    "groups": "user_groups",
    "floor": "floor",
    "bike_parking": "bike_parking",
    "attended": "attended",
    "seats": "seats",
    "capacity": "capacity_people",
    "step_free": "step_free",
    "public_phone": "public_phone",
    "verified": "last_verified_on",
}
"""The register's field of every property that can be written."""

SITE_COLUMNS = {
    "address": ("address",),
    "landmark": ("landmark_hint",),
    "district": ("district_stated",),
    "street": ("street_stated",),
    "floor": ("floor",),
    "bike_parking": ("bike_parking",),
    "seats": ("seats",),
    "capacity": ("capacity_people",),
    "step_free": ("step_free",),
    "geometry": ("geom", "raw_lng", "raw_lat", "coord_datum", "coord_method"),
}
FACILITY_COLUMNS = {
    "name": ("name",),
    "type": ("facility_type",),
    "class": ("facility_class",),
    "status": ("status",),
    "hours": ("hours_text", "hours_certain"),
    "entry": ("entry_methods",),
    "groups": ("user_groups",),
    "attended": ("attended",),
    "public_phone": ("public_phone",),
    "verified": ("last_verified_on",),
}
"""The columns in which a property stands."""

LONGEST_TEXT = 2000
MOST_WORDS = 100
LARGEST_COUNT = 1_000_000

SAME_PLACE_DEG = 2e-7
"""Closer than this (two centimetres) is the same place: a position that went through another reference system."""


class PropertyError(InputError):
    """A property is not what it must be; `name` is that of the property, or `geometry`."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Description:
    """What a station is to be: properties (those left out are unknown), and its position in WGS-84 degrees."""

    properties: Mapping[str, Any]
    lon: float
    lat: float


def described(table: FeatureTable, row: int) -> Description:
    """What a station is now, with only what can be written."""
    point = table.geometry[row]
    values = {name: table.columns[name].plain(np.array([row]))[0] for name in FIELD_OF}
    said = {name: None if value in ("", []) else value for name, value in values.items()}
    return Description(said, float(point.x), float(point.y))


def checked(wanted: Description, columns: Mapping[str, Column]) -> Description:
    """
    The description with every writable property in it, None where nothing is said.

    Raises
    ------
    PropertyError
        A property is unknown, or not of its kind; or there is no name, or no position on earth.
    """
    for name in wanted.properties:
        if name not in columns:
            shown = name if name.isprintable() and len(name) <= 40 else "…"
            raise PropertyError(shown, f"A station has no property `{shown}`; it has: {', '.join(FIELD_OF)}.")
    if not (-180 <= wanted.lon <= 180 and -90 <= wanted.lat <= 90):
        raise PropertyError("geometry", "`geometry` must lie on earth: longitude first, then latitude, in degrees.")
    values = {name: checked_value(columns[name], wanted.properties.get(name)) for name in FIELD_OF}
    if not values["name"]:
        raise PropertyError("name", "`name` is missing; every station has one.")
    return Description(values, wanted.lon, wanted.lat)


def checked_value(column: Column, value: Any) -> Any:
    """One value if it is of its property's kind; empty texts and lists are unknown."""
    if value is None:
        return None
    fits, must_be = KINDS[column.kind]
    if not fits(value):
        raise PropertyError(column.name, f"`{column.name}` must be {must_be}, or null.")
    if isinstance(value, str) and not all(char.isprintable() or char in "\u3000\n" for char in value):
        raise PropertyError(column.name, f"`{column.name}` holds control characters.")
    words = value if isinstance(value, list) else [value]
    if column.options is not None and not set(words) <= set(column.options):
        raise PropertyError(column.name, f"`{column.name}` must be of: {', '.join(column.options)}.")
    return int(value) if column.kind is Kind.INTEGER else value if value not in ("", []) else None


def is_text(value: Any) -> bool:
    """Whether a value is a text of bearable length."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def is_count(value: Any) -> bool:
    """Whether a value is a whole number that a table can hold; 4.0 is one in JSON."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= LARGEST_COUNT and value == int(value)


def is_words(value: Any) -> bool:
    """Whether a value is a list of a few texts, each once."""
    is_list = isinstance(value, list) and len(value) <= MOST_WORDS and all(map(is_text, value))
    return is_list and len(set(value)) == len(value)


def is_day(value: Any) -> bool:
    """Whether a value is a day of the calendar."""
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


KINDS = {
    Kind.TEXT: (is_text, f"a text of at most {LONGEST_TEXT} letters"),
    Kind.INTEGER: (is_count, f"a whole number from 0 to {LARGEST_COUNT}"),
    Kind.BOOLEAN: (lambda value: isinstance(value, bool), "true or false"),
    Kind.DATE: (is_day, "a day like 2026-11-20"),
    Kind.WORDS: (is_words, "a list of different texts"),
}


def read_description(wanted: Description, home: Box) -> tuple[RegisterRow, list[RowProblem]]:
    """
    A checked description as a row of a register, with the doubts about it.

    Raises
    ------
    PropertyError
        The register's own checks refuse it.
    """
    cells = {FIELD_OF[name]: as_cell(value) for name, value in wanted.properties.items() if value is not None}
    titles = {field: name for name, field in FIELD_OF.items()} | {"lon": "geometry", "lat": "geometry"}
    position = {"lon": wanted.lon, "lat": wanted.lat}
    row, problems = read_single(cells | position, titles, datum=Datum.WGS84, home_box=home)
    if row is None:
        first = next((one for one in problems if one.severity == "error"), problems[0])
        name = first.column or "name"
        raise PropertyError(name, f"`{name}`: {first.problem_en} {first.remedy_en}")
    return row, problems


def as_cell(value: Any) -> Any:
    """A value as a spreadsheet would hold it."""
    return "、".join(value) if isinstance(value, list) else value


def changed_properties(now: Description, wanted: Description) -> frozenset[str]:
    """The properties in which two checked descriptions differ, `geometry` among them."""
    changed = {name for name, value in wanted.properties.items() if not same(value, now.properties[name])}
    has_moved = max(abs(wanted.lon - now.lon), abs(wanted.lat - now.lat)) > SAME_PLACE_DEG
    return frozenset(changed | ({"geometry"} if has_moved else set()))


def same(value: Any, other: Any) -> bool:
    """Whether two values say the same; the order of words says nothing."""
    if isinstance(value, list) or isinstance(other, list):
        return set(value or ()) == set(other or ())
    return bool(value == other)


def edit_of(stored: Stored, now: Description, row: RegisterRow, changed: Iterable[str]) -> tuple[Edit, list[Plate]]:
    """
    What changes in the tables, and the plates that are left.

    Only what differs is written: what a description cannot say (services, the host, states of broken things) stays.
    """
    names = set(changed)
    facility = picked(facility_document(row, synthetic=False), FACILITY_COLUMNS, names)
    site = picked(site_document(row, synthetic=False), SITE_COLUMNS, names)
    if "geometry" in names:
        site["entrance_geom"] = None  # it was the entrance of the other place
    children = children_documents(row)
    kept = dict(stored.children)
    if "hours" in names:
        kept["rules"] = children["rules"]
    if "amenities" in names:
        kept["amenities"] = amenities_of(stored.children["amenities"], row.amenities)
    plates = plates_of(stored.children["memberships"], now, row, names)
    kept["memberships"] = plates
    whole = stored.site | site
    return (
        Edit(
            facility=facility,
            children=kept,
            site=whole if site else None,
            site_hash=site_hash(whole, row, stored, moved="geometry" in names),
            content_hash=digest([stored.facility.get("content_hash"), facility, site, kept]),
        ),
        plates,
    )


def removal_of(stored: Stored) -> Edit:
    """What changes when a station is taken out: it is retired and hidden, and everything about it stays."""
    facility = {"status": "retired", "visible": False}
    return Edit(facility, stored.children, None, "", digest([stored.facility.get("content_hash"), facility]))


Plate = dict[str, Any]
"""A network and the facility's code in it, as a row of its table."""


def picked(document: Mapping[str, Any], columns_of: Mapping[str, tuple[str, ...]], names: set[str]) -> dict[str, Any]:
    """The columns of some properties."""
    return {column: document[column] for name in names for column in columns_of.get(name, ())}


def site_hash(whole: Mapping[str, Any], row: RegisterRow, stored: Stored, *, moved: bool) -> str:
    """The digest by which a door with the same description is found."""
    lon, lat = (row.lon, row.lat) if moved else (stored.lon, stored.lat)
    columns = site_document(row, synthetic=False).keys()
    return digest({name: whole.get(name) for name in columns} | {"geom": f"SRID=4326;POINT({lon!r} {lat!r})"})


def amenities_of(stored: Iterable[dict[str, Any]], wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """Amenities that can be used as wanted; what is known to be broken or absent goes on being known."""
    by_code = {row["amenity_code"]: row for row in stored}
    kept = {code: row for code, row in by_code.items() if code in wanted or row["state"] not in USABLE_AMENITY}
    for code in wanted:
        row = kept.get(code, {"amenity_code": code, "state": "available"})
        kept[code] = row if row["state"] in USABLE_AMENITY else row | {"state": "available"}
    return [kept[code] for code in sorted(kept)]


def plates_of(stored: Iterable[Plate], now: Description, row: RegisterRow, names: set[str]) -> list[Plate]:
    """The plates of a facility: those it has, or those of the networks wanted, with the code wanted."""
    code_in = {plate["network_code"]: plate["code"] for plate in stored}
    if "networks" in names:
        wanted = row.networks or (NETWORK_OF_TYPE.get(row.facility_type, "union_station"),)
        code_in = {network: code_in.get(network) for network in wanted}
    if "code" in names:
        shown = now.properties["code"]
        holder = next((network for network in sorted(code_in) if code_in[network] == shown), next(iter(code_in)))
        code_in = dict.fromkeys(code_in) if row.code is None else code_in | {holder: row.code}
    return [{"network_code": network, "code": code_in[network]} for network in sorted(code_in)]
