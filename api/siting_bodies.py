"""What requests about siting hold, as tables that describe and read them; refused in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

import orjson

from api.errors import ParameterError
from api.filters import words_parameter
from api.parameters import (
    REQUIRED,
    Parameter,
    ParameterTable,
    choice,
    csv_of,
    integer,
    number,
    truth,
    words_schema,
)
from api.routers.coverage import ONE_QUESTION, question_of
from api.routers.nearest import COORD
from api.routers.what_if import LAT, LON, text_up_to
from geo.coverage.question import LONGEST_MINUTES
from geo.datum import Datum, to_wgs84
from geo.places.candidate_list import MOST_ROWS, SAME_PLACE_DIGITS, ListedCandidate, on_ground_floor
from geo.places.vocabulary import HOST_TYPES
from geo.services.siting.candidates import SOURCES, Wish
from geo.services.siting.checklist import RULES
from geo.services.siting.question import (
    MOST_EXTENSIONS,
    MOST_SITES,
    MOST_SLOTS,
    TASKS,
    AskedHour,
    Extension,
    Siting,
    Start,
)
from geo.services.wishes import AcceptedWish

LONGEST_S = 60.0
"""How long the service searches for one question at most; the command line searches longer."""
MOST_NAMED = 1_000

Read = TypeVar("Read")

NUMBER = {"type": "number"}
MONEY = {"type": "number", "minimum": 0}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
YES_OR_NO = {"type": "boolean"}
PEOPLE = {"type": "number", "minimum": 0, "maximum": 1e9}
OF_WISH = (
    Parameter(
        "sources",
        csv_of(SOURCES),
        words_schema(SOURCES),
        "Where candidates come from. Left out: the list if there is one, else hosts, else streets.",
        frozenset(),
    ),
    words_parameter("host_types", HOST_TYPES, "Only hosts of these types."),
    words_parameter("require", RULES, "Conditions no candidate may fail."),
    Parameter("strict", truth, YES_OR_NO, "Leave out what is not known to keep them, too.", False),
)
AREA = Parameter(
    "area",
    text_up_to(100),
    {"type": "string"},
    "Name or code of a district or street: only its people count, only candidates in it take part.",
)
OF_EFFORT = (
    Parameter("seed", integer(0, 2**31 - 1), {"type": "integer", "minimum": 0}, "Same seed, same answer.", 1),
    Parameter("seconds", number(0.1, LONGEST_S), {**NUMBER, "maximum": LONGEST_S}, "How long to search.", 10.0),
)
SITES = {"type": "integer", "minimum": 1, "maximum": MOST_SITES}
FARTHEST = {**NUMBER, "maximum": LONGEST_MINUTES}
PLAN = ParameterTable(
    (
        *ONE_QUESTION.parameters,
        COORD,
        *OF_WISH,
        *OF_EFFORT,
        AREA,
        Parameter("task", choice(*TASKS), {"type": "string", "enum": [*TASKS]}, "What is asked.", "most"),
        Parameter("sites", integer(1, MOST_SITES), SITES, "How many new stations."),
        Parameter("budget", number(0, 1e12), MONEY, "What may be spent."),
        Parameter("share", number(0, 1), SHARE, "For the task share: of all people, to be covered."),
        Parameter("second", number(0, 1), SHARE, "For the task backup: worth of a second station.", 0.3),
        Parameter("floor", number(0, 1), SHARE, "Share covered in every district at least."),
        Parameter("street_floor", number(0, 1), SHARE, "Share covered in every street at least."),
        Parameter(
            "farthest",
            number(1, LONGEST_MINUTES),
            FARTHEST,
            "For median and center: minutes to which ways are looked at.",
        ),
        Parameter("capacity", number(0.01, 1e9), PEOPLE, "For the task capacity: people whom one station serves."),
        Parameter("standing_capacity", number(0, 1e9), PEOPLE, "The same of stations that stand, where it differs."),
        Parameter("per_seat", number(0.01, 1e6), PEOPLE, "People served per seat that a list states.", 1.0),
        Parameter("default_cost", number(0, 1e12), MONEY, "Cost of candidates that state none."),
        Parameter("keep_cost", number(0.01, 1e12), MONEY, "Cost of keeping a station that may close."),
        Parameter("gap", number(0, 1), SHARE, "Good enough: 0.01 stops at a proven one per cent.", 0.0),
        Parameter("curve", truth, YES_OR_NO, "Draw the gain curve, too; without it the answer is there sooner.", True),
        Parameter("certificate", truth, YES_OR_NO, "Keep cover lists and certificate to be fetched.", False),
        Parameter(
            "after",
            text_up_to(40),
            {"type": "string"},
            "Number of a question like this one that is done: begin from its answer and its prices.",
        ),
    )
)
CURVE = ParameterTable(
    (
        *ONE_QUESTION.parameters,
        COORD,
        *OF_WISH,
        *OF_EFFORT,
        AREA,
        Parameter("most", integer(1, MOST_SITES), SITES, "Draw the curve up to so many sites.", 30),
    )
)
PLACES = ParameterTable((*ONE_QUESTION.parameters, COORD, *OF_WISH, AREA))
CHECK = ParameterTable(
    (
        *ONE_QUESTION.parameters,
        COORD,
        *OF_WISH,
        LON,
        LAT,
        Parameter("name", text_up_to(200), {"type": "string"}, "Name of the place.", ""),
        Parameter("hours", text_up_to(500), {"type": "string"}, "Its opening hours."),
    )
)
CANDIDATE = ParameterTable(
    (
        Parameter("row", integer(1, 10**9), {"type": "integer"}, "Number of the row, part of its key."),
        Parameter("name", text_up_to(200), {"type": "string"}, "Name.", REQUIRED),
        LON,
        LAT,
        Parameter("host_type", choice(*HOST_TYPES.codes), {"type": "string", "enum": [*HOST_TYPES.codes]}, "Type."),
        Parameter("cost", number(0, 1e12), MONEY, "Cost."),
        Parameter("floor", text_up_to(20), {"type": "string"}, "Floor, as written."),
        Parameter("ground_floor", truth, YES_OR_NO, "Whether it is on the ground floor."),
        Parameter("street_facing", truth, YES_OR_NO, "Whether it faces the street."),
        Parameter("parking", truth, YES_OR_NO, "Whether there is room to park."),
        Parameter("toilet", truth, YES_OR_NO, "Whether there is a toilet."),
        Parameter("hours", text_up_to(500), {"type": "string"}, "Opening hours."),
        Parameter("capacity", integer(0, 10**6), {"type": "integer", "minimum": 0}, "People it holds."),
    )
)
SLOT = ParameterTable(
    (
        Parameter("at", text_up_to(60), {"type": "string"}, "An hour of the week, such as `weekday 19:00`.", REQUIRED),
        Parameter("weight", number(0, 1e6), {**NUMBER, "minimum": 0}, "How much it counts.", 1.0),
    )
)
EXTENSION = ParameterTable(
    (
        Parameter("station", integer(1, 2**62), {"type": "integer"}, "Number of a station.", REQUIRED),
        Parameter("hours", text_up_to(500), {"type": "string"}, "All its hours then.", REQUIRED),
        Parameter("cost", number(0, 1e12), MONEY, "What that costs; with `sites`, a new station costs one.", 1.0),
    )
)


def _described(table: ParameterTable, most: int) -> dict[str, Any]:
    """A list of objects, in OpenAPI's words."""
    return {
        "type": "array",
        "maxItems": most,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": [one.name for one in table.parameters if one.required],
            "properties": table.describe_properties(),
        },
    }


KEYS = {"type": "array", "maxItems": MOST_NAMED, "items": {"type": "string"}}
STATIONS = {"type": "array", "maxItems": MOST_NAMED, "items": {"type": "integer"}}
OF_PLACES: dict[str, Any] = {
    "candidates": _described(CANDIDATE, MOST_ROWS),
    "zones": {"type": "object", "description": "GeoJSON polygons (WGS-84) in which no station may open."},
    "optional": {**STATIONS, "description": "Stations that do not count in the question and could be taken in."},
}
OF_DEMAND: dict[str, Any] = {
    "layers": {
        "type": "object",
        "description": "Demand layers that count in place of `demand`, each with its weight.",
        "additionalProperties": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    },
}
OF_PLAN: dict[str, Any] = {
    "force": {**KEYS, "description": "Keys of candidates that must be chosen."},
    "forbid": {**KEYS, "description": "Keys of candidates that must not be chosen."},
    "may_close": {**STATIONS, "description": "Stations that may close for a new one."},
    "slots": {**_described(SLOT, MOST_SLOTS), "description": "Several hours of the week at once, in place of `at`."},
    "extend": {
        **_described(EXTENSION, MOST_EXTENSIONS),
        "description": "Longer hours of stations, which compete with new ones for the same budget.",
    },
}
LISTS = (*OF_PLACES, *OF_DEMAND, *OF_PLAN)


def body_schema(table: ParameterTable, *others: dict[str, Any]) -> dict[str, Any]:
    """What a request holds, in OpenAPI's words."""
    properties = table.describe_properties()
    for other in others:
        properties |= other
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def parted(body: dict[str, Any], *allowed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body parted into single values and lists; raises ParameterError for a list that this address has no use for."""
    known = {name for one in allowed for name in one}
    lists = {name: body.pop(name) for name in LISTS if name in body}
    for name in lists:
        if name not in known:
            raise _refused(name, f"There is no `{name}` here; it goes with POST /siting.", "这里用不到它")
    return body, {name: value for name, value in lists.items() if value is not None}


def read_with(table: ParameterTable, body: dict[str, Any]) -> dict[str, Any]:
    """The single values of a body; raises ParameterError in both languages."""
    try:
        return table.read_object(body)
    except ParameterError as error:
        error.zh = error.zh or f"参数 {error.parameter} 不能这样写：{error}"
        raise


def siting_of(
    values: dict[str, Any], lists: dict[str, Any], wished: tuple[AcceptedWish, ...], start: Start | None
) -> Siting:
    """The question that a body asks."""
    return Siting(
        question=question_of(values),
        wish=wish_of(values, lists, wished),
        task=values["task"],
        choose=values["sites"],
        budget=values["budget"],
        share=values["share"],
        second=values["second"],
        floor=values["floor"],
        street_floor=values["street_floor"],
        area=values["area"],
        layers=layers_of(lists),
        slots=_each(lists, "slots", SLOT, MOST_SLOTS, lambda one: AskedHour(**one)),
        extend=_each(lists, "extend", EXTENSION, MOST_EXTENSIONS, lambda one: Extension(**one)),
        farthest=values["farthest"],
        capacity=values["capacity"],
        standing_capacity=values["standing_capacity"],
        per_seat=values["per_seat"],
        force=_keys("force", lists.get("force")),
        forbid=_keys("forbid", lists.get("forbid")),
        may_close=_stations("may_close", lists.get("may_close")),
        default_cost=values["default_cost"],
        keep_cost=values["keep_cost"],
        seed=values["seed"],
        seconds=values["seconds"],
        target=values["gap"],
        with_curve=values["curve"],
        start=start,
    )


def wish_of(values: dict[str, Any], lists: dict[str, Any], wished: tuple[AcceptedWish, ...]) -> Wish:
    """Which places are candidates."""
    zones = lists.get("zones")
    if zones is not None and not isinstance(zones, dict):
        raise _refused("zones", "`zones` must be a GeoJSON object.", "排除区域应是 GeoJSON 对象")
    return Wish(
        sources=tuple(sorted(values["sources"])),
        host_types=tuple(sorted(values["host_types"])),
        listed=_listed(lists.get("candidates"), Datum(values["coord"])),
        zones=None if zones is None else orjson.dumps(zones).decode(),
        require=tuple(sorted(values["require"])),
        strict=values["strict"],
        optional=_stations("optional", lists.get("optional")),
        wished=wished if "wishes" in values["sources"] else (),
    )


def layers_of(lists: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Demand layers and weights."""
    given = lists.get("layers", {})
    if not isinstance(given, dict) or not all(type(weight) in (int, float) for weight in given.values()):
        raise _refused(
            "layers", "`layers` must be an object of demand layers and their weights.", "应是需求图层及其权重"
        )
    return tuple((code, float(weight)) for code, weight in given.items())


def _each(
    lists: dict[str, Any], name: str, table: ParameterTable, most: int, make: Callable[[dict[str, Any]], Read]
) -> tuple[Read, ...]:
    """A list of small objects."""
    given = lists.get(name, [])
    if not isinstance(given, list) or len(given) > most:
        raise _refused(name, f"`{name}` must be a list of at most {most:,} objects.", f"应是不超过 {most:,} 项的列表")
    read = []
    for place, one in enumerate(given):
        if not isinstance(one, dict):
            raise _refused(f"{name}[{place}]", f"`{name}[{place}]` must be an object.", "应是对象")
        read.append(make(_inside(f"{name}[{place}]", table, one)))
    return tuple(read)


def _inside(where: str, table: ParameterTable, one: dict[str, Any]) -> dict[str, Any]:
    """The values of one object of a list; raises ParameterError that names the place."""
    try:
        return table.read_object({name: known for name, known in one.items() if known is not None})
    except ParameterError as error:
        raise _refused(f"{where}.{error.parameter}", f"In `{where}`: {error}", f"不能这样写：{error}") from None


def _keys(name: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_NAMED or not all(isinstance(one, str) for one in value):
        raise _refused(
            name,
            f"`{name}` must be a list of at most {MOST_NAMED:,} keys of candidates.",
            f"应是不超过 {MOST_NAMED:,} 个候选点编号的列表",
        )
    return tuple(value)


def _stations(name: str, value: object) -> tuple[int, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_NAMED or not all(type(one) is int for one in value):
        raise _refused(
            name,
            f"`{name}` must be a list of at most {MOST_NAMED:,} numbers of stations.",
            f"应是不超过 {MOST_NAMED:,} 个站点编号的列表",
        )
    return tuple(cast(list[int], value))


def _listed(value: object, datum: Datum) -> tuple[ListedCandidate, ...]:
    """The candidates of a body, in WGS-84; raises ParameterError with the number of the one that is wrong."""
    if value is None:
        return ()
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ROWS:
        raise _refused(
            "candidates",
            f"`candidates` must be a list of 1 to {MOST_ROWS:,} places.",
            f"应是 1 到 {MOST_ROWS:,} 个地点的列表",
        )
    rows = []
    for place, one in enumerate(value):
        if not isinstance(one, dict):
            raise _refused(f"candidates[{place}]", f"`candidates[{place}]` must be an object.", "应是对象")
        read = _inside(f"candidates[{place}]", CANDIDATE, one)
        stated = read["ground_floor"]
        ground = on_ground_floor(read["floor"]) if stated is None else stated
        rows.append(ListedCandidate(**{**read, "row": read["row"] or place + 1, "ground_floor": ground}))
    numbers = [row.row for row in rows]
    if len(set(numbers)) < len(numbers):
        raise _refused(
            "candidates",
            "Two candidates have the same `row`; give every one its own, or none.",
            "有两个候选点的 row 相同；请各写各的，或都不写",
        )
    _require_apart(rows)
    lon, lat = to_wgs84([row.lon for row in rows], [row.lat for row in rows], datum)
    return tuple(replace(row, lon=x, lat=y) for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True))


def _require_apart(rows: list[ListedCandidate]) -> None:
    """Refuse a place that is listed twice: it would be paid for twice."""
    taken: dict[tuple[float, float], int] = {}
    for place, row in enumerate(rows):
        first = taken.setdefault((round(row.lon, SAME_PLACE_DIGITS), round(row.lat, SAME_PLACE_DIGITS)), place)
        if first != place:
            raise _refused(
                f"candidates[{place}]",
                f"`candidates[{place}]` is the place of `candidates[{first}]`; keep one of the two.",
                f"与 candidates[{first}] 是同一地点，请只保留一个",
            )


def _refused(parameter: str, en: str, zh: str) -> ParameterError:
    error = ParameterError(parameter, en)
    error.zh = f"{parameter}：{zh}。"
    return error
