"""One station described by itself, read with the same eyes as a row of a register."""

from __future__ import annotations

from collections.abc import Mapping

from geo.datum import Datum
from geo.places.register.headings import Headings
from geo.places.register.reading import DEFAULT_TYPE, in_wgs84
from geo.places.register.records import Cell, RegisterRow, RowProblem
from geo.places.register.rows import read_row
from geo.places.register.sheets import Sheet
from geo.types import Box


def read_single(
    cells: Mapping[str, Cell], titles: Mapping[str, str], *, datum: Datum, home_box: Box
) -> tuple[RegisterRow | None, list[RowProblem]]:
    """
    A station from its fields (as `headings.FIELDS` names them); None when a problem keeps it out.

    `titles` is what whoever described it calls each field; problems name it so.
    """
    fields = tuple(cells)
    headings = Headings(
        row=0,
        titles=tuple(titles[field] for field in fields),
        columns={field: column for column, field in enumerate(fields)},
        amenity_columns={},
        unknown=(),
        doubled=(),
        datum=None,
    )
    values = tuple(cells.values())
    sheet = Sheet("", ((1, values),), "utf-8")
    row, problems = read_row(
        1, values, sheet, headings, datum=datum, networks=(), default_type=DEFAULT_TYPE, home=home_box
    )
    return (in_wgs84([row])[0] if row else None), problems
