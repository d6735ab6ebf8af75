SELECT
    incoming.row_number,
    site.district_stated,
    site.district,
    site.district_code IS NOT NULL OR site.street_code IS NOT NULL AS in_areas
FROM incoming
JOIN facility USING (facility_id)
JOIN site ON site.site_id = facility.site_id
ORDER BY incoming.row_number
