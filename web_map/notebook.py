"""
Coverage in a notebook: the planner's map as a `folium.Map`, and everything behind it as GeoDataFrames.

    import yiquan

    city = yiquan.open_city()                                  # the newest snapshot on this machine
    answer = yiquan.ask(city, mode="walk", minutes=10, types=["工会驿站"])
    yiquan.city_map(city, answer)                              # shows itself; needs no server and no network
    yiquan.gaps_frame(city, answer).explore("people")

A map carries its data and its scripts inside it, so that a saved notebook goes on showing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd

from geo.coverage.question import Question
from geo.errors import NotFoundError
from geo.services import coverage, exports
from geo.services.coverage import CoverageAnswer
from geo.services.planner_report import facility_rows
from geo.settings import Settings
from geo.snapshot.folders import SnapshotFolder
from geo.snapshot.load import load_snapshot
from geo.snapshot.model import Snapshot
from web_map import assets
from web_map.report.elements import Dots, NoPrefix, Numbers, Outlines, PaintedCells, cells_address, data_address
from web_map.report.elements import plain_map as _plain_map
from web_map.report.html import outlines_of
from web_map.report.painting import minute_classes, palette
from web_map.report.words import Words, count

GAPS_SHOWN = 15
"""How many gaps a map numbers."""

SCRIPTS = ("vendor/leaflet/leaflet.js",)
STYLES = ("vendor/leaflet/leaflet.css",)


class NoCityOnDiskError(NotFoundError):
    """There is no snapshot to open."""

    def __init__(self, folder: Path, wanted: str | None) -> None:
        which = f"of `{wanted}` " if wanted else ""
        super().__init__(
            f"There is no snapshot {which}in {folder}; `yiquan snapshot build` makes one, and YIQUAN_DATA says where."
        )


class SeveralCitiesError(NotFoundError):
    """More than one city, and none named."""

    def __init__(self, slugs: Iterable[str]) -> None:
        super().__init__(f"There are several cities: {', '.join(slugs)}; name the one to open.")


def open_city(slug: str | None = None, *, settings: Settings | None = None) -> Snapshot:
    """
    The newest snapshot of a city on this machine, read from its files; the database need not run.

    Without a name, the city of the settings or the only one there is.

    Raises
    ------
    NoCityOnDiskError, SeveralCitiesError
        There is no snapshot, or it is not clear of which city.
    DamagedSnapshotError
        The files are not what was written, or were written by another version.
    """
    chosen = settings or Settings()
    folder = chosen.data_dir / "cities"
    wanted = slug or chosen.city
    slugs = [wanted] if wanted else sorted(path.name for path in folder.glob("*") if (path / "snapshots").is_dir())
    if len(slugs) > 1:
        raise SeveralCitiesError(slugs)
    found = SnapshotFolder(chosen.data_dir, slugs[0]).candidates() if slugs else []
    if not found:
        raise NoCityOnDiskError(folder, wanted)
    return load_snapshot(found[0], chosen)


def ask(city: Snapshot, **question: Any) -> CoverageAnswer:
    """
    Answer a coverage question, with every gap; parts of the question as in `Question`, codes or Chinese words.

    Raises
    ------
    InputError
        A word its list does not hold, minutes out of range.
    ModeNotInSnapshotError, NoDemandError
        The snapshot has no streets for the mode, or no people of the layer asked for.
    """
    words: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in question.items()
    }
    return coverage.answer(city, Question(**words), gap_limit=None)


def city_map(city: Snapshot, answer: CoverageAnswer, *, lang: str = "zh") -> folium.Map:
    """
    The map of an answer: cells by minutes, districts, the stations that count, the largest gaps by number.

    An ordinary folium map: it shows itself in a notebook, `save` writes it as a file, and more can be added to it.
    """
    words = Words(lang)
    t, place = words.t, coverage.describe(city, answer, gap_limit=GAPS_SHOWN)
    chart = _plain_map(city.box)
    chart.default_js = [(name, _script(name)) for name in SCRIPTS]
    chart.default_css = [(name, _style(name)) for name in STYLES]
    cells = PaintedCells(
        cells_address(city, answer),
        colours=palette(minute_classes(answer.question.minutes))[:-1],
        words={"minutes": t("report.to_nearest"), "people": t("report.people")},
        masked=bool(answer.people.any()),
    )
    cells.default_js = [("lattice", _script("lattice.js"))]
    stations = zip(city.lon, city.lat, city.facilities["name"], answer.eligible, strict=True)
    parts = [
        cells,
        Outlines(outlines_of(city)),
        Dots([(float(lon), float(lat), str(name)) for lon, lat, name, counts in stations if counts]),
        Numbers([_number(gap, t("report.outside")) for gap in place["gaps"] if gap["suggested"] is not None]),
        NoPrefix(),
    ]
    for part in parts:
        part.add_to(chart)
    return chart


def cells_frame(answer: CoverageAnswer, *, inhabited: bool = True) -> gpd.GeoDataFrame:
    """The cells as hexagons with minutes, share, people, covered_people, state; see `geo.services.exports`."""
    return exports.cells_frame(answer, inhabited=inhabited)


def facilities_frame(city: Snapshot, answer: CoverageAnswer) -> gpd.GeoDataFrame:
    """Every facility as a point, with `counts` (1 or 0) for those that count in the answer."""
    table = facility_rows(city, answer.eligible)
    return exports.points_frame(table.astype({"counts": "int64", "synthetic": "int64"}))


def gaps_frame(city: Snapshot, answer: CoverageAnswer) -> gpd.GeoDataFrame:
    """The gaps as patches with rank, people, district, street, nearest station and minutes to it."""
    return exports.gaps_frame(city, answer)


def districts_frame(city: Snapshot, answer: CoverageAnswer) -> gpd.GeoDataFrame:
    """The districts with their people by fate, share and stations."""
    return exports.areas_frame(city, answer.districts, "district")


def streets_frame(city: Snapshot, answer: CoverageAnswer) -> gpd.GeoDataFrame:
    """The streets (镇街) with their people by fate, share and stations."""
    return exports.areas_frame(city, answer.streets, "street")


def _number(gap: Mapping[str, Any], label: str) -> tuple[float, float, int, str]:
    where = " · ".join(name for name in (gap["district"], gap["street"]) if name)
    return (*gap["suggested"], gap["rank"], f"{where} · {label} {count(gap['people'])}")


def _script(name: str) -> str:
    return data_address(_asset(name), "text/javascript")


def _style(name: str) -> str:
    return data_address(_asset(name), "text/css")


def _asset(name: str) -> bytes:
    return assets.lookup(assets.url(name).removeprefix(assets.PREFIX)).body
