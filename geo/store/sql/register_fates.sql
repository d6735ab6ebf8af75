-- New, changed, or as it was; the hash is over everything the register says about the facility.
UPDATE incoming SET fate = CASE
    WHEN incoming.facility_id IS NULL THEN 'added'
    WHEN facility.content_hash IS NOT DISTINCT FROM incoming.content_hash THEN 'unchanged'
    ELSE 'changed'
END
FROM incoming AS self LEFT JOIN facility ON facility.facility_id = self.facility_id
WHERE self.row_number = incoming.row_number
