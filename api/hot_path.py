"""
The busiest addresses, answered before the framework looks at them.

The same functions as the framework's routes, which stay: they are in the description, and they answer whatever is not
asked for as it mostly is. What is left out is matching addresses, resolving dependencies and stacks of contexts, which
together cost more than the answer (`run.py bench api` prints both ways side by side).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Answering = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, Exception], Awaitable[Response]]


@dataclass(frozen=True)
class HotRoute:
    """An address in the framework's words, such as `/cells/{h3}`, and what answers it."""

    path: str
    answer: Answering

    def pattern(self) -> re.Pattern[str]:
        """What addresses of this route look like."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


class HotPath:
    """Stands before the framework's router; what it does not know goes on to it."""

    def __init__(self, app: ASGIApp, routes: Sequence[HotRoute]) -> None:
        self.app = app
        self.whole = {route.path: route for route in routes if "{" not in route.path}
        self.open = [(route.pattern(), route) for route in routes if "{" in route.path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self.route_of(scope)
        if found is None:
            await self.app(scope, receive, send)
            return
        scope["route"], scope["path_params"] = found
        request = Request(scope, receive)
        try:
            answer = await found[0].answer(request)
        except Exception as error:
            handler = handler_of(request, error)
            if handler is None:
                raise
            answer = await handler(request, error)
        await answer(scope, receive, send)

    def route_of(self, scope: Scope) -> tuple[HotRoute, dict[str, str]] | None:
        """
        The route of a request and the open parts of its address, if it is one of the busy ones.

        Behind a prefix all are the framework's, which knows how to take it off.
        """
        if scope["type"] != "http" or scope["method"] != "GET" or scope.get("root_path"):
            return None
        path = scope["path"]
        if path in self.whole:
            return self.whole[path], {}
        for pattern, route in self.open:
            if match := pattern.fullmatch(path):
                return route, match.groupdict()
        return None


def handler_of(request: Request, error: Exception) -> Handler | None:
    """What the application answers an error with, as its router would find it; None of one nobody foresaw."""
    known = request.app.exception_handlers
    return next((known[kind] for kind in type(error).__mro__ if kind in known), None)
