"""What every answer gets: security headers, a line in the log, a count, and a problem body for what nobody foresaw."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer_unforeseen
from api.metrics import Metrics

access_log = logging.getLogger("yiquan.access")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Sent with every answer. The content security policy is sent too; pages bring their own."""

NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""The policy of answers that are data: they load nothing."""

REQUEST_ID = re.compile(r"[0-9a-f]{16,32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Request ids that are taken over from a caller. Others are replaced: what a caller writes here stands in the log."""


class EveryAnswer:
    """
    Wraps the app: adds headers, answers HEAD like GET without a body, counts and logs every request.

    Count and line have the route's template, never the path's values or the query: a query can hold a rider's position.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"]
        answer = Answer(send, request_id(scope), bodiless=method == "HEAD")
        # A copy, because the server keeps its own and must go on knowing that this is a HEAD.
        scope = {**scope, "method": "GET"} if method == "HEAD" else scope
        try:
            await self.app(scope, receive, answer.send)
        except Exception as error:  # the edge: nothing foreseen arrives here
            if not answer.code:
                await answer_unforeseen(scope["path"], error)(scope, receive, answer.send)
        finally:
            elapsed_s = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            self.metrics.count(route, method, answer.code, elapsed_s)
            log_request(route, method, answer, elapsed_s)


class Answer:
    """One answer on its way out: remembers its status, adds the headers."""

    def __init__(self, send: Send, request_id: str, *, bodiless: bool) -> None:
        self.forward, self.request_id, self.bodiless, self.code = send, request_id, bodiless, 0

    async def send(self, message: Message) -> None:
        """Pass a message on, with headers on its start and without its body after HEAD."""
        if message["type"] == "http.response.start":
            self.code = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", NO_CONTENT_POLICY)
            headers["X-Request-Id"] = self.request_id
        elif message["type"] == "http.response.body" and self.bodiless:
            message = {**message, "body": b""}
        await self.forward(message)


def request_id(scope: Scope) -> str:
    """The caller's request id if it looks like one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(text := value.decode("latin-1")):
            return str(text)
    return secrets.token_hex(8)


def log_request(route: str, method: str, answer: Answer, elapsed_s: float) -> None:
    """One line: which question, how it ended, how long it took."""
    access_log.info(
        "request",
        extra={
            "request_id": answer.request_id,
            "method": method if method.isalpha() else "?",
            "route": route,
            "code": answer.code,
            "ms": round(elapsed_s * 1000, 2),
        },
    )
