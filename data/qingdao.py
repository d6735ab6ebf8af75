"""
Typed facts of Qingdao: its ten districts with their people, and the streets and towns below them.

Names and codes: the official code list of 2023 (china-division, MIT). People: the census of 2020 by district
(leiii/census, MIT). The census lists the high-tech zone (370271, 41,823 people, all urban) beside the districts,
but on the map it lies inside 城阳区, and a point in it has a 370214 address. Its people are therefore counted with
城阳区, so that every person belongs to one area that can be drawn and the total stays the published 10,071,722.
"""

from __future__ import annotations

from dataclasses import dataclass

CITY_SLUG = "qingdao-demo"
CITY_NAME = "青岛"
CITY_NAME_EN = "Qingdao"

CENSUS_YEAR = 2020
TOTAL_PEOPLE = 10_071_722
"""Residents of the whole municipality on 2020-11-01."""

HIGH_TECH_ZONE_PEOPLE = 41_823
"""Residents of the high-tech zone (370271), counted with 城阳区."""


@dataclass(frozen=True, slots=True)
class District:
    """One of the ten districts and county-level cities, with its residents in 2020."""

    code: str
    name: str
    name_en: str
    people: int
    urban_people: int

    @property
    def urban_share(self) -> float:
        """Share of the residents who live in built-up places, 0 to 1."""
        return self.urban_people / self.people


@dataclass(frozen=True, slots=True)
class Street:
    """A street, town or zone (镇街), the level below a district. Its code begins with the district's six digits."""

    code: str
    name: str
    name_en: str

    @property
    def district_code(self) -> str:
        """Code of the district it belongs to."""
        return self.code[:6]


DISTRICTS = (
    District("370202", "市南区", "Shinan District", 486_643, 486_643),
    District("370203", "市北区", "Shibei District", 1_096_879, 1_096_879),
    District("370211", "黄岛区", "Huangdao District", 1_903_595, 1_561_003),
    District("370212", "崂山区", "Laoshan District", 502_370, 432_474),
    District("370213", "李沧区", "Licang District", 737_281, 737_281),
    District(
        "370214",
        "城阳区",
        "Chengyang District",
        1_067_783 + HIGH_TECH_ZONE_PEOPLE,
        1_019_908 + HIGH_TECH_ZONE_PEOPLE,
    ),
    District("370215", "即墨区", "Jimo District", 1_336_077, 789_268),
    District("370281", "胶州市", "Jiaozhou City", 987_820, 613_996),
    District("370283", "平度市", "Pingdu City", 1_191_348, 519_957),
    District("370285", "莱西市", "Laixi City", 720_103, 389_242),
)

STREETS = (
    Street("370202001", "香港中路街道", "Xianggang Zhonglu Subdistrict"),
    Street("370202002", "八大峡街道", "Badaxia Subdistrict"),
    Street("370202004", "云南路街道", "Yunnan Lu Subdistrict"),
    Street("370202005", "中山路街道", "Zhongshan Lu Subdistrict"),
    Street("370202007", "江苏路街道", "Jiangsu Lu Subdistrict"),
    Street("370202009", "八大关街道", "Badaguan Subdistrict"),
    Street("370202010", "湛山街道", "Zhanshan Subdistrict"),
    Street("370202011", "金湖路街道", "Jinhu Lu Subdistrict"),
    Street("370202012", "八大湖街道", "Badahu Subdistrict"),
    Street("370202013", "金门路街道", "Jinmen Lu Subdistrict"),
    Street("370202014", "珠海路街道", "Zhuhai Lu Subdistrict"),
    Street("370203005", "辽宁路街道", "Liaoning Lu Subdistrict"),
    Street("370203008", "延安路街道", "Yan'an Lu Subdistrict"),
    Street("370203011", "登州路街道", "Dengzhou Lu Subdistrict"),
    Street("370203013", "宁夏路街道", "Ningxia Lu Subdistrict"),
    Street("370203014", "敦化路街道", "Dunhua Lu Subdistrict"),
    Street("370203015", "辽源路街道", "Liaoyuan Lu Subdistrict"),
    Street("370203016", "合肥路街道", "Hefei Lu Subdistrict"),
    Street("370203019", "大港街道", "Dagang Subdistrict"),
    Street("370203020", "即墨路街道", "Jimo Lu Subdistrict"),
    Street("370203021", "台东街道", "Taidong Subdistrict"),
    Street("370203022", "镇江路街道", "Zhenjiang Lu Subdistrict"),
    Street("370203025", "浮山新区街道", "Fushan Xinqu Subdistrict"),
    Street("370203026", "阜新路街道", "Fuxin Lu Subdistrict"),
    Street("370203027", "海伦路街道", "Hailun Lu Subdistrict"),
    Street("370203028", "四方街道", "Sifang Subdistrict"),
    Street("370203029", "兴隆路街道", "Xinglong Lu Subdistrict"),
    Street("370203030", "水清沟街道", "Shuiqinggou Subdistrict"),
    Street("370203031", "洛阳路街道", "Luoyang Lu Subdistrict"),
    Street("370203032", "河西街道", "Hexi Subdistrict"),
    Street("370203033", "湖岛街道", "Hudao Subdistrict"),
    Street("370203034", "开平路街道", "Kaiping Lu Subdistrict"),
    Street("370203035", "双山街道", "Shuangshan Subdistrict"),
    Street("370211001", "黄岛街道", "Huangdao Subdistrict"),
    Street("370211002", "辛安街道", "Xin'an Subdistrict"),
    Street("370211003", "薛家岛街道", "Xuejiadao Subdistrict"),
    Street("370211004", "灵珠山街道", "Lingzhushan Subdistrict"),
    Street("370211005", "长江路街道", "Changjiang Lu Subdistrict"),
    Street("370211006", "红石崖街道", "Hongshiya Subdistrict"),
    Street("370211007", "灵山卫街道", "Lingshanwei Subdistrict"),
    Street("370211009", "珠海街道", "Zhuhai Subdistrict"),
    Street("370211010", "隐珠街道", "Yinzhu Subdistrict"),
    Street("370211011", "铁山街道", "Tieshan Subdistrict"),
    Street("370211012", "滨海街道", "Binhai Subdistrict"),
    Street("370211013", "胶南街道", "Jiaonan Subdistrict"),
    Street("370211014", "王台街道", "Wangtai Subdistrict"),
    Street("370211015", "张家楼街道", "Zhangjialou Subdistrict"),
    Street("370211102", "琅琊镇", "Langya Town"),
    Street("370211103", "泊里镇", "Poli Town"),
    Street("370211104", "大场镇", "Dachang Town"),
    Street("370211105", "大村镇", "Dacun Town"),
    Street("370211106", "六汪镇", "Liuwang Town"),
    Street("370211107", "海青镇", "Haiqing Town"),
    Street("370211108", "宝山镇", "Baoshan Town"),
    Street("370211109", "藏马镇", "Zangma Town"),
    Street("370211401", "灵山岛省级自然保护区", "Lingshan Island Nature Reserve"),
    Street("370212001", "中韩街道", "Zhonghan Subdistrict"),
    Street("370212002", "沙子口街道", "Shazikou Subdistrict"),
    Street("370212003", "王哥庄街道", "Wanggezhuang Subdistrict"),
    Street("370212004", "北宅街道", "Beizhai Subdistrict"),
    Street("370212005", "金家岭街道", "Jinjialing Subdistrict"),
    Street("370213001", "振华路街道", "Zhenhua Lu Subdistrict"),
    Street("370213003", "沧口街道", "Cangkou Subdistrict"),
    Street("370213004", "兴华路街道", "Xinghua Lu Subdistrict"),
    Street("370213005", "兴城路街道", "Xingcheng Lu Subdistrict"),
    Street("370213006", "李村街道", "Licun Subdistrict"),
    Street("370213007", "虎山路街道", "Hushan Lu Subdistrict"),
    Street("370213008", "浮山路街道", "Fushan Lu Subdistrict"),
    Street("370213010", "湘潭路街道", "Xiangtan Lu Subdistrict"),
    Street("370213011", "楼山街道", "Loushan Subdistrict"),
    Street("370213012", "九水街道", "Jiushui Subdistrict"),
    Street("370213013", "世园街道", "Shiyuan Subdistrict"),
    Street("370214001", "城阳街道", "Chengyang Subdistrict"),
    Street("370214002", "夏庄街道", "Xiazhuang Subdistrict"),
    Street("370214003", "流亭街道", "Liuting Subdistrict"),
    Street("370214004", "棘洪滩街道", "Jihongtan Subdistrict"),
    Street("370214005", "上马街道", "Shangma Subdistrict"),
    Street("370214008", "惜福镇街道", "Xifuzhen Subdistrict"),
    Street("370214009", "红岛街道", "Hongdao Subdistrict"),
    Street("370214010", "河套街道", "Hetao Subdistrict"),
    Street("370214400", "青岛高新技术产业开发区", "Qingdao High-tech Zone"),
    Street("370215001", "环秀街道", "Huanxiu Subdistrict"),
    Street("370215002", "潮海街道", "Chaohai Subdistrict"),
    Street("370215003", "通济街道", "Tongji Subdistrict"),
    Street("370215004", "北安街道", "Bei'an Subdistrict"),
    Street("370215005", "龙山街道", "Longshan Subdistrict"),
    Street("370215006", "龙泉街道", "Longquan Subdistrict"),
    Street("370215007", "鳌山卫街道", "Aoshanwei Subdistrict"),
    Street("370215008", "温泉街道", "Wenquan Subdistrict"),
    Street("370215009", "灵山街道", "Lingshan Subdistrict"),
    Street("370215010", "蓝村街道", "Lancun Subdistrict"),
    Street("370215011", "大信街道", "Daxin Subdistrict"),
    Street("370215100", "田横镇", "Tianheng Town"),
    Street("370215101", "金口镇", "Jinkou Town"),
    Street("370215103", "段泊岚镇", "Duanbolan Town"),
    Street("370215104", "移风店镇", "Yifengdian Town"),
    Street("370215400", "通济新经济区", "Tongji New Economic Zone"),
    Street("370215402", "田横岛省级旅游度假区", "Tianheng Island Resort"),
    Street("370281001", "阜安街道", "Fu'an Subdistrict"),
    Street("370281002", "中云街道", "Zhongyun Subdistrict"),
    Street("370281004", "三里河街道", "Sanlihe Subdistrict"),
    Street("370281006", "九龙街道", "Jiulong Subdistrict"),
    Street("370281007", "胶东街道", "Jiaodong Subdistrict"),
    Street("370281008", "胶北街道", "Jiaobei Subdistrict"),
    Street("370281009", "胶西街道", "Jiaoxi Subdistrict"),
    Street("370281010", "胶莱街道", "Jiaolai Subdistrict"),
    Street("370281102", "李哥庄镇", "Ligezhuang Town"),
    Street("370281105", "铺集镇", "Puji Town"),
    Street("370281108", "里岔镇", "Licha Town"),
    Street("370281111", "洋河镇", "Yanghe Town"),
    Street("370281400", "胶州经济技术开发区", "Jiaozhou Development Zone"),
    Street("370281401", "大沽河省级生态旅游度假区", "Dagu River Resort"),
    Street("370283001", "东阁街道", "Dongge Subdistrict"),
    Street("370283002", "李园街道", "Liyuan Subdistrict"),
    Street("370283003", "同和街道", "Tonghe Subdistrict"),
    Street("370283004", "凤台街道", "Fengtai Subdistrict"),
    Street("370283005", "白沙河街道", "Baishahe Subdistrict"),
    Street("370283101", "古岘镇", "Guxian Town"),
    Street("370283102", "仁兆镇", "Renzhao Town"),
    Street("370283105", "南村镇", "Nancun Town"),
    Street("370283108", "蓼兰镇", "Liaolan Town"),
    Street("370283109", "崔家集镇", "Cuijiaji Town"),
    Street("370283110", "明村镇", "Mingcun Town"),
    Street("370283113", "田庄镇", "Tianzhuang Town"),
    Street("370283116", "新河镇", "Xinhe Town"),
    Street("370283119", "店子镇", "Dianzi Town"),
    Street("370283120", "大泽山镇", "Dazeshan Town"),
    Street("370283122", "旧店镇", "Jiudian Town"),
    Street("370283124", "云山镇", "Yunshan Town"),
    Street("370283400", "平度经济开发区", "Pingdu Development Zone"),
    Street("370285001", "水集街道", "Shuiji Subdistrict"),
    Street("370285002", "望城街道", "Wangcheng Subdistrict"),
    Street("370285007", "沽河街道", "Guhe Subdistrict"),
    Street("370285101", "姜山镇", "Jiangshan Town"),
    Street("370285102", "夏格庄镇", "Xiagezhuang Town"),
    Street("370285104", "院上镇", "Yuanshang Town"),
    Street("370285105", "日庄镇", "Rizhuang Town"),
    Street("370285106", "南墅镇", "Nanshu Town"),
    Street("370285107", "河头店镇", "Hetoudian Town"),
    Street("370285108", "店埠镇", "Dianbu Town"),
    Street("370285116", "马连庄镇", "Malianzhuang Town"),
)

DISTRICT_BY_CODE = {district.code: district for district in DISTRICTS}
"""The districts by their six-digit code."""
