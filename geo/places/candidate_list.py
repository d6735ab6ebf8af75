"""
A union's own list of places that could become stations: read from a workbook or a delimited file, row by row.

The list is read as a register is (any encoding, headings in Chinese or English, positions in any datum). A row that
cannot be used is told by number, column, value and remedy and stays out; what a row does not say stays unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from geo.datum import CHINA_BOX, Datum, to_wgs84
from geo.errors import InputError
from geo.places.hours import parse_hours
from geo.places.register.cells import count_in, number_in, text_of, truth_in
from geo.places.register.headings import LOOKED_ROWS, datum_of, field_of, title_text
from geo.places.register.messages import Message
from geo.places.register.records import Cell
from geo.places.register.sheets import Sheet, read_sheets
from geo.places.vocabulary import DATUMS, HOST_TYPES, code_of, codes_of

MOST_ROWS = 20_000
"""The most candidates a list may hold."""

SAME_PLACE_DIGITS = 5
"""Digits of a degree (a metre) to which two candidates must differ."""

OWN_HEADINGS: Final = {
    "name": ("候选点", "候选点名称", "候选", "地点名称", "场所名称", "candidate", "site"),
    "cost": ("费用", "造价", "预算", "成本", "投资", "建设费用", "建设成本", "投资额", "cost", "price", "budget"),
    "street_facing": ("临街", "是否临街", "沿街", "是否沿街", "street facing", "street_facing"),
    "toilet": ("厕所", "有无厕所", "是否有厕所", "卫生间", "公厕", "toilet", "toilets"),
}
"""Headings of a candidate list that no register has; the others are the register's."""

REGISTER_HEADINGS: Final = {
    "name": "name",
    "lon": "lon",
    "lat": "lat",
    "datum": "datum",
    "host_type": "host_type",
    "facility_type": "host_type",
    "floor": "floor",
    "bike_parking": "parking",
    "hours": "hours",
    "capacity_people": "capacity",
}

MESSAGES: Final = {
    "no_name": Message("没有名称", "请填写候选点名称", "there is no name", "name the candidate"),
    "bad_position": Message(
        "经纬度无法读取",
        "请填写十进制度数，如 120.3826",
        "the position cannot be read",
        "write degrees such as 120.3826",
    ),
    "swapped": Message("经度和纬度写反了", "请对调两列", "longitude and latitude are swapped", "exchange the columns"),
    "far_away": Message(
        "位置不在中国境内",
        "请核对经纬度",
        "the position is outside China",
        "check longitude and latitude",
    ),
    "bad_datum": Message(
        "坐标系不认识",
        "请写 WGS-84、CGCS2000、GCJ-02 或 BD-09",
        "the datum is unknown",
        "write WGS-84, GCJ-02 or BD-09",
    ),
    "bad_cost": Message(
        "费用不是数",
        "请填写不带单位的数，如 30000",
        "the cost is no number",
        "write one such as 30000",
    ),
    "negative_cost": Message("费用是负数", "请填写 0 或正数", "the cost is negative", "write zero or more"),
    "bad_capacity": Message("容纳人数不是数", "请填写整数", "the capacity is no number", "write a whole number"),
    "same_place": Message(
        "与第 {other} 行是同一地点",
        "请只保留一行",
        "it is the place of row {other}",
        "keep one of the two rows",
    ),
    "unknown_type": Message(
        "类型不认识，按未知处理",
        "请改用词表里的类型",
        "the type is unknown and left open",
        "use a type of the word list",
    ),
    "unclear_hours": Message(
        "开放时间读不懂，按未知处理",
        "请写成 周一至周五 9:00-17:00",
        "the hours cannot be read and are left open",
        "write them as Mo-Fr 09:00-17:00",
    ),
    "unclear_answer": Message(
        "既不是“是”也不是“否”，按未知处理",
        "请填 是 或 否",
        "it is neither yes nor no and left open",
        "write yes or no",
    ),
}


class CandidateListError(InputError):
    """A candidate list that cannot be read at all."""


@dataclass(frozen=True, slots=True)
class ListProblem:
    """One thing wrong with one cell of a list; an `error` keeps the row out, a `warning` lets it in with a doubt."""

    row: int
    column: str
    value: str
    code: str
    severity: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The problem as plain data, with what is wrong and what to do in Chinese and English."""
        message = MESSAGES[self.code]
        said = {name: text.format(**self.facts) for name, text in asdict(message).items()}
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "severity": self.severity,
            "code": self.code,
            "problem": said["problem_zh"],
            "remedy": said["remedy_zh"],
            "problem_en": said["problem_en"],
            "remedy_en": said["remedy_en"],
        }


@dataclass(frozen=True, slots=True)
class ListedCandidate:
    """One usable row of a list, its position in WGS-84; None is "not said"."""

    row: int
    name: str
    lon: float
    lat: float
    host_type: str | None = None
    cost: float | None = None
    floor: str | None = None
    ground_floor: bool | None = None
    street_facing: bool | None = None
    parking: bool | None = None
    toilet: bool | None = None
    hours: str | None = None
    capacity: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data; what it does not say is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class CandidateList:
    """What a list holds: usable rows, and what is wrong with the others."""

    rows: tuple[ListedCandidate, ...]
    problems: tuple[ListProblem, ...]
    rows_read: int

    @property
    def rows_refused(self) -> int:
        """How many rows an error keeps out."""
        return len({problem.row for problem in self.problems if problem.severity == "error"})


def read_candidate_list(path: Path, *, datum: Datum | None = None) -> CandidateList:
    """
    Read a list of candidates; the datum is the one given, or that of a column or a heading.

    Raises
    ------
    geo.places.register.messages.RegisterError
        The file is no table that can be read.
    CandidateListError
        Name or position have no column, nobody states the datum, or there are too many rows.
    """
    sheet, at, columns, heading_datum = _headed(read_sheets(path))
    datum = datum or heading_datum or (Datum(word) if (word := code_of(DATUMS, sheet.datum_word)) else None)
    if datum is None and "datum" not in columns:
        raise CandidateListError(
            "没有写明坐标系；请在导入时选择，或加一列“坐标系”。"
            "(Nobody states the datum: choose one, or add a column named datum.)"
        )
    titles = {name: title_text(dict(sheet.rows)[at][column]) for name, column in columns.items()}
    body = [(number, cells) for number, cells in sheet.rows if number > at and any(map(text_of, cells))]
    if len(body) > MOST_ROWS:
        raise CandidateListError(f"The list has {len(body):,} rows; split it into lists of at most {MOST_ROWS:,}.")
    rows: list[ListedCandidate] = []
    problems: list[ListProblem] = []
    taken: dict[tuple[float, float], int] = {}
    for number, cells in body:
        reader = _Row(number, {name: cells[c] for name, c in columns.items() if c < len(cells)}, titles)
        read = reader.candidate(datum)
        if read is not None:
            place = round(read.lon, SAME_PLACE_DIGITS), round(read.lat, SAME_PLACE_DIGITS)
            if taken.setdefault(place, number) != number:
                reader.find("name", "same_place", "error", other=taken[place])
            else:
                rows.append(read)
        problems += reader.problems
    return CandidateList(tuple(rows), tuple(problems), len(body))


def meaning(title: str) -> str | None:
    """What a heading of a candidate list means, None for what it does not know."""
    plain = re.sub(r"[(（\[【].*?[)）\]】]|[*※:：#\s]", "", unicodedata.normalize("NFKC", title)).casefold()
    for name, words in OWN_HEADINGS.items():
        if plain in {re.sub(r"\s", "", word) for word in (name, *words)}:
            return name
    if plain in ("capacity", "parking", "type", "floor"):
        return {"type": "host_type"}.get(plain, plain)
    known = field_of(title)
    return None if known is None else REGISTER_HEADINGS.get(known)


def _headed(sheets: list[Sheet]) -> tuple[Sheet, int, dict[str, int], Datum | None]:
    """The first sheet that names a name and a position: its row of headings, and the column of every meaning."""
    for sheet in sheets:
        for number, cells in sheet.rows[:LOOKED_ROWS]:
            columns: dict[str, int] = {}
            titles = [title_text(cell) for cell in cells]
            for column, title in enumerate(titles):
                known = meaning(title) if title else None
                if known is not None:
                    columns.setdefault(known, column)
            if {"name", "lon", "lat"} <= columns.keys():
                stated = next((datum for title in titles if (datum := datum_of(title))), None)
                return sheet, number, columns, stated
    raise CandidateListError(
        f"前 {LOOKED_ROWS} 行里没有“名称、经度、纬度”三个列名；请补上表头。"
        f"(No row of the first {LOOKED_ROWS} names the columns name, lon and lat: add the headings.)"
    )


class _Row:
    """One row being read; what is wrong with it gathers in `problems`."""

    def __init__(self, number: int, cells: Mapping[str, Cell], titles: Mapping[str, str]) -> None:
        self.number, self.cells, self.titles = number, cells, titles
        self.problems: list[ListProblem] = []

    def find(self, name: str, code: str, severity: str, **facts: Any) -> None:
        value = text_of(self.cells.get(name))[:80]
        self.problems.append(ListProblem(self.number, self.titles.get(name, ""), value, code, severity, facts))

    def candidate(self, datum: Datum | None) -> ListedCandidate | None:
        """The row as a candidate; None where an error keeps it out."""
        name = text_of(self.cells.get("name"))[:200]
        if not name:
            self.find("name", "no_name", "error")
        place = self.place(self.datum(datum))
        cost, capacity = self.cost(), self.capacity()
        floor = text_of(self.cells.get("floor"))[:20] or None
        host_type, hours = self.host_type(), self.hours()
        street_facing, parking, toilet = map(self.truth, ("street_facing", "parking", "toilet"))
        if place is None or any(problem.severity == "error" for problem in self.problems):
            return None
        return ListedCandidate(
            row=self.number,
            name=name,
            lon=place[0],
            lat=place[1],
            cost=cost,
            floor=floor,
            ground_floor=on_ground_floor(floor),
            capacity=capacity,
            host_type=host_type,
            hours=hours,
            street_facing=street_facing,
            parking=parking,
            toilet=toilet,
        )

    def datum(self, given: Datum | None) -> Datum | None:
        word = text_of(self.cells.get("datum"))
        if not word and given is not None:
            return given
        code = code_of(DATUMS, word) if word else None
        if code is None:
            self.find("datum", "bad_datum", "error")
            return None
        return Datum(code)

    def place(self, datum: Datum | None) -> tuple[float, float] | None:
        lon, lat = number_in(self.cells.get("lon")), number_in(self.cells.get("lat"))
        if lon is None or lat is None:
            self.find("lon" if lon is None else "lat", "bad_position", "error")
        elif _in_china(lat, lon) and not _in_china(lon, lat):
            self.find("lon", "swapped", "error")
        elif not _in_china(lon, lat):
            self.find("lon", "far_away", "error")
        elif datum is not None:
            x, y = to_wgs84([lon], [lat], datum)
            return float(x[0]), float(y[0])
        return None

    def cost(self) -> float | None:
        text = text_of(self.cells.get("cost"))
        if not text:
            return None
        number = number_in(re.sub(r"[,，\s]|元$|￥|¥", "", text))
        if number is None:
            self.find("cost", "bad_cost", "error")
        elif number < 0:
            self.find("cost", "negative_cost", "error")
        return number

    def capacity(self) -> int | None:
        if not text_of(self.cells.get("capacity")):
            return None
        number = count_in(self.cells.get("capacity"))
        if number is None:
            self.find("capacity", "bad_capacity", "error")
            return None
        return int(number)

    def host_type(self) -> str | None:
        word = text_of(self.cells.get("host_type"))
        codes = codes_of(HOST_TYPES, word) if word else ()
        if word and not codes:
            self.find("host_type", "unknown_type", "warning")
        return codes[0] if codes else None

    def hours(self) -> str | None:
        text = text_of(self.cells.get("hours"))
        if text and not parse_hours(text).rules:
            self.find("hours", "unclear_hours", "warning")
            return None
        return text or None

    def truth(self, name: str) -> bool | None:
        cell = self.cells.get(name)
        said = truth_in(cell)
        if said is None and text_of(cell):
            self.find(name, "unclear_answer", "warning")
        return said


def _in_china(lon: float, lat: float) -> bool:
    return CHINA_BOX.west <= lon <= CHINA_BOX.east and CHINA_BOX.south <= lat <= CHINA_BOX.north


def on_ground_floor(floor: str | None) -> bool | None:
    """Whether a floor as written (一楼, 1F, 首层, 3层, B1) is the one at the street; None where that is not clear."""
    if floor is None:
        return None
    text = unicodedata.normalize("NFKC", floor).strip().casefold()
    if re.fullmatch(r"(?:(?:第?[一1]|首|底)(?:楼|层)?|(?:1|l1|f1|1f|地面|ground(?: floor)?)(?:楼|层)?)", text):
        return True
    if re.fullmatch(r"(?:第?[二三四五六七八九十]+|-?\d+|b\d|负.)(?:楼|层|f)?|(?:地下|楼上).*|f\d+|b\d+", text):
        return False
    return None
