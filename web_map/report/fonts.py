"""
The font of reports: Noto Sans SC (SIL Open Font License), cut down to GB 2312 and Latin, pinned by hash.

Shipped, because a report must look the same on a server without fonts. What the cut lacks (a rare character in a
station's name, emoji, other scripts) is shown as a box, and the report counts the boxes: never a missing word, never a
crash.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont

from web_map.assets import AssetChangedError

Weight = Literal["regular", "bold"]

FOLDER = Path(__file__).parent / "fonts"
FILES = {"regular": "NotoSansSC-Regular.ttf", "bold": "NotoSansSC-Bold.ttf"}

BOX = "□"
"""What stands for a character the font does not have."""

BLANKS = "\t\n\r\v\f\x85\u2028\u2029"


@lru_cache(maxsize=len(FILES))
def font_path(weight: Weight) -> Path:
    """
    The file of a weight.

    Raises
    ------
    AssetChangedError
        It is not the file that was pinned.
    """
    name = FILES[weight]
    pinned = json.loads((FOLDER / "fonts.json").read_text("utf-8"))["files"][name]
    if hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() != pinned:
        raise AssetChangedError(f"{name} is not the font that was pinned in fonts.json; restore it.")
    return FOLDER / name


@lru_cache(maxsize=1)
def characters() -> frozenset[str]:
    """Every character that both weights can show."""
    return frozenset(map(chr, _codes("regular") & _codes("bold")))


def showable(text: str) -> str:
    """A text with a box for every character the font lacks, and a space for every break."""
    known = characters()
    return "".join(" " if one in BLANKS else one if one in known else BOX for one in text)


def boxes(text: str) -> int:
    """How many characters of a text the font lacks."""
    known = characters()
    return sum(one not in known and one not in BLANKS for one in text)


def _codes(weight: Weight) -> set[int]:
    with TTFont(font_path(weight), lazy=True) as font:
        return set(font.getBestCmap())
