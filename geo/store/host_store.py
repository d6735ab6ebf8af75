"""Buildings that could take a station in, as the street extract in use knows them."""

from __future__ import annotations

import pandas as pd
import shapely
from sqlalchemy import Connection, bindparam, func, select

from geo.store.bulk import copy_rows
from geo.store.tables import host, street_network

HOSTS = (
    select(
        host.c.host_id,
        host.c.osm_id,
        host.c.host_type,
        host.c.name,
        host.c.opening_hours,
        func.ST_X(host.c.geom).label("lon"),
        func.ST_Y(host.c.geom).label("lat"),
    )
    .select_from(host.join(street_network, host.c.street_network_id == street_network.c.street_network_id))
    .where(host.c.city_id == bindparam("city_id"), street_network.c.is_current)
    .order_by(host.c.host_id)
)


def load_hosts(connection: Connection, city_id: int) -> pd.DataFrame:
    """Hosts of the network in use, by number: `osm_id`, `host_type`, `name`, `opening_hours`, `lon`, `lat` (WGS-84)."""
    result = connection.execute(HOSTS, {"city_id": city_id})
    rows = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object).set_index("host_id")
    return rows.astype({"lon": "float64", "lat": "float64"})


def add_hosts(connection: Connection, city_id: int, street_network_id: int, hosts: pd.DataFrame) -> int:
    """Write the hosts of a network; columns as `load_hosts` gives them. Returns how many."""
    rows = hosts[["osm_id", "host_type", "name", "opening_hours"]].copy()
    rows["city_id"] = city_id
    rows["street_network_id"] = street_network_id
    points = shapely.set_srid(shapely.points(hosts["lon"].to_numpy(float), hosts["lat"].to_numpy(float)), 4326)
    rows["geom"] = shapely.to_wkb(points, hex=True, include_srid=True)
    return copy_rows(connection, host, rows)
