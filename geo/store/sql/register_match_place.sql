-- Where one side has no code, name, type and place (to a metre) are the identity.
WITH same AS (
    SELECT DISTINCT ON (facility.facility_id) facility.facility_id, incoming.row_number
    FROM incoming
    JOIN facility
        ON facility.city_id = :city_id
        AND facility.name = incoming.name
        AND facility.facility_type = incoming.facility_type
    JOIN network_membership AS membership
        ON membership.facility_id = facility.facility_id
        AND membership.network_code = incoming.network_code
        AND (membership.code IS NULL OR incoming.code IS NULL)
    JOIN site ON site.site_id = facility.site_id AND ST_DWithin(site.geog, incoming.geog, 1.0)
    WHERE incoming.facility_id IS NULL
        AND facility.facility_id NOT IN (SELECT taken.facility_id FROM incoming AS taken WHERE taken.facility_id IS NOT NULL)
    ORDER BY facility.facility_id, incoming.row_number
)
UPDATE incoming SET facility_id = first.facility_id
FROM (SELECT row_number, min(facility_id) AS facility_id FROM same GROUP BY row_number) AS first
WHERE first.row_number = incoming.row_number
