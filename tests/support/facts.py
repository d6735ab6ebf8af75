"""Everything a city's tables say about places, without the numbers the database gave, to compare two databases."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, text

FACTS = text("""
    SELECT jsonb_build_object(
        'facility',
        to_jsonb(facility)
        - ARRAY['facility_id', 'city_id', 'site_id', 'source_id', 'import_batch_id', 'updated_at', 'org_id'],
        'site', to_jsonb(site) - ARRAY['site_id', 'city_id', 'source_id', 'geom', 'geog', 'entrance_geom'],
        'place', concat_ws(' ', site.geom::text, site.geog::text, site.entrance_geom::text),
        'same_door', (SELECT count(*) FROM facility AS other WHERE other.site_id = facility.site_id),
        'source', (SELECT source.name FROM source WHERE source.source_id = facility.source_id),
        'memberships',
        (SELECT jsonb_agg(jsonb_build_array(network_code, code) ORDER BY network_code)
         FROM network_membership AS m WHERE m.facility_id = facility.facility_id),
        'amenities',
        (SELECT jsonb_agg(to_jsonb(a) - ARRAY['facility_id', 'source_id'] ORDER BY amenity_code)
         FROM amenity_at_facility AS a WHERE a.facility_id = facility.facility_id),
        'services',
        (SELECT jsonb_agg(to_jsonb(s) - ARRAY['facility_id', 'source_id'] ORDER BY service_code)
         FROM service_at_facility AS s WHERE s.facility_id = facility.facility_id),
        'rules',
        (SELECT jsonb_agg(to_jsonb(r) - 'facility_id' ORDER BY ordinal)
         FROM opening_rule AS r WHERE r.facility_id = facility.facility_id)
    )
    FROM facility JOIN site USING (site_id)
    WHERE facility.city_id = :city_id
""")

EVERY_ROW = """
    SELECT md5(coalesce(string_agg(row_text, chr(10) ORDER BY row_text), ''))
    FROM (SELECT {table}::text AS row_text FROM {table}) AS every_row
"""

FACT_TABLES = (
    "site",
    "facility",
    "network_membership",
    "amenity_at_facility",
    "service_at_facility",
    "opening_rule",
    "opening_exception",
    "city",
)


def facts_of(connection: Connection, city_id: int) -> list[str]:
    """One line per facility, sorted, free of the numbers that the database gave."""
    return sorted(json.dumps(row, sort_keys=True) for row in connection.execute(FACTS, {"city_id": city_id}).scalars())


def checksum(connection: Connection, city_id: int) -> str:
    """Digest of what a city's tables say about places: equal for two databases that say the same."""
    return hashlib.sha256("\n".join(facts_of(connection, city_id)).encode()).hexdigest()


def rows_to_the_letter(connection: Connection) -> dict[str, str]:
    """Digest of every row of every fact table, the database's own numbers and times included."""
    return {table: connection.execute(text(EVERY_ROW.format(table=table))).scalar_one() for table in FACT_TABLES}
