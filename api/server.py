"""The process: takes the port, says so, serves until it is told to stop."""

from __future__ import annotations

import errno
import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from api.logs import log_as_json
from api.main import create_app
from api.settings import ApiSettings
from geo.errors import UnavailableError

BACKLOG = 2048
SWITCH_INTERVAL_S = 0.0005
"""How long (in seconds) a thread that loads a snapshot may keep the interpreter from the one that answers."""

SHUTDOWN_S = 10
"""How long (in seconds) requests that are under way may take after the order to stop."""


class PortTakenError(UnavailableError):
    """Another program listens where we should."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is taken by another program. Stop it, or choose another port: "
            f"`yiquan serve --port {port + 1}` or YIQUAN_PORT."
        )


class AddressError(UnavailableError):
    """The address is not one of this machine's, or may not be used."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Cannot listen on {host} port {port}: {reason}. Choose another with YIQUAN_HOST and YIQUAN_PORT."
        )


def serve(settings: ApiSettings, *, ready: Callable[[str], None] | None = None) -> None:
    """
    Serve until interrupted.

    Parameters
    ----------
    ready
        Called with the address once the port is taken, before the first request.

    Raises
    ------
    PortTakenError, AddressError
        The port cannot be taken.
    """
    listening = listen(settings.host, settings.port)
    if ready is not None:
        ready(address_of(listening))
    log_as_json()
    app = create_app(settings)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # What the imports made stays for good: the collector need not look at it again whenever a snapshot is replaced.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        # The server would believe whatever comes from its own machine; `create_app` believes the proxies that are set.
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; raises PortTakenError and AddressError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise AddressError(host, port, error.strerror or str(error)) from None
    try:
        # Else a restart fails for a minute, while the last connections of the one before time out.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        # Now, not when the server starts: with the option above a second one could bind too, until somebody listens.
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(host, port) from None
        raise AddressError(host, port, error.strerror or str(error)) from None
    return listening


def address_of(listening: socket.socket) -> str:
    """The address as one types it into a browser."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
