"""Three riders who agree cast doubt; confirmations, answers and time lift it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.places.doubt import REPORTERS_FOR_DOUBT, WINDOW, Said, doubt_of, subject_of
from geo.places.hours.timetable import SHANGHAI
from geo.places.vocabulary import REPORT_KINDS

NOW = datetime(2026, 11, 20, 12, tzinfo=SHANGHAI)
OK = "good_confirm"


def said(*words: str, days_ago: float = 1.0) -> list[Said]:
    """Reports of as many riders, an hour apart; `kind@rider` names the rider, `kind/amenity` the thing."""
    start = NOW - timedelta(days=days_ago)
    reports = []
    for hours, word in enumerate(words):
        kind, _, rider = word.partition("@")
        kind, _, amenity = kind.partition("/")
        reports.append(Said(kind, amenity or None, rider or f"rider {hours}", start + timedelta(hours=hours)))
    return reports


LOCKED = "locked_in_hours"


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ((LOCKED, LOCKED), None),
        ((LOCKED, LOCKED, LOCKED), "door"),
        ((LOCKED, "entry_refused", "app_barrier"), "door"),
        ((LOCKED, LOCKED, "moved"), None),
        (("moved", "gone", "wrong_place"), "place"),
        (("amenity_broken/microwave",) * 3, "amenity:microwave"),
        (("amenity_broken/microwave", "amenity_broken/microwave", "amenity_broken/water_hot"), None),
        (("amenity_broken",) * 3, "amenity"),
        (("full",) * 9, None),
        ((OK,) * 9, None),
        # one rider, however often
        ((f"{LOCKED}@one",) * 9, None),
        ((f"{LOCKED}@one", f"{LOCKED}@one", LOCKED, LOCKED), "door"),
        # a confirmation takes one away from what came before it, and nothing from what comes after
        ((LOCKED, LOCKED, LOCKED, OK), None),
        ((OK, OK, OK, OK, LOCKED, LOCKED, LOCKED), "door"),
        ((LOCKED, OK, LOCKED, LOCKED), None),
        ((LOCKED, LOCKED, LOCKED, LOCKED, OK), "door"),
        # the rider who found it locked comes back and gets in
        ((LOCKED, LOCKED, f"{LOCKED}@one", f"{OK}@one"), None),
    ],
)
def test_who_says_what_decides(words: tuple[str, ...], subject: str | None):
    doubt = doubt_of(said(*words), NOW)
    assert (doubt and doubt.subject) == subject


def test_a_doubt_tells_how_many_since_when_and_until_when():
    reports = said(LOCKED, LOCKED, LOCKED, LOCKED, days_ago=10)
    doubt = doubt_of(reports, NOW)
    assert doubt is not None
    assert (doubt.reporters, doubt.since) == (4, reports[0].at)
    # with the first gone three are left; with the second gone two
    assert doubt.until == reports[1].at + WINDOW


def test_the_gravest_of_two_doubts_is_told_and_the_last_one_ends_it():
    old = said("moved", "moved", "moved", "moved", days_ago=20)
    new = said(LOCKED, LOCKED, LOCKED, days_ago=2)
    doubt = doubt_of([*old, *new], NOW)
    assert doubt is not None
    assert (doubt.subject, doubt.reporters, doubt.until) == ("place", 4, new[0].at + WINDOW)


def test_a_report_counts_for_thirty_days_and_not_before_it_was_made():
    reports = said(LOCKED, LOCKED, LOCKED)
    assert doubt_of(reports, reports[2].at) is not None
    assert doubt_of(reports, reports[1].at) is None
    assert doubt_of(reports, reports[0].at + WINDOW) is None
    assert doubt_of(reports, reports[0].at + WINDOW - timedelta(seconds=1)) is not None


def test_every_kind_is_about_something_or_passes_by_itself():
    groups = {term.group for term in REPORT_KINDS}
    assert groups == {"confirms", "door", "place", "amenity", "passing"}
    assert [term.code for term in REPORT_KINDS if subject_of(term.code, None) is None] == [
        "good_confirm", "supplies_out", "full", "dirty", "no_parking", "upstairs_hard",
    ]  # fmt: skip


REPORTS = st.lists(
    st.builds(
        Said,
        st.sampled_from([LOCKED, "entry_refused", "moved", OK, "full"]),
        st.none(),
        st.sampled_from("abcdefg"),
        st.integers(0, 40 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
    ),
    max_size=25,
    unique_by=lambda one: one.at,
)


def running_count(reports: list[Said], group: str, now: datetime) -> int:
    """By another way: count up and down from the oldest, never below zero, each rider's last word only."""
    recent = sorted((one for one in reports if now - WINDOW < one.at <= now), key=lambda one: one.at)
    last = {
        (one.kind == OK, one.reporter): one for one in recent if one.kind == OK or (subject_of(one.kind, None) == group)
    }
    count = 0
    for one in sorted(last.values(), key=lambda one: one.at):
        count = max(0, count - 1) if one.kind == OK else count + 1
    return count


@settings(max_examples=200, deadline=None)
@given(REPORTS)
def test_a_running_count_from_the_oldest_comes_to_the_same(reports: list[Said]):
    counts = {group: running_count(reports, group, NOW) for group in ("door", "place")}
    doubt = doubt_of(reports, NOW)
    assert (doubt is not None) == (max(counts.values()) >= REPORTERS_FOR_DOUBT)
    if doubt is not None:
        assert doubt.reporters == counts[doubt.subject] == max(counts.values())


@settings(max_examples=100, deadline=None)
@given(REPORTS)
def test_without_new_reports_a_doubt_ends_at_the_moment_it_told_and_does_not_come_back(reports: list[Said]):
    doubt = doubt_of(reports, NOW)
    if doubt is None:
        return
    assert doubt_of(reports, doubt.until - timedelta(seconds=1)) is not None
    later = [doubt.until + timedelta(hours=hours) for hours in range(0, 40 * 24, 7)]
    assert all(doubt_of(reports, moment) is None for moment in later)
