"""Rows of a register as the stores take them, drawn by hand."""

from __future__ import annotations

import hashlib
from typing import Any

from geo.store.import_store import IncomingRow


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def incoming(
    row_number: int,
    code: str | None,
    name: str = "驿站",
    *,
    lon: float = 120.0,
    lat: float = 36.0,
    address: str | None = None,
    phone: str | None = None,
    network: str = "union_station",
    district: str | None = None,
    amenities: tuple[str, ...] = ("wifi",),
) -> IncomingRow:
    """One row; whatever is left out is the same in every row."""
    position = f"SRID=4326;POINT({lon} {lat})"
    said: tuple[Any, ...] = (code, name, lon, lat, address, phone, network, district, amenities)
    return IncomingRow(
        row_number=row_number,
        network_code=network,
        code=code,
        name=name,
        facility_type="union_station",
        geog=position,
        site_hash=digest(lon, lat, address, district),
        content_hash=digest(*said),
        site={"geom": position, "coord_datum": "wgs84", "address": address, "district_stated": district},
        facility={
            "name": name,
            "facility_type": "union_station",
            "public_phone": phone,
            "alt_names": [],
            "user_groups": ["rider"],
            "entry_methods": [],
            "status": "active",
            "hours_text": "周一至周五 08:00-18:00",
            "hours_certain": True,
            "is_synthetic": False,
            "visible": True,
        },
        children={
            "memberships": [{"network_code": network, "code": code}],
            "amenities": [{"amenity_code": amenity, "state": "available"} for amenity in amenities],
            "services": [{"service_code": "psych"}],
            "rules": [
                {
                    "ordinal": 0,
                    "byday": [1, 2, 3, 4, 5],
                    "opens_min": 480,
                    "closes_min": 1080,
                    "holiday_policy": "unknown",
                    "certain": True,
                }
            ],
        },
    )
