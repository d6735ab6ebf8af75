"""Errors on the wire: the one place that turns the core's sentences into a status and a problem body (RFC 9457)."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from geo.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StaleError,
    TooOftenError,
    UnavailableError,
    UnknownCallerError,
    YiquanError,
)
from geo.store.engine import DatabaseBusyError, waited_too_long

logger = logging.getLogger("yiquan.api")

PROBLEM_TYPE = "application/problem+json"

PROBLEM_NAMES = "urn:yiquan:problem:"
"""Before the name of a problem in `type`; clients that know the name can say it in their own words."""

NO_NAME = "about:blank"
"""The type of a problem that its status says in full (RFC 9457)."""

RETRY_AFTER_S = 5
"""When to ask again (in seconds) after a 503: a snapshot that is being built is there a few seconds later."""


class ParameterError(InputError):
    """A parameter is unknown, repeated, missing or not what it must be."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class NotAcceptableError(YiquanError):
    """None of the forms an answer has is one the client takes."""

    def __init__(self, offered: Sequence[str]) -> None:
        super().__init__(f"This is not written in any form that Accept allows; there are: {', '.join(offered)}.")


class GoneError(YiquanError):
    """What a link led to was there and is not any more."""


class UnsupportedMediaError(YiquanError):
    """A body of a kind that is not read at this address; `taken` are the kinds that are."""

    def __init__(self, taken: Sequence[str]) -> None:
        super().__init__(f"Content-Type must say one of: {', '.join(taken)}.")
        self.taken = taken


class UnconditionalWriteError(YiquanError):
    """A change without a word on which state of things it is a change of."""

    def __init__(self) -> None:
        super().__init__("Say in If-Match which version you change: the ETag that GET answers for this feature.")


class BodyTooLargeError(InputError):
    """A request body is larger than this service reads."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body is larger than {limit_bytes:,} bytes; send the points in several requests.")


STATUS_OF_FAMILY: tuple[tuple[type[YiquanError], HTTPStatus], ...] = (
    (InputError, HTTPStatus.BAD_REQUEST),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (UnknownCallerError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (StaleError, HTTPStatus.PRECONDITION_FAILED),
    (UnconditionalWriteError, HTTPStatus.PRECONDITION_REQUIRED),
    (UnsupportedMediaError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (ConflictError, HTTPStatus.CONFLICT),
    (NotAcceptableError, HTTPStatus.NOT_ACCEPTABLE),
    (GoneError, HTTPStatus.GONE),
    (TooOftenError, HTTPStatus.TOO_MANY_REQUESTS),
    (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The families of `geo/errors.py` and what they mean to a client."""


def status_of(error: YiquanError) -> HTTPStatus:
    """The status a client gets for an error of the core."""
    if isinstance(error, BodyTooLargeError):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return next((code for family, code in STATUS_OF_FAMILY if isinstance(error, family)), HTTPStatus.BAD_REQUEST)


def name_of(error: YiquanError) -> str:
    """
    The name of an error's problem: its class in small letters and hyphens, such as `no-demand` for NoDemandError.

    Names are part of the interface: pages say the more frequent ones in the language of whoever reads.
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__.removesuffix("Error")).lower()


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    instance: str,
    name: str | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """
    A problem body: what went wrong, where, and what to do about it.

    `name` is that of the problem, where its status does not say all. `instance` is the path without its query,
    because the query may hold a position.
    """
    body = {
        "type": NO_NAME if name is None else PROBLEM_NAMES + name,
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": instance,
        **extra,
    }
    return Response(
        orjson.dumps(body), status, media_type=PROBLEM_TYPE, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def add_error_handlers(app: FastAPI) -> None:
    """
    Answer every foreseen failure with a problem body.

    What nobody foresaw is answered by `api/middleware.py`: a handler for `Exception` would be followed by a raise, and
    the server would print the error's text, which may quote a position.
    """
    app.add_exception_handler(YiquanError, answer_known)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(SQLAlchemyError, answer_database)


async def answer_known(request: Request, error: Exception) -> Response:
    """The core said no, in a sentence: hand the sentence on."""
    assert isinstance(error, YiquanError)
    status = status_of(error)
    extra = {"parameter": error.parameter} if isinstance(error, ParameterError) else {}
    if error.zh is not None:
        extra |= {"zh": error.zh, "en": str(error)}
    headers = how_to_ask_again(error)
    return problem(status, str(error), instance=request.url.path, name=name_of(error), headers=headers, **extra)


def how_to_ask_again(error: YiquanError) -> dict[str, str]:
    """The header that says when or how to ask again, where asking again helps."""
    if isinstance(error, UnknownCallerError):
        return {"WWW-Authenticate": 'Bearer realm="yiquan"'}
    if isinstance(error, UnsupportedMediaError):
        return {"Accept": ", ".join(error.taken)}
    if isinstance(error, TooOftenError):
        return {"Retry-After": str(error.retry_after_s)}
    return {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, UnavailableError) else {}


async def answer_http(request: Request, error: Exception) -> Response:
    """The router said no: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible at this address.",
    }.get(status, str(error.detail))
    return problem(status, detail, instance=request.url.path, headers=dict(error.headers or {}))


async def answer_database(request: Request, error: Exception) -> Response:
    """A statement that waited for others too long may be tried again; any other failure of the database is ours."""
    assert isinstance(error, SQLAlchemyError)
    if waited_too_long(error):
        return await answer_known(request, DatabaseBusyError())
    return answer_unforeseen(request.url.path, error)


def answer_unforeseen(path: str, error: BaseException) -> Response:
    """Something nobody foresaw: say so without details, and log where it happened."""
    log_unforeseen(error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed on this request; the failure is logged.", instance=path
    )


def log_unforeseen(error: BaseException) -> None:
    """Log the kind of an error and the lines it came through, but not its text: that may quote a rider's position."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("request failed", extra={"error": type(error).__name__, "frames": frames})
