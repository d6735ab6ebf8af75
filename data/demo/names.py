"""
Names for the demo city: roads that sound like each district's own, villages, estates.

The first names of each district are real roads of it, given to its longest streets; after them come names made from
the themes that Qingdao uses (Liaoning towns in 市北, rivers and hills in 黄岛, 岭 in 崂山, 阳 in 城阳). Where a
name ends up is chance: no road of the demo city lies where the real one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

REAL_ROADS: dict[str, str] = {
    "370202": (
        "香港中路 香港西路 东海中路 东海西路 山东路 南京路 中山路 延安三路 福州南路 江西路 闽江路 太平路 莱阳路 "
        "文登路 宁夏路 燕儿岛路 徐州路 台湾路 漳州二路 云霄路 澳门路 漳州路 江苏路 广西路 湖南路 湖北路 德县路 "
        "安徽路 浙江路 河南路 河北路 四川路 云南路 贵州路 团岛一路 费县路 郯城路 西藏路 单县路 观城路 龙口路 "
        "龙江路 大学路 鱼山路 齐东路 信号山路 黄县路 福山路 栖霞路 荣成路 韶关路 正阳关路 居庸关路 山海关路 "
        "武胜关路 嘉峪关路 函谷关路 湛山一路 岳阳路 天台路 高雄路"
    ),
    "370203": (
        "黑龙江南路 重庆南路 山东路 辽阳西路 威海路 台东三路 延吉路 敦化路 鞍山路 人民路 杭州路 四流南路 瑞昌路 "
        "洛阳路 南京路 福州北路 合肥路 哈尔滨路 长沙路 同安路 绍兴路 镇江路 辽宁路 登州路 华阳路 广饶路 热河路 "
        "胶州路 大港一路 冠县路 聊城路 即墨路 济宁路 泰山路 桓台路 台东八路 台东一路 威海支路 利津路 孟庄路 "
        "温州路 嘉定路 萍乡路 开平路 周口路 金华路 海岸路 傍海路 万安支路 抚顺路 内蒙古路 埕口路 昌乐路 标山路 "
        "大连路 吉林路 伏龙路 南山支路 劲松七路"
    ),
    "370211": (
        "长江中路 长江东路 长江西路 滨海大道 江山南路 江山中路 井冈山路 武夷山路 香江路 嘉陵江西路 漓江西路 "
        "昆仑山南路 前湾港路 黄河东路 淮河东路 珠江路 黄浦江路 灵山湾路 海滨十一路 双珠路 珠海中路 珠山路 人民路 "
        "泰薛路 月亮湾路 北京路 朝阳山路 铁山路 水城路 风河路 世纪大道 上海路 广州路 海南岛路 台湾路 齐长城路 "
        "奋进路 团结路 千山南路 太行山路 五台山路 峨眉山路 庐山路 衡山路 九华山路 阿里山路 紫金山路 富春江路 "
        "钱塘江路 松花江路 映山红路"
    ),
    "370212": (
        "香港东路 海尔路 松岭路 深圳路 辽阳东路 苗岭路 仙霞岭路 银川东路 东海东路 滨海大道 秦岭路 云岭路 滇池路 "
        "株洲路 科苑纬一路 梅岭东路 同安路 劲松三路 石老人路 崂山路 世园大道 九水东路 王沙路 李沙路 枣山路 合川路 "
        "泉岭路 文岭路"
    ),
    "370213": (
        "重庆中路 四流中路 黑龙江中路 书院路 京口路 夏庄路 金水路 九水路 滨河路 巨峰路 虎山路 永平路 振华路 "
        "兴城路 兴华路 升平路 四流北路 遵义路 安顺路 湘潭路 唐山路 青山路 宾川路 通真宫路 峰山路 君峰路 书院支路 "
        "向阳路 少山路 广水路 天水路"
    ),
    "370214": (
        "正阳中路 正阳西路 春阳路 黑龙江北路 明阳路 文阳路 德阳路 长城路 青威路 王沙路 双元路 祥阳路 山城路 "
        "重庆北路 兴阳路 和阳路 泰城路 崇阳路 中城路 靖城路 华城路 仲村路 滨河路 空港路 火炬路 河东路 岙东路 "
        "锦盛路 火炬二路 新悦路"
    ),
    "370215": (
        "鹤山路 蓝鳌路 烟青路 振华街 嵩山路 墨城路 淮涉河一路 文化路 新兴路 青威路 华山一路 泰山一路 长江一路 "
        "珠江一路 黄河一路 鳌蓝路 石林一路 滨海大道 温泉路 盘江路 鹤山中路 环秀路 湘江一路 嵩山二路 流浩河一路 "
        "营流路"
    ),
    "370281": (
        "北京路 兰州东路 兰州西路 澳门路 福州南路 福州北路 扬州东路 泸州路 郑州东路 郑州西路 广州南路 广州北路 "
        "香港路 海尔大道 温州路 梧州路 常州路 徐州路 杭州路 胶州东路 惠州路 云溪路 苏州街 太湖路 长江路 黄河路 "
        "和平路 洮南路 龙州路"
    ),
    "370283": (
        "青岛路 杭州路 红旗路 人民路 郑州路 常州路 福州路 胜利路 天津路 泉州路 北京路 上海路 南京路 苏州路 重庆路 "
        "深圳路 广州路 厦门路 长江路 柳州路 桂林路 三城路 海州路 平营路 同和路 高平路 青开路"
    ),
    "370285": (
        "烟台路 青岛路 上海路 威海路 石岛路 文化路 长岛路 北京路 黄海路 香港路 重庆路 龙口路 梅花山路 深圳路 "
        "广州路 天津路 济南路 扬州路 南京路 辽宁路 月湖路 滨河路 姜山路 昌阳路 团岛路"
    ),
}
"""Real roads of each district, main roads first."""

_THEMES: dict[str, str] = {
    "370202": (
        "巨野 曹县 定陶 郓城 菏泽 嘉祥 汶上 东平 宁阳 新泰 莱芜 蒙阴 沂水 莒县 日照 费县 平邑 滕县 峄县 邹县 兖州 "
        "曲阜 泗水 金乡 鱼台 济阳 三明 南平 邵武 建瓯 永安 龙岩 漳平 上杭 连城 宁化 沙县 尤溪 永春 德化 安溪 仙游 "
        "莆田 福清 长乐 连江 罗源 宁德"
    ),
    "370203": (
        "锦州 铁岭 本溪 丹东 营口 盘锦 海城 盖州 开原 昌图 法库 新民 辽中 台安 黑山 义县 兴城 绥中 建昌 凌源 朝阳 "
        "阜新 桓仁 凤城 宽甸 岫岩 庄河 通化 柳河 梅河 辉南 靖宇 抚松 长白 临江 集安 白山 浑江 汪清 珲春 图们 龙井 "
        "和龙 安图 敦化 蛟河 桦甸 磐石 永吉 舒兰 榆树 德惠 九台 农安"
    ),
    "370211": (
        "武当山 天目山 雁荡山 黄山 恒山 嵩山 华山 泰山 祁连山 天山 阴山 长白山 燕山 武陵山 大别山 罗浮山 青城山 "
        "普陀山 三清山 龙虎山 齐云山 怒江 澜沧江 金沙江 雅砻江 岷江 沱江 乌江 沅江 湘江 赣江 闽江 瓯江 曹娥江 "
        "辽河 海河 渭河 汾河 洛河 汉江 清江 鸭绿江 图们江 额尔古纳河 伊犁河"
    ),
    "370212": (
        "大庾岭 越城岭 萌渚岭 都庞岭 骑田岭 六盘岭 青龙岭 凤凰岭 翠屏岭 石门岭 望海岭 听涛岭 青石岭 黄花岭 长春岭 "
        "红旗岭 大青岭 小青岭 南天岭 北天岭 摩天岭 分水岭 云梦岭 松子岭 枫林岭 石榴岭 樱桃岭 杏花岭 松涛岭 "
        "金鸡岭 朱雀岭 白云岭 紫霞岭 碧水岭 春山岭 秋枫岭"
    ),
    "370213": (
        "昭通 曲靖 玉溪 大理 保山 楚雄 思茅 临沧 德宏 怒江 迪庆 文山 蒙自 开远 个旧 遵化 迁安 丰润 玉田 滦州 昌黎 "
        "卢龙 抚宁 青龙 宽城 衡阳 郴州 永州 邵阳 娄底 益阳 常德 岳阳 怀化 吉首 张家界 浏阳 醴陵 湘乡 耒阳"
    ),
    "370214": (
        "棘阳 春华 秋阳 朝阳 向阳 丹阳 沭阳 溧阳 益阳 安阳 濮阳 南阳 咸阳 沈阳 辽阳 贵阳 衡阳 邵阳 岳阳 绵阳 资阳 "
        "德阳 简阳 信阳 洛阳 荥阳 新城 古城 东城 西城 安城 宁城 康城 福城 禄城 宝城 金城 银城 玉城 锦城 瑞城"
    ),
    "370215": (
        "即发 通济 潮海 环秀 北安 龙泉 鹤鸣 马山 灵山 天柱 莲花 墨水 流浩 大任 辛安 横河 桃源 莲阴 五沽 社生 嵩华 "
        "岱山 舟山 普陀 定海 嵊泗 岛城 云桥 云峰 柏山"
    ),
    "370281": (
        "扬州 泰州 盐城 淮安 宿迁 连云港 无锡 湖州 嘉兴 绍兴 金华 衢州 台州 丽水 舟山 芜湖 蚌埠 淮南 安庆 黄冈 "
        "荆州 宜昌 襄阳 柳州 桂林 南宁 北海 钦州 贺州 赣州 吉安"
    ),
    "370283": (
        "大同 阳泉 长治 晋城 忻州 临汾 运城 吕梁 晋中 太原 包头 赤峰 通辽 乌海 宝鸡 咸阳 汉中 安康 榆林 延安 铜川 "
        "渭南 商洛 天水 平凉 庆阳 酒泉 张掖 武威"
    ),
    "370285": (
        "莱阳 海阳 栖霞 招远 蓬莱 牟平 文登 荣成 乳山 福山 芝罘 莱山 长山 黄县 掖县 潍坊 寿光 青州 高密 安丘 昌邑 "
        "诸城 临朐 昌乐 日照 莒南 沂南 临沭"
    ),
}

_ENDINGS = "路 支路 一路 二路 三路 东路 西路 南路 北路 四路 五路 街 六路 中路 东街 西街 小路 七路 八路 南街 北街 后街"

_VILLAGE_FIRST = (
    "东 西 南 北 前 后 大 小 上 下 中 新 老 李家 王家 张家 刘家 孙家 赵家 姜家 于家 宋家 崔家 曲家 江家 董家 黄家 "
    "韩家 迟家 矫家 兰家 辛家 庄家 周家 毛家 纪家 袁家 盛家 葛家 邱家 朱家 解家 臧家 隋家 万家 马家 杨家 徐家 "
    "高家 尹家 范家 石家"
)
_VILLAGE_LAST = "庄 疃 埠 沟 夼 屯 洼 河 官庄 泊子 岭 山前 寨 集 店 桥 湾 埠子 村 台 营 口"
_ESTATE_FIRST = (
    "海信 金色 阳光 湖光 山海 碧海 银海 浮山 望海 听涛 翠湖 紫荆 丁香 玉兰 樱花 和达 中海 鲁商 万科 海尔 青特 "
    "瑞源 福瀛 鑫江 国信 城建 天泰 世园 百通 春和 水岸 麦岛 书香 学府 颐和 御景 东方 南山 北岭 春天 世纪 幸福 "
    "和平 团结 兴华 新苑"
)
_ESTATE_LAST = "花园 小区 家园 苑 新村 公馆 华府 里 名城 嘉园 宿舍 庭院 新城 广场 府"


def road_names(district_code: str) -> Iterator[str]:
    """Names for the roads of a district, real ones first, then made ones; never runs dry and never repeats."""
    seen: set[str] = set()
    stems = _THEMES[district_code].split()
    made = (stem + ending for ending, stem in product(_ENDINGS.split(), stems))
    spare = (f"{stem}{number}号路" for number, stem in product(range(1, 1000), stems))
    for names in (REAL_ROADS[district_code].split(), made, spare):
        for name in names:
            if name not in seen:
                seen.add(name)
                yield name


def lane_names(street_code: str) -> Iterator[str]:
    """Made names for the smaller roads of one town, in an order of its own; never runs dry and never repeats."""
    stems = _THEMES[street_code[:6]].split()
    shift = int(street_code) * 7 % len(stems)
    turned = stems[shift:] + stems[:shift]
    yield from (stem + ending for ending, stem in product(_ENDINGS.split(), turned))
    yield from (f"{stem}{number}号路" for number, stem in product(range(1, 1000), turned))


def village_names() -> list[str]:
    """All village names that can be made, plain ones first."""
    first, last = _VILLAGE_FIRST.split(), _VILLAGE_LAST.split()
    return [start + end for end, start in product(last, first)]


def estate_names() -> list[str]:
    """All names of housing estates that can be made."""
    first, last = _ESTATE_FIRST.split(), _ESTATE_LAST.split()
    return [start + end for end, start in product(last, first)]
