-- The door of a facility: its number, its position as the database has it to the last digit, and its row.
SELECT
    site.site_id,
    ST_X(site.geom) AS lon,
    ST_Y(site.geom) AS lat,
    (to_jsonb(site) - ARRAY['geog', 'site_id', 'city_id', 'source_id', 'content_hash'])
    || jsonb_build_object('geom', site.geom::text, 'entrance_geom', site.entrance_geom::text) AS document
FROM facility
JOIN site USING (city_id, site_id)
WHERE facility.city_id = :city_id AND facility.facility_id = :facility_id
