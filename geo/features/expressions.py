"""
CQL2 filters as they come in: text or JSON to one checked tree of plain lists and objects.

The grammar is OGC 21-065r2's, read by the `cql2` library. The library descends on the machine's own stack and takes the
process with it a few thousand levels down (brackets, `NOT` after `NOT`, `1^1^1…`), so whatever nests is counted before
it sees a text: few brackets, few negations, no arithmetic, which no column here needs. What remains fits many times
into the eight megabytes a main thread has. A tree that came as JSON is held to a depth as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import cql2
import orjson

from geo.errors import InputError

FilterLanguage = Literal["cql2-text", "cql2-json"]

LONGEST_FILTER: Mapping[FilterLanguage, int] = {"cql2-text": 4096, "cql2-json": 16384}
"""Characters a filter may have: more than people and programs write; long shapes fit better into JSON."""

DEEPEST_TEXT = 40
DEEPEST_TREE = 80
"""How deep brackets and trees may nest."""

MOST_NEGATIONS = 40
"""How often a filter may say `NOT`."""

QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
NEGATION = re.compile(r"\bnot\b", re.IGNORECASE)
ARITHMETIC = re.compile(r"(?<![\d.][eE])\+|[*/^%]|-\s*-|\bdiv\b", re.IGNORECASE)
"""Signs that only a calculation has. A minus before a number is none, nor is the sign of an exponent."""


class FilterError(InputError):
    """A filter that is not CQL2, or asks for something the collection does not have."""


def read_filter(text: str, language: FilterLanguage) -> Any:
    """
    The tree of a filter, as cql2-json has it.

    Raises
    ------
    FilterError
        It is too long, too deep, or not CQL2.
    """
    if len(text) > LONGEST_FILTER[language]:
        most = LONGEST_FILTER[language]
        raise FilterError(f"The filter has {len(text):,} characters; {most:,} is the most that is read in {language}.")
    tree = read_json(text) if language == "cql2-json" else read_text(text)
    if depth_of(tree) > DEEPEST_TREE:
        raise FilterError(f"The filter nests deeper than {DEEPEST_TREE} levels; say it with fewer.")
    return tree


def read_json(text: str) -> Any:
    """The tree a JSON text holds."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise FilterError("The filter is not JSON, as `filter-lang=cql2-json` promises.") from None


def read_text(text: str) -> Any:
    """The tree of a CQL2 text."""
    bare = QUOTED.sub("''", text)
    if ARITHMETIC.search(bare):
        raise FilterError(
            "The filter calculates (+ * / ^ %, div, a double minus); compare properties with plain values."
        )
    if brackets_deep(bare) > DEEPEST_TEXT or len(NEGATION.findall(bare)) > MOST_NEGATIONS:
        raise FilterError(f"The filter's brackets nest deeper than {DEEPEST_TEXT}, or it negates too often.")
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError):
        raise FilterError(
            "The filter is not CQL2 text; it looks like: district = '市南区' AND seats >= 4 AND name LIKE '%驿站%'."
        ) from None


def brackets_deep(text: str) -> int:
    """How deep round brackets nest."""
    deepest = depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def depth_of(tree: Any) -> int:
    """How deep a tree nests, found without descending: the way down is what might be too long."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        if deepest > DEEPEST_TREE:
            break
        level = [child for node in level for child in children(node)]
    return deepest


def children(node: Any) -> list[Any]:
    """What lies directly below a node."""
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
