"""What opening hours are once they are understood: weekly rules, with their season and what they do on holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

DAY_MIN: Final = 1440
"""Minutes in a day."""

WEEK_MIN: Final = 7 * DAY_MIN

ALL_DAYS: Final = (1, 2, 3, 4, 5, 6, 7)
WORKING_DAYS: Final = (1, 2, 3, 4, 5)
WEEKEND: Final = (6, 7)

HOLIDAY_SEASON: Final = "holiday"
"""The `season` of a rule that applies on statutory holidays and on no other day."""


@dataclass(frozen=True)
class OpeningRule:
    """
    One stretch of opening on some days of the week.

    Half-open: open from `opens_min` up to but not at `closes_min`, minutes after midnight of the day it starts.
    Beyond 1440 it runs past midnight and still belongs to that day. A rule that is not `certain` says *may* be open
    then: the days of 工作日开放 are known and its times are not, so it covers the whole of those days.
    """

    days: tuple[int, ...] = ALL_DAYS
    """Days of the week on which it starts, Monday 1 to Sunday 7."""

    opens_min: int = 0
    closes_min: int = DAY_MIN

    valid_from: str | None = None
    """First day of its season, `MM-DD`; None for the whole year."""

    valid_to: str | None = None
    """Last day of its season, `MM-DD`, included; before `valid_from` when the season spans the New Year."""

    season: str | None = None
    """A code of `vocabulary.SEASONS`, or `holiday` for statutory holidays only."""

    holiday_policy: str = "unknown"
    """A code of `vocabulary.HOLIDAY_POLICIES`: what it does on a statutory holiday."""

    certain: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The rule as the columns of the table `opening_rule`."""
        columns = asdict(self)
        columns["byday"] = list(columns.pop("days"))
        return columns

    @classmethod
    def from_dict(cls, columns: Mapping[str, Any]) -> OpeningRule:
        """A rule from the columns of the table `opening_rule`; columns it does not know are passed over."""
        known = {name: columns[name] for name in cls.__dataclass_fields__ if name in columns}
        known["days"] = tuple(columns["byday"] if "byday" in columns else columns["days"])
        return cls(**known)


@dataclass(frozen=True)
class OpeningHours:
    """The rules that were read from a text, the text itself, and whether all of it was understood."""

    rules: tuple[OpeningRule, ...]
    text: str
    certain: bool
