"""What endpoints need and do not make: the city being served, the holder behind it, the clock, the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy import Engine

from api.basemap import Basemap
from api.coverage_cache import AnswerCache
from api.pace import Pace, address_of, limits_of
from api.served import Served, served_city
from api.settings import ApiSettings
from geo.snapshot.holder import SnapshotHolder

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]
"""Tells what time it is, with its offset."""


# All of these are `async def` although they wait for nothing: a plain `def` would be run in a thread, which costs more
# than the answer.
async def settings_of(request: Request) -> ApiSettings:
    """The settings the app was made with."""
    return cast(ApiSettings, request.app.state.settings)


async def holder_of(request: Request) -> SnapshotHolder:
    """The holder of the snapshot."""
    return holder_now(request)


def holder_now(request: Request) -> SnapshotHolder:
    """The same for the busiest addresses, where the framework's way to hand it in costs as much as half the answer."""
    return cast(SnapshotHolder, request.app.state.holder)


async def served_of(request: Request) -> Served:
    """The city being served; raises NoSnapshotError while none is loaded."""
    return served_now(request)


def served_now(request: Request) -> Served:
    """The same for the busiest addresses."""
    return served_city(request.app.state.holder.snapshot)


async def clock_of(request: Request) -> Clock:
    """The clock of the app; tests set another."""
    return clock_now(request)


def clock_now(request: Request) -> Clock:
    """The same for the busiest addresses."""
    return cast(Clock, request.app.state.clock)


async def engine_of(request: Request) -> Engine:
    """The engine for answers that come from the database; raises DatabaseUnavailableError while no address is known."""
    holder = cast(SnapshotHolder, request.app.state.holder)
    return holder.engine


async def entry_engine_of(request: Request) -> Engine:
    """The engine for what people send; raises DatabaseUnavailableError while no address is known."""
    holder = cast(SnapshotHolder, request.app.state.holder)
    return holder.entry_engine


async def answers_of(request: Request) -> AnswerCache:
    """The coverage answers kept in memory."""
    return cast(AnswerCache, request.app.state.answers)


async def pace_of(request: Request) -> Pace:
    """Counts what the sender of a request sends."""
    state = request.app.state
    return Pace(address_of(request), limits_of(state.settings), lambda: state.holder.entry_engine, state.clock)


async def basemap_of_app(request: Request) -> Basemap:
    """The base map by setting."""
    return cast(Basemap, request.app.state.basemap)


BasemapDep = Annotated[Basemap, Depends(basemap_of_app)]
AnswersDep = Annotated[AnswerCache, Depends(answers_of)]
SettingsDep = Annotated[ApiSettings, Depends(settings_of)]
HolderDep = Annotated[SnapshotHolder, Depends(holder_of)]
ServedDep = Annotated[Served, Depends(served_of)]
ClockDep = Annotated[Clock, Depends(clock_of)]
EngineDep = Annotated[Engine, Depends(engine_of)]
PaceDep = Annotated[Pace, Depends(pace_of)]
EntryEngineDep = Annotated[Engine, Depends(entry_engine_of)]
