-- One facility with everything written about it, as one document.
SELECT
    (to_jsonb(facility) - ARRAY['city_id', 'org_id', 'import_batch_id', 'content_hash', 'source_id', 'visible'])
    || jsonb_build_object(
        'visible', facility.visible,
        'site',
        (to_jsonb(site) - ARRAY['city_id', 'geom', 'geog', 'entrance_geom', 'content_hash', 'source_id'])
        || jsonb_build_object(
            'lon', ST_X(site.geom), 'lat', ST_Y(site.geom),
            'entrance_lon', ST_X(site.entrance_geom), 'entrance_lat', ST_Y(site.entrance_geom)
        ),
        'networks',
        coalesce((
            SELECT jsonb_agg(
                jsonb_build_object('network', network_code, 'name', network.name, 'code', code) ORDER BY network_code
            )
            FROM network_membership JOIN network USING (network_code)
            WHERE facility_id = facility.facility_id
        ), '[]'),
        'same_door',
        coalesce((
            SELECT jsonb_agg(
                jsonb_build_object('facility_id', other.facility_id, 'name', other.name, 'facility_type', other.facility_type)
                ORDER BY other.facility_id
            )
            FROM facility AS other
            WHERE other.site_id = facility.site_id AND other.facility_id <> facility.facility_id AND other.visible
        ), '[]'),
        'rules',
        coalesce((
            SELECT jsonb_agg(to_jsonb(opening_rule) - ARRAY['facility_id', 'ordinal'] ORDER BY ordinal)
            FROM opening_rule WHERE facility_id = facility.facility_id
        ), '[]'),
        'exceptions',
        coalesce((
            SELECT jsonb_agg(
                to_jsonb(opening_exception) - ARRAY['facility_id', 'exception_id', 'source_id'] ORDER BY on_date, exception_id
            )
            FROM opening_exception WHERE facility_id = facility.facility_id
        ), '[]'),
        'amenities',
        coalesce((
            SELECT jsonb_agg(to_jsonb(amenity_at_facility) - ARRAY['facility_id', 'source_id'] ORDER BY amenity_code)
            FROM amenity_at_facility WHERE facility_id = facility.facility_id
        ), '[]'),
        'services',
        coalesce((
            SELECT jsonb_agg(to_jsonb(service_at_facility) - ARRAY['facility_id', 'source_id'] ORDER BY service_code)
            FROM service_at_facility WHERE facility_id = facility.facility_id
        ), '[]'),
        'organisation', (SELECT org.name FROM org WHERE org.org_id = facility.org_id),
        'source', (SELECT to_jsonb(source) - ARRAY['city_id', 'sha256'] FROM source WHERE source.source_id = facility.source_id),
        'evidence',
        coalesce((
            SELECT jsonb_agg(
                jsonb_build_object('quote', evidence.quote, 'field', evidence.field, 'source', cited.name, 'url', cited.url)
                ORDER BY evidence_id
            )
            FROM evidence JOIN source AS cited USING (source_id)
            WHERE evidence.facility_id = facility.facility_id
        ), '[]')
    ) AS document
FROM facility
JOIN site USING (city_id, site_id)
WHERE facility.city_id = :city_id AND facility.facility_id = :facility_id
