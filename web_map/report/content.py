"""
A planner's report in words: from figures to sentences and tables, under the four headings planners of the field use.

规模, 覆盖, 效率, 品质 (scale, coverage, efficiency, quality) are the words of Qingdao's own guideline for public
facilities; before them stands what can be said in a minute, behind them what can be checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from geo.coverage import demand_methods
from geo.coverage.question import Question
from geo.places.vocabulary import (
    AMENITIES,
    ENTRY_METHODS,
    FACILITY_CLASSES,
    FACILITY_TYPES,
    NETWORKS,
    USER_GROUPS,
)
from geo.services.planner_report import FRESH_DAYS, PlannerReport
from geo.services.run_inputs import versions
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
from web_map.report.scenario import change_table, scenario_sentences, scenario_tables
from web_map.report.siting import siting_blocks
from web_map.report.words import Words, area_name, count, decimal, ratio, share

GAPS_LISTED = 40
"""How many gaps the page and the PDF list; files hold all."""

TOP_GAPS = 10
"""Of how many gaps together the summary speaks."""


def document_of(report: PlannerReport, lang: str) -> Document:
    """The report in a language; raises UnknownLanguageError."""
    words = Words(lang)
    t, people = words.t, report.document["people"]
    city = report.snapshot.city
    return Document(
        lang=lang,
        title=t("report.title"),
        city=city.name if lang == "zh" else city.name_en or city.name,
        headline=headline(report, words),
        share=share(people["share"]),
        question=in_words(report, words),
        figures=[
            (t("report.covered"), count(people["covered"])),
            (t("report.outside"), count(people["outside"])),
            (t("report.stations"), count(report.document["stations"])),
            (t("report.gaps"), count(report.document["gaps_in_all"]["count"])),
        ],
        facts=[*_question_facts(report, words)[:3], *_dates(report, words)],
        warning=t("report.synthetic") if report.is_synthetic else None,
        short_warning=t("report.synthetic_short") if report.is_synthetic else None,
        signatures=[t("report.prepared"), t("report.checked"), t("report.approved"), t("report.signed_on")],
        sections=[
            Section("summary", t("report.summary"), _summary(report, words)),
            *_scenario_sections(report, words),
            Section("scale", t("report.scale"), _scale(report, words)),
            Section("coverage", t("report.coverage"), _coverage(report, words)),
            Section("efficiency", t("report.efficiency"), _efficiency(report, words)),
            Section("quality", t("report.quality"), _quality(report, words)),
            Section("gaps", t("report.gaps"), _gaps(report, words)),
            Section("streets", t("report.streets"), [street_table(report, words)]),
            Section("method", t("report.method"), _method(report, words)),
        ],
    )


# ── the question ────────────────────────────────────────────────────────────────────────────────────────────────


def headline(report: PlannerReport, words: Words) -> str:
    """The one sentence of the report."""
    people = report.document["people"]
    if people["total"] == people["outside_area"]:
        return words.t("report.headline_none")
    values = {
        "share": share(people["share"]),
        "minutes": f"{report.question.minutes:g}",
        "mode": by_mode(report, words),
    }
    return words.t("report.headline", **values)


def by_mode(report: PlannerReport, words: Words) -> str:
    """How people move, as part of a sentence."""
    t = words.t
    known = {"walk": t("report.by_walk"), "ebike": t("report.by_ebike")}
    mode = report.mode
    return known.get(report.question.mode, mode.name if words.lang == "zh" else mode.name_en)


def in_words(report: PlannerReport, words: Words) -> str:
    """The question in one line: what was asked for, without what was left open."""
    question = report.question
    asked = [f"{by_mode(report, words)} {words.t('report.n_minutes', n=f'{question.minutes:g}')}"]
    if question.at is not None:
        asked.append(words.slot(question.at))
    asked += [f"{label}: {words.terms(table, codes)}" for label, table, codes in _wishes(question, words) if codes]
    return "; ".join(asked) if words.lang == "en" else "；".join(asked).replace(": ", "：")


def _wishes(question: Question, words: Words) -> list[tuple[str, Any, tuple[str, ...]]]:
    t = words.t
    return [
        (t("report.types"), FACILITY_TYPES, question.types),
        (t("report.networks"), NETWORKS, question.networks),
        (t("report.classes"), FACILITY_CLASSES, question.classes),
        (t("report.amenities"), AMENITIES, question.amenities),
        (t("report.entry"), ENTRY_METHODS, question.entry),
        (t("report.groups"), USER_GROUPS, question.groups),
    ]


def _question_facts(report: PlannerReport, words: Words) -> list[tuple[str, str]]:
    t, question, mode = words.t, report.question, report.mode
    speed = t("report.speed_value", kmh=f"{mode.speed_ms * 3.6:.1f}", arrival=f"{mode.arrival_overhead_s:g}")
    return [
        (t("report.mode"), f"{mode.name if words.lang == 'zh' else mode.name_en}"),
        (t("report.minutes"), t("report.n_minutes", n=f"{question.minutes:g}")),
        (t("report.at"), t("report.any_time") if question.at is None else words.slot(question.at)),
        *[(label, words.terms(table, codes)) for label, table, codes in _wishes(question, words)],
        (t("report.demand"), people_word(question, words)),
        (t("report.speed"), speed),
    ]


def people_word(question: Question, words: Words) -> str:
    """The people counted, by name where the layer has one."""
    return words.t("report.residents") if question.demand == "residents" else question.demand


def _dates(report: PlannerReport, words: Words) -> list[tuple[str, str]]:
    """Where the facts come from, each with its date."""
    t, snapshot, demand = words.t, report.snapshot, report.document["demand"]
    streets = t(
        "report.source_streets_value",
        name=snapshot.street_network_name,
        day=words.day(snapshot.street_network_built_at.date()),
    )
    register = t(
        "report.source_register_value",
        names=words.listed(report.register.sources) or t("report.not_stated"),
        n=count(report.register.stations),
        day=words.day(report.register.newest_check),
    )
    people = t("report.source_people_value", name=demand["source"], day=demand["as_of"] or t("report.not_stated"))
    nature = t("report.is_estimate") if report.document["estimate"] else t("report.is_counted")
    return [
        (t("report.made_at"), report.as_of.strftime("%Y-%m-%d %H:%M (UTC+8)")),
        (t("report.source_streets"), streets),
        (t("report.source_register"), register),
        (t("report.source_people"), f"{people} ({nature})" if words.lang == "en" else f"{people}（{nature}）"),
    ]


# ── the sections ────────────────────────────────────────────────────────────────────────────────────────────────


def _summary(report: PlannerReport, words: Words) -> list[Block]:
    t, people, found = words.t, report.document["people"], report.document
    inside = people["total"] - people["outside_area"]
    says = [
        t(
            "report.summary_people",
            people=count(inside),
            covered=count(people["covered"]),
            share=share(people["share"]),
            mode=by_mode(report, words),
            minutes=f"{report.question.minutes:g}",
            outside=count(people["outside"]),
        )
    ]
    if people["off_network"]:
        says.append(t("report.summary_off_network", n=count(people["off_network"])))
    if people["outside_area"]:
        says.append(t("report.summary_outside_area", n=count(people["outside_area"])))
    says.append(t("report.summary_stations", n=count(found["stations"]), all=count(report.register.on_the_map)))
    if found["gaps"]:
        top = sum(gap["people"] for gap in found["gaps"][:TOP_GAPS])
        all_gaps = found["gaps_in_all"]
        shown = min(TOP_GAPS, len(found["gaps"]))
        says.append(
            t(
                "report.summary_gaps",
                n=count(all_gaps["count"]),
                people=count(all_gaps["people"]),
                k=count(shown),
                top=count(top),
            )
        )
    says += [*_extremes(report, words), *_doubts(report, words)]
    return [*(Paragraph(one) for one in says), fates_table(report, words)]


def _extremes(report: PlannerReport, words: Words) -> list[str]:
    lived_in = [row for row in report.document["districts"] if row["people"] > 0]
    if len(lived_in) < 2:
        return []
    best, worst = (choose(lived_in, key=lambda row: row["share"]) for choose in (max, min))
    names = report.english_names
    values = {
        "best": area_name(best, words, names),
        "high": share(best["share"]),
        "worst": area_name(worst, words, names),
        "low": share(worst["share"]),
    }
    return [words.t("report.summary_extremes", **values)]


def _doubts(report: PlannerReport, words: Words) -> list[str]:
    """What could change the figure: what nobody knows, and how people were placed."""
    t, says = words.t, []
    unknown = report.document["unknown"]
    if unknown is not None:
        says.append(t("report.summary_unknown", n=count(unknown["stations"]), share=share(unknown["share"])))
    band = report.measures.band if report.measures is not None else None
    if band is not None:
        says.append(t("report.summary_band", low=share(band.low), high=share(band.high)))
    elif report.document["estimate"]:
        says.append(t("report.summary_estimate"))
    return says


def fates_table(report: PlannerReport, words: Words) -> Table:
    """Everybody, by where they stand to the circle; the four sum to all."""
    t, people = words.t, report.document["people"]
    named = [
        (t("report.covered"), people["covered"]),
        (t("report.outside"), people["outside"]),
        (t("report.off_network"), people["off_network"]),
        (t("report.outside_area"), people["outside_area"]),
    ]
    total = people["total"]
    return Table(
        t("report.fates"),
        [Column(t("report.fate"), "text", 2), Column(t("report.people")), Column(t("report.share"), "share")],
        [(name, number, number / total if total else None) for name, number in named],
        total=(t("report.total"), total, 1.0 if total else None),
    )


def _scenario_sections(report: PlannerReport, words: Words) -> list[Section]:
    """What was tried: of a siting first its sites, then for both the city before and after, and the changes."""
    t, scenario = words.t, report.scenario
    if scenario is None:
        return []
    note = t("report.map_after_note")
    blocks: list[Block] = [
        *(Paragraph(one) for one in scenario_sentences(scenario, words)),
        *scenario_tables(scenario, words, report.english_names),
        MapView("before", t("report.map_before"), note),
        MapView("after", t("report.map_after"), note),
    ]
    if scenario.siting is None or scenario.is_more_than_sites:
        blocks += [change_table(scenario, words), Paragraph(t("report.scenario_note"), is_note=True)]
    sections = [Section("scenario", t("report.scenario"), blocks)]
    if scenario.siting is not None:
        sections.insert(0, Section("siting", t("report.siting"), siting_blocks(scenario.siting, words)))
    return sections


def _scale(report: PlannerReport, words: Words) -> list[Block]:
    t = words.t
    blocks: list[Block] = [
        Table(
            t("report.classes_table"),
            [Column(t("report.class_name"), "text", 2), Column(t("report.number"))],
            [(words.term(FACILITY_CLASSES, code) or t("report.no_class"), number) for code, number in report.classes],
            total=(t("report.total"), report.document["stations"]),
        )
    ]
    supply = report.measures.supply.as_dict() if report.measures is not None else {"stated": 0}
    if supply["stated"]:
        blocks.append(Paragraph(t("report.capacity", n=count(supply["places"]), stated=count(supply["stated"]))))
    if report.declared:
        blocks.append(declared_table(report, words))
    return blocks


def declared_table(report: PlannerReport, words: Words) -> Table:
    """What is declared, in the words of its owner, beside what is on the map."""
    t = words.t
    hedges = {"about": t("report.about"), "more_than": t("report.more_than"), "nearly": t("report.nearly")}
    rows: list[tuple[Cell, ...]] = []
    for figure in report.declared:
        said = hedges.get(figure["qualifier"], "{n}").format(n=count(figure["value"]))
        number = t("report.not_compared") if figure["mapped"] is None else figure["mapped"]
        rows.append((figure["wording"], figure["owner"], figure["area"], figure["as_of"], said, number))
    columns = [
        Column(t("report.declared_wording"), "text", 4),
        Column(t("report.declared_owner"), "text", 2),
        Column(t("report.district"), "text", 1.3),
        Column(t("report.declared_as_of"), "text", 1.3),
        Column(t("report.declared_value"), "right", 1.2),
        Column(t("report.mapped"), "count", 1.4),
    ]
    return Table(t("report.declared_table"), columns, rows, t("report.declared_note"))


def _coverage(report: PlannerReport, words: Words) -> list[Block]:
    t = words.t
    city = report.snapshot.city
    name = city.name if words.lang == "zh" else city.name_en or city.name
    note = t("report.map_note", mode=by_mode(report, words), minutes=f"{report.question.minutes:g}")
    blocks: list[Block] = [district_table(report, words), MapView("city", t("report.map_city", city=name), note)]
    dense = next((row for row in report.document["districts"] if row["code"] == densest_district(report)), None)
    if dense is not None:
        place = area_name(dense, words, report.english_names)
        blocks.append(MapView("detail", t("report.map_detail", place=place), note))
    if report.measures is not None:
        counts = report.measures.by_count
        covered = report.document["people"]["covered"]
        named = [
            (t("report.choice_one"), counts["one"]),
            (t("report.choice_two"), counts["two"]),
            (t("report.choice_three"), counts["three_plus"]),
        ]
        columns = [
            Column(t("report.choice"), "text", 2),
            Column(t("report.people")),
            Column(t("report.share"), "share"),
        ]
        rows = [(label, number, number / covered if covered else None) for label, number in named]
        total = (t("report.total"), covered, 1.0 if covered else None)
        blocks.append(Table(t("report.choice_table"), columns, rows, total=total))
    return blocks


def densest_district(report: PlannerReport) -> str | None:
    """Code of the district with the most stations for its people; None where nobody lives in any."""
    rows = [row for row in report.document["districts"] if row["people"] > 0]
    return max(rows, key=lambda row: row["stations"] / row["people"])["code"] if rows else None


def district_table(report: PlannerReport, words: Words) -> Table:
    """People by fate for every district."""
    t, names = words.t, report.english_names
    rows = [(area_name(row, words, names), *(row[part] for part in PARTS)) for row in report.document["districts"]]
    people = report.document["people"]
    inside = people["total"] - people["outside_area"]
    total = (
        t("report.whole_city"),
        inside,
        people["covered"],
        people["outside"],
        people["off_network"],
        people["share"],
    )
    columns = [Column(t("report.district"), "text", 1.6), *part_columns(words)]
    return Table(t("report.districts_table"), columns, rows, total=(*total, report.document["stations"]))


def street_table(report: PlannerReport, words: Words) -> Table:
    """People by fate for every street (镇街) within its district."""
    t, names = words.t, report.english_names
    rows = [
        (
            area_name({"code": row["district_code"], "name": row["district"]}, words, names),
            area_name(row, words, names) or t("report.no_area"),
            *(row[part] for part in PARTS),
        )
        for row in report.document["streets"]
    ]
    columns = [Column(t("report.district"), "text", 1.3), Column(t("report.street"), "text", 1.8), *part_columns(words)]
    return Table(t("report.streets_table"), columns, rows)


PARTS = ("people", "covered", "outside", "off_network", "share", "stations")
"""Columns of the tables of areas, in their order."""


def part_columns(words: Words) -> list[Column]:
    """The columns of `PARTS`."""
    t = words.t
    return [
        Column(t("report.people")),
        Column(t("report.covered")),
        Column(t("report.outside")),
        Column(t("report.off_network")),
        Column(t("report.coverage_share"), "share"),
        Column(t("report.stations"), "count", 0.9),
    ]


def _efficiency(report: PlannerReport, words: Words) -> list[Block]:
    t, measured = words.t, report.measures
    blocks: list[Block] = []
    if measured is None:
        blocks.append(Paragraph(t("report.too_long")))
    else:
        document = measured.to_dict()
        minutes, streets = document["minutes"], document["street_length"]
        rows: list[tuple[str, str]] = [
            (t("report.mean_minutes"), words.shown("decimal", minutes["mean_minutes"])),
            (t("report.median_minutes"), words.shown("decimal", minutes["median_minutes"])),
            (t("report.ninety_minutes"), words.shown("decimal", minutes["p90_minutes"])),
            (t("report.street_share"), share(streets["share"])),
        ]
        blocks.append(_measures_table(t("report.minutes_table"), rows, words))
        points = [(float(one["minutes"]), float(one["share"])) for one in document["curve"]]
        help_ = t("report.curve_help")
        blocks.append(Curve(t("report.curve"), t("report.curve_x"), points, report.question.minutes, help_))
    bars = [(words.slot(one.slot), one.tally.share) for one in report.hours]
    blocks.append(Bars(t("report.hours"), bars, t("report.hours_help")))
    blocks.append(hours_table(report, words))
    return blocks


def _measures_table(caption: str, rows: Iterable[tuple[str, str]], words: Words) -> Table:
    t = words.t
    columns = [Column(t("report.measure"), "text", 3), Column(t("report.value"), "right", 1)]
    return Table(caption, columns, list(rows))


def hours_table(report: PlannerReport, words: Words) -> Table:
    """The circle at the standard hours of the week."""
    t = words.t
    rows = [
        (words.slot(one.slot), one.stations, one.unknown_hours, one.tally.covered, one.tally.share)
        for one in report.hours
    ]
    columns = [
        Column(t("report.hour"), "text", 1.6),
        Column(t("report.open_stations")),
        Column(t("report.unknown_hours")),
        Column(t("report.covered")),
        Column(t("report.coverage_share"), "share"),
    ]
    return Table(t("report.hours"), columns, rows)


def _quality(report: PlannerReport, words: Words) -> list[Block]:
    blocks: list[Block] = []
    if report.measures is not None:
        blocks += _fairness(report, words)
    if report.amenities:
        blocks.append(amenity_table(report, words))
    blocks.append(freshness_table(report, words))
    return blocks


def _fairness(report: PlannerReport, words: Words) -> list[Block]:
    t, measured = words.t, report.measures
    assert measured is not None
    document = measured.to_dict()
    hours, access = document["open_24h"], document["access"]
    open_part = hours["open_24h"] / hours["stations"] if hours["stations"] else None
    rows = [
        (t("report.open_day_and_night"), words.shown("share", open_part)),
        (t("report.per_thousand"), decimal(access["mean"])),
        (t("report.without"), count(access["without"])),
        (t("report.gini"), ratio(access["gini"])),
    ]
    targets = [
        (
            one["name"] if words.lang == "zh" else one["name_en"],
            one["owner"],
            one["target"],
            one["measured"],
            t("report.met") if one["met"] else share(one["missing"]),
        )
        for one in document["targets"]
    ]
    columns = [
        Column(t("report.target"), "text", 2.6),
        Column(t("report.declared_owner"), "text", 1.6),
        Column(t("report.target_value"), "share"),
        Column(t("report.measured"), "share"),
        Column(t("report.missing"), "right"),
    ]
    return [
        _measures_table(t("report.quality_table"), rows, words),
        Table(t("report.targets_table"), columns, targets, t("report.targets_note")),
    ]


def amenity_table(report: PlannerReport, words: Words) -> Table:
    """What the stations have, what they lack, and what nobody looked for."""
    t = words.t
    columns = [
        Column(t("report.amenity"), "text", 2),
        Column(t("report.usable")),
        Column(t("report.absent")),
        Column(t("report.unknown")),
    ]
    rows = [(words.term(AMENITIES, one.code), one.usable, one.absent, one.unknown) for one in report.amenities]
    return Table(t("report.amenities_table"), columns, rows)


def freshness_table(report: PlannerReport, words: Words) -> Table:
    """When somebody last looked."""
    t = words.t
    names = [
        *(t("report.within_days", n=days) for days in FRESH_DAYS),
        t("report.earlier"),
        t("report.never"),
    ]
    stations = report.register.stations
    rows = [
        (name, number, number / stations if stations else None)
        for name, number in zip(names, report.register.by_age, strict=True)
    ]
    columns = [
        Column(t("report.checked_when"), "text", 2),
        Column(t("report.stations")),
        Column(t("report.share"), "share"),
    ]
    return Table(t("report.fresh_table"), columns, rows)


def _gaps(report: PlannerReport, words: Words) -> list[Block]:
    t = words.t
    if not report.document["gaps"]:
        return [Paragraph(t("report.no_gaps"))]
    return [gap_table(report, words, GAPS_LISTED)]


def gap_table(report: PlannerReport, words: Words, listed: int) -> Table:
    """The largest gaps: whose they are, how far the nearest station is, and where one could stand."""
    t, names = words.t, report.english_names
    code_of = {(row["level"], row["name"]): row["code"] for _, row in report.snapshot.areas.iterrows()}

    def named(level: str, name: str) -> str:
        return area_name({"code": code_of.get((level, name), ""), "name": name}, words, names)

    rows: list[tuple[Cell, ...]] = []
    for gap in report.document["gaps"][:listed]:
        nearest, place = gap["nearest"], gap["suggested"]
        rows.append(
            (
                gap["rank"],
                named("district", gap["district"]),
                named("street", gap["street"]),
                gap["people"],
                t("report.unreached") if nearest is None else nearest["name"],
                None if nearest is None else nearest["minutes"],
                "" if place is None else f"{place[0]:.5f}, {place[1]:.5f}",
            )
        )
    columns = [
        Column(t("report.rank"), "count", 0.6),
        Column(t("report.district"), "text", 1.1),
        Column(t("report.street"), "text", 1.3),
        Column(t("report.outside"), "count", 0.9),
        Column(t("report.nearest"), "text", 2.2),
        Column(t("report.to_nearest"), "decimal", 0.9),
        Column(t("report.suggested"), "text", 1.7),
    ]
    in_all = report.document["gaps_in_all"]["count"]
    note = t("report.gaps_note", k=count(len(rows)), n=count(in_all))
    return Table(t("report.gaps_table"), columns, rows, note)


# ── how it is known ─────────────────────────────────────────────────────────────────────────────────────────────


def _method(report: PlannerReport, words: Words) -> list[Block]:
    t = words.t
    return [
        *(Paragraph(sentence) for sentence in method_sentences(report, words)),
        Facts(run_facts(report, words)),
        Facts(source_facts(report, words)),
        Paragraph(t("report.limits_text"), is_note=True),
    ]


def method_sentences(report: PlannerReport, words: Words) -> list[str]:
    """How the figures came about, in sentences one can sign."""
    t, mode = words.t, report.mode
    kmh = f"{mode.speed_ms * 3.6:.1f}"
    resolution = report.snapshot.layer(report.question.mode).grid.resolution
    return [
        t("report.how_network", mode=by_mode(report, words), kmh=kmh),
        t("report.how_share", resolution=resolution),
        t("report.how_eligible"),
        t("report.how_exact"),
        t("report.how_fairness"),
    ]


def run_facts(report: PlannerReport, words: Words) -> list[tuple[str, str]]:
    """What was asked, of which state of the city, and the hashes that prove the same answer later."""
    t, scenario = words.t, report.scenario
    return [
        *_question_facts(report, words),
        *([] if report.run_id is None else [(t("report.run"), t("report.run_number", n=report.run_id))]),
        *([] if scenario is None else [(t("report.scenario"), f"{scenario.name} ({scenario.code})")]),
        (t("report.snapshot"), report.snapshot.id),
        (t("report.input_hash"), report.answered.input_hash),
        (t("report.result_hash"), report.answered.result_hash),
        (t("report.program"), f"Yiquan {versions()['yiquan']} · {report.document['method']}"),
    ]


def source_facts(report: PlannerReport, words: Words) -> list[tuple[str, str]]:
    """Sources with their dates, and whether the facts are real."""
    t = words.t
    nature = t("report.nature_synthetic") if report.is_synthetic else t("report.nature_real")
    told = demand_methods.told(report.document["demand"]["method"])
    return [
        (t("report.nature"), nature),
        *_dates(report, words),
        (t("report.source_people_method"), told.zh if words.lang == "zh" else told.en),
        *([] if report.snapshot.city.is_synthetic else [("OpenStreetMap", t("report.copyright"))]),
    ]
