"""Facilities as the snapshot and the pages need them: whole columns for a city, one document for one facility."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from sqlalchemy import Connection

from geo.errors import NotFoundError
from geo.store.statements import statement

NUMBERS = {"lon": "float64", "lat": "float64"}
FLAGS = {"hours_certain": "bool", "is_synthetic": "bool"}


class FacilityNotFoundError(NotFoundError):
    """No facility of the city has this number."""

    def __init__(self, facility_id: int) -> None:
        super().__init__(f"There is no facility {facility_id}.")
        self.facility_id = facility_id


def load_facilities(connection: Connection, city_id: int, facility_ids: Collection[int] | None = None) -> pd.DataFrame:
    """
    All facilities of a city that may be shown, or those of some numbers, one row each, by number.

    Index `facility_id`. `lon` and `lat` are WGS-84 degrees of the entrance where it is known, else of the site; `rules`
    and `exceptions` are lists of rows as in their tables (dates as text), `amenities` a mapping of code to state. An
    amenity that nobody wrote down is not in the mapping: it is unknown, not absent. What is not known is None, not NaN.
    """
    result = connection.execute(
        statement("facilities"), {"city_id": city_id, "only": None if facility_ids is None else list(facility_ids)}
    )
    columns = list(result.keys())
    # As objects: pandas would turn the None of a text column into NaN, which is true and equal to nothing.
    rows = pd.DataFrame(result.all(), columns=columns, dtype=object)
    index = pd.Index(rows.pop("facility_id").astype("int64"), name="facility_id")
    return rows.set_axis(index, axis="index").astype(NUMBERS | FLAGS)


def assign_areas(connection: Connection, city_id: int) -> int:
    """
    Fill district and street of every site from the areas that cover it; returns how many sites changed.

    To be called whenever sites or areas of the city have changed. Where no area covers a site, the names that its
    register states stay, without a code.
    """
    return connection.execute(statement("assign_areas"), {"city_id": city_id}).rowcount
