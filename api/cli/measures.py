"""`yiquan coverage measures`: how well a city is served, in a page of figures."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.question import asks_question
from geo.coverage.access import Decay
from geo.coverage.question import Question
from geo.services.measures import WeightsError
from geo.services.measures import measures as measures_of

Words = list[str]
SHOWN_STATIONS = 10


@asks_question()
def measures(
    question: Question,
    weights: Annotated[
        Words | None,
        typer.Option("--weight", help="LAYER=WEIGHT; repeat to put several demand layers together."),
    ] = None,
    decay: Annotated[Decay, typer.Option(help="How a station loses worth with travel time.")] = Decay.STEP,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Measure choice, minutes, room for everyone, and fairness.

    Example: yiquan coverage measures --mode ebike --minutes 10 --weight residents=1 --weight riders=20
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, progress):
        progress("measuring")
        document = measures_of(snapshot, question, decay=decay, weights=_weights(weights or ())).to_dict()
    speaker.answer(document, *_lines(document))
    _tables(speaker, document)


def _weights(words: Words | tuple[()]) -> dict[str, float]:
    """The weights of `LAYER=WEIGHT` words."""
    weights = {}
    for word in words:
        layer, _, weight = word.partition("=")
        try:
            weights[layer] = float(weight)
        except ValueError:
            raise WeightsError(f"`{word}` is no weight of a demand layer; write it like riders=20.") from None
    return weights


def _lines(document: dict[str, Any]) -> list[str]:
    people, count, minutes, access = (document[part] for part in ("people", "by_count", "minutes", "access"))
    theil = access["theil_by_street"]
    band = document["band"]
    spread = f" (the census spread otherwise: {band['low']:.1%} to {band['high']:.1%})" if band else ""
    return [
        f"{people['share']:.1%} of the people are within the limit{spread}: {count['one']:,} have one station to go "
        f"to, {count['two']:,} two, {count['three_plus']:,} three or more.",
        f"To the nearest station: {_minutes(minutes['mean_minutes'])} on average, half of the people within "
        f"{_minutes(minutes['median_minutes'])}, nine in ten within {_minutes(minutes['p90_minutes'])}.",
        f"Room: {access['mean']:.2f} {access['unit']}; Gini {access['gini']:.2f}, Theil {theil['total']:.2f}, "
        f"{theil['between_part']:.0%} of it between streets.",
        _land_line(document["built_up"]),
        *(
            f"{one['name']} ({one['owner']}): {one['measured']:.1%} of {one['target']:.0%}, "
            f"{'met' if one['met'] else 'not met'}."
            for one in document["targets"]
        ),
    ]


def _land_line(built_up: dict[str, Any]) -> str:
    if built_up["km2"] is None:
        return f"Streets: {built_up['share']:.1%} of their length are within the limit ({built_up['method']})."
    lived_on = built_up["residential_share"]
    residential = "" if lived_on is None else f"; of the residential land {lived_on:.1%}"
    return (
        f"Built-up land: {built_up['share']:.1%} of {built_up['km2']:,.1f} km² are within the limit{residential}; "
        f"{built_up['off_network_km2']:,.1f} km² are far from any street."
    )


def _minutes(value: float | None) -> str:
    return "no time at all is enough" if value is None else f"{value:.1f} minutes"


def _tables(speaker: Speaker, document: dict[str, Any]) -> None:
    columns = ["district", "people", "one", "two", "three or more", "mean minutes", "90 % within", "per 1,000"]
    speaker.table("Districts", columns, [_district_cells(row) for row in document["districts"]])
    columns = ["class", "street km", "stations", "of its due by street", "by people"]
    speaker.table("Classes of road", columns, [_road_cells(row) for row in document["road_classes"]])
    facilities = document["facilities"]
    names = ("name", "people_alone", "people_in_reach", "places")
    rows = zip(*(facilities[name][:SHOWN_STATIONS] for name in names), strict=True)
    speaker.table("Stations that most people depend on alone", ["station", "alone", "in reach", "places"], [*rows])


def _district_cells(row: dict[str, Any]) -> tuple[object, ...]:
    counts = (f"{row[name]:,}" for name in ("people", "one", "two", "three_plus"))
    figures = (row["mean_minutes"], row["p90_minutes"], row["access_per_1000"])
    return row["name"], *counts, *("" if value is None else f"{value:.1f}" for value in figures)


def _road_cells(row: dict[str, Any]) -> tuple[object, ...]:
    indices = (row["index_by_street"], row["index_by_people"])
    shown = ("" if value is None else f"{value:.2f}" for value in indices)
    return row["road_class"], f"{row['street_km']:,.0f}", row["stations"], *shown
