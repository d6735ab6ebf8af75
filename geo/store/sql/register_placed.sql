-- Where the doors of the staged rows lie: by the areas, against what the register claims. The distance is to the nearest area for a
-- door that no area covers, measured to the nearest point of it, because geography against a long coastline costs 10 ms a door.
SELECT
    incoming.row_number,
    site.district_stated,
    site.district,
    CASE WHEN site.district_code IS NULL AND site.street_code IS NULL THEN (
        SELECT ST_Distance(site.geog, ST_ClosestPoint(area.geom, site.geom)::geography)
        FROM area
        WHERE area.city_id = site.city_id
        ORDER BY area.geom <-> site.geom
        LIMIT 1
    ) END AS outside_m
FROM incoming
JOIN facility USING (facility_id)
JOIN site ON site.site_id = facility.site_id
ORDER BY incoming.row_number
