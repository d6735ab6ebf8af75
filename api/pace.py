"""
How often one address may write without a key: counted in the database, by the hour, so that all workers know of it.

Addresses are counted under names that are salted anew every day and forgotten with the salt (`geo/services/hourly.py`).
Telephones of one network often share an address, so the limits are those of a crowd; a telephone's own limit is counted
besides, by the token it made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from api.settings import ApiSettings
from geo.errors import TooOftenError, UnavailableError
from geo.services.hourly import first_over

PREFIX_OF_IPV6 = 64
"""How much of an IPv6 address counts: whoever has one has all those with the same first half."""


class TooManyFromAddressError(TooOftenError):
    """An address has sent its share of this hour."""

    def __init__(self, most: int, retry_after_s: int) -> None:
        super().__init__(
            f"More than {most} came from this address in this hour; try again in {retry_after_s} seconds.",
            retry_after_s,
        )


def limits_of(settings: ApiSettings) -> Mapping[str, int]:
    """How many of each kind one address may send in an hour."""
    return {
        "scenarios": settings.scenarios_per_hour,
        "sitings": settings.sitings_per_hour,
        "reports": settings.reports_per_hour,
        "wishes": settings.wishes_per_hour,
    }


def address_of(request: Request) -> str:
    """
    Where a request comes from, as far as an address names one sender.

    A proxy's word for it is taken in `create_app`, and only from proxies that the settings name.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, PREFIX_OF_IPV6), strict=False))
    return host


class Pace:
    """Counts what one request's sender sends."""

    def __init__(
        self,
        address: str,
        limits: Mapping[str, int],
        engine_of: Callable[[], Engine],
        clock: Callable[[], datetime],
    ) -> None:
        self.address, self.limits, self.engine_of, self.clock = address, limits, engine_of, clock

    async def count(self, kind: str) -> None:
        """
        Count one more of a kind.

        Raises
        ------
        TooManyFromAddressError
            The address has sent its share of this hour. What it tried is not counted.
        DatabaseUnavailableError, OutdatedTablesError
            Nobody can count.
        """
        most = self.limits[kind]
        name, now = f"{kind} of {self.address}", self.clock()
        wait_s = await run_in_threadpool(seconds_to_wait, self.engine_of(), name, most, now)
        if wait_s is not None:
            raise TooManyFromAddressError(most, wait_s)

    async def count_while_possible(self, kind: str) -> None:
        """The same for what needs no database: without one, work goes on uncounted. Raises TooManyFromAddressError."""
        try:
            await self.count(kind)
        except UnavailableError:
            return


def seconds_to_wait(engine: Engine, name: str, most: int, now: datetime) -> int | None:
    """Count one more of a name. If there were too many nothing is counted, and the answer is how long to wait."""
    with engine.connect() as connection:
        over = first_over(connection, [(name, most)], now)
        if over is None:
            connection.commit()
            return None
        connection.rollback()
        return over[1]
