-- Facilities as documents: the row, and what a register says about it. Not what its keeper or others wrote.
INSERT INTO facility_document (facility_id, document)
SELECT
    facility.facility_id,
    jsonb_build_object(
        'facility', to_jsonb(facility),
        'memberships',
        coalesce((
            SELECT jsonb_agg(to_jsonb(membership) - ARRAY['facility_id', 'city_id'] ORDER BY network_code)
            FROM network_membership AS membership WHERE membership.facility_id = facility.facility_id
        ), '[]'),
        'amenities',
        coalesce((
            SELECT jsonb_agg(to_jsonb(amenity) - 'facility_id' ORDER BY amenity_code)
            FROM amenity_at_facility AS amenity WHERE amenity.facility_id = facility.facility_id
        ), '[]'),
        'services',
        coalesce((
            SELECT jsonb_agg(to_jsonb(service) - 'facility_id' ORDER BY service_code)
            FROM service_at_facility AS service WHERE service.facility_id = facility.facility_id
        ), '[]'),
        'rules',
        coalesce((
            SELECT jsonb_agg(to_jsonb(rule) - 'facility_id' ORDER BY ordinal)
            FROM opening_rule AS rule WHERE rule.facility_id = facility.facility_id
        ), '[]')
    )
FROM facility
WHERE facility.facility_id IN (SELECT facility_id FROM incoming WHERE fate = 'changed')
-- A single edit has asked for its document before.
ON CONFLICT DO NOTHING
