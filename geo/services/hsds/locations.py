"""Stations as locations: position (WGS-84), address, how one gets to it and into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from geo.places import vocabulary
from geo.places.vocabulary import label
from geo.services.hsds.identity import identity
from geo.services.hsds.stations import Record, Stations, present

COUNTRY: Final = "CN"
PROVINCES: Final = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省",
    "22": "吉林省", "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省",
    "35": "福建省", "36": "江西省", "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省",
    "44": "广东省", "45": "广西壮族自治区", "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省",
    "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区", "71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区",
}  # fmt: skip
"""Provinces by the first two digits of a district's code (GB/T 2260)."""


def location_id(slug: str, number: int) -> str:
    """The id of the place of a station, whatever is done there."""
    return identity(slug, "location", number)


def in_list(slug: str, stations: Stations, station: int) -> Record:
    """A place as lists show it: what there is one of."""
    text = stations.text
    own = location_id(slug, stations.ids[station])
    parking = text["bike_parking"][station]
    said: Record = {"id": own, "location_type": "physical"}
    said |= present({"name": text["name"][station], "description": text["landmark_hint"][station]})
    said |= {"transportation": f"停车：{label(vocabulary.BIKE_PARKING, parking)}"} if parking else {}
    said |= {"latitude": round(stations.lat[station], 7), "longitude": round(stations.lon[station], 7)}
    code = text["code"][station]
    said |= {"external_identifier": code, "external_identifier_type": "驿站编号"} if code else {}
    return said


def whole(own: str, city_name: str, stations: Stations, station: int) -> Record:
    """What a place, of which `own` is the id, may have several of: addresses, words on access."""
    return {
        "addresses": addresses(own, city_name, stations.text, station),
        "accessibility": accessibility(own, stations, station),
    }


def addresses(own: str, city_name: str, text: Mapping[str, list[str | None]], station: int) -> list[Record]:
    """The address of a place as far as it is known; what the specification demands is empty where it is not."""
    first = text["address"][station] or text["street"][station]
    if first is None:
        return []
    code = text["district_code"][station] or ""
    said: Record = {
        "id": identity(own, "address"),
        "location_id": own,
        "address_1": first,
        "city": city_name,
        "state_province": PROVINCES.get(code[:2], ""),
        "postal_code": "",
        "country": COUNTRY,
        "address_type": "physical",
    }
    return [said | present({"address_2": text["street"][station], "region": text["district"][station]})]


def accessibility(own: str, stations: Stations, station: int) -> list[Record]:
    """Whether a wheelchair gets in, where somebody wrote it down."""
    is_step_free = stations.step_free[station]
    if is_step_free is None:
        return []
    words = "入口无台阶 (step-free entrance)" if is_step_free else "入口有台阶 (steps at the entrance)"
    floor = stations.text["floor"][station]
    said = {"id": identity(own, "accessibility"), "location_id": own, "description": words}
    return [said | ({"details": f"楼层：{floor}"} if floor else {})]
