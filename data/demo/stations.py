"""
The stations of the demo city: as many of each kind as Qingdao declares, with hours, amenities and doors as
plausible as chance makes them.

Counts are the declared ones; everything else is invented. Stations stand where people live, but unevenly on
purpose: new districts are thin, some streets have none, offices close at five. Without gaps there would be nothing
to find.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from data.demo.chance import chance, stream
from data.demo.frontage import Door, Frontage, pick_doors
from data.demo.hosts import road_of
from data.qingdao import DISTRICT_BY_CODE, DISTRICTS, STREETS
from geo.types import Floats

WEST_COAST = "370211"
"""The West Coast New Area is 黄岛区 on the map; its grid workstations and sanitation stations stand only there."""

CHENGYANG_STATIONS = 48
"""Union stations that 城阳区 declares."""

UNCLEAR_HOURS = ("以现场公告为准", "随网点营业时间", "请提前电话预约")
"""Hours as unions also write them, in which no one can read when the door is open."""

_STATION_SHARE = {
    "370202": 1.7, "370203": 1.15, "370211": 1.2, "370212": 1.2, "370213": 0.85, "370215": 0.75,
    "370281": 0.8, "370283": 0.55, "370285": 0.7,
}  # fmt: skip
"""How many union stations a district has per resident, compared with the others."""

_THIN = {"370214400": 0.15, "370211006": 0.2, "370211014": 0.3, "370213013": 0.2, "370215400": 0.15, "370281400": 0.2}
"""New districts where people came before stations did."""


@dataclass(slots=True)
class Station:
    """One row of the register, in codes; `amenities` gives the state of everything that was checked."""

    code: str
    name: str
    facility_type: str
    network: str
    x_m: float
    y_m: float
    district: str
    street: str
    address: str
    landmark: str
    host_type: str
    hours: str
    facility_class: str = "basic"
    amenities: dict[str, str] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)
    entry_methods: list[str] = field(default_factory=list)
    user_groups: list[str] = field(default_factory=list)
    attended: str = "staffed"
    status: str = "active"
    floor: int = 1
    seats: int = 0
    bike_parking: str = ""
    verified_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Network:
    """One kind of facility: how many, where it stands, what it is called."""

    facility_type: str
    network: str
    prefix: str
    suffix: str
    count: int
    apart_m: float
    hosts: tuple[tuple[str, str, float], ...]
    """Host type, the word for it in names, and its share."""


_UNION_HOSTS = (
    ("community", "社区", 20), ("party_centre", "党群服务中心", 13), ("bank", "银行网点", 12), ("union_built", "", 11),
    ("bus_station", "公交场站", 7), ("fuel", "加油站", 6), ("telecom", "营业厅", 6), ("post_express", "邮政支局", 6),
    ("mall", "商场", 5), ("convenience_24h", "便利店", 3), ("hospital", "卫生服务中心", 4), ("park", "公园", 4),
    ("toilet", "公厕", 3),
)  # fmt: skip

_KINDS = (
    _Network("union_station", "union_station", "YZ", "工会驿站", 784, 170, _UNION_HOSTS),
    _Network(
        "shared_worker_home",
        "worker_home",
        "GX",
        "共享职工之家",
        168,
        300,
        (("enterprise", "园区", 6), ("enterprise", "楼宇", 4), ("community", "社区", 5)),
    ),
    _Network("grid_town", "grid", "WZ", "镇街网格工作站", 23, 300, (("government_hall", "便民服务中心", 1),)),
    _Network(
        "grid_base", "grid", "WG", "基层网格工作站", 269, 160, (("community", "社区", 7), ("enterprise", "企业", 4))
    ),
    _Network(
        "sanitation_station",
        "sanitation",
        "HW",
        "环卫爱心驿站",
        350,
        130,
        (("sanitation_depot", "环卫站", 5), ("toilet", "公厕", 4), ("container", "", 3)),
    ),
    _Network(
        "mother_room",
        "mother_room",
        "MM",
        "爱心妈妈小屋",
        400,
        200,
        (
            ("hospital", "医院", 4),
            ("mall", "商场", 4),
            ("enterprise", "企业", 6),
            ("government_hall", "政务大厅", 2),
            ("metro", "地铁站", 2),
        ),
    ),
    _Network(
        "childcare_station",
        "childcare",
        "TG",
        "爱心托管驿站",
        300,
        300,
        (("community", "社区", 6), ("enterprise", "企业", 4), ("library", "图书馆", 1)),
    ),
)
"""The kinds of facility with the counts that are declared (data/declared.py)."""

SMART_24H = 87
_BENCHMARK = 118
_SHARED_DOORS = 34
"""Sanitation stations that stand at the door of a union station: two plates on one house."""

_NEAR_TWINS = 6
"""Pairs of union stations under two hosts a few steps apart, for the check on duplicates."""


def stations(fronts: Frontage, seed: int, scale: float) -> list[Station]:
    """All stations of the city, kind by kind, in a fixed order."""
    found: list[Station] = []
    for kind in _KINDS:
        doors = _doors(kind, fronts, seed, scale)
        found += _dressed([_named(kind, fronts, seed, number, door) for number, door in enumerate(doors)], kind, seed)
    _share_doors(found, scale)
    _make_twins(found, scale)
    _number_equal_names(found)
    return found


def scaled(count: int, scale: float) -> int:
    """A count in a city of another size; the full count in the full city."""
    return max(1, round(count * scale))


def _doors(kind: _Network, fronts: Frontage, seed: int, scale: float) -> list[Door]:
    """Where the facilities of a kind stand, district by district."""
    street_code = np.array([street.code for street in STREETS])[fronts.street]
    weight = fronts.people * _favour(kind, seed)[fronts.street]
    if kind.facility_type == "grid_town":
        return _one_per_town(kind, fronts, street_code, seed, scale)
    doors: list[Door] = []
    for district, count in _per_district(kind, scaled(kind.count, scale)).items():
        here = np.char.startswith(street_code, district)
        chances = stream(seed, f"{kind.facility_type} {district}")
        doors += pick_doors(fronts, np.where(here, weight, 0.0), count, chances, apart_m=kind.apart_m)
    return doors


def _favour(kind: _Network, seed: int) -> Floats:
    """How much a kind is favoured in each street: some have plenty, some nearly none."""
    codes = [street.code for street in STREETS]
    whim = chance(seed, 50, [int(code) for code in codes], sum(kind.prefix.encode()))
    favour = np.where(whim < 0.16, 0.06, 0.35 + 1.6 * whim)
    thinned: Floats = favour * np.array([_THIN.get(code, 1.0) for code in codes])
    return thinned


def _per_district(kind: _Network, count: int) -> dict[str, int]:
    """How many of a kind each district has; they add up to the count."""
    if kind.network in ("grid", "sanitation"):
        return {WEST_COAST: count}
    fixed: dict[str, int] = {}
    share = {area.code: float(area.people) for area in DISTRICTS}
    if kind.facility_type == "union_station":
        fixed = {"370214": round(CHENGYANG_STATIONS * count / kind.count)}
        share = {code: share[code] * factor for code, factor in _STATION_SHARE.items()}
    return fixed | _largest_remainder(share, count - sum(fixed.values()))


def _largest_remainder(share: dict[str, float], count: int) -> dict[str, int]:
    """Split a count in proportion to shares into whole numbers that add up."""
    exact = {code: count * value / sum(share.values()) for code, value in share.items()}
    whole = {code: int(value) for code, value in exact.items()}
    rest = sorted(exact, key=lambda code: (whole[code] - exact[code], code))
    for code in rest[: count - sum(whole.values())]:
        whole[code] += 1
    return whole


def _one_per_town(
    kind: _Network, fronts: Frontage, street_code: np.ndarray[tuple[int], np.dtype[np.str_]], seed: int, scale: float
) -> list[Door]:
    """One door in each street and town of the West Coast, at its densest front."""
    towns = [street.code for street in STREETS if street.district_code == WEST_COAST][: scaled(kind.count, scale)]
    doors: list[Door] = []
    for code in towns:
        weight = np.where(street_code == code, fronts.people * (0.2 + fronts.density) ** 3, 0.0)
        doors += pick_doors(fronts, weight, 1, stream(seed, f"grid town {code}"), apart_m=kind.apart_m)
    return doors


def _named(kind: _Network, fronts: Frontage, seed: int, number: int, door: Door) -> Station:
    """A bare station: code, name, place and host."""
    street = STREETS[int(fronts.street[door.front])]
    district = DISTRICT_BY_CODE[street.district_code]
    host, word = _drawn_host(kind, seed, number)
    road = road_of(fronts, door.front)
    house = 1 + int(398 * chance(seed, 51, door.front)[0])
    place = street.name.removesuffix("街道") if kind.facility_type == "grid_town" else road + word
    return Station(
        code=f"{street.district_code}-{kind.prefix}-{number + 1:04d}",
        name=place + kind.suffix,
        facility_type=kind.facility_type,
        network=kind.network,
        x_m=door.x_m,
        y_m=door.y_m,
        district=district.name,
        street=street.name,
        address=f"青岛市{district.name}{road}{house}号",
        landmark=f"{word}一楼" if word else "路边独立小屋",
        host_type=host,
        hours="",
    )


def _drawn_host(kind: _Network, seed: int, number: int) -> tuple[str, str]:
    """The host of a station, by the shares of its kind."""
    total = sum(share for _, _, share in kind.hosts)
    left = total * chance(seed, 52, sum(kind.prefix.encode()), number)[0]
    for host, word, share in kind.hosts:
        left -= share
        if left < 0:
            return host, word
    return kind.hosts[-1][0], kind.hosts[-1][1]


_HOST_HOURS: dict[str, tuple[str, ...]] = {
    "community": (
        "周一至周五 08:30-12:00,13:30-17:30",
        "周一至周日 8:30-17:30",
        "工作日 8:30-17:00",
        "8:30-11:30 13:30-17:00",
    ),
    "party_centre": ("周一至周五 9:00-17:00", "每天 9:00-20:00", "周一至周六 08:30-18:00", "周一至周日 9:00-21:00"),
    "bank": ("周一至周五 8:30-16:30", "周一至周日 09:00-16:30", "工作日9:00-17:00"),
    "union_built": (
        "周一至周日 07:00-22:00",
        "每天 8:00-20:00",
        "06:00-22:00",
        "5月1日至9月30日 7:00-20:00,10月1日至4月30日 8:00-18:00",
    ),
    "bus_station": ("每天 5:30-22:00", "周一至周日 05:00-23:00"),
    "fuel": ("24小时", "每天 6:00-23:00"),
    "telecom": ("周一至周日 9:00-17:30", "每天 9:00-18:00"),
    "post_express": ("周一至周日 8:30-17:00", "周一至周六 08:30-17:30"),
    "mall": ("每天 9:30-21:30", "周一至周四 10:00-21:30,周五至周日 10:00-22:00"),
    "convenience_24h": ("每天 06:00-次日02:00", "17:00-次日2:00"),
    "hospital": ("周一至周日 8:00-17:00", "周一至周五 8:00-11:30,13:00-17:00"),
    "park": ("每天 5:00-21:00", "4月1日至10月31日 6:00-20:00,11月1日至3月31日 7:00-18:00"),
    "toilet": ("每天 6:00-22:00", "每天 5:00-21:30"),
    "sanitation_depot": (
        "每天 4:30-19:00",
        "周一至周日 04:00-20:00",
        "5月1日至9月30日 4:00-20:00,10月1日至4月30日 5:00-18:30",
    ),
    "container": ("每天 5:00-20:00", "周一至周日 04:30-19:30"),
    "enterprise": ("周一至周五 8:30-17:30", "工作日 9:00-18:00", "周一至周六 9:00-17:00"),
    "government_hall": ("周一至周五 9:00-12:00,13:00-17:00", "工作日 9:00-17:00"),
    "library": ("周二至周日 9:00-17:00", "周二至周五 9:00-20:00,周六至周日 9:00-17:00"),
    "metro": ("每天 6:00-22:30",),
}
"""Hours as the hosts of stations write them."""

_AROUND_THE_CLOCK = ("24小时", "全天24小时开放", "00:00-24:00", "24小时开放")

_AMENITY_CHANCE: dict[str, dict[str, float]] = {
    "union_station": {
        "water_hot": 0.95, "water_cold": 0.55, "microwave": 0.82, "seat": 0.97, "table": 0.8, "aircon": 0.85,
        "heating": 0.5, "phone_charge": 0.9, "first_aid": 0.8, "wifi": 0.6, "books": 0.5, "umbrella": 0.5,
        "sewing": 0.35, "fridge": 0.3, "toilet_inside": 0.35, "toilet_near": 0.3, "handwash": 0.4, "tyre_pump": 0.25,
        "repair_tools": 0.15, "locker": 0.15, "heat_medicine": 0.4, "fire_ext": 0.5, "cctv": 0.4, "aed": 0.06,
        "ebike_charge": 0.12, "battery_swap": 0.05, "powerbank": 0.2, "raincoat": 0.15, "bp_meter": 0.15,
        "step_free": 0.3,
    },
    "sanitation_station": {
        "water_hot": 0.95, "microwave": 0.6, "seat": 0.95, "heating": 0.6, "fan": 0.5, "aircon": 0.35,
        "first_aid": 0.6, "tool_storage": 0.7, "toilet_inside": 0.45, "handwash": 0.5, "phone_charge": 0.6,
        "raincoat": 0.4, "heat_medicine": 0.5,
    },
    "shared_worker_home": {
        "seat": 1.0, "table": 0.9, "aircon": 0.95, "water_hot": 0.9, "books": 0.9, "wifi": 0.8,
        "tv": 0.5, "toilet_inside": 0.8, "self_print": 0.3, "phone_charge": 0.6, "step_free": 0.4, "fire_ext": 0.8,
    },
    "grid_town": {
        "seat": 1.0, "water_hot": 0.9, "aircon": 0.9, "toilet_inside": 0.8, "books": 0.6, "self_print": 0.5,
    },
    "grid_base": {
        "seat": 0.95, "water_hot": 0.8, "aircon": 0.6, "toilet_inside": 0.4, "phone_charge": 0.5, "first_aid": 0.4,
    },
    "mother_room": {
        "nursing": 1.0, "milk_fridge": 0.7, "diaper_table": 0.75, "handwash": 0.6, "seat": 0.9, "water_hot": 0.6,
        "aircon": 0.6, "step_free": 0.5,
    },
    "childcare_station": {
        "childcare_drop": 1.0, "books": 0.9, "seat": 0.95, "aircon": 0.8, "toilet_inside": 0.9, "cctv": 0.8,
    },
}  # fmt: skip
"""How often each amenity is there, by kind of facility."""

_SMART_EXTRA = {
    "microwave": 1.0,
    "fridge": 0.8,
    "cctv": 1.0,
    "wifi": 0.95,
    "emergency_button": 0.7,
    "notice_screen": 0.6,
}

_SERVICE_CHANCE = {
    "union_station": {
        "legal_aid": 0.3,
        "psych": 0.18,
        "health_check": 0.15,
        "join_union": 0.5,
        "haircut": 0.08,
        "mutual_aid_swap": 0.1,
    },
    "shared_worker_home": {
        "legal_aid": 0.6,
        "psych": 0.6,
        "training": 0.7,
        "health_check": 0.3,
        "join_union": 0.7,
        "job_info": 0.4,
    },
    "grid_town": {"legal_aid": 0.9, "join_union": 1.0, "job_info": 0.7, "psych": 0.5},
    "grid_base": {"legal_aid": 0.5, "join_union": 0.9, "job_info": 0.4},
}
"""How often each service is there; kinds not named have none."""

_ENTRY = {
    "smart24h": (("app_qr", "id_card"), ("wechat_scan", "app_qr"), ("app_qr", "face", "pin"), ("wechat_scan",)),
    "staffed": (("open_door",), ("open_door", "staff"), ("staff",), ("open_door",), ("open_door",)),
    "unstaffed": (("wechat_scan",), ("pin",), ("open_door",), ("app_qr",), ("key", "call")),
}
"""Ways to be let in."""

_GROUPS = {
    "union_station": (
        ("rider", "courier", "sanitation", "ride_hail"),
        ("anyone",),
        ("rider", "courier", "sanitation", "traffic_police", "garden"),
        ("anyone",),
    ),
    "sanitation_station": (("sanitation",), ("sanitation", "garden"), ("anyone",)),
    "mother_room": (("women_nursing",),),
    "childcare_station": (("union_member",),),
    "shared_worker_home": (("union_member",), ("anyone",)),
    "grid_town": (("anyone",),),
    "grid_base": (("union_member", "rider", "courier"), ("anyone",)),
}
"""Who may use a kind of facility."""

_ENCLOSED_HOSTS = ("enterprise", "government_hall", "mall")


def _dressed(rows: list[Station], kind: _Network, seed: int) -> list[Station]:
    """The same stations with class, hours, amenities, services, doors and states."""
    key = sum(kind.prefix.encode())
    _set_classes(rows, kind, seed)
    for number, row in enumerate(rows):
        whim = chance(seed, 53, key, number, np.arange(9))
        _set_hours(row, float(whim[0]), float(whim[1]))
        _set_door(row, whim)
        _set_amenities(row, seed, key, number)
        if whim[7] < 0.93:
            row.verified_on = date(2025, 1, 6) + timedelta(days=int(whim[8] * 350))
    return rows


def _set_classes(rows: list[Station], kind: _Network, seed: int) -> None:
    """Make the declared share of union stations smart 24-hour ones, and the best of the others benchmarks."""
    if kind.facility_type != "union_station":
        return
    order = np.argsort(chance(seed, 54, np.arange(len(rows))), kind="stable").tolist()
    smart = round(SMART_24H * len(rows) / kind.count)
    benchmark = round(_BENCHMARK * len(rows) / kind.count)
    for number in order[:smart]:
        rows[number].facility_class = "smart24h"
    for number in order[smart : smart + benchmark]:
        rows[number].facility_class = "benchmark"


def _set_hours(row: Station, whim: float, gap: float) -> None:
    """Hours by class and host; a few stations say nothing."""
    if row.facility_class == "smart24h":
        choices: tuple[str, ...] = _AROUND_THE_CLOCK
    else:
        choices = _HOST_HOURS[row.host_type]
        if row.facility_type == "union_station":
            # 24 hours belong to the 87: a filling station's other shifts are not the union's.
            choices = tuple(text for text in choices if "24小时" not in text)
    row.hours = "" if gap < 0.035 and row.facility_class != "smart24h" else choices[int(whim * len(choices))]


def _set_door(row: Station, whim: Floats) -> None:
    """Who lets people in, whom, on which floor, with how many seats; a few are closed for now."""
    unstaffed = (
        row.facility_class == "smart24h" or row.host_type in ("union_built", "container", "toilet") or whim[2] < 0.05
    )
    row.attended = "unstaffed" if unstaffed else "mixed" if whim[2] > 0.92 else "staffed"
    doors = _ENTRY["smart24h" if row.facility_class == "smart24h" else "unstaffed" if unstaffed else "staffed"]
    row.entry_methods = list(doors[int(whim[3] * len(doors))])
    groups = _GROUPS[row.facility_type]
    row.user_groups = list(groups[int(whim[4] * len(groups))])
    upstairs = row.host_type in _ENCLOSED_HOSTS and whim[5] < 0.35
    row.floor = 1 + int(1 + 3 * whim[6]) if upstairs else 1
    if upstairs:
        row.landmark = f"{row.floor}层,请从大厅上楼"
    row.seats = int(4 + 10 * whim[6] ** 2) if row.facility_type != "shared_worker_home" else int(20 + 60 * whim[6])
    row.bike_parking = ("kerb", "reserved", "none", "")[int(4 * whim[5] ** 0.8)]
    if whim[2] > 0.985:
        row.status = "temporarily_closed"


def _set_amenities(row: Station, seed: int, key: int, number: int) -> None:
    """What is there, what is broken, what is known to be missing; what nobody checked is left out."""
    likely = _AMENITY_CHANCE[row.facility_type] | (_SMART_EXTRA if row.facility_class == "smart24h" else {})
    better = 0.1 if row.facility_class == "benchmark" else 0.0
    whim = chance(seed, 55, key, number, np.arange(2 * len(likely)))
    for place, (amenity, share) in enumerate(likely.items()):
        state = float(whim[len(likely) + place])
        if whim[place] < share + better:
            row.amenities[amenity] = "broken" if state < 0.02 else "limited" if state < 0.045 else "available"
        elif state < 0.12:
            row.amenities[amenity] = "absent"
    services = _SERVICE_CHANCE.get(row.facility_type, {})
    draw = chance(seed, 56, key, number, np.arange(len(services) + 1))
    row.services = [name for place, (name, share) in enumerate(services.items()) if draw[place] < share + better]


def _share_doors(rows: list[Station], scale: float) -> None:
    """Move some sanitation stations to the door of a union station of the West Coast: one house, two plates."""
    union = [row for row in rows if row.facility_type == "union_station" and row.district == "黄岛区"]
    plates = [row for row in rows if row.facility_type == "sanitation_station"]
    for host, guest in list(zip(union[::3], plates[::5], strict=False))[: scaled(_SHARED_DOORS, scale)]:
        guest.x_m, guest.y_m = host.x_m + 3.0, host.y_m - 2.0
        guest.street, guest.address, guest.landmark = host.street, host.address, host.landmark
        guest.name = host.name.replace("工会驿站", "环卫爱心驿站")


def _make_twins(rows: list[Station], scale: float) -> None:
    """Move a few union stations next to another of the same district, as registers of two offices have them."""
    union = [row for row in rows if row.facility_type == "union_station" and row.district == "市北区"]
    for first, second in list(zip(union[0::7], union[3::7], strict=False))[: scaled(_NEAR_TWINS, scale)]:
        second.x_m, second.y_m = first.x_m + 14.0, first.y_m + 9.0
        second.street, second.address = first.street, first.address


def _number_equal_names(rows: list[Station]) -> None:
    """Give stations of one name a number, as the second branch on a road has."""
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row.name] += 1
        if seen[row.name] > 1:
            row.name = f"{row.name}({seen[row.name]}号)"
