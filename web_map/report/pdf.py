"""
A report as PDF, for paper and for signatures: A4, every page numbered and dated, its font inside, the same bytes again.

Everything is set and drawn here, with no browser and no network. fpdf2 writes the file; lines are broken by
`web_map/report/lines.py`, because Chinese with numbers in it needs rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from fpdf import FPDF
from fpdf.fonts import TTFFont
from PIL import Image

from geo.services.planner_report import PlannerReport, made_at_utc
from geo.types import Floats
from web_map.page import HTML_LANG
from web_map.report.content import document_of
from web_map.report.document import (
    Bars,
    Block,
    Cell,
    Column,
    Curve,
    Document,
    Facts,
    MapView,
    Paragraph,
    Section,
    Table,
)
from web_map.report.fonts import boxes, font_path, showable
from web_map.report.lines import broken, shortened
from web_map.report.picture import class_words
from web_map.report.scene import Scene, scene_of, shape_of
from web_map.report.words import Words, share

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
LEFT, RIGHT, TOP, BOTTOM = 18.0, 18.0, 24.0, 20.0
WIDE = PAGE_WIDTH - LEFT - RIGHT

DOTS_PER_MM = 9
"""How many pixels of cells a millimetre of map has: some 230 per inch."""

LONGEST_CELL = 60
"""Characters after which a cell of a table ends in an ellipsis: a register may hold names of any length."""

Colour: TypeAlias = tuple[int, int, int]
INK, QUIET, BLUE, LINE = (20, 32, 43), (81, 96, 109), (31, 78, 140), (184, 194, 204)
HEAD, STRIPE, SEA, LAND = (227, 235, 244), (246, 248, 250), (233, 239, 244), (251, 250, 246)
WARNING, WARNING_INK, GAP, BORDER = (255, 233, 184), (107, 71, 0), (138, 20, 20), (51, 66, 79)


def pdf_of(report: PlannerReport, lang: str) -> bytes:
    """The report as PDF."""
    document, words = document_of(report, lang), Words(lang)
    paper = Paper(document, words)
    paper.set_creation_date(made_at_utc(report))
    paper.add_page()
    _title_page(paper, document)
    paper.add_page()
    for section in document.sections:
        _section(paper, report, section, words)
    paper.notes()
    try:
        return bytes(paper.output())
    finally:
        paper.let_go()


class Paper(FPDF):
    """Pages with a running head and foot, and a place where the next block goes (`get_y`)."""

    def __init__(self, document: Document, words: Words) -> None:
        super().__init__("portrait", "mm", "A4")
        self.document, self.words = document, words
        self.lacking, self.was_cut = 0, False
        self.add_font("noto", "", font_path("regular"))
        self.add_font("noto", "B", font_path("bold"))
        self.set_margins(LEFT, TOP, RIGHT)
        self.set_auto_page_break(False)
        self.c_margin = 0.0  # text begins where the lines beside it begin
        self.alias_nb_pages("{nb}")
        self.set_title(f"{document.title} {document.city}")
        self.set_subject(document.headline)
        self.set_creator("Yiquan 驿圈")
        self.set_lang(HTML_LANG[document.lang])

    def header(self) -> None:
        """What stands on top of every page but the first."""
        if self.page_no() == 1:
            return
        self.say(LEFT, 11, f"{self.document.title} · {self.document.city}", 8, colour=QUIET)
        if self.document.short_warning:
            self.badge(self.document.short_warning, 9.6)
        self.set_draw_color(*LINE)
        self.line(LEFT, 17.5, PAGE_WIDTH - RIGHT, 17.5)
        self.set_xy(LEFT, TOP)

    def footer(self) -> None:
        """What stands below every page."""
        y = PAGE_HEIGHT - 12
        numbers = self.words.t("report.page_of", n=self.page_no(), all="{nb}")
        self.say(LEFT, y, self.document.question, 7.5, colour=QUIET, wide=WIDE * 0.7)
        self.say(LEFT, y, numbers, 7.5, colour=QUIET, wide=WIDE, align="R")

    def badge(self, text: str, y: float) -> None:
        """A small sign at the right edge."""
        self.use(8, bold=True)
        wide = self.get_string_width(showable(text)) + 5
        self.fill_box(PAGE_WIDTH - RIGHT - wide, y, wide, 6, WARNING)
        self.say(PAGE_WIDTH - RIGHT - wide, y + 1, text, 8, bold=True, colour=WARNING_INK, wide=wide, align="C")

    # ── the pen ──

    def use(self, size: float, *, bold: bool = False, colour: Colour = INK) -> None:
        """Write in this size (points) from now on."""
        self.set_font("noto", "B" if bold else "", size)
        self.set_text_color(*colour)

    def clean(self, text: str) -> str:
        """A text as the font can show it; what it cannot is counted."""
        self.lacking += boxes(text)
        return showable(text)

    def say(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: Colour = INK,
        wide: float | None = None,
        align: str = "L",
    ) -> None:
        """One line of text at a place; cut with an ellipsis where it is wider than `wide`."""
        self.use(size, bold=bold, colour=colour)
        said = self.clean(text)
        if wide is not None:
            said = shortened(said, wide, self.get_string_width)
        self.set_xy(x, y)
        self.cell(wide or self.get_string_width(said) + 1, size * 0.5, said, align=align)

    def lines(self, text: str, wide: float) -> list[str]:
        """The lines of a text in the present font."""
        return broken(self.clean(text), wide, self.get_string_width)

    def fill_box(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.set_fill_color(*colour)
        self.rect(x, y, wide, high, style="F")

    def need(self, high: float) -> None:
        """Begin a new page where less than this height is left."""
        if self.get_y() + high > PAGE_HEIGHT - BOTTOM:
            self.add_page()

    def paragraph(
        self, text: str, size: float = 10, *, bold: bool = False, colour: Colour = INK, wide: float = WIDE
    ) -> None:
        """Text in as many lines as it takes."""
        self.use(size, bold=bold, colour=colour)
        for line in self.lines(text, wide):
            self.need(size * 0.6)
            self.use(size, bold=bold, colour=colour)
            self.set_x(LEFT)
            self.cell(wide, size * 0.6, line)
            self.set_y(self.get_y() + size * 0.6)

    def skip(self, high: float) -> None:
        """Leave some room."""
        self.set_y(self.get_y() + high)

    def let_go(self) -> None:
        """Close the font files, which the library leaves open."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def notes(self) -> None:
        """What the font and the width of a page did not allow, said on the last one."""
        if self.lacking:
            self.skip(2)
            self.paragraph(self.words.t("report.boxes", n=f"{self.lacking:,}"), 8, colour=QUIET)
        if self.was_cut:
            self.paragraph(self.words.t("report.cut"), 8, colour=QUIET)


# ── the first page ──────────────────────────────────────────────────────────────────────────────────────────────


def _title_page(paper: Paper, document: Document) -> None:
    y = 24.0
    if document.warning is not None:
        paper.use(9, bold=True)
        lines = paper.lines(document.warning, WIDE - 10)
        paper.fill_box(LEFT, y, WIDE, 5 * len(lines) + 5, WARNING)
        for line in lines:
            paper.say(LEFT + 5, y + 2.6, line, 9, bold=True, colour=WARNING_INK)
            y += 5
        y += 12
    paper.say(LEFT, y, "Yiquan 驿圈", 11, bold=True, colour=BLUE)
    paper.say(LEFT, y + 12, document.city, 16, colour=QUIET, wide=WIDE)
    paper.say(LEFT, y + 23, document.title, 30, bold=True)
    paper.set_y(y + 43)
    paper.paragraph(document.question, 11, colour=QUIET)
    y = paper.get_y() + 6
    paper.say(LEFT, y, document.share, 54, bold=True, colour=BLUE)
    paper.set_y(y + 29)
    paper.paragraph(document.headline, 14, bold=True)
    y = _figures(paper, document, paper.get_y() + 6)
    paper.set_y(y + 4)
    _facts(paper, document.facts)
    _signatures(paper, document.signatures)


def _figures(paper: Paper, document: Document, y: float) -> float:
    """The few figures side by side; returns where they end."""
    each = WIDE / len(document.figures)
    paper.set_draw_color(*LINE)
    paper.line(LEFT, y, PAGE_WIDTH - RIGHT, y)
    for place, (label, value) in enumerate(document.figures):
        paper.say(LEFT + each * place, y + 4, value, 18, bold=True, wide=each - 2)
        paper.say(LEFT + each * place, y + 14, label, 9, colour=QUIET, wide=each - 2)
    paper.line(LEFT, y + 22, PAGE_WIDTH - RIGHT, y + 22)
    return y + 22


def _signatures(paper: Paper, names: Sequence[str]) -> None:
    y, each = PAGE_HEIGHT - 38, WIDE / len(names)
    for place, name in enumerate(names):
        x = LEFT + each * place
        paper.say(x, y, name, 9, colour=QUIET)
        paper.set_draw_color(*INK)
        paper.line(x, y + 15, x + each - 8, y + 15)


# ── sections ────────────────────────────────────────────────────────────────────────────────────────────────────


def _section(paper: Paper, report: PlannerReport, section: Section, words: Words) -> None:
    paper.need(60)
    paper.start_section(showable(section.heading))
    paper.skip(3)
    y = paper.get_y()
    paper.fill_box(LEFT, y + 0.4, 1.6, 7.4, BLUE)
    paper.say(LEFT + 4.5, y, section.heading, 16, bold=True)
    paper.set_y(y + 12)
    for block in section.blocks:
        _block(paper, report, block, words)


def _block(paper: Paper, report: PlannerReport, block: Block, words: Words) -> None:
    match block:
        case Paragraph():
            paper.paragraph(block.text, 8.5 if block.is_note else 10, colour=QUIET if block.is_note else INK)
            paper.skip(2)
        case Facts():
            _facts(paper, block.rows)
        case Table():
            _table(paper, block, words)
        case Curve():
            _curve(paper, block)
        case Bars():
            _bars(paper, block)
        case MapView():
            _map(paper, report, block, words)


def _caption(paper: Paper, text: str, room: float) -> None:
    """The words above a table or a picture, on one page with what follows."""
    paper.need(room + 9)
    paper.say(LEFT, paper.get_y() + 1, text, 10.5, bold=True, wide=WIDE)
    paper.set_y(paper.get_y() + 7.5)


def _note(paper: Paper, text: str) -> None:
    if text:
        paper.skip(1)
        paper.paragraph(text, 8, colour=QUIET)
    paper.skip(4)


def _facts(paper: Paper, rows: Sequence[tuple[str, str]]) -> None:
    label_wide = 42.0
    for label, value in rows:
        paper.use(9)
        lines = paper.lines(value, WIDE - label_wide)
        paper.need(5.4 * len(lines) + 1.2)
        y = paper.get_y()
        paper.say(LEFT, y + 0.6, label, 9, colour=QUIET, wide=label_wide - 3)
        for line in lines:
            paper.say(LEFT + label_wide, y + 0.6, line, 9)
            y += 5.4
        paper.set_draw_color(*LINE)
        paper.set_line_width(0.1)
        paper.line(LEFT, y + 0.6, PAGE_WIDTH - RIGHT, y + 0.6)
        paper.set_y(y + 1.2)
    paper.skip(3)


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────

ROW, PADDING, SIZE = 5.2, 1.6, 8.5


KEPT_WHOLE = 18
"""Tables of no more rows than this are not parted by the end of a page."""


def _table(paper: Paper, table: Table, words: Words) -> None:
    rows = len(table.rows) + 3
    _caption(paper, table.caption, ROW * (rows if rows <= KEPT_WHOLE else 6))
    widths = [WIDE * column.weight / sum(one.weight for one in table.columns) for column in table.columns]
    _table_head(paper, table.columns, widths)
    for number, row in enumerate(table.rows):
        _table_row(paper, table.columns, widths, row, words, striped=number % 2 == 1)
    if table.total is not None:
        _table_row(paper, table.columns, widths, table.total, words, is_total=True)
    _note(paper, table.note)


def _table_head(paper: Paper, columns: Sequence[Column], widths: Sequence[float]) -> None:
    paper.use(SIZE, bold=True)
    cells = [paper.lines(column.heading, wide - 2 * PADDING) for column, wide in zip(columns, widths, strict=True)]
    _set_row(paper, columns, widths, cells, bold=True, ground=HEAD)


def _table_row(
    paper: Paper,
    columns: Sequence[Column],
    widths: Sequence[float],
    row: Sequence[Cell],
    words: Words,
    *,
    striped: bool = False,
    is_total: bool = False,
) -> None:
    paper.use(SIZE, bold=is_total)
    cells = []
    for column, wide, value in zip(columns, widths, row, strict=True):
        said = words.shown(column.kind, value)
        if len(said) > LONGEST_CELL and column.kind == "text":
            said, paper.was_cut = said[:LONGEST_CELL] + "…", True
        cells.append(paper.lines(said, wide - 2 * PADDING))
    high = ROW * max(map(len, cells))
    if paper.get_y() + high > PAGE_HEIGHT - BOTTOM:
        paper.add_page()
        _table_head(paper, columns, widths)
    _set_row(paper, columns, widths, cells, bold=is_total, ground=STRIPE if striped else None, ruled=is_total)


def _set_row(
    paper: Paper,
    columns: Sequence[Column],
    widths: Sequence[float],
    cells: Sequence[Sequence[str]],
    *,
    bold: bool,
    ground: Colour | None,
    ruled: bool = False,
) -> None:
    y, high = paper.get_y(), ROW * max(map(len, cells))
    if ground is not None:
        paper.fill_box(LEFT, y, WIDE, high, ground)
    if ruled:
        paper.set_draw_color(*INK)
        paper.set_line_width(0.3)
        paper.line(LEFT, y, PAGE_WIDTH - RIGHT, y)
    paper.use(SIZE, bold=bold)
    x = LEFT
    for column, wide, lines in zip(columns, widths, cells, strict=True):
        for place, line in enumerate(lines):
            paper.set_xy(x + PADDING, y + place * ROW)
            paper.cell(wide - 2 * PADDING, ROW, line, align="L" if column.kind == "text" else "R")
        x += wide
    paper.set_xy(LEFT, y + high)


# ── charts ──────────────────────────────────────────────────────────────────────────────────────────────────────

CHART_HIGH = 52.0
AXIS_WIDE = 12.0


def _chart_ground(paper: Paper, high: float) -> tuple[float, float]:
    """Draw the lines of a chart from 0 to 100 per cent; returns its upper left corner."""
    x, y = LEFT + AXIS_WIDE, paper.get_y() + 2
    for part in range(5):
        level = y + high * (1 - part / 4)
        paper.set_draw_color(*LINE)
        paper.set_line_width(0.1)
        paper.line(x, level, LEFT + WIDE, level)
        paper.say(LEFT, level - 2, f"{25 * part}%", 7.5, colour=QUIET, wide=AXIS_WIDE - 2, align="R")
    return x, y


def _curve(paper: Paper, curve: Curve) -> None:
    _caption(paper, curve.caption, CHART_HIGH + 22)
    x, y = _chart_ground(paper, CHART_HIGH)
    wide, last = WIDE - AXIS_WIDE, max(minutes for minutes, _ in curve.points)
    places = [(x + wide * minutes / last, y + CHART_HIGH * (1 - part)) for minutes, part in curve.points]
    for minutes in range(0, int(last) + 1, 10):
        said = f"{minutes} {curve.x_label}" if minutes == last else f"{minutes}"
        paper.say(x + wide * minutes / last - 15, y + CHART_HIGH + 1.5, said, 7.5, colour=QUIET, wide=30, align="C")
    paper.set_draw_color(*GAP)
    paper.set_line_width(0.3)
    mark = x + wide * min(curve.mark, last) / last
    with paper.local_context():
        paper.set_dash_pattern(dash=1.4, gap=1.2)
        paper.line(mark, y, mark, y + CHART_HIGH)
    paper.set_draw_color(*BLUE)
    paper.set_line_width(0.7)
    paper.polyline(places)
    at_mark = float(np.interp(curve.mark, [one[0] for one in curve.points], [one[1] for one in curve.points]))
    paper.say(mark + 1.5, y + CHART_HIGH * (1 - at_mark) + 1, share(at_mark), 8.5, bold=True, colour=GAP)
    paper.set_y(y + CHART_HIGH + 8)
    _note(paper, curve.note)


def _bars(paper: Paper, chart: Bars) -> None:
    _caption(paper, chart.caption, CHART_HIGH + 22)
    x, y = _chart_ground(paper, CHART_HIGH)
    each = (WIDE - AXIS_WIDE) / max(1, len(chart.bars))
    for place, (label, part) in enumerate(chart.bars):
        left = x + each * place
        paper.fill_box(left + each * 0.18, y + CHART_HIGH * (1 - part), each * 0.64, CHART_HIGH * part, BLUE)
        paper.say(left, y + CHART_HIGH * (1 - part) - 4, f"{part:.0%}", 7, bold=True, wide=each, align="C")
        day, _, clock = label.rpartition(" ")
        paper.say(left, y + CHART_HIGH + 1, clock, 7, colour=QUIET, wide=each, align="C")
        paper.say(left, y + CHART_HIGH + 4.5, day, 6.5, colour=QUIET, wide=each, align="C")
    paper.set_y(y + CHART_HIGH + 10)
    _note(paper, chart.note)


# ── maps ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _map(paper: Paper, report: PlannerReport, view: MapView, words: Words) -> None:
    high = WIDE * shape_of(report, view.name)
    legend_high = 24.0
    high = min(high, PAGE_HEIGHT - TOP - BOTTOM - legend_high - 26)
    _caption(paper, view.caption, high + legend_high + 10)
    scene = scene_of(report, view.name, round(WIDE * DOTS_PER_MM), round(high * DOTS_PER_MM), words)
    x, y = LEFT, paper.get_y()

    def placed(points: Floats) -> list[tuple[float, float]]:
        return [(x + a * WIDE, y + b * high) for a, b in points.tolist()]

    paper.fill_box(x, y, WIDE, high, SEA)
    # the clip puts the page's colours back without telling the library, hence the context around it
    with paper.local_context(), paper.rect_clip(x, y, WIDE, high):
        _draw_land(paper, scene, placed, (x, y, high))
        _draw_signs(paper, scene, placed)
        _draw_scale(paper, scene, words, y + high)
        _draw_north(paper, words, y)
    paper.set_draw_color(*BORDER)
    paper.set_line_width(0.3)
    paper.rect(x, y, WIDE, high)
    paper.set_y(y + high + 2.5)
    _draw_legend(paper, scene, words)
    _note(paper, view.note)


Placed: TypeAlias = Callable[[Floats], list[tuple[float, float]]]


def _draw_land(paper: Paper, scene: Scene, placed: Placed, at: tuple[float, float, float]) -> None:
    """Land, cells and lines."""
    x, y, high = at
    paper.set_fill_color(*LAND)
    for ring in scene.districts:
        paper.polygon(placed(ring), style="F")
    paper.image(Image.fromarray(np.ascontiguousarray(scene.cells)), x, y, WIDE, high)
    paper.set_line_width(0.12)
    paper.set_draw_color(154, 166, 176)
    for ring in scene.streets:
        paper.polyline(placed(ring))
    paper.set_line_width(0.25)
    paper.set_draw_color(*BORDER)
    for ring in scene.districts:
        paper.polyline(placed(ring))


def _draw_signs(paper: Paper, scene: Scene, placed: Placed) -> None:
    """Stations, names and numbers of gaps."""
    radius = 0.32 if len(scene.stations) > 300 else 0.55
    paper.set_fill_color(*INK)
    for px, py in placed(scene.stations):
        paper.circle(px, py, radius, style="F")
    for name, a, b, room in scene.labels:
        paper.use(8, bold=True)
        said = paper.clean(name)
        wide = paper.get_string_width(said)
        if wide < room * WIDE:
            ((px, py),) = placed(np.array([[a, b]]))
            _haloed(paper, px - wide / 2, py - 2, said)
    for rank, a, b in reversed(scene.numbered):
        ((px, py),) = placed(np.array([[a, b]]))
        _draw_number(paper, rank, px, py)


def _haloed(paper: Paper, x: float, y: float, text: str) -> None:
    """A word with a bright edge that keeps it apart from what is below."""
    paper.set_text_color(255, 255, 255)
    for turn in np.linspace(0, 2 * np.pi, 12, endpoint=False).tolist():
        paper.set_xy(x + 0.35 * float(np.cos(turn)), y + 0.35 * float(np.sin(turn)))
        paper.cell(60, 4, text)
    paper.set_text_color(*INK)
    paper.set_xy(x, y)
    paper.cell(60, 4, text)


def _draw_number(paper: Paper, rank: int, x: float, y: float) -> None:
    paper.set_fill_color(255, 255, 255)
    paper.set_draw_color(*GAP)
    paper.set_line_width(0.3)
    paper.circle(x, y, 1.75, style="DF")
    paper.say(x - 3, y - 1.55, str(rank), 6, bold=True, colour=GAP, wide=6, align="C")


def _draw_scale(paper: Paper, scene: Scene, words: Words, bottom: float) -> None:
    length, x, y = scene.scale_part * WIDE, LEFT + 4, bottom - 4
    paper.fill_box(x - 2, y - 6, length + 4, 8, (255, 255, 255))
    paper.set_draw_color(*INK)
    paper.set_line_width(0.35)
    paper.polyline([(x, y - 1), (x, y + 0.5), (x + length, y + 0.5), (x + length, y - 1)])
    paper.say(x, y - 5, words.t("report.km", n=f"{scene.scale_km:g}"), 7, wide=length, align="C")


def _draw_north(paper: Paper, words: Words, top: float) -> None:
    x, y = LEFT + WIDE - 7, top + 4
    paper.fill_box(x - 4, y - 1.5, 8, 13, (255, 255, 255))
    paper.set_fill_color(*INK)
    paper.polygon([(x, y), (x - 1.8, y + 5.5), (x, y + 4.2), (x + 1.8, y + 5.5)], style="F")
    paper.say(x - 4, y + 6, words.t("report.north"), 8, bold=True, wide=8, align="C")


def _draw_legend(paper: Paper, scene: Scene, words: Words) -> None:
    t = words.t
    y, each = paper.get_y(), WIDE / len(scene.classes)
    paper.say(LEFT, y, t("report.legend"), 8.5, bold=True)
    for place, one in enumerate(scene.classes):
        rgb = bytes.fromhex(one.colour[1:])
        paper.fill_box(LEFT + each * place, y + 5.5, each - 1, 4, (rgb[0], rgb[1], rgb[2]))
        paper.say(LEFT + each * place, y + 10.3, class_words(one, words), 7.5, wide=each - 1)
    y += 16
    paper.set_fill_color(*INK)
    paper.circle(LEFT + 2, y + 2, 0.7, style="F")
    paper.say(LEFT + 5, y, t("report.legend_station"), 8)
    _draw_number(paper, 1, LEFT + 52, y + 2)
    paper.say(LEFT + 56, y, scene.numbers_mean, 8)
    paper.set_draw_color(*BORDER)
    paper.set_line_width(0.4)
    paper.line(LEFT + 100, y + 2, LEFT + 106, y + 2)
    paper.say(LEFT + 108, y, t("report.legend_district"), 8)
    paper.set_y(y + 5)
