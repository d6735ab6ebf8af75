"""
The page of one station, which a code on its door opens.

Unlike the two large pages it is written on the server, names and all. Somebody stands at a door with one bar of
signal: what there is to read must be in the first answer, must read without a script, and is what a chat shows when
the address is shared. Everything from a register goes through the template's escaping, and the policy's hashes are of
our own script and style, so that even a name that got through could not run. What changes by the minute (open until)
is worked out on the phone from the next eight days, which are in the page; so the page is the same bytes for everybody
all day, is answered by ETag, and tells the truth without a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from geo.places import vocabulary
from geo.places.vocabulary import Table
from web_map import assets
from web_map.figure import policy
from web_map.page import ENVIRONMENT, Language, frame_values, script_json, texts

DAY_MIN = 1440
WEEK_MIN = 7 * DAY_MIN

SCHEMA_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

STATES = vocabulary.AMENITY_STATES.codes

ASKED_FOR = (
    "water_hot", "microwave", "phone_charge", "ebike_charge", "battery_swap", "toilet_inside", "seat", "aircon",
    "first_aid",
)  # fmt: skip
"""What riders ask for most; of these a page also says that nobody has checked."""

REPORTABLE = (
    "good_confirm", "locked_in_hours", "entry_refused", "app_barrier", "moved", "amenity_broken", "full",
)  # fmt: skip
"""What can be reported in two taps, in the order in which it is offered."""


@dataclass(frozen=True)
class StationFacts:
    """
    What the page of one station is made from. `record` is what every answer says of it.

    `week` holds open minutes of the usual week from Monday 00:00 (None: not known), `ahead` the stretches of the next
    days as (from, to, state), ISO moments; `exceptions` the days on which it is otherwise.
    """

    facility_id: str
    record: Mapping[str, Any]
    codes: Mapping[str, str]
    lon: float
    lat: float
    city: str
    week: Sequence[Sequence[int]] | None
    ahead: Sequence[tuple[str, str | None, str]]
    exceptions: Sequence[Mapping[str, Any]]
    checked: Mapping[str, str]
    handoff: Mapping[str, Mapping[str, str]]
    today: date
    as_of: str


def station_page(lang: Language, station: StationFacts) -> tuple[bytes, str]:
    """The page of a station in a language, with its Content-Security-Policy; raises UnknownLanguageError."""
    data = {
        "station": station.facility_id,
        "ahead": station.ahead,
        "reports": {code: name_of(vocabulary.REPORT_KINDS, code, lang) for code in vocabulary.REPORT_KINDS.codes},
        "amenities": {code: name_of(vocabulary.AMENITIES, code, lang) for code in vocabulary.AMENITIES.codes},
        "breakable": amenities_to_report(station),
    }
    return filled(
        "station.html",
        lang,
        data,
        station=station,
        record=station.record,
        doubted=bool(station.record["doubted"]),
        kind=name_of(vocabulary.FACILITY_TYPES, station.record["type"], lang),
        class_=name_of(vocabulary.FACILITY_CLASSES, station.record["class"], lang) if station.record["class"] else "",
        status=name_of(vocabulary.STATUSES, station.record["status"], lang),
        ways=way_in(station.record, lang),
        week=week_table(station.week, lang),
        exceptions=[exception_row(one, lang) for one in station.exceptions],
        amenities=amenity_rows(station, lang),
        unchecked=[name_of(vocabulary.AMENITIES, code, lang) for code in unchecked(station)],
        services=[name_of(vocabulary.SERVICES, code, lang) for code in station.record["services"]],
        plates=[(name_of(vocabulary.NETWORKS, network, lang), code) for network, code in station.codes.items()],
        links=map_links(station, lang),
        reportable=[(code, name_of(vocabulary.REPORT_KINDS, code, lang)) for code in REPORTABLE],
        described=script_json(described(station)),
    )


def missing_page(lang: Language, code: str) -> tuple[bytes, str]:
    """The page at an address that names no station, with a way on."""
    t = texts(lang).__getitem__
    return message_page(lang, t("station.missing_title"), t("station.missing_detail"), code=code)


def several_page(lang: Language, code: str, choices: Sequence[tuple[str, str, str]]) -> tuple[bytes, str]:
    """The page at an address that names several stations; `choices` holds name, kind or network, address of each."""
    t = texts(lang).__getitem__
    return message_page(lang, t("station.several_title"), t("station.several_detail"), code=code, choices=choices)


def unready_page(lang: Language) -> tuple[bytes, str]:
    """The page while the service has no city to answer from."""
    t = texts(lang).__getitem__
    return message_page(lang, t("station.unready_title"), t("station.unready_detail"))


def message_page(
    lang: Language, title: str, detail: str, *, code: str = "", choices: Sequence[tuple[str, str, str]] = ()
) -> tuple[bytes, str]:
    """A page that says one thing."""
    return filled("station_message.html", lang, {}, title=title, detail=detail, code=code, choices=choices)


def filled(template: str, lang: Language, data: Mapping[str, object], **values: object) -> tuple[bytes, str]:
    """A template filled in, with the policy of our own script and style."""
    boot, style = assets.text("boot.js"), assets.text("station.css")
    frame = frame_values(lang, "station", **data)
    page = ENVIRONMENT.get_template(template).render(**frame, **values, boot=Markup(boot), style=Markup(style))
    return page.encode("utf-8"), policy([boot], [style])


def name_of(table: Table, code: str, lang: str) -> str:
    """What a code means; an unknown one stands for itself."""
    return vocabulary.label(table, code, lang) if code in table else code


def way_in(record: Mapping[str, Any], lang: Language) -> list[tuple[str, str]]:
    """How to get in, as pairs of a heading and words; what nobody recorded is said to be unknown."""
    t = texts(lang).__getitem__
    comma = t("common.comma")

    def named(table: Table, codes: Sequence[str]) -> str:
        return comma.join(name_of(table, code, lang) for code in codes)

    rows = [(t("station.entry"), named(vocabulary.ENTRY_METHODS, record["entry"]) or t("station.unknown"))]
    if record["first_use_needs"]:
        rows.append((t("station.first_use"), name_of(vocabulary.FIRST_USE_NEEDS, record["first_use_needs"], lang)))
    rows.append((t("station.for_whom"), named(vocabulary.USER_GROUPS, record["groups"]) or t("station.unknown")))
    if record["attended"]:
        rows.append((t("station.attended"), name_of(vocabulary.ATTENDED, record["attended"], lang)))
    for heading, text in (
        (t("station.note"), record["entry_note"]),
        (t("station.floor"), record["floor"]),
        (t("station.landmark"), record["landmark"]),
    ):
        if text:
            rows.append((heading, text))
    step_free = {True: t("station.yes"), False: t("station.no")}.get(record["step_free"], t("station.unknown"))
    rows.append((t("station.step_free"), step_free))
    parking = record["bike_parking"]
    rows.append(
        (
            t("station.parking"),
            name_of(vocabulary.BIKE_PARKING, parking, lang) if parking else t("station.unknown"),
        )
    )
    return rows


def week_table(week: Sequence[Sequence[int]] | None, lang: Language) -> list[tuple[int, str, str]] | None:
    """The hours of the week as (weekday, its name, its hours), Monday first; None where they are not known."""
    if week is None:
        return None
    t = texts(lang).__getitem__
    rows = []
    for weekday, name in enumerate(t("station.weekdays").split(","), start=1):
        spans = spans_of_day(week, weekday)
        rows.append((weekday, name, t("common.comma").join(spans) or t("station.closed_all_day")))
    return rows


def spans_of_day(week: Sequence[Sequence[int]], weekday: int) -> list[str]:
    """
    The openings of a day, as `08:00–17:30`.

    One that runs past midnight stands whole on the day it begins; one of a day and a night or longer is cut at
    midnight.
    """
    start = (weekday - 1) * DAY_MIN
    spans = []
    for opens, closes in joined_over_sunday(week):
        if closes - opens < DAY_MIN:
            if start <= opens < start + DAY_MIN:
                spans.append((opens - start, closes - start))
            continue
        for turn in (start, start + WEEK_MIN):
            low, high = max(opens, turn), min(closes, turn + DAY_MIN)
            if low < high:
                spans.append((low - turn, high - turn))
    return [f"{clock(low)}–{clock(high)}" for low, high in sorted(spans)]


def joined_over_sunday(week: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """The stretches of a week, one that runs from Sunday into Monday as one."""
    spans = [(int(opens), int(closes)) for opens, closes in week]
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == WEEK_MIN:
        return [*spans[1:-1], (spans[-1][0], WEEK_MIN + spans[0][1])]
    return spans


def clock(minute: int) -> str:
    """A minute of the day as a clock shows it; 24:00 ends a day, later ones are of the next."""
    shown = minute if minute <= DAY_MIN else minute - DAY_MIN
    return f"{shown // 60:02d}:{shown % 60:02d}"


def exception_row(exception: Mapping[str, Any], lang: Language) -> tuple[str, str, str]:
    """A day on which the hours are otherwise: the day, why, and the hours."""
    t = texts(lang).__getitem__
    hours = (
        t("station.closed_all_day")
        if exception["closed"]
        else f"{clock(exception['opens_min'])}–{clock(exception['closes_min'])}"
    )
    why = exception.get("note") or name_of(vocabulary.EXCEPTION_KINDS, exception["kind"], lang)
    return exception["on_date"], why, hours


def amenity_rows(station: StationFacts, lang: Language) -> list[tuple[str, str, str, str]]:
    """What somebody looked at: name, state as a code, state in words, the day; usable things first."""
    return [
        (
            name_of(vocabulary.AMENITIES, code, lang),
            state,
            name_of(vocabulary.AMENITY_STATES, state, lang),
            station.checked.get(code, ""),
        )
        for code, state in sorted(known_amenities(station), key=lambda one: STATES.index(one[1]))
    ]


def known_amenities(station: StationFacts) -> list[tuple[str, str]]:
    """What somebody looked at, as codes, in the order in which people should see it."""
    states = station.record["amenities"]
    return [(code, states[code]) for code in vocabulary.AMENITIES.codes if code in states]


def unchecked(station: StationFacts) -> list[str]:
    """What riders ask for most and nobody has looked at here."""
    return [code for code in ASKED_FOR if code not in station.record["amenities"]]


def amenities_to_report(station: StationFacts) -> list[str]:
    """What may be reported broken: what is said to be usable, else what riders ask for most."""
    usable = [code for code, state in known_amenities(station) if state in ("available", "limited")]
    return usable or list(ASKED_FOR)


def map_links(station: StationFacts, lang: Language) -> list[tuple[str, str]]:
    """Map applications and the addresses that lead there; each in the datum its application reads."""
    t = texts(lang).__getitem__
    walk, ride = station.handoff["walk"], station.handoff.get("ebike", station.handoff["walk"])
    return [
        (t("station.amap_ride"), ride["amap"]),
        (t("station.amap_walk"), walk["amap"]),
        (t("station.baidu"), walk["baidu"]),
        (t("station.tencent"), walk["tencent"]),
        (t("station.apple"), walk["apple"]),
        (t("station.other_map"), walk["geo"]),
    ]


def described(station: StationFacts) -> dict[str, Any]:
    """The station in schema.org's words, for whoever reads pages by machine. It is data; nothing of it runs."""
    record = station.record
    parts = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": record["name"],
        "identifier": record["code"],
        "telephone": record["public_phone"],
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressLocality": station.city,
            "addressRegion": record["district"],
            "streetAddress": record["address"],
        },
        "geo": {"@type": "GeoCoordinates", "longitude": round(station.lon, 6), "latitude": round(station.lat, 6)},
        "openingHoursSpecification": schema_hours(station.week),
        "amenityFeature": [
            {
                "@type": "LocationFeatureSpecification",
                "name": name_of(vocabulary.AMENITIES, code, "zh"),
                "value": state in ("available", "limited"),
            }
            for code, state in known_amenities(station)
            if state != "unknown"
        ],
    }
    return {name: without_blanks(value) for name, value in parts.items() if value}


def without_blanks(value: Any) -> Any:
    """A mapping without what is not known."""
    if isinstance(value, dict):
        return {name: part for name, part in value.items() if part is not None}
    return value


def schema_hours(week: Sequence[Sequence[int]] | None) -> list[dict[str, str]]:
    """The hours of the week in schema.org's words."""
    hours = []
    for weekday, day in enumerate(SCHEMA_DAYS, start=1):
        for span in spans_of_day(week or (), weekday):
            opens, closes = span.split("–")
            shown = "23:59" if closes == "24:00" else closes
            hours.append(
                {
                    "@type": "OpeningHoursSpecification",
                    "dayOfWeek": f"https://schema.org/{day}",
                    "opens": opens,
                    "closes": shown,
                }
            )
    return hours
