"""A register made from the places of an OSM extract, for cities whose unions have given us none."""

from __future__ import annotations

import csv
from pathlib import Path

import osmium

KINDS = {
    ("public_transport", "platform"),
    *(
        ("amenity", kind)
        for kind in ("toilets", "drinking_water", "bus_station", "bank", "fuel", "library", "marketplace")
    ),
}
"""Places of the kinds that host stations, and the platforms that riders wait at."""


def write_register(extract: Path, register: Path) -> int:
    """Write the extract's places as a register (WGS-84) with Chinese headings; returns how many there are."""
    nodes = osmium.FileProcessor(str(extract), osmium.osm.NODE).with_filter(osmium.filter.TagFilter(*KINDS))
    rows = [(f"P{place.id}", place.tags.get("name") or f"P{place.id}", place.lon, place.lat) for place in nodes]
    with register.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["编号", "站点名称", "经度", "纬度", "开放时间"])
        sheet.writerows([*row, "08:00-20:00"] for row in rows)
    return len(rows)
