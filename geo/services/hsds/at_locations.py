"""Services at locations: one station in one of its services, with hours, phone, attributes and its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from geo.places import vocabulary
from geo.places.vocabulary import Table, label
from geo.services.hsds.identity import identity
from geo.services.hsds.locations import location_id
from geo.services.hsds.schedules import ScheduleRow, schedule
from geo.services.hsds.stations import Record, Stations, instant, present
from geo.services.hsds.taxonomies import attribute
from geo.snapshot.masks import USABLE_AMENITY

ServiceKey = tuple[str, str, str, str]
"""Who gives a service (`operator` or `network`, and which), and what it is (a taxonomy and a code)."""

STATUS_IN_HSDS: Final = {
    "active": "active",
    "temporarily_closed": "temporarily closed",
    "suspended": "inactive",
    "planned": "inactive",
    "retired": "defunct",
}
NOT_CHECKED: Final = "unknown"
NOT_USABLE: Final = "amenity_not_usable"
"""The kind of link to an amenity that is broken, or known not to be there."""

MADE_UP: Final = "演示数据，并非真实登记 (made-up data)。"


def at_location_id(slug: str, key: ServiceKey, number: int) -> str:
    """The id of a service at the station of a number."""
    return identity(slug, "service_at_location", *key, number)


def in_list(slug: str, key: ServiceKey, stations: Stations, station: int) -> Record:
    """A service at a location as lists show it: what there is one of."""
    number, text = stations.ids[station], stations.text
    status = str(text["status"][station])
    said: Record = {
        "id": at_location_id(slug, key, number),
        "service_id": identity(slug, "service", *key),
        "location_id": location_id(slug, number),
        "status": STATUS_IN_HSDS[status],
        "last_modified": instant(stations.changed[station]),
    }
    said |= present(
        {
            "description": described(stations, station) or None,
            "assured_date": text["last_verified_on"][station],
            "assurer": text["source_name"][station],
        }
    )
    if stations.doubted[station]:
        said["alert"] = "近期有人反映与登记不符，待核实 (recent visitors report otherwise)。"
    return said


def whole(own: str, stations: Stations, station: int) -> Record:
    """What a service at a location, of which `own` is the id, has several of: hours, phones, attributes."""
    phone, hours = stations.text["public_phone"][station], stations.text["hours_text"][station]
    rows = stations.schedules[station]
    return {
        "phones": [{"id": identity(own, "phone"), "service_at_location_id": own, "number": phone}] if phone else [],
        # Without a rule and without a word there is nothing to say.
        "schedules": [schedule(row, own, hours) for row in rows] if hours or any_hours(rows) else [],
        "attributes": [
            attribute(own, "service_at_location", link.taxonomy, link.code, link_type=link.kind, value=link.value)
            for link in links_of(stations, station)
        ],
    }


def any_hours(rows: Sequence[ScheduleRow]) -> bool:
    """Whether any row says when something opens."""
    return any(row.opens_min is not None for row in rows)


def described(stations: Stations, station: int) -> str:
    """A station in a sentence or two: how one gets in, and whether any of this is real."""
    text = stations.text
    entry = named(vocabulary.ENTRY_METHODS, stations.words["entry_methods"][station])
    first = text["first_use_needs"][station]
    parts = [
        f"进入方式：{entry}" if entry else "",
        f"首次使用：{label(vocabulary.FIRST_USE_NEEDS, first)}" if first else "",
        text["entry_note"][station] or "",
    ]
    sentence = "；".join(part for part in parts if part)
    made_up = MADE_UP if stations.synthetic[station] else ""
    return f"{sentence}。{made_up}" if sentence else made_up


def named(table: Table, codes: Iterable[str]) -> str:
    """Codes by their Chinese names."""
    return "、".join(label(table, code) for code in codes)


class TermLink(NamedTuple):
    """What a station has, as a term of a taxonomy, and how it is meant."""

    taxonomy: str
    code: str
    kind: str
    value: str | None = None


def links_of(stations: Stations, station: int) -> list[TermLink]:
    """The terms of a station. An amenity that nobody checked is none of them: unknown is not absent."""
    text, words = stations.text, stations.words
    found = [TermLink("networks", code, "network") for code in words["networks"][station]]
    found += [
        TermLink("amenities", code, "amenity" if state in USABLE_AMENITY else NOT_USABLE, state)
        for code, state in sorted(stations.amenities[station].items())
        if state != NOT_CHECKED
    ]
    found += [TermLink("entry_methods", code, "entry") for code in words["entry_methods"][station]]
    found += [TermLink("user_groups", code, "eligibility") for code in words["user_groups"][station]]
    for taxonomy, name, kind in SINGLE_TERMS:
        code = text[name][station]
        found += [TermLink(taxonomy, code, kind)] if code else []
    for code, name in (("seats", "seats"), ("capacity", "capacity_people")):
        count = text[name][station]
        found += [TermLink("room", code, "capacity", str(int(float(count))))] if count is not None else []
    return found


SINGLE_TERMS: Final = (
    ("statuses", "status", "status"),
    ("classes", "facility_class", "class"),
    ("first_use", "first_use_needs", "entry"),
    ("attended", "attended", "attended"),
)
"""Taxonomy, column and kind of link of what a station has at most one of."""
