-- What happens to doors. Geometry goes into the document as the database's own text, which loses no digit.
INSERT INTO site_change (site_id, action, before, after)
SELECT DISTINCT ON (incoming.site_id)
    incoming.site_id,
    CASE WHEN site.site_id IS NULL THEN 'insert' ELSE 'update' END,
    stored.document,
    coalesce(stored.document, '{}')
    || incoming.site
    || jsonb_build_object('site_id', incoming.site_id, 'city_id', :city_id, 'content_hash', incoming.site_hash)
FROM incoming
LEFT JOIN site ON site.site_id = incoming.site_id
LEFT JOIN LATERAL (
    SELECT
        (to_jsonb(site) - 'geog')
        || jsonb_build_object('geom', site.geom::text, 'entrance_geom', site.entrance_geom::text) AS document
    WHERE site.site_id IS NOT NULL
) AS stored ON true
WHERE incoming.site_fate IN ('new', 'moved')
ORDER BY incoming.site_id, incoming.row_number
