-- Numbers follow the order of the file, so that ties between neighbours always fall the same way.
-- Materialized, because a plan that asks a second time would draw other numbers.
WITH numbered AS MATERIALIZED (
    SELECT row_number, nextval(pg_get_serial_sequence('facility', 'facility_id')) AS facility_id
    FROM (SELECT row_number FROM incoming WHERE fate = 'added' ORDER BY row_number) AS fresh
)
UPDATE incoming SET facility_id = numbered.facility_id
FROM numbered
WHERE numbered.row_number = incoming.row_number
