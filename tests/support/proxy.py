"""Stands between a service and its database: one test can take it away without taking it from the others."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url


class DatabaseProxy:
    """
    Passes TCP connections on to the server's socket.

    `down()` refuses connections and cuts those there are, like a stopped server; `frozen()` takes them and says
    nothing, like one that hangs; `up()` is ordinary service again.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.is_frozen = False
        self.listening: socket.socket | None = None
        self.port = 0
        self.connections: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.up()

    def up(self) -> None:
        """Serve."""
        self.is_frozen = False
        if self.listening is None:
            listening = socket.socket()
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", self.port))
            listening.listen(64)
            self.port = listening.getsockname()[1]
            self.listening = listening
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def down(self) -> None:
        """Refuse, and cut what is connected."""
        listening, self.listening = self.listening, None
        if listening is not None:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self._cut()

    def frozen(self) -> None:
        """Say nothing from now on, on connections old and new."""
        self.is_frozen = True

    def _cut(self) -> None:
        with self.lock:
            connections, self.connections = self.connections, set()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            with self.lock:
                self.connections |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                while self.is_frozen and self.listening is not None:
                    threading.Event().wait(0.02)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def database_proxy(url: str) -> Iterator[tuple[DatabaseProxy, str]]:
    """A proxy in front of a database on a Unix socket, and the address that leads through it."""
    parts = make_url(url)
    folder = parts.query["host"]
    assert isinstance(folder, str)
    port = parts.query.get("port", "5432")
    proxy = DatabaseProxy(str(Path(folder) / f".s.PGSQL.{port}"))
    through = parts.set(host="127.0.0.1", port=proxy.port, query={})
    try:
        yield proxy, through.render_as_string(hide_password=False)
    finally:
        proxy.down()
