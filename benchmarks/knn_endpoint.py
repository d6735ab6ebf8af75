"""
The nearest facilities as a service is usually written: FastAPI, async SQLAlchemy, GeoAlchemy2, one KNN query.

A rival for `run.py bench api`, started by uvicorn: `DATABASE_URL` names the database. It ranks as the crow flies, and
knows nothing of opening hours; what it costs is what is compared.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import FastAPI, Query
from geoalchemy2 import Geometry
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What tables are declared on."""


class Station(Base):
    """A station of the table the benchmark made."""

    __tablename__ = "stations"
    __table_args__ = {"schema": "rival"}  # noqa: RUF012 - as SQLAlchemy wants it

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    district: Mapped[str | None]
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326))


class Hit(BaseModel):
    """One station of an answer."""

    id: str
    name: str
    lon: float
    lat: float
    metres: float


app = FastAPI()
session_of = async_sessionmaker(create_async_engine(os.environ.get("DATABASE_URL", "postgresql+psycopg://")))


@app.get("/knn")
async def nearest(
    lon: Annotated[float, Query(ge=-180, le=180)],
    lat: Annotated[float, Query(ge=-90, le=90)],
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> list[Hit]:
    """The nearest stations, straight."""
    here = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    distance = func.ST_DistanceSphere(Station.geom, here)
    wanted = (
        select(Station, func.ST_X(Station.geom), func.ST_Y(Station.geom), distance)
        .order_by(Station.geom.op("<->")(here))
        .limit(limit)
    )
    async with session_of() as session:
        rows = (await session.execute(wanted)).all()
    return [Hit(id=one.id, name=one.name, lon=x, lat=y, metres=metres) for one, x, y, metres in rows]
