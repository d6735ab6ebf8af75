-- The same code in the same network is the same facility, whatever else has changed about it.
UPDATE incoming SET facility_id = membership.facility_id
FROM network_membership AS membership
WHERE membership.city_id = :city_id
    AND membership.network_code = incoming.network_code
    AND membership.code = incoming.code
