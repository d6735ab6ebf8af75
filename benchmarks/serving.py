"""The product as other servers start it for `run.py bench api`, over the data that `YIQUAN_DATA` names."""

from __future__ import annotations

from fastapi import FastAPI

from api.main import create_app
from api.settings import ApiSettings


def plain() -> FastAPI:
    """Every address behind the framework's router."""
    return create_app(ApiSettings(), hot=())


def mounted() -> FastAPI:
    """The busiest addresses before it, as the product has it."""
    return create_app(ApiSettings())
