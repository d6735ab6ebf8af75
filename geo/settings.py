"""What an installation can choose. Built in the entry points (`api/cli.py`, `create_app`, tests), never at import."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent


def default_data_dir() -> Path:
    """
    The folder for everything the product makes: the private database, street graphs, snapshots.

    A checkout keeps it inside itself, so that removing the folder removes everything; an installed wheel uses the
    user's data folder.
    """
    if (CHECKOUT / "pyproject.toml").exists():
        return CHECKOUT / ".yiquan"
    return Path.home() / ".local" / "share" / "yiquan"


class Settings(BaseSettings):
    """Settings of the spatial core, from the environment (`YIQUAN_…`) or from the caller."""

    model_config = SettingsConfigDict(env_prefix="YIQUAN_", extra="ignore", populate_by_name=True)

    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("database_url", "YIQUAN_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL with PostGIS to use. Unset: a private cluster in the data folder.",
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        validation_alias=AliasChoices("data_dir", "YIQUAN_DATA"),
        description="Folder for the private database, street graphs and snapshots.",
    )
    city: str | None = Field(default=None, description="City to work on. Unset: the only one there is.")
    walk_speed_ms: float = Field(default=1.2, ge=0.9, le=1.4, description="Walking speed in metres per second.")
    ebike_speed_kmh: float = Field(
        default=15.0, ge=8.0, le=25.0, description="E-bike speed in km/h; 25 is the legal cap."
    )
