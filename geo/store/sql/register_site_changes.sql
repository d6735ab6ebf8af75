-- What happens to doors. Geometry goes into the document as the database's own text, which loses no digit.
-- The stored door goes by another name, because `site` alone would mean the column of the incoming rows.
INSERT INTO site_change (site_id, action, before, after)
SELECT DISTINCT ON (incoming.site_id)
    incoming.site_id,
    CASE WHEN door.site_id IS NULL THEN 'insert' ELSE 'update' END,
    stored.document,
    coalesce(stored.document, '{}')
    || incoming.site
    || jsonb_build_object(
        'site_id', incoming.site_id,
        'city_id', CAST(:city_id AS bigint),
        'source_id', CAST(:source_id AS bigint),
        'content_hash', incoming.site_hash
    )
FROM incoming
LEFT JOIN site AS door ON door.site_id = incoming.site_id
LEFT JOIN LATERAL (
    SELECT
        (to_jsonb(door) - 'geog')
        || jsonb_build_object('geom', door.geom::text, 'entrance_geom', door.entrance_geom::text) AS document
    WHERE door.site_id IS NOT NULL
) AS stored ON true
WHERE incoming.site_fate IN ('new', 'moved')
ORDER BY incoming.site_id, incoming.row_number
