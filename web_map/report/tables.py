"""A report as tables for other programs: an Excel workbook for everybody, a GeoPackage with its styles for a GIS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd

from geo.places.vocabulary import FACILITY_CLASSES, FACILITY_TYPES, NETWORKS, STATUSES
from geo.services.exports import (
    Column,
    Layer,
    Sheet,
    areas_frame,
    cells_frame,
    gaps_frame,
    geopackage,
    points_frame,
    workbook,
)
from geo.services.planner_report import PlannerReport, facility_table, made_at_utc
from geo.services.scenario_frames import (
    alternatives_frame,
    changed_cells_frame,
    changes_frame,
    lost_role_frame,
    sites_frame,
)
from web_map.report.content import (
    PARTS,
    amenity_table,
    declared_table,
    document_of,
    fates_table,
    freshness_table,
    hours_table,
    in_words,
    method_sentences,
    run_facts,
    source_facts,
)
from web_map.report.document import Table
from web_map.report.painting import BEYOND, WITHIN, Class, minute_classes
from web_map.report.picture import class_words
from web_map.report.scenario import change_table, gain_table, scenario_sentences
from web_map.report.siting import (
    alternatives_table,
    curve_table,
    lost_role_table,
    outside_table,
    sites_table,
    siting_facts,
)
from web_map.report.words import Words, area_name

# ── Excel ───────────────────────────────────────────────────────────────────────────────────────────────────────


def xlsx_of(report: PlannerReport, lang: str) -> bytes:
    """The report as a workbook: what it is, the city, its districts, streets and gaps, and every station."""
    words, document = Words(lang), document_of(report, lang)
    t, warning = words.t, document.warning
    head = [f"{document.title} · {document.city}", in_words(report, words)]
    sheets = [
        _about_sheet(report, words, [document.headline], warning),
        _summary_sheet(report, words, head, warning),
        Sheet(t("report.sheet_districts"), _area_columns(words), _district_rows(report, words), head, warning),
        Sheet(
            t("report.sheet_streets"),
            [Column(t("report.district"), "text", 16), *_area_columns(words)],
            _street_rows(report, words),
            head,
            warning,
        ),
        Sheet(t("report.sheet_gaps"), _gap_columns(words), _gap_rows(report), head, warning),
        *_scenario_sheets(report, words, head, warning),
        Sheet(t("report.sheet_stations"), _station_columns(words), _station_rows(report, words), head, warning),
    ]
    return workbook(sheets, title=head[0], made_at=made_at_utc(report))


def _scenario_sheets(report: PlannerReport, words: Words, head: Sequence[str], warning: str | None) -> list[Sheet]:
    """What was tried: of a siting its sites and their why, the districts before and after, and every change."""
    t, scenario = words.t, report.scenario
    if scenario is None:
        return []
    notes = [*head, *scenario_sentences(scenario, words)]
    tables = [
        (t("report.sheet_scenario"), gain_table(scenario, words, report.english_names)),
        (t("report.sheet_changes"), change_table(scenario, words)),
    ]
    siting = scenario.siting
    if siting is None:
        return [_sheet_of(title, table, notes, warning) for title, table in tables]
    facts = [f"{label}: {value}" for label, value in siting_facts(siting, words)]
    told = [
        (t("report.sheet_alternatives"), alternatives_table(siting, words)),
        (t("report.sheet_lost_role"), lost_role_table(siting, words)),
        (t("report.sheet_outside"), outside_table(siting, words)),
        (t("report.sheet_curve"), curve_table(siting, words)),
        *(tables if scenario.is_more_than_sites else tables[:1]),
    ]
    sites = sites_table(siting, words, in_full=True)
    why = [*notes, *siting["words"][words.lang], *facts, sites.note]
    return [
        _sheet_of(t("report.sheet_sites"), sites, why, warning),
        *(_sheet_of(title, table, notes, warning) for title, table in told),
    ]


def _sheet_of(title: str, table: Table, notes: Sequence[str], warning: str | None) -> Sheet:
    """A table of the report as a sheet of its own."""
    widths = {"text": 30.0, "share": 12.0}
    columns = [Column(one.heading, one.kind, widths.get(one.kind, 14.0)) for one in table.columns]
    return Sheet(title, columns, table.rows, notes, warning)


def _about_sheet(report: PlannerReport, words: Words, notes: Sequence[str], warning: str | None) -> Sheet:
    t = words.t
    rows = [
        *run_facts(report, words),
        *source_facts(report, words),
        *((t("report.how"), sentence) for sentence in method_sentences(report, words)),
        (t("report.limits"), t("report.limits_text")),
    ]
    columns = [Column(t("report.item"), "text", 26), Column(t("report.content"), "text", 100)]
    return Sheet(t("report.sheet_about"), columns, rows, notes, warning, can_filter=False)


def _summary_sheet(report: PlannerReport, words: Words, notes: Sequence[str], warning: str | None) -> Sheet:
    """The small tables behind one another, each value with the table it stands in."""
    t = words.t
    tables = [fates_table(report, words), hours_table(report, words), freshness_table(report, words)]
    if report.declared:
        tables.insert(1, declared_table(report, words))
    if report.amenities:
        tables.append(amenity_table(report, words))
    rows = [row for table in tables for row in _long_rows(table)]
    columns = [
        Column(t("report.sheet_whole"), "text", 34),
        Column(t("report.item"), "text", 46),
        Column(t("report.measure"), "text", 18),
        Column(t("report.value"), "count", 16),
        Column(t("report.share"), "share", 10),
        Column(t("report.content"), "text", 30),
    ]
    return Sheet(t("report.sheet_whole"), columns, rows, notes, warning)


def _long_rows(table: Table) -> list[tuple[Any, ...]]:
    """A table as rows of caption, item, heading, and the value in the column of its kind."""
    rows: list[tuple[Any, ...]] = []
    for row in [*table.rows, *([table.total] if table.total is not None else [])]:
        item = row[0]
        for column, value in zip(table.columns[1:], row[1:], strict=True):
            as_text = value if isinstance(value, str) else None
            number = None if as_text is not None else value
            is_share = column.kind == "share"
            pair = (None if is_share else number, number if is_share else None)
            rows.append((table.caption, item, column.heading, *pair, as_text))
    return rows


def _area_columns(words: Words) -> list[Column]:
    t = words.t
    return [
        Column(t("report.col_area_code"), "text", 12),
        Column(t("report.col_name"), "text", 22),
        Column(t("report.people"), "count", 13),
        Column(t("report.covered"), "count", 13),
        Column(t("report.outside"), "count", 13),
        Column(t("report.off_network"), "count", 10),
        Column(t("report.coverage_share"), "share", 10),
        Column(t("report.stations"), "count", 10),
    ]


def _district_rows(report: PlannerReport, words: Words) -> list[tuple[Any, ...]]:
    names = report.english_names
    return [
        (row["code"], area_name(row, words, names), *(row[part] for part in PARTS))
        for row in report.document["districts"]
    ]


def _street_rows(report: PlannerReport, words: Words) -> list[tuple[Any, ...]]:
    names = report.english_names
    return [
        (
            area_name({"code": row["district_code"], "name": row["district"]}, words, names),
            row["code"],
            area_name(row, words, names) or words.t("report.no_area"),
            *(row[part] for part in PARTS),
        )
        for row in report.document["streets"]
    ]


def _gap_columns(words: Words) -> list[Column]:
    t = words.t
    return [
        Column(t("report.rank"), "count", 8),
        Column(t("report.district"), "text", 14),
        Column(t("report.street"), "text", 20),
        Column(t("report.outside"), "count", 11),
        Column(t("report.col_cells"), "count", 9),
        Column(t("report.nearest"), "text", 34),
        Column(t("report.to_nearest"), "decimal", 12),
        Column(t("report.lon"), "degrees", 12),
        Column(t("report.lat"), "degrees", 12),
        Column(t("report.col_id"), "text", 16),
    ]


def _gap_rows(report: PlannerReport) -> list[tuple[Any, ...]]:
    rows = []
    for gap in report.document["gaps"]:
        nearest, place = gap["nearest"] or {"name": "", "minutes": None}, gap["suggested"] or (None, None)
        where = (gap["rank"], gap["district"], gap["street"], gap["people"], gap["cells"])
        rows.append((*where, nearest["name"], nearest["minutes"], *place, gap["id"]))
    return rows


def _station_columns(words: Words) -> list[Column]:
    t = words.t
    return [
        Column(t("report.col_id"), "number", 8),
        Column(t("report.col_code"), "text", 18),
        Column(t("report.col_name"), "text", 36),
        Column(t("report.col_type"), "text", 16),
        Column(t("report.class_name"), "text", 14),
        Column(t("report.networks"), "text", 24),
        Column(t("report.col_status"), "text", 10),
        Column(t("report.col_counts"), "text", 12),
        Column(t("report.col_round_the_clock"), "text", 12),
        Column(t("report.col_hours"), "text", 26),
        Column(t("report.district"), "text", 14),
        Column(t("report.street"), "text", 18),
        Column(t("report.col_address"), "text", 36),
        Column(t("report.col_seats"), "count", 8),
        Column(t("report.col_alone"), "count", 14),
        Column(t("report.col_reach"), "count", 12),
        Column(t("report.col_verified"), "text", 12),
        Column(t("report.col_source"), "text", 18),
        Column(t("report.col_synthetic"), "text", 10),
        Column(t("report.lon"), "degrees", 12),
        Column(t("report.lat"), "degrees", 12),
    ]


def _station_rows(report: PlannerReport, words: Words) -> list[tuple[Any, ...]]:
    t = words.t
    said = {1: t("report.yes"), 0: t("report.no"), -1: t("report.unknown")}
    table = facility_table(report)
    for name in ("people_alone", "people_in_reach"):
        if name not in table:
            table[name] = math.nan
    return [
        (
            row["id"],
            row["code"],
            row["name"],
            words.term(FACILITY_TYPES, row["type"]),
            words.term(FACILITY_CLASSES, row["class"]),
            words.listed(words.term(NETWORKS, code) for code in row["networks"].split(",") if code),
            words.term(STATUSES, row["status"]),
            said[int(row["counts"])],
            said[row["open_24h"]],
            *(row[name] for name in ("hours", "district", "street", "address")),
            *(row[name] for name in ("seats", "people_alone", "people_in_reach")),
            *(row[name] for name in ("verified", "source")),
            said[int(row["synthetic"])],
            row["lon"],
            row["lat"],
        )
        for row in table.to_dict("records")
    ]


# ── GeoPackage ──────────────────────────────────────────────────────────────────────────────────────────────────


def gpkg_of(report: PlannerReport, lang: str) -> bytes:
    """The report as a GeoPackage (EPSG:4326) that QGIS opens in the colours of the map."""
    words = Words(lang)
    t, snapshot, answered = words.t, report.snapshot, report.answered
    stations = facility_table(report)
    people = {"people_alone", "people_in_reach"} & set(stations)
    # whole numbers and yes or no, which every GIS reads alike
    stations = stations.astype(dict.fromkeys(people, "float64")).astype({"counts": "int64", "synthetic": "int64"})
    classes = minute_classes(report.question.minutes)
    layers = [
        Layer("cells", t("report.cells_title"), cells_frame(answered), cells_qml(classes, words)),
        Layer("streets", t("report.sheet_streets"), _areas(report, "street"), outline_qml("#4b5b69", 0.2)),
        Layer("districts", t("report.sheet_districts"), _areas(report, "district"), outline_qml("#33424f", 0.5)),
        Layer("gaps", t("report.sheet_gaps"), gaps_frame(snapshot, answered), outline_qml("#8a1414", 0.4)),
        Layer("facilities", t("report.sheet_stations"), points_frame(stations), points_qml()),
        *_scenario_layers(report, words),
        Layer("about", t("report.sheet_about"), _about_frame(report, words)),
    ]
    return geopackage(layers, made_at=made_at_utc(report))


def _scenario_layers(report: PlannerReport, words: Words) -> list[Layer]:
    """What was tried: the cells that change, of a siting its sites and their rivals, every change; no empty layers."""
    t, scenario = words.t, report.scenario
    if scenario is None:
        return []
    cells = changed_cells_frame(scenario)
    layers = [Layer("cells_changed", t("report.sheet_cells_changed"), cells, gained_qml(words))]
    siting = scenario.siting
    if siting is not None:
        lost_role = lost_role_frame(siting)
        layers += [
            Layer("sites", t("report.sheet_sites"), sites_frame(siting), places_qml("#8a1414", 3.2)),
            Layer(
                "alternatives", t("report.sheet_alternatives"), alternatives_frame(siting), places_qml("#b8860b", 2.2)
            ),
            Layer("lost_role", t("report.sheet_lost_role"), lost_role, places_qml("#51606d", 2.6)),
        ]
    changes = changes_frame(scenario)
    layers.append(Layer("changes", t("report.sheet_changes"), changes, places_qml("#1f4e8c", 2.8)))
    return [layer for layer in layers if len(layer.frame)]


def _areas(report: PlannerReport, level: str) -> gpd.GeoDataFrame:
    table = report.answered.districts if level == "district" else report.answered.streets
    return areas_frame(report.snapshot, table, level)


def _about_frame(report: PlannerReport, words: Words) -> pd.DataFrame:
    """What the file is, beside what it holds: a table without a place."""
    t, document = words.t, document_of(report, words.lang)
    rows = [
        (document.title, document.city),
        *([(t("report.nature"), document.warning)] if document.warning else []),
        (t("report.summary"), document.headline),
        *run_facts(report, words),
        *source_facts(report, words),
        *((t("report.how"), sentence) for sentence in method_sentences(report, words)),
    ]
    return pd.DataFrame(rows, columns=["item", "content"])


# ── styles of QGIS (QML) ────────────────────────────────────────────────────────────────────────────────────────


def cells_qml(classes: Sequence[Class], words: Words) -> str:
    """Cells by minutes in the classes of the map; what is out of reach has the colour of the last one."""
    root = ElementTree.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ElementTree.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    rules = ElementTree.SubElement(renderer, "rules", key="all")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for place, one in enumerate(classes):
        wanted = f'"minutes" > {one.over:g} AND "minutes" <= {one.top:g}'
        if place == 0:
            wanted = f'"minutes" <= {one.top:g}'
        if math.isinf(one.top):
            wanted = f'"minutes" > {one.over:g} OR "minutes" IS NULL'
        label = class_words(one, words)
        ElementTree.SubElement(rules, "rule", key=f"r{place}", symbol=f"{place}", filter=wanted, label=label)
        _symbol(symbols, place, "fill", "SimpleFill", {"color": _rgba(one.colour, 210), "outline_style": "no"})
    return ElementTree.tostring(root, encoding="unicode")


def gained_qml(words: Words) -> str:
    """Changed cells: blue where people come within reach, red where they fall out of it."""
    root = ElementTree.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ElementTree.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    rules = ElementTree.SubElement(renderer, "rules", key="all")
    symbols = ElementTree.SubElement(renderer, "symbols")
    classes = (
        ('"share_after" > "share_before"', words.t("report.cells_gained"), WITHIN[0]),
        ('"share_after" < "share_before"', words.t("report.cells_lost"), BEYOND[-1]),
        ("ELSE", words.t("report.cells_nearer"), WITHIN[1]),
    )
    for place, (wanted, label, colour) in enumerate(classes):
        ElementTree.SubElement(rules, "rule", key=f"r{place}", symbol=f"{place}", filter=wanted, label=label)
        _symbol(symbols, place, "fill", "SimpleFill", {"color": _rgba(colour, 190), "outline_style": "no"})
    return ElementTree.tostring(root, encoding="unicode")


def places_qml(colour: str, size_mm: float) -> str:
    """Places of a scenario as larger dots of one colour."""
    values = {"name": "circle", "color": _rgba(colour), "outline_color": _rgba("#ffffff"), "size": f"{size_mm:g}"}
    return _single_qml("marker", "SimpleMarker", {**values, "size_unit": "MM"})


def outline_qml(colour: str, width_mm: float) -> str:
    """Areas as outlines with nothing in them."""
    values = {"style": "no", "outline_color": _rgba(colour), "outline_width": f"{width_mm:g}"}
    return _single_qml("fill", "SimpleFill", {**values, "outline_width_unit": "MM"})


def points_qml() -> str:
    """Stations as dots with a bright edge."""
    return places_qml("#14202b", 1.8)


def _single_qml(kind: str, layer: str, values: dict[str, str]) -> str:
    root = ElementTree.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ElementTree.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
    _symbol(ElementTree.SubElement(renderer, "symbols"), 0, kind, layer, values)
    return ElementTree.tostring(root, encoding="unicode")


def _symbol(symbols: ElementTree.Element, name: int, kind: str, layer: str, values: dict[str, str]) -> None:
    attributes = {"type": kind, "name": f"{name}", "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    symbol = ElementTree.SubElement(symbols, "symbol", attributes)
    drawn = ElementTree.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "pass": "0", "locked": "0"})
    options = ElementTree.SubElement(drawn, "Option", type="Map")
    for key, value in values.items():
        ElementTree.SubElement(options, "Option", type="QString", name=key, value=value)
        ElementTree.SubElement(drawn, "prop", k=key, v=value)


def _rgba(colour: str, opacity: int = 255) -> str:
    return ",".join(map(str, (*bytes.fromhex(colour[1:]), opacity)))
