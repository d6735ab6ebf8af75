"""`yiquan coverage hours`: the circle at every hour of the week."""

from __future__ import annotations

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName, open_snapshot
from api.cli.question import asks_question
from geo.coverage.question import Question
from geo.services.hours_of_week import WeekAnswer, coverage_by_hour, describe

Words = list[str]
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@asks_question(hour=False)
def hours(
    question: Question,
    city: CityName = None,
    as_json: AsJson = False,
) -> None:
    """
    Compute coverage at all 168 hours of the week; nothing is stored.

    Example: yiquan coverage hours --mode ebike --minutes 10
    """
    speaker = Speaker(as_json)
    with open_snapshot(speaker, city) as (_, snapshot, progress):
        week = coverage_by_hour(snapshot, question, progress=progress)
    speaker.answer(describe(snapshot, week), *_lines(week))
    rows = [(f"{hour:02d}:00", *(f"{one.share:.1%}" for one in week.tallies[hour::24])) for hour in range(24)]
    speaker.table("Share of the people covered, by hour of the week", ["hour", *DAYS], rows)


def _lines(week: WeekAnswer) -> list[str]:
    question, unknown = week.question, int(week.unknown_hours.max())
    shares = [one.share for one in week.tallies]
    doubt = f" Of up to {unknown:,} stations nobody knows the hours; they do not count." if unknown else ""
    return [
        f"{question.mode}, {question.minutes:g} minutes: from {min(shares):.1%} to {max(shares):.1%} of the people "
        f"covered by stations that are open; {week.always.share:.1%} when hours do not count.{doubt}"
    ]
