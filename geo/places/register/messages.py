"""
What the register reader says to people: Chinese first, because keepers read it, with English beside it.

One table, so that a reviewer can read every sentence in one place. A message has what is wrong and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from geo.errors import InputError


@dataclass(frozen=True)
class Message:
    """One thing that can be wrong, and its remedy, in both languages; braces are filled with facts."""

    problem_zh: str
    remedy_zh: str
    problem_en: str
    remedy_en: str


class RegisterError(InputError):
    """A register that cannot be read at all: one sentence with the place and the remedy, Chinese and English."""

    def __init__(self, code: str, **facts: Any) -> None:
        message = FILE_MESSAGES[code]
        self.code = code
        self.facts = facts
        self.zh = f"{message.problem_zh.format(**facts)}；{message.remedy_zh.format(**facts)}。"
        self.en = f"{message.problem_en.format(**facts)}; {message.remedy_en.format(**facts)}."
        super().__init__(f"{self.zh} ({self.en})")


FILE_MESSAGES: Final[dict[str, Message]] = {
    "missing_file": Message("找不到文件 {name}", "请检查路径", "there is no file {name}", "check the path"),
    "empty_file": Message("文件是空的", "请选择有内容的登记表", "the file is empty", "choose a register with content"),
    "too_big": Message(
        "文件有 {size_mb:.1f} MB，超过 {limit_mb} MB 的上限",
        "请删去图片和无关工作表，或分成几个文件",
        "the file has {size_mb:.1f} MB, more than the limit of {limit_mb} MB",
        "remove pictures and other sheets, or split it",
    ),
    "unknown_format": Message(
        "这不是能读的表格：{what}",
        "请另存为 .xlsx、.csv 或 .geojson 后再导入",
        "this is no table that can be read: {what}",
        "save it as .xlsx, .csv or .geojson",
    ),
    "old_excel": Message(
        "这是旧版 .xls 或加了密码的工作簿",
        "请取消密码，另存为 .xlsx 后再导入",
        "this is an old .xls or a workbook with a password",
        "remove the password and save it as .xlsx",
    ),
    "damaged_workbook": Message(
        "工作簿已损坏或没有传完整（{detail}）",
        "请重新下载或重新另存为 .xlsx",
        "the workbook is damaged or cut off ({detail})",
        "download it again or save it again as .xlsx",
    ),
    "unpacks_too_big": Message(
        "工作簿解开后过大（{member}，{detail}），像是压缩炸弹",
        "请把数据复制到新的工作簿里再导入",
        "the workbook unpacks too big ({member}, {detail}), as a zip bomb does",
        "copy the data into a new workbook",
    ),
    "strange_member": Message(
        "工作簿里有不该有的内容：{member}",
        "请把数据复制到新的工作簿里再导入",
        "the workbook holds what no workbook should: {member}",
        "copy the data into a new workbook",
    ),
    "entities": Message(
        "工作簿的 {member} 里有实体声明，可能用于攻击",
        "请把数据复制到新的工作簿里再导入",
        "{member} of the workbook declares entities, as attacks do",
        "copy the data into a new workbook",
    ),
    "too_many_rows": Message(
        "工作表“{sheet}”第 {row} 行还有内容（{cell}），超过 {limit} 行的上限",
        "请删去多余的行，或分成几个文件",
        "sheet '{sheet}' still has content in row {row} ({cell}), beyond the limit of {limit} rows",
        "delete the rows that are not needed, or split the file",
    ),
    "too_many_columns": Message(
        "“{sheet}”在 {cell} 处还有内容，超过 {limit} 列的上限",
        "请删去多余的列",
        "'{sheet}' still has content at {cell}, beyond the limit of {limit} columns",
        "delete the columns that are not needed",
    ),
    "too_many_cells": Message(
        "工作表“{sheet}”里带格式的单元格太多（超过 {limit} 个）",
        "请只复制有内容的区域到新的工作簿",
        "sheet '{sheet}' has too many formatted cells (over {limit})",
        "copy only the filled part into a new workbook",
    ),
    "too_many_merges": Message(
        "工作表“{sheet}”的合并单元格太多",
        "请取消合并，逐行填写",
        "sheet '{sheet}' has too many merged cells",
        "unmerge them and fill in every row",
    ),
    "long_cell": Message(
        "“{sheet}”的 {cell} 单元格超过 {limit} 个字符",
        "请缩短内容",
        "cell {cell} of '{sheet}' has more than {limit} characters",
        "shorten it",
    ),
    "too_much_text": Message(
        "表里的文字总量超过 {limit} 个字符",
        "请分成几个文件",
        "the table holds more than {limit} characters of text",
        "split the file",
    ),
    "took_too_long": Message(
        "读这个工作簿用了过多的时间或内存，已停止",
        "请把数据复制到新的工作簿里再导入",
        "reading this workbook took too much time or memory and was stopped",
        "copy the data into a new workbook",
    ),
    "unknown_encoding": Message(
        "看不出文件的文字编码（第 {row} 行起读不通）",
        "请用 UTF-8 或 GB18030 编码另存",
        "the encoding of the file cannot be told (unreadable from row {row})",
        "save it as UTF-8 or GB18030",
    ),
    "mojibake": Message(
        "文件里的文字已是乱码（第 {row} 行：{sample}）",
        "请回到原表，用 UTF-8 或 GB18030 编码重新导出",
        "the text of the file is garbled (row {row}: {sample})",
        "export it again from the original as UTF-8 or GB18030",
    ),
    "cut_off": Message(
        "文件在第 {row} 行中断，没有传完整",
        "请重新导出或重新下载",
        "the file breaks off in row {row}",
        "export or download it again",
    ),
    "bad_csv": Message(
        "第 {row} 行的引号不成对或含有不能读的字符",
        "请检查这一行，或另存为 .xlsx",
        "row {row} has an unpaired quotation mark or a character that cannot be read",
        "check the row, or save the table as .xlsx",
    ),
    "bad_json": Message(
        "GeoJSON 读不通（第 {row} 行：{detail}）",
        "请检查文件是否完整",
        "the GeoJSON cannot be read (line {row}: {detail})",
        "check that the file is complete",
    ),
    "not_points": Message(
        "GeoJSON 不是由点组成的 FeatureCollection",
        "请导出为点要素集合",
        "the GeoJSON is no FeatureCollection of points",
        "export a collection of points",
    ),
    "no_headings": Message(
        "前 {looked} 行里找不到表头（最接近的第 {row} 行只认出：{found}）",
        "请保留一行列名，如 站点名称、经度、纬度；可用登记表模板",
        "no headings in the first {looked} rows (the nearest, row {row}, only has: {found})",
        "keep one row of headings, such as name, lon, lat; or use the register template",
    ),
    "missing_columns": Message(
        "第 {row} 行表头缺少必需的列：{missing}（现有：{found}）",
        "请补上这些列；可用登记表模板",
        "the headings in row {row} lack: {missing} (present: {found})",
        "add these columns; or use the register template",
    ),
    "merged_headings": Message(
        "第 {row} 行的表头有合并单元格 {cells}",
        "请取消合并，让每一列都有自己的列名",
        "the headings in row {row} have merged cells {cells}",
        "unmerge them, so that every column has its own heading",
    ),
    "double_headings": Message(
        "第 {row} 行有两列都是“{meaning}”：{columns}",
        "请只留一列",
        "row {row} has two columns for '{meaning}': {columns}",
        "keep one of them",
    ),
    "no_rows": Message(
        "表头（第 {row} 行）下面没有数据",
        "请填写站点后再导入",
        "there is nothing below the headings (row {row})",
        "fill in the stations",
    ),
    "datum_needed": Message(
        "没有说明坐标系，也没有“坐标系”列",
        "请用 --datum 说明：高德、腾讯地图取点是 gcj02，百度是 bd09，GPS、天地图是 wgs84 或 cgcs2000",
        "the datum is not stated and there is no datum column",
        "state it with --datum: gcj02 for picks from Amap or Tencent, bd09 for Baidu, wgs84 or cgcs2000 for GPS",
    ),
    "bad_heading_datum": Message(
        "表头写明坐标系是 {stated}，导入时给的却是 {given}",
        "请确认哪一个对，再改其中之一",
        "the headings say the datum is {stated}, the import says {given}",
        "find out which is right and change the other",
    ),
}

ROW_MESSAGES: Final[dict[str, Message]] = {
    "name_empty": Message("站点名称是空的", "请填写名称", "the name is empty", "fill in a name"),
    "name_long": Message(
        "名称有 {length} 个字，超过 {limit} 个",
        "请缩短名称",
        "the name has {length} characters, over {limit}",
        "shorten it",
    ),
    "position_missing": Message(
        "没有坐标", "请在地图上取点后填写经度、纬度", "there is no position", "pick it on a map and fill in lon and lat"
    ),
    "not_a_number": Message(
        "不是数字", "请只填数字，如 120.382600", "not a number", "write digits only, such as 120.382600"
    ),
    "not_a_pair": Message(
        "不是“经度,纬度”两个数字",
        "请写成 120.382600,36.067100",
        "not two numbers, longitude and latitude",
        "write them like 120.382600,36.067100",
    ),
    "swapped": Message(
        "经度和纬度像是填反了",
        "请对调经度和纬度（经度约 73-136，纬度约 3-54）",
        "longitude and latitude look swapped",
        "exchange them (longitude is about 73-136, latitude about 3-54)",
    ),
    "projected": Message(
        "像是投影坐标（米），不是经纬度",
        "请换算成经纬度（度）",
        "this looks like projected metres, not degrees",
        "convert it to longitude and latitude in degrees",
    ),
    "out_of_china": Message(
        "坐标不在中国范围内", "请核对经度、纬度", "the position is not in China", "check longitude and latitude"
    ),
    "far_from_city": Message(
        "坐标远离本市的街道",
        "请核对经度、纬度，以及是否导入了本市的街道",
        "the position is far from every street of the city",
        "check longitude and latitude, and whether the streets of this city were imported",
    ),
    "out_of_city": Message(
        "坐标在本市范围之外约 {distance_km:.1f} 公里",
        "请核对经度、纬度和坐标系",
        "the position is about {distance_km:.1f} km outside the city",
        "check longitude, latitude and datum",
    ),
    "coarse_position": Message(
        "坐标只有 {decimals} 位小数，误差可达约 {error_m} 米",
        "请填写至少 5 位小数",
        "the position has only {decimals} decimals and may be off by about {error_m} m",
        "give at least 5 decimals",
    ),
    "code_twice": Message(
        "编号与第 {first} 行重复",
        "请给每个站点不同的编号",
        "the code is that of row {first}",
        "give every station its own code",
    ),
    "code_empty": Message(
        "编号是空的", "请填写编号，便于下次更新", "the code is empty", "fill it in, so that updates find it"
    ),
    "row_twice": Message(
        "与第 {first} 行的名称、类型和位置都相同",
        "请删去一行；若确是两个站点，请各填编号",
        "name, type and position are those of row {first}",
        "delete one of them; if they are two stations, give each a code",
    ),
    "district_differs": Message(
        "坐标落在{found}，与所填的区不同",
        "请核对坐标和所属区",
        "the position lies in {found}, not in the district stated",
        "check the position and the district",
    ),
    "type_unknown": Message(
        "不认识的站点类型，已按“{used}”处理并保留原文",
        "请用词表中的类型",
        "unknown type, taken as '{used}' and kept as text",
        "use a type from the list",
    ),
    "word_unknown": Message(
        "有不认识的词：{words}，已保留为备注",
        "请用词表中的词，或放在备注列",
        "unknown words: {words}, kept as a note",
        "use words from the list, or put them into the note",
    ),
    "state_unknown": Message(
        "看不出是有还是无，按“未核实”处理",
        "请填写 有 或 无",
        "neither yes nor no, taken as not checked",
        "write yes or no",
    ),
    "hours_uncertain": Message(
        "开放时间没有完全读懂，已保留原文并标为待核实",
        "请写成 周一至周五 08:30-12:00,14:00-18:00 这样的格式",
        "the hours were not fully understood; kept as text and marked uncertain",
        "write them like Mo-Fr 08:30-12:00,14:00-18:00",
    ),
    "number_unread": Message(
        "不是有效的数量，已留空", "请只填数字", "no valid number, left empty", "write digits only"
    ),
    "date_unread": Message(
        "看不懂的日期，已留空",
        "请写成 2026-03-01",
        "a date that cannot be read, left empty",
        "write it like 2026-03-01",
    ),
    "formula": Message(
        "单元格是公式，读取的是上次计算的值",
        "请复制后“选择性粘贴-数值”",
        "the cell is a formula; its last computed value was read",
        "copy it and paste as value",
    ),
    "formula_empty": Message(
        "单元格是公式，没有可读的值",
        "请复制后“选择性粘贴-数值”",
        "the cell is a formula without a value",
        "copy it and paste as value",
    ),
    "merged_data": Message(
        "合并单元格 {cells}，其内容已用于其中每一行",
        "请取消合并并逐行填写",
        "merged cells {cells}; their content was used for each of their rows",
        "unmerge them and fill in every row",
    ),
    "row_short": Message(
        "这一行只有 {found} 列，表头有 {expected} 列，像是文件中断",
        "请重新导出文件",
        "the row has {found} of {expected} columns, as if the file broke off",
        "export the file again",
    ),
    "row_long": Message(
        "这一行有 {found} 列，表头只有 {expected} 列，内容可能错位",
        "请检查多出的分隔符，或另存为 .xlsx",
        "the row has {found} columns where the headings have {expected}; its content may be displaced",
        "look for a stray separator, or save the table as .xlsx",
    ),
    "datum_unknown": Message(
        "不认识的坐标系",
        "请填 WGS-84、CGCS2000、GCJ-02 或 BD-09",
        "unknown datum",
        "write WGS-84, CGCS2000, GCJ-02 or BD-09",
    ),
    "datum_conflict": Message(
        "这一行的坐标系与导入时给的 {given} 不同",
        "请确认后统一",
        "the datum of the row is not the {given} given for the import",
        "find out which is right",
    ),
    "face_only": Message(
        "只能刷脸进入，不符合 2025-06-01 起施行的人脸识别管理办法",
        "请提供另一种进入方式",
        "face recognition is the only way in, against the rules in force since 2025-06-01",
        "offer another way in",
    ),
    "example_row": Message(
        "这是模板中的示例行，已跳过", "无需处理", "this is the template's example row, skipped", "nothing to do"
    ),
    "not_a_station": Message(
        "像是合计或说明，已跳过", "无需处理", "this looks like a total or a remark, skipped", "nothing to do"
    ),
    "heading_twice": Message(
        "与“{used}”列意思相同，未导入",
        "请只留一列",
        "means the same as '{used}', not imported",
        "keep one of them",
    ),
    "heading_unknown": Message(
        "不认识的列，未导入",
        "如需导入请改用模板中的列名",
        "unknown column, not imported",
        "rename it as in the template if needed",
    ),
    "other_sheets": Message(
        "还有别的工作表有内容，未读：{sheets}",
        "如需导入请另存为单独的文件",
        "other sheets have content and were not read: {sheets}",
        "save them as files of their own",
    ),
}
