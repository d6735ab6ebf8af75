"""What stands near a point in a straight line, exactly: for checks, not for riders, who count in minutes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from geo.store.statements import statement
from geo.types import LonLat

SPHERE_TO_SPHEROID = 1.0057
"""
No path on the spheroid is shorter than its image on PostGIS's sphere divided by this.

PostGIS measures on a sphere of radius R = (2a + b) / 3, and the radii of curvature of the spheroid lie between
0.99442 R and 1.00449 R; 1 / 0.99442 = 1.00561.
"""


class NearSite(NamedTuple):
    """A site and its distance (in metres, on the spheroid)."""

    site_id: int
    distance_m: float


def nearest_sites(connection: Connection, city_id: int, point: LonLat, count: int) -> list[NearSite]:
    """
    The sites of a city nearest to a point, nearest first, ties by number.

    The index orders by distance on the sphere, which puts about one list of five in fifty in the wrong order. So more
    are fetched than asked for, and more again until none that was not seen can be nearer than the last one kept.
    """
    fetched = 2 * count + 8
    while True:
        asked = {"city_id": city_id, "lon": point.lon, "lat": point.lat, "fetched": fetched}
        rows = connection.execute(statement("nearest_sites"), asked).all()
        found = [NearSite(row.site_id, row.distance_m) for row in rows]
        kept = sorted(found, key=lambda site: (site.distance_m, site.site_id))[:count]
        if len(rows) < fetched or rows[-1].sphere_m > kept[-1].distance_m * SPHERE_TO_SPHEROID:
            return kept
        fetched *= 2
