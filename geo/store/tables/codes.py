"""
The codes that a CHECK constraint admits, column by column.

Words that people write into registers come from the vocabulary; the rest are words of the database alone. The
migrations hold their own literal copies, since a migration must do next year what it did when it was written; a test
compares them.
"""

from __future__ import annotations

from geo.places import vocabulary

FACILITY_TYPE = vocabulary.FACILITY_TYPES.codes
FACILITY_CLASS = vocabulary.FACILITY_CLASSES.codes
AMENITY = vocabulary.AMENITIES.codes
AMENITY_STATE = vocabulary.AMENITY_STATES.codes
SERVICE = vocabulary.SERVICES.codes
ENTRY_METHOD = vocabulary.ENTRY_METHODS.codes
USER_GROUP = vocabulary.USER_GROUPS.codes
HOST_TYPE = vocabulary.HOST_TYPES.codes
STATUS = vocabulary.STATUSES.codes
ATTENDED = vocabulary.ATTENDED.codes
BIKE_PARKING = vocabulary.BIKE_PARKING.codes
FIRST_USE = vocabulary.FIRST_USE_NEEDS.codes
COORD_METHOD = vocabulary.COORD_METHODS.codes
DATUM = vocabulary.DATUMS.codes
HOLIDAY_POLICY = vocabulary.HOLIDAY_POLICIES.codes
EXCEPTION_KIND = vocabulary.EXCEPTION_KINDS.codes
ORG_LEVEL = vocabulary.ORG_LEVELS.codes
SEVERITY = vocabulary.SEVERITIES.codes
REPORT_KIND = vocabulary.REPORT_KINDS.codes
WISH_HOURS = vocabulary.WISH_HOURS.codes
WISH_STATE = vocabulary.WISH_STATES.codes

AREA_LEVEL = ("district", "street")
SOURCE_KIND = ("register", "osm", "census", "article", "survey", "report", "generator", "other")
QUALIFIER = ("exact", "about", "more_than", "nearly")
BATCH_KIND = ("register", "declared", "streets", "areas", "demand", "edit")
BATCH_STATUS = ("applied", "undone")
CHANGE_ACTION = ("insert", "update", "delete")
REPORT_OUTCOME = ("answered", "dismissed")
CELL_STATE = ("covered", "partly", "outside", "off_network", "outside_area")
SCENARIO_KIND = ("what_if", "siting")
KEY_SCOPE = ("stations:write", "reports:read", "wishes:review")
