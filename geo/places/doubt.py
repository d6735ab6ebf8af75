"""
When riders' reports make a station doubtful, and when confirmations settle it again.

The rule, for the reports on one station that no operator has answered and that are at most 30 days old:

- Reports are *concordant* when they are about the same thing: the door (locked, no answer, refused, an app demanded,
  hours wrong), the place (moved, gone, wrong position or name), or one and the same amenity. What passes by itself
  (full, dirty, supplies out) is counted and shown, but casts no doubt: there is nothing to verify.
- Every rider counts once per subject, with the last word said.
- A confirmation takes one away from the reports that came before it, never from those that come after.
- At three the station is in doubt. It is until enough reports have passed their 30th day.

So three riders before a locked door outweigh a hundred who found it open the month before, and three who find it open
afterwards settle the matter without anybody's office.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.places.vocabulary import REPORT_KINDS

REPORTERS_FOR_DOUBT = 3
"""How many riders must say the same."""

WINDOW = timedelta(days=30)
"""How long a report counts."""

CONFIRMS = "good_confirm"
SUBJECTS = ("door", "place", "amenity")
"""Groups of report kinds that cast doubt, the graver first."""


@dataclass(frozen=True, slots=True)
class Said:
    """One report: what, by whom (a name that means nothing elsewhere), and when it was so."""

    kind: str
    amenity: str | None
    reporter: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is in doubt, how many riders say so after confirmations, since when, and when it lapses by itself."""

    subject: str
    reporters: int
    since: datetime
    until: datetime


def subject_of(kind: str, amenity: str | None) -> str | None:
    """What a report is about, such as `door` or `amenity:microwave`; None for what casts no doubt."""
    group = next(term.group for term in REPORT_KINDS if term.code == kind)
    if group not in SUBJECTS:
        return None
    return f"{group}:{amenity}" if group == "amenity" and amenity else group


def doubt_of(said: Iterable[Said], now: datetime) -> Doubt | None:
    """The doubt that the open reports on one station amount to at a moment; None if they amount to none."""
    recent = [one for one in said if now - WINDOW < one.at <= now]
    confirmed = last_words([one for one in recent if one.kind == CONFIRMS])
    subjects = {subject for one in recent if (subject := subject_of(one.kind, one.amenity))}
    doubts = [
        doubt
        for subject in subjects
        if (doubt := doubt_about(subject, last_words([one for one in recent if about(one, subject)]), confirmed))
    ]
    if not doubts:
        return None
    gravest = min(doubts, key=lambda one: (-one.reporters, SUBJECTS.index(one.subject.split(":")[0]), one.subject))
    return Doubt(gravest.subject, gravest.reporters, gravest.since, max(one.until for one in doubts))


def about(said: Said, subject: str) -> bool:
    """Whether a report is about a subject."""
    return subject_of(said.kind, said.amenity) == subject


def last_words(said: Iterable[Said]) -> list[Said]:
    """The last of each rider's reports."""
    last: dict[str, Said] = {}
    for one in sorted(said, key=lambda one: one.at):
        last[one.reporter] = one
    return list(last.values())


def doubt_about(subject: str, against: list[Said], confirmed: list[Said]) -> Doubt | None:
    """The doubt about one subject, from each rider's last word against it and for the station."""
    # At the same moment a confirmation comes after, so that it counts against the doubt.
    moments = [(one.at, 1) for one in against] + [(one.at, -1) for one in confirmed]
    moments.sort(key=lambda moment: (moment[0], -moment[1]))
    # From the newest back: what the reports since each moment come to. The most they come to is what a running count
    # that never falls below zero holds now.
    tally, most, since, lapses = 0, 0, None, None
    for at, weight in reversed(moments):
        tally += weight
        if tally > most:
            most, since = tally, at
        if lapses is None and tally >= REPORTERS_FOR_DOUBT:
            lapses = at + WINDOW
    if since is None or lapses is None:
        return None
    return Doubt(subject, most, since, lapses)
