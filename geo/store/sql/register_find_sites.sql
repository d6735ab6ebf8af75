-- A door that is described exactly like this is there already.
UPDATE incoming SET site_id = there.site_id, site_fate = 'there'
FROM (
    SELECT content_hash, min(site_id) AS site_id FROM site WHERE city_id = :city_id GROUP BY content_hash
) AS there
WHERE there.content_hash = incoming.site_hash AND incoming.fate <> 'unchanged' AND incoming.site_id IS NULL
