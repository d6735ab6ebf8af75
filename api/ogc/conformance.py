"""The conformance classes this service declares: each is held by a test under `tests/api/ogc`, others are not named."""

from __future__ import annotations

_OGC = "http://www.opengis.net/spec/"

CONFORMS_TO: tuple[str, ...] = (
    _OGC + "ogcapi-common-1/1.0/conf/core",
    _OGC + "ogcapi-common-1/1.0/conf/landing-page",
    _OGC + "ogcapi-common-1/1.0/conf/json",
    _OGC + "ogcapi-common-1/1.0/conf/html",
    _OGC + "ogcapi-common-1/1.0/conf/oas30",
    _OGC + "ogcapi-common-2/1.0/conf/collections",
    _OGC + "ogcapi-features-1/1.0/conf/core",
    _OGC + "ogcapi-features-1/1.0/conf/geojson",
    _OGC + "ogcapi-features-1/1.0/conf/html",
    _OGC + "ogcapi-features-1/1.0/conf/oas30",
    _OGC + "ogcapi-features-2/1.0/conf/crs",
    _OGC + "ogcapi-features-3/1.0/conf/filter",
    _OGC + "ogcapi-features-3/1.0/conf/features-filter",
    _OGC + "ogcapi-features-3/1.0/conf/queryables",
    _OGC + "ogcapi-features-3/1.0/conf/queryables-query-parameters",
    _OGC + "ogcapi-features-4/1.0/conf/create-replace-delete",
    _OGC + "ogcapi-features-4/1.0/conf/update",
    _OGC + "ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    _OGC + "ogcapi-features-4/1.0/conf/features",
    _OGC + "ogcapi-features-5/1.0/conf/schemas",
    _OGC + "ogcapi-features-5/1.0/conf/queryables",
    _OGC + "ogcapi-features-5/1.0/conf/sortables",
    _OGC + "ogcapi-features-8/1.0/conf/sorting",
    _OGC + "ogcapi-features-8/1.0/conf/features-sorting",
    _OGC + "cql2/1.0/conf/cql2-text",
    _OGC + "cql2/1.0/conf/cql2-json",
    _OGC + "cql2/1.0/conf/basic-cql2",
    _OGC + "cql2/1.0/conf/advanced-comparison-operators",
    _OGC + "cql2/1.0/conf/case-insensitive-comparison",
    _OGC + "cql2/1.0/conf/basic-spatial-functions",
    _OGC + "cql2/1.0/conf/basic-spatial-operators",  # the older name, which some clients look for
    _OGC + "cql2/1.0/conf/spatial-functions",
    _OGC + "cql2/1.0/conf/array-functions",
    _OGC + "ogcapi-tiles-1/1.0/conf/core",
    _OGC + "ogcapi-tiles-1/1.0/conf/tileset",
    _OGC + "ogcapi-tiles-1/1.0/conf/tilesets-list",
    _OGC + "ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    _OGC + "ogcapi-tiles-1/1.0/conf/oas30",
    _OGC + "ogcapi-tiles-1/1.0/conf/mvt",
    _OGC + "json-fg-1/1.0/conf/core",
)
