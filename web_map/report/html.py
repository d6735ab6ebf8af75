"""A report as one page that opens from disk: figures, an interactive map, sortable tables, charts, and no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import folium
import numpy as np
import rcssmin
import rjsmin
import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geo.services.planner_report import PlannerReport
from geo.snapshot.model import Snapshot
from geo.types import Floats
from web_map.page import HTML_LANG
from web_map.report.content import document_of
from web_map.report.document import Bars, Cell, Column, Curve, Table
from web_map.report.elements import (
    Dots,
    NoPrefix,
    Numbers,
    Outlines,
    PaintedCells,
    cells_address,
    data_address,
    plain_map,
)
from web_map.report.one_file import OneFileFigure
from web_map.report.painting import minute_classes, palette
from web_map.report.picture import class_words, map_picture
from web_map.report.scene import NUMBERED, SCENARIO_VIEWS, box_of
from web_map.report.words import Words, count, share

OUTLINE_TOLERANCE_DEG = 0.0005
"""How far (in degrees, 50 m) a drawn boundary may lie off the true one."""

LEFT, RIGHT, TOP, BOTTOM = 40, 630, 20, 220
"""The ground of a chart, in the units of its drawing."""

_FOLDER = Path(__file__).parent


def html_of(report: PlannerReport, lang: str) -> tuple[bytes, str]:
    """The report as one HTML file, and the policy it carries; the same report is the same bytes."""
    words = Words(lang)
    figure = OneFileFigure(
        _environment().get_template("report.html"),
        styles=[rcssmin.cssmin((_FOLDER / "page" / "page.css").read_text("utf-8"))],
        scripts=[rjsmin.jsmin((_FOLDER / "page" / "page.js").read_text("utf-8"))],
        document=document_of(report, lang),
        html_lang=HTML_LANG[lang],
        t=words.t,
        shown=words.shown,
        cells=_cells,
        curve=_curve,
        bars=_bars,
        pictures=_pictures(report, words),
        legend=[(class_words(one, words), one.colour) for one in minute_classes(report.question.minutes)],
    )
    figure.add_child(report_map(report, words))
    page, policy = figure.rendered()
    return page.encode("utf-8"), policy


def _pictures(report: PlannerReport, words: Words) -> dict[str, str]:
    """What a scenario changes before and after, as pictures inside the page; none where no scenario is told."""
    if report.scenario is None:
        return {}
    return {view: data_address(map_picture(report, view, words), "image/png") for view in SCENARIO_VIEWS}


def report_map(report: PlannerReport, words: Words) -> folium.Map:
    """The report's map as a folium map that carries its data; ids are fixed, so that equal reports are equal files."""
    t = words.t
    chart = plain_map(box_of(report, "city"))
    labels = {"minutes": t("report.to_nearest"), "people": t("report.people")}
    masked = bool(report.answered.people.any())
    parts = {
        "cells": PaintedCells(
            cells_address(report.snapshot, report.answered),
            colours=palette(minute_classes(report.question.minutes))[:-1],
            words=labels,
            masked=masked,
        ),
        "districts": Outlines(outlines_of(report.snapshot)),
        "stations": Dots(station_dots(report)),
        "gaps": Numbers(gap_places(report, words)),
        "frame": NoPrefix(),
    }
    chart._id = "report"
    for place, child in enumerate(list(chart._children.values())):
        child._id = f"part{place}"
    for name, part in parts.items():
        part._id = name
        part.add_to(chart)
    return chart


def outlines_of(snapshot: Snapshot) -> list[Floats]:
    """The boundaries of the districts as rings of longitude and latitude."""
    areas = snapshot.areas
    shapes = areas[areas["level"] == "district"].geometry.to_numpy()
    if not len(shapes):
        return []
    simple = shapely.coverage_simplify(shapes, OUTLINE_TOLERANCE_DEG)
    return [
        np.asarray(ring.coords, dtype=np.float64)[:, :2]
        for part in shapely.get_parts(simple)
        for ring in (part.exterior, *part.interiors)
    ]


def station_dots(report: PlannerReport) -> list[tuple[float, float, str]]:
    """The stations that count, each with its name."""
    snapshot, eligible = report.snapshot, report.answered.eligible
    names = snapshot.facilities["name"].to_numpy(dtype=object)[eligible]
    columns = (snapshot.lon[eligible].tolist(), snapshot.lat[eligible].tolist(), names)
    return [(lon, lat, str(name)) for lon, lat, name in zip(*columns, strict=True)]


def gap_places(report: PlannerReport, words: Words) -> list[tuple[float, float, int, str]]:
    """The suggested places of the largest gaps, as many as on the printed map, each with what there is to say."""
    t = words.t
    places = []
    for gap in report.document["gaps"][: NUMBERED["city"]]:
        if gap["suggested"] is not None:
            where = " · ".join(name for name in (gap["district"], gap["street"]) if name)
            said = f"{where} · {t('report.outside')} {count(gap['people'])}"
            places.append((*gap["suggested"], gap["rank"], said))
    return places


# ── charts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _levels() -> list[tuple[float, str]]:
    return [(BOTTOM - part * (BOTTOM - TOP) / 4, f"{25 * part}%") for part in range(5)]


def _curve(curve: Curve) -> SimpleNamespace:
    last = max(minutes for minutes, _ in curve.points)

    def x(minutes: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(minutes, last) / last, 1)

    def y(part: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * part, 1)

    at_mark = float(np.interp(curve.mark, [one[0] for one in curve.points], [one[1] for one in curve.points]))
    return SimpleNamespace(
        levels=_levels(),
        ticks=[(x(n), f"{n}") for n in range(0, int(last) + 1, 10)],
        points=" ".join(f"{x(minutes)},{y(part)}" for minutes, part in curve.points),
        mark=x(curve.mark),
        height=y(at_mark) + 16,
        said=share(at_mark),
    )


def _bars(chart: Bars) -> SimpleNamespace:
    each = (RIGHT - LEFT) / max(1, len(chart.bars))
    drawn = []
    for place, (label, part) in enumerate(chart.bars):
        day, _, clock = label.rpartition(" ")
        high = (BOTTOM - TOP) * part
        drawn.append(
            SimpleNamespace(
                x=round(LEFT + each * (place + 0.18), 1),
                y=round(BOTTOM - high, 1),
                width=round(each * 0.64, 1),
                height=round(high, 1),
                middle=round(LEFT + each * (place + 0.5), 1),
                said=f"{part:.0%}",
                clock=clock,
                day=day,
            )
        )
    return SimpleNamespace(levels=_levels(), bars=drawn)


def _cells(table: Table, row: Sequence[Cell]) -> Iterator[tuple[Column, Cell]]:
    return zip(table.columns, row, strict=True)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    folder = _FOLDER.parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
