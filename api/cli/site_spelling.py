"""How siting questions are spelt on the command line: weights, longer hours, lists of places."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from api.cli.what_if import ChangeSpellingError
from geo.datum import Datum
from geo.errors import InputError
from geo.places.candidate_list import CandidateList, read_candidate_list
from geo.services.siting.candidates import Wish
from geo.services.siting.question import Extension
from geo.services.wishes import AcceptedWish, accepted_wishes
from geo.snapshot.model import Snapshot

Words = list[str]


def layers_of(words: Words | None) -> tuple[tuple[str, float], ...]:
    """Demand layers and weights; `riders=2`."""
    return tuple(weighed("layer", one, "riders=2") for one in words or ())


def weighed(option: str, word: str, example: str) -> tuple[str, float]:
    """`name=weight`; the weight is one where it is left out."""
    name, equals, weight = word.rpartition("=")
    try:
        return (name, float(weight)) if equals else (word, 1.0)
    except ValueError:
        raise ChangeSpellingError(option, word, example) from None


def extension_of(word: str) -> Extension:
    """`station;hours;cost`; the cost is one where it is left out."""
    station, _, rest = word.partition(";")
    hours, found, cost = rest.rpartition(";")
    try:
        return Extension(int(station), hours if found else rest, float(cost) if found else 1.0)
    except ValueError:
        raise ChangeSpellingError("extend", word, "101;24/7;0.2") from None


def wished_in(sources: Words | None, engine: Engine, snapshot: Snapshot) -> tuple[AcceptedWish, ...]:
    """The wishes of riders that operators accepted, where they are asked for."""
    return accepted_wishes(engine, snapshot.city.slug) if "wishes" in (sources or ()) else ()


def list_in(path: Path | None, datum: Datum | None) -> CandidateList | None:
    """The list of a file, if one is given."""
    return None if path is None else read_candidate_list(path, datum=datum)


def wish_of(
    sources: Words | None,
    host_types: Words | None,
    listed: CandidateList | None,
    zones: Path | None,
    require: Words | None,
    strict: bool,
    optional: list[int] | None,
    wished: tuple[AcceptedWish, ...],
) -> Wish:
    """Which places are candidates; raises InputError for a list of which no row can be used."""
    if listed is not None and not listed.rows:
        raise InputError(f"None of the {listed.rows_read} rows of the list can be used; {_first_problem(listed)}")
    return Wish(
        sources=tuple(sources or ()),
        host_types=tuple(host_types or ()),
        listed=() if listed is None else listed.rows,
        zones=None if zones is None else zones.read_text(encoding="utf-8-sig"),
        require=tuple(require or ()),
        strict=strict,
        optional=tuple(optional or ()),
        wished=wished,
    )


def _first_problem(listed: CandidateList) -> str:
    if not listed.problems:
        return "it has headings and nothing else."
    first = listed.problems[0].as_dict()
    return f"row {first['row']}, column {first['column']}: {first['problem_en']}; {first['remedy_en']}."
