"""Queries longer than a screen, kept as SQL files beside the stores that ask them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def statement(name: str) -> TextClause:
    """The query in `sql/<name>.sql`; its `:names` are bound, never pasted."""
    return text(files("geo.store").joinpath("sql", f"{name}.sql").read_text("utf-8"))
