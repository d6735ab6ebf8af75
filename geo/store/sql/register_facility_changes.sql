-- What happens to facilities. Plates of networks that this register does not speak of stay, and so does a code it leaves out.
INSERT INTO facility_change (facility_id, action, before, after)
SELECT
    incoming.facility_id,
    CASE WHEN incoming.fate = 'added' THEN 'insert' ELSE 'update' END,
    stored.document,
    incoming.children
    || jsonb_build_object(
        'facility',
        coalesce(stored.document -> 'facility', '{}')
        || incoming.facility
        || jsonb_build_object(
            'facility_id', incoming.facility_id, 'city_id', CAST(:city_id AS bigint), 'site_id', incoming.site_id,
            'source_id', CAST(:source_id AS bigint), 'import_batch_id', CAST(:batch_id AS bigint), 'content_hash', incoming.content_hash,
            'updated_at', now()
        ),
        'memberships', plates.memberships
    )
FROM incoming
LEFT JOIN facility_document AS stored ON stored.facility_id = incoming.facility_id AND incoming.fate = 'changed'
CROSS JOIN LATERAL (
    SELECT jsonb_agg(
        jsonb_build_object(
            'network_code', coalesce(told.network_code, kept.network_code), 'code', coalesce(told.code, kept.code)
        )
        ORDER BY coalesce(told.network_code, kept.network_code)
    ) AS memberships
    FROM jsonb_to_recordset(incoming.children -> 'memberships') AS told (network_code text, code text)
    FULL JOIN jsonb_to_recordset(coalesce(stored.document -> 'memberships', '[]')) AS kept (network_code text, code text)
        ON kept.network_code = told.network_code
) AS plates
WHERE incoming.fate <> 'unchanged'
