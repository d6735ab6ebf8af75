"""
The tables of the system of record, as SQLAlchemy Core.

Geometry is EPSG:4326 with its type stated, geography stands beside it where metres are meant, and what must always
hold is a constraint of the database, not a habit of the code. Every statement elsewhere is built from these names.
"""

from __future__ import annotations

from geo.store.tables.areas import area, host, street_network
from geo.store.tables.cities import city, city_revision, declared_figure, org, snapshot_version, source
from geo.store.tables.coverage import coverage_cell, coverage_run, demand_cell, demand_layer, gap
from geo.store.tables.imports import change_log, import_batch, import_row_error
from geo.store.tables.keys import api_key
from geo.store.tables.metadata import WGS84_SRID, metadata
from geo.store.tables.places import (
    amenity_at_facility,
    evidence,
    facility,
    network,
    network_membership,
    opening_exception,
    opening_rule,
    service_at_facility,
    site,
)
from geo.store.tables.reports import report, report_answer, report_pace, report_salt, station_doubt
from geo.store.tables.scenarios import scenario
from geo.store.tables.wishes import wish, wish_place

__all__ = [
    "WGS84_SRID",
    "amenity_at_facility",
    "api_key",
    "area",
    "change_log",
    "city",
    "city_revision",
    "coverage_cell",
    "coverage_run",
    "declared_figure",
    "demand_cell",
    "demand_layer",
    "evidence",
    "facility",
    "gap",
    "host",
    "import_batch",
    "import_row_error",
    "metadata",
    "network",
    "network_membership",
    "opening_exception",
    "opening_rule",
    "org",
    "report",
    "report_answer",
    "report_pace",
    "report_salt",
    "scenario",
    "service_at_facility",
    "site",
    "snapshot_version",
    "source",
    "station_doubt",
    "street_network",
    "wish",
    "wish_place",
]
