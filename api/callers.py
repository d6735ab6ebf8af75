"""Who asks: the key in a request's headers, looked up before anything is read or written."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.dependencies import ClockDep, ServedDep
from api.errors import ParameterError
from api.pace import address_of
from geo.errors import UnknownCallerError
from geo.services.keys import Caller, recognise
from geo.snapshot.holder import SnapshotHolder

KEY_HEADER = "X-API-Key"

SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of `yiquan key new`."},
    "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER, "description": "The same key in another header."},
}
"""How a request shows its key, in OpenAPI's words."""

SECURED: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}]
"""What operations that need a key say of it."""


class KeyNeededError(UnknownCallerError):
    """A request without a key where one is needed."""

    def __init__(self) -> None:
        super().__init__(
            f"This needs a key: send it as `Authorization: Bearer …` or in {KEY_HEADER}; `yiquan key new` makes one."
        )


def key_in(request: Request) -> str:
    """
    The key a request shows. Only headers are looked at: addresses are logged, shared and remembered by browsers.

    Raises
    ------
    KeyNeededError
        There is none.
    ParameterError
        There is more than one.
    """
    headers = request.headers
    shown = [value.strip() for value in headers.getlist(KEY_HEADER)]
    for value in headers.getlist("authorization"):
        scheme, _, credentials = value.partition(" ")
        shown += [credentials.strip()] if scheme.lower() == "bearer" else []
    if not any(shown):
        raise KeyNeededError
    if len(shown) > 1:
        raise ParameterError(KEY_HEADER, "The key is given more than once; give it in one header, once.")
    return shown[0]


async def caller_of(request: Request, served: ServedDep, clock: ClockDep) -> Caller:
    """
    Whoever shows a good key.

    Raises
    ------
    KeyNeededError, UnknownKeyError
        There is no key, or it opens nothing.
    TooManyWrongKeysError
        Many wrong ones came from this address.
    DatabaseUnavailableError
        Nobody can tell while the database is down.
    """
    shown = key_in(request)
    holder = cast(SnapshotHolder, request.app.state.holder)
    address = address_of(request)
    city_id = served.snapshot.city.city_id
    return await run_in_threadpool(lambda: recognise(holder.entry_engine, city_id, shown, address=address, now=clock()))


CallerDep = Annotated[Caller, Depends(caller_of)]
