"""
Wishes: riders say "a station is wanted here", operators review it, siting takes what they accept as a candidate.

Wishes are counted by cell, so that nearby wishes of several riders stand as one wish with a count, and one rider who
asks again and again counts once. A wish is given on purpose, with its place: to some ten metres, with the day, and
nothing else that could tell who asked; see `geo/store/tables/wishes.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from geo.cells import cells_to_texts, from_signed, points_to_cells, resolutions, texts_to_cells, to_signed
from geo.errors import ForbiddenError, InputError, NotFoundError, TooOftenError, UnavailableError
from geo.places.hours.timetable import SHANGHAI
from geo.places.vocabulary import WISH_STATES
from geo.services.hourly import first_over
from geo.services.keys import WISHES_REVIEW, Caller
from geo.store import city_store, wish_store
from geo.store.engine import in_turn
from geo.store.wish_store import NewWish, WishedPlace
from geo.types import Box

CELL_RESOLUTION = 9
"""Wishes in one cell of this resolution, some 350 m across, stand as one: half of a ten minutes' walk apart."""

PLACE_DIGITS = 4
"""Digits of a degree that are kept of a place: some ten metres."""

MOST_NEEDS = 8

MOST_PER_HOUR = 5
"""How many wishes one phone may send in an hour of the clock."""

MOST_PER_CITY_PER_HOUR = 600
"""How many wishes are taken in an hour, whoever sends them: a flood must not fill the database."""

LONGEST_NOTE = 300


class TooManyWishesError(TooOftenError):
    """A phone, or everybody together, sent more than is taken in an hour."""

    def __init__(self, whose: str, most: int, retry_after_s: int) -> None:
        super().__init__(
            f"{whose} more than {most} wishes in this hour. Keep it and send it again in {retry_after_s} seconds.",
            retry_after_s,
        )


class WishesBusyError(UnavailableError):
    """So much is being written that a wish did not get its turn."""

    def __init__(self) -> None:
        super().__init__("The wish did not get its turn. Keep it and send it again; nothing was written.")


class OutsideCityError(InputError):
    """A station is wanted where this city has no say."""

    def __init__(self) -> None:
        super().__init__("This place lies outside of the city; choose one inside it on the map.")


class WishNotFoundError(NotFoundError):
    """Nobody wants a station in this cell."""

    def __init__(self, cell: str) -> None:
        shown = cell if cell.isalnum() and len(cell) <= 16 else "like this"
        super().__init__(f"There is no wish {shown}; `yiquan wishes list` shows them.")


class WishDistrictError(ForbiddenError):
    """The key is for wishes in another district."""

    def __init__(self, district_code: str) -> None:
        super().__init__(f"This key is for wishes in the district {district_code} alone; this one is not there.")


class ReviewError(InputError):
    """A review that cannot be written down like this."""


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What a phone sends: a place (WGS-84 degrees), what is needed there (amenity codes), when (codes of WISH_HOURS).

    `reporter` was made on the phone and says nothing of it.
    """

    wish_id: UUID
    lon: float
    lat: float
    needs: tuple[str, ...]
    hours: tuple[str, ...]
    at: datetime
    reporter: str


@dataclass(frozen=True, slots=True)
class AcceptedWish:
    """
    A place where riders want a station and operators agree: a candidate.

    `cell` (H3, resolution 9) is its lasting name. `people` are the riders who asked. `needs` and `hours` begin with
    what most of them wished.
    """

    cell: str
    lon: float
    lat: float
    people: int
    needs: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The wish as plain data."""
        plain = asdict(self)
        return plain | {"needs": list(self.needs), "hours": list(self.hours)}


# ── riders ──────────────────────────────────────────────────────────────────────────────────────────────────────


def take_wish(engine: Engine, city_id: int, sent: Wish, home: Box, *, now: datetime) -> bool:
    """
    Take a wish down; returns whether it is new. The same number twice is one wish, however often it is sent.

    `home` is the box of the city.

    Raises
    ------
    OutsideCityError, InputError
        The place lies elsewhere; too much is needed.
    TooManyWishesError
        The phone, or the city, has had its share of this hour. Nothing was written.
    DatabaseUnavailableError, WishesBusyError
        The database does not answer, or not in time.
    """
    if not (home.west <= sent.lon <= home.east and home.south <= sent.lat <= home.north):
        raise OutsideCityError
    if len(set(sent.needs)) > MOST_NEEDS:
        raise InputError(f"A wish names {MOST_NEEDS} needs at most; leave some out.")
    lon, lat = round(sent.lon, PLACE_DIGITS), round(sent.lat, PLACE_DIGITS)
    cell = int(to_signed(points_to_cells([lon], [lat], CELL_RESOLUTION))[0])
    with in_turn(WishesBusyError), engine.begin() as connection:
        if wish_store.is_known(connection, sent.wish_id):
            return False
        keep_pace(connection, city_id, sent.reporter, now)
        new = NewWish(
            wish_id=sent.wish_id,
            city_id=city_id,
            cell=cell,
            lon=lon,
            lat=lat,
            needs=tuple(sorted(set(sent.needs))),
            hours=tuple(sorted(set(sent.hours))),
            # A phone's clock may run ahead; nothing has happened that has not happened yet.
            wished_on=min(sent.at, now).astimezone(SHANGHAI).date(),
            reporter_digest=reporter_digest(sent.reporter, cell),
        )
        wish_store.add_wish(connection, new)
    return True


def reporter_digest(reporter: str, cell: int) -> str:
    """The name under which a rider counts in one cell; in another cell it is another one."""
    return hashlib.sha256(f"yiquan wish {cell} {reporter}".encode()).hexdigest()


def keep_pace(connection: Connection, city_id: int, reporter: str, now: datetime) -> None:
    """Count the wish against its sender's hour and the city's; raises TooManyWishesError."""
    counted = ((f"wishes of phone {reporter}", MOST_PER_HOUR), (f"wishes of city {city_id}", MOST_PER_CITY_PER_HOUR))
    over = first_over(connection, counted, now)
    if over is not None:
        place, retry_after_s = over
        raise TooManyWishesError(("This phone has sent", "This city has had")[place], counted[place][1], retry_after_s)


# ── operators ───────────────────────────────────────────────────────────────────────────────────────────────────


def list_wishes(
    engine: Engine, city_slug: str, *, state: str | None = None, district_code: str | None = None
) -> list[dict[str, Any]]:
    """Places where a station is wanted, those of most riders first; of one state, of one district."""
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        found = wish_store.places(connection, city_id, state=state)
    return [described(one) for one in found if district_code in (None, one.district_code)]


def wish_in_full(engine: Engine, city_slug: str, cell: str, *, caller: Caller | None = None) -> dict[str, Any]:
    """One place with what was decided of it before; raises WishNotFoundError, WishDistrictError."""
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        place = _place(connection, city_id, cell)
        _require_district(caller, place)
        return {**described(place), "decisions": wish_store.decisions(connection, city_id, place.cell)}


def review(
    engine: Engine,
    city_slug: str,
    cell: str,
    *,
    state: str,
    note: str | None,
    by: str,
    now: datetime,
    caller: Caller | None = None,
) -> dict[str, Any]:
    """
    Put the wishes of a cell into a state, which the change log remembers; returns the place as it is then.

    Without a `caller` nothing is asked: that is for whoever runs the installation.

    Raises
    ------
    WishNotFoundError, ReviewError
        Nobody wants a station there; the state, the note or the name cannot be used.
    ScopeError, WishDistrictError
        The key is not for this.
    """
    if state not in WISH_STATES.codes:
        raise ReviewError(f"A wish is {', '.join(WISH_STATES.codes)}, not {state[:40]!r}.")
    said, who = " ".join((note or "").split()), " ".join(by.split())
    if len(said) > LONGEST_NOTE or not said.isprintable():
        raise ReviewError(f"A note has up to {LONGEST_NOTE} readable characters.")
    if not who:
        raise ReviewError("Say who decides.")
    if caller is not None:
        caller.require(WISHES_REVIEW)
    with engine.begin() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        place = _place(connection, city_id, cell)
        _require_district(caller, place)
        wish_store.decide(
            connection, city_id, place.cell, state=state, note=said or None, by=who, at=now, people=place.people
        )
        return described(_place(connection, city_id, cell))


def accepted_wishes(engine: Engine, city_slug: str) -> tuple[AcceptedWish, ...]:
    """The places that operators accepted, in the order of their cells: candidates of a siting question."""
    with engine.connect() as connection:
        city_id = city_store.city_by_slug(connection, city_slug).city_id
        found = wish_store.places(connection, city_id, state="accepted")
    return tuple(
        AcceptedWish(
            cell=cell_text(one.cell),
            lon=round(one.lon, PLACE_DIGITS + 1),
            lat=round(one.lat, PLACE_DIGITS + 1),
            people=one.people,
            needs=tuple(one.needs),
            hours=tuple(one.hours),
        )
        for one in sorted(found, key=lambda one: one.cell)
    )


def described(place: WishedPlace) -> dict[str, Any]:
    """
    A place as operators read it.

    `since_decided`: how many more riders asked since it was decided, None where nothing was.
    """
    plain = asdict(place) | {"cell": cell_text(place.cell)}
    plain |= {"lon": round(place.lon, PLACE_DIGITS + 1), "lat": round(place.lat, PLACE_DIGITS + 1)}
    then = plain.pop("people_then")
    return plain | {"since_decided": None if then is None else max(0, place.people - then)}


def cell_text(cell: int) -> str:
    """A cell as the wire has it."""
    return cells_to_texts(from_signed([cell]))[0]


def _require_district(caller: Caller | None, place: WishedPlace) -> None:
    if caller is not None and caller.district_code is not None and caller.district_code != place.district_code:
        raise WishDistrictError(caller.district_code)


def _place(connection: Connection, city_id: int, cell: str) -> WishedPlace:
    number = _cell_number(cell)
    found: Collection[WishedPlace] = () if number is None else wish_store.places(connection, city_id, cell=number)
    if not found:
        raise WishNotFoundError(cell)
    return next(iter(found))


def _cell_number(text: str) -> int | None:
    """The number of a cell that wishes are counted by; None for anything else."""
    try:
        cells = texts_to_cells([text])
    except InputError:
        return None
    return int(to_signed(cells)[0]) if int(resolutions(cells)[0]) == CELL_RESOLUTION else None
