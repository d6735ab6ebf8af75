"""Which version of the product this is."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version


@lru_cache(maxsize=1)
def product_version() -> str:
    """The version of the installed distribution; `0` when the code runs from a folder without being installed."""
    try:
        return version("yiquan")
    except PackageNotFoundError:
        return "0"
