-- Facilities of these networks that the register does not mention; it may be a part of one, so nothing happens to them.
SELECT DISTINCT facility.name || coalesce(' (' || membership.code || ')', '') AS name
FROM network_membership AS membership
JOIN facility USING (city_id, facility_id)
WHERE membership.city_id = :city_id
    AND membership.network_code = ANY (:network_codes)
    AND facility.status <> 'retired'
    AND NOT EXISTS (SELECT FROM incoming WHERE incoming.facility_id = facility.facility_id)
ORDER BY name
