-- Whatever door is left is a new one; rows that describe it alike share it.
WITH numbered AS MATERIALIZED (
    SELECT site_hash, nextval(pg_get_serial_sequence('site', 'site_id')) AS site_id
    FROM (
        SELECT site_hash FROM incoming
        WHERE fate <> 'unchanged' AND site_id IS NULL
        GROUP BY site_hash ORDER BY min(row_number)
    ) AS fresh
)
UPDATE incoming SET site_id = numbered.site_id, site_fate = 'new'
FROM numbered
WHERE numbered.site_hash = incoming.site_hash AND incoming.fate <> 'unchanged' AND incoming.site_id IS NULL
