"""Cities, and the counter that says when a city's facts have changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, RowMapping, bindparam, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError, OperationalError

from geo.errors import ConflictError, InputError, NotFoundError, UnavailableError
from geo.store.tables import city, city_revision, demand_layer, facility, street_network

CITY_LOCK = 0x63_69_74_79
"""First key of the advisory lock that lets one writer at a time change a city; the second key is the city's number."""


CITY_LOCK_TIMEOUT_S = 120
"""How long an import waits for another one to end; the longest takes about a minute."""

UNLIMITED = text(
    "SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),"
    " set_config('lock_timeout', :lock_timeout, true)"
)
TAKE_CITY_LOCK = text("SELECT pg_advisory_xact_lock(:lock, CAST(:city AS integer))")


class CityInUseError(UnavailableError):
    """An edit did not get its turn."""

    def __init__(self) -> None:
        super().__init__("An import is at work on this city. Send the change again in a while; nothing was written.")


class CityBusyError(ConflictError):
    """Another import is at work on the city."""

    def __init__(self) -> None:
        super().__init__(
            "Another import is at work on this city. Wait for it to end and try again; nothing was changed."
        )


class CityNotFoundError(NotFoundError):
    """No city goes by this name."""

    def __init__(self, slug: str, known: list[str]) -> None:
        there = f"There is {', '.join(known)}." if known else "There is none yet; `yiquan city new NAME` makes one."
        super().__init__(f"There is no city {slug}. {there}")
        self.slug = slug


class CityExistsError(ConflictError):
    """The short name is taken."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is a city {slug} already. Take another name, or remove that one first.")
        self.slug = slug


class CityNameError(InputError):
    """The short name cannot name a folder and an address."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"'{slug}' cannot be a city's short name: write 1 to 64 lower-case Latin letters, digits and hyphens, "
            "such as qingdao; the Chinese name goes into --name."
        )


@dataclass(frozen=True, slots=True)
class City:
    """One city. Several live side by side in a database and never mix."""

    city_id: int
    slug: str
    name: str
    name_en: str | None
    is_synthetic: bool
    created_at: datetime
    revision: int


CITIES = (
    select(
        city.c.city_id,
        city.c.slug,
        city.c.name,
        city.c.name_en,
        city.c.is_synthetic,
        city.c.created_at,
        func.coalesce(city_revision.c.revision, 0).label("revision"),
    )
    .select_from(city.outerjoin(city_revision))
    .order_by(city.c.slug)
)
CITY_BY_SLUG = CITIES.where(city.c.slug == bindparam("slug"))

COUNTS = select(
    city.c.city_id,
    select(func.count())
    .where(facility.c.city_id == city.c.city_id, facility.c.visible)
    .scalar_subquery()
    .label("facilities"),
    exists().where(street_network.c.city_id == city.c.city_id, street_network.c.is_current).label("has_streets"),
    exists().where(demand_layer.c.city_id == city.c.city_id, demand_layer.c.is_current).label("has_demand"),
)

BUMP = (
    upsert(city_revision)
    .values(city_id=bindparam("city_id"), revision=1)
    .on_conflict_do_update(index_elements=["city_id"], set_={"revision": city_revision.c.revision + 1})
    .returning(city_revision.c.revision)
)


def _to_city(row: RowMapping) -> City:
    return City(**row)


def create_city(
    connection: Connection, slug: str, *, name: str, name_en: str | None = None, is_synthetic: bool = False
) -> City:
    """
    Make an empty city.

    Raises
    ------
    CityExistsError
        The short name is taken.
    CityNameError
        The short name holds more than lower-case letters, digits and hyphens, or the shown name says nothing.
    """
    values = {"slug": slug, "name": name, "name_en": name_en, "is_synthetic": is_synthetic}
    try:
        with connection.begin_nested():
            connection.execute(insert(city).values(values))
    except IntegrityError as error:
        if "uq_city_slug" in str(error.orig):
            raise CityExistsError(slug) from None
        raise CityNameError(slug) from None
    made = city_by_slug(connection, slug)
    connection.execute(insert(city_revision).values(city_id=made.city_id, revision=0))
    return made


def list_cities(connection: Connection) -> list[City]:
    """All cities, by short name."""
    return [_to_city(row) for row in connection.execute(CITIES).mappings()]


def city_by_slug(connection: Connection, slug: str) -> City:
    """The city of a short name; raises CityNotFoundError."""
    row = connection.execute(CITY_BY_SLUG, {"slug": slug}).mappings().one_or_none()
    if row is None:
        raise CityNotFoundError(slug, [known.slug for known in list_cities(connection)])
    return _to_city(row)


def contents(connection: Connection) -> dict[int, dict[str, int | bool]]:
    """What each city holds: its number of facilities, and whether streets and demand are there."""
    return {row.pop("city_id"): row for row in (dict(row) for row in connection.execute(COUNTS).mappings())}


def delete_city(connection: Connection, city_id: int) -> None:
    """Remove a city and every row that belongs to it."""
    # The rows go by cascade; the order matters to no one, because foreign keys are checked at the end of the statement.
    connection.execute(delete(city).where(city.c.city_id == city_id))


def set_synthetic(connection: Connection, city_id: int, synthetic: bool) -> None:
    """Say whether a city holds made-up data; every page of such a city says so."""
    connection.execute(update(city).where(city.c.city_id == city_id).values(is_synthetic=synthetic))


def bump_revision(connection: Connection, city_id: int) -> int:
    """
    Say that the facts of a city change in this transaction; returns the new revision.

    The counter's row stays locked until the transaction ends, so revisions come out in the order of the commits.
    """
    return int(connection.execute(BUMP, {"city_id": city_id}).scalar_one())


def revision(connection: Connection, city_id: int) -> int:
    """How many times the facts of a city have changed."""
    found = connection.execute(select(city_revision.c.revision).where(city_revision.c.city_id == city_id)).scalar()
    return int(found or 0)


def take_turn(connection: Connection, city_id: int) -> None:
    """
    The same lock for a single edit, within the time limits of the connection: a request does not wait for an import.

    To be called within `engine.in_turn`, which says what it means that the limit was reached.
    """
    connection.execute(TAKE_CITY_LOCK, {"lock": CITY_LOCK, "city": city_id})


def lock_city(connection: Connection, city_id: int) -> None:
    """
    Wait until no other import is at work on the city, and keep them out until the transaction ends.

    Two imports compare what is there with what comes in; side by side, both would add the same station. The time limits
    of the role, meant for requests, are lifted for this transaction.

    Raises
    ------
    CityBusyError
        The other import was still at work after two minutes.
    """
    connection.execute(UNLIMITED, {"lock_timeout": f"{CITY_LOCK_TIMEOUT_S}s"})
    try:
        connection.execute(TAKE_CITY_LOCK, {"lock": CITY_LOCK, "city": city_id})
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise CityBusyError from None
        raise
