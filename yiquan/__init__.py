"""
Yiquan 驿圈 for notebooks: `import yiquan`, open a city, ask, and look.

The product's own modules are `geo`, `web_map` and `api`; this is their front door for people who write Python.
"""

from web_map.notebook import (
    ask,
    cells_frame,
    city_map,
    districts_frame,
    facilities_frame,
    gaps_frame,
    open_city,
    streets_frame,
)

__all__ = [
    "ask",
    "cells_frame",
    "city_map",
    "districts_frame",
    "facilities_frame",
    "gaps_frame",
    "open_city",
    "streets_frame",
]
