-- One facility as if a register had mentioned it, saying what is there already; an edit then changes what it is to change.
INSERT INTO incoming (
    row_number, network_code, name, facility_type, geog, site_hash, content_hash, site, facility, children, facility_id, fate
)
SELECT
    1, '', facility.name, facility.facility_type, site.geog, coalesce(site.content_hash, ''), '', '{}', '{}', '{}',
    facility.facility_id, 'changed'
FROM facility
JOIN site USING (city_id, site_id)
WHERE facility.city_id = :city_id AND facility.facility_id = :facility_id
