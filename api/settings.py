"""What an installation can choose about serving. Built in the entry points, handed to `create_app`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from geo.settings import Settings


class ApiSettings(Settings):
    """Settings of the service, from the environment (`YIQUAN_…`) or from the caller."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")

    snapshot_poll_s: float = Field(default=2.0, gt=0, le=3600, description="Seconds between looks for new facts.")
    database_timeout_s: float = Field(
        default=2.0, gt=0, le=60, description="Seconds until the database counts as down."
    )
    max_batch_points: int = Field(default=10_000, ge=1, le=100_000, description="Points one POST /nearest may hold.")
    max_body_bytes: int = Field(default=2_000_000, ge=1_000, description="Bytes a request body may have.")
    coverage_cache_size: int = Field(default=64, ge=1, le=10_000, description="Coverage answers kept in memory.")
    basemap: Literal["none", "tianditu", "selfhost"] = Field(
        default="none",
        description="Base map: none, Tianditu's through this server, or vector tiles of our own streets.",
    )
    tianditu_key: str | None = Field(default=None, description="Key of Tianditu for a server (服务端).")
    tianditu_url: str = Field(
        default="https://t{s}.tianditu.gov.cn",
        pattern=r"^https?://",
        description="Address of Tianditu or a mirror of it; {s} becomes a server's number from 0 to 7.",
    )
    map_approval: str | None = Field(
        default=None, description="Number of the map's approval (审图号), shown with the base map's source."
    )
    metrics: Literal["loopback", "key"] = Field(
        default="loopback",
        description="Who may read /metrics: programs on the same machine, or also whoever has a key from anywhere.",
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="Proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, by commas.",
    )
    scenarios_per_hour: int = Field(
        default=60, ge=1, le=10_000, description="Scenarios that one address may save within an hour."
    )
    sitings_per_hour: int = Field(
        default=60, ge=1, le=10_000, description="Siting questions that one address may ask within an hour."
    )
    reports_per_hour: int = Field(
        default=300, ge=1, le=100_000, description="Reports that one address may send within an hour; one phone 10."
    )
    wishes_per_hour: int = Field(
        default=300, ge=1, le=100_000, description="Wishes that one address may send within an hour; one phone 5."
    )
