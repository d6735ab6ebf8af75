"""
Query parameters and JSON bodies, read strictly from one declarative table.

A framework's own parsing would let the last of two repeated parameters win, drop unknown ones silently, accept number
spellings no document names (underflow to zero included) and answer 422. Here every deviation is a 400 that names the
parameter, and the same table makes the OpenAPI description, so the two cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from api.errors import ParameterError

REQUIRED: Final = object()
"""Marks a parameter that must be given."""

MAX_QUERY_FIELDS = 40
"""More parameters than any question has."""

JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
"""The number grammar of RFC 8259: no plus sign, no leading zeros, no bare point, no NaN, no other digits than 0-9."""

MAX_NUMBER_LENGTH = 40
"""Longer spellings carry no meaning, only work."""

INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]"
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(?:([Zz])|([+ -])([0-9]{2}:[0-9]{2}))"
)
"""RFC 3339 with an offset. A space for the plus sign is taken too: that is what an unescaped `+` becomes in a query."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    One parameter: its name, how a text becomes its value, and how to describe it.

    `read` raises ValueError with the second half of a sentence ("must be …"); the name is put in front.
    """

    name: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str
    default: Any = None

    @property
    def required(self) -> bool:
        """Whether a question without it is refused."""
        return self.default is REQUIRED

    def described_schema(self) -> dict[str, Any]:
        """What its value must be, default included."""
        has_default = not self.required and self.default not in (None, frozenset())
        return {**self.schema, "default": self.default} if has_default else dict(self.schema)

    def describe(self) -> dict[str, Any]:
        """The parameter in OpenAPI's words."""
        return {
            "name": self.name,
            "in": "query",
            "required": self.required,
            "description": self.description,
            "schema": self.described_schema(),
            "style": "form",
            "explode": False,
        }


@dataclass(frozen=True)
class ParameterTable:
    """The parameters an address takes."""

    parameters: tuple[Parameter, ...]
    by_name: Mapping[str, Parameter] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {parameter.name: parameter for parameter in self.parameters})

    def read_query(self, query: bytes) -> dict[str, Any]:
        """
        The values of a query string, defaults filled in.

        Raises
        ------
        ParameterError
            A parameter is unknown, repeated, missing or invalid.
        """
        values: dict[str, Any] = {}
        for name, text in query_pairs(query):
            parameter = self.known(name)
            if name in values:
                raise ParameterError(
                    name, f"`{name}` is given more than once; give it once, several values parted by commas."
                )
            values[name] = read_value(parameter, text)
        return self.completed(values)

    def read_object(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a JSON object with the same names: lists for csv values, numbers or texts for the rest."""
        values = {name: read_value(self.known(name), as_query_text(name, value)) for name, value in body.items()}
        return self.completed(values)

    def known(self, name: str) -> Parameter:
        """The parameter of this name."""
        parameter = self.by_name.get(name)
        if parameter is None:
            shown = name if name and name.isprintable() and len(name) <= 40 else "…"
            raise ParameterError(shown, f"There is no parameter `{shown}` here; there are: {', '.join(self.by_name)}.")
        return parameter

    def completed(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values with defaults for what was not given."""
        for parameter in self.parameters:
            if parameter.name not in values:
                if parameter.required:
                    raise ParameterError(parameter.name, f"`{parameter.name}` is missing.")
                values[parameter.name] = parameter.default
        return values

    def describe(self) -> dict[str, Any]:
        """The table as a route's `openapi_extra`."""
        return {"parameters": [parameter.describe() for parameter in self.parameters]}

    def describe_with_path(self, name: str, description: str) -> dict[str, Any]:
        """The same for an address with an open part. (The framework, told of that part, would promise a 422.)"""
        part = {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}
        return {"parameters": [part, *self.describe()["parameters"]]}

    def describe_properties(self) -> dict[str, Any]:
        """The table as the properties of a JSON object."""
        return {one.name: {**one.described_schema(), "description": one.description} for one in self.parameters}


def query_pairs(query: bytes) -> list[tuple[str, str]]:
    """The names and texts of a query string, in order, repeated ones too."""
    if not query:
        return []
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_QUERY_FIELDS,
        )
    except ValueError:
        raise ParameterError(
            "query", "The query is not `name=value` pairs joined by `&` in percent-encoded UTF-8."
        ) from None


def read_value(parameter: Parameter, text: str) -> Any:
    """A parameter's value from its text; the error says what it must be, and does not repeat the text."""
    try:
        return parameter.read(text)
    except ValueError as error:
        raise ParameterError(parameter.name, f"`{parameter.name}` {error}.") from None


def as_query_text(name: str, value: Any) -> str:
    """A JSON value as the text a query would hold."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return orjson.dumps(value).decode()
    if isinstance(value, list) and all(isinstance(item, str) and "," not in item for item in value):
        return ",".join(value)
    raise ParameterError(name, f"`{name}` must be a text, a number, true, false or a list of texts.")


def number(low: float, high: float) -> Callable[[str], float]:
    """A finite number between two bounds, spelled as JSON spells numbers."""

    def read(text: str) -> float:
        value = float(json_number(text))
        if not low <= value <= high:  # false for NaN and infinities as well
            raise ValueError(f"must be between {low:g} and {high:g}")
        return value

    return read


def json_number(text: str) -> str:
    """The text itself if it is a JSON number that a float can hold."""
    if len(text) > MAX_NUMBER_LENGTH or not JSON_NUMBER.fullmatch(text):
        raise ValueError("must be a number, written like 120.3826")
    mantissa = re.split("[eE]", text, maxsplit=1)[0]
    if float(text) == 0 and any(digit in mantissa for digit in "123456789"):
        raise ValueError("is a number too small to be told from zero")
    return text


def integer(low: int, high: int, *, clamp: bool = False) -> Callable[[str], int]:
    """A whole number between two bounds. With `clamp`, more than the upper bound means the bound, as OGC has it."""

    def read(text: str) -> int:
        if len(text) > MAX_NUMBER_LENGTH or not re.fullmatch("-?(?:0|[1-9][0-9]*)", text):
            raise ValueError("must be a whole number")
        value = int(text)
        if clamp:
            value = min(value, high)
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return read


def choice(*options: str) -> Callable[[str], str]:
    """One of a few words."""

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return text

    return read


def csv_of(options: Iterable[str]) -> Callable[[str], frozenset[str]]:
    """Words parted by commas, each one of the options. Nothing means no wish: forms send their empty fields."""
    allowed = frozenset(options)

    def read(text: str) -> frozenset[str]:
        if not text:
            return frozenset()
        codes = text.split(",")
        if not allowed.issuperset(codes):
            raise ValueError(f"must be words parted by commas, of: {', '.join(sorted(allowed))}")
        return frozenset(codes)

    return read


def truth(text: str) -> bool:
    """`true` or `false`, spelled so."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def instant(text: str) -> datetime:
    """A moment with its offset from UTC."""
    match = INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("must be a moment with an offset, like 2026-11-20T12:00:00+08:00")
    day, clock, zulu, sign, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{clock}" + ("+00:00" if zulu else f"{sign.replace(' ', '+')}{offset}"))
    except ValueError:
        raise ValueError("is not a moment that exists") from None


def words_schema(options: Sequence[str]) -> dict[str, Any]:
    """OpenAPI's words for a csv of options."""
    return {"type": "array", "items": {"type": "string", "enum": list(options)}}


def canonical(values: Mapping[str, Any]) -> str:
    """A question as one text that is the same however its parameters were ordered or its csv values were."""
    return "&".join(f"{name}={canonical_value(values[name])}" for name in sorted(values) if is_said(values[name]))


def is_said(value: Any) -> bool:
    """Whether a value is one at all: most questions leave most parameters out, and that is the same in all of them."""
    return value is not None and value != frozenset()


def canonical_value(value: Any) -> str:
    """One value of a canonical question."""
    return ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)
