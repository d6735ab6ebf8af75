-- A door whose facilities all change to one and the same new description is that door, corrected: it keeps its number.
-- Not so when a facility outside this register stands there (it did not move), nor when another row still needs the old description.
WITH held AS (
    SELECT
        facility.site_id,
        count(*) AS facilities,
        count(incoming.site_hash) AS leaving,
        min(incoming.site_hash) AS site_hash,
        max(incoming.site_hash) AS last_hash
    FROM facility
    LEFT JOIN incoming
        ON incoming.facility_id = facility.facility_id AND incoming.fate = 'changed' AND incoming.site_id IS NULL
    WHERE facility.city_id = :city_id
    GROUP BY facility.site_id
),
moved AS (
    SELECT held.site_hash, min(held.site_id) AS site_id
    FROM held
    JOIN site USING (site_id)
    WHERE held.facilities = held.leaving
        AND held.site_hash = held.last_hash
        AND NOT EXISTS (SELECT FROM incoming WHERE incoming.site_id = held.site_id)
    GROUP BY held.site_hash
)
UPDATE incoming SET site_id = moved.site_id, site_fate = 'moved'
FROM moved
WHERE moved.site_hash = incoming.site_hash AND incoming.fate <> 'unchanged' AND incoming.site_id IS NULL
