"""The part of a report that tells a scenario: the city before and after, its districts, and the list of changes."""

from __future__ import annotations

from collections.abc import Mapping

from geo.places.vocabulary import FACILITY_TYPES
from geo.services.planner_report import SHANGHAI
from geo.services.scenario_report import ScenarioPart, ToldChange
from web_map.report.document import Cell, Column, Table
from web_map.report.words import Words, area_name, count, share, signed


def scenario_tables(scenario: ScenarioPart, words: Words, english: Mapping[str, str]) -> list[Table]:
    """People and districts before and after."""
    return [before_after_table(scenario, words), gain_table(scenario, words, english)]


def scenario_sentences(scenario: ScenarioPart, words: Words) -> list[str]:
    """What the scenario is and what comes of it."""
    t, people = words.t, scenario.people
    before, after = people["before"], people["after"]
    saved = t(
        "report.scenario_saved",
        name=scenario.name,
        code=scenario.code,
        day=words.day(scenario.created_at.astimezone(SHANGHAI).date()),
        n=count(len(scenario.changes)),
    )
    outcome = t(
        "report.scenario_outcome",
        before=count(before["covered"]),
        after=count(after["covered"]),
        change=signed(people["change"]),
        share_before=share(before["share"]),
        share=share(after["share"]),
        gained=count(people["gained"]),
        lost=count(people["lost"]),
    )
    doubts = [] if scenario.is_same else [t("report.scenario_anew")]
    dropped = sum(change.was_dropped for change in scenario.changes)
    if dropped:
        doubts.append(t("report.scenario_dropped", n=count(dropped)))
    return [saved, outcome, *doubts]


def before_after_table(scenario: ScenarioPart, words: Words) -> Table:
    """Everybody by where they stand to the circle, before and after."""
    t = words.t
    before, after = scenario.people["before"], scenario.people["after"]
    parts = [
        (t("report.covered"), "covered"),
        (t("report.outside"), "outside"),
        (t("report.off_network"), "off_network"),
    ]
    rows: list[tuple[Cell, ...]] = [
        (name, before[part], after[part], after[part] - before[part]) for name, part in parts
    ]
    columns = [
        Column(t("report.fate"), "text", 2),
        Column(t("report.before")),
        Column(t("report.after")),
        Column(t("report.change"), "signed"),
    ]
    return Table(t("report.scenario_table"), columns, rows)


def gain_table(scenario: ScenarioPart, words: Words, english: Mapping[str, str]) -> Table:
    """Every district before and after."""
    t = words.t
    rows = [(area_name(row, words, english), *(row[part] for part in GAIN_PARTS)) for row in scenario.districts]
    columns = [Column(t("report.district"), "text", 1.6), *gain_columns(words)]
    return Table(t("report.scenario_districts"), columns, rows)


GAIN_PARTS = ("people", "covered_before", "covered", "change", "share_before", "share", "stations_before", "stations")
"""Columns of the table of districts before and after, in their order."""


def gain_columns(words: Words) -> list[Column]:
    """The columns of `GAIN_PARTS`."""
    t = words.t
    return [
        Column(t("report.people")),
        Column(t("report.covered_before")),
        Column(t("report.covered_after")),
        Column(t("report.change"), "signed", 0.9),
        Column(t("report.share_before"), "share", 0.9),
        Column(t("report.share_after"), "share", 0.9),
        Column(t("report.stations_before"), "count", 0.8),
        Column(t("report.stations_after"), "count", 0.8),
    ]


def change_table(scenario: ScenarioPart, words: Words) -> Table:
    """What is to be done, each with the people it brings within the limit beyond the others."""
    t = words.t
    rows = [
        (
            place,
            kind_of(change, words),
            station_of(change, words),
            where(change),
            change.hours or "",
            change.people,
            remark_of(change, words),
        )
        for place, change in enumerate(scenario.changes, 1)
    ]
    columns = [
        Column(t("report.rank"), "count", 0.6),
        Column(t("report.change_kind"), "text", 1),
        Column(t("report.change_station"), "text", 2.2),
        Column(t("report.change_where"), "text", 1.6),
        Column(t("report.change_hours"), "text", 1.2),
        Column(t("report.change_people"), "signed", 1),
        Column(t("report.change_remark"), "text", 1.8),
    ]
    return Table(t("report.changes_table"), columns, rows)


def kind_of(change: ToldChange, words: Words) -> str:
    """What is done to the station."""
    t = words.t
    return {
        "add": t("report.change_add"),
        "move": t("report.change_move"),
        "close": t("report.change_close"),
        "hours": t("report.change_new_hours"),
    }[change.kind]


def station_of(change: ToldChange, words: Words) -> str:
    """The station's name, with its type where the change says one."""
    name = change.station or words.t("report.new_station")
    if change.facility_type is None:
        return name
    kind = words.term(FACILITY_TYPES, change.facility_type)
    return f"{name} ({kind})" if words.lang == "en" else f"{name}（{kind}）"


def where(change: ToldChange) -> str:
    """Degrees, longitude first."""
    return "" if change.lon is None or change.lat is None else f"{change.lon:.5f}, {change.lat:.5f}"


def remark_of(change: ToldChange, words: Words) -> str:
    """What must be said of the change."""
    said = [zh if words.lang == "zh" else en for zh, en in change.remarks]
    if change.was_dropped:
        said.append(words.t("report.change_dropped"))
    return words.t("report.list_comma").join(said)
