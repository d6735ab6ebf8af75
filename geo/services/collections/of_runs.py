"""Collections of stored coverage runs. A run never changes, so neither do they."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from geo.cells import cells_to_polygons, cells_to_texts
from geo.features.table import Column, FeatureTable, Kind
from geo.places.hours import Slot, slot_to_words
from geo.services.collections.of_snapshot import Titles, named, numbers, table_of, texts
from geo.store import run_store

CELL_STATES = ("covered", "partly", "outside", "off_network", "outside_area")


@dataclass(frozen=True)
class RunKind:
    """A collection that every run has."""

    id: str
    title: Titles
    description: Titles
    make: Callable[[Engine, int], FeatureTable]


def question_in_words(run: Mapping[str, Any]) -> Titles:
    """What a run asked, in few words."""
    asked = run["parameters"]
    mode = {"walk": named("步行", "on foot"), "ebike": named("电动车", "by e-bike")}.get(str(asked.get("mode")))
    within, at = f"{asked.get('minutes'):g}", asked.get("at")
    hour = {lang: slot_to_words(Slot.parse(at), lang) if at else None for lang in ("zh", "en")}
    zh = [f"第 {run['run_id']} 次运算", f"{mode['zh'] if mode else ''} {within} 分钟".strip(), hour["zh"]]
    en = [f"run {run['run_id']}", f"{within} minutes {mode['en'] if mode else ''}".strip(), hour["en"]]
    return {"zh": "，".join(filter(None, zh)), "en": ", ".join(filter(None, en))}


def minutes(deciseconds: Sequence[Any]) -> list[float | None]:
    """Travel times as minutes to one decimal."""
    return [None if value is None else round(value / 600, 1) for value in numbers(deciseconds)]


def coverage_cells(engine: Engine, run_id: int) -> FeatureTable:
    """The cells of a run."""
    with engine.connect() as connection:
        rows = run_store.load_cells(connection, run_id)
    cells = rows["h3"].to_numpy()
    columns = [
        Column.of(
            "minutes",
            Kind.NUMBER,
            named("到最近驿站分钟", "Minutes to the nearest"),
            minutes(rows["minutes_ds"].tolist()),
            unit="min",
        ),
        Column.of("share", Kind.NUMBER, named("覆盖比例", "Share within reach"), numbers(rows["share"].tolist())),
        Column.of("people", Kind.NUMBER, named("人口", "People"), numbers(rows["people"].tolist())),
        Column.of(
            "covered_people", Kind.NUMBER, named("覆盖人口", "People covered"), numbers(rows["covered_people"].tolist())
        ),
        Column.of("state", Kind.TEXT, named("状态", "State"), texts(rows["state"].tolist()), options=CELL_STATES),
    ]
    return table_of(f"run-{run_id}", cells_to_texts(cells), columns, cells_to_polygons(cells))


def gaps(engine: Engine, run_id: int) -> FeatureTable:
    """The gaps of a run, by stable id."""
    with engine.connect() as connection:
        rows = run_store.load_gaps(connection, run_id)
    columns = [
        Column.of("rank", Kind.INTEGER, named("排序", "Rank"), numbers(rows["rank"].tolist())),
        Column.of("people", Kind.NUMBER, named("未覆盖人口", "People outside"), numbers(rows["people"].tolist())),
        Column.of("cells", Kind.INTEGER, named("格数", "Cells"), numbers(rows["cells"].tolist())),
        Column.of("district", Kind.TEXT, named("区市", "District"), texts(rows["district"].tolist())),
        Column.of("street", Kind.TEXT, named("镇街", "Sub-district"), texts(rows["street"].tolist())),
        Column.of(
            "nearest",
            Kind.TEXT,
            named("最近设施编号", "Id of the nearest"),
            texts(rows["nearest_facility_id"].tolist()),
        ),
        Column.of(
            "nearest_minutes",
            Kind.NUMBER,
            named("最近分钟", "Minutes to it"),
            minutes(rows["nearest_ds"].tolist()),
            unit="min",
        ),
    ]
    return table_of(f"run-{run_id}", [str(one) for one in rows["stable_id"]], columns, rows.geometry.to_numpy())


KINDS = (
    RunKind(
        "coverage",
        named("覆盖格网", "Coverage cells"),
        named("一次覆盖运算的 H3 格网。", "H3 cells of one stored coverage run."),
        coverage_cells,
    ),
    RunKind(
        "gaps",
        named("覆盖空白区", "Gaps"),
        named("一次覆盖运算的空白区，按人口排序。", "Patches of neighbouring uncovered cells of one run."),
        gaps,
    ),
)
