-- Later imports, not undone themselves, that touched what this one touched, or put a facility at a door that this one moved.
SELECT later.batch_id, count(DISTINCT later.facility_id) AS facilities
FROM (
    SELECT other.batch_id, other.row_id AS facility_id
    FROM change_log AS mine
    JOIN change_log AS other
        ON other.table_name = mine.table_name AND other.row_id = mine.row_id AND other.change_id > mine.change_id
    WHERE mine.batch_id = :batch_id AND mine.table_name = 'facility'
    UNION ALL
    SELECT facility.import_batch_id, facility.facility_id
    FROM change_log AS mine
    JOIN facility ON facility.site_id = mine.row_id AND facility.import_batch_id > mine.batch_id
    WHERE mine.batch_id = :batch_id AND mine.table_name = 'site' AND mine.action = 'update'
) AS later
JOIN import_batch ON import_batch.batch_id = later.batch_id AND import_batch.status = 'applied'
WHERE later.batch_id <> :batch_id
GROUP BY later.batch_id
ORDER BY later.batch_id
