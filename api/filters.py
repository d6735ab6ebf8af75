"""The filters every question about facilities takes, by the same names everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.parameters import Parameter, csv_of, truth, words_schema
from geo.places import vocabulary
from geo.places.vocabulary import Table
from geo.snapshot.masks import FacilityFilter


def words_parameter(name: str, table: Table, description: str) -> Parameter:
    """A parameter that takes codes of one table, parted by commas."""
    return Parameter(name, csv_of(table.codes), words_schema(table.codes), description, frozenset())


TYPE = words_parameter("type", vocabulary.FACILITY_TYPES, "Facility types; any of them will do.")
CLASS = words_parameter("class", vocabulary.FACILITY_CLASSES, "Facility classes; any of them will do.")
NETWORK = words_parameter("network", vocabulary.NETWORKS, "Networks a facility belongs to; any of them will do.")
ENTRY = words_parameter("entry", vocabulary.ENTRY_METHODS, "Ways to get in; any of them will do.")
GROUP = words_parameter("group", vocabulary.USER_GROUPS, "Groups of people who may use it; any of them will do.")
AMENITIES = words_parameter(
    "amenities",
    vocabulary.AMENITIES,
    "Amenities that must all be usable. One that nobody checked is not counted as there.",
)
AMENITIES_ANY = words_parameter("amenities_any", vocabulary.AMENITIES, "Amenities of which one must be usable.")
AMENITY = words_parameter("amenity", vocabulary.AMENITIES, AMENITIES.description)
ACCESSIBLE = Parameter(
    "accessible", truth, {"type": "boolean"}, "true: only places known to be step-free; false: only the others."
)
NO_APP = Parameter(
    "no_app",
    truth,
    {"type": "boolean"},
    "true: only places known to let in a person without the union's application, at a first visit too.",
)

OF_NEAREST = (TYPE, CLASS, NETWORK, ENTRY, GROUP, AMENITIES, AMENITIES_ANY, ACCESSIBLE, NO_APP)
OF_COVERAGE = (TYPE, CLASS, NETWORK, ENTRY, GROUP, AMENITY)


def facility_filter(values: Mapping[str, Any]) -> FacilityFilter:
    """The filter a question's values ask for."""
    return FacilityFilter(
        types=values["type"],
        classes=values["class"],
        networks=values["network"],
        amenities=values["amenities"],
        amenities_any=values["amenities_any"],
        entry=values["entry"],
        groups=values["group"],
        step_free=values["accessible"],
        no_app=bool(values["no_app"]),
    )
