"""The application: routers, errors, headers, and the snapshot behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.basemap import Basemap, basemap_of
from api.coverage_cache import AnswerCache
from api.dependencies import SHANGHAI, Clock
from api.errors import add_error_handlers
from api.hot_path import HotPath, HotRoute
from api.metrics import Metrics
from api.middleware import EveryAnswer
from api.ogc.tables import TablesKept
from api.ogc.tilesets import PacksKept
from api.report_desk import ReportDesk
from api.routers import (
    cells,
    changes,
    city,
    compare,
    coverage,
    exports,
    facilities,
    features,
    health,
    hours,
    hsds,
    isochrones,
    measures,
    nearest,
    operators,
    pages,
    places,
    report,
    reports,
    scenarios,
    siting,
    static,
    station,
    station_writes,
    tiles,
    tilesets,
    what_if,
    wishes,
)
from api.served import Served
from api.settings import ApiSettings
from api.siting_desk import SitingDesk
from api.version import product_version
from geo.snapshot.holder import SnapshotHolder

HOT = (
    HotRoute("/nearest", nearest.read_nearest),
    HotRoute("/cells/{h3}", cells.read_cell),
    HotRoute("/collections/{collection_id}/items", features.read_items),
    HotRoute("/collections/{collection_id}/items/{feature_id}", features.read_item),
    HotRoute("/collections/{collection_id}/tiles/{tile_matrix_set}/{zoom}/{row}/{column}", tilesets.read_tile),
)
"""What riders, platforms and maps ask for all day."""


def create_app(
    settings: ApiSettings,
    *,
    holder: SnapshotHolder | None = None,
    clock: Clock | None = None,
    hot: Sequence[HotRoute] = HOT,
) -> FastAPI:
    """
    Make the application. Nothing is loaded or connected before it starts.

    Parameters
    ----------
    holder
        Where the snapshot comes from; made from the settings unless given.
    clock
        Tells what time it is; the real one unless given.
    hot
        What is answered before the framework's router; a benchmark leaves it to the router to see what that costs.
    """
    app = FastAPI(
        title="Yiquan 驿圈",
        summary="Union stations by real travel time, and who is out of their reach.",
        version=product_version(),
        # The built-in documentation pages load scripts from elsewhere; nothing here leaves the origin.
        docs_url=None,
        redoc_url=None,
        # There is one description, /api, in the words that clients of OGC services read (api/ogc/openapi.py).
        openapi_url=None,
        lifespan=serving,
    )
    app.state.settings = settings
    app.state.clock = clock or shanghai_now
    app.state.answers = AnswerCache(settings.coverage_cache_size)
    app.state.report_desk = ReportDesk()
    app.state.siting_desk = SitingDesk()
    app.state.basemap = basemap_of(settings)
    app.state.feature_tables = TablesKept()
    app.state.tile_packs = PacksKept()
    app.state.holder = holder or SnapshotHolder(
        settings, poll_s=settings.snapshot_poll_s, timeout_s=settings.database_timeout_s, prepare=Served.warmed
    )
    app.state.metrics = Metrics(app.state.holder)
    add_error_handlers(app)
    app.add_middleware(HotPath, routes=hot)
    app.add_middleware(EveryAnswer, metrics=app.state.metrics)
    if settings.trusted_proxies:
        # Here and not in the server's options, so that every server takes a proxy's word for the same.
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    for router in (
        nearest,
        cells,
        facilities,
        features,
        station_writes,
        changes,
        exports,
        hsds,
        coverage,
        report,
        compare,
        hours,
        what_if,
        scenarios,
        siting,
        measures,
        isochrones,
        city,
        pages,
        places,
        reports,
        wishes,
        operators,
        station,
        static,
        tiles,
        tilesets,
        health,
    ):
        app.include_router(router.router)
    return app


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[None]:
    """Load the snapshot on disk before the first request, watch for new facts until the last."""
    holder: SnapshotHolder = app.state.holder
    basemap: Basemap = app.state.basemap
    await run_in_threadpool(holder.start)
    await run_in_threadpool(basemap.start, holder)
    yield
    await run_in_threadpool(app.state.siting_desk.stop)
    await run_in_threadpool(basemap.stop)
    await run_in_threadpool(holder.stop)


def shanghai_now() -> datetime:
    """What time it is."""
    return datetime.now(SHANGHAI)
