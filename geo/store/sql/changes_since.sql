-- What happened to stations after a place in the log, in the order of the log. Imports and edits of a city run one after the other,
-- so the numbers of its changes come out in the order of the commits and nothing appears behind a place that was read.
SELECT
    change_id,
    row_id AS facility_id,
    at,
    action,
    (before -> 'facility' ->> 'visible')::boolean AS was_visible,
    (after -> 'facility' ->> 'visible')::boolean AS is_visible
FROM change_log
WHERE city_id = :city_id AND table_name = 'facility' AND change_id > :since
ORDER BY change_id
LIMIT :limit
