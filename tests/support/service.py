"""The real server in a thread, so that tests speak HTTP and nothing stands between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from api.dependencies import Clock
from api.main import create_app
from api.server import address_of, listen
from api.settings import ApiSettings
from geo.snapshot.holder import SnapshotHolder
from tests.support.waiting import PATIENCE_S, wait_until


@contextmanager
def running_service(
    settings: ApiSettings, *, clock: Clock | None = None, holder: SnapshotHolder | None = None
) -> Iterator[httpx.Client]:
    """Serve on a free port; yields a client that has its address."""
    listening = listen("127.0.0.1", 0)
    app = create_app(settings, clock=clock, holder=holder)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # as `yiquan serve` has it
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        with httpx.Client(base_url=address_of(listening), timeout=PATIENCE_S) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE_S)
        listening.close()
    assert not thread.is_alive()
