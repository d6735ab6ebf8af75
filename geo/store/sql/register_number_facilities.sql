-- Numbers follow the order of the file, so that ties between neighbours always fall the same way.
UPDATE incoming SET facility_id = numbered.facility_id
FROM (
    SELECT row_number, nextval(pg_get_serial_sequence('facility', 'facility_id')) AS facility_id
    FROM (SELECT row_number FROM incoming WHERE fate = 'added' ORDER BY row_number) AS fresh
) AS numbered
WHERE numbered.row_number = incoming.row_number
