"""
A CQL2 tree evaluated over whole columns, unknown kept apart from false.

Three truths, as SQL has them: a comparison with a value nobody knows is neither true nor false, and neither is its
negation. A feature passes when the whole filter is true of it. Operators: OGC 21-065r2, basic CQL2, advanced
comparison (`like`, `between`, `in`, `casei`), basic spatial (`s_intersects` with points and boxes) and the other
spatial functions over simple features, and arrays for columns that hold lists of words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.errors import ShapelyError

from geo.features.expressions import FilterError
from geo.features.table import NUMERIC, Column, FeatureTable, Kind
from geo.types import Bools

GEOMETRY_NAMES = frozenset({"geometry", "geom"})
"""What a filter may call the shape of a feature."""

MAX_VERTICES = 10_000
"""Vertices a shape in a filter may have."""


@dataclass(frozen=True)
class Truth:
    """Of which features something is true and of which it is false (shapes `(n,)`); of the others nobody knows."""

    yes: Bools
    no: Bools

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.yes & other.yes, self.no | other.no)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.yes | other.yes, self.no & other.no)

    def __invert__(self) -> Truth:
        return Truth(self.no, self.yes)


@dataclass(frozen=True)
class Operand:
    """One side of a comparison: values (an array over all features, or one value), where they are known, their kind."""

    values: Any
    known: Any
    kind: Kind


ToShapes = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]


def features_that_pass(tree: Any, table: FeatureTable, *, to_crs84: ToShapes = lambda shapes: shapes) -> Bools:
    """
    Which features a filter is true of (shape `(n,)`).

    Parameters
    ----------
    to_crs84
        Brings shapes of the filter, given in its own reference system, to CRS84.

    Raises
    ------
    FilterError
        The filter names a property that is not there, compares what cannot be compared, or holds a broken shape.
    """
    return Evaluation(table, to_crs84).truth(tree).yes


class Evaluation:
    """One filter over one table."""

    def __init__(self, table: FeatureTable, to_crs84: ToShapes) -> None:
        self.table = table
        self.to_crs84 = to_crs84

    def truth(self, node: Any) -> Truth:
        """What a node that is true or false says of every feature."""
        if isinstance(node, bool):
            return self.everywhere(node)
        if isinstance(node, Mapping) and "property" in node:
            return self.boolean_property(node)
        name, arguments = operation(node)
        if name in ("and", "or"):
            return self.joined(name, arguments)
        if name == "not":
            return ~self.truth(the_one(arguments, name))
        if name == "isnull":
            known = self.known(the_one(arguments, name))
            return Truth(~known, known)
        if name in COMPARISONS:
            return self.compared(name, *the_two(arguments, name))
        if name in ADVANCED:
            return ADVANCED[name](self, arguments)
        if name in SPATIAL:
            return self.related(name, *the_two(arguments, name))
        if name in ARRAYS:
            return self.listed(name, *the_two(arguments, name))
        raise FilterError(f"There is no operator `{shown(name)}` here; there are: {', '.join(sorted(OPERATORS))}.")

    def everywhere(self, value: bool) -> Truth:
        """The same truth of every feature."""
        yes = np.full(len(self.table), value)
        return Truth(yes, ~yes)

    def boolean_property(self, node: Mapping[str, Any]) -> Truth:
        """A property that is itself true or false."""
        column = self.column(node["property"])
        if column.kind is not Kind.BOOLEAN:
            raise FilterError(f"`{column.name}` is not true or false; compare it with something.")
        return Truth(column.values & column.known, ~column.values & column.known)

    def joined(self, name: str, arguments: Sequence[Any]) -> Truth:
        """`and` and `or` over any number of parts."""
        if not arguments:
            raise FilterError(f"`{name}` needs something to join.")
        whole = self.truth(arguments[0])
        for argument in arguments[1:]:
            whole = whole & self.truth(argument) if name == "and" else whole | self.truth(argument)
        return whole

    def compared(self, name: str, left_node: Any, right_node: Any) -> Truth:
        """One value against another."""
        left, right = alike(self.operand(left_node), self.operand(right_node))
        check_comparable(name, left, right)
        outcome = COMPARISONS[name](left.values, right.values)
        return self.where_known(outcome, left, right)

    def where_known(self, outcome: Any, *sides: Operand) -> Truth:
        """An outcome made a truth: nothing is true or false of what nobody knows."""
        yes = np.broadcast_to(np.asarray(outcome, dtype=bool), (len(self.table),))
        known = np.full(len(self.table), True)
        for side in sides:
            known = known & side.known
        return Truth(yes & known, ~yes & known)

    def like(self, arguments: Sequence[Any]) -> Truth:
        """`%` stands for any text, `_` for one character, a backslash takes either at its word."""
        left, right = (self.operand(node) for node in the_two(arguments, "like"))
        if left.kind is not Kind.TEXT or right.kind is not Kind.TEXT or not isinstance(right.values, str):
            raise FilterError("`LIKE` compares a text with a pattern such as '%驿站%'.")
        pattern = re.compile(pattern_of(right.values), re.DOTALL)
        texts = [left.values] if isinstance(left.values, str) else left.values
        return self.where_known([pattern.fullmatch(text) is not None for text in texts], left)

    def between(self, arguments: Sequence[Any]) -> Truth:
        """Both bounds count."""
        if len(arguments) != 3:
            raise FilterError("`BETWEEN` needs a value and two bounds.")
        value, low, high = arguments
        return self.compared(">=", value, low) & self.compared("<=", value, high)

    def within_list(self, arguments: Sequence[Any]) -> Truth:
        """Equal to one of several values."""
        value, options = the_two(arguments, "in")
        if not isinstance(options, list) or not options:
            raise FilterError("`IN` needs a list of values in brackets.")
        left = self.operand(value)
        rights = [alike(left, self.operand(option))[1] for option in options]
        for right in rights:
            check_comparable("=", left, right)
        if any(np.ndim(right.values) for right in rights):
            return self.joined("or", [{"op": "=", "args": [value, option]} for option in options])
        return self.where_known(one_of(left.values, {right.values for right in rights}), left)

    def related(self, name: str, left_node: Any, right_node: Any) -> Truth:
        """How shapes lie to one another; the index of the table spares looking at those far away."""
        left, right = self.shapes(left_node), self.shapes(right_node)
        if (left is None) == (right is None):
            raise FilterError(f"`{name.upper()}` compares `geometry` with one shape.")
        shape, is_swapped = (right, False) if left is None else (left, True)
        predicate = CONVERSE[name] if is_swapped else name.removeprefix("s_")
        yes = self.rows_near(shape, predicate)
        return Truth(yes, ~yes)

    def rows_near(self, shape: Any, predicate: str) -> Bools:
        """The features whose shape stands in a relation to one shape."""
        hits = np.zeros(len(self.table), dtype=bool)
        if predicate == "disjoint":
            return ~self.rows_near(shape, "intersects")
        # The tree asks "shape P feature"; what is wanted is "feature P shape".
        near = self.table.tree.query(shape)
        hits[near] = getattr(shapely, predicate)(self.table.geometry[near], shape)
        return hits

    def listed(self, name: str, left_node: Any, right_node: Any) -> Truth:
        """How lists of words lie to one another."""
        if not isinstance(left_node, Mapping) or "property" not in left_node:
            raise FilterError(f"`{name.upper()}` compares a property that is a list with a list of texts.")
        column = self.column(left_node["property"])
        if column.kind is not Kind.WORDS:
            raise FilterError(f"`{column.name}` is not a list of words.")
        if not isinstance(right_node, list) or not all(isinstance(word, str) for word in right_node):
            raise FilterError(f"`{name.upper()}` needs a list of texts, such as ('water_hot', 'microwave').")
        wanted, relation = frozenset(right_node), ARRAYS[name]
        outcome = [relation(frozenset(words), wanted) for words in column.values]
        return self.where_known(outcome, Operand(column.values, column.known, column.kind))

    def known(self, node: Any) -> Bools:
        """Where something is known."""
        if is_geometry(node):
            return np.full(len(self.table), True)
        return np.broadcast_to(np.asarray(self.operand(node).known, dtype=bool), (len(self.table),))

    def operand(self, node: Any) -> Operand:
        """A property, a value, or a text without its case."""
        if isinstance(node, Mapping):
            if "property" in node:
                column = self.column(node["property"])
                return Operand(column.values, column.known, column.kind)
            if "date" in node or "timestamp" in node:
                return moment(node)
            return self.folded(node)
        if isinstance(node, bool):
            return Operand(node, True, Kind.BOOLEAN)
        if isinstance(node, int | float):
            return Operand(float(node), True, Kind.NUMBER)
        if isinstance(node, str):
            return Operand(node, True, Kind.TEXT)
        raise FilterError("A comparison needs a property, a number, a text, a date, true or false on either side.")

    def folded(self, node: Mapping[str, Any]) -> Operand:
        """`casei`: a text whose capitals do not count."""
        name, arguments = operation(node)
        if name != "casei":
            raise FilterError(f"`{shown(name)}` cannot stand inside a comparison here; `casei` can.")
        inner = self.operand(the_one(arguments, name))
        if inner.kind is not Kind.TEXT:
            raise FilterError("`CASEI` takes a text.")
        if isinstance(inner.values, str):
            return Operand(inner.values.casefold(), inner.known, Kind.TEXT)
        values = np.empty(len(inner.values), dtype=object)
        values[:] = [text.casefold() for text in inner.values]
        return Operand(values, inner.known, Kind.TEXT)

    def column(self, name: Any) -> Column:
        """The column of a property."""
        if isinstance(name, str) and name in self.table.columns:
            return self.table.columns[name]
        raise FilterError(f"There is no property `{shown(name)}` here; there are: {', '.join(self.table.columns)}.")

    def shapes(self, node: Any) -> Any:
        """A shape of the filter in CRS84; None for the features' own."""
        if is_geometry(node):
            return None
        shape = shape_of(node)
        if shapely.get_num_coordinates(shape) > MAX_VERTICES:
            raise FilterError(f"A shape in a filter may have {MAX_VERTICES:,} vertices.")
        return self.to_crs84(np.array([shape], dtype=object))[0]


def is_geometry(node: Any) -> bool:
    """Whether a node means the features' own shape."""
    return isinstance(node, Mapping) and node.get("property") in GEOMETRY_NAMES


def shape_of(node: Any) -> Any:
    """The shape of a GeoJSON or box literal, not yet brought to CRS84; raises FilterError."""
    if isinstance(node, Mapping) and "bbox" in node:
        return box_of(node["bbox"])
    if not isinstance(node, Mapping) or not isinstance(node.get("type"), str):
        raise FilterError("A shape in a filter is WKT in text, GeoJSON in JSON, or BBOX(west, south, east, north).")
    try:
        shape = shapely.from_geojson(orjson.dumps(node).decode())
    except (ShapelyError, ValueError, TypeError):
        raise FilterError(f"A shape in the filter is not a {shown(node['type'])} that can be read.") from None
    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        raise FilterError("A shape in the filter is empty.")
    return shape if shape.is_valid else shapely.make_valid(shape)


def box_of(numbers: Any) -> Any:
    """A box from four numbers, or six of which heights are left out; west beyond east crosses the antimeridian."""
    is_box = isinstance(numbers, list) and len(numbers) in (4, 6)
    if not is_box or not all(isinstance(one, int | float) and np.isfinite(one) for one in numbers):
        raise FilterError("`BBOX` needs four numbers: west, south, east, north.")
    west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if south > north:
        raise FilterError("`BBOX` has its south above its north.")
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union(shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))


def operation(node: Any) -> tuple[str, list[Any]]:
    """Name (in small letters) and arguments of an operation; raises FilterError."""
    if not isinstance(node, Mapping) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
        raise FilterError("A filter is made of operations with their arguments, such as seats >= 4.")
    return node["op"].lower(), node["args"]


def the_one(arguments: Sequence[Any], name: str) -> Any:
    """The only argument."""
    if len(arguments) != 1:
        raise FilterError(f"`{name}` takes one argument.")
    return arguments[0]


def the_two(arguments: Sequence[Any], name: str) -> tuple[Any, Any]:
    """Both arguments."""
    if len(arguments) != 2:
        raise FilterError(f"`{name}` takes two arguments.")
    return arguments[0], arguments[1]


def alike(left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """Both sides as one kind where a program wrote a date as a mere text: many do, and what they mean is plain."""
    for plain, dated in ((left, right), (right, left)):
        if plain.kind is Kind.TEXT and isinstance(plain.values, str) and dated.kind in (Kind.DATE, Kind.INSTANT):
            read = moment({"date" if dated.kind is Kind.DATE else "timestamp": plain.values})
            return (read, dated) if plain is left else (dated, read)
    return left, right


def check_comparable(name: str, left: Operand, right: Operand) -> None:
    """Refuse to compare a text with a number: the answer would be nothing, and nobody would know why."""
    if Kind.WORDS in (left.kind, right.kind):
        raise FilterError("A list of words is compared by A_CONTAINS, A_CONTAINEDBY, A_EQUALS or A_OVERLAPS.")
    if family(left.kind) != family(right.kind):
        raise FilterError(f"A filter compares {family(left.kind)} with {family(right.kind)} by `{name}`.")
    if family(left.kind) == "true or false" and name not in ("=", "<>"):
        raise FilterError("True and false are equal or not; neither is more.")


def family(kind: Kind) -> str:
    """Kinds that can be compared with one another."""
    if kind in NUMERIC:
        return "a number"
    return {Kind.BOOLEAN: "true or false", Kind.TEXT: "a text", Kind.DATE: "a date", Kind.INSTANT: "a moment"}[kind]


def moment(node: Mapping[str, Any]) -> Operand:
    """A date or a moment of a filter, in the one form columns hold."""
    text = node.get("date", node.get("timestamp"))
    try:
        if "date" in node:
            return Operand(date.fromisoformat(text).isoformat(), True, Kind.DATE)
        return Operand(instant_text(datetime.fromisoformat(text)), True, Kind.INSTANT)
    except (TypeError, ValueError):
        raise FilterError("A date is written DATE('2026-11-20'), a moment TIMESTAMP('2026-11-20T12:00:00Z').") from None


def instant_text(at: datetime) -> str:
    """A moment in the one form in which texts are ordered as moments are."""
    if at.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def pattern_of(like: str) -> str:
    """A `LIKE` pattern as a regular expression."""
    parts = re.findall(r"\\.|%|_|[^\\%_]+|\\", like, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return "".join(
        wild.get(part) or re.escape(part[1:] if part[0] == "\\" and len(part) == 2 else part) for part in parts
    )


def one_of(values: Any, options: set[Any]) -> Any:
    """Where values are among the options."""
    if np.ndim(values) == 0:
        return values in options
    return np.fromiter((value in options for value in values.tolist()), dtype=bool, count=len(values))


def shown(name: Any) -> str:
    """A name from outside, fit for an error."""
    text = str(name)
    return text if text.isprintable() and len(text) <= 40 else "…"


COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
ADVANCED: Mapping[str, Callable[[Evaluation, Sequence[Any]], Truth]] = {
    "like": Evaluation.like,
    "between": Evaluation.between,
    "in": Evaluation.within_list,
}
CONVERSE = {
    "s_intersects": "intersects",
    "s_disjoint": "disjoint",
    "s_equals": "equals",
    "s_touches": "touches",
    "s_crosses": "crosses",
    "s_overlaps": "overlaps",
    "s_within": "contains",
    "s_contains": "within",
}
"""What a relation is called from the other side: "shape within feature" is "feature contains shape"."""

SPATIAL = frozenset(CONVERSE)
ARRAYS: Mapping[str, Callable[[frozenset[str], frozenset[str]], bool]] = {
    "a_contains": frozenset.issuperset,
    "a_containedby": frozenset.issubset,
    "a_equals": frozenset.__eq__,
    "a_overlaps": lambda words, wanted: not words.isdisjoint(wanted),
}
OPERATORS = frozenset({"and", "or", "not", "isNull", "casei", *COMPARISONS, *ADVANCED, *SPATIAL, *ARRAYS})
