-- Every facility of a city that may be shown, or those named by number, one row each, with all that hangs on it gathered into arrays.
-- The gathering is done table by table and joined once, so the cost grows with the rows, not with the facilities.
WITH wanted AS MATERIALIZED (
    SELECT facility_id FROM facility WHERE city_id = :city_id AND visible AND (CAST(:only AS bigint[]) IS NULL OR facility_id = ANY (CAST(:only AS bigint[])))
),
memberships AS (
    SELECT
        facility_id,
        array_agg(network_code ORDER BY network_code) AS networks,
        (array_agg(code ORDER BY network_code) FILTER (WHERE code IS NOT NULL))[1] AS code,
        jsonb_object_agg(network_code, code) FILTER (WHERE code IS NOT NULL) AS codes
    FROM wanted JOIN network_membership USING (facility_id)
    GROUP BY facility_id
),
rules AS (
    SELECT
        facility_id,
        jsonb_agg(
            jsonb_build_object(
                'byday', byday, 'opens_min', opens_min, 'closes_min', closes_min, 'valid_from', valid_from,
                'valid_to', valid_to, 'season', season, 'holiday_policy', holiday_policy, 'certain', certain
            ) ORDER BY ordinal
        ) AS rules
    FROM wanted JOIN opening_rule USING (facility_id)
    GROUP BY facility_id
),
exceptions AS (
    SELECT
        facility_id,
        jsonb_agg(
            jsonb_build_object(
                'on_date', on_date, 'kind', kind, 'opens_min', opens_min, 'closes_min', closes_min, 'closed', closed,
                'note', note
            ) ORDER BY on_date, opens_min, exception_id
        ) AS exceptions
    FROM wanted JOIN opening_exception USING (facility_id)
    GROUP BY facility_id
),
amenities AS (
    SELECT
        facility_id,
        jsonb_object_agg(amenity_code, state) AS amenities,
        jsonb_object_agg(amenity_code, checked_on) FILTER (WHERE checked_on IS NOT NULL) AS checked
    FROM wanted JOIN amenity_at_facility USING (facility_id)
    GROUP BY facility_id
),
changes AS (
    SELECT facility_id, max(change_log.at) AS changed_at
    FROM wanted JOIN change_log ON change_log.table_name = 'facility' AND change_log.row_id = wanted.facility_id
    GROUP BY facility_id
),
services AS (
    SELECT facility_id, array_agg(service_code ORDER BY service_code) AS services
    FROM wanted JOIN service_at_facility USING (facility_id)
    GROUP BY facility_id
)
SELECT
    facility.facility_id,
    memberships.code,
    coalesce(memberships.codes, '{}') AS codes,
    facility.name,
    facility.facility_type,
    facility.facility_class,
    coalesce(memberships.networks, '{}') AS networks,
    facility.status,
    -- To the entrance where it is known: that is where a rider has to arrive.
    ST_X(coalesce(site.entrance_geom, site.geom)) AS lon,
    ST_Y(coalesce(site.entrance_geom, site.geom)) AS lat,
    site.address,
    site.landmark_hint,
    site.district,
    site.street,
    site.district_code,
    site.street_code,
    facility.hours_text,
    facility.hours_certain,
    coalesce(rules.rules, '[]') AS rules,
    coalesce(exceptions.exceptions, '[]') AS exceptions,
    coalesce(amenities.amenities, '{}') AS amenities,
    coalesce(amenities.checked, '{}') AS amenities_checked,
    coalesce(services.services, '{}') AS services,
    facility.entry_methods,
    facility.user_groups,
    facility.first_use_needs,
    facility.entry_note,
    facility.attended,
    site.floor,
    site.bike_parking,
    site.seats,
    site.capacity_people,
    site.step_free,
    facility.public_phone,
    facility.is_synthetic,
    facility.last_verified_on,
    source.name AS source_name,
    org.name AS operator,
    -- An undo brings back the row as it was, its own date too; the log knows when that happened.
    coalesce(changes.changed_at, facility.updated_at) AS changed_at
FROM wanted
JOIN facility USING (facility_id)
JOIN site USING (city_id, site_id)
LEFT JOIN source ON source.source_id = facility.source_id
LEFT JOIN org ON org.org_id = facility.org_id
LEFT JOIN changes USING (facility_id)
LEFT JOIN memberships USING (facility_id)
LEFT JOIN rules USING (facility_id)
LEFT JOIN exceptions USING (facility_id)
LEFT JOIN amenities USING (facility_id)
LEFT JOIN services USING (facility_id)
ORDER BY facility.facility_id
