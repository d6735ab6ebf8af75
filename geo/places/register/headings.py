"""Finding the row of headings, and what each column means, however the register names it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from geo.datum import Datum
from geo.places.register.messages import RegisterError
from geo.places.register.records import Cell
from geo.places.register.sheets import Sheet, column_letters
from geo.places.vocabulary import AMENITIES, DATUMS, code_of, codes_of, normal_word

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "code": ("编号", "站点编号", "驿站编号", "站点编码", "编码", "唯一编码", "代码", "code", "id", "station id"),
    "name": (
        *(
            "站点名称",
            "名称",
            "驿站名称",
            "站名",
            "点位名称",
            "服务站点名称",
            "站点名",
            "驿站名",
            "网点名称",
            "单位名称",
        ),
        *("name", "station name", "station"),
    ),
    "alt_names": ("别名", "曾用名", "其他名称", "alt name", "alt names", "alias"),
    "address": ("地址", "详细地址", "站点地址", "具体地址", "所在地址", "位置", "详细位置", "地点", "address"),
    "landmark_hint": ("地标", "位置提示", "参照物", "门牌说明", "如何找到", "landmark", "landmark hint", "hint"),
    "district": (
        "所属区",
        "区县",
        "区",
        "区市",
        "所属区市",
        "行政区",
        "所在区",
        "所属区县",
        "区域",
        "district",
        "county",
    ),
    "street": (
        "街道",
        "镇街",
        "所属街道",
        "所属镇街",
        "街道镇",
        "乡镇街道",
        "所在街道",
        "street",
        "town",
        "subdistrict",
    ),
    "district_code": ("区划代码", "区县代码", "行政区划代码", "district code"),
    "street_code": ("街道代码", "镇街代码", "street code"),
    "lon": ("经度", "东经", "lon", "lng", "longitude", "x", "经度坐标", "坐标经度", "坐标x"),
    "lat": ("纬度", "北纬", "lat", "latitude", "y", "纬度坐标", "坐标纬度", "坐标y"),
    "lonlat": (
        "坐标",
        "经纬度",
        "坐标经纬度",
        "地理坐标",
        "经纬度坐标",
        "位置坐标",
        "coordinates",
        "lnglat",
        "location",
    ),
    "datum": ("坐标系", "坐标系统", "坐标类型", "坐标基准", "坐标来源", "datum", "crs", "coordinate system"),
    "facility_type": ("类型", "站点类型", "驿站类型", "类别", "站点类别", "type", "facility type", "category", "kind"),
    "facility_class": ("等级", "站点等级", "驿站等级", "建设类型", "型级", "class", "facility class", "grade"),
    "star": ("星级", "star", "stars"),
    "networks": ("所属网络", "网络", "品牌", "挂牌", "挂牌名称", "network", "networks", "brand"),
    "amenities": (
        *("服务设施", "设施", "配套设施", "设施设备", "设备", "设施配置", "服务设施设备", "配置设施", "基本设施"),
        *("amenities", "facilities", "amenity"),
    ),
    "services": ("服务项目", "服务内容", "服务", "提供服务", "特色服务", "services", "service"),
    "hours": (
        *("开放时间", "服务时间", "营业时间", "开放时段", "开放时间段", "运营时间", "开站时间", "时间"),
        *("opening hours", "hours", "open hours"),
    ),
    "capacity_people": ("容纳人数", "可容纳人数", "容量", "接待人数", "最大容纳人数", "capacity", "capacity people"),
    "seats": ("座位", "座位数", "座椅数", "席位", "seats"),
    "area_m2": ("面积", "建筑面积", "使用面积", "站点面积", "area", "area m2", "floor area"),
    "public_phone": (
        "联系电话",
        "公开电话",
        "咨询电话",
        "电话",
        "服务电话",
        "站点电话",
        "phone",
        "public phone",
        "tel",
    ),
    "entry_methods": (
        "入门方式",
        "进入方式",
        "开门方式",
        "进门方式",
        "门禁方式",
        "进站方式",
        "entry",
        "entry method",
        "entry methods",
    ),
    "entry_note": ("入门说明", "进入说明", "进站说明", "entry note"),
    "first_use_needs": ("首次使用", "首次使用要求", "首次使用条件", "first use", "first use needs"),
    "user_groups": ("服务对象", "服务人群", "面向对象", "使用人群", "面向人群", "user groups", "users", "for whom"),
    "status": ("状态", "运营状态", "使用状态", "站点状态", "开放状态", "status"),
    "attended": ("值守", "值守方式", "是否有人值守", "管理方式", "attended"),
    "floor": ("楼层", "所在楼层", "floor"),
    "host_type": ("依托单位类型", "载体类型", "依托类型", "场所类型", "host type"),
    "host_name": ("依托单位", "建设单位", "承建单位", "共建单位", "载体", "host", "host name"),
    "bike_parking": ("停车", "非机动车停放", "停车条件", "电动车停放", "bike parking", "parking"),
    "step_free": ("无障碍", "是否无障碍", "无台阶", "step free"),
    "org": ("管理工会", "所属工会", "主管工会", "管理单位", "运营单位", "union", "org", "organisation"),
    "opened_on": ("启用日期", "开放日期", "建成时间", "建成日期", "启用时间", "投用时间", "opened", "opened on"),
    "last_verified_on": (
        "核实日期",
        "最近核实",
        "更新日期",
        "更新时间",
        "核验日期",
        "verified",
        "last verified",
        "verified on",
    ),
    "is_synthetic": ("演示数据", "是否演示", "synthetic", "is synthetic"),
    "note": ("备注", "说明", "note", "notes", "remark", "remarks", "description", "描述"),
    "ignored": (
        *(
            "序号",
            "no",
            "no.",
            "序",
            "问题",
            "处理办法",
            "级别",
            "problem",
            "remedy",
            "severity",
            "行号",
            "图片",
            "照片",
        ),
        *("负责人", "联系人", "管理员", "负责人电话", "管理员电话", "联系人电话", "手机号", "联系方式"),
    ),
}
"""Words for each column. Persons' names and numbers are known only to be left where they are."""

FIELD_NAMES: Final = {
    "name": "站点名称",
    "lon": "经度",
    "lat": "纬度",
    "lonlat": "坐标",
    "code": "编号",
    "hours": "开放时间",
}

LOOKED_ROWS: Final = 15
"""How many rows, titles and remarks included, may stand above the headings."""

BRACKETS: Final = re.compile(r"[(（\[【](.*?)[)）\]】]")


@dataclass(frozen=True)
class Headings:
    """The row of headings and what its columns mean."""

    row: int
    titles: tuple[str, ...]
    """Every heading as written, by column."""
    columns: dict[str, int]
    """Field to column."""
    amenity_columns: dict[int, tuple[str, ...]]
    """Columns that are one amenity each, to its codes."""
    unknown: tuple[str, ...]
    doubled: tuple[tuple[str, str], ...]
    """Headings put aside because another column means the same, and that column's."""
    datum: Datum | None
    """The datum a heading names, as in 经度(GCJ-02)."""

    @property
    def understood(self) -> dict[str, str]:
        """Heading as written to field."""
        named = {self.titles[column]: field for field, column in self.columns.items()}
        return named | {self.titles[column]: "amenity" for column in self.amenity_columns}


def field_words() -> dict[str, str]:
    """The field of every known heading."""
    return {normal_word(word): field for field, words in FIELDS.items() for word in (field, *words)}


FIELD_OF_WORD: Final = field_words()


def field_of(title: str) -> str | None:
    """What a heading means; brackets, stars and units beside the word do not matter."""
    for word in (title, BRACKETS.sub("", title)):
        field = FIELD_OF_WORD.get(normal_word(re.sub(r"[*※:：#]", "", word)))
        if field:
            return field
    return None


def datum_of(title: str) -> Datum | None:
    """The datum that brackets in a heading name, as in 经度(GCJ-02) or 坐标（百度）."""
    for inner in BRACKETS.findall(title):
        code = code_of(DATUMS, inner)
        if code:
            return Datum(code)
    return None


def score(cells: Sequence[Cell]) -> int:
    """How many cells of a row are known headings."""
    return len({field_of(cell) for cell in cells if isinstance(cell, str)} - {None})


def describes_stations(cells: Sequence[Cell]) -> bool:
    """Whether a row names the columns that a register of stations must have."""
    fields = {field_of(cell) for cell in cells if isinstance(cell, str)}
    return "name" in fields and bool(fields & {"lon", "lat", "lonlat"})


def find_headings(sheet: Sheet) -> Headings:
    """
    The headings of a sheet, below any titles.

    Raises RegisterError when there are none, when they are merged, when a required one is missing or stands twice.
    """
    rows = [(number, cells) for number, cells in sheet.rows if any(cell not in (None, "") for cell in cells)]
    rows = rows[:LOOKED_ROWS]
    if not rows:
        raise RegisterError("empty_file")
    number, cells = max(rows, key=lambda row: score(row[1]))
    # two known words, because a title such as 驿站名称一览 may happen to be one
    if score(cells) < 2:
        raise_no_headings(sheet, rows, number, cells)
    refuse_merged(sheet, number, cells)
    return understand(number, tuple(title_text(cell) for cell in cells))


def raise_no_headings(
    sheet: Sheet, rows: list[tuple[int, tuple[Cell, ...]]], number: int, cells: Sequence[Cell]
) -> None:
    """Say why there are no headings: garbled text, merged cells, or none at all."""
    for row, values in rows:
        text = " ".join(cell for cell in values if isinstance(cell, str))
        if looks_garbled(text):
            raise RegisterError("mojibake", row=row, sample=text[:30])
    refuse_merged(sheet, number, cells)
    found = "、".join(title_text(cell) for cell in cells if field_of(title_text(cell))) or "-"
    raise RegisterError("no_headings", looked=LOOKED_ROWS, row=number, found=found)


def looks_garbled(text: str) -> bool:
    """Whether a text is Chinese read in the wrong encoding: characters lost, or Latin letters in their place."""
    if "\ufffd" in text or "锟斤拷" in text:
        return True
    for wrong in ("latin-1", "cp1252", "gb18030"):
        for right in ("gb18030", "utf-8"):
            try:
                mended = text.encode(wrong).decode(right)
            except UnicodeError:
                continue
            words = re.split(r"[\s,;、]+", mended)
            if wrong != right and mended != text and sum(field_of(word) is not None for word in words) >= 2:
                return True
    high = sum("\u0080" <= char <= "\u00ff" for char in text)
    return high > 6 and high > len(text) / 3


def refuse_merged(sheet: Sheet, number: int, cells: Sequence[Cell]) -> None:
    """Raise when merged cells leave a column without its own heading."""
    for merge in sheet.merges:
        if merge.first_row <= number <= merge.last_row and merge.last_column > merge.first_column:
            # one merged cell over the whole width is a title, which only counts if it is taken for the headings
            raise RegisterError("merged_headings", row=number, cells=str(merge))
        below = merge.first_row < number <= merge.last_row
        if below and merge.first_column < len(cells) and cells[merge.first_column] in (None, ""):
            raise RegisterError("merged_headings", row=number, cells=str(merge))


def title_text(cell: Cell) -> str:
    """A heading without line breaks and invisible characters."""
    text = unicodedata.normalize("NFKC", "" if cell is None else str(cell))
    return " ".join("".join(char for char in text if unicodedata.category(char) != "Cf").split())


def understand(row: int, titles: tuple[str, ...]) -> Headings:
    """What the headings of a row mean; raises RegisterError when required ones are missing or doubled."""
    columns: dict[str, int] = {}
    amenity_columns: dict[int, tuple[str, ...]] = {}
    unknown = []
    doubled = []
    for column, title in enumerate(titles):
        field = field_of(title)
        if field == "ignored" or not title:
            continue
        if field is None:
            codes = codes_of(AMENITIES, BRACKETS.sub("", title))
            if codes:
                amenity_columns[column] = codes
            else:
                unknown.append(title)
        elif field in columns:
            kept, put_aside = preferred(row, field, titles, columns[field], column)
            columns[field] = kept
            doubled.append((titles[put_aside], titles[kept]))
        else:
            columns[field] = column
    require(row, titles, columns)
    stated = {datum_of(title) for field, title in named(columns, titles) if field in ("lon", "lat", "lonlat")} - {None}
    datum = stated.pop() if len(stated) == 1 else None
    return Headings(row, titles, columns, amenity_columns, tuple(unknown), tuple(doubled), datum)


def preferred(row: int, field: str, titles: tuple[str, ...], first: int, second: int) -> tuple[int, int]:
    """
    Of two columns that mean the same, the one to read and the one to put aside.

    The plainer word wins: 站点名称 before 单位名称. Positions are never chosen between, and neither are equal words.
    """
    rank = {normal_word(word): place for place, word in enumerate(FIELDS[field])}
    places = [rank.get(normal_word(BRACKETS.sub("", titles[column])), len(rank)) for column in (first, second)]
    if field in ("lon", "lat", "lonlat", "datum") or places[0] == places[1]:
        pair = "、".join(f"{column_letters(column)} {titles[column]}" for column in (first, second))
        raise RegisterError("double_headings", row=row, meaning=FIELD_NAMES.get(field, titles[first]), columns=pair)
    return (first, second) if places[0] < places[1] else (second, first)


def named(columns: dict[str, int], titles: tuple[str, ...]) -> list[tuple[str, str]]:
    """Field and heading of each known column."""
    return [(field, titles[column]) for field, column in columns.items()]


def require(row: int, titles: tuple[str, ...], columns: dict[str, int]) -> None:
    """Raise RegisterError unless there are a name and a position."""
    missing = [] if "name" in columns else ["name"]
    if "lonlat" not in columns:
        missing += [field for field in ("lon", "lat") if field not in columns]
    if missing:
        words = "、".join(FIELD_NAMES[field] for field in missing)
        raise RegisterError("missing_columns", row=row, missing=words, found="、".join(filter(None, titles)))
