"""Buildings and places that could take a station in, as OSM knows them: which tags make which type of host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geo.streets.modes import REFUSED

HOST_TAGS: dict[tuple[str, str], str] = {
    ("amenity", "toilets"): "toilet",
    ("amenity", "bus_station"): "bus_station",
    ("amenity", "bank"): "bank",
    ("amenity", "fuel"): "fuel",
    ("amenity", "library"): "library",
    ("amenity", "community_centre"): "community",
    ("amenity", "social_centre"): "community",
    ("amenity", "townhall"): "government_hall",
    ("amenity", "charging_station"): "ev_station",
    ("amenity", "hospital"): "hospital",
    ("amenity", "clinic"): "hospital",
    ("amenity", "pharmacy"): "pharmacy",
    ("amenity", "post_office"): "post_express",
    ("amenity", "restaurant"): "restaurant",
    ("amenity", "fast_food"): "restaurant",
    ("amenity", "waste_transfer_station"): "sanitation_depot",
    ("shop", "mall"): "mall",
    ("shop", "department_store"): "mall",
    ("leisure", "park"): "park",
    ("landuse", "construction"): "construction_site",
    ("office", "government"): "government_hall",
    ("office", "telecommunication"): "telecom",
    ("office", "estate_agent"): "estate_agent",
    ("railway", "subway_entrance"): "metro",
    ("station", "subway"): "metro",
}
"""OSM tag and the host type it stands for; of several tags of one object the first in this order counts."""
SHOPS_THAT_NEVER_CLOSE = frozenset({"convenience", "supermarket"})
HOST_KEYS = tuple(sorted({key for key, _ in HOST_TAGS}))


@dataclass(frozen=True)
class Host:
    """A place that could take a station in. `osm_id` is written n123, w123 or r123; degrees are WGS-84."""

    osm_id: str
    host_type: str
    name: str | None
    lon: float
    lat: float
    opening_hours: str | None


def host_type(tags: Mapping[str, str]) -> str | None:
    """The type of host an object is, None if it is none."""
    for (key, value), code in HOST_TAGS.items():
        if tags.get(key) == value:
            return code
    if tags.get("shop") in SHOPS_THAT_NEVER_CLOSE and tags.get("opening_hours", "").startswith("24/7"):
        return "convenience_24h"
    return None


def is_private(tags: Mapping[str, str]) -> bool:
    """Whether a place is closed to the public, so that nobody could look for it."""
    return tags.get("access") in REFUSED


def host_from(osm_id: str, code: str, tags: Mapping[str, str], lon: float, lat: float) -> Host:
    """A host with its name as it is tagged."""
    name = tags.get("name:zh") or tags.get("name")
    return Host(osm_id, code, name, lon, lat, tags.get("opening_hours"))
