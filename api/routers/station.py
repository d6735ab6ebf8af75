"""The page of one station, at the address that the code on its door opens."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import cast

from fastapi import APIRouter, Request, Response

from api.dependencies import SHANGHAI, ClockDep, HolderDep
from api.errors import RETRY_AFTER_S
from api.languages import LANGUAGES, language_of
from api.responses import REVALIDATE, body_answer, unchanged, weak_tag
from api.served import Served, served_city
from geo.places import vocabulary
from geo.places.hours.timetable import Timetable
from geo.snapshot.holder import NoSnapshotError
from web_map.assets import digest
from web_map.page import Language
from web_map.station import StationFacts, missing_page, several_page, station_page, unready_page

router = APIRouter(include_in_schema=False)

HTML_TYPE = "text/html; charset=utf-8"

DAYS_AHEAD = 8
"""How many days of openings are in the page: what a phone keeps tells the truth for a week without a network."""

KEPT_PAGES = 256
"""How many finished pages are kept; a page takes some milliseconds to write."""


@router.get("/s/{code:path}")
async def read_station_page(request: Request, holder: HolderDep, clock: ClockDep) -> Response:
    """
    The page of the station with a code: of any network, or a number; the choice where several have the code.

    `network` says which network's code is meant, `by=number` that it is a number. Other parameters are a script's.
    """
    asked = request.query_params.get("lang")
    lang = cast(Language, language_of(request, asked if asked in LANGUAGES else None))
    code = request.path_params["code"]
    try:
        served = served_city(holder.snapshot)
    except NoSnapshotError:
        return page_answer(request, unready_page(lang), lang, status=503)
    found = stations_of(served, code, request.query_params.get("network"), request.query_params.get("by"))
    if len(found) == 1:
        return page_answer(request, page_of_station(served, found[0], lang, clock().astimezone(SHANGHAI).date()), lang)
    shown = code[:60]
    if found:
        choices = [choice_of(served, position, code, lang) for position in found]
        return page_answer(request, several_page(lang, shown, choices), lang)
    return page_answer(request, missing_page(lang, shown), lang, status=404)


def stations_of(served: Served, code: str, network: str | None, by: str | None) -> tuple[int, ...]:
    """The facilities that an address means."""
    if by == "number":
        return served.addresses.by_number(code)
    return served.addresses.positions(code, network if network in vocabulary.NETWORKS else None)


def choice_of(served: Served, position: int, code: str, lang: str) -> tuple[str, str, str]:
    """One of several stations with a code: its name, its network, its own address."""
    record = served.records[position]
    network = served.addresses.network_of(position, code)
    named = vocabulary.label(vocabulary.NETWORKS, network, lang) if network in vocabulary.NETWORKS else ""
    page = record["page"]
    return record["name"], named, f"{page}{'&' if '?' in page else '?'}lang={lang}"


@lru_cache(maxsize=KEPT_PAGES)
def page_of_station(served: Served, position: int, lang: Language, today: date) -> tuple[bytes, str]:
    """The finished page of a station on a day; the same for everybody."""
    snapshot = served.snapshot
    row = snapshot.facilities.iloc[position]
    facts = StationFacts(
        facility_id=str(snapshot.facility_ids[position]),
        record=served.records[position],
        codes=dict(row["codes"]),
        lon=float(snapshot.lon[position]),
        lat=float(snapshot.lat[position]),
        city=snapshot.city.name,
        week=snapshot.timetable.week_intervals(position, today),
        ahead=openings_ahead(snapshot.timetable, position, today),
        exceptions=coming_exceptions(row["exceptions"], today),
        checked=dict(row["amenities_checked"]),
        handoff={mode: served.handoff(position, mode) for mode in snapshot.modes},
        today=today,
        as_of=served.stamp["stations"],
    )
    return station_page(lang, facts)


def openings_ahead(timetable: Timetable, position: int, today: date) -> list[tuple[str, str | None, str]]:
    """
    The stretches of the coming days in which a place is open or its state is not known, from midnight on.

    Each with the moment it begins and ends (None: not within the days looked at) and `open`, `perhaps` (open by the
    rules, but a holiday may decide) or `unknown`. Holidays and exceptions are in it, so that a phone needs no calendar.
    """
    moments = timetable.moments_of_change(position, today, DAYS_AHEAD)
    states = [timetable.state(position, moment) for moment in moments]
    words = [state.state if state.certain or state.state != "open" else "perhaps" for state in states]
    stretches: list[tuple[str, str | None, str]] = []
    for word, run in groupby(range(len(moments) - 1), key=words.__getitem__):
        if word == "closed":
            continue
        rows = list(run)
        ends: datetime | None = moments[rows[-1] + 1]
        if rows[-1] + 2 == len(moments) and word == words[-1]:
            # it goes on beyond the days looked at, perhaps for ever
            ends = states[-1].until
        stretches.append((iso(moments[rows[0]]), None if ends is None else iso(ends), word))
    return stretches


def iso(moment: datetime) -> str:
    """A moment to the minute, with its offset."""
    return moment.isoformat(timespec="minutes")


def coming_exceptions(exceptions: list[dict[str, object]], today: date) -> list[dict[str, object]]:
    """The days soon on which the hours are otherwise."""
    soon = (today + timedelta(days=31)).isoformat()
    return [one for one in exceptions if today.isoformat() <= str(one["on_date"]) <= soon]


def page_answer(request: Request, page: tuple[bytes, str], lang: str, *, status: int = 200) -> Response:
    """A page, answered by ETag; what is not there is not kept."""
    body, policy = page
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": lang,
        "Vary": "Accept-Language, Accept-Encoding",
    }
    if status != 200:
        retry = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
        answer = body_answer(request, body, media_type=HTML_TYPE, cache="no-store", headers=headers | retry)
        answer.status_code = status
        return answer
    tag = weak_tag(digest(body))
    if kept := unchanged(request, tag, cache=REVALIDATE):
        # With the page's own policy: a 304 renews the headers of what the browser has kept.
        kept.headers.update(headers)
        return kept
    return body_answer(request, body, media_type=HTML_TYPE, cache=REVALIDATE, tag=tag, headers=headers)
