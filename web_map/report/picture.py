"""The map of a report as a picture (PNG): the map on the left, what it says and how to read it on the right."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from geo.services.planner_report import PlannerReport
from geo.services.scenario_report import ScenarioPart
from geo.types import Floats
from web_map.report.content import document_of
from web_map.report.document import Document
from web_map.report.fonts import Weight, font_path, showable
from web_map.report.lines import broken, shortened
from web_map.report.painting import Class
from web_map.report.scenario import kind_of, scenario_sentences, station_of
from web_map.report.scene import Scene, scene_of, shape_of
from web_map.report.siting import siting_facts
from web_map.report.words import Words, area_name, count, share, signed

SIZES = {"small": 1, "large": 2}
"""Sizes of the picture: 1,600 by 1,131 pixels for a slide, twice that for print on A4 at some 275 dots per inch."""

WIDTH, HEIGHT = 1600, 1131
MARGIN = 40
PANEL = 470
"""Width of the panel on the right."""

MOST_BARS = 12
"""For how many districts the panel has room."""

BETWEEN_MAPS = 16

ROOM_FOR_SOURCES = 150
"""How high the dates and sources below a scenario's changes are at least."""

UNTOLD_FACTS = 3
"""How many of a siting's facts (certificate, seed, method) stand in its report but not on its picture."""

SEA, LAND, INK, QUIET, BLUE = "#e9eff4", "#fbfaf6", "#14202b", "#51606d", "#1f4e8c"
DISTRICT_LINE, STREET_LINE = "#33424f", "#9aa6b0"
WARNING, WARNING_INK = "#ffe9b8", "#6b4700"
GAP = "#8a1414"

Colour: TypeAlias = str
Point: TypeAlias = tuple[float, float]


def picture_of(report: PlannerReport, lang: str, size: str = "small") -> bytes:
    """The map sheet as PNG; the same report is the same bytes."""
    times = SIZES[size]
    # drawn at twice the size and brought down, because lines and circles have no soft edges of their own
    pen = Pen(Image.new("RGB", (WIDTH * times * 2, HEIGHT * times * 2), "white"), times * 2)
    document, words = document_of(report, lang), Words(lang)
    map_width, map_height = WIDTH - 3 * MARGIN - PANEL, HEIGHT - 2 * MARGIN
    if report.scenario is not None:
        scene = _draw_before_and_after(pen, report, (map_width, map_height), times, words)
        _draw_scenario_panel(pen, report.scenario, document, scene, words)
    else:
        scene = scene_of(report, "city", map_width * times, map_height * times, words)
        draw_map(pen, scene, (MARGIN, MARGIN), (map_width, map_height), words)
        _draw_panel(pen, report, document, scene, words)
    return png_of(pen, (WIDTH * times, HEIGHT * times))


def map_picture(report: PlannerReport, view: str, words: Words, *, wide: int = 1000) -> bytes:
    """One map of a report as PNG, so many pixels wide and as high as the land asks for."""
    high = round(wide * shape_of(report, view))
    pen = Pen(Image.new("RGB", (wide * 2, high * 2), "white"), 2)
    draw_map(pen, scene_of(report, view, wide, high, words), (0, 0), (wide, high), words)
    return png_of(pen, (wide, high))


def png_of(pen: Pen, size: tuple[int, int]) -> bytes:
    """What was drawn at twice the size, brought down to it; the same drawing is the same bytes."""
    written = io.BytesIO()
    pen.image.resize(size, Image.Resampling.BOX).save(written, "PNG", compress_level=7)
    return written.getvalue()


class Pen:
    """Draws on an image in units that do not depend on its size."""

    def __init__(self, image: Image.Image, unit: float) -> None:
        self.image, self.unit = image, unit
        self.draw = ImageDraw.Draw(image)

    def text(self, at: Point, text: str, size: float, *, weight: Weight = "regular", colour: Colour = INK) -> None:
        """A line of text below and right of a point."""
        self.draw.text(self._at(at), showable(text), colour, self.font(size, weight))

    def width(self, text: str, size: float, weight: Weight = "regular") -> float:
        """How wide a line of text is."""
        return float(self.font(size, weight).getlength(showable(text))) / self.unit

    def paragraph(
        self, at: Point, text: str, size: float, wide: float, *, weight: Weight = "regular", colour: Colour = INK
    ) -> float:
        """Text in as many lines as it takes; returns where the next line would begin."""
        x, y = at
        for line in broken(showable(text), wide, lambda part: self.width(part, size, weight)):
            self.text((x, y), line, size, weight=weight, colour=colour)
            y += size * 1.5
        return y

    def box(self, at: Point, size: Point, *, fill: Colour | None = None, line: Colour | None = None) -> None:
        """A rectangle."""
        (x, y), (wide, high) = at, size
        self.draw.rectangle([self._at((x, y)), self._at((x + wide, y + high))], fill, line, width=round(self.unit))

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1.0) -> None:
        """A line through some points."""
        self.draw.line([self._at(point) for point in points], colour, max(1, round(width * self.unit)), joint="curve")

    def dot(self, at: Point, radius: float, fill: Colour, *, edge: Colour = "#ffffff", width: float = 1.0) -> None:
        """A filled circle with an edge."""
        x, y = at
        corners = [self._at((x - radius, y - radius)), self._at((x + radius, y + radius))]
        self.draw.ellipse(corners, fill, edge, round(width * self.unit))

    def label(self, at: Point, text: str, size: float) -> None:
        """A word on a map, around a point, with a bright edge that keeps it apart from what is below."""
        x, y = at
        x, y = x - self.width(text, size, "bold") / 2, y - size * 0.7
        font, edge = self.font(size, "bold"), round(2 * self.unit)
        self.draw.text(self._at((x, y)), showable(text), INK, font, stroke_width=edge, stroke_fill="#ffffff")

    def font(self, size: float, weight: Weight) -> ImageFont.FreeTypeFont:
        """The report's font at a size."""
        return font_at(round(size * self.unit), weight)

    def _at(self, point: Point) -> Point:
        return point[0] * self.unit, point[1] * self.unit


@lru_cache(maxsize=32)
def font_at(pixels: int, weight: Weight) -> ImageFont.FreeTypeFont:
    """The report's font, so many pixels high."""
    return ImageFont.truetype(font_path(weight), pixels, layout_engine=ImageFont.Layout.BASIC)


# ── the map ─────────────────────────────────────────────────────────────────────────────────────────────────────


def draw_map(pen: Pen, scene: Scene, at: Point, size: Point, words: Words) -> None:
    """A map with its frame, scale and north arrow."""
    (left, top), (wide, high) = at, size
    cut = Image.new("RGB", (round(wide * pen.unit), round(high * pen.unit)), SEA)
    inner = Pen(cut, pen.unit)

    def placed(points: Floats) -> list[Point]:
        return [(x * wide, y * high) for x, y in points.tolist()]

    for ring in scene.districts:
        inner.draw.polygon([(x * pen.unit, y * pen.unit) for x, y in placed(ring)], LAND)
    cells = Image.fromarray(np.ascontiguousarray(scene.cells)).resize(cut.size, Image.Resampling.NEAREST)
    cut.paste(cells, (0, 0), cells)
    for ring in scene.streets:
        inner.line(placed(ring), STREET_LINE, 0.7)
    for ring in scene.districts:
        inner.line(placed(ring), DISTRICT_LINE, 1.4)
    for x, y in placed(scene.stations):
        inner.dot((x, y), 1.7, INK, width=0.5)
    for name, x, y, room in scene.labels:
        if inner.width(name, 15, "bold") < room * wide:  # a name wider than its district would stand on its neighbours
            inner.label((x * wide, y * high), name, 15)
    for rank, x, y in reversed(scene.numbered):
        _draw_number(inner, rank, (x * wide, y * high))
    _draw_scale(inner, scene, wide, high, words)
    _draw_north(inner, (wide - 34, 20), words)
    pen.image.paste(cut, (round(left * pen.unit), round(top * pen.unit)))
    pen.box(at, size, line=DISTRICT_LINE)


def _draw_number(pen: Pen, rank: int, at: Point) -> None:
    pen.dot(at, 9, "#ffffff", edge=GAP, width=1.6)
    text = str(rank)
    pen.text((at[0] - pen.width(text, 11, "bold") / 2, at[1] - 8), text, 11, weight="bold", colour=GAP)


def _draw_scale(pen: Pen, scene: Scene, wide: float, high: float, words: Words) -> None:
    length, x, y = scene.scale_part * wide, 20.0, high - 24
    label = words.t("report.km", n=f"{scene.scale_km:g}")
    pen.box((x - 8, y - 24), (length + 16, 38), fill="#ffffff")
    pen.line([(x, y - 4), (x, y + 3), (x + length, y + 3), (x + length, y - 4)], INK, 1.6)
    pen.text((x + (length - pen.width(label, 13)) / 2, y - 21), label, 13)


def _draw_north(pen: Pen, at: Point, words: Words) -> None:
    x, y = at
    unit = pen.unit
    pen.box((x - 18, y - 8), (36, 62), fill="#ffffff")
    corners = [(x, y), (x - 8, y + 24), (x, y + 18), (x + 8, y + 24)]
    pen.draw.polygon([(a * unit, b * unit) for a, b in corners], INK)
    label = words.t("report.north")
    pen.text((x - pen.width(label, 14, "bold") / 2, y + 26), label, 14, weight="bold")


def _draw_before_and_after(pen: Pen, report: PlannerReport, size: tuple[int, int], times: int, words: Words) -> Scene:
    """What a scenario changes, before above and after below; returns the map below."""
    wide, high = size[0], (size[1] - BETWEEN_MAPS) // 2
    for place, (view, label) in enumerate((("before", words.t("report.before")), ("after", words.t("report.after")))):
        top = MARGIN + place * (high + BETWEEN_MAPS)
        scene = scene_of(report, view, wide * times, high * times, words)
        draw_map(pen, scene, (MARGIN, top), (wide, high), words)
        pen.box((MARGIN, top), (pen.width(label, 18, "bold") + 24, 36), fill="#ffffff", line=DISTRICT_LINE)
        pen.text((MARGIN + 12, top + 5), label, 18, weight="bold")
    return scene


# ── the panel ───────────────────────────────────────────────────────────────────────────────────────────────────


def _draw_panel(pen: Pen, report: PlannerReport, document: Document, scene: Scene, words: Words) -> None:
    x, y = float(WIDTH - MARGIN - PANEL), float(MARGIN)
    if document.warning is not None:
        pen.box((x, y), (PANEL, 62), fill=WARNING)
        pen.paragraph((x + 12, y + 8), document.warning, 15, PANEL - 24, weight="bold", colour=WARNING_INK)
        y += 78
    pen.text((x, y), document.city, 20, colour=QUIET)
    pen.text((x, y + 26), document.title, 32, weight="bold")
    y = pen.paragraph((x, y + 78), document.question, 16, PANEL, colour=QUIET) + 6
    pen.text((x, y), document.share, 72, weight="bold", colour=BLUE)
    y = pen.paragraph((x, y + 100), document.headline, 19, PANEL, weight="bold") + 8
    for place, (label, value) in enumerate(document.figures):
        left = x + (place % 2) * PANEL / 2
        pen.text((left, y), value, 24, weight="bold")
        pen.text((left, y + 32), label, 15, colour=QUIET)
        y += 66 * (place % 2)
    y = draw_legend(pen, scene, (x, y + 6), words) + 8
    y = _draw_districts(pen, report, words, (x, y)) + 10
    _draw_sources(pen, document, (x, y), HEIGHT - MARGIN - y)


def _draw_scenario_panel(pen: Pen, scenario: ScenarioPart, document: Document, scene: Scene, words: Words) -> None:
    """What a scenario is, what comes of it, how to read its maps, and its sites or changes by their numbers."""
    t, people = words.t, scenario.people
    x, y = float(WIDTH - MARGIN - PANEL), float(MARGIN)
    if document.warning is not None:
        pen.box((x, y), (PANEL, 62), fill=WARNING)
        pen.paragraph((x + 12, y + 8), document.warning, 15, PANEL - 24, weight="bold", colour=WARNING_INK)
        y += 78
    pen.text((x, y), document.city, 20, colour=QUIET)
    kind = t("report.scenario") if scenario.siting is None else t("report.siting")
    pen.text((x, y + 26), kind, 30, weight="bold")
    name = shortened(f"{scenario.name} ({scenario.code})", PANEL, lambda part: pen.width(part, 17))
    pen.text((x, y + 70), name, 17)
    y = pen.paragraph((x, y + 98), document.question, 16, PANEL, colour=QUIET) + 4
    said = f"{share(people['before']['share'])} → {share(people['after']['share'])}"
    pen.text((x, y), said, 44, weight="bold", colour=BLUE)
    y = pen.paragraph((x, y + 66), scenario_sentences(scenario, words)[1], 16, PANEL, weight="bold") + 6
    for label, value in [] if scenario.siting is None else siting_facts(scenario.siting, words)[:-UNTOLD_FACTS]:
        y = pen.paragraph((x, y), f"{label}  {value}", 14, PANEL, colour=QUIET)
    y = draw_legend(pen, scene, (x, y + 10), words) + 6
    y = _draw_changes(pen, scenario, words, (x, y), HEIGHT - MARGIN - ROOM_FOR_SOURCES)
    _draw_sources(pen, document, (x, y + 6), HEIGHT - MARGIN - y - 6)


def _draw_changes(pen: Pen, scenario: ScenarioPart, words: Words, at: Point, ends: float) -> float:
    """The changes by their numbers on the map, as many as there is room for; returns where they end."""
    x, y = at
    worth = {place: change.people for place, change in enumerate(scenario.changes, 1)}
    if scenario.siting is not None:
        worth |= {site["order"]: site["people"] for site in scenario.siting["sites"]}
    for place, change in enumerate(scenario.changes, 1):
        if y + 44 > ends:
            rest = words.t("report.and_more", n=count(len(scenario.changes) - place + 1))
            pen.text((x, y), rest, 14, colour=QUIET)
            return y + 22
        people = worth.get(place)
        said = "" if people is None else signed(people)
        _draw_number(pen, place, (x + 10, y + 10))
        name = f"{kind_of(change, words)}  {station_of(change, words)}"
        pen.text((x + 28, y), shortened(name, PANEL - 120, lambda part: pen.width(part, 14)), 14)
        pen.text((x + PANEL - pen.width(said, 14, "bold"), y), said, 14, weight="bold")
        y += 22
    return y


def _draw_districts(pen: Pen, report: PlannerReport, words: Words, at: Point) -> float:
    """Coverage of the districts as bars, as many as there is room for; returns where they end."""
    rows, names = report.document["districts"][:MOST_BARS], report.english_names
    if not rows:
        return at[1]
    x, y = at
    pen.text((x, y), words.t("report.districts_table"), 17, weight="bold")
    y += 30
    for row in rows:
        name = shortened(area_name(row, words, names), 150, lambda part: pen.width(part, 15))
        pen.text((x, y - 2), name, 15)
        pen.box((x + 160, y + 3), (PANEL - 240, 12), fill=SEA)
        pen.box((x + 160, y + 3), ((PANEL - 240) * row["share"], 12), fill=BLUE)
        said = share(row["share"])
        pen.text((x + PANEL - pen.width(said, 15, "bold"), y - 2), said, 15, weight="bold")
        y += 21
    return y


def draw_legend(pen: Pen, scene: Scene, at: Point, words: Words) -> float:
    """How to read the map; returns where it ends."""
    t = words.t
    x, y = at
    pen.text((x, y), t("report.legend"), 17, weight="bold")
    y += 30
    for one in scene.classes:
        pen.box((x, y + 2), (30, 18), fill=one.colour)
        pen.text((x + 42, y - 1), class_words(one, words), 16)
        y += 24
    x, y = x + PANEL / 2, at[1] + 30
    for line in (t("report.legend_station"), scene.numbers_mean, t("report.legend_district")):
        middle = (x + 12, y + 11)
        if line == t("report.legend_station"):
            pen.dot(middle, 4, INK)
        elif line == scene.numbers_mean:
            _draw_number(pen, 1, middle)
        else:
            pen.line([(x, y + 11), (x + 24, y + 11)], DISTRICT_LINE, 1.6)
        pen.text((x + 36, y - 1), shortened(line, PANEL / 2 - 40, lambda part: pen.width(part, 16)), 16)
        y += 28
    return at[1] + 30 + 24 * len(scene.classes) + 6


def class_words(one: Class, words: Words) -> str:
    """A class of minutes in words."""
    if one.top == float("inf"):
        return words.t("report.legend_beyond", n=f"{one.over:g}")
    return words.t("report.legend_between", from_=f"{one.over:g}", to=f"{one.top:g}")


def _draw_sources(pen: Pen, document: Document, at: Point, high: float) -> None:
    """Dates and sources, as many lines as fit."""
    x, y = at
    ends = y + high
    pen.line([(x, y), (x + PANEL, y)], STREET_LINE)
    y += 10
    for label, value in document.facts[-4:]:
        text = f"{label}  {value}"
        for line in broken(showable(text), PANEL, lambda part: pen.width(part, 12)):
            if y + 17 > ends:
                return
            pen.text((x, y), line, 12, colour=QUIET)
            y += 17
