"""Workbooks that go out: the register with its problems marked, to be sent back, and the empty template."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from geo.places import vocabulary
from geo.places.register.records import Cell, RegisterRead, RowProblem
from geo.places.register.rows import EXAMPLE_CODE
from geo.places.vocabulary import Table

FILLS: Final = {
    "error": PatternFill("solid", start_color="F8C9C4", end_color="F8C9C4"),
    "warning": PatternFill("solid", start_color="FFE9B0", end_color="FFE9B0"),
    "heading": PatternFill("solid", start_color="DCE6F2", end_color="DCE6F2"),
}
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

PROBLEM_TITLES: Final = ("级别", "问题", "处理办法", "Problem", "Remedy")

TEMPLATE_COLUMNS: Final[tuple[tuple[str, Cell, str], ...]] = (
    ("编号", EXAMPLE_CODE, "必填为好：本网络内唯一，下次导入凭它更新同一个站点"),
    ("站点名称", "中山公园户外劳动者驿站", "必填"),
    ("类型", "工会驿站", "见“词表”；空着按工会驿站"),
    ("等级", "24小时智能化", "基本型、标杆型、24小时智能化"),
    ("地址", "青岛市市南区文登路28号", ""),
    ("位置提示", "公园西门内右手", "怎样找到门口"),
    ("所属区", "市南区", ""),
    ("街道", "八大关街道", ""),
    ("经度", 120.3342, "必填，度，至少 5 位小数，如 120.38260"),
    ("纬度", 36.06198, "必填，度，至少 5 位小数，如 36.06710"),
    ("坐标系", "GCJ-02", "必填：高德、腾讯取点填 GCJ-02，百度填 BD-09，GPS 填 WGS-84，天地图填 CGCS2000"),
    ("开放时间", "周一至周五 08:30-12:00,14:00-18:00；周末休息", "24小时就写 24小时；过夜写 18:00-次日02:00"),
    ("服务设施", "饮水、空调、座椅、手机充电、微波炉", "用顿号分开，见“词表”；坏了的写 空调（损坏）"),
    ("服务项目", "法律援助、扫码入会", "用顿号分开，见“词表”"),
    ("进入方式", "直接进入", "用顿号分开，见“词表”"),
    ("服务对象", "所有人", "用顿号分开，见“词表”"),
    ("值守", "有人值守", ""),
    ("容纳人数", 12, "只填数字"),
    ("座位数", 8, "只填数字"),
    ("楼层", "1", ""),
    ("非机动车停放", "路边停放", "无停车处、路边停放、专用停放区"),
    ("是否无障碍", "是", "是、否"),
    ("联系电话", "0532-12351", "对外公开的电话；不要填个人手机号"),
    ("状态", "正常开放", "规划中、正常开放、临时关闭、停用、撤销"),
    ("核实日期", "2026-03-01", ""),
    ("备注", "", ""),
)
"""Heading, example and what to know, in the order of the template."""

DROP_DOWNS: Final[dict[str, Table]] = {
    "类型": vocabulary.FACILITY_TYPES,
    "等级": vocabulary.FACILITY_CLASSES,
    "坐标系": vocabulary.DATUMS,
    "值守": vocabulary.ATTENDED,
    "非机动车停放": vocabulary.BIKE_PARKING,
    "状态": vocabulary.STATUSES,
}
DROP_DOWN_ROWS: Final = 2000

WORD_LISTS: Final = (
    vocabulary.FACILITY_TYPES,
    vocabulary.AMENITIES,
    vocabulary.SERVICES,
    vocabulary.ENTRY_METHODS,
    vocabulary.USER_GROUPS,
    vocabulary.NETWORKS,
)

NOTES: Final = (
    "一行一个站点；第一行是列名，请不要改动或合并单元格。",
    "编号为“示例”的行不会导入，可以删去。",
    "必填：站点名称、经度、纬度、坐标系。其余不知道的请空着，不要填“无”：空着表示未核实，填“无”表示确实没有。",
    "坐标请在地图上点到门口，不要用街道或小区的中心点。",
    "红色单元格是错误，该行不会导入；黄色是提醒，该行会导入但有一项存疑。改好后可以直接再导入这个文件。",
    "One station per row. Required: name, longitude, latitude, datum. Leave blank what nobody has checked.",
)


def write_problem_workbook(read: RegisterRead, path: Path) -> None:
    """
    Write the register as it came, with a column for each row's problems and the cells in question coloured.

    Every text is written as text, never as a formula, and the added columns are passed over when the file is read
    again.
    """
    book = Workbook()
    sheet = active_sheet(book, "登记表")
    write_row(sheet, 1, (*read.table.headings, *PROBLEM_TITLES))
    style_headings(sheet, len(read.table.headings) + len(PROBLEM_TITLES))
    by_row: dict[int, list[RowProblem]] = {}
    for problem in read.problems:
        by_row.setdefault(problem.row or 0, []).append(problem)
    for place, (number, cells) in enumerate(read.table.rows, 2):
        problems = by_row.get(number, [])
        padded = (*cells, *[None] * (len(read.table.headings) - len(cells)))[: len(read.table.headings)]
        write_row(sheet, place, (*padded, *summary(problems)))
        colour(sheet, place, read.table.headings, problems)
    set_widths(sheet, [18] * len(read.table.headings) + [8, 40, 40, 40, 40])
    write_overview(book, read)
    book.save(path)


def summary(problems: list[RowProblem]) -> tuple[str, ...]:
    """Severity, problems and remedies of one row, for its added columns."""
    if not problems:
        return ("",) * len(PROBLEM_TITLES)
    worst = "错误" if any(problem.severity == "error" for problem in problems) else "提醒"

    def lines(texts: list[str]) -> str:
        return "\n".join(dict.fromkeys(texts))

    return (
        worst,
        lines([f"{problem.column}：{problem.problem}".lstrip("：") for problem in problems]),
        lines([problem.remedy for problem in problems]),
        lines([f"{problem.column}: {problem.problem_en}".lstrip(": ") for problem in problems]),
        lines([problem.remedy_en for problem in problems]),
    )


def colour(sheet: Worksheet, place: int, headings: tuple[str, ...], problems: list[RowProblem]) -> None:
    """Colour the cells in question; the whole row where no column is to blame. Errors go over warnings."""
    for problem in sorted(problems, key=lambda problem: problem.severity, reverse=True):
        columns = [column for column, title in enumerate(headings, 1) if title and title == problem.column]
        for column in columns or range(1, len(headings) + 1):
            sheet.cell(place, column).fill = FILLS[problem.severity]


def write_overview(book: Workbook, read: RegisterRead) -> None:
    """A second sheet with the figures and what concerns the whole file."""
    sheet: Worksheet = book.create_sheet("导入结果")
    general = [problem for problem in read.problems if problem.row is None or problem.row <= read.table.heading_row]
    rows: list[tuple[Cell, ...]] = [
        ("文件 file", read.file_name),
        ("读到的行 rows read", read.rows_read),
        ("可导入 good", len(read.rows)),
        ("错误行 refused", read.rows_failed),
        ("坐标系 datum", read.datum.value if read.datum else "按列 by column"),
        ("编码 encoding", read.encoding),
        *[(f"{problem.column}".strip(), f"{problem.problem}；{problem.remedy}") for problem in general],
    ]
    for place, row in enumerate(rows, 1):
        write_row(sheet, place, row)
    set_widths(sheet, [24, 80])


def register_template(path: Path) -> None:
    """Write the empty register: headings with drop-downs, an example row, notes, and the words that are understood."""
    book = Workbook()
    sheet = active_sheet(book, "登记表")
    write_row(sheet, 1, tuple(title for title, _, _ in TEMPLATE_COLUMNS))
    write_row(sheet, 2, tuple(example for _, example, _ in TEMPLATE_COLUMNS))
    style_headings(sheet, len(TEMPLATE_COLUMNS))
    for column in range(1, len(TEMPLATE_COLUMNS) + 1):
        sheet.cell(2, column).font = Font(italic=True, color="808080")
    words = write_words(book)
    for column, (title, _, hint) in enumerate(TEMPLATE_COLUMNS, 1):
        add_validation(sheet, column, title, hint, words)
    set_widths(sheet, [max(12, 2 * len(title) + 4) for title, _, _ in TEMPLATE_COLUMNS])
    write_notes(book)
    book.save(path)


def write_words(book: Workbook) -> dict[str, str]:
    """A sheet of all words that are understood; returns where the words of each table stand."""
    sheet: Worksheet = book.create_sheet("词表")
    places: dict[str, str] = {}
    for column, table in enumerate({table.name: table for table in (*WORD_LISTS, *DROP_DOWNS.values())}.values(), 1):
        write_cell(sheet, 1, column, table.name)
        for place, term in enumerate(table, 2):
            write_cell(sheet, place, column, term.zh)
        letter = get_column_letter(column)
        places[table.name] = f"词表!${letter}$2:${letter}${len(table.terms) + 1}"
    style_headings(sheet, len(places))
    set_widths(sheet, [24] * len(places))
    return places


def add_validation(sheet: Worksheet, column: int, title: str, hint: str, words: dict[str, str]) -> None:
    """A drop-down for columns of one word, and a hint for all that have one."""
    table = DROP_DOWNS.get(title)
    if table is None and not hint:
        return
    validation = DataValidation(type="list", formula1=f"={words[table.name]}") if table else DataValidation()
    # a warning rather than a refusal: an unknown word is kept as a note, not lost
    validation.errorStyle = "warning"
    validation.allow_blank = True
    validation.promptTitle, validation.prompt = title[:32], (hint or "请从列表中选择")[:255]
    validation.showInputMessage = True
    letter = get_column_letter(column)
    validation.add(f"{letter}2:{letter}{DROP_DOWN_ROWS}")
    sheet.add_data_validation(validation)


def write_notes(book: Workbook) -> None:
    """A sheet that says how to fill the register in."""
    sheet: Worksheet = book.create_sheet("填写说明")
    for place, note in enumerate(NOTES, 1):
        write_cell(sheet, place, 1, note)
    first = len(NOTES) + 2
    for place, (title, _, hint) in enumerate(TEMPLATE_COLUMNS, first):
        write_cell(sheet, place, 1, f"{title}：{hint}" if hint else title)
    set_widths(sheet, [110])


def active_sheet(book: Workbook, title: str) -> Worksheet:
    """The first sheet of a new workbook, named and with its first row kept in view."""
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    sheet.freeze_panes = "A2"
    return sheet


def write_row(sheet: Worksheet, place: int, values: tuple[Cell, ...]) -> None:
    """Write the cells of one row."""
    for column, value in enumerate(values, 1):
        write_cell(sheet, place, column, value)


def write_cell(sheet: Worksheet, place: int, column: int, value: Cell) -> None:
    """Write one cell; text stays text, also where it begins like a formula."""
    if value is None or value == "":
        return
    cell: Any = sheet.cell(place, column)
    assert isinstance(cell, BookCell)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)
        cell.alignment = Alignment(vertical="top", wrap_text="\n" in value)
    else:
        cell.value = value


def style_headings(sheet: Worksheet, width: int) -> None:
    """Make the first row look like headings."""
    for column in range(1, width + 1):
        cell = sheet.cell(1, column)
        cell.font = Font(bold=True)
        cell.fill = FILLS["heading"]


def set_widths(sheet: Worksheet, widths: list[int]) -> None:
    """Set the widths of columns, in characters."""
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
