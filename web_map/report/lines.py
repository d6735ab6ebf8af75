"""
Text in lines of a given width, Chinese and Latin mixed.

Chinese breaks between any two characters, but a closing mark does not begin a line and an opening one does not end it;
Latin words and numbers stay whole unless they are wider than the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Measure = Callable[[str], float]
"""Width of a text, in the unit of the line."""

CLOSING = "，。、；：！？）》」』】”’％%,.;:!?)]}…·"
OPENING = "（《「『【“‘([{"

_PIECE = re.compile(rf"[{re.escape(OPENING)}]*(?:[!-~\u00a0-\u024f]+|[^\s])[{re.escape(CLOSING)}]*|\s+")


def broken(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of a text; at least one, and none wider than `width` except a single character."""
    lines, line = [], ""
    for piece in (part for found in _PIECE.findall(text) for part in _fitting(found, width, measure)):
        if line and measure(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def shortened(text: str, width: float, measure: Measure) -> str:
    """A text that fits into one line, with an ellipsis where it was cut."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle] + "…") <= width else (low, middle - 1)
    return text[:low] + "…"


def _fitting(piece: str, width: float, measure: Measure) -> list[str]:
    """A piece as it is, or letter by letter where it is wider than a line."""
    return [piece] if measure(piece) <= width else list(piece)
