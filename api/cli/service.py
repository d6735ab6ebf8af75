"""`yiquan serve` and what is paid once before the first answer."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from api.cli.console import Speaker
from api.cli.options import AsJson, CityName
from api.settings import ApiSettings


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: $YIQUAN_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port. Default: $YIQUAN_PORT, else 8000.")] = None,
    city: CityName = None,
) -> None:
    """
    Serve the pages and the API of a city.

    Example: yiquan serve --city qingdao --port 8000
    """
    from api.server import serve as serve_forever

    serve_forever(service_settings(host, port, city), ready=announce)


def announce(address: str) -> None:
    """Say where everything is, as soon as the port is ours."""
    speaker = Speaker()
    speaker.note(f"骑手 Rider page    {address}/")
    speaker.note(f"规划 Planner page  {address}/planner")
    speaker.note(f"API                {address}/nearest?lon=…&lat=…   {address}/readyz")


def service_settings(host: str | None, port: int | None, city: str | None) -> ApiSettings:
    """The settings of the environment, with what the command line says in their place."""
    given = {"host": host, "port": port, "city": city}
    return ApiSettings().model_copy(update={name: value for name, value in given.items() if value is not None})


def warm_up(as_json: AsJson = False) -> None:
    """
    Compile the travel-time kernels now, so that no first user waits for it.

    Example: yiquan warm-up
    """
    from geo.streets.search import warm_up as compile_kernels

    started = time.perf_counter()
    compile_kernels()
    seconds = time.perf_counter() - started
    Speaker(as_json).answer({"seconds": round(seconds, 2)}, f"Kernels are compiled ({seconds:.1f} s).")
