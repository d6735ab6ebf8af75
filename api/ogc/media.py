"""What answers can be written as: one table that negotiation, links and the service's description all read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from api.errors import NotAcceptableError


@dataclass(frozen=True)
class Medium:
    """One form of an answer: its name in `f=`, its media type, its title for people, what can be done with it."""

    f: str
    type: str
    title: str
    is_packed: bool = False
    """Whether its bytes are compressed already."""
    has_links: bool = True
    """Whether there is a place for links in it; else they stand in the header."""


JSON = Medium("json", "application/json", "JSON")
HTML = Medium("html", "text/html", "HTML")
SCHEMA = Medium("json", "application/schema+json", "JSON Schema")
OPENAPI = Medium("json", "application/vnd.oai.openapi+json;version=3.0", "OpenAPI 3.0")
GEOJSON = Medium("json", "application/geo+json", "GeoJSON")
JSONFG = Medium("jsonfg", "application/fg+json", "JSON-FG")
GEOJSONSEQ = Medium("geojsonseq", "application/geo+json-seq", "GeoJSON Text Sequence", has_links=False)
CSV = Medium("csv", "text/csv", "CSV", has_links=False)
MVT = Medium("mvt", "application/vnd.mapbox-vector-tile", "Mapbox Vector Tile")
FLATGEOBUF = Medium("fgb", "application/flatgeobuf", "FlatGeobuf", has_links=False)
GEOPARQUET = Medium("parquet", "application/vnd.apache.parquet", "GeoParquet", is_packed=True, has_links=False)

OF_DOCUMENTS = (JSON, HTML)
OF_SCHEMAS = (SCHEMA, HTML)
OF_ITEMS = (GEOJSON, HTML, JSONFG, CSV, GEOJSONSEQ, FLATGEOBUF, GEOPARQUET)
OF_ITEM = (GEOJSON, HTML, JSONFG)

ALIASES = {"application/vnd.ogc.fg+json": JSONFG, "application/json": GEOJSON}
"""Other types that clients name and mean one of ours: the first of them that is offered is taken."""


def medium_of(request: Request, asked: str | None, offered: Sequence[Medium]) -> Medium:
    """
    The form an answer takes: what `f` says, else what Accept weighs highest, else the first that is offered.

    Raises
    ------
    NotAcceptableError
        Accept leaves none of the offered forms.
    """
    if asked is not None:
        return next(one for one in offered if one.f == asked)
    accepted = request.headers.get("accept", "").strip()
    if not accepted:
        return offered[0]
    weighed = [(weight_of(one, accepted), -place, one) for place, one in enumerate(offered)]
    weight, _, best = max(weighed, key=lambda entry: entry[:2])
    if weight <= 0:
        raise NotAcceptableError([one.type for one in offered])
    return best


def weight_of(medium: Medium, accepted: str) -> float:
    """How much a client wants a form: the weight of the closest range of Accept that holds it (RFC 9110, 12.5)."""
    best = (-1, 0.0)
    for entry in accepted.split(","):
        kind, *parameters = (part.strip().lower() for part in entry.split(";"))
        specific = specificity(kind, medium)
        if specific >= 0:
            best = max(best, (specific, quality(parameters)))
    return best[1]


def specificity(kind: str, medium: Medium) -> int:
    """How closely a range of Accept names a form; -1 if it does not hold it."""
    own = medium.type.partition(";")[0]
    if kind == own:
        return 3
    if ALIASES.get(kind) is medium:
        return 2
    if kind.endswith("/*") and own.startswith(kind[:-1]):
        return 1
    return 0 if kind == "*/*" else -1


def quality(parameters: Sequence[str]) -> float:
    """The weight among a range's parameters; one if none is given, nothing if it cannot be read."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0
