"""
A snapshot as organisations, services and services at locations.

An organisation is whoever runs a station, where the register says so; else the network whose plate the door carries. A
service is one kind of thing an organisation does: a type of facility, or a service for people such as legal aid. A
station is a location, and a service at a location for each of its services. HSDS 3.0 keeps status and assured date with
the service alone; what is true of one station and not of the next stands at the station, as a profile may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.places import vocabulary
from geo.places.vocabulary import label
from geo.services.collections.of_snapshot import plain
from geo.services.hsds import at_locations, locations
from geo.services.hsds.at_locations import ServiceKey
from geo.services.hsds.identity import identity
from geo.services.hsds.stations import Moments, Record, Stations, instant
from geo.services.hsds.taxonomies import LANGUAGE, attribute, terms
from geo.snapshot.model import Snapshot

BY_HOPE: Final = ("active", "temporarily closed", "inactive", "defunct")
"""A service has the best status any of its stations has."""

SPOKEN: Final = "登记册所用语言 (the language of the register)。"


@dataclass(frozen=True)
class Directory:
    """
    Everything HSDS says of a snapshot.

    A row is one service at one location. Records of rows are made when somebody asks for them: all of them together
    would take more room than the snapshot.
    """

    slug: str
    city_name: str
    stations: Stations
    organizations: tuple[Record, ...]
    services: tuple[Record, ...]
    keys: tuple[ServiceKey, ...]
    """Who gives each service, and what it is."""
    organization_of_service: NDArray[np.intp]
    service_of_row: NDArray[np.intp]
    station_of_row: NDArray[np.intp]

    def at_location(self, row: int, *, is_whole: bool) -> Record:
        """The record of a row, with its service and its location; whole, or what there is one of."""
        service, station = int(self.service_of_row[row]), int(self.station_of_row[row])
        listed = at_locations.in_list(self.slug, self.keys[service], self.stations, station)
        place = locations.in_list(self.slug, self.stations, station)
        if not is_whole:
            return {**listed, "location": place}
        more = locations.whole(place["id"], self.city_name, self.stations, station)
        return {**listed, **at_locations.whole(listed["id"], self.stations, station), "location": {**place, **more}}

    def rows_of_service(self, service: int) -> list[int]:
        """The rows of one service."""
        return [int(row) for row in np.flatnonzero(self.service_of_row == service)]

    @cached_property
    def rows_of_term(self) -> Mapping[str, NDArray[np.intp]]:
        """The rows that have what a term says, or whose service has it; what cannot be used is not had."""
        of_station: dict[tuple[str, str], list[int]] = {}
        for station in range(len(self.stations.ids)):
            for link in at_locations.links_of(self.stations, station):
                if link.kind != at_locations.NOT_USABLE:
                    of_station.setdefault((link.taxonomy, link.code), []).append(station)
        rows = {key: np.flatnonzero(np.isin(self.station_of_row, those)) for key, those in of_station.items()}
        for service, (*_, taxonomy, code) in enumerate(self.keys):
            own = np.flatnonzero(self.service_of_row == service)
            rows[taxonomy, code] = np.union1d(rows.get((taxonomy, code), own), own)
        return {terms().by_code[key]["id"]: found for key, found in rows.items()}

    @cached_property
    def words(self) -> Sequence[str]:
        """What is looked through for every row, without capitals."""
        text = self.stations.text
        of_service = [f"{one['name']}\n{one['alternate_name']}" for one in self.services]
        of_station = [
            "\n".join(part or "" for part in parts) for parts in zip(*(text[name] for name in SEARCHED), strict=True)
        ]
        return [
            f"{of_station[station]}\n{of_service[service]}".casefold()
            for service, station in zip(self.service_of_row, self.station_of_row, strict=True)
        ]

    @cached_property
    def changed(self) -> Moments:
        """When the station of each row was changed last."""
        return self.stations.changed[self.station_of_row]

    @cached_property
    def organization_of_id(self) -> Mapping[str, int]:
        """Places of organisations."""
        return {one["id"]: place for place, one in enumerate(self.organizations)}

    @cached_property
    def service_of_id(self) -> Mapping[str, int]:
        """Places of services."""
        return {one["id"]: place for place, one in enumerate(self.services)}

    @cached_property
    def row_of_id(self) -> Mapping[str, int]:
        """Rows by the ids of services at locations."""
        return {
            at_locations.at_location_id(self.slug, self.keys[service], self.stations.ids[station]): row
            for row, (service, station) in enumerate(zip(self.service_of_row, self.station_of_row, strict=True))
        }


SEARCHED: Final = ("name", "code", "landmark_hint", "address", "street", "district")


@lru_cache(maxsize=2)
def directory_of(snapshot: Snapshot) -> Directory:
    """The directory of a snapshot; kept with that of the one before it, for requests that began with that one."""
    return made_directory(snapshot.city.slug, snapshot.city.name, Stations.of(snapshot))


def made_directory(slug: str, city_name: str, stations: Stations) -> Directory:
    """The directory of some facilities of a city."""
    # which services there are, who gives them, and where
    keys: dict[ServiceKey, int] = {}
    runners: dict[Runner, int] = {}
    rows: list[tuple[int, int]] = []
    for station, offered in enumerate(offers(stations)):
        for key in offered:
            runners.setdefault(key[:2], len(runners))
            rows.append((keys.setdefault(key, len(keys)), station))
    # what they come to
    organizations = tuple(organization(slug, runner) for runner in runners)
    members: list[list[int]] = [[] for _ in keys]
    for service, station in rows:
        members[service].append(station)
    return Directory(
        slug=slug,
        city_name=city_name,
        stations=stations,
        organizations=organizations,
        services=tuple(
            made_service(slug, key, organizations[runners[key[:2]]], stations, members[place])
            for key, place in keys.items()
        ),
        keys=tuple(keys),
        organization_of_service=np.array([runners[key[:2]] for key in keys], dtype=np.intp),
        service_of_row=np.array([service for service, _ in rows], dtype=np.intp),
        station_of_row=np.array([station for _, station in rows], dtype=np.intp),
    )


Runner = tuple[str, str]
"""What kind of organisation it is (`operator` or `network`), and its name or code."""


def offers(stations: Stations) -> list[list[ServiceKey]]:
    """Of every facility who runs it and what is offered there."""
    columns = (
        stations.text["operator"],
        stations.text["facility_type"],
        stations.words["networks"],
        stations.words["services"],
    )
    return [keys_of(*facts) for facts in zip(*columns, strict=True)]


def keys_of(operator: str | None, kind: str | None, networks: Sequence[str], helps: Sequence[str]) -> list[ServiceKey]:
    """The services of one facility: its type, and what is done for people, by each of those who run it."""
    runners: list[Runner] = [("operator", operator)] if operator else [("network", one) for one in networks]
    kinds = [("facility_types", str(kind)), *(("services", code) for code in helps)]
    return [(*runner, *one) for runner in runners for one in kinds]


def ids_of_first(snapshot: Snapshot) -> Mapping[str, str]:
    """Ids of records about the first facility, for examples; nothing else of the directory is made."""
    row = snapshot.facilities.iloc[0]
    key = keys_of(plain(row.get("operator")), row["facility_type"], row["networks"], ())[0]
    slug = snapshot.city.slug
    return {
        "organization": identity(slug, "organization", *key[:2]),
        "service": identity(slug, "service", *key),
        "service_at_location": at_locations.at_location_id(slug, key, snapshot.facility_ids[0]),
        "taxonomy": terms().taxonomies[0]["id"],
        "taxonomy_term": terms().records[0]["id"],
    }


def organization(slug: str, runner: Runner) -> Record:
    """The record of whoever runs stations."""
    kind, name = runner
    said: Record = {"id": identity(slug, "organization", kind, name)}
    if kind == "operator":
        return {**said, "name": name, "description": "登记册所列的管理或运营单位 (named by the register)。"}
    zh, en = (label(vocabulary.NETWORKS, name, lang) for lang in ("zh", "en"))
    words = f"挂“{zh}”标识的站点；登记册未写明管理单位 (stations that carry this plate; who runs them is not stated)。"
    return {**said, "name": zh, "alternate_name": en, "description": words}


def made_service(slug: str, key: ServiceKey, owner: Record, stations: Stations, members: Sequence[int]) -> Record:
    """A service from the stations where it is given, with what it has several of."""
    *_, taxonomy, code = key
    own = identity(slug, "service", *key)
    table = vocabulary.FACILITY_TYPES if taxonomy == "facility_types" else vocabulary.SERVICES
    zh, en = label(table, code), label(table, code, "en")
    statuses = {at_locations.STATUS_IN_HSDS[str(stations.text["status"][station])] for station in members}
    said: Record = {
        "id": own,
        "organization_id": owner["id"],
        "name": f"{owner['name']} · {zh}",
        "alternate_name": en,
        "description": f"{zh}，{len(members)} 处 ({en}, {len(members)} places)。",
        "status": next(status for status in BY_HOPE if status in statuses),
        "last_modified": instant(stations.changed[list(members)].max()),
    }
    assured = [stations.text["last_verified_on"][station] for station in members]
    if all(assured):
        # Nothing of the service was checked longer ago than this.
        said["assured_date"] = min(map(str, assured))
    tongue = {"name": "中文", "code": LANGUAGE, "note": SPOKEN}
    return {
        **said,
        "attributes": [attribute(own, "service", taxonomy, code, link_type="type")],
        "languages": [{"id": identity(own, "language"), "service_id": own, **tongue}],
    }
