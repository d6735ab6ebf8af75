"""
The demo city: a synthetic OSM extract, a synthetic register and the census, for a city shaped like Qingdao.

They come in through the same front door as a real city's files. Names of districts, streets and many roads are
real, the people are the census of 2020, the counts are those the unions declare; where anything stands is invented.
The same seed gives the same bytes.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from data.declared import DECLARED_FIGURES, DeclaredFigure
from data.demo.blocks import Lattice
from data.demo.extras import draw_extras
from data.demo.frontage import frontage_of
from data.demo.hosts import grounds, places
from data.demo.osm_file import write_extract
from data.demo.register_file import Fault, write_register
from data.demo.sheet import Sheet
from data.demo.stations import Station, stations
from data.demo.town_streets import draw_town_streets
from data.demo.villages import draw_countryside
from data.qingdao import CENSUS_YEAR, CITY_NAME, CITY_NAME_EN, CITY_SLUG, DISTRICTS, TOTAL_PEOPLE
from geo.errors import InputError
from geo.progress import Progress, silent

DEFAULT_SEED = 20260101
_STEPS = ("streets", "countryside", "motorways", "fronts", "hosts", "extract", "stations", "register", "census")


class DemoScaleError(InputError):
    """A size the demo city cannot have."""


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What the city row and the pages need to know about the demo city."""

    slug: str
    name: str
    name_en: str
    is_synthetic: bool
    seed: int
    scale: float
    people: int
    census_year: int
    counts: dict[str, int]
    """Sound rows of the register by facility type."""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The files of a demo city, with what is declared about it and the faults that were put into its register."""

    extract: Path
    register: Path
    census: Path
    declared: tuple[DeclaredFigure, ...]
    facts: DemoFacts
    faults: tuple[Fault, ...]


def make_demo_city(
    folder: Path, *, seed: int = DEFAULT_SEED, scale: float = 1.0, progress: Progress | None = None
) -> DemoFiles:
    """
    Write a demo city into a folder (made if absent); files of an earlier one are replaced.

    `scale` makes a smaller city for trials: towns and counts shrink, the ten districts and their people stay.

    Raises
    ------
    DemoScaleError
        The scale is not above 0 and at most 1.
    """
    if not 0 < scale <= 1:
        raise DemoScaleError(f"A demo city of scale {scale:g} cannot be drawn: choose a scale above 0 and at most 1.")
    tell = _Teller(progress or silent)
    folder.mkdir(parents=True, exist_ok=True)
    extract, register, census = folder / "streets.osm.pbf", folder / "register.xlsx", folder / "census.csv"

    # draw
    sheet, lattice = Sheet(), Lattice(seed, scale)
    tell("streets")
    towns = draw_town_streets(sheet, lattice)
    town_ways = list(sheet.ways)
    tell("countryside")
    villages = draw_countryside(sheet, lattice, towns, scale)
    tell("motorways")
    draw_extras(sheet, towns, town_ways, seed)
    tell("fronts")
    fronts = frontage_of(sheet, lattice)
    tell("hosts")
    hosts, ground = places(fronts, seed, scale), grounds(lattice, villages, scale)
    tell("extract")
    write_extract(extract, sheet, hosts, ground, villages)

    # settle
    tell("stations")
    found = stations(fronts, seed, scale)
    tell("register")
    faults = write_register(register, found)
    tell("census")
    write_census(census)
    facts = _facts(found, seed, scale)
    (folder / "facts.json").write_text(json.dumps(asdict(facts), ensure_ascii=False, indent=2) + "\n", "utf-8")
    return DemoFiles(extract, register, census, DECLARED_FIGURES, facts, faults)


def write_census(path: Path) -> None:
    """Write the residents of every district, as `yiquan import demand` reads them by district."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["code", "name", "people"])
        rows.writerows([area.code, area.name, area.people] for area in DISTRICTS)


def _facts(found: list[Station], seed: int, scale: float) -> DemoFacts:
    counts = Counter(row.facility_type for row in found)
    return DemoFacts(
        CITY_SLUG, CITY_NAME, CITY_NAME_EN, True, seed, scale, TOTAL_PEOPLE, CENSUS_YEAR, dict(sorted(counts.items()))
    )


class _Teller:
    """Tells a listener how many of the steps are done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, step: str) -> None:
        self._progress(f"demo city: {step}", _STEPS.index(step), len(_STEPS))
