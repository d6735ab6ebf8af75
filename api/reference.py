"""What the documentation page says of every operation: short words in both languages, and a question that works."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from geo.cells import cells_to_texts, points_to_cells
from geo.services.collection_tiles import LAST_ZOOM, tile_of
from geo.services.hsds.directory import ids_of_first
from geo.snapshot.model import Snapshot

CELL_RESOLUTION = 9
"""Resolution of the H3 cell in an example: some three hundred metres."""


@dataclass(frozen=True)
class Entry:
    """
    One operation: how it is called in the description, its words, and an example.

    An example that works as it stands is an address with names to fill in, and what is sent there. One that needs a
    key, or something that was made before, is a line for a shell (`own`) with variables for these.
    """

    method: str
    path: str
    zh: str
    en: str
    example: str | None = None
    body: Mapping[str, Any] | None = None
    own: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Method and address, as the description has them."""
        return self.method, self.path


@dataclass(frozen=True)
class Group:
    """Operations that belong together."""

    id: str
    zh: str
    en: str
    entries: tuple[Entry, ...]


ANY = "/collections/{collectionId}"
SQUARE_NAME = "WebMercatorQuad"
SQUARE = f"{ANY}/tiles/{SQUARE_NAME}"
PLACE = "lon={lon}&lat={lat}"
SITES = {"minutes": 10, "sites": 3, "certificate": True}
WHAT_IF = {"minutes": 15, "changes": [{"kind": "add", "lon": "{lon}", "lat": "{lat}", "name": "新站点"}]}

AUTH = '-H "Authorization: Bearer $KEY"'
IS_JSON = "-H 'Content-Type: application/json'"
ANY_VERSION = "-H 'If-Match: *'"
STATION = (
    '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [{lon}, {lat}]}, '
    '"properties": {"name": "新站点", "type": "union_station"}}'
)

GROUPS = (
    Group(
        "nearest",
        "找最近的驿站",
        "The nearest stations",
        (
            Entry(
                "get",
                "/nearest",
                "按真实路程时间排序的最近设施，先筛选再排序。",
                "The nearest facilities by real travel time; filters come before the ranking.",
                f"/nearest?{PLACE}&mode=walk&limit=3",
            ),
            Entry(
                "post",
                "/nearest",
                "一次询问最多一万个点，按列返回。",
                "Up to ten thousand points at once, answered in columns.",
                "/nearest",
                {"points": [["{lon}", "{lat}"]], "limit": 3},
            ),
            Entry(
                "get",
                "/cells/{h3}",
                "一个 H3 格子中心的最近设施；不含个人位置，可公共缓存。",
                "The nearest from the middle of an H3 cell: nobody's position, so caches may keep it.",
                "/cells/{h3}",
            ),
            Entry(
                "get", "/facilities/{identity}", "一处设施的全部信息。", "All about one facility.", "/facilities/{id}"
            ),
            Entry(
                "get",
                "/grid",
                "所在镇街的网格工作站。",
                "The grid workstations of the street a place lies in.",
                f"/grid?{PLACE}",
            ),
            Entry(
                "get",
                "/amenities-nearby",
                "最近的公共厕所。",
                "The nearest public toilets of the street map.",
                f"/amenities-nearby?{PLACE}",
            ),
            Entry(
                "get",
                "/places",
                "按名称（汉字、拼音、首字母、英文）找地点。",
                "Places by name: characters, pinyin, initials or English.",
                "/places?q={name}",
            ),
        ),
    ),
    Group(
        "features",
        "数据集（OGC API）",
        "Collections (OGC API)",
        (
            Entry(
                "get",
                "/",
                "入口：程序得到 JSON，浏览器得到骑手页。",
                "The landing page; browsers get the riders' page.",
                "/?f=json",
            ),
            Entry("get", "/conformance", "符合的标准类。", "The conformance classes.", "/conformance"),
            Entry("get", "/api", "OpenAPI 3.0 接口描述。", "The description in OpenAPI 3.0.", "/api"),
            Entry("get", "/api.html", "本页。", "This page.", "/api.html"),
            Entry("get", "/collections", "全部数据集。", "All collections.", "/collections"),
            Entry("get", ANY, "一个数据集。", "One collection.", "/collections/stations"),
            Entry(
                "get",
                f"{ANY}/queryables",
                "可用于筛选的属性。",
                "Properties to filter by.",
                "/collections/stations/queryables",
            ),
            Entry(
                "get",
                f"{ANY}/sortables",
                "可用于排序的属性。",
                "Properties to sort by.",
                "/collections/stations/sortables",
            ),
            Entry("get", f"{ANY}/schema", "要素的结构。", "What a feature holds.", "/collections/stations/schema"),
            Entry(
                "get",
                f"{ANY}/items",
                "要素：范围、CQL2 筛选、排序、翻页，多种格式。",
                "Features: box, CQL2 filter, order, pages, in several forms.",
                "/collections/stations/items?limit=5&filter=status%3D%27active%27&sortby=name",
            ),
            Entry(
                "get",
                f"{ANY}/items/{{featureId}}",
                "一个要素。",
                "One feature.",
                "/collections/stations/items/{id}",
            ),
            Entry("get", f"{ANY}/tiles", "矢量瓦片集。", "The tilesets.", "/collections/stations/tiles"),
            Entry(
                "get",
                SQUARE,
                "一个瓦片集：范围、属性、地址。",
                "One tileset: limits, properties, addresses.",
                "/collections/stations/tiles/WebMercatorQuad",
            ),
            Entry(
                "get",
                f"{SQUARE}/tilejson.json",
                "TileJSON 描述。",
                "The same as TileJSON.",
                "/collections/stations/tiles/WebMercatorQuad/tilejson.json",
            ),
            Entry(
                "get",
                f"{SQUARE}/style.json",
                "MapLibre 样式。",
                "A style for MapLibre.",
                "/collections/stations/tiles/WebMercatorQuad/style.json",
            ),
            Entry(
                "get",
                f"{SQUARE}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
                "一张矢量瓦片（先行后列）。",
                "One vector tile; the row comes before the column.",
                "/collections/stations/tiles/WebMercatorQuad/{zoom}/{row}/{column}",
            ),
            Entry("get", "/tiles", "全部数据集合成的矢量瓦片集。", "Tilesets of all collections together.", "/tiles"),
            Entry(
                "get",
                f"/tiles/{SQUARE_NAME}",
                "合成的瓦片集：每个数据集一个图层。",
                "One tileset with a layer for every collection.",
                f"/tiles/{SQUARE_NAME}",
            ),
            Entry(
                "get",
                f"/tiles/{SQUARE_NAME}/tilejson.json",
                "合成瓦片集的 TileJSON 描述。",
                "The same as TileJSON.",
                f"/tiles/{SQUARE_NAME}/tilejson.json",
            ),
            Entry(
                "get",
                f"/tiles/{SQUARE_NAME}/style.json",
                "合成瓦片集的 MapLibre 样式。",
                "A style for MapLibre that draws all of them.",
                f"/tiles/{SQUARE_NAME}/style.json",
            ),
            Entry(
                "get",
                f"/tiles/{SQUARE_NAME}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
                "一张含多个数据集的矢量瓦片。",
                "One vector tile of several collections.",
                f"/tiles/{SQUARE_NAME}/{{zoom}}/{{row}}/{{column}}?collections=stations,districts",
            ),
            Entry("get", "/tileMatrixSets", "瓦片的切分方式。", "How tiles are cut.", "/tileMatrixSets"),
            Entry(
                "get",
                f"/tileMatrixSets/{SQUARE_NAME}",
                "网络地图通用方格的完整定义。",
                "The square of web maps in full.",
                f"/tileMatrixSets/{SQUARE_NAME}",
            ),
            Entry(
                "get",
                "/changes",
                "自某一游标以来新增、修改、删除的驿站，供其他程序同步。",
                "What was added, changed and deleted since a cursor, for programs that keep a copy.",
                "/changes",
            ),
            Entry(
                "post",
                "/collections/stations/items",
                "新增驿站（需要密钥）。",
                "Add a station (needs a key).",
                own=f"curl -X POST '{{base}}/collections/stations/items' {AUTH} {IS_JSON} -d '{STATION}'",
            ),
            Entry(
                "put",
                "/collections/stations/items/{featureId}",
                "整条替换（需要密钥与 If-Match）。",
                "Replace a station (needs a key and If-Match).",
                own=f"curl -X PUT '{{base}}/collections/stations/items/{{id}}' {AUTH} {ANY_VERSION} {IS_JSON} "
                f"-d '{STATION}'",
            ),
            Entry(
                "patch",
                "/collections/stations/items/{featureId}",
                "修改部分内容（需要密钥与 If-Match）。",
                "Change parts of a station (needs a key and If-Match).",
                own=f"curl -X PATCH '{{base}}/collections/stations/items/{{id}}' {AUTH} {ANY_VERSION} {IS_JSON} "
                """-d '{"properties": {"hours": "24/7"}}'""",
            ),
            Entry(
                "delete",
                "/collections/stations/items/{featureId}",
                "撤下驿站，可恢复（需要密钥与 If-Match）。",
                "Take a station out; it can be brought back (needs a key and If-Match).",
                own=f"curl -X DELETE '{{base}}/collections/stations/items/{{id}}' {AUTH} {ANY_VERSION}",
            ),
            Entry(
                "get",
                "/exports/{name}",
                "整个数据集的文件，支持断点续传。",
                "A whole collection as a file; downloads can be resumed.",
                "/exports/stations.gpkg",
            ),
        ),
    ),
    Group(
        "hsds",
        "人类服务数据规范（HSDS 3.0）",
        "Human services (HSDS 3.0)",
        (
            Entry(
                "get",
                "/hsds",
                "版本与说明。地点（service_at_location）比规范多四项：状态、核实日期、核实来源、最近修改。",
                "Version and profile: a place has status, assured_date, assurer and last_modified besides.",
                "/hsds",
            ),
            Entry(
                "get",
                "/hsds/services",
                "服务项目：某机构的一类设施或一项服务。",
                "Services: one kind of place, or of help, of one organisation.",
                "/hsds/services?search=%E5%B7%A5%E4%BC%9A",
            ),
            Entry(
                "get",
                "/hsds/services/{identity}",
                "一项服务及其全部地点、开放时间、设施。",
                "One service with all its places, hours and amenities.",
                "/hsds/services/{service}",
            ),
            Entry(
                "get",
                "/hsds/service_at_locations",
                "地点：每个驿站提供的每项服务；可按设施、机构、修改时间筛选。",
                "Places: every station in each of its services, by term, organisation or time of change.",
                "/hsds/service_at_locations?per_page=2",
            ),
            Entry(
                "get",
                "/hsds/service_at_locations/{identity}",
                "一个地点：开放时间按日期写明，节假日与调休已计入。",
                "One place; its hours are true to the day, holidays and make-up workdays included.",
                "/hsds/service_at_locations/{service_at_location}",
            ),
            Entry(
                "get",
                "/hsds/organizations",
                "机构：登记册所列管理单位，未列者按所挂标识。",
                "Organisations: who runs stations, or whose plate they carry.",
                "/hsds/organizations",
            ),
            Entry(
                "get",
                "/hsds/organizations/{identity}",
                "一个机构及其服务项目。",
                "One organisation with its services.",
                "/hsds/organizations/{organization}",
            ),
            Entry("get", "/hsds/taxonomies", "分类表。", "The lists of terms.", "/hsds/taxonomies"),
            Entry(
                "get",
                "/hsds/taxonomies/{identity}",
                "一个分类表。",
                "One list of terms.",
                "/hsds/taxonomies/{taxonomy}",
            ),
            Entry(
                "get",
                "/hsds/taxonomy_terms",
                "分类项：设施、进入方式、服务对象等代码。",
                "Terms: amenities, ways to get in, groups of people.",
                "/hsds/taxonomy_terms?search=%E7%83%AD%E6%B0%B4",
            ),
            Entry(
                "get",
                "/hsds/taxonomy_terms/{identity}",
                "一个分类项。",
                "One term.",
                "/hsds/taxonomy_terms/{taxonomy_term}",
            ),
        ),
    ),
    Group(
        "coverage",
        "覆盖分析",
        "Coverage",
        (
            Entry(
                "get",
                "/coverage",
                "限时内能到达的人口，按区市、镇街，并列出空白区。",
                "People within the limit, by district and street, and the gaps.",
                "/coverage?mode=walk&minutes=15",
            ),
            Entry(
                "get",
                "/coverage/cells",
                "每个格子的分钟、比例、人口（二进制）。",
                "Minutes, share and people of every cell, in bytes.",
                "/coverage/cells?mode=walk&minutes=15&resolution=8",
            ),
            Entry(
                "get",
                "/coverage/stations",
                "地图用的设施列。",
                "The facilities as a map needs them.",
                "/coverage/stations",
            ),
            Entry("get", "/coverage/runs", "已保存的运算。", "The stored runs.", "/coverage/runs"),
            Entry(
                "get",
                "/coverage/runs/{run_id}",
                "一次运算的全部结果。",
                "One stored run in full.",
                own="curl '{base}/coverage/runs/'$RUN",
            ),
            Entry(
                "get",
                "/coverage/compare",
                "比较两次已保存的运算。",
                "Two stored runs side by side.",
                own="curl '{base}/coverage/compare?a='$RUN'&b='$RUN_AFTER",
            ),
            Entry(
                "get",
                "/coverage/slots",
                "一周十四个时段的覆盖。",
                "Coverage at fourteen hours of the week.",
                "/coverage/slots?mode=walk&minutes=15",
            ),
            Entry(
                "get",
                "/coverage/hours",
                "一周每小时的覆盖。",
                "Coverage at every hour of the week.",
                "/coverage/hours?mode=walk&minutes=15",
            ),
            Entry(
                "get",
                "/coverage/measures",
                "可选择性、分钟、容量、公平、目标等指标。",
                "Choice, minutes, room, inequality, targets.",
                "/coverage/measures?brief=true",
            ),
            Entry(
                "get",
                "/coverage/measures/cells",
                "每个格子的可选择性与容量（二进制）。",
                "Choice and room of every cell, in bytes.",
                "/coverage/measures/cells?minutes=15",
            ),
            Entry(
                "get",
                "/coverage/outline",
                "任一设施可到达的范围轮廓。",
                "The ground from which any facility is reached.",
                "/coverage/outline?minutes=15",
            ),
            Entry(
                "get",
                "/isochrones",
                "一处设施的等时圈。",
                "The ground from which one facility is reached.",
                "/isochrones?facility={id}&minutes=10",
            ),
            Entry(
                "get",
                "/report",
                "可签发的报告：网页、PDF、Excel、GeoPackage、图片。",
                "A report to sign: page, PDF, Excel, GeoPackage or picture.",
                "/report?format=xlsx",
            ),
        ),
    ),
    Group(
        "plans",
        "推演与选址",
        "What if, and where next",
        (
            Entry(
                "post",
                "/what-if",
                "新增、迁移、关闭、改时间之后的覆盖。",
                "Coverage after additions, moves, closures and other hours.",
                "/what-if",
                WHAT_IF,
            ),
            Entry(
                "post",
                "/what-if/parts",
                "同上，分段返回，供地图使用。",
                "The same in parts, as a map draws them.",
                "/what-if/parts",
                WHAT_IF,
            ),
            Entry(
                "post",
                "/scenarios",
                "保存一个方案；密钥只显示一次。",
                "Save a scenario; its secret is shown once.",
                "/scenarios",
                {"name": "示例", "question": {"minutes": 15}, "changes": WHAT_IF["changes"]},
            ),
            Entry("get", "/scenarios", "已保存的方案。", "The saved scenarios.", "/scenarios"),
            Entry(
                "get",
                "/scenarios/compare",
                "比较两个方案。",
                "Two scenarios side by side.",
                own="curl '{base}/scenarios/compare?a='$CODE",
            ),
            Entry(
                "get",
                "/scenarios/{code}",
                "一个方案：保存时与现在。",
                "One scenario, as saved and on present facts.",
                own="curl '{base}/scenarios/'$CODE",
            ),
            Entry(
                "delete",
                "/scenarios/{code}",
                "凭密钥删除方案。",
                "Delete a scenario with its secret.",
                own="curl -X DELETE '{base}/scenarios/'$CODE -H \"X-Scenario-Secret: $SECRET\"",
            ),
            Entry(
                "post",
                "/siting",
                "求新站点的最佳位置；返回任务编号。",
                "Where the next stations go best; answers with a job.",
                "/siting",
                SITES,
            ),
            Entry(
                "post",
                "/siting/curve",
                "建多少站、增多少覆盖的曲线。",
                "How much each further station gains.",
                "/siting/curve",
                {"minutes": 10, "most": 5},
            ),
            Entry(
                "post",
                "/siting/check",
                "评估一个地址。",
                "What one address would gain.",
                "/siting/check",
                {"minutes": 10, "lon": "{lon}", "lat": "{lat}"},
            ),
            Entry(
                "post",
                "/siting/places",
                "列出一个问题的全部候选地点，供在地图上点选。",
                "All candidate places of a question, to click on a map.",
                "/siting/places",
                {"minutes": 10},
            ),
            Entry(
                "get",
                "/siting/{job}/certificate",
                "下载证明界限的证书与原始覆盖名单。",
                "Fetch the certificate of a bound with the raw cover lists.",
                own="curl -o certificate.npz '{base}/siting/'$JOB'/certificate'",
            ),
            Entry(
                "post",
                "/siting/candidates",
                "读取候选地点名单。",
                "Read a list of candidate places.",
                own="curl '{base}/siting/candidates?datum=gcj02' -H 'Content-Type: application/octet-stream' "
                "--data-binary @candidates.csv",
            ),
            Entry(
                "get",
                "/siting/{job}",
                "一个选址任务的进度与答案。",
                "How far a siting job is, and its answer.",
                own="curl '{base}/siting/'$JOB",
            ),
            Entry(
                "post",
                "/siting/{job}/scenario",
                "把选址答案存为方案。",
                "Keep a siting answer as a scenario.",
                own=f"curl '{{base}}/siting/'$JOB'/scenario' {IS_JSON} " """-d '{"name": "三个新站"}'""",
            ),
            Entry(
                "delete",
                "/siting/{job}",
                "取消选址任务。",
                "Cancel a siting job.",
                own="curl -X DELETE '{base}/siting/'$JOB",
            ),
        ),
    ),
    Group(
        "city",
        "城市与运行状态",
        "The city and the service",
        (
            Entry(
                "get",
                "/city.json",
                "城市、快照、各类代码的名称。",
                "The city, its snapshot, the words for every code.",
                "/city.json",
            ),
            Entry(
                "get",
                "/stations.json",
                "全部设施，按列，可离线保存。",
                "Every facility in columns, to keep offline.",
                "/stations.json",
            ),
            Entry(
                "get",
                "/areas",
                "区市或镇街的轮廓。",
                "Outlines of districts or streets.",
                "/areas?level=district",
            ),
            Entry(
                "post",
                "/reports",
                "骑手反馈；不含位置与自由文本。",
                "A rider's report: no position, no free text.",
                "/reports",
                {
                    "station": "{id}",
                    "kind": "good_confirm",
                    "at": "{now}",
                    "reporter": "example-reporter-0001",
                    "id": "5f0c7a3e-6b0e-4c0e-9d55-0d5d4d1f6a10",
                },
            ),
            Entry(
                "get",
                "/reports",
                "待处理的骑手反馈（需要密钥）。",
                "Riders' reports that wait for an answer (needs a key).",
                own=f"curl '{{base}}/reports' {AUTH}",
            ),
            Entry(
                "get",
                "/facilities/{identity}/reports",
                "近 30 天对一处设施的反馈。",
                "What riders said of a facility in 30 days.",
                "/facilities/{id}/reports",
            ),
            Entry(
                "post",
                "/wishes",
                "骑手说哪里缺驿站；位置由本人选定，只留到约 10 米。",
                "A rider says where a station is wanted; the place is given on purpose and kept to some ten metres.",
                "/wishes",
                {
                    "lon": "{lon}",
                    "lat": "{lat}",
                    "needs": ["water_hot"],
                    "hours": ["night"],
                    "at": "{now}",
                    "reporter": "example-reporter-0001",
                    "id": "5f0c7a3e-6b0e-4c0e-9d55-0d5d4d1f6a11",
                },
            ),
            Entry(
                "get",
                "/wishes",
                "骑手希望建站的地点，按人数排列（需要密钥）。",
                "Places where riders want a station, by how many do (needs a key).",
                own=f"curl '{{base}}/wishes' {AUTH}",
            ),
            Entry(
                "get",
                "/wishes/{cell}",
                "一处心愿及历次审核（需要密钥）。",
                "One such place with all that was decided of it (needs a key).",
                own=f"curl '{{base}}/wishes/'$CELL {AUTH}",
            ),
            Entry(
                "put",
                "/wishes/{cell}/review",
                "审核心愿：采纳、不采纳、已建成（需要密钥）。",
                "Accept or decline a wish, or say that it is built (needs a key).",
                own=f"curl -X PUT '{{base}}/wishes/'$CELL'/review' {AUTH} {IS_JSON} " """-d '{"state": "accepted"}'""",
            ),
            Entry("get", "/healthz", "进程是否存活。", "Whether the process lives.", "/healthz"),
            Entry(
                "get",
                "/readyz",
                "是否可用：快照与数据库。",
                "Whether it can answer: snapshot and database.",
                "/readyz",
            ),
            Entry(
                "get",
                "/metrics",
                "Prometheus 指标：请求、耗时、快照、数据库；仅限本机，或按设置凭密钥。",
                "Counts for Prometheus: requests, latency, snapshot, database; from the same machine, or with a key.",
                "/metrics",
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Shown:
    """An operation as the page shows it. `address` is None where the example needs something of the reader's own."""

    method: str
    path: str
    words: str
    address: str | None
    curl: str | None


NAME = re.compile(r"\{([a-z]\w*)\}")
"""A name to fill in."""


def names_in(snapshot: Snapshot, now: str) -> dict[str, Any]:
    """What examples are filled in with: a station of the city, where it is, and what lies there."""
    lon, lat = round(float(snapshot.lon[0]), 5), round(float(snapshot.lat[0]), 5)
    row, column = tile_of(lon, lat, LAST_ZOOM)
    cell = cells_to_texts(points_to_cells([lon], [lat], CELL_RESOLUTION))[0]
    identity = str(snapshot.facility_ids[0])
    place = {"lon": lon, "lat": lat, "id": identity, "h3": str(cell), "now": now}
    return {**place, **ids_of_first(snapshot), "name": "qd", "zoom": LAST_ZOOM, "row": row, "column": column}


def filled(value: Any, names: Mapping[str, Any]) -> Any:
    """A body with the names in braces filled in; a text that is nothing but one takes the name's own kind."""
    if isinstance(value, Mapping):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return names[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value


def shown(entry: Entry, base: str, names: Mapping[str, Any], lang: str) -> Shown:
    """An entry with its example as one line for a shell."""
    words = {"zh": entry.zh, "en": entry.en}[lang]
    if entry.example is None:
        line = entry.own and NAME.sub(lambda name: str({"base": base, **names}[name[1]]), entry.own)
        return Shown(entry.method.upper(), entry.path, words, None, line)
    address = base + entry.example.format(**{name: quote(str(value)) for name, value in names.items()})
    if entry.body is None:
        return Shown(entry.method.upper(), entry.path, words, address, f"curl '{address}'")
    body = json.dumps(filled(entry.body, names), ensure_ascii=False)
    curl = f"curl '{address}' -H 'Content-Type: application/json' -d '{body}'"
    return Shown(entry.method.upper(), entry.path, words, address, curl)


def undocumented(described: Mapping[str, Any]) -> list[Entry]:
    """Operations that no group names, in the description's words; the addresses of single collections left out."""
    known = {entry.key for group in GROUPS for entry in group.entries}
    found = []
    for path, item in described["paths"].items():
        for method, operation in item.items():
            is_of_one = path.startswith("/collections/") and not path.startswith(ANY) and method == "get"
            if (method, path) not in known and not is_of_one:
                words = str(operation.get("description") or operation.get("summary") or operation["operationId"])
                found.append(Entry(method, path, words, words))
    return found


def sections(
    described: Mapping[str, Any], snapshot: Snapshot, base: str, now: str, lang: str
) -> Sequence[tuple[str, str, Sequence[Shown]]]:
    """The page's sections: id, heading, operations."""
    names = names_in(snapshot, now)
    more = Group("more", "更多", "More", tuple(undocumented(described)))
    groups = [*GROUPS, *([more] if more.entries else [])]
    return [
        (group.id, {"zh": group.zh, "en": group.en}[lang], [shown(one, base, names, lang) for one in group.entries])
        for group in groups
    ]


FOLLOWING = """import json
from urllib.error import HTTPError
from urllib.request import urlopen


def get(address):
    with urlopen(address) as answer:
        return json.load(answer)


def begin():  # the cursor first, so that nothing between the two is missed
    stations, cursor = {}, get(f"{base}/changes")["cursor"]
    following = f"{base}/collections/stations/items?limit=1000"
    while following:
        page = get(following)
        stations |= {one["id"]: one for one in page["features"]}
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return stations, cursor


def follow(stations, cursor):  # now and then
    while True:
        try:
            answer = get(f"{base}/changes?since={cursor}")
        except HTTPError as error:
            if error.code != 410:
                raise
            return begin()  # the log no longer goes back so far
        for one in answer["changes"]:
            if one["change"] == "deleted":
                stations.pop(one["id"], None)
            else:
                stations[one["id"]] = one["feature"]
        cursor = answer["cursor"]
        if not answer["more"]:
            return stations, cursor


stations, cursor = begin()
stations, cursor = follow(stations, cursor)
print(len(stations))"""
"""How a program keeps a copy of the stations; `base` is put before it."""


def snippets(base: str, names: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """How programs others wrote are pointed here: name and lines."""
    items = f"{base}/collections/stations/items"
    nearest = f"{base}/nearest?lon={names['lon']}&lat={names['lat']}"
    return [
        ("curl", f"curl '{nearest}&open=now&limit=3'\ncurl -o stations.gpkg '{base}/exports/stations.gpkg'"),
        (
            "Python (geopandas)",
            f'import geopandas\n\nstations = geopandas.read_file("{items}?limit=10000")\n'
            f'districts = geopandas.read_file("{base}/collections/districts/items?limit=10000")\n'
            'print(stations.sjoin(districts).groupby("name_right").size())',
        ),
        ("Python (/changes)", f'base = "{base}"\n{FOLLOWING}'),
        (
            "JavaScript",
            f'const answer = await fetch("{nearest}&limit=3");\n'
            "const { features } = await answer.json();\n"
            "for (const { properties } of features) console.log(properties.name, properties.travel_s);",
        ),
    ]
