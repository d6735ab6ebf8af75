-- The first sites in the order of the spatial index, with their distance on its sphere and on the spheroid.
-- On the stored column: a cast of geom, however spelled, would have to match the index to the letter.
WITH here AS MATERIALIZED (
    SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog
)
SELECT
    site.site_id,
    site.geog <-> (SELECT geog FROM here) AS sphere_m,
    ST_Distance(site.geog, (SELECT geog FROM here)) AS distance_m
FROM site
WHERE site.city_id = :city_id
ORDER BY site.geog <-> (SELECT geog FROM here)
LIMIT :fetched
