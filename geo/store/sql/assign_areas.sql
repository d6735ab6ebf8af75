-- Every door of a city gets the district and the street whose polygon covers it; where there is none, the register's own word stays.
-- Driven by the areas: PostGIS prepares a polygon once for all doors it is compared with. On a shared border the lower code wins.
WITH covering AS (
    SELECT DISTINCT ON (site.site_id, area.level) site.site_id, area.level, area.code, area.name
    FROM area
    JOIN site ON site.city_id = area.city_id AND ST_Covers(area.geom, site.geom)
    WHERE area.city_id = :city_id
    ORDER BY site.site_id, area.level, area.code
),
placed AS (
    SELECT
        site.site_id,
        coalesce(district.name, site.district_stated) AS district,
        district.code AS district_code,
        coalesce(street.name, site.street_stated) AS street,
        street.code AS street_code
    FROM site
    LEFT JOIN covering AS district ON district.site_id = site.site_id AND district.level = 'district'
    LEFT JOIN covering AS street ON street.site_id = site.site_id AND street.level = 'street'
    WHERE site.city_id = :city_id
)
UPDATE site SET
    district = placed.district, district_code = placed.district_code,
    street = placed.street, street_code = placed.street_code
FROM placed
WHERE placed.site_id = site.site_id
    AND (site.district, site.district_code, site.street, site.street_code)
    IS DISTINCT FROM (placed.district, placed.district_code, placed.street, placed.street_code)
