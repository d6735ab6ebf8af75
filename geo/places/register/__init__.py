"""
The register comes in: files of unions, in whatever table and datum, become checked stations.

`sheets` opens files with suspicion, `headings` finds what the columns mean, `rows` checks each station, `reading`
puts it together, `fit` says which datum the points fit, `workbooks` writes what goes back to keepers, `messages`
holds every sentence that people read.
"""

from geo.places.register.fit import DatumHint, datum_hint, datum_hint_by_district
from geo.places.register.messages import RegisterError
from geo.places.register.reading import read_register
from geo.places.register.records import RegisterRead, RegisterRow, RowProblem
from geo.places.register.single import read_single
from geo.places.register.workbooks import register_template, write_problem_workbook

__all__ = [
    "DatumHint",
    "RegisterError",
    "RegisterRead",
    "RegisterRow",
    "RowProblem",
    "datum_hint",
    "datum_hint_by_district",
    "read_register",
    "read_single",
    "register_template",
    "write_problem_workbook",
]
