"""
What unions and companies of Qingdao say they have: every figure with its words, its date, its area and its owner.

A figure here is a claim, not a count of rows, and claims of different owners are never added up: whether the 350
sanitation stations of a company overlap the 784 of the city's unions is not known. Dates of the undated articles
are read out of their texts and therefore given to the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Qualifier = Literal["exact", "about", "more_than", "nearly"]
"""How the wording hedges its number: 约 is about, 余 is more than, 近 is nearly."""


@dataclass(frozen=True, slots=True)
class DeclaredFigure:
    """One declared number, with the sentence it was read in."""

    metric: str
    value: int
    qualifier: Qualifier
    wording: str
    area: str
    as_of: str
    owner: str
    source: str
    facility_type: str | None = None
    facility_class: str | None = None


_SEED_000 = "“产改”激活企业发展一池春水(青岛西海岸公用事业集团)"
_SEED_001 = "用工会“温度”提升职工幸福“厚度”(青岛市总工会)"
_SEED_002 = "西海岸新区“12351”总体思路(西海岸新区总工会)"
_SEED_003 = "大众日报:深化产业工人队伍建设改革"
_CITY = "青岛市"
_WEST_COAST = "西海岸新区"
_CITY_UNION = "青岛市总工会"
_CITY_AND_DISTRICT_UNIONS = "青岛市、区两级工会"
_WEST_COAST_UNION = "西海岸新区总工会"
_WEST_COAST_UTILITIES = "青岛西海岸公用事业集团"

DECLARED_FIGURES = (
    DeclaredFigure(
        "union_stations",
        784,
        "exact",
        "全市建设工人文化宫、打造784个工会驿站",
        _CITY,
        "2025",
        _CITY_UNION,
        _SEED_001,
        "union_station",
    ),
    DeclaredFigure(
        "smart_stations_24h",
        87,
        "exact",
        "24小时智能化驿站达87个",
        _CITY,
        "2025",
        _CITY_UNION,
        _SEED_001,
        "union_station",
        "smart24h",
    ),
    DeclaredFigure(
        "station_visits",
        3_000_000,
        "more_than",
        "累计服务一线职工300余万人次",
        _CITY,
        "2025",
        _CITY_UNION,
        _SEED_001,
    ),
    DeclaredFigure(
        "shared_worker_homes",
        168,
        "exact",
        "精心打造共享职工之家168家",
        _CITY,
        "2025",
        _CITY_AND_DISTRICT_UNIONS,
        _SEED_001,
        "shared_worker_home",
    ),
    DeclaredFigure(
        "shared_home_services",
        1_773,
        "exact",
        "服务项目1773项",
        _CITY,
        "2025",
        _CITY_AND_DISTRICT_UNIONS,
        _SEED_001,
    ),
    DeclaredFigure(
        "shared_home_enterprises",
        6_284,
        "exact",
        "覆盖企业6284家",
        _CITY,
        "2025",
        _CITY_AND_DISTRICT_UNIONS,
        _SEED_001,
    ),
    DeclaredFigure(
        "mother_rooms",
        400,
        "more_than",
        "建设爱心妈妈小屋400余个",
        _CITY,
        "2025",
        _CITY_UNION,
        _SEED_001,
        "mother_room",
    ),
    DeclaredFigure(
        "childcare_stations",
        300,
        "nearly",
        "爱心托管驿站近300家",
        _CITY,
        "2025",
        _CITY_UNION,
        _SEED_001,
        "childcare_station",
    ),
    DeclaredFigure(
        "health_checks_per_year",
        25_000,
        "more_than",
        "每年为2.5万余名一线职工开展免费健康体检",
        _CITY,
        "2025",
        _CITY_UNION,
        _SEED_001,
    ),
    DeclaredFigure(
        "grid_town_workstations",
        23,
        "exact",
        "全区设立23个镇街网格工作站",
        _WEST_COAST,
        "2022",
        _WEST_COAST_UNION,
        _SEED_002,
        "grid_town",
    ),
    DeclaredFigure(
        "grid_base_workstations",
        269,
        "exact",
        "269个基层网格工作站,打造成为职工家门口的“微型工会”",
        _WEST_COAST,
        "2022",
        _WEST_COAST_UNION,
        _SEED_002,
        "grid_base",
    ),
    DeclaredFigure(
        "sanitation_stations",
        350,
        "exact",
        "建立350处环卫爱心驿站,为一线环卫工人提供遮风避雨、歇脚休息场所",
        _WEST_COAST,
        "2022",
        _WEST_COAST_UTILITIES,
        _SEED_000,
        "sanitation_station",
    ),
    DeclaredFigure(
        "sanitation_apartment_beds",
        1_000,
        "more_than",
        "可供1000余名外地环卫工人免费居住的环卫公寓“网”",
        _WEST_COAST,
        "2022",
        _WEST_COAST_UTILITIES,
        _SEED_000,
    ),
    DeclaredFigure(
        "model_homes",
        100,
        "exact",
        "100家模范职工之家",
        _CITY,
        "2021",
        _CITY_UNION,
        _SEED_003,
    ),
    DeclaredFigure(
        "public_toilets_24h",
        782,
        "exact",
        "1300余座环卫公厕,其中782座24小时开放",
        _CITY,
        "2025-10",
        "青岛市城市管理部门",
        "https://www.163.com/dy/article/KBECHEL10530WJIN.html",
    ),
    DeclaredFigure(
        "chengyang_union_stations",
        48,
        "exact",
        "城阳区工会驿站48家",
        "城阳区",
        "2025-01-17",
        "城阳区总工会",
        "中工网 2025-01-17",
    ),
)
