"""
The part of a report that tells a kept siting: what was asked, how far it can be from the best, its sites and their why.

The tables are those of every form: a page and a PDF set them, a workbook takes them as sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.places.vocabulary import HOST_TYPES
from geo.services.siting.checklist import RULES
from web_map.report.document import Block, Cell, Column, Facts, Paragraph, Table
from web_map.report.words import Words, count, decimal

Siting = Mapping[str, Any]
"""What siting said, as `geo.services.siting.words.describe` has it."""


def siting_blocks(siting: Siting, words: Words) -> list[Block]:
    """What a report says of the sites, in the order it is read."""
    tables = [
        sites_table(siting, words),
        alternatives_table(siting, words),
        lost_role_table(siting, words),
        outside_table(siting, words),
        curve_table(siting, words),
    ]
    return [
        *(Paragraph(sentence) for sentence in siting["words"][words.lang]),
        Facts(siting_facts(siting, words)),
        *(one for one in tables if one.rows),
        Paragraph(words.t("report.siting_note"), is_note=True),
    ]


def siting_facts(siting: Siting, words: Words) -> list[tuple[str, str]]:
    """What was asked, what was found, how far that can be from the best, and how anybody can check it."""
    t, bound, candidates = words.t, siting["bound"], siting["candidates"]
    unit, certificate = bound_unit(siting, words), bound.get("certificate")
    paid = [site["paid"] for site in siting["sites"] if site.get("paid") is not None]
    return [
        (t("report.siting_task"), task_words(siting, words)),
        (t("report.siting_sites"), count(len(siting["sites"]))),
        *([(t("report.site_cost"), decimal(sum(paid)))] if paid else []),
        (t("report.siting_found"), f"{_amount(bound['found'])} {unit}"),
        (t("report.siting_at_best"), f"{_amount(bound['at_best'])} {unit}"),
        (t("report.siting_gap"), gap_words(siting, words)),
        (
            t("report.siting_candidates"),
            t("report.siting_candidates_value", n=count(candidates["usable"]), all=count(candidates["considered"])),
        ),
        *([(t("report.siting_certificate"), certificate["hash"])] if certificate else []),
        (t("report.siting_seed"), str(bound["seed"])),
        (t("report.siting_method"), str(siting["method"])),
    ]


def task_words(siting: Siting, words: Words) -> str:
    """What was asked for."""
    t, task = words.t, siting["parameters"]["task"]
    return {
        "most": t("report.siting_task_most"),
        "share": t("report.siting_task_share"),
        "all": t("report.siting_task_all"),
        "backup": t("report.siting_task_backup"),
        "median": t("report.siting_task_median"),
        "center": t("report.siting_task_center"),
        "capacity": t("report.siting_task_capacity"),
    }.get(task, str(task))


def gap_words(siting: Siting, words: Words) -> str:
    """How far the answer can be from the best possible."""
    t, bound = words.t, siting["bound"]
    if bound["status"] == "proved":
        return t("report.siting_proved")
    percent = f"{bound['gap_percent']:.2f}"
    within = bound["status"] == "within"
    return t("report.siting_within", percent=percent) if within else t("report.siting_stopped", percent=percent)


def bound_unit(siting: Siting, words: Words) -> str:
    """The word after what is made as large or as small as possible."""
    bound = siting["bound"]
    usual = words.t("report.unit_sites") if bound["of"] == "sites" else words.t("report.unit_people")
    return str(bound.get(f"unit_{words.lang}") or usual)


def sites_table(siting: Siting, words: Words, *, in_full: bool = False) -> Table:
    """The sites in the order to build them; `in_full` with the reasons and the checklist in words, for a workbook."""
    t = words.t
    rows: list[tuple[Cell, ...]] = []
    for site in siting["sites"]:
        row: list[Cell] = [
            site["order"],
            site["name"],
            kind_of(site, words),
            site["people"],
            site["gained_so_far"],
            site["only_here"],
            site.get("paid") if site.get("paid") is not None else site.get("cost"),
            site["lon"],
            site["lat"],
        ]
        if in_full:
            row += [site.get("people_per_cost"), site.get("hours") or "", why(site, words), checks(site, words)]
        rows.append(tuple(row))
    columns = [
        Column(t("report.rank"), "count", 0.6),
        Column(t("report.site"), "text", 2.3),
        Column(t("report.col_type"), "text", 1.2),
        Column(t("report.site_people"), "count", 1),
        Column(t("report.site_so_far"), "count", 1),
        Column(t("report.site_only_here"), "count", 1),
        Column(t("report.site_cost"), "decimal", 0.9),
        Column(t("report.lon"), "degrees", 1.1),
        Column(t("report.lat"), "degrees", 1.1),
    ]
    if in_full:
        columns += [
            Column(t("report.site_per_cost"), "decimal"),
            Column(t("report.col_hours"), "text"),
            Column(t("report.site_why"), "text"),
            Column(t("report.site_checks"), "text"),
        ]
    return Table(t("report.sites_table"), columns, rows, t("report.sites_note"))


def alternatives_table(siting: Siting, words: Words) -> Table:
    """What could stand in for a site, and how many people that would cost."""
    t = words.t
    rows: list[tuple[Cell, ...]] = [
        (site["order"], site["name"], other["name"], kind_of(other, words), -other["loss"], other["lon"], other["lat"])
        for site in siting["sites"]
        for other in site.get("alternatives") or ()
    ]
    columns = [
        Column(t("report.rank"), "count", 0.6),
        Column(t("report.site"), "text", 2),
        Column(t("report.alternative"), "text", 2),
        Column(t("report.col_type"), "text", 1.1),
        Column(t("report.change"), "signed", 0.9),
        Column(t("report.lon"), "degrees", 1.1),
        Column(t("report.lat"), "degrees", 1.1),
    ]
    return Table(t("report.alternatives_table"), columns, rows)


def lost_role_table(siting: Siting, words: Words) -> Table:
    """Stations that alone reached somebody, and no longer do."""
    t = words.t
    rows: list[tuple[Cell, ...]] = [
        (one["name"], one["only_there_before"], one["lon"], one["lat"]) for one in siting.get("lost_role") or ()
    ]
    columns = [
        Column(t("report.change_station"), "text", 3),
        Column(t("report.only_there_before"), "count", 1.4),
        Column(t("report.lon"), "degrees"),
        Column(t("report.lat"), "degrees"),
    ]
    return Table(t("report.lost_role_table"), columns, rows)


def outside_table(siting: Siting, words: Words) -> Table:
    """Everybody by whether and why they are inside or stay outside."""
    t = words.t
    rows: list[tuple[Cell, ...]] = [(one[words.lang], one["people"]) for one in siting.get("outside") or ()]
    columns = [Column(t("report.outside_why"), "text", 4), Column(t("report.people"))]
    return Table(t("report.outside_table"), columns, rows)


def curve_table(siting: Siting, words: Words) -> Table:
    """How many people 1 … n sites bring, what no choice goes beyond, and where more sites begin to bring little."""
    t, curve = words.t, siting.get("curve") or {"gained": [], "at_most": [], "knee": None}
    rows: list[tuple[Cell, ...]] = [
        (number, gained, at_most, t("report.curve_knee") if number == curve["knee"] else "")
        for number, (gained, at_most) in enumerate(zip(curve["gained"], curve["at_most"], strict=True), 1)
    ]
    columns = [
        Column(t("report.siting_sites"), "count", 0.8),
        Column(t("report.site_so_far"), "count"),
        Column(t("report.siting_at_best"), "count"),
        Column(t("report.change_remark"), "text", 1.6),
    ]
    return Table(t("report.curve_table"), columns, rows)


def kind_of(site: Mapping[str, Any], words: Words) -> str:
    """What stands there today, in words."""
    return words.term(HOST_TYPES, site["kind"]) if site.get("kind") else ""


def why(site: Mapping[str, Any], words: Words) -> str:
    """Why a site was chosen, in a sentence."""
    said = words.t(
        "report.site_why_value",
        people=count(site["people"]),
        only=count(site["only_here"]),
        shared=count(site["shared"]),
    )
    others = site.get("alternatives") or ()
    if others:
        said += words.t("report.site_why_other", name=others[0]["name"], loss=count(others[0]["loss"]))
    return said


def checks(site: Mapping[str, Any], words: Words) -> str:
    """What is known of a place by the checklist; what nobody knows is left out."""
    known = [
        (words.term(RULES, rule), holds) for rule, holds in (site.get("checks") or {}).items() if holds is not None
    ]
    return words.listed(f"{name} {'✓' if holds else '✗'}" for name, holds in known)


def _amount(value: float) -> str:
    """A number of people or stations as such, anything else with a digit after the point."""
    return count(value) if float(value).is_integer() or abs(value) >= 100 else decimal(value)
